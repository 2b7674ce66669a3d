"""Months as they were reported: frozen once, and beside the same figures as they are counted now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select

from service_desk.desk.facts import Rows
from service_desk.domain.errors import Invalid, Refused
from service_desk.domain.figures import (
    BY_KEY,
    By,
    Fact,
    Figure,
    History,
    Indicator,
    Moment,
    Period,
    Shift,
    count_groups,
    facts,
    shifts,
)
from service_desk.domain.figures.counting import Tally, figure_of
from service_desk.domain.months import month_after
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import begin_reading, db, transaction
from service_desk.store.histories import RECORD, history_of
from service_desk.store.law import Law, current_law
from service_desk.store.people import User
from service_desk.store.snapshots import (
    LINES,
    MonthSnapshot,
    gone_on_since,
    keep_first,
    last_event_id,
    snapshot_of,
)
from service_desk.store.tickets import Ticket

EVERY = tuple(BY_KEY.values())
FREEZERS = (Role.SUPERVISOR,)
"""Who freezes a month by hand, and reads what has changed since."""
LOOKED_AT = 50
"""Tickets that are told twice for one page."""


# Freezing


def freeze(month: date, *, as_of: datetime, by: User | None) -> MonthSnapshot:
    """The frozen figures of the month of a day: as they are kept, or else as of an instant, and kept for good.

    An ``as_of`` before the latest act has the whole park told from its histories. Counting takes long, so it keeps no
    writer waiting: it reads, then writes. ``by`` is nobody where the clockwork does it.
    Raises ``Refused`` where it is not for this person, and ``Invalid`` where the month is not over.
    """
    if by is not None and not by.has(*FREEZERS):
        raise Refused("冻结月份的数字由督查员办理。")
    known = snapshot_of(month.replace(day=1))
    if known is not None:
        return known
    begin_reading()
    try:
        counted = _counted(month, as_of=as_of)
    finally:
        db.session.rollback()
    return _keep(counted, by=by)


def _counted(month: date, *, as_of: datetime) -> dict[str, Any]:
    """What a ``MonthSnapshot`` holds, but for who made it. Raises ``Invalid`` where the month is not over."""
    law, first = current_law(), month.replace(day=1)
    following = month_after(first)
    if law.calendar.day_of(as_of) < following:
        raise Invalid(
            say("%(year)s 年 %(month)s 月还没有过完，过完以后才能冻结。", year=first.year, month=first.month)
        )
    period = Period(first, following, as_of, law.calendar.tz)
    return {
        "month": first,
        "as_of": as_of,
        "calendar_version": law.calendar.version,
        "last_event_id": last_event_id(),
        "figures": _document(Rows(select(Ticket), as_of, law), period),
    }


@transaction
def _keep(counted: Mapping[str, Any], *, by: User | None) -> MonthSnapshot:
    """Keep what was counted; whoever froze the month first has frozen it."""
    keep_first({**counted, "frozen_by_id": by.id if by else None})
    kept = snapshot_of(counted["month"])
    if kept is None:
        raise LookupError(f"the figures of {counted['month']:%Y-%m} were kept and are not there")
    return kept


def _document(rows: Rows, period: Period) -> dict[str, Any]:
    """The figures as they are kept."""
    found = rows.groups(period, EVERY, by=LINES)
    kept: dict[str, Any] = {by.value: {} for by in LINES}
    kept["whole"] = {figure.key: _numbers(figure) for figure in count_groups(found, period, indicators=EVERY)}
    for by in LINES:
        ids = _ids(rows, by)
        for figure in count_groups(found, period, indicators=EVERY, by=by):
            name = figure.by or ""
            line = kept[by.value].setdefault(ids.get(name, name), {"name": name, "figures": {}})
            line["figures"][figure.key] = _numbers(figure)
    return kept


def _numbers(figure: Figure) -> list[float | None]:
    return [figure.numerator, figure.denominator, figure.excluded, figure.value]


def _ids(rows: Rows, by: By | None) -> dict[str, str]:
    """The ids of lines by what they are called; the whole has none."""
    return {name: str(value) for value, name in rows.called(by).items()} if by else {}


# What has changed since


@dataclass(frozen=True)
class Difference:
    """A figure of a line as it was frozen, and as it is now; ``line`` is None for the whole.

    ``called_then`` is what the line was called, where it has another name now. ``frozen`` is None where the indicator
    was not known yet.
    """

    indicator: Indicator
    line: str | None
    called_then: str
    frozen: Figure | None
    now: Figure

    @property
    def has_changed(self) -> bool:
        """Whether the month has another number. How things stood at an instant is no number of the month."""
        if self.frozen is None or not self.indicator.has_period:
            return False
        return _numbers(self.frozen) != _numbers(self.now)


def differences(
    snapshot: MonthSnapshot, law: Law, *, as_of: datetime, by: By | None = None
) -> list[Difference]:
    """Each figure that was frozen beside the same one now, of the whole or of one kind of line; what changed first.

    Both are of the whole park. Lines with nothing then and nothing now are left out.
    """
    rows = Rows(select(Ticket), as_of, law)
    ids = _ids(rows, by)
    period = snapshot.period(law.calendar.tz, as_of=as_of)
    now = {
        (ids.get(figure.by or "", figure.by or ""), figure.key): figure
        for figure in count_groups(
            rows.groups(period, EVERY, by=(by,) if by else ()), period, indicators=EVERY, by=by
        )
    }
    names = Names(snapshot.called(by) if by else {}, {line: name for name, line in ids.items()})
    then, known = snapshot.frozen(by), set(snapshot.figures["whole"])
    found = []
    for line in sorted({line for line, _ in (*then, *now)}, key=names.now):
        for indicator in EVERY:
            place, nothing = (line, indicator.key), figure_of(indicator, line, Tally())
            if place in then or place in now:
                frozen = then.get(place, nothing) if indicator.key in known else None
                found.append(
                    Difference(
                        indicator,
                        names.now(line) if by else None,
                        names.former(line),
                        frozen,
                        now.get(place, nothing),
                    )
                )
    return sorted(found, key=lambda one: not one.has_changed)


@dataclass(frozen=True)
class Names:
    """What lines were called when a month was frozen, and are called now, by their ids."""

    were: Mapping[str, str]
    are: Mapping[str, str]

    def now(self, line: str) -> str:
        """What a line is called now; what it was called where there is no such line any more."""
        return self.are.get(line, self.were.get(line, line))

    def former(self, line: str) -> str:
        """What a line was called, where it has another name now."""
        was = self.were.get(line, "")
        return was if was != self.now(line) else ""


def by_time_alone(found: Sequence[Difference], snapshot: MonthSnapshot, law: Law) -> Iterator[Sentence]:
    """What moves figures without an act on their own tickets, where it may have moved some; a sentence each."""
    if any(one.has_changed and one.indicator.moment is Moment.AFTERMATH for one in found):
        yield say(
            "重复诉求率看办结后 90 天内同一企业有没有再提同类诉求：时间到了、别的诉求来了就会变，不逐件列出。"
        )
    version = law.calendar.version
    of_days = any(one.has_changed and one.indicator.key.startswith("duration_") for one in found)
    if of_days and version != snapshot.calendar_version:
        yield say(
            "冻结以后日历改过（当时第 %(then)s 版，现在第 %(now)s 版），办理时长按现在的日历算，"
            "没有新记录的诉求也可能变，这样的不逐件列出。",
            then=snapshot.calendar_version,
            now=version,
        )


@dataclass(frozen=True)
class ChangedTicket:
    """A ticket that has another part in the month than it had."""

    ticket: Ticket
    shifts: tuple[Shift, ...]


@dataclass(frozen=True)
class ChangedTickets:
    """A page of what changed; ``looked_at`` is how many tickets it looked at, ``next_after`` where the next begins."""

    tickets: tuple[ChangedTicket, ...]
    looked_at: int
    next_after: int | None


def changed_tickets(
    snapshot: MonthSnapshot,
    tickets: Select[Ticket],
    *,
    as_of: datetime,
    by: By | None = None,
    after: int | None = None,
    limit: int = LOOKED_AT,
) -> ChangedTickets:
    """Which of the tickets have another part in the figures of the month than when it was frozen, the newest first.

    Told apart by line where one is given. Only tickets whose record has gone on since are looked at, ``limit`` on a
    page from below the id ``after``: a page may have none that changed, and still not be the last. What was put on
    record later is not part of what was, whatever its own instant; a clock that such a line ended is taken as ended.
    """
    law = current_law()
    then, now = snapshot.period(law.calendar.tz), snapshot.period(law.calendar.tz, as_of=as_of)
    candidates = gone_on_since(snapshot, tickets, law.calendar.tz).options(*RECORD)
    if after is not None:
        candidates = candidates.where(Ticket.id < after)
    rows = db.session.scalars(candidates.order_by(Ticket.id.desc()).limit(limit + 1)).unique().all()
    found = []
    for ticket in rows[:limit]:
        history = history_of(ticket)
        moved = shifts(
            _rows(_as_known(history, snapshot), then, law), then, _rows(history, now, law), now, by=by
        )
        found.append(ChangedTicket(ticket, tuple(moved)))
    return ChangedTickets(
        tickets=tuple(one for one in found if one.shifts),
        looked_at=len(found),
        next_after=rows[limit - 1].id if len(rows) > limit else None,
    )


def _as_known(history: History, snapshot: MonthSnapshot) -> History:
    """A history with no line that was put on record after the month was frozen."""
    known = tuple(event for event in history.events if event.seq <= snapshot.last_event_id)
    return replace(history, events=known)


def _rows(history: History, period: Period, law: Law) -> Sequence[Fact]:
    return facts(history, as_of=period.as_of, calendar=law.calendar)
