"""What must be true of every ticket after every act, whoever acted and whatever they wrote."""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select

from service_desk.desk import incidents
from service_desk.desk.likeness import repeated, shared
from service_desk.domain import workflow
from service_desk.domain.actions import Action, Party
from service_desk.domain.deadlines import Limit, Running
from service_desk.domain.states import OPEN, TURN_CLOCKS
from service_desk.domain.vocabulary import (
    ApprovalState,
    AssignmentRole,
    AssignmentState,
    ClockKind,
    ClockState,
    Review,
    Role,
    State,
    Unit,
)
from service_desk.domain.workflow import Step
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.enterprises import EnterpriseStatus
from service_desk.store.law import Law
from service_desk.store.notices import Notice
from service_desk.store.orders import Answered, page_of_orders, visible_orders
from service_desk.store.parts import Event
from service_desk.store.people import Department, User
from service_desk.store.queues import page
from service_desk.store.scope import visible_tickets
from service_desk.store.situations import situation_of
from service_desk.store.tickets import Ticket
from tests.recount import LIVE, Filed, Hand, Recount, due_of

K = ClockKind
HANDLING = {"sign", "first_contact", "ask_enterprise", "reply", "ask_sign_off", "answer"}
JUDGING = {"verify", "send_back", "keep_closed", "check_withdrawal"}
TURN_REVIEW = {State.REPLIED: "reply", State.CLOSED: "rating", State.WITHDRAWN: "withdrawal"}
SENTENCE = re.compile(r"^[^%]*[\u4e00-\u9fff][^%]*。$")
NAMES = re.compile(r"QS-[0-9]{4}-[0-9]+|[a-z0-9_]+名")
"""Numbers of tickets, and the names of the people of the little park."""
LATIN = re.compile(r"[A-Za-z_{}]")


def is_clean(sentence: str) -> bool:
    """A Chinese sentence with a full stop; no placeholder, and no word of English or of the code in it."""
    return bool(SENTENCE.match(sentence)) and not LATIN.search(NAMES.sub("", sentence))


class Watch:
    """Sees whether any row of any table was written, changed or removed and the change committed.

    It looks through a connection of its own, each time anew: inside a transaction it would see nothing happen.
    """

    def __init__(self) -> None:
        self.connection = db.engine.raw_connection()
        # Each row carries the number of the transaction that wrote it; one that is gone is not counted.
        counted = "SELECT count(*), max(xmin::text::bigint) FROM "
        tables = " UNION ALL ".join(counted + table for table in sorted(db.metadata.tables))
        self.question = "PRAGMA data_version" if db.engine.dialect.name == "sqlite" else tables

    def rows(self) -> Sequence[Any]:
        """Something that is equal to what it was before as long as no row has changed."""
        cursor = self.connection.cursor()
        cursor.execute(self.question)
        found = cursor.fetchall()
        cursor.close()
        self.connection.rollback()
        return found

    def close(self) -> None:
        self.connection.close()


class Oath:
    """Knows who everybody is, and what was filed; swears for one ticket at a time."""

    def __init__(self, law: Law) -> None:
        self.law = law
        self.begin_anew()
        users = db.session.scalars(select(User)).unique().all()
        departments = {row.id: row for row in db.session.scalars(select(Department))}
        self.names = {row.id: row.name for row in departments.values()}
        self.above = {row.id: _above(row, departments) for row in departments.values()}
        self.people = {user.id: user for user in users}
        self.helper: dict[State, int] = {}
        self.scopes = " UNION ALL ".join(self.scope_of(user) for user in users)

    def scope_of(self, user: User) -> str:
        """``visible_tickets`` of one person as text: all of them together are asked in one statement."""
        scope = visible_tickets(user).with_only_columns(sa.literal(user.id).label("user_id"), Ticket.id)
        said = scope.compile(db.engine, compile_kwargs={"literal_binds": True})
        return f"SELECT user_id FROM ({said}) AS scope_{user.id} WHERE id = :ticket"  # noqa: S608 - from numbers of our own

    # -- before and after ------------------------------------------------------------------------

    def begin_anew(self) -> None:
        """Forget all tickets: the same people are in a park without any."""
        self.filed: dict[int, Filed] = {}
        self.complex_at: dict[int, bool] = {}
        self.known: dict[int, int] = {}
        self.told_until: dict[int, int] = {}

    def newest_ticket(self) -> int:
        return db.session.scalar(sa.select(sa.func.max(Ticket.id))) or 0

    def versions(self) -> dict[int, int]:
        db.session.remove()
        return {row.id: row.version for row in db.session.execute(sa.select(Ticket.id, Ticket.version))}

    def born_after(self, newest: int) -> list[int]:
        return list(db.session.scalars(sa.select(Ticket.id).where(Ticket.id > newest)))

    def as_filed(self, ticket_id: int) -> Filed:
        """A further part of a ticket is filed as the ticket stands."""
        ticket = db.session.get_one(Ticket, ticket_id)
        return Filed(ticket.nature, ticket.urgency, ticket.category.is_arrears, ticket.above_due)

    def is_complained_of(self, user_id: int, ticket_id: int) -> bool:
        return self.is_hidden(db.session.get_one(Ticket, ticket_id), self.people[user_id])

    # -- what must hold --------------------------------------------------------------------------

    def keeps(self, ticket_id: int, now: datetime) -> tuple[Ticket, list[Event]]:
        """Check everything on one ticket; it, and its events not yet known."""
        ticket = db.session.get_one(Ticket, ticket_id)
        for event in ticket.events[self.known.get(ticket_id, 0) :]:
            if event.action is Action.ACCEPT:
                self.complex_at[event.id] = ticket.is_complex
        fresh = ticket.events[self.known.get(ticket_id, 0) :]
        self.known[ticket_id] = len(ticket.events)
        self.the_history_is_whole(ticket)
        self.the_clocks_are_those_of_the_history(ticket)
        self.the_cached_dues_are_right(ticket)
        self.departments_have_one_part_each(ticket)
        self.requests_have_one_review_each(ticket)
        self.ratings_belong_to_closings(ticket)
        self.nobody_judged_their_own(ticket)
        self.everybody_sees_what_is_theirs(ticket)
        self.only_those_are_told_who_may_see_it(ticket)
        self.there_is_a_way_on(ticket, now)
        return ticket, fresh

    def the_history_is_whole(self, ticket: Ticket) -> None:
        events = ticket.events
        assert ticket.version == len(events)
        assert (events[0].before, events[0].action) == (State.DRAFT, Action.SUBMIT)
        for one, next_one in pairwise(events):
            assert one.at <= next_one.at, "instants run backwards"
            assert one.after is next_one.before, "before and after do not chain"
            assert next_one.cycle - one.cycle == opens_a_cycle(next_one), "a cycle too many or too few"
        assert (ticket.state, ticket.cycle, ticket.touched_at) == (
            events[-1].after,
            events[-1].cycle,
            events[-1].at,
        )
        assert ticket.moves == sum(
            event.action is Action.REDISPATCH
            or (event.action is Action.DECIDE_RETURN and event.data["granted"])
            for event in events
        )

    def the_clocks_are_those_of_the_history(self, ticket: Ticket) -> None:
        recount = Recount(
            ticket.events, self.filed[ticket.id], self.law, complex_at=self.complex_at, names=self.names
        )
        assert recount.problems == [], recount.problems
        expected = sorted(map(self.told, recount.clocks))
        stored = sorted(map(self.told, map(self.as_hand, ticket.clocks)))
        assert stored == expected, differences(stored, expected)

    def as_hand(self, clock: Clock) -> Hand:
        department = self.names.get(clock.department_id or 0)
        return Hand(
            clock.kind,
            clock.started_at,
            clock.cycle,
            None if clock.unit is Unit.DATE else Limit(clock.limit_number or 0, clock.unit),
            clock.named_date,
            department,
            clock.about.value if clock.about else None,
            clock.latest_date,
            [(pause.cause.value, pause.started_at, pause.ended_at) for pause in clock.pauses],
            clock.extended,
            clock.state,
            clock.stopped_at,
            clock.judged_at,
        )

    def told(self, hand: Hand) -> str:
        """A clock in one line; the dates of a void one say nothing."""
        dates = () if hand.state is ClockState.VOID else (sorted(map(str, hand.pauses)), hand.extended)
        return repr(
            (
                hand.kind.value, hand.department, hand.about, hand.cycle, str(hand.start), str(hand.limit),
                str(hand.day), str(hand.latest), hand.state.value, str(hand.stopped), str(hand.judged), dates,
            )
        )  # fmt: skip

    def the_cached_dues_are_right(self, ticket: Ticket) -> None:
        for clock in ticket.clocks:
            facts: Running = clock.facts
            if clock.state is not ClockState.VOID:
                assert clock.due_at == due_of(facts, self.law), clock.kind
                without = Running(facts.start, facts.limit, facts.pauses, 0, facts.named_date, facts.latest)
                assert clock.original_due_at == due_of(without, self.law), clock.kind
            open_pauses = [pause for pause in clock.pauses if pause.ended_at is None]
            if clock.state in LIVE:
                assert (clock.state is ClockState.PAUSED) == bool(open_pauses), clock.kind
                assert clock.stopped_at is None
            assert (clock.next_step_at is None) or clock.state is ClockState.RUNNING
        turn = [
            clock.due_at
            for clock in ticket.clocks
            if clock.is_live
            and clock.kind in TURN_CLOCKS.get(ticket.state, ())
            and (clock.about is None or clock.about.value == TURN_REVIEW.get(ticket.state))
            and (clock.kind is not K.SIGN or clock.department_id == ticket.lead_department_id)
        ]
        first = min((due for due in turn if due), default=None)
        assert ticket.due_at == first, (ticket.state, ticket.due_at, first)

    def departments_have_one_part_each(self, ticket: Ticket) -> None:
        live = [part for part in ticket.assignments if part.is_live]
        leads = [part.department_id for part in live if part.role is AssignmentRole.LEAD]
        supports = [part.department_id for part in live if part.role is AssignmentRole.SUPPORT]
        assert len(leads) <= 1
        assert not set(leads) & set(supports)
        assert len(set(supports)) == len(supports)
        if ticket.state in (State.ASSIGNED, State.IN_PROGRESS, State.DEFERRED, State.REPLIED):
            assert leads == [ticket.lead_department_id]
        if ticket.state in (State.SUBMITTED, State.SUPPLEMENTING, State.ACCEPTED, State.REJECTED):
            assert leads == supports == []
        if ticket.against_id is not None:
            assert all(ticket.against_id not in self.above[part.department_id] for part in ticket.assignments)
        for part in live:
            signed = part.state is AssignmentState.SIGNED
            assert signed == (part.signed_at is not None)
            assert (part.handler_id is not None) >= signed
            if part.handler is not None:
                assert part.handler.department_id == part.department_id, "a stranger was handed the case"
        for clock in ticket.clocks:
            if clock.is_live and clock.kind in (K.SIGN, K.OPINION, K.FIRST_CONTACT, K.SETTLE):
                assert clock.department_id in leads + supports, (
                    f"{clock.kind} of a department that has no part"
                )

    def requests_have_one_review_each(self, ticket: Ticket) -> None:
        clocks = {clock.id: clock for clock in ticket.clocks}
        reviews = [clock.about for clock in ticket.clocks if clock.kind is K.REVIEW and clock.is_live]
        assert len(set(reviews)) == len(reviews), reviews
        assert None not in reviews
        kinds = [each.kind for each in ticket.approvals if each.is_open]
        assert len(set(kinds)) == len(kinds)
        of_requests = {each.value for each in kinds}
        others = {each.value for each in reviews if each} - of_requests
        assert others <= {"reply", "rating", "withdrawal"}, others
        assert ("reply" in others) == (ticket.state is State.REPLIED)
        assert "withdrawal" not in others or ticket.state is State.WITHDRAWN
        for each in ticket.approvals:
            clock = clocks[each.clock_id]
            assert (clock.kind, clock.about) == (K.REVIEW, Review(each.kind.value))
            assert clock.is_live == each.is_open
            decided = each.state in (ApprovalState.GRANTED, ApprovalState.REFUSED)
            assert decided == (
                clock.state in (ClockState.MET, ClockState.MISSED) and clock.judged_at is not None
            )
            assert decided == (each.decided_by_id is not None)
            assert each.asked_by_id != each.decided_by_id, "the asker decided"

    def ratings_belong_to_closings(self, ticket: Ticket) -> None:
        by_closing: dict[int, list[Any]] = {}
        for rating in ticket.ratings:
            by_closing.setdefault(rating.cycle, []).append(rating)
        for ratings in by_closing.values():
            first, *later = ratings
            assert first.corrects_id is None
            assert len(later) <= 1
            assert [rating.corrects_id for rating in later] == [first.id] * len(later)
        closings = {
            event.cycle
            for event in ticket.events
            if event.after is State.CLOSED and event.before is not State.CLOSED
        }
        assert set(by_closing) <= closings

    def nobody_judged_their_own(self, ticket: Ticket) -> None:
        handled: set[int] = set()
        took_part: set[int] = set()
        for event in ticket.events:
            name, who = event.action.value, event.by_id
            judges = (
                name in JUDGING
                or name.startswith("decide_")
                or (name == "rate" and event.party is Party.QUALITY)
            )
            if who is not None and judges:
                assert who not in handled, f"{name} by one who handled"
            if name == "decide_appeal":
                assert who not in took_part
            if who is not None:
                took_part.add(who)
                if name in HANDLING:
                    handled.add(who)
            handled |= {event.data[key] for key in ("handler_id", "to_id") if key in event.data}
            if name in ("rate", "correct_rating"):
                office = self.people[who or 0].department_id
                parts = {part.department_id for part in ticket.assignments if part.assigned_at <= event.at}
                assert office not in parts, "a department rated its own work"

    def everybody_sees_what_is_theirs(self, ticket: Ticket) -> None:
        seeing = set(db.session.scalars(sa.text(self.scopes), {"ticket": ticket.id}))
        expected = {user.id for user in self.people.values() if self.may_see(user, ticket)}
        wrong = [self.people[each].username for each in seeing ^ expected]
        assert not wrong, f"{wrong} see too much or too little"

    def only_those_are_told_who_may_see_it(self, ticket: Ticket) -> None:
        last = self.told_until.get(ticket.id, 0)
        fresh = sa.select(Notice.id, Notice.recipient_id).where(
            Notice.ticket_id == ticket.id, Notice.id > last
        )
        for notice_id, recipient_id in db.session.execute(fresh.order_by(Notice.id)):
            person = self.people[recipient_id]
            assert self.may_see(person, ticket), f"{person.username} was told, and may not see it"
            self.told_until[ticket.id] = notice_id

    def nobody_complained_of_finds_out(self) -> None:
        """In no list does a complaint come up for those it is about."""
        complaints = db.session.scalars(select(Ticket).where(Ticket.against_id.is_not(None))).unique().all()
        for user in self.people.values():
            hidden = {each.id for each in complaints if self.is_hidden(each, user)}
            if hidden:
                assert not hidden & set(self.shown_to(user)), f"{user.username} finds a complaint in a list"

    def shown_to(self, user: User) -> Iterator[int]:
        """The tickets somebody comes across: in lists, on the boards of orders and incidents, as similar ones."""
        listed = page(visible_tickets(user)).tickets
        yield from (each.id for each in listed)
        for line in page_of_orders(visible_orders(user, answered=Answered.ALL), by_due=False).lines:
            yield line.ticket.id
        for incident in db.session.scalars(incidents.visible_incidents(user)):
            yield from (each.id for each in db.session.scalars(incidents.tickets_of(incident, user)).unique())
        for each in listed[:1]:
            for similar in (*repeated(each, user, each.touched_at), *shared(each, user, each.touched_at)):
                yield similar.ticket_id

    def is_hidden(self, ticket: Ticket, user: User) -> bool:
        """Whether it is a complaint against the department of this person, or one above it."""
        office = user.department_id
        return (
            ticket.against_id is not None and office is not None and ticket.against_id in self.above[office]
        )

    def may_see(self, user: User, ticket: Ticket) -> bool:
        """The law, section "Who sees what", in its own order."""
        office = user.department_id
        if self.is_hidden(ticket, user):
            return False
        enterprise, liaison = ticket.enterprise, ticket.enterprise.liaison
        offices = {part.department_id for part in ticket.assignments}
        below = any(office in self.above[each] for each in offices)
        return bool(
            user.roles & {Role.CLERK, Role.QUALITY, Role.SUPERVISOR}
            or (
                user.has(Role.CONTACT)
                and user.enterprise_id == enterprise.id
                and enterprise.status is EnterpriseStatus.APPROVED
                and (user.is_owner or ticket.filed_by_id == user.id or ticket.category_id in user.topics)
            )
            or (user.has(Role.HANDLER) and office in offices)
            or (user.has(Role.HEAD) and (below or (liaison and liaison.department_id == office)))
            or (user.has(Role.OFFICER) and liaison and liaison.officer_id == user.id)
            or (user.has(Role.LEADER) and liaison and liaison.leader_id == user.id)
        )

    def there_is_a_way_on(self, ticket: Ticket, now: datetime) -> None:
        """Every open matter can be moved on by somebody other than an enterprise that gives it up."""
        if ticket.state not in OPEN | {State.AWAITING_RATING}:
            return
        people = list(db.session.scalars(select(User).order_by(User.id)).unique())
        # Whoever could do it last time is asked first.
        people.sort(key=lambda person: person.id != self.helper.get(ticket.state))
        for person in people:
            if ticket.parties_of(person):
                situation = situation_of(ticket, person, max(now, ticket.touched_at), self.law)
                if any(leads_on(step) for step in workflow.offers(situation)):
                    self.helper[ticket.state] = person.id
                    return
        raise AssertionError(f"nobody can move it on from {ticket.state.value}")


def leads_on(step: Step) -> bool:
    return step.to is not None and step.action not in (Action.WITHDRAW, Action.MERGE)


def opens_a_cycle(event: Event) -> bool:
    appealed = event.action is Action.DECIDE_APPEAL and event.before is State.CLOSED
    return event.action is Action.REWORK or (appealed and event.after is State.ACCEPTED)


def differences(stored: Iterable[str], expected: Iterable[str]) -> str:
    found, wanted = list(stored), list(expected)
    extra = [line for line in found if line not in wanted or found.count(line) > wanted.count(line)]
    lacking = [line for line in wanted if line not in found]
    return "\n".join([*(f"stored   {line}" for line in extra), *(f"expected {line}" for line in lacking)])


def _above(department: Department, all_of_them: dict[int, Department]) -> frozenset[int]:
    found: set[int] = set()
    unit: Department | None = department
    while unit is not None:
        found.add(unit.id)
        unit = all_of_them.get(unit.parent_id or 0)
    return frozenset(found)
