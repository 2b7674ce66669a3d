"""Long lists: a workbook of one sheet, whose rows are written as they come (docs/decisions/0021)."""

import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from service_desk.xlsx.look import (
    BODY,
    HEAD,
    HEAD_FILL,
    LEFT,
    TITLE,
    boxed,
    cell_at,
    merged,
    ready_for_paper,
    set_widths,
    spread_over_paper,
)
from service_desk.xlsx.rows import (
    END_OF_ROWS,
    ROWS_IN_ALL,
    SPEED,
    ListColumn,
    ListRow,
    columns_in,
    framed,
    write_rows,
)
from service_desk.xlsx.text import put_text, safe_text

TITLE_ROW, LINE_ROW, HEAD_ROW, FIRST_ROW = 1, 2, 3, 4
MOST_ROWS = ROWS_IN_ALL - FIRST_ROW
"""Less the rows above the list, and the foot."""
SHEET_PART = "xl/worksheets/sheet1.xml"


@dataclass(frozen=True)
class ListSheet:
    """A list before its rows are known: what stands above them; ``foot`` says the last line for so many rows."""

    title: str
    line: str
    columns: Sequence[ListColumn]
    foot: Callable[[int], str]


def write_list(path: Path, sheet: ListSheet, rows: Iterable[ListRow]) -> int:
    """Write the list to ``path``; how many rows it has.

    What the rows raise goes through and leaves an unfinished file behind, as does ``OSError`` where there is no room.
    Raises ``TooManyRows`` where there are more than ``MOST_ROWS``.
    """
    columns = columns_in(Workbook(), sheet.columns)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=SPEED) as archive:
        with archive.open(SHEET_PART, "w", force_zip64=True) as part:
            head, _ = _frame(sheet, 0)[SHEET_PART].split(END_OF_ROWS)
            part.write(re.sub(rb"<dimension [^>]*/>", b"", head))
            number = write_rows(part, rows, columns, first=FIRST_ROW, most=MOST_ROWS - 1)
            frame = _frame(sheet, number)
            _, tail = frame.pop(SHEET_PART).split(END_OF_ROWS)
            part.write(_foot(FIRST_ROW + number, sheet.foot(number)) + END_OF_ROWS + tail)
        for name, content in frame.items():
            archive.writestr(name, content)
    return number


def _foot(number: int, words: str) -> bytes:
    return (
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t xml:space="preserve">'
        f"{escape(safe_text(words))}</t></is></c></row>"
    ).encode()


def _frame(list_sheet: ListSheet, rows: int) -> dict[str, bytes]:
    """The parts of the workbook without its rows."""
    workbook = Workbook()
    columns_in(workbook, list_sheet.columns)
    sheet = workbook.worksheets[0]
    sheet.title = list_sheet.title[:31]
    width = len(list_sheet.columns)
    title = merged(sheet, TITLE_ROW, 1, width)
    put_text(title, list_sheet.title)
    title.font, title.alignment = TITLE, LEFT
    sheet.row_dimensions[TITLE_ROW].height = 30
    line = merged(sheet, LINE_ROW, 1, width)
    put_text(line, list_sheet.line)
    line.font, line.alignment = BODY, LEFT
    for number, column in enumerate(list_sheet.columns, 1):
        cell = cell_at(sheet, HEAD_ROW, number)
        put_text(cell, column.title)
        boxed(cell, font=HEAD, fill=HEAD_FILL)
    sheet.row_dimensions[HEAD_ROW].height = 32
    last = max(FIRST_ROW, FIRST_ROW + rows - 1)
    sheet.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(width)}{last}"
    set_widths(sheet, [column.width for column in list_sheet.columns])
    ready_for_paper(sheet, columns=width, heading_rows=(TITLE_ROW, HEAD_ROW), body_from=f"C{FIRST_ROW}")
    spread_over_paper(sheet, [column.width for column in list_sheet.columns])
    with zipfile.ZipFile(framed(workbook)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
