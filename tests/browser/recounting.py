"""Counting a workbook again from its sheet 明细: what a spreadsheet would make of the formulas of 核对."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.worksheet import Worksheet

DASH = "—"
COMPARISONS = ("环比", "同比")
RANGE = r"明细!\$([A-Z]+)\$\d+:\$[A-Z]+\$\d+"
NUMBER = rf"(?:COUNTIFS|SUMIFS|SUM)\({RANGE}(?:,1)?(?:,{RANGE},\$J\d+)?\)"

Place = tuple[str, str, str, str]
"""Table, line, figure and part."""


@dataclass(frozen=True)
class Line:
    """A line of 核对: where its number stands, what was written there, and how it is counted again."""

    place: Place
    written: float | str
    formula: str
    difference: str
    criterion: str | int | None


def lines(workbook: Workbook) -> list[Line]:
    """The lines of 核对."""
    return [_line(cells) for cells in _sheet(workbook, "核对").iter_rows(4, values_only=True)]


def _line(cells: tuple[Any, ...]) -> Line:
    formula = str(cells[6].text if isinstance(cells[6], ArrayFormula) else cells[6])
    return Line((cells[1], cells[2], cells[3], cells[4]), cells[5], formula, cells[7], cells[9])


def _sheet(workbook: Workbook, name: str) -> Worksheet:
    sheet = workbook[name]
    assert isinstance(sheet, Worksheet)
    return sheet


class Rows:
    """The rows of 明细, and the functions of a spreadsheet over their columns."""

    def __init__(self, workbook: Workbook) -> None:
        sheet = _sheet(workbook, "明细")
        self.columns: dict[str, list[Any]] = {
            cells[0].column_letter: [cell.value for cell in cells[2:]] for cells in self._columns(sheet)
        }

    @staticmethod
    def _columns(sheet: Worksheet) -> Iterable[Any]:
        # The title over the first row is merged; below it, every column has a head of its own.
        return ([sheet.cell(2, number), *column[1:]] for number, column in enumerate(sheet.iter_cols(), 1))

    def count_again(self, line: Line) -> float | str:
        """What the formula of a line comes to."""
        if line.formula.startswith("=IFERROR(SMALL("):
            return self._ranked(line)
        divided = re.fullmatch(
            rf'=IF\((?P<bottom>{_unnamed(NUMBER)})=0,"{DASH}",ROUND\((?P<top>{_unnamed(NUMBER)})\*(?P<unit>\d+)'
            rf"/(?P=bottom),0\)/(?P=unit)\)",
            line.formula,
        )
        if divided is None:
            return self._number(line.formula.removeprefix("="), line)
        top, bottom, unit = (
            self._number(divided["top"], line),
            self._number(divided["bottom"], line),
            int(divided["unit"]),
        )
        return floor(top * unit / bottom + 0.5) / unit if bottom else DASH

    def _number(self, formula: str, line: Line) -> float:
        assert re.fullmatch(NUMBER, formula), f"a formula of another kind: {formula}"
        letters = re.findall(RANGE, formula)
        values = self.columns[letters[0]]
        chosen = [value for value, among in zip(values, self._among(letters[1:], line), strict=True) if among]
        if formula.startswith("COUNTIFS"):
            return chosen.count(1)
        return float(sum(value or 0 for value in chosen))

    def _ranked(self, line: Line) -> float | str:
        *places, marked, amounts = re.findall(RANGE, line.formula.partition("ROUNDUP")[0])
        share = re.search(r"\*(\d+)/(\d+),0\)\)", line.formula)
        assert share is not None
        rows = zip(self.columns[amounts], self.columns[marked], self._among(places, line), strict=True)
        found = sorted(amount for amount, mark, among in rows if mark == 1 and among)
        return found[ceil(len(found) * int(share[1]) / int(share[2])) - 1] if found else DASH

    def _among(self, letters: list[str], line: Line) -> Iterable[bool]:
        if not letters:
            return [True] * len(next(iter(self.columns.values())))
        wanted = line.criterion
        if isinstance(wanted, str):
            wanted = re.sub(r"~([~*?])", r"\1", wanted.removeprefix("="))
        return [value == wanted for value in self.columns[letters[0]]]


def _unnamed(pattern: str) -> str:
    return re.sub(r"\(\[A-Z\]\+\)", "[A-Z]+", pattern)


def counted_again(workbook: Workbook) -> dict[Place, float | str]:
    """Every number of 统计, counted from 明细."""
    rows = Rows(workbook)
    return {line.place: rows.count_again(line) for line in lines(workbook)}


def printed(workbook: Workbook) -> dict[Place, float | str]:
    """Every cell of 统计 with a number in it, by the table, line and heading it stands under; no comparisons."""
    sheet = _sheet(workbook, "统计")
    found: dict[Place, float | str] = {}
    heads, words = (list(cells)[1:] for cells in sheet.iter_rows(3, 4, values_only=True))
    table = ""
    for name, *cells in sheet.iter_rows(5, values_only=True):
        if name is None:
            break
        if all(cell is None for cell in cells):
            table = str(name)
        elif name not in COMPARISONS and not table.endswith(COMPARISONS):
            head = ""
            for title, word, cell in zip(heads, words, cells, strict=True):
                head = str(title or head)
                if isinstance(cell, float | int | str) and cell != "":
                    found[table, str(name), head, str(word or "件数")] = cell
    return found


def as_printed(counted: dict[Place, float | str]) -> dict[Place, float | str]:
    """What was counted again, in the cells in which 统计 prints it."""
    found: dict[Place, float | str] = {}
    for (table, line, head, part), value in counted.items():
        where = (table, line, head)
        ranks = (*where, "工作日") in counted
        if part == "分母" and ranks:
            found[*where, "件数"] = value
        elif part == "分母":
            found[*where, "分子/分母"] = f"{counted[*where, '分子']:.0f}/{value:.0f}"
        elif part != "分子":
            found[*where, part] = value
    return found


def numbers_of_tickets(workbook: Workbook) -> set[str]:
    """The tickets whose rows stand in 明细."""
    return {str(cells[0]) for cells in _sheet(workbook, "明细").iter_rows(3, values_only=True)}
