"""Limits and reminder ladders as rows: the tables of the law, and what is special to a category or a source."""

from collections import defaultdict
from datetime import time
from typing import Any

from sqlalchemy import ForeignKey, Index, String, select, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain.ladders import Ladder, LadderStep
from service_desk.domain.limits import LimitEntry, Limits, Reach, RuleNews
from service_desk.domain.reminders import StepRule
from service_desk.domain.vocabulary import ClockKind, LimitClass, Source, Unit
from service_desk.store.base import Document, Instant, Model, WordType, db
from service_desk.store.catalogue import Category

LIMITS, LADDERS = "limits", "ladders"
"""What a change is one of; so it is called in the record of changes, too."""


class LimitRow(Model):
    """A limit: ``kind`` is a clock kind, ``rework``, ``extensions`` or ``extension_days``.

    With a category or a source it is special to those, and may be put out of use; the others are the table
    of the law, one row for each kind and class.
    """

    __tablename__ = "limits"
    __table_args__ = (Index("ix_limits_kind_limit_class", "kind", "limit_class"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(30))
    limit_class: Mapped[LimitClass] = mapped_column(WordType(LimitClass))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    source: Mapped[Source | None] = mapped_column(WordType(Source))
    number: Mapped[int]
    unit: Mapped[Unit] = mapped_column(WordType(Unit))
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

    category: Mapped[Category | None] = relationship(lazy="joined")

    @property
    def reach(self) -> Reach:
        """Which tickets it is for."""
        return Reach(self.limit_class, self.category_id, self.source)

    @property
    def is_special(self) -> bool:
        """Whether it narrows the table of the law."""
        return self.category_id is not None or self.source is not None


class RuleChange(Model):
    """A change of limits or ladders that open clocks follow; those last reckoned before its id are brought in line."""

    __tablename__ = "rule_changes"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[Instant]
    noun: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(30))
    limit_class: Mapped[LimitClass | None] = mapped_column(WordType(LimitClass))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    source: Mapped[Source | None] = mapped_column(WordType(Source))

    @property
    def news(self) -> RuleNews:
        """The change as open clocks follow it."""
        reach = Reach(self.limit_class, self.category_id, self.source)
        return RuleNews(self.id, self.at, is_limit=self.noun == LIMITS, row=self.kind, reach=reach)


class LadderRow(Model):
    """The reminder ladder of a clock kind, for all tickets or for some; ``steps`` are written by ``plain``.

    Only clocks started at ``since`` or later climb it, where that is set: a change that open clocks do not follow
    is a ladder beside the former one.
    """

    __tablename__ = "ladders"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[ClockKind] = mapped_column(WordType(ClockKind))
    limit_class: Mapped[LimitClass | None] = mapped_column(WordType(LimitClass))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("categories.id"))
    source: Mapped[Source | None] = mapped_column(WordType(Source))
    since: Mapped[Instant | None]
    steps: Mapped[list[dict[str, Any]]] = mapped_column(Document)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

    category: Mapped[Category | None] = relationship(lazy="joined")

    @property
    def reach(self) -> Reach:
        """Which tickets it is for."""
        return Reach(self.limit_class, self.category_id, self.source)

    @property
    def ladder(self) -> Ladder:
        """The ladder as the reminders climb it."""
        return Ladder(self.kind, self.reach, self.since, steps_of(self.steps))


def steps_of(written: list[dict[str, Any]]) -> tuple[LadderStep, ...]:
    """The steps as they were written down: ``key`` and ``moment``, and of the rest what is not empty."""
    return tuple(
        LadderStep(
            rule=StepRule(
                key=step["key"],
                when=step["moment"],
                count=step.get("count", 0),
                at=time.fromisoformat(step["at"]) if step.get("at") else None,
                min_limit=step.get("min_limit"),
            ),
            position=position,
            recipients=tuple(step["recipients"]),
            card=step.get("card"),
            order_level=step.get("order_level"),
            only_without_contact=step.get("only_without_contact", False),
        )
        for position, step in enumerate(written)
    )


def read_limits() -> Limits:
    """The limits in force."""
    rows: dict[str, list[LimitEntry]] = defaultdict(list)
    for row in db.session.scalars(select(LimitRow).where(LimitRow.active).order_by(LimitRow.id)).unique():
        rows[row.kind].append(LimitEntry(row.reach, row.number, row.unit))
    return Limits({kind: tuple(entries) for kind, entries in rows.items()})


def read_rule_news() -> tuple[RuleNews, ...]:
    """The changes that open clocks follow, the earliest first."""
    return tuple(row.news for row in db.session.scalars(select(RuleChange).order_by(RuleChange.id)))


def read_ladders() -> tuple[Ladder, ...]:
    """The ladders in force."""
    rows = db.session.scalars(select(LadderRow).where(LadderRow.active).order_by(LadderRow.id)).unique()
    return tuple(row.ladder for row in rows)
