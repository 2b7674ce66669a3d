"""Learn what each sign of likeness counts, from labelled requests.

Run it as ``make weights``. Every file is compared within itself, and is cut in two halves by its groups: on stderr
stands how well each half is judged by what all the other halves teach.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import exp, log
from pathlib import Path

from pages import ROOT

sys.path.insert(0, str(ROOT))

from service_desk.desk.judging import Labelled, read_labelled
from service_desk.desk.likeness import vocabulary
from service_desk.domain.likeness import THRESHOLD, Signs, comparable, same_enterprise, signs

TAUGHT_BY = ("duplicates", "duplicates_2", "duplicates_3")
"""Files of tests/data/; duplicates_holdout teaches nothing, so that it can judge."""
PENALTY = 3.0
"""How hard a weight is held to zero (ridge); the first, which is always there, is not."""
FREE = 0.001
ROUNDS, SMALL_STEP = 30, 0.0001


@dataclass(frozen=True)
class Pair:
    """Two requests of a file: the signs between them, and whether they are labelled with one group."""

    signs: tuple[float, ...]
    of_one: bool
    together: bool
    half: str | None
    """The half of the file that holds both; None where each is in another."""


def halves_of(name: str, requests: Sequence[Labelled]) -> list[str]:
    """The half each request is in; a group stays whole."""
    groups = dict.fromkeys(request.group or f"{place}" for place, request in enumerate(requests))
    half = {group: f"{name}, {('first', 'second')[number % 2]} half" for number, group in enumerate(groups)}
    return [half[request.group or f"{place}"] for place, request in enumerate(requests)]


def pairs_of(file: Path) -> list[Pair]:
    """All pairs of a file that have anything in common."""
    lines = file.read_text("utf-8").splitlines()
    requests = [read_labelled(json.loads(line), number) for number, line in enumerate(lines, start=1)]
    halves, words = halves_of(file.stem, requests), vocabulary()
    traits = [words.traits(request.asked) for request in requests]
    return [
        Pair(
            tuple(map(float, signs(traits[a], traits[b], words))),
            same_enterprise(traits[a], traits[b]),
            bool(requests[a].group) and requests[a].group == requests[b].group,
            halves[a] if halves[a] == halves[b] else None,
        )
        for a, b in combinations(range(len(requests)), 2)
        if comparable(traits[a], traits[b])
    ]


def learned(pairs: Sequence[Pair]) -> list[float]:
    """The weights under which the labels are likeliest: ridge logistic regression by Newton's method."""
    size = len(Signs._fields)
    weights = [0.0] * size
    sparse = [([(i, x) for i, x in enumerate(pair.signs) if x], float(pair.together)) for pair in pairs]
    for _ in range(ROUNDS):
        slope = [-(FREE if i == 0 else PENALTY) * weight for i, weight in enumerate(weights)]
        bend = [[(FREE if i == 0 else PENALTY) * (i == j) for j in range(size)] for i in range(size)]
        for row, label in sparse:
            chance = 1 / (1 + exp(-sum(weights[i] * x for i, x in row)))
            spread = chance * (1 - chance)
            for i, x in row:
                slope[i] += x * (label - chance)
                for j, y in row:
                    bend[i][j] += spread * x * y
        step = solved(bend, slope)
        weights = [weight + change for weight, change in zip(weights, step, strict=True)]
        if max(map(abs, step)) < SMALL_STEP:
            break
    return weights


def solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """The vector x with matrix · x = right (Gauss; the matrix is positive definite and needs no pivots)."""
    rows = [[*row, value] for row, value in zip(matrix, right, strict=True)]
    for place in range(len(rows)):
        pivot = rows[place] = [value / rows[place][place] for value in rows[place]]
        for other, row in enumerate(rows):
            if other != place and row[place]:
                factor = row[place]
                rows[other] = [value - factor * above for value, above in zip(row, pivot, strict=True)]
    return [row[-1] for row in rows]


def both(pairs: Sequence[Pair]) -> dict[bool, list[float]]:
    """Weights between requests of one enterprise (True) and of several (False)."""
    return {of_one: learned([pair for pair in pairs if pair.of_one is of_one]) for of_one in (True, False)}


def judged(pairs: Sequence[Pair], weights: dict[bool, list[float]]) -> str:
    """Precision and recall, without what a third request connects."""
    limit = log(THRESHOLD / (1 - THRESHOLD))
    found = [
        pair
        for pair in pairs
        if sum(w * x for w, x in zip(weights[pair.of_one], pair.signs, strict=True)) >= limit
    ]
    right = sum(pair.together for pair in found)
    labelled = sum(pair.together for pair in pairs)
    return f"precision {right / max(1, len(found)):.3f}, recall {right / max(1, labelled):.3f} of {labelled}"


def main() -> None:
    """Print the weights learned from all files; on stderr, how well each half is judged by the others."""
    pairs = [pair for name in TAUGHT_BY for pair in pairs_of(ROOT / "tests" / "data" / f"{name}.jsonl")]
    for half in sorted({pair.half for pair in pairs if pair.half}):
        own = [pair for pair in pairs if pair.half == half]
        others = [pair for pair in pairs if pair.half not in (half, None)]
        print(f"{half}: {judged(own, both(others))}", file=sys.stderr)
    weights = both(pairs)
    shown = {
        name: {sign: round(weight, 2) for sign, weight in zip(Signs._fields, weights[of_one], strict=True)}
        for name, of_one in (("of_one", True), ("of_several", False))
    }
    print(json.dumps(shown, indent=2))


if __name__ == "__main__":
    main()
