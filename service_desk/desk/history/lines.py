"""The lines of a history: read, each by itself and then beside the others of its ticket, before anything is done."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from itertools import pairwise
from typing import Any

from service_desk.desk.history.fields import EVENTS, line_of, read_field
from service_desk.domain.actions import NAME_LIMIT, Action, Field, FieldKind
from service_desk.domain.errors import Invalid
from service_desk.domain.notation import parse_instant
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import house

SYSTEM = ("system", "scheduler")
"""How the clockwork of the other system is called."""
OF_EVERY_LINE = ("ticket", "seq", "event", "at", "by")
LARGEST_SEQ = 2**31 - 1
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""Nobody's figures go further back."""

TICKET = Field("ticket", FieldKind.LINE, "诉求编号", limit=NAME_LIMIT)
EVENT = Field("event", FieldKind.LINE, "动作")
AT = Field("at", FieldKind.LINE, "时间")
ROLE = Field("by.role", FieldKind.LINE, "身份")
NAME = Field("by.name", FieldKind.LINE, "姓名", required=False, limit=NAME_LIMIT)


@dataclass(frozen=True)
class Refusal:
    """A line that was not taken, and why; without a ticket where the line does not tell it."""

    line: int
    ticket: str | None
    seq: int | None
    reason: str


class LineRefused(Exception):
    """A line cannot be taken: its whole ticket is refused."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.reason)
        self.refusal = refusal


@dataclass(frozen=True)
class Line:
    """One event of another system. ``fields`` are read, ``others`` are what the event is not asked for.

    ``role`` is None where nobody is named, and where the other system did it by itself (``by_system``).
    """

    number: int
    ticket: str
    seq: int
    action: Action
    at: datetime
    role: Role | None
    by_system: bool
    name: str
    fields: Mapping[str, Any]
    others: Mapping[str, Any]
    digest: str

    def refused(self, reason: str) -> LineRefused:
        """The refusal of this line."""
        return LineRefused(Refusal(self.number, self.ticket, self.seq, reason))


def read_line(number: int, text: str, *, now: datetime) -> Line:
    """One line of the file. Raises ``LineRefused``; nothing can be later than ``now``."""
    ticket: str | None = None
    seq: int | None = None
    try:
        given = _parse(text)
        ticket = read_field(TICKET, given.get("ticket"))
        seq = _seq(given.get("seq"))
        action = _action(given)
        at = _moment(given.get("at"), now)
        role, by_system, name = _who(given.get("by"))
        fields = {
            field.name: value
            for field in EVENTS[action]
            if (value := read_field(field, given.get(field.name))) is not None
        }
    except Invalid as refusal:
        reason = say("第 %(number)s 行：%(sentence)s", number=number, sentence=refusal.sentence)
        raise LineRefused(Refusal(number, ticket, seq, reason)) from None
    known = {*OF_EVERY_LINE, *(field.name for field in EVENTS[action])}
    return Line(
        number=number,
        ticket=ticket,
        seq=seq,
        action=action,
        at=at,
        role=role,
        by_system=by_system,
        name=name,
        fields=fields,
        others={name: value for name, value in given.items() if name not in known},
        digest=_digest(given),
    )


def _parse(text: str) -> Mapping[str, Any]:
    def no_number(sign: str) -> None:
        raise ValueError(sign)

    try:
        given = json.loads(text, parse_constant=no_number)
        # Half of a pair of surrogates, and the sign 0, can be kept in no database.
        storable = "\\u0000" not in text and bool(json.dumps(given, ensure_ascii=False).encode())
    except (ValueError, RecursionError):
        raise Invalid("不是 JSON") from None
    if not isinstance(given, dict):
        raise Invalid("应是一个 JSON 对象")
    if not storable:
        raise Invalid("含有不能保存的字符 \\u0000")
    return given


def _digest(given: Mapping[str, Any]) -> str:
    """What a line says, however its fields are ordered and spaced."""
    return hashlib.sha256(json.dumps(given, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _seq(given: object) -> int:
    if given is None:
        raise Invalid("缺少 seq（序号）")
    if isinstance(given, bool) or not isinstance(given, int) or abs(given) > LARGEST_SEQ:
        raise Invalid(say("seq（序号）应是整数，不能是 %(given)s", given=str(given)[:40]))
    return given


def _action(given: Mapping[str, Any]) -> Action:
    name = read_field(EVENT, given.get("event"))
    if name not in {action.value for action in EVENTS}:
        names = ", ".join(action.value for action in Action if action in EVENTS)
        raise Invalid(say("没有‘%(name)s’这个动作；可用：%(names)s", name=name, names=names))
    return Action(name)


def _moment(given: object, now: datetime) -> datetime:
    moment = parse_instant(read_field(AT, given))
    try:
        utc = moment.astimezone(UTC)
    except OverflowError:
        utc = EARLIEST.replace(year=1)
    if utc < EARLIEST:
        raise Invalid(say("at（时间）%(at)s 早于 2000 年", at=given))
    if utc > now:
        raise Invalid(
            say(
                "at（时间）%(at)s 晚于现在（%(now)s）",
                at=given,
                now=f"{now.astimezone(house().timezone):%Y-%m-%d %H:%M}",
            )
        )
    return utc


def _who(given: object) -> tuple[Role | None, bool, str]:
    """The role, whether it was the system by itself, and the name."""
    if given is None:
        return None, False, ""
    if not isinstance(given, Mapping):
        raise Invalid("by 应是 {role, name}")
    role = read_field(ROLE, given.get("role"))
    name = read_field(NAME, given.get("name")) or ""
    if role in SYSTEM:
        return None, True, ""
    if role not in {each.value for each in Role}:
        roles = ", ".join((*(each.value for each in Role), SYSTEM[0]))
        raise Invalid(say("by.role（身份）不能是“%(role)s”；可用：%(roles)s", role=role, roles=roles))
    return Role(role), False, line_of(NAME, name)


# Beside the other lines of the ticket


@dataclass(frozen=True)
class KnownLine:
    """A line that was imported before."""

    seq: int
    at: datetime
    digest: str


def new_lines(lines: Iterable[Line], known: Sequence[KnownLine], *, tz: tzinfo) -> list[Line]:
    """The lines of one ticket that are not here yet, by ``seq``. Raises ``LineRefused`` for a bad one."""
    here = {line.seq: line for line in known}
    fresh = sorted(_not_here(lines, here), key=lambda line: (line.seq, line.number))
    last = max(known, key=lambda line: line.seq, default=None)
    for line in fresh:
        if last is not None and line.seq < last.seq:
            raise line.refused(
                say("seq %(seq)s 小于已导入的 seq %(last)s，只能接着往后导入", seq=line.seq, last=last.seq)
            )
    lines_in_order: list[Line | KnownLine] = [*([last] if last else []), *fresh]
    for one, other in pairwise(lines_in_order):
        _check_order(one, other, tz)
    return fresh


def _not_here(lines: Iterable[Line], here: Mapping[int, KnownLine]) -> Iterator[Line]:
    for line in lines:
        before = here.get(line.seq)
        if before is None:
            yield line
        elif before.digest != line.digest:
            raise line.refused(say("seq %(seq)s 已导入，内容不同", seq=line.seq))


def _check_order(one: Line | KnownLine, other: Line | KnownLine, tz: tzinfo) -> None:
    if not isinstance(other, Line):
        return
    if isinstance(one, Line) and one.seq == other.seq:
        raise other.refused(
            say(
                "seq %(seq)s 出现两次（第 %(one)s 行和第 %(other)s 行）",
                seq=other.seq,
                one=one.number,
                other=other.number,
            )
        )
    if other.at < one.at:
        earlier, later = (each.at.astimezone(tz) for each in (other, one))
        form = "%H:%M:%S" if earlier.date() == later.date() else "%Y-%m-%d %H:%M:%S"
        raise other.refused(
            say(
                "seq %(seq)s 的时间早于 seq %(before)s（%(earlier)s < %(later)s）",
                seq=other.seq,
                before=one.seq,
                earlier=f"{earlier:{form}}",
                later=f"{later:{form}}",
            )
        )
