"""The calendar as rows: its versions, the days that decrees decide, the office hours of the week."""

from collections.abc import Iterable, Sequence
from datetime import date, time
from typing import Any

from sqlalchemy import Date, ForeignKey, String, Time, UniqueConstraint, false, func, select, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain.calendar_change import DayChange, DayMark, Week, week_of
from service_desk.domain.worktime import Interval
from service_desk.store.base import Document, Instant, Model, db


class CalendarVersion(Model):
    """One change of the calendar: who, when, why, which years it makes known, and what it changed.

    ``changes`` are the days with what they were before and after; ``hours`` the office hours before and after, where
    those changed. Of the version that came with the desk both are empty. ``open_tickets`` had clocks to be reckoned
    anew when it was saved; ``stopped_at`` is set while an administrator holds that up, ``finished_at`` once it is done.
    Rows are never removed.
    """

    __tablename__ = "calendar_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    loaded_at: Mapped[Instant]
    loaded_by: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(200))
    years: Mapped[list[int]] = mapped_column(Document)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(Document, default=list, server_default=text("'[]'"))
    hours: Mapped[dict[str, Any] | None] = mapped_column(Document)
    open_tickets: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    stopped_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]

    @property
    def day_changes(self) -> tuple[DayChange, ...]:
        """The days it changed, in order."""
        return tuple(map(DayChange.of, self.changes))

    @property
    def hours_change(self) -> tuple[Week, Week] | None:
        """The office hours before and after, where it changed them."""
        return (week_of(self.hours["before"]), week_of(self.hours["after"])) if self.hours else None


class CalendarDay(Model):
    """A dated override that wins over the weekly pattern: a rest day, or a make-up day (调休补班).

    ``is_local``: decided by this park alone, such as a day closed for a typhoon; a year's notice leaves it standing.
    """

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_work: Mapped[bool]
    name: Mapped[str] = mapped_column(String(60))
    is_local: Mapped[bool] = mapped_column(default=False, server_default=false())
    version_id: Mapped[int] = mapped_column(ForeignKey("calendar_versions.id"))
    version: Mapped[CalendarVersion] = relationship()

    @property
    def mark(self) -> DayMark:
        """What the decree says of the day."""
        return DayMark(self.is_work, self.name, self.is_local)


class OfficeHours(Model):
    """One office interval of a weekday (0 = Monday)."""

    __tablename__ = "office_hours"
    __table_args__ = (UniqueConstraint("weekday", "opens"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    weekday: Mapped[int]
    opens: Mapped[time] = mapped_column(Time)
    closes: Mapped[time] = mapped_column(Time)


# Questions


def week_in_force() -> dict[int, tuple[Interval, ...]]:
    """The office hours of each weekday."""
    week: dict[int, tuple[Interval, ...]] = {}
    for hours in db.session.scalars(select(OfficeHours).order_by(OfficeHours.weekday, OfficeHours.opens)):
        week[hours.weekday] = (*week.get(hours.weekday, ()), Interval(hours.opens, hours.closes))
    return week


def days_between(first: date, last: date) -> Sequence[CalendarDay]:
    """The decreed days from ``first`` to ``last``, both included, in order."""
    statement = select(CalendarDay).where(CalendarDay.day >= first, CalendarDay.day <= last)
    return db.session.scalars(statement.order_by(CalendarDay.day)).all()


def marks_for(days: Iterable[date], years: Iterable[int]) -> dict[date, DayMark]:
    """What is decreed for these days, and for whole years."""
    ends = [(min(listed), max(listed)) for listed in [sorted(days)] if listed]
    ends += [(date(year, 1, 1), date(year, 12, 31)) for year in years]
    return {row.day: row.mark for first, last in ends for row in days_between(first, last)}


def latest_version() -> CalendarVersion | None:
    """The version in force."""
    return db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(1)).first()


def versions(*, before: int | None = None, limit: int = 10) -> Sequence[CalendarVersion]:
    """The versions, newest first, from below the id ``before``."""
    statement = select(CalendarVersion).order_by(CalendarVersion.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(CalendarVersion.id < before)
    return db.session.scalars(statement).all()


def known_years() -> frozenset[int]:
    """The years whose notice is loaded."""
    return frozenset(year for years in db.session.scalars(select(CalendarVersion.years)) for year in years)


def is_stopped(version: int) -> bool:
    """Whether an administrator holds up the reckoning anew by a version."""
    stopped = select(func.count()).where(
        CalendarVersion.id == version, CalendarVersion.stopped_at.is_not(None)
    )
    return bool(db.session.scalar(stopped))
