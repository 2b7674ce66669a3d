"""Random walks through the whole law: whatever people do, in whatever order, nothing that must hold breaks.

``WALK_STEPS=20000 WALK_SEED=7`` makes the walk longer, or another one; ``-s`` shows what it did.
"""

import os

from service_desk.store.base import db
from tests.walking import Walk, untried
from tests.world import World

STEPS = int(os.environ.get("WALK_STEPS", "800"))
SEED = int(os.environ.get("WALK_SEED", "6"))


def test_a_long_walk_takes_every_action_reaches_every_state_and_breaks_nothing(small_world: World) -> None:
    walk = Walk(SEED)
    walk.go(STEPS)
    while untried([walk]) and walk.steps < 3 * STEPS:
        walk.go(1)
    print(walk.summary())  # noqa: T201 - for those who ask with -s
    assert untried([walk]) == set()


def test_a_short_walk_breaks_nothing_on_either_database(world: World) -> None:
    walk = Walk(SEED + 1)
    walk.go(STEPS // 10)
    print(db.engine.dialect.name, walk.summary())  # noqa: T201 - for those who ask with -s
    assert walk.taken
