"""Play courses through the desk's own verbs, read the rows they leave, and take all of it back.

Nothing is committed: what is played is a pattern to copy, of an enterprise that does not exist (its names are
marks, see ``words.mark``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, select

from service_desk.demo.bulk.courses import Act, Course, WorkingDays
from service_desk.demo.bulk.office import OfficeLine
from service_desk.demo.bulk.tables import CLOCKS, OF_CLOCKS, OF_TICKETS, TICKETS
from service_desk.demo.bulk.words import mark
from service_desk.demo.cast import Cast
from service_desk.demo.stories import Story
from service_desk.desk import cases, facts, reminders
from service_desk.desk.acting import let_time_pass
from service_desk.desk.history.reminding import remind_from
from service_desk.domain.errors import DeskError
from service_desk.domain.reminders import moments
from service_desk.domain.vocabulary import ClockKind, ClockState, Role
from service_desk.store.base import db, together
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus, Liaison
from service_desk.store.law import Law
from service_desk.store.people import Department, User
from service_desk.store.replays import Replay, replaying
from service_desk.store.tickets import Ticket

ANSWERED_AFTER = 4.0
"""Office hours in which an order is answered."""

Rows = Mapping[Table, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Performance:
    """A course and the instant at which it begins."""

    course: Course
    begins: datetime


@dataclass(frozen=True)
class Stranger:
    """The ids of the enterprise that is played for, and of those around it."""

    enterprise: int
    area: int
    owner: int
    officer: int
    leader: int


@dataclass(frozen=True)
class Played:
    """What a performance left: the rows of its tickets, by table, and whose they are."""

    rows: Rows
    stranger: Stranger


class _Undone(Exception):
    """Nothing of it is kept."""


def played(
    performances: Sequence[Performance], office: OfficeLine, law: Law, until: datetime
) -> list[Played | None]:
    """Play them up to an instant, one after the other; all is rolled back.

    None for one that the law refuses, or that would begin later.
    """
    found: list[Played | None] = []
    try:
        with together("patterns of the demo park"), replaying(law) as replay:
            cast, stranger = _strangers_among_the_park(until)
            for number, each in enumerate(performances):
                stage = _Stage(office, law, until, replay, cast)
                try:
                    tickets = stage.perform(each, number)
                except DeskError:
                    # Drawn by chance, it came too late for something, such as to ask for an extension.
                    found.append(None)
                else:
                    found.append(Played(_rows_of(tickets), stranger) if tickets else None)
                replay.held.clear()
            raise _Undone  # noqa: TRY301 - see the class
    except _Undone:
        db.session.expunge_all()
    return found


def _strangers_among_the_park(at: datetime) -> tuple[Cast, Stranger]:
    """The park's staff, and an enterprise of which nothing but marks is known."""
    area = Area(name=mark("area"))
    firm = Enterprise(
        name=mark("enterprise"),
        area=area,
        contact_name=mark("contact"),
        contact_phone=mark("phone"),
        status=EnterpriseStatus.APPROVED,
        registered_at=at,
    )
    db.session.add_all([area, firm])
    db.session.flush()
    owner = User(
        username=mark("owner"), name=mark("owner"), is_demo=True, is_owner=True, enterprise_id=firm.id
    )
    officer = User(username=mark("officer"), name=mark("officer"), is_demo=True)
    leader = User(username=mark("leader"), name=mark("leader"), is_demo=True)
    owner.roles, officer.roles, leader.roles = {Role.CONTACT}, {Role.OFFICER}, {Role.LEADER}
    db.session.add_all([owner, officer, leader])
    db.session.flush()
    db.session.add(Liaison(enterprise_id=firm.id, officer_id=officer.id, leader_id=leader.id))
    db.session.flush()
    db.session.expire(firm)
    staff = db.session.scalars(
        select(User).where(User.is_demo, User.enterprise_id.is_(None)).order_by(User.id)
    )
    people = staff.unique().all()
    placed = [(user.department.name, user) for user in people[::-1] if user.department]
    cast = Cast(
        people={user.username: user for user in people},
        owners={firm.id: owner},
        officers={firm.id: officer},
        leaders={firm.id: leader},
        handlers={name: user for name, user in placed if user.has(Role.HANDLER)},
        heads={name: user for name, user in placed if user.has(Role.HEAD)},
        departments={each.name: each for each in db.session.scalars(select(Department))},
        enterprises={firm.name: firm},
        categories={each.name: each for each in db.session.scalars(select(Category))},
    )
    return cast, Stranger(firm.id, area.id, owner.id, officer.id, leader.id)


class _Stage:
    """Where one course is played."""

    def __init__(self, office: OfficeLine, law: Law, until: datetime, replay: Replay, cast: Cast) -> None:
        self.office, self.law, self.until, self.replay, self.cast = office, law, until, replay, cast
        self.reminded = datetime.min.replace(tzinfo=until.tzinfo)

    def perform(self, performance: Performance, number: int) -> list[Ticket]:
        """All acts up to the end, and what happens by itself meanwhile."""
        course = performance.course
        story = Story(self._line(course), self.cast, 10_000_000 + 2 * number)
        at = performance.begins
        tickets: list[Ticket] = []
        for act in course.acts:
            at = at if act.name == "submit" else self.office.later(at, act.after)
            if at > self.until:
                break
            if story.has(act.name):
                if tickets:
                    self._let_time_pass(tickets[0], story, at)
                self._take(story, act, at)
            if act.name == "submit":
                tickets = [self._hold(story), *self._second(course, story, at, number)]
        for ticket in tickets:
            self._let_time_pass(ticket, story, self.until)
            let_time_pass(ticket, self.until, self.law)
            remind_from(ticket, self.law, self.until)
        db.session.flush()
        facts.store_facts_of([ticket.id for ticket in tickets])
        db.session.flush()
        return tickets

    @staticmethod
    def _line(course: Course) -> dict[str, Any]:
        return {**course.line, "acts": dict(course.line["acts"])}

    def _hold(self, story: Story) -> Ticket:
        ticket = db.session.get_one(Ticket, story.ticket_id)
        self.replay.held[ticket.id] = ticket
        return ticket

    def _second(self, course: Course, first: Story, at: datetime, number: int) -> Iterator[Ticket]:
        """The ticket that is merged into the first."""
        if not course.second:
            return
        story = Story(self._line(course), self.cast, 10_000_001 + 2 * number)
        submit, merge = course.second
        at = self.office.later(at, submit.after)
        if at > self.until:
            return
        self._take(story, submit, at)
        ticket = self._hold(story)
        at = self.office.later(at, merge.after)
        if at <= self.until:
            cases.merge(ticket.id, by=story.clerk, at=at, parent=self.replay.held[first.ticket_id])
        yield ticket

    def _take(self, story: Story, act: Act, at: datetime) -> None:
        told = {name: self._dated(value, at) for name, value in act.told.items()}
        acts = {**story.line["acts"], **told.pop("acts", {})}
        lead = self.cast.departments[story.lead]
        self.replay.wants_sign_off = lead.wants_sign_off
        self.replay.is_complex = story.line["complex"]
        rest = {"rest": self._dated(story.line["rest"], at)} if "rest" in story.line else {}
        former = story.line
        story.line = {**former, **told, **rest, "acts": acts}
        story.take(act.name, at)
        story.line = former

    def _dated(self, value: Any, at: datetime) -> Any:  # noqa: ANN401 - whatever a story tells
        """Days from the act instead of working days."""
        if isinstance(value, Mapping):
            return {name: self._dated(each, at) for name, each in value.items()}
        if not isinstance(value, WorkingDays):
            return value
        today: date = self.law.calendar.day_of(at)
        return (self.office.days[self.office.index_before(today) + value.number] - today).days

    # What happens by itself

    def _let_time_pass(self, ticket: Ticket, story: Story, until: datetime) -> None:
        """The reminders that bring cards and orders, each at its moment; the orders are answered."""
        while True:
            at = self._next_card(ticket, until)
            order = next(iter(ticket.running_orders), None)
            answer = self.office.later(order.issued_at, ANSWERED_AFTER) if order else None
            if answer is not None and answer < min(at or until, until) and ticket.lead is not None:
                new_date = WorkingDays(2)
                words = {"answer": "已安排专人负责，将于所报日期前办结。", "answer_days": new_date}
                self._take(story, Act("answer_order", 0, words), max(answer, ticket.touched_at))
            elif at is not None:
                self.reminded = at
                settle = ticket.clock(ClockKind.SETTLE)
                db.session.flush()
                reminders.remind([settle.id] if settle else [], at=at)
            else:
                return

    def _next_card(self, ticket: Ticket, until: datetime) -> datetime | None:
        """When the settle clock next brings a card or an order."""
        settle = ticket.clock(ClockKind.SETTLE)
        if settle is None or settle.state is not ClockState.RUNNING:
            return None
        steps = self.law.ladder_of(settle.kind, ticket.profile, settle.started_at)
        grave = [step.rule for step in steps if step.card or step.order_level]
        placed = moments(grave, settle.facts, self.law.calendar)
        after = max(self.reminded, ticket.touched_at)
        return next((at for _, at in placed if after < at <= until), None)


# What it left


def _rows_of(tickets: Sequence[Ticket]) -> Rows:
    ids = [ticket.id for ticket in tickets]
    found = {TICKETS: _read(TICKETS, TICKETS.c.id.in_(ids))}
    found |= {table: _read(table, table.c.ticket_id.in_(ids)) for table in OF_TICKETS}
    clocks = [row["id"] for row in found[CLOCKS]]
    return found | {table: _read(table, table.c.clock_id.in_(clocks)) for table in OF_CLOCKS}


def _read(table: Table, condition: ColumnElement[bool]) -> list[Mapping[str, Any]]:
    rows = db.session.execute(select(table).where(condition).order_by(table.c.id))
    return [dict(row) for row in rows.mappings()]
