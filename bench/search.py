"""Searching on either database: the first page of words that stand in the demo park, and of some that do not."""

import random
import re
import time
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, select

from bench.bulk import empty_postgres, empty_sqlite
from bench.demo import TICKETS, DemoPark, demo_park
from service_desk.desk.people import DEMO_PASSWORD
from service_desk.store.base import begin_reading, db
from service_desk.store.parts import Reply
from service_desk.store.people import User
from service_desk.store.queues import page_found
from service_desk.store.scope import visible_tickets
from service_desk.store.search import Found
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor

DATABASES = {"PostgreSQL": empty_postgres, "SQLite": empty_sqlite}
READERS = ("clerk", "power", "officer", "enterprise")
SAMPLES, PAGES = 150, 40
NOWHERE = ("鲲鹏展翅", "zzzz9", "氢能 变压器", "1234567")
COMMON = ("电", "电压", "企业", "贷款", "2026", "qs", "公司")
BOUND, BOUND_OF_ONE = 0.3, 1.0
SLOWEST_OF = 20
"""One in so many may take longer: the 95th percentile."""


def measure() -> list[dict[str, Any]]:
    """Seconds until the first fifty and their number are there: of twenty words the slowest; and of whole pages.

    A database that has just been started is asked first, with words of its own: the bound is the same.
    """
    found = []
    for database, empty in DATABASES.items():
        with demo_park(empty) as demo:
            found += [{**figure, "name": f"{database}, {figure['name']}"} for figure in _measured(demo)]
    return found


def _measured(demo: DemoPark) -> Iterator[dict[str, Any]]:
    chance = random.Random(TICKETS)  # noqa: S311 - the same words every time
    queries, ones = _queries(chance)
    others, _ = _queries(random.Random(TICKETS + 1))  # noqa: S311 - the same
    yield _figure(f"indexing {TICKETS} tickets", demo.indexed_in, None)
    clerk = _reader("clerk")
    first = _percentile([_seconds(clerk, query) for query in others])
    yield _figure("clerk, two and more, just started", first, BOUND)
    for name in READERS:
        reader = _reader(name)
        for words, few, bound in (("two and more", queries, BOUND), ("one", ones, BOUND_OF_ONE)):
            seconds = [_seconds(reader, query) for query in few]
            yield _figure(f"{name}, {words}", _percentile(seconds), bound)
            yield _figure(f"{name}, {words}: the slowest", max(seconds), None)
    visitor = Visitor(demo.park.app.test_client()).sign_in("clerk", DEMO_PASSWORD)
    pages = [_page(visitor, query) for query in chance.sample(queries, PAGES)]
    yield _figure("clerk's page, two and more", _percentile(pages), BOUND)


def _reader(username: str) -> User:
    return db.session.scalars(select(User).where(User.username == username)).unique().one()


def _queries(chance: random.Random) -> tuple[list[str], list[str]]:
    """Runs, words and numbers as they stand in tickets and replies; and single characters."""
    newest = db.session.scalar(select(func.max(Ticket.id))) or 0
    ids = [chance.randint(1, newest) for _ in range(SAMPLES)]
    tickets = db.session.execute(
        select(Ticket.title, Ticket.text, Ticket.number).where(Ticket.id.in_(ids))
    ).all()
    replies = db.session.scalars(select(Reply.text).where(Reply.ticket_id.in_(ids))).all()
    texts = [*(text for row in tickets for text in row[:2]), *replies]
    runs = [run for text in texts for run in re.findall("[\u4e00-\u9fff]{2,}|[0-9A-Za-z]{2,}", text)]
    pieces = [_piece(chance, run) for run in chance.sample(runs, SAMPLES)]
    mixed = [f"{one} {other}" for one, other in zip(pieces[::5], pieces[1::5], strict=False)]
    numbers = [row.number[-chance.randint(4, 8) :] for row in tickets[:20]]
    ones = sorted({chance.choice(run)[0] for run in runs})
    return [*pieces, *mixed, *numbers, *NOWHERE, *COMMON[1:]], [
        *chance.sample(ones, min(60, len(ones))),
        COMMON[0],
    ]


def _piece(chance: random.Random, run: str) -> str:
    length = chance.randint(2, 6)
    begin = 0 if run.isascii() else chance.randint(0, max(0, len(run) - length))
    return run[begin : begin + length]


def _seconds(reader: User, query: str) -> float:
    begin_reading()
    began = time.perf_counter()
    page_found(Found(visible_tickets(reader), query, reader))
    return time.perf_counter() - began


def _page(visitor: Visitor, query: str) -> float:
    began = time.perf_counter()
    visitor.get(f"/tickets?q={query}")
    return time.perf_counter() - began


def _percentile(seconds: Sequence[float]) -> float:
    return sorted(seconds)[-1 - len(seconds) // SLOWEST_OF]


def _figure(name: str, value: float, bound: float | None) -> dict[str, Any]:
    return {"name": name, "value": round(value, 3), "unit": "s", "bound": bound}
