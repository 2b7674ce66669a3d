"""The ticket: its rows, the situation a person finds it in, and the one way to move it on."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service_desk.domain import deadlines, workflow
from service_desk.domain.access import in_lists
from service_desk.domain.actions import DONE, OF_A_DEPARTMENT, Action, Party
from service_desk.domain.deadlines import Running
from service_desk.domain.limits import (
    CORRECTION_DAYS,
    DEFERRAL_DAYS,
    OBJECTION_DAYS,
    QUESTION_CLOSES,
    limit_class,
)
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.situation import Situation
from service_desk.domain.states import ASKED_IN, TURN_CLOCKS, TURN_REVIEWS
from service_desk.domain.vocabulary import (
    ApprovalState,
    AssignmentRole,
    AssignmentState,
    ClockKind,
    ClockState,
    LimitClass,
    Nature,
    Payer,
    RequestKind,
    Review,
    Role,
    Source,
    State,
    Unit,
    Urgency,
    Wait,
)
from service_desk.domain.workflow import Step
from service_desk.store.approvals import Approval
from service_desk.store.attachments import Attachment
from service_desk.store.base import Instant, Model, WordType, db, house
from service_desk.store.catalogue import Category
from service_desk.store.clocks import Clock
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.incidents import Incident
from service_desk.store.law import Law
from service_desk.store.parts import Assignment, Event, Order, Rating, Reply
from service_desk.store.people import Department, User

LATE_RATING = timedelta(hours=24 * 30)
"""How long after closing unrated a ticket may still be rated (the law, fine print)."""

PART_CLOCKS = (*workflow.LEAD_STARTS, ClockKind.OPINION)
"""Clocks of one department's part, started when it is given the part."""
NAMED_DATE_CLOCKS = (ClockKind.NEXT_REPLY, ClockKind.REST)
STARTED_APART = (*PART_CLOCKS, *NAMED_DATE_CLOCKS, ClockKind.ORDER)
"""Clocks that need more than the step to be started: a department, a date, an order."""

HANDLING = (
    Action.SIGN,
    Action.FIRST_CONTACT,
    Action.ASK_ENTERPRISE,
    Action.REPLY,
    Action.ASK_SIGN_OFF,
    Action.ANSWER,
)
"""Acts that make somebody one who *handled* the ticket; to be handed it counts too."""


class Ticket(Model):
    """诉求. Lists show ``due_at``, the due of whoever's turn it is, and ``last_line``, which all may read.

    ``tag_words`` holds the tags with a blank before and after each.
    """

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
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    split_from_id: Mapped[int | None] = mapped_column(ForeignKey("tickets.id"), index=True)
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incidents.id"), index=True)
    above_office: Mapped[str | None] = mapped_column(String(100))
    above_number: Mapped[str | None] = mapped_column(String(100))
    above_due: Mapped[date | None] = mapped_column(Date)
    above_reply: Mapped[date | None] = mapped_column(Date)
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
    tag_words: Mapped[str] = mapped_column(String(120), default="", server_default="")

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
    approvals: Mapped[list[Approval]] = relationship(cascade="all, delete-orphan", order_by=Approval.id)
    incident: Mapped[Incident | None] = relationship()
    parent: Mapped["Ticket | None"] = relationship(foreign_keys=[parent_id], remote_side="Ticket.id")
    split_from: Mapped["Ticket | None"] = relationship(foreign_keys=[split_from_id], remote_side="Ticket.id")

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
    def tags(self) -> list[str]:
        """标签, in order."""
        return self.tag_words.split()

    @tags.setter
    def tags(self, tags: Iterable[str]) -> None:
        self.tag_words = f" {' '.join(sorted(set(tags)))} "

    @property
    def moves(self) -> int:
        """流转次数: upheld returns and redispatches."""
        return sum(
            1
            for event in self.events
            if event.action is Action.REDISPATCH
            or (event.action is Action.DECIDE_RETURN and event.data.get("granted"))
        )

    @property
    def running_orders(self) -> list[Order]:
        """Orders that wait for an answer."""
        live = {clock.id for clock in self.clocks if clock.is_live}
        return [order for order in self.orders if order.clock_id in live]

    def request(self, kind: RequestKind) -> Approval | None:
        """The undecided request of a kind."""
        return next((each for each in reversed(self.approvals) if each.kind is kind and each.is_open), None)

    @property
    def contacted(self) -> bool:
        """Whether nobody waits for the first contact of this cycle any longer."""
        return self.clock(ClockKind.FIRST_CONTACT) is None

    @property
    def calls(self) -> list[Event]:
        """The tries of the present lead to reach the enterprise."""
        since = self.last_lead.assigned_at if self.last_lead else self.touched_at
        return [e for e in self.events if e.action is Action.FIRST_CONTACT and e.at >= since]

    @property
    def turn_clock(self) -> Clock | None:
        """The clock of whoever's turn it is; of several the one that is due first. Supports have no turn."""
        about, lead = TURN_REVIEWS.get(self.state), self.lead
        clocks = [
            clock
            for kind in TURN_CLOCKS.get(self.state, ())
            for clock in self._live(kind, about=about)
            if clock.department_id is None or (lead is not None and clock.department_id == lead.department_id)
        ]
        return min(
            clocks, key=lambda clock: (clock.due_at is None, clock.due_at or clock.started_at), default=None
        )

    def refresh_due(self) -> None:
        """Bring the due time that lists show in line with the clocks."""
        clock = self.turn_clock
        self.due_at = clock.due_at if clock else None

    def _live(
        self, kind: ClockKind, department_id: int | None = None, about: Review | None = None
    ) -> list[Clock]:
        return [
            clock
            for clock in self.clocks
            if clock.kind is kind
            and clock.is_live
            and department_id in (None, clock.department_id)
            and about in (None, clock.about)
        ]

    # -- who stands before it -----------------------------------------------------------------

    def parties_of(self, user: User | None) -> frozenset[Party]:
        """In what capacities somebody may act; the system itself where ``user`` is None.

        Nothing but an answer is asked of the people of a department complained of and of its sub-units, whatever
        their role.
        """
        if user is None:
            return frozenset({Party.SYSTEM})
        if self.is_complaint_against(user):
            return frozenset({Party.RESPONDENT}) if user.has(Role.HANDLER, Role.HEAD) else frozenset()
        parties = {Party(role.value) for role in user.roles & {Role.CLERK, Role.QUALITY, Role.SUPERVISOR}}
        own = user.enterprise_id == self.enterprise_id and user.has(Role.CONTACT)
        if own and (user.is_owner or self.filed_by_id in (None, user.id)):
            parties.add(Party.CONTACT)
        liaison = self.enterprise.liaison
        if user.has(Role.OFFICER) and liaison is not None and liaison.officer_id == user.id:
            parties.add(Party.OFFICER)
        if user.has(Role.LEADER) and liaison is not None and liaison.leader_id == user.id:
            parties.add(Party.LEADER)
        if user.department_id is not None and user.has(Role.HANDLER, Role.HEAD):
            lead = self.last_lead
            if lead is not None and lead.department_id == user.department_id:
                parties |= {Party.LEAD, Party.LEAD_HEAD} if user.has(Role.HEAD) else {Party.LEAD}
            if any(part.department_id == user.department_id for part in self.supports):
                parties.add(Party.SUPPORT)
        return frozenset(parties)

    def is_complaint_against(self, user: User) -> bool:
        """Whether this person works for the department complained of, or one of its sub-units."""
        return self.against_id is not None and any(unit.id == self.against_id for unit in user.units)

    def situation(self, user: User | None, now: datetime, law: Law) -> Situation:
        """The facts the table of actions is asked about."""
        lead, reply, rating = self.last_lead, self.last_reply, self.last_rating
        settle, mine = self.clock(ClockKind.SETTLE), self._part_of(user)
        here = _in(law)
        return Situation(
            state=self.state,
            parties=self.parties_of(user),
            now=now,
            cycle=self.cycle,
            handled=user is not None and self._handled_by(user),
            took_part=user is not None and any(event.by_id == user.id for event in self.events),
            of_the_departments=user is not None
            and user.department_id is not None
            and any(part.department_id == user.department_id for part in self.assignments),
            had_lead=lead is not None,
            has_handler=mine is not None and mine.handler_id is not None,
            is_handler=user is not None and mine is not None and mine.handler_id == user.id,
            is_head=user is not None and user.has(Role.HEAD),
            wants_sign_off=lead is not None and lead.department.wants_sign_off,
            support=self._support_of(user),
            contacted=any(event.data.get("reached", True) for event in self.calls),
            asked_enterprise=self._last_of(Action.ASK_ENTERPRISE, Action.INFORM, Action.REPLY)
            is Action.ASK_ENTERPRISE,
            rated=rating is not None,
            bad_ratings=self._bad_ratings_of_claims(),
            claims_solution=reply is not None and reply.outcome is not None and reply.outcome.claims_solution,
            last_rating_is_bad=rating is not None and rating.is_bad,
            rating_corrected=rating is not None and rating.corrects_id is not None,
            rating_correctable_until=here(
                law.working_days_after(rating.at, CORRECTION_DAYS) if rating else None
            ),
            reviews=frozenset(clock.about for clock in self._live(ClockKind.REVIEW) if clock.about),
            may_rate_until=here(self._may_rate_until()),
            rating_ends_at=here(self._due_of(ClockKind.RATING)),
            orders_running=len(self.running_orders),
            may_urge=self._may_urge(now, law),
            against_a_department=self.against_id is not None,
            inquiry_is_open=self._last_of(Action.INQUIRE, Action.ANSWER_INQUIRY) is Action.INQUIRE,
            moves=self.moves,
            return_window_ends=here(self._return_window_ends()),
            return_asked=lead is not None
            and any(
                each.kind is RequestKind.RETURN and each.assignment_id == lead.id for each in self.approvals
            ),
            settle_due=here(settle.due_at if settle else None),
            extensions=len(settle.extensions) if settle else 0,
            most_extensions=law.limits.most_extensions(self.limit_class),
            requests=frozenset(each.kind for each in self.approvals if each.is_open),
            own_requests=frozenset(
                each.kind
                for each in self.approvals
                if each.is_open and user is not None and each.asked_by_id == user.id
            ),
            supplement_ends_at=here(self._due_of(ClockKind.SUPPLEMENT)),
            objections_until=here(self._objections_until(law)),
            appealed=any(
                each.kind is RequestKind.APPEAL and each.state is not ApprovalState.CANCELLED
                for each in self.approvals
            ),
            rest_running=self.clock(ClockKind.REST) is not None,
            rest_reported=self._last_of(Action.REPORT_REST, Action.CONFIRM_REST, Action.REWORK)
            is Action.REPORT_REST,
            rest_confirmable_until=here(self._rest_confirmable_until(law)),
            rest_unconfirmed=self._rest_unconfirmed(),
            in_incident=self.incident_id is not None,
            wait_ends_at=here(self.wait_ends_at(law)),
            deferral_ends_at=here(self._deferral_ends_at(law)),
        )

    def passing(self, law: Law) -> tuple[datetime, Action] | None:
        """What happens by itself next unless somebody acts before: when, and which act of the system."""
        ends = (
            (self._due_of(ClockKind.RATING) if self.state is State.AWAITING_RATING else None, Action.EXPIRE_RATING),
            (self._deferral_ends_at(law), Action.RESUME),
            (self.wait_ends_at(law), Action.RESUME),
        )  # fmt: skip
        return min(((at, action) for at, action in ends if at is not None), default=None)

    def _due_of(self, kind: ClockKind) -> datetime | None:
        clock = self.clock(kind)
        return clock.due_at if clock else None

    def _last_of(self, *actions: Action) -> Action | None:
        """Which of these acts was the last one in this cycle."""
        return next(
            (e.action for e in reversed(self.events) if e.action in actions and e.cycle == self.cycle), None
        )

    def _may_rate_until(self) -> datetime | None:
        return self.last_closing.at + LATE_RATING if self.last_closing else None

    def _return_window_ends(self) -> datetime | None:
        """The end of the latest lead's return window, also where it has passed unused."""
        lead = self.lead
        windows = [clock for clock in self.clocks if clock.kind is ClockKind.RETURN_WINDOW]
        last = windows[-1] if windows else None
        return last.due_at if last and lead and last.started_at == lead.assigned_at else None

    def _objections_until(self, law: Law) -> datetime | None:
        """The end of the working days after it was last closed or rejected."""
        ended = next(
            (e for e in reversed(self.events) if e.after is not e.before and e.after is self.state), None
        )
        if ended is None or self.state not in (State.CLOSED, State.REJECTED):
            return None
        return law.working_days_after(ended.at, OBJECTION_DAYS)

    def _rest_unconfirmed(self) -> bool:
        said = next(
            (
                e
                for e in reversed(self.events)
                if e.action in (Action.REPORT_REST, Action.CONFIRM_REST) and e.cycle == self.cycle
            ),
            None,
        )
        return said is not None and not said.data.get("settled", False)

    def _rest_confirmable_until(self, law: Law) -> datetime | None:
        reported = next((e for e in reversed(self.events) if e.action is Action.REPORT_REST), None)
        if reported is None:
            return None
        limit = law.limits.of(ClockKind.RATING, self.limit_class)
        return deadlines.due(Running(reported.at, limit), law.calendar)

    def wait_ends_at(self, law: Law) -> datetime | None:
        """When an open question has kept the clocks waiting as long as it may."""
        settle = self.clock(ClockKind.SETTLE)
        if settle is None or not settle.waits_for(Wait.QUESTION):
            return None
        return deadlines.waiting_ends(settle.waits(Wait.QUESTION), QUESTION_CLOSES, law.calendar)

    def _deferral_ends_at(self, law: Law) -> datetime | None:
        """The close of the last calendar day of the deferral, reckoned from when it was last granted."""
        if self.state is not State.DEFERRED:
            return None
        granted = next(
            e for e in reversed(self.events) if e.action is Action.DECIDE_DEFERRAL and e.data["granted"]
        )
        return law.calendar.close(law.calendar.day_of(granted.at) + timedelta(days=DEFERRAL_DAYS))

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

    def _bad_ratings_of_claims(self) -> int:
        """Closings of replies that claimed a solution whose rating, as last corrected, is bad."""
        last = {rating.cycle: rating for rating in self.ratings}
        return sum(1 for cycle, rating in last.items() if rating.is_bad and self._claimed(cycle))

    def _claimed(self, cycle: int) -> bool:
        """Whether the last reply of a cycle claimed a solution."""
        replies = [reply for reply in self.replies if reply.cycle == cycle]
        return bool(replies) and replies[-1].outcome is not None and replies[-1].outcome.claims_solution

    def _support_of(self, user: User | None) -> AssignmentState | None:
        if user is None:
            return None
        mine = [part for part in self.supports if part.department_id == user.department_id]
        return mine[-1].state if mine else None

    def _part_of(self, user: User | None) -> Assignment | None:
        """The live part of this person's department."""
        if user is None or user.department_id is None:
            return None
        live = (part for part in reversed(self.assignments) if part.is_live)
        return next((part for part in live if part.department_id == user.department_id), None)

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
        guest: str = "",
    ) -> Event:
        """Take an action: the table says yes, one event is written, the clocks move.

        ``guest`` is the name of an enterprise's contact who comes by a one-time link, without an account.
        ``public`` overrides what the table says of who reads the line. An instant before the last
        event is taken as that event's: the history never runs backwards.

        Raises ``OutOfTurn`` or ``Refused`` with the table's sentence; nothing has changed then.
        """
        at = max(at, self.touched_at)
        situation = self.situation(by, at, law)
        if guest:
            situation = replace(situation, parties=frozenset({Party.CONTACT}))
        step = workflow.step_for(action, situation, variant=variant)
        party = min(situation.parties & step.by, key=list(Party).index)
        before = self.state
        if step.to is not None:
            self.state = step.to
        self.cycle += step.opens_cycle
        department_id = by.department_id if by and party in OF_A_DEPARTMENT else None
        event = Event(
            at=at,
            action=action,
            before=before,
            after=self.state,
            cycle=self.cycle,
            by_id=by.id if by else None,
            by_name=by.name if by else guest or Party.SYSTEM.label,
            party=party,
            department_id=department_id,
            public=step.public if public is None else public,
            text=text,
            data=dict(data or {}),
        )
        self.events.append(event)
        if moves_clocks:
            self._move_clocks(step, at, law, department_id)
        self._lapse_requests(at)
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
        """Move the clocks as the step says; those that need more than the step are started by the verbs."""
        self._end_clocks(step, at, law, department_id)
        for wait in step.resumes:
            for clock in self.clocks:
                clock.resume(at, wait, law.calendar)
        self._release(step.releases, at)
        if step.waits is not None:
            for kind in workflow.PAUSED_BY[step.waits]:
                for clock in self._live(kind):
                    clock.pause(at, step.waits, law.calendar)
        for kind in step.starts:
            if kind not in STARTED_APART:
                self.start_clock(kind, at, law, about=step.opens if kind is ClockKind.REVIEW else None)

    def _end_clocks(self, step: Step, at: datetime, law: Law, department_id: int | None) -> None:
        def named(kinds: Iterable[ClockKind]) -> list[Clock]:
            return [
                clock
                for kind in kinds
                for clock in self._live(
                    kind,
                    department_id if kind in PART_CLOCKS else None,
                    step.review if kind is ClockKind.REVIEW else None,
                )
            ]

        for kind in step.judges:
            for clock in self._live(kind):
                clock.stop(at, law.calendar, judged_at=self.replies[-1].at)
        for clock in named(step.stops):
            clock.stop(at, law.calendar)
        for clock in self.clocks if step.ends else named(step.cuts):
            if not (step.ends and clock.kind is ClockKind.ORDER):
                # Orders run until they are answered, in whatever state.
                clock.cut_off(at)

    def _release(self, roles: Iterable[AssignmentRole], at: datetime) -> None:
        """Take the ticket from these departments: their clocks and the lead's orders are void."""
        for part in self.assignments:
            if part.role in roles and part.state is not AssignmentState.RELEASED:
                self.release(part, at)

    def release(self, part: Assignment, at: datetime) -> None:
        """Take its part from one department."""
        part.state = AssignmentState.RELEASED
        leads = part.role is AssignmentRole.LEAD
        kinds = (*PART_CLOCKS, ClockKind.NEXT_REPLY, ClockKind.ORDER) if leads else workflow.SUPPORT_STARTS
        for kind in kinds:
            for clock in self._live(kind, part.department_id):
                clock.void(at)
        if leads:
            self.lead_department = None

    def _lapse_requests(self, at: datetime) -> None:
        """Requests nobody has decided lapse when the ticket leaves their states, or the department it."""
        gone = {part.id for part in self.assignments if part.state is AssignmentState.RELEASED}
        for request in self.approvals:
            if request.is_open and (
                self.state not in ASKED_IN[request.kind] or request.assignment_id in gone
            ):
                request.state = ApprovalState.LAPSED
                self.cut_off_review(request, at)

    def cut_off_review(self, request: Approval, at: datetime) -> None:
        """End the review of a request that is not decided any more."""
        for clock in self.clocks:
            if clock.id == request.clock_id:
                clock.cut_off(at)

    def start_clock(
        self,
        kind: ClockKind,
        at: datetime,
        law: Law,
        *,
        department_id: int | None = None,
        about: Review | None = None,
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
            extensions=[],
            former_limits=[],
            about=about,
            latest_date=self.above_due if kind is ClockKind.SETTLE else None,
            state=ClockState.RUNNING,
        )
        clock.recompute(law.calendar)
        self.clocks.append(clock)
        return clock

    def start_until(
        self, kind: ClockKind, day: date, at: datetime, law: Law, *, department_id: int | None
    ) -> Clock:
        """Start a clock that is due on a named date."""
        clock = Clock(
            kind=kind,
            department_id=department_id,
            cycle=self.cycle,
            started_at=at,
            unit=Unit.DATE,
            named_date=day,
            extended=0,
            extensions=[],
            former_limits=[],
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
            if kind in PART_CLOCKS:
                self.start_clock(kind, at, law, department_id=department.id)
        if role is AssignmentRole.LEAD:
            self.lead_department = department
        return part

    def reclassify(self, at: datetime, law: Law) -> None:
        """Give every open clock the limit of the ticket's class, reckoned from its own start."""
        for clock in self.clocks:
            if clock.is_live and clock.limit_number is not None and clock.kind is not ClockKind.ACCEPT:
                limit = law.limits.of(clock.kind, self.limit_class, cycle=clock.cycle)
                if (limit.number, limit.unit) != (clock.limit_number, clock.unit):
                    clock.change_limit(limit, at, law.calendar)


def _in(law: Law) -> Callable[[datetime | None], datetime | None]:
    """Instants as the park's clocks show them."""
    return lambda moment: moment.astimezone(law.calendar.tz) if moment else None


def locked(ticket_id: int) -> Ticket:
    """The ticket, locked for this transaction and read anew."""
    statement = (
        select(Ticket)
        .where(Ticket.id == ticket_id)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).unique().one()
