"""The ledger: what it says of tickets made by hand, to whom, and that it agrees with the figures."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from service_desk.desk import closing, dispatch, handling, ledgers
from service_desk.desk.facts import facts_of
from service_desk.desk.ledgers import COLUMNS, LEDGER, reader_of, write_book
from service_desk.domain.figures import Fact, Mark, Moment
from service_desk.domain.vocabulary import Level, Nature, Outcome, Solved, State
from service_desk.store.people import User
from service_desk.store.scope import visible_tickets
from tests.visitor import counted
from tests.world import CHINA, MONDAY, World

LATER = MONDAY + timedelta(days=30)
TITLES = [
    "序号",
    "诉求编号",
    "来源渠道",
    "来文号",
    "提出日期",
    "片区",
    "企业名称",
    "统一社会信用代码",
    "行业",
    "标签",
    "联系人",
    "联系电话",
    "包联领导",
    "帮扶部门",
    "服务专员",
    "诉求类别",
    "诉求性质",
    "紧急程度",
    "标题",
    "诉求内容",
    "办理模式",
    "主办单位",
    "协办单位",
    "承办人",
    "交办日期",
    "签收日期",
    "首次联系日期",
    "办理时限",
    "应办结日期",
    "延期次数",
    "最新进展",
    "办理结果",
    "结果类别",
    "答复日期",
    "办结日期",
    "用时（工作日）",
    "是否按时",
    "超期天数",
    "督办次数",
    "是否解决",
    "满意度",
    "评价意见",
    "回访情况",
    "重办次数",
    "当前状态",
    "备注",
]
RATED = ("是否解决", "满意度", "评价意见", "回访情况")


def written(path: Path, user: User, *, contacts: bool = False, at: datetime = LATER) -> list[dict[str, Any]]:
    """Somebody's ledger by column; its last line is under 序号."""
    write_book(
        path / "ledger.xlsx",
        LEDGER,
        visible_tickets(user),
        reader=reader_of(user, contacts=contacts),
        made_by=user.name,
        at=at,
        organisation="云津县企业服务专窗",
    )
    sheet = load_workbook(path / "ledger.xlsx").worksheets[0]
    _, *rows = sheet.iter_rows(min_row=3, values_only=True)
    return [dict(zip(TITLES, row, strict=True)) for row in rows]


def test_it_has_the_columns_of_the_law() -> None:
    assert [column.title for column, _ in COLUMNS] == TITLES


def test_a_closed_ticket_is_told_in_full(small_world: World, tmp_path: Path) -> None:
    ticket = small_world.make(State.CLOSED, supports=["金融办"], hours=2)
    line, last = written(tmp_path, small_world.clerk)
    assert line == {
        "序号": 1,
        "诉求编号": ticket.number,
        "来源渠道": "企业自提",
        "来文号": None,
        "提出日期": datetime(2026, 3, 2),  # noqa: DTZ001 - a workbook knows no zones
        "片区": None,
        "企业名称": "江海船舶",
        "统一社会信用代码": "91450804MA5K000018",
        "行业": None,
        "标签": None,
        "联系人": "李*",
        "联系电话": "138****1111",
        "包联领导": "leader名",
        "帮扶部门": "金融办",
        "服务专员": "officer名",
        "诉求类别": "用电",
        "诉求性质": "求助",
        "紧急程度": "一般",
        "标题": "车间电压不稳，需增容变压器",
        "诉求内容": "下午三四点只有三百四十伏，焊机同时起弧就跳闸。",
        "办理模式": "协同办",
        "主办单位": "供电公司",
        "协办单位": "金融办",
        "承办人": "power名",
        "交办日期": datetime(2026, 3, 2, 13, 30),  # noqa: DTZ001
        "签收日期": datetime(2026, 3, 2, 15, 30),  # noqa: DTZ001
        "首次联系日期": datetime(2026, 3, 2, 17, 30),  # noqa: DTZ001
        "办理时限": "5 个工作日",
        "应办结日期": datetime(2026, 3, 9, 17, 30),  # noqa: DTZ001
        "延期次数": 0,
        "最新进展": "企业已评价",
        "办理结果": "已现场勘察，增设变压器。",
        "结果类别": "已解决",
        "答复日期": datetime(2026, 3, 2, 17, 30),  # noqa: DTZ001
        "办结日期": datetime(2026, 3, 2),  # noqa: DTZ001
        "用时（工作日）": 0,
        "是否按时": "是",
        "超期天数": None,
        "督办次数": 0,
        "是否解决": "已解决",
        "满意度": "满意",
        "评价意见": None,
        "回访情况": "企业自评",
        "重办次数": 0,
        "当前状态": "已办结",
        "备注": None,
    }
    assert last["序号"] == "由 clerk名 于 2026-04-01 09:30 导出，共 1 行"


def test_what_is_late_says_by_how_much(world: World, tmp_path: Path) -> None:
    world.make(State.IN_PROGRESS)
    line, _ = written(tmp_path, world.clerk, at=datetime(2026, 3, 11, 9, tzinfo=CHINA))
    assert (line["是否按时"], line["超期天数"], line["用时（工作日）"]) == ("否", 2, None)
    cell = load_workbook(tmp_path / "ledger.xlsx").worksheets[0]["B4"]
    assert cell.fill.fgColor.rgb == "FFFDECEA"


def test_nothing_is_said_of_what_is_not_decided(small_world: World, tmp_path: Path) -> None:
    small_world.make(State.IN_PROGRESS)
    line, _ = written(tmp_path, small_world.clerk, at=MONDAY + timedelta(days=1))
    assert (line["是否按时"], line["超期天数"]) == (None, None)


def test_a_reopened_ticket_tells_of_its_present_cycle(small_world: World, tmp_path: Path) -> None:
    small_world.make(State.CLOSED, solved=Solved.UNSOLVED, level=Level.DISSATISFIED)
    line, _ = written(tmp_path, small_world.clerk)
    assert (line["当前状态"], line["重办次数"], line["办结日期"]) == ("待签收", 1, None)
    assert (line["是否解决"], line["办理结果"], line["用时（工作日）"]) == (None, None, None)
    assert line["备注"] == "第 1 轮评价：未解决、不满意"


def test_it_agrees_with_the_figures(world: World, tmp_path: Path) -> None:
    """The days taken and whether it was in time are those the figures count."""
    for hours in (1, 20, 60):
        world.make(State.CLOSED, hours=hours)
    asked = world.make(State.IN_PROGRESS, hours=3)
    handling.ask_enterprise(asked.id, by=world.power, at=MONDAY + timedelta(days=1), text="何时方便？")
    handling.inform(asked.id, by=world.owner, at=MONDAY + timedelta(days=4), text="周五。")
    answered = MONDAY + timedelta(days=9)
    handling.reply(
        asked.id, by=world.power, at=answered, outcome=Outcome.SOLVED, text="已处理。", rest_date=None
    )
    moved = world.make(State.IN_PROGRESS, hours=3)
    handling.ask_enterprise(moved.id, by=world.power, at=MONDAY + timedelta(days=1), text="是贷款吗？")
    finance = world.department("金融办")
    dispatch.redispatch(
        moved.id, by=world.clerk, at=MONDAY + timedelta(days=4), lead=finance, reason="是贷款的事。"
    )
    handling.sign(moved.id, by=world.finance, at=MONDAY + timedelta(days=4))
    handling.reply(moved.id, by=world.finance, at=answered, outcome=Outcome.SOLVED, text="已放款。")
    for ticket in (asked, moved):
        closing.verify(ticket.id, by=world.quality, at=answered + timedelta(hours=1))
        closing.rate(
            ticket.id,
            by=world.owner,
            at=answered + timedelta(hours=2),
            solved=Solved.SOLVED,
            level=Level.SATISFIED,
        )
    facts = facts_of(visible_tickets(world.clerk), as_of=LATER, law=world.law)
    days = {fact.ticket: fact.amount for fact in facts if fact.moment is Moment.CLOSE}
    in_time = {fact.ticket: _met(fact) for fact in facts if fact.moment is Moment.SETTLE_DUE}
    *lines, _ = written(tmp_path, world.clerk)
    assert {line["诉求编号"]: line["用时（工作日）"] for line in lines} == days
    assert {line["诉求编号"]: line["是否按时"] for line in lines} == in_time
    assert len(set(days.values())) > 2


def _met(fact: Fact) -> str:
    return "是" if fact.marks & Mark.MET else "否"


def test_a_department_reads_no_single_rating(small_world: World, tmp_path: Path) -> None:
    small_world.make(State.CLOSED)
    line, _ = written(tmp_path, small_world.power)
    assert {line[title] for title in RATED} == {None}
    assert line["办理结果"] == "已现场勘察，增设变压器。"


def test_everybody_gets_what_their_list_shows(small_world: World, tmp_path: Path) -> None:
    small_world.make(State.IN_PROGRESS)
    complaint = small_world.file(nature=Nature.COMPLAINT, against=small_world.department("供电公司"))
    numbers = [line["诉求编号"] for line in written(tmp_path, small_world.power)[:-1]]
    assert complaint.number not in numbers
    assert len(numbers) == 1
    assert len(written(tmp_path, small_world.finance)) == 1
    assert len(written(tmp_path, small_world.clerk)) == 3


def test_contacts_are_shown_to_who_may_read_them(small_world: World, tmp_path: Path) -> None:
    small_world.file()
    line, _ = written(tmp_path, small_world.clerk, contacts=True)
    assert (line["联系人"], line["联系电话"]) == ("李一", "13800001111")


def test_a_name_that_looks_like_a_formula_stays_text(small_world: World, tmp_path: Path) -> None:
    trick = '=HYPERLINK("http://x","点我")'
    small_world.file(title=trick, text="+1\x07<b>&\t 😀")
    line, _ = written(tmp_path, small_world.clerk)
    assert (line["标题"], line["诉求内容"]) == (trick, "+1\N{REPLACEMENT CHARACTER}<b>&\t 😀")
    cell = load_workbook(tmp_path / "ledger.xlsx").worksheets[0]["S4"]
    assert (cell.data_type, cell.quotePrefix) == ("s", True)


def test_it_costs_no_more_statements_for_more_tickets(small_world: World, tmp_path: Path) -> None:
    small_world.make(State.CLOSED)
    with counted() as one:
        written(tmp_path, small_world.clerk)
    for _ in range(3):
        small_world.make(State.REPLIED)
    with counted() as four:
        written(tmp_path, small_world.clerk)
    assert len(one) == len(four) <= 20


def test_it_goes_on_where_a_batch_ended(
    small_world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledgers, "BATCH", 2)
    filed = [small_world.file().number for _ in range(5)]
    lines = written(tmp_path, small_world.clerk)
    assert [line["诉求编号"] for line in lines[:-1]] == filed
    assert lines[-1]["序号"].endswith("共 5 行")
