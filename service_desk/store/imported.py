"""What was imported: each line of another system's history, so that it is taken once and never rewritten."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.store.base import Instant, Model


class ImportedLine(Model):
    """One line: its place in the ticket's history over there, its moment, and a digest of what it says."""

    __tablename__ = "imported_lines"
    __table_args__ = (UniqueConstraint("ticket_id", "seq"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"))
    seq: Mapped[int]
    at: Mapped[Instant]
    digest: Mapped[str] = mapped_column(String(64))
