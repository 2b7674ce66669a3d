"""How well routing and likeness do on labelled requests: what ``flask route`` and ``flask similar`` print."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from service_desk.desk.likeness import vocabulary
from service_desk.desk.routing import beginnings, example
from service_desk.domain.asked import Asked
from service_desk.domain.danger import danger_words_in
from service_desk.domain.errors import Invalid
from service_desk.domain.learning import Example, Learned
from service_desk.domain.likeness import same_matters
from service_desk.domain.routing import Knowledge, propose
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Urgency
from service_desk.store.law import Law


@dataclass(frozen=True)
class Labelled:
    """A request, and what it is labelled with; what a line does not give is empty."""

    asked: Asked
    lead: str = ""
    also_right: tuple[str, ...] = ()
    urgency: str = ""
    group: str = ""


@dataclass
class Tally:
    """How often the proposal was right, left to the desk, or wrong."""

    right: int = 0
    abstained: int = 0
    wrong: int = 0

    def count(self, request: Labelled, proposed: str | None) -> None:
        """One more proposal. Where a request belongs to nobody, proposing nobody is right."""
        if proposed in {request.lead or None, *request.also_right}:
            self.right += 1
        elif proposed is None:
            self.abstained += 1
        else:
            self.wrong += 1


@dataclass
class Routed:
    """What became of a file: the whole, each category, and the danger words."""

    whole: Tally = field(default_factory=Tally)
    categories: dict[str, Tally] = field(default_factory=dict)
    critical: int = 0
    found: int = 0
    false: int = 0

    def as_json(self) -> dict[str, Any]:
        """As it is printed."""
        return {
            **vars(self.whole),
            "categories": {name: vars(tally) for name, tally in self.categories.items()},
            "urgent": {
                "recall": self.found / self.critical if self.critical else None,
                "critical": self.critical,
                "found": self.found,
                "false": self.false,
            },
        }


def read_labelled(line: Mapping[str, Any], number: int) -> Labelled:
    """One line of a file of labelled requests. Raises ``Invalid`` where title or description are missing."""
    for name in ("title", "description"):
        if not isinstance(line.get(name), str) or not line[name].strip():
            raise Invalid(say("第 %(number)s 行：缺少 %(name)s", number=number, name=name))

    def given(name: str) -> str | None:
        return str(line.get(name) or "").strip() or None

    return Labelled(
        asked=Asked(
            line["title"],
            line["description"],
            given("category"),
            given("park_area"),
            given("enterprise_name"),
        ),
        lead=given("lead_department") or "",
        also_right=tuple(line.get("ambiguous_with") or ()),
        urgency=given("urgency") or "",
        group=given("duplicate_group") or "",
    )


def judge_routing(requests: Sequence[Labelled], law: Law) -> Routed:
    """Route each request by title, text, area and enterprise, with what the *other* requests teach."""
    of_file = [_example(request) for request in requests if request.lead]
    # A shipped example that is in the file would give its answer away.
    texts = {each.text for each in of_file}
    learned = Learned([*(each for each in beginnings(law) if each.text not in texts), *of_file])
    knowledge = Knowledge(law.rules, law.matters, learned)
    done = Routed()
    for request in requests:
        if request.lead:
            learned.forget(_example(request))
        asked = request.asked
        proposal = propose(knowledge, Asked(asked.title, asked.text, None, asked.area, asked.enterprise))
        if request.lead:
            learned.learn(_example(request))
        lead = proposal.lead if proposal else None
        done.whole.count(request, lead)
        done.categories.setdefault(asked.category or "", Tally()).count(request, lead)
        critical = request.urgency == Urgency.CRITICAL.label
        alarmed = bool(danger_words_in(f"{asked.title}\n{asked.text}", law.danger_words))
        done.critical += critical
        done.found += critical and alarmed
        done.false += alarmed and not critical
    return done


def judge_likeness(requests: Sequence[Labelled]) -> dict[str, Any]:
    """Precision and recall over all pairs: taken for one matter, against labelled with one group."""
    words = vocabulary()
    found = same_matters([words.traits(request.asked) for request in requests], words)
    labelled = {
        (a, b)
        for a, b in combinations(range(len(requests)), 2)
        if requests[a].group and requests[a].group == requests[b].group
    }
    right = len(found & labelled)
    return {
        "lines": len(requests),
        "groups": len({request.group for request in requests if request.group}),
        "pairs": {"labelled": len(labelled), "found": len(found), "right": right},
        "precision": right / len(found) if found else None,
        "recall": right / len(labelled) if labelled else None,
    }


def _example(request: Labelled) -> Example:
    return example(request.asked.title, request.asked.text, request.lead)
