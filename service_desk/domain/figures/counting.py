"""Counting fact rows into figures, and naming the rows that stand behind each figure."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from service_desk.domain.figures.facts import Fact
from service_desk.domain.figures.indicators import INDICATORS, Indicator, Measure
from service_desk.domain.figures.marks import DUE_MOMENTS, Moment
from service_desk.domain.vocabulary import Word
from service_desk.domain.worktime import CHINA

FEW = 5  # a rate over fewer is greyed and not ranked
DUE = frozenset(DUE_MOMENTS.values())


class By(Word):
    """What the lines of a table are."""

    DEPARTMENT = "department", "承办单位"
    CATEGORY = "category", "诉求类别"
    AREA = "area", "片区"
    SOURCE = "source", "来源渠道"
    MONTH = "month", "月份"


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open days in the park's zone, seen as of an instant."""

    since: date
    until: date
    as_of: datetime
    tz: ZoneInfo = CHINA

    def holds(self, fact: Fact, indicator: Indicator) -> bool:
        """Whether the row belongs to the period as far as the as-of can know it."""
        if not indicator.has_period:
            return True
        if not self.since <= fact.at.astimezone(self.tz).date() < self.until:
            return False
        if fact.moment in DUE:
            return fact.at < self.as_of
        return fact.at + indicator.ripe_after <= self.as_of

    def month(self, fact: Fact) -> str:
        """The row's month in the park, as ``YYYY-MM``."""
        return f"{fact.at.astimezone(self.tz):%Y-%m}"

    @property
    def months(self) -> tuple[str, ...]:
        """Every month the period touches."""
        first = self.since.year * 12 + self.since.month - 1
        last = self.until.year * 12 + self.until.month - 1 - (self.until.day == 1)
        return tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last + 1))


@dataclass(frozen=True, slots=True)
class Tally:
    """What the rows of one figure add up to. ``amounts`` are those of the denominator, unsorted."""

    numerator: int = 0
    denominator: int = 0
    excluded: int = 0
    amounts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """One indicator on one line; ``by`` is None for the whole. ``value`` is unrounded: 0 to 1, days, or a count."""

    by: str | None
    key: str
    numerator: int | None
    denominator: int | None
    excluded: int
    value: float | None

    @property
    def is_few(self) -> bool:
        """Whether the denominator is too small to rank by."""
        return self.denominator is not None and self.denominator < FEW


@dataclass(frozen=True, slots=True)
class Member:
    """A row behind a figure, and the part it plays there."""

    fact: Fact
    numerator: int
    denominator: int
    excluded: int


def count(
    facts: Iterable[Fact],
    period: Period,
    *,
    indicators: Sequence[Indicator] = INDICATORS,
    by: By | None = None,
) -> list[Figure]:
    """The figures of a period, the whole or by line.

    Lines with nothing counted and nothing excluded are left out; the whole and the months stay.
    """
    by_moment: dict[Moment, list[Fact]] = defaultdict(list)
    for fact in facts:
        by_moment[fact.moment].append(fact)
    figures = [
        figure
        for indicator in indicators
        for figure in _lines(by_moment[indicator.moment], indicator, period, by)
    ]
    return sorted(figures, key=lambda one: one.by or "") if by is By.MONTH else figures


def _lines(facts: Sequence[Fact], indicator: Indicator, period: Period, by: By | None) -> Iterator[Figure]:
    if by is By.MONTH and not indicator.has_period:
        return
    sort = _sorter(by, period)
    groups: dict[str | None, list[Member]] = defaultdict(list)
    for name in _standing_lines(by, period):
        groups[name] = []
    for member in members(facts, indicator, period):
        groups[sort(member.fact)].append(member)
    for name in sorted(groups, key=lambda name: name or ""):
        figure = figure_of(indicator, name, tally(groups[name]))
        if by in (None, By.MONTH) or _is_something(figure):
            yield figure


def _sorter(by: By | None, period: Period) -> Callable[[Fact], str | None]:
    if by is None:
        return lambda _: None
    if by is By.MONTH:
        return period.month
    return lambda fact: str(getattr(fact, by.value))


def _standing_lines(by: By | None, period: Period) -> tuple[str | None, ...]:
    """The lines that are printed even when nothing happened."""
    if by is None:
        return (None,)
    return period.months if by is By.MONTH else ()


def _is_something(figure: Figure) -> bool:
    return bool(figure.numerator if figure.denominator is None else figure.denominator + figure.excluded)


def members(facts: Iterable[Fact], indicator: Indicator, period: Period) -> Iterator[Member]:
    """The rows behind a figure: those in its denominator, and those it leaves out."""
    for fact in facts:
        if fact.moment is not indicator.moment or not period.holds(fact, indicator):
            continue
        if fact.marks & indicator.of != indicator.of:
            continue
        if fact.marks & indicator.less:
            yield Member(fact, 0, 0, 1)
        else:
            counted = fact.marks & indicator.counts == indicator.counts
            yield Member(fact, int(counted), 1, 0)


def tally(members: Iterable[Member]) -> Tally:
    """Add members up."""
    found = list(members)
    return Tally(
        sum(one.numerator for one in found),
        sum(one.denominator for one in found),
        sum(one.excluded for one in found),
        tuple(one.fact.amount for one in found if one.denominator),
    )


def figure_of(indicator: Indicator, by: str | None, tally: Tally) -> Figure:
    """The figure that a tally makes."""
    if indicator.measure is Measure.COUNT:
        return Figure(by, indicator.key, tally.numerator, None, 0, tally.numerator)
    numerator: int | None = sum(tally.amounts) if indicator.measure.adds_amounts else tally.numerator
    value: float | None
    if indicator.measure in RANKS:
        numerator, value = None, nearest_rank(tally.amounts, RANKS[indicator.measure])
    else:
        value = numerator / tally.denominator if numerator is not None and tally.denominator else None
    return Figure(by, indicator.key, numerator, tally.denominator, tally.excluded, value)


RANKS = {Measure.MEDIAN: Fraction(1, 2), Measure.P90: Fraction(9, 10)}


def nearest_rank(amounts: Sequence[int], share: Fraction) -> int | None:
    """The smallest amount that at least that share of the amounts do not exceed; None where there are none."""
    if not amounts:
        return None
    rank = -(-share.numerator * len(amounts) // share.denominator)  # rounded up
    return sorted(amounts)[rank - 1]


def words(figure: Figure, indicator: Indicator) -> str:
    """The value as people read it: two decimals, half up; a zero denominator is a dash."""
    if figure.value is None:
        return "—"
    if figure.denominator is None or indicator.measure in RANKS:
        return f"{figure.value:.0f}"
    exact = Decimal(figure.numerator or 0) / Decimal(figure.denominator)
    if indicator.measure is Measure.SHARE:
        return f"{half_up(exact * 100)}%"
    return str(half_up(exact))


def half_up(number: Decimal) -> Decimal:
    """Two decimals, half up."""
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)
