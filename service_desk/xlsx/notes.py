"""The sheet 口径说明: what was counted, how, as of when, by whom."""

from collections.abc import Iterator

from openpyxl.worksheet.worksheet import Worksheet

from service_desk.xlsx.book import ReportBook
from service_desk.xlsx.look import (
    CENTRE,
    HEAD,
    HEAD_FILL,
    LEFT,
    TITLE,
    TOP_LEFT,
    boxed,
    cell_at,
    merged,
    ready_for_paper,
    set_widths,
    width_of,
)
from service_desk.xlsx.text import put_text

NAME = "口径说明"
TITLE_ROW, HEAD_ROW, FIRST_ROW = 1, 2, 3
WORDS_WIDTH = 104  # characters
LINE_HEIGHT = 15  # points
HOUSE_RULES = (
    "比率以“分子/分母”列示，保留两位小数、四舍五入；分母为 0 的记“—”；分母不足 5 的以灰色显示，不参与排名。",
    "“剔除”列示从分母中减去的数量：获批剔除的，以及口径中“减去”的。",
    "“统计”的每个数都能由“明细”重新数出：把对应列为 1 的行计数（用时、次数等数值列为求和），“核对”已逐项用公式复算。",
    "“明细”一行为一件诉求在一个承办单位、一个月份的计数；同月同一单位再次办结、再次派单等，另起一行。",
)


def write_notes(sheet: Worksheet, book: ReportBook, rows: int) -> None:
    """Fill the sheet; ``rows`` is how many 明细 has."""
    title = merged(sheet, TITLE_ROW, 1, 2)
    put_text(title, "口径说明")
    title.font, title.alignment = TITLE, CENTRE
    for column, text in enumerate(("事项", "说明"), 1):
        cell = cell_at(sheet, HEAD_ROW, column)
        put_text(cell, text)
        boxed(cell, font=HEAD, fill=HEAD_FILL)
    for row, (name, words) in enumerate(_rows(book, rows), FIRST_ROW):
        put_text(cell_at(sheet, row, 1), name)
        put_text(cell_at(sheet, row, 2), words)
        boxed(cell_at(sheet, row, 1), alignment=LEFT)
        boxed(cell_at(sheet, row, 2), alignment=TOP_LEFT)
        # Spreadsheets do not fit the height of rows they did not write themselves.
        sheet.row_dimensions[row].height = LINE_HEIGHT * (1 + width_of(words) // WORDS_WIDTH)
    set_widths(sheet, [28, WORDS_WIDTH + 6])
    ready_for_paper(sheet, columns=2, heading_rows=(TITLE_ROW, HEAD_ROW), body_from=f"A{FIRST_ROW}")


def _rows(book: ReportBook, rows: int) -> Iterator[tuple[str, str]]:
    yield "报表", book.title
    yield "填报单位", book.organisation
    yield "统计期", book.period
    yield "截至时间", f"{book.as_of:%Y-%m-%d %H:%M:%S}；此后发生的事项不计入，各诉求的状态以此刻为准"
    yield "筛选条件", "；".join(f"{name}：{value}" for name, value in book.filters.items()) or "无"
    yield "工作日历", book.calendar_version
    yield "明细行数", str(rows)
    for table in book.tables:
        yield f"行数（{table.title}）", str(len(table.lines))
    for sheet in (*book.parts, *book.annexes):
        if sheet.listing is not None:
            yield f"行数（{sheet.name}）", f"{len(sheet.listing.rows)}；全部列出，没有省略"
    yield "制表", f"{book.made_by}，{book.made_at:%Y-%m-%d %H:%M:%S}"
    for number, words in enumerate((*HOUSE_RULES, *book.remarks), 1):
        yield f"说明 {number}", words
    yield from book.definitions
