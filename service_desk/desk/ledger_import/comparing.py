"""What a row says beside what the desk's own ledger says of the ticket it has become: no difference is passed over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from service_desk.desk.ledger_import.cells import Cells, Told
from service_desk.desk.ledger_import.dates import day_of
from service_desk.domain.ledger import LedgerEntry
from service_desk.domain.limits import REST_DAYS
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Outcome
from service_desk.store.law import Law
from service_desk.xlsx.cells import Value

TOLD_OTHERWISE = ("序号", "诉求编号", "联系人", "联系电话", "最新进展", "备注")
"""Counted anew, masked, or in the desk's own words."""
WHILE_IT_RUNS = ("是否按时", "超期天数")
"""What says something of the day on which the ledger was written, while nothing is judged."""
IN_ANY_ORDER = ("标签", "协办单位")


@dataclass(frozen=True)
class Difference:
    """A column in which the ledger and the law differ."""

    sheet: str
    row: int
    column: str
    reason: str


def differences(told: Told, entry: LedgerEntry, now: Mapping[str, Value], *, law: Law) -> list[Difference]:
    """The columns that the row fills in otherwise than ``now``, the desk's own ledger of the same ticket."""
    cells = Cells(told.row, law.calendar.tz)
    skipped = TOLD_OTHERWISE + (() if _is_judged(entry) else WHILE_IT_RUNS)
    found = {
        title: say(
            "“%(column)s”台账为“%(given)s”，按规则为“%(words)s”",
            column=title,
            given=given[:60],
            words=_words(now[title]),
        )
        for title, given in told.row.cells.items()
        if given and title not in skipped and not _same(title, given, now[title], cells)
    }
    if told.outcome is Outcome.PARTLY and entry.reply is not None:
        day = law.calendar.day_of(entry.reply.at) + timedelta(days=REST_DAYS)
        found["结果类别"] = say("台账没有余项完成日期，按最晚的 %(day)s 登记", day=day)
    if told.reworks:
        found["重办次数"] = say("台账没有前 %(n)s 轮的经过，只补记轮数，不计是否按时", n=told.reworks)
    return [Difference(told.row.sheet, told.row.number, title, reason) for title, reason in found.items()]


def _is_judged(entry: LedgerEntry) -> bool:
    """Whether the settle clock was ended by an act; of one that runs or was cut off, lateness grows by the day."""
    return entry.settle is not None and entry.settle.judged_at is not None


def _same(title: str, given: str, value: Value, cells: Cells) -> bool:
    if title in IN_ANY_ORDER:
        return set(cells.names(title)) == {word for word in str(value or "").split("、") if word}
    if isinstance(value, date):
        when = cells.when(title)
        if isinstance(when, datetime) and isinstance(value, datetime):
            return when.replace(second=0) == value.replace(second=0, microsecond=0)
        return when is not None and day_of(when) == day_of(value)
    if isinstance(value, int):
        return cells.number(title) == value
    return given.strip() == (value or "").strip()


def _words(value: Value) -> str:
    return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else str(value or "—")[:60]
