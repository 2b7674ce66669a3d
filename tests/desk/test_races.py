"""Several people at the same instant, in threads with sessions of their own, on both databases."""

import threading
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk.desk import (
    calendar,
    cases,
    closing,
    dispatch,
    handling,
    housekeeping,
    intake,
    requests,
    snapshots,
    supervision,
)
from service_desk.desk.administration import Altered
from service_desk.desk.recalculation import recalculate_open_clocks
from service_desk.domain.actions import Action
from service_desk.domain.errors import Invalid, OutOfTurn, Refused
from service_desk.domain.vocabulary import (
    ClockKind,
    ClockState,
    ExcludedFigure,
    Level,
    Nature,
    OrderLevel,
    Outcome,
    RequestKind,
    Solved,
    State,
    Urgency,
)
from service_desk.store.base import db
from service_desk.store.calendars import latest_version, versions
from service_desk.store.clocks import Clock
from service_desk.store.drafts import Draft
from service_desk.store.parts import Rating
from service_desk.store.snapshots import MonthSnapshot
from service_desk.store.tickets import Ticket
from tests.oath import Oath
from tests.recount import Filed
from tests.world import CHINA, MONDAY, World

BAD: dict[str, Any] = {"solved": Solved.UNSOLVED, "level": Level.DISSATISFIED}


def at_once(app: Flask, *acts: Callable[[], Any]) -> list[Any]:
    """Run the acts at the same instant; what each gave back, or the error it ended with."""
    db.session.remove()
    start = threading.Barrier(len(acts))
    ended: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        with app.app_context():
            start.wait(30)
            try:
                ended[number] = act()
            except Exception as error:  # noqa: BLE001 - handed to the test
                ended[number] = error
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=numbered) for numbered in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return ended


def refusals(ended: list[Any]) -> list[Exception]:
    return [one for one in ended if isinstance(one, Exception)]


def actions(ticket: Ticket) -> list[str]:
    return [event.action.value for event in ticket.events]


def test_of_two_who_accept_one_wins_and_the_other_is_told(app: Flask, world: World) -> None:
    ticket = world.file()
    number, seen = ticket.id, ticket.version

    def accept(username: str) -> Callable[[], Ticket]:
        return lambda: intake.accept(
            number,
            by=getattr(world, username),
            at=MONDAY,
            seen=seen,
            category=world.category(),
            nature=Nature.HELP,
            urgency=Urgency.NORMAL,
        )

    (refusal,) = refusals(at_once(app, accept("clerk"), accept("clerk2")))
    assert isinstance(refusal, OutOfTurn)
    assert "已“受理”" in refusal.sentence
    assert actions(world.ticket(ticket.number)) == ["submit", "accept"]


def test_of_verify_and_send_back_one_wins(app: Flask, world: World) -> None:
    ticket = world.make(State.REPLIED)
    number, at = ticket.id, ticket.touched_at
    ended = at_once(
        app,
        lambda: closing.verify(number, by=world.quality, at=at),
        lambda: closing.verify(number, by=world.clerk, at=at),
        lambda: closing.send_back(number, by=world.clerk2, at=at, text="缺照片"),
    )
    assert [type(one) for one in refusals(ended)] == [OutOfTurn, OutOfTurn]
    kept = world.ticket(ticket.number)
    assert kept.version == len(kept.events) == ticket.version + 1


def test_two_ratings_and_the_end_of_the_window_leave_one_rating(app: Flask, world: World) -> None:
    ticket = world.make(State.AWAITING_RATING)
    number, late = ticket.id, ticket.touched_at + timedelta(days=14)

    def rate() -> Ticket:
        return closing.rate(number, by=world.owner, at=late, **BAD)

    ended = at_once(app, rate, rate, lambda: housekeeping.pass_time(late))
    assert [type(one) for one in refusals(ended)] == [OutOfTurn]
    kept = world.ticket(ticket.number)
    assert (kept.state, kept.cycle, len(kept.ratings)) == (State.ASSIGNED, 2, 1)
    assert db.session.scalars(select(Rating)).all() == kept.ratings
    assert actions(kept)[-2:] == ["rate", "rework"]


def test_of_withdraw_and_reply_one_wins_and_no_clock_is_left_between(app: Flask, world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    number, at = ticket.id, ticket.touched_at
    ended = at_once(
        app,
        lambda: intake.withdraw(number, by=world.owner, at=at, reason="已自行解决"),
        lambda: handling.reply(number, by=world.power, at=at, outcome=Outcome.SOLVED, text="已增容。"),
    )
    assert len(refusals(ended)) == 1
    kept = world.ticket(ticket.number)
    running = {clock.kind.value for clock in kept.clocks if clock.state is ClockState.RUNNING}
    assert running - {"return_window"} == {"review"}
    assert kept.state in (State.WITHDRAWN, State.REPLIED)


def test_what_many_write_at_once_is_all_kept(app: Flask, world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    number, at = ticket.id, ticket.touched_at

    def order() -> Any:
        return supervision.supervise(
            number, by=world.supervisor, at=at, level=OrderLevel.FIRST, text="请说明"
        )

    def note() -> Any:
        return intake.note(number, by=world.clerk, at=at, text="已电话核实")

    assert refusals(at_once(app, order, note, order, note, order)) == []
    kept = world.ticket(ticket.number)
    assert [one.number for one in kept.orders] == [1, 2, 3]
    assert kept.version == len(kept.events) == ticket.version + 5
    assert len(db.session.scalars(select(Clock).where(Clock.kind == "order")).unique().all()) == 3


def test_no_number_is_given_twice(app: Flask, world: World) -> None:
    ended = at_once(app, *[lambda: world.file().number] * 6)
    assert refusals(ended) == []
    assert len(set(ended)) == 6


def test_windows_that_save_a_draft_at_once_all_succeed(app: Flask, world: World) -> None:
    def save() -> None:
        intake.save_draft({"title": "电压不稳"}, by=world.owner, at=MONDAY)

    assert refusals(at_once(app, *[save] * 4)) == []
    db.session.remove()
    assert [draft.fields for draft in db.session.scalars(select(Draft))] == [{"title": "电压不稳"}]


# Two who act at the same instant, on everything that can be done in two ways

GOOD: dict[str, Any] = {"solved": Solved.SOLVED, "level": Level.SATISFIED}
Act = Callable[[World, int, datetime], Any]
Pair = tuple[Callable[[World], Ticket], Act, Act]


def requested(kind: RequestKind, state: State, who: str, **given: Any) -> Callable[[World], Ticket]:
    """A ticket on which somebody has asked for something."""

    def scene(world: World) -> Ticket:
        ticket = world.make(state)
        world.department("供电公司").wants_sign_off = kind is RequestKind.SIGN_OFF
        db.session.commit()
        verb = getattr(requests, f"ask_{kind.value}")
        asked: Ticket = verb(ticket.id, by=getattr(world, who), at=ticket.touched_at, **given)
        return asked

    return scene


def deciding(kind: RequestKind, who: str, *, granted: bool) -> Act:
    verb = getattr(requests, f"decide_{kind.value}")
    return lambda w, t, at: verb(t, by=getattr(w, who), at=at, granted=granted)


def cancelling(kind: RequestKind, who: str) -> Act:
    return lambda w, t, at: requests.CANCELLING[kind](t, by=getattr(w, who), at=at)


def replying(w: World, t: int, at: datetime) -> Ticket:
    return handling.reply(t, by=w.power_head, at=at, outcome=Outcome.SOLVED, text="已增容。")


def rating(given: dict[str, Any]) -> Act:
    return lambda w, t, at: closing.rate(t, by=w.owner, at=at, **given)


def correcting(given: dict[str, Any]) -> Act:
    return lambda w, t, at: closing.correct_rating(t, by=w.owner, at=at, **given)


def withdrawing(w: World, t: int, at: datetime) -> Ticket:
    return intake.withdraw(t, by=w.owner, at=at, reason="已自行解决")


def answering(w: World, t: int, at: datetime) -> Ticket:
    return intake.answer(t, by=w.clerk2, at=at, text="请带执照到三号窗口。")


def reworking(w: World, t: int, at: datetime) -> Ticket:
    return closing.rework(t, by=w.clerk, at=at, reason="没有说清")


def redispatching(w: World, t: int, at: datetime) -> Ticket:
    return dispatch.redispatch(t, by=w.clerk2, at=at, lead=w.department("金融办"), reason="职责调整")


R = RequestKind
ASKED: dict[RequestKind, tuple[Callable[[World], Ticket], str, str, Act]] = {
    R.RETURN: (
        requested(R.RETURN, State.IN_PROGRESS, "power", reason_code="属地不符", text="不在本辖区"),
        "power", "clerk", redispatching,
    ),
    R.EXTENSION: (
        requested(R.EXTENSION, State.IN_PROGRESS, "power", days=2, text="设备未到"), "power", "clerk", replying,
    ),
    R.DEFERRAL: (
        requested(R.DEFERRAL, State.IN_PROGRESS, "power", plan="等设备", next_reply=date(2026, 3, 20)),
        "power", "supervisor", replying,
    ),
    R.REJECTION: (
        requested(
            R.REJECTION, State.SUBMITTED, "clerk", reason_code="应走法定途径", text="已在诉讼中", legal_route="起诉"
        ),
        "clerk", "supervisor", answering,
    ),
    R.SIGN_OFF: (
        requested(R.SIGN_OFF, State.IN_PROGRESS, "power", outcome=Outcome.SOLVED, text="已增容"),
        "power", "power_head", redispatching,
    ),
    R.EXCLUSION: (
        requested(
            R.EXCLUSION, State.CLOSED, "power", figure=ExcludedFigure.SOLVED, reason_code="不可抗力", text="台风"
        ),
        "power", "supervisor", reworking,
    ),
    R.APPEAL: (requested(R.APPEAL, State.CLOSED, "owner", text="不服"), "owner", "supervisor", reworking),
}  # fmt: skip
"""What is asked, by whom, who decides, and an act that makes the request lapse."""
PAIRS: dict[str, Pair] = {
    "two ratings": (lambda w: w.make(State.AWAITING_RATING), rating(GOOD), rating(BAD)),
    "two withdrawals": (lambda w: w.make(State.IN_PROGRESS), withdrawing, withdrawing),
    "withdraw and answer": (lambda w: w.file(), withdrawing, answering),
    "two corrected ratings": (lambda w: w.make(State.CLOSED), correcting(GOOD), correcting(BAD)),
    "a rating made worse, and rework": (lambda w: w.make(State.CLOSED), correcting(BAD), reworking),
}
for _kind, (_scene, _asker, _decider, _lapses) in ASKED.items():
    _grant, _refuse = (deciding(_kind, _decider, granted=granted) for granted in (True, False))
    _cancel = cancelling(_kind, _asker)
    PAIRS |= {
        f"{_kind.value}: grant and refuse": (_scene, _grant, _refuse),
        f"{_kind.value}: grant and grant": (_scene, _grant, _grant),
        f"{_kind.value}: grant and cancel": (_scene, _grant, _cancel),
        f"{_kind.value}: cancel and cancel": (_scene, _cancel, _cancel),
        f"{_kind.value}: refuse and what lapses it": (_scene, _refuse, _lapses),
        f"{_kind.value}: grant and what lapses it": (_scene, _grant, _lapses),
    }


def sworn(world: World, ticket: Ticket) -> Ticket:
    """The ticket as it is kept, after everything that must hold of it was checked."""
    db.session.remove()
    oath = Oath(world.law)
    oath.filed[ticket.id] = Filed(Nature.HELP, Urgency.NORMAL, arrears=False)
    kept, _ = oath.keeps(ticket.id, MONDAY)
    return kept


@pytest.mark.parametrize(("scene", "one", "other"), PAIRS.values(), ids=PAIRS)
def test_of_two_at_once_one_wins_and_the_other_is_told(
    app: Flask, world: World, scene: Callable[[World], Ticket], one: Act, other: Act
) -> None:
    ticket = scene(world)
    number, at = ticket.id, ticket.touched_at + timedelta(hours=1)
    ended = at_once(app, lambda: one(world, number, at), lambda: other(world, number, at))
    for refusal in refusals(ended):
        assert isinstance(refusal, OutOfTurn | Refused | Invalid), repr(refusal)
        assert refusal.sentence.endswith("。")
    kept = sworn(world, ticket)
    assert len(refusals(ended)) == 1 or may_both(kept), [event.action.value for event in kept.events]
    assert len(refusals(ended)) <= 1


def may_both(ticket: Ticket) -> bool:
    """What comes after a refused request or a granted extension may come; a deferred matter may be replied to."""
    *_, decision, after = ticket.events
    if (decision.action, after.action) == (Action.DECIDE_DEFERRAL, Action.REPLY):
        return True
    return decision.action.value.startswith("decide_") and decision.before is decision.after is after.before


def test_of_a_rating_and_the_end_of_its_window_one_counts(app: Flask, world: World) -> None:
    ticket = world.make(State.AWAITING_RATING)
    number, late = ticket.id, ticket.touched_at + timedelta(days=14)
    ended = at_once(
        app,
        lambda: housekeeping.pass_time(late),
        lambda: closing.rate(number, by=world.owner, at=late, **GOOD),
        lambda: housekeeping.pass_time(late),
    )
    assert refusals(ended) == []
    assert actions(sworn(world, ticket))[-2:] == ["expire_rating", "rate"]


def test_two_that_are_merged_crosswise_leave_one(app: Flask, world: World) -> None:
    first, second = world.file(title="甲"), world.file(title="乙")
    a, b = first.id, second.id

    def merge(child: int, parent: int) -> Callable[[], Ticket]:
        return lambda: cases.merge(
            child, by=world.clerk, at=MONDAY, parent=db.session.get_one(Ticket, parent)
        )

    ended = at_once(app, merge(a, b), merge(b, a), merge(a, b), merge(b, a))
    assert len(refusals(ended)) == 3
    assert all(isinstance(refusal, OutOfTurn | Invalid) for refusal in refusals(ended)), ended
    assert {sworn(world, each).state for each in (first, second)} == {State.SUBMITTED, State.MERGED}


def test_an_act_and_the_recalculation_at_once_leave_one_line_of_it(app: Flask, world: World) -> None:
    ticket = world.make(State.IN_PROGRESS).id
    seen = latest_version()
    assert seen is not None
    saved = MONDAY + timedelta(hours=5)
    closed = calendar.closure(date(2026, 3, 4), "台风")
    calendar.change_calendar(closed, reason="台风", seen=seen.id, by=world.admin, at=saved)
    later, power = saved + timedelta(minutes=1), world.power
    ended = at_once(
        app,
        lambda: recalculate_open_clocks(later),
        lambda: handling.progress(ticket, by=power, at=later, text="已派员勘察。"),
        lambda: recalculate_open_clocks(later),
    )
    assert refusals(ended) == []
    with app.app_context():
        recalculate_open_clocks(later)
    found = world.ticket_by_id(ticket)
    assert sorted(actions(found)[-2:]) == ["progress", "recalculate"]
    settle = found.clock(ClockKind.SETTLE)
    assert settle is not None
    assert settle.due_at == datetime(2026, 3, 10, 17, 30, tzinfo=CHINA)


def test_of_two_changes_of_the_calendar_one_wins_and_the_other_is_told(app: Flask, world: World) -> None:
    seen = latest_version()
    assert seen is not None
    known, admin = seen.id, world.admin

    def close(day: int) -> int:
        closed = calendar.closure(date(2026, 3, day), "台风")
        return calendar.change_calendar(closed, reason="台风", seen=known, by=admin, at=MONDAY).id

    ended = at_once(app, lambda: close(4), lambda: close(5))
    assert [type(one) for one in refusals(ended)] == [Altered]
    assert len(versions()) == 2


def test_of_two_who_freeze_a_month_one_does_and_both_have_it(app: Flask, world: World) -> None:
    world.make(State.CLOSED)
    supervisor, month, over = world.supervisor, MONDAY.date(), MONDAY + timedelta(days=40)
    ended = at_once(
        app,
        lambda: snapshots.freeze(month, as_of=over, by=supervisor).id,
        lambda: snapshots.freeze(month, as_of=over, by=None).id,
        lambda: snapshots.freeze(month, as_of=over, by=None).id,
    )
    assert len(set(ended)) == 1, ended
    assert len(db.session.scalars(select(MonthSnapshot.id)).all()) == 1
