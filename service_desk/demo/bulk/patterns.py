"""A played course as a pattern: its rows with gaps for what each copy has of its own, and where it may be laid.

A copy is laid on another working day, with all its acts some minutes earlier or later within the same stretch of
office time; both change nothing that the law looks at (docs/decisions/0024). Only natural days are reckoned anew.
"""

import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from itertools import accumulate
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Table

from service_desk.demo.bulk.office import DAY, MINUTE, OfficeLine, moment
from service_desk.demo.bulk.playing import Played, Stranger
from service_desk.domain import deadlines
from service_desk.domain.deadlines import Limit, Pause, Running
from service_desk.domain.figures.counting import DUE
from service_desk.domain.figures.facts import REBOUND_WINDOW
from service_desk.domain.figures.marks import DUE_MOMENTS
from service_desk.domain.vocabulary import ClockState, Unit, Word
from service_desk.store.approvals import Approval
from service_desk.store.clocks import LIVE, Clock, ClockPause
from service_desk.store.facts import ALL_TIME, StoredFact
from service_desk.store.notices import Card, StepTaken
from service_desk.store.parts import Assignment, Event, Order, Rating, Reply
from service_desk.store.tickets import Ticket

TABLES: tuple[Table, ...] = tuple(
    entity.__table__  # type: ignore[misc]
    for entity in (
        Ticket, Event, Assignment, Clock, ClockPause, Approval, Reply, Rating, Order, Card, StepTaken, StoredFact,
    )
)  # fmt: skip
"""What a ticket consists of; a row names none of a later table."""
TICKETS, EVENTS, CLOCKS, PAUSES = (entity.__table__ for entity in (Ticket, Event, Clock, ClockPause))
STEPS, FACTS = StepTaken.__table__, StoredFact.__table__

OWN = ("enterprise_id", "area_id", "owner_id", "officer_id", "leader_id")
"""The ids of the enterprise that a copy is given to, and of those around it."""
AFTERMATH = int(REBOUND_WINDOW.total_seconds())
MARKED = re.compile(r"⟦([^⟧]+)⟧")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
LONGEST_LAST_LINE = 140

Encode = Callable[[Any], Any]
Part = tuple[str, Any] | str


class Misfit(Exception):  # noqa: N818 - a finding
    """This course cannot be copied; it is left out."""


@dataclass(frozen=True, slots=True)
class Spot:
    """An instant of a pattern; ``day`` counts working days from the first, None: the rest day of the filing.

    ``natural`` is the clock of natural days whose due it is, and whether its original one.
    """

    day: int | None
    second: int
    moves: bool
    natural: tuple[int, bool] | None = None


@dataclass(frozen=True)
class Natural:
    """The facts of a clock of natural days, its instants as spots."""

    start: Spot
    limit: Limit
    extended: int
    pauses: tuple[tuple[Spot, Spot], ...]
    judged: Spot | None
    state: ClockState


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
        maker = _Maker(played, office, self.base, filed, encode)
        self.size = len(played.rows[TICKETS])
        self.counts = {table: len(maker.rows[table]) for table in TABLES}
        self.constants, self.ids, self.spots = maker.constants, maker.ids, list(maker.spots)
        self.untils, self.months, self.days, self.said = maker.untils, maker.months, maker.days, maker.said
        self.naturals = maker.naturals
        self.is_over = maker.is_over
        self.last = max(spot.day or 0 for spot in map(maker.spot, _acts(played)))
        self.filed_at = [maker.spots[maker.spot(row["submitted_at"])] for row in played.rows[TICKETS]]
        self.words = maker.words
        self.getters = {
            table: [itemgetter(*(maker.place(cell) for cell in row)) for row in maker.rows[table]] for table in TABLES
        }
        self.low, self.high = _room(self.spots, office)
        self._dues: dict[int, list[tuple[int, int]] | None] = {}
        if not (self._is_right(played, maker, self.low) and self._is_right(played, maker, self.high)):
            self.low = self.high = 0

    def _is_right(self, played: Played, maker: "_Maker", nudge: int) -> bool:
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
        midnights, nudge, index = self.office.midnights, laid.nudge, laid.index
        found = [
            (laid.rest if spot.day is None else midnights[index + spot.day])
            + spot.second
            + (nudge if spot.moves else 0)
            for spot in self.spots
        ]
        if self.naturals and index != self.base:
            dues = self._natural_dues(index) or []
            for place, spot in enumerate(self.spots):
                if spot.natural is not None:
                    clock, original = spot.natural
                    found[place] = dues[clock][original]
        return found

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
        # A rest day's filing is as good as one in the evening of the working day before.
        second = DAY - 1 if spot.day is None else spot.second
        return moment(self.office.midnights[index + (spot.day or 0)] + second)


    # Filling it in

    def copy(self, laid: Laid, given: Given, firsts: Mapping[Table, int]) -> list[Any]:
        """All that the rows of one copy hold, to be picked from by ``getters``; ``firsts`` are its first ids."""
        seconds = self.instants(laid)
        return [
            *self.constants,
            *(firsts[table] + place for table, place in self.ids),
            *given.own,
            *given.numbers,
            *given.keys,
            *map(written, seconds),
            *(written(seconds[place] + AFTERMATH) for place in self.untils),
            *(self._month(seconds[place]) for place in self.months),
            *(self._day(laid, day) for day in self.days),
            *(self._say(parts, is_cut, laid, given, seconds, firsts) for parts, is_cut in self.said),
        ]

    def _month(self, second: int) -> int:
        day = self.office.calendar.day_of(moment(second))
        return day.year * 100 + day.month

    def _day(self, laid: Laid, day: int) -> str:
        return self.office.days[laid.index + day].isoformat()

    def _say(
        self,
        parts: Sequence[Part],
        is_cut: bool,  # noqa: FBT001 - kept beside the parts
        laid: Laid,
        given: Given,
        seconds: Sequence[int],
        firsts: Mapping[Table, int],
    ) -> str:
        said = []
        for part in parts:
            if isinstance(part, str):
                said.append(part)
                continue
            kind, what = part
            match kind:
                case "word":
                    said.append(given.words[what])
                case "instant":
                    said.append(moment(seconds[what]).isoformat())
                case "day":
                    said.append(self._day(laid, what))
                case "number":
                    said.append(given.numbers[what])
                case "ticket":
                    said.append(str(firsts[TICKETS] + what))
        whole = "".join(said)
        return whole[:LONGEST_LAST_LINE] if is_cut else whole


def written(second: int) -> str:
    """A second of the era as databases take it, in UTC."""
    day, rest = divmod(second, DAY)
    return _day_written(day) + _TIMES[rest // MINUTE] + _SECONDS[rest % MINUTE]


@cache
def _day_written(day: int) -> str:
    return f"{moment(day * DAY):%Y-%m-%d} "


_TIMES = [f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(DAY // MINUTE)]
_SECONDS = [f"{second:02d}.000000" for second in range(MINUTE)]


# Making it

Cell = tuple[str, Any]
ID_COLUMNS: Mapping[str, Table] = {
    "ticket_id": Ticket.__table__,
    "parent_id": Ticket.__table__,
    "event_id": Event.__table__,
    "clock_id": Clock.__table__,
    "assignment_id": Assignment.__table__,
    "corrects_id": Rating.__table__,
}  # type: ignore[assignment]
OF_PEOPLE = frozenset(
    {"by_id", "filed_by_id", "asked_by_id", "decided_by_id", "handler_id"}
)
IDS_SAID = {"parent_id"}
"""In what an event keeps, the names of ids of tickets."""


class _Maker:
    """Takes the rows of a played course apart: what is the same in every copy, and what is not."""

    def __init__(self, played: Played, office: OfficeLine, base: int, filed: date, encode: Encode) -> None:
        self.office, self.base, self.filed, self.encode = office, base, filed, encode
        self.constants: list[Any] = []
        self.ids: list[tuple[Table, int]] = []
        self.spots: dict[Spot, int] = {}
        self.untils: list[int] = []
        self.months: list[int] = []
        self.days: list[int] = []
        self.said: list[tuple[list[Part], bool]] = []
        self.words: set[str] = set()
        self._known: dict[Any, int] = {}
        self.stranger: Stranger = played.stranger
        self.is_over = not any(row["state"] in LIVE for row in played.rows[CLOCKS])
        self.locals = {
            table: {row["id"]: place for place, row in enumerate(played.rows[table])} for table in TABLES
        }
        self.numbers = {row["number"]: place for place, row in enumerate(played.rows[TICKETS])}
        self.by_the_hour = {
            row["id"] for row in played.rows[CLOCKS] if row["unit"] is Unit.WORKING_HOURS
        }
        self.natural_places: dict[int, int] = {}
        self.naturals = self._naturals(played)
        live = {row["id"] for row in played.rows[CLOCKS] if row["state"] in LIVE}
        self.rows: dict[Table, list[list[Cell]]] = {}
        for table in TABLES:
            # What a finished clock was reminded of, nobody asks again.
            rows = [row for row in played.rows[table] if table is not STEPS or row["clock_id"] in live]
            if table is STEPS:
                self.locals[table] = {row["id"]: place for place, row in enumerate(rows)}
            self.rows[table] = [
                [self._cell(table, column, row, played) for column in table.columns] for row in rows
            ]
        self.starts = self._starts()

    # Where instants lie

    def spot(self, at: datetime, *, moves: bool | None = None) -> Spot:
        """Where an instant lies. People act off the full minute, the law on it."""
        day = self.office.calendar.day_of(at)
        index = self.office.index.get(day)
        if index is None:
            if day != self.filed:
                raise Misfit(f"something on the rest day {day}")
            spot = Spot(None, int(at.timestamp()) - self.office.midnight(day), moves=True)
        else:
            second = int(at.timestamp()) - self.office.midnights[index]
            spot = Spot(index - self.base, second, bool(second % MINUTE) if moves is None else moves)
        self.spots.setdefault(spot, len(self.spots))
        return spot

    def due_spot(self, clock: Mapping[str, Any], column: str) -> Spot:
        """Where a due of a clock lies."""
        at = clock[column]
        if clock["id"] in self.by_the_hour:
            return self.spot(at, moves=True)
        place = self.natural_places.get(clock["id"])
        found = self.spot(at, moves=False)
        if place is None:
            return found
        natural = Spot(found.day, found.second, moves=False, natural=(place, column == "original_due_at"))
        self.spots.setdefault(natural, len(self.spots))
        return natural

    def _naturals(self, played: Played) -> list[Natural]:
        found: list[Natural] = []
        for row in played.rows[CLOCKS]:
            if row["unit"] is not Unit.NATURAL_DAYS or row["due_at"] is None:
                continue
            start = self.spot(row["started_at"])
            if start.day is None:
                raise Misfit("natural days from a rest day on")
            pauses = [pause for pause in played.rows[PAUSES] if pause["clock_id"] == row["id"]]
            found.append(
                Natural(
                    start,
                    Limit(row["limit_number"], row["unit"]),
                    row["extended"],
                    tuple(
                        (self.spot(pause["started_at"]), self.spot(pause["ended_at"]))
                        for pause in pauses
                        if pause["ended_at"] is not None
                    ),
                    self.spot(row["judged_at"]) if row["judged_at"] else None,
                    row["state"],
                )
            )
            self.natural_places[row["id"]] = len(found) - 1
        return found

    # What a cell holds

    def _cell(self, table: Table, column: Column[Any], row: Mapping[str, Any], played: Played) -> Cell:
        name, value = column.name, row[column.name]
        if name == "id":
            return self._id(table, value)
        if value is None and (name, table) != ("submission_key", TICKETS):
            return self._constant(None)
        if name in ID_COLUMNS:
            return self._id(ID_COLUMNS[name], value)
        if table is TICKETS and name in ("number", "submission_key"):
            return ("numbers" if name == "number" else "keys"), self.locals[TICKETS][row["id"]]
        if (own := self._own(name, value)) is not None:
            return "own", own
        if isinstance(value, datetime):
            return self._instant(table, name, value, row, played)
        if isinstance(value, date):
            return self._day(value)
        if table is FACTS and name == "month":
            return self._listed("months", self.spots[self._fact_spot(row, played)])
        if isinstance(value, dict | list):
            return self._text(self._json(value), is_cut=False)
        if isinstance(value, str) and not isinstance(value, Word):
            return self._text(self._with_numbers(value), is_cut=name == "last_line")
        return self._constant(value)

    def _own(self, name: str, value: Any) -> int | None:  # noqa: ANN401 - whatever a column holds
        stranger = self.stranger
        if name == "enterprise_id":
            return OWN.index("enterprise_id")
        if name == "area_id":
            return OWN.index("area_id")
        if name in OF_PEOPLE:
            people = {stranger.owner: "owner_id", stranger.officer: "officer_id", stranger.leader: "leader_id"}
            return OWN.index(people[value]) if value in people else None
        return None

    def _instant(
        self, table: Table, name: str, at: datetime, row: Mapping[str, Any], played: Played
    ) -> Cell:
        if at >= ALL_TIME:
            return self._constant(at)
        if table is FACTS:
            spot = self.spots[self._fact_spot(row, played)]
            return self._listed("untils", spot) if name == "until" else ("instants", spot)
        if table is CLOCKS and name in ("due_at", "original_due_at"):
            return "instants", self.spots[self.due_spot(row, name)]
        if name == "due_at" and table in (Card.__table__, STEPS):
            clock = next(each for each in played.rows[CLOCKS] if each["id"] == row["clock_id"])
            if clock["due_at"] == at:
                return "instants", self.spots[self.due_spot(clock, "due_at")]
        moves = True if table is CLOCKS and name == "next_step_at" and row["id"] in self.by_the_hour else None
        if table is TICKETS and name == "due_at":
            clock = next((each for each in played.rows[CLOCKS] if each["due_at"] == at and each["state"] in LIVE))
            return "instants", self.spots[self.due_spot(clock, "due_at")]
        return "instants", self.spots[self.spot(at, moves=moves)]

    def _fact_spot(self, row: Mapping[str, Any], played: Played) -> Spot:
        """Where a fact lies: a due of natural days is its clock's."""
        if row["moment"] in DUE:
            for clock in played.rows[CLOCKS]:
                is_its = clock["due_at"] == row["at"] and DUE_MOMENTS.get(clock["kind"]) is row["moment"]
                if is_its and clock["state"] is not ClockState.VOID:
                    return self.due_spot(clock, "due_at")
        return self.spot(row["at"])

    def _day(self, day: date) -> Cell:
        return self._listed("days", self._place_of(day))

    def _place_of(self, day: date) -> int:
        if day not in self.office.index:
            raise Misfit(f"a date on the rest day {day}")
        return self.office.index[day] - self.base

    def _with_numbers(self, text: str) -> str:
        for number, place in self.numbers.items():
            text = text.replace(number, f"⟦number:{place}⟧")
        return text

    def _json(self, value: Any) -> str:  # noqa: ANN401 - whatever a document holds
        text = json.dumps(self._marked(value), ensure_ascii=False)
        return self._with_numbers(re.sub(r'"(⟦ticket:\d+⟧)"', r"\1", text))

    def _marked(self, value: Any, name: str = "") -> Any:  # noqa: ANN401 - whatever a document holds
        if isinstance(value, dict):
            return {key: self._marked(each, key) for key, each in value.items()}
        if isinstance(value, list):
            return [self._marked(each) for each in value]
        if name in IDS_SAID and value is not None:
            return f"⟦ticket:{self.locals[TICKETS][value]}⟧"
        if isinstance(value, str) and DATE.fullmatch(value):
            return f"⟦day:{self._place_of(date.fromisoformat(value))}⟧"
        if isinstance(value, str) and DATE.match(value) and "T" in value:
            return f"⟦instant:{self.spots[self.spot(datetime.fromisoformat(value))]}⟧"
        return value

    def _text(self, text: str, *, is_cut: bool) -> Cell:
        if "⟦" not in text:
            return self._constant(text)
        parts: list[Part] = []
        for place, piece in enumerate(MARKED.split(text)):
            if place % 2 == 0:
                parts.append(self.encode(piece) if piece else "")
            elif ":" in piece:
                kind, _, number = piece.partition(":")
                parts.append((kind, int(number)))
            else:
                self.words.add(piece)
                parts.append(("word", piece))
        return self._listed("said", (parts, is_cut))

    def _constant(self, value: Any) -> Cell:  # noqa: ANN401 - whatever a column holds
        written_ = self.encode(value)
        key = (type(written_), written_)
        if key not in self._known:
            self._known[key] = len(self.constants)
            self.constants.append(written_)
        return "constants", self._known[key]

    def _id(self, table: Table, value: int) -> Cell:
        pair = (table, self.locals[table][value])
        if pair not in self.ids:
            self.ids.append(pair)
        return "ids", self.ids.index(pair)

    def _listed(self, name: str, what: Any) -> Cell:  # noqa: ANN401 - of several lists
        entries = getattr(self, name)
        if name == "said" or what not in entries:
            entries.append(what)
            return name, len(entries) - 1
        return name, entries.index(what)

    # Where it stands in a copy

    def _starts(self) -> Mapping[str, int]:
        """At which place of a copy each kind of cell begins; in the order of ``Pattern.copy``."""
        tickets = len(self.numbers)
        lengths = {
            "constants": len(self.constants),
            "ids": len(self.ids),
            "own": len(OWN),
            "numbers": tickets,
            "keys": tickets,
            "instants": len(self.spots),
            "untils": len(self.untils),
            "months": len(self.months),
            "days": len(self.days),
            "said": len(self.said),
        }
        ends = accumulate(lengths.values(), initial=0)
        return dict(zip(lengths, ends, strict=False))

    def place(self, cell: Cell) -> int:
        """Where in a copy its value is found."""
        kind, number = cell
        return self.starts[kind] + int(number)


def _room(spots: Iterable[Spot], office: OfficeLine) -> tuple[int, int]:
    """How many seconds earlier and later all people may act, so that each stays in its stretch of office time.

    What the law does at a moment of its own stays in its place, and its order with what people do.
    """
    fixed: dict[int | None, list[int]] = defaultdict(lambda: office.edges())
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
