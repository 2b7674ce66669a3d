"""Numbers of tickets: counted by the year, in one statement."""

import re
from collections.abc import Iterable
from typing import Any

from sqlalchemy import case
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.store.base import Model, db, is_sqlite

OWN_FORM = re.compile(r"QS-(\d{4})-(\d{6,9})")
"""How the desk's own numbers look."""


class Counter(Model):
    """The last number given in a year: given once, never again; gaps are no fault."""

    __tablename__ = "counters"

    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


def next_number(year: int) -> str:
    """The next ticket number of a year, such as ``QS-2026-000123``; safe with any number of writers."""
    return next_numbers(year, 1)[0]


def next_numbers(year: int, number: int) -> list[str]:
    """So many ticket numbers of a year, one after the other; safe with any number of writers."""
    statement = (
        _insert()(Counter)
        .values(year=year, last=number)
        .on_conflict_do_update(index_elements=[Counter.year], set_={"last": Counter.last + number})
        .returning(Counter.last)
    )
    last = db.session.execute(statement).scalar_one()
    return [f"QS-{year}-{given:06d}" for given in range(last - number + 1, last + 1)]


def is_own(number: str) -> bool:
    """Whether it looks like a number this desk gives."""
    return OWN_FORM.fullmatch(number) is not None


def keep_numbers(numbers: Iterable[str]) -> None:
    """Give no ticket one of these numbers from now on, nor a lower one of its year; others than own ones are let be."""
    last: dict[int, int] = {}
    for parts in filter(None, map(OWN_FORM.fullmatch, numbers)):
        year, number = map(int, parts.groups())
        last[year] = max(number, last.get(year, 0))
    for year, number in last.items():
        higher = case((Counter.last > number, Counter.last), else_=number)
        statement = _insert()(Counter).values(year=year, last=number)
        changed = statement.on_conflict_do_update(index_elements=[Counter.year], set_={"last": higher})
        db.session.execute(changed)


def _insert() -> Any:  # noqa: ANN401 - each database has its own
    return sqlite.insert if is_sqlite() else postgresql.insert
