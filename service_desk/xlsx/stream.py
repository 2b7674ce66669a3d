"""Long lists: a workbook of one sheet, whose rows are written as they come (docs/decisions/0021)."""

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from service_desk.xlsx.cells import Lot
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
from service_desk.xlsx.packing import Beginning, End, pack, pack_beside
from service_desk.xlsx.rows import (
    END_OF_ROWS,
    ROWS_IN_ALL,
    ListColumn,
    ListRow,
    columns_in,
    framed,
    in_lots,
)
from service_desk.xlsx.text import put_text, safe_text

TITLE_ROW, LINE_ROW, HEAD_ROW, FIRST_ROW = 1, 2, 3, 4
MOST_ROWS = ROWS_IN_ALL - FIRST_ROW
"""Less the rows above the list, and the foot."""
SHEET_PART = "xl/worksheets/sheet1.xml"
FEW_LOTS = 4


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
    head, _ = _frame(sheet, 0)[SHEET_PART].split(END_OF_ROWS)
    beginning = Beginning(
        path=path,
        part=SHEET_PART,
        head=re.sub(rb"<dimension [^>]*/>", b"", head),
        columns=columns_in(Workbook(), sheet.columns),
        first=FIRST_ROW,
    )
    number = 0

    def counted(lots: Iterable[Lot]) -> Iterator[Lot]:
        nonlocal number
        for lot in lots:
            number += len(lot)
            yield lot

    def end() -> End:
        frame = _frame(sheet, number)
        _, tail = frame.pop(SHEET_PART).split(END_OF_ROWS)
        return End(_foot(FIRST_ROW + number, sheet.foot(number)) + END_OF_ROWS + tail, frame)

    lots = in_lots(rows, most=MOST_ROWS - 1)
    first_ones = list(islice(lots, FEW_LOTS))
    # Another process takes longer to begin than a short list to be written.
    write = pack if len(first_ones) < FEW_LOTS else pack_beside
    write(beginning, counted(chain(first_ones, lots)), end)
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
