"""The rules in force, as data: calendar, limits, ladders, routing; read together and kept until one changes."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import Date, ForeignKey, String, Time, UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain import deadlines
from service_desk.domain.danger import DangerWord
from service_desk.domain.deadlines import Limit, Running
from service_desk.domain.ladders import Ladder, LadderStep, steps_for
from service_desk.domain.limits import Limits, Profile
from service_desk.domain.routing import MatterEntry, RuleEntry
from service_desk.domain.vocabulary import ClockKind, Unit
from service_desk.domain.worktime import Interval, OfficeCalendar
from service_desk.store.base import Document, Instant, Model, db, house
from service_desk.store.catalogue import DangerRow, Matter, Rule
from service_desk.store.limits import read_ladders, read_limits


class LawVersion(Model):
    """One row; its number grows with every change to the rules, so that processes know to read them anew."""

    __tablename__ = "law_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=1)


class CalendarVersion(Model):
    """One loading of dated overrides: who, when, why, and which years it makes known."""

    __tablename__ = "calendar_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    loaded_at: Mapped[Instant]
    loaded_by: Mapped[str] = mapped_column(String(60))
    reason: Mapped[str] = mapped_column(String(200))
    years: Mapped[list[int]] = mapped_column(Document)


class CalendarDay(Model):
    """A dated override that wins over the weekly pattern: a rest day, or a make-up day (调休补班)."""

    __tablename__ = "calendar_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    is_work: Mapped[bool]
    name: Mapped[str] = mapped_column(String(60))
    version_id: Mapped[int] = mapped_column(ForeignKey("calendar_versions.id"))
    version: Mapped[CalendarVersion] = relationship()


class OfficeHours(Model):
    """One office interval of a weekday (0 = Monday)."""

    __tablename__ = "office_hours"
    __table_args__ = (UniqueConstraint("weekday", "opens"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    weekday: Mapped[int]
    opens: Mapped[time] = mapped_column(Time)
    closes: Mapped[time] = mapped_column(Time)


@dataclass(frozen=True)
class Law:
    """The rules in force at one moment."""

    version: int
    calendar: OfficeCalendar
    limits: Limits
    ladders: tuple[Ladder, ...]
    rules: tuple[RuleEntry, ...]
    matters: tuple[MatterEntry, ...]
    danger_words: tuple[DangerWord, ...]

    def ladder_of(self, kind: ClockKind, profile: Profile, started_at: datetime) -> tuple[LadderStep, ...]:
        """The reminder steps of a clock of such a ticket."""
        return steps_for(self.ladders, kind, profile, started_at)

    def working_days_after(self, start: datetime, days: int) -> datetime:
        """The close of the ``days``-th working day after ``start``."""
        due = deadlines.due(Running(start, Limit(days, Unit.WORKING_DAYS)), self.calendar)
        if due is None:
            raise ValueError("a clock without pauses has a due")
        return due


def current_law() -> Law:
    """The rules in force. One small statement where nothing has changed since the last call."""
    number = db.session.scalar(select(LawVersion.number).limit(1)) or 0
    here = house()
    kept: Law | None = here.law
    if kept is None or kept.version != number:
        kept = here.law = _read_law(number, here.timezone)
    return kept


def law_changed() -> None:
    """Tell every process, at the commit, to read the rules anew."""
    row = db.session.scalar(select(LawVersion).limit(1).with_for_update())
    if row is None:
        db.session.add(LawVersion())
    else:
        row.number += 1
        db.session.flush()


def _read_law(number: int, tz: ZoneInfo) -> Law:
    week: dict[int, tuple[Interval, ...]] = {}
    for hours in db.session.scalars(select(OfficeHours).order_by(OfficeHours.weekday, OfficeHours.opens)):
        week[hours.weekday] = (*week.get(hours.weekday, ()), Interval(hours.opens, hours.closes))
    days = db.session.execute(select(CalendarDay.day, CalendarDay.is_work, CalendarDay.name)).all()

    versions = db.session.scalars(select(CalendarVersion).order_by(CalendarVersion.id)).all()
    calendar = OfficeCalendar(
        tz=tz,
        week=week,
        overrides={row.day: row.is_work for row in days},
        names={row.day: row.name for row in days},
        loaded_years=frozenset(year for version in versions for year in version.years),
        version=versions[-1].id if versions else 0,
    )
    return Law(
        version=number,
        calendar=calendar,
        limits=read_limits(),
        ladders=read_ladders(),
        rules=tuple(
            row.entry
            for row in db.session.scalars(select(Rule).where(Rule.active).order_by(Rule.id)).unique()
        ),
        matters=tuple(
            row.entry for row in db.session.scalars(select(Matter).where(Matter.active).order_by(Matter.id))
        ),
        danger_words=tuple(
            row.entry
            for row in db.session.scalars(select(DangerRow).where(DangerRow.active).order_by(DangerRow.id))
        ),
    )
