"""Write many rows at once: with numbers of their own, past the entities, in the caller's transaction."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, func, select, text

from service_desk.domain.vocabulary import Word
from service_desk.store.base import db, is_sqlite, transaction

ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
CACHE = 262_144
"""KiB of SQLite's pages that may be kept in memory."""

Row = Sequence[Any]


def for_sqlite(value: Any) -> Any:  # noqa: ANN401 - whatever a column holds
    """A value as the driver takes it, and as the columns' own types would have written it."""
    if isinstance(value, Word):
        return value.value
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S.%f}"
    return int(value) if isinstance(value, bool) else value


def for_postgresql(value: Any) -> str:  # noqa: ANN401 - whatever a column holds
    """A value in the text format of COPY."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    return str(for_sqlite(value)).translate(ESCAPED)


def reserved(tables: Mapping[Table, int]) -> dict[Table, int]:
    """The first of so many ids of each table that nobody else will be given."""
    connection = db.session.connection()
    if is_sqlite():
        return {table: (connection.scalar(select(func.max(table.c.id))) or 0) + 1 for table in tables}
    # Whoever inserts meanwhile waits, so that no id is given between the two.
    names = ", ".join(table.name for table in tables)
    connection.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
    return {table: _reserved_in_sequence(connection, table, number) for table, number in tables.items()}


def _reserved_in_sequence(connection: Connection, table: Table, number: int) -> int:
    sequence = func.pg_get_serial_sequence(table.name, "id")
    first = int(connection.scalar(select(func.nextval(sequence))) or 0)
    connection.execute(select(func.setval(sequence, first + number)))
    return first


def write(rows: Iterable[tuple[Table, Iterable[Row]]]) -> None:
    """Insert the rows of table after table; they hold all columns in their order, encoded for this database.

    While PostgreSQL checks the foreign keys of one table, which takes as long as all else, the rows of the next
    are made.
    """
    connection = db.session.connection()
    if is_sqlite():
        for table, its in rows:
            _insert(connection, table, list(its))
        return
    with ThreadPoolExecutor(1) as behind:
        copied = [
            behind.submit(_copy, connection, table, "".join("\t".join(map(str, row)) + "\n" for row in its))
            for table, its in rows
        ]
    for each in copied:
        each.result()


def _insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    gaps = ", ".join("?" * len(table.columns))
    statement = f"INSERT INTO {table.name} ({_columns(table)}) VALUES ({gaps})"  # noqa: S608 - names of our own
    connection.exec_driver_sql(statement, rows)


def _copy(connection: Connection, table: Table, lines: str) -> None:
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {table.name} ({_columns(table)}) FROM STDIN") as copy:
        copy.write(lines)


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


def make_ready() -> None:
    """Have this transaction read instants without a zone as UTC, and keep the indexes it grows in memory."""
    if is_sqlite():
        db.session.execute(text(f"PRAGMA cache_size = -{CACHE}"))
    else:
        db.session.execute(text("SET LOCAL TIME ZONE 'UTC'"))


@transaction
def learn_sizes(tables: Iterable[Table]) -> None:
    """Have PostgreSQL see how much has come in.

    It keeps the plan of each foreign key's check: one made while a table was nearly empty reads all of the table for
    every row, and the server's own look at it comes late while batch follows batch.
    """
    if not is_sqlite():
        db.session.execute(text(f"ANALYZE {', '.join(table.name for table in tables)}"))


def refresh_statistics() -> None:
    """Have the database look at what it holds now, so that it plans for it."""
    db.session.rollback()
    if is_sqlite():
        with db.engine.begin() as connection:
            connection.execute(text("ANALYZE"))
    else:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
