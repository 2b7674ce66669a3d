"""Set the indicators out as docs/figures.md; ``--check`` compares instead of writing."""

import sys
from collections.abc import Iterator

from pages import ROOT, put, table

sys.path.insert(0, str(ROOT))

from service_desk.domain.actions import Action
from service_desk.domain.figures import INDICATORS, REPORT_INDICATORS, REPORTS, Indicator
from service_desk.xlsx.notes import HOUSE_RULES

INTRODUCTION = """\
# 指标口径

本页由 `make docs` 按 `service_desk/domain/figures/indicators.py` 的 `INDICATORS` 生成，请勿手改。
页面、Excel 报表的“口径说明”和 `flask figures` 读同一张表，所以三处的数一致。

统计期含起始日、不含截止日，按园区时区的日历日；“截至时点”之后发生的一律不算。
"""

HEADINGS = ("指标", "键", "算什么", "分子", "分母", "归期", "说明")
# These figures count an act of the same name; the desk may not know it yet.
COUNTS_AN_ACT = {
    "returned": "ask_return",
    "wrongly_returned": "decide_return",
    "extended": "decide_extension",
    "deferred": "decide_deferral",
}


def rows(indicators: tuple[Indicator, ...]) -> Iterator[tuple[str, ...]]:
    """One line an indicator."""
    for one in indicators:
        yield (
            one.label,
            f"`{one.key}`",
            one.measure.label,
            one.numerator,
            one.denominator or "",
            one.period,
            one.remark,
        )


def not_yet() -> Iterator[str]:
    """The figures whose act the table of actions does not have yet."""
    acts = {action.value for action in Action}
    waiting = [one.label for one in INDICATORS if COUNTS_AN_ACT.get(one.key, "submit") not in acts]
    if waiting:
        yield f"\n{'、'.join(waiting)}已有口径，但操作表里还没有对应的操作，目前为 0 或“—”。"


def lines() -> Iterator[str]:
    """The whole page."""
    yield INTRODUCTION
    yield from table(HEADINGS, rows(INDICATORS))
    yield from not_yet()
    yield "\n## 只在报表里出现的数\n"
    yield from table(HEADINGS, rows(REPORT_INDICATORS))
    yield "\n## 报表\n"
    for report in REPORTS.values():
        tables = "、".join(by.label for by in report.tables)
        columns = "、".join(one.label for one in report.indicators)
        sheets = "、".join(paper.label for paper in (*report.parts, *report.annexes))
        more = f"另有：{sheets}。" if sheets else ""
        yield f"- **{report.title}**（`{report.name}`），按{tables}分行：{columns}。{more}"
    yield "\n## 共同的规则\n"
    yield from (f"- {rule}" for rule in HOUSE_RULES)


if __name__ == "__main__":
    put("figures.md", lines())
