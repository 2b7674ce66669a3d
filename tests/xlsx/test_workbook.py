"""A report workbook: what each sheet says, how it looks, and that 核对 counts 统计 again."""

import gc
import resource
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import Workbook

from service_desk.xlsx.book import (
    Added,
    Cell,
    Chart,
    Check,
    Counted,
    Detail,
    Divided,
    Heading,
    Line,
    Listing,
    Ranked,
    ReportBook,
    Sheet,
    Table,
)
from service_desk.xlsx.recount import criterion
from service_desk.xlsx.rows import ListColumn, ListRow, Look
from service_desk.xlsx.workbook import write_book

Reopen = Callable[[ReportBook], Workbook]
Recount = Callable[[Workbook, int], float | str]

AS_OF = datetime(2026, 3, 31, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
NASTY = "=供*电?公~司"
ALIKE = "=供水电气公~司"  # what NASTY would find if its signs were taken for wildcards
ROWS: list[list[str | int | None]] = [
    ["QS-0", "水务公司", 202602, None, None, None],
    ["QS-1", NASTY, 202601, 1, 1, 3],
    ["QS-2", NASTY, 202602, 0, 1, 9],
    ["QS-3", ALIKE, 202602, 1, 1, 4],
]
DONE, ALL = Counted("按时"), Counted("到期")


def line(name: str, done: int, due: int, longest: int | None, match: str | int | None = None) -> Line:
    value = round(done / due, 4) if due else None
    return Line(
        name=name,
        cells=[Cell(value, "0.00%", is_grey=due < 5), Cell(f"{done}/{due}"), Cell(longest)],
        checks=[
            Check("按时率", "分子", done, DONE),
            Check("按时率", "分母", due, ALL),
            Check("按时率", "率", value, Divided(DONE, ALL, 4)),
            Check("用时", "合计", {3: 16, 2: 12, 1: 4 if name == ALIKE else 3, 0: 0}[due], Added("用时")),
            Check("用时", "最长", longest, Ranked("用时", ALL, Fraction(1))),
        ],
        match=match,
    )


@pytest.fixture(scope="module")
def book() -> ReportBook:
    return ReportBook(
        title="办结统计表",
        organisation="=云津县企业服务专窗",
        period="2026-01-01 至 2026-02-28",
        as_of=AS_OF,
        made_by="督查员",
        made_at=AS_OF,
        headings=[Heading("按时率", ("率", "分子/分母")), Heading("最长用时")],
        tables=[
            Table("总体", [line("合计", 2, 3, 9)]),
            Table(
                "按承办单位",
                [
                    line(NASTY, 1, 2, 9, NASTY),
                    line(ALIKE, 1, 1, 4, ALIKE),
                    line("水务公司", 0, 0, None, "水务公司"),
                ],
                line_column="承办单位",
                chart=Chart("按时率（按承办单位）", 0),
            ),
            Table(
                "按月份",
                [line("2026-01", 1, 1, 3, 202601), line("2026-03", 0, 0, None, 202603)],
                line_column="月份",
                chart=Chart("按时率（按月份）", 0, in_time=True),
            ),
        ],
        detail=Detail(
            [
                ListColumn("诉求编号"),
                ListColumn("承办单位"),
                ListColumn("月份", look=Look.MONTH),
                *(ListColumn(title, look=Look.NUMBER) for title in ("按时", "到期", "用时")),
            ],
            ROWS,
        ),
        definitions=[("按时率", "按时办结的时限除以到期的时限")],
        calendar_version="第 1 版",
        filters={"片区": "=新材料园"},
    )


@pytest.fixture(scope="module")
def workbook(book: ReportBook, reopened: Reopen) -> Workbook:
    return reopened(book)


def test_it_has_the_four_sheets(workbook: Workbook) -> None:
    assert workbook.sheetnames == ["统计", "明细", "核对", "口径说明"]


def test_the_title_and_the_line_below_it_say_who_and_when(workbook: Workbook) -> None:
    sheet = workbook["统计"]
    assert sheet["A1"].value == "办结统计表"
    assert "A1:D1" in {str(one) for one in sheet.merged_cells.ranges}
    below = [cell.value for cell in sheet[2] if cell.value]
    assert below == [
        "填报单位：=云津县企业服务专窗",
        "统计期：2026-01-01 至 2026-02-28　　截至日期：2026-03-31 12:00",
    ]


def test_values_stand_under_their_headings(workbook: Workbook) -> None:
    rows = [[cell.value for cell in row] for row in workbook["统计"].iter_rows(3, 10)]
    assert rows == [
        ["项目", "按时率", None, "最长用时"],
        [None, "率", "分子/分母", None],
        ["总体", None, None, None],
        ["合计", 0.6667, "2/3", 9],
        ["按承办单位", None, None, None],
        [NASTY, 0.5, "1/2", 9],
        [ALIKE, 1, "1/1", 4],
        ["水务公司", "—", "0/0", "—"],
    ]


def test_few_are_grey_and_framed(workbook: Workbook) -> None:
    cell = workbook["统计"]["B6"]
    assert cell.number_format == "0.00%"
    assert cell.font.color.rgb == "FF9AA5B1"
    assert cell.border.left.style == cell.border.top.style == "thin"


def test_no_user_text_became_a_formula(workbook: Workbook) -> None:
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert sheet.title == "核对"
                    formula = getattr(cell.value, "text", cell.value)
                    assert "公司" not in str(formula)


def test_codes_in_the_rows_are_text_and_numbers_are_numbers(workbook: Workbook) -> None:
    row = workbook["明细"][3]
    assert [cell.data_type for cell in row] == ["s", "s", "n", "n", "n", "n"]
    assert workbook["明细"].auto_filter.ref == "A2:F6"
    assert row[3].value is None
    assert workbook["明细"][4][1].quotePrefix
    assert row[2].number_format == '0000"-"00'


def test_every_number_is_counted_again_from_the_rows(workbook: Workbook, recounted: Recount) -> None:
    sheet = workbook["核对"]
    assert sheet.max_row == 3 + 5 * 6
    for row in range(4, sheet.max_row + 1):
        written = sheet[f"F{row}"].value
        assert recounted(workbook, row) == written, [cell.value for cell in sheet[row]]
        assert sheet[f"H{row}"].value == f"=IF(F{row}=G{row},0,ROUND(F{row}-G{row},6))"


@pytest.mark.parametrize(
    ("match", "sought"),
    [
        pytest.param("供电公司", "=供电公司", id="a plain name"),
        pytest.param("供*", "=供~*", id="a star is a star"),
        pytest.param("供?", "=供~?", id="a question mark is one"),
        pytest.param("供~", "=供~~", id="a tilde is one"),
        pytest.param(">5", "=>5", id="no comparison"),
        pytest.param(202601, 202601, id="a month is a number"),
    ],
)
def test_a_name_is_sought_as_it_stands(match: str | int, sought: str | int) -> None:
    assert criterion(match) == sought


def test_a_wrong_value_is_found(book: ReportBook, reopened: Reopen, recounted: Recount) -> None:
    wrong = replace(book, tables=[Table("总体", [line("合计", 1, 3, 9)])])
    workbook = reopened(wrong)
    assert workbook["核对"]["F4"].value == 1
    assert recounted(workbook, 4) == 2


def test_it_is_counted_when_it_is_opened(workbook: Workbook) -> None:
    assert workbook.calculation.fullCalcOnLoad


@pytest.mark.parametrize(
    ("name", "frozen", "titles"),
    [
        ("统计", "B5", "$1:$4"),
        ("明细", "C3", "$1:$2"),
        ("核对", "A4", "$1:$3"),
        ("口径说明", "A3", "$1:$2"),
    ],
)
def test_every_sheet_is_ready_for_paper(workbook: Workbook, name: str, frozen: str, titles: str) -> None:
    sheet = workbook[name]
    assert sheet.freeze_panes == frozen
    assert sheet.print_title_rows == titles
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert all(sheet.column_dimensions[letter].width >= 7 for letter in "AB")


def test_charts_show_their_axes(workbook: Workbook) -> None:
    charts = workbook["统计"]._charts  # type: ignore[attr-defined]
    assert [type(chart).__name__ for chart in charts] == ["BarChart", "BarChart", "LineChart"]
    assert all(axis.delete is False for chart in charts for axis in (chart.x_axis, chart.y_axis))
    # Values from the first line of the table to its last.
    assert charts[0].series[0].val.numRef.f == "'统计'!$B$8:$B$10"
    assert charts[0].series[0].cat.numRef.f == "'统计'!$A$8:$A$10"


def test_the_notes_say_what_was_counted_and_how(workbook: Workbook) -> None:
    said = {row[0].value: row[1].value for row in workbook["口径说明"].iter_rows(3)}
    assert said["统计期"] == "2026-01-01 至 2026-02-28"
    assert str(said["截至时间"]).startswith("2026-03-31 12:00:00")
    assert said["筛选条件"] == "片区：=新材料园"
    assert said["工作日历"] == "第 1 版"
    assert said["明细行数"] == "4"
    assert said["制表"] == "督查员，2026-03-31 12:00:00"
    assert said["按时率"] == "按时办结的时限除以到期的时限"


def test_a_book_of_nothing_opens(book: ReportBook, reopened: Reopen, recounted: Recount) -> None:
    empty = replace(
        book, tables=[Table("总体", [line("合计", 0, 0, None)])], detail=replace(book.detail, rows=[])
    )
    workbook = reopened(empty)
    assert workbook["统计"]["B6"].value == "—"
    assert [recounted(workbook, row) for row in range(4, 9)] == [0, 0, "—", 0, "—"]


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of the writers that are cut short
def test_no_room_for_its_sheets_is_told_as_what_it_is(book: ReportBook, tmp_path: Path) -> None:
    kept = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, kept[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            write_book(tmp_path / "book.xlsx", book)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, kept)
        gc.collect()


def test_no_row_is_higher_than_excel_takes(book: ReportBook, reopened: Reopen) -> None:
    rows = [ListRow([1, "话" * 5_000])]
    listing = Listing([ListColumn("序号", 7, Look.NUMBER), ListColumn("说明", 40, Look.LONG)], rows)
    workbook = reopened(replace(book, annexes=[Sheet("清单", ["话" * 5_000], listing=listing)]))
    heights = [one.height for one in workbook["清单"].row_dimensions.values() if one.height]
    assert max(heights) == 409
