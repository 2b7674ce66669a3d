"""The catalogue of the desk: categories, the matter list and the rules that say who settles what, danger words."""

from typing import Self

from sqlalchemy import ForeignKey, String, select, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain.danger import DangerWord
from service_desk.domain.routing import MatterEntry, RuleEntry
from service_desk.store.base import Document, Model, db
from service_desk.store.enterprises import Area, Enterprise
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
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

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

    @property
    def entry(self) -> MatterEntry:
        """The line as routing reads it."""
        return MatterEntry(
            category=self.category.name,
            name=self.name,
            keywords=tuple(self.keywords),
            lead=self.lead.name if self.lead else None,
            supports=tuple(self.support_names),
            is_complex=self.is_complex,
            row_id=self.id,
        )


class Rule(Model):
    """规则: narrows the matter list. All its conditions must hold, of its keywords one; highest priority first."""

    __tablename__ = "rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    priority: Mapped[int] = mapped_column(default=0)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"))
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"))
    keywords: Mapped[list[str]] = mapped_column(Document, default=list)
    lead_id: Mapped[int] = mapped_column(ForeignKey("departments.id"))
    support_names: Mapped[list[str]] = mapped_column(Document, default=list)
    active: Mapped[bool] = mapped_column(default=True)

    category: Mapped[Category | None] = relationship(lazy="joined")
    area: Mapped[Area | None] = relationship(lazy="joined")
    enterprise: Mapped[Enterprise | None] = relationship(lazy="joined")
    lead: Mapped[Department] = relationship(lazy="joined", innerjoin=True)

    @property
    def entry(self) -> RuleEntry:
        """The rule as routing reads it."""
        return RuleEntry(
            name=self.name,
            priority=self.priority,
            lead=self.lead.name,
            supports=tuple(self.support_names),
            category=self.category.name if self.category else None,
            area=self.area.name if self.area else None,
            enterprise=self.enterprise.name if self.enterprise else None,
            keywords=tuple(self.keywords),
            row_id=self.id,
        )


class DangerRow(Model):
    """A word of danger, and the phrases around it that mean none."""

    __tablename__ = "danger_words"

    id: Mapped[int] = mapped_column(primary_key=True)
    word: Mapped[str] = mapped_column(String(20), unique=True)
    exceptions: Mapped[list[str]] = mapped_column(Document, default=list)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

    @property
    def entry(self) -> DangerWord:
        """The word as texts are searched for it."""
        return DangerWord(self.word, tuple(self.exceptions))
