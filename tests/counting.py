"""Stored rows against histories: both must lead to the same figures."""

from datetime import datetime, timedelta

from sqlalchemy import select

from service_desk.desk import facts
from service_desk.domain.figures import BY_KEY, By, Figure, Period, count
from service_desk.store.law import current_law
from service_desk.store.tickets import Ticket

EVERY = tuple(BY_KEY.values())
AROUND = timedelta(days=400)


def around(moment: datetime) -> Period:
    """A period that holds all a test does, seen as of this moment."""
    return Period((moment - AROUND).date(), (moment + AROUND).date(), moment)


def told(period: Period, by: By | None) -> list[Figure]:
    """The figures from the histories alone."""
    rows = facts.facts_of(select(Ticket), as_of=period.as_of, law=current_law())
    return count(rows, period, indicators=EVERY, by=by)


def counted(period: Period, by: By | None) -> list[Figure]:
    """The figures as reports have them."""
    return facts.figures(select(Ticket), period, indicators=EVERY, by=by)


def assert_counting_agrees(moment: datetime) -> None:
    """Every figure on every line, as of this moment."""
    period = around(moment)
    for by in (None, *By):
        assert counted(period, by) == told(period, by), by
