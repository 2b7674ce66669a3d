"""The bulk of the demo park: as many tickets as one likes, over two years, each one that the law could have made.

How, and why it is lawful: docs/decisions/0024.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Self

from sqlalchemy import func, select

from service_desk.demo.bulk.copying import Copier, Copy, write_batch
from service_desk.demo.bulk.firms import firms, provide
from service_desk.demo.bulk.office import OfficeLine
from service_desk.demo.bulk.plan import MONTHS, tickets_by_day
from service_desk.demo.bulk.repertoire import Rehearsal
from service_desk.demo.bulk.rows import learn_sizes, refresh_statistics
from service_desk.demo.bulk.tables import TABLES
from service_desk.desk.facts import add_up_counts
from service_desk.domain.errors import Refused
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Word
from service_desk.store.base import db
from service_desk.store.law import current_law
from service_desk.store.tickets import Ticket

BATCH = 1000
"""Tickets in one transaction."""
FOR_EACH = 40
"""Tickets of one enterprise."""
AROUND = timedelta(days=200)
"""How far beyond the two years dates may lie."""


class Stage(Word):
    """What is going on."""

    COURSES = "courses", "推演办理过程"
    TICKETS = "tickets", "写入诉求"


Tell = Callable[[Stage, int, int], None]
"""Is told what is going on, and how far it is: done, of how many."""


@dataclass(frozen=True)
class Portion:
    """What one run was asked to add: ``size`` tickets up to ``at``, beside ``first`` that were there.

    Each of its tickets says so in its ``submission_key``: a run that was cut short is known by its last one.
    """

    seed: int
    at: datetime
    first: int
    size: int

    @property
    def name(self) -> str:
        """What its tickets' keys begin with; all that is drawn by chance hangs on it."""
        return f"bulk:{self.seed}:{int(self.at.timestamp())}:{self.first}:{self.size}"

    def key(self, place: int) -> str:
        """The key of its ticket at this place, from 0 on."""
        return f"{self.name}:{place}"

    @classmethod
    def of(cls, key: str) -> tuple[Self, int]:
        """The portion of a key, and how many of its tickets are there if this is the last."""
        _, seed, at, first, size, place = key.split(":")
        return cls(int(seed), datetime.fromtimestamp(int(at), UTC), int(first), int(size)), int(place) + 1


def load_bulk(number: int, *, at: datetime, seed: int, tell: Tell, batch: int = BATCH) -> int:
    """Go on until the demo park has ``number`` tickets; how many were added.

    What an earlier run left undone comes first; about ``batch`` tickets are one transaction. Raises ``Refused``
    beside tickets that are not demo ones, and where a run that was cut short was to make more than ``number``.
    """
    if db.session.scalar(select(Ticket.id).where(Ticket.is_demo.is_(False)).limit(1)) is not None:
        raise Refused("这里已有真实诉求，不能再装入演示诉求。请换一个空的数据库。")
    added = 0
    cut_short = _cut_short()
    if cut_short is not None:
        portion, done = cut_short
        there = count_tickets()
        if there - done + portion.size > number:
            whole = there - done + portion.size
            raise Refused(
                say("上次要装入到 %(whole)s 件而没有完成，请用 --tickets %(whole)s 继续。", whole=whole)
            )
        added += _fill(portion, done, tell, batch)
    missing = number - count_tickets()
    if missing > 0:
        added += _fill(Portion(seed, at.replace(microsecond=0), number - missing, missing), 0, tell, batch)
    if added:
        add_up_counts(at)
        refresh_statistics()
    return added


def count_tickets() -> int:
    """How many tickets the park has."""
    return db.session.scalar(select(func.count(Ticket.id))) or 0


def _cut_short() -> tuple[Portion, int] | None:
    """The portion that is not complete, and how many of its tickets are there."""
    newest = (
        select(Ticket.submission_key).where(Ticket.submission_key.like("bulk:%")).order_by(Ticket.id.desc())
    )
    key = db.session.scalar(newest.limit(1))
    portion, done = Portion.of(key) if key else (None, 0)
    return (portion, done) if portion is not None and done < portion.size else None


def _fill(portion: Portion, done: int, tell: Tell, batch: int) -> int:
    """Write what is missing of a portion; how many tickets."""
    number = (portion.first + portion.size) // FOR_EACH
    provide(number, at=portion.at - MONTHS - AROUND)
    law = current_law()
    last = law.calendar.day_of(portion.at)
    office = OfficeLine(law.calendar, last - MONTHS - AROUND, last + AROUND)
    by_day = tickets_by_day(portion.size, office, portion.at, portion.name)
    rehearsal = Rehearsal(office, law, portion.at, portion.name)
    repertoire = rehearsal.repertoire(portion.size, by_day, partial(tell, Stage.COURSES))
    copier = Copier(repertoire, office, firms(number), portion.at, portion.name)
    written = look = done
    for copies in _batches(copier, by_day, done, batch):
        size = sum(copy.scene.pattern.size for copy in copies)
        write_batch(copies, [portion.key(place) for place in range(written, written + size)], office)
        written += size
        if written >= look:
            learn_sizes(TABLES)
            look = done + 10 * (written - done)
        tell(Stage.TICKETS, written, portion.size)
    return written - done


def _batches(copier: Copier, by_day: Mapping[date, int], done: int, least: int) -> Iterator[Sequence[Copy]]:
    """Whole days, at least so many tickets at a time, from the first day on of which nothing is there."""
    before, size, some = 0, 0, list[Copy]()
    for day, number in by_day.items():
        if number and before >= done:
            some += copier.copies(day, number, before)
            size += number
            if size >= least:
                yield some
                size, some = 0, []
        before += number
    if some:
        yield some
