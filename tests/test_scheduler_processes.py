"""Schedulers as real processes: however many run and whatever kills them, nothing is lost and nothing doubled."""

import json
import signal
import sys
from collections import Counter
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen

import pytest
from flask import Flask
from sqlalchemy import ColumnElement, func, select, update

from service_desk import clock
from service_desk.domain.vocabulary import ClockKind, ClockState, State, Urgency
from service_desk.scheduler import JOBS
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.notices import Card, Letter, LetterState, Notice, StepTaken
from service_desk.store.parts import Order
from service_desk.store.tickets import Ticket
from tests.mailbox import Mailbox
from tests.processes import FLASK, environment, finished, running, until
from tests.world import World

TICKETS = 12
LONG_AGO = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

QUICK_CLOCKWORK = """
from dataclasses import replace
from datetime import timedelta
from service_desk import scheduler
from wsgi import app
names = ("remind", "deliver")
scheduler.run(app, [replace(job, every=timedelta(seconds=0.2)) for job in scheduler.JOBS if job.name in names])
"""


WAITING = Letter.state == LetterState.WAITING


def count(*conditions: ColumnElement[bool]) -> int:
    """How many rows fit, read without keeping those who write waiting."""
    with db.engine.connect().execution_options(read_only=True) as connection:
        return connection.scalar(select(func.count()).where(*conditions)) or 0


def test_killed_and_refused_schedulers_lose_nothing_and_double_nothing(
    app: Flask, world: World, database_url: str, tmp_path: Path
) -> None:
    # 特急, so that no letter waits for the office; all of it is long overdue.
    tickets = [
        world.make(State.IN_PROGRESS, at=LONG_AGO, urgency=Urgency.CRITICAL).id for _ in range(TICKETS)
    ]
    log = tmp_path / "processes.log"

    with Mailbox(hold=True) as box, ExitStack() as stack:
        env = environment(database_url, tmp_path, SERVICE_DESK_SMTP_URL=box.url)

        def start() -> Popen[bytes]:
            return stack.enter_context(running(sys.executable, "-c", QUICK_CLOCKWORK, env=env, log=log))

        first = start()
        until(box.began.is_set, "the first letter is in the middle of being sent")
        first.kill()
        first.wait()
        in_hand = _leased()

        box.hold, box.out_of_order = False, "451 come back later"
        others = [start(), start()]
        until(
            lambda: not count(Clock.state == ClockState.RUNNING, Clock.next_step_at <= clock.now()),
            "every clock has been looked at",
        )
        until(
            lambda: not count(WAITING, Letter.attempts == 0),
            "every letter has been tried and refused",
        )
        # A refusal is written after the attempt: one still on its way would come after the minutes have passed.
        until(
            lambda: not count(WAITING, Letter.leased_until.is_not(None), Letter.id.not_in(in_hand)),
            "every refusal is written down",
        )
        assert len(box.arrived) == 1, "the one the first process died over"

        box.out_of_order = ""
        _later()
        until(lambda: not count(WAITING, Letter.id.not_in(in_hand)), "all but the dead one's are sent")
        assert count(WAITING) == len(in_hand), "the lease of the dead one still holds"
        db.session.execute(update(Letter).values(leased_until=None).where(Letter.id.in_(in_hand)))
        db.session.commit()
        until(lambda: not count(WAITING), "all are sent")

        for process in others:
            process.terminate()
        assert [process.wait(timeout=10) for process in others] == [0, 0]

    sent = list(db.session.scalars(select(Letter)))
    assert {letter.state for letter in sent} == {LetterState.SENT}
    times = Counter(str(message["Message-ID"]) for message in box.arrived)
    assert set(times) == {f"<letter-{letter.id}@localhost>" for letter in sent}, "none is lost, no other name"
    assert [name for name, count in times.items() if count > 1] == [str(box.arrived[0]["Message-ID"])], (
        "doubled is only the one in the middle of which the first process died"
    )
    assert {letter.key for letter in sent} <= set(db.session.scalars(select(Notice.key)))
    for ticket_id in tickets:
        _assert_reminded_once(ticket_id)


def _leased() -> list[int]:
    """The letters that a process has in hand."""
    with db.engine.connect().execution_options(read_only=True) as connection:
        return list(connection.scalars(select(Letter.id).where(WAITING, Letter.leased_until.is_not(None))))


def _later() -> None:
    """The minutes until the next attempt pass."""
    db.session.execute(
        update(Letter)
        .where(Letter.state == LetterState.WAITING)
        .values(not_before=clock.now() - timedelta(hours=1))
    )
    db.session.commit()


def _assert_reminded_once(ticket_id: int) -> None:
    clocks = select(Clock).where(Clock.ticket_id == ticket_id, Clock.kind == ClockKind.SETTLE)
    settle = db.session.scalars(clocks).unique().one()
    sent = select(StepTaken.step).where(StepTaken.clock_id == settle.id, StepTaken.sent)
    assert db.session.scalars(sent).all() == ["overdue_5"]
    assert db.session.scalars(select(Order.level).where(Order.ticket_id == ticket_id)).all() == [2]
    assert db.session.scalars(select(Card.colour).where(Card.clock_id == settle.id)).all() == ["red"]
    readers = db.session.scalars(
        select(Notice.recipient_id).where(Notice.key.startswith(f"step:{settle.id}:"))
    ).all()
    assert len(readers) == len(set(readers)) == 8


def test_the_scheduler_command_works_at_once_and_ends_cleanly(
    small_world: World, sqlite_url: str, tmp_path: Path
) -> None:
    ticket = small_world.make(State.AWAITING_RATING, at=LONG_AGO)
    env, log = environment(sqlite_url, tmp_path), tmp_path / "scheduler.log"

    with running(*FLASK, "scheduler", env=env, log=log) as process:
        until(
            lambda: count(Ticket.id == ticket.id, Ticket.state == State.CLOSED) == 1,
            "what nobody rated in time is closed",
        )
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0
    assert "clockwork stopped" in log.read_text()


@pytest.mark.parametrize("name", [job.name for job in JOBS])
def test_every_job_can_be_run_by_hand(small_world: World, sqlite_app: Flask, name: str) -> None:
    answer = sqlite_app.test_cli_runner().invoke(args=["job", name, "--at", "2026-03-02T10:00:00+08:00"])
    assert answer.exit_code == 0, answer.output
    assert json.loads(answer.stdout) == {"job": name, "at": "2026-03-02T10:00:00+08:00", "touched": 0}
    assert name in sqlite_app.test_cli_runner().invoke(args=["job", "--list"]).stdout


def test_a_job_by_hand_says_what_it_touched(small_world: World, sqlite_app: Flask) -> None:
    small_world.make(State.AWAITING_RATING)
    answer = sqlite_app.test_cli_runner().invoke(
        args=["job", "pass_time", "--at", "2026-03-30T10:00:00+08:00"]
    )
    assert json.loads(answer.stdout)["touched"] == 1


def test_a_chosen_instant_is_refused_in_production(sqlite_url: str, tmp_path: Path) -> None:
    env = environment(sqlite_url, tmp_path, SERVICE_DESK_ENV="production")
    answer = finished(*FLASK, "job", "remind", "--at", "2026-03-02T10:00:00+08:00", env=env)
    assert (answer.returncode, answer.stdout) == (1, "")
    assert "正式环境" in answer.stderr
