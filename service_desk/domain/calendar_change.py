"""A change of the calendar before it is made: marks of days, years that become known, the hours of the week."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, time
from itertools import pairwise
from typing import Any, Self

from service_desk.domain.dates import WEEKDAYS
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.worktime import Interval, OfficeCalendar

LONGEST_NAME = 60
UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
"""Control characters and halves of characters: they come by files alone, and no database keeps them."""
MOST_DAYS = 400
"""A year has no more, with the days of the one before that its notice may name."""
FIRST_YEAR, LAST_YEAR = 2004, 2099

Week = Mapping[int, tuple[Interval, ...]]
"""The office intervals of each weekday, Monday is 0; a rest day is left out."""


@dataclass(frozen=True, slots=True)
class DayMark:
    """What a day is by decree: worked or not, and for what; ``is_local`` where only this park decided it."""

    is_work: bool
    name: str
    is_local: bool = False

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise Invalid("请写明是什么节日或原因。")
        if len(self.name) > LONGEST_NAME:
            raise Invalid(say("名称最多 %(limit)s 字。", limit=LONGEST_NAME))
        if UNWRITABLE.search(self.name):
            raise Invalid("名称里有不能保存的字符，请重新输入。")

    @property
    def data(self) -> dict[str, Any]:
        """As a document of the database holds it."""
        return {"work": self.is_work, "name": self.name, "local": self.is_local}

    @classmethod
    def of(cls, data: Mapping[str, Any] | None) -> Self | None:
        """The mark of such a document; none for none."""
        return None if data is None else cls(bool(data["work"]), str(data["name"]), bool(data["local"]))


Marks = Mapping[date, DayMark]


@dataclass(frozen=True, slots=True)
class DayChange:
    """What one day was by decree and what it becomes; None where the weekly pattern decides."""

    day: date
    before: DayMark | None
    after: DayMark | None

    @property
    def data(self) -> dict[str, Any]:
        """As a document of the database holds it."""
        return {
            "day": self.day.isoformat(),
            "before": self.before.data if self.before else None,
            "after": self.after.data if self.after else None,
        }

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """The change of such a document."""
        return cls(date.fromisoformat(data["day"]), DayMark.of(data["before"]), DayMark.of(data["after"]))


@dataclass(frozen=True)
class Draft:
    """What somebody wants the calendar to say, to be previewed and then saved.

    ``marks`` gives days their mark, or takes it from them (None). ``years`` are the years whose whole notice this
    is: what the calendar said of them before, but for local closures, gives way. ``week`` are new office hours.
    Raises ``Invalid`` for days and years no calendar of the desk holds, too many of them, and impossible hours.
    """

    marks: Mapping[date, DayMark | None]
    years: tuple[int, ...] = ()
    week: Week | None = None

    def __post_init__(self) -> None:
        if len(self.marks) > MOST_DAYS:
            raise Invalid(say("一次最多改 %(most)s 天。", most=MOST_DAYS))
        for year in (*self.years, *(day.year for day in self.marks)):
            if not FIRST_YEAR <= year <= LAST_YEAR:
                raise Invalid(
                    say(
                        "%(year)s 年不在 %(first)s—%(last)s 年之间。",
                        year=year,
                        first=FIRST_YEAR,
                        last=LAST_YEAR,
                    )
                )
        if self.week is not None:
            check_week(self.week)

    @property
    def data(self) -> dict[str, Any]:
        """As a form carries it from the preview to the confirmation."""
        return {
            "marks": [
                [day.isoformat(), mark.data if mark else None] for day, mark in sorted(self.marks.items())
            ],
            "years": list(self.years),
            "week": None if self.week is None else week_data(self.week),
        }

    @classmethod
    def of(cls, data: Any) -> Self:  # noqa: ANN401 - whatever a form sent
        """The draft of such data; raises ``Invalid`` where it is none."""
        try:
            marks = {date.fromisoformat(day): DayMark.of(mark) for day, mark in data["marks"]}
            years = tuple(int(year) for year in data["years"])
            week = None if data["week"] is None else week_of(data["week"])
        except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
            raise Invalid("预览的内容不完整，请重新预览。") from None
        return cls(marks, years, week)

    def changes(self, present: Marks) -> tuple[DayChange, ...]:
        """What becomes different, day by day."""
        wanted: dict[date, DayMark | None] = {
            day: None for day, mark in present.items() if day.year in self.years and not mark.is_local
        }
        closed = {day for day, mark in present.items() if mark.is_local} if self.years else set()
        wanted |= {day: mark for day, mark in self.marks.items() if day not in closed}
        return tuple(
            DayChange(day, present.get(day), mark)
            for day, mark in sorted(wanted.items())
            if mark != present.get(day)
        )


def changed(
    calendar: OfficeCalendar, changes: Iterable[DayChange], years: Iterable[int], week: Week | None
) -> OfficeCalendar:
    """The calendar as it will be."""
    overrides = dict(calendar.overrides)
    for change in changes:
        overrides.pop(change.day, None)
        if change.after is not None:
            overrides[change.day] = change.after.is_work
    return replace(
        calendar,
        overrides=overrides,
        loaded_years=calendar.loaded_years | frozenset(years),
        week=calendar.week if week is None else week,
    )


# The hours of the week


def read_hours(rows: Sequence[tuple[bool, Sequence[tuple[time | None, time | None]]]]) -> Week:
    """The week as a form gives it: for each weekday whether it is worked, and its intervals, empty ones among them.

    Raises ``Invalid``, with the sentences of all weekdays in ``fields`` under their numbers.
    """
    week: dict[int, tuple[Interval, ...]] = {}
    wrong: dict[str, Sentence] = {}
    for weekday, (worked, given) in enumerate(rows):
        filled = [(start, end) for start, end in given if start or end]
        problem = _problem(WEEKDAYS[weekday], filled, worked=worked)
        if problem is not None:
            wrong[str(weekday)] = problem
        elif worked:
            week[weekday] = tuple(sorted((Interval(a, b) for a, b in filled if a and b), key=_begins))
    if wrong:
        raise Invalid(next(iter(wrong.values())), fields=dict(wrong))
    return week


def check_week(week: Week) -> None:
    """Raise ``Invalid`` for hours by which no office can keep deadlines."""
    if not any(week.values()):
        raise Invalid("一周至少要有一天上班。")
    for weekday, hours in week.items():
        problem = _problem(WEEKDAYS[weekday], [(each.start, each.end) for each in hours], worked=True)
        if problem is not None:
            raise Invalid(problem)


def _problem(name: str, given: Sequence[tuple[time | None, time | None]], *, worked: bool) -> Sentence | None:
    """What is wrong with the intervals of one weekday."""
    if worked and not given:
        return say("%(day)s要上班，却没有填上班时间。", day=name)
    if given and not worked:
        return say("%(day)s填了时间，却没有勾选上班。", day=name)
    whole = [(start, end) for start, end in given if start and end]
    if len(whole) < len(given):
        return say("%(day)s有一段时间只填了一半。", day=name)
    for start, end in whole:
        if end <= start:
            return say(
                "%(day)s的下班时间 %(end)s 不晚于上班时间 %(start)s。",
                day=name,
                end=f"{end:%H:%M}",
                start=f"{start:%H:%M}",
            )
    for (_, end), (start, _) in pairwise(sorted(whole)):
        if start < end:
            return say(
                "%(day)s的两段时间重叠：%(start)s 在前一段的 %(end)s 之前。",
                day=name,
                start=f"{start:%H:%M}",
                end=f"{end:%H:%M}",
            )
    return None


def _begins(interval: Interval) -> time:
    return interval.start


def week_data(week: Week) -> dict[str, list[list[str]]]:
    """As documents hold the hours: the weekday's number to its intervals."""
    return {
        str(weekday): [[f"{each.start:%H:%M}", f"{each.end:%H:%M}"] for each in hours]
        for weekday, hours in sorted(week.items())
        if hours
    }


def week_of(data: Mapping[str, Sequence[Sequence[str]]]) -> Week:
    """The hours of such a document; ``ValueError`` where it is none."""
    week = {
        int(weekday): tuple(sorted((Interval(_time_of(a), _time_of(b)) for a, b in hours), key=_begins))
        for weekday, hours in data.items()
    }
    if not set(week) <= set(range(7)):
        raise ValueError("a week has seven days")
    return week


def _time_of(written: str) -> time:
    """A time on the clock on the wall, which has no zone of its own."""
    return time.fromisoformat(written).replace(tzinfo=None)
