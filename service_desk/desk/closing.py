"""Closing: the desk verifies or sends back, the enterprise rates, a bad rating opens the matter again."""

from datetime import datetime

from service_desk.desk.acting import finish, open_ticket, record
from service_desk.domain.actions import Action, Party
from service_desk.domain.vocabulary import (
    AssignmentRole,
    AssignmentState,
    ClockKind,
    Level,
    Solved,
    State,
)
from service_desk.domain.workflow import REWORK_STARTS, first_bad_rating_of_a_claim
from service_desk.store.base import house, transaction
from service_desk.store.law import Law
from service_desk.store.parts import Rating
from service_desk.store.people import User
from service_desk.store.tickets import Ticket


@transaction
def verify(ticket_id: int, *, by: User, at: datetime, seen: int | None = None) -> Ticket:
    """The reply holds: settle and promise are judged as of the reply's instant, the enterprise is asked."""
    ticket, law = open_ticket(ticket_id, by, seen)
    event = record(ticket, Action.VERIFY, by=by, at=at, law=law)
    reply = ticket.replies[-1]
    reply.verified_at = event.at
    if ticket.lead is not None:
        ticket.lead.state = AssignmentState.DONE
    for file in ticket.attachments:
        file.public = file.public or file.event_id == reply.event_id
    finish(ticket, event, law)
    return ticket


@transaction
def send_back(ticket_id: int, *, by: User, at: datetime, seen: int | None = None, text: str) -> Ticket:
    """The reply does not hold: the lead goes on, the clocks run again; counted."""
    ticket, law = open_ticket(ticket_id, by, seen)
    event = record(ticket, Action.SEND_BACK, by=by, at=at, law=law, text=text)
    ticket.replies[-1].sent_back_at = event.at
    finish(ticket, event, law)
    return ticket


@transaction
def rate(
    ticket_id: int,
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
    solved: Solved,
    level: Level,
    text: str = "",
) -> Ticket:
    """The enterprise says whether it was settled.

    The first bad rating, if the reply claimed a solution, opens the matter again at once; any other bad
    rating is put to the supervisor.
    """
    ticket, law = open_ticket(ticket_id, by, seen)
    data = {"solved": solved.value, "level": level.value}
    event = record(ticket, Action.RATE, by=by, at=at, law=law, text=text, data=data)
    rating = Rating(
        event_id=event.id,
        cycle=ticket.cycle,
        at=event.at,
        solved=solved,
        level=level,
        text=text,
        by_phone=event.party is Party.QUALITY,
    )
    ticket.ratings.append(rating)
    finish(ticket, event, law)
    if first_bad_rating_of_a_claim(ticket.situation(None, event.at, law)):
        _open_again(
            ticket, by=None, at=event.at, law=law, reason=house().say("企业反映问题没有解决，已退回重新办理")
        )
    elif rating.is_bad:
        ticket.start_clock(ClockKind.REVIEW, event.at, law)
    return ticket


@transaction
def expire_rating(ticket_id: int, *, at: datetime) -> Ticket:
    """The rating window has passed: closed and unrated, never a default good rating."""
    ticket, law = open_ticket(ticket_id, None, None)
    finish(ticket, record(ticket, Action.EXPIRE_RATING, by=None, at=at, law=law), law)
    return ticket


@transaction
def rework(ticket_id: int, *, by: User, at: datetime, seen: int | None = None, reason: str) -> Ticket:
    """Open a closed matter again: a new cycle with the rework limit, the ratings kept."""
    ticket, law = open_ticket(ticket_id, by, seen)
    _open_again(ticket, by=by, at=at, law=law, reason=reason)
    return ticket


def _open_again(ticket: Ticket, *, by: User | None, at: datetime, law: Law, reason: str) -> None:
    lead = ticket.last_lead
    event = record(ticket, Action.REWORK, by=by, at=at, law=law, text=reason)
    if ticket.state is State.ASSIGNED and lead is not None:
        ticket.assign(AssignmentRole.LEAD, lead.department, REWORK_STARTS, at=event.at, law=law)
    finish(ticket, event, law)


@transaction
def keep_closed(ticket_id: int, *, by: User, at: datetime, seen: int | None = None, reason: str) -> Ticket:
    """A bad rating that does not open the matter again: the supervisor says why, to the enterprise too."""
    ticket, law = open_ticket(ticket_id, by, seen)
    finish(ticket, record(ticket, Action.KEEP_CLOSED, by=by, at=at, law=law, text=reason), law)
    return ticket
