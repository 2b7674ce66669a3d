"""What may stand in a cell: text that no spreadsheet takes for a formula, chokes on or cuts silently."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell

CELL_LIMIT = 32_767  # characters; Excel refuses more, openpyxl cuts them without a word
CUT_MARK = "…（全文见系统）"
LOOKS_LIKE_A_FORMULA = ("=", "+", "-", "@", "\t")
# XML 1.0 knows of the control characters only tab, line feed and carriage return, and no lone surrogates.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def safe_text(text: str) -> str:
    """The text as a cell can hold it: forbidden characters shown as �, too long ones cut with a mark."""
    clean = _FORBIDDEN.sub(_REPLACEMENT, text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(clean.encode("utf-16-le")) <= CELL_LIMIT * 2:
        return clean
    # Excel counts UTF-16 units: cut by those, and never through a pair.
    room = (CELL_LIMIT - len(CUT_MARK)) * 2
    return clean.encode("utf-16-le")[:room].decode("utf-16-le", errors="ignore") + CUT_MARK


def put_text(cell: "Cell", text: str) -> None:
    """Store text as text, whatever it begins with: a formula, an error code, a number."""
    cell.value = safe_text(text)
    cell.data_type = "s"
    cell.number_format = "@"
    if text.startswith(LOOKS_LIKE_A_FORMULA):
        # Without it, editing the cell would turn the text into a formula after all.
        cell.quotePrefix = True
