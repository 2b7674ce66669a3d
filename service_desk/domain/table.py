"""The table of actions as people read it: what docs/workflow.md and the page of the rules are both drawn from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from service_desk.domain.actions import FIELDS, Action, Field, Party
from service_desk.domain.rules import NAMED_FACT, Rule
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import AssignmentRole, ClockKind, State, Wait, Word
from service_desk.domain.workflow import PAUSED_BY, REACHED, STEPS, Step

W = TypeVar("W", bound=Word)

STATES = tuple(state for state in State if state in REACHED | {State.DRAFT})
UNSAID = "…"
"""Stands in a condition for the fact of a ticket that its refusal names."""

# A clock that nothing starts is not spoken of.
STARTED = frozenset(kind for step in STEPS for kind in (*step.starts, *step.support_starts))


@dataclass(frozen=True)
class Row:
    """A step in words; ``anywhere`` where it may be taken in all states once submitted.

    ``conditions`` are the sentences of its rules, ``clocks`` what becomes of the clocks.
    """

    step: Step
    sources: tuple[State, ...]
    anywhere: bool
    by: tuple[Party, ...]
    conditions: tuple[Sentence, ...]
    clocks: tuple[Sentence, ...]


@dataclass(frozen=True)
class ActionRows:
    """All rows of one action, and what it asks for."""

    action: Action
    rows: tuple[Row, ...]
    fields: tuple[Field, ...]


def rows() -> tuple[Row, ...]:
    """Every row, in the order of the table."""
    return tuple(map(_row, STEPS))


def by_action() -> tuple[ActionRows, ...]:
    """The rows gathered by action, in the actions' own order."""
    gathered: dict[Action, list[Row]] = {action: [] for action in Action}
    for row in rows():
        gathered[row.step.action].append(row)
    return tuple(
        ActionRows(action, tuple(found), FIELDS[action]) for action, found in gathered.items() if found
    )


def ways() -> dict[tuple[State, State], tuple[Action, ...]]:
    """From which state to which, by which actions; from state to state in the order of the table."""
    found: dict[tuple[State, State], dict[Action, None]] = {}
    for step in STEPS:
        for source in in_order(STATES, step.sources):
            if step.to:
                found.setdefault((source, step.to), {})[step.action] = None
    return {way: tuple(actions) for way, actions in found.items()}


def in_order(words: Iterable[W], chosen: Iterable[W]) -> tuple[W, ...]:
    """The chosen words in the order of their set."""
    kept = frozenset(chosen)
    return tuple(word for word in words if word in kept)


def _row(step: Step) -> Row:
    return Row(
        step=step,
        sources=in_order(STATES, step.sources),
        anywhere=step.sources >= REACHED,
        by=in_order(Party, step.by),
        conditions=tuple(map(_condition, step.when)),
        clocks=_clocks(step),
    )


def _condition(rule: Rule) -> Sentence:
    words = rule.__doc__ or ""
    if isinstance(words, Sentence):
        return words
    words = words.strip()
    return say(words, **dict.fromkeys(NAMED_FACT.findall(words), UNSAID))


def _clocks(step: Step) -> tuple[Sentence, ...]:
    moves = (
        ("起：%(kinds)s", step.starts),
        ("协办起：%(kinds)s", step.support_starts),
        ("止：%(kinds)s", step.stops),
        ("按答复时刻判定：%(kinds)s", step.judges),
        ("截止：%(kinds)s", step.cuts),
    )
    moved = ((template, in_order(ClockKind, STARTED.intersection(kinds))) for template, kinds in moves)
    said = [say(template, kinds=kinds) for template, kinds in moved if kinds]
    if step.waits:
        kinds = in_order(ClockKind, PAUSED_BY[step.waits])
        said.append(say("停（%(wait)s）：%(kinds)s", wait=step.waits, kinds=kinds))
    if step.resumes:
        said.append(say("续（%(waits)s）", waits=in_order(Wait, step.resumes)))
    if step.releases:
        said.append(say("作废：%(roles)s的时限", roles=in_order(AssignmentRole, step.releases)))
    return (*said, say("全部终止")) if step.ends else tuple(said)
