"""The dates of a row as instants, and what a row must tell in its state.

A day without a time stands for the opening of the office on it, or for the moment of what came before where that was
later.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from service_desk.desk.ledger_import.cells import Given, Told
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.domain.states import IN_HAND
from service_desk.domain.vocabulary import State
from service_desk.domain.worktime import OfficeCalendar

S = State
A_MINUTE = timedelta(minutes=1)
REPLIED = (S.REPLIED, S.AWAITING_RATING, S.CLOSED)
SUBMITTED, ASSIGNED, SIGNED = "提出日期", "交办日期", "签收日期"
CONTACTED, ANSWERED, CLOSED = "首次联系日期", "答复日期", "办结日期"


def dates_of(told: Told) -> dict[str, Given]:
    """The dates of a row by column, in the order in which they must lie."""
    given = {
        SUBMITTED: told.submitted,
        ASSIGNED: told.assigned,
        SIGNED: told.signed,
        CONTACTED: told.contacted,
        ANSWERED: told.replied,
        CLOSED: told.closed,
    }
    return {title: value for title, value in given.items() if value is not None}


def moments_of(told: Told, calendar: OfficeCalendar, now: datetime) -> dict[str, datetime]:
    """Each date of a row as an instant. Raises ``Invalid`` for one before an earlier one, or to come."""
    given = dates_of(told)
    if told.late and told.due is not None and told.replied == day_of(told.due):
        # Late on the very day it was due: after the office had closed.
        given[ANSWERED] = moment_of(told.due, calendar) + A_MINUTE
    return dict(_moments(list(given.items()), calendar, now))


def _moments(
    given: Sequence[tuple[str, Given]], calendar: OfficeCalendar, now: datetime
) -> Iterator[tuple[str, datetime]]:
    before: tuple[str, datetime] | None = None
    for place, (title, value) in enumerate(given, 1):
        moment = value if isinstance(value, datetime) else _opening(value, before, given[place:], calendar)
        if before is not None and moment < before[1]:
            sentence = "“%(title)s”（%(moment)s）早于“%(before)s”（%(earlier)s）"
            earlier = f"{before[1]:%Y-%m-%d %H:%M}"
            raise Invalid(say(sentence, title=title, moment=_words(value), before=before[0], earlier=earlier))
        if moment > now:
            raise Invalid(say("“%(title)s”（%(moment)s）晚于现在", title=title, moment=_words(value)))
        before = title, moment
        yield title, moment


def _opening(
    day: date,
    before: tuple[str, datetime] | None,
    later: Sequence[tuple[str, Given]],
    calendar: OfficeCalendar,
) -> datetime:
    """The opening of that day, but not before what came before, nor after what is known to come on it."""
    moment = calendar.opening(day)
    if before is not None and calendar.day_of(before[1]) == day:
        moment = max(moment, before[1])
    known = [each for _, each in later if isinstance(each, datetime) and calendar.day_of(each) == day]
    return min([moment, *known])


def _words(given: Given) -> str:
    return f"{given:%Y-%m-%d %H:%M}" if isinstance(given, datetime) else f"{given:%Y-%m-%d}"


def day_of(given: Given) -> date:
    """The day of what may have a time."""
    return given.date() if isinstance(given, datetime) else given


def moment_of(given: Given, calendar: OfficeCalendar) -> datetime:
    """A due as an instant: a day stands for its close."""
    return given if isinstance(given, datetime) else calendar.close(given)


def check(told: Told) -> None:
    """Raise ``Invalid`` where a row lacks what its state cannot be without."""
    if told.state is S.DRAFT:
        raise Invalid("草稿不是诉求，请删去这一行")
    needs = tuple(_lacking(told))
    if needs:
        raise Invalid(say("“当前状态”为“%(state)s”，缺少：%(needs)s", state=told.state, needs=needs))
    if told.by_the_desk and told.state not in (S.AWAITING_RATING, S.CLOSED):
        raise Invalid(say("“主办单位”为“%(desk)s”时，“当前状态”应为待评价或已办结", desk=told.lead))


def _lacking(told: Told) -> Iterator[str]:
    dates = dates_of(told)
    if told.state in IN_HAND | set(REPLIED) and not told.lead:
        yield "主办单位"
    if told.was_dispatched and ASSIGNED not in dates:
        yield ASSIGNED
    if told.state in REPLIED or told.by_the_desk:
        yield from () if ANSWERED in dates else (ANSWERED,)
        yield from () if told.reply else ("办理结果",)
        yield from () if told.outcome is not None or told.by_the_desk else ("结果类别",)
    if told.state is S.CLOSED:
        yield from () if CLOSED in dates else (CLOSED,)
        if (told.solved is None) != (told.level is None):
            yield "是否解决" if told.solved is None else "满意度"
    if told.state is S.MERGED and not told.parent:
        yield "备注里的“并入 编号”"
