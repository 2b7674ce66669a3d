"""Tickets and clocks as of an instant, one plain record each: for commands, and for whoever compares two systems."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import selectinload

from service_desk.domain import deadlines
from service_desk.domain.actions import Action
from service_desk.domain.deadlines import Limit, Pause, Running
from service_desk.domain.errors import NotFound
from service_desk.domain.figures import History, value_at
from service_desk.domain.figures.facts import closed_by, working_days_taken
from service_desk.domain.figures.story import Closing, Story, tell
from service_desk.domain.limits import limit_class
from service_desk.domain.notation import format_instant
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import (
    AssignmentRole,
    AssignmentState,
    ClockKind,
    ClockState,
    Nature,
    Unit,
    Urgency,
)
from service_desk.domain.worktime import OfficeCalendar
from service_desk.store.base import begin_reading, db
from service_desk.store.catalogue import ARREARS
from service_desk.store.clocks import Clock
from service_desk.store.histories import history_of
from service_desk.store.incidents import Incident
from service_desk.store.law import current_law
from service_desk.store.parts import Assignment
from service_desk.store.tickets import Ticket

BATCH = 200
Record = dict[str, Any]

PRINTED = func.coalesce(Ticket.imported_number, Ticket.number)
"""What a ticket is called outside: by its old number where it came from another system."""


def ticket_records(number: str | None, *, as_of: datetime) -> Iterator[Record]:
    """Each ticket submitted by then as it stood, the earliest first. Raises ``NotFound`` for an unknown number."""
    calendar = current_law().calendar
    for batch in _batches(number, as_of):
        named = _Names.of(batch)
        for ticket in batch:
            yield _ticket(ticket, as_of, named, calendar)


def clock_records(number: str | None, *, as_of: datetime) -> Iterator[Record]:
    """Each clock started by then as it stood, ticket by ticket."""
    calendar = current_law().calendar
    for batch in _batches(number, as_of):
        for ticket in batch:
            story = tell(history_of(ticket), as_of)
            for clock in ticket.clocks:
                if clock.started_at <= as_of:
                    yield _clock(ticket, clock, story, calendar)


def _batches(number: str | None, as_of: datetime) -> Iterator[Sequence[Ticket]]:
    """The tickets in their order, some at a time; read by a transaction that keeps nobody waiting."""
    begin_reading()
    wanted = select(Ticket.id).where(Ticket.submitted_at <= as_of).order_by(Ticket.submitted_at, PRINTED)
    if number is not None:
        one = or_(Ticket.number == number, Ticket.imported_number == number)
        if db.session.scalar(select(Ticket.id).where(one)) is None:
            raise NotFound(say("没有编号为“%(number)s”的诉求。", number=number))
        wanted = wanted.where(one)
    ids = db.session.scalars(wanted).all()
    parts = (selectinload(Ticket.events), selectinload(Ticket.clocks), selectinload(Ticket.assignments))
    for start in range(0, len(ids), BATCH):
        some = select(Ticket).where(Ticket.id.in_(ids[start : start + BATCH])).options(*parts)
        yield db.session.scalars(some.order_by(Ticket.submitted_at, PRINTED)).unique().all()
        db.session.expunge_all()


# Tickets


@dataclass(frozen=True)
class _Names:
    """What the parents and incidents of some tickets are called outside, by id."""

    tickets: Mapping[int, str]
    incidents: Mapping[int, str]

    @classmethod
    def of(cls, tickets: Sequence[Ticket]) -> "_Names":
        """Two statements, or none."""
        parents = _named_in(tickets, Action.MERGE, "parent_id")
        incidents = _named_in(tickets, Action.JOIN_INCIDENT, "incident_id")
        return cls(
            {row.id: row.name for row in db.session.execute(
                select(Ticket.id, PRINTED.label("name")).where(Ticket.id.in_(parents))
            )} if parents else {},
            {each.id: each.imported_number or each.number for each in db.session.scalars(
                select(Incident).where(Incident.id.in_(incidents))
            )} if incidents else {},
        )  # fmt: skip


def _named_in(tickets: Sequence[Ticket], action: Action, name: str) -> set[int]:
    return {event.data[name] for ticket in tickets for event in ticket.events if event.action is action}


def _ticket(ticket: Ticket, as_of: datetime, named: _Names, calendar: OfficeCalendar) -> Record:
    history = history_of(ticket)
    story = tell(history, as_of)

    def said(instant: datetime | None) -> str | None:
        return format_instant(instant, calendar) or None

    category = value_at(history.categories, as_of)
    urgency, nature = _urgency(ticket, as_of), _nature(ticket, as_of)
    limits = limit_class(
        nature=nature or Nature.HELP,
        urgency=urgency,
        is_complex=bool(_last_said(ticket, as_of, "complex", "is_complex")),
        is_arrears=category == ARREARS,
    )
    return {
        "ticket": ticket.imported_number or ticket.number,
        "state": story.state.value,
        "lead": story.lead,
        "supports": [part.department.name for part in _supports(ticket, as_of)],
        "cycle": story.cycle,
        "moves": _moves(ticket, as_of),
        "category": category,
        "urgency": urgency.label,
        "nature": nature.label if nature else None,
        "limits": limits.label,
        "submitted": said(story.submitted_at),
        "accepted": said(story.first_accepted_at),
        "dispatched": said(story.first_dispatched_at),
        "parent": named.tickets.get(_ends_with(ticket, as_of, Action.MERGE, Action.UNMERGE, "parent_id")),
        "incident": named.incidents.get(
            _ends_with(ticket, as_of, Action.JOIN_INCIDENT, Action.LEAVE_INCIDENT, "incident_id")
        ),
        "closings": [_closing(history, closing, calendar) for closing in story.closings],
    }


def _closing(history: History, closing: Closing, calendar: OfficeCalendar) -> Record:
    return {
        "at": format_instant(closing.at, calendar),
        "cycle": closing.cycle,
        "lead": closed_by(closing),
        "solved": closing.solved.label if closing.solved else None,
        "level": closing.level.label if closing.level else None,
        "days": working_days_taken(history, closing, calendar) if closing.reply else None,
        "excluded_from": sorted(closing.excluded_from),
    }


def _last_said(ticket: Ticket, as_of: datetime, *names: str) -> Any:  # noqa: ANN401 - what the event keeps of it
    """What filing, accepting or a correction said last; None where none of them did."""
    said = (Action.SUBMIT, Action.ACCEPT, Action.CORRECT)
    return next(
        (
            event.data[name]
            for event in reversed(ticket.events)
            if event.at <= as_of and event.action in said
            for name in names
            if name in event.data
        ),
        None,
    )


def _urgency(ticket: Ticket, as_of: datetime) -> Urgency:
    said = _last_said(ticket, as_of, "urgency")
    if said is None:
        # Older filings do not say it: the first to change it tells what it was.
        return Urgency.NORMAL if ticket.imported_number else ticket.urgency
    return Urgency(said)


def _nature(ticket: Ticket, as_of: datetime) -> Nature | None:
    """What has been said of it; of another system's ticket perhaps nothing yet."""
    said = _last_said(ticket, as_of, "nature")
    if said is not None:
        return Nature(said)
    return None if ticket.imported_number else ticket.nature


def _moves(ticket: Ticket, as_of: datetime) -> int:
    return sum(
        event.action is Action.REDISPATCH
        or (event.action is Action.DECIDE_RETURN and bool(event.data.get("granted")))
        for event in ticket.events
        if event.at <= as_of
    )


def _ends_with(ticket: Ticket, as_of: datetime, begins: Action, ends: Action, name: str) -> int:
    """The row to which the last of two opposite acts led; 0 for none."""
    last = next((e for e in reversed(ticket.events) if e.at <= as_of and e.action in (begins, ends)), None)
    return int(last.data[name]) if last is not None and last.action is begins else 0


def _supports(ticket: Ticket, as_of: datetime) -> list[Assignment]:
    return [
        part
        for part in ticket.assignments
        if part.role is AssignmentRole.SUPPORT
        and part.assigned_at <= as_of
        and not (part.state is AssignmentState.RELEASED and _released(ticket, part, as_of))
    ]


def _released(ticket: Ticket, part: Assignment, as_of: datetime) -> bool:
    return any(
        part.assigned_at <= event.at <= as_of and part.department_id in event.data.get("released", ())
        for event in ticket.events
    )


# Clocks


def _clock(ticket: Ticket, clock: Clock, story: Story, calendar: OfficeCalendar) -> Record:
    ended = clock.stopped_at is not None and clock.stopped_at <= story.as_of
    facts = clock.facts if ended else _facts_then(clock, story)
    due = clock.due_at if ended else deadlines.due(facts, calendar)
    original = clock.original_due_at if ended else deadlines.original_due(facts, calendar)

    def said(instant: datetime | None) -> str | None:
        return format_instant(instant, calendar) or None

    return {
        "ticket": ticket.imported_number or ticket.number,
        "kind": clock.kind.value,
        "department": clock.department.name if clock.department else None,
        "cycle": clock.cycle,
        "start": said(clock.started_at),
        "limit": None if facts.limit.unit is Unit.DATE else facts.limit.number,
        "unit": facts.limit.unit.value,
        "pauses": [[said(pause.start), said(pause.end)] for pause in facts.pauses],
        "extend": facts.extended,
        "due": said(due),
        "original_due": said(original),
        "judged_at": said(clock.judged_at) if ended else None,
        "stopped": said(clock.stopped_at) if ended else None,
        "result": (clock.state if ended else _state_then(clock, facts, due, story.as_of)).value,
    }


def _facts_then(clock: Clock, story: Story) -> Running:
    """The facts of a clock that had not ended then: what came later does not exist."""
    as_of = story.as_of
    begun = [pause for pause in clock.facts.pauses if pause.start <= as_of]
    pauses = [Pause(each.start, each.end if each.end and each.end <= as_of else None) for each in begun]
    reply = story.pending_reply
    if clock.kind in (ClockKind.SETTLE, ClockKind.PROMISE) and reply is not None:
        # The pause since the reply is dropped once it is verified; then it was still open.
        pauses = [pause for pause in pauses if pause.start < reply.at]
        pauses.append(Pause(reply.at))
    former = next(
        (each for each in clock.former_limits if as_of < datetime.fromisoformat(each["until"])), None
    )
    limit = Limit(former["number"], Unit(former["unit"])) if former else clock.facts.limit
    extended = sum(each["days"] for each in clock.extensions if datetime.fromisoformat(each["at"]) <= as_of)
    return replace(clock.facts, pauses=tuple(pauses), limit=limit, extended=extended)


def _state_then(clock: Clock, facts: Running, due: datetime | None, as_of: datetime) -> ClockState:
    if clock.kind is ClockKind.RETURN_WINDOW and due is not None and due < as_of:
        # It has passed unused.
        return ClockState.VOID
    stands = any(pause.end is None for pause in facts.pauses)
    return ClockState.PAUSED if stands else ClockState.RUNNING
