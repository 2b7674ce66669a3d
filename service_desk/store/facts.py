"""Fact rows as they are stored: what counting asks a database for, instead of telling every history again.

A ticket's rows are those of its record up to ``Ticket.facts_version``. Where the record has gone on since, they are
left out here and reckoned from the history: a figure is right at any moment, and fast once the clockwork has caught up.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    SQLColumnExpression,
    String,
    True_,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.domain.figures import DESK, UNASSIGNED, By, Fact, Group, Mark, Moment, Period
from service_desk.domain.figures.counting import DUE
from service_desk.domain.figures.facts import REBOUND_WINDOW
from service_desk.domain.vocabulary import Source, State
from service_desk.store.base import Instant, Model, WordType, db
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area
from service_desk.store.people import Department
from service_desk.store.tickets import Ticket

BY_THE_DESK, NOWHERE = -1, 0
"""Instead of a department: the desk itself, and nobody yet. Instead of an area: none."""
ALL_TIME = datetime(9999, 1, 1, tzinfo=UTC)
"""Stored rows are as of always: what a period may not know yet is left out when it is counted."""
AT_A_TIME = 1000


class StoredFact(Model):
    """One row of ``domain.figures.Fact``. ``until`` is when the 90 days after a closing end, for that row alone."""

    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_moment_at", "moment", "at"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    moment: Mapped[Moment] = mapped_column(WordType(Moment))
    at: Mapped[Instant]
    until: Mapped[Instant | None]
    department_id: Mapped[int]
    category_id: Mapped[int]
    area_id: Mapped[int]
    source: Mapped[Source] = mapped_column(WordType(Source))
    enterprise_id: Mapped[int]
    cycle: Mapped[int]
    marks: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int]


# Keeping them


def is_behind(as_of: datetime | None = None) -> ColumnElement[bool]:
    """Tickets whose record has gone on since their rows were stored, or since an instant in the past."""
    behind = Ticket.facts_version != Ticket.version
    return behind if as_of is None else or_(behind, Ticket.touched_at > as_of)


def keep(found: Mapping[Ticket, Sequence[Fact]], departments: Mapping[str, int]) -> None:
    """Put the rows of these tickets in the place of those they had; ``departments`` are ids by name."""
    ids = [ticket.id for ticket in found]
    places = {DESK: BY_THE_DESK, UNASSIGNED: NOWHERE, **departments}
    rows = [_row(ticket, fact, places) for ticket, facts in found.items() for fact in facts]
    db.session.execute(delete(StoredFact).where(StoredFact.ticket_id.in_(ids)))
    if rows:
        db.session.execute(insert(StoredFact), rows)
    db.session.execute(
        update(Ticket)
        .where(Ticket.id.in_(ids))
        .values(facts_version=Ticket.version)
        .execution_options(synchronize_session=False)
    )


def _row(ticket: Ticket, fact: Fact, places: Mapping[str, int]) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "moment": fact.moment,
        "at": fact.at,
        "until": fact.at + REBOUND_WINDOW if fact.moment is Moment.AFTERMATH else None,
        "department_id": places[fact.department],
        "category_id": ticket.category_id,
        "area_id": ticket.area_id or NOWHERE,
        "source": ticket.source,
        "enterprise_id": ticket.enterprise_id,
        "cycle": fact.cycle,
        # What came after a closing is told by other tickets: it is asked when it is counted.
        "marks": int(fact.marks & ~Mark.FOLLOWED),
        "amount": fact.amount,
    }


def forget_since(moment: datetime) -> None:
    """Have the rows of all tickets reckoned anew on which something was done at this moment or later."""
    db.session.execute(
        update(Ticket)
        .where(Ticket.touched_at >= moment)
        .values(facts_version=-1)
        .execution_options(synchronize_session=False)
    )


# Counting them


def stored_groups(
    tickets: Select[Ticket], period: Period, *, by: By | None, moments: Collection[Moment]
) -> list[Group]:
    """The rows of a period in groups, as ``gather`` makes them, so far as they are stored."""
    line, names = _line(by, period)
    marks = _marks() if Moment.AFTERMATH in moments else StoredFact.marks
    # Not grouped by their own names: a database would take "marks" for the column.
    alike: tuple[Any, ...] = (
        line.label("its_line"),
        StoredFact.moment,
        marks.label("its_marks"),
        StoredFact.amount,
    )
    statement = (
        select(*alike, func.count())
        .where(_stored(tickets, period, moments))
        .group_by("its_line", StoredFact.moment, "its_marks", StoredFact.amount)
    )
    rows: Sequence[Any] = db.session.execute(statement).all()
    return [
        Group(None if line is None else names[line], moment, Mark(marks), amount, number)
        for line, moment, marks, amount, number in rows
    ]


def stored_facts(tickets: Select[Ticket], period: Period, *, moments: Collection[Moment]) -> Iterator[Fact]:
    """The stored rows of a period one by one, ticket after ticket."""
    marks = _marks() if Moment.AFTERMATH in moments else StoredFact.marks
    statement = (
        select(Ticket.number, StoredFact, marks)
        .join(Ticket, Ticket.id == StoredFact.ticket_id)
        .where(_stored(tickets, period, moments))
        .order_by(StoredFact.ticket_id, StoredFact.id)
        .execution_options(yield_per=AT_A_TIME)
    )
    department, category, area = (_line(by, period)[1] for by in (By.DEPARTMENT, By.CATEGORY, By.AREA))
    for number, row, told in db.session.execute(statement):
        yield Fact(
            ticket=number,
            moment=row.moment,
            at=row.at,
            department=department[row.department_id],
            category=category[row.category_id],
            area=area[row.area_id],
            source=row.source.label,
            cycle=row.cycle,
            marks=Mark(told),
            amount=row.amount,
        )


def _stored(tickets: Select[Ticket], period: Period, moments: Collection[Moment]) -> ColumnElement[bool]:
    """The stored rows of these tickets that belong to the period and still hold."""
    behind = StoredFact.ticket_id.in_(select(Ticket.id).where(is_behind(period.as_of)))
    found = and_(StoredFact.moment.in_(moments), _in(period), ~behind)
    if tickets.whereclause is None or isinstance(tickets.whereclause, True_):
        return found
    return and_(found, StoredFact.ticket_id.in_(tickets.with_only_columns(Ticket.id)))


def _in(period: Period) -> ColumnElement[bool]:
    begin, end = _opening(period.since, period), _opening(period.until, period)
    dated = and_(
        StoredFact.at >= begin,
        StoredFact.at < end,
        or_(StoredFact.moment.not_in(DUE), StoredFact.at < period.as_of),
        or_(StoredFact.until.is_(None), StoredFact.until <= period.as_of),
    )
    return or_(StoredFact.moment == Moment.NOW, dated)


def _opening(day: date, period: Period) -> datetime:
    """When a day begins in the park."""
    return datetime.combine(day, time(), period.tz)


def _marks() -> ColumnElement[int]:
    """The marks of a row; after a closing with whether another ticket of the kind came within the 90 days."""
    came = exists().where(
        Ticket.enterprise_id == StoredFact.enterprise_id,
        Ticket.category_id == StoredFact.category_id,
        Ticket.submitted_at > StoredFact.at,
        Ticket.submitted_at <= StoredFact.until,
        _is_a_coming(),
    )
    followed = and_(StoredFact.moment == Moment.AFTERMATH, came)
    return StoredFact.marks + case((followed, int(Mark.FOLLOWED)), else_=0)


def _is_a_coming() -> ColumnElement[bool]:
    return and_(Ticket.state.not_in((State.DRAFT, State.MERGED)), Ticket.incident_id.is_(None))


def _line(by: By | None, period: Period) -> tuple[SQLColumnExpression[Any], Mapping[Any, str]]:
    """The column that tells the lines apart, and what each is called."""
    match by:
        case None:
            return literal(None, String), {}
        case By.DEPARTMENT:
            named = {BY_THE_DESK: DESK, NOWHERE: UNASSIGNED}
            return StoredFact.department_id, named | _names(Department)
        case By.CATEGORY:
            return StoredFact.category_id, _names(Category)
        case By.AREA:
            return StoredFact.area_id, {NOWHERE: ""} | _names(Area)
        case By.SOURCE:
            return StoredFact.source, {source: source.label for source in Source}
        case By.MONTH:
            return _month(period), {month: month for month in period.months}


def _names(entity: type[Department | Category | Area]) -> dict[int, str]:
    return {row.id: row.name for row in db.session.execute(select(entity.id, entity.name))}


def _month(period: Period) -> ColumnElement[str]:
    """The row's month in the park; none where the row has no period."""
    later_months = [(datetime.fromisoformat(f"{month}-01").date(), month) for month in period.months]
    steps = [
        (StoredFact.at >= _opening(first, period), literal(month, String))
        for first, month in reversed(later_months)
    ]
    return case((StoredFact.moment == Moment.NOW, None), *steps)


# Of what came after


def comings_to(enterprise_ids: Collection[int]) -> Mapping[tuple[str, str], tuple[datetime, ...]]:
    """When these enterprises filed, by enterprise and category; merged tickets and those of an incident left out."""
    filed = (
        select(Ticket.enterprise_id, Category.name, Ticket.submitted_at)
        .join(Category, Ticket.category_id == Category.id)
        .where(Ticket.enterprise_id.in_(enterprise_ids), _is_a_coming())
        .order_by(Ticket.submitted_at)
    )
    found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for enterprise_id, category, submitted_at in db.session.execute(filed):
        found[str(enterprise_id), category].append(submitted_at)
    return {kin: tuple(instants) for kin, instants in found.items()}
