"""Four schedulers on PostgreSQL that are killed, lose their database and see the time jump: is each told once?

20,000 reminders are due at once. Every few seconds one of the processes is killed in the middle of whatever it does
and another takes its place; the database is stopped without warning twice; the injected clock is moved forward
and back. At the end the rows and the mail server's own list are counted.
"""

import os
import random
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select, text, update

from bench.bulk import ParkOnPostgres, copies, park_on_postgres
from service_desk import clock
from service_desk.domain.vocabulary import ClockKind, ClockState, State, Urgency
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.notices import Letter, LetterState, Notice, StepTaken
from tests.mailbox import Mailbox
from tests.processes import environment, running
from tests.world import World

REMINDERS = int(os.environ.get("SOAK_REMINDERS", "20000"))
READERS = 8
"""How many people the highest step of an overdue settle clock reaches in the little park."""
SCHEDULERS = 4
RESTARTS = (5, 15)
"""In which rounds the database is taken away."""
PATIENCE = 3600
LONG_AGO = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
JUMPS = (timedelta(days=1), timedelta(hours=-3), timedelta(days=2), timedelta(days=-1), timedelta())

CLOCKWORK = """
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from service_desk import clock, scheduler
from service_desk.desk import delivery
from wsgi import app
delivery.LEASE = timedelta(seconds=20)
real, offset = clock.now, Path({offset!r})
clock.now = lambda: real() + timedelta(seconds=int(offset.read_text()))
names = ("remind", "deliver")
scheduler.run(app, [replace(job, every=timedelta(seconds=0.2)) for job in scheduler.JOBS if job.name in names])
"""


@dataclass
class Hands:
    """The schedulers at work, and what was done to them."""

    stack: ExitStack
    park: ParkOnPostgres
    env: dict[str, str]
    offset: Path
    log: Path
    working: list[Popen[bytes]] = field(default_factory=list)
    kills: int = 0
    restarts: int = 0

    def hire(self) -> None:
        """One more scheduler."""
        source = CLOCKWORK.format(offset=str(self.offset))
        self.working.append(
            self.stack.enter_context(running(sys.executable, "-c", source, env=self.env, log=self.log))
        )

    def kill_one(self, chance: random.Random) -> None:
        """Kill one in the middle of what it does, and put another in its place."""
        victim = self.working.pop(chance.randrange(len(self.working)))
        victim.kill()
        victim.wait()
        self.kills += 1
        self.hire()

    def restart(self) -> None:
        """Take the database away from everybody."""
        self.park.restart_database()
        db.session.remove()
        db.engine.dispose()
        self.restarts += 1


def measure() -> list[dict[str, Any]]:
    """Counts of what was told twice or never; every bound is zero, but for letters that a kill caught in mid-send."""
    seed = random.randrange(10**6)  # noqa: S311
    chance = random.Random(seed)  # noqa: S311
    with TemporaryDirectory() as folder, Mailbox() as box, park_on_postgres() as park, ExitStack() as stack:
        offset = Path(folder) / "offset"
        offset.write_text("0")
        _prepare()
        env = environment(park.url, Path(folder), SERVICE_DESK_SMTP_URL=box.url)
        hands = Hands(stack, park, env, offset, Path(folder) / "schedulers.log")
        began = time.monotonic()
        for _ in range(SCHEDULERS):
            hands.hire()
        _disturb_until_done(hands, chance)
        seconds = time.monotonic() - began
        return _count(box, hands, seconds, seed)


def _prepare() -> None:
    """Tickets whose settle clocks are long overdue, and nothing told of them yet."""
    template = World().make(State.IN_PROGRESS, at=LONG_AGO, urgency=Urgency.CRITICAL)
    others = update(Clock).where(Clock.ticket_id == template.id, Clock.kind != ClockKind.SETTLE)
    db.session.execute(others.values(next_step_at=None))
    for table in ("notices", "letters"):
        db.session.execute(text(f"DELETE FROM {table}"))  # noqa: S608
    db.session.commit()
    copies(template, REMINDERS // READERS - 1, prefix="S-")


def _disturb_until_done(hands: Hands, chance: random.Random) -> None:
    """Kill, restart and move the time until nothing is left to do."""
    deadline, rounds = time.monotonic() + PATIENCE, 0
    while _is_left():
        if time.monotonic() > deadline:
            raise RuntimeError(f"not done within {PATIENCE} s")
        time.sleep(chance.uniform(1.0, 4.0))
        rounds += 1
        hands.kill_one(chance)
        hands.offset.write_text(str(int(JUMPS[rounds % len(JUMPS)].total_seconds())))
        if rounds in RESTARTS:
            hands.restart()


def _is_left() -> bool:
    """Whether a clock waits to be looked at, or a letter to be sent; at any of the times it may be."""
    latest = clock.now() + max(JUMPS)
    clocks = select(Clock.id).where(Clock.state == ClockState.RUNNING, Clock.next_step_at <= latest).limit(1)
    letters = select(Letter.id).where(Letter.state == LetterState.WAITING).limit(1)
    try:
        left = db.session.scalar(clocks) is not None or db.session.scalar(letters) is not None
    finally:
        db.session.remove()
    return left


def _count(box: Mailbox, hands: Hands, seconds: float, seed: int) -> list[dict[str, Any]]:
    """What was told how often, by the rows and by the mail server."""
    # Orders that come with the reminders have clocks of their own, and so reminders of their own.
    settle = set(db.session.scalars(select(Clock.id).where(Clock.kind == ClockKind.SETTLE)))
    steps = db.session.scalars(select(StepTaken.clock_id).where(StepTaken.sent)).all()
    reminded = Counter(clock_id for clock_id in steps if clock_id in settle)
    told = db.session.execute(select(Notice.key, Notice.recipient_id).where(Notice.key.startswith("step:")))
    readers = Counter(
        (clock_id, reader) for key, reader in told if (clock_id := int(key.split(":")[1])) in settle
    )
    letters = db.session.scalars(select(Letter.id)).all()
    arrived = Counter(str(message["Message-ID"]) for message in box.arrived)
    again = sum(times - 1 for times in arrived.values())
    about = {"seed": seed, "kills": hands.kills, "restarts": hands.restarts, "seconds": round(seconds)}
    return [
        _figure("reminders queued", sum(readers.values()), None) | about,
        _figure("clocks not reminded of", len(settle - reminded.keys()), 0),
        _figure("clocks reminded of twice", sum(times - 1 for times in reminded.values()), 0),
        _figure("people told twice", sum(times - 1 for times in readers.values()), 0),
        _figure("people not told", len(settle) * READERS - len(readers), 0),
        _figure("letters lost", len(letters) - len(arrived), 0),
        _figure(
            "letters received twice (kills and restarts)", again, hands.kills + SCHEDULERS * hands.restarts
        ),
    ]


def _figure(name: str, value: int, bound: int | None) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": "", "bound": bound}
