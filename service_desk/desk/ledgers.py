"""The ledger 诉求台账: its columns, and its rows as they stream from the database into a workbook."""

import gc
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Select, func, select

from service_desk.domain.errors import Invalid
from service_desk.domain.figures import Period
from service_desk.domain.ledger import LedgerEntry, LedgerPart, LedgerRating, LedgerReader, LedgerReply
from service_desk.domain.masking import mask_name, mask_phone
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role, Standing
from service_desk.domain.worktime import OfficeCalendar
from service_desk.store.base import among, begin_reading, db, house, in_context
from service_desk.store.law import current_law
from service_desk.store.ledgers import Batch, Names, batches, entries_of
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from service_desk.xlsx.cells import Value
from service_desk.xlsx.rows import ListColumn, ListRow, Look
from service_desk.xlsx.stream import MOST_ROWS, ListSheet, write_list

BATCH = 2_000
"""Tickets that are read together: what a reading transaction lasts, and how soon a cancelled export stops."""
AHEAD = 2
"""Batches that are read at once while another is written."""
SELDOM = (50_000, 20, 100)
"""Thresholds of the garbage collector while a list is written."""
TITLE = "诉求台账"
DESK_ROLES = (Role.CLERK, Role.QUALITY, Role.SUPERVISOR)

Progress = Callable[[int], None]
"""Told after each batch how many rows are written; what it raises stops the writing."""


def reader_of(user: User, *, contacts: bool) -> LedgerReader:
    """What of the tickets a person's ledger tells."""
    return LedgerReader(contacts=contacts, desk=user.has(*DESK_ROLES), department_id=user.department_id)


OPERATOR = LedgerReader(contacts=False, desk=True)
"""Who runs a command: stands above the scopes of people, and has no more use for phones than they."""


class _Line:
    """One line of the ledger while it is written down; what several columns ask is reckoned once."""

    __slots__ = ("calendar", "due_at", "entry", "is_late", "now", "number", "rating", "reader", "reply", "tz")

    def __init__(
        self, number: int, entry: LedgerEntry, reader: LedgerReader, now: datetime, calendar: OfficeCalendar
    ) -> None:
        self.number, self.entry, self.reader = number, entry, reader
        self.now, self.calendar, self.tz = now, calendar, calendar.tz
        self.due_at = entry.due_at(calendar)
        self.is_late = entry.is_late(self.due_at, now)
        # Only what the reader may read of a reply; a single rating is for the desk, departments read theirs in totals.
        self.reply = entry.reply if entry.reads_reply(reader) else None
        self.rating = entry.rating if reader.desk else None

    def local(self, moment: datetime | None) -> datetime | None:
        return moment.astimezone(self.tz) if moment else None

    def day(self, moment: datetime | None) -> date | None:
        return moment.astimezone(self.tz).date() if moment else None

    @property
    def due(self) -> Value:
        if self.due_at is None and self.entry.settle is not None and self.entry.settle.is_live:
            return Standing.PAUSED.label
        return self.local(self.due_at)

    @property
    def in_time(self) -> str:
        return "" if self.is_late is None else "否" if self.is_late else "是"

    @property
    def days_late(self) -> int | None:
        if not self.is_late or self.due_at is None:
            return None
        return self.entry.days_late(self.due_at, self.now, self.calendar)


Cell = Callable[[_Line], Value]


def _of_reply(told: Callable[[LedgerReply], Value]) -> Cell:
    return lambda line: told(line.reply) if line.reply is not None else None


def _of_rating(told: Callable[[LedgerRating], Value]) -> Cell:
    return lambda line: told(line.rating) if line.rating is not None else None


def _of_lead(told: Callable[[LedgerPart], Value]) -> Cell:
    return lambda line: told(line.entry.lead) if line.entry.lead is not None else None


def _of_lead_at(told: Callable[[LedgerPart], datetime | None]) -> Cell:
    return lambda line: line.local(told(line.entry.lead)) if line.entry.lead is not None else None


def _contact(masked: Callable[[str], str], told: Callable[[LedgerEntry], str]) -> Cell:
    return lambda line: told(line.entry) if line.reader.contacts else masked(told(line.entry))


COLUMNS: tuple[tuple[ListColumn, Cell], ...] = (
    (ListColumn("序号", 7, Look.NUMBER), lambda line: line.number),
    (ListColumn("诉求编号", 17), lambda line: line.entry.number),
    (ListColumn("来源渠道", 11), lambda line: line.entry.source),
    (ListColumn("来文号", 18), lambda line: line.entry.above_number),
    (ListColumn("提出日期", 12, Look.DAY), lambda line: line.day(line.entry.submitted_at)),
    (ListColumn("片区", 14), lambda line: line.entry.area),
    (ListColumn("企业名称", 28), lambda line: line.entry.enterprise),
    (ListColumn("统一社会信用代码", 21), lambda line: line.entry.code),
    (ListColumn("行业", 14), lambda line: line.entry.industry),
    (ListColumn("标签", 16), lambda line: "、".join(dict.fromkeys(line.entry.tags))),
    (ListColumn("联系人", 10), _contact(mask_name, lambda entry: entry.contact_name)),
    (ListColumn("联系电话", 15), _contact(mask_phone, lambda entry: entry.contact_phone)),
    (ListColumn("包联领导", 10), lambda line: line.entry.leader),
    (ListColumn("帮扶部门", 16), lambda line: line.entry.liaison_department),
    (ListColumn("服务专员", 10), lambda line: line.entry.officer),
    (ListColumn("诉求类别", 12), lambda line: line.entry.category),
    (ListColumn("诉求性质", 9), lambda line: line.entry.nature),
    (ListColumn("紧急程度", 9), lambda line: line.entry.urgency),
    (ListColumn("标题", 32, Look.LONG), lambda line: line.entry.title),
    (ListColumn("诉求内容", 60, Look.LONG), lambda line: line.entry.text),
    (ListColumn("办理模式", 10), lambda line: line.entry.mode),
    (ListColumn("主办单位", 18), lambda line: line.entry.lead_name),
    (ListColumn("协办单位", 20), lambda line: "、".join(part.department for part in line.entry.supports)),
    (ListColumn("承办人", 10), _of_lead(lambda lead: lead.handler)),
    (ListColumn("交办日期", 17, Look.MOMENT), _of_lead_at(lambda lead: lead.assigned_at)),
    (ListColumn("签收日期", 17, Look.MOMENT), _of_lead_at(lambda lead: lead.signed_at)),
    (ListColumn("首次联系日期", 17, Look.MOMENT), lambda line: line.local(line.entry.contacted_at)),
    (ListColumn("办理时限", 14), lambda line: line.entry.settle.limit if line.entry.settle else None),
    (ListColumn("应办结日期", 17, Look.MOMENT), lambda line: line.due),
    (ListColumn("延期次数", 9, Look.NUMBER), lambda line: line.entry.extensions),
    (ListColumn("最新进展", 36, Look.LONG), lambda line: line.entry.last_line),
    (ListColumn("办理结果", 60, Look.LONG), _of_reply(lambda reply: reply.text)),
    (
        ListColumn("结果类别", 13),
        _of_reply(lambda reply: reply.outcome.label if reply.outcome else None),
    ),
    (ListColumn("答复日期", 17, Look.MOMENT), lambda line: line.local(line.reply.at) if line.reply else None),
    (ListColumn("办结日期", 12, Look.DAY), lambda line: line.day(line.entry.closed_at)),
    (ListColumn("用时（工作日）", 10, Look.NUMBER), lambda line: line.entry.days_taken(line.calendar)),
    (ListColumn("是否按时", 9), lambda line: line.in_time),
    (ListColumn("超期天数", 9, Look.NUMBER), lambda line: line.days_late),
    (ListColumn("督办次数", 9, Look.NUMBER), lambda line: line.entry.orders),
    (ListColumn("是否解决", 10), _of_rating(lambda rating: rating.solved.label)),
    (ListColumn("满意度", 11), _of_rating(lambda rating: rating.level.label)),
    (ListColumn("评价意见", 30, Look.LONG), _of_rating(lambda rating: rating.text)),
    (ListColumn("回访情况", 10), lambda line: line.entry.follow_up if line.reader.desk else None),
    (ListColumn("重办次数", 9, Look.NUMBER), lambda line: line.entry.cycle - 1),
    (ListColumn("当前状态", 10), lambda line: line.entry.state.label),
    (ListColumn("备注", 36, Look.LONG), lambda line: line.entry.remarks(line.reader)),
)
"""What the ledger says of a ticket, in the order of the law."""


def submitted_in(period: Period) -> Select[Ticket]:
    """The park's tickets submitted in a period."""
    return select(Ticket).where(Ticket.submitted_at >= period.begins, Ticket.submitted_at < period.ends)


def count_of(tickets: Select[Ticket], _reader: LedgerReader = OPERATOR) -> int:
    """How many lines the ledger of these tickets will have."""
    return db.session.scalar(tickets.with_only_columns(func.count(Ticket.id)).order_by(None)) or 0


def refuse_too_many(number: int) -> None:
    """Raises ``Invalid`` where a sheet cannot hold so many rows: none is ever left out."""
    if number >= MOST_ROWS:
        raise Invalid(
            say(
                "共 %(n)s 行，超过一张 Excel 表能容纳的 %(most)s 行。请缩小范围，分几次导出。",
                n=number,
                most=MOST_ROWS - 1,
            )
        )


@dataclass(frozen=True)
class Book:
    """A workbook about some tickets: how many rows it will have, and the rows as they come."""

    title: str
    columns: Sequence[ListColumn]
    count: Callable[[Select[Ticket], LedgerReader], int]
    rows: Callable[[Select[Ticket], LedgerReader, datetime, Progress], Iterator[ListRow]]


def write_book(
    path: Path,
    book: Book,
    tickets: Select[Ticket],
    *,
    reader: LedgerReader,
    made_by: str,
    at: datetime,
    organisation: str,
    progress: Progress = lambda _rows: None,
) -> int:
    """Write a book about some tickets to ``path``; how many rows it has. ``at`` is what lateness is told by."""
    moment = f"{at.astimezone(house().timezone):%Y-%m-%d %H:%M}"
    sheet = ListSheet(
        title=book.title,
        line=say("填报单位：%(organisation)s　　截至日期：%(at)s", organisation=organisation, at=moment),
        columns=book.columns,
        foot=lambda rows: say("由 %(who)s 于 %(at)s 导出，共 %(n)s 行", who=made_by, at=moment, n=rows),
    )
    with _seldom_collected():
        return write_list(path, sheet, book.rows(tickets, reader, at, progress))


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Let the collector look less often: the rows hold no circles, and searching them takes a third of the time."""
    usual = gc.get_threshold()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


def ledger_of(title: str, *titles: str) -> Book:
    """A ledger, or the columns of one that are named."""
    chosen = [one for one in COLUMNS if not titles or one[0].title in titles]
    cells = [cell for _, cell in chosen]

    def rows(
        tickets: Select[Ticket], reader: LedgerReader, at: datetime, progress: Progress
    ) -> Iterator[ListRow]:
        for line in _lines(tickets, reader, at, progress):
            yield ListRow([cell(line) for cell in cells], late=bool(line.is_late))

    return Book(title, [column for column, _ in chosen], count_of, rows)


def _lines(
    tickets: Select[Ticket], reader: LedgerReader, at: datetime, progress: Progress
) -> Iterator[_Line]:
    begin_reading()
    names, calendar = Names.read(), current_law().calendar
    to_read = iter(batches(tickets, size=BATCH))
    db.session.rollback()

    def read(batch: Batch) -> list[LedgerEntry]:
        begin_reading()
        return entries_of(batch.of(tickets), names=names, reader=reader)

    written = 0
    # The next batches are read while this one is written: the database works on the other core, and while one waits
    # for it, another does not. Each has a session of its own that ends with it: on SQLite a long reader keeps the
    # log from shrinking.
    with ThreadPoolExecutor(AHEAD) as beside:
        read_apart = in_context(read)
        coming = deque(beside.submit(read_apart, batch) for batch in islice(to_read, AHEAD))
        while coming:
            entries = coming.popleft().result()
            coming.extend(beside.submit(read_apart, batch) for batch in islice(to_read, 1))
            for number, entry in enumerate(entries, written + 1):
                yield _Line(number, entry, reader, at, calendar)
            written += len(entries)
            progress(written)


def told_of(
    ticket_ids: Sequence[int], names: Names, *, at: datetime, calendar: OfficeCalendar
) -> Iterator[tuple[LedgerEntry, dict[str, Value]]]:
    """What the desk's own ledger says of these tickets, by column, as the present transaction has them; by id."""
    tickets = select(Ticket).where(among(Ticket.id, ticket_ids))
    for entry in entries_of(tickets, names=names, reader=OPERATOR):
        line = _Line(0, entry, OPERATOR, at, calendar)
        yield entry, {column.title: cell(line) for column, cell in COLUMNS}


LEDGER = ledger_of(TITLE)
