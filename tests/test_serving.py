"""``flask serve`` as a real process: it answers, says what is wrong before it starts, and ends cleanly."""

import http.client
import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from tests.mailbox import free_port
from tests.processes import (
    FLASK,
    alive,
    children,
    descendants,
    environment,
    finished,
    memory_of,
    running,
    until,
)

MEGABYTE = 1024 * 1024


@pytest.fixture
def env(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    return environment(sqlite_url, tmp_path)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "serve.log"


@pytest.fixture
def served(env: dict[str, str], port: int, log: Path) -> Iterator[Popen[bytes]]:
    """The desk, served with its scheduler."""
    with running(*FLASK, "serve", "--port", str(port), env=env, log=log) as process:
        until(lambda: status_of(port, "/healthz") == 200, "it answers")
        until(lambda: "clockwork started" in log.read_text(), "the scheduler runs")
        yield process


def status_of(port: int, path: str) -> int | None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


def test_it_says_its_address_and_answers(served: Popen[bytes], port: int, log: Path) -> None:
    assert f"http://127.0.0.1:{port} " in log.read_text()
    assert "演示账号" not in log.read_text(), "there are none in this park"
    assert status_of(port, "/sign-in") == 200


def test_an_empty_desk_says_how_to_make_an_account_whose_link_leads_to_it(
    sqlite_url: str, env: dict[str, str], port: int, log: Path
) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        for table in ("liaisons", "user_roles", "users"):
            database.execute(f"DELETE FROM {table}")  # noqa: S608
    with running(*FLASK, "serve", "--port", str(port), "--no-scheduler", env=env, log=log):
        until(lambda: status_of(port, "/healthz") == 200, "it answers")
    command = next(line for line in log.read_text().splitlines() if "people add" in line).split()
    assert command[:2] == [f"SERVICE_DESK_BASE_URL=http://127.0.0.1:{port}", ".venv/bin/flask"]
    told = dict([command[0].split("=")])
    answer = finished(*FLASK, *command[4:], env=env | told)
    assert f"http://127.0.0.1:{port}/" in answer.stdout


def test_it_names_the_demo_accounts_where_there_are_some(
    sqlite_url: str, env: dict[str, str], port: int, log: Path
) -> None:
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as database:
        database.execute("UPDATE users SET is_demo = 1 WHERE username = 'clerk'")
    with running(*FLASK, "serve", "--port", str(port), "--no-scheduler", env=env, log=log):
        until(lambda: status_of(port, "/healthz") == 200, "it answers")
    assert "演示账号，密码都是 park-demo-2026：\n  clerk         clerk名（受理员）\n" in log.read_text()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl+C"])
def test_it_ends_both_halves_and_itself(served: Popen[bytes], log: Path, ending: signal.Signals) -> None:
    below = descendants(served.pid)
    assert len(below) == 3, "gunicorn, its worker, the scheduler"
    served.send_signal(ending)
    assert served.wait(timeout=10) == 0
    assert not any(alive(pid) for pid in below)
    assert "clockwork stopped" in log.read_text()
    assert "Traceback" not in log.read_text()


def test_ctrl_c_reaches_all_of_them_at_once(served: Popen[bytes], log: Path) -> None:
    os.killpg(served.pid, signal.SIGINT)
    assert served.wait(timeout=10) == 0
    assert "Traceback" not in log.read_text()


def test_a_scheduler_that_dies_is_started_again(served: Popen[bytes], port: int, log: Path) -> None:
    _web, clockwork = children(served.pid)
    os.kill(clockwork, signal.SIGKILL)
    until(lambda: log.read_text().count("clockwork started") == 2, "another one runs")
    assert "the clockwork died and is started again" in log.read_text()
    assert status_of(port, "/healthz") == 200, "the pages never noticed"
    served.terminate()
    assert served.wait(timeout=10) == 0


def test_nobody_outlives_a_killed_parent(served: Popen[bytes], port: int) -> None:
    below = descendants(served.pid)
    served.kill()
    served.wait()
    until(lambda: not any(alive(pid) for pid in below), "all are gone")
    assert status_of(port, "/healthz") is None


def test_all_of_it_costs_less_than_300_megabytes(served: Popen[bytes], port: int) -> None:
    for _ in range(20):
        assert status_of(port, "/sign-in") == 200
    assert memory_of([served.pid, *descendants(served.pid)]) < 300 * MEGABYTE


def test_served_to_all_without_scheduler_there_is_the_web_alone(
    env: dict[str, str], port: int, log: Path
) -> None:
    options = ("--host", "0.0.0.0", "--port", str(port), "--no-scheduler")  # noqa: S104 - for a moment
    with running(*FLASK, "serve", *options, env=env, log=log) as process:
        until(lambda: status_of(port, "/healthz") == 200, "it answers")
        assert len(children(process.pid)) == 1
        process.terminate()
        assert process.wait(timeout=10) == 0
    assert "clockwork" not in log.read_text()
    assert f"链接以 http://127.0.0.1:{port} 开头" in log.read_text()
    assert "SERVICE_DESK_BASE_URL" in log.read_text()


def test_a_port_in_use_is_named_with_what_to_do(env: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = finished(*FLASK, "serve", "--port", str(port), env=env)
    _assert_one_sentence(answer.returncode, answer.stdout, answer.stderr)
    assert f"端口 {port} 已被其他程序占用" in answer.stderr
    assert f"PORT={port + 1} make run" in answer.stderr


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        pytest.param(
            {"SERVICE_DESK_DATABASE_URL": "sqlite:///{}/new.sqlite3"},
            "flask --app wsgi db upgrade",
            id="no tables",
        ),
        pytest.param(
            {"SERVICE_DESK_DATABASE_URL": "postgresql://127.0.0.1:1/desk"},
            "数据库服务是否在运行",
            id="no server",
        ),
        pytest.param(
            {"SERVICE_DESK_SMTP_URL": "mail.example:25"}, "SERVICE_DESK_SMTP_URL", id="no mail address"
        ),
        pytest.param(
            {"SERVICE_DESK_ENV": "staging"}, "SERVICE_DESK_ENV is 'staging'", id="no such environment"
        ),
    ],
)
def test_what_is_wrong_is_said_before_it_starts(
    env: dict[str, str], port: int, tmp_path: Path, more: dict[str, str], sentence: str
) -> None:
    given = {name: value.format(tmp_path) for name, value in more.items()}
    answer = finished(*FLASK, "serve", "--port", str(port), env=env | given)
    _assert_one_sentence(answer.returncode, answer.stdout, answer.stderr)
    assert sentence in answer.stderr


@pytest.mark.parametrize(
    "command", [["serve"], ["scheduler"], ["job", "--list"], ["db", "current"]], ids=" ".join
)
def test_a_missing_secret_in_production_is_one_sentence(env: dict[str, str], command: list[str]) -> None:
    bare = {name: value for name, value in env.items() if name != "SERVICE_DESK_SECRET_KEY"}
    answer = finished(*FLASK, *command, env=bare | {"SERVICE_DESK_ENV": "production"})
    _assert_one_sentence(answer.returncode, answer.stdout, answer.stderr)
    assert "SERVICE_DESK_SECRET_KEY is missing" in answer.stderr


def _assert_one_sentence(status: int, out: str, err: str) -> None:
    assert (status, out) == (2, ""), err
    assert len(err.strip().splitlines()) == 1, err
