"""Approvals: what somebody asked of a ticket, and what somebody else decided."""

from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain.vocabulary import ApprovalState, RequestKind
from service_desk.store.base import Document, Instant, Model, WordType
from service_desk.store.people import Department


class Approval(Model):
    """审批: one request. ``data`` holds what was asked for: days, dates, a reason code, a department.

    ``asked_for_id`` is the colleague in whose place it was asked.
    """

    __tablename__ = "approvals"
    __table_args__ = (Index("ix_approvals_state_kind_ticket_id", "state", "kind", "ticket_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    kind: Mapped[RequestKind] = mapped_column(WordType(RequestKind))
    state: Mapped[ApprovalState] = mapped_column(WordType(ApprovalState), default=ApprovalState.OPEN)
    cycle: Mapped[int]
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"))
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    assignment_id: Mapped[int | None] = mapped_column(ForeignKey("assignments.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    asked_at: Mapped[Instant]
    asked_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_for_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    asked_by_name: Mapped[str] = mapped_column(String(60))
    decided_at: Mapped[Instant | None]
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_by_name: Mapped[str | None] = mapped_column(String(60))
    decision: Mapped[str] = mapped_column(Text, default="")

    department: Mapped[Department | None] = relationship(lazy="joined")

    @property
    def is_open(self) -> bool:
        """Whether nobody has decided it, and it has neither been cancelled nor lapsed."""
        return self.state is ApprovalState.OPEN
