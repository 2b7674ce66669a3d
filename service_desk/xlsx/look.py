"""The official look: fonts, thin borders, paper."""

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

INK = "FF1F2933"
GREY = "FF9AA5B1"
FACE = "宋体"
TITLE = Font(name="黑体", size=16, bold=True, color=INK)
HEAD = Font(name="黑体", size=10, color=INK)
BODY = Font(name=FACE, size=10, color=INK)
FAINT = Font(name=FACE, size=10, color=GREY)
HEAD_FILL = PatternFill("solid", fgColor="FFE8EEF4")
LATE_FILL = PatternFill("solid", fgColor="FFFDECEA")
LATE_INK = Font(name=FACE, size=10, color="FFB42318")
PART_FILL = PatternFill("solid", fgColor="FFF5F7FA")
THIN = Side(style="thin", color="FF7B8794")
BOX = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
CENTRE = Alignment(horizontal="center", vertical="center", wrap_text=True)
LEFT = Alignment(horizontal="left", vertical="center", wrap_text=True)
TOP_LEFT = Alignment(horizontal="left", vertical="top", wrap_text=True)

A3, A4 = "8", "9"
PAPER_WIDTH = 200
"""Characters across a sheet of A3 that are still easy to read."""
WIDE = 14  # columns; what is wider goes on A3


def boxed(
    cell: Cell, *, font: Font = BODY, alignment: Alignment = CENTRE, fill: PatternFill | None = None
) -> None:
    """A table's cell."""
    cell.font = font
    cell.alignment = alignment
    cell.border = BOX
    if fill is not None:
        cell.fill = fill


def merged(sheet: Worksheet, row: int, first: int, last: int) -> Cell:
    """The cell that stands for a stretch of a row."""
    if last > first:
        sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)
    return cell_at(sheet, row, first)


def cell_at(sheet: Worksheet, row: int, column: int) -> Cell:
    """A cell that is written to."""
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # noqa: S101 - a MergedCell would be a mistake of the writer
    return cell


def ready_for_paper(sheet: Worksheet, *, columns: int, heading_rows: tuple[int, int], body_from: str) -> None:
    """Landscape, fitted to the width, the heading on every page and always in sight."""
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = A3 if columns > WIDE else A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    sheet.page_margins.left = sheet.page_margins.right = 0.4
    sheet.page_margins.top = sheet.page_margins.bottom = 0.6
    sheet.page_margins.header = sheet.page_margins.footer = 0.3
    if sheet.oddFooter is not None:
        sheet.oddFooter.center.text = "第 &P 页，共 &N 页"
    sheet.print_title_rows = f"{heading_rows[0]}:{heading_rows[1]}"
    sheet.freeze_panes = body_from


def spread_over_paper(sheet: Worksheet, widths: list[float]) -> None:
    """What is too wide for one sheet of paper goes on several side by side, each beginning with the first columns."""
    across = max(1, round(sum(widths) / PAPER_WIDTH))
    sheet.page_setup.fitToWidth = across
    if across > 1:
        sheet.print_title_cols = "A:B"


def set_widths(sheet: Worksheet, widths: list[float]) -> None:
    """The widths of the columns from the first on, in characters."""
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width


def width_of(text: str) -> int:
    """How many Latin characters wide a text is."""
    return sum(2 if character > "\u2e7f" else 1 for character in text)
