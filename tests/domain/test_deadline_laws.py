"""The laws of deadlines on random calendars, and against a walk through time, half-hour by half-hour.

Everything lies on a grid of half-hours, so that pauses often begin or end at the very moment the office
closes, and so that the walk, which shares no code with the law, stays short.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from service_desk.domain.deadlines import Limit, Pause, Running, due, left, original_due, worked_days
from service_desk.domain.vocabulary import Standing, Unit
from service_desk.domain.why import DayKind, explain
from service_desk.domain.worktime import CHINA, STANDARD_HOURS, Interval, OfficeCalendar

TICK = timedelta(minutes=30)
FIRST_DAY = date(2026, 1, 5)
MIDNIGHT = datetime.combine(FIRST_DAY, time(), CHINA)
SPAN_DAYS = 28
NEVER = datetime(9999, 1, 1, tzinfo=CHINA)

settings.register_profile(
    "laws", max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
LAW = settings.get_profile("laws")

# Random parks

HOURS = (
    STANDARD_HOURS,
    (Interval(time(9), time(12)),),
    (Interval(time(8), time(12)), Interval(time(14), time(18, 30))),
)
days_near = st.integers(0, SPAN_DAYS).map(lambda n: FIRST_DAY + timedelta(days=n))
instants = st.integers(0, SPAN_DAYS * 48).map(lambda n: MIDNIGHT + n * TICK)
starts = st.integers(0, 10 * 48).map(lambda n: MIDNIGHT + n * TICK)
weeks = st.dictionaries(st.integers(0, 6), st.sampled_from(HOURS), min_size=1, max_size=7)
ordinary_weeks = st.just(dict.fromkeys(range(5), STANDARD_HOURS))
calendars = st.builds(
    lambda week, overrides: OfficeCalendar(week=week, overrides=overrides),
    st.one_of(weeks, ordinary_weeks),
    st.dictionaries(days_near, st.booleans(), max_size=10),
)
closes = st.builds(
    lambda day, close: datetime.combine(day, close, CHINA),
    st.integers(1, 14).map(lambda n: FIRST_DAY + timedelta(days=n)),
    st.sampled_from([hours[-1].end for hours in HOURS]),
)
edges = st.one_of(instants, closes, closes)
closed_pauses = st.tuples(edges, edges).map(lambda ends: Pause(min(ends), max(ends)))
pauses = st.one_of(closed_pauses, closed_pauses, closed_pauses, st.builds(Pause, edges))
limits = st.one_of(
    st.builds(Limit, st.integers(1, 8), st.just(Unit.WORKING_DAYS)),
    st.builds(Limit, st.integers(1, 30), st.just(Unit.WORKING_HOURS)),
    st.builds(Limit, st.integers(1, 20), st.just(Unit.NATURAL_DAYS)),
)
clocks = st.builds(
    Running, starts, limits, st.lists(pauses, max_size=3).map(tuple), st.sampled_from([0, 0, 1, 5])
)


# The walk


def is_worked(day: date, calendar: OfficeCalendar) -> bool:
    if day in calendar.overrides:
        return calendar.overrides[day]
    return day.weekday() in calendar.week


def usual_hours(day: date, calendar: OfficeCalendar) -> tuple[Interval, ...]:
    return calendar.week.get(day.weekday()) or calendar.week[min(calendar.week)]


def is_paused(instant: datetime, clock: Running) -> bool:
    return any(p.start <= instant < (p.end or NEVER) for p in clock.pauses)


def is_open(instant: datetime, calendar: OfficeCalendar) -> bool:
    day, now = instant.date(), instant.time()
    return is_worked(day, calendar) and any(i.start <= now < i.end for i in usual_hours(day, calendar))


def is_usual_close(instant: datetime, calendar: OfficeCalendar) -> bool:
    return instant.time() == usual_hours(instant.date(), calendar)[-1].end


def half_hours(start: datetime) -> Iterator[datetime]:
    while True:
        yield start
        start += TICK


def walked_due(clock: Running, calendar: OfficeCalendar) -> datetime:
    """When the clock is due by walking there; ``NEVER`` where an open pause bars the way."""
    counted, spent, allowed = 0, timedelta(), clock.limit.number + clock.extended
    unit, first_day = clock.limit.unit, clock.start.date()
    for now in half_hours(clock.start):
        if any(pause.end is None and pause.start <= now for pause in clock.pauses):
            return NEVER
        if is_paused(now, clock):
            continue
        if unit is Unit.WORKING_HOURS:
            spent += TICK if is_open(now, calendar) else timedelta()
            if spent == timedelta(hours=allowed):
                return now + TICK
        elif is_usual_close(now, calendar) and now.date() > first_day:
            worked = is_worked(now.date(), calendar)
            counted += worked or unit is Unit.NATURAL_DAYS
            if counted >= allowed and worked:
                return now
    raise AssertionError


def due_or_never(clock: Running, calendar: OfficeCalendar) -> datetime:
    return due(clock, calendar) or NEVER


# The law is what one finds by walking


@settings(LAW, max_examples=600)
@given(clocks, calendars)
def test_due_is_where_a_walk_through_time_arrives(clock: Running, calendar: OfficeCalendar) -> None:
    assert due_or_never(clock, calendar) == walked_due(clock, calendar)


@LAW
@given(instants, instants, calendars)
def test_worked_time_is_the_half_hours_that_are_open(
    one: datetime, other: datetime, calendar: OfficeCalendar
) -> None:
    start, end = min(one, other), max(one, other)
    ticks = int((end - start) / TICK)
    walked = sum((TICK for n in range(ticks) if is_open(start + n * TICK, calendar)), timedelta())
    assert calendar.worked(start, end) == walked


@LAW
@given(instants, calendars)
def test_the_next_opening_is_the_first_open_half_hour(instant: datetime, calendar: OfficeCalendar) -> None:
    walked = next(now for now in half_hours(instant) if is_open(now, calendar))
    assert calendar.next_opening(instant) == walked


@LAW
@given(days_near, days_near, calendars)
def test_working_days_are_counted_as_on_fingers(start: date, end: date, calendar: OfficeCalendar) -> None:
    between = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert calendar.working_days_after(start, end) == sum(is_worked(day, calendar) for day in between)


@LAW
@given(instants, instants, st.lists(pauses, max_size=3), calendars)
def test_a_duration_is_the_closes_not_spent_in_a_pause(
    one: datetime, other: datetime, paused: list[Pause], calendar: OfficeCalendar
) -> None:
    start, end = min(one, other), max(one, other)
    clock = Running(start, Limit(1, Unit.WORKING_DAYS), tuple(paused))
    midnight = datetime.combine(end.date(), time(23, 30), CHINA)
    closes = [
        now
        for now in (start + n * TICK for n in range(int((midnight - start) / TICK) + 1))
        if is_usual_close(now, calendar) and is_worked(now.date(), calendar) and now.date() > start.date()
    ]
    assert worked_days(start, end, paused, calendar) == sum(not is_paused(now, clock) for now in closes)


# The four laws


@LAW
@given(clocks, st.integers(0, 200), calendars)
def test_a_later_start_is_never_due_earlier(clock: Running, ticks: int, calendar: OfficeCalendar) -> None:
    later = replace(clock, start=clock.start + ticks * TICK)
    assert due_or_never(later, calendar) >= due_or_never(clock, calendar)


@LAW
@given(clocks, calendars)
def test_a_longer_limit_is_due_later(clock: Running, calendar: OfficeCalendar) -> None:
    longer = replace(clock, limit=replace(clock.limit, number=clock.limit.number + 1))
    assert due_or_never(longer, calendar) >= due_or_never(clock, calendar)
    assert due_or_never(clock, calendar) >= (original_due(clock, calendar) or NEVER)


@LAW
@given(clocks, pauses, calendars)
def test_one_more_pause_is_never_due_earlier(clock: Running, pause: Pause, calendar: OfficeCalendar) -> None:
    paused = replace(clock, pauses=(*clock.pauses, pause))
    assert due_or_never(paused, calendar) >= due_or_never(clock, calendar)


@LAW
@given(clocks, calendars, days_near)
def test_a_rest_day_more_is_never_due_earlier(clock: Running, calendar: OfficeCalendar, day: date) -> None:
    rested = replace(calendar, overrides={**calendar.overrides, day: False})
    assert due_or_never(clock, rested) >= due_or_never(clock, calendar)


@LAW
@given(clocks, calendars, days_near)
def test_a_make_up_day_more_is_never_due_later(clock: Running, calendar: OfficeCalendar, day: date) -> None:
    made_up = replace(calendar, overrides={**calendar.overrides, day: True})
    assert due_or_never(clock, made_up) <= due_or_never(clock, calendar)


@LAW
@given(clocks, calendars, days_near, st.integers(0, 400), st.integers(0, 400))
def test_a_pause_in_which_no_office_closes_changes_nothing(
    clock: Running, calendar: OfficeCalendar, day: date, begins: int, lasts: int
) -> None:
    assume(clock.limit.unit is Unit.WORKING_DAYS)
    just_closed = calendar.close(day) + timedelta(seconds=1)
    next_close = calendar.close(calendar.next_working_day(day))
    start = min(just_closed + begins * TICK, next_close)
    within = Pause(start, min(start + lasts * TICK, next_close))
    paused = replace(clock, pauses=(*clock.pauses, within))
    assert due(paused, calendar) == due(clock, calendar)


# What is told agrees with what is due


@LAW
@given(clocks, calendars)
def test_the_strip_counts_to_the_limit_and_ends_on_the_due_day(
    clock: Running, calendar: OfficeCalendar
) -> None:
    moment, strip = due(clock, calendar), explain(clock, calendar)
    assert [line.day for line in strip if line.is_due] == ([] if moment is None else [moment.date()])
    assert [line.day for line in strip] == [strip[0].day + timedelta(days=n) for n in range(len(strip))]
    if clock.limit.unit is Unit.WORKING_HOURS:
        used = sum((line.used for line in strip if line.used is not None), timedelta())
        assert (used == timedelta(hours=clock.allowed)) is (moment is not None)
    elif moment is not None:
        assert [line.number for line in strip if line.number] == list(range(1, clock.allowed + 1))
        assert strip[-1].kind in (DayKind.COUNTS, DayKind.MAKE_UP, DayKind.EXTENDED)


@LAW
@given(clocks, calendars, st.integers(0, 60 * 48))
def test_what_is_left_agrees_with_how_the_clock_stands(
    clock: Running, calendar: OfficeCalendar, ticks: int
) -> None:
    now = clock.start + ticks * TICK
    moment, answer = due(clock, calendar), left(clock, now, calendar)
    assert (answer.standing is Standing.PAUSED) is (moment is None)
    assert (answer.standing is Standing.OVERDUE) is (moment is not None and moment < now)
    if clock.limit.unit is not Unit.WORKING_HOURS:
        assert (answer.standing is Standing.DUE_TODAY) is (answer.words == "今天到期")
