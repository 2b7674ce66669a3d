"""Every migration runs up and down on both databases, and the result is what the models say."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask_migrate import downgrade, upgrade

from service_desk import create_app
from service_desk.store.base import db, is_modelled
from tests.conftest import named, run_sql, settings_for


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server: str = request.getfixturevalue("postgres_url")
    name = f"empty_{uuid.uuid4().hex[:8]}"
    run_sql(server, f"CREATE DATABASE {name}")
    yield named(server, name)
    run_sql(server, f"DROP DATABASE {name} WITH (FORCE)")


def test_up_and_down_and_up_again(empty_database: str, tmp_path: Path) -> None:
    app = create_app(settings_for(empty_database, tmp_path))
    with app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"compare_type": True, "include_name": is_modelled}
            )
            assert compare_metadata(context, db.metadata) == []
        full = set(sa.inspect(db.engine).get_table_names())
        downgrade(revision="base")
        assert set(sa.inspect(db.engine).get_table_names()) == {"alembic_version"}
        upgrade()
        assert set(sa.inspect(db.engine).get_table_names()) == full
        db.engine.dispose()


def test_rebuilding_a_table_on_sqlite_keeps_the_rows_of_its_children(sqlite_url: str, tmp_path: Path) -> None:
    """Alembic rebuilds SQLite tables by drop and rename; with foreign keys on that would empty child tables."""
    app = create_app(settings_for(sqlite_url, tmp_path))
    with app.app_context():
        before = db.session.scalar(sa.text("SELECT count(*) FROM matters"))
        assert before
        db.session.remove()
        with db.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            enforced = raw.execute("PRAGMA foreign_keys").fetchone()
            assert enforced == (1,)
        upgrade()
        assert db.session.scalar(sa.text("SELECT count(*) FROM matters")) == before
        db.session.remove()
        db.engine.dispose()
