"""Whether the clockwork keeps up: by the work that waits, not by whether a job has run."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from service_desk.domain.vocabulary import ClockState
from service_desk.store.base import db
from service_desk.store.beats import Beat
from service_desk.store.clocks import Clock
from service_desk.store.notices import Letter, LetterState

LATE = timedelta(minutes=10)
"""How long work may wait before people are told."""
REMIND = "remind"
"""The sweep over all clocks, as its beat is called."""


def delayed_since(now: datetime) -> datetime | None:
    """Since when reminders or letters wait that nobody has in hand; None where all is in time. One statement.

    A clock that has just changed is looked at in the next sweep, whenever it began: it is late once no sweep
    has come to its end since.
    """
    limit = now - LATE
    unclaimed = select(func.min(Clock.next_step_at)).where(
        Clock.state == ClockState.RUNNING, Clock.next_step_at <= limit, Clock.next_step_at > Clock.started_at
    )
    unseen = select(func.min(Beat.at)).where(
        Beat.name == REMIND,
        Beat.at <= limit,
        select(Clock.id)
        .where(
            Clock.state == ClockState.RUNNING,
            Clock.next_step_at <= limit,
            Clock.next_step_at == Clock.started_at,
        )
        .exists(),
    )
    unsent = select(func.min(Letter.not_before)).where(
        Letter.state == LetterState.WAITING,
        Letter.not_before <= limit,
        Letter.attempts == 0,
        Letter.leased_until.is_(None),
    )
    row = db.session.execute(select(*(each.scalar_subquery() for each in (unclaimed, unseen, unsent)))).one()
    return min((each for each in row if each is not None), default=None)
