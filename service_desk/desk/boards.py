"""What the boards show: the figures of this month beside earlier ones, and how they went from month to month."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import Select

from service_desk.desk.facts import by_day, groups
from service_desk.domain.figures import (
    BY_KEY,
    By,
    Figure,
    Indicator,
    Period,
    count_groups,
    period_before,
    year_before,
)
from service_desk.store.law import Law
from service_desk.store.tickets import Ticket

PARK_KEYS = ("accepted", "on_time", "solved", "satisfied", "rated", "response", "closings")
DEPARTMENT_KEYS = ("sign_in_time", "response", "opinion_in_time", "on_time", "returned", "closings")
"""None of these tells how a matter was rated: a department reads that in totals alone."""
FLOW = ("accepted", "closings")
TREND_DAYS = 30


@dataclass(frozen=True)
class Months:
    """The figures of a month and of those before it, from ``since`` on."""

    this: Period
    since: date
    figures: Mapping[tuple[str, str], Figure]

    @property
    def last(self) -> Period:
        """The month before."""
        return period_before(self.this)

    @property
    def year_ago(self) -> Period:
        """The same month last year."""
        return year_before(self.this)

    def figure(self, key: str, period: Period) -> Figure:
        """An indicator in one of the months."""
        return self.figures[period.months[0], key]

    @property
    def trend(self) -> Sequence[Period]:
        """The twelve months up to this one, the oldest first."""
        found = [self.this]
        while len(found) < 12:  # noqa: PLR2004 - a year
            found.append(period_before(found[-1]))
        return found[::-1]


def month_of(day: date, *, as_of: datetime, law: Law) -> Period:
    """The park's month in which a day lies."""
    first = day.replace(day=1)
    return Period(first, (first + timedelta(days=31)).replace(day=1), as_of, law.calendar.tz)


def months(
    tickets: Select[Ticket],
    this: Period,
    keys: Collection[str],
    *,
    since: date | None = None,
    departments: Collection[str] = (),
) -> Months:
    """Some figures of a month and of those before it, in one count; of all lines or of some departments.

    ``since`` is the first day of the earliest month; without it, of the same month last year.
    """
    indicators = indicators_of(keys)
    span = replace(this, since=since or year_before(this).since)
    lines = (By.MONTH, By.DEPARTMENT) if departments else (By.MONTH,)
    found = groups(tickets, span, indicators=indicators, by=lines)
    if departments:
        found = [group for group in found if group.lines[By.DEPARTMENT] in departments]
    counted = count_groups(found, span, indicators=indicators, by=By.MONTH)
    return Months(this, span.since, {(figure.by or "", figure.key): figure for figure in counted})


def by_category(tickets: Select[Ticket], period: Period) -> list[Figure]:
    """How many were submitted in each category, the most first."""
    indicators = indicators_of(("submitted",))
    found = groups(tickets, period, indicators=indicators, by=(By.CATEGORY,))
    lines = count_groups(found, period, indicators=indicators, by=By.CATEGORY)
    return sorted(lines, key=lambda line: -(line.numerator or 0))


@dataclass(frozen=True)
class Day:
    """What was accepted and what was closed on a day."""

    day: date
    accepted: int
    closed: int


def days(tickets: Select[Ticket], *, as_of: datetime, law: Law) -> list[Day]:
    """The last 30 days up to today, the oldest first."""
    tomorrow = law.calendar.day_of(as_of) + timedelta(days=1)
    period = Period(tomorrow - timedelta(days=TREND_DAYS), tomorrow, as_of, law.calendar.tz)
    accepted, closed = by_day(tickets, period, indicators=indicators_of(FLOW)).values()
    every = (period.since + timedelta(days=number) for number in range(TREND_DAYS))
    return [Day(day, accepted.get(day, 0), closed.get(day, 0)) for day in every]


def today_ends(now: datetime, law: Law) -> datetime:
    """The park's next midnight."""
    return datetime.combine(law.calendar.day_of(now) + timedelta(days=1), time(), law.calendar.tz)


def indicators_of(keys: Collection[str]) -> list[Indicator]:
    """The indicators of these keys, in their order."""
    return [BY_KEY[key] for key in keys]
