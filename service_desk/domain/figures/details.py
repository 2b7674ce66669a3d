"""The rows behind the figures of a report, laid out so that adding their columns gives every figure again."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from service_desk.domain.figures.counting import RANKS, Member, Period, members
from service_desk.domain.figures.facts import Fact
from service_desk.domain.figures.indicators import Indicator, Measure
from service_desk.domain.figures.marks import Moment, Part


@dataclass(frozen=True, slots=True)
class Share:
    """A column of the rows: one part of one figure."""

    key: str
    part: Part


def parts_of(indicator: Indicator) -> tuple[Part, ...]:
    """The columns an indicator needs. A mean adds amounts where others count rows."""
    if indicator.measure is Measure.COUNT:
        return (Part.NUMERATOR,)
    first = Part.AMOUNT if indicator.measure in RANKS or indicator.measure.adds_amounts else Part.NUMERATOR
    return (first, Part.DENOMINATOR, *((Part.EXCLUDED,) if indicator.less else ()))


@dataclass(frozen=True, slots=True)
class DetailRow:
    """A ticket on one line of the tables: its part in each figure of one department and month.

    A ticket that did the same thing twice there (two closings in a month) has a row for each time, so that every
    count is 0 or 1. ``month`` is "" for figures without a period. ``moments`` names what the row counts.
    """

    ticket: str
    department: str
    category: str
    area: str
    source: str
    month: str
    moments: tuple[str, ...]
    shares: dict[Share, int] = field(default_factory=dict)


def detail(facts: Iterable[Fact], indicators: Sequence[Indicator], period: Period) -> Iterator[DetailRow]:
    """The rows behind the figures as they come; those of a ticket in the order of months and departments.

    The facts of a ticket come one after the other.
    """
    for _, its_own in groupby(facts, lambda fact: fact.ticket):
        yield from _rows(its_own, indicators, period)


def _rows(facts: Iterable[Fact], indicators: Sequence[Indicator], period: Period) -> list[DetailRow]:
    placed = _places(facts, period)
    rows: dict[_Place, dict[Share, int]] = defaultdict(dict)
    behind: dict[_Place, list[Fact]] = defaultdict(list)
    for indicator in indicators:
        for place, fact in placed[indicator.moment]:
            for member in members((fact,), indicator, period):
                rows[place].update(_shares(indicator, member))
                behind[place].append(fact)
    return [_row(place, behind[place], rows[place]) for place in sorted(rows)]


_Place = tuple[str, str, str, int]


def _places(facts: Iterable[Fact], period: Period) -> dict[Moment, list[tuple[_Place, Fact]]]:
    """Each fact with the row it belongs to: the last number tells the second closing in a month from the first."""
    met: dict[tuple[str, str, str, Moment], int] = defaultdict(int)
    placed: dict[Moment, list[tuple[_Place, Fact]]] = defaultdict(list)
    for fact in facts:
        month = "" if fact.moment is Moment.NOW else period.month(fact)
        again = met[fact.ticket, month, fact.department, fact.moment]
        met[fact.ticket, month, fact.department, fact.moment] += 1
        placed[fact.moment].append(((fact.ticket, month, fact.department, again), fact))
    return placed


def _shares(indicator: Indicator, member: Member) -> dict[Share, int]:
    values = {
        Part.NUMERATOR: member.numerator,
        Part.DENOMINATOR: member.denominator,
        Part.EXCLUDED: member.excluded,
        Part.AMOUNT: member.fact.amount * member.denominator,
    }
    return {Share(indicator.key, part): values[part] for part in parts_of(indicator)}


def _row(place: _Place, behind: Sequence[Fact], shares: dict[Share, int]) -> DetailRow:
    ticket, month, department, _ = place
    fact = behind[0]
    moments = tuple(dict.fromkeys(one.moment.label for one in behind))
    return DetailRow(ticket, department, fact.category, fact.area, fact.source, month, moments, shares)
