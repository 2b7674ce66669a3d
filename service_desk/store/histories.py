"""Tickets as histories: what the figures are reckoned from."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Select
from sqlalchemy.orm import selectinload

from service_desk.domain.actions import Action
from service_desk.domain.deadlines import Limit, Pause
from service_desk.domain.figures import (
    FormerLimit,
    History,
    PastClock,
    PastEvent,
    PastExtension,
    Since,
)
from service_desk.domain.vocabulary import AssignmentRole, Unit
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.parts import Event
from service_desk.store.tickets import Ticket

NO_AREA = ""
SAYS_WHAT_IT_IS = (Action.SUBMIT, Action.ACCEPT, Action.CORRECT)
RECORD = (selectinload(Ticket.events), selectinload(Ticket.clocks), selectinload(Ticket.assignments))
"""What of tickets has to be loaded to tell their histories."""


def histories(tickets: Select[Ticket]) -> Iterator[History]:
    """The histories of ``tickets`` in the order of their ids; a handful of statements whatever their number."""
    for ticket in db.session.scalars(tickets.options(*RECORD).order_by(Ticket.id)).unique():
        yield history_of(ticket)


def history_of(ticket: Ticket) -> History:
    """One ticket's history."""
    return History(
        number=ticket.number,
        enterprises=_enterprises(ticket),
        source=ticket.source.label,
        categories=_said(ticket, "category", ticket.category.name),
        areas=_said(ticket, "area", ticket.area.name if ticket.area else NO_AREA),
        events=tuple(_event(ticket, event) for event in ticket.events),
        clocks=tuple(_clock(clock) for clock in ticket.clocks),
    )


def _said(ticket: Ticket, name: str, now: str) -> tuple[Since, ...]:
    """What filing, accepting and corrections said, by the present name of what holds: it may have been renamed."""
    said = [
        Since(event.at, event.data[name])
        for event in ticket.events
        if name in event.data and event.action in SAYS_WHAT_IT_IS
    ]
    return (*said[:-1], Since(said[-1].at if said else ticket.submitted_at, now))


def _enterprises(ticket: Ticket) -> tuple[Since, ...]:
    """Whose it has been, by their ids."""
    begins, found = ticket.submitted_at, []
    for event in ticket.events:
        if event.action is Action.CORRECT and "enterprise_id" in event.data["before"]:
            found.append(Since(begins, str(event.data["before"]["enterprise_id"])))
            begins = event.at
    return (*found, Since(begins, str(ticket.enterprise_id)))


def _lead_named(ticket: Ticket, event: Event) -> str | None:
    """The lead of a dispatch by its present name: clocks know no other, and departments are renamed."""
    for part in ticket.assignments:
        if part.role is AssignmentRole.LEAD and part.assigned_at == event.at:
            return part.department.name
    lead: str | None = event.data.get("lead")
    return lead


def _event(ticket: Ticket, event: Event) -> PastEvent:
    lead = _lead_named(ticket, event) if event.action in (Action.DISPATCH, Action.REDISPATCH) else None
    return PastEvent(
        at=event.at,
        seq=event.id,
        action=event.action.value,
        state=event.after,
        department=lead or (event.department.name if event.department else None),
        data=event.data,
    )


def _clock(clock: Clock) -> PastClock:
    return PastClock(
        kind=clock.kind,
        department=clock.department.name if clock.department else None,
        cycle=clock.cycle,
        start=clock.started_at,
        limit=Limit(clock.limit_number or 0, clock.unit),
        due=clock.due_at,
        original_due=clock.original_due_at,
        result=clock.state,
        pauses=tuple(Pause(pause.started_at, pause.ended_at) for pause in clock.pauses),
        extensions=tuple(
            PastExtension(datetime.fromisoformat(one["at"]), one["days"]) for one in clock.extensions
        ),
        former_limits=tuple(
            FormerLimit(datetime.fromisoformat(one["until"]), Limit(one["number"], Unit(one["unit"])))
            for one in clock.former_limits
        ),
        latest=clock.latest_date,
        stopped_at=clock.stopped_at,
        judged_at=clock.judged_at,
    )
