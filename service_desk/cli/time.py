"""When something is due, by the calendar the desk keeps."""

import csv
import io
from pathlib import Path

import click

from service_desk.cli.answering import command, law_in_force
from service_desk.domain.deadlines import Running
from service_desk.domain.deadlines import due as due_of
from service_desk.domain.errors import Invalid
from service_desk.domain.notation import (
    UNITS,
    add_due_column,
    format_instant,
    parse_instant,
    parse_limit,
    parse_pause,
)
from service_desk.domain.worktime import OfficeCalendar


@command("due")
@click.option("--start", metavar="ISO", help="When the clock starts, such as 2026-03-02T09:10:00+08:00.")
@click.option("--limit", type=int, metavar="N")
@click.option("--unit", type=click.Choice([unit.value for unit in UNITS]))
@click.option("--pause", "pauses", multiple=True, metavar="FROM/TO", help="May be given several times.")
@click.option("--extend", type=int, default=0, metavar="K", help="Longer by K, in the unit of the limit.")
@click.option(
    "--csv",
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Lines of start,limit,unit,pauses,extend; printed again with due.",
)
def due(
    *,
    start: str | None,
    limit: int | None,
    unit: str | None,
    pauses: tuple[str, ...],
    extend: int,
    file: Path | None,
) -> None:
    """Print the due instant as ISO 8601 with offset; empty while an open pause leaves it unknown."""
    calendar = law_in_force().calendar
    try:
        if file is not None:
            click.echo(lines_with_due(file, calendar), nl=False)
            return
        if start is None or limit is None or unit is None:
            raise click.UsageError("请给出 --start、--limit 和 --unit，或者 --csv。")
        spans = tuple(parse_pause(pause) for pause in pauses)
        clock = Running(parse_instant(start), parse_limit(str(limit), unit), spans, extend)
        click.echo(format_instant(due_of(clock, calendar), calendar))
    except Invalid as error:
        # What was typed cannot be read: an error of the call, not a refusal of the desk.
        raise click.UsageError(error.sentence) from error


def lines_with_due(file: Path, calendar: OfficeCalendar) -> str:
    """The lines of a CSV file with their due instants."""
    target = io.StringIO()
    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            add_due_column(source, target, calendar)
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.UsageError(f"“{file.name}”不是 UTF-8 编码的 CSV 文件。") from error
    return target.getvalue()


COMMANDS = (due,)
