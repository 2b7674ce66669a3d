"""The ticket: its rows, what they say of it, and in what capacities people stand before it."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, Select, String, Text, select, text
from sqlalchemy.orm import (
    InstrumentedAttribute,
    Mapped,
    joinedload,
    lazyload,
    mapped_column,
    relationship,
    selectinload,
)

from service_desk.domain.actions import Action, Party
from service_desk.domain.limits import Profile, limit_class
from service_desk.domain.states import ENDED, TURN_CLOCKS, TURN_REVIEWS
from service_desk.domain.vocabulary import (
    AssignmentRole,
    AssignmentState,
    ClockKind,
    LimitClass,
    Nature,
    Payer,
    RequestKind,
    Review,
    Role,
    Source,
    State,
    Urgency,
)
from service_desk.store.approvals import Approval
from service_desk.store.attachments import Attachment
from service_desk.store.base import Instant, Model, WordType, db
from service_desk.store.catalogue import Category
from service_desk.store.clocks import Clock
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.incidents import Incident
from service_desk.store.parts import Assignment, Event, Order, Rating, Reply
from service_desk.store.people import Actor, Department, PastPerson, User

BEHIND = "facts_version <> version"
UNINDEXED = "search_version <> version"
NEVER = -1
"""The version that no ticket has."""
AGAINST = "against_id IS NOT NULL"
LONGEST_LAST_LINE = 140


def _index_of_some(name: str, *columns: str, where: str) -> Index:
    """An index of those rows alone for which a condition holds."""
    return Index(name, *columns, postgresql_where=text(where), sqlite_where=text(where))


class Ticket(Model):
    """诉求. Lists show ``due_at``, the due of whoever's turn it is, and ``last_line``, which all may read.

    ``version`` counts the lines of the record; ``facts_version`` is the one its stored facts were reckoned at,
    ``search_version`` the one its texts were indexed at, ``NEVER`` for none.
    ``tag_words`` holds the tags with a blank before and after each; ``imported_number`` is another system's.
    """

    __tablename__ = "tickets"
    __table_args__ = (
        Index("ix_tickets_state_due_at_id", "state", "due_at", "id"),
        Index("ix_tickets_enterprise_id_id", "enterprise_id", "id"),
        Index("ix_tickets_lead_department_id_state", "lead_department_id", "state", "id"),
        Index("ix_tickets_enterprise_id_submitted_at", "enterprise_id", "submitted_at"),
        Index("ix_tickets_touched_at", "touched_at"),
        # With what says so: SQLite would read the table instead, had it last looked when all were behind.
        _index_of_some("ix_tickets_facts_behind", "id", "version", "facts_version", where=BEHIND),
        _index_of_some("ix_tickets_unindexed", "id", "version", "search_version", where=UNINDEXED),
        _index_of_some("ix_tickets_against_id", "against_id", where=AGAINST),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(20), unique=True)
    imported_number: Mapped[str | None] = mapped_column(String(60), unique=True)
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
    facts_version: Mapped[int] = mapped_column(default=NEVER, server_default=str(NEVER))
    search_version: Mapped[int] = mapped_column(default=NEVER, server_default=str(NEVER))
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
    def profile(self) -> Profile:
        """What its limits and ladders are read by."""
        return Profile(self.limit_class, self.category.id, self.source)

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
    def stood(self) -> State:
        """The state, or for a ticket that ended before it was closed the one it ended in."""
        if self.state not in ENDED - {State.CLOSED}:
            return self.state
        lines = reversed(self.events)
        return next(e.before for e in lines if e.after is self.state and e.before is not self.state)

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
        return next(iter(self.live_clocks(kind, department_id)), None)

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
            for clock in self.live_clocks(kind, about=about)
            if clock.department_id is None or (lead is not None and clock.department_id == lead.department_id)
        ]
        return min(
            clocks, key=lambda clock: (clock.due_at is None, clock.due_at or clock.started_at), default=None
        )

    def state_at(self, moment: datetime) -> State | None:
        """Its state after what had happened by then; None before it was submitted."""
        return next((event.after for event in reversed(self.events) if event.at <= moment), None)

    def refresh_due(self) -> None:
        """Bring the due time that lists show in line with the clocks."""
        clock = self.turn_clock
        self.due_at = clock.due_at if clock else None

    def live_clocks(
        self, kind: ClockKind, department_id: int | None = None, about: Review | None = None
    ) -> list[Clock]:
        """The clocks of a kind that run or stand, of one department and about one matter where given."""
        return [
            clock
            for clock in self.clocks
            if clock.kind is kind
            and clock.is_live
            and department_id in (None, clock.department_id)
            and about in (None, clock.about)
        ]

    # -- who stands before it -----------------------------------------------------------------

    def parties_of(self, user: Actor | None) -> frozenset[Party]:
        """In what capacities somebody reads, and may act: their own, and those of colleagues they stand in for."""
        return self.own_parties_of(user).union(*(parts for _, parts in self.places_of(user)))

    def places_of(self, user: Actor | None) -> list[tuple[User, frozenset[Party]]]:
        """The colleagues in whose places somebody may act, and in what capacities; nobody's against their own unit."""
        if not isinstance(user, User) or self.is_complaint_against(user):
            return []
        places = ((person, frozenset(self._parts_of(person))) for person in user.stands_in_for)
        return [(person, parts) for person, parts in places if parts]

    def own_parties_of(self, user: Actor | None) -> frozenset[Party]:
        """In what capacities somebody may act as themselves; the system itself where ``user`` is None.

        Nothing but an answer is asked of the people of a department complained of and of its sub-units, whatever
        their role.
        """
        if user is None:
            return frozenset({Party.SYSTEM})
        if isinstance(user, PastPerson):
            return self._parties_of_old(user)
        if self.is_complaint_against(user):
            return frozenset({Party.RESPONDENT}) if user.has(Role.HANDLER, Role.HEAD) else frozenset()
        parties = {Party(role.value) for role in user.roles & {Role.CLERK, Role.QUALITY, Role.SUPERVISOR}}
        own = user.enterprise_id == self.enterprise_id and user.has(Role.CONTACT)
        if own and (self.filed_by_id in (None, user.id) or user.answers_for(self.category.id)):
            parties.add(Party.CONTACT)
        liaison = self.enterprise.liaison
        if user.has(Role.OFFICER) and liaison is not None and liaison.officer_id == user.id:
            parties.add(Party.OFFICER)
        if user.has(Role.LEADER) and liaison is not None and liaison.leader_id == user.id:
            parties.add(Party.LEADER)
        return frozenset(parties | self._parts_of(user))

    def _parts_of(self, user: Actor) -> set[Party]:
        """What somebody's department has to do with it."""
        parties: set[Party] = set()
        if user.department_id is not None and user.has(Role.HANDLER, Role.HEAD):
            lead = self.last_lead
            if lead is not None and lead.department_id == user.department_id:
                parties |= {Party.LEAD, Party.LEAD_HEAD} if user.has(Role.HEAD) else {Party.LEAD}
            if any(part.department_id == user.department_id for part in self.supports):
                parties.add(Party.SUPPORT)
        return parties

    def _parties_of_old(self, person: PastPerson) -> frozenset[Party]:
        """In what capacity somebody of another system acted: as it says there."""
        here = {Party(person.role.value)} if person.role.value in set(Party) else set()
        return frozenset(here | self._parts_of(person))

    def is_complaint_against(self, user: User) -> bool:
        """Whether this person works for the department complained of, or one of its sub-units."""
        return self.against_id is not None and any(unit.id == self.against_id for unit in user.units)


def locked(ticket_id: int) -> Ticket:
    """The ticket, locked for this transaction and read anew."""
    statement = (
        select(Ticket)
        .where(Ticket.id == ticket_id)
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).unique().one()


def locked_if_free(ticket_ids: Select[int], *parts: InstrumentedAttribute[Any]) -> Sequence[Ticket]:
    """Of many tickets those that nobody else has in hand: locked, and read anew with their clocks and these parts.

    Departments and people, which many of them share, are read once where they are asked for.
    """
    statement = (
        select(Ticket)
        .where(Ticket.id.in_(ticket_ids))
        .order_by(Ticket.id)
        .with_for_update(of=Ticket, skip_locked=True)
        .options(
            lazyload("*"),
            joinedload(Ticket.category),
            joinedload(Ticket.enterprise).options(lazyload("*")),
            selectinload(Ticket.clocks).options(lazyload("*"), joinedload(Clock.pauses)),
            *(selectinload(part).options(lazyload("*")) for part in parts),
        )
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(statement).unique().all()
