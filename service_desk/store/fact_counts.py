"""How many alike fact rows a month has, by department: kept beside the rows, so that whole months are not read anew.

The table is a ledger. Whoever changes rows writes by how many there are more or fewer, and waits for nobody; the sum
of all entries of a kind is their number at any moment. What is behind a number is told by the rows alone.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Index, Integer, delete, func, insert, select
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from service_desk.domain.figures import Moment
from service_desk.store.base import Model, WordType, db

SPARE = 1000
"""Entries beyond twice the least number: fewer are not worth adding up."""

Kind = tuple[int, Moment, int, int, int]
"""Month (as 202611), moment, department (id), marks, amount: rows that share them are alike."""


class FactCount(Model):
    """So many rows of a kind more; fewer where ``number`` is negative."""

    __tablename__ = "fact_counts"
    __table_args__ = (Index("ix_fact_counts_month_moment", "month", "moment"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    month: Mapped[int]
    moment: Mapped[Moment] = mapped_column(WordType(Moment))
    department_id: Mapped[int]
    marks: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int]
    number: Mapped[int]


KIND: tuple[InstrumentedAttribute[Any], ...] = (
    FactCount.month,
    FactCount.moment,
    FactCount.department_id,
    FactCount.marks,
    FactCount.amount,
)


def note(difference: Mapping[Kind, int]) -> None:
    """Enter by how many rows of each kind there are more now, or fewer."""
    rows = [
        {**{column.key: value for column, value in zip(KIND, kind, strict=True)}, "number": number}
        for kind, number in difference.items()
        if number
    ]
    if rows:
        db.session.execute(insert(FactCount), rows)


def sums(
    months: Collection[int], moments: Collection[Moment], *, by: Sequence[InstrumentedAttribute[int]]
) -> dict[tuple[Any, ...], int]:
    """How many rows of some months are alike: moment, marks, amount, the columns ``by``."""
    alike = (FactCount.moment, FactCount.marks, FactCount.amount, *by)
    found = db.session.execute(
        select(*alike, func.sum(FactCount.number))
        .where(FactCount.month.in_(months), FactCount.moment.in_(moments))
        .group_by(*alike)
    )
    return {tuple(kind): int(number) for *kind, number in found}


def counts() -> Counter[Kind]:
    """How many rows there are of each kind, so far as was entered."""
    found = db.session.execute(select(*KIND, func.sum(FactCount.number)).group_by(*KIND))
    return Counter({tuple(kind): int(number) for *kind, number in found})


def crowded() -> Sequence[tuple[int, Moment]]:
    """The months and moments with many more entries than there need be."""
    entries = select(*KIND, func.count().label("entries")).group_by(*KIND).subquery()
    found = db.session.execute(
        select(entries.c.month, entries.c.moment)
        .group_by(entries.c.month, entries.c.moment)
        .having(func.sum(entries.c.entries) > 2 * func.count() + SPARE)
    )
    return [(month, moment) for month, moment in found]


def add_up(month: int, moment: Moment) -> int:
    """Put one entry for each kind in the place of many; how many fewer there are. What others enter meanwhile stays."""
    # Whoever does the same at this moment waits here, and finds nothing.
    entries = db.session.execute(
        delete(FactCount)
        .where(FactCount.month == month, FactCount.moment == moment)
        .returning(FactCount.number, *KIND)
        .execution_options(synchronize_session=False)
    ).all()
    total: Counter[Kind] = Counter()
    for number, *kind in entries:
        total[tuple(kind)] += number
    note(total)
    return len(entries) - sum(1 for number in total.values() if number)
