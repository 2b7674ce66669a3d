"""The sheet 统计: tables of values under one heading, and charts of them."""

from collections.abc import Sequence

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break, ColBreak
from openpyxl.worksheet.worksheet import Worksheet

from service_desk.xlsx.book import Cell, Heading, Line, ReportBook, Table
from service_desk.xlsx.look import (
    BODY,
    BOX,
    CENTRE,
    FAINT,
    HEAD,
    HEAD_FILL,
    LEFT,
    PART_FILL,
    TITLE,
    boxed,
    cell_at,
    merged,
    ready_for_paper,
    set_widths,
    width_of,
)
from service_desk.xlsx.text import put_text

NAME = "统计"
DASH = "—"
TITLE_ROW, LINE_ROW, HEAD_ROW, SUB_ROW = 1, 2, 3, 4
BODY_ROW = 5
CHART_ROWS = 17  # what a chart covers
CHART_WIDTH, CHART_HEIGHT = 32, 8  # cm
HALF_WIDTH = 155  # characters across a sheet of A3, whatever stands in for the font
NARROW = 10.0  # characters
WIDEST = 30  # columns that are still easy to read on one sheet of A3
LABELLED = 15  # columns; the numbers of more would run into one another


def write_statistics(sheet: Worksheet, book: ReportBook) -> None:
    """Fill the sheet."""
    columns = 1 + sum(len(heading.columns) for heading in book.headings)
    first_half = _first_half(book.headings) if columns > WIDEST else columns
    write_top(sheet, book, first_half, book.title)
    write_headings(sheet, book.headings, HEAD_ROW, "项目")
    row, drawn = BODY_ROW, []
    for table in book.tables:
        first = row + 1
        row = write_table(sheet, table, row, columns)
        if table.chart is not None and len(table.lines) > 1:  # one line alone is no picture
            drawn.append((table, first))
    if drawn:
        sheet.row_breaks.append(Break(id=row - 1))  # charts begin a page, so that none is cut in two
    row += 1
    for table, first in drawn:
        row = _draw(sheet, table, first, row)
    widths = widths_of(book.headings)
    longest = max((width_of(line.name) for table in book.tables for line in table.lines), default=0)
    set_widths(sheet, [min(36.0, max(14.0, longest + 2)), *widths])
    ready_for_paper(sheet, columns=columns, heading_rows=(TITLE_ROW, SUB_ROW), body_from=f"B{BODY_ROW}")
    if columns > WIDEST:
        _spread_over_two(sheet, first_half, columns)


def _first_half(headings: Sequence[Heading]) -> int:
    """The last column of the heading that reaches the middle: there a wide table may be cut."""
    whole = sum(len(heading.columns) for heading in headings)
    column = 1
    for heading in headings:
        column += len(heading.columns)
        if column > whole / 2:
            break
    return column


def _spread_over_two(sheet: Worksheet, first_half: int, columns: int) -> None:
    """Side by side on two sheets of A3, each beginning with the names of the lines."""
    widths = [sheet.column_dimensions[get_column_letter(column)].width for column in range(1, columns + 1)]
    across = max(sum(widths[:first_half]), widths[0] + sum(widths[first_half:]))
    if sheet.sheet_properties.pageSetUpPr is not None:
        sheet.sheet_properties.pageSetUpPr.fitToPage = False
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = None
    sheet.page_setup.scale = min(100, int(HALF_WIDTH * 100 / across))
    sheet.col_breaks = ColBreak(brk=(Break(id=first_half),))
    sheet.print_title_cols = "A:A"


def write_top(sheet: Worksheet, book: ReportBook, columns: int, title: str) -> None:
    """The title, and the line that says who reports, of when."""
    write_title(sheet, columns, title)
    half = max(1, columns // 2)
    for below, text in (
        (merged(sheet, LINE_ROW, 1, half), f"填报单位：{book.organisation}"),
        (
            merged(sheet, LINE_ROW, half + 1, max(columns, half + 1)),
            f"统计期：{book.period}　　截至日期：{book.as_of:%Y-%m-%d %H:%M}",
        ),
    ):
        put_text(below, text)
        below.font, below.alignment = BODY, LEFT
    sheet.row_dimensions[LINE_ROW].height = 20


def write_title(sheet: Worksheet, columns: int, title: str) -> None:
    """What stands over everything."""
    cell = merged(sheet, TITLE_ROW, 1, columns)
    put_text(cell, title)
    cell.font, cell.alignment = TITLE, CENTRE
    sheet.row_dimensions[TITLE_ROW].height = 30


def write_headings(sheet: Worksheet, headings: Sequence[Heading], row: int, first: str) -> int:
    """Two rows of headings from a row on; the row after them."""
    sheet.merge_cells(start_row=row, start_column=1, end_row=row + 1, end_column=1)
    put_text(cell_at(sheet, row, 1), first)
    column = 2
    for heading in headings:
        last = column + len(heading.columns) - 1
        if len(heading.columns) == 1 and not heading.columns[0]:
            sheet.merge_cells(start_row=row, start_column=column, end_row=row + 1, end_column=column)
        else:
            merged(sheet, row, column, last)
            for number, word in enumerate(heading.columns):
                put_text(cell_at(sheet, row + 1, column + number), word)
        put_text(cell_at(sheet, row, column), heading.title)
        column = last + 1
    for cells in sheet.iter_rows(row, row + 1, 1, column - 1):
        for cell in cells:
            cell.font, cell.alignment, cell.fill = HEAD, CENTRE, HEAD_FILL
            cell.border = BOX
    is_tight = any(width_of(heading.title) > NARROW * len(heading.columns) for heading in headings)
    sheet.row_dimensions[row].height = 32 if is_tight else 18
    return row + 2


def write_table(sheet: Worksheet, table: Table, row: int, columns: int) -> int:
    """A table under its title from a row on; the row after it."""
    write_caption(sheet, table.title, row, columns)
    return write_lines(sheet, table, row + 1)


def write_caption(sheet: Worksheet, title: str, row: int, columns: int) -> None:
    """What stands over a table."""
    part = merged(sheet, row, 1, columns)
    put_text(part, title)
    for number in range(1, columns + 1):
        sheet.cell(row, number).border = BOX
    boxed(part, font=HEAD, alignment=LEFT, fill=PART_FILL)


def write_lines(sheet: Worksheet, table: Table, row: int) -> int:
    """The lines of a table from a row on; the row after them."""
    for number, line in enumerate(table.lines, row):
        _write_line(sheet, line, number)
    return row + len(table.lines)


def widths_of(headings: Sequence[Heading]) -> list[float]:
    """How wide the columns under these headings must be."""
    return [
        max(NARROW, width_of(word) + 2, width_of(heading.title) / len(heading.columns) / 2)
        for heading in headings
        for word in heading.columns
    ]


def _write_line(sheet: Worksheet, line: Line, row: int) -> None:
    name = cell_at(sheet, row, 1)
    put_text(name, line.name)
    boxed(name, alignment=LEFT)
    for column, content in enumerate(line.cells, 2):
        _write_cell(sheet, row, column, content)


def _write_cell(sheet: Worksheet, row: int, column: int, content: Cell) -> None:
    cell = cell_at(sheet, row, column)
    if isinstance(content.content, float | int):
        cell.value = content.content
        cell.number_format = content.form
    else:
        put_text(cell, DASH if content.content is None else content.content)
    boxed(cell, font=FAINT if content.is_grey else BODY)


def _draw(sheet: Worksheet, table: Table, first: int, row: int) -> int:
    """Draw a table's charts below one another from a row on; the row after them."""
    charts: list[BarChart | LineChart] = [BarChart()]
    if table.chart is not None and table.chart.in_time:
        charts.append(LineChart())
    for chart in charts:
        draw(chart, sheet, table, first)
        sheet.add_chart(chart, f"A{row}")
        row += CHART_ROWS
    return row


def draw(chart: BarChart | LineChart, sheet: Worksheet, table: Table, first: int) -> None:
    """Draw a table whose lines begin at a row."""
    drawing = table.chart
    if drawing is None:
        return
    lines = len(table.lines) if drawing.lines is None else drawing.lines
    last = first + lines - 1
    column = 2 + drawing.column
    chart.add_data(Reference(sheet, min_col=column, min_row=first, max_row=last), titles_from_data=False)
    chart.set_categories(Reference(sheet, min_col=1, min_row=first, max_row=last))
    chart.title = drawing.title
    chart.legend = None
    chart.width, chart.height = CHART_WIDTH, CHART_HEIGHT
    # openpyxl leaves axes out unless told to draw them.
    chart.x_axis.delete = chart.y_axis.delete = False
    chart.y_axis.number_format = drawing.form
    chart.y_axis.scaling.min = 0
    if drawing.form.endswith("%"):
        chart.y_axis.scaling.max = 1
    if chart.title is not None:
        chart.title.overlay = False
    if isinstance(chart, LineChart):
        chart.series[0].smooth = False
    chart.dataLabels = DataLabelList(
        showVal=lines <= LABELLED,
        showSerName=False,
        showCatName=False,
        showLegendKey=False,
        showPercent=False,
    )
