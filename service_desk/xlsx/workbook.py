"""Writing a report workbook: 统计, 明细, 核对, 口径说明."""

from io import BytesIO

from openpyxl import Workbook

from service_desk.xlsx import detail, notes, recount, statistics
from service_desk.xlsx.book import ReportBook
from service_desk.xlsx.text import safe_text


def written(book: ReportBook) -> bytes:
    """The workbook as a file's bytes."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    statistics.write_statistics(workbook.create_sheet(statistics.NAME), book)
    detail.write_detail(workbook.create_sheet(detail.NAME), book)
    ranges = recount.Ranges.of(book.detail, detail.NAME, detail.FIRST_ROW)
    recount.write_recount(workbook.create_sheet(recount.NAME), book, ranges)
    notes.write_notes(workbook.create_sheet(notes.NAME), book)
    # Formulas carry no value until somebody counts them.
    workbook.calculation.fullCalcOnLoad = True
    workbook.properties.title = safe_text(book.title)
    workbook.properties.creator = safe_text(book.organisation)
    workbook.properties.created = workbook.properties.modified = book.made_at.replace(tzinfo=None)
    stream = BytesIO()
    workbook.save(stream)
    return stream.getvalue()
