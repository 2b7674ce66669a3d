"""Enterprises, and the areas of the park they lie in."""

from typing import Self

from sqlalchemy import ForeignKey, String, select, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain.vocabulary import Word
from service_desk.store.base import Instant, Model, WordType, db


class Area(Model):
    """片区: a part of the park."""

    __tablename__ = "areas"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

    @classmethod
    def named(cls, name: str) -> Self | None:
        """The area of this name."""
        return db.session.scalar(select(cls).where(cls.name == name))


class EnterpriseStatus(Word):
    """Where a registration stands."""

    PENDING = "pending", "待审核"
    APPROVED = "approved", "已通过"
    REFUSED = "refused", "未通过"


class Enterprise(Model):
    """企业. ``code`` is the 统一社会信用代码, unique where present."""

    __tablename__ = "enterprises"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str | None] = mapped_column(String(18), unique=True)
    name: Mapped[str] = mapped_column(String(100), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    industry: Mapped[str | None] = mapped_column(String(60))
    tags: Mapped[str | None] = mapped_column(String(200))
    contact_name: Mapped[str | None] = mapped_column(String(60))
    contact_phone: Mapped[str | None] = mapped_column(String(30))
    status: Mapped[EnterpriseStatus] = mapped_column(WordType(EnterpriseStatus), index=True)
    status_reason: Mapped[str | None] = mapped_column(String(200))
    registered_at: Mapped[Instant]
    decided_at: Mapped[Instant | None]
    decided_by: Mapped[str | None] = mapped_column(String(60))

    area: Mapped[Area | None] = relationship(lazy="joined")
    liaison: Mapped["Liaison | None"] = relationship(lazy="joined")

    @property
    def is_approved(self) -> bool:
        """Whether the desk has found its registration to be true: its people are strangers until then."""
        return self.status is EnterpriseStatus.APPROVED


class Liaison(Model):
    """包联: the leader, the department and the officer who look after an enterprise."""

    __tablename__ = "liaisons"

    enterprise_id: Mapped[int] = mapped_column(
        ForeignKey("enterprises.id", ondelete="CASCADE"), primary_key=True
    )
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    leader_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
