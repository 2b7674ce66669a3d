"""Dispatch: the desk hands a ticket to the department that leads it, and to those that support."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from service_desk.desk.acting import finish, open_ticket, record
from service_desk.desk.routing import led_to
from service_desk.domain.actions import Action
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import AssignmentRole
from service_desk.domain.workflow import LEAD_STARTS, SUPPORT_STARTS
from service_desk.store.base import db, transaction
from service_desk.store.moves import assign, release
from service_desk.store.people import Actor, Department, units_below
from service_desk.store.replays import replay
from service_desk.store.tickets import Ticket


@transaction
def dispatch(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    lead: Department,
    supports: Sequence[Department] = (),
    text: str = "",
) -> Ticket:
    """Give the lead and the supports their parts; their clocks start at this instant."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    if lead.id in {support.id for support in supports}:
        raise Invalid(
            "主办单位不能同时是协办单位。", fields={"supports": say("请去掉“%(lead)s”。", lead=lead.name)}
        )
    _keep_out_the_one_complained_of(ticket, (lead, *supports))
    data = {"lead": lead.name, "supports": [support.name for support in supports]}
    proposal = led_to(ticket, lead) if replay() is None else None
    event = record(ticket, Action.DISPATCH, by=by, at=at, law=law, text=text, data=data)
    part = assign(ticket, AssignmentRole.LEAD, lead, LEAD_STARTS, at=event.at, law=law)
    if proposal is not None:
        part.routed_by, part.routed_by_id = proposal.made_by, proposal.row_id
    for support in dict.fromkeys(supports):
        assign(ticket, AssignmentRole.SUPPORT, support, SUPPORT_STARTS, at=event.at, law=law)
    finish(ticket, event, law)
    return ticket


@transaction
def redispatch(
    ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, lead: Department, reason: str
) -> Ticket:
    """Another department leads from now on, with the full limit; the supports stay."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    if ticket.lead is not None and ticket.lead.department_id == lead.id:
        raise Invalid("它已经是主办单位。", fields={"lead": "请选择另一个单位。"})
    _no_live_support(ticket, lead, "lead")
    _keep_out_the_one_complained_of(ticket, (lead,))
    event = record(ticket, Action.REDISPATCH, by=by, at=at, law=law, text=reason, data={"lead": lead.name})
    assign(ticket, AssignmentRole.LEAD, lead, LEAD_STARTS, at=event.at, law=law)
    finish(ticket, event, law)
    return ticket


@transaction
def add_support(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    department: Department,
    text: str = "",
) -> Ticket:
    """One more department supports, with clocks of its own."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    if ticket.lead is not None and ticket.lead.department_id == department.id:
        raise Invalid("主办单位不能同时是协办单位。", fields={"department": "请选择另一个单位。"})
    _no_live_support(ticket, department, "department")
    _keep_out_the_one_complained_of(ticket, (department,))
    data = {"department": department.name}
    event = record(ticket, Action.ADD_SUPPORT, by=by, at=at, law=law, text=text, data=data)
    assign(ticket, AssignmentRole.SUPPORT, department, SUPPORT_STARTS, at=event.at, law=law)
    finish(ticket, event, law)
    return ticket


@transaction
def release_support(
    ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, department: Department
) -> Ticket:
    """A department is not needed any more: its clocks are void."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    data = {"department": department.name, "released": [department.id]}
    event = record(ticket, Action.RELEASE_SUPPORT, by=by, at=at, law=law, data=data)
    part = next((each for each in ticket.supports if each.department_id == department.id), None)
    if part is None:
        sentence = say("“%(name)s”不是这件诉求的协办单位。", name=department.name)
        raise Invalid(sentence, fields={"department": sentence})
    release(ticket, part, event.at)
    finish(ticket, event, law)
    return ticket


def _no_live_support(ticket: Ticket, department: Department, field: str) -> None:
    if any(part.is_live and part.department_id == department.id for part in ticket.supports):
        sentence = say("“%(name)s”正在协办这件诉求，请先取消它的协办。", name=department.name)
        raise Invalid(sentence, fields={field: sentence})


def _keep_out_the_one_complained_of(ticket: Ticket, departments: Sequence[Department]) -> None:
    if ticket.against_id is None:
        return
    barred = set(db.session.scalars(units_below(ticket.against_id)))
    for department in departments:
        if department.id in barred:
            raise Invalid(
                say("“%(department)s”是被投诉单位或其下属，不能承办这件诉求。", department=department.name)
            )


def departments_to_choose(ticket: Ticket) -> list[Department]:
    """The departments that may lead or support this ticket."""
    statement = select(Department).where(Department.active).order_by(Department.id)
    if ticket.against_id is not None:
        statement = statement.where(Department.id.not_in(units_below(ticket.against_id)))
    return list(db.session.scalars(statement))
