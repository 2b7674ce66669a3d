"""Schedulers as real processes after a change of the calendar: whatever kills them, every ticket follows once."""

import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from subprocess import Popen

from flask import Flask
from sqlalchemy import func, select

from service_desk import clock
from service_desk.desk import calendar as desk
from service_desk.domain import deadlines
from service_desk.domain.actions import Action
from service_desk.store.base import db
from service_desk.store.calendars import CalendarVersion, latest_version
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.law import current_law
from service_desk.store.parts import Event
from tests.processes import environment, running, until
from tests.web.test_statements import grow
from tests.world import World

TICKETS = 600
CLOCKWORK = """
from dataclasses import replace
from datetime import timedelta
from service_desk import scheduler
from wsgi import app
jobs = [job for job in scheduler.JOBS if job.name == "recalculate"]
scheduler.run(app, [replace(job, every=timedelta(seconds=0.2)) for job in jobs])
"""


def left(version: int) -> int:
    """How many clocks are still to be reckoned, read without keeping those who write waiting."""
    behind = select(func.count()).where(Clock.state.in_(LIVE), Clock.calendar_version < version)
    with db.engine.connect().execution_options(read_only=True) as connection:
        return connection.scalar(behind) or 0


def test_a_killed_scheduler_leaves_nothing_half_done_and_nothing_is_done_twice(
    app: Flask, world: World, database_url: str, tmp_path: Path
) -> None:
    grow(world, TICKETS)
    seen = latest_version()
    assert seen is not None
    version = desk.change_calendar(
        desk.closure(date(2026, 3, 4), "台风"), reason="台风", seen=seen.id, by=world.admin, at=clock.now()
    ).id
    total = left(version)
    assert total > TICKETS
    log, env = tmp_path / "processes.log", environment(database_url, tmp_path)

    with ExitStack() as stack:

        def start() -> Popen[bytes]:
            return stack.enter_context(running(sys.executable, "-c", CLOCKWORK, env=env, log=log))

        first = start()
        until(lambda: left(version) < total, "some have been reckoned")
        first.kill()
        first.wait()
        assert left(version) > 0, "the first was killed in the middle"
        others = [start(), start()]
        until(lambda: left(version) == 0, "all have been reckoned", seconds=60)
        until(lambda: _is_finished(version), "the end is noted")
        for process in others:
            process.terminate()
        assert [process.wait(timeout=10) for process in others] == [0, 0]

    calendar = current_law().calendar
    open_clocks = db.session.scalars(select(Clock).where(Clock.state.in_(LIVE))).unique()
    assert all(row.due_at == deadlines.due(row.facts, calendar) for row in open_clocks)
    told = select(Event.ticket_id, func.count()).where(Event.action == Action.RECALCULATE)
    times = [row[1] for row in db.session.execute(told.group_by(Event.ticket_id))]
    assert set(times) == {1}
    assert len(times) > TICKETS / 5


def _is_finished(version: int) -> bool:
    with db.engine.connect().execution_options(read_only=True) as connection:
        ended = select(CalendarVersion.finished_at).where(CalendarVersion.id == version)
        return connection.scalar(ended) is not None
