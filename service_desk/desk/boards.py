"""What the boards show: the figures of this month beside earlier ones, and how they went from month to month."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from service_desk.desk.facts import Rows
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
from service_desk.domain.months import month_after, months_on
from service_desk.store.law import Law

PARK_KEYS = ("accepted", "on_time", "solved", "satisfied", "rated", "response", "closings")
DEPARTMENT_KEYS = ("sign_in_time", "response", "opinion_in_time", "on_time", "returned", "closings")
"""None of these tells how a matter was rated: a department reads that in totals alone."""
FLOW = ("accepted", "closings")
YEAR = 12
TREND_DAYS = 30


@dataclass(frozen=True)
class Months:
    """The figures of a month and of some before it, by month and key."""

    this: Period
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

    def tells(self, key: str, period: Period) -> bool:
        """Whether the indicator was counted in this month."""
        return (period.months[0], key) in self.figures

    @property
    def trend(self) -> Sequence[Period]:
        """The twelve months up to this one, the oldest first."""
        first = self.this.since
        return [
            replace(self.this, since=months_on(first, -back), until=months_on(first, 1 - back))
            for back in reversed(range(YEAR))
        ]


def month_of(day: date, *, as_of: datetime, law: Law) -> Period:
    """The park's month in which a day lies."""
    first = day.replace(day=1)
    return Period(first, month_after(first), as_of, law.calendar.tz)


def months(
    rows: Rows, this: Period, keys: Collection[str], *, back: int, departments: Collection[str] | None = None
) -> Months:
    """Figures of a month and of so many before it, of all lines or of some departments."""
    indicators = indicators_of(keys)
    span = replace(this, since=months_on(this.since, -back))
    found = rows.groups(
        span, indicators, by=(By.MONTH,) if departments is None else (By.MONTH, By.DEPARTMENT)
    )
    if departments is not None:
        found = [group for group in found if group.lines[By.DEPARTMENT] in departments]
    figures = count_groups(found, span, indicators=indicators, by=By.MONTH)
    return Months(this, {(figure.by or "", figure.key): figure for figure in figures})


def by_category(rows: Rows, period: Period) -> list[Figure]:
    """How many were submitted in each category, the most first."""
    indicators = indicators_of(("submitted",))
    found = rows.groups(period, indicators, by=(By.CATEGORY,))
    lines = count_groups(found, period, indicators=indicators, by=By.CATEGORY)
    return sorted(lines, key=lambda line: -(line.numerator or 0))


@dataclass(frozen=True)
class Day:
    """What was accepted and what was closed on a day."""

    day: date
    accepted: int
    closed: int


def days(rows: Rows, *, as_of: datetime, law: Law) -> list[Day]:
    """The last 30 days up to today, the oldest first."""
    tomorrow = law.calendar.day_of(as_of) + timedelta(days=1)
    period = Period(tomorrow - timedelta(days=TREND_DAYS), tomorrow, as_of, law.calendar.tz)
    accepted, closed = rows.by_day(period, indicators_of(FLOW)).values()
    every = (period.since + timedelta(days=number) for number in range(TREND_DAYS))
    return [Day(day, accepted.get(day, 0), closed.get(day, 0)) for day in every]


def today_ends(now: datetime, law: Law) -> datetime:
    """The park's next midnight."""
    return datetime.combine(law.calendar.day_of(now) + timedelta(days=1), time(), law.calendar.tz)


def indicators_of(keys: Collection[str]) -> list[Indicator]:
    """The indicators of these keys, in their order."""
    return [BY_KEY[key] for key in keys]
