"""Opening what was written, and a reader of the formulas that 核对 uses."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.worksheet.formula import ArrayFormula

from service_desk.xlsx.book import ReportBook
from service_desk.xlsx.workbook import write_book


@pytest.fixture(scope="session")
def reopened(tmp_path_factory: pytest.TempPathFactory) -> Callable[[ReportBook], Workbook]:
    """What a reader finds in the file."""

    def opened(book: ReportBook) -> Workbook:
        path = tmp_path_factory.mktemp("books") / "book.xlsx"
        write_book(path, book)
        return load_workbook(path)

    return opened


@pytest.fixture(scope="session")
def recounted() -> Callable[[Workbook, int], float | str]:
    """The value of the formula in a row of 核对, counted from what stands in 明细."""
    return recount


class Column:
    """A range of cells that compares and multiplies cell by cell, as in an array formula."""

    def __init__(self, values: Iterable[Any]) -> None:
        self.values = list(values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.values)

    def same(self, other: object) -> "Column":
        return Column(one == other for one in self)

    def __mul__(self, other: "Column") -> "Column":
        return Column(bool(a and b) for a, b in zip(self, other, strict=True))


def only(cell: object) -> Cell | MergedCell:
    """The one cell at an address, which openpyxl's types take for a row or a range as well."""
    assert isinstance(cell, Cell | MergedCell)
    return cell


def recount(workbook: Workbook, row: int) -> float | str:
    sheet, rows = workbook["核对"], workbook["明细"]
    given = only(sheet[f"G{row}"]).value
    text = str(given.text if isinstance(given, ArrayFormula) else given)

    def cells(match: re.Match[str]) -> str:
        return f"cells({match['column']!r}, {match['first']}, {match['last']})"

    def column(letter: str, first: int, last: int) -> Column:
        return Column(only(rows[f"{letter}{number}"]).value for number in range(first, last + 1))

    code = re.sub(r"明细!\$(?P<column>[A-Z]+)\$(?P<first>\d+):\$[A-Z]+\$(?P<last>\d+)", cells, text[1:])
    code = re.sub(r"\$([IJ])(\d+)", r"cell('\1\2')", code)
    code = re.sub(r"(cells\([^)]*\))=([^)]+\)|1)", r"\1.same(\2)", code)
    code = re.sub(r"(?<![=<>])=(?!=)", "==", code)
    names = {
        "cells": column,
        "cell": lambda address: only(sheet[address]).value,
        "COUNTIFS": countifs,
        "SUMIFS": sumifs,
        "SUM": lambda values: sum(one or 0 for one in values),
        "IF": choose,
        "ROUND": lambda number, places: int(number * 10**places + 0.5) / 10**places,
        "ROUNDUP": lambda number, _: -int(-number // 1),
        "SMALL": lambda values, rank: [*sorted(values), "—"][rank - 1] if rank else "—",
        "IFERROR": lambda value, _: value,
    }
    code = re.sub(r"IF\((.+)==0,\"—\",(ROUND.*)\)$", r"(\2 if (\1) else '—')", code)
    found: float | str = eval(code, {"__builtins__": {}}, names)  # noqa: S307 - our own formulas
    return found


def choose(condition: Column, values: Column) -> Column:
    return Column(value for one, value in zip(condition, values, strict=True) if one)


def meets(value: object, criterion: object) -> bool:
    if isinstance(criterion, int):
        return value == criterion
    assert isinstance(criterion, str)
    assert criterion.startswith("=")
    parts = re.split(r"(~[~*?]|[*?])", criterion[1:])
    wild = {"*": ".*", "?": "."}
    pattern = "".join(wild.get(one) or re.escape(one[1:] if one[:1] == "~" else one) for one in parts)
    return isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None


def countifs(*ranges: Any) -> int:
    columns, criteria = ranges[::2], ranges[1::2]
    return sum(all(map(meets, row, criteria)) for row in zip(*columns, strict=True))


def sumifs(values: Column, *ranges: Any) -> int:
    columns, criteria = ranges[::2], ranges[1::2]
    rows = zip(values, zip(*columns, strict=True), strict=True)
    return sum(value or 0 for value, row in rows if all(map(meets, row, criteria)))
