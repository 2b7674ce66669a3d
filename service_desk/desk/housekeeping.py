"""Housekeeping: what ends by itself once its time has passed."""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import CursorResult, delete, select, update

from service_desk.desk import closing
from service_desk.desk.sweeping import sweep
from service_desk.domain.errors import OutOfTurn
from service_desk.domain.vocabulary import ClockKind, ClockState, State
from service_desk.store.attachments import Attachment, path_of
from service_desk.store.base import db, transaction
from service_desk.store.clocks import Clock
from service_desk.store.tickets import Ticket

PENDING_DAYS = 7


def expire_ratings(now: datetime) -> int:
    """Close what nobody rated in time; how many tickets."""
    over = (
        select(Ticket.id)
        .join(Clock, Clock.ticket_id == Ticket.id)
        .where(Ticket.state == State.AWAITING_RATING, Clock.kind == ClockKind.RATING)
        .where(Clock.state == ClockState.RUNNING, Clock.due_at < now)
    )
    return sweep("expire_ratings", over, lambda ticket_id: _expire(ticket_id, now))


def _expire(ticket_id: int, now: datetime) -> bool:
    try:
        closing.expire_rating(ticket_id, at=now)
    except OutOfTurn:
        # It was rated, or another scheduler closed it, a moment ago.
        return False
    return True


@transaction
def lapse_windows(now: datetime) -> int:
    """A return window that passed unused is void; how many."""
    passed = (
        update(Clock)
        .where(Clock.kind == ClockKind.RETURN_WINDOW, Clock.state == ClockState.RUNNING, Clock.due_at < now)
        .values(state=ClockState.VOID, stopped_at=now, next_step_at=None)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[None]", db.session.execute(passed)).rowcount


def drop_stale_uploads(now: datetime) -> int:
    """Remove uploads that were never sent with a form; how many."""
    keys = _forget_uploads(now - timedelta(days=PENDING_DAYS))
    for key in keys:
        # After the commit: a crash in between leaves a file that nobody misses, never a row without one.
        path_of(key).unlink(missing_ok=True)
    return len(keys)


@transaction
def _forget_uploads(before: datetime) -> list[str]:
    stale = (
        delete(Attachment)
        .where(Attachment.ticket_id.is_(None), Attachment.uploaded_at < before)
        .returning(Attachment.key)
        .execution_options(synchronize_session=False)
    )
    return list(db.session.scalars(stale))
