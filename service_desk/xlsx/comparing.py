"""Tables that set the figures of a period beside those of earlier ones."""

from service_desk.domain.figures import (
    DESK,
    UNASSIGNED,
    By,
    Figure,
    Indicator,
    Measure,
    Period,
    Report,
    change,
    period_before,
    year_before,
)
from service_desk.xlsx.book import Cell, Chart, FigureTable, Heading, Line, Table
from service_desk.xlsx.figures import (
    UNSET,
    Count,
    Figures,
    cells_of,
    figures_of,
    heading_of,
    nothing,
    short_change,
    table_of,
)


def by_line(report: Report, by: By, count: Count, period: Period, *, drawn: bool) -> FigureTable:
    """The figures of a report line by line, with a chart of the first of them or without."""
    table = table_of(report, by, count, period, drawn=(by,) if drawn else ())
    return FigureTable([heading_of(one) for one in report.indicators], table, by.label)


def beside_earlier(report: Report, count: Count, period: Period, now_called: str) -> FigureTable:
    """A line a figure: now, in the period before and a year ago, each with what it was counted from."""
    periods = (period, period_before(period), year_before(period))
    now, before, year_ago = (figures_of(count, one, None) for one in periods)
    lines = []
    for indicator in report.indicators:
        at = (indicator.key, None)
        cells = [*_value(indicator, now.get(at)), Cell(_excluded(indicator, now.get(at)))]
        for earlier in (before, year_ago):
            cells += [
                *_value(indicator, earlier.get(at)),
                Cell(short_change(now.get(at), earlier.get(at), indicator)),
            ]
        lines.append(Line(indicator.label, cells))
    headings = [
        Heading(now_called, ("数值", "分子/分母", "剔除")),
        Heading("上期", ("数值", "分子/分母", "环比")),
        Heading("上年同期", ("数值", "分子/分母", "同比")),
    ]
    return FigureTable(headings, Table("主要指标", lines), "指标")


def beside_before(report: Report, by: By, count: Count, period: Period) -> FigureTable:
    """The figures line by line, each beside that of the period before."""
    now, before = figures_of(count, period, by), figures_of(count, period_before(period), by)
    named = {name or "" for key, name in (*now, *before) if key in report.keys}
    names = sorted(named, key=lambda name: (name in (DESK, UNASSIGNED), name))
    return FigureTable(
        [
            Heading(
                one.label, ("本期", "上期") if one.measure is Measure.COUNT else ("本期", "分子/分母", "上期")
            )
            for one in report.indicators
        ],
        Table(f"按{by.label}（本期与上期）", [_beside(name, report, now, before) for name in names]),
        by.label,
    )


def growth(key: Indicator, by: By, count: Count, period: Period) -> FigureTable:
    """How much more or less of a count there is on each line than in the period before, the most first."""
    now, before = figures_of(count, period, by), figures_of(count, period_before(period), by)
    names = {name for one, name in (*now, *before) if one == key.key}
    rows = [
        (
            name,
            now.get((key.key, name)) or nothing(key, name),
            before.get((key.key, name)) or nothing(key, name),
        )
        for name in names
    ]
    rows.sort(key=lambda row: (-(row[1].numerator or 0), row[0] or ""))
    lines = [
        Line(
            name or UNSET,
            [
                Cell(figure.numerator),
                Cell(was.numerator),
                Cell((figure.numerator or 0) - (was.numerator or 0), "+0;-0;0"),
                Cell(change(figure, was, key)),
            ],
        )
        for name, figure, was in rows
    ]
    headings = [Heading("本期"), Heading("上期"), Heading("增减（件）"), Heading("增幅")]
    return FigureTable(headings, Table(f"{key.label}增减（按{by.label}）", lines), by.label)


def trend(report: Report, count: Count, span: Period) -> FigureTable:
    """Counts month by month, the oldest first; the first of them drawn as a line."""
    found = figures_of(count, span, By.MONTH)
    lines = [
        Line(
            month,
            [
                Cell((found.get((one.key, month)) or nothing(one, month)).numerator)
                for one in report.indicators
            ],
        )
        for month in span.months
    ]
    drawn = Chart(f"{report.indicators[0].label}（按月份）", 0, form="0", in_time=True)
    return FigureTable(
        [Heading(one.label) for one in report.indicators],
        Table(f"近 {len(lines)} 个月", lines, chart=drawn),
        By.MONTH.label,
    )


def _beside(name: str, report: Report, now: Figures, before: Figures) -> Line:
    cells: list[Cell] = []
    for indicator in report.indicators:
        figure, was = now.get((indicator.key, name)), before.get((indicator.key, name))
        value = _value(indicator, figure or nothing(indicator, name))
        cells += value[: 1 if indicator.measure is Measure.COUNT else 2]
        cells += _value(indicator, was or nothing(indicator, name))[:1]
    return Line(name or UNSET, cells)


def _value(indicator: Indicator, figure: Figure | None) -> list[Cell]:
    """A figure, and what it was counted from."""
    if figure is None:
        return [Cell(None), Cell("")]
    return [*cells_of(indicator, figure), Cell("")][:2]


def _excluded(indicator: Indicator, figure: Figure | None) -> int | str:
    return figure.excluded if indicator.less and figure is not None else ""
