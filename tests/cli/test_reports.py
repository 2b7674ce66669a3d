"""report: workbooks written by a command."""

import json
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook

from service_desk.cli.reports import LEDGER, _make
from service_desk.domain.errors import Invalid
from service_desk.domain.figures import REPORTS
from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from tests.world import World


def test_the_ledger_of_what_was_submitted_in_a_period(
    small_world: World, sqlite_app: Flask, tmp_path: Path
) -> None:
    ticket = small_world.make(State.CLOSED)
    db.session.remove()
    run = sqlite_app.test_cli_runner().invoke
    assert json.loads(run(args=["report", "--list"]).stdout)["ledger"] == "诉求台账"
    file = tmp_path / "ledger.xlsx"
    period = ["--from", "2026-03-02", "--to", "2026-03-03"]
    done = run(args=["report", "ledger", *period, "--out", str(file)])
    assert json.loads(done.stdout)["rows"] == 1
    sheet = load_workbook(file).worksheets[0]
    assert (sheet["B4"].value, sheet["L4"].value, sheet["AN4"].value) == (
        ticket.number,
        "138****1111",
        "已解决",
    )
    earlier = ["--from", "2026-03-01", "--to", "2026-03-02"]
    assert json.loads(run(args=["report", "ledger", *earlier, "--out", str(file)]).stdout)["rows"] == 0
    nowhere = run(args=["report", "ledger", *period, "--out", str(tmp_path / "no" / "ledger.xlsx")])
    assert nowhere.exit_code == 2


def test_its_help_names_the_reports_and_the_day_that_is_not_counted(sqlite_app: Flask) -> None:
    told = sqlite_app.test_cli_runner().invoke(args=["report", "--help"]).output
    for name in (*REPORTS, LEDGER):
        assert name in told
    assert "day after the last" in told


def test_a_refusal_halfway_leaves_no_half_workbook(tmp_path: Path) -> None:
    def write(half: Path) -> int:
        half.write_bytes(b"begun")
        raise Invalid("明细太长。")

    with pytest.raises(Invalid):
        _make(tmp_path / "book.xlsx", write)
    assert not list(tmp_path.iterdir())
