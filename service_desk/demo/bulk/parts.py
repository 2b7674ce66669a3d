"""A played course taken apart: what is the same in every copy of its rows, and what is not."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import accumulate
from typing import Any

from sqlalchemy import Column, Table

from service_desk.demo.bulk.office import MINUTE, OfficeLine
from service_desk.demo.bulk.playing import Played, Stranger
from service_desk.demo.bulk.tables import (
    ASSIGNMENTS,
    CLOCKS,
    EVENTS,
    FACTS,
    PAUSES,
    RATINGS,
    STEPS,
    TABLES,
    TICKETS,
)  # fmt: skip
from service_desk.domain.deadlines import Limit
from service_desk.domain.figures.counting import DUE
from service_desk.domain.figures.marks import DUE_MOMENTS
from service_desk.domain.vocabulary import ClockState, Unit, Word
from service_desk.store.clocks import LIVE
from service_desk.store.facts import ALL_TIME

OWN = ("enterprise_id", "area_id", "owner_id", "officer_id", "leader_id")
"""The ids of the enterprise that a copy is given to, and of those around it."""
MARKED = re.compile(r"⟦([^⟧]+)⟧")
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

Encode = Callable[[Any], Any]
Part = tuple[str, Any] | str


@dataclass(frozen=True)
class Said:
    """A text with its gaps; ``is_cut``: no longer than a list shows."""

    parts: Sequence[Part]
    is_cut: bool


class Misfit(Exception):
    """Why a course cannot be copied; it is left out."""


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


Cell = tuple[str, Any]
ID_COLUMNS: Mapping[str, Table] = {
    "ticket_id": TICKETS,
    "parent_id": TICKETS,
    "event_id": EVENTS,
    "clock_id": CLOCKS,
    "assignment_id": ASSIGNMENTS,
    "corrects_id": RATINGS,
}
OF_PEOPLE = frozenset({"by_id", "filed_by_id", "asked_by_id", "decided_by_id", "handler_id"})
NAMES = {"number": "numbers", "submission_key": "keys"}
"""Columns of tickets that are given one by one."""
IDS_SAID = {"parent_id"}
"""In what an event keeps, the names of ids of tickets."""


class Maker:
    """Takes the rows of a played course apart: what is the same in every copy, and what is not."""

    def __init__(self, played: Played, office: OfficeLine, base: int, filed: date, encode: Encode) -> None:
        self.office, self.base, self.filed, self.encode = office, base, filed, encode
        self.played = played
        self.constants: list[Any] = []
        self.ids: list[tuple[Table, int]] = []
        self.spots: dict[Spot, int] = {}
        self.untils: list[int] = []
        self.months: list[int] = []
        self.days: list[int] = []
        self.said: list[Said] = []
        self.words: set[str] = set()
        self._known: dict[Any, int] = {}
        self.stranger: Stranger = played.stranger
        self.is_over = not any(row["state"] in LIVE for row in played.rows[CLOCKS])
        self.locals = {
            table: {row["id"]: place for place, row in enumerate(played.rows[table])} for table in TABLES
        }
        self.numbers = {row["number"]: place for place, row in enumerate(played.rows[TICKETS])}
        self.by_the_hour = {row["id"] for row in played.rows[CLOCKS] if row["unit"] is Unit.WORKING_HOURS}
        self.natural_places: dict[int, int] = {}
        self.naturals = self._naturals(played)
        live = {row["id"] for row in played.rows[CLOCKS] if row["state"] in LIVE}
        self.rows: dict[Table, list[list[Cell]]] = {}
        for table in TABLES:
            # What a finished clock was reminded of, nobody asks again.
            rows = [row for row in played.rows[table] if table is not STEPS or row["clock_id"] in live]
            if table is STEPS:
                self.locals[table] = {row["id"]: place for place, row in enumerate(rows)}
            self.rows[table] = [[self._cell(table, column, row) for column in table.columns] for row in rows]
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

    def _cell(self, table: Table, column: Column[Any], row: Mapping[str, Any]) -> Cell:
        return self._reference(table, column.name, row) or self._value(table, column.name, row)

    def _reference(self, table: Table, name: str, row: Mapping[str, Any]) -> Cell | None:
        """What names the copy itself, or somebody around it; None where a column holds anything else."""
        value = row[name]
        if table is TICKETS and name in NAMES:
            return NAMES[name], self.locals[TICKETS][row["id"]]
        if value is None:
            return None
        if name == "id" or name in ID_COLUMNS:
            return self._id(table if name == "id" else ID_COLUMNS[name], value)
        own = self._own(name, value)
        return None if own is None else ("own", own)

    def _value(self, table: Table, name: str, row: Mapping[str, Any]) -> Cell:
        value = row[name]
        if table is FACTS and name == "month" and value is not None:
            return self._listed("months", self.spots[self._fact_spot(row)])
        match value:
            case datetime() if value < ALL_TIME:
                return self._instant(table, name, value, row)
            case date() if not isinstance(value, datetime):
                return self._listed("days", self._place_of(value))
            case dict() | list():
                return self._text(self._json(value), is_cut=False)
            case str() if not isinstance(value, Word):
                return self._text(self._with_numbers(value), is_cut=name == "last_line")
        return self._constant(value)

    def _own(self, name: str, value: Any) -> int | None:  # noqa: ANN401 - whatever a column holds
        stranger = self.stranger
        if name == "enterprise_id":
            return OWN.index("enterprise_id")
        if name == "area_id":
            return OWN.index("area_id")
        if name in OF_PEOPLE:
            people = {
                stranger.owner: "owner_id",
                stranger.officer: "officer_id",
                stranger.leader: "leader_id",
            }
            return OWN.index(people[value]) if value in people else None
        return None

    def _instant(self, table: Table, name: str, at: datetime, row: Mapping[str, Any]) -> Cell:
        if table is FACTS:
            place = self.spots[self._fact_spot(row)]
            return self._listed("untils", place) if name == "until" else ("instants", place)
        clock = self._clock_due_at(table, name, at, row)
        if clock is not None:
            column = "original_due_at" if name == "original_due_at" else "due_at"
            return "instants", self.spots[self.due_spot(clock, column)]
        by_the_hour = table is CLOCKS and name == "next_step_at" and row["id"] in self.by_the_hour
        return "instants", self.spots[self.spot(at, moves=True if by_the_hour else None)]

    def _clock_due_at(
        self, table: Table, name: str, at: datetime, row: Mapping[str, Any]
    ) -> Mapping[str, Any] | None:
        """The clock whose due a column holds, if it does."""
        if name not in ("due_at", "original_due_at"):
            return None
        if table is CLOCKS:
            return row
        clocks = self.played.rows[CLOCKS]
        if table is TICKETS:
            return next(each for each in clocks if each["due_at"] == at and each["state"] in LIVE)
        # Of a card or a step that was for an earlier due, the instant itself is kept.
        return next((each for each in clocks if each["id"] == row["clock_id"] and each["due_at"] == at), None)

    def _fact_spot(self, row: Mapping[str, Any]) -> Spot:
        """Where a fact lies: a due of natural days is its clock's."""
        if row["moment"] in DUE:
            for clock in self.played.rows[CLOCKS]:
                is_its = clock["due_at"] == row["at"] and DUE_MOMENTS.get(clock["kind"]) is row["moment"]
                if is_its and clock["state"] is not ClockState.VOID:
                    return self.due_spot(clock, "due_at")
        return self.spot(row["at"])

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
        return self._listed("said", Said(parts, is_cut))

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
