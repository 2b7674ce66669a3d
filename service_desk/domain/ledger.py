"""The ledger 诉求台账: what one ticket comes to, as the figures would count it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache

from service_desk.domain.deadlines import Limit, Pause, Running, due, worked_days
from service_desk.domain.figures import DESK
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import ClockState, Level, Outcome, Solved, State, Unit
from service_desk.domain.worktime import OfficeCalendar


@dataclass(slots=True)
class LedgerPart:
    """What a department has to do with the ticket; names are as people read them."""

    department_id: int
    department: str
    handler: str = ""
    assigned_at: datetime | None = None
    signed_at: datetime | None = None


@dataclass(slots=True)
class LedgerClock:
    """The settle clock of the present cycle."""

    started_at: datetime
    number: int
    unit: Unit
    extended: int
    latest: date | None
    state: ClockState
    due_at: datetime | None
    calendar_version: int
    judged_at: datetime | None
    pauses: Sequence[Pause]

    @property
    def is_live(self) -> bool:
        """Whether it still runs or is paused."""
        return self.state is ClockState.RUNNING or self.state is ClockState.PAUSED

    @property
    def limit(self) -> str:
        """The limit with its extensions, and the date set from above: ``5+2 个工作日``."""
        return _limit_words(self.number, self.unit, self.extended, self.latest)

    def due_by(self, calendar: OfficeCalendar) -> datetime | None:
        """When it is due by the calendar in force; None while a pause leaves that unknown."""
        if not self.is_live or self.calendar_version >= calendar.version:
            return self.due_at
        limit = Limit(self.number, self.unit)
        return due(
            Running(self.started_at, limit, tuple(self.pauses), self.extended, latest=self.latest), calendar
        )


@lru_cache(1_000)
def _limit_words(number: int, unit: Unit, extended: int, latest: date | None) -> str:
    allowed = f"{number}+{extended}" if extended else str(number)
    words = say("%(number)s %(unit)s", number=allowed, unit=unit)
    return say("%(limit)s，不晚于 %(date)s", limit=words, date=latest) if latest else words


@dataclass(slots=True)
class LedgerReply:
    """The last answer that was not sent back; of no department where the desk answered itself."""

    at: datetime
    department_id: int | None
    outcome: Outcome | None
    text: str
    is_verified: bool


@dataclass(slots=True)
class LedgerRating:
    """A rating as last corrected."""

    cycle: int
    solved: Solved
    level: Level
    text: str
    by_phone: bool


@dataclass(slots=True)
class LedgerReader:
    """Who the ledger is for: whether contacts are shown in full, whether they are of the desk, their department."""

    contacts: bool
    desk: bool
    department_id: int | None = None


@dataclass(slots=True)
class LedgerEntry:
    """One ticket as the ledger tells it, with labels for words; ``since`` is where 用时 begins."""

    number: str
    source: str
    above_office: str | None
    above_number: str | None
    submitted_at: datetime
    area: str | None
    enterprise: str
    code: str | None
    industry: str | None
    tags: Sequence[str]
    contact_name: str
    contact_phone: str
    leader: str | None
    liaison_department: str | None
    officer: str | None
    category: str
    nature: str
    urgency: str
    title: str
    text: str
    state: State
    cycle: int
    last_line: str
    against: str | None = None
    parent: str | None = None
    split_from: str | None = None
    lead: LedgerPart | None = None
    supports: list[LedgerPart] = field(default_factory=list)
    settle: LedgerClock | None = None
    pauses: list[Pause] = field(default_factory=list)
    extensions: int = 0
    contacted_at: datetime | None = None
    since: datetime | None = None
    closed_at: datetime | None = None
    reply: LedgerReply | None = None
    ratings: list[LedgerRating] = field(default_factory=list)
    orders: int = 0
    exclusions: list[str] = field(default_factory=list)

    @property
    def lead_name(self) -> str:
        """主办单位: the lead; the desk where it answered itself."""
        if self.lead is not None:
            return self.lead.department
        return DESK if self.answered_by_desk else ""

    @property
    def answered_by_desk(self) -> bool:
        """直接答复."""
        return self.reply is not None and self.reply.department_id is None

    @property
    def mode(self) -> str:
        """办理模式."""
        if self.lead is None:
            return "直接答复" if self.answered_by_desk else ""
        return "协同办" if self.supports else "独立办"

    def due_at(self, calendar: OfficeCalendar) -> datetime | None:
        """应办结日期: of the settle clock of the present cycle; None while it is unknown."""
        return self.settle.due_by(calendar) if self.settle else None

    def is_late(self, due_at: datetime | None, now: datetime) -> bool | None:
        """是否按时, the other way round: as the settle clock was judged; None while nothing is decided."""
        if self.settle is None:
            return None
        if not self.settle.is_live:
            return self.settle.state is ClockState.MISSED
        return True if due_at is not None and due_at < now else None

    def days_late(self, due_at: datetime, now: datetime, calendar: OfficeCalendar) -> int:
        """超期天数: the working days after the due day, up to the act it was judged by, or up to now.

        0 where it was late on the due day itself.
        """
        until = self.settle.judged_at if self.settle and self.settle.judged_at else now
        return _working_days(calendar, calendar.day_of(due_at), calendar.day_of(until))

    def days_taken(self, calendar: OfficeCalendar) -> int | None:
        """用时: of a verified reply of a department, as in the figures (办理时长); else None."""
        reply = self.reply
        if reply is None or reply.department_id is None or not reply.is_verified or self.since is None:
            return None
        if not self.pauses:
            return _working_days(calendar, calendar.day_of(self.since), calendar.day_of(reply.at))
        return worked_days(self.since, reply.at, self.pauses, calendar)

    @property
    def rating(self) -> LedgerRating | None:
        """The rating of the last closing, while no later cycle has begun."""
        own = [one for one in self.ratings if one.cycle == self.cycle]
        return own[-1] if own else None

    @property
    def follow_up(self) -> str:
        """回访情况: how the enterprise came to rate, or that it did not."""
        rating = self.rating
        if rating is not None:
            return "电话回访" if rating.by_phone else "企业自评"
        if self.state is State.CLOSED:
            return "逾期未评"
        return State.AWAITING_RATING.label if self.state is State.AWAITING_RATING else ""

    def reads_reply(self, reader: LedgerReader) -> bool:
        """Onlookers read a reply once it is verified."""
        if self.reply is None or self.reply.is_verified or reader.desk:
            return self.reply is not None
        return reader.department_id in {part.department_id for part in (self.lead, *self.supports) if part}

    def remarks(self, reader: LedgerReader) -> str:
        """备注: what no other column says."""
        merged_into = self.parent if self.state is State.MERGED else None
        told = [
            say("来文单位：%(office)s", office=self.above_office) if self.above_office else "",
            say("并入 %(number)s", number=merged_into) if merged_into else "",
            say("拆自 %(number)s", number=self.split_from) if self.split_from else "",
            *(self._remarks_of_the_desk() if reader.desk else ()),
        ]
        return "；".join(words for words in told if words)

    def _remarks_of_the_desk(self) -> Iterator[str]:
        if self.against:
            yield say("被投诉单位：%(department)s", department=self.against)
        if self.exclusions:
            yield say("已剔除：%(figures)s", figures=tuple(self.exclusions))
        for one in {one.cycle: one for one in self.ratings if one.cycle < self.cycle}.values():
            yield say(
                "第 %(cycle)s 轮评价：%(solved)s、%(level)s",
                cycle=one.cycle,
                solved=one.solved,
                level=one.level,
            )


@lru_cache(10_000)
def _working_days(calendar: OfficeCalendar, first: date, last: date) -> int:
    return calendar.working_days_after(first, last)
