"""Figures in sentences: what an office sends up, made from the numbers and from nothing else."""

from datetime import timedelta
from decimal import Decimal

from service_desk.domain.figures.counting import Figure, Period, exact, half_up, words
from service_desk.domain.figures.indicators import Indicator, Measure
from service_desk.domain.sentences import Sentence, say

WEEK = timedelta(days=7)
QUARTER = 3
YEAR = 12


def word_of(period: Period) -> Sentence:
    """What a period is called: 本月, 本周, 本季度, 本年; 本期 where it is none of these."""
    since, until = period.since, period.until
    if since.day == until.day == 1:
        months = (until.year - since.year) * 12 + until.month - since.month
        if months == 1:
            return say("本月")
        if months == QUARTER and since.month % QUARTER == 1:
            return say("本季度")
        if months == YEAR and since.month == 1:
            return say("本年")
    if until - since == WEEK and since.weekday() == 0:
        return say("本周")
    return say("本期")


def days_of(period: Period) -> Sentence:
    """The first and the last day of a period."""
    first, last = period.since, period.until - timedelta(days=1)
    return say(
        "%(year)s年%(month)s月%(day)s日至%(last_year)s年%(last_month)s月%(last_day)s日",
        year=first.year,
        month=first.month,
        day=first.day,
        last_year=last.year,
        last_month=last.month,
        last_day=last.day,
    )


def rate(figure: Figure, indicator: Indicator) -> Sentence:
    """A figure with its name and what it was counted from: 按时办结率 96.15%（25/26）."""
    if figure.denominator is None:
        return say("%(figure)s %(value)s 件", figure=indicator.label, value=figure.value or 0)
    if figure.value is None:
        return say("%(figure)s无数据（分母为 0）", figure=indicator.label)
    if figure.numerator is None or indicator.measure is not Measure.SHARE:
        return say("%(figure)s %(value)s", figure=indicator.label, value=words(figure, indicator))
    return say(
        "%(figure)s %(value)s（%(numerator)s/%(denominator)s）",
        figure=indicator.label,
        value=words(figure, indicator),
        numerator=figure.numerator,
        denominator=figure.denominator,
    )


def moved(now: Figure | None, before: Figure | None, indicator: Indicator) -> Sentence:
    """How a count or a share went from one period to another, in words."""
    if now is None or before is None or now.value is None or before.value is None:
        return say("无可比数据")
    if indicator.measure is Measure.COUNT:
        number = int(now.value - before.value)
        if number == 0:
            return say("持平")
        if not before.value:
            return say("增加 %(n)s 件（基数为 0）", n=number)
        return say("增加 %(n)s 件", n=number) if number > 0 else say("减少 %(n)s 件", n=-number)
    points = half_up((exact(now) - exact(before)) * 100)
    if points == 0:
        return say("持平")
    return say("提高 %(n)s 个百分点", n=points) if points > 0 else say("下降 %(n)s 个百分点", n=-points)


def share(number: int, whole: int) -> str:
    """A part of a whole in per cent; a dash of nothing."""
    return f"{half_up(Decimal(number) / Decimal(whole) * 100)}%" if whole else "—"
