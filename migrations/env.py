"""Alembic's surroundings: one connection, foreign keys off on SQLite while tables are rebuilt."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from service_desk.store.base import Document, UtcDateTime, WordType


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Write our column types as the plain types they are stored in: a migration must outlive our code."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, WordType):
        return "sa.String(length=30)"
    if kind == "type" and item is Document:
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    return False


def run() -> None:
    """Run the migrations; SQLite's foreign keys are off meanwhile (batch mode would empty child tables)."""
    migrate = current_app.extensions["migrate"]
    engine = migrate.db.engine
    with engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # Outside a transaction: inside one the pragma has no effect.
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            render_item=render_item,
            **migrate.configure_args,
        )
        try:
            with context.begin_transaction():
                context.run_migrations()
                broken = sqlite and connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                if broken:
                    raise RuntimeError(f"The migration leaves rows without their parents: {broken[:5]}")
        finally:
            if sqlite:
                connection.rollback()
                connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")


run()
