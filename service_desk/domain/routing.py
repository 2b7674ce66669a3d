"""Routing: which department can settle a request, with the reason; never a silent guess."""

from collections.abc import Sequence
from dataclasses import dataclass

from service_desk.domain.sentences import say


@dataclass(frozen=True)
class MatterEntry:
    """One line of the matter list. Without keywords it stands for its whole category."""

    category: str
    name: str
    keywords: tuple[str, ...]
    lead: str | None
    supports: tuple[str, ...]
    is_complex: bool = False


@dataclass(frozen=True)
class Proposal:
    """Who should lead and support, and the sentence that says what made it so."""

    matter: MatterEntry
    reason: str

    @property
    def lead(self) -> str | None:
        """The proposed lead; None where the list leaves the choice to the desk."""
        return self.matter.lead


def propose(matters: Sequence[MatterEntry], *, category: str, title: str, text: str) -> Proposal | None:
    """The line of the category whose keywords are met most often, the title counting double.

    Where no keyword is met it is the category's own line; None where the list has neither.
    """
    of_category = [matter for matter in matters if matter.category == category]

    def score(matter: MatterEntry) -> int:
        return sum(2 * (word in title) + (word in text) for word in matter.keywords)

    best = max(of_category, key=score, default=None)
    if best is not None and score(best) > 0:
        met = tuple(f"“{word}”" for word in best.keywords if word in title or word in text)
        return Proposal(
            best,
            say(
                "事项清单“%(category)s－%(matter)s”，文中提到%(met)s",
                category=category,
                matter=best.name,
                met=met,
            ),
        )
    own = next((matter for matter in of_category if not matter.keywords), None)
    return Proposal(own, say("事项清单“%(category)s”的默认承办单位", category=category)) if own else None
