"""Which figures each report shows, line by line, and how they compare with earlier periods."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from service_desk.domain.figures.counting import By, Figure, Period, half_up
from service_desk.domain.figures.indicators import BY_KEY, Indicator, Measure

SAME = "持平"
NOTHING = "—"


@dataclass(frozen=True)
class Report:
    """A report as data: its figures and the tables they fill. ``charted`` is the figure its charts draw."""

    name: str
    title: str
    keys: tuple[str, ...]
    tables: tuple[By, ...]
    charted: str

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """Its figures in the order of their columns."""
        return tuple(BY_KEY[key] for key in self.keys)


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

SATISFACTION = Report(
    name="satisfaction",
    title="企业诉求满意度统计表",
    keys=(
        "closings",
        "rated",
        "satisfied",
        "satisfied_strict",
        "solved",
        "level_very_satisfied",
        "level_satisfied",
        "level_fairly_satisfied",
        "level_dissatisfied",
        "level_very_dissatisfied",
        "bad",
        "bad_reworked",
    ),
    tables=(By.DEPARTMENT, By.MONTH),
    charted="satisfied",
)

REPORTS = {report.name: report for report in (CLOSURE, SATISFACTION, PROCESS)}


# Earlier periods


def year_before(period: Period) -> Period:
    """The same days a year earlier (同比)."""
    return replace(period, since=_months_on(period.since, -12), until=_months_on(period.until, -12))


def period_before(period: Period) -> Period:
    """The period of the same length just before (环比): whole months before whole months, else as many days."""
    months = (period.until.year - period.since.year) * 12 + period.until.month - period.since.month
    if period.is_whole_months:
        return replace(period, since=_months_on(period.since, -months), until=period.since)
    return replace(period, since=period.since - (period.until - period.since), until=period.since)


def with_year_before(period: Period) -> Period:
    """Whole months, and the year before them: all that they are compared with month by month."""
    return replace(period, since=year_before(period).since)


def _months_on(day: date, months: int) -> date:
    """The same day so many months on; the last of the month where it has no such day."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def change(now: Figure | None, before: Figure | None, indicator: Indicator) -> str:
    """How a figure moved: shares in percentage points, all others in per cent of what was; "—" beside nothing."""
    if now is None or before is None or now.value is None or before.value is None:
        return NOTHING
    if indicator.measure is Measure.SHARE:
        return _signed((_exact(now) - _exact(before)) * 100, "个百分点")
    was = _exact(before)
    return _signed((_exact(now) - was) / was * 100, "%") if was else NOTHING


def _exact(figure: Figure) -> Decimal:
    if figure.numerator is None or not figure.denominator:
        return Decimal(str(figure.value))
    return Decimal(figure.numerator) / Decimal(figure.denominator)


def _signed(number: Decimal, unit: str) -> str:
    rounded = half_up(number)
    return f"{rounded:+}{unit}" if rounded else SAME
