"""Reminders of what was imported: of steps to come alone, those that lie in the past are dealt with."""

from datetime import datetime
from typing import Any

from sqlalchemy import insert, select

from service_desk.domain.reminders import moments
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.law import Law
from service_desk.store.notices import StepTaken
from service_desk.store.tickets import Ticket


def remind_from(ticket: Ticket, law: Law, now: datetime) -> None:
    """Have the running clocks looked at from ``now`` on; their earlier steps count as taken, unsent."""
    waiting = [clock for clock in ticket.clocks if clock.next_step_at is not None]
    if not waiting:
        return
    db.session.flush()
    taken = select(StepTaken.clock_id, StepTaken.step, StepTaken.due_at)
    known = {
        (clock_id, step, due_at)
        for clock_id, step, due_at in db.session.execute(
            taken.where(StepTaken.clock_id.in_([clock.id for clock in waiting]))
        )
    }
    rows = [row for clock in waiting for row in _past_steps(clock, ticket, law, now)]
    new = [row for row in rows if (row["clock_id"], row["step"], row["due_at"]) not in known]
    if new:
        db.session.execute(insert(StepTaken), new)


def _past_steps(clock: Clock, ticket: Ticket, law: Law, now: datetime) -> list[dict[str, Any]]:
    """The steps of one clock that lie in the past; it is looked at again when the next one comes."""
    ladder = law.ladder_of(clock.kind, ticket.profile, clock.started_at)
    placed = moments((step.rule for step in ladder), clock.facts, law.calendar)
    clock.next_step_at = next((moment for _, moment in placed if moment > now), None)
    return [
        {"clock_id": clock.id, "step": rule.key, "due_at": clock.due_at, "fired_at": now, "sent": False}
        for rule, moment in placed
        if moment <= now
    ]
