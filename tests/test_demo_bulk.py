"""The bulk of the demo park: every ticket of it is one that the law could have made."""

import json
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import select

from service_desk import create_app
from service_desk.demo import park
from service_desk.demo.bulk import Stage, load_bulk
from service_desk.demo.bulk.firms import USERNAME
from service_desk.demo.bulk.rows import for_postgresql, for_sqlite, write
from service_desk.desk import facts, reminders
from service_desk.desk.drift import drifts
from service_desk.desk.foundation import lay_foundation
from service_desk.desk.people import DEMO_PASSWORD
from service_desk.domain import credit_code, deadlines
from service_desk.domain.actions import Action, Party
from service_desk.domain.errors import Refused
from service_desk.domain.figures import By, Period, count
from service_desk.domain.states import OPEN
from service_desk.domain.vocabulary import ClockState, Nature, Source, State, Unit, Urgency
from service_desk.store.base import Base, db, is_sqlite, transaction
from service_desk.store.enterprises import Enterprise
from service_desk.store.facts import StoredFact, miscounted
from service_desk.store.law import current_law
from service_desk.store.notices import Card, Letter, Notice
from service_desk.store.numbers import Counter as Counted
from service_desk.store.numbers import next_number
from service_desk.store.parts import Assignment, Event, Order
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from tests.conftest import named, run_sql, settings_for
from tests.counting import EVERY, around, counted
from tests.oath import Oath
from tests.recount import Filed
from tests.visitor import Visitor
from tests.world import World

NOW = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)
"""A Wednesday afternoon in March, after the Spring Festival."""
NUMBER = 600
A_PAST_MONTH = NOW - timedelta(days=64)


def silent(_stage: Stage, _done: int, _whole: int) -> None:
    """Nobody looks."""


def a_park(folder: Path, url: str | None = None) -> Iterator[Flask]:
    """People and enterprises, and no ticket yet."""
    app = create_app(settings_for(url or f"sqlite:///{folder / 'desk.sqlite3'}", folder))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    with app.app_context():
        db.create_all()
        lay_foundation(at=NOW)
        park.build(at=NOW)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def bulk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder, name = tmp_path_factory.mktemp("bulk"), f"bulk_{uuid.uuid4().hex[:8]}"
    server = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgres_url")
        run_sql(server, f"CREATE DATABASE {name}")
    for app in a_park(folder, named(server, name) if server else None):
        load_bulk(NUMBER, at=NOW, seed=3, tell=silent)
        db.session.expire_all()
        yield app
    if server:
        run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


on_sqlite = pytest.mark.parametrize("bulk", ["sqlite"], indirect=True)
"""For what no database decides."""


@pytest.fixture
def tickets(bulk: Flask) -> list[Ticket]:
    return list(db.session.scalars(select(Ticket).order_by(Ticket.id)).unique())


def written() -> list[tuple[object, ...]]:
    """All that tells two parks apart."""
    statement = select(
        Ticket.number,
        Ticket.title,
        Ticket.text,
        Ticket.submitted_at,
        Ticket.state,
        Ticket.last_line,
        Enterprise.name,
    )
    return [
        tuple(row) for row in db.session.execute(statement.join(Ticket.enterprise).order_by(Ticket.number))
    ]


def test_rows_that_are_refused_tell_why_and_none_of_their_batch_stays(bulk: Flask) -> None:
    table = Base.metadata.tables[Assignment.__tablename__]
    encode = for_sqlite if is_sqlite() else for_postgresql
    one = dict(db.session.execute(select(table).limit(1)).mappings().one())
    db.session.rollback()

    def assignment(number: int, **changed: object) -> tuple[object, ...]:
        row = {**one, "id": number, **changed}
        return tuple(encode(row[column.name]) for column in table.columns)

    @transaction
    def batch(ticket_id: int) -> None:
        write(
            [
                (table, [assignment(900_001)]),
                (table, [assignment(900_002, ticket_id=ticket_id)]),
                (table, [assignment(900_003)]),
            ]
        )

    with pytest.raises((sa.exc.IntegrityError, psycopg.errors.ForeignKeyViolation)):
        batch(99_999_999)
    added = select(sa.func.count()).select_from(table).where(table.c.id > 900_000)
    assert db.session.scalar(added) == 0
    db.session.rollback()
    batch(one["ticket_id"])
    assert db.session.scalar(added) == 3
    db.session.execute(sa.delete(table).where(table.c.id > 900_000))
    db.session.commit()


# Lawful


def test_every_clock_is_due_when_the_law_says(tickets: list[Ticket]) -> None:
    calendar = current_law().calendar
    clocks = [clock for ticket in tickets for clock in ticket.clocks]
    assert {clock.unit for clock in clocks} == set(Unit)
    for clock in clocks:
        assert clock.due_at == deadlines.due(clock.facts, calendar), clock.kind
        assert clock.original_due_at == deadlines.original_due(clock.facts, calendar), clock.kind
        if clock.judged_at is not None and clock.state is not ClockState.VOID:
            assert clock.state is deadlines.judge(clock.due_at, clock.judged_at), clock.kind


@on_sqlite
def test_no_clock_has_drifted(bulk: Flask) -> None:
    assert list(drifts()) == []


@pytest.mark.parametrize(
    ("moment", "lines"),
    [
        pytest.param(NOW, (None, By.DEPARTMENT, By.MONTH), id="now"),
        pytest.param(A_PAST_MONTH, (By.DEPARTMENT,), id="as of a past month"),
    ],
)
def test_stored_facts_tell_the_figures_that_histories_tell(
    bulk: Flask, moment: datetime, lines: tuple[By | None, ...]
) -> None:
    assert db.session.scalar(select(sa.func.count()).where(Ticket.facts_version != Ticket.version)) == 0
    assert not miscounted()
    period = around(moment)
    rows = facts.facts_of(select(Ticket), as_of=moment, law=current_law())
    for by in lines:
        assert counted(period, by) == count(rows, period, indicators=EVERY, by=by), by


@on_sqlite
def test_facts_stored_anew_are_the_same(bulk: Flask) -> None:
    columns = [column for column in StoredFact.__table__.columns if column.name != "id"]

    def stored() -> Counter[tuple[object, ...]]:
        return Counter(tuple(row) for row in db.session.execute(select(*columns)))

    before = stored()
    db.session.execute(sa.update(Ticket).values(facts_version=-1))
    db.session.commit()
    assert facts.store_facts(NOW) == NUMBER
    assert stored() == before


@on_sqlite
def test_what_must_hold_of_every_ticket_holds_of_these(bulk: Flask, tickets: list[Ticket]) -> None:
    """The clocks recounted from the events alone among it, who took part, and who sees what."""
    oath = Oath(current_law())
    for ticket in tickets[::8]:
        said = ticket.events[0].data
        filed = Filed(
            Nature(said["nature"]), Urgency(said["urgency"]), ticket.category.is_arrears, ticket.above_due
        )
        oath.filed[ticket.id] = filed
        oath.keeps(ticket.id, NOW)


@on_sqlite
def test_what_a_ticket_says_names_its_own_people(tickets: list[Ticket]) -> None:
    for ticket in tickets:
        own = {user.id for user in people_around(ticket)}
        strangers = [
            event.by_name
            for event in ticket.events
            if event.party in (Party.CONTACT, Party.OFFICER, Party.LEADER) and event.by_id not in own
        ]
        assert strangers == []
        words = [ticket.title, ticket.text, ticket.last_line, ticket.contact_name]
        words += [word for event in ticket.events for word in (event.text, event.by_name, str(event.data))]
        assert not [word for word in words if "⟦" in word]
        assert ticket.area == ticket.enterprise.area


def people_around(ticket: Ticket) -> list[User]:
    """The owner, the officer and the leader of its enterprise."""
    liaison = ticket.enterprise.liaison
    assert liaison is not None
    of_it = (User.enterprise_id == ticket.enterprise_id) | User.id.in_(
        (liaison.officer_id, liaison.leader_id)
    )
    return list(db.session.scalars(select(User).where(of_it)).unique())


def test_numbers_follow_the_year_and_the_order_of_filing(tickets: list[Ticket]) -> None:
    in_order = sorted(tickets, key=lambda ticket: (ticket.submitted_at, ticket.number))
    for year in ("2024", "2025", "2026"):
        numbers = [ticket.number for ticket in in_order if ticket.number.startswith(f"QS-{year}-")]
        assert numbers == [f"QS-{year}-{n:06d}" for n in range(1, len(numbers) + 1)]
        assert db.session.get_one(Counted, int(year)).last == len(numbers)


@on_sqlite
def test_nobody_is_told_and_nobody_will_be_showered(bulk: Flask) -> None:
    assert db.session.scalar(select(sa.func.count(Notice.id))) == 0
    assert db.session.scalar(select(sa.func.count(Letter.id))) == 0
    assert db.session.scalar(select(sa.func.count()).select_from(reminders.waiting(NOW).subquery())) == 0
    assert reminders.remind_due(NOW) == 0


# Believable


@on_sqlite
def test_courses_of_all_kinds_were_taken(tickets: list[Ticket]) -> None:
    taken = {event.action for ticket in tickets for event in ticket.events}
    assert taken >= {
        Action.ANSWER, Action.MERGE, Action.WITHDRAW, Action.DECIDE_REJECTION, Action.ASK_SUPPLEMENT, Action.OPINE,
        Action.DECIDE_RETURN, Action.DECIDE_EXTENSION, Action.ASK_ENTERPRISE, Action.SEND_BACK, Action.REWORK,
        Action.EXPIRE_RATING, Action.URGE,
    }  # fmt: skip
    assert {ticket.source for ticket in tickets} >= {
        Source.ENTERPRISE,
        Source.HOTLINE,
        Source.VISIT,
        Source.ABOVE,
    }
    assert {ticket.urgency for ticket in tickets} == set(Urgency)
    assert db.session.scalar(select(sa.func.count(Card.id)).where(Card.colour == "red"))
    assert db.session.scalar(select(sa.func.count(Order.id)).where(Order.answered_at.is_not(None)))


@on_sqlite
def test_the_figures_are_believable(bulk: Flask) -> None:
    period = Period((NOW - timedelta(days=800)).date(), (NOW + timedelta(days=1)).date(), NOW)
    found = {
        figure.key: figure.value or 0
        for figure in facts.figures(select(Ticket), period, indicators=EVERY, by=None)
    }
    for key, least, most in (
        ("on_time", 0.82, 0.97), ("accept_in_time", 0.9, 1), ("rated", 0.5, 0.75), ("satisfied", 0.82, 0.97),
        ("returned", 0.01, 0.12), ("reworked", 0.005, 0.1), ("rebound", 0.01, 0.25), ("closing", 0.9, 1),
    ):  # fmt: skip
        assert least <= found[key] <= most, key


@on_sqlite
def test_it_lies_in_the_two_years_before(tickets: list[Ticket]) -> None:
    filed = [ticket.submitted_at for ticket in tickets]
    assert NOW - timedelta(days=731) < min(filed) < NOW - timedelta(days=700)
    assert NOW - timedelta(days=2) < max(filed) <= NOW
    assert max(db.session.scalars(select(Event.at))) <= NOW
    older = [ticket for ticket in tickets if ticket.submitted_at < NOW - timedelta(days=80)]
    assert {ticket.state for ticket in older} <= {State.CLOSED, State.MERGED, State.REJECTED, State.WITHDRAWN}
    assert {ticket.state for ticket in tickets} & set(OPEN)
    calendar = current_law().calendar
    at_night = [at for at in filed if calendar.next_opening(at) != at]
    assert len(at_night) > NUMBER / 30


@on_sqlite
def test_titles_and_texts_differ(tickets: list[Ticket]) -> None:
    assert len({ticket.title for ticket in tickets}) > NUMBER * 0.9
    assert len({ticket.text for ticket in tickets}) > NUMBER * 0.9


@on_sqlite
def test_its_enterprises_have_right_codes(bulk: Flask) -> None:
    like = User.username.like(f"{USERNAME}%")
    codes = db.session.scalars(
        select(Enterprise.code).join(User, User.enterprise_id == Enterprise.id).where(like)
    ).all()
    assert len(set(codes)) == len(codes) == NUMBER // 40
    assert all(code is not None and credit_code.is_valid(code) for code in codes)


# Going on


@on_sqlite
def test_their_pages_open(bulk: Flask, tickets: list[Ticket]) -> None:
    visitor = Visitor(bulk.test_client()).sign_in("clerk", DEMO_PASSWORD)
    for ticket in (tickets[0], tickets[NUMBER // 2], tickets[-1]):
        assert ticket.number in visitor.get(f"/tickets/{ticket.id}")


class CutShort(Exception):
    """The machine went down."""


def cut_short(stage: Stage, _done: int, _whole: int) -> None:
    """Go down after the first batch."""
    if stage is Stage.TICKETS:
        raise CutShort


@on_sqlite
def test_a_run_that_was_cut_short_is_resumed_to_the_same_park(bulk: Flask, tmp_path: Path) -> None:
    whole = written()
    db.session.remove()
    for _ in a_park(tmp_path):
        with pytest.raises(CutShort):
            load_bulk(NUMBER, at=NOW, seed=3, tell=cut_short, batch=200)
        assert 200 <= len(written()) < NUMBER
        with pytest.raises(Refused, match=f"--tickets {NUMBER} "):
            load_bulk(NUMBER - 1, at=NOW, seed=3, tell=silent)
        later = NOW + timedelta(hours=3)
        load_bulk(NUMBER, at=later, seed=3, tell=silent)
        assert written() == whole
        assert load_bulk(NUMBER, at=later, seed=3, tell=silent) == 0
        assert load_bulk(NUMBER + 30, at=later, seed=3, tell=silent) == 30
        assert len(written()) == NUMBER + 30
        assert list(drifts()) == []


def test_it_is_refused_beside_a_real_ticket(small_world: World) -> None:
    small_world.make(State.SUBMITTED)
    with pytest.raises(Refused, match="真实诉求"):
        load_bulk(100, at=NOW, seed=3, tell=silent)


def test_the_next_ticket_gets_a_number_of_its_own(bulk: Flask) -> None:
    last = max(ticket.number for ticket in db.session.scalars(select(Ticket)).unique())
    assert next_number(2026) > last
    db.session.rollback()


@on_sqlite
def test_the_command_says_what_it_did_in_json(bulk: Flask) -> None:
    there = db.session.scalar(select(sa.func.count(Ticket.id)))
    done = bulk.test_cli_runner().invoke(args=["demo", "--tickets", str(there)])
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told == {"tickets": there, "played": 0, "added": 0, "seconds": told["seconds"]}


def test_the_command_is_refused_in_production(sqlite_app: Flask) -> None:
    sqlite_app.config["SETTINGS"] = replace(sqlite_app.config["SETTINGS"], env="production")
    refused = sqlite_app.test_cli_runner().invoke(args=["demo", "--tickets", "100"])
    assert (refused.exit_code, refused.stderr) == (1, "生产环境不装入演示园区。\n")
