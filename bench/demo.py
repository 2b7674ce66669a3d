"""The demo park, a million tickets large, with all that the clockwork keeps of them.

``BENCH_TICKETS`` sets another number. ``BENCH_FOLDER`` keeps the park there, and takes one that is there already.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.bulk import Park, empty_postgres
from service_desk import clock
from service_desk.demo import SEED, load_demo
from service_desk.demo.bulk import Stage, load_bulk
from service_desk.desk import facts, search
from service_desk.web.throttle import limiter

TICKETS = int(os.environ.get("BENCH_TICKETS", "1000000"))


@dataclass(frozen=True)
class DemoPark:
    """Where it is; seconds that its tickets and the index of their words took, none where they were there already."""

    park: Park
    made_in: float
    indexed_in: float


@contextmanager
def demo_park(
    empty: Callable[[Path | None], AbstractContextManager[Park]] = empty_postgres,
) -> Iterator[DemoPark]:
    """The park, on PostgreSQL unless told otherwise, with pages that answer however often they are asked."""
    folder = os.environ.get("BENCH_FOLDER")
    with empty(Path(folder) if folder else None) as park:
        now, began = clock.now(), time.perf_counter()
        load_demo(at=now)
        load_bulk(TICKETS, at=now, seed=SEED, tell=_silent)
        made, _ = time.perf_counter(), facts.store_facts(now)
        facts.add_up_counts(now)
        indexing, _ = time.perf_counter(), search.index_texts(now)
        limiter.enabled = False
        park.app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
        yield DemoPark(park, made - began, time.perf_counter() - indexing)


def _silent(_stage: Stage, _done: int, _whole: int) -> None:
    """Nobody waits before the screen."""
