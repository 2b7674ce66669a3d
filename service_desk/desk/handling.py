"""Handling: the department signs, calls back, reports progress, gives its opinion, replies."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from service_desk.desk.acting import finish, open_ticket, record
from service_desk.desk.files import StoredFile
from service_desk.domain.actions import Action, Party
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import AssignmentRole, AssignmentState, Outcome
from service_desk.store.base import transaction
from service_desk.store.parts import Assignment, Reply
from service_desk.store.people import User
from service_desk.store.tickets import Ticket

TRIES, DAYS_OF_TRIES = 3, 2
"""So many failed tries on so many days count as the first contact (the law, table of the department)."""

REST_DAYS = 90


@transaction
def sign(
    ticket_id: int, *, by: User, at: datetime, seen: int | None = None, handler: User | None = None
) -> Ticket:
    """The department takes its part in hand and names who handles it (default: whoever signs)."""
    ticket, law = open_ticket(ticket_id, by, seen)
    handler = handler or by
    named = {"handler": handler.name, "handler_id": handler.id}
    event = record(ticket, Action.SIGN, by=by, at=at, law=law, data=named)
    part = _part_of(ticket, by, event.party)
    part.state, part.signed_at = AssignmentState.SIGNED, event.at
    part.handler_id, part.handler = handler.id, handler
    finish(ticket, event, law)
    return ticket


@transaction
def hand_over(ticket_id: int, *, by: User, at: datetime, seen: int | None = None, to: User) -> Ticket:
    """A colleague of the same department takes over."""
    ticket, law = open_ticket(ticket_id, by, seen)
    event = record(ticket, Action.HAND_OVER, by=by, at=at, law=law, data={"to": to.name, "to_id": to.id})
    part = _part_of(ticket, by, event.party)
    part.handler_id, part.handler = to.id, to
    finish(ticket, event, law)
    return ticket


@transaction
def first_contact(
    ticket_id: int,
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
    who: str,
    how: str,
    contacted_at: datetime | None = None,
    reached: bool = True,
    text: str = "",
) -> Ticket:
    """The lead called back. A failed try is recorded; the third on a second day counts as contact."""
    ticket, law = open_ticket(ticket_id, by, seen)
    if contacted_at is not None and not ticket.submitted_at <= contacted_at <= at:
        raise Invalid("联系时间须在提交之后、现在之前。", fields={"contacted_at": "请填写实际联系的时间。"})
    tries = [e for e in ticket.events if e.action is Action.FIRST_CONTACT and e.cycle == ticket.cycle]
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
    by: User,
    at: datetime,
    seen: int | None = None,
    text: str,
    public: bool = False,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """What has been done so far, for the enterprise to read or for the desk alone."""
    ticket, law = open_ticket(ticket_id, by, seen)
    event = record(ticket, Action.PROGRESS, by=by, at=at, law=law, text=text, public=public, files=files)
    finish(ticket, event, law)
    return ticket


@transaction
def opine(
    ticket_id: int,
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
    text: str,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """A supporting department gives its opinion; that ends its part."""
    ticket, law = open_ticket(ticket_id, by, seen)
    event = record(ticket, Action.OPINE, by=by, at=at, law=law, text=text, files=files)
    part = _part_of(ticket, by, event.party)
    part.state, part.signed_at = AssignmentState.DONE, part.signed_at or event.at
    finish(ticket, event, law)
    return ticket


@transaction
def reply(
    ticket_id: int,
    *,
    by: User,
    at: datetime,
    seen: int | None = None,
    outcome: Outcome,
    text: str,
    rest_date: date | None = None,
    files: Sequence[StoredFile] = (),
) -> Ticket:
    """The lead's reply goes to the desk to be verified; settle and promise stand still from this instant."""
    ticket, law = open_ticket(ticket_id, by, seen)
    _check_rest(outcome, rest_date, law.calendar.day_of(at))
    data = {"outcome": outcome.value} | ({"rest_date": rest_date.isoformat()} if rest_date else {})
    event = record(ticket, Action.REPLY, by=by, at=at, law=law, text=text, data=data, files=files)
    ticket.replies.append(
        Reply(
            event_id=event.id,
            department_id=by.department_id,
            department=by.department,
            cycle=ticket.cycle,
            at=event.at,
            outcome=outcome,
            text=text,
            rest_date=rest_date,
        )
    )
    finish(ticket, event, law)
    return ticket


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
    if not today <= rest_date <= today + timedelta(days=REST_DAYS):
        raise Invalid(
            say("余项完成日期须在 %(days)s 天内。", days=REST_DAYS),
            fields={
                "rest_date": say(
                    "请填写 %(first)s 至 %(last)s 之间的日期。",
                    first=today,
                    last=today + timedelta(days=REST_DAYS),
                )
            },
        )


def _part_of(ticket: Ticket, by: User, party: Party) -> Assignment:
    """The assignment in whose name somebody acts."""
    role = AssignmentRole.LEAD if party is Party.LEAD else AssignmentRole.SUPPORT
    return next(
        part
        for part in reversed(ticket.assignments)
        if part.role is role and part.is_live and part.department_id == by.department_id
    )
