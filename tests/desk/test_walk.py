"""Stories of the whole law, told by hypothesis: whatever people do, in whatever order, nothing that must hold breaks.

``WALK_STEPS=20000`` makes them many, ``WALK_SEED=7`` tells others; ``-s`` shows what happened in them.
"""

import os
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask

from service_desk.domain.actions import Action
from service_desk.store.base import db, house
from service_desk.store.law import current_law
from tests.conftest import named, run_sql
from tests.oath import Oath
from tests.walking import Ground, Tally, settle_more_people, walk

STEPS = int(os.environ.get("WALK_STEPS", "2000"))
ENOUGH = 1000
"""So many steps lead everywhere."""
SEED = int(os.environ.get("WALK_SEED", "0"))


def leave() -> None:
    """Let go of the database, and of what was learned from it."""
    db.session.remove()
    db.engine.dispose()
    house().learned = None


def kept_sqlite(url: str) -> Callable[[], None]:
    """Keep the database as it is now; the function that puts it back."""
    file = Path(sa.make_url(url).database or "")
    kept = file.with_suffix(".kept")
    shutil.copy(file, kept)

    def put_back() -> None:
        leave()
        for more in ("-wal", "-shm"):
            file.with_name(file.name + more).unlink(missing_ok=True)
        shutil.copy(kept, file)

    return put_back


def kept_postgres(url: str) -> Callable[[], None]:
    """The same with PostgreSQL; what was kept is dropped with the test's server."""
    there = sa.make_url(url).database
    kept, server = f"kept_{uuid.uuid4().hex[:8]}", named(url, "postgres")
    run_sql(server, f"CREATE DATABASE {kept} TEMPLATE {there}")

    def put_back() -> None:
        leave()
        run_sql(server, f"DROP DATABASE {there} WITH (FORCE)", f"CREATE DATABASE {there} TEMPLATE {kept}")

    return put_back


@pytest.fixture
def ground(app: Flask, database_url: str) -> Ground:
    """The park with more people in it, put back before each story."""
    settle_more_people()
    oath = Oath(current_law())
    leave()
    keep = kept_sqlite if database_url.startswith("sqlite") else kept_postgres
    return Ground(keep(database_url), oath)


def test_stories_break_no_law_whatever_people_do(ground: Ground) -> None:
    steps, tally = STEPS if db.engine.dialect.name == "sqlite" else STEPS // 10, Tally()
    walk(ground, tally, steps=steps, seed=SEED)
    print(f"\nseed {SEED} on {db.engine.dialect.name}: {tally}")  # noqa: T201 - for those who ask with -s
    assert tally.steps >= steps
    if steps >= ENOUGH:
        assert tally.everywhere, f"stories are dull, without {tally.untried}"
        assert set(tally.refused) >= {"Refused", "OutOfTurn", "Invalid", "Stale"}
        assert len(tally.taken) > len(Action) * 3 // 4, f"stories are dull, without {tally.untried}"
