"""办事指南: what enterprises ask again and again, answered once by the desk for all of them."""

from collections.abc import Sequence

from sqlalchemy import ForeignKey, String, Text, select, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.store.base import Document, Model, db
from service_desk.store.catalogue import Category

MOST_SHOWN = 500


class Guide(Model):
    """One guide. Enterprises read those that are ``active``: published."""

    __tablename__ = "guides"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(100), unique=True)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    keywords: Mapped[list[str]] = mapped_column(Document, default=list)
    """What enterprises call it in other words."""
    body: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

    category: Mapped[Category | None] = relationship(lazy="joined")


def published() -> Sequence[Guide]:
    """Those that enterprises may read, by category, in the order they were written; at most ``MOST_SHOWN``."""
    statement = select(Guide).where(Guide.active).outerjoin(Guide.category)
    ordered = statement.order_by(Category.position.is_(None), Category.position, Guide.id)
    return db.session.scalars(ordered.limit(MOST_SHOWN)).unique().all()


def published_guide(guide_id: int) -> Guide | None:
    """One of them; None where there is none, or it is not published."""
    guide = db.session.get(Guide, guide_id)
    return guide if guide is not None and guide.active else None
