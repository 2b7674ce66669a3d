"""Words of danger in what somebody wrote: they propose 特急 and show the emergency numbers."""

from collections.abc import Iterable
from dataclasses import dataclass

from service_desk.domain.ngrams import normalise


@dataclass(frozen=True)
class DangerWord:
    """A word of danger, and the phrases around it that mean none (“防爆炸”, “没有发生爆炸”)."""

    word: str
    exceptions: tuple[str, ...] = ()

    def is_in(self, normalised: str) -> bool:
        """Whether it stands in a normalised text other than within one of its exceptions."""
        word = normalise(self.word)
        if word not in normalised:
            return False
        for phrase in self.exceptions:
            normalised = normalised.replace(normalise(phrase), "\n")
        return word in normalised


def danger_words_in(text: str, words: Iterable[DangerWord]) -> tuple[str, ...]:
    """The words of danger that a text holds, in the order of the list."""
    normalised = normalise(text)
    return tuple(danger.word for danger in words if danger.is_in(normalised))
