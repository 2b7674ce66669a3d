"""The one way to move a ticket on: the table says yes, an event is written, its clocks and parts follow."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from service_desk.domain import workflow
from service_desk.domain.access import in_lists
from service_desk.domain.actions import DONE, OF_A_DEPARTMENT, Action, Party
from service_desk.domain.limits import Profile
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.states import ASKED_IN
from service_desk.domain.vocabulary import (
    ApprovalState,
    AssignmentRole,
    AssignmentState,
    ClockKind,
    ClockState,
    Review,
    Unit,
)
from service_desk.domain.workflow import Step
from service_desk.store.approvals import Approval
from service_desk.store.base import house
from service_desk.store.clocks import Clock
from service_desk.store.law import Law
from service_desk.store.parts import FOR_ID, Assignment, Event
from service_desk.store.people import Actor, Department, User
from service_desk.store.replays import replay
from service_desk.store.situations import situation_of
from service_desk.store.tickets import LONGEST_LAST_LINE, Ticket

LONGEST_SIGNATURE = 60
PART_CLOCKS = (*workflow.LEAD_STARTS, ClockKind.OPINION)
"""Clocks of one department's part, started when it is given the part."""
NAMED_DATE_CLOCKS = (ClockKind.NEXT_REPLY, ClockKind.REST)
STARTED_APART = (*PART_CLOCKS, *NAMED_DATE_CLOCKS, ClockKind.ORDER)
"""Clocks that need more than the step to be started: a department, a date, an order."""


TOLD_TO_THE_ENTERPRISE = (ClockKind.PROMISE, ClockKind.SUPPLEMENT, ClockKind.RATING)
"""Clocks whose dates the enterprise was told: what it may expect, and what it is to do."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A clock whose due is another by the calendar now in force."""

    clock: Clock
    before: datetime | None
    after: datetime | None

    @property
    def data(self) -> dict[str, Any]:
        """As the event keeps it."""
        return {
            "kind": self.clock.kind.value,
            "department": self.clock.department.name if self.clock.department else None,
            "before": self.before.isoformat() if self.before else None,
            "after": self.after.isoformat() if self.after else None,
        }


def take(  # noqa: PLR0913 - one argument for each thing an act may bring
    ticket: Ticket,
    action: Action,
    *,
    by: Actor | None,
    at: datetime,
    law: Law,
    text: str = "",
    data: Mapping[str, Any] | None = None,
    public: bool | None = None,
    moves_clocks: bool = True,
    variant: str = "",
    guest: str = "",
) -> Event:
    """Take an action: the table says yes, one event is written, the clocks move.

    ``guest`` is the name of an enterprise's contact who comes by a one-time link, without an account.
    ``public`` overrides what the table says of who reads the line. An instant before the last
    event is taken as that event's: the history never runs backwards. Only what a replay understands
    afterwards keeps its own moment.

    Raises ``OutOfTurn`` or ``Refused`` with the table's sentence; nothing has changed then.
    """
    if replay() is None:
        at = max(at, ticket.touched_at)
    situation = situation_of(ticket, by, at, law)
    if guest:
        situation = replace(situation, parties=frozenset({Party.CONTACT}))
    step = workflow.step_for(action, situation, variant=variant)
    place = workflow.place_of(step, situation)
    person = place_taken(by, place.instead_of)
    party = min(place.parties & step.by, key=list(Party).index)
    before = ticket.state
    if step.to is not None:
        ticket.state = step.to
    ticket.cycle += step.opens_cycle
    department_id = person.department_id if person and party in OF_A_DEPARTMENT else None
    event = Event(
        at=at,
        action=action,
        before=before,
        after=ticket.state,
        cycle=ticket.cycle,
        by_id=by.id if by else None,
        by_name=_signature(by, person) if by and person else guest or Party.SYSTEM.label,
        party=party,
        department_id=department_id,
        public=step.public if public is None else public,
        text=text,
        data=dict(data or {})
        | ({} if person is by or not person else {FOR_ID: person.id, "for": person.name}),
    )
    ticket.events.append(event)
    if moves_clocks:
        released = _move_clocks(ticket, step, at, law, department_id)
        if released:
            event.data = {**event.data, "released": released}
    _lapse_requests(ticket, at)
    ticket.refresh_due()
    ticket.version += 1
    ticket.touched_at = max(at, ticket.touched_at)
    words = in_lists(action, text, public=event.public)
    if words is not None:
        done: Sentence | Action = say(DONE[action]) if action in DONE else action
        line = say("%(done)s：%(words)s", done=done, words=words) if words else say("%(done)s", done=done)
        ticket.last_line = house().say(line)[:LONGEST_LAST_LINE]
    return event


def place_taken(by: Actor | None, instead_of: int | None) -> Actor | None:
    """In whose place somebody acts: their own, or that of the colleague of this id."""
    if instead_of is None or not isinstance(by, User):
        return by
    return next(person for person in by.stands_in_for if person.id == instead_of)


def _signature(by: Actor, person: Actor) -> str:
    """Who acted, as the record says it wherever it is read."""
    if person is by:
        return by.name
    words = house().say(say("%(who)s（代 %(person)s）", who=by.name, person=person.name))
    return words[:LONGEST_SIGNATURE]


def _move_clocks(ticket: Ticket, step: Step, at: datetime, law: Law, department_id: int | None) -> list[int]:
    """Move the clocks as the step says; those that need more than the step are started by the verbs.

    Gives back the departments, by id, from which the step took the ticket.
    """
    _end_clocks(ticket, step, at, law, department_id)
    for wait in step.resumes:
        for clock in ticket.clocks:
            clock.resume(at, wait, law.calendar)
    released = _release_roles(ticket, step.releases, at)
    if step.waits is not None:
        for kind in workflow.PAUSED_BY[step.waits]:
            for clock in ticket.live_clocks(kind):
                clock.pause(at, step.waits, law.calendar)
    for kind in step.starts:
        if kind not in STARTED_APART:
            start_clock(ticket, kind, at, law, about=step.opens if kind is ClockKind.REVIEW else None)
    return released


def _end_clocks(ticket: Ticket, step: Step, at: datetime, law: Law, department_id: int | None) -> None:
    def named(kinds: Iterable[ClockKind]) -> list[Clock]:
        return [
            clock
            for kind in kinds
            for clock in ticket.live_clocks(
                kind,
                department_id if kind in PART_CLOCKS else None,
                step.review if kind is ClockKind.REVIEW else None,
            )
        ]

    for kind in step.judges:
        for clock in ticket.live_clocks(kind):
            clock.stop(at, law.calendar, judged_at=ticket.replies[-1].at)
    for clock in named(step.stops):
        clock.stop(at, law.calendar)
    for clock in ticket.clocks if step.ends else named(step.cuts):
        if not (step.ends and clock.kind is ClockKind.ORDER):
            # Orders run until they are answered, in whatever state.
            clock.cut_off(at)


def _release_roles(ticket: Ticket, roles: Iterable[AssignmentRole], at: datetime) -> list[int]:
    """Take the ticket from these departments, given back by id: their clocks and the lead's orders are void."""
    held = [
        part
        for part in ticket.assignments
        if part.role in roles and part.state is not AssignmentState.RELEASED
    ]
    for part in held:
        release(ticket, part, at)
    return [part.department_id for part in held]


def release(ticket: Ticket, part: Assignment, at: datetime) -> None:
    """Take its part from one department."""
    part.state = AssignmentState.RELEASED
    leads = part.role is AssignmentRole.LEAD
    kinds = (*PART_CLOCKS, ClockKind.NEXT_REPLY, ClockKind.ORDER) if leads else workflow.SUPPORT_STARTS
    for kind in kinds:
        for clock in ticket.live_clocks(kind, part.department_id):
            clock.void(at)
    if leads:
        ticket.lead_department = None


def _lapse_requests(ticket: Ticket, at: datetime) -> None:
    """Requests nobody has decided lapse when the ticket leaves their states, or the department it."""
    gone = {part.id for part in ticket.assignments if part.state is AssignmentState.RELEASED}
    for request in ticket.approvals:
        taken = request.assignment_id is not None and request.assignment_id in gone
        if request.is_open and (ticket.state not in ASKED_IN[request.kind] or taken):
            request.state = ApprovalState.LAPSED
            cut_off_review(ticket, request, at)


def cut_off_review(ticket: Ticket, request: Approval, at: datetime) -> None:
    """End the review of a request that is not decided any more."""
    for clock in ticket.clocks:
        if clock.id == request.clock_id:
            clock.cut_off(at)


def start_clock(
    ticket: Ticket,
    kind: ClockKind,
    at: datetime,
    law: Law,
    *,
    department_id: int | None = None,
    about: Review | None = None,
) -> Clock:
    """Start a clock with the limit of the ticket's class."""
    limit = law.limits.of(kind, ticket.profile, cycle=ticket.cycle)
    clock = Clock(
        kind=kind,
        department_id=department_id,
        cycle=ticket.cycle,
        started_at=at,
        limit_number=limit.number,
        unit=limit.unit,
        extended=0,
        extensions=[],
        former_limits=[],
        pauses=[],
        about=about,
        latest_date=ticket.above_due if kind is ClockKind.SETTLE else None,
        state=ClockState.RUNNING,
    )
    clock.rules_version = law.rules_version
    clock.recompute(law.calendar)
    ticket.clocks.append(clock)
    return clock


def start_until(
    ticket: Ticket, kind: ClockKind, day: date, at: datetime, law: Law, *, department_id: int | None
) -> Clock:
    """Start a clock that is due on a named date."""
    clock = Clock(
        kind=kind,
        department_id=department_id,
        cycle=ticket.cycle,
        started_at=at,
        unit=Unit.DATE,
        named_date=day,
        extended=0,
        extensions=[],
        former_limits=[],
        pauses=[],
        state=ClockState.RUNNING,
    )
    clock.rules_version = law.rules_version
    clock.recompute(law.calendar)
    ticket.clocks.append(clock)
    return clock


def assign(
    ticket: Ticket,
    role: AssignmentRole,
    department: Department,
    step_starts: Iterable[ClockKind],
    *,
    at: datetime,
    law: Law,
) -> Assignment:
    """Give a department its part and start its clocks."""
    part = Assignment(
        department_id=department.id,
        department=department,
        role=role,
        state=AssignmentState.WAITING,
        cycle=ticket.cycle,
        assigned_at=at,
    )
    ticket.assignments.append(part)
    for kind in step_starts:
        if kind in PART_CLOCKS:
            start_clock(ticket, kind, at, law, department_id=department.id)
    if role is AssignmentRole.LEAD:
        ticket.lead_department = department
    return part


def reclassify(ticket: Ticket, at: datetime, law: Law) -> None:
    """Give every open clock the limit of the ticket's class, reckoned from its own start."""
    for clock in ticket.clocks:
        if clock.is_live and clock.limit_number is not None and clock.kind is not ClockKind.ACCEPT:
            limit = law.limits.of(clock.kind, ticket.profile, cycle=clock.cycle)
            if (limit.number, limit.unit) != (clock.limit_number, clock.unit):
                clock.change_limit(limit, at, law.calendar)


def is_behind(ticket: Ticket, law: Law) -> bool:
    """Whether an open clock was last reckoned by an earlier calendar, or by rules it is to follow no more."""
    return any(_is_behind(clock, law) for clock in ticket.clocks)


def _is_behind(clock: Clock, law: Law) -> bool:
    return clock.is_live and (
        clock.calendar_version < law.calendar.version or clock.rules_version < law.rules_version
    )


def reckon_anew(ticket: Ticket, at: datetime, law: Law) -> tuple[Moved, ...]:
    """Reckon the open clocks by the calendar in force and the rules they follow; those that are due at another time.

    A limit that is followed counts from the clock's own start; its pauses and extensions stay. A clock whose ladder
    was changed is looked at anew.
    """
    moved = []
    for clock in ticket.clocks:
        if _is_behind(clock, law):
            before = clock.due_at
            _follow(clock, ticket.profile, at, law)
            if clock.due_at != before:
                moved.append(Moved(clock, before, clock.due_at))
    ticket.refresh_due()
    return tuple(moved)


def _follow(clock: Clock, profile: Profile, at: datetime, law: Law) -> None:
    news = [
        each
        for each in law.rule_news
        if each.id > clock.rules_version and each.concerns(clock.kind, profile, cycle=clock.cycle)
    ]
    if news or clock.calendar_version < law.calendar.version:
        limit = clock.facts.limit
        if any(each.is_limit for each in news):
            limit = law.limits.of(clock.kind, profile, cycle=clock.cycle)
        if limit == clock.facts.limit:
            clock.recompute(law.calendar)
        else:
            clock.change_limit(limit, at, law.calendar)
    clock.rules_version = law.rules_version
