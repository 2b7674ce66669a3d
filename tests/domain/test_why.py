"""Why this date, in a sentence: each clause says what really moved the due."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from service_desk.domain import why
from service_desk.domain.deadlines import Limit, Pause, Running
from service_desk.domain.vocabulary import Unit
from service_desk.domain.worktime import OfficeCalendar

CHINA = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="module")
def calendar() -> OfficeCalendar:
    """The autumn of 2026: the national holiday with its make-up days."""
    rests = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 9, 25): False}
    names = dict.fromkeys([date(2026, 10, day) for day in (1, 2, 5, 6, 7)], "国庆节") | {
        date(2026, 9, 25): "中秋节"
    }
    work = {date(2026, 9, 20): True, date(2026, 10, 10): True}
    return OfficeCalendar(overrides=rests | work, names=names | dict.fromkeys(work, "国庆节"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=CHINA)


def days(number: int, start: str, *pauses: Pause, extended: int = 0, latest: date | None = None) -> Running:
    limit = Limit(number, Unit.WORKING_DAYS)
    return Running(at(start), limit, pauses, extended=extended, latest=latest)


CASES = {
    "a holiday and its make-up day": (
        days(5, "09-30T15:00"),
        ("从9月30日起算 5 个工作日（当天不计），国庆节 7 天不计，周末 1 天不计，"
        "10月10日（周六）补班计入，10月13日 17:30 到期"),
    ),
    "a pause and an extension": (
        days(2, "03-02T10:00", Pause(at("03-03T10:00"), at("03-05T10:00")), extended=1),
        ("从3月2日起算 2 个工作日（当天不计），延期 1 个工作日，周末 2 天不计，"
        "暂停 2 天不计，3月9日 17:30 到期"),
    ),
    "a pause that is still open": (
        days(5, "03-02T10:00", Pause(at("03-04T10:00"))),
        "从3月2日起算 5 个工作日（当天不计），暂停 1 天不计，正在暂停，恢复后才能算出到期时间",
    ),
    "a date from above": (
        days(5, "03-02T10:00", latest=date(2026, 3, 4)),
        "从3月2日起算 5 个工作日（当天不计），来文要求3月4日前办结，以较早的为准，3月4日 17:30 到期",
    ),
    "hours over a night": (
        Running(at("03-02T16:30"), Limit(2, Unit.WORKING_HOURS)),
        "从3月2日 16:30 起算 2 个工作小时（只计上班时间），3月3日 10:00 到期",
    ),
    "natural days put off over a weekend": (
        Running(at("03-02T10:00"), Limit(5, Unit.NATURAL_DAYS)),
        "从3月2日起算 5 个自然日（当天不计），最后一天不上班或暂停，顺延到下一个工作日，3月9日 17:30 到期",
    ),
    "natural days that end on a working day": (
        Running(at("03-02T10:00"), Limit(4, Unit.NATURAL_DAYS)),
        "从3月2日起算 4 个自然日（当天不计），3月6日 17:30 到期",
    ),
    "a named date on a weekend": (
        Running.until(date(2026, 3, 7), start=at("03-02T10:00")),
        "约定的日期是3月7日，周末 2 天不计，最后一天不上班或暂停，顺延到下一个工作日，3月9日 17:30 到期",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("clock", "words"), CASES.values(), ids=CASES)
def test_the_sentence_says_what_moved_the_due(clock: Running, words: str, calendar: OfficeCalendar) -> None:
    assert "，".join(why.in_words(clock, calendar)) == words
