"""The rules in force, as data: calendar, limits, ladders, routing; read together and kept until one changes."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.domain import deadlines
from service_desk.domain.danger import DangerWord
from service_desk.domain.deadlines import Limit, Running
from service_desk.domain.ladders import Ladder, LadderStep, steps_for
from service_desk.domain.limits import Limits, Profile, RuleNews
from service_desk.domain.routing import MatterEntry, RuleEntry
from service_desk.domain.vocabulary import ClockKind, Unit
from service_desk.domain.worktime import OfficeCalendar
from service_desk.store.base import Model, db, house
from service_desk.store.calendars import CalendarDay, CalendarVersion, week_in_force
from service_desk.store.catalogue import DangerRow, Matter, Rule
from service_desk.store.channels import Group, gateway_in_use, groups_in_use
from service_desk.store.limits import read_ladders, read_limits, read_rule_news


class LawVersion(Model):
    """One row; its number grows with every change to the rules, so that processes know to read them anew."""

    __tablename__ = "law_versions"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(default=1)


@dataclass(frozen=True)
class Law:
    """The rules in force at one moment; the calendar is so since ``calendar_since``."""

    version: int
    calendar: OfficeCalendar
    calendar_since: datetime | None
    limits: Limits
    ladders: tuple[Ladder, ...]
    rule_news: tuple[RuleNews, ...]
    rules: tuple[RuleEntry, ...]
    matters: tuple[MatterEntry, ...]
    danger_words: tuple[DangerWord, ...]
    groups: tuple[Group, ...]
    """The chat groups that are told of things; who is told how stands with the rules, read as rarely as they."""
    sends_sms: bool

    @property
    def rules_version(self) -> int:
        """The last change of limits or ladders that open clocks follow."""
        return self.rule_news[-1].id if self.rule_news else 0

    @property
    def changed_at(self) -> datetime | None:
        """Since when open clocks are to be reckoned as they are now: by this calendar and these rules."""
        known = (self.calendar_since, self.rule_news[-1].at if self.rule_news else None)
        return max((each for each in known if each is not None), default=None)

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
    days = db.session.execute(select(CalendarDay.day, CalendarDay.is_work, CalendarDay.name)).all()

    about = select(CalendarVersion.id, CalendarVersion.years, CalendarVersion.loaded_at)
    versions = db.session.execute(about.order_by(CalendarVersion.id)).all()
    calendar = OfficeCalendar(
        tz=tz,
        week=week_in_force(),
        overrides={row.day: row.is_work for row in days},
        names={row.day: row.name for row in days},
        loaded_years=frozenset(year for version in versions for year in version.years),
        version=versions[-1].id if versions else 0,
    )
    return Law(
        version=number,
        calendar=calendar,
        calendar_since=versions[-1].loaded_at if versions else None,
        limits=read_limits(),
        ladders=read_ladders(),
        rule_news=read_rule_news(),
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
        groups=groups_in_use(),
        sends_sms=gateway_in_use() is not None,
    )
