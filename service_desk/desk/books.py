"""Every kind of export as a book: the ledger, and lists of what was late, put off, returned, ordered or left out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, and_, func, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from service_desk.desk import ledgers
from service_desk.desk.ledgers import LEDGER, Book, Progress, ledger_of
from service_desk.domain.ledger import LedgerReader
from service_desk.domain.vocabulary import (
    ApprovalState,
    ClockKind,
    ClockState,
    ExcludedFigure,
    OrderLevel,
    RequestKind,
    State,
)
from service_desk.store.approvals import Approval
from service_desk.store.base import begin_reading, db, house
from service_desk.store.catalogue import Category
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.enterprises import Enterprise
from service_desk.store.exports import ExportKind
from service_desk.store.parts import Order
from service_desk.store.people import Department
from service_desk.store.tickets import Ticket
from service_desk.xlsx.cells import Value
from service_desk.xlsx.rows import ListColumn, ListRow, Look

Rows = Select[*tuple[Any, ...]]
Cell = Callable[[Any], Value]
About = Callable[[Select[Ticket], LedgerReader], Rows]
"""What a list tells of some tickets, to whom."""

ABOUT_THE_TICKET: tuple[tuple[ListColumn, Cell], ...] = (
    (ListColumn("诉求编号", 17), lambda row: row.number),
    (ListColumn("企业名称", 28), lambda row: row.enterprise),
    (ListColumn("标题", 36, Look.LONG), lambda row: row.title),
    (ListColumn("诉求类别", 12), lambda row: row.category),
    (ListColumn("当前状态", 10), lambda row: row.state.label),
)
TICKET_COLUMNS = (
    Ticket.number,
    Enterprise.name.label("enterprise"),
    Ticket.title,
    Category.name.label("category"),
    Ticket.state,
)


def _local(moment: datetime | None) -> datetime | None:
    return moment.astimezone(house().timezone) if moment else None


def _listing(
    kind: ExportKind,
    key: InstrumentedAttribute[int],
    about: About,
    columns: Sequence[tuple[ListColumn, Cell]],
    is_late: Callable[[Any, datetime], bool] = lambda _row, _at: False,
) -> Book:
    """A list of rows about tickets, in the order of their own key."""
    every = [*ABOUT_THE_TICKET, *columns]

    def rows(
        tickets: Select[Ticket], reader: LedgerReader, at: datetime, progress: Progress
    ) -> Iterator[ListRow]:
        statement, last, written = about(tickets, reader), 0, 0
        while True:
            begin_reading()
            batch = statement.where(key > last).order_by(key).limit(ledgers.BATCH)
            found = db.session.execute(batch).all()
            db.session.rollback()
            for number, row in enumerate(found, written + 1):
                yield ListRow([number, *(cell(row) for _, cell in every)], late=is_late(row, at))
            written += len(found)
            progress(written)
            if len(found) < ledgers.BATCH:
                return
            last = found[-1].key

    def count(tickets: Select[Ticket], reader: LedgerReader) -> int:
        counted = about(tickets, reader).with_only_columns(func.count(key)).order_by(None)
        return db.session.scalar(counted) or 0

    titles = [ListColumn("序号", 7, Look.NUMBER), *(column for column, _ in every)]
    return Book(kind.label, titles, count, rows)


# What was late


def _late(tickets: Select[Ticket], at: datetime) -> Select[Ticket]:
    """Tickets whose settle clock of the present cycle was missed, or is overdue."""
    missed = or_(Clock.state == ClockState.MISSED, and_(Clock.state.in_(LIVE), Clock.due_at < at))
    present = and_(Clock.kind == ClockKind.SETTLE, Clock.cycle == Ticket.cycle, missed)
    return tickets.where(Ticket.clocks.any(present))


# Requests: put off, returned, left out


def _requests(kind: RequestKind, *, latest_of: State | None = None) -> About:
    """The requests of a kind: all for the desk, a department's own; or the last one granted of tickets so deferred."""
    asker = aliased(Department)

    def about(tickets: Select[Ticket], reader: LedgerReader) -> Rows:
        own: ColumnElement[bool] = true() if reader.desk else Approval.department_id == reader.department_id
        statement = (
            select(
                Approval.id.label("key"),
                *TICKET_COLUMNS,
                asker.name.label("asker"),
                *(Approval.asked_by_name, Approval.asked_at, Approval.text, Approval.data),
                Approval.state.label("decision_state"),
                *(Approval.decided_by_name, Approval.decided_at, Approval.decision),
                _next_reply().label("next_reply"),
            )
            .join(Ticket, Ticket.id == Approval.ticket_id)
            .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
            .join(Category, Category.id == Ticket.category_id)
            .outerjoin(asker, asker.id == Approval.department_id)
            .where(Approval.ticket_id.in_(tickets.with_only_columns(Ticket.id)), Approval.kind == kind, own)
        )
        if latest_of is None:
            return statement
        other = aliased(Approval)
        last = select(func.max(other.id)).where(
            other.ticket_id == Ticket.id, other.kind == kind, other.state == ApprovalState.GRANTED
        )
        return statement.where(
            Ticket.state == latest_of, Approval.id == last.correlate(Ticket).scalar_subquery()
        )

    return about


def _next_reply() -> ScalarSelect[Any]:
    """The date on which a deferred ticket is answered next, which progress may have moved since it was asked for."""
    waits = select(func.max(Clock.named_date)).where(
        Clock.ticket_id == Ticket.id, Clock.kind == ClockKind.NEXT_REPLY, Clock.state.in_(LIVE)
    )
    return waits.correlate(Ticket).scalar_subquery()


def _asked(*of_its_kind: tuple[ListColumn, Cell]) -> list[tuple[ListColumn, Cell]]:
    return [
        (ListColumn("申请单位", 18), lambda row: row.asker),
        (ListColumn("申请人", 10), lambda row: row.asked_by_name),
        (ListColumn("申请时间", 17, Look.MOMENT), lambda row: _local(row.asked_at)),
        *of_its_kind,
        (ListColumn("说明", 48, Look.LONG), lambda row: row.text),
        (ListColumn("审批结果", 10), lambda row: row.decision_state.label),
        (ListColumn("审批人", 10), lambda row: row.decided_by_name),
        (ListColumn("审批时间", 17, Look.MOMENT), lambda row: _local(row.decided_at)),
        (ListColumn("审批意见", 40, Look.LONG), lambda row: row.decision),
    ]


def _given(title: str, name: str, width: float = 18) -> tuple[ListColumn, Cell]:
    return ListColumn(title, width), lambda row: row.data.get(name)


# Orders


def _orders(tickets: Select[Ticket], reader: LedgerReader) -> Rows:
    """The orders: all for the desk, a department's own."""
    asked = aliased(Department)
    own: ColumnElement[bool] = true() if reader.desk else Order.department_id == reader.department_id
    return (
        select(
            Order.id.label("key"),
            *TICKET_COLUMNS,
            Order.number.label("order_number"),
            *(Order.level, Order.demand, Order.issued_at, Order.answered_at, Order.answer, Order.new_date),
            *(asked.name.label("department"), Clock.due_at, Clock.state.label("clock_state")),
        )
        .join(Ticket, Ticket.id == Order.ticket_id)
        .join(Clock, Clock.id == Order.clock_id)
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .join(Category, Category.id == Ticket.category_id)
        .outerjoin(asked, asked.id == Order.department_id)
        .where(Order.ticket_id.in_(tickets.with_only_columns(Ticket.id)), own)
    )


def _order_is_late(row: Any, at: datetime) -> bool:  # noqa: ANN401 - a row of columns
    live = row.clock_state in LIVE
    return row.clock_state is ClockState.MISSED or (live and row.due_at is not None and row.due_at < at)


BOOKS: Mapping[ExportKind, Book] = {
    ExportKind.LEDGER: LEDGER,
    ExportKind.OVERDUE: ledger_of(
        ExportKind.OVERDUE.label,
        *(
            "序号",
            "诉求编号",
            "片区",
            "企业名称",
            "诉求类别",
            "紧急程度",
            "标题",
            "主办单位",
            "承办人",
            "交办日期",
        ),
        *(
            "签收日期",
            "首次联系日期",
            "办理时限",
            "应办结日期",
            "延期次数",
            "最新进展",
            "答复日期",
            "是否按时",
        ),
        *("超期天数", "督办次数", "当前状态"),
    ),
    ExportKind.DEFERRED: _listing(
        ExportKind.DEFERRED,
        Approval.id,
        _requests(RequestKind.DEFERRAL, latest_of=State.DEFERRED),
        _asked((ListColumn("下次答复日期", 13, Look.DAY), lambda row: row.next_reply)),
    ),
    ExportKind.RETURNED: _listing(
        ExportKind.RETURNED,
        Approval.id,
        _requests(RequestKind.RETURN),
        _asked(_given("退单理由", "reason_code"), _given("建议主办单位", "proposed")),
    ),
    ExportKind.ORDERS: _listing(
        ExportKind.ORDERS,
        Order.id,
        _orders,
        [
            (ListColumn("督办序号", 9, Look.NUMBER), lambda row: row.order_number),
            (ListColumn("级别", 8), lambda row: OrderLevel(str(row.level)).label),
            (ListColumn("承办单位", 18), lambda row: row.department),
            (ListColumn("督办要求", 48, Look.LONG), lambda row: row.demand),
            (ListColumn("下达时间", 17, Look.MOMENT), lambda row: _local(row.issued_at)),
            (ListColumn("回复期限", 17, Look.MOMENT), lambda row: _local(row.due_at)),
            (ListColumn("回复时间", 17, Look.MOMENT), lambda row: _local(row.answered_at)),
            (ListColumn("回复内容", 48, Look.LONG), lambda row: row.answer),
            (ListColumn("承诺办结日期", 13, Look.DAY), lambda row: row.new_date),
        ],
        _order_is_late,
    ),
    ExportKind.EXCLUDED: _listing(
        ExportKind.EXCLUDED,
        Approval.id,
        _requests(RequestKind.EXCLUSION),
        _asked(
            (ListColumn("指标", 13), lambda row: ExcludedFigure(row.data["figure"]).label),
            _given("剔除理由", "reason_code"),
        ),
    ),
}


def tickets_for(kind: ExportKind, tickets: Select[Ticket], *, at: datetime) -> Select[Ticket]:
    """Those of the tickets that the book is about."""
    return _late(tickets, at) if kind is ExportKind.OVERDUE else tickets
