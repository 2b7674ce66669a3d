"""The history of another system from the command line."""

from pathlib import Path

import click

from service_desk import clock
from service_desk.cli.answering import REFUSED, answer_in_json, command
from service_desk.cli.parks import FILE
from service_desk.desk.foundation import lay_foundation
from service_desk.desk.history.importing import import_history

TELL_EVERY = 100
"""Tickets between two words of how far it is."""


@click.group("history")
def history() -> None:
    """The history of another system; importing it again changes nothing."""


@command("import")
@click.argument("file", type=FILE)
def import_(*, file: Path) -> None:
    """Replay the events of FILE.jsonl, each at its own moment, through the law of the desk.

    A ticket is taken whole or not at all. Prints counts, refusals and what was created as JSON; says on stderr how
    far it is.
    """
    now = clock.now()
    try:
        texts = file.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"“{file.name}”不是 UTF-8 编码的文本。") from error
    except OSError as error:
        raise click.UsageError(f"“{file.name}”不能读取：{error.strerror}。") from error
    lay_foundation(at=now)
    done = import_history(texts, at=now, progress=_tell)
    answer_in_json(done.as_json())
    if done.refused:
        click.get_current_context().exit(REFUSED)


def _tell(done: int, of: int) -> None:
    if done == of or done % TELL_EVERY == 0:
        click.echo(f"已处理 {done}/{of} 件。", err=True)


history.add_command(import_)

COMMANDS: tuple[click.Command, ...] = (history,)
