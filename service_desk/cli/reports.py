"""Figures and workbooks from the command line."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from service_desk import clock
from service_desk.cli.answering import answer_in_json, command, law_in_force
from service_desk.desk import facts, ledgers, reports
from service_desk.domain.errors import Invalid
from service_desk.domain.figures import BY_KEY, INDICATORS, REPORTS, By, Indicator
from service_desk.domain.notation import parse_instant
from service_desk.settings import current_settings
from service_desk.store.base import begin_reading

DAY = click.DateTime(formats=["%Y-%m-%d"])
LEDGER = "ledger"


@command("figures")
@click.option("--from", "since", type=DAY, required=True, help="First day.")
@click.option(
    "--to", "until", type=DAY, required=True, help="The day after the last, which is not counted any more."
)
@click.option("--by", type=click.Choice([by.value for by in By]))
@click.option("--key", "keys", multiple=True, help="Only these indicators; may be given several times.")
@click.option("--as-of", "as_of", metavar="ISO", help="As things stood then; default now.")
def figures(
    *, since: datetime, until: datetime, by: str | None, keys: tuple[str, ...], as_of: str | None
) -> None:
    """Print the indicators of a period as JSON."""
    law = law_in_force()
    try:
        indicators = [_indicator(key) for key in keys] or INDICATORS
        period = reports.period_of(since.date(), until.date(), as_of=_instant(as_of), law=law)
    except Invalid as error:
        raise click.UsageError(error.sentence) from error
    begin_reading()
    found = facts.figures(reports.every_ticket(), period, indicators=indicators, by=By(by) if by else None)
    answer_in_json(
        [
            {
                "by": one.by,
                "key": one.key,
                "numerator": one.numerator,
                "denominator": one.denominator,
                "excluded": one.excluded,
                "value": one.value,
            }
            for one in found
        ]
    )


def _indicator(key: str) -> Indicator:
    if key not in BY_KEY:
        raise Invalid(f"没有“{key}”这个指标；可用：{'、'.join(one.key for one in INDICATORS)}。")
    return BY_KEY[key]


def _instant(text: str | None) -> datetime:
    return parse_instant(text) if text else clock.now()


@command("report")
@click.argument("name", required=False, metavar=f"[{'|'.join((*REPORTS, LEDGER))}]")
@click.option("--list", "listing", is_flag=True, help="The reports there are.")
@click.option("--from", "since", type=DAY, help="First day.")
@click.option("--to", "until", type=DAY, help="The day after the last, which is not counted any more.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="The workbook to write.")
def report(
    *,
    name: str | None,
    listing: bool,
    since: datetime | None,
    until: datetime | None,
    out: Path | None,
) -> None:
    """Write a report's workbook: October is --from 2026-10-01 --to 2026-11-01."""
    if listing:
        answer_in_json({one.name: one.title for one in REPORTS.values()} | {LEDGER: ledgers.TITLE})
        return
    if name is None or since is None or until is None or out is None:
        raise click.UsageError("请给出报表名、--from、--to 和 --out，或者 --list。")
    now = clock.now()
    if name == LEDGER:
        _write_ledger(out, since, until, now=now)
        return
    try:
        wanted = reports.report_named(name)
        period = reports.period_of(since.date(), until.date(), as_of=now, law=law_in_force())
    except Invalid as error:
        raise click.UsageError(error.sentence) from error
    begin_reading()

    def write(half: Path) -> int:
        return reports.write_report(
            half,
            wanted,
            reports.every_ticket(),
            period,
            reader=ledgers.OPERATOR,
            made_by="命令行",
            at=now,
            organisation=current_settings().desk_name,
        )

    rows = _make(out, write)
    answer_in_json({"report": wanted.name, "file": str(out), "bytes": out.stat().st_size, "rows": rows})


def _write_ledger(out: Path, since: datetime, until: datetime, *, now: datetime) -> None:
    """The ledger of what was submitted in the period, row by row."""
    try:
        period = reports.period_of(since.date(), until.date(), as_of=now, law=law_in_force())
        tickets = ledgers.submitted_in(period)
        ledgers.refuse_too_many(ledgers.count_of(tickets))
    except Invalid as error:
        raise click.UsageError(error.sentence) from error

    def write(half: Path) -> int:
        return ledgers.write_book(
            half,
            ledgers.LEDGER,
            tickets,
            reader=ledgers.OPERATOR,
            made_by="命令行",
            at=now,
            organisation=current_settings().desk_name,
        )

    rows = _make(out, write)
    answer_in_json({"report": LEDGER, "file": str(out), "bytes": out.stat().st_size, "rows": rows})


def _make(out: Path, write: Callable[[Path], int]) -> int:
    """Whole or not at all: whatever goes wrong leaves no half workbook behind. How many rows were written."""
    half = out.with_name(out.name + ".part")
    try:
        rows = write(half)
        half.replace(out)
    except OSError as error:
        raise click.UsageError(f"不能写入“{out}”：{error.strerror}。") from error
    finally:
        with suppress(OSError):
            half.unlink()
    return rows


COMMANDS = (figures, report)
