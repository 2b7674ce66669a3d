"""The sheet 明细: the rows behind every figure. Its rows are written apart (``rows``), everything around them here."""

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from service_desk.xlsx.book import ReportBook
from service_desk.xlsx.look import (
    CENTRE,
    HEAD,
    HEAD_FILL,
    TITLE,
    boxed,
    cell_at,
    merged,
    ready_for_paper,
    set_widths,
    spread_over_paper,
)
from service_desk.xlsx.rows import ROWS_IN_ALL
from service_desk.xlsx.text import put_text

NAME = "明细"
TITLE_ROW, HEAD_ROW, FIRST_ROW = 1, 2, 3
MOST_ROWS = ROWS_IN_ALL - FIRST_ROW + 1


def write_frame(sheet: Worksheet, book: ReportBook, rows: int) -> None:
    """Fill the sheet, but for its rows."""
    columns = book.detail.columns
    title = merged(sheet, TITLE_ROW, 1, len(columns))
    put_text(title, f"{book.title}明细")
    title.font, title.alignment = TITLE, CENTRE
    for number, column in enumerate(columns, 1):
        cell = cell_at(sheet, HEAD_ROW, number)
        put_text(cell, column.title)
        boxed(cell, font=HEAD, fill=HEAD_FILL)
    sheet.row_dimensions[HEAD_ROW].height = 58
    last = max(FIRST_ROW, FIRST_ROW + rows - 1)
    sheet.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(columns))}{last}"
    set_widths(sheet, [column.width for column in columns])
    ready_for_paper(
        sheet, columns=len(columns), heading_rows=(TITLE_ROW, HEAD_ROW), body_from=f"C{FIRST_ROW}"
    )
    spread_over_paper(sheet, [column.width for column in columns])
