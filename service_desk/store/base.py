"""The database: naming convention, aware instants, SQLite made safe, and the transaction of a verb."""

import functools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from flask import current_app
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    ARRAY,
    JSON,
    ColumnElement,
    DateTime,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Select,
    SQLColumnExpression,
    String,
    any_,
    cast,
    event,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.types import TypeDecorator

from service_desk.domain.vocabulary import Word

NAMING = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the database, on SQLite too. Refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite keeps no offset, so it is dropped there after the conversion."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give it a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back to an aware instant in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class WordType(TypeDecorator[Word]):
    """A ``Word`` kept as its value, so that a new word needs no migration."""

    impl = String(30)
    cache_ok = True

    def __init__(self, words: type[Word]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Word | None, dialect: Dialect) -> str | None:
        """The value; anything that is not a word of the set raises."""
        return None if value is None else self.words(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Word | None:
        """The word."""
        return None if value is None else self.words(value)


Instant = Annotated[datetime, mapped_column(UtcDateTime)]
Document = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """Root of all entities."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def is_sqlite() -> bool:
    """Whether the database is the embedded one; PostgreSQL otherwise."""
    return db.engine.dialect.name == "sqlite"


TOKENS_TABLE, TOKENS_INDEX = "search_tokens", "ix_search_texts_tokens"
"""Of the words of tickets: tables on SQLite, on PostgreSQL a column with an index. Migrations make them."""


def is_modelled(name: str | None, kind: str, parents: Mapping[str, str | None]) -> bool:
    """Whether what a database has under a name is for the models to describe: all but the index of words."""
    if kind == "column":
        return (parents.get("table_name"), name) != ("search_texts", "tokens")
    return not (name or "").startswith((TOKENS_TABLE, TOKENS_INDEX))


migrate = Migrate(db=db, render_as_batch=True, compare_type=True, include_name=is_modelled)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model


P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class House:
    """What the floors below the edges need to know of the installation they run in."""

    timezone: ZoneInfo
    attachments_dir: Path
    sends_mail: bool
    webhook_origins: frozenset[str]
    """Where robots and gateways may be asked besides the vendors' own hosts: ``https://host``, ``http://host:port``."""
    say: Callable[[str], str]
    """Puts a sentence into the language of the park, for what is kept in words: notices, lists' last lines."""
    law: Any = None
    """The rules in force as last read, see ``store.law``."""
    learned: Any = None
    """What routing learned from closed tickets and when, see ``desk.routing``."""


def house() -> House:
    """The installation of the present application."""
    found: House = current_app.extensions["service_desk.house"]
    return found


def in_context(act: Callable[P, R]) -> Callable[P, R]:
    """``act`` for a thread: within the present application, with a session of its own that ends with the call."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001 - the way to the object

    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with app.app_context():
            return act(*args, **kwargs)

    return run


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    """WAL, foreign keys, patience; transactions are begun by us, since the driver begins them too late."""
    if not type(connection).__module__.startswith("sqlite3"):
        return
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=15000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Any) -> None:
    """Writers queue at their first statement: two read-then-write transactions can never lose an update."""
    if connection.dialect.name == "sqlite":
        read_only = connection.get_execution_options().get("read_only", False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def transaction(verb: Callable[P, R]) -> Callable[P, R]:
    """Make ``verb`` one transaction: committed as a whole, or rolled back and the error raised again.

    Verbs do not nest: a verb that calls a verb would commit half of the outer one.
    """

    @functools.wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        session = db.session()
        if session.info.get("together"):
            return verb(*args, **kwargs)
        if session.info.get("verb"):
            raise RuntimeError(f"{verb.__name__} called inside {session.info['verb']}: verbs do not nest")
        session.info["verb"] = verb.__name__
        try:
            result = verb(*args, **kwargs)
            session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            del session.info["verb"]
        return result

    run.is_verb = True  # type: ignore[attr-defined]
    return run


@contextmanager
def together(name: str) -> Iterator[None]:
    """Make all that is done inside one transaction, verbs included: an import's is the whole ticket (the law, 2.4)."""
    session = db.session()
    if session.info.get("verb"):
        raise RuntimeError(f"{name} begun inside {session.info['verb']}: verbs do not nest")
    session.info.update(verb=name, together=True)
    try:
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info["verb"], session.info["together"]


def begin_reading() -> None:
    """End the transaction and begin one that only reads, and sees one moment throughout.

    On SQLite it keeps no writer waiting. What was loaded before is read anew when it is asked for.
    """
    db.session.rollback()
    if is_sqlite():
        db.session.connection(execution_options={"read_only": True})
        return
    db.session.connection(execution_options={"read_only": True, "isolation_level": "REPEATABLE READ"})
    # Room to group the rows of a year: in the few megabytes of its default they are sorted on disk first.
    db.session.execute(text("SET LOCAL work_mem = '64MB'"))


def among(column: SQLColumnExpression[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """One of many ids, sent as one value: thousands of parameters would cost more than the rows they find."""
    if is_sqlite():
        return column.in_(_listed(ids))
    return column == any_(cast(func.string_to_array(",".join(map(str, ids)), ","), ARRAY(Integer)))


def among_numbers(column: InstrumentedAttribute[str], numbers: Sequence[str]) -> ColumnElement[bool]:
    """One of many tickets' numbers, sent as one value. None of them has a comma in it."""
    if is_sqlite():
        return column.in_(_listed(numbers))
    return column == any_(func.string_to_array(",".join(numbers), ","))


def _listed(values: Sequence[Any]) -> Select[Any]:
    known = func.json_each(json.dumps(list(values))).table_valued("value")
    return select(known.c.value)
