"""The rows that were refused, as they were typed, in a workbook to mend and import by itself."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from service_desk.desk.ledger_import.headers import REASON, Row
from service_desk.domain.sentences import say
from service_desk.xlsx.rows import ListColumn, ListRow, Look
from service_desk.xlsx.stream import ListSheet, write_list

TITLE = "未能导入的台账行"
WIDTH, REASON_WIDTH = 16, 50


def write_refused(path: Path, refused: Sequence[tuple[Row, str]]) -> int:
    """Write the refused rows, each with its reason first; how many there are. Raises ``OSError``."""
    titles = list(dict.fromkeys(title for row, _ in refused for title in row.typed if title != REASON))
    sheet = ListSheet(
        title=TITLE,
        line=say("改好以后，用同一条命令导入这个文件；第一列不必删去。"),
        columns=[
            ListColumn(REASON, REASON_WIDTH, Look.LONG),
            *(ListColumn(title, WIDTH) for title in titles),
        ],
        foot=lambda rows: say("共 %(n)s 行", n=rows),
    )

    def rows() -> Iterator[ListRow]:
        for row, reason in refused:
            place = say("%(sheet)s第 %(row)s 行：%(reason)s", sheet=row.sheet, row=row.number, reason=reason)
            yield ListRow([place, *(row.typed.get(title, "") for title in titles)])

    return write_list(path, sheet, rows())
