"""Questions of the boards: how many tickets stand where, which are late, and which clocks run."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, select, union_all

from service_desk.domain.states import OPEN
from service_desk.domain.vocabulary import ClockKind, ClockState, State
from service_desk.store.base import db
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.people import Department
from service_desk.store.tickets import Ticket

DEPARTMENT_CLOCKS = (
    ClockKind.SIGN,
    ClockKind.FIRST_CONTACT,
    ClockKind.SETTLE,
    ClockKind.OPINION,
    ClockKind.NEXT_REPLY,
    ClockKind.ORDER,
    ClockKind.REST,
)
"""What a department itself works against: not the reviews of what it asked, nor the window it may return in."""


@dataclass(frozen=True)
class Stock:
    """Open tickets of one lead (None: not dispatched) in one state: all, those overdue, those due later today."""

    department: str | None
    department_id: int | None
    state: State
    number: int
    overdue: int
    today: int


@dataclass(frozen=True)
class ClockStock:
    """Live clocks of one kind: overdue, due later today, due after today, and paused."""

    kind: ClockKind
    overdue: int
    today: int
    later: int
    paused: int


def _number_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def open_stock(tickets: Select[Ticket], *, now: datetime, today_ends: datetime) -> list[Stock]:
    """The open ones among ``tickets`` by lead and state, in one grouped statement; the lead's name comes with it."""
    wanted = tickets.where(Ticket.state.in_(OPEN)).with_only_columns(
        Ticket.lead_department_id,
        Ticket.state,
        func.count().label("number"),
        _number_of(Ticket.due_at < now).label("overdue"),
        _number_of(and_(Ticket.due_at >= now, Ticket.due_at < today_ends)).label("today"),
    )
    counted = wanted.group_by(Ticket.lead_department_id, Ticket.state).subquery()
    rows = db.session.execute(
        select(Department.name, counted).outerjoin(Department, Department.id == counted.c.lead_department_id)
    )
    return [Stock(*row) for row in rows]


def late_tickets(tickets: Select[Ticket], *, before: datetime, most: int) -> Sequence[Ticket]:
    """The open ones among ``tickets`` that are due before an instant, what was due first on top."""
    in_order = (Ticket.due_at, Ticket.id)
    late = tickets.where(Ticket.due_at < before)
    # State by state, an index leads to the first of each; asked for together, all that are late would be sorted.
    first = union_all(
        *(
            select(
                late.where(Ticket.state == state)
                .with_only_columns(Ticket.id)
                .order_by(*in_order)
                .limit(most)
                .subquery()
                .c.id
            )
            for state in OPEN
        )
    )
    found = select(Ticket).where(Ticket.id.in_(first)).order_by(*in_order).limit(most)
    return db.session.scalars(found).unique().all()


def clock_stock(
    tickets: Select[Ticket], departments: Collection[int], *, now: datetime, today_ends: datetime
) -> list[ClockStock]:
    """The live clocks of some departments on ``tickets``, by kind."""
    rows = db.session.execute(
        select(
            Clock.kind,
            *(_number_of(_stands(standing, now, today_ends)) for standing in STANDINGS),
        )
        .where(_of(departments), Clock.ticket_id.in_(tickets.with_only_columns(Ticket.id)))
        .group_by(Clock.kind)
    )
    found = {kind: ClockStock(kind, *numbers) for kind, *numbers in rows}
    return [found[kind] for kind in DEPARTMENT_CLOCKS if kind in found]


STANDINGS = ("overdue", "today", "later", "paused")


def tickets_by_clock(
    tickets: Select[Ticket],
    departments: Collection[int],
    *,
    kind: ClockKind,
    standing: str,
    now: datetime,
    today_ends: datetime,
) -> Select[Ticket]:
    """Those of ``tickets`` on which such a clock of one of the departments stands so."""
    clocks = select(Clock.ticket_id).where(
        _of(departments), Clock.kind == kind, _stands(standing, now, today_ends)
    )
    return tickets.where(Ticket.id.in_(clocks))


def _of(departments: Collection[int]) -> ColumnElement[bool]:
    return and_(
        Clock.department_id.in_(departments), Clock.state.in_(LIVE), Clock.kind.in_(DEPARTMENT_CLOCKS)
    )


def _stands(standing: str, now: datetime, today_ends: datetime) -> ColumnElement[bool]:
    """How a live clock stands: one that was overdue when it was paused stays overdue."""
    match standing:
        case "overdue":
            return Clock.due_at < now
        case "today":
            return and_(Clock.due_at >= now, Clock.due_at < today_ends, Clock.state == ClockState.RUNNING)
        case "later":
            return and_(Clock.due_at >= today_ends, Clock.state == ClockState.RUNNING)
        case _:
            not_late = func.coalesce(Clock.due_at, now) >= now
            return and_(Clock.state == ClockState.PAUSED, not_late)
