"""Setting the figures of a report out as a workbook: tables, their checks, and the rows behind them."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import islice

from service_desk.domain.figures import (
    DESK,
    UNASSIGNED,
    By,
    DetailRow,
    Fact,
    Figure,
    Indicator,
    Measure,
    Part,
    Period,
    Report,
    Share,
    change,
    detail,
    parts_of,
    period_before,
    with_year_before,
    year_before,
)
from service_desk.domain.figures.counting import RANKS
from service_desk.xlsx.book import (
    Added,
    Cell,
    Chart,
    Check,
    Counted,
    Detail,
    Divided,
    Heading,
    Line,
    Ranked,
    ReportBook,
    Sheet,
    Table,
)
from service_desk.xlsx.rows import ListColumn, Look

UNSET = "（未填）"
AT_A_TIME = 1_000
"""Rows of 明细 that are told together."""
FORMS = {Measure.SHARE: "0.00%", Measure.PER_TICKET: "0.00", Measure.MEAN: "0.00"}
DECIMALS = {Measure.SHARE: 4, Measure.PER_TICKET: 2, Measure.MEAN: 2}
AMOUNTS = {Measure.PER_TICKET: "次数"}
EARLIER = (
    "环比、同比取自更早的统计期，其诉求不在“明细”之内；比率的变化以百分点（简写“点”）计，其余以百分比计。"
)

Figures = Mapping[tuple[str, str | None], Figure]
Count = Callable[[Period, By | None], Sequence[Figure]]
"""Counts the report's figures of a period, the whole or by line."""


@dataclass(frozen=True)
class Imprint:
    """Who made the workbook, for whom, from what."""

    organisation: str
    made_by: str
    made_at: datetime
    calendar_version: str
    filters: Mapping[str, str] = field(default_factory=dict)
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class TicketWords:
    """What 明细 says of a ticket beside its number: column titles, and for some numbers the words under them."""

    titles: Sequence[str]
    of: Callable[[Collection[str]], Mapping[str, Sequence[str]]]


def report_book(
    report: Report,
    count: Count,
    facts: Iterable[Fact],
    period: Period,
    *,
    tickets: TicketWords,
    imprint: Imprint,
    parts: Sequence[Sheet] = (),
    annexes: Sequence[Sheet] = (),
) -> ReportBook:
    """The workbook of a report: ``facts`` are the rows of the period, ``count`` is asked for earlier ones, too."""
    return ReportBook(
        title=report.title,
        organisation=imprint.organisation,
        period=f"{period.since} 至 {period.until - timedelta(days=1)}",
        as_of=period.as_of.astimezone(period.tz),
        made_by=imprint.made_by,
        made_at=imprint.made_at.astimezone(period.tz),
        headings=[heading_of(indicator) for indicator in report.indicators],
        tables=list(_tables(report, count, period)),
        detail=_detail(report, facts, period, tickets),
        definitions=[(indicator.label, indicator.definition) for indicator in report.indicators],
        calendar_version=imprint.calendar_version,
        filters=imprint.filters,
        remarks=(EARLIER, *imprint.remarks),
        parts=parts,
        annexes=annexes,
    )


# Columns


def heading_of(indicator: Indicator) -> Heading:
    """What stands over the columns of an indicator."""
    if indicator.measure is Measure.COUNT:
        return Heading(indicator.label)
    if indicator.measure in RANKS:
        return Heading(indicator.label, ("工作日", "件数"))
    first = "率" if indicator.measure is Measure.SHARE else "平均"
    return Heading(indicator.label, (first, "分子/分母", *(("剔除",) if indicator.less else ())))


def _title(indicator: Indicator, part: Part) -> str:
    """The title of a column of 明细."""
    if indicator.measure is Measure.COUNT:
        return indicator.label
    word = AMOUNTS.get(indicator.measure, "工作日") if part is Part.AMOUNT else part.label
    return f"{indicator.label} {word}"


# Tables


def _tables(report: Report, count: Count, period: Period) -> Iterator[Table]:
    yield Table("总体", list(_whole_lines(report, count, period)))
    for by in report.tables:
        yield table_of(report, by, count, period)
    if By.MONTH in report.tables and period.is_whole_months:
        yield from _month_changes(report, count, period)


def figures_of(count: Count, period: Period, by: By | None) -> Figures:
    """The figures of a period by key and line."""
    return {(figure.key, figure.by): figure for figure in count(period, by)}


def _whole_lines(report: Report, count: Count, period: Period) -> Iterator[Line]:
    now = figures_of(count, period, None)
    yield _line("合计", report, now, None)
    for name, earlier in (("环比", period_before(period)), ("同比", year_before(period))):
        yield _change_line(name, report, now, figures_of(count, earlier, None), (None, None))


def table_of(
    report: Report,
    by: By,
    count: Count,
    period: Period,
    *,
    drawn: Collection[By] = (By.DEPARTMENT, By.MONTH),
) -> Table:
    """The report's figures line by line; tables by a line that is in ``drawn`` have a chart."""
    found = figures_of(count, period, by)
    named = {name or "" for key, name in found if key in report.keys}
    names = sorted(named, key=lambda name: (name in (DESK, UNASSIGNED), name))
    charted = next(one for one in report.indicators if one.key == report.charted)
    return Table(
        title=f"按{by.label}",
        lines=[_line(name or UNSET, report, found, name, by) for name in names],
        line_column=by.label,
        chart=Chart(
            title=f"{charted.label}（按{by.label}）",
            column=_first_column(report, charted),
            form="0%" if charted.measure is Measure.SHARE else "0",
            in_time=by is By.MONTH,
        )
        if by in drawn
        else None,
    )


def _first_column(report: Report, wanted: Indicator) -> int:
    before = report.indicators[: report.indicators.index(wanted)]
    return sum(len(heading_of(indicator).columns) for indicator in before)


def _month_changes(report: Report, count: Count, period: Period) -> Iterator[Table]:
    reach = with_year_before(period)
    figures = figures_of(count, reach, By.MONTH)
    months = reach.months
    for title, back in (("按月份环比", 1), ("按月份同比", 12)):
        pairs = [(month, months[months.index(month) - back]) for month in period.months]
        yield Table(title, [_change_line(pair[0], report, figures, figures, pair) for pair in pairs])


def _line(name: str, report: Report, figures: Figures, by: str | None, table: By | None = None) -> Line:
    cells: list[Cell] = []
    checks: list[Check] = []
    for indicator in report.indicators:
        if table is By.MONTH and not indicator.has_period:
            cells += [Cell("")] * len(heading_of(indicator).columns)
            continue
        figure = figures.get((indicator.key, by)) or nothing(indicator, by)
        cells += cells_of(indicator, figure)
        checks += _checks(indicator, figure)
    match = None if by is None else int(by.replace("-", "")) if table is By.MONTH else name
    return Line(name, cells, checks, match)


def nothing(indicator: Indicator, by: str | None) -> Figure:
    """What stands where a line has nothing to count."""
    counts = indicator.measure is Measure.COUNT
    return Figure(by, indicator.key, 0, None if counts else 0, 0, 0 if counts else None)


def cells_of(indicator: Indicator, figure: Figure) -> list[Cell]:
    """The cells that say a figure, one for each column of its heading."""
    value = Cell(printed_value(indicator, figure), FORMS.get(indicator.measure, "0"), is_grey=figure.is_few)
    if indicator.measure is Measure.COUNT:
        return [value]
    if indicator.measure in RANKS:
        return [value, Cell(figure.denominator, is_grey=figure.is_few)]
    parts = Cell(f"{figure.numerator}/{figure.denominator}", is_grey=figure.is_few)
    return [value, parts, *([Cell(figure.excluded, is_grey=figure.is_few)] if indicator.less else [])]


def printed_value(indicator: Indicator, figure: Figure) -> float | None:
    """The value with the decimals it is printed with, half up."""
    decimals = DECIMALS.get(indicator.measure)
    if decimals is None or figure.value is None or not figure.denominator:
        return figure.value
    exact = Decimal(figure.numerator or 0) / Decimal(figure.denominator)
    return float(exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def _checks(indicator: Indicator, figure: Figure) -> Iterator[Check]:
    label = indicator.label
    counted = {part: Counted(_title(indicator, part)) for part in parts_of(indicator)}
    if indicator.measure is Measure.COUNT:
        yield Check(label, "件数", figure.numerator, counted[Part.NUMERATOR])
        return
    bottom = counted[Part.DENOMINATOR]
    yield Check(label, "分母", figure.denominator, bottom)
    if indicator.measure in RANKS:
        share = RANKS[indicator.measure]
        yield Check(label, "工作日", figure.value, Ranked(_title(indicator, Part.AMOUNT), bottom, share))
        return
    amounts = indicator.measure.adds_amounts
    top = Added(_title(indicator, Part.AMOUNT)) if amounts else counted[Part.NUMERATOR]
    yield Check(label, "分子", figure.numerator, top)
    if indicator.less:
        yield Check(label, "剔除", figure.excluded, counted[Part.EXCLUDED])
    ratio = Divided(top, bottom, DECIMALS[indicator.measure])
    yield Check(
        label, "率" if indicator.measure is Measure.SHARE else "平均", printed_value(indicator, figure), ratio
    )


def _change_line(
    name: str, report: Report, now: Figures, before: Figures, pair: tuple[str | None, str | None]
) -> Line:
    """How each figure moved from one line to another; only the first column of each says something."""
    cells: list[Cell] = []
    for indicator in report.indicators:
        said = ""
        if indicator.has_period:
            said = short_change(
                now.get((indicator.key, pair[0])), before.get((indicator.key, pair[1])), indicator
            )
        cells += [Cell(said), *[Cell("")] * (len(heading_of(indicator).columns) - 1)]
    return Line(name, cells)


def short_change(now: Figure | None, before: Figure | None, indicator: Indicator) -> str:
    """How a figure moved, as a narrow column says it; the notes say what 点 stands for."""
    return change(now, before, indicator).replace("个百分点", "点")


# Rows


def _detail(report: Report, facts: Iterable[Fact], period: Period, tickets: TicketWords) -> Detail:
    shares = [
        (Share(indicator.key, part), _title(indicator, part))
        for indicator in report.indicators
        for part in parts_of(indicator)
    ]
    columns = [
        ListColumn("诉求编号", 18, Look.LONG),
        *(ListColumn(title, 20, Look.LONG) for title in tickets.titles),
        ListColumn(By.DEPARTMENT.label, 18, Look.LONG),
        ListColumn(By.CATEGORY.label, 12, Look.LONG),
        ListColumn(By.AREA.label, 16, Look.LONG),
        ListColumn(By.SOURCE.label, 12, Look.LONG),
        ListColumn(By.MONTH.label, 10, Look.MONTH),
        ListColumn("计数事项", 30, Look.LONG),
        *(ListColumn(title, 9, Look.NUMBER) for _, title in shares),
    ]
    rows = detail(facts, report.indicators, period)
    return Detail(columns, _rows(rows, tickets, [share for share, _ in shares]))


def _rows(
    rows: Iterator[DetailRow], tickets: TicketWords, shares: Sequence[Share]
) -> Iterator[list[str | int | None]]:
    """Some at a time, so that the words of their tickets are asked for together."""
    while some := list(islice(rows, AT_A_TIME)):
        words = tickets.of({row.ticket for row in some})
        for row in some:
            yield _row(row, words.get(row.ticket, [""] * len(tickets.titles)), shares)


def _row(row: DetailRow, words: Sequence[str], shares: Sequence[Share]) -> list[str | int | None]:
    places = (row.department, row.category, row.area, row.source)
    return [
        row.ticket,
        *words,
        *(place or UNSET for place in places),
        int(row.month.replace("-", "")) if row.month else None,
        "、".join(row.moments),
        *(row.shares.get(share) for share in shares),
    ]
