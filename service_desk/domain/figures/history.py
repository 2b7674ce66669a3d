"""What happened to one ticket, as plain records: all that the figures read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from service_desk.domain.deadlines import Limit, Pause
from service_desk.domain.vocabulary import ClockKind, ClockState, State


@dataclass(frozen=True, slots=True)
class Since:
    """A value that holds from an instant on, until the next one."""

    at: datetime
    value: str


@dataclass(frozen=True, slots=True)
class PastEvent:
    """One line of the record.

    ``state`` is the ticket's state after the line. ``department`` is the one concerned: the new lead at dispatch and
    redispatch, the asker at ask_return. ``data`` holds values, not labels: ``outcome`` at reply; ``solved`` and
    ``level`` at rate and correct_rating; ``granted`` at decide_…; ``figure`` at ask_exclusion; ``voluntary`` at
    check_withdrawal.
    """

    at: datetime
    seq: int
    action: str
    state: State
    department: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastExtension:
    """Days granted at an instant, in the clock's own unit."""

    at: datetime
    days: int


@dataclass(frozen=True, slots=True)
class FormerLimit:
    """The limit a clock had until a correction changed its class."""

    until: datetime
    limit: Limit


@dataclass(frozen=True, slots=True)
class PastClock:
    """One deadline with everything that was ever done to it.

    ``stopped_at`` is the instant the clock ended, ``judged_at`` the act it was judged by (for settle and promise the
    reply, which is earlier). ``due`` and ``original_due`` are as they stand today; an earlier as-of reckons its own.
    """

    kind: ClockKind
    department: str | None
    cycle: int
    start: datetime
    limit: Limit
    due: datetime | None
    original_due: datetime | None
    result: ClockState
    pauses: tuple[Pause, ...] = ()
    extensions: tuple[PastExtension, ...] = ()
    former_limits: tuple[FormerLimit, ...] = ()
    latest: date | None = None
    stopped_at: datetime | None = None
    judged_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class History:
    """One ticket: events in order, and its clocks. Names are as people read them.

    ``categories`` starts with the category submitted and goes on with each confirmed one; ``enterprises`` and
    ``areas`` likewise. An enterprise is what tells it from all others, not what it is called.
    """

    number: str
    enterprises: tuple[Since, ...]
    source: str
    categories: tuple[Since, ...]
    areas: tuple[Since, ...]
    events: tuple[PastEvent, ...]
    clocks: tuple[PastClock, ...] = ()


def value_at(values: tuple[Since, ...], as_of: datetime) -> str:
    """The value that held at ``as_of``: "" before the first."""
    held = ""
    for one in values:
        if one.at <= as_of:
            held = one.value
    return held
