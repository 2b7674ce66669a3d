"""Text stays text, whatever a user typed."""

from io import BytesIO

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell

from service_desk.xlsx.text import CELL_LIMIT, CUT_MARK, put_text, safe_text


@pytest.fixture
def cell() -> Cell:
    sheet = Workbook().worksheets[0]
    found = sheet["A1"]
    assert isinstance(found, Cell)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        '=HYPERLINK("http://x")',
        "+86 138",
        "-5",
        "@cmd",
        "#N/A",
        "0012",
        "2026-01",
        "91450804000000001X",
    ],
)
def test_text_is_stored_as_text(cell: Cell, text: str) -> None:
    put_text(cell, text)
    assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@a"])
def test_what_looks_like_a_formula_stays_text_when_edited(cell: Cell, text: str) -> None:
    put_text(cell, text)
    assert cell.quotePrefix


def test_control_characters_are_seen_to_have_been_there(cell: Cell) -> None:
    put_text(cell, "停电\x00了\x1b\n两天\t\ud800")
    assert (
        cell.value
        == "停电\N{REPLACEMENT CHARACTER}了\N{REPLACEMENT CHARACTER}\n两天\t\N{REPLACEMENT CHARACTER}"
    )


def test_line_ends_are_one_kind() -> None:
    assert safe_text("一\r\n二\r三\n四") == "一\n二\n三\n四"


@pytest.mark.parametrize("letter", ["字", "𠮷"], ids=["one unit", "two units"])
def test_long_text_is_cut_with_a_mark(letter: str) -> None:
    cut = safe_text(letter * (CELL_LIMIT + 1))
    assert cut.endswith(CUT_MARK)
    assert CELL_LIMIT - 2 < len(cut.encode("utf-16-le")) // 2 <= CELL_LIMIT
    assert set(cut.removesuffix(CUT_MARK)) == {letter}


def test_text_of_the_greatest_length_is_whole() -> None:
    assert safe_text("字" * CELL_LIMIT) == "字" * CELL_LIMIT


def test_the_prefix_survives_the_file() -> None:
    workbook = Workbook()
    sheet = workbook.worksheets[0]
    put_text(sheet["A1"], "=1+1")
    stream = BytesIO()
    workbook.save(stream)
    found = load_workbook(BytesIO(stream.getvalue())).worksheets[0]["A1"]
    assert (found.value, found.data_type, found.quotePrefix) == ("=1+1", "s", True)
