"""When the office is open: a weekly pattern, and the notices that turn rest into work and work into rest."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import accumulate, pairwise, takewhile
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo

from service_desk.domain.sentences import say

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Interval:
    """Office hours without a break, within one day, on the clock on the wall."""

    start: time
    end: time

    def __post_init__(self) -> None:
        if self.start >= self.end:
            raise ValueError(f"an office interval ends after it starts, not {self.start} to {self.end}")


class Span(NamedTuple):
    """The half-open stretch of time from ``start`` up to, but without, ``end``; both aware."""

    start: datetime
    end: datetime

    @property
    def length(self) -> timedelta:
        """From its start to its end."""
        return self.end - self.start


STANDARD_HOURS = (Interval(time(9), time(12)), Interval(time(13, 30), time(17, 30)))
MONDAY_TO_FRIDAY: Mapping[int, tuple[Interval, ...]] = dict.fromkeys(range(5), STANDARD_HOURS)
CHINA = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class OfficeCalendar:
    """Which days are worked, and from when to when; never changed, only replaced by a later version.

    ``week`` gives the office intervals of each weekday (Monday is 0; one that is left out is a rest day).
    ``overrides`` win over it: ``True`` is work (调休补班), ``False`` is rest; ``names`` says what such a day
    is called. A make-up day on which the office is never open by the week keeps the hours of the first
    weekday on which it is. ``loaded_years`` are the years whose State Council notice is in ``overrides``.

    Instants may come in any zone; those given back, and all days, are in ``tz``.
    """

    tz: ZoneInfo = CHINA
    week: Mapping[int, tuple[Interval, ...]] = field(default_factory=lambda: MONDAY_TO_FRIDAY, hash=False)
    overrides: Mapping[date, bool] = field(default_factory=dict, hash=False)
    names: Mapping[date, str] = field(default_factory=dict, hash=False, compare=False)
    loaded_years: frozenset[int] = frozenset()
    version: int = 1

    def __post_init__(self) -> None:
        if not any(self.week.values()):
            raise ValueError("an office that never opens has no deadlines")
        for hours in self.week.values():
            if any(later.start < earlier.end for earlier, later in pairwise(hours)):
                raise ValueError("the intervals of a day stand in order and do not overlap")

    @classmethod
    def standard(
        cls, overrides: Mapping[date, bool], loaded_years: frozenset[int] = frozenset(), version: int = 1
    ) -> Self:
        """Monday to Friday, 09:00-12:00 and 13:30-17:30, in Asia/Shanghai."""
        return cls(overrides=overrides, loaded_years=loaded_years, version=version)

    # Days

    def day_of(self, instant: datetime) -> date:
        """The day in the park on which the instant lies."""
        return instant.astimezone(self.tz).date()

    def is_working(self, day: date) -> bool:
        """Whether the office opens on that day: the notice decides, else the week."""
        override = self.overrides.get(day)
        return bool(self.week.get(day.weekday())) if override is None else override

    def is_make_up(self, day: date) -> bool:
        """Whether it is worked only because a notice says so (调休补班)."""
        return self.overrides.get(day) is True and not self.week.get(day.weekday())

    def next_working_day(self, day: date) -> date:
        """The first working day after ``day``."""
        return next(filter(self.is_working, days_after(day)))

    def working_day_of(self, instant: datetime) -> date:
        """The working day an instant belongs to: a rest day belongs to the one before it."""
        day = self.day_of(instant)
        while not self.is_working(day):
            day -= ONE_DAY
        return day

    def working_days_after(self, start_day: date, end_day: date) -> int:
        """How many working days lie after ``start_day``, up to and with ``end_day``."""
        return max(0, self._working_days_until(end_day) - self._working_days_until(start_day))

    # Instants

    def at(self, day: date, moment: time) -> datetime:
        """That time of that day in the park."""
        return datetime.combine(day, moment, self.tz)

    def hours(self, day: date) -> tuple[Interval, ...]:
        """The usual hours of such a weekday, whether or not this very day is worked."""
        return self.week.get(day.weekday()) or self._usual_hours

    def intervals(self, day: date) -> tuple[Span, ...]:
        """From when to when the office is open on that day; nothing on a rest day."""
        if not self.is_working(day):
            return ()
        return tuple(Span(self.at(day, hours.start), self.at(day, hours.end)) for hours in self.hours(day))

    def opening(self, day: date) -> datetime:
        """When the office opens on a working day, or would open on a rest day."""
        return self.at(day, self.hours(day)[0].start)

    def close(self, day: date) -> datetime:
        """When the office closes for the day: on a rest day, the usual closing hour.

        The hour hangs on the weekday alone, so that turning a day into a rest day moves no closing hour.
        """
        return self.at(day, self.hours(day)[-1].end)

    def next_opening(self, instant: datetime) -> datetime:
        """The instant itself while the office is open, else when it opens next."""
        return next(self.open_spans(instant)).start

    def next_morning(self, instant: datetime) -> datetime:
        """The first opening of a working day after the instant."""
        today = self.day_of(instant)
        if self.is_working(today) and instant < self.opening(today):
            return self.opening(today)
        return self.opening(self.next_working_day(today))

    def open_spans(self, instant: datetime) -> Iterator[Span]:
        """The stretches in which the office is open from an instant on, without end; the first may be a rest."""
        today = self.day_of(instant)
        for span in self.intervals(today):
            if instant < span.end:
                yield Span(max(instant.astimezone(self.tz), span.start), span.end)
        for day in days_after(today):
            yield from self.intervals(day)

    def worked(self, start: datetime, end: datetime) -> timedelta:
        """How long the office is open between two instants; not at all if ``end`` is not after ``start``."""
        spans = takewhile(lambda span: span.start < end, self.open_spans(start))
        return sum(((min(span.end, end) - span.start) for span in spans), timedelta())

    # What is not known yet

    def forecast_note(self, day: date) -> str | None:
        """The sentence that goes with a date whose year's notice is not loaded; ``None`` where it is."""
        if day.year in self.loaded_years:
            return None
        pattern = "周一至周五" if self._is_monday_to_friday else "每周上班日"
        return say("%(year)s 年节假日安排尚未录入，暂按%(pattern)s推算", year=day.year, pattern=pattern)

    def _working_days_until(self, day: date) -> int:
        """All working days of the era, so that two of these tell what lies between without walking there."""
        weeks, weekday = divmod(day.toordinal() - 1, 7)  # 0001-01-01 was a Monday
        pattern = [bool(self.week.get(number)) for number in range(7)]
        days, balance = self._notices
        return weeks * sum(pattern) + sum(pattern[: weekday + 1]) + balance[bisect_right(days, day)]

    @cached_property
    def _notices(self) -> tuple[list[date], list[int]]:
        """The days on which a notice differs from the week, and how far the first n of them shift a count."""
        days = sorted(
            day for day, work in self.overrides.items() if work != bool(self.week.get(day.weekday()))
        )
        shifts = (1 if self.overrides[day] else -1 for day in days)
        return days, list(accumulate(shifts, initial=0))

    @cached_property
    def _usual_hours(self) -> tuple[Interval, ...]:
        return next(self.week[weekday] for weekday in range(7) if self.week.get(weekday))

    @cached_property
    def _is_monday_to_friday(self) -> bool:
        return [bool(self.week.get(weekday)) for weekday in range(7)] == [True] * 5 + [False] * 2


def days_after(day: date) -> Iterator[date]:
    """Every day after ``day``, one by one; ``OverflowError`` at the end of the year 9999."""
    while True:
        day += ONE_DAY
        yield day
