"""What a row of the ledger tells, read cell by cell: dates, numbers, words, and the remarks the desk itself writes."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import TypeVar

from service_desk.desk.cases import MOST_TAGS
from service_desk.desk.ledger_import.headers import Row
from service_desk.domain import credit_code
from service_desk.domain.actions import LINE_LIMIT, NAME_LIMIT, PHONE_LIMIT, TAG_LIMIT, TEXT_LIMIT
from service_desk.domain.errors import Invalid
from service_desk.domain.figures import DESK
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import (
    ExcludedFigure,
    Level,
    Nature,
    Outcome,
    Solved,
    Source,
    State,
    Urgency,
    Word,
)

W = TypeVar("W", bound=Word)

DATE = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[ T](\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(\.\d+)?)?[分秒]?)?"
)
FIRST_YEAR = 2000
WHOLE = re.compile(r"(\d{1,4})(?:\.0+)?")
PHONE = re.compile(r"\+?[\d\s()-]+")
DIGITS_OF_A_PHONE = range(7, 16)
MASK = re.compile(r"[*＊]")
LIMIT = re.compile(r"(\d{1,4})(?:\+(\d{1,4}))?\s*个?(?:工作日|自然日|工作小时)(?:，不晚于 (\S+))?")
SEPARATORS = re.compile(r"[、,，;；\s]+")
RATED_BEFORE = re.compile(r"第 (\d+) 轮评价：(.+)、(.+)")
EXCLUDED = "已剔除："
MOST_CYCLES = 20
PAUSED = "暂停中"
NEVER_LED = (State.DRAFT, State.SUBMITTED, State.SUPPLEMENTING, State.ACCEPTED, State.REJECTED, State.MERGED)

Given = date | datetime
"""A day, or where the cell has it a moment: aware, in the park's zone."""


@dataclass(frozen=True)
class Told:
    """What a row tells. Instants are aware; a bare date is a day of which no more is known."""

    row: Row
    key: str
    number: str
    source: Source
    above_office: str
    above_number: str
    submitted: Given
    area: str
    enterprise: str
    code: str
    industry: str
    tags: tuple[str, ...]
    contact_name: str
    contact_phone: str
    leader: str
    liaison: str
    officer: str
    category: str
    nature: Nature
    urgency: Urgency
    against: str
    title: str
    text: str
    lead: str
    supports: tuple[str, ...]
    handler: str
    assigned: Given | None
    signed: Given | None
    contacted: Given | None
    limit: int | None
    extended: int
    latest: date | None
    due: Given | None
    paused: bool
    extensions: int
    progress: str
    reply: str
    outcome: Outcome | None
    replied: Given | None
    closed: Given | None
    days: int | None
    late: bool | None
    orders: int
    solved: Solved | None
    level: Level | None
    words: str
    by_phone: bool
    reworks: int
    rated_before: dict[int, tuple[Solved, Level]]
    state: State
    parent: str
    split_from: str
    excluded: tuple[ExcludedFigure, ...]
    remark: str

    @property
    def by_the_desk(self) -> bool:
        """直接答复."""
        return self.lead == DESK

    @property
    def was_dispatched(self) -> bool:
        """Whether a department leads it."""
        return bool(self.lead) and not self.by_the_desk and self.state not in NEVER_LED


class Cells:
    """The cells of one row, and what is wrong with them."""

    def __init__(self, row: Row, tz: tzinfo) -> None:
        self.row, self.tz = row, tz
        self.problems: list[str] = []

    def text(self, title: str, limit: int, *, required: bool = False) -> str:
        """A text within its limit."""
        given = self.row[title]
        if required and not given:
            self.problems.append(say("缺少“%(title)s”", title=title))
        if len(given) > limit:
            sentence = "“%(title)s”最多 %(most)s 字，现为 %(length)s 字"
            self.problems.append(say(sentence, title=title, most=limit, length=len(given)))
        return given

    def unmasked(self, title: str, limit: int) -> str:
        """A name or phone; one that is masked is not known."""
        return "" if MASK.search(self.row[title]) else self.text(title, limit)

    def phone(self) -> str:
        """联系电话."""
        phone = unicodedata.normalize("NFKC", self.unmasked("联系电话", PHONE_LIMIT))
        digits = sum(sign.isdigit() for sign in phone)
        if phone and not (PHONE.fullmatch(phone) and digits in DIGITS_OF_A_PHONE):
            self.problems.append(say("“联系电话”不是电话号码：%(given)s", given=phone))
        return phone

    def word(self, title: str, words: type[W]) -> W | None:
        """One of the desk's words, by its label."""
        given = self.row[title]
        try:
            return words.labelled(given) if given else None
        except ValueError:
            sentence = "“%(title)s”不能是“%(given)s”；可用：%(words)s"
            self.problems.append(say(sentence, title=title, given=given[:40], words=tuple(words)))
            return None

    def names(self, title: str) -> tuple[str, ...]:
        """Several names in a cell."""
        return tuple(name for name in SEPARATORS.split(self.row[title]) if name)

    def number(self, title: str) -> int | None:
        """A whole number."""
        given = unicodedata.normalize("NFKC", self.row[title])
        if not given:
            return None
        found = WHOLE.fullmatch(given)
        if found is None:
            self.problems.append(say("“%(title)s”应是整数，不能是“%(given)s”", title=title, given=given[:40]))
        return int(found[1]) if found else None

    def when(self, title: str) -> Given | None:
        """A day or a moment."""
        given = self.row[title]
        if not given or (title == "应办结日期" and given == PAUSED):
            return None
        try:
            return read_when(given, self.tz)
        except (ValueError, OverflowError):
            sentence = "“%(title)s”不是日期：%(given)s。请写成 2025-03-04 这样，或设成日期格式"
            self.problems.append(say(sentence, title=title, given=given[:40]))
            return None

    def code(self) -> str:
        """统一社会信用代码; empty where there is none."""
        code = credit_code.normalise(self.row["统一社会信用代码"])
        try:
            if code:
                credit_code.check(code)
        except Invalid as refusal:
            self.problems.append(say("%(sentence)s：%(code)s", sentence=refusal.sentence, code=code[:40]))
        return code

    def tags(self) -> tuple[str, ...]:
        """标签: the enterprise's and the matter's own."""
        tags = tuple(dict.fromkeys(self.names("标签")))
        if len(tags) > 2 * MOST_TAGS or any(len(tag) > TAG_LIMIT for tag in tags):
            sentence = "“标签”最多 %(most)s 个，每个最多 %(limit)s 字"
            self.problems.append(say(sentence, most=MOST_TAGS, limit=TAG_LIMIT))
        return tags


def read_when(given: str, tz: tzinfo) -> Given:
    """``2025-03-04``, ``2025/3/4``, ``2025年3月4日``, each with a time or without. Raises ``ValueError``."""
    found = DATE.fullmatch(unicodedata.normalize("NFKC", given).strip())
    if found is None or int(found[1]) < FIRST_YEAR:
        raise ValueError(given)
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    if found[4] is None:
        return date(year, month, day)
    moment = datetime(year, month, day, hour, minute, second, tzinfo=tz)
    # A workbook keeps moments as fractions of a day: a hair below the second is that second.
    return moment + timedelta(seconds=round(float(found[7] or 0)))


def read_row(row: Row, tz: tzinfo) -> Told:
    """What a row tells. Raises ``Invalid`` with all that is wrong with its cells."""
    cells = Cells(row, tz)
    remarks = _Remarks.of(row["备注"], cells)
    limit = LIMIT.match(unicodedata.normalize("NFKC", row["办理时限"]).replace(",", "，"))
    number = cells.text("诉求编号", NAME_LIMIT)
    submitted = cells.when("提出日期")
    if submitted is None and not row["提出日期"]:
        cells.problems.append("缺少“提出日期”")
    if not row["当前状态"]:
        cells.problems.append("缺少“当前状态”")
    state = cells.word("当前状态", State)
    reworks = cells.number("重办次数") or 0
    if reworks > MOST_CYCLES:
        cells.problems.append(say("“重办次数”最多 %(most)s 次", most=MOST_CYCLES))
    told = Told(
        row=row,
        key=number or _key_of(row, submitted),
        number=number,
        source=cells.word("来源渠道", Source) or Source.ENTERPRISE,
        above_office=remarks.office,
        above_number=cells.text("来文号", LINE_LIMIT),
        submitted=submitted or date.max,
        area=row["片区"],
        enterprise=cells.text("企业名称", LINE_LIMIT, required=True),
        code=cells.code(),
        industry=cells.text("行业", NAME_LIMIT),
        tags=cells.tags(),
        contact_name=cells.unmasked("联系人", NAME_LIMIT),
        contact_phone=cells.phone(),
        leader=row["包联领导"],
        liaison=row["帮扶部门"],
        officer=row["服务专员"],
        category=cells.text("诉求类别", NAME_LIMIT, required=True),
        nature=cells.word("诉求性质", Nature) or Nature.HELP,
        urgency=cells.word("紧急程度", Urgency) or Urgency.NORMAL,
        against=remarks.against,
        title=cells.text("标题", LINE_LIMIT, required=True),
        text=cells.text("诉求内容", TEXT_LIMIT, required=True),
        lead=row["主办单位"],
        supports=cells.names("协办单位"),
        handler=cells.text("承办人", NAME_LIMIT),
        assigned=cells.when("交办日期"),
        signed=cells.when("签收日期"),
        contacted=cells.when("首次联系日期"),
        limit=int(limit[1]) if limit else None,
        extended=int(limit[2] or 0) if limit else 0,
        latest=_day(limit[3]) if limit else None,
        due=cells.when("应办结日期"),
        paused=row["应办结日期"] == PAUSED,
        extensions=cells.number("延期次数") or 0,
        progress=cells.text("最新进展", TEXT_LIMIT),
        reply=cells.text("办理结果", TEXT_LIMIT),
        outcome=cells.word("结果类别", Outcome),
        replied=cells.when("答复日期"),
        closed=cells.when("办结日期"),
        days=cells.number("用时（工作日）"),
        late={"是": False, "否": True}.get(row["是否按时"]),
        orders=min(cells.number("督办次数") or 0, MOST_CYCLES),
        solved=cells.word("是否解决", Solved),
        level=cells.word("满意度", Level),
        words=cells.text("评价意见", TEXT_LIMIT),
        by_phone=row["回访情况"] == "电话回访",
        reworks=reworks,
        rated_before=remarks.rated_before,
        state=state or State.DRAFT,
        parent=remarks.parent,
        split_from=remarks.split_from,
        excluded=remarks.excluded,
        remark=remarks.others,
    )
    if len(remarks.office) > LINE_LIMIT:
        cells.problems.append(say("“备注”里的来文单位最多 %(most)s 字", most=LINE_LIMIT))
    if cells.problems:
        raise Invalid("；".join(cells.problems))
    return told


def _day(given: str | None) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        return None


def _key_of(row: Row, submitted: Given | None) -> str:
    """By what a row without a number is known again."""
    day = submitted.date() if isinstance(submitted, datetime) else submitted
    parts = (row["序号"], str(day), credit_code.normalise(row["企业名称"]), row["标题"])
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
    return f"台账-{day}-{row['序号'][:10]}-{digest}"


@dataclass
class _Remarks:
    """备注 as the desk's own ledger writes it; ``others`` is what somebody else wrote there."""

    office: str = ""
    parent: str = ""
    split_from: str = ""
    against: str = ""
    others: str = ""
    excluded: tuple[ExcludedFigure, ...] = ()

    def __post_init__(self) -> None:
        self.rated_before: dict[int, tuple[Solved, Level]] = {}

    @classmethod
    def of(cls, text: str, cells: Cells) -> "_Remarks":
        found = cls()
        for part in text.split("；"):
            if not found._take(part.strip()):
                found.others = f"{found.others}；{part}" if found.others else part
        if len(found.others) > TEXT_LIMIT:
            cells.problems.append(say("“备注”最多 %(most)s 字", most=TEXT_LIMIT))
        return found

    def _take(self, part: str) -> bool:
        for prefix, name in _OWN_REMARKS.items():
            if part.startswith(prefix):
                setattr(self, name, part.removeprefix(prefix).strip())
                return True
        try:
            return self._take_figures(part) or self._take_rating(part) or not part
        except ValueError:
            return False

    def _take_figures(self, part: str) -> bool:
        names = part.removeprefix(EXCLUDED)
        if names == part:
            return False
        self.excluded = tuple(ExcludedFigure.labelled(name) for name in names.split("、"))
        return True

    def _take_rating(self, part: str) -> bool:
        rated = RATED_BEFORE.fullmatch(part)
        if rated is not None:
            self.rated_before[int(rated[1])] = Solved.labelled(rated[2]), Level.labelled(rated[3])
        return rated is not None


_OWN_REMARKS = {
    "来文单位：": "office",
    "并入 ": "parent",
    "拆自 ": "split_from",
    "被投诉单位：": "against",
}
