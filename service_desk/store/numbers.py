"""Numbers of tickets: counted by the year, in one statement."""

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.store.base import Model, db


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
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    statement = (
        insert(Counter)
        .values(year=year, last=number)
        .on_conflict_do_update(index_elements=[Counter.year], set_={"last": Counter.last + number})
        .returning(Counter.last)
    )
    last = db.session.execute(statement).scalar_one()
    return [f"QS-{year}-{given:06d}" for given in range(last - number + 1, last + 1)]
