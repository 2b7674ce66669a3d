"""The lists beside the ledger: what was late, put off, returned, ordered and left out, and whose is shown to whom."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from openpyxl import load_workbook

from service_desk.desk import requests, supervision
from service_desk.desk.books import BOOKS, tickets_for
from service_desk.desk.ledgers import reader_of, write_book
from service_desk.domain.vocabulary import ExcludedFigure, OrderLevel, State
from service_desk.store.exports import ExportKind
from service_desk.store.people import User
from service_desk.store.scope import visible_tickets
from tests.world import MONDAY, World

TUESDAY = MONDAY + timedelta(days=1)
LATER = MONDAY + timedelta(days=30)


def listed(path: Path, kind: ExportKind, user: User, at: datetime = LATER) -> list[dict[str, Any]]:
    """Somebody's list by column, without its last line, which must say how many there are."""
    book, reader = BOOKS[kind], reader_of(user, contacts=False)
    tickets = tickets_for(kind, visible_tickets(user), at=at)
    file = path / "list.xlsx"
    number = write_book(
        file, book, tickets, reader=reader, made_by=user.name, at=at, organisation="云津县企业服务专窗"
    )
    titles, *rows, last = load_workbook(file).worksheets[0].iter_rows(min_row=3, values_only=True)
    assert book.count(tickets, reader) == number == len(rows)
    assert str(last[0]).endswith(f"共 {number} 行")
    return [{str(title): value for title, value in zip(titles, row, strict=True)} for row in rows]


def test_every_kind_of_export_is_a_book() -> None:
    assert set(BOOKS) == {kind for kind in ExportKind if not kind.is_report}
    assert all(book.title == kind.label for kind, book in BOOKS.items())


def test_what_is_late_is_listed_and_nothing_else(small_world: World, tmp_path: Path) -> None:
    late = small_world.make(State.IN_PROGRESS)
    small_world.make(State.CLOSED)
    small_world.make(State.SUBMITTED)
    (line,) = listed(tmp_path, ExportKind.OVERDUE, small_world.clerk)
    assert (line["诉求编号"], line["是否按时"], line["主办单位"]) == (late.number, "否", "供电公司")
    assert not listed(tmp_path, ExportKind.OVERDUE, small_world.clerk, at=TUESDAY)


def test_a_deferral_tells_its_plan_and_the_next_reply(world: World, tmp_path: Path) -> None:
    ticket = world.make(State.IN_PROGRESS)
    requests.ask_deferral(ticket.id, by=world.power, at=TUESDAY, plan="等设备", next_reply=date(2026, 3, 20))
    assert not listed(tmp_path, ExportKind.DEFERRED, world.clerk)
    requests.decide_deferral(ticket.id, by=world.supervisor, at=TUESDAY, granted=True)
    (line,) = listed(tmp_path, ExportKind.DEFERRED, world.clerk)
    assert (line["说明"], line["下次答复日期"], line["审批结果"]) == (
        "等设备",
        datetime(2026, 3, 20),  # noqa: DTZ001 - a workbook knows no zones
        "同意",
    )
    assert (line["当前状态"], line["申请单位"]) == ("挂账", "供电公司")


def test_returns_are_for_the_desk_and_who_asked(small_world: World, tmp_path: Path) -> None:
    ticket = small_world.make(State.ASSIGNED, supports=["金融办"])
    requests.ask_return(
        ticket.id,
        by=small_world.power,
        at=MONDAY + timedelta(hours=3),
        reason_code="非本单位职责",
        text="不归我们管",
        proposed=small_world.department("园区管委会"),
    )
    for reader in (small_world.clerk, small_world.power):
        (line,) = listed(tmp_path, ExportKind.RETURNED, reader)
        assert (line["退单理由"], line["建议主办单位"], line["审批结果"]) == (
            "非本单位职责",
            "园区管委会",
            "待审批",
        )
    assert not listed(tmp_path, ExportKind.RETURNED, small_world.finance)


def test_orders_that_wait_too_long_are_marked(small_world: World, tmp_path: Path) -> None:
    ticket = small_world.make(State.IN_PROGRESS, supports=["金融办"])
    supervision.supervise(
        ticket.id, by=small_world.supervisor, at=TUESDAY, level=OrderLevel.FIRST, text="请三日内办结"
    )
    (line,) = listed(tmp_path, ExportKind.ORDERS, small_world.supervisor)
    assert (line["级别"], line["承办单位"], line["督办要求"]) == ("一级", "供电公司", "请三日内办结")
    assert load_workbook(tmp_path / "list.xlsx").worksheets[0]["B4"].fill.fgColor.rgb == "FFFDECEA"
    assert len(listed(tmp_path, ExportKind.ORDERS, small_world.power)) == 1
    assert not listed(tmp_path, ExportKind.ORDERS, small_world.finance)


def test_exclusions_are_not_for_supports(small_world: World, tmp_path: Path) -> None:
    ticket = small_world.make(State.CLOSED, supports=["金融办"])
    requests.ask_exclusion(
        ticket.id,
        by=small_world.power,
        at=TUESDAY,
        figure=ExcludedFigure.SATISFIED,
        reason_code="企业原因",
        text="误评",
    )
    (line,) = listed(tmp_path, ExportKind.EXCLUDED, small_world.quality)
    assert (line["指标"], line["剔除理由"], line["说明"]) == ("满意率", "企业原因", "误评")
    assert not listed(tmp_path, ExportKind.EXCLUDED, small_world.finance)
