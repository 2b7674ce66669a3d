"""What hangs on a ticket: assignments, replies, ratings, orders, events."""

from datetime import date
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain.actions import Action, Party
from service_desk.domain.routing import MadeBy
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import (
    AssignmentRole,
    AssignmentState,
    Level,
    Outcome,
    Solved,
    State,
    is_bad_rating,
)
from service_desk.store.base import Document, Instant, Model, WordType
from service_desk.store.people import Actor, Department, User

LIVE_ASSIGNMENT = (AssignmentState.WAITING, AssignmentState.SIGNED)


FOR_ID = "for_id"
"""Where an event's ``data`` keeps the id of the colleague in whose place somebody acted; their name is in ``for``."""


class Event(Model):
    """办理记录: one append-only line; ``data`` holds the action's own fields.

    ``by_id`` is whoever acted; ``by_name`` says besides in whose place, if in a colleague's.
    """

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_ticket_id_id", "ticket_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    at: Mapped[Instant]
    action: Mapped[Action] = mapped_column(WordType(Action))
    before: Mapped[State] = mapped_column(WordType(State))
    after: Mapped[State] = mapped_column(WordType(State))
    cycle: Mapped[int]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    by_name: Mapped[str] = mapped_column(String(60))
    party: Mapped[Party] = mapped_column(WordType(Party))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    public: Mapped[bool]
    text: Mapped[str] = mapped_column(Text, default="")
    data: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)

    department: Mapped[Department | None] = relationship(lazy="joined")

    def actor_to(self, *, enterprise: bool) -> str:
        """Who acted, as the reader may know it: neither side is told the names of the other's people."""
        if self.party is Party.SYSTEM:
            return say("系统")
        if (self.party is Party.CONTACT) is enterprise:
            return self.by_name
        if self.party is Party.CONTACT:
            return say("企业")
        return self.department.name if self.department is not None else say("专窗")


class Reveal(Model):
    """One look at personal data that pages mask: who, when, and why; of one ticket, or of all in an export."""

    __tablename__ = "reveals"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    export_id: Mapped[int | None] = mapped_column(ForeignKey("exports.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    at: Mapped[Instant]
    reason: Mapped[str] = mapped_column(String(200))


class Assignment(Model):
    """交办: a department's part in a ticket; ``routed_by`` is what proposed it, and the id of that rule or matter.

    ``handler_name`` is the handler of another system, who has no account here.
    """

    __tablename__ = "assignments"
    __table_args__ = (
        Index("ix_assignments_department_id_ticket_id", "department_id", "ticket_id", "state", "role"),
        Index("ix_assignments_routed_by_routed_by_id", "routed_by", "routed_by_id", "assigned_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"))
    role: Mapped[AssignmentRole] = mapped_column(WordType(AssignmentRole))
    state: Mapped[AssignmentState] = mapped_column(WordType(AssignmentState))
    cycle: Mapped[int]
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    handler_name: Mapped[str | None] = mapped_column(String(60))
    assigned_at: Mapped[Instant]
    signed_at: Mapped[Instant | None]
    routed_by: Mapped[MadeBy | None] = mapped_column(WordType(MadeBy))
    routed_by_id: Mapped[int | None]

    department: Mapped[Department] = relationship(lazy="joined")
    handler: Mapped[User | None] = relationship(lazy="joined", innerjoin=False)

    @property
    def is_live(self) -> bool:
        """Whether the department still has it in hand."""
        return self.state in LIVE_ASSIGNMENT

    @property
    def handled_by(self) -> str | None:
        """The handler's name."""
        return self.handler.name if self.handler is not None else self.handler_name

    def give_to(self, person: Actor) -> None:
        """Name who handles it: an account, or a name of another system (none where it is not known)."""
        if isinstance(person, User):
            self.handler_id, self.handler, self.handler_name = person.id, person, None
        else:
            self.handler_id, self.handler, self.handler_name = None, None, person.known_as or None


class Reply(Model):
    """答复: what the lead (or the desk itself) answers. Verified and confirmed are facts of their own.

    ``warnings`` say what seemed doubtful when it went out, to those who verify it.
    """

    __tablename__ = "replies"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    cycle: Mapped[int]
    at: Mapped[Instant]
    outcome: Mapped[Outcome | None] = mapped_column(WordType(Outcome))
    text: Mapped[str] = mapped_column(Text)
    rest_date: Mapped[date | None] = mapped_column(Date)
    warnings: Mapped[list[str]] = mapped_column(Document, default=list)
    verified_at: Mapped[Instant | None]
    sent_back_at: Mapped[Instant | None]

    event: Mapped[Event] = relationship()
    department: Mapped[Department | None] = relationship(lazy="joined")


class Rating(Model):
    """评价 of one closing."""

    __tablename__ = "ratings"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    cycle: Mapped[int]
    at: Mapped[Instant]
    solved: Mapped[Solved] = mapped_column(WordType(Solved))
    level: Mapped[Level] = mapped_column(WordType(Level))
    text: Mapped[str] = mapped_column(Text, default="")
    by_phone: Mapped[bool] = mapped_column(default=False)
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("ratings.id"), index=True)

    event: Mapped[Event] = relationship()

    @property
    def is_bad(self) -> bool:
        """差评."""
        return is_bad_rating(self.solved, self.level)


class Order(Model):
    """督办单, numbered within its ticket."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id"))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
    number: Mapped[int]
    level: Mapped[int]
    demand: Mapped[str] = mapped_column(Text)
    issued_at: Mapped[Instant]
    answered_at: Mapped[Instant | None]
    answer: Mapped[str | None] = mapped_column(Text)
    new_date: Mapped[date | None] = mapped_column(Date)
