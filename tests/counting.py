"""Stored rows against histories, and both against the law's own words: all must lead to the same figures."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import select

from service_desk.desk import facts
from service_desk.domain.figures import BY_KEY, By, Figure, Period, count, count_groups
from service_desk.store.law import current_law
from service_desk.store.tickets import Ticket
from tests.figures_by_hand import Numbers, Park

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
    stored = facts.Rows(select(Ticket), moment, current_law()).groups(period, EVERY, by=tuple(By))
    rows = facts.facts_of(select(Ticket), as_of=moment, law=current_law())
    for by in (None, *By):
        counted = count_groups(stored, period, indicators=EVERY, by=by)
        assert counted == count(rows, period, indicators=EVERY, by=by), by
    # On these lines months that are over are known without their rows.
    known = facts.Rows(select(Ticket), moment, current_law()).groups(
        period, EVERY, by=(By.MONTH, By.DEPARTMENT)
    )
    for by in (None, By.MONTH, By.DEPARTMENT):
        counted = count_groups(known, period, indicators=EVERY, by=by)
        assert counted == count(rows, period, indicators=EVERY, by=by), by


def assert_as_by_hand(as_of: datetime, since: date, until: date) -> None:
    """Every figure on every line as counted by hand, in this period (half-open days), as of an instant."""
    park, period = Park.as_of(as_of, current_law()), Period(since, until, as_of)
    groups = facts.Rows(select(Ticket), as_of, current_law()).groups(period, EVERY, by=tuple(By))
    for by in (None, *By):
        counted = numbers_of(count_groups(groups, period, indicators=EVERY, by=by))
        by_hand = park.figures(since, until, tuple(BY_KEY), by.value if by else None)
        assert counted == by_hand, f"{by} from {since} to {until} as of {as_of}"


def numbers_of(figures: Iterable[Figure]) -> dict[tuple[str, str | None], Numbers]:
    """Each figure's numbers by key and line."""
    return {(one.key, one.by): (one.numerator, one.denominator, one.excluded, one.value) for one in figures}
