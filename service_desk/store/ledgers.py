"""The ledger's tickets, read in batches: a fixed number of statements each, plain columns instead of entities."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    String,
    and_,
    case,
    func,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from service_desk.domain.actions import Action
from service_desk.domain.deadlines import Pause
from service_desk.domain.ledger import (
    LedgerClock,
    LedgerEntry,
    LedgerPart,
    LedgerRating,
    LedgerReader,
    LedgerReply,
)
from service_desk.domain.vocabulary import (
    ApprovalState,
    AssignmentRole,
    AssignmentState,
    ClockKind,
    ClockState,
    ExcludedFigure,
    Level,
    Nature,
    Outcome,
    RequestKind,
    Solved,
    Source,
    State,
    Unit,
    Urgency,
    Word,
)
from service_desk.store.approvals import Approval
from service_desk.store.base import among, db, is_sqlite
from service_desk.store.catalogue import Category
from service_desk.store.clocks import Clock, ClockPause
from service_desk.store.enterprises import Area, Enterprise, Liaison
from service_desk.store.parts import Assignment, Event, Order, Rating, Reply
from service_desk.store.people import Department, User
from service_desk.store.tickets import Ticket

W = TypeVar("W", bound=Word)

Entries = dict[int, LedgerEntry]
# Looked up once: a word's value costs more than the comparison, some hundred thousand times.
LEAD, SETTLE = AssignmentRole.LEAD.value, ClockKind.SETTLE.value
CLOSED, AWAITING_RATING, ACCEPT = State.CLOSED.value, State.AWAITING_RATING.value, Action.ACCEPT.value
BEGINS_TO_COUNT = (Action.ACCEPT, Action.REWORK, Action.DECIDE_APPEAL)


@dataclass(frozen=True)
class Names:
    """What rows refer to by number: few enough to be kept for a whole list."""

    departments: Mapping[int, str]
    categories: Mapping[int, str]
    areas: Mapping[int, str]
    staff: Mapping[int, str]

    @classmethod
    def read(cls) -> "Names":
        """The names as they are now."""
        departments, staff = select(Department.id, Department.name), select(User.id, User.name)
        return cls(
            departments=_by_id(departments),
            categories=_by_id(select(Category.id, Category.name)),
            areas=_by_id(select(Area.id, Area.name)),
            staff=_by_id(staff.where(User.enterprise_id.is_(None))),
        )


def _by_id(statement: Select[int, str]) -> dict[int, str]:
    return {row[0]: row[1] for row in _rows(statement)}


def _raw(column: InstrumentedAttribute[Any]) -> ColumnElement[str]:
    """A word as its bare value: looking up its label is cheaper than making the word."""
    return type_coerce(column, String).label(column.key)


def _at(
    column: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
) -> ColumnElement[Any]:
    """An instant as the driver gives it: aware in some zone on PostgreSQL, which spares a second conversion."""
    if is_sqlite():
        return column.label(column.key)
    return type_coerce(column, DateTime(timezone=True)).label(column.key)


def _rows(statement: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    """The rows as the connection gives them: they are columns, not entities for the session to keep."""
    return db.session.connection().execute(statement).all()


def _labels(words: type[Word]) -> dict[str, str]:
    return {word.value: word.label for word in words}


def _words(words: type[W]) -> dict[str, W]:
    return {word.value: word for word in words}


SOURCES, NATURES, URGENCIES = _labels(Source), _labels(Nature), _labels(Urgency)
STATES, CLOCK_STATES, UNITS = _words(State), _words(ClockState), _words(Unit)
OUTCOMES, SOLVED, LEVELS = _words(Outcome), _words(Solved), _words(Level)


@dataclass(frozen=True)
class Batch:
    """Tickets that are read together: those with an id above ``after``, up to ``until`` where there are more."""

    after: int
    until: int | None

    def of(self, tickets: Select[Ticket]) -> Select[Ticket]:
        """Those of some tickets that belong here."""
        above = tickets.where(Ticket.id > self.after)
        return above if self.until is None else above.where(Ticket.id <= self.until)


def batches(tickets: Select[Ticket], *, size: int) -> list[Batch]:
    """The tickets as they are now in batches of ``size``, in the order of their ids; those to come are in the last.

    Whichever of them are read when, none is read twice and none left out.
    """
    numbered = tickets.with_only_columns(
        Ticket.id, func.row_number().over(order_by=Ticket.id).label("number")
    ).subquery()
    lasts = select(numbered.c.id).where(numbered.c.number % size == 0).order_by(numbered.c.id)
    edges = (0, *(row[0] for row in _rows(lasts)), None)
    return [Batch(after or 0, until) for after, until in pairwise(edges)]


def entries_of(tickets: Select[Ticket], *, names: Names, reader: LedgerReader) -> list[LedgerEntry]:
    """The tickets in the order of their ids; few enough to be read together.

    Ratings and exclusions are read for the desk alone; orders of a department are its own.
    """
    entries = _heads(tickets, names)
    if not entries:
        return []
    ids = list(entries)
    _add_parts(entries, ids, names)
    _add_clocks(entries, ids)
    _add_replies(entries, ids)
    _add_moments(entries, ids)
    _add_orders(entries, ids, reader)
    if reader.desk:
        _add_ratings(entries, ids)
        _add_exclusions(entries, ids)
    return list(entries.values())


def _heads(tickets: Select[Ticket], names: Names) -> Entries:
    parent, origin = aliased(Ticket), aliased(Ticket)
    statement = (
        tickets.join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .outerjoin(Liaison, Liaison.enterprise_id == Ticket.enterprise_id)
        .outerjoin(parent, parent.id == Ticket.parent_id)
        .outerjoin(origin, origin.id == Ticket.split_from_id)
        .with_only_columns(
            *(Ticket.id, Ticket.number, Ticket.above_office, Ticket.above_number, _at(Ticket.submitted_at)),
            *(_raw(Ticket.source), _raw(Ticket.nature), _raw(Ticket.urgency), _raw(Ticket.state)),
            *(Ticket.area_id, Ticket.category_id, Ticket.against_id, Ticket.cycle, Ticket.last_line),
            *(Ticket.contact_name, Ticket.contact_phone, Ticket.title, Ticket.text, Ticket.tag_words),
            *(Enterprise.name.label("enterprise"), Enterprise.code, Enterprise.industry, Enterprise.tags),
            *(Liaison.leader_id, Liaison.officer_id, Liaison.department_id.label("liaison_id")),
            *(parent.number.label("parent"), origin.number.label("split_from")),
        )
        .order_by(Ticket.id)
    )
    return {row[0]: _entry(row, names) for row in _rows(statement)}


def _entry(row: Sequence[Any], names: Names) -> LedgerEntry:
    # Unpacked as a whole: asking a row for each column by name would take three times as long.
    (
        _id, number, above_office, above_number, submitted_at, source, nature, urgency, state,
        area_id, category_id, against_id, cycle, last_line, contact_name, contact_phone, title, text,
        tag_words, enterprise, code, industry, tags, leader_id, officer_id, liaison_id, parent, origin,
    ) = row  # fmt: skip
    return LedgerEntry(
        number=number,
        source=SOURCES[source],
        above_office=above_office,
        above_number=above_number,
        submitted_at=submitted_at,
        area=names.areas.get(area_id),
        enterprise=enterprise,
        code=code,
        industry=industry,
        tags=[*(tags.split("、") if tags else ()), *tag_words.split()],
        contact_name=contact_name,
        contact_phone=contact_phone,
        leader=names.staff.get(leader_id),
        liaison_department=names.departments.get(liaison_id),
        officer=names.staff.get(officer_id),
        category=names.categories[category_id],
        nature=NATURES[nature],
        urgency=URGENCIES[urgency],
        title=title,
        text=text,
        state=STATES[state],
        cycle=cycle,
        last_line=last_line,
        against=names.departments.get(against_id),
        parent=parent,
        split_from=origin,
    )


def _add_parts(entries: Entries, ids: Sequence[int], names: Names) -> None:
    statement = (
        select(
            Assignment.ticket_id,
            Assignment.department_id,
            _raw(Assignment.role),
            *(Assignment.handler_id, Assignment.handler_name),
            _at(Assignment.assigned_at),
            _at(Assignment.signed_at),
        )
        .where(among(Assignment.ticket_id, ids), Assignment.state != AssignmentState.RELEASED)
        .order_by(Assignment.id)
    )
    for ticket_id, department_id, role, handler_id, past_name, assigned_at, signed_at in _rows(statement):
        department, handler = names.departments[department_id], names.staff.get(handler_id, past_name or "")
        part = LedgerPart(department_id, department, handler, assigned_at, signed_at)
        if role == LEAD:
            entries[ticket_id].lead = part
        else:
            entries[ticket_id].supports.append(part)


def _add_clocks(entries: Entries, ids: Sequence[int]) -> None:
    """The settle clocks that were not voided, with their pauses; and when the enterprise was first spoken to."""
    statement = (
        select(
            *(Clock.id, Clock.ticket_id, Clock.cycle, _raw(Clock.kind), _at(Clock.judged_at)),
            *(_at(Clock.started_at), Clock.limit_number, _raw(Clock.unit), Clock.extended, Clock.latest_date),
            *(_raw(Clock.state), _at(Clock.due_at), Clock.calendar_version),
            case((Clock.extended > 0, Clock.extensions)).label("extensions"),
        )
        .where(
            among(Clock.ticket_id, ids),
            Clock.kind.in_((ClockKind.SETTLE, ClockKind.FIRST_CONTACT)),
            Clock.state != ClockState.VOID,
        )
        .order_by(Clock.id)
    )
    pauses = _add_pauses(entries, ids)
    for clock_id, ticket_id, cycle, kind, judged_at, *facts in _rows(statement):
        entry = entries[ticket_id]
        if kind != SETTLE:
            entry.contacted_at = judged_at if cycle == entry.cycle else entry.contacted_at
            continue
        started_at, number, unit, extended, latest, state, due_at, version, extensions = facts
        entry.extensions += len(extensions or ())
        if cycle == entry.cycle:
            entry.settle = LedgerClock(
                started_at=started_at,
                number=number or 0,
                unit=UNITS[unit],
                extended=extended,
                latest=latest,
                state=CLOCK_STATES[state],
                due_at=due_at,
                calendar_version=version,
                judged_at=judged_at,
                pauses=pauses.get(clock_id, ()),
            )


def _add_pauses(entries: Entries, ids: Sequence[int]) -> Mapping[int, Sequence[Pause]]:
    """What stood in the present cycle, under whatever lead; the pauses of each settle clock."""
    statement = (
        select(
            *(ClockPause.clock_id, Clock.ticket_id, Clock.cycle),
            *(_at(ClockPause.started_at), _at(ClockPause.ended_at), _at(Clock.stopped_at)),
        )
        .join(Clock, Clock.id == ClockPause.clock_id)
        .where(among(Clock.ticket_id, ids), Clock.kind == ClockKind.SETTLE)
        .order_by(ClockPause.started_at)
    )
    found: dict[int, list[Pause]] = defaultdict(list)
    for clock_id, ticket_id, cycle, started_at, ended_at, stopped_at in _rows(statement):
        # A clock that was cut off or voided while it stood has not stood since.
        pause = Pause(started_at, ended_at or stopped_at)
        found[clock_id].append(pause)
        if cycle == entries[ticket_id].cycle:
            entries[ticket_id].pauses.append(pause)
    return found


def _add_replies(entries: Entries, ids: Sequence[int]) -> None:
    """The last reply of the present cycle that was not sent back."""
    statement = (
        select(
            *(
                Reply.ticket_id,
                Reply.cycle,
                _at(Reply.at),
                Reply.department_id,
                _raw(Reply.outcome),
                Reply.text,
            ),
            Reply.verified_at.is_not(None),
        )
        .where(among(Reply.ticket_id, ids), Reply.sent_back_at.is_(None))
        .order_by(Reply.id)
    )
    for ticket_id, cycle, *facts in _rows(statement):
        if cycle == entries[ticket_id].cycle:
            at, department_id, outcome, text, is_verified = facts
            told = OUTCOMES[outcome] if outcome else None
            entries[ticket_id].reply = LedgerReply(at, department_id, told, text, is_verified)


def _add_moments(entries: Entries, ids: Sequence[int]) -> None:
    """When it was closed, and since when the days it took are counted: its accept, or what opened its cycle."""
    closes = and_(Event.after == State.CLOSED, Event.before == State.AWAITING_RATING)
    statement = (
        select(Event.ticket_id, _at(Event.at), _raw(Event.action), _raw(Event.before), _raw(Event.after))
        .where(among(Event.ticket_id, ids), or_(closes, Event.action.in_(BEGINS_TO_COUNT)))
        .order_by(Event.id)
    )
    for ticket_id, at, action, before, after in _rows(statement):
        entry = entries[ticket_id]
        if before == AWAITING_RATING:
            # Whatever opens it again leaves it in another state.
            entry.closed_at = at if entry.state is State.CLOSED else None
        elif action == ACCEPT:
            entry.since = at if entry.cycle == 1 else entry.since
        elif before == CLOSED and after != CLOSED:
            entry.since = at


def _add_ratings(entries: Entries, ids: Sequence[int]) -> None:
    statement = (
        select(
            Rating.ticket_id,
            Rating.cycle,
            _raw(Rating.solved),
            _raw(Rating.level),
            Rating.text,
            Rating.by_phone,
        )
        .where(among(Rating.ticket_id, ids))
        .order_by(Rating.id)
    )
    for ticket_id, cycle, solved, level, words, by_phone in _rows(statement):
        rating = LedgerRating(cycle, SOLVED[solved], LEVELS[level], words, by_phone)
        entries[ticket_id].ratings.append(rating)


def _add_orders(entries: Entries, ids: Sequence[int], reader: LedgerReader) -> None:
    statement = (
        select(Order.ticket_id, func.count().label("orders"))
        .where(among(Order.ticket_id, ids))
        .group_by(Order.ticket_id)
    )
    if not reader.desk:
        statement = statement.where(Order.department_id == reader.department_id)
    for row in _rows(statement):
        entries[row.ticket_id].orders = row.orders


def _add_exclusions(entries: Entries, ids: Sequence[int]) -> None:
    statement = (
        select(Approval.ticket_id, Approval.data)
        .where(
            among(Approval.ticket_id, ids),
            Approval.kind == RequestKind.EXCLUSION,
            Approval.state == ApprovalState.GRANTED,
        )
        .order_by(Approval.id)
    )
    for row in _rows(statement):
        entries[row.ticket_id].exclusions.append(ExcludedFigure(row.data["figure"]).label)
