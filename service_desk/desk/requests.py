"""Requests: one person asks, another decides, the asker may take it back; one way for seven kinds."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from service_desk.desk.acting import finish, open_ticket, record
from service_desk.desk.files import StoredFile
from service_desk.desk.handling import check_next_reply, keep_reply, reply_data
from service_desk.domain.actions import ASK, CANCEL, DECIDE, OF_A_DEPARTMENT
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import (
    ApprovalState,
    ClockKind,
    ExcludedFigure,
    Outcome,
    Payer,
    RequestKind,
    Review,
)
from service_desk.domain.workflow import GRANTED
from service_desk.store.approvals import Approval
from service_desk.store.base import transaction
from service_desk.store.law import Law
from service_desk.store.moves import start_until
from service_desk.store.parts import FOR_ID, Event
from service_desk.store.people import Actor, Department
from service_desk.store.tickets import Ticket

CIVIL_DISPUTE = "经营主体之间民事纠纷"
NEVER_A_CIVIL_DISPUTE = (Payer.GOVERNMENT, Payer.INSTITUTION, Payer.LARGE_ENTERPRISE)
"""Who owes where arrears are never refused as a civil dispute (State Council decree 802)."""


# Asking


def _ask(
    kind: RequestKind,
    ticket: Ticket,
    *,
    by: Actor,
    at: datetime,
    law: Law,
    text: str,
    data: Mapping[str, Any],
    files: Sequence[StoredFile] = (),
) -> Approval:
    """Record what is asked; the step has started its review clock."""
    event = record(ticket, ASK[kind], by=by, at=at, law=law, text=text, data=data, files=files)
    of_the_lead = event.party in OF_A_DEPARTMENT and ticket.lead is not None
    request = Approval(
        kind=kind,
        state=ApprovalState.OPEN,
        cycle=ticket.cycle,
        clock_id=ticket.clocks[-1].id,
        event_id=event.id,
        assignment_id=ticket.lead.id if of_the_lead and ticket.lead else None,
        department_id=event.department_id,
        text=text,
        data=dict(data),
        asked_at=event.at,
        asked_by_id=by.id,
        asked_for_id=event.data.get(FOR_ID),
        asked_by_name=event.by_name,
    )
    ticket.approvals.append(request)
    finish(ticket, event, law)
    return request


@transaction
def ask_return(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    reason_code: str,
    text: str,
    proposed: Department | None = None,
) -> Ticket:
    """The lead says that the matter is another's; within the return window, once for each assignment."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    if proposed is not None and ticket.lead is not None and proposed.id == ticket.lead.department_id:
        raise Invalid("建议的主办单位不能是本单位。", fields={"proposed": "请选择另一个单位，或不填。"})
    data = {"reason_code": reason_code, "proposed": proposed.name if proposed else None}
    _ask(RequestKind.RETURN, ticket, by=by, at=at, law=law, text=text, data=data)
    return ticket


@transaction
def ask_extension(
    ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, days: int, text: str
) -> Ticket:
    """The lead asks for more time, in the unit of the limit, before it is due."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    _ask(RequestKind.EXTENSION, ticket, by=by, at=at, law=law, text=text, data={"days": days})
    _check_days(ticket, days, law)
    return ticket


def _check_days(ticket: Ticket, days: int, law: Law) -> None:
    settle = ticket.clock(ClockKind.SETTLE)
    most = law.limits.most_extension_days(ticket.profile)
    left = most - (settle.extended if settle else 0)
    if not 1 <= days <= left:
        times = law.limits.most_extensions(ticket.profile)
        sentence = say("最多延期 %(times)s 次、共 %(days)s 日。", times=times, days=most)
        raise Invalid(sentence, fields={"days": say("还可以延期 1 至 %(left)s 日。", left=left)})


@transaction
def ask_deferral(
    ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, plan: str, next_reply: date
) -> Ticket:
    """The matter cannot be settled now: the lead says how it goes on, and when it reports next."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    data = {"next_reply": next_reply.isoformat()}
    request = _ask(RequestKind.DEFERRAL, ticket, by=by, at=at, law=law, text=plan, data=data)
    check_next_reply(next_reply, law.calendar.day_of(request.asked_at))
    return ticket


@transaction
def ask_rejection(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    reason_code: str,
    text: str,
    legal_route: str,
) -> Ticket:
    """The clerk would not take the matter in, and says which legal route is open."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    if ticket.category.is_arrears and ticket.payer in NEVER_A_CIVIL_DISPUTE and CIVIL_DISPUTE in reason_code:
        sentence = "拖欠账款投诉不得以民事纠纷为由不予受理：付款方是机关、事业单位或大型企业。"
        raise Invalid(sentence, fields={"reason_code": sentence})
    data = {"reason_code": reason_code, "legal_route": legal_route}
    _ask(RequestKind.REJECTION, ticket, by=by, at=at, law=law, text=text, data=data)
    return ticket


@transaction
def ask_sign_off(
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
    """The reply is put to the head of the department; it goes out when it is signed."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    data = reply_data(outcome, rest_date, law.calendar.day_of(at))
    _ask(RequestKind.SIGN_OFF, ticket, by=by, at=at, law=law, text=text, data=data, files=files)
    return ticket


@transaction
def ask_exclusion(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    figure: ExcludedFigure,
    reason_code: str,
    text: str,
) -> Ticket:
    """The lead asks that a closing be left out of a figure."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    closing = ticket.last_closing
    granted_before = any(
        each.kind is RequestKind.EXCLUSION
        and each.state is ApprovalState.GRANTED
        and each.data["figure"] == figure.value
        and closing is not None
        and each.asked_at >= closing.at
        for each in ticket.approvals
    )
    data = {"figure": figure.value, "reason_code": reason_code}
    _ask(RequestKind.EXCLUSION, ticket, by=by, at=at, law=law, text=text, data=data)
    if granted_before:
        sentence = say("这次办结已经从“%(figure)s”中剔除。", figure=figure)
        raise Invalid(sentence, fields={"figure": sentence})
    return ticket


@transaction
def ask_appeal(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, text: str) -> Ticket:
    """The enterprise asks a supervisor who took no part to look at a closing or a rejection."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    _ask(RequestKind.APPEAL, ticket, by=by, at=at, law=law, text=text, data={})
    return ticket


# Deciding


def _decide(
    kind: RequestKind,
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None,
    granted: bool,
    text: str,
    given: Mapping[str, Any] | None = None,
) -> Ticket:
    """Grant or refuse the open request of a kind; ``given`` is what the decider changed of it."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    request = ticket.request(kind)
    asked = request.data if request else {}
    data = {**asked, **(given or {}), "granted": granted}
    event = record(
        ticket, DECIDE[kind], by=by, at=at, law=law, text=text, data=data, variant=GRANTED if granted else ""
    )
    if request is None:
        raise LookupError("the table lets nobody decide what was not asked")
    request.state = ApprovalState.GRANTED if granted else ApprovalState.REFUSED
    request.decided_at, request.decided_by_id, request.decided_by_name = event.at, by.id, event.by_name
    request.decision = text
    if granted and kind in EFFECTS:
        EFFECTS[kind](ticket, request, event, law)
    finish(ticket, event, law)
    return ticket


def _extend(ticket: Ticket, _request: Approval, event: Event, law: Law) -> None:
    """Settle and, while it is open, the promise get the days; the original due is kept."""
    days = event.data["days"]
    _check_days(ticket, days, law)
    for kind in (ClockKind.SETTLE, ClockKind.PROMISE):
        clock = ticket.clock(kind)
        if clock is not None:
            clock.extend(days, event.at, law.calendar)


def _defer(ticket: Ticket, request: Approval, event: Event, law: Law) -> None:
    day = date.fromisoformat(event.data["next_reply"])
    if event.data["next_reply"] != request.data["next_reply"]:
        check_next_reply(day, law.calendar.day_of(event.at))
    clock = start_until(ticket, ClockKind.NEXT_REPLY, day, event.at, law, department_id=request.department_id)
    if clock.due_at is not None and clock.due_at <= event.at:
        # Asked for in time, decided too late: nobody can keep a date that has passed.
        sentence = say("下次答复日期 %(day)s 已过，请填写新的日期后再同意。", day=day)
        raise Invalid(sentence, fields={"next_reply": sentence})


def _send_out(ticket: Ticket, request: Approval, event: Event, _law: Law) -> None:
    """The reply that was asked for goes out as of the decision."""
    keep_reply(
        ticket,
        event_id=request.event_id,
        at=event.at,
        text=request.text,
        data=request.data,
        department=request.department,
    )


def _take_up(ticket: Ticket, _request: Approval, event: Event, law: Law) -> None:
    """A bad rating that waited to be reviewed has been answered, as by a rework."""
    for clock in ticket.clocks:
        if clock.about is Review.RATING:
            clock.stop(event.at, law.calendar)


EFFECTS: dict[RequestKind, Callable[[Ticket, Approval, Event, Law], None]] = {
    RequestKind.EXTENSION: _extend,
    RequestKind.DEFERRAL: _defer,
    RequestKind.SIGN_OFF: _send_out,
    RequestKind.APPEAL: _take_up,
}
"""What a grant does beyond the step."""


@transaction
def decide_return(
    ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, granted: bool, text: str = ""
) -> Ticket:
    """Uphold a return, and the desk dispatches anew; or refuse it, and the clocks have never stopped."""
    return _decide(RequestKind.RETURN, ticket_id, by=by, at=at, seen=seen, granted=granted, text=text)


@transaction
def decide_extension(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    granted: bool,
    days: int | None = None,
    text: str = "",
) -> Ticket:
    """Move the deadline, or leave it; the enterprise is told where it moves."""
    given = {"days": days} if days is not None else {}
    return _decide(
        RequestKind.EXTENSION, ticket_id, by=by, at=at, seen=seen, granted=granted, text=text, given=given
    )


@transaction
def decide_deferral(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    granted: bool,
    next_reply: date | None = None,
    text: str = "",
) -> Ticket:
    """Let the matter rest for at most 90 calendar days, with a date for the next reply; or not."""
    given = {"next_reply": next_reply.isoformat()} if next_reply else {}
    return _decide(
        RequestKind.DEFERRAL, ticket_id, by=by, at=at, seen=seen, granted=granted, text=text, given=given
    )


def _deciding(kind: RequestKind, what: str) -> Callable[..., Ticket]:
    """The verb that decides a request whose decision brings nothing but yes or no."""

    def decide(
        ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, granted: bool, text: str = ""
    ) -> Ticket:
        return _decide(kind, ticket_id, by=by, at=at, seen=seen, granted=granted, text=text)

    decide.__doc__, decide.__name__ = what, DECIDE[kind].value
    return transaction(decide)


decide_rejection = _deciding(
    RequestKind.REJECTION, "Reject the matter, with the reason asked for; or take it in."
)
decide_sign_off = _deciding(RequestKind.SIGN_OFF, "Sign the reply, which goes out at this instant; or not.")
decide_exclusion = _deciding(RequestKind.EXCLUSION, "Leave the closing out of the figure; or count it.")
decide_appeal = _deciding(
    RequestKind.APPEAL, "Take the matter up again; or let the closing or rejection stand."
)


# Taking back


def _cancelling(kind: RequestKind) -> Callable[..., Ticket]:
    """The verb by which the asker takes a request of this kind back."""

    def cancel(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None) -> Ticket:
        ticket, law = open_ticket(ticket_id, by, at, seen)
        request = ticket.request(kind)
        event = record(ticket, CANCEL[kind], by=by, at=at, law=law)
        if request is not None:
            request.state = ApprovalState.CANCELLED
        finish(ticket, event, law)
        return ticket

    cancel.__doc__, cancel.__name__ = "Take an undecided request back.", CANCEL[kind].value
    return transaction(cancel)


CANCELLING = {kind: _cancelling(kind) for kind in RequestKind}
