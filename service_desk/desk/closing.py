"""Closing: the desk verifies or sends back, the enterprise rates, a bad rating opens the matter again."""

from collections.abc import Sequence
from datetime import datetime

from service_desk.desk.acting import finish, open_ticket, record
from service_desk.desk.files import StoredFile
from service_desk.domain.actions import Action, Party
from service_desk.domain.rules import first_bad_rating_of_a_claim
from service_desk.domain.vocabulary import (
    AssignmentRole,
    AssignmentState,
    ClockKind,
    Level,
    Review,
    Solved,
    State,
)
from service_desk.domain.workflow import REWORK_STARTS
from service_desk.store.base import house, transaction
from service_desk.store.law import Law
from service_desk.store.moves import assign, start_clock, start_until
from service_desk.store.parts import Rating
from service_desk.store.people import Actor
from service_desk.store.replays import replay
from service_desk.store.situations import situation_of
from service_desk.store.tickets import Ticket


@transaction
def verify(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None) -> Ticket:
    """The reply holds: settle and promise are judged as of the reply's instant, the enterprise is asked."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    event = record(ticket, Action.VERIFY, by=by, at=at, law=law)
    reply = ticket.replies[-1]
    reply.verified_at = event.at
    lead = ticket.lead
    if lead is not None:
        lead.state = AssignmentState.DONE
    for support in ticket.supports:
        # Whoever has not given an opinion by now is not asked for it any more; a rework asks anew.
        support.state = AssignmentState.DONE
    if reply.rest_date is not None:
        start_until(
            ticket,
            ClockKind.REST,
            reply.rest_date,
            event.at,
            law,
            department_id=lead.department_id if lead else None,
        )
    for file in ticket.attachments:
        file.public = file.public or file.event_id == reply.event_id
    finish(ticket, event, law)
    return ticket


@transaction
def send_back(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, text: str) -> Ticket:
    """The reply does not hold: the lead goes on, the clocks run again; counted."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    event = record(ticket, Action.SEND_BACK, by=by, at=at, law=law, text=text)
    ticket.replies[-1].sent_back_at = event.at
    finish(ticket, event, law)
    return ticket


@transaction
def rate(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    solved: Solved,
    level: Level,
    text: str = "",
) -> Ticket:
    """The enterprise says whether it was settled."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    record_rating(ticket, by=by, at=at, law=law, solved=solved, level=level, text=text)
    return ticket


def record_rating(
    ticket: Ticket,
    *,
    by: Actor | None,
    at: datetime,
    law: Law,
    solved: Solved,
    level: Level,
    text: str,
    guest: str = "",
) -> None:
    """Keep a rating within the caller's transaction; ``guest`` is the contact who came by a one-time link."""
    data: dict[str, object] = {"solved": solved.value, "level": level.value}
    if guest:
        data["by_link"] = True
    event = record(ticket, Action.RATE, by=by, at=at, law=law, text=text, data=data, guest=guest)
    rating = Rating(
        event=event,
        cycle=ticket.cycle,
        at=event.at,
        solved=solved,
        level=level,
        text=text,
        by_phone=event.party is Party.QUALITY,
    )
    ticket.ratings.append(rating)
    finish(ticket, event, law)
    _answer_bad_rating(ticket, rating, event.at, law)


def _answer_bad_rating(ticket: Ticket, rating: Rating, at: datetime, law: Law) -> None:
    """The first one of a claimed solution opens the matter again; any other is put to the supervisor."""
    situation = situation_of(ticket, None, at, law)
    history = replay()
    stays_closed = history is not None and history.stays_closed
    if first_bad_rating_of_a_claim(situation) and not stays_closed:
        open_again(
            ticket, by=None, at=at, law=law, reason=house().say("企业反映问题没有解决，已退回重新办理")
        )
    elif rating.is_bad and Review.RATING not in situation.reviews:
        start_clock(ticket, ClockKind.REVIEW, at, law, about=Review.RATING)
        ticket.refresh_due()


@transaction
def correct_rating(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    solved: Solved,
    level: Level,
    text: str = "",
) -> Ticket:
    """The enterprise changes its rating, once: both are kept, the last counts."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    data = {"solved": solved.value, "level": level.value}
    event = record(ticket, Action.CORRECT_RATING, by=by, at=at, law=law, text=text, data=data)
    former = ticket.ratings[-1]
    rating = Rating(
        event_id=event.id,
        cycle=ticket.cycle,
        at=event.at,
        solved=solved,
        level=level,
        text=text,
        corrects_id=former.id,
    )
    ticket.ratings.append(rating)
    if not rating.is_bad:
        for clock in ticket.clocks:
            if clock.about is Review.RATING:
                clock.stop(event.at, law.calendar)
    finish(ticket, event, law)
    _answer_bad_rating(ticket, rating, event.at, law)
    return ticket


@transaction
def rework(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, reason: str) -> Ticket:
    """Open a closed matter again: a new cycle with the rework limit, the ratings kept."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    open_again(ticket, by=by, at=at, law=law, reason=reason)
    return ticket


def open_again(ticket: Ticket, *, by: Actor | None, at: datetime, law: Law, reason: str) -> None:
    """Open a new cycle within the caller's transaction; ``by`` is None where the system does it."""
    lead = ticket.last_lead
    event = record(ticket, Action.REWORK, by=by, at=at, law=law, text=reason)
    if ticket.state is State.ASSIGNED and lead is not None:
        assign(ticket, AssignmentRole.LEAD, lead.department, REWORK_STARTS, at=event.at, law=law)
    finish(ticket, event, law)


@transaction
def report_rest(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    text: str,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """The lead says that the rest of a partial solution is done; the enterprise is asked whether it is."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.REPORT_REST, by=by, at=at, law=law, text=text, files=files), law)
    return ticket


@transaction
def confirm_rest(
    ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, settled: bool, text: str = ""
) -> Ticket:
    """The enterprise says whether the rest was done; where it was not, the matter is opened again."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    data = {"settled": settled}
    event = record(ticket, Action.CONFIRM_REST, by=by, at=at, law=law, text=text, data=data)
    finish(ticket, event, law)
    if not settled:
        reason = house().say("企业反映余下的事没有落实，已退回重新办理")
        open_again(ticket, by=None, at=event.at, law=law, reason=reason)
    return ticket


@transaction
def keep_closed(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, reason: str) -> Ticket:
    """A bad rating that does not open the matter again: the supervisor says why, to the enterprise too."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.KEEP_CLOSED, by=by, at=at, law=law, text=reason), law)
    return ticket
