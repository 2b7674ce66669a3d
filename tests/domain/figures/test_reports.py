"""The reports: their workbook gives every figure again from its own rows."""

from collections import Counter
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from service_desk.domain.figures import (
    BY_KEY,
    CLOSURE,
    REPORTS,
    By,
    Figure,
    History,
    Part,
    Period,
    Report,
    Share,
    all_facts,
    change,
    count,
    detail,
    period_before,
    year_before,
)
from service_desk.domain.figures.counting import half_up
from service_desk.domain.worktime import CHINA, OfficeCalendar
from service_desk.xlsx.figures import Imprint, TicketWords, report_book
from service_desk.xlsx.workbook import write_book

AS_OF = datetime(2026, 11, 21, tzinfo=CHINA)
QUARTER = Period(date(2026, 1, 1), date(2026, 4, 1), AS_OF)
EVER = Period(date(2025, 1, 1), date(2026, 11, 21), AS_OF)


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
@pytest.mark.parametrize("by", [None, *By], ids=lambda by: by.value if by else "whole")
def test_the_rows_alone_give_every_figure_again(
    histories: tuple[History, ...], park: OfficeCalendar, report: Report, by: By | None
) -> None:
    facts = all_facts(histories, as_of=AS_OF, calendar=park)
    rows = list(detail(facts, report.indicators, EVER))

    for figure in count(facts, EVER, indicators=report.indicators, by=by):
        mine = [row for row in rows if by is None or getattr(row, by.value) == figure.by]
        added = {part: sum(row.shares.get(Share(figure.key, part), 0) for row in mine) for part in Part}
        if figure.denominator is not None:
            assert added[Part.DENOMINATOR] == figure.denominator
            assert added[Part.EXCLUDED] == figure.excluded
        if figure.numerator is not None:
            assert figure.numerator in (added[Part.NUMERATOR], added[Part.AMOUNT])


def test_a_row_counts_each_thing_once(histories: tuple[History, ...], park: OfficeCalendar) -> None:
    rows = list(detail(all_facts(histories, as_of=AS_OF, calendar=park), tuple(BY_KEY.values()), EVER))
    counts = {value for row in rows for share, value in row.shares.items() if share.part is not Part.AMOUNT}
    assert counts == {0, 1}
    # A ticket that did the same twice in a month has a second row.
    places = Counter((row.ticket, row.month, row.department) for row in rows)
    assert max(places.values()) > 1


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_the_workbook_says_what_was_counted(
    histories: tuple[History, ...], park: OfficeCalendar, report: Report, tmp_path: Path
) -> None:
    facts = all_facts(histories, as_of=AS_OF, calendar=park)
    enterprises = {one.number: (one.enterprises[-1].value,) for one in histories}
    book = report_book(
        report,
        lambda period, by: count(facts, period, indicators=report.indicators, by=by),
        facts,
        QUARTER,
        tickets=TicketWords(("企业",), lambda _numbers: enterprises),
        imprint=Imprint("一窗", "督查员", AS_OF, "第 1 版"),
    )
    write_book(tmp_path / "book.xlsx", book)
    workbook = load_workbook(tmp_path / "book.xlsx")
    heads = [cell.value for cell in workbook["统计"][3]]
    whole = [cell.value for cell in workbook["统计"][6]]
    for figure in count(facts, QUARTER, indicators=report.indicators):
        value = whole[heads.index(BY_KEY[figure.key].label)]
        if figure.value is None:
            assert value == "—"
        else:
            assert value == pytest.approx(figure.value, abs=0.006 if figure.value > 1 else 0.00006)


# Comparisons


@pytest.mark.parametrize(
    ("since", "until", "before", "a_year_ago"),
    [
        pytest.param(
            date(2026, 3, 1), date(2026, 4, 1),
            (date(2026, 2, 1), date(2026, 3, 1)), (date(2025, 3, 1), date(2025, 4, 1)), id="a month",
        ),
        pytest.param(
            date(2026, 1, 1), date(2026, 4, 1),
            (date(2025, 10, 1), date(2026, 1, 1)), (date(2025, 1, 1), date(2025, 4, 1)), id="a quarter",
        ),
        pytest.param(
            date(2026, 3, 9), date(2026, 3, 16),
            (date(2026, 3, 2), date(2026, 3, 9)), (date(2025, 3, 9), date(2025, 3, 16)), id="a week",
        ),
        pytest.param(
            date(2024, 2, 29), date(2024, 3, 1),
            (date(2024, 2, 28), date(2024, 2, 29)), (date(2023, 2, 28), date(2023, 3, 1)), id="a leap day",
        ),
    ],
)  # fmt: skip
def test_earlier_periods(
    since: date, until: date, before: tuple[date, date], a_year_ago: tuple[date, date]
) -> None:
    period = Period(since, until, AS_OF)
    assert (period_before(period).since, period_before(period).until) == before
    assert (year_before(period).since, year_before(period).until) == a_year_ago


def shared(numerator: int, denominator: int) -> Figure:
    value = numerator / denominator if denominator else None
    return Figure(None, "closing", numerator, denominator, 0, value)


def counted(number: int) -> Figure:
    return Figure(None, "submitted", number, None, 0, number)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        pytest.param(shared(3, 4), shared(2, 3), "+8.33个百分点", id="a share up"),
        pytest.param(shared(2, 3), shared(3, 4), "-8.33个百分点", id="a share down"),
        pytest.param(shared(1, 2), shared(2, 4), "持平", id="a share unmoved"),
        pytest.param(shared(1, 2), shared(0, 0), "—", id="nothing to compare with"),
        pytest.param(counted(9), counted(8), "+12.50%", id="a count up"),
        pytest.param(counted(9), counted(0), "—", id="from nothing"),
        pytest.param(counted(9), None, "—", id="no earlier figure"),
    ],
)
def test_changes_are_told_in_points_or_per_cent(now: Figure, before: Figure | None, said: str) -> None:
    assert change(now, before, BY_KEY[now.key]) == said


def test_closure_shows_deferred_beside_closing_due() -> None:
    assert CLOSURE.keys.index("deferred") == CLOSURE.keys.index("closing_due") + 1


def test_halves_go_up() -> None:
    assert half_up(Decimal("0.125")) == Decimal("0.13")
    assert half_up(Decimal("-0.125")) == Decimal("-0.13")
