"""Reports that are sent by themselves: the rule, and what became of each time it came."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.domain.recurrence import Covers, Every, Recurrence
from service_desk.domain.vocabulary import Role
from service_desk.domain.worktime import OfficeCalendar
from service_desk.store.base import Document, Instant, Model, WordType, db
from service_desk.store.exports import REPORT_READERS, Export, ExportKind
from service_desk.store.notices import Channel, Letter
from service_desk.store.people import User, UserRole, people_with


class Schedule(Model):
    """定期发送. Recipients are all who hold one of the roles, and people named by their usernames.

    ``next_at`` is empty until the clockwork has reckoned it: after a change, and on the first day.
    """

    __tablename__ = "schedules"
    __table_args__ = (Index("ix_schedules_active_next_at", "active", "next_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[ExportKind] = mapped_column(WordType(ExportKind))
    covers: Mapped[Covers] = mapped_column(WordType(Covers))
    every: Mapped[Every] = mapped_column(WordType(Every))
    number: Mapped[int]
    at_time: Mapped[str] = mapped_column(String(5))
    role_names: Mapped[list[str]] = mapped_column(Document, default=list)
    people: Mapped[list[str]] = mapped_column(Document, default=list)
    active: Mapped[bool] = mapped_column(default=True)
    next_at: Mapped[Instant | None]

    @property
    def roles(self) -> frozenset[Role]:
        """All who hold one of these are sent it."""
        return frozenset(Role(name) for name in self.role_names)

    @roles.setter
    def roles(self, roles: Collection[Role]) -> None:
        self.role_names = sorted(role.value for role in roles)

    @property
    def reports_a_month(self) -> bool:
        """Whether it sends the report of a month that is over: its figures are then frozen."""
        return self.kind is ExportKind.MONTHLY and self.covers is Covers.LAST_MONTH

    @property
    def recurrence(self) -> Recurrence:
        """When it comes."""
        return Recurrence(self.every, self.number, time.fromisoformat(self.at_time))

    def days(self, due_at: datetime, calendar: OfficeCalendar) -> tuple[date, date]:
        """What it is about when it comes then: from the first day up to, but not with, the second."""
        comes = calendar.day_of(due_at)
        return self.covers.days(self.recurrence.days_meant(comes, calendar), comes)


class ScheduleRun(Model):
    """One time a schedule came; ``missed`` are earlier times the clockwork slept through, for which nothing is sent.

    ``left_out`` names who should have been sent it and could not be, each with the reason.
    """

    __tablename__ = "schedule_runs"
    __table_args__ = (UniqueConstraint("schedule_id", "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    schedule_id: Mapped[int] = mapped_column(ForeignKey("schedules.id"))
    due_at: Mapped[Instant]
    fired_at: Mapped[Instant]
    missed: Mapped[int]
    left_out: Mapped[list[list[str]]] = mapped_column(Document, default=list)


def recipients_of(schedule: Schedule) -> tuple[Sequence[User], Sequence[str]]:
    """Who may be sent its reports now, and the usernames it names of people who may not."""
    readers = people_with(*REPORT_READERS)
    named = User.username.in_(schedule.people)
    held = User.role_rows.any(UserRole.role.in_(schedule.roles))
    found = db.session.scalars(readers.where(or_(named, held))).unique().all()
    known = {person.username for person in found}
    return found, [username for username in schedule.people if username not in known]


def has_come(schedule: Schedule, due_at: datetime) -> bool:
    """Whether that time of it was sent already."""
    run = select(ScheduleRun.id).where(ScheduleRun.schedule_id == schedule.id, ScheduleRun.due_at == due_at)
    return db.session.scalar(run) is not None


def reckon_anew(after: datetime) -> None:
    """Have the clockwork reckon anew when schedules come next: by another calendar it may be another day.

    What was to come by ``after`` stays as it is.
    """
    db.session.execute(update(Schedule).where(Schedule.next_at > after).values(next_at=None))


@dataclass(frozen=True)
class Sent:
    """What became of one recipient's report: the export, and the letter that took it to them, if there was one."""

    export: Export
    letter: Letter | None


def last_runs(schedule: Schedule, *, most: int) -> list[tuple[ScheduleRun, list[Sent]]]:
    """The last times it came, the latest first, with what became of each report."""
    runs = db.session.scalars(
        select(ScheduleRun)
        .where(ScheduleRun.schedule_id == schedule.id)
        .order_by(ScheduleRun.id.desc())
        .limit(most)
    ).all()
    sent: dict[int | None, list[Sent]] = {run.id: [] for run in runs}
    rows = db.session.execute(
        select(Export, Letter)
        .outerjoin(Letter, (Letter.export_id == Export.id) & (Letter.channel == Channel.MAIL))
        .where(Export.run_id.in_(sent))
        .order_by(Export.id)
    ).unique()
    for export, letter in rows:
        sent[export.run_id].append(Sent(export, letter))
    return [(run, sent[run.id]) for run in runs]
