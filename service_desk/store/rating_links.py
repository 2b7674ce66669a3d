"""One-time links by which an enterprise's contact rates without an account."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.store.base import Instant, Model


class RatingLink(Model):
    """Bound to one rating window (its clock) and to the contact of then; the token is kept as a hash."""

    __tablename__ = "rating_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    clock_id: Mapped[int] = mapped_column(ForeignKey("clocks.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    contact_phone: Mapped[str] = mapped_column(String(30))
    made_at: Mapped[Instant]
    made_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    used_at: Mapped[Instant | None]
