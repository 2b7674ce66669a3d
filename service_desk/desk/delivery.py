"""Delivery: letters are claimed with a lease, sent outside of any transaction, and tried again until given up.

However many schedulers run, one has a letter in hand at a time. One that dies in the middle of sending
leaves its lease to run out; the letter is then sent again, under the same id.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from secrets import SystemRandom

import structlog
from sqlalchemy import func, or_, select, type_coerce, update
from sqlalchemy.orm import joinedload

from service_desk.channels.outgoing import NotYet, Outgoing, Undeliverable, Unreachable
from service_desk.desk.sweeping import STOPPING
from service_desk.store.base import UtcDateTime, db, transaction
from service_desk.store.notices import Letter, LetterState

BATCH = 10
LEASE = timedelta(minutes=10)
"""Longer than a batch takes whose every answer comes at the last moment."""

MINUTES_BETWEEN = (1, 5, 15, 60, 180, 360, 720)
"""How long to wait after each attempt that failed; after one more the letter is given up."""

ATTEMPTS = len(MINUTES_BETWEEN) + 1
JITTER = 0.2
LONGEST_ERROR = 300

Send = Callable[[Outgoing], None]
Words = Callable[[Letter], tuple[str, str]]

log = structlog.get_logger()
_chance = SystemRandom()


def deliver(now: datetime, channels: Mapping[str, Send], words: Words) -> int:
    """Send what waits for the given channels; how many letters went out.

    ``channels`` sends by the channel's name; ``words`` gives a letter's plain text and its HTML.
    """
    return sum(_deliver(channel, send, words, now) for channel, send in channels.items())


def _deliver(channel: str, send: Send, words: Words, now: datetime) -> int:
    sent = 0
    while not STOPPING.is_set() and (letters := claim(channel, at=now)):
        problem = ""
        for letter in letters:
            if STOPPING.is_set():
                _put_back(letter)
            elif problem:
                _fail(letter, problem, at=now)
            else:
                try:
                    sent += _try(letter, send, words, now)
                except Unreachable as error:
                    problem = str(error)
                    _fail(letter, problem, at=now)
        if problem:
            log.warning("letters cannot be sent", channel=channel, error=problem)
            break
    return sent


def _try(letter: Letter, send: Send, words: Words, now: datetime) -> bool:
    """Whether it went out; what is wrong with this letter alone is noted on it."""
    try:
        text, html = words(letter)
        send(
            Outgoing(
                id=letter.id,
                channel=letter.channel,
                address=letter.address,
                subject=letter.subject,
                text=text,
                html=html,
                created_at=letter.created_at,
            )
        )
    except Unreachable:
        raise
    except Undeliverable as error:
        _give_up(letter, str(error))
    except NotYet as error:
        _fail(letter, str(error), at=now)
    except Exception as error:
        log.exception("letter failed", letter=letter.id)
        _fail(letter, f"{type(error).__name__}: {error}", at=now)
    else:
        _mark_sent(letter, at=now)
        return True
    return False


@transaction
def claim(channel: str, *, at: datetime) -> Sequence[Letter]:
    """Take some waiting letters in hand until the lease ends; each counts as an attempt from now on.

    Leases between processes go by the database's clock; whether a letter may go yet, by the caller's.
    """
    moment = _database_now()
    waiting = (
        select(Letter.id)
        .where(
            Letter.state == LetterState.WAITING,
            Letter.channel == channel,
            Letter.not_before <= at,
            or_(Letter.leased_until.is_(None), Letter.leased_until <= moment),
        )
        .order_by(Letter.not_before, Letter.id)
        .limit(BATCH)
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
    return sorted(db.session.scalars(statement).unique(), key=lambda letter: (letter.not_before, letter.id))


def _database_now() -> datetime:
    moment: datetime = db.session.scalars(select(type_coerce(func.current_timestamp(), UtcDateTime))).one()
    return moment


@transaction
def _mark_sent(letter: Letter, *, at: datetime) -> None:
    # Whoever holds the lease by now: it is sent.
    db.session.execute(
        update(Letter)
        .where(Letter.id == letter.id, Letter.state == LetterState.WAITING)
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


def undelivered(*, before: int | None, limit: int) -> Sequence[Letter]:
    """Letters that were given up, newest first, from below the id ``before``."""
    statement = (
        select(Letter).where(Letter.state == LetterState.GIVEN_UP).options(joinedload(Letter.recipient))
    )
    if before is not None:
        statement = statement.where(Letter.id < before)
    return db.session.scalars(statement.order_by(Letter.id.desc()).limit(limit)).unique().all()
