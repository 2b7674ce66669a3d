"""Rows of a long sheet as they come: a hundred thousand weigh no more than ten.

openpyxl makes everything around them (styles, headings, widths, paper); see docs/decisions/0021.
"""

import errno
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from io import BytesIO
from itertools import islice

from lxml.etree import SerialisationError
from openpyxl import Workbook

from service_desk.xlsx.cells import Cells, Columns, Lot, Value
from service_desk.xlsx.look import BODY, CENTRE, LATE_FILL, LATE_INK, TOP_LEFT, boxed, cell_at

ROWS_IN_ALL = 1_048_576
"""Excel's own limit."""
AT_ONCE = 500
"""Rows that are handed on together."""
END_OF_ROWS = b"</sheetData>"


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


@dataclass(frozen=True, slots=True)
class ListRow:
    """A line of the list; one that is ``late`` is marked."""

    values: Sequence[Value]
    late: bool = False


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


def in_lots(rows: Iterable[ListRow], *, most: int) -> Iterator[Lot]:
    """The rows, some at a time. Raises ``TooManyRows`` where there are more than ``most``."""
    coming, number = iter(rows), 0
    while lot := [(row.late, row.values) for row in islice(coming, AT_ONCE)]:
        number += len(lot)
        if number > most:
            raise TooManyRows("more rows than a sheet can hold")
        yield lot


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
