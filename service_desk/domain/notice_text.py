"""The State Council's yearly notice on holidays, read as it is worded, and checked against itself.

国务院办公厅关于…年部分节假日安排的通知 has been written in one manner for twenty years: “三、清明节：4月4日（周五）至
6日（周日）放假，共3天。” A sentence that names a day is either understood to its last word or refused.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from service_desk.domain.calendar_change import DayMark
from service_desk.domain.dates import WEEKDAYS
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import Sentence, say

HOLIDAYS = ("元旦", "春节", "清明节", "劳动节", "端午节", "中秋节", "国庆节")
DECEMBER = 12
SATURDAY = 5
LONGEST_SPAN = 31

SIGNS = str.maketrans("０１２３４５６７８９:(),;〜~～—–−", "0123456789：（），；------")
NUMERAL = r"(?:[一二三四五六七八九十]+、|\d{1,2}[.、])"
NAME = "(?:" + "|".join((*HOLIDAYS, "[一-鿿0-9]{2,20}?纪念日")) + ")"
HEADING = re.compile(NUMERAL + "?(" + NAME + "(?:[、和]" + NAME + ")*)：")
YEAR = re.compile(r"(?:关于|调整|现将)(\d{4})年")
ALONE = re.compile(rf"^{NUMERAL}")
DAY = r"(?:\d{4}年)?(?:\d{1,2}月)?\d{1,2}日(?:（[^（）]*）)?"
SPAN = DAY + "(?:[至到-]+" + DAY + ")?"
CLAUSE = re.compile("(" + SPAN + "(?:[、和及]" + SPAN + ")*)(放假调休|放假|补休|上班)")
PART = re.compile(r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:（([^（）]*)）)?")
TOTAL = re.compile(r"共?计?(\d{1,3})天")
WORDS_AROUND = re.compile(r"与周[末六日]连休|不调休|[，；、。]")
SAYS_A_DAY = re.compile(r"\d{1,2}月\d{1,2}日")
NO_ORDER = re.compile(r"鼓励|(?:国务院办公厅)?\d{4}年\d{1,2}月\d{1,2}日(?!.*(?:放假|上班|补休))|.*新华社")
BRACKETED = re.compile(r"(?:周|星期)([一二三四五六日天])")


class Contradictory(Invalid):
    """The text contradicts itself or the calendar on the wall; ``problems`` are all the reasons."""

    def __init__(self, problems: tuple[Sentence, ...]) -> None:
        super().__init__(problems[0])
        self.problems = problems


@dataclass(frozen=True)
class Notice:
    """What a notice says: of which year, and which days are worked or not."""

    year: int
    marks: dict[date, DayMark]


def read_notice(text: str, *, year: int | None = None, whole: bool = True) -> Notice:
    """What the notice says of the year it names (else ``year``).

    ``whole``: it settles the year, so that every holiday must stand in it; else it only alters some days. Raises
    ``Contradictory`` with one sentence for each passage that cannot be taken.
    """
    plain = re.sub(r"\s+", "", text).translate(SIGNS)
    named = YEAR.search(plain)
    of_year = int(named[1]) if named else year
    if of_year is None:
        raise Contradictory((say("没有找到年份，请写明是哪一年的安排。"),))
    reading = _Reading(of_year)
    if year is not None and year != of_year:
        reading.doubt(say("通知写的是 %(named)s 年，选的是 %(year)s 年。", named=of_year, year=year))
    found: set[str] = set()
    for name, body in _sections(plain):
        found |= {each for each in HOLIDAYS if each in name}
        for sentence in filter(None, re.split("[。；]", body)):
            reading.take(name, ALONE.sub("", sentence))
    missing = tuple(each for each in HOLIDAYS if each not in found)
    if whole and missing:
        reading.doubt(say("没有找到%(missing)s的安排。", missing=missing))
    elif not reading.marks and not reading.problems:
        reading.doubt(say("没有找到放假或上班的日期，请粘贴通知全文。"))
    if reading.problems:
        raise Contradictory(tuple(reading.problems))
    return Notice(of_year, reading.marks)


def _sections(plain: str) -> Iterator[tuple[str, str]]:
    """Each holiday, or holidays, with what is said of it; a text without headings is about the one it names."""
    heads = list(HEADING.finditer(plain))
    if not heads:
        name = next((each for each in HOLIDAYS if each in plain), "")
        if name:
            yield name, plain.partition("如下")[2] or plain
        return
    ends = [head.start() for head in heads[1:]] + [len(plain)]
    for head, end in zip(heads, ends, strict=True):
        yield head[1].replace("和", "、"), plain[head.end() : end]


@dataclass
class _Reading:
    """What has been understood of a notice so far, and what is wrong with it."""

    year: int
    marks: dict[date, DayMark] = field(default_factory=dict)
    problems: list[Sentence] = field(default_factory=list)

    def doubt(self, problem: Sentence) -> None:
        """Note a reason not to take the notice."""
        if problem not in self.problems:
            self.problems.append(problem)

    def take(self, name: str, sentence: str) -> None:
        """Understand one sentence about a holiday."""
        if not SAYS_A_DAY.search(sentence) or NO_ORDER.match(sentence):
            return
        rest, clauses = 0, list(CLAUSE.finditer(sentence))
        left = WORDS_AROUND.sub("", TOTAL.sub("", CLAUSE.sub("", sentence)))
        if not clauses or left:
            self.doubt(say("没有看懂这一句：“%(passage)s”。", passage=sentence))
            return
        for clause in clauses:
            days = self._days(clause[1], sentence)
            works = clause[2] == "上班"
            rest += 0 if works else len(days)
            for day in days:
                self._mark(day, DayMark(works, name), sentence)
        total = TOTAL.search(CLAUSE.sub("", sentence))
        if total and rest and int(total[1]) != rest:
            self.doubt(
                say(
                    "“%(passage)s”：写的是共 %(said)s 天，日期是 %(counted)s 天。",
                    passage=sentence,
                    said=total[1],
                    counted=rest,
                )
            )

    def _mark(self, day: date, mark: DayMark, passage: str) -> None:
        shown = f"{day:%Y-%m-%d}"
        former = self.marks.get(day)
        if former is not None:
            self.doubt(
                say(
                    "“%(passage)s”：%(day)s 前面已经写作%(name)s%(what)s。",
                    passage=passage,
                    day=shown,
                    name=former.name,
                    what=say("上班") if former.is_work else say("放假"),
                )
            )
        if mark.is_work and day.weekday() < SATURDAY:
            self.doubt(
                say(
                    "“%(passage)s”：%(day)s 是%(weekday)s，本来就上班，不是补班。",
                    passage=passage,
                    day=shown,
                    weekday=WEEKDAYS[day.weekday()],
                )
            )
        if day.year != self.year and (day.year, day.month) != (self.year - 1, DECEMBER):
            self.doubt(
                say("“%(passage)s”：%(day)s 不在 %(year)s 年。", passage=passage, day=shown, year=self.year)
            )
        self.marks[day] = mark

    # -- days ---------------------------------------------------------------------------------

    def _days(self, spans: str, passage: str) -> list[date]:
        """All days of a list such as “1月28日（星期六）、29日至31日”."""
        found: list[date] = []
        month: int | None = None
        for span in re.finditer(SPAN, spans):
            parts = [_Part.of(part) for part in PART.finditer(span[0])]
            for part in parts:
                part.month = month = part.month or month
            found += self._span(parts, passage)
        return found

    def _span(self, parts: list["_Part"], passage: str) -> list[date]:
        """The days from the first part to the last; a span over New Year begins in the year before."""
        first, last = parts[0], parts[-1]
        turns = (first.month or 0, first.day) > (last.month or 0, last.day)
        last.year = last.year or (first.year + turns if first.year else self.year)
        first.year = first.year or (last.year - turns)
        days = [self._day(part, passage) for part in (first, last)]
        start, end = days
        if start is None or end is None:
            return []
        if not timedelta() <= end - start < timedelta(days=LONGEST_SPAN):
            self.doubt(say("“%(passage)s”：起止日期不对。", passage=passage))
            return []
        return [start + timedelta(days=number) for number in range((end - start).days + 1)]

    def _day(self, part: "_Part", passage: str) -> date | None:
        try:
            day = date(part.year or self.year, part.month or 0, part.day)
        except ValueError:
            self.doubt(say("“%(passage)s”：没有“%(day)s”这一天。", passage=passage, day=part.written))
            return None
        said = BRACKETED.search(part.bracket)
        if said and "一二三四五六日".index(said[1].replace("天", "日")) != day.weekday():
            self.doubt(
                say(
                    "“%(passage)s”：写的是%(said)s，%(day)s 是%(weekday)s。",
                    passage=passage,
                    said=said[0],
                    day=f"{day:%Y-%m-%d}",
                    weekday=WEEKDAYS[day.weekday()],
                )
            )
        return day


@dataclass
class _Part:
    """One day as it is written; year and month may be left out."""

    year: int | None
    month: int | None
    day: int
    bracket: str
    written: str

    @classmethod
    def of(cls, found: re.Match[str]) -> "_Part":
        year, month, day, bracket = found.groups()
        return cls(
            int(year) if year else None, int(month) if month else None, int(day), bracket or "", found[0]
        )
