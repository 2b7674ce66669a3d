"""Likeness: are two requests about the same matter?

People tell one matter in different words, and many matters in the same ones. What counts is what is rare: concepts,
wordings and characters few others use, the road, the building, the minute, a name. How much each sign counts was
learned from labelled requests (``tools/likeness_weights.py``).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import exp, log, sqrt
from operator import mul
from typing import NamedTuple

from service_desk.domain.asked import Asked
from service_desk.domain.concepts import Lexicon
from service_desk.domain.landmarks import shared_roads
from service_desk.domain.ngrams import RUN
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.traits import Traits, traits_of

THRESHOLD = 0.6
"""From this score on two requests are taken for one matter."""
DISTANT = 0.35
"""From this score on they are, where a third request is as like to both, and plainly like one of them."""

RAREST = 5.3
"""Rarity ends here (nats): what one request in 200 says is as rare as what one in 2,000 says."""
COMMON_CHARACTER, COMMON_PAIR = 1.0, 2.5
"""What is this common (nats) says nothing."""
MOST_OF_CONCEPTS, MOST_OF_A_TITLE, MOST_OF_A_KIND = 12.0, 8.0, 6.0
RARE_CHARACTERS, RARE_PAIRS = 3, 2
"""So many of the rarest that both use count."""
REASONS = 4


class Signs(NamedTuple):
    """What speaks for one matter, or against it. The same shape holds the weights (nats)."""

    always: float
    area: float
    category: float
    concepts: float
    """Rarity of the concepts both speak of …"""
    rarest: float
    """… of the rarest of them …"""
    agreement: float
    """… how much of all either speaks of these are (cosine) …"""
    focus: float
    """… of those that one has in its title and the other anywhere …"""
    titles: float
    """… and of those in both titles."""
    circumstances: float
    pairs: float
    characters: float
    road: float
    other_road: float
    house: float
    other_house: float
    time: float
    date: float
    other_date: float
    amounts: float
    name: float
    """Both write a name no request of the background does."""
    named: float
    """One names the enterprise of the other."""
    one_asks: float
    """One wants to know something, the other complains …"""
    one_title_asks: float
    """… and the same by the titles alone."""


@dataclass(frozen=True)
class Weights:
    """What each sign counts: between requests of one enterprise, and of several."""

    of_one: Signs
    of_several: Signs


@dataclass(frozen=True)
class Likeness:
    """How likely two requests are about one matter (0 to 1), and what they share."""

    score: float
    reason: Sentence


class Counts:
    """In how many requests each character, pair, concept and amount stands."""

    def __init__(self, requests: Iterable[Traits] = ()) -> None:
        self.size = 0
        self.words: Counter[str] = Counter()
        self.concepts: Counter[int] = Counter()
        self.amounts: Counter[float] = Counter()
        for each in requests:
            self.add(each)

    def add(self, one: Traits) -> None:
        """One more request."""
        self.size += 1
        self.words.update(one.characters)
        self.words.update(one.pairs)
        self.concepts.update(one.words.keys())
        self.amounts.update(one.landmarks.amounts)

    def copy(self) -> "Counts":
        """The same, to go on counting from."""
        other = Counts()
        other.size = self.size
        other.words, other.concepts = self.words.copy(), self.concepts.copy()
        other.amounts = self.amounts.copy()
        return other


class Vocabulary:
    """The concepts, what signs count, and how rare each wording is: in the background, and the requests at hand."""

    def __init__(self, lexicon: Lexicon, weights: Weights, background: Counts) -> None:
        self.weights = weights
        self._lexicon = lexicon
        self._known = background.words
        self._counts = background.copy()

    def traits(self, asked: Asked) -> Traits:
        """What a request is compared by. Its words count from now on when rarity is weighed."""
        found = traits_of(asked, self._lexicon)
        self._counts.add(found)
        return found

    def rarity(self, word: str) -> float:
        """How much it says that both use a character or a pair of them (nats)."""
        return _rarity(self._counts.size, self._counts.words[word])

    def rarest(self, how_many: int, words: Iterable[str], common: float) -> float:
        """The same of the rarest of several, as far as it exceeds what is common."""
        counts = sorted(map(self._counts.words.__getitem__, words))[:how_many]
        return sum(max(0.0, _rarity(self._counts.size, count) - common) for count in counts)

    def rarity_of_concept(self, concept: int) -> float:
        """The same of a concept."""
        return _rarity(self._counts.size, self._counts.concepts[concept])

    def rarity_of_amount(self, amount: float) -> float:
        """The same of an amount."""
        return _rarity(self._counts.size, self._counts.amounts[amount])

    def is_known(self, name: str) -> bool:
        """Whether a request of the background uses the beginning of a name."""
        return name[:2] in self._known


@lru_cache(maxsize=5000)
def _rarity(size: int, count: int) -> float:
    return min(RAREST, log((size + 1) / (count + 0.5)))


def likeness(one: Traits, other: Traits, vocabulary: Vocabulary) -> Likeness:
    """How likely two requests are about the same matter, with the words they share."""
    return Likeness(score(one, other, vocabulary), _reason(one, other, vocabulary))


def score(one: Traits, other: Traits, vocabulary: Vocabulary) -> float:
    """How likely two requests are about the same matter; 0 where they have no wording in common at all."""
    if not comparable(one, other):
        return 0.0
    weights = vocabulary.weights.of_one if same_enterprise(one, other) else vocabulary.weights.of_several
    nats = sum(map(mul, weights, signs(one, other, vocabulary)))
    return 1 / (1 + exp(-nats))


def comparable(one: Traits, other: Traits) -> bool:
    """Whether they have anything in common that is worth weighing."""
    return not one.concepts.isdisjoint(other.concepts) or not one.pairs.isdisjoint(other.pairs)


def same_enterprise(one: Traits, other: Traits) -> bool:
    """Whether one enterprise, known by its name, filed both."""
    return one.asked.enterprise is not None and one.asked.enterprise == other.asked.enterprise


def alike(one: Traits, others: Sequence[Traits], vocabulary: Vocabulary) -> dict[int, Likeness]:
    """Which of the others (by index) are about the matter of one, directly or by way of another."""
    near = {index: score(one, other, vocabulary) for index, other in enumerate(others)}
    near = {index: found for index, found in near.items() if found >= DISTANT}

    def connected(index: int) -> bool:
        return any(
            _connects(by, score(others[index], others[between], vocabulary))
            for between, by in near.items()
            if between != index
        )

    return {
        index: Likeness(found, _reason(one, others[index], vocabulary))
        for index, found in near.items()
        if found >= THRESHOLD or connected(index)
    }


def same_matters(requests: Sequence[Traits], vocabulary: Vocabulary) -> set[tuple[int, int]]:
    """All pairs (by index, the lower first) that are about one matter, directly or by way of another."""
    near: list[dict[int, float]] = [{} for _ in requests]
    for a, b in combinations(range(len(requests)), 2):
        found = score(requests[a], requests[b], vocabulary)
        if found >= DISTANT:
            near[a][b] = near[b][a] = found
    return {
        (a, b)
        for a, b in combinations(range(len(requests)), 2)
        if b in near[a]
        and (
            near[a][b] >= THRESHOLD
            or any(_connects(near[a][c], near[b][c]) for c in near[a].keys() & near[b].keys())
        )
    }


def _connects(one: float, other: float) -> bool:
    """Whether a third request speaks for two being about one matter, by how like it is to each of them."""
    return min(one, other) >= DISTANT and max(one, other) >= THRESHOLD


def signs(one: Traits, other: Traits, vocabulary: Vocabulary) -> Signs:
    """What speaks for one matter, or against it."""
    a, b = one.landmarks, other.landmarks
    rarity_of = vocabulary.rarity_of_concept
    area = _agree(one.asked.area, other.asked.area)
    shared = [rarity_of(concept) for concept in one.concepts & other.concepts]
    roads = bool(a.roads and b.roads and shared_roads(a, b))
    houses = bool(a.houses & b.houses)
    return Signs(
        always=1,
        area=area,
        category=_agree(one.asked.category, other.asked.category),
        concepts=min(MOST_OF_CONCEPTS, sum(shared)),
        rarest=max(shared, default=0.0),
        agreement=_cosine(one.concepts, other.concepts, rarity_of),
        focus=min(
            MOST_OF_A_TITLE,
            sum(map(rarity_of, (one.title & other.concepts) | (other.title & one.concepts))),
        ),
        titles=min(MOST_OF_A_TITLE, sum(map(rarity_of, one.title & other.title))),
        circumstances=min(MOST_OF_A_KIND, sum(map(rarity_of, one.circumstances & other.circumstances))),
        pairs=vocabulary.rarest(RARE_PAIRS, one.pairs & other.pairs, COMMON_PAIR),
        characters=vocabulary.rarest(RARE_CHARACTERS, one.characters & other.characters, COMMON_CHARACTER),
        road=roads,
        other_road=bool(a.roads and b.roads) and not roads,
        # Every area has a building 5.
        house=houses * area,
        other_house=bool(a.houses and b.houses) and not houses,
        time=bool(a.times & b.times),
        date=bool(a.dates & b.dates),
        other_date=bool(a.dates and b.dates) and not a.dates & b.dates,
        amounts=min(MOST_OF_A_KIND, sum(map(vocabulary.rarity_of_amount, a.amounts & b.amounts))),
        name=bool(_shared_names(one, other, vocabulary)),
        named=_names(one, other) or _names(other, one),
        one_asks=one.asks != other.asks,
        one_title_asks=one.title_asks != other.title_asks,
    )


def _agree(one: str | None, other: str | None) -> float:
    """1 for the same, 0 for another, in between where one is not known."""
    return 0.5 if not one or not other else float(one == other)


def _cosine(one: frozenset[int], other: frozenset[int], rarity_of: Callable[[int], float]) -> float:
    if one.isdisjoint(other):
        return 0.0

    def squares(concepts: frozenset[int]) -> float:
        return sum(rarity_of(concept) ** 2 for concept in concepts)

    return squares(one & other) / sqrt(squares(one) * squares(other))


def _shared_names(one: Traits, other: Traits, vocabulary: Vocabulary) -> list[str]:
    """What may be a name in one and stands in the other, too, but in no request of the background."""
    return sorted(
        {name for name in one.landmarks.names if name in other.text and not vocabulary.is_known(name)}
        | {name for name in other.landmarks.names if name in one.text and not vocabulary.is_known(name)}
    )


def _names(one: Traits, other: Traits) -> bool:
    """Whether one speaks of the other's enterprise by its short name, which comes first or after the county's."""
    own, name = one.asked.enterprise or "", other.asked.enterprise or ""
    short = (name[:2], name[2:4])
    return own != name and any(len(part) > 1 and part not in own and part in one.text for part in short)


def _reason(one: Traits, other: Traits, vocabulary: Vocabulary) -> Sentence:
    """What they share, the most telling first; two words for one concept stand beside each other."""
    concepts = sorted(
        one.concepts & other.concepts, key=lambda each: (-vocabulary.rarity_of_concept(each), each)
    )
    shared = dict.fromkeys(
        [
            *shared_roads(one.landmarks, other.landmarks),
            *_shared_names(one, other, vocabulary),
            *(_both(one.words[concept], other.words[concept]) for concept in concepts),
            *_shared_phrases(one, other, vocabulary),
        ]
    )
    told = [word for word in shared if not any(word != longer and word in longer for longer in shared)]
    if not told:
        return say("没有共同的字词")
    return say("都提到%(words)s", words=tuple(f"“{word}”" for word in told[:REASONS]))


def _both(word: str, other: str) -> str:
    if word in other or other in word:
        return min(word, other, key=len)
    return f"{word}/{other}"


def _shared_phrases(one: Traits, other: Traits, vocabulary: Vocabulary) -> list[str]:
    """The longest wordings both use that are not common, the rarest first."""
    phrases: dict[str, float] = {}
    for run in RUN.findall(one.text):
        start = 0
        while start < len(run) - 1:
            end = start + 2
            while end <= len(run) and run[start:end] in other.text:
                end += 1
            phrase = run[start : end - 1]
            if len(phrase) > 1 and not run.isascii():
                pairs = (phrase[place : place + 2] for place in range(len(phrase) - 1))
                phrases[phrase] = sum(max(0, vocabulary.rarity(pair) - COMMON_PAIR) for pair in pairs)
            start = max(start + 1, end - 2)
    return sorted(
        (phrase for phrase, weight in phrases.items() if weight > 0), key=lambda each: -phrases[each]
    )
