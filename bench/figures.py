"""Counting: a report's figures over a million tickets, beside the plainest count of the same rows.

``BENCH_TICKETS`` sets another number.
"""

import os
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import select, text

from bench.bulk import park_on_postgres
from service_desk.desk import facts
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
from service_desk.domain.vocabulary import Level, Solved, State
from service_desk.store.base import begin_reading, db
from service_desk.store.law import current_law
from service_desk.store.tickets import Ticket
from tests.world import MONDAY, World

TICKETS = int(os.environ.get("BENCH_TICKETS", "1000000"))
DAYS = 730
ENTERPRISES = 5000
NOW = MONDAY + timedelta(days=DAYS + 30)
MONTH = Period(date(2027, 5, 1), date(2027, 6, 1), NOW)
YEAR = Period(date(2027, 1, 1), date(2028, 1, 1), NOW)
FLOOR = (
    "SELECT department_id, count(*) FROM facts WHERE moment = 'accept' AND at >= :since AND at < :until "
    "GROUP BY department_id"
)


def measure() -> list[dict[str, Any]]:
    """Seconds of the figures of reports, and ``closing`` by department as a ratio to a bare count."""
    with park_on_postgres():
        _fill(TICKETS)
        rows = db.session.scalar(text("SELECT count(*) FROM facts"))
        every = [
            _figure(f"{report.title}, a {name}", _best(partial(_tables, report, period)), "s", 5.0)
            for report in REPORTS.values()
            for name, period in (("month", MONTH), ("year", YEAR))
        ]
        closing = _best(lambda: _figures(("closing",), YEAR, By.DEPARTMENT))
        floor = _best(lambda: _bare(YEAR))
        return [
            _figure(f"rows of {TICKETS} tickets", float(rows or 0), "", None),
            *every,
            _figure("closing by department, a year", closing, "s", None),
            _figure("the same beside the bare count", closing / floor, "×", 3.0),
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
    since, until = (
        datetime.combine(day, datetime.min.time(), period.tz) for day in (period.since, period.until)
    )
    return db.session.execute(text(FLOOR), {"since": since, "until": until}).all()


# A park of many tickets


def _fill(number: int) -> None:
    """Copies of some tickets that went by the law, over two years, spread over departments, categories and firms."""
    world = World()
    patterns = [
        world.make(State.CLOSED, at=MONDAY, hours=9, supports=["园区管委会"]),
        world.make(State.CLOSED, at=MONDAY, lead="金融办", level=Level.DISSATISFIED, solved=Solved.UNSOLVED),
        world.make(State.CLOSED, at=MONDAY, hours=5),
        world.make(State.IN_PROGRESS, at=MONDAY, hours=2),
    ]
    facts.store_facts(MONDAY)
    _add_enterprises()
    for pattern in patterns:
        _copy(pattern.id, number // len(patterns))
    # What an open transaction may still want to see is not swept.
    db.session.rollback()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _add_enterprises() -> None:
    columns = [name for name in _columns("enterprises") if name not in ("id", "code", "name")]
    _run(
        f"INSERT INTO enterprises (name, {', '.join(columns)}) "  # noqa: S608 - names of our own columns
        f"SELECT '企业' || g, {', '.join(columns)} FROM enterprises, generate_series(1, :number) g "
        "WHERE enterprises.id = (SELECT min(id) FROM enterprises)",
        number=ENTERPRISES,
    )


def _copy(ticket_id: int, number: int) -> None:
    """So many tickets like this one, each with the rows that were stored for it."""
    new = {
        "submitted_at": "submitted_at + (g * 7919 % :days) * interval '1 day'",
        "touched_at": "touched_at + (g * 7919 % :days) * interval '1 day'",
        "category_id": "(SELECT id FROM categories ORDER BY id OFFSET g % (SELECT count(*) FROM categories) LIMIT 1)",
        "enterprise_id": "(SELECT max(id) FROM enterprises) - g % :enterprises",
    }
    columns = [name for name in _columns("tickets") if name not in ("id", "number", "submission_key")]
    values = ", ".join(new.get(name, name) for name in columns)
    _run(
        f"INSERT INTO tickets (number, {', '.join(columns)}) SELECT 'F{ticket_id}-' || g, {values} "  # noqa: S608
        "FROM tickets, generate_series(1, :number) g WHERE tickets.id = :id",
        number=number, id=ticket_id, days=DAYS, enterprises=ENTERPRISES,
    )  # fmt: skip
    moved = {
        "at": "CASE f.moment WHEN 'now' THEN f.at ELSE f.at + (t.submitted_at - o.submitted_at) END",
        "month": "to_char(f.at + (t.submitted_at - o.submitted_at), 'YYYYMM')::int",
        "until": "f.until + (t.submitted_at - o.submitted_at)",
        "category_id": "t.category_id",
        "enterprise_id": "t.enterprise_id",
        "ticket_id": "t.id",
    }
    columns = [name for name in _columns("facts") if name != "id"]
    values = ", ".join(moved.get(name, f"f.{name}") for name in columns)
    _run(
        f"INSERT INTO facts ({', '.join(columns)}) SELECT {values} FROM facts f "  # noqa: S608
        "JOIN tickets o ON o.id = f.ticket_id JOIN tickets t ON t.number LIKE :numbers WHERE f.ticket_id = :id",
        id=ticket_id, numbers=f"F{ticket_id}-%",
    )  # fmt: skip


def _columns(table: str) -> list[str]:
    return [column.name for column in db.metadata.tables[table].columns]


def _run(statement: str, **values: object) -> None:
    with db.engine.begin() as connection:
        connection.execute(text(statement), values)


def _figure(name: str, value: float, unit: str, bound: float | None) -> dict[str, Any]:
    return {"name": name, "value": round(value, 2), "unit": unit, "bound": bound}
