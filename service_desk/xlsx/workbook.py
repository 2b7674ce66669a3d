"""Writing a report workbook: its parts, 统计, its annexes, 明细, 核对, 口径说明."""

from io import BytesIO

from openpyxl import Workbook

from service_desk.xlsx import detail, notes, recount, sheets, statistics
from service_desk.xlsx.book import ReportBook
from service_desk.xlsx.text import safe_text


def written(book: ReportBook) -> bytes:
    """The workbook as a file's bytes."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    lists = {}
    for part in book.parts:
        lists[part.name] = sheets.write_sheet(workbook.create_sheet(part.name), part, book)
    statistics.write_statistics(workbook.create_sheet(statistics.NAME), book)
    for annex in book.annexes:
        lists[annex.name] = sheets.write_sheet(workbook.create_sheet(annex.name), annex, book)
    detail.write_detail(workbook.create_sheet(detail.NAME), book)
    ranges = recount.Ranges.of(book.detail, detail.NAME, detail.FIRST_ROW)
    recount.write_recount(workbook.create_sheet(recount.NAME), book, ranges, lists)
    notes.write_notes(workbook.create_sheet(notes.NAME), book)
    # Formulas carry no value until somebody counts them.
    workbook.calculation.fullCalcOnLoad = True
    workbook.properties.title = safe_text(book.title)
    workbook.properties.creator = safe_text(book.organisation)
    workbook.properties.created = workbook.properties.modified = book.made_at.replace(tzinfo=None)
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()
