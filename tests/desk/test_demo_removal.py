"""The demo taken out: nothing of it is left, what is real stays, and it can be built again."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import func, select, text

from service_desk import create_app
from service_desk.demo import load_demo
from service_desk.desk.demo_removal import demo_park, remove_demo
from service_desk.desk.facts import store_facts
from service_desk.desk.foundation import LISTS
from service_desk.desk.search import index_texts
from service_desk.domain.errors import Refused
from service_desk.domain.vocabulary import State
from service_desk.store.attachments import Attachment, keep
from service_desk.store.base import Base, db
from service_desk.store.facts import StoredFact, miscounted
from service_desk.store.parts import Event
from service_desk.store.people import User
from service_desk.store.search_texts import SearchText
from service_desk.store.tickets import Ticket
from tests.conftest import named, run_sql, settings_for
from tests.world import MONDAY, World

NOW = datetime(2026, 3, 4, 7, 0, tzinfo=UTC)
FOUNDATION = {entity.__tablename__ for _, entity, _ in LISTS} | {"calendar_days", "law_versions"}


@pytest.fixture(params=["sqlite", "postgresql"])
def park(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    url = f"sqlite:///{tmp_path / 'desk.sqlite3'}"
    if request.param == "postgresql":
        server, name = request.getfixturevalue("postgres_url"), f"removal_{uuid.uuid4().hex[:8]}"
        run_sql(server, f"CREATE DATABASE {name}")
        url = named(server, name)
    app = create_app(settings_for(url, tmp_path))
    with app.app_context():
        upgrade()
        load_demo(at=NOW)
        yield app
        db.session.remove()
        db.engine.dispose()


def rows() -> dict[str, int]:
    """How many rows each table has that has any."""
    db.session.rollback()
    found = {
        table.name: db.session.scalar(select(func.count()).select_from(table)) or 0
        for table in Base.metadata.sorted_tables
    }
    return {name: number for name, number in found.items() if number}


def laid() -> dict[str, int]:
    return {name: number for name, number in rows().items() if name in FOUNDATION - {"law_versions"}}


def test_only_the_foundation_is_left(park: Flask) -> None:
    before = laid()
    path = a_picture()
    gone = sum(remove_demo(with_trials=False))
    assert gone > 1000
    # No account and no ticket: so the demo can be built again, too.
    assert rows().keys() <= FOUNDATION
    assert laid() == before
    assert not path.exists()
    if db.engine.dialect.name == "sqlite":
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []


def a_picture() -> Path:
    ticket = db.session.scalars(select(Ticket).limit(1)).unique().one()
    key = keep(b"a picture")
    picture = Attachment(
        ticket_id=ticket.id,
        uploader_id=ticket.filed_by_id or 1,
        key=key,
        name="照片.png",
        content_type="image/png",
        size=9,
        uploaded_at=NOW,
    )
    db.session.add(picture)
    db.session.commit()
    return picture.path


def as_demo(world: World, *usernames: str) -> None:
    for username in usernames:
        getattr(world, username).is_demo = True
    for ticket in db.session.scalars(select(Ticket).where(Ticket.filed_by_id == world.neighbour.id)).unique():
        ticket.is_demo = True
    db.session.commit()


def test_what_is_real_stays_and_is_counted_and_found_as_before(small_world: World) -> None:
    real = small_world.make(State.CLOSED)
    demo = small_world.make(State.CLOSED, by="neighbour")
    store_facts(MONDAY + timedelta(days=9))
    index_texts(MONDAY)
    number, demo_number, kept = real.number, demo.number, small_world.clerk.id
    as_demo(small_world, "neighbour", "clerk", "marketing")
    list(remove_demo(with_trials=False))
    assert list(db.session.scalars(select(Ticket.number))) == [number] != [demo_number]
    assert not miscounted()
    assert db.session.scalar(select(func.count(StoredFact.id)))
    assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
    index_texts(MONDAY)
    assert db.session.scalar(select(func.count(SearchText.id))) == 1
    # The clerk is named by the record of the real ticket; the handler of a sub-unit is named by nothing.
    db.session.expire_all()
    clerk = db.session.get_one(User, kept)
    assert (clerk.username, clerk.active, clerk.roles) == (f"demo-{kept}-clerk", False, frozenset())
    assert db.session.scalar(select(User.id).where(User.username == "marketing")) is None
    assert not demo_park().is_there


def test_what_real_accounts_filed_for_a_demo_enterprise_is_not_lost_unasked(small_world: World) -> None:
    ticket = small_world.file()
    as_demo(small_world, "member")
    with pytest.raises(Refused, match=f"1 件诉求（{ticket.number}"):
        list(remove_demo(with_trials=False))
    assert small_world.member.active
    list(remove_demo(with_trials=True))
    assert db.session.scalar(select(func.count(Ticket.id))) == 0
    assert db.session.scalar(select(User.id).where(User.username == "owner")) is None


def test_a_run_that_was_cut_short_is_finished_by_the_next(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service_desk.desk.demo_removal.AT_A_TIME", 3)
    small_world.make(State.CLOSED, by="neighbour")
    as_demo(small_world, "neighbour")
    steps = remove_demo(with_trials=False)
    assert [next(steps) for _ in range(4)]
    assert demo_park().is_there
    list(remove_demo(with_trials=False))
    assert not demo_park().is_there
    assert db.session.scalar(select(func.count(Event.id))) == 0
