"""Exports as jobs: asked for on a page, claimed with a lease, written batch by batch, kept for a week.

However many processes run, one has an export in hand at a time. One that dies leaves its lease to run out;
another then begins anew under another name, and what the dead one wrote is removed.
"""

import errno
import hashlib
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Select, func, or_, select, type_coerce, update

from service_desk.desk import ledgers, reports
from service_desk.desk.books import BOOKS, tickets_for
from service_desk.desk.privacy import SHORTEST_REASON
from service_desk.desk.sweeping import STOPPING
from service_desk.domain.dates import moment_words
from service_desk.domain.errors import DeskError, Invalid, NotFound, Refused
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Source, State
from service_desk.store.base import UtcDateTime, begin_reading, db, house, in_context, transaction
from service_desk.store.exports import (
    CONTACT_READERS,
    EXPORTERS,
    REPORT_READERS,
    UNFINISHED,
    Export,
    ExportKind,
    ExportState,
    drop_files,
    half_of_export,
    keys_in_use,
    path_of_export,
    rights_of,
    written_files,
)
from service_desk.store.law import current_law
from service_desk.store.notices import Channel, Letter, Notice
from service_desk.store.parts import Reveal
from service_desk.store.people import User
from service_desk.store.queues import Filter, narrowed, tells_due
from service_desk.store.scope import visible_tickets
from service_desk.store.search import Found
from service_desk.store.tickets import Ticket

LEASE = timedelta(minutes=5)
"""Many times what a batch takes; it is renewed with each."""
KEPT = timedelta(days=7)
MOST_ATTEMPTS = 3
"""A process that dies over an export takes it up no more often: it may be the export that kills it."""
LONGEST_REASON = 200
MOST_UNFINISHED = 5
"""Of one person: the others' turns come, too."""

EVERYTHING = Filter()

Clock = Callable[[], datetime]
Days = tuple[date, date]

log = structlog.get_logger()


class _Ended(Exception):
    """The export was cancelled, or another process has it by now."""


class _Stopping(Exception):
    """The process is asked to end."""


# Asking


@transaction
def ask_for(
    kind: ExportKind,
    wanted: Filter = EVERYTHING,
    *,
    days: Days | None = None,
    narrowed_to: Sequence[tuple[str, str]] = (),
    contacts: bool = False,
    reason: str = "",
    by: User,
    at: datetime,
) -> Export:
    """Have a workbook written; what is asked for again before it is finished is the same export.

    A report is of the park's ``days``, the second of which is no more part of it; a list has none. ``contacts`` asks
    for names and phones in full, which needs a ``reason`` and is kept as a look at all of them.
    Raises ``Refused`` and ``Invalid``; ``IntegrityError`` where the same was asked for at the same instant.
    """
    _may_export(by, kind, contacts=contacts)
    reason = reason.strip()[:LONGEST_REASON] if contacts else ""
    if contacts and len(reason) < SHORTEST_REASON:
        sentence = "请写明为什么需要完整的姓名和电话，例如“逐户电话回访”。导出会留下记录。"
        raise Invalid(sentence, fields={"reason": sentence})
    since, until = days or (None, None)
    filters = _kept(wanted)
    key = _key(kind, filters, days, contacts=contacts, by=by)
    known = db.session.scalar(select(Export).where(Export.asked_key == key))
    if known is not None:
        return known
    _refuse_a_queue(by)
    export = Export(
        user_id=by.id,
        user=by,
        kind=kind,
        filters=filters,
        narrowed_to=[list(pair) for pair in narrowed_to],
        since=since,
        until=until,
        shows_contacts=contacts,
        reason=reason,
        asked_key=key,
        created_at=at,
    )
    db.session.add(export)
    db.session.flush()
    if contacts:
        db.session.add(Reveal(export_id=export.id, user_id=by.id, at=at, reason=reason))
    return export


def asked_before(
    kind: ExportKind,
    wanted: Filter = EVERYTHING,
    *,
    days: Days | None = None,
    contacts: bool = False,
    by: User,
) -> Export | None:
    """The unfinished export of the same thing, if there is one."""
    key = _key(kind, _kept(wanted), days, contacts=contacts, by=by)
    return db.session.scalar(select(Export).where(Export.asked_key == key))


def _may_export(user: User, kind: ExportKind, *, contacts: bool) -> None:
    if not user.active or not user.has(*(REPORT_READERS if kind.is_report else EXPORTERS)):
        raise Refused("您没有导出的权限。如需办理，请联系系统管理员。")
    if contacts and not user.has(*CONTACT_READERS):
        raise Refused("只有受理员和督查员可以导出完整的姓名和电话。")


def _refuse_a_queue(user: User) -> None:
    waiting = db.session.scalar(
        select(func.count(Export.id)).where(Export.user_id == user.id, Export.state.in_(UNFINISHED))
    )
    if (waiting or 0) >= MOST_UNFINISHED:
        raise Invalid(say("您已有 %(n)s 个导出没有完成，请等它们完成，或先取消几个。", n=waiting))


def _kept(wanted: Filter) -> dict[str, Any]:
    return {name: value for name, value in asdict(wanted).items() if value}


def _filter(kept: Mapping[str, Any]) -> Filter:
    words: dict[str, Any] = {"state": State, "source": Source, "ids": tuple}
    return Filter(**{name: words[name](value) if name in words else value for name, value in kept.items()})


def _key(kind: ExportKind, filters: Mapping[str, Any], days: Days | None, *, contacts: bool, by: User) -> str:
    asked = json.dumps(
        [by.id, kind.value, contacts, filters, *map(str, days or ())], sort_keys=True, ensure_ascii=False
    )
    return hashlib.sha256(asked.encode()).hexdigest()


def tickets_of(user: User, wanted: Filter, *, at: datetime) -> Select[Ticket]:
    """The tickets of a list as its reader sees it at an instant."""
    local = at.astimezone(house().timezone)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo)
    tickets = narrowed(visible_tickets(user), wanted, now=at, today_ends=midnight)
    if wanted.due:
        tickets = tickets.where(tells_due(user))
    return Found(tickets, wanted.q, user).whole if wanted.q else tickets


def mine(export_id: int, *, by: User) -> Export:
    """One's own export. Raises ``NotFound`` for that of anybody else."""
    export = db.session.get(Export, export_id)
    if export is None or export.user_id != by.id:
        raise NotFound("没有这次导出。")
    return export


def may_take(export: Export, user: User) -> bool:
    """Whether the file is there for this person: made by the rights they hold today, and no older than a week."""
    return export.state is ExportState.DONE and export.rights == rights_of(user) and user.has(*EXPORTERS)


@transaction
def cancel(export_id: int, *, by: User, at: datetime) -> Export:
    """Ask for it no more: one that runs stops within a batch; one that has ended stays as it is."""
    export = mine(export_id, by=by)
    _change(
        export_id,
        None,
        state=ExportState.CANCELLED,
        leased_until=None,
        asked_key=None,
        finished_at=at,
    )
    db.session.refresh(export)
    return export


# Writing


def write_waiting(clock: Clock, *, organisation: str) -> int:
    """Write the exports that wait, one after the other; how many were finished."""
    finished = 0
    while not STOPPING.is_set() and (export := claim(at=clock())) is not None:
        finished += _write(export, clock, organisation)
    return finished


@transaction
def claim(*, at: datetime) -> Export | None:
    """Take the export in hand that has waited longest, or whose process died; None where there is none."""
    moment = _database_now()
    waiting = (
        select(Export.id)
        .where(
            Export.state.in_(UNFINISHED), or_(Export.leased_until.is_(None), Export.leased_until <= moment)
        )
        .order_by(Export.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    export_id = db.session.scalar(waiting)
    if export_id is None:
        return None
    export = db.session.get_one(Export, export_id, populate_existing=True)
    drop_files(export.file_key)
    export.state, export.file_key = ExportState.RUNNING, secrets.token_hex(16)
    export.leased_until, export.started_at = moment + LEASE, at
    export.rows_done, export.attempts = 0, export.attempts + 1
    return export


def _write(export: Export, clock: Clock, organisation: str) -> bool:
    """Whether it was finished; whatever goes wrong becomes a sentence, and leaves no half file behind."""
    export_id, key = export.id, export.file_key or ""
    try:
        _make(export, key, clock, organisation)
    except _Ended:
        drop_files(key)
    except _Stopping:
        drop_files(key)
        _put_back(export_id, key)
    except DeskError as error:
        drop_files(key)
        _fail(export_id, key, error.sentence, at=clock())
    except OSError as error:
        drop_files(key)
        log.exception("export could not be written", export=export_id)
        _fail(export_id, key, _of_the_disk(error), at=clock())
    except Exception:
        drop_files(key)
        log.exception("export failed", export=export_id)
        _fail(export_id, key, "导出时出错了，错误已经记录。请稍后再试，或联系管理员。", at=clock())
    else:
        return True
    return False


def _make(export: Export, key: str, clock: Clock, organisation: str) -> None:
    if export.attempts > MOST_ATTEMPTS:
        raise Invalid("生成时反复中断，已停止。请缩小范围后再导出，或联系管理员。")
    at = export.started_at or clock()
    # Whoever lost a right since they asked gets nothing.
    user = db.session.get_one(User, export.user_id, populate_existing=True)
    _may_export(user, export.kind, contacts=export.shows_contacts)
    export_id, rights = export.id, rights_of(user)
    writing = _report(export, user, at) if export.kind.is_report else _list(export, user, at)
    _go_on(export_id, key, rows_in_all=writing.rows_in_all, rights=rights)

    def progress(rows: int) -> None:
        if STOPPING.is_set():
            raise _Stopping
        _go_on(export_id, key, rows_done=rows)

    half, whole = half_of_export(key), path_of_export(key)
    half.parent.mkdir(parents=True, exist_ok=True)
    rows = writing.write(half, organisation, progress)
    half.replace(whole)
    finished = clock()
    _finish(
        export_id,
        key,
        rows_done=rows,
        rows_in_all=rows,
        size=whole.stat().st_size,
        finished_at=finished,
        expires_at=finished + KEPT,
    )


@dataclass(frozen=True)
class _Writing:
    """How many rows there will be, if that is known before, and how they are written; how many they were."""

    rows_in_all: int | None
    write: Callable[[Path, str, ledgers.Progress], int]


def _list(export: Export, user: User, at: datetime) -> _Writing:
    book, who = BOOKS[export.kind], user.name
    reader = ledgers.reader_of(user, contacts=export.shows_contacts)
    tickets = tickets_for(export.kind, tickets_of(user, _filter(export.filters), at=at), at=at)
    number = book.count(tickets, reader)
    ledgers.refuse_too_many(number)
    return _Writing(
        number,
        lambda path, organisation, progress: ledgers.write_book(
            path,
            book,
            tickets,
            reader=reader,
            made_by=who,
            at=at,
            organisation=organisation,
            progress=progress,
        ),
    )


def _report(export: Export, user: User, at: datetime) -> _Writing:
    """Figures may be of a past; when it is made, and what its lists tell, is always of now."""
    report, who, tickets = reports.report_named(export.kind), user.name, visible_tickets(user)
    if export.since is None or export.until is None:
        raise Invalid("没有统计期，请重新导出。")
    reader = ledgers.reader_of(user, contacts=False)
    period = reports.period_of(export.since, export.until, as_of=export.as_of or at, law=current_law())

    def write(path: Path, organisation: str, progress: ledgers.Progress) -> int:
        begin_reading()
        try:
            # The rows are read in one transaction from first to last: what is noted meanwhile needs another.
            with ThreadPoolExecutor(1) as beside:
                note = in_context(progress)
                return reports.write_report(
                    path,
                    report,
                    tickets,
                    period,
                    reader=reader,
                    made_by=who,
                    at=at,
                    organisation=organisation,
                    progress=lambda rows: beside.submit(note, rows).result(),
                )
        finally:
            # On SQLite, who has read in it while others wrote cannot write in it any more.
            db.session.rollback()

    return _Writing(None, write)


def _of_the_disk(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "存储空间不足，文件没有生成。请联系管理员清理空间后再导出。"
    return "文件写不进存储，没有生成。请联系管理员检查附件目录后再导出。"


@transaction
def _go_on(export_id: int, key: str, **values: object) -> None:
    """Note how far it has come, and hold it for another while. Raises ``_Ended`` where it is ours no more."""
    _change(export_id, key, leased_until=_database_now() + LEASE, **values)


@transaction
def _finish(export_id: int, key: str, *, finished_at: datetime, **values: object) -> None:
    """Note that the file is there; whoever is sent it by a schedule is told, with it. Raises ``_Ended``."""
    ended = {"leased_until": None, "asked_key": None, "finished_at": finished_at}
    _change(export_id, key, state=ExportState.DONE, **ended, **values)
    export = db.session.get_one(Export, export_id, populate_existing=True)
    if export.run_id is not None:
        _send(export, at=finished_at)


def _send(export: Export, *, at: datetime) -> None:
    person, words = export.user, house().say
    as_of = (export.as_of or at).astimezone(house().timezone)
    about = {"key": f"export:{export.id}", "recipient_id": person.id, "created_at": at}
    title = words(say("%(report)s已生成", report=export.kind.label))
    days = say("%(since)s 至 %(last)s", since=export.since, last=export.last_day)
    body = words(say("统计期 %(days)s，数据截至 %(as_of)s。", days=days, as_of=moment_words(as_of)))
    where = words(say("文件在“导出”页，保留 %(n)s 天。", n=KEPT.days))
    db.session.add(Notice(**about, title=title, body=body + where))
    if house().sends_mail and person.email:
        db.session.add(
            Letter(
                **about,
                export_id=export.id,
                channel=Channel.MAIL,
                address=person.email,
                subject=title,
                body=body
                + words("Excel 文件见附件。" if export.goes_by_mail else "文件较大，没有附上。")
                + where,
                not_before=at,
            )
        )


@transaction
def _end(export_id: int, key: str, **values: object) -> None:
    """Note how it ended; from now on the same may be asked for again. Raises ``_Ended``."""
    _change(export_id, key, leased_until=None, asked_key=None, **values)


def _fail(export_id: int, key: str, sentence: str, *, at: datetime) -> None:
    try:
        _end(export_id, key, state=ExportState.FAILED, error=house().say(sentence)[:200], finished_at=at)
    except _Ended:
        log.info("a failed export was no longer ours", export=export_id)


@transaction
def _put_back(export_id: int, key: str) -> None:
    """It is begun anew by whoever comes next."""
    _change(
        export_id,
        key,
        state=ExportState.WAITING,
        leased_until=None,
        rows_done=0,
        attempts=Export.attempts - 1,
    )


def _change(export_id: int, key: str | None, **values: object) -> None:
    """Change an unfinished export that is still ours; without a key, whoever has it in hand."""
    statement = update(Export).where(Export.id == export_id, Export.state.in_(UNFINISHED)).values(**values)
    if key is not None:
        statement = statement.where(Export.file_key == key)
    changed = statement.returning(Export.id).execution_options(synchronize_session=False)
    if db.session.scalar(changed) is None and key is not None:
        raise _Ended


def _database_now() -> datetime:
    moment: datetime = db.session.scalars(select(type_coerce(func.current_timestamp(), UtcDateTime))).one()
    return moment


# Forgetting


def drop_expired(now: datetime) -> int:
    """Remove the files of exports older than a week, and what interrupted ones left; how many exports expired."""
    count = _expire(now)
    # After the commit: a crash in between leaves a file for the next run, never a row without one. The files are
    # listed first: one that is begun after that is not among them, whatever the rows say by then.
    written = written_files()
    known = keys_in_use()
    for path in written:
        if path.stem not in known:
            path.unlink(missing_ok=True)
    return count


@transaction
def _expire(now: datetime) -> int:
    over = (
        update(Export)
        .where(Export.state == ExportState.DONE, Export.expires_at <= now)
        .values(state=ExportState.EXPIRED)
        .returning(Export.id)
        .execution_options(synchronize_session=False)
    )
    return len(db.session.scalars(over).all())
