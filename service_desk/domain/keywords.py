"""Keywords: what lines of the matter list and rules look for in a text."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from service_desk.domain.ngrams import normalise

TOGETHER = "+"
"""“物业+电费” is met where both stand in the text, in whatever order."""
TITLE_COUNTS = 2.0
LONGEST = 4


@dataclass(frozen=True)
class Written:
    """The title and the text of a request, normalised once."""

    title: str
    text: str

    @classmethod
    def of(cls, title: str, text: str) -> "Written":
        """From what somebody typed."""
        return cls(normalise(title), normalise(text))

    def has(self, keyword: str) -> bool:
        """Whether a keyword is met, in the title or in the text."""
        return all(part in self.title or part in self.text for part in parts(keyword))


@lru_cache(maxsize=5000)
def parts(keyword: str) -> tuple[str, ...]:
    """The words of a keyword, normalised."""
    return tuple(normalise(keyword).split(TOGETHER))


def weight(keyword: str, written: Written) -> float:
    """How much a met keyword says: longer ones more, in the title more."""
    words = parts(keyword)
    length = min(sum(map(len, words)), LONGEST) / 2
    return length * (TITLE_COUNTS if all(word in written.title for word in words) else 1.0)


def met(keywords: Iterable[str], written: Written) -> dict[str, float]:
    """The keywords that are met, each with its weight."""
    return {keyword: weight(keyword, written) for keyword in keywords if written.has(keyword)}


def without_covered(found: Mapping[str, float]) -> set[str]:
    """Of all keywords met, those that are not merely a piece of a longer one (消防 within 消防验收)."""
    texts = {keyword: parts(keyword) for keyword in found}
    longer = [words[0] for words in texts.values() if len(words) == 1]
    return {
        keyword
        for keyword, words in texts.items()
        if len(words) > 1 or not any(words[0] != other and words[0] in other for other in longer)
    }
