"""Run all migrations on a fresh SQLite and see that they make exactly the tables the models describe."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FLASK = [str(Path(sys.executable).with_name("flask")), "--app", "wsgi"]


def main() -> None:
    """Upgrade, compare; what differs is printed by the comparison."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {
            **os.environ,
            "SERVICE_DESK_ENV": "development",
            "SERVICE_DESK_DATABASE_URL": f"sqlite:///{folder}/fresh.sqlite3",
        }
        for command in ("upgrade", "check"):
            done = subprocess.run(
                [*FLASK, "db", command],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            if done.returncode:
                sys.exit(f"{done.stdout.strip()}\n“flask db {command}” failed on a fresh database.")


if __name__ == "__main__":
    main()
