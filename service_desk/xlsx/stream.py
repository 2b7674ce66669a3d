"""Long lists: rows as they come, straight into the file, so that a hundred thousand weigh no more than ten.

openpyxl makes the frame (styles, heading, widths, paper) as for every workbook; the rows below the heading are
written here (docs/decisions/0021).
"""

import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from io import BytesIO
from operator import getitem
from pathlib import Path
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.utils import get_column_letter

from service_desk.xlsx.look import (
    BODY,
    CENTRE,
    HEAD,
    HEAD_FILL,
    LATE_FILL,
    LATE_INK,
    LEFT,
    TITLE,
    TOP_LEFT,
    boxed,
    cell_at,
    merged,
    ready_for_paper,
    set_widths,
    spread_over_paper,
)
from service_desk.xlsx.text import LOOKS_LIKE_A_FORMULA, put_text, safe_text

TITLE_ROW, LINE_ROW, HEAD_ROW, FIRST_ROW = 1, 2, 3, 4
MOST_ROWS = 1_048_576 - FIRST_ROW
"""Excel's own limit, less the rows above the list; the foot needs one more."""
AT_ONCE = 500
"""Rows that are handed to the compressor together."""
SPEED = 1
"""Of the compressor: a third larger than at its best, in a third of the time."""
SHEET_PART = "xl/worksheets/sheet1.xml"
EPOCH = date(1899, 12, 30).toordinal()
SECONDS = 24 * 60 * 60
REMEMBERED = 1_000
"""Values of a column whose cells are kept, so that memory does not grow with the list."""
LONG_TEXT = 16_000
"""Characters from which on a text may be too long for a cell, whose limit counts some of them twice."""
_DOUBTFUL = re.compile(r"^[=+\-@\s]|[&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|\s$")
"""Whatever is not written as it stands."""
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class Look(Enum):
    """How the cells of a column are shown."""

    NUMBER = "0"
    TEXT = "@"
    LONG = "@ "
    """Text that is read from the left, line by line."""
    DAY = "yyyy-mm-dd"
    MOMENT = "yyyy-mm-dd hh:mm"


@dataclass(frozen=True, slots=True)
class ListColumn:
    """A column: its title, its width in characters, and how its cells look."""

    title: str
    width: float = 12
    look: Look = Look.TEXT


Value = str | int | date | datetime | None
"""Days and moments are the park's own; a moment is shown as it stands, whatever its zone."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """A line of the list; one that is ``late`` is marked."""

    values: Sequence[Value]
    late: bool = False


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
    Raises ``ValueError`` where there are more than ``MOST_ROWS``.
    """
    columns = _cells_of(sheet.columns)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=SPEED) as archive:
        with archive.open(SHEET_PART, "w", force_zip64=True) as part:
            head, _ = _frame(sheet, 0)[SHEET_PART].split(b"</sheetData>")
            part.write(re.sub(rb"<dimension [^>]*/>", b"", head))
            number, waiting = 0, []
            for number, row in enumerate(rows, 1):
                if number >= MOST_ROWS:
                    raise ValueError("more rows than a sheet can hold")
                waiting.append(_row(FIRST_ROW + number - 1, row, columns))
                if len(waiting) == AT_ONCE:
                    part.write("".join(waiting).encode())
                    waiting.clear()
            waiting.append(_foot(FIRST_ROW + number, sheet.foot(number)))
            frame = _frame(sheet, number)
            _, tail = frame.pop(SHEET_PART).split(b"</sheetData>")
            part.write("".join(waiting).encode() + b"</sheetData>" + tail)
        for name, content in frame.items():
            archive.writestr(name, content)
    return number


# The rows


class _Cells(dict[Value, str]):
    """The cells of one column by their values, as they were written before: most columns say the same few things.

    ``plain`` and ``quoted`` are the numbers of its styles, the second for text that looks like a formula.
    """

    def __init__(self, plain: int, quoted: int) -> None:
        text = 't="inlineStr"><is><t>'
        self.empty, self.number = f'<c s="{plain}"/>', f'<c s="{plain}"><v>'
        self.text, self.quoted = f'<c s="{plain}" {text}', f'<c s="{quoted}" {text}'

    def __missing__(self, value: Value) -> str:
        cell = self._written(value)
        if len(self) < REMEMBERED:
            self[value] = cell
        return cell

    def _written(self, value: Value) -> str:
        if value is None or value == "":
            return self.empty
        if not isinstance(value, str):
            return f"{self.number}{_serial(value)}</v></c>"
        if len(value) > LONG_TEXT or _DOUBTFUL.search(value):
            return self._careful(value)
        return f"{self.text}{value}</t></is></c>"

    def _careful(self, text: str) -> str:
        begin = self.quoted if text.startswith(LOOKS_LIKE_A_FORMULA) else self.text
        # What reads like an escape of the format itself is text, too.
        kept = _LIKE_AN_ESCAPE.sub("_x005F_", safe_text(text))
        return f'{begin[:-1]} xml:space="preserve">{escape(kept)}</t></is></c>'


def _row(number: int, row: ListRow, columns: tuple[Sequence[_Cells], Sequence[_Cells]]) -> str:
    return f'<row r="{number}">{"".join(map(getitem, columns[row.late], row.values))}</row>'


def _serial(value: int | date) -> float:
    """A number as it is; a day as Excel counts it, a moment with its part of the day."""
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        # Not rounded: a hair below 12:30 is shown as 12:29.
        return value.toordinal() - EPOCH + seconds / SECONDS
    return value.toordinal() - EPOCH if isinstance(value, date) else value


def _foot(number: int, words: str) -> str:
    return (
        f'<row r="{number}"><c r="A{number}" t="inlineStr"><is><t xml:space="preserve">'
        f"{escape(safe_text(words))}</t></is></c></row>"
    )


# The frame


def _cells_of(columns: Sequence[ListColumn]) -> tuple[list[_Cells], list[_Cells]]:
    """The cells of each column, in rows that are calm and in those that are late."""
    _, numbers = _framed(columns)
    calm, late = (
        [_Cells(numbers[one.look, is_late, False], numbers[one.look, is_late, True]) for one in columns]
        for is_late in (False, True)
    )
    return calm, late


_Style = tuple[Look, bool, bool]


def _framed(columns: Sequence[ListColumn]) -> tuple[Workbook, dict[_Style, int]]:
    """A workbook that knows the styles of the rows, and their numbers: by look, lateness, and likeness to a formula."""
    workbook = Workbook()
    pattern = workbook.create_sheet()
    numbers: dict[_Style, int] = {}
    for row, look in enumerate(dict.fromkeys(column.look for column in columns), 1):
        for column, (late, quoted) in enumerate(
            ((False, False), (False, True), (True, False), (True, True)), 1
        ):
            cell = cell_at(pattern, row, column)
            boxed(
                cell,
                font=LATE_INK if late else BODY,
                alignment=TOP_LEFT if look is Look.LONG else CENTRE,
                fill=LATE_FILL if late else None,
            )
            cell.number_format = look.value.strip()
            cell.quotePrefix = quoted
            numbers[look, late, quoted] = cell.style_id
    workbook.remove(pattern)
    return workbook, numbers


def _frame(list_sheet: ListSheet, rows: int) -> dict[str, bytes]:
    """The parts of the workbook without its rows."""
    workbook, _ = _framed(list_sheet.columns)
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
    stream = BytesIO()
    workbook.save(stream)
    with zipfile.ZipFile(stream) as archive:
        return {name: archive.read(name) for name in archive.namelist()}
