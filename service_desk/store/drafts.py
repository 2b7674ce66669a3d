"""What people are typing: drafts of filing forms and of actions, and who is before a ticket at all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.store.base import Document, Instant, Model, db, is_sqlite


class Draft(Model):
    """What somebody has begun to file: one a person."""

    __tablename__ = "drafts"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(Document)
    saved_at: Mapped[Instant]


def keep_draft(user_id: int, fields: Mapping[str, Any], at: datetime) -> None:
    """Keep a draft in place of the last one; two windows may save at once."""
    put(Draft, {"user_id": user_id}, {"fields": dict(fields), "saved_at": at})


class ActionDraft(Model):
    """What somebody has begun to write for one action on one ticket."""

    __tablename__ = "action_drafts"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(
        ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    action: Mapped[str] = mapped_column(String(30), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(Document)
    saved_at: Mapped[Instant]


class Presence(Model):
    """Somebody has a ticket's page open; a hint for others, never a lock."""

    __tablename__ = "presences"

    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[Instant] = mapped_column(index=True)
    typing: Mapped[bool] = mapped_column(default=False)


def put(entity: type[Model], key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
    """Write a row in place of the one under the same key; two windows may write at once."""
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    statement = insert(entity).values(**key, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=dict(values)))
