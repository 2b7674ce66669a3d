"""What the monthly report and the weekly pack list: one statement a list, plain rows, all from somebody's tickets."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, and_, case, func, or_, select, true
from sqlalchemy.orm import aliased

from service_desk.domain.actions import Action
from service_desk.domain.figures import Period
from service_desk.domain.ledger import LedgerReader
from service_desk.domain.limits import Profile, limit_class
from service_desk.domain.states import OPEN, TURN_CLOCKS
from service_desk.domain.vocabulary import (
    ApprovalState,
    ClockKind,
    ClockState,
    Level,
    Nature,
    RequestKind,
    Solved,
    Source,
    State,
    Urgency,
)
from service_desk.store.approvals import Approval
from service_desk.store.base import among_numbers, db
from service_desk.store.catalogue import ARREARS, Category
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.enterprises import Area, Enterprise, Liaison
from service_desk.store.incidents import Incident
from service_desk.store.notices import Card
from service_desk.store.parts import Event, Order, Rating, Reply
from service_desk.store.people import Department, User
from service_desk.store.tickets import Ticket

MORE_THAN_ONCE = 2
OFTEN = 3
"""Requests of one enterprise in a period, from which on it is named."""

ABOUT = (
    Ticket.number,
    Enterprise.name.label("enterprise"),
    Ticket.title,
    Ticket.contact_name,
    Category.name.label("category"),
    Ticket.state,
)
"""What every list tells of a ticket; the contact's name is there to be taken out of the title."""

AnyRow = Row[*tuple[Any, ...]]


def _about(tickets: Select[Ticket], *more: Any) -> Select[*tuple[Any, ...]]:
    """Some tickets with what is told of each, and more."""
    return (
        tickets.join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .join(Category, Category.id == Ticket.category_id)
        .with_only_columns(*ABOUT, *more)
    )


def _rows(statement: Select[*tuple[Any, ...]]) -> Sequence[AnyRow]:
    return db.session.execute(statement).all()


def _within(column: Any, period: Period) -> ColumnElement[bool]:  # noqa: ANN401 - a column of instants
    found: ColumnElement[bool] = and_(column >= period.begins, column < period.ends)
    return found


def _own(column: Any, reader: LedgerReader) -> ColumnElement[bool]:  # noqa: ANN401 - a column of ids
    """What concerns the reader's department; for the desk everything."""
    return true() if reader.desk else and_(column == reader.department_id)


# What is open


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """An open ticket: ``due_at`` is that of whoever's turn it is, ``settle_due`` the department's own deadline.

    Both are None while unknown. ``lead`` is None before dispatch. What follows ``category_id`` is for ``profile``.
    """

    number: str
    enterprise: str
    title: str
    contact_name: str
    category: str
    state: State
    enterprise_id: int
    area: str | None
    lead: str | None
    submitted_at: datetime
    due_at: datetime | None
    settle_due: datetime | None
    settle_since: datetime | None
    category_id: int
    nature: Nature
    urgency: Urgency
    is_complex: bool
    source: Source

    @property
    def profile(self) -> Profile:
        """What its limits and ladders are read by."""
        kind = limit_class(
            nature=self.nature,
            urgency=self.urgency,
            is_complex=self.is_complex,
            is_arrears=self.category == ARREARS,
        )
        return Profile(kind, self.category_id, self.source)

    def deadline(self, now: datetime) -> tuple[ClockKind, datetime | None]:
        """The clock it is told by, and its due: that of whoever's turn it is; of several late ones settle."""
        kinds = TURN_CLOCKS[self.state]
        settle_is_late = self.settle_due is not None and self.settle_due < now
        if ClockKind.SETTLE in kinds and (settle_is_late or self.due_at == self.settle_due):
            return ClockKind.SETTLE, self.settle_due
        return kinds[0], self.due_at


def open_tickets(tickets: Select[Ticket]) -> list[OpenTicket]:
    """The open ones, in the order of their numbers."""
    lead, settle = aliased(Department), aliased(Clock)
    statement = (
        _about(
            tickets.where(Ticket.state.in_(OPEN)),
            Ticket.enterprise_id,
            Area.name,
            lead.name,
            *(Ticket.submitted_at, Ticket.due_at, settle.due_at, settle.started_at),
            *(Ticket.category_id, Ticket.nature, Ticket.urgency, Ticket.is_complex, Ticket.source),
        )
        .outerjoin(Area, Area.id == Ticket.area_id)
        .outerjoin(lead, lead.id == Ticket.lead_department_id)
        .outerjoin(
            settle,
            and_(
                settle.ticket_id == Ticket.id,
                settle.kind == ClockKind.SETTLE,
                settle.state.in_(LIVE),
                settle.cycle == Ticket.cycle,
            ),
        )
        .order_by(Ticket.number)
    )
    return [OpenTicket(*row) for row in _rows(statement)]


def deferrals(tickets: Select[Ticket], reader: LedgerReader) -> Sequence[AnyRow]:
    """The deferred tickets, each with its plan, since when, and when it is answered next; a department's own."""
    other, lead = aliased(Approval), aliased(Department)
    last = select(func.max(other.id)).where(
        other.ticket_id == Ticket.id,
        other.kind == RequestKind.DEFERRAL,
        other.state == ApprovalState.GRANTED,
    )
    return _rows(
        _about(
            tickets.where(Ticket.state == State.DEFERRED, _own(Ticket.lead_department_id, reader)),
            *(lead.name.label("lead"), Approval.text, Approval.decided_at, _next_reply().label("next_reply")),
        )
        .outerjoin(Approval, Approval.id == last.correlate(Ticket).scalar_subquery())
        .outerjoin(lead, lead.id == Ticket.lead_department_id)
        .order_by(lead.name, Ticket.number)
    )


def _next_reply() -> ScalarSelect[date | None]:
    waits = select(func.max(Clock.named_date)).where(
        Clock.ticket_id == Ticket.id, Clock.kind == ClockKind.NEXT_REPLY, Clock.state.in_(LIVE)
    )
    return waits.correlate(Ticket).scalar_subquery()


def returned_often(tickets: Select[Ticket], reader: LedgerReader) -> Sequence[AnyRow]:
    """The open tickets that were asked to be returned more than once: how often, how often granted, and why last.

    For the desk all requests; for a department its own.
    """
    granted = func.sum(case((Approval.state == ApprovalState.GRANTED, 1), else_=0))
    asked = (
        select(
            Approval.ticket_id,
            func.count().label("asked"),
            granted.label("granted"),
            func.max(Approval.id).label("last_id"),
        )
        .where(Approval.kind == RequestKind.RETURN, _own(Approval.department_id, reader))
        .group_by(Approval.ticket_id)
        .having(func.count() >= MORE_THAN_ONCE)
        .subquery()
    )
    last, asker, lead = aliased(Approval), aliased(Department), aliased(Department)
    return _rows(
        _about(
            tickets.where(Ticket.state.in_(OPEN)),
            *(asked.c.asked, asked.c.granted, lead.name.label("lead"), asker.name.label("asker")),
            *(last.data, last.asked_at),
        )
        .join(asked, asked.c.ticket_id == Ticket.id)
        .join(last, last.id == asked.c.last_id)
        .outerjoin(asker, asker.id == last.department_id)
        .outerjoin(lead, lead.id == Ticket.lead_department_id)
        .order_by(asked.c.asked.desc(), Ticket.number)
    )


# Cards and orders


def cards(tickets: Select[Ticket], period: Period, reader: LedgerReader) -> Sequence[AnyRow]:
    """The cards given in a period, by department; a department's own, for the desk all."""
    return _rows(
        _about(
            tickets,
            Department.name.label("department"),
            *(Card.colour, Card.kind, Card.due_at, Card.given_at),
        )
        .join(Card, Card.ticket_id == Ticket.id)
        .join(Department, Department.id == Card.department_id)
        .where(_within(Card.given_at, period), _own(Card.department_id, reader))
        .order_by(Department.name, Card.given_at, Card.id)
    )


def orders(tickets: Select[Ticket], period: Period, reader: LedgerReader) -> Sequence[AnyRow]:
    """The orders issued in a period, and those still unanswered; a department's own, for the desk all."""
    waits = and_(Order.answered_at.is_(None), Clock.state.in_(LIVE))
    is_new = _within(Order.issued_at, period)
    return _rows(
        _about(
            tickets,
            Department.name.label("department"),
            *(Order.number.label("order_number"), Order.level, Order.demand, Order.issued_at),
            *(Order.answered_at, Order.new_date, Clock.due_at),
            case((waits, 1), else_=0).label("waits"),
            case((is_new, 1), else_=0).label("is_new"),
        )
        .join(Order, Order.ticket_id == Ticket.id)
        .join(Clock, Clock.id == Order.clock_id)
        .outerjoin(Department, Department.id == Order.department_id)
        .where(or_(is_new, waits), _own(Order.department_id, reader))
        .order_by(Department.name, Order.issued_at, Order.id)
    )


# Ratings


def _closing_of(closing: type[Event]) -> ColumnElement[bool]:
    """The event by which the cycle of a rating was closed."""
    return and_(
        closing.ticket_id == Ticket.id,
        closing.cycle == Rating.cycle,
        closing.before == State.AWAITING_RATING,
        closing.after == State.CLOSED,
    )


def _is_the_last() -> ColumnElement[bool]:
    """The rating as last corrected."""
    corrected = aliased(Rating)
    return ~select(corrected.id).where(corrected.corrects_id == Rating.id).exists()


def _last_id(entity: type[Reply | Rating], *conditions: ColumnElement[bool]) -> ScalarSelect[int | None]:
    """The last of a ticket's replies or ratings for which this holds."""
    found = select(func.max(entity.id)).where(entity.ticket_id == Ticket.id, *conditions)
    return found.correlate(Ticket, Rating).scalar_subquery()


def _kept_closed() -> ColumnElement[bool]:
    """Whether it was decided that a rating's closing stands."""
    kept = aliased(Event)
    decided = select(kept.id).where(
        kept.ticket_id == Ticket.id, kept.cycle == Rating.cycle, kept.action == Action.KEEP_CLOSED
    )
    return decided.correlate(Ticket, Rating).exists()


def bad_ratings(tickets: Select[Ticket], period: Period | None, reader: LedgerReader) -> Sequence[AnyRow]:
    """The closings rated badly, as last corrected, in a period, and what became of each.

    Without a period, those of open tickets that are worked on again. For the desk all; for a department those of its
    own that opened a rework. ``words`` are what the enterprise wrote.
    """
    closing, lead = aliased(Event), aliased(Department)
    own, answer, again = aliased(Reply), aliased(Reply), aliased(Rating)
    its_own, answers, agains = aliased(Reply), aliased(Reply), aliased(Rating)
    bad_levels = (Level.DISSATISFIED, Level.VERY_DISSATISFIED)
    reworked = Ticket.cycle > Rating.cycle
    conditions = [
        or_(Rating.solved == Solved.UNSOLVED, Rating.level.in_(bad_levels)),
        _is_the_last(),
        _within(closing.at, period) if period else and_(Ticket.state.in_(OPEN), reworked),
    ]
    if not reader.desk:
        conditions.append(and_(own.department_id == reader.department_id, reworked))
    next_cycle = Rating.cycle + 1
    return _rows(
        _about(
            tickets,
            *(lead.name.label("department"), closing.at.label("closed_at"), Rating.cycle, Rating.solved),
            *(Rating.level, Rating.text.label("words"), Ticket.cycle.label("now_in"), answer.outcome),
            *(
                again.solved.label("solved_again"),
                again.level.label("level_again"),
                _kept_closed().label("kept"),
            ),
        )
        .join(Rating, Rating.ticket_id == Ticket.id)
        .join(closing, _closing_of(closing))
        .outerjoin(
            own, own.id == _last_id(its_own, its_own.cycle == Rating.cycle, its_own.verified_at.is_not(None))
        )
        .outerjoin(lead, lead.id == own.department_id)
        .outerjoin(
            answer,
            answer.id == _last_id(answers, answers.cycle == next_cycle, answers.verified_at.is_not(None)),
        )
        .outerjoin(again, again.id == _last_id(agains, agains.cycle == next_cycle))
        .where(*conditions)
        .order_by(closing.at, Rating.id)
    )


def praised(tickets: Select[Ticket], period: Period) -> Sequence[AnyRow]:
    """Closings of a period rated 已解决 and 非常满意, replied to by a department within the original limit."""
    closing = aliased(Event)
    settle = and_(
        Clock.ticket_id == Ticket.id,
        Clock.cycle == Rating.cycle,
        Clock.kind == ClockKind.SETTLE,
        Clock.state.in_((ClockState.MET, ClockState.MISSED)),
    )
    return _rows(
        tickets.with_only_columns(Ticket.number, Rating.cycle)
        .join(Rating, Rating.ticket_id == Ticket.id)
        .join(closing, _closing_of(closing))
        .join(Clock, settle)
        .where(
            Rating.solved == Solved.SOLVED,
            Rating.level == Level.VERY_SATISFIED,
            Clock.judged_at <= Clock.original_due_at,
            _within(closing.at, period),
            _is_the_last(),
        )
    )


def told_of(tickets: Select[Ticket], numbers: Sequence[str]) -> dict[str, AnyRow]:
    """What is told of some of the tickets, by number."""
    return {row.number: row for row in _rows(_about(tickets.where(among_numbers(Ticket.number, numbers))))}


# Exclusions


def exclusions(tickets: Select[Ticket], numbers: Sequence[str], reader: LedgerReader) -> Sequence[AnyRow]:
    """The granted exclusions of some of the tickets; a department's own, for the desk all."""
    return _rows(
        _about(
            tickets.where(among_numbers(Ticket.number, numbers)),
            Department.name.label("asker"),
            *(Approval.cycle, Approval.data, Approval.text),
            *(Approval.decided_at, Approval.decided_by_name),
        )
        .join(Approval, Approval.ticket_id == Ticket.id)
        .outerjoin(Department, Department.id == Approval.department_id)
        .where(
            Approval.kind == RequestKind.EXCLUSION,
            Approval.state == ApprovalState.GRANTED,
            _own(Approval.department_id, reader),
        )
        .order_by(Ticket.number, Approval.id)
    )


# Of enterprises together


def incidents(tickets: Select[Ticket], period: Period) -> Sequence[AnyRow]:
    """Incidents with tickets submitted in a period: all their tickets, those closed, and how many enterprises."""
    number = func.count(Ticket.id)
    new = func.sum(case((_within(Ticket.submitted_at, period), 1), else_=0))
    return _rows(
        tickets.join(Incident, Incident.id == Ticket.incident_id)
        .with_only_columns(
            *(Incident.id, Incident.title, Incident.opened_at, Incident.closed_at),
            number.label("tickets"),
            func.count(Ticket.enterprise_id.distinct()).label("enterprises"),
            func.sum(case((Ticket.state == State.CLOSED, 1), else_=0)).label("closed"),
        )
        .group_by(Incident.id, Incident.title, Incident.opened_at, Incident.closed_at)
        .having(new > 0)
        .order_by(number.desc(), Incident.id)
    )


def submitted_by_enterprise(tickets: Select[Ticket], period: Period) -> Sequence[AnyRow]:
    """How many requests each enterprise filed in a period, the most first."""
    number = func.count(Ticket.id)
    return _rows(
        tickets.where(Ticket.state != State.DRAFT, _within(Ticket.submitted_at, period))
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .with_only_columns(Ticket.enterprise_id, Enterprise.name, number.label("submitted"))
        .group_by(Ticket.enterprise_id, Enterprise.name)
        .order_by(number.desc(), Enterprise.name)
    )


def closed_by_enterprise(tickets: Select[Ticket], period: Period) -> dict[int, int]:
    """How many closings each enterprise saw in a period."""
    closing = and_(
        Event.before == State.AWAITING_RATING, Event.after == State.CLOSED, _within(Event.at, period)
    )
    rows = _rows(
        tickets.join(Event, Event.ticket_id == Ticket.id)
        .where(closing)
        .with_only_columns(Ticket.enterprise_id, func.count(Event.id))
        .group_by(Ticket.enterprise_id)
    )
    return {row[0]: row[1] for row in rows}


def liaisons() -> Sequence[AnyRow]:
    """Who looks after each enterprise: the leader, the officer, the department."""
    leader, officer = aliased(User), aliased(User)
    return _rows(
        select(
            Liaison.enterprise_id,
            leader.name.label("leader"),
            officer.name.label("officer"),
            Department.name.label("department"),
        )
        .outerjoin(leader, leader.id == Liaison.leader_id)
        .outerjoin(officer, officer.id == Liaison.officer_id)
        .outerjoin(Department, Department.id == Liaison.department_id)
    )
