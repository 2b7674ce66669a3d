"""Draw the table of actions as docs/workflow.md: a diagram of the states, every step, every field.

``--check`` compares instead of writing. States that no step leads to yet are left out.
"""

import sys
from collections.abc import Iterator

from pages import ROOT, put, table

sys.path.insert(0, str(ROOT))

from service_desk.domain.actions import Field
from service_desk.domain.sentences import in_chinese
from service_desk.domain.table import STATES, Row, by_action, rows, ways
from service_desk.domain.vocabulary import State

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
    for state in STATES:
        if state is not State.DRAFT:
            yield f'    state "{state.label}" as {state.value}'
    for (source, target), actions in ways().items():
        begins = "[*]" if source is State.DRAFT else source.value
        yield f"    {begins} --> {target.value} : {' / '.join(action.label for action in actions)}"
    yield "```"


def steps() -> Iterator[str]:
    """Every row of the table."""
    headings = ("操作", "名称", "从", "到", "由谁办", "另有条件", "时限", "记录")
    return table(headings, map(_cells, rows()))


def _cells(row: Row) -> tuple[str, ...]:
    step = row.step
    return (
        step.action.label,
        f"`{step.action.value}`" + (f"（{step.variant}）" if step.variant else ""),
        "提交后的任何状态" if row.anywhere else in_chinese(row.sources),
        step.to.label if step.to else "不变",
        in_chinese(row.by),
        "<br>".join(row.conditions),
        "<br>".join(row.clocks),
        "公开" if step.public else "内部",
    )


def fields() -> Iterator[str]:
    """What each action asks for."""
    told = ((each.action.label, "、".join(map(_field, each.fields))) for each in by_action())
    return table(("操作", "填写"), told)


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
