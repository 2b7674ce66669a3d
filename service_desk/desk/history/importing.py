"""Another system's history, taken in: ticket by ticket, each whole or not at all, and again without harm."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from service_desk.desk.history.lines import KnownLine, Line, LineRefused, Refusal, new_lines, read_line
from service_desk.desk.history.reminding import remind_from
from service_desk.desk.history.replaying import Replayer
from service_desk.desk.history.surroundings import Surroundings
from service_desk.domain.actions import Action
from service_desk.domain.errors import OutOfTurn
from service_desk.domain.sentences import say
from service_desk.store.base import db, together
from service_desk.store.imported import ImportedLine
from service_desk.store.law import Law, current_law
from service_desk.store.replays import replaying
from service_desk.store.tickets import Ticket, locked

MEANWHILE = "同样的内容正在由别人写入。请等另一次导入结束，再导入一次；已经导入的不会重复。"
ASKED_AT_ONCE = 500
"""Tickets that are looked up by one statement."""

Progress = Callable[[int, int], None]
"""Told after each ticket how many are done, of how many."""


@dataclass
class Imported:
    """What became of a file. ``created`` counts what tickets brought along."""

    lines: int = 0
    tickets: int = 0
    imported: int = 0
    unchanged: int = 0
    refused: list[Refusal] = field(default_factory=list)
    departments: list[str] = field(default_factory=list)
    enterprises: int = 0
    categories: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The answer as it is printed."""
        return {
            "lines": self.lines,
            "tickets": self.tickets,
            "imported": self.imported,
            "unchanged": self.unchanged,
            "refused": [asdict(each) for each in sorted(self.refused, key=attrgetter("line"))],
            "created": {
                "departments": self.departments,
                "enterprises": self.enterprises,
                "categories": self.categories,
            },
        }


@dataclass
class _Known:
    """What is here of a ticket already."""

    ticket_id: int
    lines: list[KnownLine] = field(default_factory=list)


def import_history(
    texts: Iterable[str], *, at: datetime, progress: Progress = lambda _done, _all: None
) -> Imported:
    """Replay the lines of a file; ``at`` is now. Each ticket is a transaction of its own."""
    done = Imported()
    tickets, last = _read(texts, at, done)
    known = _known_of(tickets)
    law = current_law()
    fresh: dict[str, list[Line]] = {}
    for number, lines in tickets.items():
        here = known[number].lines if number in known else []
        try:
            fresh[number] = new_lines(lines, here, tz=law.calendar.tz)
        except LineRefused as refusal:
            done.refused.append(refusal.refusal)
    done.unchanged = sum(not lines for lines in fresh.values())
    work = _Work(law, at, last, {number: each.ticket_id for number, each in known.items()}, done)
    new = {number: lines for number, lines in fresh.items() if lines}
    finished = 0
    for family in families(new):
        work.take({number: new[number] for number in family})
        finished += len(family)
        progress(finished, len(new))
    created = work.places.created
    done.departments, done.categories = created["departments"], created["categories"]
    done.enterprises = len(created["enterprises"])
    return done


def _read(texts: Iterable[str], now: datetime, done: Imported) -> tuple[dict[str, list[Line]], datetime]:
    """The lines by ticket, those of tickets with a bad one left out; and the last moment of the file."""
    tickets: dict[str, list[Line]] = defaultdict(list)
    bad: dict[str, Refusal] = {}
    seen: set[str] = set()
    last: datetime | None = None
    for number, text in enumerate(texts, start=1):
        if not text.strip():
            continue
        done.lines += 1
        try:
            line = read_line(number, text, now=now)
        except LineRefused as error:
            refusal = error.refusal
            if refusal.ticket is None:
                done.refused.append(refusal)
            else:
                seen.add(refusal.ticket)
                bad.setdefault(refusal.ticket, refusal)
        else:
            seen.add(line.ticket)
            tickets[line.ticket].append(line)
            last = max(last or line.at, line.at)
    done.tickets = len(seen)
    done.refused += bad.values()
    return {number: lines for number, lines in tickets.items() if number not in bad}, last or now


def _known_of(numbers: Collection[str]) -> dict[str, _Known]:
    """What is here of these tickets, by their numbers over there."""
    known: dict[str, _Known] = {}
    wanted = list(numbers)
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        statement = (
            select(Ticket.imported_number, Ticket.id, ImportedLine.seq, ImportedLine.at, ImportedLine.digest)
            .join(ImportedLine, ImportedLine.ticket_id == Ticket.id)
            .where(Ticket.imported_number.in_(wanted[start : start + ASKED_AT_ONCE]))
        )
        for number, ticket_id, seq, at, digest in db.session.execute(statement):
            here = known.setdefault(number or "", _Known(ticket_id))
            here.lines.append(KnownLine(seq, at, digest))
    return known


# One after the other


def families(tickets: Mapping[str, Sequence[Line]]) -> Iterator[list[str]]:
    """The tickets in the order in which they can be taken: a parent before those that were merged into it.

    Tickets that were merged into each other, at different times, come together (Tarjan's algorithm, without recursion).
    """
    parents = {
        number: [
            line.fields["parent"]
            for line in lines
            if line.action is Action.MERGE and line.fields["parent"] in tickets
        ]
        for number, lines in tickets.items()
    }
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    waiting: list[str] = []
    on_the_way: set[str] = set()
    for root in tickets:
        if root in index:
            continue
        path = [(root, iter(parents[root]))]
        index[root] = low[root] = len(index)
        waiting.append(root)
        on_the_way.add(root)
        while path:
            number, rest = path[-1]
            for parent in rest:
                if parent not in index:
                    index[parent] = low[parent] = len(index)
                    waiting.append(parent)
                    on_the_way.add(parent)
                    path.append((parent, iter(parents[parent])))
                    break
                if parent in on_the_way:
                    low[number] = min(low[number], index[parent])
            else:
                path.pop()
                if path:
                    low[path[-1][0]] = min(low[path[-1][0]], low[number])
                if low[number] == index[number]:
                    family = waiting[waiting.index(number) :]
                    del waiting[-len(family) :]
                    on_the_way.difference_update(family)
                    yield family


@dataclass
class _Work:
    """What the transactions of one import share."""

    law: Law
    at: datetime
    last: datetime
    here: dict[str, int]
    done: Imported
    places: Surroundings = field(init=False)

    def __post_init__(self) -> None:
        self.places = Surroundings(self.at)

    def take(self, family: dict[str, list[Line]]) -> None:
        """Take these tickets in one transaction; where a line is refused, go on without its ticket."""
        while family:
            try:
                with together("history import"), replaying(self.law) as history, db.session.no_autoflush:
                    replayer = Replayer(self.law, self.places, history)
                    ids = self._replay(replayer, family)
            except LineRefused as error:
                self.places.forget()
                self.done.refused.append(error.refusal)
                del family[error.refusal.ticket or ""]
            except IntegrityError as error:
                raise OutOfTurn(MEANWHILE) from error
            else:
                self.places.keep()
                self.here.update(ids)
                self.done.imported += len(ids)
                return

    def _replay(self, replayer: Replayer, family: Mapping[str, Sequence[Line]]) -> dict[str, int]:
        for number, lines in family.items():
            if number in self.here:
                replayer.hold(number, self._carried_on(number, lines[0]))
        for line, following in in_time(family):
            replayer.take(line, following)
        for number, lines in family.items():
            ticket = replayer.begun[number]
            replayer.let_windows_end(ticket, self.last)
            remind_from(ticket, self.law, self.at)
            db.session.flush()
            rows = [
                {"ticket_id": ticket.id, "seq": line.seq, "at": line.at, "digest": line.digest}
                for line in lines
            ]
            db.session.execute(insert(ImportedLine), rows)
        return {number: replayer.begun[number].id for number in family}

    def _carried_on(self, number: str, first: Line) -> Ticket:
        """A ticket that is here already, locked; what has been done since is not rewritten."""
        ticket = locked(self.here[number])
        if first.at < ticket.touched_at:
            moments = (
                f"{each.astimezone(self.law.calendar.tz):%Y-%m-%d %H:%M:%S}"
                for each in (first.at, ticket.touched_at)
            )
            words = "时间早于这件诉求在本系统的最后一条办理记录（%(first)s < %(last)s）"
            raise first.refused(say(words, **dict(zip(("first", "last"), moments, strict=True))))
        return ticket


def in_time(family: Mapping[str, Sequence[Line]]) -> Iterator[tuple[Line, Sequence[Line]]]:
    """The lines in the order in which they happened, each with those of its ticket that follow."""
    every = [(line, lines[place:]) for lines in family.values() for place, line in enumerate(lines, start=1)]
    yield from every if len(family) == 1 else sorted(every, key=lambda each: each[0].at)
