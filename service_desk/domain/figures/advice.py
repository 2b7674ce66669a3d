"""下步建议: what the figures suggest, by rules that are printed beside each suggestion. A draft for people to edit."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from service_desk.domain.figures.counting import FEW, Figure, words
from service_desk.domain.figures.facts import DESK, UNASSIGNED
from service_desk.domain.figures.indicators import BY_KEY
from service_desk.domain.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Threshold:
    """A share that a department should reach, and what is suggested to one that does not."""

    key: str
    least: Decimal
    advice: str


THRESHOLDS = (
    Threshold("response", Decimal("0.95"), "建议落实签收后首次联系企业的责任"),
    Threshold("on_time", Decimal("0.90"), "建议约谈承办单位，倒排期限，逐件销号"),
    Threshold("satisfied", Decimal("0.90"), "建议逐件分析不满意原因并回访企业"),
)
RATED_LEAST = Decimal("0.60")
GROWN_BY, GROWN_TIMES = 3, Decimal("1.5")


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is suggested, and the rule that made it."""

    text: Sentence
    rule: Sentence


Lines = Mapping[tuple[str, str | None], Figure]
"""Figures by key and line; the line of the whole is None."""


def below(lines: Lines) -> Iterator[Suggestion]:
    """Departments under a threshold; those with fewer than 5 in the denominator are not judged."""
    for threshold in THRESHOLDS:
        indicator = BY_KEY[threshold.key]
        for (key, by), figure in lines.items():
            judged = key == threshold.key and by not in (None, DESK, UNASSIGNED) and not figure.is_few
            if not judged or not figure.denominator:
                continue
            if Decimal(figure.numerator or 0) / Decimal(figure.denominator) >= threshold.least:
                continue
            yield Suggestion(
                say(
                    "%(department)s%(figure)s为 %(value)s（%(numerator)s/%(denominator)s），%(advice)s。",
                    department=by,
                    figure=indicator.label,
                    value=words(figure, indicator),
                    numerator=figure.numerator,
                    denominator=figure.denominator,
                    advice=say(threshold.advice),
                ),
                say(
                    "%(figure)s低于 %(least)s%%，分母不少于 %(few)s",
                    figure=indicator.label,
                    least=f"{threshold.least * 100:.0f}",
                    few=FEW,
                ),
            )


def growing(now: Iterable[Figure], before: Sequence[Figure]) -> Iterator[Suggestion]:
    """Categories of which clearly more was filed than in the period before, in one suggestion."""
    earlier = {figure.by: figure.numerator or 0 for figure in before}
    grown = [
        (number - was, number, figure.by)
        for figure in now
        for number, was in [(figure.numerator or 0, earlier.get(figure.by, 0))]
        if number - was >= GROWN_BY and number >= was * GROWN_TIMES
    ]
    if grown:
        named = tuple(
            say("%(category)s %(n)s 件（增加 %(more)s 件）", category=category, n=number, more=more)
            for more, number, category in sorted(grown, key=lambda one: (-one[0], one[2] or ""))
        )
        yield Suggestion(
            say("以下类别的诉求增长较快：%(named)s，建议会同主管部门专题研判，查找共性原因。", named=named),
            say(
                "提交数比上期多 %(more)s 件以上，且达到上期的 %(times)s 倍", more=GROWN_BY, times=GROWN_TIMES
            ),
        )


def seldom_rated(rated: Figure | None) -> Iterator[Suggestion]:
    """Closings of which too few were rated."""
    if rated is None or rated.is_few or not rated.denominator or rated.numerator is None:
        return
    if Decimal(rated.numerator) / Decimal(rated.denominator) < RATED_LEAST:
        yield Suggestion(
            say(
                "参评率 %(value)s（%(numerator)s/%(denominator)s），尚有 %(n)s 件办结未评价，建议组织电话回访。",
                value=words(rated, BY_KEY["rated"]),
                numerator=rated.numerator,
                denominator=rated.denominator,
                n=rated.denominator - rated.numerator,
            ),
            say("参评率低于 %(least)s%%，办结不少于 %(few)s 件", least=f"{RATED_LEAST * 100:.0f}", few=FEW),
        )


def unsettled(*, overdue: int, unanswered: int, bad_waiting: int) -> Iterator[Suggestion]:
    """What is late, unanswered, or rated badly and not worked on again."""
    told = (
        (overdue, "截至目前仍有 %(n)s 件诉求超期未办结，建议逐件明确责任人和完成时限。", "在办诉求当前环节已过期限"),
        (unanswered, "有 %(n)s 份督办单尚未回复，建议督促承办单位限期回复。", "督办单已下达、未回复"),
        (bad_waiting, "有 %(n)s 件差评既未重办也未维持办结，建议尽快研究处理。", "差评尚无处理结果"),
    )  # fmt: skip
    for number, text, rule in told:
        if number:
            yield Suggestion(say(text, n=number), say(rule))
