"""Routing: which department can settle a request, and what made us think so; never a silent guess.

Asked in this order: the rules, the matter list, what was learned from closed tickets. Where none is certain
there is no proposal, and the desk decides.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service_desk.domain.asked import Asked
from service_desk.domain.keywords import TOGETHER, Written, met, without_covered
from service_desk.domain.learning import Example, Learned, Suggestion
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import Word

CERTAIN = 1.6
"""A lighter line, such as one word of two characters in the text, gives way to what was learned."""
AHEAD = 1.5
"""How much more the best department must weigh than the next one."""
OWN_CATEGORY = 1.5
"""The category speaks for its lines; a text that clearly speaks for another category still wins."""
LEARNED_COUNTS = 15.0
"""What a nat a gram, by which a learned suggestion is ahead of the next, weighs beside the words of the list."""
SURE = 0.05
"""How far ahead it must be (nats a gram) to be enough where no word of the list was met."""


class MadeBy(Word):
    """What a proposal comes from."""

    RULE = "rule", "规则"
    MATTER = "matter", "事项清单"
    LEARNED = "learned", "历史派单"


@dataclass(frozen=True)
class MatterEntry:
    """One line of the matter list.

    Without keywords it stands for its whole category; without lead, for what the desk must look at itself.
    """

    category: str
    name: str
    keywords: tuple[str, ...]
    lead: str | None
    supports: tuple[str, ...]
    is_complex: bool = False
    row_id: int | None = None


@dataclass(frozen=True)
class RuleEntry:
    """A rule narrows the matter list: every condition it gives must hold; of its keywords, one."""

    name: str
    priority: int
    lead: str
    supports: tuple[str, ...] = ()
    category: str | None = None
    area: str | None = None
    enterprise: str | None = None
    keywords: tuple[str, ...] = ()
    row_id: int | None = None

    @property
    def asks_for_something(self) -> bool:
        """Whether it has a condition at all; one without any would take every ticket."""
        return any((self.category, self.area, self.enterprise, self.keywords))

    def holds_for(self, asked: Asked, written: Written) -> bool:
        """Whether all its conditions hold."""
        return (
            self.asks_for_something
            and self.category in (None, asked.category)
            and self.area in (None, asked.area)
            and self.enterprise in (None, asked.enterprise)
            and (not self.keywords or any(map(written.has, self.keywords)))
        )


@dataclass(frozen=True)
class Proposal:
    """Who should lead and support, what made it so, and the sentence that says it.

    ``row_id`` is that of the rule or matter, where one of them made it and it is kept as a row.
    """

    made_by: MadeBy
    lead: str | None
    supports: tuple[str, ...]
    reason: Sentence
    row_id: int | None = None


@dataclass(frozen=True)
class Knowledge:
    """All that routing goes by: rules, the matter list, and what was learned (None: nothing yet)."""

    rules: Sequence[RuleEntry]
    matters: Sequence[MatterEntry]
    learned: Learned | None = None


@dataclass(frozen=True)
class _Met:
    """A line of the list, the keywords it met, and how much they weigh."""

    matter: MatterEntry
    keywords: tuple[str, ...]
    weight: float


def seeds(matters: Iterable[MatterEntry]) -> list[Example]:
    """What is known before the first ticket is closed: each line's own words are an example for its lead."""
    return [
        Example(" ".join([matter.name, *matter.keywords]).replace(TOGETHER, " "), matter.lead)
        for matter in matters
        if matter.lead is not None and matter.keywords
    ]


def propose(knowledge: Knowledge, asked: Asked, *, barred: Iterable[str] = ()) -> Proposal | None:
    """Who should lead; None where nothing is certain. ``barred`` are departments never to be proposed."""
    out = frozenset(barred)
    written = Written.of(asked.title, asked.text)
    lines = _by_lead(_met_lines(knowledge.matters, asked, written), out)
    learned = knowledge.learned.suggest(f"{asked.title} {asked.text}", out) if knowledge.learned else None
    for proposal in (
        _by_rule(knowledge.rules, asked, written, out),
        _by_words(lines, learned),
        _own_line(knowledge.matters, asked, out) if not lines else None,
        _by_learning(learned, [line.matter.lead for line in lines[:2]]),
    ):
        if proposal is not None:
            return proposal
    return None


def matter_of(matters: Sequence[MatterEntry], asked: Asked) -> MatterEntry | None:
    """The line of the ticket's own category that its words meet best, else the category's own line."""
    own = [matter for matter in matters if matter.category == asked.category]
    lines = _met_lines(own, asked, Written.of(asked.title, asked.text))
    if lines:
        return max(lines, key=lambda line: line.weight).matter
    return next((matter for matter in own if not matter.keywords), None)


def _by_rule(
    rules: Sequence[RuleEntry], asked: Asked, written: Written, out: frozenset[str]
) -> Proposal | None:
    holding = [rule for rule in rules if rule.lead not in out and rule.holds_for(asked, written)]
    best = max(holding, key=lambda rule: rule.priority, default=None)
    if best is None:
        return None
    return Proposal(
        MadeBy.RULE,
        best.lead,
        _supports(best.supports, best.lead, out),
        say("规则“%(name)s”", name=best.name),
        best.row_id,
    )


def _met_lines(matters: Sequence[MatterEntry], asked: Asked, written: Written) -> list[_Met]:
    """The lines that have a keyword in the text. A keyword that is but a piece of another does not count."""
    weights = met((keyword for matter in matters for keyword in matter.keywords), written)
    whole = without_covered(weights)
    lines = []
    for matter in matters:
        words = tuple(keyword for keyword in matter.keywords if keyword in whole)
        if words:
            factor = OWN_CATEGORY if matter.category == asked.category else 1.0
            lines.append(_Met(matter, words, factor * sum(weights[word] for word in words)))
    return lines


def _by_lead(lines: Sequence[_Met], out: frozenset[str]) -> list[_Met]:
    """The best line of each lead, the heaviest first."""
    best: dict[str | None, _Met] = {}
    for line in sorted(lines, key=lambda line: -line.weight):
        if line.matter.lead not in out:
            best.setdefault(line.matter.lead, line)
    return list(best.values())


def _by_words(lines: Sequence[_Met], learned: Suggestion | None) -> Proposal | None:
    """The heaviest line, where its department weighs clearly more than any other; what was learned weighs in."""
    weights = {line.matter.lead: line.weight for line in lines}
    if learned is not None:
        weights[learned.lead] = weights.get(learned.lead, 0.0) + LEARNED_COUNTS * learned.margin
    best, *others = sorted(weights, key=lambda lead: -weights[lead]) or [None]
    line = next((line for line in lines if line.matter.lead == best), None)
    if line is None or any(weights[best] < AHEAD * weights[other] for other in others):
        return None
    if learned is not None and weights[best] < CERTAIN:
        return None
    matter = line.matter
    reason = say(
        "事项清单“%(category)s－%(matter)s”，文中提到%(met)s",
        category=matter.category,
        matter=matter.name,
        met=_quoted(keyword.replace(TOGETHER, "…") for keyword in line.keywords),
    )
    return Proposal(MadeBy.MATTER, matter.lead, matter.supports, reason, matter.row_id)


def _own_line(matters: Sequence[MatterEntry], asked: Asked, out: frozenset[str]) -> Proposal | None:
    """The line that stands for the whole category; one that leaves the choice to the desk proposes nobody."""
    for matter in matters:
        if matter.category == asked.category and not matter.keywords and matter.lead not in (None, *out):
            reason = say("事项清单“%(category)s”的默认承办单位", category=matter.category)
            return Proposal(MadeBy.MATTER, matter.lead, matter.supports, reason, matter.row_id)
    return None


def _by_learning(suggestion: Suggestion | None, candidates: Sequence[str | None]) -> Proposal | None:
    """What was learned, where it is certain or decides between the departments that words speak for."""
    if suggestion is None or None in candidates[:1]:
        return None
    if suggestion.margin < SURE and suggestion.lead not in candidates:
        return None
    reason = say("与已办结诉求的派单相似，相近的字词有%(words)s", words=_quoted(suggestion.because))
    return Proposal(MadeBy.LEARNED, suggestion.lead, (), reason)


def _supports(names: Iterable[str], lead: str, out: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in names if name != lead and name not in out)


def _quoted(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"“{word}”" for word in words)
