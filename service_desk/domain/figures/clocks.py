"""What a clock looked like at an instant: later pauses, extensions and endings do not exist."""

from dataclasses import dataclass
from datetime import datetime

from service_desk.domain.deadlines import Limit, Pause, Running, due
from service_desk.domain.figures.history import PastClock
from service_desk.domain.figures.story import Story
from service_desk.domain.vocabulary import ClockKind, ClockState
from service_desk.domain.worktime import OfficeCalendar

PAUSED_BY_A_REPLY = (ClockKind.SETTLE, ClockKind.PROMISE)


@dataclass(frozen=True, slots=True)
class Seen:
    """A clock that counts at the instant: not void, and its due is known."""

    due: datetime
    met: bool
    met_original: bool
    verified: bool
    extended: bool


def seen(clock: PastClock, story: Story, calendar: OfficeCalendar) -> Seen | None:
    """The clock as the story's instant shows it; None where it has not begun, is void, or waits without a due."""
    if clock.start > story.as_of:
        return None
    if clock.stopped_at is not None and clock.stopped_at <= story.as_of:
        return _finished(clock)
    due_at = _open_due(clock, story, calendar)
    if due_at is None:
        return None
    extended = any(one.at <= story.as_of for one in clock.extensions)
    return Seen(due_at, met=False, met_original=False, verified=False, extended=extended)


def _finished(clock: PastClock) -> Seen | None:
    """Finished clocks are frozen: their due is as it was reckoned then."""
    if clock.result is ClockState.VOID or clock.due is None:
        return None
    act, original_due = clock.judged_at, clock.original_due
    return Seen(
        clock.due,
        met=clock.result is ClockState.MET,
        met_original=act is not None and original_due is not None and act <= original_due,
        verified=act is not None,
        extended=bool(clock.extensions),
    )


def _open_due(clock: PastClock, story: Story, calendar: OfficeCalendar) -> datetime | None:
    """When a clock that runs or waits at the instant is due; None where an open pause leaves that unknown."""
    extended = sum(one.days for one in clock.extensions if one.at <= story.as_of)
    limit, pauses = _limit(clock, story.as_of), _pauses(clock, story)
    return due(Running(clock.start, limit, pauses, extended, latest=clock.latest), calendar)


def _limit(clock: PastClock, as_of: datetime) -> Limit:
    former = next((one for one in clock.former_limits if as_of < one.until), None)
    return former.limit if former else clock.limit


def _pauses(clock: PastClock, story: Story) -> tuple[Pause, ...]:
    """The pauses begun by then, open where their end came later.

    A reply pauses settle and promise until the desk has looked at it; once it is verified that pause is dropped from
    the record, so an instant between the two puts it back.
    """
    begun = [one for one in clock.pauses if one.start <= story.as_of]
    then = [Pause(one.start, one.end if one.end and one.end <= story.as_of else None) for one in begun]
    reply = story.pending_reply
    if clock.kind in PAUSED_BY_A_REPLY and reply and not any(one.end is None for one in then):
        then.append(Pause(reply.at))
    return tuple(then)
