"""Read a workbook somebody sends: its rows as plain text, never more than memory can bear."""

import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

from service_desk.domain.errors import Invalid

MOST_BYTES = 200 * 1024 * 1024
"""A workbook that unzips to more is a bomb, or no list of enterprises."""


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
    except CalamineError as error:
        raise Invalid(f"“{path.name}”打不开：文件损坏、加了密码，或不是 Excel 工作簿。") from error
    if not lines:
        raise Invalid(f"“{path.name}”的第一张表是空的。")
    titles = [text_of(cell) for cell in lines[0]]
    for number, line in enumerate(lines[1:], start=2):
        texts = [text_of(cell) for cell in line]
        if any(texts):
            yield Row(number, dict(zip(titles, texts, strict=False)))


def text_of(cell: object) -> str:
    """A cell as people read it: whole numbers without a point, days as ISO 8601."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else str(cell).strip()


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise Invalid(f"“{path.name}”不是 xlsx 工作簿。请在 Excel 中另存为 .xlsx 后再试。") from error
    if size > MOST_BYTES:
        raise Invalid(f"“{path.name}”解压后超过 {MOST_BYTES // 1024 // 1024} MB，不予打开。")
