"""Rows of a long sheet as they come, straight into the file: a hundred thousand weigh no more than ten.

openpyxl makes everything around them (styles, headings, widths, paper); see docs/decisions/0021.
"""

import errno
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from io import BytesIO
from operator import getitem
from typing import IO
from xml.sax.saxutils import escape

from lxml.etree import SerialisationError
from openpyxl import Workbook

from service_desk.xlsx.look import BODY, CENTRE, LATE_FILL, LATE_INK, TOP_LEFT, boxed, cell_at
from service_desk.xlsx.text import LOOKS_LIKE_A_FORMULA, safe_text

ROWS_IN_ALL = 1_048_576
"""Excel's own limit."""
AT_ONCE = 500
"""Rows that are handed to the compressor together."""
SPEED = 1
"""Of the compressor: a third larger than at its best, in a third of the time."""
END_OF_ROWS = b"</sheetData>"
EPOCH = date(1899, 12, 30).toordinal()
SECONDS = 24 * 60 * 60
REMEMBERED = 1_000
"""Values of a column whose cells are kept, so that memory does not grow with the list."""
LONG_TEXT = 16_000
"""Characters from which on a text may be too long for a cell, whose limit counts some of them twice."""
_DOUBTFUL = re.compile(r"^[=+\-@\s]|[&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|\s$")
"""Whatever is not written as it stands."""
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


class TooManyRows(ValueError):
    """A sheet cannot hold the rows."""


class Look(Enum):
    """How the cells of a column are shown."""

    NUMBER = "0"
    MONTH = '0000"-"00'
    """The number 202611."""
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


class Cells(dict[Value, str]):
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


Columns = tuple[Sequence[Cells], Sequence[Cells]]
"""The cells of each column, in rows that are calm and in those that are late."""


def columns_in(workbook: Workbook, columns: Sequence[ListColumn]) -> Columns:
    """The cells of columns, in styles that the workbook knows from now on, by the same numbers every time."""
    pattern = workbook.create_sheet()
    numbers: dict[tuple[Look, bool, bool], int] = {}
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
    calm, late_ones = (
        [Cells(numbers[one.look, is_late, False], numbers[one.look, is_late, True]) for one in columns]
        for is_late in (False, True)
    )
    return calm, late_ones


def write_rows(part: IO[bytes], rows: Iterable[ListRow], columns: Columns, *, first: int, most: int) -> int:
    """Write rows into the part of a sheet, from the row with number ``first`` on; how many there are.

    Raises ``TooManyRows`` where there are more than ``most``.
    """
    number = 0
    waiting: list[str] = []
    for number, row in enumerate(rows, 1):
        if number > most:
            raise TooManyRows("more rows than a sheet can hold")
        cells = map(getitem, columns[row.late], row.values)
        waiting.append(f'<row r="{first + number - 1}">{"".join(cells)}</row>')
        if len(waiting) == AT_ONCE:
            part.write("".join(waiting).encode())
            waiting.clear()
    part.write("".join(waiting).encode())
    return number


def framed(workbook: Workbook) -> BytesIO:
    """The file of a workbook but for its long rows. Raises ``OSError`` where its sheets have no room on the disk."""
    frame = BytesIO()
    try:
        workbook.save(frame)
    except SerialisationError as error:
        # Each sheet waits in a file of its own, and whoever writes that has names of their own for errors: IO_ENOSPC.
        number = getattr(errno, str(error).removeprefix("IO_"), errno.EIO)
        raise OSError(number, os.strerror(number)) from error
    return frame


def _serial(value: int | date) -> float:
    """A number as it is; a day as Excel counts it, a moment with its part of the day."""
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        # Not rounded: a hair below 12:30 is shown as 12:29.
        return value.toordinal() - EPOCH + seconds / SECONDS
    return value.toordinal() - EPOCH if isinstance(value, date) else value
