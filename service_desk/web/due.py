"""Due times in words, from the same functions that decide them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from service_desk.domain import deadlines
from service_desk.domain.access import DESK, may_know_of_review
from service_desk.domain.actions import Party
from service_desk.domain.states import TURN_CLOCKS, TURN_REVIEWS
from service_desk.domain.vocabulary import ClockKind, ClockState, Role, State
from service_desk.store.base import db
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.law import Law
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from service_desk.web.filters import stamp
from service_desk.web.words import said


@dataclass(frozen=True)
class Due:
    """A due time as people read it; ``standing`` is the CSS class.

    ``guess`` says what it rests on where its year's notice is not loaded.
    """

    at: datetime | None
    standing: str
    words: str
    kind_label: str
    department: str | None = None
    clock: Clock | None = None
    guess: str = ""


def guess_of(moment: datetime | None, law: Law) -> str:
    """The sentence that goes with a date whose year's notice is not loaded; empty where it is."""
    return said(law.calendar.forecast_note(law.calendar.day_of(moment))) if moment else ""


def due_of_clock(clock: Clock, now: datetime, law: Law) -> Due:
    """How a clock stands now; a finished one says how it ended.

    The label of a review says what it is about: only for those who ``may_know_of_review``.
    """
    department = clock.department.name if clock.department else None
    label = said(clock.kind)
    if clock.about is not None:
        label = _("%(kind)s（%(about)s）", kind=label, about=said(clock.about))
    if not clock.is_live:
        return Due(clock.due_at, clock.state.value, said(clock.state), label, department, clock)
    left = deadlines.left(clock.facts, now, law.calendar)
    due_at = clock.due_by(law.calendar)
    guess = guess_of(due_at, law)
    return Due(due_at, left.standing.value, said(left.words), label, department, clock, guess)


OF_THE_ENTERPRISE = frozenset(
    {
        ClockKind.ACCEPT,
        ClockKind.PROMISE,
        ClockKind.SETTLE,
        ClockKind.SUPPLEMENT,
        ClockKind.RATING,
        ClockKind.NEXT_REPLY,
        ClockKind.REST,
    }
)
"""What somebody owes the enterprise, or it owes the desk."""
UNSEEN_BY_STAFF = frozenset({ClockKind.RETURN_WINDOW})
"""Nobody waits for the end of a return window."""
JUDGED = (ClockKind.REVIEW, ClockKind.RATING)
"""Clocks whose end tells whether and how it was rated."""


def clocks_read_by(ticket: Ticket, user: User) -> list[Clock]:
    """The clocks of a ticket whose dates this person reads, running and finished.

    The desk reads all. Others of the staff are told of a review where they may know what led to it, and no
    clock tells them how a matter was rated.
    """
    if user.has(Role.CONTACT):
        return [clock for clock in ticket.clocks if clock.kind in OF_THE_ENTERPRISE]
    shown = [clock for clock in ticket.clocks if clock.kind not in UNSEEN_BY_STAFF]
    parties = ticket.parties_of(user)
    if parties & DESK:
        return shown
    return [clock for clock in shown if _may_know_of(clock, parties)]


def _may_know_of(clock: Clock, parties: frozenset[Party]) -> bool:
    if not clock.is_live:
        return clock.kind not in JUDGED
    return clock.kind is not ClockKind.REVIEW or may_know_of_review(clock.about, parties)


def in_brackets(note: str) -> str:
    """A note behind a date; nothing for none."""
    return str(_("（%(note)s）", note=note)) if note else ""


class Dues:
    """The due times of a page of tickets as ``reader`` may know them, read in one go."""

    def __init__(self, tickets: Iterable[Ticket], now: datetime, law: Law, *, reader: User) -> None:
        self.now, self.law = now, law
        told = set(TURN_CLOCKS)
        if not reader.has(Role.CLERK, Role.QUALITY, Role.SUPERVISOR):
            # What runs on a closed ticket is the review of a bad rating.
            told -= {State.CLOSED}
        self.clocks = _turn_clocks([ticket for ticket in tickets if ticket.state in told])

    def of(self, ticket: Ticket) -> Due | None:
        """The due time of whoever's turn it is; None where nothing runs."""
        clock = self.clocks.get(ticket.id)
        return due_of_clock(clock, self.now, self.law) if clock else None


def _turn_clocks(tickets: Sequence[Ticket]) -> dict[int, Clock]:
    by_id = {ticket.id: ticket for ticket in tickets}
    kinds = {kind for ticket in tickets for kind in TURN_CLOCKS[ticket.state]}
    if not kinds:
        return {}
    theirs = Clock.ticket_id.in_(by_id) & Clock.kind.in_(kinds) & Clock.state.in_(LIVE)
    # What is due first, and of equals the lead's, which is started before those of the supports.
    first = (Clock.due_at.is_(None), Clock.due_at, Clock.id)
    found: dict[int, Clock] = {}
    for clock in db.session.scalars(select(Clock).where(theirs).order_by(*first)).unique():
        if _is_of_the_turn(clock, by_id[clock.ticket_id]):
            found.setdefault(clock.ticket_id, clock)
    return found


def _is_of_the_turn(clock: Clock, ticket: Ticket) -> bool:
    """Whether the state waits for it. Not the part of a support, nor the review of a request: others' turns."""
    if clock.kind not in TURN_CLOCKS[ticket.state]:
        return False
    about = TURN_REVIEWS.get(ticket.state)
    return clock.department_id in (None, ticket.lead_department_id) and clock.about in (None, about)


def promise_clock(ticket: Ticket) -> Clock | None:
    """The clock of the enterprise's own deadline; in a later cycle, of when it is to be settled anew.

    None where nobody owes an answer.
    """
    if ticket.state in (State.WITHDRAWN, State.CLOSED):
        return None
    return ticket.clock(ClockKind.PROMISE) or (ticket.clock(ClockKind.SETTLE) if ticket.cycle > 1 else None)


WHY_PAUSED = {
    State.SUPPLEMENTING: _l("正在等您补充，您提交后继续计算答复期限"),
    State.IN_PROGRESS: _l("正在等您回复，您回复后继续计算答复期限"),
    State.DEFERRED: _l("暂时还办不成，答复期限先停下，承办单位会在约定的日期再答复您"),
    State.REPLIED: _l("承办单位已经办理，专窗正在核对结果，核对后请您评价"),
}
"""What the enterprise's deadline waits for, as the law has it pause."""


def promise_words(ticket: Ticket, now: datetime, law: Law) -> str:
    """By when an answer is promised, in plain words; empty where nobody owes one."""
    clock = promise_clock(ticket)
    if clock is not None and clock.state is ClockState.PAUSED:
        return str(WHY_PAUSED.get(ticket.state, ""))
    due_at = clock.due_by(law.calendar) if clock is not None else None
    if due_at is not None:
        late = _("（已超过，我们正在督促）") if due_at < now else ""
        words: str = _("预计 %(moment)s 前答复", moment=stamp(due_at)) + late
        return words + in_brackets(guess_of(due_at, law))
    return ""
