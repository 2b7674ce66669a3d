"""Read a workbook somebody sends: its rows as plain text, never more than memory can bear."""

import csv
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say

MOST_BYTES = 200 * 1024 * 1024
"""A workbook that unzips to more is a bomb, or no list of enterprises."""
MOST_CELLS = 5_000_000
"""The reader makes room for every cell up to the last row and column in use, however few are filled in."""

MARK = re.compile(rb"""<(?:[\w.-]+:)?(row|c)(?=[\s/>])|[\s"']r\s*=\s*["']([A-Za-z]{0,3})([0-9]+)["']""")
"""What places a cell: the beginning of a row or of a cell, and where either says that it stands."""
LONGEST_ROW_NUMBER = 7
OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
"""How an .xls file begins."""
UNREADABLE = (CalamineError, OverflowError)
"""The second comes of a duration longer than Python can tell."""
MOST_PLAIN_BYTES = 50 * 1024 * 1024
"""Of a file that is not packed: .xls and .csv."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line below the header: its number in the sheet and its cells by column title, stripped text."""

    number: int
    cells: Mapping[str, str]

    def __getitem__(self, title: str) -> str:
        return self.cells.get(title, "")


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of the first sheet whose first row is the header; empty rows are left out.

    Raises ``Invalid`` with a sentence where the file is no workbook, or too large to open.
    """
    _check_size(path)
    try:
        lines = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except UNREADABLE as error:
        raise Invalid(
            say("“%(file)s”打不开：文件损坏、加了密码，或不是 Excel 工作簿。", file=path.name)
        ) from error
    if not lines:
        raise Invalid(say("“%(file)s”的第一张表是空的。", file=path.name))
    titles = [text_of(cell) for cell in lines[0]]
    for number, line in enumerate(lines[1:], start=2):
        texts = [text_of(cell) for cell in line]
        if any(texts):
            yield Row(number, dict(zip(titles, texts, strict=False)))


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet that is shown, as stripped text, with all its lines from the first on."""

    name: str
    lines: list[list[str]]


def read_sheets(path: Path) -> list[Sheet]:
    """Every sheet people see of an .xlsx, .xls or .csv file (UTF-8 or GB18030), told apart by what they are.

    Raises ``Invalid`` with a sentence where the file is none of these, or too large to open.
    """
    with path.open("rb") as file:
        beginning = file.read(4)
    if not beginning:
        raise Invalid(say("“%(file)s”是空的。", file=path.name))
    if not beginning.startswith(b"PK"):
        if path.stat().st_size > MOST_PLAIN_BYTES:
            raise Invalid(
                say(
                    "“%(file)s”超过 %(most)s MB，不予打开。",
                    file=path.name,
                    most=MOST_PLAIN_BYTES // 1024 // 1024,
                )
            )
        if beginning != OLD_WORKBOOK:
            return [Sheet("", _lines_of_text(path))]
    else:
        _check_size(path)
    try:
        book = CalamineWorkbook.from_path(str(path))
        return [
            Sheet(each.name, _lines(book, each.name, path.name))
            for each in book.sheets_metadata
            if each.typ == SheetTypeEnum.WorkSheet and each.visible == SheetVisibleEnum.Visible
        ]
    except UNREADABLE as error:
        raise Invalid(
            say("“%(file)s”打不开：文件损坏、加了密码，或不是 Excel 工作簿。", file=path.name)
        ) from error


def _lines(book: CalamineWorkbook, name: str, file: str) -> list[list[str]]:
    sheet = book.get_sheet_by_name(name)
    if sheet.total_height * sheet.total_width > MOST_CELLS:
        raise Invalid(
            say(
                "“%(file)s”里有单元格离得太远，请删去表格以外的内容，或把数据复制到新的工作簿再试。",
                file=file,
            )
        )
    return [[text_of(cell) for cell in line] for line in sheet.to_python(skip_empty_area=False)]


def _lines_of_text(path: Path) -> list[list[str]]:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError:
            text = "\0"
    if "\0" in text:
        raise Invalid(
            say("“%(file)s”既不是 Excel 工作簿，也不是 UTF-8 或 GB18030 编码的 CSV 文件。", file=path.name)
        )
    separator = max(",\t;", key=text[:4000].count)
    try:
        lines = [[cell.strip() for cell in line] for line in csv.reader(StringIO(text), delimiter=separator)]
    except csv.Error as error:
        raise Invalid(
            say("“%(file)s”不是写得规范的 CSV 文件（%(error)s）。", file=path.name, error=error)
        ) from error
    if sum(map(len, lines)) > MOST_CELLS:
        raise Invalid(say("“%(file)s”里的内容太多，请分成几个文件。", file=path.name))
    return lines


def text_of(cell: object) -> str:
    """A cell as people read it: whole numbers without a point, days as ISO 8601.

    Without NUL, which a sheet may hold and a database may not.
    """
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell).replace("\0", "").strip()


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
            if size > MOST_BYTES:
                raise Invalid(
                    say(
                        "“%(file)s”解压后超过 %(most)s MB，不予打开。",
                        file=path.name,
                        most=MOST_BYTES // 1024 // 1024,
                    )
                )
            # Reading a part to its end also proves the size it gives.
            cells = max((_room(archive.read(part)) for part in archive.infolist()), default=0)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise Invalid(
            say("“%(file)s”不是 xlsx 工作簿。请在 Excel 中另存为 .xlsx 后再试。", file=path.name)
        ) from error
    if cells > MOST_CELLS:
        raise Invalid(
            say(
                "“%(file)s”里有单元格离得太远，请删去表格以外的内容，或把数据复制到新的工作簿再试。",
                file=path.name,
            )
        )


def _room(part: bytes) -> int:
    """How many cells lie between the first one of a sheet and its last row and column; 0 for what is no sheet."""
    row = column = rows = columns = 0
    for mark in MARK.finditer(part):
        tag, letters, digits = mark.groups()
        if tag == b"row":
            row, column = row + 1, 0
        elif tag == b"c":
            column += 1
        else:
            row = int(digits[: LONGEST_ROW_NUMBER + 1])
            column = _column(letters) if letters else column
        rows, columns = max(rows, row), max(columns, column)
    return rows * columns


def _column(letters: bytes) -> int:
    """C is the third column, AA the one after Z."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
