"""A suggestion learned from examples: complement naive Bayes over the characters of a text."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass
from math import log

from service_desk.domain.ngrams import grams

SIZES = (1, 2, 3)
SMOOTHING = 1.0
REASONS = 4
RIVALS = 2
"""A department is likeliest only beside another."""


@dataclass(frozen=True)
class Example:
    """A text and the department that settled it."""

    text: str
    lead: str


@dataclass(frozen=True)
class Suggestion:
    """The likeliest department, how far it is ahead of the next (nats a gram), and the grams that spoke for it."""

    lead: str
    margin: float
    because: tuple[str, ...]


class Learned:
    """What a desk has learned from its closed tickets. Complement naive Bayes (Rennie et al., 2003):

    a department is judged by how little a text looks like all *other* departments' texts, which bears
    with departments that have few examples.
    """

    def __init__(self, examples: Iterable[Example] = ()) -> None:
        self._own: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._sizes: Counter[str] = Counter()
        self._every: Counter[str] = Counter()
        for example in examples:
            self.learn(example)

    def learn(self, example: Example) -> None:
        """Take one example in."""
        found = set(grams(example.text, SIZES))
        self._own[example.lead].update(found)
        self._every.update(found)
        self._sizes[example.lead] += len(found)

    def forget(self, example: Example) -> None:
        """As if this example, learned before, had never been."""
        found = set(grams(example.text, SIZES))
        for counts in (self._own[example.lead], self._every):
            counts.subtract(found)
            for gram in found:
                if not counts[gram]:
                    del counts[gram]
        self._sizes[example.lead] -= len(found)

    def suggest(self, text: str, barred: Container[str] = ()) -> Suggestion | None:
        """The likeliest department that is not barred; None where too little is known to tell two apart."""
        known = [gram for gram in set(grams(text, SIZES)) if self._every[gram] > 0]
        leads = [lead for lead, size in self._sizes.items() if size > 0 and lead not in barred]
        if not known or len(leads) < RIVALS:
            return None
        scores = {lead: sum(self._weights(known, lead).values()) / len(known) for lead in leads}
        best, second = sorted(leads, key=lambda lead: -scores[lead])[:RIVALS]
        words = [gram for gram in known if len(gram) > 1]
        ours, theirs = self._weights(words, best), self._weights(words, second)
        because = sorted(words, key=lambda gram: (theirs[gram] - ours[gram], gram))[:REASONS]
        return Suggestion(best, scores[best] - scores[second], tuple(because))

    def _weights(self, known: Iterable[str], lead: str) -> dict[str, float]:
        """How much each gram speaks for a department: the rarer among all others, the more (nats)."""
        own, every = self._own[lead], self._every
        size = self._sizes.total() - self._sizes[lead] + SMOOTHING * len(every)
        return {gram: -log((every[gram] - own[gram] + SMOOTHING) / size) for gram in known}
