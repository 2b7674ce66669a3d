"""A long random walk through the whole law, checked after each step: the test's own walk, many times as long."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STEPS = 20_000
ENDS_WITHIN = 3600.0


def measure() -> list[dict[str, Any]]:
    """Seconds that ``STEPS`` steps on SQLite take, and a tenth of them on each database; any broken law raises."""
    steps = os.environ.get("WALK_STEPS", str(STEPS))
    walking = [sys.executable, "-m", "pytest", "-q", "-s", "tests/desk/test_walk.py"]
    began = time.monotonic()
    subprocess.run(walking, cwd=ROOT, env=os.environ | {"WALK_STEPS": steps}, check=True)
    seconds = time.monotonic() - began
    return [
        {
            "name": f"{steps} random steps through the law took",
            "value": round(seconds, 2),
            "unit": "s",
            "bound": ENDS_WITHIN,
            "ratio": round(seconds / ENDS_WITHIN, 3),
        }
    ]
