"""The demo park: everybody of the contract, tickets in every state, and a history for the reports."""

import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from service_desk import create_app
from service_desk.demo import load_demo
from service_desk.demo.courses import COURSES
from service_desk.desk.drift import drifts
from service_desk.desk.foundation import read_data
from service_desk.desk.people import DEMO_PASSWORD, sign_in
from service_desk.domain.actions import Action
from service_desk.domain.errors import Refused
from service_desk.domain.vocabulary import (
    ApprovalState,
    ClockKind,
    ClockState,
    RequestKind,
    Role,
    State,
    Urgency,
    Wait,
)
from service_desk.domain.workflow import REACHED
from service_desk.store.approvals import Approval
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.enterprises import Enterprise
from service_desk.store.law import current_law
from service_desk.store.parts import Event
from service_desk.store.people import Department, User
from service_desk.store.queues import waiting_for
from service_desk.store.tickets import Ticket
from tests.conftest import named, run_sql, settings_for

ACCOUNTS = {
    "enterprise": Role.CONTACT,
    "enterprise2": Role.CONTACT,
    "clerk": Role.CLERK,
    "quality": Role.QUALITY,
    "power": Role.HANDLER,
    "power-head": Role.HEAD,
    "finance": Role.HANDLER,
    "assets": Role.HANDLER,
    "officer": Role.OFFICER,
    "leader": Role.LEADER,
    "supervisor": Role.SUPERVISOR,
    "admin": Role.ADMIN,
    "auditor": Role.AUDITOR,
}


def a_desk(folder: Path, url: str | None = None) -> Iterator[Flask]:
    app = create_app(settings_for(url or f"sqlite:///{folder / 'desk.sqlite3'}", folder))
    with app.app_context():
        db.create_all()
        yield app
        db.session.remove()
        db.engine.dispose()


def played(now: datetime) -> list[tuple[str, str, datetime, State]]:
    """The tickets as far as they tell two parks apart."""
    load_demo(at=now)
    tickets = db.session.scalars(select(Ticket).order_by(Ticket.id)).unique()
    return [(ticket.number, ticket.title, ticket.submitted_at, ticket.state) for ticket in tickets]


NOW = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)
"""A Wednesday afternoon in March: the months before it cross a year and the Spring Festival."""


@pytest.fixture(scope="module")
def park(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    for app in a_desk(tmp_path_factory.mktemp("demo")):
        load_demo(at=NOW)
        db.session.expire_all()
        yield app


@pytest.fixture
def tickets(park: Flask) -> list[Ticket]:
    return list(db.session.scalars(select(Ticket).order_by(Ticket.id)).unique())


@pytest.mark.parametrize(("username", "role"), ACCOUNTS.items(), ids=ACCOUNTS)
def test_everybody_of_the_contract_can_sign_in(park: Flask, username: str, role: Role) -> None:
    user = sign_in(username, DEMO_PASSWORD, at=NOW)
    assert user.has(role)
    assert user.is_demo


def test_the_first_account_owns_the_shipyard(park: Flask) -> None:
    user = sign_in("enterprise", DEMO_PASSWORD, at=NOW)
    assert user.enterprise is not None
    assert (user.enterprise.name, user.is_owner) == ("云津江海船舶制造有限公司", True)


def test_every_department_has_a_handler_and_a_head(park: Flask) -> None:
    for department in db.session.scalars(select(Department)):
        people = db.session.scalars(select(User).where(User.department_id == department.id)).unique().all()
        assert {role for person in people for role in person.roles} == {Role.HANDLER, Role.HEAD}


def test_every_enterprise_has_somebody_who_looks_after_it(park: Flask) -> None:
    enterprises = db.session.scalars(select(Enterprise)).unique().all()
    assert len(enterprises) == 62
    for enterprise in enterprises:
        liaison = enterprise.liaison
        assert liaison is not None
        assert None not in (liaison.officer_id, liaison.leader_id, liaison.department_id)


def test_the_tickets_stand_in_every_state_the_table_leads_to(tickets: list[Ticket]) -> None:
    assert {ticket.state for ticket in tickets} == REACHED
    assert all(ticket.is_demo for ticket in tickets)
    assert 85 <= len(tickets) <= 100


def test_every_action_of_the_desk_was_taken(park: Flask) -> None:
    # Dates follow the calendar when it is changed; the demo's is not.
    taken = set(db.session.scalars(select(Event.action).distinct()))
    assert taken == set(Action) - {Action.RECALCULATE}


@pytest.mark.parametrize("kind", RequestKind, ids=lambda kind: kind.label)
def test_of_every_kind_of_request_some_wait_and_some_are_decided(park: Flask, kind: RequestKind) -> None:
    states = set(db.session.scalars(select(Approval.state).where(Approval.kind == kind).distinct()))
    assert ApprovalState.OPEN in states
    assert states & {ApprovalState.GRANTED, ApprovalState.REFUSED}
    assert ApprovalState.CANCELLED in states


def test_every_course_is_taken_and_every_word_told_is_said() -> None:
    stories = read_data("demo_stories.json")
    assert {story["course"] for story in stories} == set(COURSES)
    for story in stories:
        beats = Counter(beat.act.removesuffix("_deferred") for beat in COURSES[story["course"]].beats)
        for act, told in story.get("acts", {}).items():
            assert beats[act] >= (len(told) if isinstance(told, list) else 1), (story["course"], act)


@pytest.mark.parametrize(
    "username", [name for name in ACCOUNTS if name not in ("officer", "leader", "admin", "auditor")]
)
def test_something_waits_for_everybody_who_acts(park: Flask, username: str) -> None:
    user = db.session.scalars(select(User).where(User.username == username)).unique().one()
    assert db.session.scalars(waiting_for(user)).unique().all()


def test_the_shipyard_is_asked_a_question_and_others_wait_for_their_deciders(tickets: list[Ticket]) -> None:
    asked = [t for t in tickets if (s := t.clock(ClockKind.SETTLE)) and s.waits_for(Wait.QUESTION)]
    assert [ticket.enterprise.name for ticket in asked] == ["云津江海船舶制造有限公司"]
    returned = next(t for t in tickets if t.request(RequestKind.RETURN))
    window = [clock for clock in returned.clocks if clock.kind is ClockKind.RETURN_WINDOW]
    assert window[-1].due_at is not None
    assert window[-1].due_at > NOW
    signing = next(t for t in tickets if t.request(RequestKind.SIGN_OFF))
    assert signing.lead_department is not None
    assert signing.lead_department.wants_sign_off


def test_a_department_that_signs_its_replies_sent_none_without(tickets: list[Ticket]) -> None:
    replies = [
        event
        for ticket in tickets
        if ticket.lead_department and ticket.lead_department.wants_sign_off
        for event in ticket.events
        if event.after is State.REPLIED and event.before is not State.REPLIED
    ]
    assert {event.action for event in replies} == {Action.DECIDE_SIGN_OFF}
    assert {event.by_name for event in replies} == {replies[0].by_name}


def test_incidents_gather_tickets_of_several_enterprises(tickets: list[Ticket]) -> None:
    affected = Counter(ticket.incident.title for ticket in tickets if ticket.incident)
    assert affected == {"10kV纬三路线停电": 3, "食品产业园上午水压偏低": 3}
    assert any(ticket.parent for ticket in tickets)
    assert any(ticket.split_from for ticket in tickets)


def test_what_is_partly_solved_is_open_reported_or_confirmed(tickets: list[Ticket]) -> None:
    open_rests = [t for t in tickets if t.clock(ClockKind.REST)]
    last = [
        next(
            (e.action for e in reversed(t.events) if e.action in (Action.REPORT_REST, Action.CONFIRM_REST)),
            None,
        )
        for t in tickets
    ]
    assert open_rests
    assert {Action.REPORT_REST, Action.CONFIRM_REST} <= set(last)


def test_the_stories_a_visitor_looks_for_are_there(tickets: list[Ticket]) -> None:
    calendar = current_law().calendar
    reworked = [t for t in tickets if t.cycle > 1 and t.state in (State.ASSIGNED, State.IN_PROGRESS)]
    complaints = [t for t in tickets if t.against is not None]
    overdue = [t for t in tickets if (c := t.turn_clock) and c.standing(NOW, calendar).value == "overdue"]
    unrated = [t for t in tickets if t.state is State.CLOSED and t.last_rating is None]
    assert len(reworked) == 1
    assert reworked[0].ratings[0].is_bad
    assert complaints[0].events[2].by_name == "赵国栋"
    assert len(overdue) >= 3
    assert unrated
    assert any(t.urgency is Urgency.CRITICAL for t in tickets)
    assert any(order.answered_at for t in tickets for order in t.orders)
    assert any(t.submission_key and t.title.startswith("船台施工以来电压不稳") for t in tickets)


def test_most_departments_are_in_time_and_some_are_not(park: Flask) -> None:
    settled = Counter(db.session.scalars(select(Clock.state).where(Clock.kind == ClockKind.SETTLE)))
    assert settled[ClockState.MET] > 10 * settled[ClockState.MISSED] > 0


def test_it_all_lies_in_the_past_and_in_office_hours(park: Flask) -> None:
    calendar = current_law().calendar
    by_people = db.session.scalars(select(Event.at).where(Event.by_id.is_not(None))).all()
    assert max(by_people) <= NOW
    assert min(by_people) < NOW - timedelta(days=100)
    assert all(calendar.next_opening(moment) == moment or _at_the_close(moment) for moment in by_people)


def _at_the_close(moment: datetime) -> bool:
    calendar = current_law().calendar
    return any(span.end == moment for span in calendar.intervals(calendar.day_of(moment)))


def test_numbers_follow_the_year_and_the_order_of_filing(tickets: list[Ticket]) -> None:
    # A part that was split off keeps the instant at which the whole was submitted.
    filed = [ticket.submitted_at for ticket in tickets if ticket.split_from is None]
    assert filed == sorted(filed)
    for year in ("2025", "2026"):
        numbers = [ticket.number for ticket in tickets if ticket.number.startswith(f"QS-{year}-")]
        assert numbers == [f"QS-{year}-{n:06d}" for n in range(1, len(numbers) + 1)]


def test_a_second_run_changes_nothing(park: Flask) -> None:
    def rows() -> int | None:
        return db.session.scalar(select(func.count()).select_from(Event))

    before = rows()
    assert load_demo(at=NOW) == 0
    assert rows() == before


def test_the_same_seed_and_moment_give_the_same_park(tickets: list[Ticket], tmp_path: Path) -> None:
    here = [(t.number, t.title, t.submitted_at, t.state) for t in tickets]
    db.session.remove()
    for _ in a_desk(tmp_path):
        assert played(NOW) == here


def test_postgresql_gives_the_same_park(tickets: list[Ticket], postgres_url: str, tmp_path: Path) -> None:
    here = [(t.number, t.title, t.submitted_at, t.state) for t in tickets]
    db.session.remove()
    name = f"demo_{uuid.uuid4().hex[:8]}"
    run_sql(postgres_url, f"CREATE DATABASE {name}")
    for _ in a_desk(tmp_path, named(postgres_url, name)):
        assert played(NOW) == here
    run_sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(datetime(2026, 2, 19, 20, 0, tzinfo=UTC), id="in the night, in the Spring Festival"),
        pytest.param(datetime(2029, 1, 2, 1, 0, 5, tzinfo=UTC), id="in a year whose notice is not loaded"),
    ],
)
def test_it_can_be_built_at_any_moment(now: datetime, tmp_path: Path) -> None:
    for _ in a_desk(tmp_path):
        tickets = played(now)
        assert len(tickets) > 40
        assert all(submitted <= now for _, _, submitted, _ in tickets)


def test_it_is_refused_beside_accounts_of_the_park(tmp_path: Path) -> None:
    for _ in a_desk(tmp_path):
        db.session.add(User(username="somebody", name="某人"))
        db.session.commit()
        with pytest.raises(Refused, match="已有账号"):
            load_demo(at=NOW)


@pytest.mark.usefixtures("park")
def test_no_clock_of_the_park_has_drifted() -> None:
    assert list(drifts()) == []


def test_a_run_that_is_cut_short_leaves_nothing(tmp_path: Path) -> None:
    """Else it would pass for a whole park ever after."""
    left = 20

    def interrupt(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal left
        left -= statement.startswith("INSERT INTO tickets")
        if not left:
            raise KeyboardInterrupt

    for _ in a_desk(tmp_path):
        event.listen(db.engine, "before_cursor_execute", interrupt)
        with pytest.raises(KeyboardInterrupt):
            load_demo(at=NOW)
        event.remove(db.engine, "before_cursor_execute", interrupt)
        assert db.session.scalar(select(func.count(User.id))) == 0
