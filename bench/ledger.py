"""The ledger of many demo tickets: seconds and memory of a process that writes nothing else, and those of a tenth.

Memory is that of the writer and of whoever packs for it, pages that both use counted twice.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from bench.demo import demo_park
from service_desk import clock, create_app
from service_desk.desk.ledgers import LEDGER, OPERATOR, write_book
from service_desk.store.base import db
from service_desk.store.tickets import Ticket
from tests.conftest import settings_for
from tests.processes import children

TICKETS = 100_000
FEW = 10_000
BOUND_SECONDS, BOUND_MEGABYTES = 10.0, 250.0


def measure() -> list[dict[str, Any]]:
    """Two ledgers of the demo park, each by a process of its own."""
    with demo_park() as demo:
        few, whole = (_written_apart(demo.park.url, number) for number in (FEW, TICKETS))
    return [
        {"name": "ledger of 100,000 tickets", "value": whole["seconds"], "unit": "s", "bound": BOUND_SECONDS},
        {"name": "  processor time of its writer", "value": whole["cpu"], "unit": "s", "bound": None},
        {"name": "  its memory at most", "value": whole["memory"], "unit": "MB", "bound": BOUND_MEGABYTES},
        {"name": "  the same for 10,000 tickets", "value": few["memory"], "unit": "MB", "bound": None},
        {"name": "  its file", "value": whole["file"], "unit": "MB", "bound": None},
    ]


def _written_apart(url: str, number: int) -> dict[str, float]:
    """What a process that writes one ledger measured of itself."""
    child = subprocess.run(
        [sys.executable, "-m", "bench.ledger", url, str(number)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(child.stdout.splitlines()[-1])
    return found


def write_one(url: str, number: int) -> dict[str, float]:
    """Write the ledger of the last so many tickets, which are of all kinds; seconds and MB of this process."""
    with tempfile.TemporaryDirectory(prefix="service-desk-bench-") as folder:
        app = create_app(settings_for(url, Path(folder)))
        path = Path(folder) / "ledger.xlsx"
        with app.app_context():
            first = db.session.scalar(select(func.max(Ticket.id))) or 0
            packers = 0.0

            def look(_rows: int) -> None:
                nonlocal packers
                packers = max(packers, sum(most_memory(pid) for pid in children(os.getpid())))

            spent, begun = time.process_time(), time.perf_counter()
            rows = write_book(
                path,
                LEDGER,
                select(Ticket).where(Ticket.id > first - number),
                reader=OPERATOR,
                made_by="测量",
                at=clock.now(),
                organisation="云津县企业服务专窗",
                progress=look,
            )
        return {
            "rows": rows,
            "seconds": time.perf_counter() - begun,
            "cpu": time.process_time() - spent,
            "memory": most_memory(os.getpid()) + packers,
            "file": path.stat().st_size / 1e6,
        }


def most_memory(pid: int) -> float:
    """The most memory a process has held, in MB; getrusage would begin with what its parent held."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    print(json.dumps(write_one(sys.argv[1], int(sys.argv[2]))))
