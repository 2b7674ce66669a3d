"""Why this date: what every day from the start to the due did to a deadline, and the same in a sentence."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain, groupby, takewhile

from service_desk.domain.dates import WEEKDAYS
from service_desk.domain.deadlines import NO_TIME, Running, counting_days, due, original_due, running_spans
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import Unit, Word
from service_desk.domain.worktime import OfficeCalendar, days_after


class DayKind(Word):
    """What a day does to a deadline."""

    START = "start", "起算日"
    COUNTS = "counts", "计入"
    EXTENDED = "extended", "延期"
    MAKE_UP = "make_up", "调休上班"
    REST = "rest", "休息日"
    PAUSED = "paused", "暂停"


@dataclass(frozen=True, slots=True)
class DayStrip:
    """One day of the answer to "why this date?".

    ``number`` says which counted day it is; ``used`` how much office time a clock of working hours
    spent on it. ``make_up`` holds for a paused or extended make-up day too.
    """

    day: date
    kind: DayKind
    number: int | None = None
    used: timedelta | None = None
    make_up: bool = False
    is_due: bool = False


def explain(clock: Running, calendar: OfficeCalendar) -> tuple[DayStrip, ...]:
    """Every day from the start to the due day; while due is unknown, to the first day of the open pause."""
    moment, first = due(clock, calendar), calendar.day_of(clock.start)
    until = moment or max(clock.stands_from or clock.start, clock.start)
    last = max(first, calendar.day_of(until))
    days = takewhile(lambda day: day <= last, chain([first], days_after(first)))
    due_day = None if moment is None else calendar.day_of(moment)
    strip = _strip_of_hours if clock.limit.unit is Unit.WORKING_HOURS else _strip_of_days
    return tuple(replace(line, is_due=line.day == due_day) for line in strip(clock, tuple(days), calendar))


def _strip_of_days(clock: Running, days: tuple[date, ...], calendar: OfficeCalendar) -> Iterator[DayStrip]:
    yield DayStrip(days[0], DayKind.START, make_up=calendar.is_make_up(days[0]))
    counted = takewhile(lambda day: day <= days[-1], counting_days(clock, calendar))
    # Natural days go on while the due day is put off over a holiday, but no longer towards the limit.
    numbers = {
        day: number
        for number, day in enumerate(counted, 1)
        if number <= clock.allowed or clock.limit.unit is Unit.DATE
    }
    for day in days[1:]:
        number = numbers.get(day)
        late = number is not None and clock.limit.unit is not Unit.DATE and number > clock.limit.number
        kind = _day_kind(clock, day, calendar) if number is None else _counted_kind(day, calendar, late=late)
        yield DayStrip(day, kind, number, make_up=calendar.is_make_up(day))


def _strip_of_hours(clock: Running, days: tuple[date, ...], calendar: OfficeCalendar) -> Iterator[DayStrip]:
    original = original_due(clock, calendar)
    original_day = None if original is None else calendar.day_of(original)
    used = dict.fromkeys(days, NO_TIME)
    left = timedelta(hours=clock.allowed)
    for span in takewhile(
        lambda span: calendar.day_of(span.start) <= days[-1], running_spans(clock, calendar)
    ):
        taken = min(left, span.length)
        used[calendar.day_of(span.start)] += taken
        left -= taken
    for day, spent in used.items():
        late = original_day is not None and day > original_day
        idle = DayKind.PAUSED if calendar.is_working(day) else DayKind.REST
        kind = _counted_kind(day, calendar, late=late) if spent else idle
        yield DayStrip(
            day, DayKind.START if day == days[0] else kind, used=spent, make_up=calendar.is_make_up(day)
        )


def _counted_kind(day: date, calendar: OfficeCalendar, *, late: bool) -> DayKind:
    if late:
        return DayKind.EXTENDED
    return DayKind.MAKE_UP if calendar.is_make_up(day) else DayKind.COUNTS


def _day_kind(clock: Running, day: date, calendar: OfficeCalendar) -> DayKind:
    """What a day without a number is: paused, rest, or the working day to which a due was put off."""
    could_count = calendar.is_working(day) or clock.limit.unit is Unit.NATURAL_DAYS
    if could_count and not clock.runs_at(calendar.close(day)):
        return DayKind.PAUSED
    return _counted_kind(day, calendar, late=clock.extended > 0) if calendar.is_working(day) else DayKind.REST


# In a sentence


def in_words(clock: Running, calendar: OfficeCalendar, *, is_over: bool = False) -> tuple[Sentence, ...]:
    """The clauses of the sentence under the strip, in order; the last says when it is due.

    One that ``is_over`` while it was paused never had a due.

    从 9月30日 起算 5 个工作日（当天不计），国庆节 7 天不计，10月10日（周六）补班计入，10月13日 17:30 到期.
    """
    strip = explain(clock, calendar)
    return (
        _beginning(clock, calendar),
        *_between(clock, strip, calendar),
        _end(clock, calendar, is_over=is_over),
    )


def _beginning(clock: Running, calendar: OfficeCalendar) -> Sentence:
    local = clock.start.astimezone(calendar.tz)
    if clock.named_date is not None:
        return say("约定的日期是%(day)s", day=_day(clock.named_date))
    if clock.limit.unit is Unit.WORKING_HOURS:
        return say(
            "从%(day)s %(time)s 起算 %(n)s %(unit)s（只计上班时间）",
            day=_day(local.date()),
            time=f"{local:%H:%M}",
            n=clock.limit.number,
            unit=clock.limit.unit,
        )
    return say(
        "从%(day)s起算 %(n)s %(unit)s（当天不计）",
        day=_day(local.date()),
        n=clock.limit.number,
        unit=clock.limit.unit,
    )


def _between(clock: Running, strip: tuple[DayStrip, ...], calendar: OfficeCalendar) -> Iterator[Sentence]:
    """What was added, left out and moved on the way."""
    if clock.extended:
        yield say("延期 %(n)s %(unit)s", n=clock.extended, unit=clock.limit.unit)
    if clock.limit.unit is not Unit.NATURAL_DAYS:
        yield from _rests(strip, calendar)
    for line in strip[1:]:
        if line.make_up and line.kind is not DayKind.PAUSED:
            yield say("%(day)s（%(weekday)s）补班计入", day=_day(line.day), weekday=_weekday(line.day))
    if paused := sum(1 for line in strip if line.kind is DayKind.PAUSED):
        yield say("暂停 %(n)s 天不计", n=paused)
    yield from _moved(clock, strip, calendar)


def _rests(strip: tuple[DayStrip, ...], calendar: OfficeCalendar) -> Iterator[Sentence]:
    """Holidays by name, with the weekend days they join; all other weekends together."""
    weekend_days = 0
    for is_rest, run in groupby(strip[1:], key=lambda line: line.kind is DayKind.REST):
        days = [line.day for line in run] if is_rest else []
        names = tuple(dict.fromkeys(name for day in days if (name := calendar.names.get(day))))
        if names:
            yield say("%(names)s %(n)s 天不计", names=names, n=len(days))
        else:
            weekend_days += len(days)
    if weekend_days:
        yield say("周末 %(n)s 天不计", n=weekend_days)


def _moved(clock: Running, strip: tuple[DayStrip, ...], calendar: OfficeCalendar) -> Iterator[Sentence]:
    moment = due(clock, calendar)
    if moment is None:
        return
    if clock.latest is not None and moment != due(replace(clock, latest=None), calendar):
        yield say("来文要求%(day)s前办结，以较早的为准", day=_day(clock.latest))
    elif clock.named_date not in (None, calendar.day_of(moment)) or (
        clock.limit.unit is Unit.NATURAL_DAYS and strip[-1].number != clock.allowed
    ):
        yield say("最后一天不上班或暂停，顺延到下一个工作日")


def _end(clock: Running, calendar: OfficeCalendar, *, is_over: bool) -> Sentence:
    moment = due(clock, calendar)
    if moment is None and is_over:
        return say("作废时还在暂停，没有到期时间")
    if moment is None:
        return say("正在暂停，恢复后才能算出到期时间")
    local = moment.astimezone(calendar.tz)
    return say("%(day)s %(time)s 到期", day=_day(local.date()), time=f"{local:%H:%M}")


def _day(day: date) -> Sentence:
    return say("%(month)s月%(day)s日", month=day.month, day=day.day)


def _weekday(day: date) -> Sentence:
    return say(WEEKDAYS[day.weekday()])
