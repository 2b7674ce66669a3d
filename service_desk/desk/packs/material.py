"""What the sheets of a report are made of: figures, rows, and lists that several sheets read, asked for once."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from sqlalchemy import Select

from service_desk.domain.figures import (
    BY_KEY,
    Fact,
    Figure,
    Indicator,
    Mark,
    Moment,
    Period,
    Report,
    period_before,
    year_before,
)
from service_desk.domain.ledger import LedgerReader
from service_desk.domain.masking import mask_within
from service_desk.domain.vocabulary import CardColour, ClockKind, State
from service_desk.store import packs
from service_desk.store.law import Law
from service_desk.store.packs import AnyRow, OpenTicket
from service_desk.store.tickets import Ticket
from service_desk.xlsx.figures import Count, Figures, figures_of

MEETING_LEVEL = 2
"""What the ladder orders at this level goes before the weekly meeting, too (the law, ladder of settle)."""

WITH_THE_LEAD = (State.ASSIGNED, State.IN_PROGRESS)


@dataclass(frozen=True)
class Material:
    """A report over some tickets, for a reader; ``at`` is when it is made, and what lists are true of."""

    report: Report
    tickets: Select[Ticket]
    period: Period
    count: Count
    rows_of: Callable[[Sequence[Indicator]], Iterator[Fact]]
    reader: LedgerReader
    law: Law
    at: datetime

    # -- figures ------------------------------------------------------------------------------

    @cached_property
    def now(self) -> Figures:
        """The whole figures of the period."""
        return figures_of(self.count, self.period, None)

    @cached_property
    def before(self) -> Figures:
        """Those of the period before."""
        return figures_of(self.count, period_before(self.period), None)

    @cached_property
    def year_ago(self) -> Figures:
        """Those of the same days last year."""
        return figures_of(self.count, year_before(self.period), None)

    def figure(self, key: str) -> Figure | None:
        """A whole figure of the period; None where the reader is not told it."""
        return self.now.get((key, None))

    def number(self, key: str) -> int:
        """A count of the period."""
        figure = self.figure(key)
        return (figure.numerator or 0) if figure else 0

    @property
    def is_over(self) -> bool:
        """Whether the period has ended."""
        return self.law.calendar.day_of(self.at) >= self.period.until

    @cached_property
    def closings(self) -> Sequence[Fact]:
        """The closings of the period that a department replied to."""
        rows = self.rows_of([BY_KEY["closings"]])
        return [fact for fact in rows if fact.moment is Moment.CLOSE and fact.marks & Mark.BY_DEPARTMENT]

    # -- lists --------------------------------------------------------------------------------

    @cached_property
    def open(self) -> Sequence[OpenTicket]:
        """What is open now."""
        return packs.open_tickets(self.tickets)

    @cached_property
    def overdue(self) -> Sequence[OpenTicket]:
        """What is open and late, whoever's turn it is."""
        return [one for one in self.open if self.late(one) is not None]

    @cached_property
    def for_the_meeting(self) -> Sequence[OpenTicket]:
        """What the ladder sends to the next weekly meeting: so many working days over a settle clock that runs."""
        return [one for one in self.open if self._goes_to_the_meeting(one)]

    @cached_property
    def cards(self) -> Sequence[AnyRow]:
        """The cards given in the period."""
        return packs.cards(self.tickets, self.period, self.reader)

    @cached_property
    def orders(self) -> Sequence[AnyRow]:
        """The orders issued in the period, and those unanswered."""
        return packs.orders(self.tickets, self.period, self.reader)

    @cached_property
    def submitted(self) -> Sequence[AnyRow]:
        """How many requests each enterprise filed in the period, the most first."""
        return packs.submitted_by_enterprise(self.tickets, self.period)

    @property
    def reds(self) -> int:
        """How many of the cards are red."""
        return sum(1 for row in self.cards if row.colour == CardColour.RED)

    @property
    def issued(self) -> int:
        """How many of the orders were issued in the period."""
        return sum(1 for row in self.orders if row.is_new)

    @cached_property
    def unanswered(self) -> Sequence[AnyRow]:
        """The orders that nobody has answered, whenever they were issued."""
        return [row for row in self.orders if row.waits]

    @cached_property
    def bad_ratings(self) -> Sequence[AnyRow]:
        """The bad ratings of the period."""
        return packs.bad_ratings(self.tickets, self.period, self.reader)

    @property
    def bad_waiting(self) -> int:
        """Bad ratings on which nothing has been done yet."""
        return sum(1 for row in self.bad_ratings if row.now_in == row.cycle and not row.kept)

    # -- how they are told --------------------------------------------------------------------

    @property
    def made_at(self) -> str:
        """When it is made, by the park's clocks."""
        return f"{self.local(self.at):%Y-%m-%d %H:%M}"

    def days_late(self, due: datetime | None) -> int | None:
        """The working days after the due day, 0 on that day; None where it is not late."""
        if due is None or due >= self.at:
            return None
        calendar = self.law.calendar
        return calendar.working_days_after(calendar.day_of(due), calendar.day_of(self.at))

    def late(self, one: OpenTicket) -> int | None:
        """How many working days it is late, by the deadline it is told by; None where it is not."""
        return self.days_late(one.deadline(self.at)[1])

    def day(self, moment: datetime | None) -> date | None:
        """The park's day."""
        return moment.astimezone(self.period.tz).date() if moment else None

    def local(self, moment: datetime | None) -> datetime | None:
        """A moment by the park's clocks."""
        return moment.astimezone(self.period.tz) if moment else None

    @staticmethod
    def title(row: AnyRow | OpenTicket) -> str:
        """A ticket's title without phones and the contact's name."""
        return mask_within(row.title, row.contact_name)

    def _goes_to_the_meeting(self, one: OpenTicket) -> bool:
        days = self.days_late(one.settle_due)
        if days is None or one.settle_since is None or one.state not in WITH_THE_LEAD:
            return False
        ladder = self.law.ladder_of(ClockKind.SETTLE, one.profile, one.settle_since)
        steps = [
            step.rule.count
            for step in ladder
            if step.rule.when == "overdue" and (step.order_level or 0) >= MEETING_LEVEL
        ]
        return bool(steps) and days >= min(steps)
