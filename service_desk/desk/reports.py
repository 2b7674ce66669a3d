"""Reports: the figures of a period for a page or a command, and the workbook that counts itself again."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import cache, cached_property, partial
from pathlib import Path

from sqlalchemy import Select, select

from service_desk.desk.facts import Rows
from service_desk.desk.ledgers import Progress
from service_desk.desk.packs import Material, sheets_of
from service_desk.domain.errors import Invalid
from service_desk.domain.figures import (
    REPORTS,
    By,
    Fact,
    Figure,
    Group,
    Indicator,
    Period,
    Report,
    count_groups,
    with_year_before,
)
from service_desk.domain.ledger import LedgerReader
from service_desk.domain.masking import mask_within
from service_desk.domain.sentences import say
from service_desk.store.base import among_numbers, db
from service_desk.store.enterprises import Enterprise
from service_desk.store.law import Law, current_law
from service_desk.store.tickets import Ticket
from service_desk.xlsx.book import DetailValues
from service_desk.xlsx.figures import Imprint, TicketWords, report_book
from service_desk.xlsx.rows import TooManyRows
from service_desk.xlsx.workbook import write_book

LONGEST_DAYS = 366 * 10
EARLIEST, LATEST = date(2000, 1, 1), date(2200, 1, 1)
LISTS_ARE_OF_NOW = (
    "清单（未办结、超期、到期、挂账、督办等）以制表时的状态为准；黄牌、红牌、差评和办结案例按统计期；清单全部列出，没有省略。",
    "标题、说明和评价意见中的电话号码、联系人姓名已遮盖。",
)
TOLD_EVERY = 2_000
"""Rows of 明细 between two words of how far it has come."""
TICKET_COLUMNS = ("企业名称", "标题", "当前状态")


def period_of(since: date, until: date, *, as_of: datetime, law: Law) -> Period:
    """A half-open period of the park's days. Raises ``Invalid`` where it holds no day, or too many."""
    if until <= since:
        raise Invalid("统计期的结束须晚于开始，请改一下日期。", fields={"until": "结束日期须晚于开始日期。"})
    if since < EARLIEST or until > LATEST:
        sentence = say(
            "统计期须在 %(first)s 年至 %(last)s 年之间。", first=EARLIEST.year, last=LATEST.year - 1
        )
        raise Invalid(sentence, fields={"since": sentence})
    if (until - since).days > LONGEST_DAYS:
        raise Invalid("统计期最长 10 年，请缩短。", fields={"until": "统计期最长 10 年。"})
    return Period(since, until, as_of, law.calendar.tz)


def report_named(name: str) -> Report:
    """A report by its name. Raises ``Invalid`` with the names there are."""
    if name not in REPORTS:
        raise Invalid(say("没有“%(name)s”这张报表；可选：%(reports)s。", name=name, reports=tuple(REPORTS)))
    return REPORTS[name]


class Counting:
    """The figures of a report: of its period, and of earlier ones that it is compared with."""

    def __init__(self, report: Report, tickets: Select[Ticket], period: Period, law: Law) -> None:
        self._report, self._period = report, period
        self._rows = Rows(tickets, period.as_of, law)
        # A table at a time: alike on all lines at once are so few rows that grouping them saves next to nothing.
        self._its_own = cache(self._by)

    def figures(self, period: Period, by: By | None) -> list[Figure]:
        """The figures of a period, the whole or by line. How things stand now is told of the report's own alone."""
        return count_groups(self._groups(period, by), period, indicators=self._report.indicators, by=by)

    def rows(self, indicators: Sequence[Indicator]) -> Iterator[Fact]:
        """The rows of the report's own period behind some indicators."""
        return self._rows.one_by_one(self._period, indicators)

    def _groups(self, period: Period, by: By | None) -> Sequence[Group]:
        if period == self._period:
            return self._its_own(by)
        reach = with_year_before(self._period)
        is_within = reach.since <= period.since and period.until <= reach.until
        if by in (None, By.MONTH) and period.is_whole_months and is_within:
            months = set(period.months)
            return [group for group in self._months if group.lines[By.MONTH] in months]
        return self._rows.groups(period, self._dated, by=(by,) if by else ())

    def _by(self, by: By | None) -> Sequence[Group]:
        """The rows of the report's own period on the lines of a table."""
        return self._rows.groups(self._period, self._report.indicators, by=(by,) if by else ())

    @cached_property
    def _months(self) -> Sequence[Group]:
        return self._rows.groups(with_year_before(self._period), self._dated, by=(By.MONTH,))

    @property
    def _dated(self) -> Sequence[Indicator]:
        return [indicator for indicator in self._report.indicators if indicator.has_period]


def write_report(
    path: Path,
    report: Report,
    tickets: Select[Ticket],
    period: Period,
    *,
    reader: LedgerReader,
    made_by: str,
    at: datetime,
    organisation: str,
    progress: Progress = lambda _rows: None,
) -> int:
    """Write the workbook of a report over some tickets to ``path``; how many rows its 明细 has.

    It is for a reader: how single matters were rated is told to the desk. Raises ``Invalid`` where a sheet cannot
    hold the rows, and whatever ``progress`` raises.
    """
    if not reader.desk:
        report = report.without_ratings
    law = current_law()
    counting = Counting(report, tickets, period, law)
    material = Material(report, tickets, period, counting.figures, counting.rows, reader, law, at)
    book = report_book(
        report,
        counting.figures,
        counting.rows(report.indicators),
        period,
        tickets=TicketWords(TICKET_COLUMNS, partial(_words, tickets)),
        imprint=Imprint(
            organisation=organisation,
            made_by=made_by,
            made_at=at,
            calendar_version=say("第 %(version)s 版", version=law.calendar.version),
            filters={"范围": "导出人可见的全部诉求"},
            remarks=LISTS_ARE_OF_NOW if report.parts or report.annexes else (),
        ),
        parts=sheets_of(report.parts, material),
        annexes=sheets_of(report.annexes, material),
    )
    detail = replace(book.detail, rows=_telling(book.detail.rows, progress))
    try:
        return write_book(path, replace(book, detail=detail))
    except TooManyRows:
        raise Invalid("明细超过一张 Excel 表能容纳的行数，请缩短统计期，分几次导出。") from None


def _words(tickets: Select[Ticket], numbers: Collection[str]) -> Mapping[str, Sequence[str]]:
    columns = (
        tickets.where(among_numbers(Ticket.number, sorted(numbers)))
        .join(Enterprise, Ticket.enterprise_id == Enterprise.id)
        .with_only_columns(Ticket.number, Enterprise.name, Ticket.title, Ticket.contact_name, Ticket.state)
    )
    return {
        row.number: (row.name, mask_within(row.title, row.contact_name), row.state.label)
        for row in db.session.execute(columns)
    }


def _telling(rows: Iterable[DetailValues], progress: Progress) -> Iterator[DetailValues]:
    for number, row in enumerate(rows, 1):
        yield row
        if number % TOLD_EVERY == 0:
            progress(number)


def every_ticket() -> Select[Ticket]:
    """The whole park: for the operator's commands, which stand above the scopes of people."""
    return select(Ticket)
