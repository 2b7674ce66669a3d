"""Which figures each report shows, line by line, its other sheets, and how it compares with earlier periods."""

from dataclasses import dataclass, replace
from decimal import Decimal

from service_desk.domain.figures.counting import By, Figure, Period, exact, half_up
from service_desk.domain.figures.indicators import BY_KEY, Indicator, Measure
from service_desk.domain.figures.marks import Mark
from service_desk.domain.months import months_on
from service_desk.domain.vocabulary import Word

SAME = "持平"
NOTHING = "—"


class Paper(Word):
    """A sheet that a report has beside its figures: one of its parts, or an annex."""

    OVERALL = "overall", "总体情况"
    CATEGORIES = "categories", "分类分析"
    DEPARTMENTS = "departments", "部门办理"
    OVERDUE_AND_ORDERS = "overdue_and_orders", "超期与督办"
    RATINGS = "ratings", "满意度与差评整改"
    HOT_TOPICS = "hot_topics", "热点与共性问题"
    LIAISON = "liaison", "走访与包联"
    CASES = "cases", "典型案例"
    NEXT_STEPS = "next_steps", "下步建议"
    OPEN = "open", "未办结清单"
    BAD_RATINGS = "bad_ratings", "差评整改"
    EXCLUSIONS = "exclusions", "剔除明细"
    WEEK = "week", "本周概况"
    MEETING = "meeting", "提请会议研究"
    OVERDUE = "overdue", "当前超期"
    DUE_SOON = "due_soon", "一周内到期"
    CARDS = "cards", "黄牌红牌"
    ORDERS = "orders", "督办未复"
    DEFERRED = "deferred", "挂账"
    RETURNED = "returned", "多次退单"
    REWORK = "rework", "差评重办"


TELLS_RATINGS = (
    Mark.SETTLED_WELL | Mark.RATED | Mark.RATED_SOLVED | Mark.SATISFIED | Mark.STRICTLY_SATISFIED | Mark.BAD
    | Mark.VERY_SATISFIED | Mark.PLAINLY_SATISFIED | Mark.FAIRLY_SATISFIED | Mark.DISSATISFIED
    | Mark.VERY_DISSATISFIED
)  # fmt: skip


@dataclass(frozen=True)
class Report:
    """A report as data: its figures and the tables they fill. ``charted`` is the figure its charts draw.

    ``parts`` are sheets that stand before the figures, ``annexes`` such that stand behind them.
    """

    name: str
    title: str
    keys: tuple[str, ...]
    tables: tuple[By, ...]
    charted: str
    parts: tuple[Paper, ...] = ()
    annexes: tuple[Paper, ...] = ()

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """Its figures in the order of their columns."""
        return tuple(BY_KEY[key] for key in self.keys)

    def only(self, *keys: str) -> "Report":
        """The same with those of the figures that it has; the first of them is charted."""
        kept = tuple(key for key in keys if key in self.keys)
        return replace(self, keys=kept, charted=kept[0]) if kept else self

    @property
    def without_ratings(self) -> "Report":
        """The same without the figures whose rows tell how a single matter was rated."""
        silent = [one.key for one in self.indicators if not (one.counts | one.of) & TELLS_RATINGS]
        kept = self.only(*silent)
        return replace(kept, charted=self.charted) if self.charted in kept.keys else kept


CLOSURE = Report(
    name="closure",
    title="企业诉求办结统计表",
    keys=(
        "submitted",
        "accepted",
        "closing",
        "closing_due",
        "deferred",
        "on_time",
        "on_time_original",
        "kept_promise",
        "reworked",
        "duration_mean",
    ),
    tables=(By.DEPARTMENT, By.CATEGORY, By.AREA, By.SOURCE, By.MONTH),
    charted="on_time",
)

PROCESS = Report(
    name="process",
    title="企业诉求办理过程统计表",
    keys=(
        "accept_in_time",
        "sign_in_time",
        "response",
        "opinion_in_time",
        "moves",
        "sent_back",
        "extended",
        "duration_median",
        "duration_p90",
    ),
    tables=(By.DEPARTMENT, By.MONTH),
    charted="response",
)

LEVEL_KEYS = (
    "level_very_satisfied",
    "level_satisfied",
    "level_fairly_satisfied",
    "level_dissatisfied",
    "level_very_dissatisfied",
)

SATISFACTION = Report(
    name="satisfaction",
    title="企业诉求满意度统计表",
    keys=(
        "closings",
        "rated",
        "satisfied",
        "satisfied_strict",
        "solved",
        *LEVEL_KEYS,
        "bad",
        "bad_reworked",
    ),
    tables=(By.DEPARTMENT, By.MONTH),
    charted="satisfied",
    annexes=(Paper.BAD_RATINGS,),
)

MONTHLY = Report(
    name="monthly",
    title="企业诉求办理月报",
    keys=(
        "submitted",
        "accepted",
        "closings",
        "closing",
        "response",
        "on_time",
        "on_time_original",
        "extended",
        "reworked",
        "duration_mean",
        "rated",
        "solved",
        "satisfied",
        "bad",
        "bad_reworked",
        *LEVEL_KEYS,
    ),
    tables=(By.DEPARTMENT, By.CATEGORY, By.AREA, By.SOURCE),
    charted="on_time",
    parts=(
        Paper.OVERALL,
        Paper.CATEGORIES,
        Paper.DEPARTMENTS,
        Paper.OVERDUE_AND_ORDERS,
        Paper.RATINGS,
        Paper.HOT_TOPICS,
        Paper.LIAISON,
        Paper.CASES,
        Paper.NEXT_STEPS,
    ),
    annexes=(Paper.OPEN, Paper.BAD_RATINGS, Paper.EXCLUSIONS),
)

WEEKLY = Report(
    name="weekly",
    title="企业诉求周调度",
    keys=(
        "submitted",
        "accepted",
        "closings",
        "sign_in_time",
        "response",
        "on_time",
        "returned",
        "rated",
        "satisfied",
        "bad",
    ),
    tables=(By.DEPARTMENT, By.CATEGORY),
    charted="on_time",
    parts=(
        Paper.WEEK,
        Paper.MEETING,
        Paper.OVERDUE,
        Paper.DUE_SOON,
        Paper.CARDS,
        Paper.ORDERS,
        Paper.DEFERRED,
        Paper.RETURNED,
        Paper.REWORK,
    ),
    annexes=(Paper.OPEN,),
)

REPORTS = {report.name: report for report in (CLOSURE, SATISFACTION, PROCESS, MONTHLY, WEEKLY)}


# Earlier periods


def year_before(period: Period) -> Period:
    """The same days a year earlier (同比)."""
    return replace(period, since=months_on(period.since, -12), until=months_on(period.until, -12))


def period_before(period: Period) -> Period:
    """The period of the same length just before (环比): whole months before whole months, else as many days."""
    months = (period.until.year - period.since.year) * 12 + period.until.month - period.since.month
    if period.is_whole_months:
        return replace(period, since=months_on(period.since, -months), until=period.since)
    return replace(period, since=period.since - (period.until - period.since), until=period.since)


def with_year_before(period: Period) -> Period:
    """Whole months, and the year before them: all that they are compared with month by month."""
    return replace(period, since=year_before(period).since)


POINTS = "个百分点"
"""The unit of a share that moved."""


def change(now: Figure | None, before: Figure | None, indicator: Indicator) -> str:
    """How a figure moved: shares in percentage points, all others in per cent of what was; "—" beside nothing."""
    if now is None or before is None or now.value is None or before.value is None:
        return NOTHING
    if indicator.measure is Measure.SHARE:
        return _signed((exact(now) - exact(before)) * 100, POINTS)
    was = exact(before)
    return _signed((exact(now) - was) / was * 100, "%") if was else NOTHING


def _signed(number: Decimal, unit: str) -> str:
    rounded = half_up(number)
    return f"{rounded:+}{unit}" if rounded else SAME
