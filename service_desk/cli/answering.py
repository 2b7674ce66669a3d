"""How a command answers: a refusal is a sentence on stderr with status 1, an error one with status 2."""

import json
from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo, with_appcontext
from sqlalchemy.exc import OperationalError, ProgrammingError

from service_desk.desk.foundation import is_laid
from service_desk.domain.errors import DeskError
from service_desk.store.law import Law, current_law

REFUSED, WRONG = 1, 2
NOT_LAID = "专窗还没有日历和时限。请先运行 flask --app wsgi foundation。"


class DeskCommand(click.Command):
    """A command whose broken rules and unready database end it with a sentence instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - as click has it
        """Run it."""
        try:
            return super().invoke(ctx)
        except DeskError as error:
            _end(ctx, error.sentence, REFUSED)
        except (OperationalError, ProgrammingError) as error:
            _end(ctx, f"数据库不能使用（{error.orig}）。请先运行 flask --app wsgi db upgrade。", WRONG)


def _end(ctx: click.Context, sentence: str, status: int) -> None:
    click.echo(sentence, err=True)
    ctx.exit(status)


def command(name: str) -> Callable[[Callable[..., Any]], click.Command]:
    """Make a function the command ``name``, run within the application."""

    def decorate(function: Callable[..., Any]) -> click.Command:
        return click.command(name, cls=DeskCommand)(with_appcontext(function))

    return decorate


def answer_in_json(answer: Any) -> None:  # noqa: ANN401 - whatever JSON can hold
    """Print an answer for people and programs alike."""
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def application() -> Flask:
    """The application a command runs in, itself and not a proxy: it goes to other processes and threads."""
    return click.get_current_context().ensure_object(ScriptInfo).load_app()


def law_in_force() -> Law:
    """The rules a command computes with; a desk that has none ends it."""
    if not is_laid():
        raise click.UsageError(NOT_LAID)
    return current_law()
