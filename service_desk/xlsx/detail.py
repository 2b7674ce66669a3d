"""The sheet 明细: the rows behind every figure."""

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from service_desk.xlsx.book import Detail, ReportBook
from service_desk.xlsx.look import (
    BODY,
    CENTRE,
    HEAD,
    HEAD_FILL,
    TITLE,
    TOP_LEFT,
    boxed,
    cell_at,
    merged,
    ready_for_paper,
    set_widths,
    spread_over_paper,
)
from service_desk.xlsx.text import put_text

NAME = "明细"
TITLE_ROW, HEAD_ROW, FIRST_ROW = 1, 2, 3
BORDERS_UP_TO = 5_000  # rows; beyond, styles would weigh more than the data


def write_detail(sheet: Worksheet, book: ReportBook) -> None:
    """Fill the sheet."""
    detail = book.detail
    title = merged(sheet, TITLE_ROW, 1, len(detail.columns))
    put_text(title, f"{book.title}明细")
    title.font, title.alignment = TITLE, CENTRE
    for number, column in enumerate(detail.columns, 1):
        cell = cell_at(sheet, HEAD_ROW, number)
        put_text(cell, column.title)
        boxed(cell, font=HEAD, fill=HEAD_FILL)
    sheet.row_dimensions[HEAD_ROW].height = 58
    _write_rows(sheet, detail)
    last = max(FIRST_ROW, FIRST_ROW + len(detail.rows) - 1)
    sheet.auto_filter.ref = f"A{HEAD_ROW}:{get_column_letter(len(detail.columns))}{last}"
    set_widths(sheet, [column.width for column in detail.columns])
    ready_for_paper(
        sheet, columns=len(detail.columns), heading_rows=(TITLE_ROW, HEAD_ROW), body_from=f"C{FIRST_ROW}"
    )
    spread_over_paper(sheet, [column.width for column in detail.columns])


def _write_rows(sheet: Worksheet, detail: Detail) -> None:
    bordered = len(detail.rows) <= BORDERS_UP_TO
    for row, values in enumerate(detail.rows, FIRST_ROW):
        for number, (column, value) in enumerate(zip(detail.columns, values, strict=True), 1):
            if value is None and not bordered:
                continue
            cell = cell_at(sheet, row, number)
            if value is None:
                pass
            elif isinstance(value, str):
                put_text(cell, value)
            else:
                cell.value = value
                cell.number_format = column.form or "0"
            if bordered:
                boxed(cell, font=BODY, alignment=TOP_LEFT if column.is_text else CENTRE)
