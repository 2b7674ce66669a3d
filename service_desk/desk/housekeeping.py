"""Housekeeping: what ends by itself once its time has passed."""

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select

from service_desk.desk.acting import let_time_pass
from service_desk.desk.sweeping import sweep
from service_desk.domain.vocabulary import ClockKind, ClockState, State
from service_desk.store.attachments import Attachment, path_of
from service_desk.store.base import db, transaction
from service_desk.store.clocks import Clock
from service_desk.store.law import current_law
from service_desk.store.tickets import Ticket, locked

PENDING_DAYS = 7


def pass_time(now: datetime) -> int:
    """Record what ends by itself: rating windows, waits for an enterprise, deferrals; on how many tickets.

    Before every act the same is done for its ticket, so that nothing depends on when this runs.
    """
    running, paused = Clock.state == ClockState.RUNNING, Clock.state == ClockState.PAUSED
    window = (Clock.kind == ClockKind.RATING) & running & (Clock.due_at < now)
    waiting = (Clock.kind == ClockKind.SETTLE) & paused
    may_end = or_(
        (Ticket.state == State.AWAITING_RATING) & window,
        Ticket.state.in_((State.IN_PROGRESS, State.DEFERRED)) & waiting,
    )
    tickets = select(Ticket.id).where(Ticket.clocks.any(may_end))
    return sweep("pass_time", tickets, lambda ticket_id: pass_time_on(ticket_id, at=now))


@transaction
def pass_time_on(ticket_id: int, *, at: datetime) -> bool:
    """Record what ended by itself on one ticket before ``at``; whether anything did."""
    return let_time_pass(locked(ticket_id), at, current_law())


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
