"""What a request is compared by: its words, the concepts they mean, its landmarks, and whether it asks or complains."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from service_desk.domain.asked import Asked
from service_desk.domain.concepts import Lexicon
from service_desk.domain.landmarks import Landmarks, in_digits, landmarks_of
from service_desk.domain.ngrams import RUN, normalise

ASKING = (
    "怎么", "如何", "怎样", "吗", "请问", "咨询", "询问", "想", "多少", "有没有",
    "什么手续", "什么条件", "啥条件", "哪家", "哪个", "推荐", "还是",
)  # fmt: skip
"""Words of somebody who wants to know or to have something; who complains seldom uses one."""


@dataclass(frozen=True, eq=False)
class Traits:
    """What a request is compared by. Texts are normalised, their numbers in digits."""

    asked: Asked
    text: str
    characters: frozenset[str]
    """Its single Chinese characters …"""
    pairs: frozenset[str]
    """… its pairs of them and its Latin words …"""
    words: Mapping[int, str]
    """… and its concepts, each with the word that stands for it here."""
    concepts: frozenset[int]
    """Its concepts without …"""
    circumstances: frozenset[int]
    """… those that any request may mention."""
    title: frozenset[int]
    """The concepts of its title."""
    landmarks: Landmarks
    asks: bool
    title_asks: bool


@lru_cache(maxsize=2500)
def traits_of(asked: Asked, lexicon: Lexicon) -> Traits:
    """What a request is compared by; kept for a while, since a page asks for the same ones again (30 MB at most)."""
    title = in_digits(normalise(asked.title))
    text = f"{title}\n{in_digits(normalise(asked.text))}"
    # Everybody of an area may write its name.
    text = text.replace(normalise(asked.area), " ") if asked.area else text
    words = lexicon.words_in(text)
    concepts = frozenset(words)
    return Traits(
        asked=asked,
        text=text,
        characters=frozenset(
            character for run in RUN.findall(text) if not run.isascii() for character in run
        ),
        pairs=frozenset(_pairs(text)),
        words=words,
        concepts=concepts - lexicon.circumstances,
        circumstances=concepts & lexicon.circumstances,
        title=frozenset(lexicon.words_in(title)) - lexicon.circumstances,
        landmarks=landmarks_of(text),
        asks=any(word in text for word in ASKING),
        title_asks=any(word in title for word in ASKING),
    )


def _pairs(text: str) -> Iterator[str]:
    for run in RUN.findall(text):
        if run.isascii():
            if len(run) > 1 and run.isalpha():
                yield run
            continue
        for start in range(len(run) - 1):
            yield run[start : start + 2]
