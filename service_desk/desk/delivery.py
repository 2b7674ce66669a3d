"""Delivery: letters are claimed with a lease, sent outside of any transaction, and tried again until given up.

However many schedulers run, one has a letter in hand at a time. One that dies in the middle of sending
leaves its lease to run out; the letter is then sent again, under the same id.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from secrets import SystemRandom

import structlog
from sqlalchemy import ColumnElement, func, or_, select, type_coerce, update
from sqlalchemy.exc import DBAPIError

from service_desk.channels.outgoing import Attachment, NotYet, Outgoing, TooFast, Undeliverable, Unreachable
from service_desk.desk.exports import may_take
from service_desk.desk.sweeping import STOPPING
from service_desk.store.base import UtcDateTime, db, house, transaction
from service_desk.store.channels import Gateway, Pace, Robot
from service_desk.store.exports import ExportState
from service_desk.store.notices import Channel, Letter, LetterState
from service_desk.store.scope import complaints_about

BATCH = 10
LEASE = timedelta(minutes=15)
"""Longer than a batch takes whose every answer comes at the last moment."""

MINUTES_BETWEEN = (1, 5, 15, 60, 180, 360, 720)
"""How long to wait after each attempt that failed; after one more the letter is given up."""

ATTEMPTS = len(MINUTES_BETWEEN) + 1
JITTER = 0.2
LONGEST_ERROR = 300
NO_MORE = "不再发给这个收件人"
EXPIRED = "文件已过期，没有随信发出；需要时请重新导出"
PAUSE = 60.0
"""How many seconds a gate stays closed once the other side did not answer as it should."""
WAITS_FOR_THE_DATABASE = (1, 2, 4, 8, 15, 30)
"""Seconds between attempts to note what went out; together well below the lease."""

Send = Callable[[Outgoing], str]

log = structlog.get_logger()
_chance = SystemRandom()


@dataclass(frozen=True)
class Gate:
    """Where it is counted who passes a lane, and how fast letters may follow each other there."""

    kind: type[Robot | Gateway]
    id: int
    pace: Pace


@dataclass(frozen=True)
class Lane:
    """Letters that wait for the same way out: those of a channel, or those of one robot."""

    channel: Channel
    send: Send
    gate: Gate | None = None
    robot_id: int | None = None

    @property
    def its_own(self) -> ColumnElement[bool]:
        """The condition that makes up the letters of this lane."""
        # Of no robot are those for people, so this also keeps people and groups apart.
        return (Letter.channel == self.channel) & Letter.robot_id.is_not_distinct_from(self.robot_id)


@dataclass(frozen=True)
class Said:
    """A letter as it is sent: its words, and a file; ``url`` leads to what it is about and ends ``text``."""

    text: str
    html: str = ""
    url: str | None = None
    attachment: Attachment | None = None


Words = Callable[[Letter], Said]


def deliver(now: datetime, lanes: Iterable[Lane], words: Words) -> int:
    """Send what waits in the lanes, one after the other; how many letters went out."""
    return sum(_deliver(lane, words, now) for lane in lanes)


def _deliver(lane: Lane, words: Words, now: datetime) -> int:
    sent = 0
    while not STOPPING.is_set() and (letters := claim(lane, at=now)):
        trouble, is_ours = "", False
        for letter in letters:
            if STOPPING.is_set() or is_ours:
                _put_back(letter)
            elif trouble:
                _fail(letter, trouble, at=now)
            else:
                try:
                    sent += _try(letter, lane.send, words, now)
                except Unreachable as error:
                    trouble = str(error)
                    _fail(letter, trouble, at=now)
                    _close(lane, trouble, PAUSE)
                except TooFast as error:
                    # We were too fast: it costs no letter an attempt, and the whole lane waits.
                    trouble, is_ours = str(error), True
                    _put_back(letter)
                    _close(lane, trouble, error.seconds)
        if trouble:
            log.warning("letters cannot be sent", channel=lane.channel, robot=lane.robot_id, error=trouble)
            break
    return sent


def _try(letter: Letter, send: Send, words: Words, now: datetime) -> bool:
    """Whether it went out; what is wrong with this letter alone is noted on it."""
    barred = _why_barred(letter)
    if barred:
        _give_up(letter, house().say(barred))
        return False
    try:
        said = words(letter)
        send(
            Outgoing(
                id=letter.id,
                address=letter.address,
                subject=letter.subject,
                text=said.text,
                html=said.html,
                url=said.url,
                created_at=letter.created_at,
                attachment=said.attachment,
            )
        )
    except (Unreachable, TooFast):
        raise
    except Undeliverable as error:
        _give_up(letter, str(error))
    except NotYet as error:
        _fail(letter, str(error), at=now)
    except Exception as error:
        log.exception("letter failed", letter=letter.id)
        _fail(letter, type(error).__name__, at=now)
    else:
        _note_sent(letter.id, at=now)
        return True
    return False


def _note_sent(letter_id: int, *, at: datetime) -> None:
    """It is out: a database that has just gone away is waited for, lest it be sent a second time."""
    for seconds in WAITS_FOR_THE_DATABASE:
        try:
            return _mark_sent(letter_id, at=at)
        except DBAPIError as error:
            log.warning(
                "a sent letter cannot be noted yet", letter=letter_id, error=type(error.orig).__name__
            )
            time.sleep(seconds)
    return _mark_sent(letter_id, at=at)


@transaction
def _why_barred(letter: Letter) -> str:
    """Why it is not sent: its reader has left, or works where it is complained of, or its file is there no more.

    Any of these may have come while the letter waited; empty where none has.
    """
    if letter.recipient is not None and not letter.recipient.active:
        return NO_MORE
    if letter.export is not None:
        # What may be taken no more is not sent either.
        if letter.recipient is None or not may_take(letter.export, letter.recipient):
            return EXPIRED if letter.export.state is ExportState.EXPIRED else NO_MORE
        return ""
    reader = letter.recipient or letter.robot
    if letter.ticket_id is None or reader is None or reader.department_id is None:
        return ""
    return NO_MORE if complaints_about(reader.department_id, [letter.ticket_id]) else ""


@transaction
def claim(lane: Lane, *, at: datetime) -> Sequence[Letter]:
    """Take some waiting letters in hand until the lease ends; each counts as an attempt from now on.

    Leases and gates between processes go by the database's clock; whether a letter may go yet, by the caller's.
    """
    moment = _database_now()
    door = _locked(lane)
    room = BATCH
    if lane.gate is not None:
        room = min(BATCH, door.room(lane.gate.pace, at=moment)) if door is not None else 0
    if not room:
        return []
    waiting = (
        select(Letter.id)
        .where(
            Letter.state == LetterState.WAITING,
            lane.its_own,
            Letter.not_before <= at,
            or_(Letter.leased_until.is_(None), Letter.leased_until <= moment),
        )
        .order_by(Letter.not_before, Letter.id)
        .limit(room)
        .with_for_update(skip_locked=True)
    )
    # Materialized, so that PostgreSQL locks the chosen rows once and no others (SQLite's writers queue anyway).
    chosen = waiting.cte("chosen").prefix_with("MATERIALIZED")
    statement = (
        update(Letter)
        .where(Letter.id.in_(select(chosen.c.id)))
        .values(leased_until=moment + LEASE, attempts=Letter.attempts + 1)
        .returning(Letter)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    letters = sorted(db.session.scalars(statement).unique(), key=lambda one: (one.not_before, one.id))
    if lane.gate is not None and door is not None and letters:
        door.let_through(len(letters), lane.gate.pace, at=moment)
    return letters


def _locked(lane: Lane) -> Robot | Gateway | None:
    """The row that counts who passes, read anew and kept for this transaction; None where it is out of use."""
    if lane.gate is None:
        return None
    kind = lane.gate.kind
    row = (
        db.session.scalars(
            select(kind)
            .where(kind.id == lane.gate.id, kind.active)
            .with_for_update(of=kind)
            .execution_options(populate_existing=True)
        )
        .unique()
        .one_or_none()
    )
    return row if isinstance(row, Robot | Gateway) else None


def _database_now() -> datetime:
    moment: datetime = db.session.scalars(select(type_coerce(func.current_timestamp(), UtcDateTime))).one()
    return moment


@transaction
def _close(lane: Lane, because: str, seconds: float) -> None:
    """Let nobody pass for a while; a lane without a gate is only left until the next run."""
    door = _locked(lane)
    if door is not None:
        door.closed_until = _database_now() + timedelta(seconds=seconds)
        door.closed_because = because[:LONGEST_ERROR]


@transaction
def _mark_sent(letter_id: int, *, at: datetime) -> None:
    # Whoever holds the lease by now: it is sent.
    db.session.execute(
        update(Letter)
        .where(Letter.id == letter_id, Letter.state == LetterState.WAITING)
        .values(state=LetterState.SENT, sent_at=at, leased_until=None, last_error=None)
        .execution_options(synchronize_session=False)
    )


def _fail(letter: Letter, error: str, *, at: datetime) -> None:
    """Wait longer each time, and give up in the end."""
    if letter.attempts >= ATTEMPTS:
        _give_up(letter, error)
        return
    minutes = MINUTES_BETWEEN[letter.attempts - 1] * _chance.uniform(1 - JITTER, 1 + JITTER)
    _release(letter, error=error, not_before=at + timedelta(minutes=minutes))


def _give_up(letter: Letter, error: str) -> None:
    log.warning("letter given up", letter=letter.id, attempts=letter.attempts, error=error)
    _release(letter, error=error, state=LetterState.GIVEN_UP)


def _put_back(letter: Letter) -> None:
    """It was never tried."""
    _release(letter, error=letter.last_error, attempts=letter.attempts - 1)


@transaction
def _release(letter: Letter, *, error: str | None, **values: object) -> None:
    """Let go of a letter in hand, unless the lease ran out and another has it by now."""
    db.session.execute(
        update(Letter)
        .where(Letter.id == letter.id, Letter.state == LetterState.WAITING)
        .where(Letter.leased_until == letter.leased_until)
        .values(leased_until=None, last_error=error and error[:LONGEST_ERROR], **values)
        .execution_options(synchronize_session=False)
    )
