"""The figures of another system's three hundred tickets come out to the last row."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from service_desk.domain.figures import BY_KEY, By, Figure, History, Period, all_facts, count, members
from service_desk.domain.figures.story import tell
from service_desk.domain.worktime import OfficeCalendar

FOLDER = Path(__file__).parents[2] / "data" / "history"


def expected(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / name).read_text(encoding="utf-8"))
    return found


def period_of(sample: Mapping[str, Any]) -> Period:
    as_of = datetime.fromisoformat(sample["as_of"])
    return Period(date.fromisoformat(sample["from"]), date.fromisoformat(sample["to"]), as_of)


def row(figure: Figure) -> dict[str, object]:
    return {
        "by": figure.by,
        "key": figure.key,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "excluded": figure.excluded,
        "value": figure.value,
    }


@pytest.mark.parametrize(
    ("name", "by"),
    [
        pytest.param("expected_figures.json", None, id="now, the whole"),
        pytest.param("expected_figures.json", By.MONTH, id="now, by month"),
        pytest.param("expected_figures.json", By.DEPARTMENT, id="now, by department"),
        pytest.param("expected_figures.json", By.CATEGORY, id="now, by category"),
        pytest.param("expected_figures_asof.json", None, id="as of March, the whole"),
        pytest.param("expected_figures_asof.json", By.DEPARTMENT, id="as of March, by department"),
    ],
)
def test_every_figure_of_the_sample_is_as_expected(
    histories: tuple[History, ...], park: OfficeCalendar, name: str, by: By | None
) -> None:
    sample = expected(name)
    period = period_of(sample)
    facts = all_facts(histories, as_of=period.as_of, calendar=park)

    figures = [row(figure) for figure in count(facts, period, by=by)]

    assert figures == sample["figures"][by.value if by else "all"]


def test_every_ticket_ends_as_expected(
    histories: tuple[History, ...], expected_tickets: Mapping[str, dict[str, Any]]
) -> None:
    as_of = datetime.fromisoformat("2026-11-21T00:00:00+08:00")
    for history in histories:
        story, ticket = tell(history, as_of), expected_tickets[history.number]
        assert (story.state.value, story.lead, story.cycle) == (
            ticket["state"],
            ticket["lead"],
            ticket["cycle"],
        )
        assert [(one.at, one.cycle, sorted(one.excluded_from)) for one in story.closings] == [
            (datetime.fromisoformat(one["at"]), one["cycle"], one["excluded_from"])
            for one in ticket["closings"]
        ]


@pytest.mark.parametrize("key", BY_KEY)
def test_the_members_of_a_figure_add_up_to_it(
    histories: tuple[History, ...], park: OfficeCalendar, key: str
) -> None:
    period = period_of(expected("expected_figures.json"))
    facts = all_facts(histories, as_of=period.as_of, calendar=park)
    indicator = BY_KEY[key]

    behind = list(members(facts, indicator, period))
    (figure,) = count(facts, period, indicators=(indicator,))

    assert sum(one.excluded for one in behind) == figure.excluded
    if figure.denominator is None:
        assert sum(one.numerator for one in behind) == figure.numerator
    else:
        assert sum(one.denominator for one in behind) == figure.denominator
