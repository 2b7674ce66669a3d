"""How deadlines are written down: ISO 8601 instants with offset, FROM/TO pauses, lines of a CSV file."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TextIO

from service_desk.domain.deadlines import Limit, Pause, Running, due
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Unit
from service_desk.domain.worktime import OfficeCalendar

COLUMNS = ("start", "limit", "unit", "pauses", "extend")
UNITS = (Unit.WORKING_DAYS, Unit.WORKING_HOURS, Unit.NATURAL_DAYS)


def parse_instant(text: str) -> datetime:
    """An ISO 8601 date and time with offset (``+08:00`` or ``Z``)."""
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(
            say("“%(text)s”不是 ISO 8601 时间，应如 2026-03-02T09:10:00+08:00", text=text)
        ) from None
    if instant.utcoffset() is None:
        raise Invalid(say("“%(text)s”缺少时区，应如 2026-03-02T09:10:00+08:00", text=text))
    return instant


def parse_pause(text: str) -> Pause:
    """``FROM/TO``; ``FROM/`` is a pause still open."""
    start, slash, end = text.partition("/")
    if not slash:
        raise Invalid(say("暂停“%(text)s”应写成 开始/结束", text=text))
    return Pause(parse_instant(start), parse_instant(end) if end.strip() else None)


def parse_pauses(text: str) -> tuple[Pause, ...]:
    """Pauses separated by ``;``; none in an empty text."""
    return tuple(parse_pause(part) for part in text.split(";") if part.strip())


def parse_whole(text: str, name: str) -> int:
    """A whole number; ``name`` is what the refusal calls it."""
    try:
        return int(text)
    except ValueError:
        raise Invalid(say("%(name)s 应是整数，不能是“%(text)s”", name=name, text=text)) from None


def parse_limit(number: str, unit: str) -> Limit:
    """A number and ``working_days``, ``working_hours`` or ``natural_days``."""
    if unit.strip() not in UNITS:
        raise Invalid(
            say(
                "没有“%(unit)s”这个单位；可用：%(units)s",
                unit=unit,
                units=tuple(each.value for each in UNITS),
            )
        )
    return Limit(parse_whole(number, "limit"), Unit(unit.strip()))


def read_clock(line: Mapping[str, str | None]) -> Running:
    """The clock of a line with the columns ``start,limit,unit,pauses,extend``; the last two may be empty."""
    given = {column: (line.get(column) or "").strip() for column in COLUMNS}
    for column in COLUMNS[:3]:
        if not given[column]:
            raise Invalid(say("缺少 %(column)s", column=column))
    return Running(
        parse_instant(given["start"]),
        parse_limit(given["limit"], given["unit"]),
        parse_pauses(given["pauses"]),
        parse_whole(given["extend"] or "0", "extend"),
    )


def format_instant(instant: datetime | None, calendar: OfficeCalendar) -> str:
    """ISO 8601 in the park's time zone, to the second if it is whole; empty for what is not known."""
    return "" if instant is None else instant.astimezone(calendar.tz).isoformat()


def format_pauses(pauses: Iterable[Pause], calendar: OfficeCalendar) -> str:
    """As ``parse_pauses`` reads them."""
    spans = (
        f"{format_instant(pause.start, calendar)}/{format_instant(pause.end, calendar)}" for pause in pauses
    )
    return ";".join(spans)


def add_due_column(source: TextIO, target: TextIO, calendar: OfficeCalendar) -> None:
    """Copy CSV lines and add ``due``, or replace it where it stands; other columns pass through.

    Nothing is written unless every line can be read. Raises ``Invalid`` with the number of the bad line.
    """
    reader = csv.DictReader(source)
    columns = list(reader.fieldnames or ())
    missing = [column for column in COLUMNS[:3] if column not in columns]
    if missing:
        raise Invalid(say("表头缺少 %(missing)s", missing=tuple(missing)))
    lines = list(_with_due(reader, calendar))
    names = columns if "due" in columns else [*columns, "due"]
    writer = csv.DictWriter(target, names, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(lines)


def _with_due(reader: "csv.DictReader[str]", calendar: OfficeCalendar) -> Iterator[dict[str, str]]:
    for line in reader:
        try:
            yield {**line, "due": format_instant(due(read_clock(line), calendar), calendar)}
        except Invalid as refusal:
            raise Invalid(
                say("第 %(line)s 行：%(sentence)s", line=reader.line_num, sentence=refusal.sentence)
            ) from None
