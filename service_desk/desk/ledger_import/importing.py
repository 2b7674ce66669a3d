"""A ledger, taken in row by row: each a transaction of its own, and again without harm."""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date, datetime
from typing import Any, NoReturn

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from service_desk.desk.history.importing import ASKED_AT_ONCE, MEANWHILE
from service_desk.desk.history.lines import LineRefused
from service_desk.desk.history.reminding import remind_from
from service_desk.desk.history.replaying import FURTHER, Replayer
from service_desk.desk.ledger_import.cells import Told, read_row
from service_desk.desk.ledger_import.comparing import Difference, differences
from service_desk.desk.ledger_import.dates import day_of
from service_desk.desk.ledger_import.headers import TITLES, LedgerFile, Row
from service_desk.desk.ledger_import.places import OF_THE_ENTERPRISE, Places
from service_desk.desk.ledger_import.retelling import DESK_WORDS, Retelling
from service_desk.desk.ledgers import told_of
from service_desk.domain.actions import Action
from service_desk.domain.errors import DeskError, Invalid, OutOfTurn
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import ClockKind, ClockState
from service_desk.store.base import db, together, transaction
from service_desk.store.clocks import Clock
from service_desk.store.imported import ImportedLine
from service_desk.store.law import Law
from service_desk.store.ledgers import Names
from service_desk.store.numbers import is_own, keep_numbers
from service_desk.store.parts import Event
from service_desk.store.replays import replaying
from service_desk.store.tickets import LONGEST_LAST_LINE, Ticket

SEQ = 0
"""Under this place a ticket keeps the row it came from, before all lines of a history."""
DIGITS = 8
"""Of a cell's digest, by which a later import tells which columns were changed."""
COUNTED = "序号"
COMPARED_AT_ONCE = 500

Progress = Callable[[int, int], None]
"""Told after each row how many are done, of how many."""


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken, and why."""

    sheet: str
    row: int
    reason: str


@dataclass
class Imported:
    """What became of a ledger. ``unknown`` are names that are not here, by what they name.

    ``warnings`` are rows of which the law reckons something otherwise than they say.
    """

    dry_run: bool
    rows: int = 0
    imported: int = 0
    unchanged: int = 0
    enterprises: int = 0
    refused: list[Refusal] = field(default_factory=list)
    warnings: list[Difference] = field(default_factory=list)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    ignored_columns: list[str] = field(default_factory=list)
    ignored_sheets: list[str] = field(default_factory=list)
    refused_rows: list[tuple[Row, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The summary as it is printed."""
        return {
            "rows": self.rows,
            "imported": self.imported,
            "unchanged": self.unchanged,
            "refused": [asdict(each) for each in self.refused],
            "warnings": [asdict(each) for each in self.warnings],
            "unknown": self.unknown,
            "created": {"enterprises": self.enterprises},
            "ignored": {"columns": self.ignored_columns, "sheets": self.ignored_sheets},
            "dry_run": self.dry_run,
        }

    def refuse(self, row: Row, reason: str) -> None:
        """One row more that is not taken."""
        self.refused.append(Refusal(row.sheet, row.number, reason))
        self.refused_rows.append((row, reason))


@dataclass(frozen=True)
class _Known:
    """What is here under a number: the row it came from, if it came from one."""

    ticket_id: int
    digest: str | None


class _TriedOnly(Exception):
    """A trial ends here: nothing of it is kept."""


def import_ledger(
    ledger: LedgerFile,
    law: Law,
    *,
    at: datetime,
    dry_run: bool,
    progress: Progress = lambda _done, _all: None,
) -> Imported:
    """Take in the rows of a ledger; ``at`` is now. A dry run judges all and writes nothing."""
    done = Imported(
        dry_run,
        rows=len(ledger.rows),
        ignored_columns=ledger.ignored_columns,
        ignored_sheets=ledger.ignored_sheets,
    )
    told = _read(ledger.rows, law, done)
    known = _known_of(told)
    work = _Work(law, at, told, done)
    if not dry_run:
        _keep_numbers(told)
    for number, each in enumerate(_parents_first(told), 1):
        work.take(each, known.get(each.key))
        if len(work.uncompared) == COMPARED_AT_ONCE:
            work.compare()
        progress(number, len(told))
    work.compare()
    done.enterprises = len(work.made)
    done.unknown = {what: sorted(names) for what, names in work.places.unknown.items()}
    order = {(row.sheet, row.number): place for place, row in enumerate(ledger.rows)}
    done.refused.sort(key=lambda each: order[each.sheet, each.row])
    done.refused_rows.sort(key=lambda each: order[each[0].sheet, each[0].number])
    done.warnings.sort(key=lambda each: order[each.sheet, each.row])
    return done


@transaction
def _keep_numbers(numbers: Iterable[str]) -> None:
    """Before the first row: one that has a number of another form is given one of ours, and not one of the file's."""
    keep_numbers(numbers)


def _read(rows: Iterable[Row], law: Law, done: Imported) -> dict[str, Told]:
    """The rows that can be read, by the number of their ticket; two of one number are one too many."""
    read: dict[str, Told] = {}
    for row in rows:
        try:
            told = read_row(row, law.calendar.tz)
            twin = read.get(told.key)
            if twin is not None:
                where = say("%(sheet)s第 %(row)s 行", sheet=twin.row.sheet, row=twin.row.number)
                raise Invalid(say("与%(where)s是同一件诉求，请留下一行", where=where))
        except DeskError as refusal:
            done.refuse(row, refusal.sentence)
        else:
            read[told.key] = told
    return read


def _parents_first(told: Mapping[str, Told]) -> Iterator[Told]:
    """The rows in their order, but each after the one it was merged into or split from."""
    begun: set[str] = set()
    for each in told.values():
        chain = []
        one: Told | None = each
        while one is not None and one.key not in begun:
            begun.add(one.key)
            chain.append(one)
            one = told.get(one.parent or one.split_from)
        yield from reversed(chain)


def _known_of(keys: Collection[str]) -> dict[str, _Known]:
    """What is here already under these numbers."""
    known: dict[str, _Known] = {}
    wanted = list(keys)
    for start in range(0, len(wanted), ASKED_AT_ONCE):
        some = wanted[start : start + ASKED_AT_ONCE]
        own = select(Ticket.number, Ticket.id).where(Ticket.number.in_(some))
        known |= {number: _Known(ticket_id, None) for number, ticket_id in db.session.execute(own)}
        rows = (
            select(Ticket.imported_number, Ticket.id, ImportedLine.digest)
            .outerjoin(ImportedLine, (ImportedLine.ticket_id == Ticket.id) & (ImportedLine.seq == SEQ))
            .where(Ticket.imported_number.in_(some))
        )
        for number, ticket_id, digest in db.session.execute(rows):
            known[number or ""] = _Known(ticket_id, digest)
    return known


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()


def _kept(told: Told) -> dict[str, str]:
    """The row as it is kept: no words of it, only what tells that they have changed. 序号 tells nothing by itself."""
    cells = {title: cell for title, cell in told.row.cells.items() if cell and title != COUNTED}
    return {title: _digest(cell)[:DIGITS] for title, cell in cells.items()}


def _digest_of(kept: Mapping[str, str]) -> str:
    """By what the whole row is known again."""
    return _digest(json.dumps(kept, sort_keys=True, ensure_ascii=False))


@dataclass
class _Work:
    """What the transactions of one import share. ``made`` are the enterprises that were new, by code or name."""

    law: Law
    at: datetime
    told: Mapping[str, Told]
    done: Imported
    places: Places = field(init=False)
    names: Names = field(init=False)
    made: set[str] = field(default_factory=set)
    uncompared: dict[int, Told] = field(default_factory=dict)
    """The rows taken last, by the ids of their tickets."""
    last_children: dict[str, date] = field(default_factory=dict)
    """When the last of the rows that were merged into each was filed, by the number of the parent."""

    def __post_init__(self) -> None:
        for each in self.told.values():
            if each.parent:
                day = day_of(each.submitted)
                self.last_children[each.parent] = max(day, self.last_children.get(each.parent, day))
        self.places = Places(self.at)
        self.names = Names.read()
        db.session.rollback()

    def take(self, told: Told, known: _Known | None) -> None:
        """One row: taken, found unchanged, or refused with its reason."""
        kept = _kept(told)
        digest = _digest_of(kept)
        try:
            if known is not None:
                self._find_unchanged(known, digest, kept)
                self.done.unchanged += 1
                return
            self._replay([*self._tried_before(told), told])
        except IntegrityError as error:
            raise OutOfTurn(MEANWHILE) from error
        except DeskError as refusal:
            self.done.refuse(told.row, refusal.sentence)
        else:
            self.done.imported += 1

    def compare(self) -> None:
        """Say where the rows taken last differ from what the desk's own ledger now says of their tickets."""
        if self.uncompared:
            found = told_of(list(self.uncompared), self.names, at=self.at, calendar=self.law.calendar)
            for told, (entry, now) in zip(self.uncompared.values(), found, strict=True):
                self.done.warnings += differences(told, entry, now, law=self.law)
        self.uncompared.clear()

    def _tried_before(self, told: Told) -> Sequence[Told]:
        """In a trial, the rows that this one needs: they were judged before, and not kept."""
        needed: list[Told] = []
        if self.done.dry_run:
            one = self.told.get(told.parent or told.split_from)
            while one is not None and one is not told and one not in needed:
                needed.insert(0, one)
                one = self.told.get(one.parent or one.split_from)
        return needed

    @staticmethod
    def _find_unchanged(known: _Known, digest: str, kept: Mapping[str, str]) -> None:
        if known.digest == digest:
            return
        if known.digest is None:
            raise Invalid("本系统已有这个编号的诉求，不是由台账导入的；台账不改动它")
        event = db.session.scalars(
            select(Event).where(Event.ticket_id == known.ticket_id, Event.action == Action.SUBMIT)
        ).first()
        before = (event.data.get(FURTHER) or {}).get("ledger", {}) if event is not None else {}
        columns = tuple(title for title in TITLES if before.get(title) != kept.get(title))
        raise Invalid(
            say(
                "这件诉求已经导入，这些列与上次不同：%(columns)s。导入不改动已有的诉求，请在系统里更正",
                columns=columns,
            )
        )

    def _replay(self, rows: Sequence[Told]) -> None:
        """Replay rows in one transaction, of which the last is new; in a trial nothing of it stays."""
        try:
            with together("ledger import"), replaying(self.law) as history, db.session.no_autoflush:
                keep_numbers(told.number for told in rows)
                replayer = Replayer(self.law, self.places, history)
                *_, ticket = [self._retell(told, replayer) for told in rows]
                self.uncompared[ticket.id] = rows[-1]
                self.made.update(self.places.fresh("enterprises"))
                if self.done.dry_run:
                    self.compare()
                    _end_the_trial()
        except _TriedOnly:
            self.places.forget()
        except BaseException:
            self.places.forget()
            raise
        else:
            self.places.keep()

    def _retell(self, told: Told, replayer: Replayer) -> Ticket:
        self.places.check(told)
        kept = _kept(told)
        retelling = Retelling(
            told,
            self.places.category(told.category),
            self.law,
            self.at,
            digest=_digest_of(kept),
            kept=kept,
            parent_since=self._filed_at(told.parent, replayer),
            last_child=self.last_children.get(told.key),
        )
        lines = retelling.retell()
        replayer.history.stays_closed = retelling.stays_closed
        self.places.settle(told)
        try:
            for line in lines:
                replayer.take(line, ())
                if line.action is Action.SUBMIT:
                    self._complete(replayer.begun[told.key], told, replayer)
        except LineRefused as error:
            raise _in_words(error) from error
        ticket = replayer.begun[told.key]
        replayer.let_windows_end(ticket, self.at)
        self._finish(ticket, told)
        remind_from(ticket, self.law, self.at)
        db.session.flush()
        row = {"ticket_id": ticket.id, "seq": SEQ, "at": ticket.submitted_at, "digest": lines[0].digest}
        db.session.execute(insert(ImportedLine), [row])
        return ticket

    def _complete(self, ticket: Ticket, told: Told, replayer: Replayer) -> None:
        """What no act brings, and the ticket has all the same."""
        if is_own(told.number):
            ticket.number = told.number
        ticket.contact_name, ticket.contact_phone = told.contact_name, told.contact_phone
        ticket.above_office, ticket.above_number = told.above_office or None, told.above_number or None
        ticket.above_due = told.latest
        of_the_enterprise = {*OF_THE_ENTERPRISE, *(ticket.enterprise.tags or "").split("、")}
        ticket.tags = [tag for tag in told.tags if tag not in of_the_enterprise]
        if told.against:
            ticket.against = self.places.department(told.against)
            ticket.against_id = ticket.against.id
        if told.split_from:
            origin = self._ticket(told.split_from, replayer)
            ticket.split_from_id = origin.id if origin is not None else None

    def _filed_at(self, number: str, replayer: Replayer) -> datetime | None:
        parent = self._ticket(number, replayer) if number else None
        return parent.submitted_at if parent is not None else None

    @staticmethod
    def _ticket(number: str, replayer: Replayer) -> Ticket | None:
        if number in replayer.begun:
            return replayer.begun[number]
        statement = select(Ticket).where(Ticket.imported_number == number)
        return db.session.scalars(statement).unique().first()

    @staticmethod
    def _finish(ticket: Ticket, told: Told) -> None:
        """What the ledger does not date is not judged. What lists show last is as the ledger says."""
        for clock in ticket.clocks:
            if not clock.is_live and not _is_dated(clock, ticket, told):
                clock.state = ClockState.VOID
        if told.progress and told.progress.partition("：")[0] in DESK_WORDS:
            ticket.last_line = told.progress[:LONGEST_LAST_LINE]


def _is_dated(clock: Clock, ticket: Ticket, told: Told) -> bool:
    """Whether a ledger tells when the act was that ended a clock: not of former cycles, supports and accepting."""
    lead = ticket.last_lead
    of_support = (
        clock.kind is ClockKind.SIGN and lead is not None and clock.department_id != lead.department_id
    )
    signed_some_time = clock.kind is ClockKind.SIGN and told.signed is None
    undated = clock.kind in (ClockKind.ACCEPT, ClockKind.OPINION)
    return not (clock.cycle < ticket.cycle or of_support or signed_some_time or undated)


def _end_the_trial() -> NoReturn:
    raise _TriedOnly


def _in_words(error: LineRefused) -> Invalid:
    """The law's refusal, in the words of people instead of those of a history's lines."""
    cause = error.__cause__
    if not isinstance(cause, DeskError):
        return Invalid(error.refusal.reason)
    details = [words for words in getattr(cause, "fields", {}).values() if words != cause.sentence]
    sentence = "".join([cause.sentence, *details]).rstrip("。")
    return Invalid(say("按规则办不成这样：%(sentence)s。请核对各个日期、单位和“当前状态”", sentence=sentence))
