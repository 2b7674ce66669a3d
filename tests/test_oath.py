"""The watch that sees whether a refusal left a trace is itself looked after."""

from collections.abc import Iterator

import pytest
from flask import Flask

from service_desk.store.base import db
from tests.oath import Watch
from tests.world import World


@pytest.fixture
def watch(app: Flask) -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.close()


def test_a_row_that_is_written_changed_or_removed_is_seen(world: World, watch: Watch) -> None:
    before = watch.rows()
    assert watch.rows() == before
    world.file()
    db.session.commit()
    written = watch.rows()
    world.clerk.phone = "13900002222"
    db.session.commit()
    changed = watch.rows()
    db.session.delete(world.auditor)
    db.session.commit()
    assert len({str(seen) for seen in (before, written, changed, watch.rows())}) == 4


def test_what_is_taken_back_was_never_there(world: World, watch: Watch) -> None:
    before = watch.rows()
    world.clerk.phone = "13900002222"
    db.session.flush()
    db.session.rollback()
    assert watch.rows() == before
