"""The ticket: its rows, the situation a person finds it in, and the one way to move it on."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain import workflow
from service_desk.domain.access import in_lists
from service_desk.domain.actions import DONE, Action, Party
from service_desk.domain.limits import limit_class
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import (
    AssignmentRole,
    AssignmentState,
    ClockKind,
    ClockState,
    LimitClass,
    Nature,
    Payer,
    Role,
    Source,
    State,
    Urgency,
)
from service_desk.domain.workflow import Situation, Step
from service_desk.store.attachments import Attachment
from service_desk.store.base import Instant, Model, WordType, db, house
from service_desk.store.catalogue import Category
from service_desk.store.clocks import Clock
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.law import Law
from service_desk.store.parts import Assignment, Event, Order, Rating, Reply
from service_desk.store.people import Department, User

LATE_RATING = timedelta(hours=24 * 30)
"""How long after closing unrated a ticket may still be rated (the law, fine print)."""

LEAD_CLOCKS = (ClockKind.RETURN_WINDOW, ClockKind.FIRST_CONTACT, ClockKind.SETTLE)
DEPARTMENT_CLOCKS = (*LEAD_CLOCKS, ClockKind.SIGN, ClockKind.OPINION)

HANDLING = (Action.SIGN, Action.FIRST_CONTACT, Action.REPLY, Action.ANSWER)
"""Acts that make somebody one who *handled* the ticket; to be handed it counts too."""


class Ticket(Model):
    """诉求. Lists show ``due_at``, the due of whoever's turn it is, and ``last_line``, which all may read."""

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_state_due_at_id", "state", "due_at", "id"),
        Index("ix_tickets_enterprise_id_id", "enterprise_id", "id"),
        Index("ix_tickets_lead_department_id_state", "lead_department_id", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    submission_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    enterprise_id: Mapped[int] = mapped_column(ForeignKey("enterprises.id"))
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), index=True)
    area_id: Mapped[int | None] = mapped_column(ForeignKey("areas.id"), index=True)
    filed_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    title: Mapped[str] = mapped_column(String(100))
    text: Mapped[str] = mapped_column(Text)
    contact_name: Mapped[str] = mapped_column(String(60))
    contact_phone: Mapped[str] = mapped_column(String(30))
    source: Mapped[Source] = mapped_column(WordType(Source), default=Source.ENTERPRISE)
    nature: Mapped[Nature] = mapped_column(WordType(Nature), default=Nature.HELP)
    urgency: Mapped[Urgency] = mapped_column(WordType(Urgency), default=Urgency.NORMAL)
    payer: Mapped[Payer | None] = mapped_column(WordType(Payer))
    against_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    is_complex: Mapped[bool] = mapped_column(default=False)
    is_demo: Mapped[bool] = mapped_column(default=False)
    state: Mapped[State] = mapped_column(WordType(State), default=State.DRAFT)
    cycle: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=0)
    lead_department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"))
    submitted_at: Mapped[Instant]
    touched_at: Mapped[Instant]
    due_at: Mapped[Instant | None]
    last_line: Mapped[str] = mapped_column(String(150), default="")

    enterprise: Mapped[Enterprise] = relationship(lazy="joined", innerjoin=True)
    category: Mapped[Category] = relationship(lazy="joined", innerjoin=True)
    area: Mapped[Area | None] = relationship(lazy="joined")
    lead_department: Mapped[Department | None] = relationship(
        lazy="joined", foreign_keys=[lead_department_id]
    )
    against: Mapped[Department | None] = relationship(foreign_keys=[against_id])
    events: Mapped[list[Event]] = relationship(cascade="all, delete-orphan", order_by=Event.id)
    clocks: Mapped[list[Clock]] = relationship(cascade="all, delete-orphan", order_by=Clock.id)
    assignments: Mapped[list[Assignment]] = relationship(cascade="all, delete-orphan", order_by=Assignment.id)
    replies: Mapped[list[Reply]] = relationship(cascade="all, delete-orphan", order_by=Reply.id)
    ratings: Mapped[list[Rating]] = relationship(cascade="all, delete-orphan", order_by=Rating.id)
    orders: Mapped[list[Order]] = relationship(cascade="all, delete-orphan", order_by=Order.id)
    attachments: Mapped[list[Attachment]] = relationship(order_by=Attachment.id)

    # -- what it is ---------------------------------------------------------------------------

    @property
    def limit_class(self) -> LimitClass:
        """The class its limits are read by."""
        return limit_class(
            nature=self.nature,
            urgency=self.urgency,
            is_complex=self.is_complex,
            is_arrears=self.category.is_arrears,
        )

    @property
    def lead(self) -> Assignment | None:
        """The assignment of the lead that has it in hand."""
        return next(
            (part for part in self.assignments if part.role is AssignmentRole.LEAD and part.is_live), None
        )

    @property
    def last_lead(self) -> Assignment | None:
        """The latest lead that was not released: live, or done."""
        leads = [part for part in self.assignments if part.role is AssignmentRole.LEAD]
        return next((part for part in reversed(leads) if part.state is not AssignmentState.RELEASED), None)

    @property
    def supports(self) -> list[Assignment]:
        """The support assignments that were not released."""
        return [
            part
            for part in self.assignments
            if part.role is AssignmentRole.SUPPORT and part.state is not AssignmentState.RELEASED
        ]

    @property
    def last_reply(self) -> Reply | None:
        """The latest reply."""
        return self.replies[-1] if self.replies else None

    @property
    def last_closing(self) -> Event | None:
        """The event by which it was last closed."""
        return next(
            (e for e in reversed(self.events) if e.after is State.CLOSED and e.before is not State.CLOSED),
            None,
        )

    @property
    def last_rating(self) -> Rating | None:
        """The rating of the last closing, if it has one."""
        closing = self.last_closing
        if closing is None or not self.ratings or self.ratings[-1].at < closing.at:
            return None
        return self.ratings[-1]

    def clock(self, kind: ClockKind, department_id: int | None = None) -> Clock | None:
        """The live clock of a kind (of one department, where given)."""
        return next(iter(self._live(kind, department_id)), None)

    @property
    def contacted(self) -> bool:
        """Whether nobody waits for the first contact of this cycle any longer."""
        return self.clock(ClockKind.FIRST_CONTACT) is None

    @property
    def turn_clock(self) -> Clock | None:
        """The clock of whoever's turn it is; of several the one that is due first."""
        clocks = [
            clock for kind in workflow.TURN_CLOCKS.get(self.state, ()) for clock in self._live(kind)[:1]
        ]
        return min(
            clocks, key=lambda clock: (clock.due_at is None, clock.due_at or clock.started_at), default=None
        )

    def refresh_due(self) -> None:
        """Bring the due time that lists show in line with the clocks."""
        clock = self.turn_clock
        self.due_at = clock.due_at if clock else None

    def _live(self, kind: ClockKind, department_id: int | None = None) -> list[Clock]:
        return [
            clock
            for clock in self.clocks
            if clock.kind is kind and clock.is_live and department_id in (None, clock.department_id)
        ]

    # -- who stands before it -----------------------------------------------------------------

    def parties_of(self, user: User | None) -> frozenset[Party]:
        """In what capacities somebody may act; the system itself where ``user`` is None."""
        if user is None:
            return frozenset({Party.SYSTEM})
        parties = {Party(role.value) for role in user.roles & {Role.CLERK, Role.QUALITY, Role.SUPERVISOR}}
        own = user.enterprise_id == self.enterprise_id and user.has(Role.CONTACT)
        if own and (user.is_owner or self.filed_by_id in (None, user.id)):
            parties.add(Party.CONTACT)
        liaison = self.enterprise.liaison
        if user.has(Role.OFFICER) and liaison is not None and liaison.officer_id == user.id:
            parties.add(Party.OFFICER)
        if user.department_id is not None and user.has(Role.HANDLER, Role.HEAD):
            lead = self.last_lead
            if lead is not None and lead.department_id == user.department_id:
                parties.add(Party.LEAD)
            if any(part.department_id == user.department_id for part in self.supports):
                parties.add(Party.SUPPORT)
        return frozenset(parties)

    def situation(self, user: User | None, now: datetime, law: Law) -> Situation:
        """The facts the table of actions is asked about."""
        closing, rating, lead, reply = self.last_closing, self.last_rating, self.last_lead, self.last_reply
        rating_clock = self.clock(ClockKind.RATING)
        return Situation(
            state=self.state,
            parties=self.parties_of(user),
            now=now,
            cycle=self.cycle,
            handled=user is not None and self._handled_by(user),
            of_the_departments=user is not None
            and user.department_id is not None
            and any(part.department_id == user.department_id for part in self.assignments),
            had_lead=lead is not None,
            support=self._support_of(user),
            contacted=self.contacted,
            rated=rating is not None,
            bad_ratings=sum(1 for each in self.ratings if each.is_bad and self._claimed(each.cycle)),
            claims_solution=reply is not None and reply.outcome is not None and reply.outcome.claims_solution,
            last_rating_is_bad=rating is not None and rating.is_bad,
            review_running=self.clock(ClockKind.REVIEW) is not None,
            may_rate_until=closing.at + LATE_RATING if closing else None,
            rating_ends_at=rating_clock.due_at if rating_clock else None,
            orders_running=sum(1 for order in self.orders if order.answered_at is None),
            may_urge=self._may_urge(now, law),
            against_a_department=self.against_id is not None,
        )

    def _handled_by(self, user: User) -> bool:
        acted = any(event.by_id == user.id and event.action in HANDLING for event in self.events)
        return (
            acted
            or any(part.handler_id == user.id for part in self.assignments)
            or any(
                user.id in (event.data.get("to_id"), event.data.get("handler_id"))
                for event in self.events
                if event.action in (Action.HAND_OVER, Action.SIGN)
            )
        )

    def _claimed(self, cycle: int) -> bool:
        """Whether the last reply of a cycle claimed a solution."""
        replies = [reply for reply in self.replies if reply.cycle == cycle]
        return bool(replies) and replies[-1].outcome is not None and replies[-1].outcome.claims_solution

    def _support_of(self, user: User | None) -> AssignmentState | None:
        if user is None:
            return None
        mine = [part for part in self.supports if part.department_id == user.department_id]
        return mine[-1].state if mine else None

    def _may_urge(self, now: datetime, law: Law) -> bool:
        """An enterprise may urge once a working day; a rest day belongs to the working day before it."""
        urges = [e for e in self.events if e.action is Action.URGE and e.party is Party.CONTACT]
        working_day = law.calendar.working_day_of
        return not urges or working_day(urges[-1].at) < working_day(now)

    # -- how it moves -------------------------------------------------------------------------

    def take(
        self,
        action: Action,
        *,
        by: User | None,
        at: datetime,
        law: Law,
        text: str = "",
        data: Mapping[str, Any] | None = None,
        public: bool | None = None,
        moves_clocks: bool = True,
        variant: str = "",
    ) -> Event:
        """Take an action: the table says yes, one event is written, the clocks move.

        ``public`` overrides what the table says of who reads the line. An instant before the last
        event is taken as that event's: the history never runs backwards.

        Raises ``OutOfTurn`` or ``Refused`` with the table's sentence; nothing has changed then.
        """
        at = max(at, self.touched_at)
        situation = self.situation(by, at, law)
        step = workflow.step_for(action, situation, variant=variant)
        party = min(situation.parties & step.by, key=list(Party).index)
        before = self.state
        if step.to is not None:
            self.state = step.to
        if action is Action.REWORK:
            self.cycle += 1
        department_id = by.department_id if by and party in (Party.LEAD, Party.SUPPORT) else None
        event = Event(
            at=at,
            action=action,
            before=before,
            after=self.state,
            cycle=self.cycle,
            by_id=by.id if by else None,
            by_name=by.name if by else Party.SYSTEM.label,
            party=party,
            department_id=department_id,
            public=step.public if public is None else public,
            text=text,
            data=dict(data or {}),
        )
        self.events.append(event)
        self._lapse_windows(at)
        if moves_clocks:
            self._move_clocks(step, at, law, department_id)
        self.refresh_due()
        self.version += 1
        self.touched_at = at
        words = in_lists(action, text, public=event.public)
        if words is not None:
            done: Sentence | Action = say(DONE[action]) if action in DONE else action
            line = say("%(done)s：%(words)s", done=done, words=words) if words else say("%(done)s", done=done)
            self.last_line = house().say(line)[:140]
        return event

    def _move_clocks(self, step: Step, at: datetime, law: Law, department_id: int | None) -> None:
        """Move the clocks as the step says; those of a department are started by ``assign``."""
        self._end_clocks(step, at, law, department_id)
        for kind in step.pauses:
            for clock in self._live(kind):
                clock.pause(at, step.action.value, law.calendar)
        for kind in step.resumes:
            for clock in self._live(kind):
                clock.resume(at, law.calendar)
        for kind in step.starts:
            if kind not in DEPARTMENT_CLOCKS:
                self.start_clock(kind, at, law)

    def _end_clocks(self, step: Step, at: datetime, law: Law, department_id: int | None) -> None:
        for clock in self.clocks:
            if clock.kind in step.judges:
                clock.stop(at, law.calendar, judged_at=self.replies[-1].at)
            elif step.ends or clock.kind in step.cuts:
                clock.cut_off(at)
        for kind in step.stops:
            whose = department_id if kind in DEPARTMENT_CLOCKS else None
            for clock in self._live(kind, whose):
                clock.stop(at, law.calendar)

    def start_clock(
        self, kind: ClockKind, at: datetime, law: Law, *, department_id: int | None = None
    ) -> Clock:
        """Start a clock with the limit of the ticket's class."""
        limit = law.limits.of(kind, self.limit_class, cycle=self.cycle)
        clock = Clock(
            kind=kind,
            department_id=department_id,
            cycle=self.cycle,
            started_at=at,
            limit_number=limit.number,
            unit=limit.unit,
            extended=0,
            state=ClockState.RUNNING,
        )
        clock.recompute(law.calendar)
        self.clocks.append(clock)
        return clock

    def assign(
        self,
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
            cycle=self.cycle,
            assigned_at=at,
        )
        self.assignments.append(part)
        for kind in step_starts:
            if kind in DEPARTMENT_CLOCKS:
                self.start_clock(kind, at, law, department_id=department.id)
        if role is AssignmentRole.LEAD:
            self.lead_department = department
        return part

    def reclassify(self, law: Law) -> None:
        """Give every open clock the limit of the ticket's class, reckoned from its own start."""
        for clock in self.clocks:
            if clock.is_live and clock.limit_number is not None and clock.kind is not ClockKind.ACCEPT:
                limit = law.limits.of(clock.kind, self.limit_class, cycle=clock.cycle)
                clock.limit_number, clock.unit = limit.number, limit.unit
                clock.recompute(law.calendar)

    def release_all(self) -> None:
        """Nobody has it in hand any longer."""
        for part in self.assignments:
            if part.is_live:
                part.state = AssignmentState.RELEASED
        self.lead_department = None

    def _lapse_windows(self, at: datetime) -> None:
        """A return window that passes unused is void."""
        for clock in self._live(ClockKind.RETURN_WINDOW):
            if clock.due_at is not None and clock.due_at < at:
                clock.void(at)


def locked(ticket_id: int) -> Ticket:
    """The ticket, locked for this transaction and read anew."""
    statement = (
        select(Ticket)
        .where(Ticket.id == ticket_id)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).unique().one()
