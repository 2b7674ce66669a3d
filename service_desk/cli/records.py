"""Tickets and clocks, one JSON line each, as of any instant."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click

from service_desk import clock
from service_desk.cli.answering import command, law_in_force
from service_desk.desk.records import clock_records, ticket_records
from service_desk.domain.errors import Invalid
from service_desk.domain.notation import parse_instant

NUMBER = click.option("--ticket", "number", metavar="NUMBER", help="Only this one, by either of its numbers.")
AS_OF = click.option("--as-of", "as_of", metavar="ISO", help="As things stood then; default now.")


@command("clocks")
@NUMBER
@AS_OF
def clocks(*, number: str | None, as_of: str | None) -> None:
    """Print every clock as a JSON line: start, limit, pauses, due, and what became of it."""
    law_in_force()
    _print(clock_records(number, as_of=_instant(as_of)))


@command("tickets")
@NUMBER
@AS_OF
def tickets(*, number: str | None, as_of: str | None) -> None:
    """Print each ticket as a JSON line: state, lead, cycle, moves, limit class, closings with their rating."""
    law_in_force()
    _print(ticket_records(number, as_of=_instant(as_of)))


def _instant(text: str | None) -> datetime:
    try:
        return parse_instant(text) if text else clock.now()
    except Invalid as error:
        raise click.UsageError(error.sentence) from error


def _print(records: Iterable[dict[str, Any]]) -> None:
    for record in records:
        click.echo(json.dumps(record, ensure_ascii=False, separators=(",", ":")))


COMMANDS = (clocks, tickets)
