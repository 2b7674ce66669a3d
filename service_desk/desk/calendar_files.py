"""Days of a year as a file: JSON or a workbook, each row a day, whether it is worked, and for what."""

import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from service_desk.domain.calendar_change import LONGEST_NAME, MOST_DAYS, UNWRITABLE, DayMark
from service_desk.domain.dates import WEEKDAYS
from service_desk.domain.errors import Invalid
from service_desk.domain.notice_text import DECEMBER, SATURDAY
from service_desk.domain.sentences import Sentence, say
from service_desk.xlsx.form import blank_form
from service_desk.xlsx.reading import read_rows

MOST_BYTES = 300 * 1024
DAY, KIND, NAME = "日期", "类型", "名称"
KINDS = {
    "休": False,
    "休息": False,
    "放假": False,
    "rest": False,
    "班": True,
    "上班": True,
    "补班": True,
    "work": True,
}
EXAMPLES = (("2026-10-01", "休", "国庆节"), ("2026-10-02", "休", "国庆节"), ("2026-10-10", "班", "国庆节"))
WRITTEN = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})", re.ASCII)
EXCEL_BEGINS = date(1899, 12, 30)

Given = tuple[int, str, str, str]
"""A row: its number, and day, kind and name as they were written."""


class WrongRows(Invalid):
    """Rows that cannot be taken; ``problems`` has a sentence for each."""

    def __init__(self, problems: tuple[Sentence, ...]) -> None:
        super().__init__(problems[0])
        self.problems = problems


def json_form() -> bytes:
    """An example to begin a JSON file with."""
    days = [
        {"day": day, "type": "work" if KINDS[kind] else "rest", "name": name} for day, kind, name in EXAMPLES
    ]
    return (json.dumps({"days": days}, ensure_ascii=False, indent=2) + "\n").encode()


def excel_form() -> bytes:
    """An example to begin a workbook with."""
    return blank_form("节假日", (DAY, KIND, NAME), EXAMPLES)


def read_file(name: str, stream: BinaryIO, *, year: int | None) -> dict[date, DayMark]:
    """The days of a file called ``name``, all of them of ``year`` where one is given (or of the December before).

    Raises ``WrongRows`` with a sentence for each row that cannot be taken, ``Invalid`` for no file of the kind.
    """
    content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise Invalid("文件太大，最多 300 KB。")
    suffix = Path(name).suffix.lower()
    if suffix == ".json":
        return _marks(_rows_of_json(content), year)
    if suffix == ".xlsx":
        return _marks(_rows_of_workbook(content, name), year)
    raise Invalid("请上传 .json 或 .xlsx 文件。")


def _rows_of_json(content: bytes) -> list[Given]:
    try:
        days: Any = json.loads(content)["days"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Invalid("不是这里要的 JSON，请照模板填写：最外层有“days”，里面一天一条。") from None
    if not isinstance(days, list):
        raise Invalid("“days”应当是一个列表，一天一条。")
    rows = [each if isinstance(each, dict) else {} for each in days[: MOST_DAYS + 1]]
    return [
        (number, *(str(row.get(key) or "").strip() for key in ("day", "type", "name")))  # type: ignore[misc]
        for number, row in enumerate(rows, start=1)
    ]


def _rows_of_workbook(content: bytes, name: str) -> list[Given]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "days.xlsx"
        path.write_bytes(content)
        try:
            rows = list(islice(read_rows(path), MOST_DAYS + 1))
        except Invalid as error:
            # What it is called here says nothing to whoever sent it.
            raise Invalid(str(error.sentence).replace(path.name, name)) from error
    if rows and not {DAY, KIND, NAME} <= rows[0].cells.keys():
        raise Invalid("第一行要有“日期”“类型”“名称”三列，请照模板填写。")
    return [(row.number, row[DAY], row[KIND], row[NAME]) for row in rows]


def _marks(rows: Iterable[Given], year: int | None) -> dict[date, DayMark]:
    marks: dict[date, DayMark] = {}
    problems: list[Sentence] = []
    for number, *written in rows:
        taken = _mark(written, marks, year)
        if isinstance(taken, Sentence):
            problems.append(say("第 %(row)s 行：%(problem)s", row=number, problem=taken))
        else:
            marks.update([taken])
    if len(marks) + len(problems) > MOST_DAYS:
        raise Invalid(say("一次最多 %(most)s 天。", most=MOST_DAYS))
    if problems:
        raise WrongRows(tuple(problems))
    if not marks:
        raise Invalid("文件里没有日期。")
    return marks


def _mark(
    written: list[str], marks: dict[date, DayMark], year: int | None
) -> tuple[date, DayMark] | Sentence:
    shown, kind, name = written
    day = _day_of(shown)
    if day is None:
        return say("日期“%(day)s”要写成 2027-01-01 这样。", day=shown[:30])
    if kind.lower() not in KINDS:
        return say("类型“%(kind)s”要写“休”或“班”。", kind=kind[:30])
    if not name or len(name) > LONGEST_NAME:
        return say("名称要写，最多 %(limit)s 字。", limit=LONGEST_NAME)
    works = KINDS[kind.lower()]
    for problem in _doubts(day, name, year, works=works):
        return problem
    if day in marks:
        return say("%(day)s 前面已经写过。", day=day.isoformat())
    return day, DayMark(works, name)


def _doubts(day: date, name: str, year: int | None, *, works: bool) -> Iterator[Sentence]:
    if UNWRITABLE.search(name):
        yield say("名称里有不能保存的字符，请重新输入。")
    if year is not None and day.year != year and (day.year, day.month) != (year - 1, DECEMBER):
        yield say("%(day)s 不在 %(year)s 年。", day=day.isoformat(), year=year)
    if works and day.weekday() < SATURDAY:
        weekday = WEEKDAYS[day.weekday()]
        yield say("%(day)s 是%(weekday)s，本来就上班，不是补班。", day=day.isoformat(), weekday=weekday)


def _day_of(shown: str) -> date | None:
    """A day as people and workbooks write it; a workbook may give its number."""
    plain = shown.replace("/", "-").replace(".", "-")
    if plain.isdecimal() and len(plain) == len("46023"):
        return EXCEL_BEGINS + timedelta(days=int(plain))
    found = WRITTEN.fullmatch(plain)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
