"""A changed calendar with a hundred thousand open clocks: how fast they follow, and how long anybody waits for a lock.

On both databases, beside a floor: the same rows read and written in the same batches by bare statements, with no
law. ``RECOMPUTE_CLOCKS`` sets another number.
"""

import os
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade

from bench.bulk import park_on_postgres
from service_desk import create_app
from service_desk.desk import calendar as desk
from service_desk.desk.calendar_preview import preview
from service_desk.desk.recalculation import BATCH, recalculate_open_clocks
from service_desk.domain.actions import Action
from service_desk.store.base import begin_reading, db
from service_desk.store.calendars import latest_version
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.law import current_law
from service_desk.store.parts import Event
from tests.conftest import settings_for
from tests.web.test_statements import grow
from tests.world import MONDAY, World, settle_the_park

CLOCKS = int(os.environ.get("RECOMPUTE_CLOCKS", "100000"))
SHARE = 3.4
"""Open clocks a ticket of the bench's park has on average; it only decides how many are made."""
LONGEST_LOCK = 1.0


def measure() -> list[dict[str, Any]]:
    """Seconds of the preview, clocks a second, and the longest transaction of the job, with half the tickets moving."""
    return [*_on_sqlite(), *_on_postgres()]


def _on_sqlite() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_for(f"sqlite:///{folder}/desk.sqlite3", Path(folder)))
        with app.app_context():
            upgrade()
            settle_the_park()
            figures = _measured()
            db.session.remove()
            db.engine.dispose()
    return figures


def _on_postgres() -> list[dict[str, Any]]:
    with park_on_postgres():
        return _measured()


def _measured() -> list[dict[str, Any]]:
    grow(World(), int(CLOCKS / SHARE))
    number = db.session.scalar(sa.select(sa.func.count()).where(Clock.state.in_(LIVE))) or 0
    draft = desk.closure(date(2026, 3, 4), "台风")
    began = time.perf_counter()
    begin_reading()
    found = preview(draft, desk.difference(draft), current_law().calendar)
    previewed = time.perf_counter() - began
    db.session.remove()
    seen = latest_version()
    began = time.perf_counter()
    desk.change_calendar(draft, reason="台风", seen=seen.id if seen else 0, by=World().admin, at=MONDAY)
    saved = time.perf_counter() - began
    locks = _Locks()
    began = time.perf_counter()
    recalculate_open_clocks(MONDAY)
    seconds = time.perf_counter() - began
    longest = locks.longest
    floor = _floor()
    where = db.engine.dialect.name
    return [
        _figure(f"{where}: preview of {number} open clocks ({len(found.moves)} move)", previewed, "s"),
        _figure(f"{where}: saving the change", saved, "s"),
        _figure(f"{where}: clocks reckoned anew", number / seconds, "clocks/s"),
        _figure(f"{where}: all of them", seconds, "s"),
        _figure(f"{where}: the same beside bare statements ({floor:.1f} s)", seconds / floor, "×"),
        _figure(f"{where}: longest transaction of the job", longest, "s", bound=LONGEST_LOCK),
    ]


def _floor() -> float:
    """Seconds in which bare statements read and write the rows that the job read and wrote, batch by batch."""
    news = sa.select(Event.ticket_id).where(Event.action == Action.RECALCULATE)
    moved = set(db.session.scalars(news))
    pattern = db.session.scalars(sa.select(Event).where(Event.action == Action.RECALCULATE).limit(1)).one()
    event = {
        column.key: getattr(pattern, column.key)
        for column in sa.inspect(Event).columns
        if column.key not in ("id", "ticket_id")
    }
    tickets = db.session.scalars(
        sa.select(Clock.ticket_id).where(Clock.state.in_(LIVE)).distinct().order_by(Clock.ticket_id)
    ).all()
    db.session.remove()
    clocks, events = Clock.metadata.tables["clocks"], Clock.metadata.tables["events"]
    anew = (
        sa.update(clocks)
        .where(clocks.c.id == sa.bindparam("row"))
        .values(
            due_at=sa.bindparam("due"),
            calendar_version=clocks.c.calendar_version,
            next_step_at=sa.bindparam("due"),
        )
    )
    began = time.perf_counter()
    for begin in range(0, len(tickets), BATCH):
        some = tickets[begin : begin + BATCH]
        with db.engine.begin() as connection:
            live = sa.select(clocks).where(clocks.c.ticket_id.in_(some), clocks.c.state.in_(LIVE))
            rows = connection.execute(live.with_for_update()).all()
            connection.execute(anew, [{"row": row.id, "due": row.due_at} for row in rows])
            if told := [event | {"ticket_id": each} for each in some if each in moved]:
                connection.execute(sa.insert(events), told)
    return time.perf_counter() - began


class _Locks:
    """How long the longest transaction lasted."""

    def __init__(self) -> None:
        self.longest = 0.0
        self._began = 0.0
        sa.event.listen(db.engine, "begin", self._begin)
        sa.event.listen(db.engine, "commit", self._end)
        sa.event.listen(db.engine, "rollback", self._end)

    def _begin(self, _connection: object) -> None:
        self._began = time.perf_counter()

    def _end(self, _connection: object) -> None:
        self.longest = max(self.longest, time.perf_counter() - self._began)


def _figure(name: str, value: float, unit: str, *, bound: float | None = None) -> dict[str, Any]:
    ratio = None if bound is None else round(value / bound, 3)
    return {"name": name, "value": round(value, 2), "unit": unit, "bound": bound, "ratio": ratio}
