"""What a change of the calendar would move, reckoned before anything is saved."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true

from service_desk.domain import deadlines
from service_desk.domain.calendar_change import DayChange, Draft, changed
from service_desk.domain.deadlines import Limit, Pause, Running
from service_desk.domain.vocabulary import ClockKind, Unit
from service_desk.domain.worktime import OfficeCalendar
from service_desk.store.base import db
from service_desk.store.clocks import LIVE, Clock, ClockPause
from service_desk.store.tickets import Ticket

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Move:
    """An open deadline that would fall on another time; None while a pause leaves it unknown."""

    number: str
    kind: ClockKind
    before: datetime | None
    after: datetime | None

    @property
    def is_later(self) -> bool:
        """Whether it would leave more time."""
        return self.after is None or (self.before is not None and self.after > self.before)


@dataclass
class Preview:
    """What would become of the open clocks: those that move (all of them), and how many are left as they are.

    ``known`` are those whose due, moved or not, rests on a guess today and would rest on the year's notice.
    """

    changes: Sequence[DayChange]
    total: int
    moves: list[Move] = field(default_factory=list)
    known: int = 0

    @property
    def later(self) -> int:
        """How many would get more time."""
        return sum(1 for move in self.moves if move.is_later)

    @property
    def earlier(self) -> int:
        """How many would get less time."""
        return len(self.moves) - self.later

    @property
    def unchanged(self) -> int:
        """How many stay where they are."""
        return self.total - len(self.moves)

    @property
    def by_kind(self) -> list[tuple[ClockKind, int]]:
        """How many of each kind move."""
        counted = Counter(move.kind for move in self.moves)
        return [(kind, counted[kind]) for kind in ClockKind if kind in counted]

    def first(self, most: int) -> list[Move]:
        """Those that are due first, so many of them."""
        return sorted(self.moves, key=_by_due)[:most]


def _by_due(move: Move) -> tuple[bool, datetime | None, str]:
    soonest = min((each for each in (move.before, move.after) if each), default=None)
    return (soonest is None, soonest, move.number)


def preview(draft: Draft, changes: Sequence[DayChange], calendar: OfficeCalendar) -> Preview:
    """Reckon the open clocks that the change can touch by the calendar as it would be.

    A clock that is due before the first changed day cannot move; it is counted and not reckoned. One that has not
    followed an earlier change yet moves from where that will have led.
    """
    total = db.session.scalar(select(func.count()).where(Clock.state.in_(LIVE))) or 0
    found = Preview(changes, total)
    new_years = frozenset(draft.years) - calendar.loaded_years
    touched = _touched(draft, changes, new_years, calendar)
    if touched is None:
        return found
    present, due = _reckoner(calendar), _reckoner(changed(calendar, changes, draft.years, draft.week))
    for number, kind, stored, version, facts in _open_clocks(touched):
        before = stored if version >= calendar.version else present(facts)
        after = due(facts)
        if before != after:
            found.moves.append(Move(number, kind, before, after))
        found.known += after is not None and calendar.day_of(after).year in new_years
    return found


def _touched(
    draft: Draft, changes: Sequence[DayChange], new_years: frozenset[int], calendar: OfficeCalendar
) -> ColumnElement[bool] | None:
    """Which clocks a change can touch; None for no clock."""
    if draft.week is not None:
        return true()
    days = [change.day for change in changes] + [date(year, 1, 1) for year in new_years]
    if not days:
        return None
    behind = Clock.calendar_version < calendar.version
    return or_(Clock.due_at.is_(None), Clock.due_at >= calendar.at(min(days), time()), behind)


Found = tuple[str, ClockKind, datetime | None, int, Running]
"""Ticket number, kind, due and version of the calendar as they are stored, and what the law computes from."""


def _open_clocks(touched: ColumnElement[bool]) -> Iterator[Found]:
    """Columns, not entities: there may be a hundred thousand."""
    which = Clock.state.in_(LIVE) & touched
    pauses: dict[int, list[Pause]] = {}
    of_them = select(ClockPause.clock_id, ClockPause.started_at, ClockPause.ended_at).join(
        Clock, ClockPause.clock_id == Clock.id
    )
    for clock_id, start, end in db.session.execute(of_them.where(which)):
        pauses.setdefault(clock_id, []).append(Pause(start, end))
    columns: tuple[Any, ...] = (
        Clock.id,
        Ticket.number,
        Clock.kind,
        Clock.due_at,
        Clock.calendar_version,
        Clock.started_at,
        Clock.limit_number,
        Clock.unit,
        Clock.extended,
        Clock.named_date,
        Clock.latest_date,
    )
    statement = (
        select(*columns)
        .join(Ticket, Clock.ticket_id == Ticket.id)
        .where(which)
        .execution_options(yield_per=AT_ONCE)
    )
    for (
        clock_id,
        number,
        kind,
        due_at,
        version,
        start,
        limit,
        unit,
        extended,
        day,
        latest,
    ) in db.session.execute(statement):
        own = tuple(sorted(pauses.get(clock_id, ()), key=lambda pause: pause.start))
        facts = Running(start, Limit(limit or 0, unit), own, extended, named_date=day, latest=latest)
        yield number, kind, due_at, version, facts


def _reckoner(calendar: OfficeCalendar) -> Callable[[Running], datetime | None]:
    """``deadlines.due`` that remembers: clocks in days that never paused differ by their start day alone."""
    known: dict[Any, datetime | None] = {}

    def due(facts: Running) -> datetime | None:
        if facts.pauses or facts.limit.unit is Unit.WORKING_HOURS:
            return deadlines.due(facts, calendar)
        key = (calendar.day_of(facts.start), facts.limit, facts.extended, facts.named_date, facts.latest)
        if key not in known:
            known[key] = deadlines.due(facts, calendar)
        return known[key]

    return due
