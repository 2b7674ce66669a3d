"""Run the benchmarks, print their ratios, and keep them in ``bench/results/latest.json``.

``python -m bench pages`` runs those named; without words all but the long ones.
"""

import json
import platform
import sys
from pathlib import Path

from bench import figures, importing, ledger, living, pages, recompute, search, soak, sweeping, walk

RESULTS = Path(__file__).parent / "results" / "latest.json"
BENCHMARKS = {
    "figures": figures.measure,
    "importing": importing.measure,
    "ledger": ledger.measure,
    "living": living.measure,
    "pages": pages.measure,
    "recompute": recompute.measure,
    "search": search.measure,
    "soak": soak.measure,
    "sweeping": sweeping.measure,
    "walk": walk.measure,
}
LONG = ("figures", "importing", "ledger", "recompute", "search", "soak", "sweeping", "walk")


def main(names: list[str]) -> int:
    """Run the benchmarks named; how many bounds were missed."""
    wanted = names or [name for name in BENCHMARKS if name not in LONG]
    found = [figure for name in wanted for figure in BENCHMARKS[name]()]
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {"python": platform.python_version(), "machine": platform.machine(), "figures": found}
    RESULTS.write_text(json.dumps(kept, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for figure in found:
        mark = "" if figure["bound"] is None else " ok" if figure["value"] <= figure["bound"] else " MISSED"
        bound = "" if figure["bound"] is None else f" (bound {figure['bound']})"
        print(f"{figure['name']:<44}{figure['value']:>9.2f} {figure['unit']}{bound}{mark}")
    return sum(figure["bound"] is not None and figure["value"] > figure["bound"] for figure in found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
