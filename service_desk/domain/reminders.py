"""The ladder's moments: at which instant each step of a reminder ladder falls for one clock."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from itertools import islice
from typing import Literal

from service_desk.domain import deadlines
from service_desk.domain.deadlines import Limit, Pause, Running, counting_days
from service_desk.domain.vocabulary import Unit
from service_desk.domain.worktime import ONE_DAY, OfficeCalendar

When = Literal["half", "left", "overdue", "hours_before", "at_due", "hours_after"]
BY_THE_HOUR = ("hours_before", "at_due", "hours_after")


@dataclass(frozen=True, slots=True)
class StepRule:
    """One step of a ladder.

    ``when`` and ``count`` place it: ``left`` 3, ``overdue`` 1, ``hours_before`` 1 and so on; ``half`` and
    ``at_due`` need no count. ``at`` is the time of day instead of the opening of the office. Only a clock
    whose limit, extensions included, is at least ``min_limit`` has the step.
    """

    key: str
    when: When
    count: int = 0
    at: time | None = None
    min_limit: int | None = None


def moments(
    rules: Iterable[StepRule], clock: Running, calendar: OfficeCalendar
) -> tuple[tuple[StepRule, datetime], ...]:
    """The steps that this clock has, the earliest first; steps of one instant keep the ladder's order."""
    due = deadlines.due(clock, calendar)
    placed = ((rule, moment(rule, clock, due, calendar)) for rule in rules)
    return tuple(sorted(((rule, at) for rule, at in placed if at is not None), key=lambda step: step[1]))


def moment(rule: StepRule, clock: Running, due: datetime | None, calendar: OfficeCalendar) -> datetime | None:
    """When the step fires; ``None`` where the clock does not have it.

    A clock of working hours has the steps by the hour, every other clock those by the day. A clock without
    a due, a limit below ``min_limit`` and a step at or before the start have none. No step
    fires while paused: one that falls into a pause fires when the clock runs again, in office hours. What
    announces a due (half, left, hours before) is dropped once that would be after it.
    """
    if (rule.when in BY_THE_HOUR) != (clock.limit.unit is Unit.WORKING_HOURS):
        return None
    if due is None or (rule.min_limit is not None and clock.allowed < rule.min_limit):
        return None
    planned = _planned(rule, clock, due, calendar)
    fires = None if planned is None else _once_running(planned, clock.pauses, calendar)
    if fires is None or fires <= clock.start:
        return None
    announces = rule.when in ("half", "left", "hours_before")
    return None if announces and fires > due else fires


def _planned(rule: StepRule, clock: Running, due: datetime, calendar: OfficeCalendar) -> datetime | None:
    """Where the rule puts the step, whatever the pauses and the start."""
    if rule.when == "at_due":
        return due
    if rule.when == "hours_before":
        return _hours_before(clock, rule.count, calendar)
    if rule.when == "hours_after":
        return _hours_after(due, rule.count, calendar)
    day = _day(rule, clock, calendar.day_of(due), calendar)
    if day is None:
        return None
    return calendar.opening(day) if rule.at is None else calendar.at(day, rule.at)


def _day(rule: StepRule, clock: Running, due_day: date, calendar: OfficeCalendar) -> date | None:
    if rule.when == "half":
        return _day_after_half(clock, calendar)
    if rule.when == "left":
        return _day_with_left(clock, due_day, rule.count, calendar)
    return _working_day_after(due_day, rule.count, calendar)


def _day_after_half(clock: Running, calendar: OfficeCalendar) -> date | None:
    """The working day after half of the limit, rounded up, has counted; a named date has no half."""
    if clock.limit.unit not in (Unit.WORKING_DAYS, Unit.NATURAL_DAYS):
        return None
    half = (clock.allowed + 1) // 2
    counted = next(islice(counting_days(clock, calendar), half - 1, None), None)
    return None if counted is None else calendar.next_working_day(counted)


def _day_with_left(clock: Running, due_day: date, count: int, calendar: OfficeCalendar) -> date | None:
    """The working day that lies ``count`` counting days before the due day.

    Natural days count in their own unit; where that leads to a rest day, on which nobody would read it,
    the step falls on the last working day before. ``None`` if it would lie before the start day.
    """
    first, day = calendar.day_of(clock.start), due_day
    natural = clock.limit.unit is Unit.NATURAL_DAYS
    left = count
    while left and day > first:
        day -= ONE_DAY
        works = natural or calendar.is_working(day)
        # The start day itself does not count, but it is as far from the first counting day as any other.
        left -= works and (day == first or clock.runs_at(calendar.close(day)))
    while day > first and not calendar.is_working(day):
        day -= ONE_DAY
    return day if left == 0 and calendar.is_working(day) else None


def _working_day_after(day: date, count: int, calendar: OfficeCalendar) -> date:
    for _ in range(count):
        day = calendar.next_working_day(day)
    return day


def _hours_before(clock: Running, count: int, calendar: OfficeCalendar) -> datetime | None:
    """When only ``count`` working hours are left; at the next opening, if that is when the office closes."""
    if clock.limit.unit is not Unit.WORKING_HOURS or clock.allowed <= count:
        return None
    earlier = replace(clock, limit=Limit(clock.allowed - count, Unit.WORKING_HOURS), extended=0)
    used_up = deadlines.due(earlier, calendar)
    return None if used_up is None else calendar.next_opening(used_up)


def _hours_after(due: datetime, count: int, calendar: OfficeCalendar) -> datetime | None:
    """``count`` working hours after due, paused or not: overdue stays overdue."""
    return deadlines.due(Running(due, Limit(count, Unit.WORKING_HOURS)), calendar)


def _once_running(planned: datetime, pauses: tuple[Pause, ...], calendar: OfficeCalendar) -> datetime | None:
    """The planned moment, or the first office moment after it outside all pauses; ``None`` in an open one."""
    fires = planned
    while (pause := next((pause for pause in pauses if pause.covers(fires)), None)) is not None:
        if pause.end is None:
            return None
        fires = calendar.next_opening(pause.end)
    return fires
