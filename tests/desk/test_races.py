"""Several people at the same instant, in threads with sessions of their own, on both databases."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from service_desk.desk import closing, handling, housekeeping, intake, supervision
from service_desk.domain.errors import OutOfTurn
from service_desk.domain.vocabulary import (
    ClockState,
    Level,
    Nature,
    OrderLevel,
    Outcome,
    Solved,
    State,
    Urgency,
)
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.drafts import Draft
from service_desk.store.parts import Rating
from service_desk.store.tickets import Ticket
from tests.world import MONDAY, World

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
