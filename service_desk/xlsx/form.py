"""An empty form to be filled in and sent back: titles, and a few lines to show how."""

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

WIDTH = 16


def blank_form(sheet: str, titles: Sequence[str], examples: Sequence[Sequence[str]]) -> bytes:
    """A workbook of one sheet with a bold header and examples, all of it text."""
    book = Workbook()
    page = book.active
    if page is None:
        raise RuntimeError("a new workbook has a sheet")
    page.title = sheet
    for line in (titles, *examples):
        page.append(list(line))
    for number, title in enumerate(titles, start=1):
        page.cell(1, number).font = Font(bold=True)
        page.column_dimensions[get_column_letter(number)].width = max(WIDTH, 2 * len(title))
    # Days stay as they are typed.
    for row in page.iter_rows(min_row=2):
        for cell in row:
            cell.number_format = "@"
    page.freeze_panes = "A2"
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()
