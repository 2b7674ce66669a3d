"""due: deadlines by the calendar of the desk."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

SAMPLE = Path(__file__).parents[1] / "data" / "history" / "due_cases.csv"


@pytest.fixture(autouse=True)
def _laid(run: Run) -> None:
    run("foundation")


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        pytest.param("2026-02-12T10:00:00+08:00", "5", "2026-02-26", id="over the Spring Festival"),
        pytest.param("2026-02-13T10:00:00+08:00", "1", "2026-02-14", id="to a make-up Saturday"),
        pytest.param("2026-09-30T10:00:00+08:00", "5", "2026-10-13", id="over the National Day"),
    ],
)
def test_working_days_follow_the_notices(run: Run, start: str, limit: str, due: str) -> None:
    done = run("due", "--start", start, "--limit", limit, "--unit", "working_days")
    assert done.stdout == f"{due}T17:30:00+08:00\n"


def test_pauses_and_extensions_move_it(run: Run) -> None:
    pause = "2026-03-03T09:00:00+08:00/2026-03-04T09:00:00+08:00"
    given = ("--start", "2026-03-02T10:00:00+08:00", "--limit", "2", "--unit", "working_days")
    assert run("due", *given).stdout.startswith("2026-03-04T")
    assert run("due", *given, "--pause", pause).stdout.startswith("2026-03-05T")
    assert run("due", *given, "--pause", pause, "--extend", "1").stdout.startswith("2026-03-06T")


def test_a_file_comes_back_with_its_due_instants(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(
        "name,start,limit,unit,pauses,extend\n甲,2026-03-02T10:00:00+08:00,1,working_days,,\n", "utf-8"
    )
    expected = "甲,2026-03-02T10:00:00+08:00,1,working_days,,,2026-03-03T17:30:00+08:00"
    assert run("due", "--csv", str(file)).stdout.splitlines()[1] == expected


def test_the_sample_cases_come_out_as_they_are(run: Run) -> None:
    assert run("due", "--csv", str(SAMPLE)).stdout == SAMPLE.read_text("utf-8")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param((), id="nothing"),
        pytest.param(("--start", "tomorrow", "--limit", "1", "--unit", "working_days"), id="no instant"),
        pytest.param(
            ("--start", "2026-03-02T10:00:00", "--limit", "1", "--unit", "working_days"), id="no offset"
        ),
        pytest.param(
            ("--start", "2026-03-02T10:00:00Z", "--limit", "0", "--unit", "working_days"), id="no limit"
        ),
        pytest.param(("--start", "2026-03-02T10:00:00Z", "--limit", "1", "--unit", "weeks"), id="no unit"),
    ],
)
def test_what_cannot_be_read_is_an_error(run: Run, arguments: tuple[str, ...]) -> None:
    done = run("due", *arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr
