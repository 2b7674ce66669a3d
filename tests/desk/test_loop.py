"""The straight path, as the people of the desk walk it."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service_desk.desk import closing, dispatch, handling, housekeeping, intake, supervision
from service_desk.desk.acting import Stale
from service_desk.domain.actions import Action, Party
from service_desk.domain.errors import Invalid, OutOfTurn, Refused
from service_desk.domain.vocabulary import (
    AssignmentState,
    ClockKind,
    ClockState,
    Level,
    Nature,
    OrderLevel,
    Outcome,
    Payer,
    Solved,
    State,
    Urgency,
)
from service_desk.store.tickets import Ticket
from tests.world import CHINA, MONDAY, World

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def states_of(ticket: Ticket) -> list[State]:
    return [event.after for event in ticket.events]


def clock_of(ticket: Ticket, kind: ClockKind) -> tuple[ClockState, str | None]:
    clock = [each for each in ticket.clocks if each.kind is kind][-1]
    due = clock.due_at.astimezone(CHINA).isoformat() if clock.due_at else None
    return clock.state, due


def test_filing_gives_a_number_and_starts_accept_and_promise(world: World) -> None:
    ticket = world.file(at=MONDAY)
    assert ticket.number == "QS-2026-000001"
    assert ticket.state is State.SUBMITTED
    assert clock_of(ticket, ClockKind.ACCEPT) == (ClockState.RUNNING, "2026-03-03T17:30:00+08:00")
    assert world.file(at=MONDAY).number == "QS-2026-000002"


def test_the_whole_loop_leaves_one_event_an_act_and_every_clock_judged(world: World) -> None:
    ticket = world.ticket(world.make(State.CLOSED).number)
    assert [event.action for event in ticket.events] == [
        Action.SUBMIT, Action.ACCEPT, Action.DISPATCH, Action.SIGN, Action.REPLY, Action.VERIFY, Action.RATE,
    ]  # fmt: skip
    assert ticket.version == len(ticket.events)
    ended = {clock.kind: clock.state for clock in ticket.clocks}
    assert set(ended.values()) <= {ClockState.MET, ClockState.VOID}
    assert ended[ClockKind.RETURN_WINDOW] is ClockState.VOID
    assert ticket.assignments[0].state is AssignmentState.DONE
    assert ticket.due_at is None


def test_settle_and_promise_are_judged_at_the_reply_not_at_the_verification(world: World) -> None:
    ticket = world.make(State.REPLIED)
    replied = ticket.replies[-1].at
    closing.verify(ticket.id, by=world.quality, at=replied + 30 * DAY)
    ticket = world.ticket(ticket.number)
    for kind in (ClockKind.SETTLE, ClockKind.PROMISE):
        clock = next(c for c in ticket.clocks if c.kind is kind)
        assert (clock.state, clock.judged_at) == (ClockState.MET, replied)
        assert clock.pauses == []
    assert clock_of(ticket, ClockKind.REVIEW)[0] is ClockState.MISSED


def test_a_reply_pauses_settle_and_sending_back_runs_it_again(world: World) -> None:
    ticket = world.make(State.REPLIED)
    assert clock_of(ticket, ClockKind.SETTLE) == (ClockState.PAUSED, None)
    before = next(c for c in ticket.clocks if c.kind is ClockKind.SETTLE).original_due_at
    closing.send_back(ticket.id, by=world.clerk2, at=ticket.replies[-1].at + 2 * DAY, text="缺照片")
    ticket = world.ticket(ticket.number)
    assert ticket.state is State.IN_PROGRESS
    settle = ticket.clock(ClockKind.SETTLE)
    assert settle is not None
    assert settle.due_at is not None
    assert before is None
    assert settle.due_at.astimezone(world.law.calendar.tz).isoformat() == "2026-03-10T17:30:00+08:00"


def test_a_changed_class_at_accept_recomputes_the_promise_from_its_own_start(world: World) -> None:
    ticket = world.file(at=MONDAY)
    promise = ticket.clock(ClockKind.PROMISE)
    assert promise is not None
    assert promise.limit_number == 7
    intake.accept(
        ticket.id,
        by=world.clerk,
        at=MONDAY + HOUR,
        category=ticket.category,
        nature=Nature.HELP,
        urgency=Urgency.CRITICAL,
    )
    promise = world.ticket(ticket.number).clock(ClockKind.PROMISE)
    assert promise is not None
    assert (promise.limit_number, promise.started_at) == (3, MONDAY)


@pytest.mark.parametrize(
    ("solved", "level", "outcome", "state", "cycle"),
    [
        pytest.param(
            Solved.SOLVED, Level.SATISFIED, Outcome.SOLVED, State.CLOSED, 1, id="good rating closes"
        ),
        pytest.param(
            Solved.UNSOLVED, Level.SATISFIED, Outcome.SOLVED, State.ASSIGNED, 2, id="unsolved opens again"
        ),
        pytest.param(
            Solved.SOLVED,
            Level.DISSATISFIED,
            Outcome.PARTLY,
            State.ASSIGNED,
            2,
            id="dissatisfied opens again",
        ),
        pytest.param(
            Solved.UNSOLVED, Level.DISSATISFIED, Outcome.POLICY, State.CLOSED, 1, id="no claim, no rework"
        ),
    ],
)
def test_a_rating_decides_whether_it_is_over(
    small_world: World, solved: Solved, level: Level, outcome: Outcome, state: State, cycle: int
) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    rest = (MONDAY + 20 * DAY).date() if outcome is Outcome.PARTLY else None
    handling.reply(ticket.id, by=world.power, at=MONDAY + DAY, outcome=outcome, text="答复", rest_date=rest)
    closing.verify(ticket.id, by=world.quality, at=MONDAY + DAY + HOUR)
    closing.rate(ticket.id, by=world.owner, at=MONDAY + 2 * DAY, solved=solved, level=level)
    ticket = world.ticket(ticket.number)
    assert (ticket.state, ticket.cycle) == (state, cycle)
    bad = solved is Solved.UNSOLVED or level is Level.DISSATISFIED
    assert (ticket.clock(ClockKind.REVIEW) is not None) == (bad and cycle == 1)
    if cycle == 2:
        settle = ticket.clock(ClockKind.SETTLE)
        assert settle is not None
        assert (settle.cycle, settle.limit_number) == (2, 5)
        assert ticket.lead is not None
        assert ticket.lead.state is AssignmentState.WAITING


def test_unrated_closes_unrated_and_may_still_be_rated_within_thirty_days(world: World) -> None:
    ticket = world.make(State.AWAITING_RATING)
    housekeeping.pass_time_on(ticket.id, at=MONDAY + DAY)
    assert world.ticket(ticket.number).state is State.AWAITING_RATING
    housekeeping.pass_time_on(ticket.id, at=MONDAY + 30 * DAY)
    ticket = world.ticket(ticket.number)
    assert (ticket.state, ticket.ratings) == (State.CLOSED, [])
    closing.rate(ticket.id, by=world.owner, at=MONDAY + 35 * DAY, solved=Solved.SOLVED, level=Level.SATISFIED)
    with pytest.raises(OutOfTurn):
        closing.rate(
            ticket.id, by=world.owner, at=MONDAY + 36 * DAY, solved=Solved.SOLVED, level=Level.SATISFIED
        )


def test_late_rating_ends_after_thirty_days(small_world: World) -> None:
    ticket = small_world.make(State.AWAITING_RATING)
    housekeeping.pass_time_on(ticket.id, at=MONDAY + 30 * DAY)
    with pytest.raises(OutOfTurn, match="30 天内"):
        closing.rate(
            ticket.id,
            by=small_world.owner,
            at=MONDAY + 60 * DAY + HOUR,
            solved=Solved.SOLVED,
            level=Level.SATISFIED,
        )


def test_a_direct_answer_has_no_department_and_is_reworked_through_dispatch(world: World) -> None:
    ticket = world.file(nature=Nature.ENQUIRY)
    intake.answer(ticket.id, by=world.clerk, at=MONDAY + HOUR, text="请带营业执照到三号窗口。")
    closing.rate(ticket.id, by=world.owner, at=MONDAY + DAY, solved=Solved.UNSOLVED, level=Level.DISSATISFIED)
    ticket = world.ticket(ticket.number)
    assert ticket.state is State.CLOSED
    closing.rework(ticket.id, by=world.clerk2, at=MONDAY + 2 * DAY, reason="没有说清")
    ticket = world.ticket(ticket.number)
    assert (ticket.state, ticket.cycle) == (State.ACCEPTED, 2)
    dispatch.dispatch(ticket.id, by=world.clerk, at=MONDAY + 3 * DAY, lead=world.department("金融办"))
    settle = world.ticket(ticket.number).clock(ClockKind.SETTLE)
    assert settle is not None
    assert (settle.cycle, settle.limit_number) == (2, 1)


def test_the_third_cycle_is_the_supervisors(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.CLOSED, solved=Solved.UNSOLVED)
    acts: list[Callable[[], Ticket]] = [
        lambda: handling.sign(ticket.id, by=world.power, at=MONDAY + 3 * DAY),
        lambda: handling.reply(
            ticket.id, by=world.power, at=MONDAY + 4 * DAY, outcome=Outcome.SOLVED, text="再答"
        ),
        lambda: closing.verify(ticket.id, by=world.quality, at=MONDAY + 5 * DAY),
        lambda: closing.rate(
            ticket.id, by=world.owner, at=MONDAY + 6 * DAY, solved=Solved.UNSOLVED, level=Level.DISSATISFIED
        ),
    ]
    for act in acts:
        act()
    assert world.ticket(ticket.number).state is State.CLOSED
    with pytest.raises(Refused, match="第三轮"):
        closing.rework(ticket.id, by=world.clerk, at=MONDAY + 7 * DAY, reason="再办")
    closing.rework(ticket.id, by=world.supervisor, at=MONDAY + 7 * DAY, reason="再办")
    assert world.ticket(ticket.number).cycle == 3


def test_withdrawal_after_dispatch_is_checked_and_under_pressure_goes_on(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    intake.withdraw(ticket.id, by=world.owner, at=MONDAY + DAY, reason="不办了")
    ticket = world.ticket(ticket.number)
    assert ticket.state is State.WITHDRAWN
    assert ticket.clock(ClockKind.SETTLE) is None
    assert ticket.clock(ClockKind.REVIEW) is not None
    intake.check_withdrawal(
        ticket.id, by=world.quality, at=MONDAY + 2 * DAY, voluntary=False, text="企业说被要求撤回"
    )
    ticket = world.ticket(ticket.number)
    assert (ticket.state, ticket.cycle) == (State.ACCEPTED, 1)
    assert ticket.clock(ClockKind.DISPATCH) is not None


def test_withdrawal_before_dispatch_needs_no_check(small_world: World) -> None:
    ticket = small_world.file()
    intake.withdraw(ticket.id, by=small_world.owner, at=MONDAY + HOUR, reason="填错了")
    ticket = small_world.ticket(ticket.number)
    assert ticket.clock(ClockKind.REVIEW) is None
    assert {clock.state for clock in ticket.clocks} == {ClockState.VOID}


def test_three_failed_tries_on_two_days_count_as_the_first_contact(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    for hours in (5, 6, 24):
        assert world.ticket(ticket.number).clock(ClockKind.FIRST_CONTACT) is not None
        handling.first_contact(
            ticket.id, by=world.power, at=MONDAY + hours * HOUR, who="李一", how="电话", reached=False
        )
    assert world.ticket(ticket.number).clock(ClockKind.FIRST_CONTACT) is None


def test_a_support_signs_and_gives_its_opinion_without_moving_the_ticket(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS, supports=["园区管委会"])
    handling.sign(ticket.id, by=world.committee, at=MONDAY + 5 * HOUR)
    handling.opine(ticket.id, by=world.committee, at=MONDAY + 6 * HOUR, text="同意增容")
    ticket = world.ticket(ticket.number)
    assert ticket.state is State.IN_PROGRESS
    assert [part.state for part in ticket.assignments] == [AssignmentState.SIGNED, AssignmentState.DONE]
    assert clock_of(ticket, ClockKind.OPINION)[0] is ClockState.MET


def test_whoever_handled_never_verifies(small_world: World) -> None:
    world = small_world
    person = world.power
    person.roles = {*person.roles, *world.quality.roles}
    ticket = world.make(State.REPLIED)
    with pytest.raises(Refused, match="没有经办过"):
        closing.verify(ticket.id, by=world.power, at=MONDAY + DAY)


def test_who_was_named_at_signing_and_passed_it_on_never_verifies(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.ASSIGNED)
    handling.sign(ticket.id, by=world.power, at=MONDAY + DAY, handler=world.power2)
    handling.hand_over(ticket.id, by=world.power2, at=MONDAY + DAY, to=world.power)
    handling.reply(ticket.id, by=world.power, at=MONDAY + DAY, outcome=Outcome.SOLVED, text="已增容")
    person = world.power2
    person.roles = {*person.roles, *world.quality.roles}
    with pytest.raises(Refused, match="没有经办过"):
        closing.verify(ticket.id, by=world.power2, at=MONDAY + DAY)


def test_the_desk_answers_an_order_where_there_is_no_lead(small_world: World) -> None:
    world = small_world
    ticket, day = world.file(), (MONDAY + DAY).date()
    supervision.supervise(
        ticket.id, by=world.supervisor, at=MONDAY, level=OrderLevel.FIRST, text="为何还未受理"
    )
    supervision.answer_order(ticket.id, by=world.clerk, at=MONDAY + HOUR, text="今日受理", new_date=day)
    ticket = world.ticket(ticket.number)
    assert clock_of(ticket, ClockKind.ORDER)[0] is ClockState.MET
    led = world.make(State.ASSIGNED)
    supervision.supervise(
        led.id, by=world.supervisor, at=led.touched_at, level=OrderLevel.FIRST, text="请签收"
    )
    with pytest.raises(Refused, match="由主办单位回复"):
        supervision.answer_order(led.id, by=world.clerk, at=led.touched_at, text="代答", new_date=day)


def test_a_refusal_leaves_no_trace(world: World) -> None:
    ticket = world.file()
    before = (ticket.version, len(ticket.clocks), ticket.state)
    with pytest.raises(OutOfTurn, match="“答复”需要“办理中”、“挂账”，现在是“待受理”。"):
        handling.reply(ticket.id, by=world.power, at=MONDAY + HOUR, outcome=Outcome.SOLVED, text="x")
    with pytest.raises(Refused, match="“受理”由受理员办理"):
        intake.accept(
            ticket.id,
            by=world.owner,
            at=MONDAY,
            category=ticket.category,
            nature=Nature.HELP,
            urgency=Urgency.NORMAL,
        )
    ticket = world.ticket(ticket.number)
    assert (ticket.version, len(ticket.clocks), ticket.state) == before


def test_who_acts_on_an_old_page_is_told_what_changed(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    seen = ticket.version
    handling.progress(ticket.id, by=world.power2, at=MONDAY + DAY, text="已勘察", seen=seen)
    with pytest.raises(Stale, match="power2名已“办理进展”") as caught:
        handling.progress(ticket.id, by=world.power, at=MONDAY + DAY, text="已勘察", seen=seen)
    assert [event.text for event in caught.value.changes] == ["已勘察"]
    assert len([e for e in world.ticket(ticket.number).events if e.action is Action.PROGRESS]) == 1


def test_an_internal_note_does_not_disturb_the_enterprise(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.AWAITING_RATING)
    seen = ticket.version
    intake.note(ticket.id, by=world.clerk, at=MONDAY + DAY, text="留意")
    closing.rate(
        ticket.id, by=world.owner, at=MONDAY + DAY, seen=seen, solved=Solved.SOLVED, level=Level.SATISFIED
    )
    assert world.ticket(ticket.number).state is State.CLOSED


def test_the_same_form_twice_files_once(world: World) -> None:
    first = world.file(submission_key="k" * 20)
    assert world.file(submission_key="k" * 20).id == first.id


def test_arrears_need_a_payer_and_have_limits_of_their_own(small_world: World) -> None:
    with pytest.raises(Invalid, match="付款方"):
        small_world.file(category="拖欠账款")
    ticket = small_world.file(category="拖欠账款", payer=Payer.LARGE_ENTERPRISE)
    promise = ticket.clock(ClockKind.PROMISE)
    assert promise is not None
    assert (promise.limit_number, promise.unit.value) == (45, "natural_days")


def test_an_enterprise_urges_once_a_working_day(small_world: World) -> None:
    world = small_world
    friday = MONDAY + 4 * DAY
    ticket = world.make(State.IN_PROGRESS)
    intake.urge(ticket.id, by=world.owner, at=friday, text="请快些")
    with pytest.raises(OutOfTurn, match="今天已经催办过"):
        intake.urge(ticket.id, by=world.owner, at=friday + DAY)
    intake.urge(ticket.id, by=world.owner, at=friday + 3 * DAY)


def test_an_event_says_in_which_capacity_somebody_acted(small_world: World) -> None:
    ticket = small_world.make(State.REPLIED)
    assert [event.party for event in ticket.events] == [
        Party.CONTACT, Party.CLERK, Party.CLERK, Party.LEAD, Party.LEAD,
    ]  # fmt: skip


def test_a_bad_rating_of_a_mere_explanation_does_not_use_up_the_rework(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.CLOSED, outcome=Outcome.POLICY, solved=Solved.UNSOLVED)
    assert world.ticket(ticket.number).state is State.CLOSED
    closing.rework(ticket.id, by=world.clerk, at=MONDAY + 2 * DAY, reason="请再看一看")
    handling.sign(ticket.id, by=world.power, at=MONDAY + 3 * DAY)
    handling.reply(ticket.id, by=world.power, at=MONDAY + 4 * DAY, outcome=Outcome.SOLVED, text="已办好")
    closing.verify(ticket.id, by=world.quality, at=MONDAY + 5 * DAY)
    closing.rate(
        ticket.id, by=world.owner, at=MONDAY + 6 * DAY, solved=Solved.UNSOLVED, level=Level.DISSATISFIED
    )
    ticket = world.ticket(ticket.number)
    assert (ticket.state, ticket.cycle) == (State.ASSIGNED, 3)


def test_who_answered_directly_does_not_decide_on_the_rework(small_world: World) -> None:
    world = small_world
    ticket = world.file(nature=Nature.ENQUIRY)
    intake.answer(ticket.id, by=world.clerk, at=MONDAY + HOUR, text="请到三号窗口。")
    closing.rate(ticket.id, by=world.owner, at=MONDAY + DAY, solved=Solved.UNSOLVED, level=Level.DISSATISFIED)
    with pytest.raises(Refused, match="没有经办过"):
        closing.rework(ticket.id, by=world.clerk, at=MONDAY + 2 * DAY, reason="再办")
