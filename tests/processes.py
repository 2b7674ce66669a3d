"""The product's own commands as real processes, and waiting for what they do."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLASK = (sys.executable, "-m", "flask", "--app", "wsgi")


def environment(database_url: str, folder: Path, **more: str) -> dict[str, str]:
    """A desk of its own: nothing of the developer's settings leaks in."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SERVICE_DESK_")}
    return kept | {
        "SERVICE_DESK_DATABASE_URL": database_url,
        "SERVICE_DESK_ATTACHMENTS_URL": (folder / "attachments").as_uri(),
        "SERVICE_DESK_SECRET_KEY": "for tests only",
        "FLASK_SKIP_DOTENV": "1",
        "PYTHONUNBUFFERED": "1",
        **more,
    }


@contextmanager
def running(*command: str, env: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a session of its own, killed with all its children should the test leave it running."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield process
    finally:
        for pid in (*descendants(process.pid), process.pid):
            _kill(pid)
        process.wait()


def finished(*command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A command that ends by itself, with what it printed."""
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=30, check=False)


def until(happened: Callable[[], bool], what: str, *, seconds: float = 20) -> None:
    """Look again and again until it has happened; fail when it has not in time."""
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline, f"not in {seconds} s: {what}"
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """The processes that a process has started, the oldest first; those already dead are left out."""
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except FileNotFoundError:
        return []
    return [int(child) for child in listed if alive(int(child))]


def descendants(pid: int) -> list[int]:
    """All of them, however deep."""
    return [each for child in children(pid) for each in (child, *descendants(child))]


def alive(pid: int) -> bool:
    """Whether a process runs (a dead one nobody has asked after does not)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def memory_of(pids: list[int]) -> int:
    """What the processes cost together in bytes, shared pages counted once."""
    lines = (line for pid in pids for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines())
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _kill(pid: int) -> None:
    try:
        os.kill(pid, 9)
    except ProcessLookupError:
        return
