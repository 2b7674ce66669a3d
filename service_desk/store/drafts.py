"""Drafts of filing forms."""

from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.store.base import Document, Instant, Model


class Draft(Model):
    """What somebody has begun to file: one a person."""

    __tablename__ = "drafts"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(Document)
    saved_at: Mapped[Instant]
