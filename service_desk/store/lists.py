"""Lists that an administrator keeps and nothing else owns, and the record of what was changed in any list."""

import re
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, select, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain.vocabulary import Outcome, Word
from service_desk.store.base import Document, Instant, Model, WordType, db
from service_desk.store.catalogue import Category
from service_desk.store.people import Department, User


class ReasonKind(Word):
    """Which request a reason is given for."""

    RETURN = "return", "退单"
    REJECTION = "rejection", "不予受理"
    EXCLUSION = "exclusion", "剔除"


class ReasonCode(Model):
    """原因: what a request is founded on; chosen from those in use, kept by those who chose it before."""

    __tablename__ = "reason_codes"
    __table_args__ = (UniqueConstraint("kind", "label"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ReasonKind] = mapped_column(WordType(ReasonKind))
    label: Mapped[str] = mapped_column(String(60))
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


PLACEHOLDERS = ("企业名称", "诉求编号", "诉求标题", "联系人", "承办单位", "联系电话", "今天")
"""What a reply template may leave open, in braces."""


class ReplyTemplate(Model):
    """答复模板: a text to begin a reply with; for one outcome or category, or for all."""

    __tablename__ = "reply_templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    outcome: Mapped[Outcome | None] = mapped_column(WordType(Outcome))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    text: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

    category: Mapped[Category | None] = relationship(lazy="joined")


class OwnTemplate(Model):
    """自己的答复模板: kept by one person for themselves, or by the heads of a department for all who work there."""

    __tablename__ = "own_templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

    department: Mapped[Department | None] = relationship(lazy="joined")


class Alteration(Model):
    """A change of one row of a list: who, when, and what it said before and after: names of rows, values of words.

    ``before`` is empty where the row is new. Rows are never changed or removed.
    """

    __tablename__ = "alterations"
    __table_args__ = (Index("ix_alterations_noun_row_id", "noun", "row_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Instant]
    by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    noun: Mapped[str] = mapped_column(String(30))
    row_id: Mapped[int]
    before: Mapped[dict[str, Any]] = mapped_column(Document)
    after: Mapped[dict[str, Any]] = mapped_column(Document)


def note_alteration(
    noun: str, row_id: int, *, before: dict[str, Any], after: dict[str, Any], by: User, at: datetime
) -> None:
    """Write down a change, in the caller's transaction; what stayed the same is no change."""
    if before != after:
        row = Alteration(
            at=at, by_id=by.id, by_name=by.name, noun=noun, row_id=row_id, before=before, after=after
        )
        db.session.add(row)


def left_open(text: str) -> list[str]:
    """What a template leaves open: the words in braces, in their order."""
    return re.findall(r"\{([^{}]*)\}", text)


def alterations_of(
    noun: str, row_id: int | None = None, *, after: int = 0, limit: int = 20
) -> list[Alteration]:
    """What was changed in a list, or in one row of it, newest first; only what came ``after`` an id."""
    statement = select(Alteration).where(Alteration.noun == noun, Alteration.id > after)
    if row_id is not None:
        statement = statement.where(Alteration.row_id == row_id)
    return list(db.session.scalars(statement.order_by(Alteration.id.desc()).limit(limit)))
