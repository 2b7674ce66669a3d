"""Leave out of a style sheet the rules whose classes no page can have.

A selector goes when it asks for a class that is written nowhere in the sources. Everything doubtful stays: rules
without classes, whatever stands inside ``:not(…)``, ``:is(…)`` or ``[…]``, variables, key frames.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# Strings, comments and escapes are skipped whole: they may hold braces, commas and semicolons of their own.
OPAQUE = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.""", re.DOTALL)
NESTING = re.compile(r"@(?:media|supports|layer|container)\b")
CLASS = re.compile(r"\.((?:\\.|[\w-])+)")
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
WORD = re.compile(r"[A-Za-z][\w/.:-]*")
# A class put together at run time: "badge-{{ colour }}", "badge-" ~ colour, f"badge-{colour}", "badge-%s".
STEM = re.compile(r"""([A-Za-z][\w-]+-)(?:\{|%[s(]|['"]\s*[~+])""")


@dataclass(frozen=True)
class Vocabulary:
    """What the sources say: whole words, and beginnings of words that are completed at run time."""

    words: frozenset[str]
    stems: tuple[str, ...]

    @classmethod
    def of(cls, sources: Iterable[str]) -> "Vocabulary":
        """Every word in the texts of templates, views and scripts."""
        words: set[str] = set()
        stems: set[str] = set()
        for text in sources:
            words.update(WORD.findall(text))
            stems.update(STEM.findall(text))
        return cls(frozenset(words), tuple(sorted(stems)))

    def has(self, name: str) -> bool:
        """Whether a page may carry this class."""
        return name in self.words or name.startswith(self.stems)


def steps(css: str, position: int) -> Iterator[tuple[int, str]]:
    """Each character that means something, with its place."""
    while position < len(css):
        if css[position] in "\"'/\\" and (skipped := OPAQUE.match(css, position)):
            position = skipped.end()
            continue
        yield position, css[position]
        position += 1


def end_of_head(css: str, position: int) -> int:
    """Where a selector or at-rule ends: at its ``{`` or ``;`` (or the end of the sheet)."""
    return next((place for place, character in steps(css, position) if character in "{;"), len(css))


def end_of_block(css: str, opening: int) -> int:
    """Where the block that opens here closes."""
    depth = 0
    for place, character in steps(css, opening):
        depth += (character == "{") - (character == "}")
        if not depth:
            return place
    message = "a block of the style sheet is never closed"
    raise ValueError(message)


def selectors(head: str) -> list[str]:
    """The alternatives of a selector list; commas inside brackets do not count."""
    parts, start, depth = [], 0, 0
    for place, character in steps(head, 0):
        depth += (character in "([") - (character in ")]")
        if character == "," and not depth:
            parts.append(head[start:place])
            start = place + 1
    return [*parts, head[start:]]


def classes(selector: str) -> list[str]:
    """The classes a selector cannot do without."""
    while (shorter := BRACKETS.sub("", selector)) != selector:
        selector = shorter
    return [name.replace("\\", "") for name in CLASS.findall(selector)]


def purge(css: str, known: Vocabulary) -> str:
    """The style sheet with only the rules that can match a page written in these words."""
    kept: list[str] = []
    position = 0
    while position < len(css):
        end = end_of_head(css, position)
        head = css[position:end]
        if end == len(css) or css[end] == ";":
            kept.append(css[position : end + 1])
            position = end + 1
            continue
        close = end_of_block(css, end)
        kept.append(kept_rule(head, css[end + 1 : close], known))
        position = close + 1
    return "".join(kept)


def kept_rule(head: str, body: str, known: Vocabulary) -> str:
    """One rule, or what is left of it, or nothing."""
    if NESTING.match(head.strip()):
        body = purge(body, known)
        return f"{head}{{{body}}}" if body.strip() else ""
    if not head.strip().startswith("@"):
        head = ",".join(one for one in selectors(head) if all(map(known.has, classes(one))))
    return f"{head}{{{body}}}" if head.strip() else ""
