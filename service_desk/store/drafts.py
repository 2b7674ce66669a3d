"""Drafts of filing forms."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.store.base import Document, Instant, Model, db


class Draft(Model):
    """What somebody has begun to file: one a person."""

    __tablename__ = "drafts"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(Document)
    saved_at: Mapped[Instant]


def keep_draft(user_id: int, fields: Mapping[str, Any], at: datetime) -> None:
    """Keep a draft in place of the last one; two windows may save at once."""
    insert = sqlite.insert if db.engine.dialect.name == "sqlite" else postgresql.insert
    kept = {"fields": dict(fields), "saved_at": at}
    statement = insert(Draft).values(user_id=user_id, **kept)
    db.session.execute(statement.on_conflict_do_update(index_elements=[Draft.user_id], set_=kept))
