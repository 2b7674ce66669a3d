"""Last year's ledger taken in: what the desk wrote comes back, what offices type is read or refused with a reason."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from flask_migrate import upgrade
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from service_desk.desk import facts, handling
from service_desk.desk.drift import drifts
from service_desk.desk.foundation import lay_foundation
from service_desk.desk.history.importing import import_history
from service_desk.desk.ledger_import.cells import read_when
from service_desk.desk.ledger_import.headers import REASON, REQUIRED, read_ledger
from service_desk.desk.ledger_import.importing import Imported, import_ledger
from service_desk.desk.ledger_import.refused import write_refused
from service_desk.desk.ledgers import LEDGER, write_book
from service_desk.domain.actions import Action
from service_desk.domain.errors import Invalid
from service_desk.domain.ledger import LedgerReader
from service_desk.domain.vocabulary import ClockKind, ClockState, Nature, Outcome, Source, State, Urgency
from service_desk.store.base import db
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.law import current_law
from service_desk.store.notices import Letter, Notice
from service_desk.store.tickets import Ticket
from tests.desk.test_history import NOW, desk_in, texts
from tests.world import CHINA, World

CODE = "91450804996639233K"
TODAY = datetime(2026, 3, 20, 10, tzinfo=CHINA)
Cells = dict[str, str]


# What the desk wrote itself


@dataclass
class Trip:
    """A ledger, what became of it in another park, and the ledger of that."""

    there: dict[str, Cells]
    here: dict[str, Cells]
    done: Imported
    again: Imported
    drifts: list[Any]


def written(path: Path) -> Path:
    """The ledger of all tickets, phones in the clear."""
    write_book(
        path,
        LEDGER,
        select(Ticket),
        reader=LedgerReader(contacts=True, desk=True),
        made_by="某人",
        at=NOW,
        organisation="专窗",
    )
    return path


def by_number(path: Path) -> dict[str, Cells]:
    return {row["诉求编号"]: dict(row.cells) for row in read_ledger(path).rows}


@pytest.fixture(scope="module")
def trip(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trip]:
    """A fifth of the sample of histories, as a ledger, in another park."""
    folder = tmp_path_factory.mktemp("trip")
    for name in ("there", "here"):
        (folder / name).mkdir()
    some = [
        text for text in texts("events.jsonl") if text and 239 <= int(json.loads(text)["ticket"][1:]) < 299
    ]
    with desk_in(folder / "there"):
        upgrade()
        lay_foundation(at=datetime(2024, 1, 1, tzinfo=CHINA))
        import_history(some, at=NOW)
        there = written(folder / "there.xlsx")
    with desk_in(folder / "here"):
        upgrade()
        lay_foundation(at=datetime(2024, 1, 1, tzinfo=CHINA))
        ledger = read_ledger(there)
        db.session.add_all(Area(name=name) for name in sorted({row["片区"] for row in ledger.rows} - {""}))
        db.session.commit()
        done = import_ledger(ledger, current_law(), at=NOW, dry_run=False)
        again = import_ledger(ledger, current_law(), at=NOW, dry_run=False)
        here = written(folder / "here.xlsx")
        facts.store_facts(NOW)
        yield Trip(by_number(there), by_number(here), done, again, list(drifts()))


def test_what_the_desk_wrote_comes_back_whole_in_another_park(trip: Trip) -> None:
    assert trip.done.refused == []
    assert trip.done.imported == len(trip.there) > 50
    assert list(trip.here) == list(trip.there)
    states = {cells["当前状态"] for cells in trip.there.values()}
    assert len(states) >= 9
    assert {cells["重办次数"] for cells in trip.there.values()} >= {"0", "1"}


def test_every_column_comes_back_and_what_does_not_is_told(trip: Trip) -> None:
    told = {(each.row, each.column) for each in trip.done.warnings}
    rows = dict(zip(trip.there, range(4, 4 + len(trip.there)), strict=True))
    differing = {
        (rows[number], title)
        for number, cells in trip.there.items()
        for title, cell in cells.items()
        if trip.here[number][title] != cell
    }
    assert differing <= told
    assert {title for _, title in differing} <= {"用时（工作日）", "延期次数"}
    assert len(differing) <= 3


def test_again_it_changes_nothing(trip: Trip) -> None:
    assert (trip.again.imported, trip.again.unchanged) == (0, len(trip.there))
    assert (trip.again.refused, trip.again.warnings) == ([], [])


def test_its_open_clocks_agree_with_the_record(trip: Trip) -> None:
    assert trip.drifts == []


# What offices type

ROW: Cells = {
    "序号": "1",
    "诉求编号": "园〔2026〕7号",
    "来源渠道": "走访",
    "提出日期": "2026-03-02",
    "片区": "港口物流园",
    "企业名称": "云津示例有限公司",
    "统一社会信用代码": CODE,
    "联系人": "李一",
    "联系电话": "138-0000-1111",
    "诉求类别": "用电",
    "诉求性质": "求助",
    "紧急程度": "一般",
    "标题": "电压不稳",
    "诉求内容": "=1+1 下午只有三百四十伏。",
    "主办单位": "供电公司",
    "承办人": "周某",
    "交办日期": "2026/3/3",
    "签收日期": "2026年3月3日",
    "应办结日期": "2026-03-10",
    "当前状态": "办理中",
}
SETTLED: Cells = {
    "答复日期": "2026-03-06",
    "办理结果": "已增容。",
    "结果类别": "已解决",
    "办结日期": "2026-03-09",
    "用时（工作日）": "3",
    "是否按时": "是",
    "是否解决": "已解决",
    "满意度": "满意",
    "当前状态": "已办结",
}


def put(path: Path, *rows: Cells, encoding: str = "utf-8-sig") -> Path:
    """A CSV file of these rows."""
    titles = list(dict.fromkeys(title for row in rows for title in row))
    text = StringIO()
    writer = csv.DictWriter(text, titles)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def take(*rows: Cells, folder: Path, dry_run: bool = False, at: datetime = TODAY) -> Imported:
    ledger = read_ledger(put(folder / "ledger.csv", *rows))
    return import_ledger(ledger, current_law(), at=at, dry_run=dry_run)


def found(number: str) -> Ticket:
    db.session.expire_all()
    return db.session.scalars(select(Ticket).where(Ticket.imported_number == number)).unique().one()


def count(entity: Any) -> int:
    return db.session.scalar(select(func.count()).select_from(entity)) or 0


def test_work_on_an_open_matter_goes_on_here(small_world: World, tmp_path: Path) -> None:
    done = take(ROW, folder=tmp_path)
    assert (done.refused, done.warnings, done.enterprises) == ([], [], 1)

    ticket = found("园〔2026〕7号")
    assert (ticket.state, ticket.source, ticket.number) == (State.IN_PROGRESS, Source.VISIT, "QS-2026-000001")
    assert (ticket.contact_name, ticket.contact_phone) == ("李一", "138-0000-1111")
    settle = ticket.clock(ClockKind.SETTLE)
    assert settle is not None
    assert (settle.state, settle.due_at) == (ClockState.RUNNING, datetime(2026, 3, 10, 17, 30, tzinfo=CHINA))
    assert count(Notice) == count(Letter) == 0

    handling.reply(ticket.id, by=small_world.power, at=TODAY, outcome=Outcome.SOLVED, text="已增容。")
    assert found("园〔2026〕7号").state is State.REPLIED


@pytest.mark.usefixtures("small_world")
def test_a_day_without_a_time_is_the_opening_of_the_office(tmp_path: Path) -> None:
    take(ROW | SETTLED, folder=tmp_path)
    ticket = found("园〔2026〕7号")
    acts = [(event.action, f"{event.at.astimezone(CHINA):%d %H:%M}") for event in ticket.events]
    assert acts == [
        (Action.SUBMIT, "02 09:00"),
        (Action.ACCEPT, "03 09:00"),
        (Action.DISPATCH, "03 09:00"),
        (Action.SIGN, "03 09:00"),
        (Action.REPLY, "06 09:00"),
        (Action.VERIFY, "06 09:00"),
        (Action.RATE, "09 09:00"),
    ]
    assert [part.handled_by for part in ticket.assignments] == ["周某"]


@pytest.mark.usefixtures("small_world")
@pytest.mark.parametrize(
    ("change", "state"),
    [
        pytest.param({"当前状态": "待受理"}, State.SUBMITTED, id="waits to be accepted"),
        pytest.param({"当前状态": "待补正"}, State.SUPPLEMENTING, id="waits for the enterprise"),
        pytest.param({"当前状态": "待派单"}, State.ACCEPTED, id="waits to be dispatched"),
        pytest.param({"当前状态": "待签收"}, State.ASSIGNED, id="waits to be signed"),
        pytest.param({"当前状态": "挂账", "应办结日期": "暂停中"}, State.DEFERRED, id="put off"),
        pytest.param(SETTLED | {"当前状态": "待审核"}, State.REPLIED, id="replied"),
        pytest.param(SETTLED | {"当前状态": "待评价"}, State.AWAITING_RATING, id="waits to be rated"),
        pytest.param({"当前状态": "不予受理"}, State.REJECTED, id="rejected"),
        pytest.param({"当前状态": "已撤回"}, State.WITHDRAWN, id="withdrawn"),
        pytest.param(SETTLED | {"主办单位": "一窗"}, State.CLOSED, id="answered by the desk"),
        pytest.param(SETTLED | {"督办次数": "2", "延期次数": "1"}, State.CLOSED, id="supervised"),
        pytest.param(
            SETTLED | {"重办次数": "1", "备注": "第 1 轮评价：未解决、不满意"}, State.CLOSED, id="reworked"
        ),
        pytest.param(SETTLED | {"是否解决": "未解决", "满意度": "不满意"}, State.CLOSED, id="rated badly"),
    ],
)
def test_each_state_is_reached(change: Cells, state: State, tmp_path: Path) -> None:
    done = take(ROW | change, folder=tmp_path)
    assert done.refused == []
    ticket = found("园〔2026〕7号")
    assert (ticket.state, ticket.cycle) == (state, 2 if "重办次数" in change else 1)
    assert len(ticket.orders) == int(change.get("督办次数", 0))
    assert ticket.running_orders == []


@pytest.mark.usefixtures("small_world")
def test_what_the_ledger_does_not_date_is_not_judged(tmp_path: Path) -> None:
    former = {"重办次数": "1", "备注": "第 1 轮评价：未解决、不满意", "协办单位": "金融办"}
    take(ROW | SETTLED | former, folder=tmp_path)
    clocks = found("园〔2026〕7号").clocks
    judged = {
        (clock.kind, clock.cycle) for clock in clocks if clock.state in (ClockState.MET, ClockState.MISSED)
    }
    assert {(ClockKind.SIGN, 2), (ClockKind.SETTLE, 2)} <= judged
    assert {cycle for _, cycle in judged} == {2}
    assert ClockKind.OPINION in {clock.kind for clock in clocks}


@pytest.mark.usefixtures("small_world")
def test_an_import_that_was_broken_off_is_run_again(tmp_path: Path) -> None:
    def break_off(_done: int, _all: int) -> None:
        raise KeyboardInterrupt

    rows = (ROW, ROW | {"诉求编号": "2"})
    ledger = read_ledger(put(tmp_path / "ledger.csv", *rows))
    with pytest.raises(KeyboardInterrupt):
        import_ledger(ledger, current_law(), at=TODAY, dry_run=False, progress=break_off)
    done = take(*rows, folder=tmp_path)
    assert (done.unchanged, done.imported) == (1, 1)


@pytest.mark.usefixtures("small_world")
def test_a_later_due_is_explained_by_a_pause_and_in_time_stays_in_time(tmp_path: Path) -> None:
    late = SETTLED | {"应办结日期": "2026-03-12", "答复日期": "2026-03-12", "办结日期": "2026-03-13"}
    done = take(ROW | late | {"用时（工作日）": "5"}, folder=tmp_path)
    assert done.warnings == []
    (settle,) = (clock for clock in found("园〔2026〕7号").clocks if clock.kind is ClockKind.SETTLE)
    assert (settle.state, len(settle.pauses)) == (ClockState.MET, 1)


@pytest.mark.usefixtures("small_world")
def test_late_on_the_day_it_was_due_stays_late(tmp_path: Path) -> None:
    late = {"答复日期": "2026-03-10", "办结日期": "2026-03-11", "是否按时": "否", "超期天数": "0"}
    done = take(ROW | SETTLED | late | {"用时（工作日）": "5"}, folder=tmp_path)
    assert (done.refused, done.warnings) == ([], [])


@pytest.mark.usefixtures("small_world")
def test_where_the_law_reckons_otherwise_it_says_so(tmp_path: Path) -> None:
    done = take(ROW | SETTLED | {"应办结日期": "2026-03-05", "是否按时": "否", "满意度": ""}, folder=tmp_path)
    assert [each.reason for each in done.refused] == ["“当前状态”为“已办结”，缺少：满意度"]
    done = take(ROW | SETTLED | {"应办结日期": "2026-03-05", "是否按时": "否"}, folder=tmp_path)
    assert [(each.row, each.reason) for each in done.warnings] == [
        (2, "“应办结日期”台账为“2026-03-05”，按规则为“2026-03-10 17:30”"),
        (2, "“是否按时”台账为“否”，按规则为“是”"),
    ]


REFUSALS = [
    ({"提出日期": ""}, "缺少“提出日期”"),
    ({"提出日期": "三月二日"}, "“提出日期”不是日期：三月二日。请写成 2025-03-04 这样"),
    ({"提出日期": "2027-01-04", "交办日期": "", "签收日期": "", "当前状态": "待受理"}, "晚于现在"),
    ({"提出日期": "9999-12-31 23:59:59.9"}, "“提出日期”不是日期：9999-12-31"),
    ({"备注": "来文单位：" + "长" * 101}, "“备注”里的来文单位最多 100 字"),
    ({"提出日期": "2026-03-04"}, "“交办日期”（2026-03-03）早于“提出日期”（2026-03-04 09:00）"),
    ({"企业名称": ""}, "缺少“企业名称”"),
    ({"统一社会信用代码": "91450804996639233A"}, "校验码不符"),
    ({"联系电话": "见附件"}, "“联系电话”不是电话号码：见附件"),
    ({"片区": "无此片区"}, "没有名为“无此片区”的片区；现有：港口物流园"),
    ({"诉求类别": "用水用电"}, "没有名为“用水用电”的诉求类别；现有："),
    ({"主办单位": "天外局"}, "没有名为“天外局”的承办单位；现有："),
    ({"协办单位": "金融办、天外局"}, "没有名为“天外局”的承办单位"),
    ({"协办单位": "供电公司"}, "主办单位不能同时是协办单位"),
    ({"诉求性质": "抱怨"}, "“诉求性质”不能是“抱怨”；可用：咨询、求助、投诉、建议"),
    ({"标题": "长" * 101}, "“标题”最多 100 字，现为 101 字"),
    ({"延期次数": "多次"}, "“延期次数”应是整数"),
    ({"当前状态": "完成"}, "“当前状态”不能是“完成”"),
    ({"当前状态": "草稿"}, "草稿不是诉求"),
    ({"主办单位": ""}, "“当前状态”为“办理中”，缺少：主办单位"),
    ({"交办日期": ""}, "缺少：交办日期"),
    ({"当前状态": "待审核"}, "缺少：答复日期、办理结果、结果类别"),
    ({"当前状态": "已并单"}, "缺少：备注里的“并入 编号”"),
    ({"当前状态": "已并单", "备注": "并入 园〔2025〕1号"}, "没有编号为“园〔2025〕1号”的诉求"),
    (SETTLED | {"重办次数": "1"}, "“备注”里没有第 1 轮的评价"),
    (SETTLED | {"主办单位": "一窗", "当前状态": "办理中"}, "“当前状态”应为待评价或已办结"),
    (
        {"提出日期": "2025-03-03", "交办日期": "2025-03-04", "签收日期": "2025-03-04"}
        | {"当前状态": "挂账", "应办结日期": "暂停中"},
        "请把“当前状态”改为“办理中”",
    ),
]


@pytest.mark.usefixtures("small_world")
def test_each_bad_row_is_refused_with_its_sentence_and_nothing_of_it_stays(tmp_path: Path) -> None:
    before = count(Enterprise)
    rows = [ROW | change | {"诉求编号": f"N{n}"} for n, (change, _) in enumerate(REFUSALS)]
    done = take(*rows, folder=tmp_path)
    assert [each.row for each in done.refused] == list(range(2, len(rows) + 2))
    for (_, sentence), each in zip(REFUSALS, done.refused, strict=True):
        assert sentence in each.reason
    assert (count(Ticket), count(Enterprise)) == (0, before)


@pytest.mark.usefixtures("small_world")
def test_a_trial_judges_what_rows_have_to_do_with_each_other_and_writes_nothing(tmp_path: Path) -> None:
    child = {"诉求编号": "2", "当前状态": "已并单", "备注": "并入 1", "主办单位": ""}
    rows = (ROW | child, ROW | {"诉求编号": "1"}, ROW | {"诉求编号": "1", "标题": "又一件"})
    tried = take(*rows, folder=tmp_path, dry_run=True)
    assert (tried.imported, tried.enterprises, count(Ticket)) == (2, 1, 0)
    assert [(each.row, each.reason) for each in tried.refused] == [(4, "与第 3 行是同一件诉求，请留下一行")]

    assert take(*rows, folder=tmp_path).as_json() == tried.as_json() | {"dry_run": False}
    assert found("2").parent is found("1")


@pytest.mark.usefixtures("small_world")
def test_refused_rows_are_mended_in_a_workbook_and_imported_by_themselves(tmp_path: Path) -> None:
    done = take(ROW, ROW | {"诉求编号": "8", "片区": "错"} | {"领导": "=cmd()"}, folder=tmp_path)
    assert done.ignored_columns == ["领导"]
    out = tmp_path / "refused.xlsx"
    assert write_refused(out, done.refused_rows) == 1
    book = load_workbook(out)
    sheet = book.worksheets[0]
    header = [cell.value for cell in sheet[3]]
    cells = dict(zip(header, sheet[4], strict=True))
    assert header[0] == REASON
    assert str(cells[REASON].value).startswith("第 3 行：没有名为“错”的片区")
    assert [(cells[title].value, cells[title].data_type) for title in ("诉求内容", "领导")] == [
        ("=1+1 下午只有三百四十伏。", "s"),
        ("=cmd()", "s"),
    ]

    cells["片区"].value = "港口物流园"
    book.save(out)
    mended = import_ledger(read_ledger(out), current_law(), at=TODAY, dry_run=False)
    assert (mended.rows, mended.imported, mended.refused) == (1, 1, [])
    assert found("8").text == "=1+1 下午只有三百四十伏。"


@pytest.mark.usefixtures("small_world")
def test_a_changed_row_is_refused_and_says_which_columns(tmp_path: Path) -> None:
    take(ROW, folder=tmp_path)
    assert take(ROW | {"序号": "9"}, folder=tmp_path).unchanged == 1
    done = take(ROW | SETTLED, folder=tmp_path)
    (refused,) = done.refused
    assert refused.reason.startswith("这件诉求已经导入，这些列与上次不同：办理结果、结果类别、答复日期、")
    assert refused.reason.endswith("、满意度、当前状态。导入不改动已有的诉求，请在系统里更正")


def test_our_own_numbers_are_kept_and_never_given_again(world: World, tmp_path: Path) -> None:
    here = world.file()
    own, without = ROW | {"诉求编号": "QS-2026-000040"}, ROW | {"诉求编号": ""}
    done = take(without, own, ROW | {"诉求编号": here.number}, folder=tmp_path)
    assert [each.reason for each in done.refused] == [
        "本系统已有这个编号的诉求，不是由台账导入的；台账不改动它"
    ]
    numbers = db.session.scalars(select(Ticket.number).order_by(Ticket.id)).all()
    assert numbers == ["QS-2026-000001", "QS-2026-000041", "QS-2026-000040"]
    assert take(without, own, folder=tmp_path).unchanged == 2
    assert world.file(title="新的一件").number == "QS-2026-000043"


@pytest.mark.usefixtures("small_world")
def test_masked_names_and_phones_are_not_known(tmp_path: Path) -> None:
    done = take(ROW | {"联系人": "李*", "联系电话": "138****1111"}, folder=tmp_path)
    assert (done.refused, done.warnings) == ([], [])
    assert (found("园〔2026〕7号").contact_name, found("园〔2026〕7号").contact_phone) == ("", "")


@pytest.mark.usefixtures("small_world")
def test_an_enterprise_without_a_code_is_found_by_name_or_registered_until_verified(tmp_path: Path) -> None:
    take(
        ROW | {"统一社会信用代码": "", "企业名称": "江海船舶"},
        ROW | {"诉求编号": "2", "统一社会信用代码": "", "企业名称": "新来的小店"},
        folder=tmp_path,
    )
    assert found("园〔2026〕7号").enterprise.code == "91450804MA5K000018"
    shop = found("2").enterprise
    assert (shop.code, shop.status_reason) == (None, "暂无统一社会信用代码：随诉求登记，待核实")


@pytest.mark.usefixtures("small_world")
def test_what_the_row_says_besides_is_kept(tmp_path: Path) -> None:
    complaint = {"诉求性质": "投诉", "来源渠道": "上级转办", "来文号": "云政办〔2026〕3号", "应办结日期": ""}
    remark = {
        "备注": "来文单位：县政府办；被投诉单位：金融办；企业多次来电",
        "最新进展": "已约见双方",
        "标签": "规上、重点",
    }
    done = take(ROW | complaint | remark, folder=tmp_path)
    assert (done.refused, done.warnings) == ([], [])
    ticket = found("园〔2026〕7号")
    assert (ticket.nature, ticket.urgency) == (Nature.COMPLAINT, Urgency.NORMAL)
    assert (ticket.above_office, ticket.above_number) == ("县政府办", "云政办〔2026〕3号")
    assert ticket.against is not None
    assert ticket.against.name == "金融办"
    assert (ticket.enterprise.tags, ticket.tags) == ("规上", ["重点"])
    assert [event.text for event in ticket.events if event.action is Action.NOTE] == ["企业多次来电"]
    assert ticket.last_line == "办理进展：已约见双方"


# How a ledger is written


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("2025-03-04", date(2025, 3, 4)),
        ("2025/3/4", date(2025, 3, 4)),
        ("２０２５.3.4", date(2025, 3, 4)),
        ("2025年3月4日", date(2025, 3, 4)),
        ("2025年3月4日 9时5分", datetime(2025, 3, 4, 9, 5, tzinfo=CHINA)),
        ("2025-03-04T09:05:30", datetime(2025, 3, 4, 9, 5, 30, tzinfo=CHINA)),
        ("2025-03-04 08:59:59.999", datetime(2025, 3, 4, 9, tzinfo=CHINA)),
    ],
)
def test_a_date_is_read_as_offices_write_it(given: str, read: date) -> None:
    assert read_when(given, CHINA) == read


@pytest.mark.parametrize(
    "given", ["45720", "2025-13-01", "1900-01-01", "2025-03", "3月4日", "2025-03-04 25:00"]
)
def test_what_is_no_date_is_not_guessed(given: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_when(given, CHINA)


def test_the_header_is_found_beneath_a_title_and_other_sheets_and_columns_are_named(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].title = "说明"
    sheet, hidden = book.create_sheet("一季度"), book.create_sheet("旧")
    hidden.sheet_state = "hidden"
    titles = [f" {title}\n" for title in ROW]
    for line in (
        ["台账"],
        ["填报单位：专窗"],
        [*titles, "排名"],
        [],
        [*ROW.values(), "1"],
        [*titles, "排名"],
        ["共 1 行"],
    ):
        sheet.append(line)
    sheet["E5"].value = datetime(2026, 3, 2)  # noqa: DTZ001 - a workbook knows no zones
    hidden.append(list(REQUIRED))
    book.save(tmp_path / "ledger.xlsx")

    ledger = read_ledger(tmp_path / "ledger.xlsx")
    assert (ledger.ignored_sheets, ledger.ignored_columns) == (["说明"], ["排名"])
    (row,) = ledger.rows
    assert (row.sheet, row.number, row["提出日期"], row["标题"]) == ("一季度", 5, "2026-03-02", "电压不稳")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_csv_file_is_read_in_the_encodings_offices_use(encoding: str, tmp_path: Path) -> None:
    (row,) = read_ledger(put(tmp_path / "x.csv", ROW, encoding=encoding)).rows
    assert row.cells == ROW


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "是空的", id="an empty file"),
        pytest.param(b"PK\x03\x04 broken", "不是 xlsx 工作簿", id="half a workbook"),
        pytest.param(b"\xd0\xcf\x11\xe0 broken", "打不开", id="half an old workbook"),
        pytest.param(b"\xff\xfe\x00", "既不是 Excel 工作簿，也不是", id="no text"),
        pytest.param("甲,乙\n1,2\n".encode(), "没有找到台账的表头", id="another list"),
        pytest.param(
            "提出日期,企业名称,标题,片区\n".encode(), "缺少这些列：诉求类别、诉求内容、当前状态", id="columns"
        ),
        pytest.param((",".join(REQUIRED) + ",标题\n").encode(), "有两列同名：标题", id="a column twice"),
        pytest.param((",".join(REQUIRED) + "\n").encode(), "表头下面没有内容", id="nothing below"),
        pytest.param(b'"' + b"x" * 200_000 + b'"', "不是写得规范的 CSV", id="a cell without end"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_as_a_whole(content: bytes, reason: str, tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=reason):
        read_ledger(path)


def test_a_file_too_large_to_open_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service_desk.xlsx.reading.MOST_PLAIN_BYTES", 1024)
    path = put(tmp_path / "large.csv", *[ROW] * 9)
    with pytest.raises(Invalid, match="不予打开"):
        read_ledger(path)
