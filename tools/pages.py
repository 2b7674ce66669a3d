"""Pages of docs/ that are made from the code: written, or with ``--check`` compared with what is there."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a Markdown table; an empty cell is a dash."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{' --- |' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') or '—' for cell in row)} |"


def put(name: str, lines: Iterable[str]) -> None:
    """Write docs/``name``; with ``--check`` among the arguments, end with status 1 where it differs instead."""
    path = ROOT / "docs" / name
    text = "\n".join(lines) + "\n"
    if "--check" not in sys.argv[1:]:
        path.write_text(text, encoding="utf-8")
        print(f"→ docs/{name}")
    elif not path.exists() or path.read_text(encoding="utf-8") != text:
        sys.exit(f"docs/{name} is not what the code says any more: make docs")
