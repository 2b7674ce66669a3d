"""Long lists: what a reader of the file finds, row by row."""

import errno
import os
import signal
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from subprocess import CalledProcessError
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from service_desk.xlsx import cells, stream
from service_desk.xlsx.rows import AT_ONCE, ListColumn, ListRow, Look, TooManyRows
from service_desk.xlsx.stream import ListSheet, write_list
from service_desk.xlsx.text import CUT_MARK
from tests.processes import children, environment, running, until

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
    texts = [str(number % (cells.REMEMBERED + 50)) for number in range(2 * cells.REMEMBERED)]
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


LONG = stream.FEW_LOTS * AT_ONCE + 700
"""Rows of a list that is packed by a process beside."""


def packers() -> list[int]:
    """The processes that pack lists for this one, which may have others: browsers, databases."""
    return [pid for pid in children(os.getpid()) if b"packing" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_a_long_list_is_packed_beside_as_a_short_one_is_here(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def rows() -> Iterator[ListRow]:
        for number in range(LONG):
            if number % 100 == 0:
                seen.append(len(packers()))
            yield row(number, f"<{number}>", late=number % 7 == 0)

    assert write_list(path, SHEET, rows()) == LONG
    assert (max(seen), len(packers())) == (1, 0), "one process, which has ended"
    monkeypatch.setattr(stream, "FEW_LOTS", LONG)
    here = tmp_path / "here.xlsx"
    write_list(here, SHEET, rows())
    with zipfile.ZipFile(path) as beside, zipfile.ZipFile(here) as alone:
        assert beside.read(stream.SHEET_PART) == alone.read(stream.SHEET_PART)
        assert beside.namelist() == alone.namelist()


@pytest.mark.parametrize("path", [Path("/dev/full"), Path("/nowhere/list.xlsx")])
def test_a_disk_that_takes_no_more_is_told_from_either_process(path: Path) -> None:
    for number in (3, LONG):
        with pytest.raises(OSError, match="No s") as refused:
            write_list(path, SHEET, (row(one, "一" * 500) for one in range(number)))
        assert refused.value.errno in (errno.ENOSPC, errno.ENOENT)


def test_a_packer_that_is_killed_is_an_error(path: Path) -> None:
    def rows() -> Iterator[ListRow]:
        for number in range(10 * LONG):
            yield row(number, "一")
            if number == LONG:
                (packer,) = packers()
                os.kill(packer, signal.SIGKILL)

    with pytest.raises(CalledProcessError):
        write_list(path, SHEET, rows())


def test_whatever_stops_a_long_list_ends_its_packer(path: Path) -> None:
    def rows() -> Iterator[ListRow]:
        for number in range(LONG):
            yield row(number, "一")
        raise InterruptedError

    with pytest.raises(InterruptedError):
        write_list(path, SHEET, rows())
    assert not packers()


ENDLESS = """
import sys
from itertools import count
from pathlib import Path
from tests.xlsx.test_stream import SHEET, row
from service_desk.xlsx.stream import write_list
write_list(Path(sys.argv[1]), SHEET, (row(number, "一") for number in count()))
"""


def test_a_packer_does_not_outlive_who_tells_it(path: Path, tmp_path: Path) -> None:
    command, env = (sys.executable, "-c", ENDLESS, str(path)), environment("sqlite://", tmp_path)
    with running(*command, env=env, log=tmp_path / "log") as teller:
        until(lambda: bool(children(teller.pid)), "the packer has begun")
        (packer,) = children(teller.pid)
        teller.kill()
        teller.wait()
        until(lambda: not Path(f"/proc/{packer}/exe").exists(), "the packer has ended")
