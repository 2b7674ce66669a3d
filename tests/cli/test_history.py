"""history import, clocks and tickets, as an operator meets them."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

LINES = [
    {
        "ticket": "L1",
        "seq": 1,
        "event": "submit",
        "at": "2026-03-02T09:10:00+08:00",
        "enterprise": {"code": "91450804996639233K", "name": "云津示例有限公司"},
        "category": "用电",
        "title": "停电",
        "text": "整条路没电",
    },
    {"ticket": "L1", "seq": 2, "event": "accept", "at": "2026-03-02T10:00:00+08:00"},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "events.jsonl"
    text = "\r\n".join(json.dumps(line, ensure_ascii=False) for line in LINES)
    path.write_text("\ufeff" + text, encoding="utf-8", newline="")
    return path


def test_a_file_is_imported_and_again_without_harm(run: Run, file: Path) -> None:
    first = run("history", "import", str(file))
    assert first.exit_code == 0, first.output
    assert json.loads(first.stdout) == {
        "lines": 2,
        "tickets": 1,
        "imported": 1,
        "unchanged": 0,
        "refused": [],
        "created": {"departments": [], "enterprises": 1, "categories": []},
    }
    assert first.stderr == "已处理 1/1 件。\n"

    again = json.loads(run("history", "import", str(file)).stdout)
    assert (again["imported"], again["unchanged"], again["created"]["enterprises"]) == (0, 1, 0)


def test_a_refused_line_makes_the_status_1_and_an_unreadable_file_2(run: Run, file: Path) -> None:
    file.write_text(json.dumps(LINES[1]), encoding="utf-8")
    refused = run("history", "import", str(file))
    assert refused.exit_code == 1
    (only,) = json.loads(refused.stdout)["refused"]
    assert {key: only[key] for key in ("line", "ticket", "seq")} == {"line": 1, "ticket": "L1", "seq": 2}

    file.write_bytes(b"\xff\xfe{")
    assert run("history", "import", str(file)).exit_code == 2
    assert run("history", "import", str(file.with_name("none"))).exit_code == 2


def test_tickets_and_clocks_are_printed_by_either_number_as_of_any_instant(run: Run, file: Path) -> None:
    run("history", "import", str(file))
    (ticket,) = map(json.loads, run("tickets", "--ticket", "L1").stdout.splitlines())
    assert (ticket["ticket"], ticket["state"], ticket["nature"]) == ("L1", "accepted", "求助")
    (then,) = map(json.loads, run("tickets", "--as-of", "2026-03-02T09:30:00+08:00").stdout.splitlines())
    assert (then["state"], then["nature"], then["accepted"]) == ("submitted", None, None)
    assert run("tickets", "--as-of", "2026-03-02T09:00:00+08:00").stdout == ""

    clocks = list(map(json.loads, run("clocks", "--ticket", "QS-2026-000001").stdout.splitlines()))
    assert [(clock["kind"], clock["result"]) for clock in clocks] == [
        ("accept", "met"),
        ("promise", "running"),
        ("dispatch", "running"),
    ]
    assert clocks[0]["stopped"] == clocks[0]["judged_at"] == "2026-03-02T10:00:00+08:00"
    then_run = run("clocks", "--as-of", "2026-03-02T09:30:00+08:00").stdout.splitlines()
    assert [json.loads(text)["result"] for text in then_run] == ["running", "running"]


def test_a_number_nobody_knows_and_a_time_nobody_can_read_are_told(run: Run, file: Path) -> None:
    assert run("clocks").exit_code == 2
    run("history", "import", str(file))
    assert run("tickets", "--ticket", "L2").exit_code == 1
    assert run("clocks", "--as-of", "gestern").exit_code == 2
