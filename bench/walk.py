"""Many stories of the whole law, other ones each time, checked after each step: the test's own, ten times as many."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
STEPS = 20_000
ENDS_WITHIN = 3600.0


def measure() -> list[dict[str, Any]]:
    """Seconds that ``STEPS`` steps on SQLite take, and a tenth of them on PostgreSQL; any broken law raises.

    ``WALK_STEPS`` and ``WALK_SEED`` in the environment make it longer or shorter, or tell the same stories again.
    """
    steps = os.environ.get("WALK_STEPS", str(STEPS))
    seed = os.environ.get("WALK_SEED", str(random.SystemRandom().randrange(10**9)))
    walking = [sys.executable, "-m", "pytest", "-q", "-s", "tests/desk/test_walk.py"]
    print(f"WALK_SEED={seed}", flush=True)
    began = time.monotonic()
    told = os.environ | {"WALK_STEPS": steps, "WALK_SEED": seed}
    subprocess.run(walking, cwd=ROOT, env=told, check=True)
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
