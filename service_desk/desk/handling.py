"""Handling: the department signs, calls back, reports progress, gives its opinion, replies."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from service_desk.desk.acting import finish, open_ticket, place_for, record
from service_desk.desk.files import StoredFile
from service_desk.domain.actions import Action, Party
from service_desk.domain.errors import Invalid
from service_desk.domain.limits import DAYS_OF_TRIES, NEXT_REPLY_DAYS, REST_DAYS, TRIES
from service_desk.domain.reply_checks import warnings
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import (
    AssignmentRole,
    AssignmentState,
    ClockKind,
    Outcome,
    State,
    Wait,
)
from service_desk.store.base import db, house, transaction
from service_desk.store.law import Law
from service_desk.store.moves import start_until
from service_desk.store.parts import Assignment, Event, Reply
from service_desk.store.people import Actor, Department
from service_desk.store.replays import replay
from service_desk.store.situations import wait_ends_at
from service_desk.store.tickets import Ticket

COMPARED = 200
"""A reply is compared with so many of its department's latest."""


@transaction
def sign(
    ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, handler: Actor | None = None
) -> Ticket:
    """The department takes its part in hand and names who handles it (default: whoever signs)."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    place = place_for(ticket, Action.SIGN, by=by, at=at, law=law)
    handler = handler or (by if by.department_id == place.department_id else place)
    _check_colleague(place, handler, "handler")
    named = {"handler": handler.name, "handler_id": handler.id}
    event = record(ticket, Action.SIGN, by=by, at=at, law=law, data=named)
    part = _part_of(ticket, event)
    part.state, part.signed_at = AssignmentState.SIGNED, event.at
    part.give_to(handler)
    finish(ticket, event, law)
    return ticket


@transaction
def hand_over(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, to: Actor) -> Ticket:
    """A colleague of the same department takes over."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    _check_colleague(place_for(ticket, Action.HAND_OVER, by=by, at=at, law=law), to, "to")
    event = record(ticket, Action.HAND_OVER, by=by, at=at, law=law, data={"to": to.name, "to_id": to.id})
    part = _part_of(ticket, event)
    part.give_to(to)
    finish(ticket, event, law)
    return ticket


@transaction
def first_contact(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    who: str,
    how: str,
    contacted_at: datetime | None = None,
    reached: bool = True,
    text: str = "",
) -> Ticket:
    """The lead called back. A failed try is recorded; the third on a second day counts as contact."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    if contacted_at is not None and not ticket.submitted_at <= contacted_at <= at:
        raise Invalid("联系时间须在提交之后、现在之前。", fields={"contacted_at": "须在提交之后、现在之前。"})
    tries = ticket.calls
    days = {law.calendar.day_of(event.at) for event in tries} | {law.calendar.day_of(at)}
    counts = reached or (len(tries) + 1 >= TRIES and len(days) >= DAYS_OF_TRIES)
    data = {"who": who, "how": how, "reached": reached}
    if contacted_at is not None:
        data["contacted_at"] = contacted_at.isoformat()
    event = record(
        ticket,
        Action.FIRST_CONTACT,
        by=by,
        at=at,
        law=law,
        text=text,
        data=data,
        moves_clocks=counts,
        public=reached,
    )
    finish(ticket, event, law)
    return ticket


@transaction
def progress(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    text: str,
    public: bool = False,
    next_reply: date | None = None,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """What has been done so far, for the enterprise to read or for the desk alone.

    While the matter is deferred the lead names the date of its next reply each time.
    """
    ticket, law = open_ticket(ticket_id, by, at, seen)
    data = {"next_reply": next_reply.isoformat()} if next_reply else {}
    event = record(
        ticket, Action.PROGRESS, by=by, at=at, law=law, text=text, data=data, public=public, files=files
    )
    if ticket.state is State.DEFERRED and event.party is not Party.SUPPORT:
        _restart_next_reply(ticket, event, next_reply, law)
    elif next_reply is not None:
        raise Invalid("只有挂账期间由主办单位填写下次答复日期。", fields={"next_reply": "请清空。"})
    finish(ticket, event, law)
    return ticket


def _restart_next_reply(ticket: Ticket, event: Event, day: date | None, law: Law) -> None:
    if day is None:
        sentence = "挂账期间的每次进展都要写明下次答复日期。"
        raise Invalid(sentence, fields={"next_reply": sentence})
    check_next_reply(day, law.calendar.day_of(event.at))
    running = ticket.clock(ClockKind.NEXT_REPLY)
    if running is not None:
        running.stop(event.at, law.calendar)
    start_until(ticket, ClockKind.NEXT_REPLY, day, event.at, law, department_id=event.department_id)


def check_next_reply(day: date, today: date) -> None:
    """The next reply of a deferred matter lies ahead, and not too far."""
    _within("next_reply", "下次答复日期", day, today, NEXT_REPLY_DAYS)


def _within(field: str, label: str, day: date, today: date, days: int) -> None:
    last = today + timedelta(days=days)
    if not today <= day <= last:
        raise Invalid(
            say("%(label)s须在 %(days)s 天内。", label=say(label), days=days),
            fields={field: say("请填写 %(first)s 至 %(last)s 之间的日期。", first=today, last=last)},
        )


@transaction
def ask_enterprise(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, text: str) -> Ticket:
    """A question to the enterprise: settle and promise stand still until it is answered, within a cap."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    event = record(ticket, Action.ASK_ENTERPRISE, by=by, at=at, law=law, text=text)
    ends_at = wait_ends_at(ticket, law)
    if ends_at is not None and ends_at <= event.at:
        # Earlier questions have used up the time the clocks may stand still.
        for clock in ticket.clocks:
            clock.resume(event.at, Wait.QUESTION, law.calendar)
    finish(ticket, event, law)
    return ticket


@transaction
def inform(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    text: str,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """The enterprise answers the department's question."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.INFORM, by=by, at=at, law=law, text=text, files=files), law)
    return ticket


@transaction
def resume(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, text: str = "") -> Ticket:
    """A deferred matter is taken up again."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    finish(ticket, record(ticket, Action.RESUME, by=by, at=at, law=law, text=text), law)
    return ticket


@transaction
def opine(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    text: str,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """A supporting department gives its opinion; that ends its part."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    event = record(ticket, Action.OPINE, by=by, at=at, law=law, text=text, files=files)
    part = _part_of(ticket, event)
    part.state, part.signed_at = AssignmentState.DONE, part.signed_at or event.at
    finish(ticket, event, law)
    return ticket


@transaction
def reply(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    outcome: Outcome,
    text: str,
    rest_date: date | None = None,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """The lead's reply goes to the desk to be verified; settle and promise stand still from this instant."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    data = reply_data(outcome, rest_date, law.calendar.day_of(at))
    event = record(ticket, Action.REPLY, by=by, at=at, law=law, text=text, data=data, files=files)
    keep_reply(ticket, event_id=event.id, at=event.at, text=text, data=data, department=event.department)
    finish(ticket, event, law)
    return ticket


def reply_data(outcome: Outcome, rest_date: date | None, today: date) -> dict[str, str]:
    """What an event keeps of a reply. Raises ``Invalid`` where outcome and date do not go together."""
    _check_rest(outcome, rest_date, today)
    return {"outcome": outcome.value} | ({"rest_date": rest_date.isoformat()} if rest_date else {})


def keep_reply(
    ticket: Ticket,
    *,
    event_id: int,
    at: datetime,
    text: str,
    data: Mapping[str, str],
    department: Department | None,
) -> None:
    """Keep a reply that goes out at ``at``, with what is doubtful about it; its files came with the event."""
    rest = data.get("rest_date")
    ticket.replies.append(
        Reply(
            event_id=event_id,
            department_id=department.id if department else None,
            department=department,
            cycle=ticket.cycle,
            at=at,
            outcome=Outcome(data["outcome"]),
            text=text,
            rest_date=date.fromisoformat(rest) if rest else None,
            warnings=_doubts(ticket, event_id, text, department),
        )
    )


def _doubts(ticket: Ticket, event_id: int, text: str, department: Department | None) -> list[str]:
    """What those who verify it are to look at; what is replayed was looked at where it was written."""
    if replay() is not None:
        return []
    doubts = warnings(
        text,
        enterprise=ticket.enterprise.name,
        number=ticket.number,
        has_evidence=any(file.event_id == event_id for file in ticket.attachments),
        others=_replies_elsewhere(ticket, department),
    )
    return [house().say(doubt) for doubt in doubts]


def _replies_elsewhere(ticket: Ticket, department: Department | None) -> list[tuple[str, str]]:
    """The department's latest replies to other cases, as (number, text)."""
    if department is None:
        return []
    statement = (
        select(Ticket.number, Reply.text)
        .join(Ticket, Ticket.id == Reply.ticket_id)
        .where(Reply.department_id == department.id, Reply.ticket_id != ticket.id)
        .order_by(Reply.id.desc())
        .limit(COMPARED)
    )
    return [(number, text) for number, text in db.session.execute(statement)]


def _check_rest(outcome: Outcome, rest_date: date | None, today: date) -> None:
    if outcome is not Outcome.PARTLY:
        if rest_date is not None:
            raise Invalid(
                "只有“部分解决”才填写余项完成日期。",
                fields={"rest_date": "请清空，或把办理结果改为“部分解决”。"},
            )
        return
    if rest_date is None:
        raise Invalid("请填写余项完成日期。", fields={"rest_date": "部分解决需要说明其余部分何时完成。"})
    _within("rest_date", "余项完成日期", rest_date, today, REST_DAYS)


def _check_colleague(place: Actor, person: Actor, field: str) -> None:
    if person.department_id != place.department_id:
        sentence = "只能交给本单位的同事。"
        raise Invalid(sentence, fields={field: sentence})


def _part_of(ticket: Ticket, event: Event) -> Assignment:
    """The assignment in whose name somebody acted."""
    role = AssignmentRole.SUPPORT if event.party is Party.SUPPORT else AssignmentRole.LEAD
    return next(
        part
        for part in reversed(ticket.assignments)
        if part.role is role and part.is_live and part.department_id == event.department_id
    )
