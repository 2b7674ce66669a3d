"""Writing a report workbook: its parts, 统计, its annexes, 明细, 核对, 口径说明."""

import re
import shutil
import zipfile
from pathlib import Path
from tempfile import TemporaryFile

from openpyxl import Workbook

from service_desk.xlsx import detail, notes, recount, sheets, statistics
from service_desk.xlsx.book import ReportBook
from service_desk.xlsx.cells import lines
from service_desk.xlsx.packing import SPEED
from service_desk.xlsx.rows import END_OF_ROWS, ListRow, columns_in, framed, in_lots
from service_desk.xlsx.text import safe_text


def write_book(path: Path, book: ReportBook) -> int:
    """Write the workbook to ``path``; how many rows its 明细 has, which never stand in memory together.

    What the rows raise goes through and leaves an unfinished file behind, as does ``OSError`` where there is no room.
    Raises ``TooManyRows`` where a sheet cannot hold the rows.
    """
    workbook = Workbook()
    columns = columns_in(workbook, book.detail.columns)
    # How many there are must be known before anything else can be written: they wait beside the file.
    with TemporaryFile(dir=path.parent) as waiting:
        rows = (ListRow(values) for values in book.detail.rows)
        number = 0
        for lot in in_lots(rows, most=detail.MOST_ROWS):
            waiting.write(lines(lot, columns, detail.FIRST_ROW + number))
            number += len(lot)
        _fill(workbook, book, number)
        part_of_detail = f"xl/worksheets/sheet{workbook.sheetnames.index(detail.NAME) + 1}.xml"
        with (
            zipfile.ZipFile(framed(workbook)) as made,
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=SPEED) as archive,
        ):
            for name in made.namelist():
                if name != part_of_detail:
                    archive.writestr(name, made.read(name))
                    continue
                head, tail = re.sub(rb"<dimension [^>]*/>", b"", made.read(name)).split(END_OF_ROWS)
                waiting.seek(0)
                with archive.open(name, "w", force_zip64=True) as part:
                    part.write(head)
                    shutil.copyfileobj(waiting, part)
                    part.write(END_OF_ROWS + tail)
    return number


def _fill(workbook: Workbook, book: ReportBook, rows: int) -> None:
    """Write all sheets, but for the rows of 明细."""
    workbook.remove(workbook.worksheets[0])
    lists = {}
    for part in book.parts:
        lists[part.name] = sheets.write_sheet(workbook.create_sheet(part.name), part, book)
    statistics.write_statistics(workbook.create_sheet(statistics.NAME), book)
    for annex in book.annexes:
        lists[annex.name] = sheets.write_sheet(workbook.create_sheet(annex.name), annex, book)
    detail.write_frame(workbook.create_sheet(detail.NAME), book, rows)
    ranges = recount.Ranges.of(book.detail, detail.NAME, detail.FIRST_ROW, rows)
    recount.write_recount(workbook.create_sheet(recount.NAME), book, ranges, lists)
    notes.write_notes(workbook.create_sheet(notes.NAME), book, rows)
    # Formulas carry no value until somebody counts them.
    workbook.calculation.fullCalcOnLoad = True
    workbook.properties.title = safe_text(book.title)
    workbook.properties.creator = safe_text(book.organisation)
    workbook.properties.created = workbook.properties.modified = book.made_at.replace(tzinfo=None)
