"""What bulk tickets say: the shipped requests as topics, and lists of words to vary them with."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from service_desk.desk.foundation import read_data, read_lines
from service_desk.domain.asked import Asked
from service_desk.domain.routing import MatterEntry, matter_of
from service_desk.store.law import Law

LONGEST_TITLE = 100
NOT_PLAIN = str.maketrans(dict.fromkeys('"\\\t\r\n', " "))
"""What would have to be escaped in JSON or in what is copied into a database."""


def mark(name: str) -> str:
    """What stands for these words of a copy."""
    return f"⟦{name}⟧"


@dataclass(frozen=True)
class Topic:
    """What tickets are about, and who settles it."""

    title: str
    text: str
    category: str
    lead: str
    supports: tuple[str, ...]
    is_complex: bool

    @property
    def kin(self) -> tuple[str, str, bool]:
        """Topics of the same category, lead and limits may take each other's place."""
        return self.category, self.lead, self.is_complex


@cache
def lists() -> Mapping[str, Any]:
    """The lists of words."""
    found: Mapping[str, Any] = read_data("demo_words.json")
    return found


def topics(law: Law, leads: set[str]) -> list[Topic]:
    """The shipped requests that the matter list gives to one of these departments, in their order."""
    found = []
    for line in (*read_lines("requests.jsonl"), *read_lines("examples.jsonl")):
        title, text = (line[name].translate(NOT_PLAIN) for name in ("title", "description"))
        matter = _matter(law.matters, title, text, line)
        if matter is not None and matter.lead in leads:
            supports = tuple(name for name in matter.supports if name in leads and name != matter.lead)
            found.append(Topic(title, text, matter.category, matter.lead, supports, matter.is_complex))
    return found


def _matter(
    matters: Sequence[MatterEntry], title: str, text: str, line: Mapping[str, Any]
) -> MatterEntry | None:
    """The line of the matter list by which the department that is known to settle it would lead."""
    lead = line["lead_department"]
    led = dict.fromkeys(matter.category for matter in matters if matter.lead == lead)
    for category in (line["category"],) if "category" in line else led:
        matter = matter_of(matters, Asked(title, text, category))
        if matter is not None and matter.lead == lead:
            return matter
    return None


class Speaker:
    """Says something else each time; ``area`` is where the enterprise lies."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.words = chance, lists()

    def say(self, pattern: str, area: str = "") -> str:
        """A pattern with its gaps filled."""
        if "{" not in pattern:
            return pattern
        pick = self.chance.random
        return pattern.format(
            road=self.one_of("roads"),
            area=area,
            n=100 + int(pick() * 899),
            k=2 + int(pick() * 8),
            day=1 + int(pick() * 28),
            month=1 + int(pick() * 12),
        )

    def one_of(self, *names: str) -> str:
        """One entry of a list, found by its name and that of a list in it."""
        entries: Any = self.words
        for name in names:
            entries = entries[name]
        return str(entries[int(self.chance.random() * len(entries))])

    def says(self, *names: str, area: str = "") -> str:
        """One entry of a list with its gaps filled."""
        return self.say(self.one_of(*names), area)

    def title(self, topic: Topic, area: str) -> str:
        """The topic's title, at some place and in some tone."""
        return f"{self.says('places', area=area)}{topic.title}{self.says('endings')}"[:LONGEST_TITLE]

    def text(self, topic: Topic, area: str) -> str:
        """The topic's text, with what came of it and what is wished for."""
        return f"{self.says('openings', area=area)}{topic.text}{self.says('impacts')}{self.says('wishes')}"
