"""How well the desk understands what people write: routing and likeness, judged by labelled requests."""

import json
from pathlib import Path

import click

from service_desk.cli.answering import answer_in_json, command, law_in_force
from service_desk.cli.parks import FILE
from service_desk.desk.judging import Labelled, judge_likeness, judge_routing, read_labelled
from service_desk.domain.errors import Invalid


@command("route")
@click.argument("file", type=FILE)
def route(*, file: Path) -> None:
    """Route the requests of FILE.jsonl and compare with their lead_department.

    Goes by title, description, park_area and enterprise_name alone, never by the category; what is learned comes
    from the other lines of the file (leave one out), the matter list and shipped examples. Rules, matters and danger
    words are those of this desk.

    Prints JSON. right: the proposed lead is lead_department or one of ambiguous_with, or nobody was proposed
    for a request without lead_department. abstained: nobody was proposed for one that has a lead. wrong: all
    else. categories: the same by labelled category. urgent: danger words against urgency 特急; false counts
    those found in other requests.
    """
    requests = _read(file)
    answer_in_json(judge_routing(requests, law_in_force()).as_json())


@command("similar")
@click.argument("file", type=FILE)
def similar(*, file: Path) -> None:
    """Find requests about one matter in FILE.jsonl and compare with their duplicate_group.

    Uses title and description, and enterprise_name, park_area and category where given. Prints JSON: precision
    and recall over all pairs of lines, with the numbers of pairs labelled, found and rightly found.
    """
    answer_in_json(judge_likeness(_read(file)))


def _read(file: Path) -> list[Labelled]:
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
        return [
            read_labelled(_object(line, number), number)
            for number, line in enumerate(lines, start=1)
            if line.strip()
        ]
    except UnicodeDecodeError as error:
        raise click.UsageError(f"“{file.name}”不是 UTF-8 编码的文本。") from error
    except Invalid as error:
        raise click.UsageError(error.sentence) from error


def _object(line: str, number: int) -> dict[str, object]:
    try:
        found = json.loads(line)
    except json.JSONDecodeError as error:
        raise click.UsageError(f"第 {number} 行不是 JSON。") from error
    if not isinstance(found, dict):
        raise click.UsageError(f"第 {number} 行应是一个 JSON 对象。")
    return found


COMMANDS = (route, similar)
