"""The table of actions, asked about every situation the rows can tell apart."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.domain import workflow
from service_desk.domain.actions import DECIDE, Action, Party
from service_desk.domain.errors import DeskError, OutOfTurn, Refused
from service_desk.domain.situation import Situation
from service_desk.domain.vocabulary import AssignmentState, RequestKind, Review, State
from service_desk.domain.workflow import offers, step_for

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PLAIN = Situation(state=State.SUBMITTED, parties=frozenset({Party.CLERK}), now=NOW)


def offered(situation: Situation) -> list[str]:
    return [step.action.value for step in offers(situation)]


@pytest.mark.parametrize(
    ("state", "party", "actions"),
    [
        (
            State.SUBMITTED,
            Party.CLERK,
            [
                "accept",
                "answer",
                "ask_supplement",
                "merge",
                "split",
                "join_incident",
                "ask_rejection",
                "urge",
                "correct",
                "note",
            ],
        ),
        (State.SUBMITTED, Party.CONTACT, ["add_info", "urge", "withdraw"]),
        (
            State.ACCEPTED,
            Party.CLERK,
            [
                "dispatch",
                "answer",
                "merge",
                "split",
                "join_incident",
                "ask_rejection",
                "urge",
                "correct",
                "note",
            ],
        ),
        (State.ASSIGNED, Party.LEAD, ["sign", "hand_over"]),
        (
            State.IN_PROGRESS,
            Party.LEAD,
            [
                "first_contact",
                "reply",
                "progress",
                "ask_enterprise",
                "hand_over",
                "ask_deferral",
            ],
        ),
        (State.REPLIED, Party.QUALITY, ["verify", "send_back", "note"]),
        (State.REPLIED, Party.LEAD, []),
        (State.AWAITING_RATING, Party.CONTACT, ["rate"]),
        (State.CLOSED, Party.CONTACT, []),
        (State.WITHDRAWN, Party.CONTACT, []),
        (State.IN_PROGRESS, Party.OFFICER, []),
    ],
    ids=lambda value: getattr(value, "value", None) if not isinstance(value, list) else None,
)
def test_the_buttons_of_the_straight_path(state: State, party: Party, actions: list[str]) -> None:
    assert offered(replace(PLAIN, state=state, parties=frozenset({party}))) == actions


def test_a_refusal_says_what_is_needed() -> None:
    with pytest.raises(OutOfTurn, match="“审核通过”需要“待审核”，现在是“待受理”。"):
        step_for(Action.VERIFY, PLAIN)
    with pytest.raises(Refused, match="“签收”由主办单位、协办单位办理，您没有这项权限。"):
        step_for(Action.SIGN, replace(PLAIN, state=State.ASSIGNED))
    with pytest.raises(Refused, match="没有经办过"):
        step_for(Action.VERIFY, replace(PLAIN, state=State.REPLIED, handled=True))


def test_a_support_signs_only_while_it_waits() -> None:
    support = replace(PLAIN, state=State.IN_PROGRESS, parties=frozenset({Party.SUPPORT}))
    assert step_for(Action.SIGN, replace(support, support=AssignmentState.WAITING)).to is None
    with pytest.raises(OutOfTurn, match="待签收的协办"):
        step_for(Action.SIGN, replace(support, support=AssignmentState.SIGNED))


def test_a_withdrawal_under_pressure_takes_another_way_than_a_voluntary_one() -> None:
    checked = replace(
        PLAIN,
        state=State.WITHDRAWN,
        parties=frozenset({Party.QUALITY}),
        reviews=frozenset({Review.WITHDRAWAL}),
    )
    assert step_for(Action.CHECK_WITHDRAWAL, checked).to is None
    assert step_for(Action.CHECK_WITHDRAWAL, checked, variant=workflow.UNDER_PRESSURE).to is State.ACCEPTED
    assert offered(checked).count("check_withdrawal") == 1


situations = st.builds(
    Situation,
    state=st.sampled_from(State),
    parties=st.frozensets(st.sampled_from(Party), max_size=4),
    now=st.just(NOW),
    cycle=st.integers(1, 3),
    handled=st.booleans(),
    of_the_departments=st.booleans(),
    had_lead=st.booleans(),
    support=st.none() | st.sampled_from(AssignmentState),
    contacted=st.booleans(),
    rated=st.booleans(),
    bad_ratings=st.integers(0, 2),
    claims_solution=st.booleans(),
    last_rating_is_bad=st.booleans(),
    reviews=st.frozensets(st.sampled_from(Review)),
    requests=st.frozensets(st.sampled_from(RequestKind)),
    own_requests=st.frozensets(st.sampled_from(RequestKind)),
    moves=st.integers(0, 3),
    extensions=st.integers(0, 2),
    most_extensions=st.integers(0, 2),
    took_part=st.booleans(),
    return_window_ends=st.none() | st.just(NOW),
    objections_until=st.none() | st.just(NOW),
    asked_enterprise=st.booleans(),
    wants_sign_off=st.booleans(),
    rest_running=st.booleans(),
    rest_reported=st.booleans(),
    in_incident=st.booleans(),
    may_rate_until=st.none() | st.just(NOW),
    rating_ends_at=st.none() | st.just(NOW),
    orders_running=st.integers(0, 2),
    may_urge=st.booleans(),
)


@given(situations, st.sampled_from(Action))
def test_what_is_offered_is_allowed_and_nothing_else_is(situation: Situation, action: Action) -> None:
    variants = {step.variant for step in workflow.STEPS if step.action is action}
    allowed, said = False, []
    for variant in variants:
        try:
            step = step_for(action, situation, variant=variant)
        except DeskError as refusal:
            said.append(refusal.sentence)
        else:
            allowed = True
            assert situation.state in step.sources
            assert situation.parties & step.by
    assert (action.value in offered(situation)) == allowed
    assert all(sentence.endswith("。") for sentence in said)


@given(situations)
def test_nobody_who_handled_ever_verifies_rates_or_decides(situation: Situation) -> None:
    judging = {"verify", "send_back", "rate", "keep_closed", "check_withdrawal"} | {
        action.value for action in DECIDE.values()
    }
    assert not judging & set(offered(replace(situation, handled=True)))
