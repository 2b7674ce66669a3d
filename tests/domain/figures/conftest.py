"""Three hundred tickets of another system as histories: given lines, what they imply, and their clocks."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from service_desk.domain.deadlines import Limit, Pause
from service_desk.domain.figures import History, PastClock, PastEvent, PastExtension, Since
from service_desk.domain.figures.marks import DUE_MOMENTS
from service_desk.domain.vocabulary import (
    ClockKind,
    ClockState,
    Level,
    Outcome,
    Solved,
    State,
    Unit,
    is_bad_rating,
)

FOLDER = Path(__file__).parents[2] / "data" / "history"

Line = dict[str, Any]


@pytest.fixture(scope="session")
def histories() -> tuple[History, ...]:
    """Every ticket of the sample."""
    lines, clocks = by_ticket("events.jsonl"), by_ticket("expected_clocks.jsonl")
    last = max(instant(line["at"]) for ticket in lines.values() for line in ticket)
    return tuple(history(number, lines[number], clocks[number], last) for number in lines)


@pytest.fixture(scope="session")
def expected_tickets() -> Mapping[str, Line]:
    """Each ticket at the end, by number."""
    return {number: lines[0] for number, lines in by_ticket("expected_tickets.jsonl").items()}


def by_ticket(name: str) -> dict[str, list[Line]]:
    tickets: dict[str, list[Line]] = {}
    for text in (FOLDER / name).read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        tickets.setdefault(line["ticket"], []).append(line)
    return tickets


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def history(number: str, lines: list[Line], clocks: list[Line], last: datetime) -> History:
    lines.sort(key=lambda line: line["seq"])
    first = lines[0]
    windows = [instant(clock["due"]) for clock in clocks if clock["kind"] == "rating"]
    events = Replay(windows, last).of(lines)
    return History(
        number=number,
        enterprises=(Since(instant(first["at"]), first["enterprise"]["code"]),),
        source=first.get("source", "企业自提"),
        categories=values(lines, "category"),
        areas=values(lines, "area"),
        events=tuple(events),
        clocks=tuple(past_clock(clock, events) for clock in clocks if clock["kind"] in DUE_MOMENTS),
    )


def values(lines: list[Line], name: str) -> tuple[Since, ...]:
    return tuple(Since(instant(line["at"]), line[name]) for line in lines if name in line)


# What is left out and understood

NEEDS_THE_LEAD = [
    "first_contact",
    "progress",
    "ask_enterprise",
    "reply",
    "ask_sign_off",
    "ask_extension",
    "ask_deferral",
]
NEEDS_A_VERIFIED_REPLY = ["rate", "expire_rating", "rework", "ask_appeal", "ask_exclusion", "report_rest"]
NEEDS_A_CLOSED_TICKET = ["rework", "ask_appeal", "ask_exclusion", "report_rest"]
FIXED = {
    "submit": State.SUBMITTED,
    "ask_supplement": State.SUPPLEMENTING,
    "supplement": State.SUBMITTED,
    "accept": State.ACCEPTED,
    "answer": State.AWAITING_RATING,
    "merge": State.MERGED,
    "unmerge": State.SUBMITTED,
    "dispatch": State.ASSIGNED,
    "redispatch": State.ASSIGNED,
    "reply": State.REPLIED,
    "verify": State.AWAITING_RATING,
    "send_back": State.IN_PROGRESS,
    "rate": State.CLOSED,
    "expire_rating": State.CLOSED,
    "withdraw": State.WITHDRAWN,
    "resume": State.IN_PROGRESS,
}
GRANTED = {
    "decide_return": State.ACCEPTED,
    "decide_deferral": State.DEFERRED,
    "decide_rejection": State.REJECTED,
    "decide_sign_off": State.REPLIED,
}


@dataclass
class Replay:
    """Puts the states and the implied lines to the given ones."""

    windows: list[datetime]
    last: datetime
    events: list[PastEvent] = field(default_factory=list)
    state: State = State.DRAFT
    lead: str | None = None
    claims: bool = False
    disproved: bool = False
    days_asked: int = 0

    def of(self, lines: Sequence[Line]) -> list[PastEvent]:
        for line in lines:
            for at, action, data in [*self.implied(line), (instant(line["at"]), line["event"], line)]:
                self.take(at, action, data, line["seq"])
        end = self.window_end()
        if end is not None and end <= self.last:
            self.take(end, "expire_rating", {}, lines[-1]["seq"])
        return sorted(self.events, key=lambda event: event.at)

    def implied(self, line: Line) -> Iterator[tuple[datetime, str, Line]]:
        at, action = instant(line["at"]), line["event"]
        if action == "dispatch" and self.state is State.SUBMITTED:
            yield at, "accept", {}
        if action in NEEDS_THE_LEAD and self.state is State.ASSIGNED and "department" not in line:
            yield at, "sign", {}
        if action in NEEDS_A_VERIFIED_REPLY and self.state is State.REPLIED:
            yield self.events[-1].at, "verify", {}
        end = self.window_end()
        if end is not None and (action in NEEDS_A_CLOSED_TICKET or (action == "rate" and at > end)):
            yield end, "expire_rating", {}

    def window_end(self) -> datetime | None:
        """When the enterprise's time to rate is over, while it runs."""
        if self.state not in (State.AWAITING_RATING, State.REPLIED):
            return None
        begun = sum(
            event.state is State.AWAITING_RATING for event in self.events if event.action in STARTS_RATING
        )
        return self.windows[begun - 1] if self.state is State.AWAITING_RATING else None

    def take(self, at: datetime, action: str, data: Line, seq: int) -> None:
        if action == "rework" and self.state is not State.CLOSED:
            return  # the rating opened it already, at this moment
        if action == "decide_extension":
            data = {"days": self.days_asked} | data
        before = self.state
        self.state = self.after(action, data)
        department = data.get("department") or data.get("lead") or self.lead
        self.events.append(PastEvent(at, seq, action, self.state, department, in_words(data)))
        self.follow(action, data, before)
        if action in ("rate", "correct_rating"):
            self.open_a_rework(at, data, seq)

    def after(self, action: str, data: Line) -> State:
        if action in FIXED or (action in GRANTED and data["granted"]):
            return (FIXED | GRANTED)[action]
        if action == "sign" and data.get("department", self.lead) == self.lead:
            return State.IN_PROGRESS
        if action == "rework":
            return State.ASSIGNED if self.lead else State.ACCEPTED
        if action == "decide_appeal" and data["granted"]:
            return State.SUBMITTED if self.state is State.REJECTED else State.ACCEPTED
        if action == "check_withdrawal" and not data["voluntary"]:
            return State.ACCEPTED
        return self.state

    def follow(self, action: str, data: Line, before: State) -> None:
        if action in ("dispatch", "redispatch"):
            self.lead = data["lead"]
        if self.state in (State.ACCEPTED, State.SUBMITTED) and before is not self.state:
            self.lead = None
        if action in ("reply", "ask_sign_off"):
            self.claims = Outcome.labelled(data["outcome"]).claims_solution
        if action == "answer":
            self.claims = False
        if action == "ask_extension":
            self.days_asked = data["days"]

    def open_a_rework(self, at: datetime, data: Line, seq: int) -> None:
        """The ticket's first bad rating of a reply that claimed a solution opens a rework by itself."""
        bad = is_bad_rating(Solved.labelled(data["solved"]), Level.labelled(data["level"]))
        if bad and self.claims and not self.disproved:
            self.disproved = True
            self.take(at, "rework", {}, seq)


STARTS_RATING = ("verify", "answer")


def in_words(data: Line) -> Line:
    """Values in place of labels."""
    words = {"solved": Solved, "outcome": Outcome} | ({"level": Level} if "solved" in data else {})
    kept = {key: value for key, value in data.items() if key in {"granted", "figure", "voluntary", "days"}}
    return kept | {key: kind.labelled(data[key]).value for key, kind in words.items() if key in data}


# Clocks

ENDS = {State.WITHDRAWN, State.MERGED, State.REJECTED}


def past_clock(line: Line, events: Sequence[PastEvent]) -> PastClock:
    kind = ClockKind(line["kind"])
    clock = PastClock(
        kind=kind,
        department=line["department"],
        cycle=line["cycle"],
        start=instant(line["start"]),
        limit=Limit(line["limit"] or 0, Unit(line["unit"])),
        due=line["due"] and instant(line["due"]),
        original_due=line["original_due"] and instant(line["original_due"]),
        result=ClockState(line["result"]),
        pauses=tuple(Pause(instant(start), end and instant(end)) for start, end in line["pauses"]),
        judged_at=line["judged_at"] and instant(line["judged_at"]),
    )
    clock = replace(clock, stopped_at=stopped_at(clock, events))
    clock = replace(clock, extensions=extensions(clock, events) if line["extend"] else ())
    assert sum(one.days for one in clock.extensions) == line["extend"], line
    return clock


def stopped_at(clock: PastClock, events: Sequence[PastEvent]) -> datetime | None:
    if clock.result in (ClockState.RUNNING, ClockState.PAUSED):
        return None
    if clock.judged_at is None:
        return next(event.at for event in events if event.at >= clock.start and cuts(event, clock))
    if clock.kind in (ClockKind.SETTLE, ClockKind.PROMISE):
        acts = ("verify", "answer")
        return next(event.at for event in events if event.at >= clock.judged_at and event.action in acts)
    return clock.judged_at


def cuts(event: PastEvent, clock: PastClock) -> bool:
    """Whether the clock was cut off by this line."""
    if event.state in ENDS:
        return True
    if clock.kind in (ClockKind.ACCEPT, ClockKind.PROMISE):
        return False
    moved = event.action in ("redispatch", "decide_appeal", "decide_return") and event.data.get(
        "granted", True
    )
    released = event.action == "release_support" and event.department == clock.department
    verified = event.action == "verify" and clock.kind is not ClockKind.SETTLE
    return bool(moved) or released or verified


def extensions(clock: PastClock, events: Sequence[PastEvent]) -> tuple[PastExtension, ...]:
    return tuple(
        PastExtension(event.at, event.data["days"])
        for event in events
        if event.action == "decide_extension"
        and event.data["granted"]
        and event.at >= clock.start
        and (clock.stopped_at is None or event.at <= clock.stopped_at)
    )
