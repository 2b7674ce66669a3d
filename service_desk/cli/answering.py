"""How a command answers: a refusal is a sentence on stderr with status 1, an error one with status 2."""

import json
from collections.abc import Callable
from typing import Any

import click
from flask import Flask
from flask.cli import ScriptInfo, with_appcontext
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from service_desk.desk.foundation import is_laid
from service_desk.domain.errors import DeskError
from service_desk.store.law import Law, current_law

REFUSED, WRONG = 1, 2
UNKNOWN_TO_POSTGRESQL = ("42P01", "42703")
"""No such table, no such column."""
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
            _end(ctx, database_trouble(error), WRONG)


def database_trouble(error: DBAPIError) -> str:
    """What is wrong with the database and what to do: it has not all tables yet, or cannot be reached at all."""
    reason = str(error.orig).splitlines()[0]
    if _lacks_tables(error):
        return f"数据库里还没有需要的表（{reason}）。请先运行 flask --app wsgi db upgrade。"
    return (
        f"数据库不能使用（{reason}）。请检查 SERVICE_DESK_DATABASE_URL 是否正确、数据库服务是否在运行；"
        "用 SQLite 的，看文件所在的目录是否存在。"
    )


def _lacks_tables(error: DBAPIError) -> bool:
    # SQLite has one code for all that the text of a statement asks in vain.
    is_unknown_to_sqlite = getattr(error.orig, "sqlite_errorname", "") == "SQLITE_ERROR"
    return is_unknown_to_sqlite or getattr(error.orig, "sqlstate", "") in UNKNOWN_TO_POSTGRESQL


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
