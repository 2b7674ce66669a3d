"""foundation, demo and load, as an operator meets them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from service_desk.store.base import db
from service_desk.store.tickets import Ticket
from tests.cli.conftest import Run

LINE = {
    "id": "A1",
    "title": "停电",
    "description": "整条路没电",
    "category": "用电",
    "enterprise_name": "云津甲厂",
}


@pytest.fixture
def requests_file(tmp_path: Path) -> Path:
    file = tmp_path / "requests.jsonl"
    file.write_text(json.dumps(LINE, ensure_ascii=False) + "\n", encoding="utf-8")
    return file


def test_the_foundation_is_laid_once(run: Run) -> None:
    assert "calendar" in run("foundation").stdout
    assert run("foundation").stdout == "已经齐备，没有改动。\n"


def test_the_demo_is_refused_in_production(empty_desk: Flask, run: Run) -> None:
    empty_desk.config["SETTINGS"] = replace(empty_desk.config["SETTINGS"], env="production")
    refused = run("demo")
    assert (refused.exit_code, refused.stderr) == (1, "生产环境不装入演示园区。\n")


def test_the_demo_is_refused_beside_real_tickets(run: Run, requests_file: Path) -> None:
    run("load", "requests", str(requests_file))
    refused = run("demo")
    assert refused.exit_code == 1
    assert "已有真实诉求" in refused.stderr


def test_loading_requests_prints_counts(run: Run, requests_file: Path) -> None:
    done = run("load", "requests", str(requests_file))
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"lines": 1, "loaded": 1, "unchanged": 0, "completed": 0, "refused": []}


def test_a_refused_line_gives_status_1_and_the_rest_is_loaded(
    empty_desk: Flask, run: Run, requests_file: Path
) -> None:
    with requests_file.open("a", encoding="utf-8") as file:
        file.write("{not json\n")
    done = run("load", "requests", str(requests_file))
    assert done.exit_code == 1
    assert json.loads(done.stdout)["refused"][0]["line"] == 2
    with empty_desk.app_context():
        assert db.session.query(Ticket).count() == 1


def test_a_file_that_is_not_there_is_an_error(run: Run) -> None:
    assert run("load", "requests", "nowhere.jsonl").exit_code == 2


def test_a_database_without_tables_is_an_error(empty_desk: Flask, run: Run) -> None:
    with empty_desk.app_context():
        db.drop_all()
    done = run("foundation")
    assert done.exit_code == 2
    assert "db upgrade" in done.stderr
