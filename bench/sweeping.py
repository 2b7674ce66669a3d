"""The sweep over reminders: what it costs when many clocks are open, and how fast two schedulers queue notices."""

import os
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import String, func, select, text, update

from bench.bulk import copies, park_on_postgres
from service_desk.desk.reminders import remind_due
from service_desk.domain.vocabulary import ClockKind, ClockState, State
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.notices import Notice
from service_desk.store.tickets import Ticket
from tests.processes import environment, running
from tests.world import MONDAY, World

DUE = 1_000
RUNS = 3
"""The fastest counts: the others waited for something else on the machine."""
OPEN = (10_000, int(os.environ.get("BENCH_CLOCKS", "1000000")))
NOTICES = 20_000
STEP = MONDAY.replace(hour=9, minute=0) + timedelta(days=7)
"""When the last step before the due falls."""
LATER = datetime(2030, 1, 1, tzinfo=MONDAY.tzinfo)

SWEEPER = """
from datetime import datetime
from service_desk.desk.reminders import remind_due
from wsgi import app
with app.app_context():
    remind_due(datetime.fromisoformat("{at}"))
"""


def measure() -> list[dict[str, Any]]:
    """Seconds of a sweep with 1,000 due among few and among many open clocks, and of 20,000 notices."""
    with park_on_postgres() as park:
        found = []
        seconds = {}
        template = _template()
        made = 0
        for size in OPEN:
            wanted = size // _clocks_of(template)
            copies(template, wanted - made, prefix=f"B{size}-")
            made = wanted
            _put_off()
            seconds[size] = min(_sweep() for _ in range(RUNS))
        few, many = (seconds[size] for size in OPEN)
        found.append(_figure(f"sweep, {DUE} due of {OPEN[0]} open clocks", few, "s", None))
        found.append(_figure(f"sweep, {DUE} due of {OPEN[1]} open clocks", many, "s", 2.0))
        found.append(_figure("the same beside that among few", many / few, "×", 2.0))
        found.append(_figure(f"{NOTICES} notices by two schedulers", _by_two(park.url), "s", 30.0))
    return found


def _sweep() -> float:
    """Seconds of one sweep over clocks that are due anew."""
    _make_due(DUE)
    began = time.monotonic()
    remind_due(STEP)
    seconds = time.monotonic() - began
    _expect(DUE)
    _forget()
    return seconds


def _template() -> Ticket:
    return World().make(State.IN_PROGRESS)


def _clocks_of(ticket: Ticket) -> int:
    live = select(func.count()).where(Clock.ticket_id == ticket.id, Clock.state == ClockState.RUNNING)
    return db.session.scalar(live) or 1


def _put_off() -> None:
    """No step of any clock is near."""
    db.session.execute(update(Clock).values(next_step_at=LATER).execution_options(synchronize_session=False))
    db.session.commit()
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE clocks"))


def _make_due(number: int) -> None:
    """The last step before the due of so many settle clocks falls now."""
    some = (
        select(Clock.id)
        .where(Clock.kind == ClockKind.SETTLE, Clock.state == ClockState.RUNNING)
        .order_by(func.md5(Clock.id.cast(String)))
        .limit(number)
    )
    db.session.execute(
        update(Clock)
        .where(Clock.id.in_(some))
        .values(next_step_at=STEP)
        .execution_options(synchronize_session=False)
    )
    db.session.commit()


def _told() -> int:
    return (
        db.session.scalar(
            select(func.count(Notice.ticket_id.distinct())).where(Notice.key.startswith("step:"))
        )
        or 0
    )


def _expect(number: int) -> None:
    """Raise unless so many tickets were reminded of."""
    if (told := _told()) != number:
        raise RuntimeError(f"{told} reminded of, not {number}")


def _forget() -> None:
    for table in ("notices", "reminder_steps", "cards", "letters"):
        db.session.execute(text(f"DELETE FROM {table}"))  # noqa: S608
    db.session.commit()


def _by_two(url: str) -> float:
    """Seconds until two processes have queued the notices of so many due clocks that there are ``NOTICES``."""
    _put_off()
    _make_due(1)
    remind_due(STEP)
    each = (
        db.session.scalar(select(func.count()).select_from(Notice).where(Notice.key.startswith("step:"))) or 1
    )
    _forget()
    _put_off()
    _make_due(NOTICES // each)
    with ExitStack() as stack:
        env = environment(url, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        began = time.monotonic()
        log = Path(os.devnull)
        both = [
            stack.enter_context(
                running(sys.executable, "-c", SWEEPER.format(at=STEP.isoformat()), env=env, log=log)
            )
            for _ in range(2)
        ]
        if {process.wait() for process in both} != {0}:
            raise RuntimeError("a scheduler failed")
        seconds = time.monotonic() - began
    _expect(NOTICES // each)
    return seconds


def _figure(name: str, value: float, unit: str, bound: float | None) -> dict[str, Any]:
    return {"name": name, "value": round(value, 2), "unit": unit, "bound": bound}
