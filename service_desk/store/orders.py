"""Supervision orders somebody may see, in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true, tuple_

from service_desk.domain.vocabulary import Role, Word
from service_desk.store.base import db
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.enterprises import Liaison
from service_desk.store.parts import Order
from service_desk.store.people import User
from service_desk.store.queues import COUNTED_UP_TO, is_row_id
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket

READERS = (Role.CLERK, Role.SUPERVISOR, Role.LEADER, Role.HANDLER, Role.HEAD)
"""Who has a board of orders at all."""


class Answered(Word):
    """Whether an order still waits for its answer; one whose department was relieved of the ticket does not."""

    OPEN = "open", "待回复"
    DONE = "answered", "已回复"
    ALL = "all", "全部"


@dataclass(frozen=True)
class OrderLine:
    """An order with its clock, whose department it was sent to, and its ticket."""

    order: Order
    clock: Clock
    ticket: Ticket


@dataclass(frozen=True)
class OrderPage:
    """Some orders, and the key from which the next page goes on (None on the last)."""

    lines: Sequence[OrderLine]
    next_after: str | None


Orders = Select[Order, Clock, Ticket]


def visible_orders(
    user: User, *, answered: Answered, level: int | None = None, department_id: int | None = None
) -> Orders:
    """The orders of visible tickets: all for clerk and supervisor, a leader's enterprises', a department's own."""
    mine = visible_tickets(user).with_only_columns(Ticket.id)
    orders = (
        select(Order, Clock, Ticket)
        .join(Clock, Clock.id == Order.clock_id)
        .join(Ticket, Ticket.id == Order.ticket_id)
        .where(Order.ticket_id.in_(mine), or_(*_grants(user)))
    )
    if answered is Answered.OPEN:
        orders = orders.where(Clock.state.in_(LIVE))
    elif answered is Answered.DONE:
        orders = orders.where(Order.answered_at.is_not(None))
    if level is not None:
        orders = orders.where(Order.level == level)
    if department_id is not None:
        orders = orders.where(Order.department_id == department_id)
    return orders


def _grants(user: User) -> list[ColumnElement[bool]]:
    if user.has(Role.CLERK, Role.SUPERVISOR):
        return [true()]
    grants: list[ColumnElement[bool]] = [false()]
    if user.has(Role.LEADER):
        led = select(Liaison.enterprise_id).where(Liaison.leader_id == user.id)
        grants.append(Ticket.enterprise_id.in_(led))
    grants += [Order.department_id == post.department_id for post in user.posts]
    return grants


def page_of_orders(orders: Orders, *, after: str = "", by_due: bool = True, size: int = 50) -> OrderPage:
    """A page by key: what is due first, or the latest issued first.

    ``after`` is the key a page gave as ``next_after``; one that makes no sense begins at the start.
    """
    if by_due:
        # An order's clock never stands still, so that its due is always known.
        orders = orders.order_by(Clock.due_at, Order.id)
        key = _key(after)
        if key is not None:
            orders = orders.where(tuple_(Clock.due_at, Order.id) > tuple_(*key))
    else:
        orders = orders.order_by(Order.id.desc())
        if is_row_id(after):
            orders = orders.where(Order.id < int(after))
    rows = db.session.execute(orders.limit(size + 1)).unique().all()
    lines = [OrderLine(order, clock, ticket) for order, clock, ticket in rows]
    if len(lines) <= size:
        return OrderPage(lines, None)
    last = lines[size - 1]
    due = last.clock.due_at
    return OrderPage(
        lines[:size], f"{due.isoformat()}~{last.order.id}" if by_due and due else str(last.order.id)
    )


def _key(after: str) -> tuple[datetime, int] | None:
    moment, _, number = after.partition("~")
    try:
        due = datetime.fromisoformat(moment)
    except ValueError:
        return None
    return (due, int(number)) if due.tzinfo is not None and is_row_id(number) else None


def count_orders(orders: Orders) -> int:
    """How many there are, counted up to 1,000."""
    some = orders.with_only_columns(Order.id).order_by(None).limit(COUNTED_UP_TO).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0
