"""What became of proposals: an upheld return is shown beside the rule or matter that caused it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from service_desk.domain.routing import MadeBy, MatterEntry, RuleEntry
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import ApprovalState, RequestKind
from service_desk.store.approvals import Approval
from service_desk.store.base import db
from service_desk.store.law import Law
from service_desk.store.parts import Assignment
from service_desk.store.tickets import Ticket

MOST_LISTED = 20


@dataclass(frozen=True)
class Returned:
    """One upheld return: which ticket, when it was decided, and the reason that was given."""

    ticket_id: int
    number: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class Dispatches:
    """How often a rule or matter was followed, how many of these came back, and the latest of them."""

    sent: int
    returned: int
    latest: Sequence[Returned]


def dispatches_by(made_by: MadeBy, row_id: int, *, since: datetime) -> Dispatches:
    """What became of the dispatches since then that followed a rule or matter; two statements."""
    followed = (
        select(Assignment.id)
        .where(Assignment.routed_by == made_by, Assignment.routed_by_id == row_id)
        .where(Assignment.assigned_at >= since)
    )
    upheld = (
        select(Approval.ticket_id, Ticket.number, Approval.decided_at, Approval.data)
        .join(Ticket, Ticket.id == Approval.ticket_id)
        .where(Approval.kind == RequestKind.RETURN, Approval.state == ApprovalState.GRANTED)
        .where(Approval.assignment_id.in_(followed))
    )
    sent, returned = db.session.execute(
        select(
            select(func.count()).select_from(followed.subquery()).scalar_subquery(),
            select(func.count()).select_from(upheld.subquery()).scalar_subquery(),
        )
    ).one()
    latest = db.session.execute(upheld.order_by(Approval.id.desc()).limit(MOST_LISTED)) if returned else ()
    return Dispatches(
        sent,
        returned,
        [Returned(ticket, number, at, data["reason_code"]) for ticket, number, at, data in latest],
    )


def returns_of(ticket: Ticket, law: Law) -> list[Sentence]:
    """The returns of a ticket that were upheld, each with what had proposed the department, oldest first."""
    parts = {part.id: part for part in ticket.assignments}
    return [
        _returned(request, parts.get(request.assignment_id or 0), law)
        for request in ticket.approvals
        if request.kind is RequestKind.RETURN and request.state is ApprovalState.GRANTED
    ]


def _returned(request: Approval, part: Assignment | None, law: Law) -> Sentence:
    return say(
        "%(proposed)s%(department)s已退单成立（%(reason)s）：%(text)s",
        proposed=_proposed_by(part, law),
        department=request.department.name if request.department else "",
        reason=request.data["reason_code"],
        text=request.text,
    )


def _proposed_by(part: Assignment | None, law: Law) -> str:
    """What had proposed the department; empty where the desk had chosen by itself, or its row is out of use."""
    if part is None or part.routed_by is None:
        return ""
    lines: Sequence[RuleEntry | MatterEntry] = law.rules if part.routed_by is MadeBy.RULE else law.matters
    name = next((line.name for line in lines if line.row_id == part.routed_by_id), None)
    words = "按规则“%(name)s”派给的" if part.routed_by is MadeBy.RULE else "按事项清单“%(name)s”派给的"
    return say(words, name=name) if name else ""
