"""Incidents: one cause that many enterprises suffer from, and the news about it."""

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.store.base import Instant, Model


class IncidentNews(Model):
    """One piece of news: each affected enterprise is told once."""

    __tablename__ = "incident_news"

    id: Mapped[int] = mapped_column(primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incidents.id", ondelete="CASCADE"), index=True)
    at: Mapped[Instant]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    by_name: Mapped[str] = mapped_column(String(60))
    text: Mapped[str] = mapped_column(Text)


class Incident(Model):
    """共性问题. Its tickets keep their numbers, clocks and ratings; ``imported_number`` is another system's."""

    __tablename__ = "incidents"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    opened_at: Mapped[Instant]
    opened_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    closed_at: Mapped[Instant | None]
    imported_number: Mapped[str | None] = mapped_column(String(60), unique=True)

    news: Mapped[list[IncidentNews]] = relationship(
        cascade="all, delete-orphan", order_by=IncidentNews.id.desc()
    )

    @property
    def number(self) -> str:
        """What people call it, such as ``GX-2026-0007``."""
        return f"GX-{self.opened_at.year}-{self.id:04d}"
