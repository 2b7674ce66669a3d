"""Reminders: the ladder of every clock, each step once for each due, however many schedulers run."""

from collections.abc import Collection, Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Select, insert, select

from service_desk.desk import supervision
from service_desk.desk.acting import let_time_pass
from service_desk.desk.health import REMIND
from service_desk.desk.notices import (
    Audience,
    Outbox,
    groups_of,
    in_place_of,
    people_of,
    put_in,
    substitutes_told,
    with_guess,
    words_for_groups,
)
from service_desk.desk.sweeping import STOPPING, sweep_in_batches
from service_desk.domain import deadlines
from service_desk.domain.dates import moment_words
from service_desk.domain.errors import OutOfTurn
from service_desk.domain.ladders import LadderStep
from service_desk.domain.limits import Profile
from service_desk.domain.reminders import moments
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import AssignmentState, CardColour, ClockState, Standing, Urgency
from service_desk.domain.worktime import OfficeCalendar
from service_desk.store.base import db, house, transaction
from service_desk.store.beats import beat
from service_desk.store.clocks import Clock
from service_desk.store.law import Law, current_law
from service_desk.store.notices import Card, StepTaken
from service_desk.store.parts import Assignment
from service_desk.store.people import User
from service_desk.store.tickets import Ticket, locked_if_free

BATCH = 50
"""Clocks in one transaction: enough to save statements, few enough to keep nobody waiting."""
OF_THE_ENTERPRISE = {Audience.ENTERPRISE, Audience.OFFICER, Audience.LEADER, Audience.LIAISON}
"""Audiences that hang on whose ticket it is."""


def remind_due(now: datetime) -> int:
    """Take the steps that are due on all running clocks; how many clocks somebody was reminded of."""
    touched = sweep_in_batches(REMIND, waiting(now), lambda ids: remind(ids, at=now), size=BATCH)
    if not STOPPING.is_set():
        beat(REMIND, now)
    return touched


def waiting(now: datetime) -> Select[int]:
    """The clocks that are to be looked at."""
    return select(Clock.id).where(Clock.state == ClockState.RUNNING, Clock.next_step_at <= now)


@transaction
def remind(clock_ids: Sequence[int], *, at: datetime) -> int:
    """Take the steps of these clocks that are due, and note when the next ones are; on how many one was sent.

    Of several due at once only the highest is sent, the lower ones are recorded as skipped. Cards and
    orders come with it, in the same transaction. A ticket somebody is acting on right now is left alone:
    the act may change the clock, and the next run looks again.
    """
    law = current_law()
    round_ = _Round(at, law)
    tickets = _locked(clock_ids, at)
    for ticket in tickets:
        # What has ended by itself is not reminded of, however late the clockwork is; and a calendar or a rule
        # changed meanwhile comes first: steps are placed by the due they belong to.
        let_time_pass(ticket, at, law)
    clocks = [
        (ticket, clock)
        for ticket in tickets
        for clock in ticket.clocks
        if clock.id in clock_ids and _waits(clock, at)
    ]
    dealt = _dealt_with([clock for _, clock in clocks])
    round_.given = _cards_given([clock for _, clock in clocks])
    sent = sum(_take_steps(ticket, clock, dealt[clock.id], round_) for ticket, clock in clocks)
    round_.write()
    return sent


@dataclass
class _Round:
    """What the reminders of one transaction share: who is whom, and what is on its way."""

    at: datetime
    law: Law
    outbox: Outbox = field(default_factory=Outbox)
    steps: list[dict[str, Any]] = field(default_factory=list)
    cards: list[dict[str, Any]] = field(default_factory=list)
    given: Collection[tuple[int, str, datetime | None]] = ()
    """The cards that these clocks have brought already: clock, colour, due."""
    known: dict[Hashable, list[tuple[User, User | None]]] = field(default_factory=dict)

    def write(self) -> None:
        """Write what was done: one statement for each kind of row."""
        for entity, rows in ((StepTaken, self.steps), (Card, self.cards)):
            if rows:
                db.session.execute(insert(entity), rows)
        self.outbox.write()


def _locked(clock_ids: Sequence[int], at: datetime) -> Sequence[Ticket]:
    """The tickets of these clocks, if they still are to be looked at, locked and read anew."""
    of_the_clocks = waiting(at).with_only_columns(Clock.ticket_id).where(Clock.id.in_(clock_ids))
    return locked_if_free(of_the_clocks, Ticket.assignments, Ticket.approvals, Ticket.replies)


def _waits(clock: Clock, at: datetime) -> bool:
    return clock.state is ClockState.RUNNING and clock.next_step_at is not None and clock.next_step_at <= at


def _dealt_with(clocks: Sequence[Clock]) -> dict[int, set[str]]:
    """By clock the steps that were dealt with for its due or a later one: they are not due again."""
    taken = select(StepTaken.clock_id, StepTaken.step, StepTaken.due_at)
    rows = db.session.execute(taken.where(StepTaken.clock_id.in_([clock.id for clock in clocks]))).all()
    due = {clock.id: clock.due_at for clock in clocks}
    dealt: dict[int, set[str]] = {clock.id: set() for clock in clocks}
    for clock_id, step, due_at in rows:
        present = due[clock_id]
        if present is not None and due_at >= present:
            dealt[clock_id].add(step)
    return dealt


def _cards_given(clocks: Sequence[Clock]) -> set[tuple[int, str, datetime | None]]:
    """The cards that clocks have brought, each with the due it was given for."""
    rows = select(Card.clock_id, Card.colour, Card.due_at).where(
        Card.clock_id.in_([one.id for one in clocks])
    )
    return {(row.clock_id, row.colour, row.due_at) for row in db.session.execute(rows)}


def _take_steps(ticket: Ticket, clock: Clock, dealt: Collection[str], round_: _Round) -> bool:
    """Take the steps of one clock; whether one was sent."""
    at, law = round_.at, round_.law
    due, since, clock.next_step_at = _look(clock, ticket.profile, dealt, at, law)
    if since is not None and _waits_for_the_office(ticket, since, at, law.calendar):
        clock.next_step_at = law.calendar.next_opening(at)
        return False
    applying = [step for step in due if not (step.only_without_contact and ticket.contacted)]
    highest = applying[-1] if applying else None
    round_.steps += [
        {
            "clock_id": clock.id,
            "step": step.rule.key,
            "due_at": clock.due_at,
            "fired_at": at,
            "sent": step is highest,
        }
        for step in due
    ]
    if highest is not None:
        _send(_Reminder(ticket, clock, highest, at, law), applying, round_)
    return highest is not None


def _look(
    clock: Clock, profile: Profile, dealt: Collection[str], at: datetime, law: Law
) -> tuple[list[LadderStep], datetime | None, datetime | None]:
    """The steps that are due and not dealt with, the lowest first; since when; the moment of the first one to come.

    Since when is the moment of the last of them, None where there are none.
    """
    ladder = law.ladder_of(clock.kind, profile, clock.started_at)
    placed = moments((step.rule for step in ladder), clock.facts, law.calendar)
    fallen = {rule.key: moment for rule, moment in placed if moment <= at and rule.key not in dealt}
    due = [step for step in ladder if step.rule.key in fallen]
    following = next((moment for _, moment in placed if moment > at), None)
    return due, max(fallen.values(), default=None), following


def _waits_for_the_office(ticket: Ticket, since: datetime, at: datetime, calendar: OfficeCalendar) -> bool:
    """Whether a step that office hours have passed over meanwhile is told at the next opening, by what is true then.

    A due that moved at night, or a clockwork that stood still, reminds nobody at midnight, and no letter says in the
    morning what was so the evening before. 特急 never waits.
    """
    if ticket.urgency is Urgency.CRITICAL or calendar.next_opening(at) <= at:
        return False
    return calendar.next_opening(since) < at


@dataclass(frozen=True)
class _Reminder:
    """One step of one clock that is being sent."""

    ticket: Ticket
    clock: Clock
    step: LadderStep
    at: datetime
    law: Law

    @property
    def key(self) -> str:
        """What it is about, once for each recipient and channel."""
        return f"step:{self.clock.id}:{self.step.rule.key}:{_due_of(self.clock).astimezone(UTC).isoformat()}"

    @cached_property
    def title(self) -> Sentence:
        """What is true now, also in a late run: 办理还剩 1 个工作日, 办理今日 17:30 到期, 办理已超期 1 个工作日."""
        kind, calendar = self.clock.kind, self.law.calendar
        if self.step.rule.when == "half":
            silent = "%(kind)s时限已过半，尚未联系企业"
            return say(silent if self.step.only_without_contact else "%(kind)s时限已过半", kind=kind)
        left = deadlines.left(self.clock.facts, self.at, calendar)
        if left.standing is Standing.OVERDUE:
            return say("%(kind)s%(left)s", kind=kind, left=left.words)
        if left.standing is Standing.DUE_TODAY:
            close = f"{_due_of(self.clock).astimezone(calendar.tz):%H:%M}"
            return say("%(kind)s今日 %(close)s 到期", kind=kind, close=close)
        return say("%(kind)s还%(left)s", kind=kind, left=left.words)

    @cached_property
    def body(self) -> Sentence:
        """Whose matter it is, and until when."""
        until = _due_of(self.clock).astimezone(self.law.calendar.tz)
        words = say(
            "%(enterprise)s：%(title)s。%(kind)s时限：%(until)s。",
            enterprise=self.ticket.enterprise.name,
            title=self.ticket.title,
            kind=self.clock.kind,
            until=moment_words(until),
        )
        return with_guess(words, until, self.law)


def _due_of(clock: Clock) -> datetime:
    """The due of a clock that has a step: one without a due has none."""
    if clock.due_at is None:
        raise ValueError(f"clock {clock.id} has no due")
    return clock.due_at


def _send(reminder: _Reminder, steps: Sequence[LadderStep], round_: _Round) -> None:
    """Tell everybody up to this step; of the cards and orders that the steps bring, the highest is given."""
    colour = next((step.card for step in reversed(steps) if step.card), None)
    level = next((step.order_level for step in reversed(steps) if step.order_level), None)
    has_card = colour is not None and _give_card(reminder, colour, round_)
    if level is not None:
        # What is closed may not be supervised, though its rest or an order runs on: that is reminded of all the same.
        with suppress(OutOfTurn):
            supervision.issue_order(
                reminder.ticket,
                by=None,
                at=reminder.at,
                law=reminder.law,
                level=level,
                demand=house().say(say("%(title)s，请说明原因并答复新的办结日期。", title=reminder.title)),
            )
    body = reminder.body
    # Cards are between the desk and the departments; an enterprise is told of its time alone.
    with_card = (
        say("%(body)s已记%(card)s一次。", body=body, card=CardColour(colour)) if has_card and colour else body
    )
    audiences, part = _audiences(reminder)
    about = words_for_groups(reminder.ticket, reminder.clock.due_at, reminder.law)
    put_in(
        round_.outbox,
        reminder.ticket,
        reminder.key,
        [
            (
                person,
                in_place_of(instead_of, reminder.title) if instead_of else reminder.title,
                with_card if person.enterprise_id is None else body,
            )
            for person, instead_of in _people(reminder.ticket, audiences, part, round_)
        ],
        groups=[
            (group, reminder.title, about)
            for group in groups_of(reminder.ticket, audiences, reminder.law, part=part)
        ],
        at=reminder.at,
        law=reminder.law,
    )


def _people(
    ticket: Ticket, audiences: Collection[Audience], part: Assignment | None, round_: _Round
) -> list[tuple[User, User | None]]:
    """Everybody in these audiences, each once, and whoever stands in for them beside that person.

    Tickets that have the same people of the same parts ask once.
    """
    lead = part or ticket.last_lead
    alike = (
        frozenset(audiences),
        (lead.department_id, lead.handler_id) if lead else None,
        (ticket.enterprise_id, ticket.filed_by_id) if OF_THE_ENTERPRISE & set(audiences) else None,
        tuple(each.department_id for each in ticket.supports) if Audience.SUPPORTS in audiences else None,
        ticket.against_id,
    )
    if alike not in round_.known:
        groups = people_of(ticket, audiences, part=part)
        told: dict[int, tuple[User, User | None]] = {
            person.id: (person, None) for group in groups.values() for person in group
        }
        for substitute, person in substitutes_told(ticket, groups, at=round_.at):
            told.setdefault(substitute.id, (substitute, person))
        round_.known[alike] = list(told.values())
    return round_.known[alike]


def _give_card(reminder: _Reminder, colour: str, round_: _Round) -> bool:
    """Record a card on the clock's department; a clock of the desk has none, and no due has two of a colour."""
    clock = reminder.clock
    if clock.department_id is None:
        return False
    if (clock.id, colour, clock.due_at) in round_.given:
        return False
    round_.cards.append(
        {
            "clock_id": clock.id,
            "kind": clock.kind,
            "department_id": clock.department_id,
            "ticket_id": reminder.ticket.id,
            "colour": colour,
            "due_at": clock.due_at,
            "given_at": reminder.at,
        }
    )
    return True


def _audiences(reminder: _Reminder) -> tuple[set[Audience], Assignment | None]:
    """Everybody of this step and the lower ones, and the part they are asked about."""
    clock = reminder.clock
    ladder = reminder.law.ladder_of(clock.kind, reminder.ticket.profile, clock.started_at)
    named = {name for step in ladder if step.position <= reminder.step.position for name in step.recipients}
    part = _part_of(reminder.ticket, reminder.clock)
    # A clock of one department reminds that department, not all those that support.
    audiences = {Audience.LEAD if part and name == Audience.SUPPORTS else Audience(name) for name in named}
    return audiences, part


def _part_of(ticket: Ticket, clock: Clock) -> Assignment | None:
    """The assignment whose clock it is."""
    parts = (part for part in reversed(ticket.assignments) if part.department_id == clock.department_id)
    return next((part for part in parts if part.state is not AssignmentState.RELEASED), None)
