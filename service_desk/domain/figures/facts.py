"""A ticket's history as flat fact rows: what is counted, when, for whom, and with which outcomes.

Counting needs nothing else; an as-of in the past makes its own rows from the same history.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from service_desk.domain.deadlines import Pause, worked_days
from service_desk.domain.figures.clocks import seen
from service_desk.domain.figures.history import History, PastClock, value_at
from service_desk.domain.figures.marks import DUE_MOMENTS, Mark, Moment
from service_desk.domain.figures.story import Closing, Story, tell
from service_desk.domain.states import OPEN
from service_desk.domain.vocabulary import ClockKind, Level, Outcome, Solved, State, is_bad_rating
from service_desk.domain.worktime import OfficeCalendar

DESK = "一窗"
UNASSIGNED = "未派单"
REBOUND_WINDOW = timedelta(days=90)  # 90 × 24 h, not calendar days


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is counted: a ticket, a clock, a closing, a reply, a dispatch or a decision.

    ``at`` puts it into a period: the instant of the act, the due of a clock, the as-of for how things stand now.
    ``amount`` is the dispatches of a ticket at its first dispatch, and the working days at a closing.
    """

    ticket: str
    moment: Moment
    at: datetime
    department: str
    category: str
    area: str
    source: str
    cycle: int
    marks: Mark = Mark.NONE
    amount: int = 0


@dataclass(frozen=True, slots=True)
class _Row:
    """A fact before the ticket's own columns are put to it."""

    moment: Moment
    at: datetime
    department: str
    cycle: int
    marks: Mark = Mark.NONE
    amount: int = 0


def all_facts(
    histories: Sequence[History],
    *,
    as_of: datetime,
    calendar: OfficeCalendar,
    beside: Iterable[History] | None = None,
) -> tuple[Fact, ...]:
    """The fact rows of many tickets, each beside those that came after it: of the same ones, or of ``beside``."""
    successors = comings(histories if beside is None else beside, as_of=as_of)
    return tuple(
        fact
        for history in histories
        for fact in facts(
            history, as_of=as_of, calendar=calendar, successors=successors.get(kin_of(history, as_of), ())
        )
    )


def comings(
    histories: Iterable[History], *, as_of: datetime
) -> Mapping[tuple[str, str], tuple[datetime, ...]]:
    """When tickets were submitted, by enterprise and category; merged ones and those of an incident left out."""
    found: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for history in histories:
        story = tell(history, as_of)
        if story.submitted_at and not story.incident and story.state is not State.MERGED:
            found[kin_of(history, as_of)].append(story.submitted_at)
    return {kin: tuple(sorted(instants)) for kin, instants in found.items()}


def kin_of(history: History, as_of: datetime) -> tuple[str, str]:
    """The enterprise and the category: tickets that share both may follow each other."""
    return value_at(history.enterprises, as_of), value_at(history.categories, as_of)


def facts(
    history: History, *, as_of: datetime, calendar: OfficeCalendar, successors: Sequence[datetime] = ()
) -> tuple[Fact, ...]:
    """The rows of one ticket as of an instant.

    ``successors`` are the sorted instants at which tickets of the same enterprise and category were submitted.
    """
    story = tell(history, as_of)
    if story.submitted_at is None:
        return ()
    category, area = value_at(history.categories, as_of), value_at(history.areas, as_of)
    return tuple(
        Fact(
            ticket=history.number,
            moment=row.moment,
            at=row.at,
            department=row.department,
            category=category,
            area=area,
            source=history.source,
            cycle=row.cycle,
            marks=row.marks,
            amount=row.amount,
        )
        for row in _rows(history, story, calendar, successors)
    )


def _rows(
    history: History, story: Story, calendar: OfficeCalendar, successors: Sequence[datetime]
) -> Iterator[_Row]:
    yield from _ticket_rows(story)
    yield from _dispatch_rows(story)
    yield from _reply_rows(story)
    yield from _closing_rows(history, story, calendar, successors)
    yield from _clock_rows(history, story, calendar)


def _ticket_rows(story: Story) -> Iterator[_Row]:
    marks, where = _standing(story), now_with(story)
    firsts = (
        (Moment.SUBMIT, story.submitted_at),
        (Moment.ACCEPT, story.first_accepted_at),
        (Moment.FIRST_DISPATCH, story.first_dispatched_at),
    )
    for moment, at in firsts:
        if at is not None:
            yield _Row(moment, at, where, 1, marks, amount=len(story.dispatches))
    if story.closings:
        first = story.closings[0]
        yield _Row(Moment.FIRST_CLOSE, first.at, closed_by(first), first.cycle, marks)
    if story.state in OPEN:
        yield _Row(Moment.NOW, story.as_of, where, story.cycle, marks)


def now_with(story: Story) -> str:
    """Who has the ticket: its lead, else the desk where it answered, else nobody yet."""
    return story.lead or (DESK if story.answered else UNASSIGNED)


def closed_by(closing: Closing) -> str:
    """The lead of that closing; the desk where it answered itself."""
    return closing.reply.department if closing.reply else DESK


_STATE_MARKS = {
    State.CLOSED: Mark.CLOSED,
    State.MERGED: Mark.MERGED,
    State.WITHDRAWN: Mark.WITHDRAWN,
    State.REJECTED: Mark.REJECTED,
    State.DEFERRED: Mark.DEFERRED,
}


def _standing(story: Story) -> Mark:
    marks = _STATE_MARKS.get(story.state, Mark.NONE)
    if _settled_well(story):
        marks |= Mark.SETTLED_WELL
    if story.closings and story.cycle > story.closings[0].cycle:
        marks |= Mark.LATER_CYCLE
    return marks


def _settled_well(story: Story) -> bool:
    """The last verified reply said 已解决, and the rating of its own closing does not say 未解决."""
    verified = [reply for reply in story.replies if reply.verified]
    if not verified or verified[-1].outcome is not Outcome.SOLVED:
        return False
    own = next((closing for closing in story.closings if closing.reply is verified[-1]), None)
    return own is None or own.solved is not Solved.UNSOLVED


def _dispatch_rows(story: Story) -> Iterator[_Row]:
    for dispatch in story.dispatches:
        marks = Mark.RETURNED if dispatch.returned else Mark.NONE
        yield _Row(Moment.DISPATCH, dispatch.at, dispatch.department, 1, marks)
    for decision in story.decisions:
        marks = Mark.NONE if decision.granted else Mark.REFUSED
        yield _Row(Moment.DECISION, decision.at, decision.department, 1, marks)


def _reply_rows(story: Story) -> Iterator[_Row]:
    for reply in story.replies:
        if reply.verified is not None:
            marks = Mark.NONE if reply.verified else Mark.SENT_BACK
            yield _Row(Moment.REPLY, reply.at, reply.department, reply.cycle, marks)


def _closing_rows(
    history: History, story: Story, calendar: OfficeCalendar, successors: Sequence[datetime]
) -> Iterator[_Row]:
    for closing in story.closings:
        marks = _rating_marks(closing) | _exclusion_marks(closing)
        if closing.reply:
            marks |= Mark.BY_DEPARTMENT
        if closing.reopened:
            marks |= Mark.REOPENED
        days = working_days_taken(history, closing, calendar)
        yield _Row(Moment.CLOSE, closing.at, closed_by(closing), closing.cycle, marks, amount=days)
        if closing.at + REBOUND_WINDOW <= story.as_of:
            followed = Mark.FOLLOWED if _followed(closing, successors) else Mark.NONE
            yield _Row(Moment.AFTERMATH, closing.at, closed_by(closing), closing.cycle, followed)


def _followed(closing: Closing, successors: Sequence[datetime]) -> bool:
    coming = bisect_right(successors, closing.at)
    return coming < len(successors) and successors[coming] - closing.at <= REBOUND_WINDOW


_SOLVED_MARKS = {
    Solved.SOLVED: Mark.RATED_SOLVED,
    Solved.PARTLY: Mark.RATED_PARTLY,
    Solved.UNSOLVED: Mark.RATED_UNSOLVED,
}
_LEVEL_MARKS = {
    Level.VERY_SATISFIED: Mark.VERY_SATISFIED | Mark.SATISFIED | Mark.STRICTLY_SATISFIED,
    Level.SATISFIED: Mark.PLAINLY_SATISFIED | Mark.SATISFIED | Mark.STRICTLY_SATISFIED,
    Level.FAIRLY_SATISFIED: Mark.FAIRLY_SATISFIED | Mark.SATISFIED,
    Level.DISSATISFIED: Mark.DISSATISFIED,
    Level.VERY_DISSATISFIED: Mark.VERY_DISSATISFIED,
}


def _rating_marks(closing: Closing) -> Mark:
    if closing.solved is None or closing.level is None:
        return Mark.NONE
    bad = Mark.BAD if is_bad_rating(closing.solved, closing.level) else Mark.NONE
    return Mark.RATED | _SOLVED_MARKS[closing.solved] | _LEVEL_MARKS[closing.level] | bad


_EXCLUSION_MARKS = {
    "solved": Mark.OUT_OF_SOLVED,
    "satisfied": Mark.OUT_OF_SATISFIED,
    "on_time": Mark.OUT_OF_ON_TIME,
}


def _exclusion_marks(closing: Closing) -> Mark:
    marks = Mark.NONE
    for figure in closing.excluded_from:
        marks |= _EXCLUSION_MARKS[figure]
    return marks


def working_days_taken(history: History, closing: Closing, calendar: OfficeCalendar) -> int:
    """Working days after the day of accept (later: of the rework) up to the day of the verified reply.

    Days on which the settle clock was paused when the office closed do not count. 0 where the desk answered itself.
    """
    if closing.reply is None:
        return 0
    pauses = [
        # A clock that was cut off or voided while it stood has not stood since.
        Pause(pause.start, pause.end or clock.stopped_at)
        for clock in history.clocks
        if clock.kind is ClockKind.SETTLE and clock.cycle == closing.cycle
        for pause in clock.pauses
    ]
    return worked_days(closing.since, closing.reply.at, pauses, calendar)


def _clock_rows(history: History, story: Story, calendar: OfficeCalendar) -> Iterator[_Row]:
    for clock in history.clocks:
        moment = DUE_MOMENTS.get(clock.kind)
        if moment is None or (moment is Moment.SIGN_DUE and not _of_the_lead(clock, story)):
            continue
        sight = seen(clock, story, calendar)
        if sight is None:
            continue
        marks = Mark.NONE
        for holds, mark in (
            (sight.met, Mark.MET),
            (sight.met_original, Mark.MET_ORIGINAL),
            (sight.verified, Mark.VERIFIED),
            (sight.extended, Mark.EXTENDED),
            (_out_of_on_time(clock, story), Mark.OUT_OF_ON_TIME),
        ):
            marks |= mark if holds else Mark.NONE
        yield _Row(moment, sight.due, _clock_department(clock, story), clock.cycle, marks)


def _of_the_lead(clock: PastClock, story: Story) -> bool:
    return clock.department is not None and clock.department == story.lead_at(clock.start)


def _clock_department(clock: PastClock, story: Story) -> str:
    if clock.kind is ClockKind.ACCEPT:
        return DESK
    if clock.kind is ClockKind.PROMISE:
        return now_with(story)
    return clock.department or UNASSIGNED


def _out_of_on_time(clock: PastClock, story: Story) -> bool:
    """An exclusion from on_time concerns the settle clock that its closing was judged by."""
    return clock.kind is ClockKind.SETTLE and any(
        one.reply is not None and one.reply.at == clock.judged_at and "on_time" in one.excluded_from
        for one in story.closings
    )
