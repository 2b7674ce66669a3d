"""What a ticket's part in the figures of a period was at one instant, and is at another."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from service_desk.domain.figures.counting import RANKS, By, Member, Period, line_of, members
from service_desk.domain.figures.facts import Fact
from service_desk.domain.figures.indicators import BY_KEY, Indicator
from service_desk.domain.figures.marks import Moment, Part

OF_OTHERS = (Moment.NOW, Moment.AFTERMATH)
"""How things stand has no period; what came after a closing is told by other tickets, and by time."""
TRACEABLE = tuple(indicator for indicator in BY_KEY.values() if indicator.moment not in OF_OTHERS)
"""The figures of a period that move by what is done on their own tickets, and by nothing else but the calendar."""


@dataclass(frozen=True, slots=True)
class Play:
    """A part that a ticket plays so many times on a line of a figure; ``amount`` where amounts are what counts."""

    line: str
    part: Part
    amount: int | None
    times: int


@dataclass(frozen=True, slots=True)
class Shift:
    """One figure in which a ticket has another part than it had; no plays mean that it was, or is, not in it."""

    indicator: Indicator
    was: tuple[Play, ...]
    now: tuple[Play, ...]


def shifts(
    before: Sequence[Fact], then: Period, after: Sequence[Fact], now: Period, *, by: By | None
) -> Iterator[Shift]:
    """Where the rows of a ticket make another part than they did, on the whole or told apart by line.

    ``before`` are its rows as of the one period's instant, ``after`` as of the other's.
    """
    for indicator in TRACEABLE:
        was, is_now = plays(before, indicator, then, by=by), plays(after, indicator, now, by=by)
        if was != is_now:
            yield Shift(indicator, was, is_now)


def plays(facts: Iterable[Fact], indicator: Indicator, period: Period, *, by: By | None) -> tuple[Play, ...]:
    """The parts that some rows play in a figure, in order; the line is "" on the whole."""
    counts_amounts = indicator.measure.adds_amounts or indicator.measure in RANKS
    found = Counter(
        (
            line_of(member.fact, by, period) if by else "",
            _part_of(member),
            member.fact.amount if counts_amounts and not member.excluded else None,
        )
        for member in members(facts, indicator, period)
    )
    # Of a mean every row of the denominator adds its amount: there is no numerator to be in.
    every = (
        Play(line, part if amount is None else Part.AMOUNT, amount, times)
        for (line, part, amount), times in found.items()
    )
    return tuple(sorted(every, key=lambda play: (play.line, play.part, play.amount or 0)))


def _part_of(member: Member) -> Part:
    if member.excluded:
        return Part.EXCLUDED
    return Part.NUMERATOR if member.numerator else Part.DENOMINATOR
