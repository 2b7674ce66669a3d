"""The ledger's tickets, read in batches: a fixed number of statements each, plain columns instead of entities."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    DateTime,
    Select,
    String,
    and_,
    any_,
    case,
    cast,
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
    Nature,
    RequestKind,
    Source,
    State,
    Unit,
    Urgency,
    Word,
)
from service_desk.store.approvals import Approval
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.clocks import Clock, ClockPause
from service_desk.store.enterprises import Area, Enterprise, Liaison
from service_desk.store.parts import Assignment, Event, Order, Rating, Reply
from service_desk.store.people import Department, User
from service_desk.store.tickets import Ticket

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
    if db.engine.dialect.name == "postgresql":
        return type_coerce(column, DateTime(timezone=True)).label(column.key)
    return column.label(column.key)


def _rows(statement: Select[*tuple[Any, ...]]) -> Sequence[Any]:
    """The rows as the connection gives them: they are columns, not entities for the session to keep."""
    return db.session.connection().execute(statement).all()


def _among(column: InstrumentedAttribute[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """One of many ids, sent as one value: thousands of parameters would cost more than the rows they find."""
    if db.engine.dialect.name == "postgresql":
        return column == any_(cast(func.string_to_array(",".join(map(str, ids)), ","), ARRAY(BigInteger)))
    known = func.json_each(json.dumps(list(ids))).table_valued("value")
    return column.in_(select(known.c.value))


def _labels(words: type[Word]) -> dict[str, str]:
    return {word.value: word.label for word in words}


SOURCES, NATURES, URGENCIES = _labels(Source), _labels(Nature), _labels(Urgency)
STATES = {state.value: state for state in State}
UNITS = {unit.value: unit for unit in Unit}
CLOCK_STATES = {state.value: state for state in ClockState}


def entries_after(
    tickets: Select[Ticket], last_id: int, *, size: int, names: Names, reader: LedgerReader
) -> tuple[list[LedgerEntry], int]:
    """Up to ``size`` of the tickets after ``last_id`` in the order of their ids, and the id of the last one.

    Ratings and exclusions are read for the desk alone; orders of a department are its own.
    """
    entries = _heads(tickets, last_id, size, names)
    if not entries:
        return [], last_id
    ids = list(entries)
    _add_parts(entries, ids, names)
    _add_clocks(entries, ids)
    _add_replies(entries, ids)
    _add_moments(entries, ids)
    _add_orders(entries, ids, reader)
    if reader.desk:
        _add_ratings(entries, ids)
        _add_exclusions(entries, ids)
    return list(entries.values()), ids[-1]


def _heads(tickets: Select[Ticket], last_id: int, size: int, names: Names) -> Entries:
    parent, origin = aliased(Ticket), aliased(Ticket)
    statement = (
        tickets.where(Ticket.id > last_id)
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
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
        .limit(size)
    )
    return {
        row.id: LedgerEntry(
            number=row.number,
            source=SOURCES[row.source],
            above_office=row.above_office,
            above_number=row.above_number,
            submitted_at=row.submitted_at,
            area=names.areas.get(row.area_id),
            enterprise=row.enterprise,
            code=row.code,
            industry=row.industry,
            tags=[*(row.tags.split("、") if row.tags else ()), *row.tag_words.split()],
            contact_name=row.contact_name,
            contact_phone=row.contact_phone,
            leader=names.staff.get(row.leader_id),
            liaison_department=names.departments.get(row.liaison_id),
            officer=names.staff.get(row.officer_id),
            category=names.categories[row.category_id],
            nature=NATURES[row.nature],
            urgency=URGENCIES[row.urgency],
            title=row.title,
            text=row.text,
            state=STATES[row.state],
            cycle=row.cycle,
            last_line=row.last_line,
            against=names.departments.get(row.against_id),
            parent=row.parent,
            split_from=row.split_from,
        )
        for row in _rows(statement)
    }


def _add_parts(entries: Entries, ids: Sequence[int], names: Names) -> None:
    statement = (
        select(
            Assignment.ticket_id,
            Assignment.department_id,
            _raw(Assignment.role),
            Assignment.handler_id,
            _at(Assignment.assigned_at),
            _at(Assignment.signed_at),
        )
        .where(_among(Assignment.ticket_id, ids), Assignment.state != AssignmentState.RELEASED)
        .order_by(Assignment.id)
    )
    for row in _rows(statement):
        part = LedgerPart(
            row.department_id,
            names.departments[row.department_id],
            names.staff.get(row.handler_id, ""),
            row.assigned_at,
            row.signed_at,
        )
        entry = entries[row.ticket_id]
        if row.role == LEAD:
            entry.lead = part
        else:
            entry.supports.append(part)


def _add_clocks(entries: Entries, ids: Sequence[int]) -> None:
    """The settle clocks that were not voided, with their pauses; and when the enterprise was first spoken to."""
    statement = (
        select(
            *(
                Clock.id,
                Clock.ticket_id,
                _raw(Clock.kind),
                Clock.cycle,
                _at(Clock.started_at),
                Clock.limit_number,
            ),
            *(_raw(Clock.unit), Clock.extended, Clock.latest_date, _raw(Clock.state)),
            case((Clock.extended > 0, Clock.extensions)).label("extensions"),
            *(_at(Clock.due_at), _at(Clock.judged_at), Clock.calendar_version),
        )
        .where(
            _among(Clock.ticket_id, ids),
            Clock.kind.in_((ClockKind.SETTLE, ClockKind.FIRST_CONTACT)),
            Clock.state != ClockState.VOID,
        )
        .order_by(Clock.id)
    )
    rows = _rows(statement)
    settling = [row for row in rows if row.kind == SETTLE]
    pauses = _pauses([row.id for row in settling])
    for row in settling:
        entry = entries[row.ticket_id]
        entry.extensions += len(row.extensions or ())
        if row.cycle != entry.cycle:
            continue
        entry.pauses += pauses.get(row.id, ())
        entry.settle = LedgerClock(
            row.started_at,
            row.limit_number or 0,
            UNITS[row.unit],
            row.extended,
            row.latest_date,
            CLOCK_STATES[row.state],
            row.due_at,
            row.calendar_version,
            row.judged_at,
            pauses.get(row.id, ()),
        )
    for row in rows:
        if row.kind != SETTLE and row.cycle == entries[row.ticket_id].cycle:
            entries[row.ticket_id].contacted_at = row.judged_at


def _pauses(clock_ids: Sequence[int]) -> Mapping[int, Sequence[Pause]]:
    statement = (
        select(ClockPause.clock_id, _at(ClockPause.started_at), _at(ClockPause.ended_at))
        .where(_among(ClockPause.clock_id, clock_ids))
        .order_by(ClockPause.started_at)
    )
    found: dict[int, list[Pause]] = defaultdict(list)
    for row in _rows(statement):
        found[row.clock_id].append(Pause(row.started_at, row.ended_at))
    return found


def _add_replies(entries: Entries, ids: Sequence[int]) -> None:
    """The last reply of the present cycle that was not sent back."""
    statement = (
        select(
            *(Reply.ticket_id, _at(Reply.at), Reply.department_id, Reply.cycle, Reply.outcome, Reply.text),
            Reply.verified_at.is_not(None).label("is_verified"),
        )
        .where(_among(Reply.ticket_id, ids), Reply.sent_back_at.is_(None))
        .order_by(Reply.id)
    )
    for row in _rows(statement):
        if row.cycle != entries[row.ticket_id].cycle:
            continue
        entries[row.ticket_id].reply = LedgerReply(
            row.at, row.department_id, row.cycle, row.outcome, row.text, row.is_verified
        )


def _add_moments(entries: Entries, ids: Sequence[int]) -> None:
    """When it was closed, and since when the days it took are counted: its accept, or what opened its cycle."""
    closes = and_(Event.after == State.CLOSED, Event.before == State.AWAITING_RATING)
    statement = (
        select(
            Event.ticket_id, Event.at, _raw(Event.action), _raw(Event.before), _raw(Event.after), Event.data
        )
        .where(_among(Event.ticket_id, ids), or_(closes, Event.action.in_(BEGINS_TO_COUNT)))
        .order_by(Event.id)
    )
    for row in _rows(statement):
        entry = entries[row.ticket_id]
        closed = row.after == CLOSED
        if row.before == AWAITING_RATING:
            # Whatever opens it again leaves it in another state.
            entry.closed_at = row.at if entry.state is State.CLOSED else None
        elif row.action == ACCEPT:
            entry.since = row.at if entry.cycle == 1 else entry.since
        elif row.before == CLOSED and not closed:
            entry.since = row.at


def _add_ratings(entries: Entries, ids: Sequence[int]) -> None:
    statement = (
        select(Rating.ticket_id, Rating.cycle, Rating.solved, Rating.level, Rating.text, Rating.by_phone)
        .where(_among(Rating.ticket_id, ids))
        .order_by(Rating.id)
    )
    for row in _rows(statement):
        rating = LedgerRating(row.cycle, row.solved, row.level, row.text, row.by_phone)
        entries[row.ticket_id].ratings.append(rating)


def _add_orders(entries: Entries, ids: Sequence[int], reader: LedgerReader) -> None:
    statement = (
        select(Order.ticket_id, func.count().label("orders"))
        .where(_among(Order.ticket_id, ids))
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
            _among(Approval.ticket_id, ids),
            Approval.kind == RequestKind.EXCLUSION,
            Approval.state == ApprovalState.GRANTED,
        )
        .order_by(Approval.id)
    )
    for row in _rows(statement):
        entries[row.ticket_id].exclusions.append(ExcludedFigure(row.data["figure"]).label)
