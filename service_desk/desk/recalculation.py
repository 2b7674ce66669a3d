"""After a change of the calendar or of rules, the open clocks are reckoned anew, ticket by ticket, in the background.

Which calendar a clock was reckoned by stands in the clock itself: what is left to do is a question, not a list.
Whoever acts on a ticket first has its clocks brought in line before the act (``acting.let_time_pass``).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from service_desk.desk.acting import let_time_pass
from service_desk.desk.administration import Altered, administrators_in_turn
from service_desk.desk.sweeping import sweep_in_batches
from service_desk.store.base import db, transaction
from service_desk.store.calendars import CalendarVersion, is_stopped, latest_version
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.law import Law, current_law
from service_desk.store.lists import note_alteration
from service_desk.store.people import User
from service_desk.store.tickets import Ticket, locked_if_free

BATCH = 10
"""Tickets in one transaction: enough to save statements, few enough to keep nobody waiting."""
READ_BY_AN_ACT = (
    Ticket.events,
    Ticket.assignments,
    Ticket.replies,
    Ticket.ratings,
    Ticket.approvals,
    Ticket.orders,
)


@dataclass(frozen=True)
class Progress:
    """How far the open clocks follow the version in force: tickets with open clocks, and how many are left."""

    version: int
    total: int
    left: int
    stopped: bool

    @property
    def done(self) -> int:
        """How many follow it already; what was filed since is none of them."""
        return max(0, self.total - self.left)


def progress(version: CalendarVersion) -> Progress | None:
    """How far the reckoning anew by a version has come; None once it is finished."""
    if version.finished_at is not None:
        return None
    left = (
        db.session.scalar(select(func.count(Clock.ticket_id.distinct())).where(_behind_calendar(version.id)))
        or 0
    )
    return Progress(version.id, version.open_tickets, left, stopped=version.stopped_at is not None)


def open_tickets() -> int:
    """How many tickets have open clocks."""
    return db.session.scalar(select(func.count(Clock.ticket_id.distinct())).where(Clock.state.in_(LIVE))) or 0


def recalculate_open_clocks(now: datetime) -> int:
    """Reckon the open clocks by the calendar and the rules in force; how many tickets were brought in line.

    Any number of schedulers share the work: a ticket is in line once its transaction is committed, and one that
    somebody acts on right now is left to that act, or to the next run. Ends early when an administrator holds it up.
    """
    law = current_law()
    touched = sweep_in_batches(
        "recalculate",
        select(Clock.ticket_id).where(_behind(law)).distinct(),
        lambda ticket_ids: recalculate_tickets(ticket_ids, at=now),
        size=BATCH,
        is_held_up=lambda: _is_held_up(law.calendar.version),
    )
    _note_the_end(law.calendar.version, at=now)
    return touched


def _behind(law: Law) -> ColumnElement[bool]:
    """Open clocks that were last reckoned by an earlier calendar, or by rules they are to follow no more."""
    by_rules = Clock.state.in_(LIVE) & (Clock.rules_version < law.rules_version)
    return _behind_calendar(law.calendar.version) | by_rules


def _behind_calendar(version: int) -> ColumnElement[bool]:
    """Open clocks that were last reckoned by an earlier calendar."""
    return Clock.state.in_(LIVE) & (Clock.calendar_version < version)


def _is_held_up(version: int) -> bool:
    stopped = is_stopped(version)
    db.session.rollback()
    return stopped


@transaction
def recalculate_tickets(ticket_ids: Sequence[int], *, at: datetime) -> int:
    """Bring these tickets in line with the calendar, each with its event; how many were behind and are locked now."""
    law = current_law()
    behind = select(Clock.ticket_id).where(_behind(law), Clock.ticket_id.in_(ticket_ids))
    tickets = locked_if_free(behind, *READ_BY_AN_ACT)
    for ticket in tickets:
        let_time_pass(ticket, at, law)
    return len(tickets)


def _note_the_end(version: int, *, at: datetime) -> None:
    """Note that nothing is left to do, once."""
    waits = select(CalendarVersion.id).where(
        CalendarVersion.id == version, CalendarVersion.finished_at.is_(None)
    )
    is_open = db.session.scalar(waits) is not None
    db.session.rollback()
    if is_open:
        note_finished(version, at=at)


@transaction
def note_finished(version: int, *, at: datetime) -> None:
    """All open clocks follow the version."""
    nothing_left = ~select(Clock.id).where(_behind_calendar(version)).exists()
    row = CalendarVersion.finished_at.is_(None) & (CalendarVersion.id == version)
    db.session.execute(
        update(CalendarVersion)
        .where(row, nothing_left)
        .values(finished_at=at)
        .execution_options(synchronize_session=False)
    )


@transaction
def hold_up(version_id: int, *, by: User, at: datetime) -> None:
    """Stop reckoning anew in the background; what is in hand is finished, and acts still bring theirs in line."""
    _mark_stopped(version_id, at, by=by, at=at)


@transaction
def go_on(version_id: int, *, by: User, at: datetime) -> None:
    """Go on where it was stopped."""
    _mark_stopped(version_id, None, by=by, at=at)


def _mark_stopped(version_id: int, stopped_at: datetime | None, *, by: User, at: datetime) -> None:
    administrators_in_turn(by)
    version = latest_version()
    if version is None or version.id != version_id:
        raise Altered("日历已有新的版本，请刷新后再操作。")
    before, version.stopped_at = version.stopped_at, stopped_at
    note_alteration(
        "calendar",
        version.id,
        before={"stopped": before is not None},
        after={"stopped": stopped_at is not None},
        by=by,
        at=at,
    )
