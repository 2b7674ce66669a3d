"""The sheets beside the figures: sentences, tables with a chart each, a list that goes on for as long as it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from openpyxl.chart import BarChart, LineChart
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.pagebreak import Break
from openpyxl.worksheet.worksheet import Worksheet

from service_desk.xlsx.book import FigureTable, Listing, ReportBook, Sheet
from service_desk.xlsx.cells import Value
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
    boxed,
    cell_at,
    merged,
    ready_for_paper,
    set_widths,
    width_of,
)
from service_desk.xlsx.rows import ListColumn, ListRow, Look
from service_desk.xlsx.statistics import (
    LINE_ROW,
    TITLE_ROW,
    draw,
    widths_of,
    write_caption,
    write_headings,
    write_lines,
    write_title,
)
from service_desk.xlsx.text import put_text

WORDS_ROW = 3
WORDS = Font(name=FACE, size=12, color=INK)
NOTHING = "（无）"
LINE_HEIGHT, WORDS_HEIGHT, USUAL_HEIGHT = 13.5, 16.5, 15.0  # points
HIGHEST = 409.0
"""Points of a row: Excel takes none that is higher."""
NARROWEST, WIDEST_NAME = 16.0, 36.0  # characters
ACROSS = 118.0
"""Characters across a landscape A4: a narrower sheet is widened to it, so that its words and charts have room."""
PAGE = 490.0
"""Points down a landscape A4 without its margins."""
CHART_HEIGHT = 7  # cm
LYING_TOP, LYING_BAR = 2.0, 0.8  # cm
POINTS_A_CM = 28.35
MANY_BARS, LONG_NAME = 8, 12
NARROW_TABLE = 0.6
"""Of the width: a table that leaves the rest free has its chart there."""
CM_A_CHARACTER = 0.2

Ranges = Mapping[str, str]


def write_sheet(sheet: Worksheet, part: Sheet, book: ReportBook) -> Ranges:
    """Fill the sheet; where the columns of its list lie, by title."""
    widths = _widths(part)
    write_title(sheet, len(widths), f"{book.title}　{part.name}")
    line = merged(sheet, LINE_ROW, 1, len(widths))
    at = f"{book.as_of:%Y-%m-%d %H:%M}"
    put_text(line, f"填报单位：{book.organisation}　　统计期：{book.period}　　截至日期：{at}")
    line.font, line.alignment = BODY, LEFT
    page = _Page(sheet, widths)
    row = WORDS_ROW
    for words, font in (
        *((f"　　{words}", WORDS) for words in part.words),
        *((one, FAINT) for one in part.remarks),
    ):
        page.used += _write_words(sheet, words, row, widths, font)
        row += 1
    for one in part.tables:
        row = _write_figures(sheet, one, row, page)
    ranges = _write_listing(sheet, part.listing, row, widths) if part.listing is not None else {}
    set_widths(sheet, list(widths))
    ready_for_paper(
        sheet,
        columns=len(widths),
        heading_rows=(row, row) if part.listing is not None else (TITLE_ROW, LINE_ROW),
        body_from=f"A{WORDS_ROW}" if part.listing is None or part.tables else f"C{row + 1}",
    )
    return ranges


@dataclass
class _Page:
    """The sheet of paper being filled: ``widths`` in characters, ``used`` in points."""

    sheet: Worksheet
    widths: Sequence[float]
    used: float = 50.0
    """The title and the line below it."""

    @property
    def width(self) -> float:
        """The whole width."""
        return sum(self.widths)

    def make_room(self, points: float, row: int) -> None:
        """Begin a new page before a row where what comes does not fit on this one, but on a page of its own."""
        room = PAGE * max(1.0, self.width / ACROSS)
        if points <= room < self.used + points:
            self.sheet.row_breaks.append(Break(id=row - 1))
            self.used = 50.0
        self.used += points


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


def _write_words(sheet: Worksheet, words: str, row: int, widths: Sequence[float], font: Font) -> float:
    """A paragraph over the whole width; how high it is. Spreadsheets do not fit the height of merged cells."""
    cell = merged(sheet, row, 1, len(widths))
    put_text(cell, words)
    cell.font, cell.alignment = font, LEFT
    room = sum(widths) * 10 / (font.size or 10)
    height = min(HIGHEST, WORDS_HEIGHT * ceil(width_of(words) * 1.04 / room) + 3)
    sheet.row_dimensions[row].height = height
    return height


# Tables


def _write_figures(sheet: Worksheet, one: FigureTable, row: int, page: _Page) -> int:
    """A table and its chart from a row on; the row after them. Neither is cut in two where it fits on a page.

    The chart of a narrow table stands beside it, that of another one below.
    """
    columns = 1 + sum(len(heading.columns) for heading in one.headings)
    drawn = _drawn(one)
    left = sum(page.widths[: columns + 1])
    beside = drawn > 0 and left <= page.width * NARROW_TABLE
    rows = max(1, len(one.table.lines)) + 4
    page.make_room(USUAL_HEIGHT * max(rows, drawn if beside else 0), row)
    write_caption(sheet, one.table.title, row, columns)
    first = write_headings(sheet, one.headings, row + 1, one.first)
    after = write_lines(sheet, one.table, first)
    if not one.table.lines:
        _write_nothing(sheet, after, columns)
        after += 1
    if beside:
        _draw(sheet, one, first, f"{get_column_letter(columns + 2)}{row}", page.width - left)
        return max(after + 1, row + drawn)
    if not drawn:
        return after + 1
    page.make_room(drawn * USUAL_HEIGHT, after + 1)
    _draw(sheet, one, first, f"A{after + 2}", page.width)
    return after + 1 + drawn


def _lines_drawn(one: FigureTable) -> int:
    """How many lines the chart of a table shows; 0 where it has none, or would show one alone."""
    if one.table.chart is None:
        return 0
    lines = len(one.table.lines) if one.table.chart.lines is None else one.table.chart.lines
    return lines if lines > 1 else 0


def _lies_down(one: FigureTable) -> bool:
    """Whether the bars lie: many long names would stand askew below upright ones."""
    longest = max((width_of(line.name) for line in one.table.lines), default=0)
    in_time = one.table.chart is not None and one.table.chart.in_time
    return not in_time and _lines_drawn(one) > MANY_BARS and longest > LONG_NAME


def _height_of(one: FigureTable) -> float:
    """The height of a table's chart in cm."""
    return CHART_HEIGHT if not _lies_down(one) else LYING_TOP + LYING_BAR * _lines_drawn(one)


def _drawn(one: FigureTable) -> int:
    """The rows that the chart of a table covers, with one before and one after it."""
    return ceil(_height_of(one) * POINTS_A_CM / USUAL_HEIGHT) + 2 if _lines_drawn(one) else 0


def _draw(sheet: Worksheet, one: FigureTable, first: int, anchor: str, width: float) -> None:
    drawing = one.table.chart
    chart: LineChart | BarChart = LineChart() if drawing is not None and drawing.in_time else BarChart()
    draw(chart, sheet, one.table, first)
    if isinstance(chart, BarChart) and _lies_down(one):
        chart.type = "bar"
        chart.x_axis.scaling.orientation = "maxMin"  # the first line on top, as in the table
        chart.x_axis.tickLblSkip = 1
        chart.gapWidth = 60
    chart.width, chart.height = round(width * CM_A_CHARACTER), _height_of(one)
    sheet.add_chart(chart, anchor)


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
            alignment=LEFT if column.look is Look.LONG else CENTRE,
            fill=LATE_FILL if line.late else None,
        )
        if isinstance(value, str):
            put_text(cell, value)
            lines = max(lines, _lines_of(value, widths[number - 1]))
        elif value is not None:
            cell.value = _as_it_stands(value)
            cell.number_format = column.look.value.strip()
    sheet.row_dimensions[row].height = min(HIGHEST, LINE_HEIGHT * lines + 5)


def _lines_of(text: str, width: float) -> int:
    return sum(max(1, ceil(width_of(line) * 1.08 / width)) for line in text.split("\n"))


def _as_it_stands(value: Value) -> Value:
    """A moment without its zone: a workbook knows none."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None, second=0, microsecond=0)
    return value
