"""Facts for the figures: stored in the background, and counted together with what is not stored yet."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cache, cached_property
from typing import Self

import structlog
from sqlalchemy import ColumnElement, Select, or_, select

from service_desk.desk.sweeping import sweep_in_batches
from service_desk.domain.figures import (
    By,
    Fact,
    Figure,
    Group,
    History,
    Indicator,
    Moment,
    Part,
    Period,
    all_facts,
    count_groups,
    facts,
    gather,
    kin_of,
    line_of,
    members,
    part_of,
    value_at,
)
from service_desk.store.base import begin_reading, db, transaction
from service_desk.store.beats import take_night
from service_desk.store.fact_counts import Kind, add_up, crowded, note
from service_desk.store.facts import (
    ALL_TIME,
    comings_to,
    is_behind,
    keep,
    leaves_none_out,
    miscounted,
    names_of,
    stored_behind,
    stored_by_day,
    stored_facts,
    stored_groups,
    to_be_told,
)
from service_desk.store.histories import histories, history_of
from service_desk.store.law import Law, current_law
from service_desk.store.people import Department
from service_desk.store.tickets import Ticket, locked_if_free

BATCH = 50
"""Tickets in one transaction: enough to save statements, few enough to keep nobody waiting."""

log = structlog.get_logger()


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


def add_up_counts(_now: datetime) -> int:
    """Put few entries in the place of many where a month's counts have grown long; how many fewer there are."""
    # Read without keeping writers waiting.
    begin_reading()
    found = crowded()
    db.session.rollback()
    return sum(add_up_counts_of(month, moment) for month, moment in found)


@transaction
def add_up_counts_of(month: int, moment: Moment) -> int:
    """One entry for each kind of a month's rows; how many fewer there are."""
    return add_up(month, moment)


def check_counts_by_night(now: datetime) -> int:
    """Once a night, count all rows anew; counts that differ are put right and logged. How many did."""
    if not take_night("counts", now):
        return 0
    begin_reading()
    found = miscounted()
    db.session.rollback()
    if found:
        log.error(
            "counts of fact rows were wrong", kinds=len(found), examples=sorted(found.items(), key=_size)[:3]
        )
        _put_right(found)
    return len(found)


def _size(one: tuple[Kind, int]) -> int:
    return -abs(one[1])


@transaction
def _put_right(difference: Mapping[Kind, int]) -> None:
    # It still holds: whoever changed rows meanwhile has entered that, too.
    note(difference)


def figures(
    tickets: Select[Ticket], period: Period, *, indicators: Sequence[Indicator], by: By | None
) -> list[Figure]:
    """The figures of a period over some tickets, the whole or by line."""
    found = Rows(tickets, period.as_of, current_law()).groups(period, indicators, by=(by,) if by else ())
    return count_groups(found, period, indicators=indicators, by=by)


class Rows:
    """The fact rows of some tickets as of an instant: stored ones are counted by the database, the others are told.

    Whose record has gone on since its rows were stored, or since the instant, is told from its history: once for all
    that is asked here. Every ``period`` must be one as of that instant. ``called`` are the names of lines, by what is
    stored of them.
    """

    def __init__(self, tickets: Select[Ticket], as_of: datetime, law: Law) -> None:
        self._tickets, self._told_of, self._as_of, self._law = tickets, tickets, as_of, law
        touched = to_be_told(as_of)
        self._has_gone_on = any(touched.values())
        self._without = self._to_tell = list(touched)
        self.called = cache(names_of)

    @classmethod
    def of_all_but(cls, hidden: Collection[int], tickets: Select[Ticket], as_of: datetime, law: Law) -> Self:
        """The rows of all there is but some tickets (ids), for whoever wants of them those of ``tickets`` alone.

        Naming the few that are hidden costs less than asking every ticket; rows of others are for the caller to leave
        out. What is not stored yet is told of ``tickets``.
        """
        rows = cls(select(Ticket), as_of, law)
        rows._told_of, rows._without = tickets, [*rows._to_tell, *hidden]
        return rows

    def groups(self, period: Period, indicators: Sequence[Indicator], *, by: Collection[By]) -> list[Group]:
        """The rows behind some indicators in groups that tell these lines apart."""
        stored, told = self._ways(indicators)
        counted = stored_groups(
            self._tickets, period, by=by, moments=stored, without=self._without, called=self.called
        )
        return counted + gather(told, period, by=by)

    def one_by_one(self, period: Period, indicators: Sequence[Indicator]) -> Iterator[Fact]:
        """The rows behind some indicators."""
        stored, told = self._ways(indicators)
        yield from stored_facts(self._tickets, period, moments=stored, without=self._without)
        yield from (fact for fact in told if period.holds(fact))

    def by_day(self, period: Period, indicators: Sequence[Indicator]) -> Mapping[str, Mapping[date, int]]:
        """The numerators of each day of a short period, by the key of the indicator; days with nothing are left out."""
        stored, told = self._ways(indicators)
        rows = Counter(
            (fact.moment, fact.marks, fact.at.astimezone(period.tz).date())
            for fact in told
            if period.holds(fact)
        )
        rows.update(stored_by_day(self._tickets, period, moments=stored, without=self._without))
        found: dict[str, Counter[date]] = {indicator.key: Counter() for indicator in indicators}
        for (moment, marks, day), number in rows.items():
            for indicator in indicators:
                if indicator.moment is moment and part_of(indicator, marks) is Part.NUMERATOR:
                    found[indicator.key][day] += number
        return found

    def tickets_behind(
        self,
        period: Period,
        *,
        indicator: Indicator,
        part: Part,
        line: tuple[By, Collection[str]] | None,
    ) -> Select[Ticket]:
        """The tickets behind one part of a figure, on these lines or all; one that counts twice is there once."""
        stored, told = self._ways((indicator,))
        numbers = {
            member.fact.ticket
            for member in members(told, indicator, period)
            if (line is None or line_of(member.fact, line[0], period) in line[1])
            and {Part.NUMERATOR: member.numerator, Part.EXCLUDED: member.excluded}.get(
                part, member.denominator
            )
        }
        found: ColumnElement[bool] = Ticket.number.in_(numbers)
        if indicator.moment in stored:
            behind = stored_behind(
                self._tickets, period, indicator=indicator, part=part, line=line, without=self._without
            )
            found = or_(found, Ticket.id.in_(behind))
        return self._tickets.where(found)

    def _ways(self, indicators: Sequence[Indicator]) -> tuple[frozenset[Moment], Sequence[Fact]]:
        """The moments whose stored rows hold, and the rows to add to them."""
        moments = frozenset(indicator.moment for indicator in indicators)
        told = [fact for fact in self._told if fact.moment in moments]
        if Moment.AFTERMATH not in moments or not self._has_gone_on:
            return moments, told
        # What came after a closing is true of all tickets together: for a past it is told whole.
        others = (fact for fact in told if fact.moment is not Moment.AFTERMATH)
        return moments - {Moment.AFTERMATH}, [*others, *self._aftermath]

    @cached_property
    def _told(self) -> Sequence[Fact]:
        return tuple(_told(self._told_of, self._to_tell, self._as_of, self._law))

    @cached_property
    def _aftermath(self) -> Sequence[Fact]:
        whole = facts_of(self._told_of, as_of=self._as_of, law=self._law)
        return [fact for fact in whole if fact.moment is Moment.AFTERMATH]


def facts_of(tickets: Select[Ticket], *, as_of: datetime, law: Law) -> tuple[Fact, ...]:
    """The rows of some tickets as of an instant, from their histories."""
    told = list(histories(tickets))
    beside = told if leaves_none_out(tickets) else histories(_came_beside(told, as_of))
    return all_facts(told, as_of=as_of, calendar=law.calendar, beside=beside)


def _came_beside(told: Sequence[History], as_of: datetime) -> Select[Ticket]:
    """All tickets that may have come after some, whoever may see them: those then of the same enterprises."""
    return select(Ticket).where(or_(Ticket.enterprise_id.in_(_whose(told, as_of)), Ticket.touched_at > as_of))


def _whose(told: Sequence[History], as_of: datetime) -> set[int]:
    """The enterprises that had filed any of them by then."""
    return {int(name) for history in told if (name := value_at(history.enterprises, as_of))}


def _told(tickets: Select[Ticket], ticket_ids: Sequence[int], as_of: datetime, law: Law) -> Iterator[Fact]:
    """The rows of those of the tickets that have these ids, from their histories; some at a time."""
    for begin in range(0, len(ticket_ids), BATCH):
        some = ticket_ids[begin : begin + BATCH]
        told = list(histories(tickets.where(Ticket.id.in_(some))))
        came = comings_to(_whose(told, as_of))
        for history in told:
            kin = kin_of(history, as_of)
            yield from facts(history, as_of=as_of, calendar=law.calendar, successors=came.get(kin, ()))
