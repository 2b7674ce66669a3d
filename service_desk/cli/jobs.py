"""The clockwork by hand: one job once, or all of them until stopped."""

import click

from service_desk import clock, scheduler
from service_desk.cli.answering import answer_in_json, application, command
from service_desk.cli.logs import log_to_stderr
from service_desk.domain.errors import Invalid, Refused
from service_desk.domain.notation import parse_instant
from service_desk.scheduler import JOBS, Job
from service_desk.settings import current_settings


@command("job")
@click.argument("name", required=False, type=click.Choice([job.name for job in JOBS]))
@click.option("--list", "lists", is_flag=True, help="The jobs, how often they run and what they do.")
@click.option("--at", "instant", metavar="ISO", help="As if it were then; refused in production.")
def job(*, name: str | None, lists: bool, instant: str | None) -> None:
    """Run one job once and print what it touched as JSON."""
    if lists:
        for each in JOBS:
            click.echo(f"{each.name}\t{each.every}\t{_about(each)}")
        return
    chosen = next((each for each in JOBS if each.name == name), None)
    if chosen is None:
        raise click.UsageError("请给出任务名称，flask --app wsgi job --list 列出全部任务。")
    if instant is not None and current_settings().is_production:
        raise Refused("正式环境中任务只按当前时间运行，不能使用 --at。")
    try:
        now = clock.now() if instant is None else parse_instant(instant)
    except Invalid as error:
        raise click.UsageError(error.sentence) from error
    log_to_stderr(current_settings().log)
    answer_in_json({"job": chosen.name, "at": now.isoformat(), "touched": chosen.run(now)})


def _about(each: Job) -> str:
    return (each.run.__doc__ or "").strip().splitlines()[0]


@command("scheduler")
def run_scheduler() -> None:
    """Run the clockwork until SIGTERM or SIGINT; any number may run."""
    log_to_stderr(current_settings().log)
    scheduler.run(application())


COMMANDS = (job, run_scheduler)
