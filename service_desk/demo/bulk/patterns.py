"""A played course as a pattern: its rows with gaps for what each copy has of its own, and where it may be laid.

A copy is laid on another working day, with all its acts some minutes earlier or later within the same stretch of
office time; both change nothing that the law looks at (docs/decisions/0024). Only natural days are reckoned anew.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Table

from service_desk.demo.bulk.office import DAY, MINUTE, OfficeLine, moment
from service_desk.demo.bulk.parts import Encode, Maker, Said, Spot
from service_desk.demo.bulk.playing import Played
from service_desk.demo.bulk.tables import CLOCKS, EVENTS, PAUSES, TABLES, TICKETS
from service_desk.domain import deadlines
from service_desk.domain.deadlines import Limit, Pause, Running
from service_desk.domain.figures.facts import REBOUND_WINDOW
from service_desk.domain.vocabulary import Unit
from service_desk.store.tickets import LONGEST_LAST_LINE

AFTERMATH = int(REBOUND_WINDOW.total_seconds())


@dataclass(frozen=True)
class Laid:
    """Where a copy is laid: on which working day, from when the rest day of its filing, and how far it is nudged."""

    index: int
    rest: int
    nudge: int


@dataclass(frozen=True)
class Given:
    """What a copy is given besides: ``own`` by ``OWN``, the words, and by ticket a number and a key."""

    own: Sequence[int]
    words: Mapping[str, str]
    numbers: Sequence[str]
    keys: Sequence[str]


class Pattern:
    """One course, ready to be copied."""

    def __init__(self, played: Played, office: OfficeLine, filed: date, encode: Encode) -> None:
        self.office = office
        self.base = office.index_before(filed)
        self.by_rest = filed != office.days[self.base]
        self._filed = filed
        maker = Maker(played, office, self.base, filed, encode)
        self.size = len(played.rows[TICKETS])
        self.counts = {table: len(maker.rows[table]) for table in TABLES}
        self.constants, self.ids, self.spots = maker.constants, maker.ids, list(maker.spots)
        self.untils, self.months, self.days, self.said = maker.untils, maker.months, maker.days, maker.said
        self.naturals = maker.naturals
        self.is_over = maker.is_over
        self.last = max(spot.day or 0 for spot in map(maker.spot, _acts(played)))
        self.filings = [maker.spot(row["submitted_at"]) for row in played.rows[TICKETS]]
        self.words = maker.words
        self.getters = {
            table: [itemgetter(*(maker.place(cell) for cell in row)) for row in maker.rows[table]]
            for table in TABLES
        }
        self.low, self.high = _room(self.spots, office)
        self._dues: dict[int, list[tuple[int, int]] | None] = {}
        if not (self._is_right(played, maker, self.low) and self._is_right(played, maker, self.high)):
            self.low = self.high = 0

    def _is_right(self, played: Played, maker: Maker, nudge: int) -> bool:
        """Whether every clock is due where the law says when all is nudged so far."""
        base = self.base
        laid = Laid(base, self.office.midnight(self._filed), nudge)
        at = dict(zip(self.spots, map(moment, self.instants(laid)), strict=True))
        for row in played.rows[CLOCKS]:
            if row["due_at"] is None or row["unit"] is Unit.DATE:
                continue
            pauses = tuple(
                Pause(at[maker.spot(pause["started_at"])], at[maker.spot(pause["ended_at"])])
                for pause in played.rows[PAUSES]
                if pause["clock_id"] == row["id"] and pause["ended_at"] is not None
            )
            limit = Limit(row["limit_number"], row["unit"])
            start = at[maker.spot(row["started_at"])]
            facts = Running(start, limit, pauses, row["extended"], latest=row["latest_date"])
            if deadlines.due(facts, self.office.calendar) != at[maker.due_spot(row, "due_at")]:
                return False
        return True

    def hold_at(self, until: datetime) -> None:
        """Let nothing that was to come be past, and nothing past be to come, however it is nudged."""
        end = int(until.timestamp())
        laid = Laid(self.base, self.office.midnight(self._filed), 0)
        for spot, second in zip(self.spots, self.instants(laid), strict=True):
            if spot.moves and second <= end:
                self.high = min(self.high, end - second)
            elif spot.moves:
                self.low = max(self.low, end + 1 - second)

    # Laying it

    def fits(self, index: int) -> bool:
        """Whether all is as it was when it begins on this working day."""
        return index == self.base or self._natural_dues(index) is not None

    def instants(self, laid: Laid) -> list[int]:
        """The seconds of the era at which all its spots fall."""
        found = self._at(self.spots, laid)
        if self.naturals and laid.index != self.base:
            dues = self._natural_dues(laid.index) or []
            for place, spot in enumerate(self.spots):
                if spot.natural is not None:
                    clock, original = spot.natural
                    found[place] = dues[clock][original]
        return found

    def filed(self, laid: Laid) -> list[int]:
        """When its tickets are filed, in seconds of the era."""
        return self._at(self.filings, laid)

    def _at(self, spots: Iterable[Spot], laid: Laid) -> list[int]:
        midnights, nudge, index = self.office.midnights, laid.nudge, laid.index
        return [
            (laid.rest if spot.day is None else midnights[index + spot.day])
            + spot.second
            + (nudge if spot.moves else 0)
            for spot in spots
        ]

    def _natural_dues(self, index: int) -> list[tuple[int, int]] | None:
        """Due and original due of its clocks of natural days; None where one would be judged otherwise."""
        if index not in self._dues:
            self._dues[index] = self._reckoned(index)
        return self._dues[index]

    def _reckoned(self, index: int) -> list[tuple[int, int]] | None:
        found = []
        for clock in self.naturals:
            facts = Running(
                start=self._moment(clock.start, index),
                limit=clock.limit,
                pauses=tuple(Pause(*(self._moment(edge, index) for edge in pause)) for pause in clock.pauses),
                extended=clock.extended,
            )
            calendar = self.office.calendar
            due, original = deadlines.due(facts, calendar), deadlines.original_due(facts, calendar)
            if due is None or original is None:
                return None
            if clock.judged and deadlines.judge(due, self._moment(clock.judged, index)) is not clock.state:
                return None
            found.append((int(due.timestamp()), int(original.timestamp())))
        return found

    def _moment(self, spot: Spot, index: int) -> datetime:
        # Of natural days none begins on a rest day: see ``Misfit``.
        return moment(self.office.midnights[index + (spot.day or 0)] + spot.second)

    # Filling it in

    def copy(self, laid: Laid, given: Given, firsts: Mapping[Table, int]) -> list[Any]:
        """All that the rows of one copy hold, to be picked from by ``getters``; ``firsts`` are its first ids."""
        seconds = self.instants(laid)
        filling = _Filling(self.office, laid, given, seconds, firsts[TICKETS])
        return [
            *self.constants,
            *(firsts[table] + place for table, place in self.ids),
            *given.own,
            *given.numbers,
            *given.keys,
            *map(written, seconds),
            *(written(seconds[place] + AFTERMATH) for place in self.untils),
            *(self._month(seconds[place]) for place in self.months),
            *map(filling.day, self.days),
            *map(filling.said, self.said),
        ]

    def _month(self, second: int) -> int:
        day = self.office.calendar.day_of(moment(second))
        return day.year * 100 + day.month


@dataclass(frozen=True, slots=True)
class _Filling:
    """What the gaps of one copy's texts are filled with."""

    office: OfficeLine
    laid: Laid
    given: Given
    seconds: Sequence[int]
    first_ticket: int

    def day(self, place: int) -> str:
        """A working day, as a date."""
        return self.office.days[self.laid.index + place].isoformat()

    def said(self, text: Said) -> str:
        """A text without gaps."""
        whole = "".join(part if isinstance(part, str) else self._gap(*part) for part in text.parts)
        return whole[:LONGEST_LAST_LINE] if text.is_cut else whole

    def _gap(self, kind: str, what: Any) -> str:  # noqa: ANN401 - a place, or a name
        match kind:
            case "instant":
                return moment(self.seconds[what]).isoformat()
            case "day":
                return self.day(what)
            case "ticket":
                return str(self.first_ticket + int(what))
        return self.given.numbers[what] if kind == "number" else self.given.words[what]


def written(second: int) -> str:
    """A second of the era as databases take it, in UTC."""
    day, rest = divmod(second, DAY)
    return _day_written(day) + _TIMES[rest // MINUTE] + _SECONDS[rest % MINUTE]


@cache
def _day_written(day: int) -> str:
    return f"{moment(day * DAY):%Y-%m-%d} "


_TIMES = [f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(DAY // MINUTE)]
_SECONDS = [f"{second:02d}.000000" for second in range(MINUTE)]


def _room(spots: Iterable[Spot], office: OfficeLine) -> tuple[int, int]:
    """How many seconds earlier and later all people may act, so that each stays in its stretch of office time.

    What the law does at a moment of its own stays in its place, and its order with what people do.
    """
    fixed: dict[int | None, list[int]] = defaultdict(office.edges)
    fixed[None] = [0, DAY]
    listed = list(spots)
    for spot in listed:
        if not spot.moves and spot.natural is None:
            fixed[spot.day].append(spot.second)
    low, high = -DAY, DAY
    for spot in listed:
        if spot.moves:
            before = max(second for second in fixed[spot.day] if second <= spot.second)
            after = min(second for second in fixed[spot.day] if second > spot.second)
            low, high = max(low, before + 1 - spot.second), min(high, after - 1 - spot.second)
    return (low, high) if low <= 0 <= high else (0, 0)


def _acts(played: Played) -> Iterable[datetime]:
    return (row["at"] for row in played.rows[EVENTS])
