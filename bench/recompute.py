"""A changed calendar with a hundred thousand open clocks: how fast they follow, and how long anybody waits for a lock.

``RECOMPUTE_CLOCKS`` sets another number, ``RECOMPUTE_DATABASE`` another (empty, migrated by this) database.
"""

import os
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask_migrate import upgrade

from service_desk import create_app
from service_desk.desk import calendar as desk
from service_desk.desk.calendar_preview import preview
from service_desk.desk.recalculation import recalculate_open_clocks
from service_desk.store.base import begin_reading, db
from service_desk.store.calendars import latest_version
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.law import current_law
from tests.conftest import settings_for
from tests.web.test_statements import grow
from tests.world import MONDAY, World, settle_the_park

CLOCKS = int(os.environ.get("RECOMPUTE_CLOCKS", "100000"))
SHARE = 3.4
"""Open clocks a ticket of the bench's park has on average; it only decides how many are made."""
LONGEST_LOCK = 1.0


def measure() -> list[dict[str, Any]]:
    """Seconds of the preview, clocks a second, and the longest transaction of the job, with half the tickets moving."""
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("RECOMPUTE_DATABASE") or f"sqlite:///{folder}/desk.sqlite3"
        app = create_app(settings_for(url, Path(folder)))
        with app.app_context():
            upgrade()
            settle_the_park()
            grow(World(), int(CLOCKS / SHARE))
            figures = _measured()
            db.session.remove()
            db.engine.dispose()
    return figures


def _measured() -> list[dict[str, Any]]:
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
    return [
        _figure(f"preview of {number} open clocks ({len(found.moves)} move)", previewed, "s"),
        _figure("saving the change", saved, "s"),
        _figure("clocks reckoned anew", number / seconds, "clocks/s"),
        _figure("all of them", seconds, "s"),
        _figure("longest transaction of the job", longest, "s", bound=LONGEST_LOCK),
    ]


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
