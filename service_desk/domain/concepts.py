"""Concepts: words that mean the same, such as 停电, 断电 and 没电, so that two wordings can be compared."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from service_desk.domain.ngrams import normalise

CIRCUMSTANCES = "共用"
"""The heading of what any request may mention: the hour, the weather, that nobody was told."""


class Lexicon:
    """The concepts, by number; a concept is the words that mean it."""

    def __init__(self, headings: Mapping[str, Sequence[str]]) -> None:
        """``headings``: under each, the concepts, each a string of its words parted by blanks."""
        self._starting: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
        circumstances = set()
        lines = [(heading, line) for heading, lines in headings.items() for line in lines]
        for concept, (heading, line) in enumerate(lines):
            if heading == CIRCUMSTANCES:
                circumstances.add(concept)
            for word in normalise(line).split():
                self._starting[word[:2]].append((word, concept))
        self.circumstances = frozenset(circumstances)

    def words_in(self, normalised: str) -> dict[int, str]:
        """The concepts of a normalised text, each with the longest word for it that stands there."""
        found: dict[int, str] = {}
        for start in range(len(normalised)):
            for beginning in (normalised[start], normalised[start : start + 2]):
                for word, concept in self._starting.get(beginning, ()):
                    if normalised.startswith(word, start) and len(word) > len(found.get(concept, "")):
                        found[concept] = word
        return found
