"""Whoever stands in for a colleague may do what the colleague may, but never what either is kept out of."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.domain.actions import ASK, DECIDE, Action, Party
from service_desk.domain.errors import Refused
from service_desk.domain.situation import Situation
from service_desk.domain.vocabulary import AssignmentState, RequestKind, Review, State
from service_desk.domain.workflow import offers, place_of, step_for

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SIGNING = Situation(
    state=State.IN_PROGRESS,
    parties=frozenset(),
    now=NOW,
    requests=frozenset({RequestKind.SIGN_OFF}),
    wants_sign_off=True,
)
HEAD = replace(SIGNING, parties=frozenset({Party.LEAD, Party.LEAD_HEAD}), is_head=True, instead_of=7)
DEPUTY = replace(SIGNING, parties=frozenset({Party.LEAD}))

TICKETS = st.builds(
    Situation,
    state=st.sampled_from(State),
    parties=st.just(frozenset()),
    now=st.just(NOW),
    had_lead=st.booleans(),
    wants_sign_off=st.booleans(),
    rated=st.booleans(),
    last_rating_is_bad=st.booleans(),
    against_a_department=st.booleans(),
    asked_enterprise=st.booleans(),
    reviews=st.frozensets(st.sampled_from(Review)),
    requests=st.frozensets(st.sampled_from(RequestKind)),
    orders_running=st.integers(0, 1),
    extensions=st.integers(0, 2),
    most_extensions=st.integers(0, 2),
    cycle=st.integers(1, 3),
    moves=st.integers(0, 3),
    objections_until=st.sampled_from([None, NOW]),
)
"""A ticket, before nobody in particular."""
PEOPLE = st.fixed_dictionaries(
    {
        "parties": st.frozensets(st.sampled_from(Party)),
        "handled": st.booleans(),
        "took_part": st.booleans(),
        "of_the_departments": st.booleans(),
        "is_handler": st.booleans(),
        "is_head": st.booleans(),
        "support": st.sampled_from([None, *AssignmentState]),
        "own_requests": st.frozensets(st.sampled_from(RequestKind)),
    }
)


def actions(situation: Situation) -> set[Action]:
    return {step.action for step in offers(situation)}


@given(TICKETS, PEOPLE, PEOPLE)
def test_a_place_gives_what_its_holder_may_do_and_the_separations_hold_for_both(
    ticket: Situation, one: dict[str, object], other: dict[str, object]
) -> None:
    alone, away = replace(ticket, **one), replace(ticket, **other)  # type: ignore[arg-type]
    by_place = actions(replace(alone, instead=(replace(away, instead_of=7),))) - actions(alone)
    assert by_place <= actions(away)
    for action in by_place:
        decided = next((kind for kind, decide in DECIDE.items() if decide is action), None)
        if decided is not None:
            assert decided not in alone.own_requests | away.own_requests
        if decided is not None or action in (Action.VERIFY, Action.SEND_BACK, Action.KEEP_CLOSED):
            assert [alone.handled, away.handled] == [False, False]
        if action is Action.REPLY and ticket.wants_sign_off:
            assert alone.is_head
        if decided is RequestKind.APPEAL:
            assert [alone.took_part, away.took_part] == [False, False]
        if decided is RequestKind.EXCLUSION or action in (Action.RATE, Action.CORRECT_RATING):
            assert [alone.of_the_departments, away.of_the_departments] == [False, False]


@given(TICKETS, PEOPLE, PEOPLE)
def test_a_place_takes_nothing_away(
    ticket: Situation, one: dict[str, object], other: dict[str, object]
) -> None:
    alone, away = replace(ticket, **one), replace(ticket, **other)  # type: ignore[arg-type]
    assert actions(alone) <= actions(replace(alone, instead=(replace(away, instead_of=7),)))


def test_the_deputy_signs_in_the_heads_place() -> None:
    step = step_for(DECIDE[RequestKind.SIGN_OFF], replace(DEPUTY, instead=(HEAD,)))
    assert place_of(step, replace(DEPUTY, instead=(HEAD,))).instead_of == HEAD.instead_of


REFUSED: list[tuple[str, Callable[[Situation, Situation], tuple[Situation, Situation]]]] = [
    ("the deputy handled it", lambda d, h: (replace(d, handled=True), h)),
    ("the head handled it", lambda d, h: (d, replace(h, handled=True))),
    ("the deputy asked", lambda d, h: (replace(d, own_requests=frozenset({RequestKind.SIGN_OFF})), h)),
    ("the head asked", lambda d, h: (d, replace(h, own_requests=frozenset({RequestKind.SIGN_OFF})))),
]


@pytest.mark.parametrize("change", [pytest.param(change, id=why) for why, change in REFUSED])
def test_nobody_signs_where(
    change: Callable[[Situation, Situation], tuple[Situation, Situation]],
) -> None:
    deputy, head = change(DEPUTY, HEAD)
    with pytest.raises(Refused):
        step_for(DECIDE[RequestKind.SIGN_OFF], replace(deputy, instead=(head,)))


OWN = [(ASK[RequestKind.SIGN_OFF], "where replies are signed"), (Action.REPLY, "where they are not")]


@pytest.mark.parametrize(("action", "where"), OWN, ids=[where for _, where in OWN])
def test_what_somebody_may_do_themselves_they_do_in_their_own_name(action: Action, where: str) -> None:
    wanted = where == "where replies are signed"
    alone, away = (replace(each, requests=frozenset(), wants_sign_off=wanted) for each in (DEPUTY, HEAD))
    both = replace(alone, instead=(away,))
    for step in (step_for(action, both), next(step for step in offers(both) if step.action is action)):
        assert place_of(step, both).instead_of is None


def test_the_deputy_does_not_send_a_reply_past_the_signature() -> None:
    alone, away = (replace(each, requests=frozenset()) for each in (DEPUTY, HEAD))
    assert Action.REPLY in actions(away)
    with pytest.raises(Refused, match="代办人不能自己签发自己的答复"):
        step_for(Action.REPLY, replace(alone, instead=(away,)))
