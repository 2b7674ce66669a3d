"""Likeness: are two requests about the same matter?

People tell one matter in different words, and many matters in the same ones. What counts is what is rare: words
few others use, the road, the building, the minute. Topics (``data/topics.json``) hold words that mean the same
trouble; a trouble of the neighbourhood, such as a power cut, is shared by several enterprises, a loan is not.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, log
from typing import NamedTuple

from service_desk.domain.asked import Asked
from service_desk.domain.landmarks import Landmarks, in_digits, landmarks_of
from service_desk.domain.ngrams import RUN, normalise
from service_desk.domain.sentences import Sentence, say

THRESHOLD = 0.45
"""From this score on two requests are taken for one matter."""
DISTANT = 0.05
"""From this score on they are, where a third request is plainly about the same matter as either."""

RAREST = 5.3
"""Rarity ends here (nats): what one request in 200 says is as rare as what one in 2,000 says."""
BOILERPLATE = 2.5
"""A pair of characters this common (nats; one request in twelve) says nothing."""
MOST_OF_A_PHRASE, MOST_OF_A_KIND = 8.0, 6.0
REASONS = 4


@dataclass(frozen=True)
class Topic:
    """Words for one kind of trouble; whether it is the neighbourhood's or an enterprise's own."""

    words: tuple[str, ...]
    neighbourhood: bool


class Signs(NamedTuple):
    """What speaks for one matter, or against it. The same shape holds the weights (nats)."""

    always: float
    phrase: float
    """Weight of the rarest wording both use …"""
    second: float
    """… of the second …"""
    third: float
    """… and the third."""
    topics: float
    titles: float
    """Rarity of the topics both texts, and both titles, speak of."""
    road: float
    house: float
    other_road: float
    other_house: float
    time: float
    date: float
    other_date: float
    numbers: float
    named: float
    """One names the enterprise of the other."""
    area: float
    category: float


OF_ONE_ENTERPRISE = Signs(-5.0, 0.4, 0.7, 0.4, 0.3, 0.7, 0, 0.2, -0.3, -0.3, 0.5, 0.5, 0, 0.5, 0, 0, 1.6)
OF_SEVERAL = Signs(
    -10.0, 0.42, 0.3, 0.45, 0.64, 0.52, 3.5, 2.6, -1.6, -0.2, 1.5, 1.8, -1.5, 0.4, 1.8, 3.0, 0.85
)
"""Fitted by logistic regression to tests/data/duplicates.jsonl and rounded."""


@dataclass(frozen=True)
class Traits:
    """What a request is compared by."""

    asked: Asked
    text: str
    pairs: frozenset[str]
    """Its pairs of characters and its Latin words."""
    topics: frozenset[int]
    title_topics: frozenset[int]
    landmarks: Landmarks


@dataclass(frozen=True)
class Likeness:
    """How likely two requests are about one matter (0 to 1), and what they share."""

    score: float
    reason: Sentence


class Vocabulary:
    """The topics, and how rare each wording is among the requests it was made from."""

    def __init__(self, topics: Sequence[Topic], background: Iterable[Asked] = ()) -> None:
        self.topics = topics
        self._size = 0
        self._pairs: Counter[str] = Counter()
        self._topics: Counter[int] = Counter()
        self._numbers: Counter[str] = Counter()
        for asked in background:
            self.traits(asked)

    def traits(self, asked: Asked) -> Traits:
        """What a request is compared by. Its words count from now on when rarity is weighed."""
        title = normalise(asked.title)
        text = in_digits(f"{title}\n{normalise(asked.text)}")
        # Everybody of an area may write its name.
        text = text.replace(normalise(asked.area), " ") if asked.area else text
        topics = frozenset(
            index for index, topic in enumerate(self.topics) if any(word in text for word in topic.words)
        )
        found = Traits(
            asked=asked,
            text=text,
            pairs=frozenset(_pairs(text)),
            topics=topics,
            title_topics=frozenset(
                index for index in topics if any(word in title for word in self.topics[index].words)
            ),
            landmarks=landmarks_of(text),
        )
        self._size += 1
        self._pairs.update(found.pairs)
        self._topics.update(found.topics)
        self._numbers.update(found.landmarks.numbers)
        return found

    def rarity(self, pair: str) -> float:
        """How much it says that both use a pair of characters (nats)."""
        return self._rarity(self._pairs[pair])

    def rarity_of_topics(self, topics: Iterable[int]) -> float:
        """The same of topics, all in all."""
        return min(MOST_OF_A_KIND, sum(self._rarity(self._topics[topic]) for topic in topics))

    def rarity_of_numbers(self, numbers: Iterable[str]) -> float:
        """The same of numbers, all in all."""
        return min(MOST_OF_A_KIND, sum(self._rarity(self._numbers[number]) for number in numbers))

    def _rarity(self, count: int) -> float:
        return min(RAREST, log((self._size + 1) / (count + 0.5)))


def likeness(one: Traits, other: Traits, vocabulary: Vocabulary) -> Likeness:
    """How likely two requests are about the same matter, with the words they share."""
    same = one.asked.enterprise is not None and one.asked.enterprise == other.asked.enterprise
    phrases = _shared_phrases(one, other, vocabulary)
    topics = [topic for topic in one.topics & other.topics if same or vocabulary.topics[topic].neighbourhood]
    signs = _signs(one, other, phrases, topics, vocabulary)
    weights = OF_ONE_ENTERPRISE if same else OF_SEVERAL
    nats = sum(weight * sign for weight, sign in zip(weights, signs, strict=True))
    return Likeness(1 / (1 + exp(-nats)), _reason(one, other, phrases, topics, vocabulary))


def alike(one: Traits, others: Sequence[Traits], vocabulary: Vocabulary) -> dict[int, Likeness]:
    """Which of the others (by index) are about the matter of one, directly or by way of another."""
    found = {index: likeness(one, other, vocabulary) for index, other in enumerate(others)}
    plain = [index for index, like in found.items() if like.score >= THRESHOLD]
    return {
        index: like
        for index, like in found.items()
        if like.score >= THRESHOLD
        or (
            like.score >= DISTANT
            and any(likeness(others[index], others[by], vocabulary).score >= THRESHOLD for by in plain)
        )
    }


def same_matters(requests: Sequence[Traits], vocabulary: Vocabulary) -> set[tuple[int, int]]:
    """All pairs (by index, the lower first) that are about one matter, directly or by way of another."""
    scores = {
        (a, b): likeness(requests[a], requests[b], vocabulary).score
        for a, b in combinations(range(len(requests)), 2)
    }
    near: dict[int, set[int]] = {index: set() for index in range(len(requests))}
    for (a, b), score in scores.items():
        if score >= THRESHOLD:
            near[a].add(b)
            near[b].add(a)
    return {
        (a, b)
        for (a, b), score in scores.items()
        if score >= THRESHOLD or (score >= DISTANT and near[a] & near[b])
    }


def _pairs(text: str) -> Iterator[str]:
    for run in RUN.findall(text):
        if run.isascii():
            if len(run) > 1 and run.isalpha():
                yield run
            continue
        for start in range(len(run) - 1):
            yield run[start : start + 2]


def _shared_phrases(one: Traits, other: Traits, vocabulary: Vocabulary) -> list[tuple[float, str]]:
    """The longest wordings both use, the rarest first, with their weights (nats)."""
    shared = one.pairs & other.pairs
    phrases: dict[str, float] = {}
    for run in RUN.findall(one.text) if shared else ():
        if run.isascii():
            if run in shared:
                phrases[run] = vocabulary.rarity(run)
            continue
        start = 0
        while start < len(run) - 1:
            end = start + 2
            while end <= len(run) and run[start:end] in other.text:
                end += 1
            phrase = run[start : end - 1]
            if len(phrase) > 1:
                pairs = (phrase[place : place + 2] for place in range(len(phrase) - 1))
                phrases[phrase] = sum(max(0, vocabulary.rarity(pair) - BOILERPLATE) for pair in pairs)
            start = max(start + 1, end - 2)
    # A shared road is a sign of its own.
    roads = one.landmarks.roads & other.landmarks.roads
    return sorted(
        (
            (weight, phrase)
            for phrase, weight in phrases.items()
            if weight > 0 and not any(road in phrase or phrase in road for road in roads)
        ),
        reverse=True,
    )


def _signs(
    one: Traits,
    other: Traits,
    phrases: Sequence[tuple[float, str]],
    topics: Sequence[int],
    vocabulary: Vocabulary,
) -> Signs:
    first, second, third = [min(MOST_OF_A_PHRASE, weight) for weight, _ in phrases[:3]] + [0.0] * (
        3 - len(phrases[:3])
    )
    a, b = one.landmarks, other.landmarks
    area = _agree(one.asked.area, other.asked.area)
    return Signs(
        always=1,
        phrase=first,
        second=second,
        third=third,
        topics=vocabulary.rarity_of_topics(topics),
        titles=vocabulary.rarity_of_topics(
            topic for topic in topics if topic in one.title_topics & other.title_topics
        ),
        road=bool(a.roads & b.roads),
        # Every area has a building 5.
        house=bool(a.houses & b.houses) * area,
        other_road=_differ(a.roads, b.roads),
        other_house=_differ(a.houses, b.houses),
        time=bool(a.times & b.times),
        date=bool(a.dates & b.dates),
        other_date=_differ(a.dates, b.dates),
        numbers=vocabulary.rarity_of_numbers(a.numbers & b.numbers),
        named=_names(one, other) or _names(other, one),
        area=area,
        category=_agree(one.asked.category, other.asked.category),
    )


def _agree(one: str | None, other: str | None) -> float:
    """1 for the same, 0 for another, in between where one is not known."""
    return 0.5 if not one or not other else float(one == other)


def _differ(one: frozenset[object], other: frozenset[object]) -> bool:
    return bool(one and other and not one & other)


def _names(one: Traits, other: Traits) -> bool:
    """Whether one speaks of the other's enterprise by its short name, which comes first or after the county's."""
    own, name = one.asked.enterprise or "", other.asked.enterprise or ""
    short = (name[:2], name[2:4])
    return own != name and any(len(part) > 1 and part not in own and part in one.text for part in short)


def _reason(
    one: Traits,
    other: Traits,
    phrases: Sequence[tuple[float, str]],
    topics: Sequence[int],
    vocabulary: Vocabulary,
) -> Sentence:
    places = sorted(one.landmarks.roads & other.landmarks.roads)
    wordings = [next(word for word in vocabulary.topics[topic].words if word in one.text) for topic in topics]
    words: Mapping[str, None] = dict.fromkeys([*places, *wordings, *(phrase for _, phrase in phrases)])
    shared = [word for word in words if not any(word != longer and word in longer for longer in words)]
    if not shared:
        return say("没有共同的字词")
    return say("都提到%(words)s", words=tuple(f"“{word}”" for word in shared[:REASONS]))
