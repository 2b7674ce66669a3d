"""Facts for the figures: stored in the background, and counted together with what is not stored yet."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Select, exists, select

from service_desk.desk.sweeping import sweep_in_batches
from service_desk.domain.figures import (
    By,
    Fact,
    Figure,
    Group,
    Indicator,
    Moment,
    Period,
    all_facts,
    count_groups,
    facts,
    gather,
    kin_of,
)
from service_desk.store.base import db, transaction
from service_desk.store.facts import ALL_TIME, comings_to, is_behind, keep, stored_facts, stored_groups
from service_desk.store.histories import histories, history_of
from service_desk.store.law import Law, current_law
from service_desk.store.people import Department
from service_desk.store.tickets import Ticket, locked_if_free

BATCH = 50
"""Tickets in one transaction: enough to save statements, few enough to keep nobody waiting."""


def store_facts(_now: datetime) -> int:
    """Store the rows of tickets on which something was done since; how many tickets."""
    behind = select(Ticket.id).where(is_behind())
    return sweep_in_batches("facts", behind, store_facts_of, size=BATCH)


@transaction
def store_facts_of(ticket_ids: Sequence[int]) -> int:
    """Store the rows of these tickets, so far as nobody acts on them right now; of how many."""
    law = current_law()
    # Kept in hand, so that none is asked for again with every clock.
    departments = db.session.scalars(select(Department)).all()
    behind = select(Ticket.id).where(Ticket.id.in_(ticket_ids), is_behind())
    tickets = locked_if_free(behind, Ticket.events, Ticket.assignments)
    if tickets:
        keep(
            {ticket: facts(history_of(ticket), as_of=ALL_TIME, calendar=law.calendar) for ticket in tickets},
            {department.name: department.id for department in departments},
        )
    return len(tickets)


def figures(
    tickets: Select[Ticket], period: Period, *, indicators: Sequence[Indicator], by: By | None
) -> list[Figure]:
    """The figures of a period over some tickets, the whole or by line."""
    found = groups(tickets, period, indicators=indicators, by=by)
    return count_groups(found, period, indicators=indicators, by=by)


def groups(
    tickets: Select[Ticket], period: Period, *, indicators: Sequence[Indicator], by: By | None
) -> list[Group]:
    """The rows behind some indicators in groups: stored ones are counted by the database, the others are told."""
    stored, told = _ways(tickets, period, indicators)
    return stored_groups(tickets, period, by=by, moments=stored) + gather(told, period, by=by)


def rows_behind(
    tickets: Select[Ticket], period: Period, *, indicators: Sequence[Indicator]
) -> Iterator[Fact]:
    """The rows behind some indicators one by one."""
    stored, told = _ways(tickets, period, indicators)
    yield from stored_facts(tickets, period, moments=stored)
    yield from (fact for fact in told if period.holds(fact))


def _ways(
    tickets: Select[Ticket], period: Period, indicators: Sequence[Indicator]
) -> tuple[set[Moment], list[Fact]]:
    """The moments whose rows are stored, and the rows of these indicators that are not, told from histories.

    What came after a closing is true of all tickets together: for a past it is told whole.
    """
    law, moments = current_law(), {indicator.moment for indicator in indicators}
    told = [fact for fact in _not_stored(tickets, period, law) if fact.moment in moments]
    if Moment.AFTERMATH not in moments or not _went_on_since(period.as_of):
        return moments, told
    whole = facts_of(tickets, as_of=period.as_of, law=law)
    return moments - {Moment.AFTERMATH}, [
        *(fact for fact in told if fact.moment is not Moment.AFTERMATH),
        *(fact for fact in whole if fact.moment is Moment.AFTERMATH),
    ]


def facts_of(tickets: Select[Ticket], *, as_of: datetime, law: Law) -> tuple[Fact, ...]:
    """The rows of some tickets as of an instant, from their histories."""
    return all_facts(list(histories(tickets)), as_of=as_of, calendar=law.calendar)


def _went_on_since(moment: datetime) -> bool:
    """Whether anything was done on any ticket since."""
    return bool(db.session.scalar(select(exists().where(Ticket.touched_at > moment))))


def _not_stored(tickets: Select[Ticket], period: Period, law: Law) -> list[Fact]:
    told = list(histories(tickets.where(is_behind(period.as_of))))
    came = comings_to({int(history.enterprise) for history in told})
    return [
        fact
        for history in told
        for fact in facts(
            history,
            as_of=period.as_of,
            calendar=law.calendar,
            successors=came.get(kin_of(history, period.as_of), ()),
        )
    ]
