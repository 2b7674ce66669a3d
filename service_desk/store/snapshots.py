"""Months as they were reported: their figures, frozen once and never written again."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Date, ForeignKey, Select, and_, exists, func, or_, select, union
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, defer, mapped_column, relationship

from service_desk.domain.figures import By, Figure, Period
from service_desk.domain.figures.marks import DUE_MOMENTS
from service_desk.domain.months import month_after
from service_desk.store.base import Document, Instant, Model, db, is_sqlite
from service_desk.store.clocks import Clock
from service_desk.store.parts import Event
from service_desk.store.people import User
from service_desk.store.tickets import Ticket

LINES = (By.DEPARTMENT, By.CATEGORY, By.AREA, By.SOURCE)
"""By what the figures of a month are kept, beside the whole."""


class MonthSnapshot(Model):
    """冻结: the figures of a month of the whole park, as an instant after it saw them.

    ``month`` is its first day. ``frozen_by`` is nobody where the clockwork did it. ``last_event_id`` is the last line
    of the record at the time: what was put on record later was not known then, whatever its own instant.

    ``figures`` is ``{"whole": {key: numbers}, "department": {id: {"name": …, "figures": {key: numbers}}}, …}`` with
    numbers ``[numerator, denominator, excluded, value]``; lines go by ids, so that a new name makes no new line.
    """

    __tablename__ = "month_snapshots"

    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(Date, unique=True)
    as_of: Mapped[Instant]
    frozen_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    calendar_version: Mapped[int]
    last_event_id: Mapped[int]
    figures: Mapped[dict[str, Any]] = mapped_column(Document)

    frozen_by: Mapped[User | None] = relationship(lazy="joined")

    def period(self, tz: ZoneInfo, *, as_of: datetime | None = None) -> Period:
        """The month, seen as of its own instant or another."""
        return Period(self.month, month_after(self.month), as_of or self.as_of, tz)

    def frozen(self, by: By | None) -> Mapping[tuple[str, str], Figure]:
        """Its figures by line (an id, "" for the whole) and key."""
        return {
            (line, key): Figure(line, key, *numbers)
            for line, figures in self._lines(by).items()
            for key, numbers in figures.items()
        }

    def called(self, by: By) -> Mapping[str, str]:
        """What each line was called, by its id."""
        return {line: kept["name"] for line, kept in self.figures[by.value].items()}

    def _lines(self, by: By | None) -> Mapping[str, Mapping[str, Sequence[Any]]]:
        if by is None:
            return {"": self.figures["whole"]}
        return {line: kept["figures"] for line, kept in self.figures[by.value].items()}


def snapshot_of(month: date) -> MonthSnapshot | None:
    """The figures of a month, if they are frozen; ``month`` is its first day."""
    return (
        db.session.scalars(select(MonthSnapshot).where(MonthSnapshot.month == month)).unique().one_or_none()
    )


def snapshots(*, before: date | None = None, limit: int) -> Sequence[MonthSnapshot]:
    """The frozen months, the latest first, only those before ``before``; without their figures."""
    statement = select(MonthSnapshot).options(defer(MonthSnapshot.figures))
    if before is not None:
        statement = statement.where(MonthSnapshot.month < before)
    return db.session.scalars(statement.order_by(MonthSnapshot.month.desc()).limit(limit)).unique().all()


def keep_first(values: Mapping[str, Any]) -> None:
    """Keep a snapshot, unless somebody has frozen the month before, or does at this moment: theirs stays."""
    insert = sqlite.insert if is_sqlite() else postgresql.insert
    statement = insert(MonthSnapshot).values(dict(values))
    db.session.execute(statement.on_conflict_do_nothing(index_elements=[MonthSnapshot.month]))


def last_event_id() -> int:
    """The last line of the whole record; 0 where there is none."""
    return db.session.scalar(select(func.max(Event.id))) or 0


def gone_on_since(snapshot: MonthSnapshot, tickets: Select[Ticket], tz: ZoneInfo) -> Select[Ticket]:
    """Those of the tickets whose record has gone on since, and that can have rows in the month, then or now.

    What they did in the month puts them there, and clocks that are due in it. A clock that had not ended when the month
    was frozen may have been due in it then, and some other time now.
    """
    month = snapshot.period(tz)
    later = union(
        select(Ticket.id).where(Ticket.touched_at > snapshot.as_of),
        select(Event.ticket_id).where(Event.id > snapshot.last_event_id),
    ).subquery()
    acted = exists().where(Event.ticket_id == Ticket.id, Event.at >= month.begins, Event.at < month.ends)
    owed = exists().where(
        Clock.ticket_id == Ticket.id,
        Clock.kind.in_(DUE_MOMENTS),
        Clock.started_at < month.ends,
        or_(
            Clock.stopped_at.is_(None),
            Clock.stopped_at > snapshot.as_of,
            and_(Clock.due_at >= month.begins, Clock.due_at < month.ends),
        ),
    )
    return tickets.where(
        Ticket.id.in_(select(later.c[0])), Ticket.submitted_at < month.ends, or_(acted, owed)
    )
