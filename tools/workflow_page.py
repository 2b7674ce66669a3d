"""Draw the table of actions as docs/workflow.md: a diagram of the states, every step, every field.

``--check`` compares instead of writing. States that no step leads to yet are left out.
"""

import sys
from collections.abc import Iterable, Iterator

from pages import ROOT, put, table

sys.path.insert(0, str(ROOT))

from service_desk.domain.actions import FIELDS, Action, Field, Party
from service_desk.domain.rules import NAMED_FACT
from service_desk.domain.vocabulary import AssignmentRole, ClockKind, State, Wait, Word
from service_desk.domain.workflow import PAUSED_BY, STEPS, Step

REACHED = frozenset({State.DRAFT} | {step.to for step in STEPS if step.to})
AFTER_FILING = REACHED - {State.DRAFT}
# A clock that nothing starts yet is not spoken of.
STARTED = frozenset(kind for step in STEPS for kind in (*step.starts, *step.support_starts))
CLOCK_MOVES = (
    ("starts", "起"),
    ("support_starts", "协办起"),
    ("stops", "止"),
    ("judges", "按答复时刻判定"),
    ("cuts", "截止"),
)

INTRODUCTION = """\
# 操作表

本页由 `make docs` 按 `service_desk/domain/workflow.py` 的 `STEPS` 生成，请勿手改；
`.venv/bin/flask --app wsgi workflow --json` 给出同样的内容。

页面上的按钮、表单、权限和这张图都读同一张表。表里的每一行说：谁，在什么状态下，可以做什么，做完到哪一步。
"""

BEFORE_THE_STEPS = """
## 每一步

“另有条件”是不符合时给出的答复。“时限”一栏：起＝开始计时，止＝计时结束，停＝暂停（等什么），续＝不再等；
“按答复时刻判定”＝以答复那一刻判定是否按时，“截止”＝未到期的作废、已到期的算超期；
“协办起”是每个协办单位各自的时限。企业看不到标为“内部”的记录。
同一操作有几行的，由具体情形决定走哪一行。
"""

BEFORE_THE_FIELDS = """
## 每一步要填什么

表单和命令行用同样的名称；带 * 的必填。
"""


def diagram() -> Iterator[str]:
    """The states and the ways between them, in Mermaid's words."""
    yield "```mermaid"
    yield "stateDiagram-v2"
    for state in State:
        if state in AFTER_FILING:
            yield f'    state "{state.label}" as {state.value}'
    ways: dict[tuple[State, State], list[str]] = {}
    for step in STEPS:
        for source in State:
            if source in step.sources & REACHED and step.to:
                ways.setdefault((source, step.to), []).append(step.action.label)
    for (source, target), labels in ways.items():
        begins = "[*]" if source is State.DRAFT else source.value
        yield f"    {begins} --> {target.value} : {' / '.join(dict.fromkeys(labels))}"
    yield "```"


def steps() -> Iterator[str]:
    """Every row of the table."""
    headings = ("操作", "名称", "从", "到", "由谁办", "另有条件", "时限", "记录")
    return table(headings, map(_step, STEPS))


def _step(step: Step) -> tuple[str, ...]:
    name = f"`{step.action.value}`" + (f"（{step.variant}）" if step.variant else "")
    return (
        step.action.label,
        name,
        _sources(step),
        step.to.label if step.to else "不变",
        _labels(Party, step.by),
        "<br>".join(NAMED_FACT.sub("…", (rule.__doc__ or "").strip()) for rule in step.when),
        _clocks(step),
        "公开" if step.public else "内部",
    )


def _sources(step: Step) -> str:
    if step.sources >= AFTER_FILING:
        return "提交后的任何状态"
    return _labels(State, step.sources & REACHED)


def _labels(words: type[Word], chosen: Iterable[Word]) -> str:
    """The chosen words in the order of their set."""
    kept = frozenset(chosen)
    return "、".join(word.label for word in words if word in kept)


def _clocks(step: Step) -> str:
    moves = ((word, STARTED.intersection(getattr(step, name))) for name, word in CLOCK_MOVES)
    words = [f"{word}：{_labels(ClockKind, kinds)}" for word, kinds in moves if kinds]
    if step.waits:
        words.append(f"停（{step.waits.label}）：{_labels(ClockKind, PAUSED_BY[step.waits])}")
    if step.resumes:
        words.append(f"续（{_labels(Wait, step.resumes)}）")
    if step.releases:
        words.append(f"作废：{_labels(AssignmentRole, step.releases)}的时限")
    return "<br>".join([*words, "全部终止"] if step.ends else words)


def fields() -> Iterator[str]:
    """What each action asks for."""
    taken = {step.action for step in STEPS}
    rows = ((action.label, "、".join(map(_field, FIELDS[action]))) for action in Action if action in taken)
    return table(("操作", "填写"), rows)


def _field(field: Field) -> str:
    choices = "（" + " / ".join(word.label for word in field.choices) + "）" if field.choices else ""
    return f"{field.label}{'*' if field.required else ''} `{field.name}`{choices}"


def lines() -> Iterator[str]:
    """The whole page."""
    yield INTRODUCTION
    yield from diagram()
    yield BEFORE_THE_STEPS
    yield from steps()
    yield BEFORE_THE_FIELDS
    yield from fields()


if __name__ == "__main__":
    put("workflow.md", lines())
