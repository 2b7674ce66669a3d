"""Exclusions somebody may see: what was asked to be left out of a figure, and what became of it, in pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, false, func, or_, select, true

from service_desk.domain.vocabulary import ApprovalState, ExcludedFigure, RequestKind, Role
from service_desk.store.approvals import Approval
from service_desk.store.base import db
from service_desk.store.people import User
from service_desk.store.queues import COUNTED_UP_TO, is_row_id
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket

READERS = (Role.CLERK, Role.QUALITY, Role.SUPERVISOR, Role.HANDLER, Role.HEAD)
"""Who has a list of exclusions at all: the desk, and each department its own."""

Exclusions = Select[Approval, Ticket]


@dataclass(frozen=True)
class ExclusionPage:
    """Some exclusions with their tickets, and the key from which the next page goes on (None on the last)."""

    lines: Sequence[tuple[Approval, Ticket]]
    next_after: str | None


def visible_exclusions(
    user: User,
    *,
    figure: ExcludedFigure | None = None,
    state: ApprovalState | None = None,
    asked_in: tuple[datetime, datetime] | None = None,
) -> Exclusions:
    """The exclusions of visible tickets: all for the desk, a department's own for its people.

    ``asked_in`` is the half-open span in which they were asked.
    """
    mine = visible_tickets(user).with_only_columns(Ticket.id)
    exclusions = (
        select(Approval, Ticket)
        .join(Ticket, Ticket.id == Approval.ticket_id)
        .where(Approval.kind == RequestKind.EXCLUSION, Approval.ticket_id.in_(mine), or_(*_grants(user)))
    )
    if figure is not None:
        exclusions = exclusions.where(Approval.data["figure"].as_string() == figure.value)
    if state is not None:
        exclusions = exclusions.where(Approval.state == state)
    if asked_in is not None:
        exclusions = exclusions.where(Approval.asked_at >= asked_in[0], Approval.asked_at < asked_in[1])
    return exclusions


def _grants(user: User) -> list[ColumnElement[bool]]:
    if user.has(Role.CLERK, Role.QUALITY, Role.SUPERVISOR):
        return [true()]
    return [false(), *(Approval.department_id == post.department_id for post in user.posts)]


def page_of_exclusions(exclusions: Exclusions, *, after: str = "", size: int = 50) -> ExclusionPage:
    """A page by key, what was asked last first.

    ``after`` is the key a page gave as ``next_after``; one that makes no sense begins at the start.
    """
    if is_row_id(after):
        exclusions = exclusions.where(Approval.id < int(after))
    rows = db.session.execute(exclusions.order_by(Approval.id.desc()).limit(size + 1)).unique().all()
    lines = [(request, ticket) for request, ticket in rows[:size]]
    return ExclusionPage(lines, str(lines[-1][0].id) if len(rows) > size else None)


def count_exclusions(exclusions: Exclusions) -> int:
    """How many there are, counted up to 1,000."""
    some = exclusions.with_only_columns(Approval.id).order_by(None).limit(COUNTED_UP_TO).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0
