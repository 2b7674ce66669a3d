"""Reminders: the ladder of every clock, each step once for each due, however many schedulers run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from service_desk.desk import supervision
from service_desk.desk.acting import recalculate
from service_desk.desk.health import REMIND
from service_desk.desk.notices import Audience, groups_of, people_of, queue, with_guess, words_for_groups
from service_desk.desk.sweeping import STOPPING, sweep
from service_desk.domain import deadlines
from service_desk.domain.ladders import LadderStep
from service_desk.domain.limits import Profile
from service_desk.domain.reminders import moments
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import AssignmentState, CardColour, ClockState, Standing
from service_desk.store.base import db, house, transaction
from service_desk.store.beats import beat
from service_desk.store.clocks import Clock
from service_desk.store.law import Law, current_law
from service_desk.store.notices import Card, StepTaken
from service_desk.store.parts import Assignment
from service_desk.store.tickets import Ticket


def remind_due(now: datetime) -> int:
    """Take the steps that are due on all running clocks; how many clocks somebody was reminded of."""
    waiting = select(Clock.id).where(Clock.state == ClockState.RUNNING, Clock.next_step_at <= now)
    touched = sweep(REMIND, waiting, lambda clock_id: remind(clock_id, at=now))
    if not STOPPING.is_set():
        beat(REMIND, now)
    return touched


@transaction
def remind(clock_id: int, *, at: datetime) -> bool:
    """Take the steps of one clock that are due, and note when the next one is; whether a step was sent.

    Of several due at once only the highest is sent, the lower ones are recorded as skipped. Cards and
    orders come with it, in the same transaction. A ticket somebody is acting on right now is left alone:
    the act may change the clock, and the next run looks again.
    """
    found = _locked(clock_id, at)
    if found is None:
        return False
    ticket, clock = found
    law = current_law()
    # A calendar or a rule changed meanwhile comes first: steps are placed by the due they belong to.
    recalculate(ticket, min(law.changed_at or at, at), law)
    due, clock.next_step_at = _look(clock, ticket.profile, at, law)
    applying = [step for step in due if not (step.only_without_contact and ticket.contacted)]
    highest = applying[-1] if applying else None
    for step in due:
        db.session.add(
            StepTaken(
                clock_id=clock.id, step=step.rule.key, due_at=clock.due_at, fired_at=at, sent=step is highest
            )
        )
    if highest is not None:
        _send(_Reminder(ticket, clock, highest, at, law), applying)
    return highest is not None


def _locked(clock_id: int, at: datetime) -> tuple[Ticket, Clock] | None:
    """The clock with its ticket locked and read anew, if it still is to be looked at."""
    of_the_clock = select(Clock.ticket_id).where(Clock.id == clock_id).scalar_subquery()
    statement = select(Ticket).where(Ticket.id == of_the_clock).with_for_update(of=Ticket, skip_locked=True)
    ticket = db.session.scalars(statement.execution_options(populate_existing=True)).unique().one_or_none()
    if ticket is None:
        return None
    clock = next(each for each in ticket.clocks if each.id == clock_id)
    waits = clock.state is ClockState.RUNNING and clock.next_step_at is not None and clock.next_step_at <= at
    return (ticket, clock) if waits else None


def _look(clock: Clock, profile: Profile, at: datetime, law: Law) -> tuple[list[LadderStep], datetime | None]:
    """The steps that are due and not dealt with, the lowest first; and the moment of the first one to come.

    A step that was dealt with for this due or a later one is not due again.
    """
    ladder = law.ladder_of(clock.kind, profile, clock.started_at)
    placed = moments((step.rule for step in ladder), clock.facts, law.calendar)
    fallen = {rule.key for rule, moment in placed if moment <= at}
    if fallen:
        dealt = select(StepTaken.step).where(StepTaken.clock_id == clock.id, StepTaken.due_at >= clock.due_at)
        fallen -= set(db.session.scalars(dealt))
    due = [step for step in ladder if step.rule.key in fallen]
    return due, next((moment for _, moment in placed if moment > at), None)


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

    @property
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

    @property
    def body(self) -> Sentence:
        """Whose matter it is, and until when."""
        until = _due_of(self.clock).astimezone(self.law.calendar.tz)
        words = say(
            "%(enterprise)s：%(title)s。%(kind)s时限：%(until)s。",
            enterprise=self.ticket.enterprise.name,
            title=self.ticket.title,
            kind=self.clock.kind,
            until=f"{until:%Y-%m-%d %H:%M}",
        )
        return with_guess(words, until, self.law)


def _due_of(clock: Clock) -> datetime:
    """The due of a clock that has a step: one without a due has none."""
    if clock.due_at is None:
        raise ValueError(f"clock {clock.id} has no due")
    return clock.due_at


def _send(reminder: _Reminder, steps: Sequence[LadderStep]) -> None:
    """Tell everybody up to this step; of the cards and orders that the steps bring, the highest is given."""
    colour = next((step.card for step in reversed(steps) if step.card), None)
    level = next((step.order_level for step in reversed(steps) if step.order_level), None)
    has_card = colour is not None and _give_card(reminder, colour)
    if level is not None:
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
    people = people_of(reminder.ticket, audiences, part=part)
    each_once = {person.id: person for group in people.values() for person in group}
    about = words_for_groups(reminder.ticket, reminder.clock.due_at, reminder.law)
    queue(
        reminder.ticket,
        reminder.key,
        [
            (person, reminder.title, with_card if person.enterprise_id is None else body)
            for person in each_once.values()
        ],
        groups=[
            (group, reminder.title, about)
            for group in groups_of(reminder.ticket, audiences, reminder.law, part=part)
        ],
        at=reminder.at,
        law=reminder.law,
    )


def _give_card(reminder: _Reminder, colour: str) -> bool:
    """Record a card on the clock's department; a clock of the desk has none."""
    clock = reminder.clock
    if clock.department_id is None:
        return False
    db.session.add(
        Card(
            clock_id=clock.id,
            kind=clock.kind,
            department_id=clock.department_id,
            ticket_id=reminder.ticket.id,
            colour=colour,
            due_at=clock.due_at,
            given_at=reminder.at,
        )
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
