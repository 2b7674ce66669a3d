"""Counting fact rows into figures, and naming the rows that stand behind each figure."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

from service_desk.domain.figures.facts import Fact
from service_desk.domain.figures.indicators import INDICATORS, Indicator, Measure
from service_desk.domain.figures.marks import DUE_MOMENTS, Mark, Moment, Part
from service_desk.domain.months import month_after
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

    def holds(self, fact: Fact) -> bool:
        """Whether the row belongs to the period as far as the as-of can know it; how things stand has no period."""
        if fact.moment is Moment.NOW:
            return True
        if not self.since <= fact.at.astimezone(self.tz).date() < self.until:
            return False
        return fact.moment not in DUE or fact.at < self.as_of

    def midnight(self, day: date) -> datetime:
        """When a day begins in the park."""
        return datetime.combine(day, time(), self.tz)

    @property
    def begins(self) -> datetime:
        """The first instant that belongs to it."""
        return self.midnight(self.since)

    @property
    def ends(self) -> datetime:
        """The first instant after it."""
        return self.midnight(self.until)

    def month(self, fact: Fact) -> str:
        """The row's month in the park, as ``YYYY-MM``."""
        return f"{fact.at.astimezone(self.tz):%Y-%m}"

    @property
    def is_whole_months(self) -> bool:
        """Whether it begins and ends with a month."""
        return self.since.day == self.until.day == 1

    @property
    def months(self) -> tuple[str, ...]:
        """Every month the period touches."""
        first = self.since.year * 12 + self.since.month - 1
        last = self.until.year * 12 + self.until.month - 1 - (self.until.day == 1)
        return tuple(f"{number // 12:04d}-{number % 12 + 1:02d}" for number in range(first, last + 1))

    def months_over(self) -> tuple[tuple[str, ...], tuple["Period", ...]]:
        """The whole months that were over at the as-of, as ``YYYY-MM``, and what lies before and after them."""
        first = self.since if self.since.day == 1 else month_after(self.since)
        last = min(self.until, self.as_of.astimezone(self.tz).date()).replace(day=1)
        if first >= last:
            return (), (self,)
        around = (replace(self, until=first), replace(self, since=last))
        return replace(self, since=first, until=last).months, tuple(
            part for part in around if part.since < part.until
        )


@dataclass(frozen=True, slots=True)
class Group:
    """So many rows of a period that are alike in all that counts; on the lines that were asked for."""

    moment: Moment
    marks: Mark
    amount: int
    number: int
    lines: Mapping[By, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """What the rows of one figure add up to. ``amounts`` says how many rows of the denominator have each amount."""

    numerator: int = 0
    denominator: int = 0
    excluded: int = 0
    amounts: Mapping[int, int] = field(default_factory=dict)


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
    """The figures of a period, the whole or by line, from its rows; see ``count_groups``."""
    return count_groups(gather(facts, period, by=(by,) if by else ()), period, indicators=indicators, by=by)


def gather(facts: Iterable[Fact], period: Period, *, by: Collection[By]) -> list[Group]:
    """The rows of a period in groups that tell these lines apart. A database groups its stored rows likewise."""
    found = Counter(
        (fact.moment, fact.marks, fact.amount, tuple(line_of(fact, line, period) for line in by))
        for fact in facts
        if period.holds(fact)
    )
    return [
        Group(moment, marks, amount, number, dict(zip(by, lines, strict=True)))
        for (moment, marks, amount, lines), number in found.items()
    ]


def line_of(fact: Fact, by: By, period: Period) -> str:
    """The line that a row stands on; "" among the months where it has no period."""
    if by is By.MONTH:
        return "" if fact.moment is Moment.NOW else period.month(fact)
    return str(getattr(fact, by.value))


def count_groups(
    groups: Iterable[Group],
    period: Period,
    *,
    indicators: Sequence[Indicator] = INDICATORS,
    by: By | None = None,
) -> list[Figure]:
    """The figures of a period, the whole or by a line that the groups tell apart.

    Lines with nothing counted and nothing excluded are left out; the whole and the months stay.
    """
    by_moment: dict[Moment, list[Group]] = defaultdict(list)
    for group in groups:
        by_moment[group.moment].append(group)
    figures = [
        figure
        for indicator in indicators
        for figure in _lines(by_moment[indicator.moment], indicator, period, by)
    ]
    return sorted(figures, key=lambda one: one.by or "") if by is By.MONTH else figures


def _lines(groups: Iterable[Group], indicator: Indicator, period: Period, by: By | None) -> Iterator[Figure]:
    if by is By.MONTH and not indicator.has_period:
        return
    lines: dict[str | None, list[Group]] = {name: [] for name in _standing_lines(by, period)}
    for group in groups:
        lines.setdefault(group.lines[by] if by else None, []).append(group)
    for name in sorted(lines, key=lambda name: name or ""):
        figure = figure_of(indicator, name, tally(lines[name], indicator))
        if by in (None, By.MONTH) or _is_something(figure):
            yield figure


def _standing_lines(by: By | None, period: Period) -> tuple[str | None, ...]:
    """The lines that are printed even when nothing happened."""
    if by is None:
        return (None,)
    return period.months if by is By.MONTH else ()


def _is_something(figure: Figure) -> bool:
    return bool(figure.numerator if figure.denominator is None else figure.denominator + figure.excluded)


def part_of(indicator: Indicator, marks: Mark) -> Part | None:
    """The part that such a row of its moment plays in an indicator; what is numerator is of the denominator, too."""
    if marks & indicator.of != indicator.of:
        return None
    if marks & indicator.less:
        return Part.EXCLUDED
    return Part.NUMERATOR if marks & indicator.counts == indicator.counts else Part.DENOMINATOR


def members(facts: Iterable[Fact], indicator: Indicator, period: Period) -> Iterator[Member]:
    """The rows behind a figure: those in its denominator, and those it leaves out."""
    for fact in facts:
        if fact.moment is not indicator.moment or not period.holds(fact):
            continue
        part = part_of(indicator, fact.marks)
        if part is not None:
            counts = part is not Part.EXCLUDED
            yield Member(fact, int(part is Part.NUMERATOR), int(counts), int(not counts))


def tally(groups: Iterable[Group], indicator: Indicator) -> Tally:
    """What groups of the indicator's moment add up to."""
    numbers: Counter[Part] = Counter()
    amounts: Counter[int] = Counter()
    for group in groups:
        part = part_of(indicator, group.marks)
        if part is None:
            continue
        numbers[part] += group.number
        if part is not Part.EXCLUDED:
            amounts[group.amount] += group.number
    numerator = numbers[Part.NUMERATOR]
    return Tally(numerator, numerator + numbers[Part.DENOMINATOR], numbers[Part.EXCLUDED], amounts)


def figure_of(indicator: Indicator, by: str | None, tally: Tally) -> Figure:
    """The figure that a tally makes."""
    if indicator.measure is Measure.COUNT:
        return Figure(by, indicator.key, tally.numerator, None, 0, tally.numerator)
    numerator: int | None = tally.numerator
    if indicator.measure.adds_amounts:
        numerator = sum(amount * number for amount, number in tally.amounts.items())
    value: float | None
    if indicator.measure in RANKS:
        numerator, value = None, nearest_rank(tally.amounts, RANKS[indicator.measure])
    else:
        value = numerator / tally.denominator if numerator is not None and tally.denominator else None
    return Figure(by, indicator.key, numerator, tally.denominator, tally.excluded, value)


RANKS = {Measure.MEDIAN: Fraction(1, 2), Measure.P90: Fraction(9, 10)}


def nearest_rank(amounts: Mapping[int, int], share: Fraction) -> int | None:
    """The smallest amount that at least that share of all do not exceed; None where there are none.

    ``amounts`` says how many there are of each amount.
    """
    rank = -(-share.numerator * sum(amounts.values()) // share.denominator)  # rounded up
    passed = 0
    for amount in sorted(amounts):
        passed += amounts[amount]
        if passed >= rank:
            return amount
    return None


def exact(figure: Figure) -> Decimal:
    """The value of a figure that has one, where it is a ratio without the error of binary fractions."""
    if figure.numerator is None or not figure.denominator:
        return Decimal(str(figure.value))
    return Decimal(figure.numerator) / Decimal(figure.denominator)


def words(figure: Figure, indicator: Indicator) -> str:
    """The value as people read it: two decimals, half up; a zero denominator is a dash."""
    if figure.value is None:
        return "—"
    if figure.denominator is None or indicator.measure in RANKS:
        return f"{figure.value:.0f}"
    if indicator.measure is Measure.SHARE:
        return f"{half_up(exact(figure) * 100)}%"
    return str(half_up(exact(figure)))


def half_up(number: Decimal) -> Decimal:
    """Two decimals, half up."""
    return number.quantize(Decimal("0.01"), ROUND_HALF_UP)
