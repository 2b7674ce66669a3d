"""Every book of a report: recounted by LibreOffice, scoped to its reader, honest about nothing, cheap."""

import io
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook

from service_desk import create_app
from service_desk.desk import closing, facts, handling, reminders, requests, supervision
from service_desk.desk.ledgers import OPERATOR, reader_of
from service_desk.desk.reports import every_ticket, period_of, write_report
from service_desk.domain.figures import BY_KEY, REPORTS, By, Figure, Paper, Period
from service_desk.domain.vocabulary import ExcludedFigure, Level, Nature, OrderLevel, Outcome, Solved, State
from service_desk.store.base import db
from service_desk.store.people import User
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket
from service_desk.xlsx.rows import ListColumn, ListRow, Look
from service_desk.xlsx.stream import ListSheet, write_list
from tests.browser.recounting import Place, as_printed, printed
from tests.conftest import settings_for
from tests.visitor import counted
from tests.world import CHINA, MONDAY, World

NASTY = "=cmd|' /C calc'!A0"
PLUS = "+1 拨打13812345678，找王小明"
DAY = timedelta(days=1)
END_OF_MARCH = datetime(2026, 3, 31, 12, tzinfo=CHINA)
FIRST_ROW = 4
"""Of 核对."""
MOST_STATEMENTS = 45


def a_busy_march(world: World) -> dict[str, Ticket]:
    """One matter of every kind that a book tells of."""
    good = world.make(State.CLOSED, title=NASTY, level=Level.VERY_SATISFIED)
    bad = world.make(
        State.CLOSED, at=MONDAY + DAY, title="窗口推诿", solved=Solved.UNSOLVED, level=Level.DISSATISFIED
    )
    again = world.make(
        State.CLOSED, at=MONDAY + 2 * DAY, title=PLUS, contact_name="王小明", level=Level.VERY_DISSATISFIED
    )
    do_again(world, again, at=MONDAY + 7 * DAY)
    requests.ask_exclusion(
        good.id,
        by=world.power,
        at=MONDAY + DAY,
        figure=ExcludedFigure.SATISFIED,
        reason_code="企业原因",
        text="误评",
    )
    requests.decide_exclusion(good.id, by=world.supervisor, at=MONDAY + DAY, granted=True)
    late = world.make(State.IN_PROGRESS, at=MONDAY, title="一直没有人来")
    supervision.supervise(
        late.id, by=world.supervisor, at=MONDAY + 9 * DAY, level=OrderLevel.FIRST, text="三日内办结"
    )
    put_off = world.make(State.IN_PROGRESS, at=MONDAY + DAY, title="等设备", lead="金融办")
    requests.ask_deferral(
        put_off.id, by=world.finance, at=MONDAY + 2 * DAY, plan="等设备", next_reply=date(2026, 4, 1)
    )
    requests.decide_deferral(put_off.id, by=world.supervisor, at=MONDAY + 2 * DAY, granted=True)
    # The day after it was due the ladder gives the department a red card.
    reminders.remind_due(MONDAY + 8 * DAY)
    complaint = world.make(
        State.ACCEPTED, at=MONDAY, title="供电公司刁难", nature=Nature.COMPLAINT,
        against=world.department("供电公司"),
    )  # fmt: skip
    return {
        "good": good,
        "bad": bad,
        "again": again,
        "late": late,
        "put_off": put_off,
        "complaint": complaint,
    }


def do_again(world: World, ticket: Ticket, *, at: datetime) -> None:
    """The rework that a bad rating opened, rated well."""
    handling.sign(ticket.id, by=world.power, at=at)
    handling.reply(
        ticket.id, by=world.power, at=at, outcome=Outcome.SOLVED, text="已重新接线。", rest_date=None
    )
    closing.verify(ticket.id, by=world.quality, at=at + timedelta(hours=1))
    closing.rate(
        ticket.id, by=world.owner, at=at + timedelta(hours=2), solved=Solved.SOLVED, level=Level.SATISFIED
    )


@dataclass
class Books:
    """Books of a busy March, made once: by report and reader ("" for the command), and what each reader may see."""

    numbers: dict[str, str]
    made: dict[tuple[str, str], bytes]
    figures: dict[str, list[tuple[By | None, Figure]]]

    @cache  # noqa: B019 - ends with the module
    def opened(self, name: str, reader: str = "") -> Workbook:
        return load_workbook(io.BytesIO(self.made[name, reader]))

    def listed(self, name: str, sheet: str, reader: str = "") -> list[dict[str, Any]]:
        """The lines of a list by their columns."""
        rows = self.opened(name, reader)[sheet].iter_rows(values_only=True)
        titles = next(row for row in rows if row[0] == "序号")
        return [
            {str(title): value for title, value in zip(titles, row, strict=True)}
            for row in rows
            if isinstance(row[0], int)
        ]

    def texts(self, name: str, reader: str = "") -> str:
        """Everything a book says."""
        sheets = self.opened(name, reader).worksheets
        return " ".join(
            cell
            for sheet in sheets
            for row in sheet.iter_rows(values_only=True)
            for cell in row
            if isinstance(cell, str)
        )

    def said(self, name: str, sheet: str) -> str:
        """The sentences above the tables of a sheet."""
        return " ".join(str(row[0]) for row in self.opened(name)[sheet].iter_rows(3, 6, values_only=True))

    __hash__ = object.__hash__


PERIODS = {
    "march": (date(2026, 3, 1), date(2026, 4, 1)),
    "nothing": (date(2025, 5, 1), date(2025, 6, 1)),
    "week": (date(2026, 3, 9), date(2026, 3, 16)),
}
LABELS = {
    **{name: (name, "march") for name in REPORTS},
    "monthly of nothing": ("monthly", "nothing"),
    "weekly of a week": ("weekly", "week"),
    "satisfaction of nothing": ("satisfaction", "nothing"),
}
READERS = {"power_head": tuple(REPORTS), "finance_head": ("monthly",)}


@pytest.fixture(scope="module")
def books(sqlite_park: Path, tmp_path_factory: pytest.TempPathFactory) -> Books:
    folder = tmp_path_factory.mktemp("books")
    shutil.copy(sqlite_park, folder / "desk.sqlite3")
    app = create_app(settings_for(f"sqlite:///{folder / 'desk.sqlite3'}", folder))
    with app.app_context():
        world = World()
        tickets = a_busy_march(world)
        made = {(label, ""): book(world, name, period=period) for label, (name, period) in LABELS.items()}
        for reader, names in READERS.items():
            made |= {(name, reader): book(world, name, getattr(world, reader)) for name in names}
        figures = {
            label: list(counted_in_sql(world, name, period)) for label, (name, period) in LABELS.items()
        }
        numbers = {name: ticket.number for name, ticket in tickets.items()}
        db.session.remove()
        db.engine.dispose()
    return Books(numbers, made, figures)


def days(world: World, period: str) -> Period:
    return period_of(*PERIODS[period], as_of=END_OF_MARCH, law=world.law)


def book(world: World, name: str, reader: User | None = None, period: str = "march") -> bytes:
    """A report's workbook as somebody gets it; without a reader, as the command writes it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.xlsx"
        write_book_of(world, name, reader, period, path)
        return path.read_bytes()


def write_book_of(world: World, name: str, reader: User | None, period: str, path: Path) -> None:
    write_report(
        path,
        REPORTS[name],
        visible_tickets(reader) if reader else every_ticket(),
        days(world, period),
        reader=reader_of(reader, contacts=False) if reader else OPERATOR,
        made_by="督查员",
        at=END_OF_MARCH,
        organisation="云津县企业服务专窗",
    )


def counted_in_sql(world: World, name: str, period: str) -> Iterator[tuple[By | None, Figure]]:
    report = REPORTS[name]
    for by in (None, *report.tables):
        found = facts.figures(every_ticket(), days(world, period), indicators=report.indicators, by=by)
        yield from ((by, figure) for figure in found)


# In LibreOffice


def recalculated(files: dict[str, bytes], folder: Path) -> dict[str, Workbook]:
    """Workbooks as LibreOffice saves them, every formula counted; it is started once for all."""
    for name, content in files.items():
        (folder / f"{name}.xlsx").write_bytes(content)
    command = ["soffice", f"-env:UserInstallation={(folder / 'profile').as_uri()}", "--headless"]
    kind = ["--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", str(folder / "done")]
    subprocess.run(
        [*command, *kind, *(str(folder / f"{name}.xlsx") for name in files)],
        check=True,
        capture_output=True,
        timeout=300,
    )
    return {name: load_workbook(folder / "done" / f"{name}.xlsx", data_only=True) for name in files}


def assert_counted_alike(label: str, told: Workbook, figures: list[tuple[By | None, Figure]]) -> None:
    """What 统计 prints, what LibreOffice counts from the rows, and what the database counts are the same."""
    recounts: dict[Place, Any] = {}
    for row in told["核对"].iter_rows(FIRST_ROW, values_only=True):
        assert (row[5], row[7]) == (row[6], 0), (label, row)
        if "：" not in str(row[1]):  # those of lists stand in other sheets
            recounts[str(row[1]), str(row[2]), str(row[3]), str(row[4])] = row[6]
    assert recounts
    assert printed(told).items() <= as_printed(recounts).items(), label
    for by, figure in figures:
        table, line = (
            "总体" if by is None else f"按{by.label}",
            "合计" if by is None else figure.by or "（未填）",
        )
        part, number = (
            ("件数", figure.numerator) if figure.denominator is None else ("分母", figure.denominator)
        )
        if by is By.MONTH and not BY_KEY[figure.key].has_period:
            continue
        assert recounts[table, line, BY_KEY[figure.key].label, part] == number, (label, figure)


def test_libreoffice_counts_every_book_alike(books: Books, tmp_path: Path) -> None:
    files = {label: books.made[label, ""] for label in LABELS}
    done = recalculated(files | {"list": a_list(tmp_path / "written.xlsx")}, tmp_path)
    for label in LABELS:
        assert_counted_alike(label, done[label], books.figures[label])
    monthly = done["monthly"]
    tables = {str(row[1]) for row in monthly["核对"].iter_rows(FIRST_ROW, values_only=True)}
    assert {"超期与督办：在办、超期与督办（按承办单位）", "满意度与差评整改：评价等次"} <= tables
    titles = [row[2] for row in monthly["明细"].iter_rows(3, values_only=True)]
    assert NASTY in titles
    assert "+1 拨打138****5678，找王**" in titles
    assert {cell.data_type for row in monthly["未办结清单"].iter_rows(5) for cell in row[1:5]} == {"s"}
    rows = list(done["list"].worksheets[0].iter_rows(4, 6, 1, 5, values_only=True))
    monday = MONDAY.replace(tzinfo=None)
    midnight = datetime.combine(monday, time())
    assert rows == [(number, "0012", text, midnight, monday) for number, text in enumerate(TRICKS, 1)]


TRICKS = ["=HYPERLINK(1)", "_x0041_", "一\n二"]


def a_list(path: Path) -> bytes:
    """A list of texts that a spreadsheet might take for something else."""
    columns = [
        *(ListColumn("序号", look=Look.NUMBER), ListColumn("编号"), ListColumn("标题", look=Look.LONG)),
        *(ListColumn("日期", look=Look.DAY), ListColumn("时间", look=Look.MOMENT)),
    ]
    sheet = ListSheet("清单", "填报单位", columns, lambda rows: f"共 {rows} 行")
    write_list(
        path,
        sheet,
        [ListRow([number, "0012", text, MONDAY.date(), MONDAY]) for number, text in enumerate(TRICKS, 1)],
    )
    return path.read_bytes()


# What the desk reads


def test_the_monthly_report_has_its_nine_parts_and_annexes(books: Books) -> None:
    assert books.opened("monthly").sheetnames == [
        *("总体情况", "分类分析", "部门办理", "超期与督办", "满意度与差评整改", "热点与共性问题"),
        *("走访与包联", "典型案例", "下步建议", "统计", "未办结清单", "差评整改", "剔除明细"),
        *("明细", "核对", "口径说明"),
    ]
    words = books.said("monthly", "总体情况")
    assert "本月（2026年3月1日至2026年3月31日）共受理企业诉求 6 件，环比增加 6 件（基数为 0）" in words
    assert "差评 2 件次：已重办 2 件次" in books.said("monthly", "满意度与差评整改")
    assert "草稿" in books.said("monthly", "下步建议")
    (left_out,) = books.listed("monthly", "剔除明细")
    assert (left_out["诉求编号"], left_out["指标"]) == (books.numbers["good"], "满意率")


def test_an_exclusion_is_told_in_the_period_whose_figure_it_changed(
    small_world: World, tmp_path: Path
) -> None:
    """Rated on the last of March, due in April: it is out of the one figure in March, out of the other in April."""
    at = datetime(2026, 3, 31, 9, 30, tzinfo=CHINA)
    ticket = small_world.make(State.CLOSED, at=at)
    for figure in (ExcludedFigure.SOLVED, ExcludedFigure.ON_TIME):
        requests.ask_exclusion(
            ticket.id, by=small_world.power, at=at + DAY, figure=figure, reason_code="企业原因", text="误评"
        )
        requests.decide_exclusion(ticket.id, by=small_world.supervisor, at=at + DAY, granted=True)
    write_report(
        tmp_path / "book.xlsx",
        replace(REPORTS["monthly"], tables=(), parts=(), annexes=(Paper.EXCLUSIONS,)),
        every_ticket(),
        period_of(*PERIODS["march"], as_of=at + 20 * DAY, law=small_world.law),
        reader=OPERATOR,
        made_by="督查员",
        at=at + 20 * DAY,
        organisation="专窗",
    )
    sheet = load_workbook(tmp_path / "book.xlsx")["剔除明细"]
    listed = [row[6] for row in sheet.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert listed == ["解决率"]


def test_a_month_of_nothing_says_so(books: Books) -> None:
    words = books.said("monthly of nothing", "总体情况")
    assert "共受理企业诉求 0 件，环比持平，同比持平" in words
    assert "按时办结率无数据（分母为 0）" in words
    assert "期内没有提交的诉求。" in books.said("monthly of nothing", "分类分析")
    assert not books.listed("monthly of nothing", "典型案例")


def test_a_case_is_told_by_its_rule(books: Books) -> None:
    cases = {row["案例"]: row for row in books.listed("monthly", "典型案例")}
    assert cases["经验做法"]["诉求编号"] == books.numbers["good"]
    assert cases["重办"]["诉求编号"] == books.numbers["again"]
    assert cases["重办"]["入选理由"] == "第 2 轮办结，重办 1 次"
    assert "办理缓慢" not in cases


def test_bad_ratings_are_told_with_what_became_of_them(books: Books) -> None:
    rows = {row["诉求编号"]: row for row in books.listed("satisfaction", "差评整改")}
    waiting, done = (rows.pop(books.numbers[name]) for name in ("bad", "again"))
    assert not rows
    assert (waiting["评价"], waiting["处理"], waiting["重办结果"]) == ("未解决，不满意", "已重办", "办理中")
    assert (done["重办结果"], done["重办后评价"]) == ("已解决", "已解决，满意")


def test_the_week_lists_what_the_meeting_is_about(books: Books) -> None:
    late, bad, put_off = (books.numbers[name] for name in ("late", "bad", "put_off"))

    def numbers(sheet: str) -> list[str]:
        return [row["诉求编号"] for row in books.listed("weekly", sheet)]

    # What is done again after a bad rating is as late as the rest.
    assert numbers("提请会议研究") == [late, bad]
    overdue = {
        row["诉求编号"]: (row["当前环节"], row["超期天数"]) for row in books.listed("weekly", "当前超期")
    }
    # Due on Monday the 9th; the 31st is the 16th working day after it.
    assert overdue[late] == ("办理", 16)
    (order,) = books.listed("weekly", "督办未复")
    assert (order["诉求编号"], order["级别"], order["督办要求"]) == (late, "一级", "三日内办结")
    assert numbers("挂账") == numbers("一周内到期") == [put_off]
    assert numbers("差评重办") == [bad]
    assert not numbers("多次退单")
    cards = {
        (row["诉求编号"], row["承办单位"], row["牌别"])
        for row in books.listed("weekly of a week", "黄牌红牌")
    }
    assert (late, "供电公司", "红牌") in cards


@pytest.mark.parametrize("name", REPORTS)
def test_no_phone_and_no_contact_is_in_a_book(books: Books, name: str) -> None:
    words = books.texts(name)
    assert not any(one in words for one in ("13812345678", "13800001111", "王小明"))


# What departments read


@pytest.mark.parametrize("name", REPORTS)
def test_a_complaint_is_in_nobodys_book_who_is_complained_of(books: Books, name: str) -> None:
    assert books.numbers["good"] in books.texts(name, "power_head")
    assert books.numbers["complaint"] not in books.texts(name, "power_head")
    assert books.numbers["complaint"] in books.texts("monthly")


@pytest.mark.parametrize("name", ["monthly", "satisfaction"])
def test_a_department_reads_no_single_rating_but_that_of_its_rework(books: Books, name: str) -> None:
    told = [str(cell.value) for cell in books.opened(name, "power_head")["明细"][2]]
    assert not [title for title in told if any(word in title for word in ("满意", "解决", "评"))]
    bad = {row["诉求编号"] for row in books.listed(name, "差评整改", "power_head")}
    assert bad == {books.numbers["bad"], books.numbers["again"]}
    assert not books.listed("monthly", "差评整改", "finance_head")
    cases = books.listed("monthly", "典型案例", "power_head")
    assert "经验做法" not in {row["案例"] for row in cases}


# What it costs


def test_books_cost_the_same_however_many_tickets_they_tell_of(world: World) -> None:
    def statements() -> list[int]:
        facts.store_facts(END_OF_MARCH)
        found = []
        for name in ("monthly", "weekly", "satisfaction"):
            with counted() as seen:
                book(world, name)
            found.append(len(seen))
        return found

    world.make(State.CLOSED, solved=Solved.UNSOLVED, level=Level.DISSATISFIED)
    world.make(State.IN_PROGRESS)
    few = statements()
    for _ in range(3):
        world.make(State.CLOSED, solved=Solved.UNSOLVED, level=Level.DISSATISFIED)
        world.make(State.IN_PROGRESS)
    assert statements() == few
    assert max(few) <= MOST_STATEMENTS
