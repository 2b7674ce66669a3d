"""The sheets beside the figures: sentences, tables with a chart each, a list that goes on for as long as it is."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil

from openpyxl.chart import BarChart, LineChart
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from service_desk.xlsx.book import FigureTable, Listing, ReportBook, Sheet
from service_desk.xlsx.look import (
    BODY,
    BOX,
    CENTRE,
    FACE,
    FAINT,
    HEAD,
    HEAD_FILL,
    INK,
    LATE_FILL,
    LATE_INK,
    LEFT,
    TOP_LEFT,
    boxed,
    cell_at,
    merged,
    ready_for_paper,
    set_widths,
    width_of,
)
from service_desk.xlsx.statistics import (
    CHART_HEIGHT,
    draw,
    widths_of,
    write_caption,
    write_headings,
    write_lines,
    write_top,
)
from service_desk.xlsx.stream import ListColumn, ListRow, Look, Value
from service_desk.xlsx.text import put_text

WORDS_ROW = 3
WORDS = Font(name=FACE, size=12, color=INK)
NOTHING = "（无）"
LINE_HEIGHT, WORDS_HEIGHT, USUAL_HEIGHT = 13.5, 19.0, 15.0  # points
NARROWEST, WIDEST_NAME = 16.0, 36.0  # characters
ACROSS = 118.0
"""Characters across a landscape A4: a narrower sheet is widened to it, so that its words and charts have room."""
PAGE = 500.0
"""Points down a landscape A4 without its margins."""
CHART_POINTS = 28.35 * CHART_HEIGHT + USUAL_HEIGHT
CM_A_CHARACTER = 0.2

Ranges = Mapping[str, str]


def write_sheet(sheet: Worksheet, part: Sheet, book: ReportBook) -> Ranges:
    """Fill the sheet; where the columns of its list lie, by title."""
    widths = _widths(part)
    write_top(sheet, book, len(widths), f"{book.title}　{part.name}")
    used = 50.0  # the two rows above
    row = WORDS_ROW
    for words in part.words:
        used += _write_words(sheet, f"　　{words}", row, widths)
        row += 1
    for one in part.tables:
        row, used = _write_figures(sheet, one, row, widths, used)
    head = row
    ranges: Ranges = {}
    if part.listing is not None:
        ranges = _write_listing(sheet, part.listing, row, widths)
        row = max(row + 1 + len(part.listing.rows), row + 2)
    for words in part.remarks:
        _write_words(sheet, words, row, widths, font=FAINT)
        row += 1
    set_widths(sheet, list(widths))
    listed = part.listing is not None
    ready_for_paper(
        sheet,
        columns=len(widths),
        heading_rows=(head, head) if listed else (1, 2),
        body_from=f"C{head + 1}" if listed and not part.tables else f"A{WORDS_ROW}",
    )
    return ranges


def _widths(part: Sheet) -> list[float]:
    """The widths of the columns: each as wide as its widest table needs, together not less than a page."""
    found: list[float] = []
    for one in part.tables:
        longest = max((width_of(line.name) for line in one.table.lines), default=0)
        found = _wider(found, [min(WIDEST_NAME, max(NARROWEST, longest + 2.0)), *widths_of(one.headings)])
    if part.listing is not None:
        found = _wider(found, [column.width for column in part.listing.columns])
    if not found:
        return [ACROSS]
    spread = max(1.0, ACROSS / sum(found))
    return [width * spread for width in found]


def _wider(one: Sequence[float], other: Sequence[float]) -> list[float]:
    length = max(len(one), len(other))
    padded = ([*widths, *[0.0] * (length - len(widths))] for widths in (one, other))
    return [max(pair) for pair in zip(*padded, strict=True)]


def _write_words(
    sheet: Worksheet, words: str, row: int, widths: Sequence[float], font: Font = WORDS
) -> float:
    """A paragraph over the whole width; how high it is. Spreadsheets do not fit the height of merged cells."""
    cell = merged(sheet, row, 1, len(widths))
    put_text(cell, words)
    cell.font, cell.alignment = font, LEFT
    room = sum(widths) * 10 / (font.size or 10)
    height = WORDS_HEIGHT * ceil(width_of(words) * 1.04 / room) + 3
    sheet.row_dimensions[row].height = height
    return height


# Tables


def _write_figures(
    sheet: Worksheet, one: FigureTable, row: int, widths: Sequence[float], used: float
) -> tuple[int, float]:
    """A table and its chart from a row on; the row after them, and how much of the page is used."""
    columns = 1 + sum(len(heading.columns) for heading in one.headings)
    write_caption(sheet, one.table.title, row, columns)
    first = write_headings(sheet, one.headings, row + 1, one.first)
    after = write_lines(sheet, one.table, first)
    if not one.table.lines:
        _write_nothing(sheet, after, columns)
        after += 1
    used += USUAL_HEIGHT * (after - row) + 17
    after += 1
    if one.table.chart is None or not one.table.lines:
        return after, used + USUAL_HEIGHT
    scale = max(1.0, sum(widths) / ACROSS)
    if used % (PAGE * scale) + CHART_POINTS > PAGE * scale:
        sheet.row_breaks.append(Break(id=after - 1))  # no chart is cut in two
        used = 0.0
    _draw(sheet, one, first, after, sum(widths))
    rows = ceil(CHART_POINTS / USUAL_HEIGHT) + 1
    return after + rows, used + rows * USUAL_HEIGHT


def _draw(sheet: Worksheet, one: FigureTable, first: int, row: int, width: float) -> None:
    drawing = one.table.chart
    chart: LineChart | BarChart = LineChart() if drawing is not None and drawing.in_time else BarChart()
    draw(chart, sheet, one.table, first)
    chart.width = round(width * CM_A_CHARACTER)
    sheet.add_chart(chart, f"A{row}")


def _write_nothing(sheet: Worksheet, row: int, columns: int) -> None:
    boxed(merged(sheet, row, 1, columns))
    put_text(cell_at(sheet, row, 1), NOTHING)
    for column in range(1, columns + 1):
        sheet.cell(row, column).border = BOX


# The list


def _write_listing(sheet: Worksheet, listing: Listing, head: int, widths: Sequence[float]) -> Ranges:
    for number, column in enumerate(listing.columns, 1):
        cell = cell_at(sheet, head, number)
        put_text(cell, column.title)
        boxed(cell, font=HEAD, fill=HEAD_FILL)
    sheet.row_dimensions[head].height = 32
    for row, line in enumerate(listing.rows, head + 1):
        _write_row(sheet, line, listing.columns, row, widths)
    if not listing.rows:
        _write_nothing(sheet, head + 1, len(listing.columns))
    first, last = head + 1, head + max(1, len(listing.rows))
    sheet.auto_filter.ref = f"A{head}:{get_column_letter(len(listing.columns))}{last}"
    letters = {column.title: get_column_letter(number) for number, column in enumerate(listing.columns, 1)}
    return {title: f"'{sheet.title}'!${letter}${first}:${letter}${last}" for title, letter in letters.items()}


def _write_row(
    sheet: Worksheet, line: ListRow, columns: Sequence[ListColumn], row: int, widths: Sequence[float]
) -> None:
    lines = 1
    for number, (column, value) in enumerate(zip(columns, line.values, strict=True), 1):
        cell = cell_at(sheet, row, number)
        boxed(
            cell,
            font=LATE_INK if line.late else BODY,
            alignment=TOP_LEFT if column.look is Look.LONG else CENTRE,
            fill=LATE_FILL if line.late else None,
        )
        if isinstance(value, str):
            put_text(cell, value)
            lines = max(lines, _lines_of(value, widths[number - 1]))
        elif value is not None:
            cell.value = _as_it_stands(value)
            cell.number_format = column.look.value.strip()
    sheet.row_dimensions[row].height = LINE_HEIGHT * lines + 5


def _lines_of(text: str, width: float) -> int:
    return sum(max(1, ceil(width_of(line) * 1.08 / width)) for line in text.split("\n"))


def _as_it_stands(value: Value) -> Value:
    """A moment without its zone: a workbook knows none."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None, second=0, microsecond=0)
    return value
