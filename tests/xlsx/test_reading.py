"""Workbooks somebody sends: none is opened for whose cells there is no room, however small its file is."""

import re
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from service_desk.domain.errors import Invalid
from service_desk.xlsx.form import blank_form
from service_desk.xlsx.reading import read_rows, read_sheets

SHEET = "xl/worksheets/sheet1.xml"
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
LONG = "<row>" + "<c><v>1</v></c>" * 10_000 + "</row>"


def rewritten(folder: Path, sheet: tuple[str, str], *, parts: str = SHEET) -> Path:
    """A good workbook in which one thing in its sheet was replaced by another."""
    path = folder / "days.xlsx"
    with zipfile.ZipFile(BytesIO(blank_form("表", ("日期", "名称"), [("2026-10-01", "国庆节")]))) as good:
        kept = {name: good.read(name) for name in good.namelist()}
    kept[parts] = kept[parts].decode().replace(*sheet).encode()
    with zipfile.ZipFile(path, "w") as written:
        for name, content in kept.items():
            written.writestr(name, content)
    return path


@pytest.mark.parametrize(
    "far",
    [
        pytest.param(FAR, id="a cell in the last corner"),
        pytest.param(FAR.replace('"', "'").replace("r=", "r = "), id="written otherwise"),
        pytest.param(
            f'{LONG}<row r="1048576"><c><v>1</v></c></row></sheetData>', id="cells that say no place"
        ),
    ],
)
def test_a_cell_far_off_is_said_before_room_is_made_for_all_between(tmp_path: Path, far: str) -> None:
    path = rewritten(tmp_path, ("</sheetData>", far))
    assert path.stat().st_size < 300_000
    with pytest.raises(Invalid, match="离得太远"):
        list(read_rows(path))


def test_a_blank_line_or_a_thousand_between_are_borne(tmp_path: Path) -> None:
    path = rewritten(tmp_path, ("</sheetData>", '<row r="1200"><c r="A1200"><v>7</v></c></row></sheetData>'))
    assert [(row.number, row["日期"]) for row in read_rows(path)] == [(2, "2026-10-01"), (1200, "7")]


def test_a_part_that_says_less_than_it_unzips_to_is_not_opened(tmp_path: Path) -> None:
    path = rewritten(tmp_path, ("</sheetData>", "</sheetData>"))
    content = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        part = archive.getinfo(SHEET)
    size = part.file_size.to_bytes(4, "little")
    lying = re.sub(re.escape(size), (10).to_bytes(4, "little"), content)
    path.write_bytes(lying)
    with pytest.raises(Invalid, match="不是 xlsx"):
        list(read_rows(path))


def test_a_nul_in_a_cell_is_left_out(tmp_path: Path) -> None:
    """Excel's own way to write one; PostgreSQL would refuse the whole row."""
    path = rewritten(tmp_path, ("国庆节", "国_x0000_庆节"))
    assert [row["名称"] for row in read_rows(path)] == ["国庆节"]


@pytest.mark.parametrize("read", [read_sheets, lambda path: list(read_rows(path))])
def test_a_duration_beyond_all_days_is_said(tmp_path: Path, read: Callable[[Path], object]) -> None:
    workbook, path = Workbook(), tmp_path / "days.xlsx"
    for sheet in workbook:
        sheet["A1"], sheet["A2"] = "日期", 10**12
        sheet["A2"].number_format = "[h]:mm:ss"
    workbook.save(path)
    with pytest.raises(Invalid, match="打不开"):
        read(path)
