"""The law of deadlines: from a start, a limit, pauses and extensions, when a clock is due."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice, takewhile
from typing import Self

from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import ClockState, Standing, Unit
from service_desk.domain.worktime import ONE_DAY, OfficeCalendar, Span, days_after

NO_TIME = timedelta()
ONE_MINUTE = timedelta(minutes=1)
LONGEST = 9_999


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a clock may run: a number and its unit. A clock due on a named date has no number (0)."""

    number: int
    unit: Unit

    def __post_init__(self) -> None:
        if self.number < 1 and self.unit is not Unit.DATE:
            raise Invalid(say("时限至少为 1，不能是 %(number)s", number=self.number))
        if self.number > LONGEST:
            raise Invalid(
                say("时限最多为 %(longest)s，不能是 %(number)s", longest=LONGEST, number=self.number)
            )


@dataclass(frozen=True, slots=True)
class Pause:
    """The half-open stretch from ``start`` to ``end`` in which a clock stands; without ``end``, to this day."""

    start: datetime
    end: datetime | None = None

    def __post_init__(self) -> None:
        _require_zone(self.start, self.end)
        if self.end is not None and self.end < self.start:
            raise Invalid(
                say(
                    "暂停的结束（%(end)s）早于开始（%(start)s）",
                    end=f"{self.end:%Y-%m-%d %H:%M:%S}",
                    start=f"{self.start:%Y-%m-%d %H:%M:%S}",
                )
            )

    def covers(self, instant: datetime) -> bool:
        """Whether the instant lies in it: its first does, its end does not."""
        return self.start <= instant and (self.end is None or instant < self.end)


@dataclass(frozen=True, slots=True)
class Running:
    """All that decides when a clock is due. ``extended`` is in the unit of the limit.

    ``latest`` is a date set from above: due is at its close at the latest, whatever the limit says.
    """

    start: datetime
    limit: Limit
    pauses: tuple[Pause, ...] = ()
    extended: int = 0
    named_date: date | None = None
    latest: date | None = None

    def __post_init__(self) -> None:
        _require_zone(self.start)
        if self.extended < 0:
            raise Invalid(say("延期不能是负数（%(extended)s）", extended=self.extended))
        if self.extended > LONGEST:
            raise Invalid(
                say("延期最多为 %(longest)s，不能是 %(extended)s", longest=LONGEST, extended=self.extended)
            )
        if (self.limit.unit is Unit.DATE) != (self.named_date is not None):
            raise Invalid("指定日期的时限要写明日期，其他时限没有日期")

    @classmethod
    def until(cls, named_date: date, *, start: datetime) -> Self:
        """A clock due on a named date (next_reply, rest)."""
        return cls(start, Limit(0, Unit.DATE), named_date=named_date)

    @property
    def allowed(self) -> int:
        """The N of the law: an extension of k makes the limit N + k."""
        return self.limit.number + self.extended

    @property
    def stands_from(self) -> datetime | None:
        """Since when it stands, and still stands; ``None`` while no pause is open."""
        return min((pause.start for pause in self.pauses if pause.end is None), default=None)

    def runs_at(self, instant: datetime) -> bool:
        """Whether no pause covers the instant."""
        return not any(pause.covers(instant) for pause in self.pauses)


# When it is due


def due(clock: Running, calendar: OfficeCalendar) -> datetime | None:
    """The last instant at which the act is in time; ``None`` while an open pause leaves it unknown.

    A due moment reached before the open pause began stays known. Raises ``Invalid`` for a limit that
    leads out of the calendar.
    """
    try:
        moment = _LAWS[clock.limit.unit](clock, calendar)
        latest = _close_from(clock.latest, calendar)
    except OverflowError:
        raise Invalid("时限超出了日历能推算的范围") from None
    return min(moment or latest, latest) if latest else moment


def original_due(clock: Running, calendar: OfficeCalendar) -> datetime | None:
    """The same start, limit and pauses without the extensions."""
    return due(replace(clock, extended=0), calendar)


def _due_by_working_days(clock: Running, calendar: OfficeCalendar) -> datetime | None:
    """At the close of the N-th working day after the start day at whose close the clock runs."""
    last = _nth(counting_days(clock, calendar), clock.allowed)
    return None if last is None else calendar.close(last)


def _due_by_natural_days(clock: Running, calendar: OfficeCalendar) -> datetime | None:
    """At the close of the first working day, from the N-th counted day on, at which it runs.

    Civil Code art. 203: where the last day of a period is a statutory holiday, the day after the
    holiday is the last day.
    """
    from_the_last_on = islice(counting_days(clock, calendar), clock.allowed - 1, None)
    last = next(filter(calendar.is_working, from_the_last_on), None)
    return None if last is None else calendar.close(last)


def _due_by_working_hours(clock: Running, calendar: OfficeCalendar) -> datetime | None:
    """At the instant at which the time is used up (17:30, not 9:00 of the next day)."""
    left = timedelta(hours=clock.allowed)
    for span in running_spans(clock, calendar):
        if span.length >= left:
            return (span.start + left).astimezone(calendar.tz)
        left -= span.length
    return None


def _due_on_the_named_date(clock: Running, calendar: OfficeCalendar) -> datetime | None:
    """At the close of the named date, or of the next working day; a date that was promised knows no pause."""
    return _close_from(clock.named_date, calendar)


def _close_from(day: date | None, calendar: OfficeCalendar) -> datetime | None:
    """The close of a day, or of the next working day."""
    if day is None:
        return None
    return calendar.close(next(filter(calendar.is_working, days_after(day - ONE_DAY))))


_LAWS: Mapping[Unit, Callable[[Running, OfficeCalendar], datetime | None]] = {
    Unit.WORKING_DAYS: _due_by_working_days,
    Unit.WORKING_HOURS: _due_by_working_hours,
    Unit.NATURAL_DAYS: _due_by_natural_days,
    Unit.DATE: _due_on_the_named_date,
}


# What counts


def counting_days(clock: Running, calendar: OfficeCalendar) -> Iterator[date]:
    """The days after the start day that count, one by one; they end where a pause stays open.

    A day counts if the clock runs when the office closes. Working days only, but for natural days,
    of which a rest day counts by the usual closing hour.
    """
    rest_counts = clock.limit.unit is Unit.NATURAL_DAYS
    stands_from = clock.stands_from
    for day in days_after(calendar.day_of(clock.start)):
        close = calendar.close(day)
        if stands_from is not None and close >= stands_from:
            return
        if (rest_counts or calendar.is_working(day)) and clock.runs_at(close):
            yield day


def running_spans(clock: Running, calendar: OfficeCalendar) -> Iterator[Span]:
    """The stretches in which the office is open and the clock runs; they end where a pause stays open."""
    stands_from = clock.stands_from
    for span in calendar.open_spans(clock.start):
        yield from _outside(clock.pauses, span)
        if stands_from is not None and span.end >= stands_from:
            return


def _outside(pauses: tuple[Pause, ...], span: Span) -> Iterator[Span]:
    """What the pauses, which may overlap, leave of a stretch."""
    start = span.start
    for pause in sorted(pauses, key=lambda pause: pause.start):
        if pause.start >= span.end:
            break
        if start < pause.start:
            yield Span(start, pause.start)
        start = span.end if pause.end is None else max(start, pause.end)
    if start < span.end:
        yield Span(start, span.end)


# How it ends


def judge(due: datetime | None, stopped_at: datetime) -> ClockState:
    """Met by an act at or before due; a clock whose due is not known is not late."""
    return ClockState.MET if due is None or stopped_at <= due else ClockState.MISSED


def cut_off(due: datetime | None, at: datetime) -> ClockState:
    """A clock cut off by an end is void if not yet due, else missed."""
    return ClockState.VOID if due is None or at < due else ClockState.MISSED


def worked_days(start: datetime, end: datetime, pauses: Iterable[Pause], calendar: OfficeCalendar) -> int:
    """Working days after the day of ``start`` up to that of ``end``, less those paused at close; same day is 0."""
    spent = Running(start, Limit(1, Unit.WORKING_DAYS), tuple(pauses))
    last = calendar.day_of(end)
    return _length(takewhile(lambda day: day <= last, counting_days(spent, calendar)))


def waiting_ends(waits: Iterable[Pause], closes: int, calendar: OfficeCalendar) -> datetime | None:
    """The midnight after the office has closed ``closes`` times within the waits, all taken together.

    An open wait is taken to go on; ``None`` where all are over before so many closes.
    """
    left = closes
    for wait in sorted(waits, key=lambda wait: wait.start):
        for day in days_after(calendar.day_of(wait.start) - ONE_DAY):
            close = calendar.close(day)
            if wait.end is not None and close >= wait.end:
                break
            if close >= wait.start and calendar.is_working(day):
                left -= 1
            if left == 0:
                return calendar.at(day + ONE_DAY, time())
    return None


# How it stands


@dataclass(frozen=True, slots=True)
class Horizon:
    """The three instants a stored due is compared with, the same for one clock and for a list in SQL."""

    now: datetime
    tomorrow: datetime
    after_next_working_day: datetime

    @classmethod
    def of(cls, now: datetime, calendar: OfficeCalendar) -> Self:
        """What lies before us at an instant."""
        today = calendar.day_of(now)
        following = calendar.next_working_day(today)
        return cls(now, calendar.at(today + ONE_DAY, time()), calendar.at(following + ONE_DAY, time()))

    def standing(self, due: datetime | None) -> Standing:
        """Where a due lies that nobody has met yet."""
        if due is None:
            return Standing.PAUSED
        if due < self.now:
            return Standing.OVERDUE
        if due < self.tomorrow:
            return Standing.DUE_TODAY
        return Standing.DUE_SOON if due < self.after_next_working_day else Standing.CALM


def standing(
    due: datetime | None, now: datetime, calendar: OfficeCalendar, *, stopped_at: datetime | None = None
) -> Standing:
    """What the clock says at an instant: due soon is due by the next working day, for every unit."""
    return Standing.FINISHED if stopped_at is not None else Horizon.of(now, calendar).standing(due)


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a clock, or how far it is over its due.

    Days are those that count in the clock's unit (working days once overdue); ``time`` is set instead
    of ``days`` for a clock of working hours.
    """

    standing: Standing
    unit: Unit
    days: int | None = None
    time: timedelta | None = None

    @property
    def words(self) -> str:
        """As on the pages: 剩 2 个工作日, 今天到期, 已超期 1 个工作日, 暂停中，剩 3 个工作日."""
        if self.standing is Standing.OVERDUE:
            return say("已超期 %(amount)s", amount=self._amount) if self._is_some else "已超期"
        if self.standing is Standing.PAUSED:
            return say("暂停中，剩 %(amount)s", amount=self._amount)
        return "今天到期" if self.days == 0 else say("剩 %(amount)s", amount=self._amount)

    @property
    def _is_some(self) -> bool:
        return bool(self.days) if self.time is None else self.time >= ONE_MINUTE

    @property
    def _amount(self) -> str:
        if self.time is not None:
            # Minutes begun are still left, but not yet overdue.
            begun = self.standing is not Standing.OVERDUE and self.time % ONE_MINUTE
            return hours_and_minutes(self.time + ONE_MINUTE if begun else self.time)
        in_natural_days = self.unit is Unit.NATURAL_DAYS and self.standing is not Standing.OVERDUE
        unit = Unit.NATURAL_DAYS if in_natural_days else Unit.WORKING_DAYS
        return say("%(days)s %(unit)s", days=self.days, unit=unit)


def left(clock: Running, now: datetime, calendar: OfficeCalendar) -> Left:
    """What is left at an instant: the counting days after today up to the due day, which itself is 0 left.

    While paused with due unknown, the days of the limit that have not counted yet. Overdue k is the
    k-th working day after the due day. A clock of working hours tells hours and minutes of office time.
    """
    unit = clock.limit.unit
    moment = due(clock, calendar)
    state = standing(moment, now, calendar)
    if unit is Unit.WORKING_HOURS:
        return Left(state, unit, time=_time_left(clock, moment, now, calendar))
    return Left(state, unit, days=_days_left(clock, moment, now, calendar))


def _days_left(clock: Running, due: datetime | None, now: datetime, calendar: OfficeCalendar) -> int:
    today = calendar.day_of(now)
    counting = counting_days(clock, calendar)
    if due is None:
        return max(0, clock.allowed - _length(counting))
    last = calendar.day_of(due)
    if due < now:
        return calendar.working_days_after(last, today)
    if clock.stands_from is not None:
        # Known although it stands: a date set from above, and that runs on.
        is_natural = clock.limit.unit is Unit.NATURAL_DAYS
        return (last - today).days if is_natural else calendar.working_days_after(today, last)
    return sum(1 for day in takewhile(lambda day: day <= last, counting) if day > today)


def _time_left(clock: Running, due: datetime | None, now: datetime, calendar: OfficeCalendar) -> timedelta:
    if due is not None and due < now:
        return calendar.worked(due, now)
    spans = takewhile(lambda span: span.start < now, running_spans(clock, calendar))
    spent = sum((min(span.end, now) - span.start for span in spans), NO_TIME)
    left_of_the_limit = max(NO_TIME, timedelta(hours=clock.allowed) - spent)
    return left_of_the_limit if due is None else min(left_of_the_limit, calendar.worked(now, due))


def hours_and_minutes(amount: timedelta) -> str:
    """1 小时 20 分, of the whole minutes."""
    hours, minutes = divmod(amount // ONE_MINUTE, 60)
    if hours and minutes:
        return say("%(hours)s 小时 %(minutes)s 分", hours=hours, minutes=minutes)
    return say("%(hours)s 小时", hours=hours) if hours else say("%(minutes)s 分", minutes=minutes)


# Small change


def _nth(days: Iterator[date], number: int) -> date | None:
    return next(islice(days, number - 1, None), None)


def _length(days: Iterable[date]) -> int:
    return sum(1 for _ in days)


def _require_zone(*instants: datetime | None) -> None:
    if any(instant is not None and instant.utcoffset() is None for instant in instants):
        raise Invalid("时间要带时区，如 2026-03-02T09:10:00+08:00")
