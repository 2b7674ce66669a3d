"""What a desk is filled with: its foundation, the demo park, real input."""

import time
from pathlib import Path

import click

from service_desk import clock
from service_desk.cli.answering import REFUSED, answer_in_json, command
from service_desk.demo import SEED, load_demo
from service_desk.demo.bulk import Stage, Tell, count_tickets, load_bulk
from service_desk.desk.demo_removal import demo_park, remove_demo
from service_desk.desk.foundation import lay_foundation
from service_desk.desk.loading import Loaded, load_enterprises, load_requests
from service_desk.domain.errors import Refused
from service_desk.domain.sentences import say
from service_desk.settings import current_settings

MOST_TICKETS = 5_000_000
LARGEST_SEED = 2**31 - 1
PROGRESS_LINES = 50
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@command("foundation")
def foundation() -> None:
    """Give an empty desk its rules: calendar, office hours, limits, ladders, lists."""
    laid = lay_foundation(at=clock.now())
    click.echo(f"已建立：{'、'.join(laid)}。" if laid else "已经齐备，没有改动。")


@command("demo")
@click.option(
    "--tickets",
    type=click.IntRange(min=1, max=MOST_TICKETS),
    help="Go on until the park has so many, over two years; a run that was cut short is resumed.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0, max=LARGEST_SEED),
    default=SEED,
    show_default=True,
    help="Another seed, other moments.",
)
@click.option("--remove", is_flag=True, help="Take the demo park out; what the foundation laid stays.")
@click.option(
    "--with-trials", is_flag=True, help="With --remove: also what real accounts filed for its enterprises."
)
@click.option("--yes", is_flag=True, help="With --remove, in production: really.")
def demo(*, tickets: int | None, seed: int, remove: bool, with_trials: bool, yes: bool) -> None:
    """Build the demo park 云津经济开发区; with --tickets, print what was added as JSON; with --remove, take it out."""
    if remove:
        _remove(with_trials=with_trials, is_meant=yes or not current_settings().is_production)
        return
    if current_settings().is_production:
        raise Refused("生产环境不装入演示园区。")
    played = load_demo(at=clock.now(), seed=seed)
    if tickets is None:
        click.echo(f"演示园区已建好，共 {played} 件诉求。" if played else "演示园区已经在这里，没有改动。")
        return
    began = time.monotonic()
    added = load_bulk(tickets, at=clock.now(), seed=seed, tell=_tell(tickets))
    seconds = round(time.monotonic() - began, 1)
    answer_in_json({"tickets": count_tickets(), "played": played, "added": added, "seconds": seconds})


def _remove(*, with_trials: bool, is_meant: bool) -> None:
    park = demo_park()
    if not park.is_there:
        click.echo("这里没有演示数据，没有改动。")
        return
    if not is_meant:
        raise Refused(
            say(
                "将删除 %(tickets)s 件演示诉求、%(accounts)s 个演示账号和 %(firms)s 家演示企业，不能恢复。"
                "这里是生产环境：请先备份，再加 --yes 运行一次。",
                tickets=park.tickets,
                accounts=park.accounts,
                firms=park.enterprises,
            )
        )
    gone = 0
    for number in remove_demo(with_trials=with_trials):
        gone += number
        click.echo(f"已删除 {gone} 行", err=True)
    click.echo(
        f"演示数据已删除：诉求 {park.tickets} 件，账号 {park.accounts} 个，企业 {park.enterprises} 家。"
    )


def _tell(tickets: int) -> Tell:
    """Say on stderr how far it is, now and then."""
    every = max(1, tickets // PROGRESS_LINES)
    said = -every

    def tell(what: Stage, done: int, whole: int) -> None:
        nonlocal said
        if what is Stage.COURSES:
            said = -every
        elif done - said < every and done < whole:
            return
        else:
            said = done
        click.echo(f"{what.label} {done}/{whole}", err=True)

    return tell


@click.group("load")
def load() -> None:
    """Load real input; loading again changes nothing."""


@command("requests")
@click.argument("file", type=FILE)
def requests(*, file: Path) -> None:
    """File each line of FILE.jsonl as a submitted ticket; prints counts and refusals as JSON."""
    lay_foundation(at=clock.now())
    try:
        lines = file.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise click.UsageError(f"“{file.name}”不是 UTF-8 编码的文本。") from error
    _answer(load_requests(lines, at=clock.now()))


@command("enterprises")
@click.argument("file", type=FILE)
def enterprises(*, file: Path) -> None:
    """Take in the directory FILE.xlsx; prints counts and refusals as JSON."""
    _answer(load_enterprises(file, at=clock.now()))


load.add_command(requests)
load.add_command(enterprises)


def _answer(done: Loaded) -> None:
    answer_in_json(done.as_json())
    if done.refused:
        click.get_current_context().exit(REFUSED)


COMMANDS: tuple[click.Command, ...] = (foundation, demo, load)
