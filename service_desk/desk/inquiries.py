"""Inquiries: what the desk asks a department that is complained of, in the desk's own words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased

from service_desk.desk import notices
from service_desk.desk.acting import finish, open_ticket, record
from service_desk.domain.actions import Action
from service_desk.domain.errors import NotFound
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, transaction
from service_desk.store.law import Law
from service_desk.store.parts import Event
from service_desk.store.people import User, people_of_department, units_above
from service_desk.store.tickets import Ticket

MOST_SHOWN = 100


@dataclass(frozen=True)
class Inquiry:
    """A question and its answer, as the department reads them: nothing of the complaint they are about."""

    id: int
    asked_at: datetime
    question: str
    answered_at: datetime | None
    answer: str | None


@transaction
def inquire(ticket_id: int, *, by: User, at: datetime, seen: int | None = None, text: str) -> Ticket:
    """Ask the department complained of; it reads these words alone."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    event = record(ticket, Action.INQUIRE, by=by, at=at, law=law, text=text)
    _tell_the_department(ticket, event, law)
    finish(ticket, event, law)
    return ticket


def _tell_the_department(ticket: Ticket, event: Event, law: Law) -> None:
    """A notice that names no ticket: a link to it would say too much."""
    if ticket.against_id is None:
        return
    people = db.session.scalars(people_of_department(ticket.against_id, Role.HANDLER, Role.HEAD)).unique()
    told = [(person, say("专窗有一项询问，请回复"), say("%(text)s", text=event.text)) for person in people]
    notices.queue(None, f"inquiry:{event.id}", told, at=event.at, law=law)


@transaction
def answer_inquiry(ticket_id: int, *, by: User, at: datetime, seen: int | None = None, text: str) -> Ticket:
    """The department answers; it never sees the ticket, so it is asked for by ``answer``."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.ANSWER_INQUIRY, by=by, at=at, law=law, text=text), law)
    return ticket


def ticket_of_inquiry(inquiry_id: int, user: User) -> int:
    """The ticket an inquiry belongs to. Raises ``NotFound`` where it was not put to this person's department."""
    event = db.session.get(Event, inquiry_id)
    ticket = db.session.get(Ticket, event.ticket_id) if event else None
    if event is None or ticket is None or event.action is not Action.INQUIRE:
        raise NotFound("没有这项询问。")
    if not (user.has(Role.HANDLER, Role.HEAD) and ticket.is_complaint_against(user)):
        raise NotFound("没有这项询问。")
    return ticket.id


def inquiries_for(user: User) -> Sequence[Inquiry]:
    """What this person's department was asked, newest first (at most 100)."""
    if user.department_id is None or not user.has(Role.HANDLER, Role.HEAD):
        return []
    asked, answered = aliased(Event), aliased(Event)
    later = (
        select(answered.id)
        .where(answered.ticket_id == asked.ticket_id, answered.action == Action.ANSWER_INQUIRY)
        .where(answered.id > asked.id)
        .order_by(answered.id)
        .limit(1)
        .scalar_subquery()
        .correlate(asked)
    )
    statement = (
        select(asked.id, asked.at, asked.text, answered.at, answered.text)
        .join(Ticket, Ticket.id == asked.ticket_id)
        .outerjoin(answered, answered.id == later)
        .where(asked.action == Action.INQUIRE, Ticket.against_id.in_(units_above(user.department_id)))
        .order_by(asked.id.desc())
        .limit(MOST_SHOWN)
    )
    return [Inquiry(*row) for row in db.session.execute(statement)]
