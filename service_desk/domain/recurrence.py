"""When something comes again by the calendar, and which days it is then about."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile

from service_desk.domain.dates import WEEKDAYS
from service_desk.domain.months import month_after, months_on
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import Word
from service_desk.domain.worktime import OfficeCalendar

LONGEST_REST = timedelta(days=62)
"""Longer than a day is ever put off: how far back a nominal day can lie."""


class Every(Word):
    """What a recurrence counts by."""

    WEEK = "week", "每周"
    WORKING_DAY = "working_day", "每月第几个工作日"
    DAY = "day", "每月几日"

    @property
    def most(self) -> int:
        """The highest number it can be."""
        return {Every.WEEK: 7, Every.WORKING_DAY: 23, Every.DAY: 31}[self]


@dataclass(frozen=True)
class Recurrence:
    """Every week on a weekday (1 is Monday), on the n-th working day of each month, or on its n-th day.

    A day that the office rests is put off to the next working day; a month without the n-th has its last. ``at`` is
    the time of day in the park.
    """

    every: Every
    number: int
    at: time

    def next_after(self, instant: datetime, calendar: OfficeCalendar) -> datetime:
        """The first time after an instant, in the zone of the calendar."""
        since = calendar.day_of(instant) - LONGEST_REST
        return next(
            moment
            for day in self._days(since.replace(day=1), calendar)
            if (moment := calendar.at(day, self.at)) > instant
        )

    def last_until(
        self, first: datetime, instant: datetime, calendar: OfficeCalendar
    ) -> tuple[datetime, int]:
        """The last time up to an instant from a ``first`` one on, and how many came before it."""
        passed = 0
        while (following := self.next_after(first, calendar)) <= instant:
            first, passed = following, passed + 1
        return first, passed

    def days_meant(self, day: date, calendar: OfficeCalendar) -> tuple[date, date]:
        """The first and the last of the days for which it comes on ``day``: those that were put off to it."""
        since = (day - LONGEST_REST).replace(day=1)
        nominal = list(takewhile(lambda one: one <= day, self._nominal(since, calendar)))
        meant = [one for one in nominal if _put_off(one, calendar) == day] or nominal[-1:]
        return meant[0], meant[-1]

    def _days(self, since: date, calendar: OfficeCalendar) -> Iterator[date]:
        """The days it falls on, from the first of a month on; put off, they stay in order."""
        for day in self._nominal(since, calendar):
            yield _put_off(day, calendar)

    def _nominal(self, since: date, calendar: OfficeCalendar) -> Iterator[date]:
        if self.every is Every.WEEK:
            day = since + timedelta(days=(self.number - 1 - since.weekday()) % 7)
            while True:
                yield day
                day += timedelta(days=7)
        first = since
        while True:
            days = [
                first + timedelta(days=number) for number in range(monthrange(first.year, first.month)[1])
            ]
            if self.every is Every.WORKING_DAY:
                # A month of nothing but rest has its days put off like any other.
                days = [day for day in days if calendar.is_working(day)] or days
            yield days[min(self.number, len(days)) - 1]
            first = month_after(first)

    @property
    def words(self) -> Sentence:
        """As people say it: 每周一 08:30."""
        at = f"{self.at:%H:%M}"
        if self.every is Every.WEEK:
            return say("每%(weekday)s %(at)s", weekday=WEEKDAYS[self.number - 1], at=at)
        if self.every is Every.WORKING_DAY:
            return say("每月第 %(n)s 个工作日 %(at)s", n=self.number, at=at)
        return say("每月 %(n)s 日 %(at)s", n=self.number, at=at)


def _put_off(day: date, calendar: OfficeCalendar) -> date:
    return day if calendar.is_working(day) else calendar.next_working_day(day)


class Covers(Word):
    """Which days something is about, told from the days it is meant for and the one on which it comes."""

    LAST_WEEK = "last_week", "上一周（周一至周日）"
    LAST_MONTH = "last_month", "上个月"
    THIS_MONTH = "this_month", "本月至今"
    THIS_YEAR = "this_year", "今年至今"

    def days(self, meant: tuple[date, date], comes: date) -> tuple[date, date]:
        """From the first day up to, but not with, the second.

        What is put off into another month is still about its own, and what comes once for two weeks is about both:
        else one is told twice, and one never.
        """
        first, last = meant
        month, after = last.replace(day=1), comes + timedelta(days=1)
        match self:
            case Covers.LAST_WEEK:
                return _monday(first) - timedelta(days=7), _monday(last)
            case Covers.LAST_MONTH:
                return months_on(month, -1), month
            case Covers.THIS_MONTH:
                return month, min(after, month_after(month))
            case Covers.THIS_YEAR:
                return month.replace(month=1), min(after, date(last.year + 1, 1, 1))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
