"""workflow: the table of actions, printed."""

import json
from typing import Any

import pytest

from service_desk.domain.workflow import STEPS
from tests.cli.conftest import Run


@pytest.fixture
def table(run: Run) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(run("workflow", "--json").stdout)
    return rows


def test_every_step_is_a_row(table: list[dict[str, Any]]) -> None:
    assert [row["name"] for row in table] == [step.action.value for step in STEPS]
    assert all({"name", "label", "from", "to", "by", "fields"} <= row.keys() for row in table)


def test_a_row_says_who_goes_from_where_to_where(table: list[dict[str, Any]]) -> None:
    accept = next(row for row in table if row["name"] == "accept")
    assert (accept["label"], accept["from"], accept["to"], accept["by"]) == (
        "受理",
        ["submitted"],
        "accepted",
        ["clerk"],
    )
    assert {field["name"]: field["required"] for field in accept["fields"]} == {
        "category": True,
        "nature": True,
        "urgency": True,
        "against": False,
        "payer": False,
    }


def test_choices_are_the_values_that_forms_take(table: list[dict[str, Any]]) -> None:
    rate = next(row for row in table if row["name"] == "rate")
    solved = next(field for field in rate["fields"] if field["name"] == "solved")
    assert solved["choices"] == ["solved", "partly", "unsolved"]
    assert solved["choice_labels"] == ["已解决", "部分解决", "未解决"]


def test_people_can_read_it_too(run: Run) -> None:
    assert "dispatch 派单" in run("workflow").stdout
