"""The calendar in an administrator's hands: changing it, what is known of a day, and what is not known yet."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, func, select

from service_desk.desk.administration import Altered, administrators_in_turn
from service_desk.desk.notices import queue
from service_desk.desk.recalculation import open_tickets
from service_desk.domain.calendar_change import DayChange, DayMark, Draft, Week, week_data
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import ClockKind, ClockState, Role
from service_desk.domain.worktime import OfficeCalendar
from service_desk.store.base import db, house, transaction
from service_desk.store.calendars import (
    CalendarDay,
    CalendarVersion,
    OfficeHours,
    known_years,
    latest_version,
    marks_for,
    week_in_force,
)
from service_desk.store.clocks import Clock
from service_desk.store.facts import forget_since
from service_desk.store.law import LawVersion, current_law
from service_desk.store.lists import note_alteration
from service_desk.store.notices import Notice
from service_desk.store.people import User, UserRole
from service_desk.store.schedules import reckon_anew
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket

LONGEST_REASON = 200
EARLIEST, LATEST = date(2000, 1, 1), date(9000, 1, 1)
WARNS_FROM = 11
"""The month from which on the notice of the next year is missed."""


# Changing it


def difference(draft: Draft) -> tuple[DayChange, ...]:
    """The days that would become different."""
    return draft.changes(marks_for(draft.marks, draft.years))


@transaction
def change_calendar(draft: Draft, *, reason: str, seen: int, by: User, at: datetime) -> CalendarVersion:
    """Save a new version; ``seen`` is the version whose preview its author has read.

    Raises ``Altered`` where another version was saved since, ``Invalid`` where nothing would change or no
    reason is given.
    """
    administrators_in_turn(by)
    latest = latest_version()
    if latest is None or latest.id != seen:
        raise Altered(
            say(
                "您预览之后，%(who)s改过日历（%(reason)s）。您的改动没有保存，请在新的日历上重新预览。",
                who=latest.loaded_by if latest else "",
                reason=latest.reason if latest else "",
            )
        )
    changes, hours = difference(draft), _hours_change(draft.week)
    # Not asked of the law in force: read now, it would be kept as what this transaction makes of it.
    check_change(draft, changes, known_years())
    version = CalendarVersion(
        loaded_at=at,
        loaded_by=by.name,
        reason=_checked(reason),
        years=list(draft.years),
        changes=[change.data for change in changes],
        hours=hours and {"before": week_data(hours[0]), "after": week_data(hours[1])},
        open_tickets=open_tickets(),
    )
    version.finished_at = None if version.open_tickets else at
    db.session.add(version)
    db.session.flush()
    _write_days(changes, version)
    if hours:
        _write_hours(hours[1])
    # How long something took was told by the calendar before.
    forget_since(_first_moment(changes, week_changes=hours is not None))
    reckon_anew(at)
    before, after = _as_lists_tell(changes)
    note_alteration(
        "calendar", version.id, before=before, after=after | {"reason": version.reason}, by=by, at=at
    )
    return version


def check_change(draft: Draft, changes: Sequence[DayChange], known: frozenset[int]) -> None:
    """Raise ``Invalid`` where a draft changes nothing; ``known`` are the years loaded so far."""
    makes_known = set(draft.years) - known
    if not changes and not makes_known and _hours_change(draft.week) is None:
        raise Invalid("和现在的日历没有不同，不用保存。")


def _hours_change(week: Week | None) -> tuple[Week, Week] | None:
    present = week_in_force()
    return None if week is None or dict(week) == present else (present, week)


def _first_moment(changes: Sequence[DayChange], *, week_changes: bool) -> datetime:
    """When the first day begins that is another than before."""
    first = EARLIEST if week_changes else min((change.day for change in changes), default=LATEST)
    return datetime.combine(first, time(), house().timezone)


def _checked(reason: str) -> str:
    kept = reason.strip()
    problem = None
    if not kept:
        problem = say("请写明原因。")
    elif len(kept) > LONGEST_REASON:
        problem = say("原因最多 %(limit)s 字。", limit=LONGEST_REASON)
    if problem:
        raise Invalid(problem, fields={"reason": problem})
    return kept


def _write_days(changes: Sequence[DayChange], version: CalendarVersion) -> None:
    db.session.execute(delete(CalendarDay).where(CalendarDay.day.in_([change.day for change in changes])))
    db.session.add_all(
        CalendarDay(
            day=change.day,
            is_work=change.after.is_work,
            name=change.after.name,
            is_local=change.after.is_local,
            version_id=version.id,
        )
        for change in changes
        if change.after is not None
    )


def _write_hours(week: Week) -> None:
    db.session.execute(delete(OfficeHours))
    db.session.add_all(
        OfficeHours(weekday=weekday, opens=each.start, closes=each.end)
        for weekday, hours in week.items()
        for each in hours
    )


def _as_lists_tell(changes: Sequence[DayChange]) -> tuple[dict[str, str], dict[str, str]]:
    """The change as the record of alterations keeps it: days in words."""

    def words(mark: DayMark | None) -> str:
        if mark is None:
            return ""
        return f"{mark.name}（{say('上班') if mark.is_work else say('休息')}）"

    return (
        {change.day.isoformat(): words(change.before) for change in changes},
        {change.day.isoformat(): words(change.after) for change in changes},
    )


# What is known of a day


def due_on(day: date, *, by: User, calendar: OfficeCalendar) -> list[tuple[ClockKind, int]] | None:
    """How many running deadlines end on a day, by kind, among the tickets this person may see.

    An administrator is told the numbers of the whole park; who sees no tickets otherwise is told nothing (None).
    Whether a matter is reviewed, and a right that lapses unused, is for the desk alone.
    """
    if by.roles == {Role.AUDITOR}:
        return None
    begins = calendar.at(day, time())
    ends = calendar.at(day + timedelta(days=1), time())
    statement = (
        select(Clock.kind, func.count())
        .where(Clock.state == ClockState.RUNNING, Clock.due_at >= begins, Clock.due_at < ends)
        .where(Clock.kind != ClockKind.RETURN_WINDOW)
    )
    if not by.has(Role.ADMIN):
        mine = visible_tickets(by).with_only_columns(Ticket.id)
        statement = statement.where(Clock.ticket_id.in_(mine))
    if not by.has(Role.ADMIN, Role.CLERK, Role.QUALITY, Role.SUPERVISOR):
        statement = statement.where(Clock.kind != ClockKind.REVIEW)
    counted = {row[0]: row[1] for row in db.session.execute(statement.group_by(Clock.kind))}
    return [(kind, counted[kind]) for kind in ClockKind if kind in counted]


def closure(day: date, name: str) -> Draft:
    """A draft that closes the park for one day."""
    return Draft({day: DayMark(is_work=False, name=name, is_local=True)})


def why(day: date, mark: DayMark | None, calendar: OfficeCalendar) -> Sentence:
    """Why a day is worked or not."""
    if mark is not None and mark.is_local:
        what = say("本园区停工") if not mark.is_work else say("本园区上班")
        return say("%(what)s：%(name)s", what=what, name=mark.name)
    if mark is not None:
        return say("%(name)s调休上班" if mark.is_work else "%(name)s放假", name=mark.name)
    return say("每周上班日") if calendar.is_working(day) else say("每周休息日")


# What is not known yet


def missing_year(now: datetime, calendar: OfficeCalendar) -> int | None:
    """The year whose notice should be loaded by now: the present one, and from 1 November on the next."""
    today = calendar.day_of(now)
    due = [today.year] + [today.year + 1] * (today.month >= WARNS_FROM)
    return next((year for year in due if year not in calendar.loaded_years), None)


def missing_words(year: int) -> Sentence:
    """What an administrator is told while the notice of a year is missing."""
    return say(
        "%(year)s 年节假日安排尚未录入，这一年的到期日暂按每周上班日推算。通知发布后，请在“日历”中录入。",
        year=year,
    )


@transaction
def warn_of_missing_year(now: datetime) -> int:
    """Tell the administrators once a week that a year's notice is missing; how many were told."""
    law = current_law()
    year = missing_year(now, law.calendar)
    if year is None:
        return 0
    # Schedulers take turns here; the second finds the notices of the first.
    db.session.scalar(select(LawVersion.id).limit(1).with_for_update())
    week = law.calendar.day_of(now).isocalendar()
    key = f"calendar:{year}:{week.year}-{week.week:02}"
    told = select(Notice.recipient_id).where(Notice.key == key)
    admins = select(User).where(
        User.active, User.role_rows.any(UserRole.role == Role.ADMIN), User.id.not_in(told)
    )
    people = db.session.scalars(admins.order_by(User.id)).unique().all()
    title, body = say("%(year)s 年节假日安排尚未录入", year=year), missing_words(year)
    queue(None, key, [(person, title, body) for person in people], at=now, law=law)
    return len(people)
