"""Which guides may answer somebody before they file: those that share rare words, or what they mean, with the title."""

from collections.abc import Iterable
from dataclasses import dataclass

from service_desk.domain.asked import Asked
from service_desk.domain.concepts import Lexicon
from service_desk.domain.likeness import COMMON_PAIR, Vocabulary
from service_desk.domain.traits import Traits, traits_of

LEAST = 4.0
"""What both share is at least this rare (nats): two pairs that some use, or one concept of few."""


@dataclass(frozen=True)
class Heading:
    """What a guide is found by: its title, and what else people call it."""

    id: int
    title: str
    keywords: tuple[str, ...] = ()


def closest(
    title: str, headings: Iterable[Heading], *, lexicon: Lexicon, vocabulary: Vocabulary, most: int
) -> list[int]:
    """The ids of at most so many guides, the closest first; none where nothing certain is shared."""
    wanted = traits_of(Asked(title, ""), lexicon)
    scores = {
        each.id: _shared(wanted, traits_of(Asked(each.title, "、".join(each.keywords)), lexicon), vocabulary)
        for each in headings
    }
    found = [guide_id for guide_id, score in scores.items() if score >= LEAST]
    return sorted(found, key=lambda guide_id: (-scores[guide_id], guide_id))[:most]


def _shared(one: Traits, other: Traits, vocabulary: Vocabulary) -> float:
    """How rare is what both say, and what both mean (nats)."""
    pairs = sum(max(0.0, vocabulary.rarity(pair) - COMMON_PAIR) for pair in one.pairs & other.pairs)
    return pairs + sum(map(vocabulary.rarity_of_concept, one.concepts & other.concepts))
