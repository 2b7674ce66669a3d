"""Fact rows as they are stored: what counting asks a database for, instead of telling every history again.

A ticket's rows are those of its record up to ``Ticket.facts_version``. Where the record has gone on since, they are
left out here and reckoned from the history: a figure is right at any moment, and fast once the clockwork has caught up.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    and_,
    case,
    delete,
    exists,
    false,
    func,
    insert,
    or_,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Mapped, mapped_column

from service_desk.domain.figures import (
    DESK,
    UNASSIGNED,
    By,
    Fact,
    Group,
    Indicator,
    Mark,
    Moment,
    Part,
    Period,
)
from service_desk.domain.figures.counting import DUE
from service_desk.domain.figures.facts import REBOUND_WINDOW
from service_desk.domain.vocabulary import Source, State
from service_desk.store.base import Instant, Model, WordType, among, db, house
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area
from service_desk.store.fact_counts import KIND, FactCount, Kind, counts, note, sums
from service_desk.store.people import Department
from service_desk.store.tickets import Ticket

BY_THE_DESK, NOWHERE = -1, 0
"""Instead of a department: the desk itself, and nobody yet. Instead of an area: none."""
ALL_TIME = datetime(9999, 1, 1, tzinfo=UTC)
"""Stored rows are as of always: what a period may not know yet is left out when it is counted."""
AT_A_TIME = 1000
MONTH_NAME = re.compile(r"[0-9]{4}-[0-9]{2}")
NOT_IN_LEDGER = frozenset({Moment.NOW, Moment.AFTERMATH})
"""Of no month, and told by other tickets: no month's count holds them."""
COUNTED = (
    *("ticket_id", "department_id", "category_id", "area_id", "source", "enterprise_id"),
    *("until", "month", "marks", "amount"),
)
"""What counting reads, kept in the index that leads to it: PostgreSQL then leaves the table alone."""


class StoredFact(Model):
    """One row of ``domain.figures.Fact``.

    ``month`` is that of ``at`` in the park, as 202611; none where a row has no period. ``until`` is when the 90 days
    after a closing end, for that row alone.
    """

    __tablename__ = "facts"
    __table_args__ = (Index("ix_facts_moment_at", "moment", "at", postgresql_include=COUNTED),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    moment: Mapped[Moment] = mapped_column(WordType(Moment))
    at: Mapped[Instant]
    until: Mapped[Instant | None]
    month: Mapped[int | None]
    department_id: Mapped[int]
    category_id: Mapped[int]
    area_id: Mapped[int]
    source: Mapped[Source] = mapped_column(WordType(Source))
    enterprise_id: Mapped[int]
    cycle: Mapped[int]
    marks: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int]


# Keeping them


def is_behind() -> ColumnElement[bool]:
    """Tickets whose record has gone on since their rows were stored."""
    return Ticket.facts_version != Ticket.version


def to_be_told(as_of: datetime) -> Mapping[int, bool]:
    """The tickets (ids) whose stored rows do not hold at an instant, and whether they were touched after it.

    Of the others the record has gone on since their rows were stored.
    """
    # Of those behind nothing but the id: their own index holds it, and PostgreSQL reads all tickets for anything more.
    behind = select(Ticket.id, false()).where(is_behind())
    found = union_all(behind, select(Ticket.id, true()).where(Ticket.touched_at > as_of))
    touched: dict[int, bool] = {}
    for ticket_id, since in db.session.execute(found):
        touched[ticket_id] = bool(since) or touched.get(ticket_id, False)
    return touched


def keep(found: Mapping[Ticket, Sequence[Fact]], departments: Mapping[str, int]) -> None:
    """Put the rows of these tickets in the place of those they had; ``departments`` are ids by name."""
    ids = [ticket.id for ticket in found]
    places = {DESK: BY_THE_DESK, UNASSIGNED: NOWHERE, **departments}
    rows = [_row(ticket, fact, places) for ticket, facts in found.items() for fact in facts]
    theirs = StoredFact.ticket_id.in_(ids)
    before = _by_kind(theirs)
    db.session.execute(delete(StoredFact).where(theirs))
    if rows:
        db.session.execute(insert(StoredFact), rows)
    difference = _by_kind(theirs)
    difference.subtract(before)
    note(difference)
    db.session.execute(
        update(Ticket)
        .where(Ticket.id.in_(ids))
        .values(facts_version=Ticket.version)
        .execution_options(synchronize_session=False)
    )


def count_new(first: int, last: int) -> None:
    """Have rows counted that were written past ``keep``: those with these ids and all between."""
    note(_by_kind(StoredFact.id.between(first, last)))


def forget(ids: Sequence[int]) -> None:
    """Delete the rows with these ids, and count them no more."""
    which = among(StoredFact.id, ids)
    fewer: Counter[Kind] = Counter()
    fewer.subtract(_by_kind(which))
    db.session.execute(delete(StoredFact).where(which).execution_options(synchronize_session=False))
    note(fewer)


def miscounted() -> Counter[Kind]:
    """By how many rows of each kind the counts of months are short, or over where negative."""
    there = _by_kind(true())
    there.subtract(counts())
    return Counter({kind: number for kind, number in there.items() if number})


def _by_kind(which: ColumnElement[bool]) -> Counter[Kind]:
    """How many of these rows are alike, of those that are counted by month."""
    kind: tuple[InstrumentedAttribute[Any], ...] = tuple(getattr(StoredFact, each.key) for each in KIND)
    found = db.session.execute(
        select(*kind, func.count()).where(which, StoredFact.moment.not_in(NOT_IN_LEDGER)).group_by(*kind)
    )
    return Counter({tuple(kind): number for *kind, number in found})


def _row(ticket: Ticket, fact: Fact, places: Mapping[str, int]) -> dict[str, Any]:
    return {
        "ticket_id": ticket.id,
        "moment": fact.moment,
        "at": fact.at,
        "until": fact.at + REBOUND_WINDOW if fact.moment is Moment.AFTERMATH else None,
        "month": None if fact.moment is Moment.NOW else _month(fact.at),
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


def _month(at: datetime) -> int:
    local = at.astimezone(house().timezone)
    return local.year * 100 + local.month


def _months_called(names: Iterable[str]) -> list[int]:
    """Months as they are stored, by what they are called; what is no month is left out."""
    return [int(name.replace("-", "")) for name in names if MONTH_NAME.fullmatch(name)]


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
    tickets: Select[Ticket],
    period: Period,
    *,
    by: Collection[By],
    moments: frozenset[Moment],
    without: Sequence[int],
    called: Callable[[By], Mapping[Any, str]],
) -> list[Group]:
    """The stored rows of a period in groups, as ``gather`` makes them, but for those of some tickets (ids).

    ``called`` gives what the lines of a table are called, by what is stored: ``names_of``.
    """
    lines = list(by)
    # Months that are over are known as a whole, without their rows: of all tickets, on some lines.
    is_known = leaves_none_out(tickets) and LEDGER.keys() >= set(lines)
    known = moments - NOT_IN_LEDGER if is_known else frozenset()
    months, rest = period.months_over()
    found = _sums(months, known, without, lines)
    # How things stand is asked for apart: with the rows of a period in one, all rows there are would be read.
    spans = [(moments & {Moment.NOW}, period), (moments - known - {Moment.NOW}, period)]
    for some, span in (*spans, *((known, part) for part in rest)):
        if some:
            found.update(_alike(_stored(tickets, span, some, without), some, lines))
    names = [called(line) for line in lines]
    return [
        Group(
            moment,
            Mark(told),
            amount,
            number,
            {line: of[value] for line, of, value in zip(lines, names, values, strict=True)},
        )
        for (moment, told, amount, *values), number in found.items()
        if number
    ]


def _sums(
    months: Collection[str], moments: frozenset[Moment], without: Sequence[int], by: Sequence[By]
) -> Counter[tuple[Any, ...]]:
    """What ``_alike`` finds in whole months, from their counts; less what some tickets (ids) have there."""
    if not months or not moments:
        return Counter()
    numbers = _months_called(months)
    found = Counter(sums(numbers, moments, by=[LEDGER[line] for line in by]))
    if without:
        theirs = among(StoredFact.ticket_id, without)
        found.subtract(
            _alike(and_(theirs, StoredFact.month.in_(numbers), StoredFact.moment.in_(moments)), moments, by)
        )
    return found


def _alike(
    which: ColumnElement[bool], moments: Collection[Moment], by: Sequence[By]
) -> Counter[tuple[Any, ...]]:
    """How many of some rows are alike: moment, marks, amount, lines."""
    marks = _marks() if Moment.AFTERMATH in moments else StoredFact.marks
    # Not grouped by its own name: a database would take "marks" for the column.
    alike: tuple[Any, ...] = (
        StoredFact.moment,
        marks.label("its_marks"),
        StoredFact.amount,
        *(COLUMNS[line] for line in by),
    )
    found = db.session.execute(
        select(*alike, func.count())
        .where(which)
        .group_by(StoredFact.moment, "its_marks", StoredFact.amount, *alike[3:])
    )
    return Counter({tuple(kind): number for *kind, number in found})


def stored_by_day(
    tickets: Select[Ticket], period: Period, *, moments: Collection[Moment], without: Sequence[int]
) -> dict[tuple[Moment, Mark, date], int]:
    """How many stored rows with which marks fall on each day of a short period, but for those of some tickets (ids)."""
    days = [period.since + timedelta(days=number) for number in range((period.until - period.since).days)]
    which = case(
        *(
            (StoredFact.at < period.midnight(day + timedelta(days=1)), place)
            for place, day in enumerate(days)
        ),
        else_=0,
    ).label("its_day")
    rows = db.session.execute(
        select(StoredFact.moment, StoredFact.marks, which, func.count())
        .where(_stored(tickets, period, moments, without))
        .group_by(StoredFact.moment, StoredFact.marks, "its_day")
    )
    return {(moment, Mark(marks), days[place]): number for moment, marks, place, number in rows}


def stored_behind(
    tickets: Select[Ticket],
    period: Period,
    *,
    indicator: Indicator,
    part: Part,
    line: tuple[By, Collection[str]] | None,
    without: Sequence[int],
) -> Select[int]:
    """The ids of the tickets whose stored rows play a part in a figure, on these lines or all; but for some tickets."""
    moments = {indicator.moment}
    marks = _marks() if Moment.AFTERMATH in moments else StoredFact.marks

    def bears(wanted: Mark) -> ColumnElement[bool]:
        return marks.bitwise_and(int(wanted)) == int(wanted)

    is_out = marks.bitwise_and(int(indicator.less)) != 0
    found = [_stored(tickets, period, moments, without), bears(indicator.of)]
    found.append(is_out if part is Part.EXCLUDED else ~is_out)
    if part is Part.NUMERATOR:
        found.append(bears(indicator.counts))
    if line is not None:
        by, names = line
        called = names_of(by)
        found.append(
            StoredFact.month.in_(_months_called(names))
            if by is By.MONTH
            else COLUMNS[by].in_([value for value, known in called.items() if known in names])
        )
    return select(StoredFact.ticket_id).where(*found)


def stored_facts(
    tickets: Select[Ticket], period: Period, *, moments: Collection[Moment], without: Sequence[int]
) -> Iterator[Fact]:
    """The stored rows of a period one by one, ticket after ticket, but for those of some tickets (ids)."""
    marks = _marks() if Moment.AFTERMATH in moments else StoredFact.marks
    statement = (
        select(Ticket.number, StoredFact, marks)
        .join(Ticket, Ticket.id == StoredFact.ticket_id)
        .where(_stored(tickets, period, moments, without))
        .order_by(StoredFact.ticket_id, StoredFact.id)
        .execution_options(yield_per=AT_A_TIME)
    )
    department, category, area = map(names_of, (By.DEPARTMENT, By.CATEGORY, By.AREA))
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


def _stored(
    tickets: Select[Ticket], period: Period, moments: Collection[Moment], without: Sequence[int]
) -> ColumnElement[bool]:
    found = _in(period, moments)
    if without:
        # Named one by one: asked which they are, databases think that they must be many, and plan for that.
        found = and_(found, ~among(StoredFact.ticket_id, without))
    if leaves_none_out(tickets):
        return found
    return and_(found, StoredFact.ticket_id.in_(tickets.with_only_columns(Ticket.id)))


def leaves_none_out(tickets: Select[Ticket]) -> bool:
    """Whether they are all tickets there are."""
    return tickets.whereclause is None


def _in(period: Period, moments: Collection[Moment]) -> ColumnElement[bool]:
    """The rows of these moments that belong to the period; said so that an index leads to them."""
    dated = and_(
        StoredFact.moment.in_(set(moments) - {Moment.NOW}),
        StoredFact.at >= period.begins,
        StoredFact.at < period.ends,
    )
    if DUE & set(moments) and period.as_of < period.ends:
        dated = and_(dated, or_(StoredFact.moment.not_in(DUE), StoredFact.at < period.as_of))
    if Moment.AFTERMATH in moments:
        dated = and_(dated, or_(StoredFact.until.is_(None), StoredFact.until <= period.as_of))
    return or_(StoredFact.moment == Moment.NOW, dated) if Moment.NOW in moments else dated


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


COLUMNS: Mapping[By, InstrumentedAttribute[Any]] = {
    By.DEPARTMENT: StoredFact.department_id,
    By.CATEGORY: StoredFact.category_id,
    By.AREA: StoredFact.area_id,
    By.SOURCE: StoredFact.source,
    By.MONTH: StoredFact.month,
}
"""Which column tells the lines apart."""
LEDGER = {By.DEPARTMENT: FactCount.department_id, By.MONTH: FactCount.month}
"""The same of the counts of whole months."""


def names_of(by: By) -> Mapping[Any, str]:
    """What each line of a table is called, by what is stored of it."""
    match by:
        case By.DEPARTMENT:
            return {BY_THE_DESK: DESK, NOWHERE: UNASSIGNED, **_named(Department)}
        case By.CATEGORY:
            return _named(Category)
        case By.AREA:
            return {NOWHERE: "", **_named(Area)}
        case By.SOURCE:
            return {source: source.label for source in Source}
        case By.MONTH:
            return _Months()


class _Months(dict[int | None, str]):
    """202611 is called 2026-11; what has no period has no month."""

    def __missing__(self, month: int | None) -> str:
        return "" if month is None else f"{month // 100:04d}-{month % 100:02d}"


def _named(entity: type[Department | Category | Area]) -> dict[int, str]:
    return {row.id: row.name for row in db.session.execute(select(entity.id, entity.name))}


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
