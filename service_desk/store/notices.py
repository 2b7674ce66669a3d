"""Notices people read in the product, and letters on their way out: rows first, sent by the clockwork later."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain.vocabulary import ClockKind, Word
from service_desk.store.base import Instant, Model, WordType
from service_desk.store.channels import Robot
from service_desk.store.exports import Export
from service_desk.store.people import User


class Notice(Model):
    """消息: delivered the moment it is committed. ``key`` says what it is about, once for each recipient."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("key", "recipient_id"),
        Index("ix_notices_recipient_unread", "recipient_id", "read_at", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120))
    recipient_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    title: Mapped[str] = mapped_column(String(150))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Instant]
    read_at: Mapped[Instant | None]


class Channel(Word):
    """By which way a letter leaves; in the product everything is a ``Notice`` besides."""

    MAIL = "mail", "邮件"
    SMS = "sms", "短信"
    ROBOT = "robot", "群机器人"


class LetterState(Word):
    """Where a letter stands. One for a digest is gathered first, and sent as a part of it."""

    GATHERED = "gathered", "待汇入摘要"
    DIGESTED = "digested", "已汇入摘要"
    WAITING = "waiting", "待发送"
    SENT = "sent", "已发送"
    GIVEN_UP = "given_up", "发送失败"


class Letter(Model):
    """A message to one person's address, or to one group; ``leased_until`` marks one that a process is sending.

    ``address`` of a group is what its robot was called when the letter was written. The file of ``export`` goes
    with it.
    """

    __tablename__ = "letters"
    __table_args__ = (
        UniqueConstraint("key", "recipient_id", "channel"),
        UniqueConstraint("key", "robot_id"),
        CheckConstraint("(recipient_id IS NULL) <> (robot_id IS NULL)", name="person_or_group"),
        Index("ix_letters_waiting", "state", "not_before"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120))
    recipient_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    robot_id: Mapped[int | None] = mapped_column(ForeignKey("robots.id"))
    channel: Mapped[Channel] = mapped_column(WordType(Channel))
    address: Mapped[str] = mapped_column(String(120))
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    export_id: Mapped[int | None] = mapped_column(ForeignKey("exports.id"), index=True)
    subject: Mapped[str] = mapped_column(String(150))
    body: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Instant]
    not_before: Mapped[Instant]
    state: Mapped[LetterState] = mapped_column(WordType(LetterState), default=LetterState.WAITING)
    leased_until: Mapped[Instant | None]
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(300))
    sent_at: Mapped[Instant | None]

    recipient: Mapped[User | None] = relationship()
    robot: Mapped[Robot | None] = relationship()
    export: Mapped[Export | None] = relationship()


class StepTaken(Model):
    """A reminder step that was dealt with: sent, or skipped because a higher one was due in the same run."""

    __tablename__ = "reminder_steps"
    __table_args__ = (UniqueConstraint("clock_id", "step", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id", ondelete="CASCADE"))
    step: Mapped[str] = mapped_column(String(30))
    due_at: Mapped[Instant]
    fired_at: Mapped[Instant]
    sent: Mapped[bool]


class Card(Model):
    """黄牌 or 红牌: a counted record on a department."""

    __tablename__ = "cards"
    __table_args__ = (UniqueConstraint("clock_id", "colour", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id", ondelete="CASCADE"))
    kind: Mapped[ClockKind] = mapped_column(WordType(ClockKind))
    department_id: Mapped[int] = mapped_column(ForeignKey("departments.id"), index=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id"), index=True)
    colour: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[Instant]
    given_at: Mapped[Instant]
