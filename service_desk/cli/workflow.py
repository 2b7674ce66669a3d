"""The table of actions, printed."""

from typing import Any

import click

from service_desk.cli.answering import answer_in_json, command
from service_desk.domain.actions import Field, Party
from service_desk.domain.vocabulary import State
from service_desk.domain.workflow import STEPS, Step


@command("workflow")
@click.option("--json", "as_json", is_flag=True, help="One object a row; forms and API use the same names.")
def workflow(*, as_json: bool) -> None:
    """Print the table of actions: name, label, from, to, by, fields."""
    rows = [row(step) for step in STEPS]
    if as_json:
        answer_in_json(rows)
        return
    for each in rows:
        fields = ", ".join(f"{f['name']}{'' if f['required'] else '?'}" for f in each["fields"])
        name = f"{each['name']} {each['label']}"
        click.echo(
            f"{name}\t{', '.join(each['from'])} → {each['to'] or '='}\t{', '.join(each['by'])}\t{fields}"
        )


def row(step: Step) -> dict[str, Any]:
    """One row of the table; ``to`` is null where the state stays."""
    return {
        "name": step.action.value,
        "label": step.action.label,
        "from": [state.value for state in State if state in step.sources],
        "to": step.to.value if step.to else None,
        "by": [party.value for party in Party if party in step.by],
        "fields": [_field(field) for field in step.fields],
    }


def _field(field: Field) -> dict[str, Any]:
    """``choices`` is null where anything of the kind may be given."""
    return {
        "name": field.name,
        "kind": field.kind.value,
        "label": field.label,
        "required": field.required,
        "choices": [word.value for word in field.choices] if field.choices else None,
        "choice_labels": [word.label for word in field.choices] if field.choices else None,
    }


COMMANDS = (workflow,)
