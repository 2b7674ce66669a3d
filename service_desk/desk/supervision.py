"""Supervision: numbered orders, issued by a supervisor or by the reminder ladder, answered by the lead."""

from datetime import date, datetime

from service_desk.desk.acting import finish, open_ticket, record
from service_desk.domain.actions import Action
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import ClockKind, OrderLevel
from service_desk.store.base import db, transaction
from service_desk.store.law import Law
from service_desk.store.moves import start_clock
from service_desk.store.parts import Order
from service_desk.store.people import Actor
from service_desk.store.tickets import Ticket


@transaction
def supervise(
    ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, level: OrderLevel, text: str
) -> Ticket:
    """Issue an order: a level, a demand, and a clock until it is answered."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    issue_order(ticket, by=by, at=at, law=law, level=int(level.value), demand=text)
    return ticket


@transaction
def instruct(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, text: str) -> Ticket:
    """A leader's instruction: an order of the first level."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    issue_order(ticket, by=by, at=at, law=law, level=1, demand=text, action=Action.INSTRUCT)
    return ticket


def issue_order(
    ticket: Ticket,
    *,
    by: Actor | None,
    at: datetime,
    law: Law,
    level: int,
    demand: str,
    action: Action = Action.SUPERVISE,
) -> Order:
    """Write an order within the caller's transaction; ``by`` is None where the ladder issues it."""
    data = {"level": level, "number": len(ticket.orders) + 1}
    event = record(ticket, action, by=by, at=at, law=law, text=demand, data=data)
    lead = ticket.last_lead
    clock = start_clock(
        ticket, ClockKind.ORDER, event.at, law, department_id=lead.department_id if lead is not None else None
    )
    db.session.flush()
    order = Order(
        clock_id=clock.id,
        department_id=clock.department_id,
        number=data["number"],
        level=level,
        demand=demand,
        issued_at=event.at,
    )
    ticket.orders.append(order)
    finish(ticket, event, law)
    return order


@transaction
def answer_order(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    text: str,
    new_date: date,
    order: int | None = None,
) -> Ticket:
    """Answer an order by its number; the number may be left out where one is open."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    event = record(
        ticket, Action.ANSWER_ORDER, by=by, at=at, law=law, text=text, data={"new_date": new_date.isoformat()}
    )
    running = ticket.running_orders
    waiting = [each for each in running if order in (None, each.number)]
    if len(waiting) != 1:
        numbers = tuple(each.number for each in running)
        raise Invalid(
            "请说明回复哪一张督办单。",
            fields={"order": say("待回复的督办单：%(numbers)s。", numbers=numbers)},
        )
    if new_date < law.calendar.day_of(at):
        raise Invalid("新的办结日期不能早于今天。", fields={"new_date": "请填写今天或以后的日期。"})
    answered = waiting[0]
    answered.answered_at, answered.answer, answered.new_date = event.at, text, new_date
    event.data = {**event.data, "number": answered.number}
    for clock in ticket.clocks:
        if clock.id == answered.clock_id:
            clock.stop(event.at, law.calendar)
    finish(ticket, event, law)
    return ticket
