"""The rows of a long sheet as its file has them: pieces of XML, most of which were written before.

Loads nothing but Python: a process that packs rows (``packing``) needs no more.
"""

import re
from collections.abc import Sequence
from datetime import date, datetime
from operator import getitem
from xml.sax.saxutils import escape

from service_desk.xlsx.text import LOOKS_LIKE_A_FORMULA, safe_text

EPOCH = date(1899, 12, 30).toordinal()
SECONDS = 24 * 60 * 60
REMEMBERED = 1_000
"""Values of a column whose cells are kept, so that memory does not grow with the list."""
LONG_TEXT = 16_000
"""Characters from which on a text may be too long for a cell, whose limit counts some of them twice."""
_DOUBTFUL = re.compile(r"^[=+\-@\s]|[&<>\x00-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_|\s$")
"""Whatever is not written as it stands."""
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

Value = str | int | date | datetime | None
"""Days and moments are the park's own; a moment is shown as it stands, whatever its zone."""

Lot = Sequence[tuple[bool, Sequence[Value]]]
"""Rows that are handed on together: whether each is late, and its values."""


class Cells(dict[Value, bytes]):
    """The cells of one column by their values, as they were written before: most columns say the same few things.

    ``plain`` and ``quoted`` are the numbers of its styles, the second for text that looks like a formula.
    """

    def __init__(self, plain: int, quoted: int) -> None:
        text = 't="inlineStr"><is><t>'
        self.empty, self.number = f'<c s="{plain}"/>', f'<c s="{plain}"><v>'
        self.text, self.quoted = f'<c s="{plain}" {text}', f'<c s="{quoted}" {text}'

    def __missing__(self, value: Value) -> bytes:
        cell = self._written(value).encode()
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


def lines(lot: Lot, columns: Columns, first: int) -> bytes:
    """Rows as XML, the first of them in the row with that number."""
    return b"".join(
        b'<row r="%d">%b</row>' % (number, b"".join(map(getitem, columns[late], values)))
        for number, (late, values) in enumerate(lot, first)
    )


def _serial(value: int | date) -> float:
    """A number as it is; a day as Excel counts it, a moment with its part of the day."""
    if isinstance(value, datetime):
        seconds = value.hour * 3600 + value.minute * 60 + value.second
        # Not rounded: a hair below 12:30 is shown as 12:29.
        return value.toordinal() - EPOCH + seconds / SECONDS
    return value.toordinal() - EPOCH if isinstance(value, date) else value
