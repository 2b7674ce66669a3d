"""The sheet 核对: every number of 统计 counted again by a live formula over 明细."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from openpyxl.utils import get_column_letter
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

from service_desk.xlsx.book import Added, Check, Counted, Detail, Divided, Line, Listed, Ranked, ReportBook
from service_desk.xlsx.look import (
    BODY,
    CENTRE,
    HEAD,
    HEAD_FILL,
    LEFT,
    TITLE,
    boxed,
    cell_at,
    merged,
    ready_for_paper,
    set_widths,
)
from service_desk.xlsx.statistics import DASH
from service_desk.xlsx.text import put_text

NAME = "核对"
COLUMNS = ("序号", "表", "行", "指标", "项", "统计值", "复核值", "差额", "匹配值", "匹配条件")
WIDTHS = [7.0, 20.0, 26.0, 24.0, 14.0, 12.0, 12.0, 10.0, 22.0, 22.0]
TITLE_ROW, SUM_ROW, HEAD_ROW, FIRST_ROW = 1, 2, 3, 4
WRITTEN, RECOUNTED, DIFFERENCE, MATCH, CRITERION = "F", "G", "H", "I", "J"


@dataclass(frozen=True)
class Ranges:
    """Where the columns of 明细 lie."""

    letters: Mapping[str, str]
    first: int
    last: int

    @classmethod
    def of(cls, detail: Detail, sheet: str, first: int, rows: int) -> "Ranges":
        """The ranges of a detail whose rows, so many, begin at the row ``first`` of a sheet."""
        letters = {
            column.title: f"{sheet}!${get_column_letter(number)}"
            for number, column in enumerate(detail.columns, 1)
        }
        return cls(letters, first, max(first, first + rows - 1))

    def __getitem__(self, title: str) -> str:
        sheet_and_column = self.letters[title]
        letter = sheet_and_column.rpartition("!")[2]
        return f"{sheet_and_column}${self.first}:{letter}${self.last}"


Lists = Mapping[str, Mapping[str, str]]
"""Where the columns of lists lie, by sheet and title; that of the numbers under ``NUMBERS``."""
NUMBERS = "序号"


@dataclass(frozen=True)
class Where:
    """Which rows of 明细 a line counts: those that match two cells of its row in 核对, or all."""

    ranges: Ranges
    line_column: str | None
    row: int
    lists: Lists

    @property
    def criteria(self) -> str:
        """For COUNTIFS and SUMIFS. The name stands in a cell, never in the formula."""
        return f",{self.ranges[self.line_column]},${CRITERION}{self.row}" if self.line_column else ""

    @property
    def condition(self) -> str:
        """For array formulas."""
        return f"({self.ranges[self.line_column]}=${MATCH}{self.row})*" if self.line_column else ""

    def number(self, recount: Counted | Added) -> str:
        """A count or a sum, without the equals sign."""
        column = self.ranges[recount.column]
        if isinstance(recount, Counted):
            return f"COUNTIFS({column},1{self.criteria})"
        return f"SUMIFS({column}{self.criteria})" if self.line_column else f"SUM({column})"

    def in_a_list(self, recount: Listed) -> str:
        """A count of a list's lines, without the equals sign."""
        columns = self.lists[recount.sheet]
        criteria = [f'{columns[recount.numbered]},">=0"'] if recount.numbered else []
        if recount.by:
            criteria.append(f"{columns[recount.by]},${CRITERION}{self.row}")
        return f"COUNTIFS({','.join(criteria)})" if criteria else f"COUNT({columns[NUMBERS]})"

    def formula(self, recount: Counted | Added | Divided | Ranked | Listed) -> str:
        """The formula that counts again."""
        if isinstance(recount, Listed):
            return f"={self.in_a_list(recount)}"
        if isinstance(recount, Divided):
            bottom, unit = self.number(recount.bottom), 10**recount.decimals
            # Whole numbers until the last division, so that a half is exactly a half.
            return f'=IF({bottom}=0,"{DASH}",ROUND({self.number(recount.top)}*{unit}/{bottom},0)/{unit})'
        if isinstance(recount, Ranked):
            share, column = recount.share, self.ranges[recount.column]
            rank = f"ROUNDUP({self.number(recount.among)}*{share.numerator}/{share.denominator},0)"
            among = f"IF({self.condition}({self.ranges[recount.among.column]}=1),{column})"
            return f'=IFERROR(SMALL({among},{rank}),"{DASH}")'
        return f"={self.number(recount)}"


def criterion(match: str | int) -> str | int:
    """What makes COUNTIFS look for exactly this text: no comparison and no wildcard of its own."""
    if isinstance(match, int):
        return match
    return "=" + match.replace("~", "~~").replace("*", "~*").replace("?", "~?")


def write_recount(sheet: Worksheet, book: ReportBook, ranges: Ranges, lists: Lists) -> None:
    """Fill the sheet."""
    row = FIRST_ROW
    for title, line_column, line in _lines(book):
        for check in line.checks:
            where = Where(ranges, line_column if line.match is not None else None, row, lists)
            _write_check(sheet, where, check, (title, line.name))
            if line.match is not None:
                _put(sheet, f"{MATCH}{row}", line.match)
                _put(sheet, f"{CRITERION}{row}", criterion(line.match))
            row += 1
    _write_top(sheet, row - 1)
    set_widths(sheet, WIDTHS)
    ready_for_paper(
        sheet, columns=len(COLUMNS), heading_rows=(TITLE_ROW, HEAD_ROW), body_from=f"A{FIRST_ROW}"
    )


def _lines(book: ReportBook) -> Iterator[tuple[str, str | None, Line]]:
    """The lines of 统计; those of the other sheets that are counted from a list."""
    for table in book.tables:
        for line in table.lines:
            yield table.title, table.line_column, line
    for part in (*book.parts, *book.annexes):
        for one in part.tables:
            for line in one.table.lines:
                if any(isinstance(check.recount, Listed) for check in line.checks):
                    yield f"{part.name}：{one.table.title}", None, line


def _write_check(sheet: Worksheet, where: Where, check: Check, place: tuple[str, str]) -> None:
    row = where.row
    cell_at(sheet, row, 1).value = row - FIRST_ROW + 1
    for column, text in enumerate((*place, check.figure, check.part), 2):
        put_text(cell_at(sheet, row, column), text)
    _put(sheet, f"{WRITTEN}{row}", DASH if check.value is None else check.value)
    formula = where.formula(check.recount)
    address = f"{RECOUNTED}{row}"
    sheet[address] = ArrayFormula(address, formula) if isinstance(check.recount, Ranked) else formula
    sheet[f"{DIFFERENCE}{row}"] = (
        f"=IF({WRITTEN}{row}={RECOUNTED}{row},0,ROUND({WRITTEN}{row}-{RECOUNTED}{row},6))"
    )
    for column in range(1, len(COLUMNS) + 1):
        boxed(cell_at(sheet, row, column), alignment=LEFT if column in (2, 3, 4, 9, 10) else CENTRE)


def _put(sheet: Worksheet, address: str, value: float | str) -> None:
    if isinstance(value, str):
        put_text(sheet[address], value)
    else:
        sheet[address] = value


def _write_top(sheet: Worksheet, last: int) -> None:
    title = merged(sheet, TITLE_ROW, 1, len(COLUMNS))
    put_text(title, "核对：按明细逐项重新计数")
    title.font, title.alignment = TITLE, CENTRE
    note = merged(sheet, SUM_ROW, 1, 7)
    put_text(note, "复核值由公式按“明细”和清单现算，与“统计”相减；差额应全部为 0。差额绝对值合计：")
    note.font, note.alignment = BODY, LEFT
    total = sheet[f"{DIFFERENCE}{SUM_ROW}"]
    total.value = f"=SUMPRODUCT(ABS({DIFFERENCE}{FIRST_ROW}:{DIFFERENCE}{max(last, FIRST_ROW)}))"
    total.font, total.alignment = HEAD, CENTRE
    for column, text in enumerate(COLUMNS, 1):
        cell = cell_at(sheet, HEAD_ROW, column)
        put_text(cell, text)
        boxed(cell, font=HEAD, fill=HEAD_FILL)
