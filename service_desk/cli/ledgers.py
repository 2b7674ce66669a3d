"""An office's ledger from the command line."""

from pathlib import Path

import click

from service_desk import clock
from service_desk.cli.answering import REFUSED, answer_in_json, command, law_in_force
from service_desk.cli.parks import FILE
from service_desk.desk.ledger_import.headers import read_ledger
from service_desk.desk.ledger_import.importing import import_ledger
from service_desk.desk.ledger_import.refused import write_refused
from service_desk.domain.errors import Invalid

TELL_EVERY = 100
"""Rows between two words of how far it is."""


@click.group("ledger")
def ledger() -> None:
    """The ledger of last year; importing it again changes nothing."""


@command("import")
@click.argument("file", type=FILE)
@click.option("--dry-run", is_flag=True, help="Judge every row and write nothing.")
@click.option(
    "--errors",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.xlsx",
    help="Write the refused rows here, with the reason in the first column; mend it and import it.",
)
def import_(*, file: Path, dry_run: bool, errors: Path | None) -> None:
    """Take in FILE (.xlsx, .xls or .csv) with the columns of the ledger 诉求台账, each row by itself.

    Prints counts, refusals, and where the law reckons otherwise than the ledger says, as JSON; says on stderr how far
    it is.
    """
    law = law_in_force()
    if errors is not None and (not errors.parent.is_dir() or errors.resolve() == file.resolve()):
        raise click.UsageError(f"“{errors}”不能用来写被拒绝的行：文件夹不存在，或就是台账本身。")
    try:
        read = read_ledger(file)
    except Invalid as error:
        raise click.UsageError(error.sentence) from error
    except OSError as error:
        raise click.UsageError(f"“{file.name}”不能读取：{error.strerror}。") from error
    done = import_ledger(read, law, at=clock.now(), dry_run=dry_run, progress=_tell)
    answer_in_json(done.as_json())
    if errors is not None and done.refused_rows:
        try:
            write_refused(errors, done.refused_rows)
        except OSError as error:
            raise click.UsageError(f"不能写入“{errors}”：{error.strerror}。") from error
    if done.refused:
        click.get_current_context().exit(REFUSED)


def _tell(done: int, of: int) -> None:
    if done == of or done % TELL_EVERY == 0:
        click.echo(f"已处理 {done}/{of} 行。", err=True)


ledger.add_command(import_)

COMMANDS: tuple[click.Command, ...] = (ledger,)
