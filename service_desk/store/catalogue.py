"""The catalogue of the desk: categories, and the matter list that says who settles what."""

from typing import Self

from sqlalchemy import ForeignKey, String, select, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.store.base import Document, Model, db
from service_desk.store.people import Department

ARREARS = "拖欠账款"
"""The category with limits of its own, whatever nature and urgency (the law, limit class)."""


class Category(Model):
    """诉求类别, with an example that shows enterprises what belongs to it."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(30), unique=True)
    example: Mapped[str] = mapped_column(String(100), default="")
    icon: Mapped[str] = mapped_column(String(30), default="dots")
    position: Mapped[int] = mapped_column(default=0)

    @property
    def is_arrears(self) -> bool:
        """Whether decree 802 rules it."""
        return self.name == ARREARS

    @classmethod
    def named(cls, name: str) -> Self | None:
        """The category of this name."""
        return db.session.scalar(select(cls).where(cls.name == name))


class Matter(Model):
    """事项: within a category, who leads and who supports. The one without keywords is the category's own."""

    __tablename__ = "matters"

    id: Mapped[int] = mapped_column(primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    keywords: Mapped[list[str]] = mapped_column(Document, default=list)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    support_names: Mapped[list[str]] = mapped_column(Document, default=list)
    is_complex: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

    category: Mapped[Category] = relationship(lazy="joined")
    lead: Mapped[Department | None] = relationship(lazy="joined")
