"""Long lists: what a reader of the file finds, row by row."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from service_desk.xlsx import rows as rows_of_sheets
from service_desk.xlsx import stream
from service_desk.xlsx.rows import ListColumn, ListRow, Look, TooManyRows
from service_desk.xlsx.stream import ListSheet, write_list
from service_desk.xlsx.text import CUT_MARK

NOON = datetime(2026, 3, 2, 12, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
SHEET = ListSheet(
    title="诉求台账",
    line="填报单位：云津县企业服务专窗",
    columns=(
        ListColumn("序号", 7, Look.NUMBER),
        ListColumn("编号", 18),
        ListColumn("内容", 60, Look.LONG),
        ListColumn("提出日期", 12, Look.DAY),
        ListColumn("答复日期", 17, Look.MOMENT),
    ),
    foot=lambda rows: f"共 {rows} 行",
)


def row(number: int, text: str, *, late: bool = False) -> ListRow:
    return ListRow((number, "0012", text, date(2026, 3, 2), NOON), late=late)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "list.xlsx"


def reopened(path: Path) -> Worksheet:
    return load_workbook(path).worksheets[0]


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+86 138",
        "-5",
        "@cmd",
        "\t=1",
        "#N/A",
        "0012",
        " 前后有空 ",
        "两\n行",
        "a<b>&\"c'",
        "😀",
        "2026-01",
    ],
)
def test_text_is_read_back_as_it_was_written(path: Path, text: str) -> None:
    write_list(path, SHEET, [row(1, text)])
    cell = reopened(path)["C4"]
    assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")
    assert cell.quotePrefix == text.startswith(("=", "+", "-", "@", "\t"))


def test_what_a_cell_cannot_hold_is_seen_to_be_gone(path: Path) -> None:
    write_list(path, SHEET, [row(1, "停电\x00了\ud800"), row(2, "长" * 40_000)])
    sheet = reopened(path)
    assert sheet["C4"].value == "停电\N{REPLACEMENT CHARACTER}了\N{REPLACEMENT CHARACTER}"
    assert str(sheet["C5"].value).endswith(CUT_MARK)


def test_days_and_moments_are_dates_to_the_minute(path: Path) -> None:
    write_list(path, SHEET, [row(1, "一")])
    sheet = reopened(path)
    assert sheet["D4"].value == datetime(2026, 3, 2)  # noqa: DTZ001 - a workbook knows no zones
    assert sheet["E4"].value == NOON.replace(tzinfo=None)
    assert (sheet["D4"].number_format, sheet["E4"].number_format) == ("yyyy-mm-dd", "yyyy-mm-dd hh:mm")


def test_the_look_is_official(path: Path) -> None:
    write_list(path, SHEET, [row(1, "一"), row(2, "二", late=True)])
    sheet = reopened(path)
    assert (sheet["A1"].value, sheet["A2"].value, sheet["A6"].value) == ("诉求台账", SHEET.line, "共 2 行")
    assert [cell.value for cell in sheet[3]] == [column.title for column in SHEET.columns]
    assert (sheet.freeze_panes, sheet.print_title_rows, sheet.auto_filter.ref) == ("C4", "$1:$3", "A3:E5")
    assert sheet.page_setup.orientation == "landscape"
    assert [sheet[place].border.left.style for place in ("A4", "C5")] == ["thin", "thin"]
    assert sheet["A4"].fill.fgColor.rgb != sheet["A5"].fill.fgColor.rgb
    assert sheet.column_dimensions["C"].width == 60


def test_a_list_too_wide_for_one_sheet_of_paper_goes_on_several(path: Path) -> None:
    wide = ListSheet("宽", "", [ListColumn(str(number), 40) for number in range(15)], str)
    write_list(path, wide, [])
    sheet = reopened(path)
    assert (sheet.page_setup.fitToWidth, sheet.print_title_cols) == (3, "$A:$B")


def test_a_list_without_rows_is_a_workbook(path: Path) -> None:
    assert write_list(path, SHEET, []) == 0
    assert reopened(path)["A4"].value == "共 0 行"


def test_values_that_are_remembered_are_those_that_were_meant(path: Path) -> None:
    """More values than are kept, and the same ones again afterwards."""
    texts = [
        str(number % (rows_of_sheets.REMEMBERED + 50)) for number in range(2 * rows_of_sheets.REMEMBERED)
    ]
    assert write_list(path, SHEET, [row(1, text) for text in texts]) == len(texts)
    lines = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    assert [line[2] for line in lines[3:-1]] == texts


def test_more_than_a_sheet_holds_is_an_error_not_a_cut(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "MOST_ROWS", 3)
    with pytest.raises(TooManyRows):
        write_list(path, SHEET, [row(number, "一") for number in range(3)])


def test_what_stops_the_rows_stops_the_writing(path: Path) -> None:
    def rows() -> Iterator[ListRow]:
        yield row(1, "一")
        raise InterruptedError

    with pytest.raises(InterruptedError):
        write_list(path, SHEET, rows())
