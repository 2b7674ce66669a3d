"""The sheet 统计: tables of values under one heading, and charts of them."""

from openpyxl.chart import BarChart, LineChart, Reference
from openpyxl.chart.label import DataLabelList
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from service_desk.xlsx.book import Cell, Line, ReportBook, Table
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
LABELLED = 15  # columns; the numbers of more would run into one another


def write_statistics(sheet: Worksheet, book: ReportBook) -> None:
    """Fill the sheet."""
    columns = 1 + sum(len(heading.columns) for heading in book.headings)
    _write_top(sheet, book, columns)
    _write_headings(sheet, book)
    row, drawn = BODY_ROW, []
    for table in book.tables:
        first = row + 1
        row = _write_table(sheet, table, row, columns)
        if table.chart is not None and table.lines:
            drawn.append((table, first))
    if drawn:
        sheet.row_breaks.append(Break(id=row - 1))  # charts begin a page, so that none is cut in two
    row += 1
    for table, first in drawn:
        row = _draw(sheet, table, first, row)
    widths = [
        max(10.0, width_of(word) + 2, width_of(heading.title) / len(heading.columns) / 2)
        for heading in book.headings
        for word in heading.columns
    ]
    longest = max((width_of(line.name) for table in book.tables for line in table.lines), default=0)
    set_widths(sheet, [min(36.0, max(14.0, longest + 2)), *widths])
    ready_for_paper(sheet, columns=columns, heading_rows=(TITLE_ROW, SUB_ROW), body_from=f"B{BODY_ROW}")


def _write_top(sheet: Worksheet, book: ReportBook, columns: int) -> None:
    title = merged(sheet, TITLE_ROW, 1, columns)
    put_text(title, book.title)
    title.font, title.alignment = TITLE, CENTRE
    sheet.row_dimensions[TITLE_ROW].height = 30
    half = max(1, columns // 2)
    for cell, text in (
        (merged(sheet, LINE_ROW, 1, half), f"填报单位：{book.organisation}"),
        (
            merged(sheet, LINE_ROW, half + 1, max(columns, half + 1)),
            f"统计期：{book.period}　　截至日期：{book.as_of:%Y-%m-%d %H:%M}",
        ),
    ):
        put_text(cell, text)
        cell.font, cell.alignment = BODY, LEFT
    sheet.row_dimensions[LINE_ROW].height = 20


def _write_headings(sheet: Worksheet, book: ReportBook) -> None:
    sheet.merge_cells(start_row=HEAD_ROW, start_column=1, end_row=SUB_ROW, end_column=1)
    put_text(cell_at(sheet, HEAD_ROW, 1), "项目")
    column = 2
    for heading in book.headings:
        last = column + len(heading.columns) - 1
        if len(heading.columns) == 1 and not heading.columns[0]:
            sheet.merge_cells(start_row=HEAD_ROW, start_column=column, end_row=SUB_ROW, end_column=column)
        else:
            merged(sheet, HEAD_ROW, column, last)
            for number, word in enumerate(heading.columns):
                put_text(cell_at(sheet, SUB_ROW, column + number), word)
        put_text(cell_at(sheet, HEAD_ROW, column), heading.title)
        column = last + 1
    for row in sheet.iter_rows(HEAD_ROW, SUB_ROW, 1, column - 1):
        for cell in row:
            cell.font, cell.alignment, cell.fill = HEAD, CENTRE, HEAD_FILL
            cell.border = BOX
    sheet.row_dimensions[HEAD_ROW].height = 32


def _write_table(sheet: Worksheet, table: Table, row: int, columns: int) -> int:
    part = merged(sheet, row, 1, columns)
    put_text(part, table.title)
    for number in range(1, columns + 1):
        sheet.cell(row, number).border = BOX
    boxed(part, font=HEAD, alignment=LEFT, fill=PART_FILL)
    for offset, line in enumerate(table.lines, 1):
        _write_line(sheet, line, row + offset)
    return row + len(table.lines) + 1


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
        _fill_chart(chart, sheet, table, first)
        sheet.add_chart(chart, f"A{row}")
        row += CHART_ROWS
    return row


def _fill_chart(chart: BarChart | LineChart, sheet: Worksheet, table: Table, first: int) -> None:
    drawing = table.chart
    if drawing is None:
        return
    last = first + len(table.lines) - 1
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
        showVal=len(table.lines) <= LABELLED,
        showSerName=False,
        showCatName=False,
        showLegendKey=False,
        showPercent=False,
    )
