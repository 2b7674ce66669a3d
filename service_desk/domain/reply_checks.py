"""What the desk is told about a reply before it verifies it; nothing is blocked."""

import re
from collections.abc import Iterable, Iterator

from service_desk.domain.ngrams import grams, normalise
from service_desk.domain.sentences import Sentence, say

SAME = 0.85
"""Replies that share so much of their wording are nearly the same."""
SHORTEST_COMPARED = 20
"""Characters: shorter replies are alike by nature."""
NAMED_BY = 4
"""So many characters in a row of an enterprise's name are enough to name it."""


def warnings(
    text: str, *, enterprise: str, number: str, has_evidence: bool, others: Iterable[tuple[str, str]]
) -> tuple[Sentence, ...]:
    """What is doubtful about a reply; ``others`` are (number, text) of replies to other cases."""
    return tuple(_warnings(text, enterprise, number, has_evidence=has_evidence, others=others))


def _warnings(
    text: str, enterprise: str, number: str, *, has_evidence: bool, others: Iterable[tuple[str, str]]
) -> Iterator[Sentence]:
    if not _names(text, enterprise, number):
        yield say("答复没有提到这家企业或诉求编号，请确认是针对本件的答复。")
    if not has_evidence:
        yield say("答复没有附佐证材料。")
    left = blanks(text)
    if left:
        yield say("答复里还有 %(left)s 处没有填写。", left=left)
    twin = _twin(text, others)
    if twin is not None:
        yield say("答复与%(number)s的答复几乎相同，请确认不是套用。", number=twin)


BLANK = re.compile(r"[_＿]{2,}|\{[^{}\n]{1,20}\}")
"""A place to be filled in: a line to write on, or a name in braces that no template filled."""


def blanks(text: str) -> int:
    """How many places of a text are still to be filled in."""
    return len(BLANK.findall(text))


def _names(text: str, enterprise: str, number: str) -> bool:
    """Whether a reply names the enterprise, in part at least, or the ticket."""
    written, name = normalise(text), normalise(enterprise)
    pieces = (name[start : start + NAMED_BY] for start in range(max(1, len(name) - NAMED_BY + 1)))
    return normalise(number) in written or any(piece in written for piece in pieces)


def _twin(text: str, others: Iterable[tuple[str, str]]) -> str | None:
    """The number of the case whose reply reads nearly the same."""
    if len(text) < SHORTEST_COMPARED:
        return None
    mine = set(grams(text, (3,)))
    for number, other in others:
        theirs = set(grams(other, (3,)))
        if mine and theirs and len(mine & theirs) / len(mine | theirs) >= SAME:
            return number
    return None
