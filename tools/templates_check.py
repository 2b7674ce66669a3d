"""Compile every template as the product would, and keep out what its content security policy forbids.

No inline style, script or handler, nothing from another host; icons must be in the sprite. Letters are read in
mail programs, which know no style sheets: inline style is theirs alone.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from jinja2 import TemplateError

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from service_desk import create_app  # noqa: E402 (the path comes first)

STYLE = "inline style"
FORBIDDEN = {
    STYLE: r"<style\b|\sstyle=[\"']",
    "inline script": r"<script\b(?![^>]*\ssrc=)|[\"']javascript:",
    "inline handler": r"\son[a-z]+=[\"']|\shx-on\b|\shx-(?:vals|headers)=[\"']js:",
    "file from another host": r"<(?:script|link|img|source|iframe|use)\b[^>]*\s(?:src|href)=[\"'](?:https?:)?//",
}
COMMENT = re.compile(r"\{#.*?#\}|<!--.*?-->", re.DOTALL)
ICON = re.compile(r"\bicon\(\s*[\"']([a-z0-9-]+)[\"']|icons\.svg#([a-z0-9-]+)")


def line_of(text: str, position: int) -> int:
    """The line a place in the text is on, from 1."""
    return text.count("\n", 0, position) + 1


def blank(found: re.Match[str]) -> str:
    """A comment as empty lines, so that the lines after it keep their numbers."""
    return re.sub(r"[^\n]", " ", found[0])


def faults(name: str, text: str, icons: set[str]) -> Iterator[tuple[int, str]]:
    """What is wrong with one template, with its line."""
    text = COMMENT.sub(blank, text)
    for fault, pattern in FORBIDDEN.items():
        if fault == STYLE and name.startswith("letters/"):
            continue
        for found in re.finditer(pattern, text, re.IGNORECASE):
            yield line_of(text, found.end()), fault
    for found in ICON.finditer(text):
        icon = found[1] or found[2]
        if icon not in icons:
            yield line_of(text, found.start()), f"icon “{icon}” is not in tools/icons.txt"


def main() -> None:
    """Read, compile and judge all templates."""
    environment = create_app().jinja_env
    icons = set((ROOT / "tools" / "icons.txt").read_text(encoding="utf-8").split())
    complaints: list[str] = []
    for name in sorted(environment.list_templates()):
        path = ROOT / "templates" / name
        if not path.exists():  # it came with an extension
            continue
        text = path.read_text(encoding="utf-8")
        try:
            environment.compile(text, name, str(path))
        except TemplateError as error:
            complaints.append(f"templates/{name}:{getattr(error, 'lineno', 1)}: {error}")
        complaints += [f"templates/{name}:{line}: {fault}" for line, fault in faults(name, text, icons)]
    if complaints:
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
