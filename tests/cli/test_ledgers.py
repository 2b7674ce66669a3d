"""ledger import, as an operator meets it."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

HEADER = "诉求编号,提出日期,企业名称,诉求类别,标题,诉求内容,当前状态,领导\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.csv"
    rows = (
        "1,2026-03-02,云津示例,用电,停电,整条路没电,待受理,张\n",
        "2,2026-03-02,云津示例,用气,停气,没有气,待受理,张\n",
    )
    path.write_text(HEADER + "".join(rows), encoding="gb18030")
    return path


def test_a_ledger_is_tried_imported_mended_and_imported_again(run: Run, file: Path, tmp_path: Path) -> None:
    run("foundation")
    out = tmp_path / "refused.xlsx"
    tried = run("ledger", "import", str(file), "--dry-run")
    assert tried.exit_code == 1, tried.output
    assert json.loads(tried.stdout) | {"refused": []} == {
        "rows": 2,
        "imported": 1,
        "unchanged": 0,
        "refused": [],
        "warnings": [],
        "unknown": {"诉求类别": ["用气"]},
        "created": {"enterprises": 1},
        "ignored": {"columns": ["领导"], "sheets": []},
        "dry_run": True,
    }
    assert tried.stderr == "已处理 2/2 行。\n"

    first = run("ledger", "import", str(file), "--errors", str(out))
    assert first.exit_code == 1
    (refused,) = json.loads(first.stdout)["refused"]
    assert (refused["sheet"], refused["row"]) == ("", 3)
    assert refused["reason"].startswith("没有名为“用气”的诉求类别；现有：")
    assert run("ledger", "import", str(out)).exit_code == 1

    file.write_text(HEADER + "1,2026-03-02,云津示例,用电,停电,整条路没电,待受理,李\n", encoding="utf-8")
    again = run("ledger", "import", str(file))
    assert again.exit_code == 0
    assert json.loads(again.stdout)["unchanged"] == 1


def test_what_cannot_be_read_or_written_ends_with_status_2(run: Run, file: Path, tmp_path: Path) -> None:
    assert run("ledger", "import", str(file)).exit_code == 2  # no rules yet
    run("foundation")
    assert run("ledger", "import", str(tmp_path / "none.xlsx")).exit_code == 2
    assert run("ledger", "import", str(file), "--errors", str(file)).exit_code == 2
    assert run("ledger", "import", str(file), "--errors", str(tmp_path / "none" / "x.xlsx")).exit_code == 2
    file.write_bytes(b"")
    empty = run("ledger", "import", str(file))
    assert (empty.exit_code, "是空的" in empty.stderr) == (2, True)
