"""Which column of a sheet is which of the ledger, and the rows below: the one place where headers are matched."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from service_desk.desk.ledgers import COLUMNS
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.xlsx.reading import Sheet, read_sheets

TITLES = tuple(column.title for column, _ in COLUMNS)
REQUIRED = ("提出日期", "企业名称", "诉求类别", "标题", "诉求内容", "当前状态")
REASON = "不能导入的原因"
"""The column by which the workbook of refused rows says why; a ledger that has it is read without it."""
SEARCHED = 30
"""Lines from the top in which a header is looked for."""
ENOUGH = 4
"""A line that names so many columns is a header, though not all that is required may be there."""


@dataclass(frozen=True)
class Row:
    """A line below the header: its cells by the ledger's own titles, and all of them by the sheet's."""

    sheet: str
    number: int
    cells: Mapping[str, str]
    typed: Mapping[str, str]

    def __getitem__(self, title: str) -> str:
        return self.cells.get(title, "")


@dataclass(frozen=True)
class LedgerFile:
    """The rows of a file, with what of it was left aside."""

    rows: list[Row]
    ignored_columns: list[str]
    ignored_sheets: list[str]


def read_ledger(path: Path) -> LedgerFile:
    """Read the sheets that have the ledger's columns.

    Raises ``Invalid`` with a sentence where there is none, a column is missing or stands twice, or nothing is below.
    """
    rows: list[Row] = []
    columns: dict[str, None] = {}
    others: list[str] = []
    sheets = read_sheets(path)
    for sheet in sheets:
        found = _header_of(sheet)
        if found is None:
            others.append(sheet.name)
            continue
        place, titles = found
        header = sheet.lines[place]
        columns |= dict.fromkeys(title for n, title in enumerate(header) if title and n not in titles)
        rows += _rows_below(sheet, place, titles)
    if len(others) == len(sheets):
        raise Invalid(
            say(
                "“%(file)s”里没有找到台账的表头。表头要在前 %(lines)s 行之内，至少有这些列：%(columns)s。",
                file=path.name,
                lines=SEARCHED,
                columns=REQUIRED,
            )
        )
    if not rows:
        raise Invalid(say("“%(file)s”的表头下面没有内容。", file=path.name))
    columns.pop(REASON, None)
    return LedgerFile(rows, list(columns), others)


def title_of(header: str) -> str | None:
    """The ledger's title that a header means; blanks and the width of signs do not matter."""
    return _BY_PLAIN.get(_plain(header))


def _plain(header: str) -> str:
    return "".join(unicodedata.normalize("NFKC", header).split())


_BY_PLAIN = {_plain(title): title for title in TITLES}


def _header_of(sheet: Sheet) -> tuple[int, dict[int, str]] | None:
    """Where the header stands, and the ledger's titles by column; None where the sheet is no ledger."""
    for place, line in enumerate(sheet.lines[:SEARCHED]):
        titles = {n: title for n, cell in enumerate(line) if (title := title_of(cell)) is not None}
        if len(titles) >= ENOUGH:
            _check(sheet.name, list(titles.values()))
            return place, titles
    return None


def _check(sheet: str, titles: Sequence[str]) -> None:
    missing = tuple(title for title in REQUIRED if title not in titles)
    if missing:
        raise Invalid(say("表“%(sheet)s”缺少这些列：%(columns)s。", sheet=sheet, columns=missing))
    twice = tuple(title for title in TITLES if titles.count(title) > 1)
    if twice:
        raise Invalid(say("表“%(sheet)s”里有两列同名：%(columns)s。", sheet=sheet, columns=twice))


def _rows_below(sheet: Sheet, place: int, titles: Mapping[int, str]) -> list[Row]:
    header = sheet.lines[place]
    names = [title or say("第 %(n)s 列", n=n) for n, title in enumerate(header, 1)]
    return [
        Row(
            sheet.name,
            number,
            {title: line[n] for n, title in titles.items() if n < len(line)},
            dict(zip(names, line, strict=False)),
        )
        for number, line in enumerate(sheet.lines[place + 1 :], start=place + 2)
        if _is_row(line) and line != header
    ]


def _is_row(line: Sequence[str]) -> bool:
    """Neither blank nor a remark: what stands alone in the first cell says something of the list, not of a matter."""
    return any(line[1:])
