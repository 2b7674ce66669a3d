"""Counting: boards and reports over the demo park, beside the plainest count of the same rows."""

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from sqlalchemy import select, text

from bench.demo import TICKETS, demo_park
from service_desk import clock
from service_desk.desk import facts
from service_desk.desk.boards import month_of
from service_desk.desk.people import DEMO_PASSWORD
from service_desk.desk.reports import Counting
from service_desk.domain.figures import (
    BY_KEY,
    REPORTS,
    By,
    Figure,
    Period,
    Report,
    period_before,
    with_year_before,
    year_before,
)
from service_desk.domain.months import months_on
from service_desk.store.base import begin_reading, db
from service_desk.store.law import current_law
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor

FLOOR = (
    "SELECT department_id, count(*) FROM facts WHERE moment = 'accept' AND at >= :since AND at < :until "
    "GROUP BY department_id"
)
BOARDS = (("supervisor", "/dashboard"), ("power", "/dashboard"), ("supervisor", "/wall"))


def measure() -> list[dict[str, Any]]:
    """Seconds to make the park and to show it, and ``closing`` by department as a ratio to a bare count."""
    with demo_park() as demo:
        now = clock.now()
        this = month_of(now.date(), as_of=now, law=current_law())
        month = period_before(this)
        year = Period(months_on(this.since, -12), this.since, now, this.tz)
        every = [
            _figure(f"{report.title}, a {name}", _best(partial(_tables, report, period)), "s", 5.0)
            for report in REPORTS.values()
            for name, period in (("month", month), ("year", year))
        ]
        closing = _best(lambda: _figures(("closing",), year, By.DEPARTMENT))
        rows = _best(lambda: _figures(("closing",), year, By.CATEGORY))
        floor = _best(lambda: _bare(year))
        boards = []
        for name, path in BOARDS:
            visitor = Visitor(demo.park.app.test_client()).sign_in(name, DEMO_PASSWORD)
            boards.append(_figure(f"{path} of {name}", _best(partial(visitor.get, path)), "s", 1.0))
        return [
            _figure(f"making {TICKETS} tickets", demo.made_in, "s", None),
            _figure(
                "their rows", float(db.session.scalar(text("SELECT count(*) FROM facts")) or 0), "", None
            ),
            *boards,
            *every,
            _figure("closing by department beside the bare count", closing / floor, "×", 3.0),
            _figure("closing by category beside the bare count", rows / floor, "×", None),
        ]


def _best(act: Callable[[], object]) -> float:
    """The least of three runs in seconds: the others waited for something else."""
    seconds = []
    for _ in range(3):
        begin_reading()
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def _figures(keys: tuple[str, ...], period: Period, by: By | None) -> list[Figure]:
    indicators = tuple(BY_KEY[key] for key in keys)
    return facts.figures(select(Ticket), period, indicators=indicators, by=by)


def _tables(report: Report, period: Period) -> None:
    """All that the sheet 统计 shows."""
    counting = Counting(report, select(Ticket), period, current_law())
    for by in (None, *report.tables):
        counting.figures(period, by)
    for earlier in (period_before(period), year_before(period)):
        counting.figures(earlier, None)
    counting.figures(with_year_before(period), By.MONTH)


def _bare(period: Period) -> object:
    return db.session.execute(text(FLOOR), {"since": period.begins, "until": period.ends}).all()


def _figure(name: str, value: float, unit: str, bound: float | None) -> dict[str, Any]:
    return {"name": name, "value": round(value, 2), "unit": unit, "bound": bound}
