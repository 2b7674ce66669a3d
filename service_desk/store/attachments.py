"""Files: rows that say what they are; the bytes lie outside the web root under random names."""

import secrets
from pathlib import Path

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.store.base import Instant, Model, house


class Attachment(Model):
    """附件. Until it belongs to a ticket it is pending: seen by its uploader alone."""

    __tablename__ = "attachments"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"), index=True)
    uploader_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(150))
    content_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    uploaded_at: Mapped[Instant]
    public: Mapped[bool] = mapped_column(default=True)

    @property
    def path(self) -> Path:
        """Where the bytes lie."""
        return path_of(self.key)


def path_of(key: str) -> Path:
    """Where the bytes of ``key`` lie; two levels of folders keep each one small."""
    return house().attachments_dir / key[:2] / key


def keep(content: bytes) -> str:
    """Write ``content`` under a new random name and give that name back."""
    key = secrets.token_hex(16)
    path = path_of(key)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return key
