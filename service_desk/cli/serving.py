"""``serve``: the web and the clockwork beside it, under one process that starts and ends both."""

import ctypes
import errno
import gc
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from typing import Any

import click
import structlog
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from gunicorn.app.base import BaseApplication
from sqlalchemy.exc import DBAPIError

from service_desk import scheduler
from service_desk.channels import mail
from service_desk.cli.answering import WRONG, application, command, database_trouble
from service_desk.cli.logs import log_to_stderr
from service_desk.desk.people import DEMO_PASSWORD, demo_accounts, is_empty
from service_desk.settings import ROOT, current_settings
from service_desk.store.base import db

LOOK_EVERY = 0.5
RESTART_AFTER = 2.0
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - what people may ask for
GRACE = 30
PR_SET_PDEATHSIG = 1

log = structlog.get_logger()


class CannotServe(click.ClickException):
    """A sentence that says why serving cannot begin and what to do about it."""

    exit_code = WRONG


@command("serve")
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=1, show_default=True, type=click.IntRange(min=1), help="Web processes.")
@click.option("--threads", default=4, show_default=True, type=click.IntRange(min=1), help="In each of them.")
@click.option("--no-scheduler", is_flag=True, help="Web alone; run the scheduler command elsewhere.")
@click.pass_context
def serve(
    ctx: click.Context, *, host: str, port: int, workers: int, threads: int, no_scheduler: bool
) -> None:
    """Serve the web, with a scheduler beside it, until SIGTERM or Ctrl+C."""
    require_free_port(host, port)
    require_newest_database()
    require_usable_mail()
    log_to_stderr(current_settings().log)
    app = application()
    app.config["SETTINGS"] = current_settings().served_at(own_address(host, port))
    greet(host, port)
    db.session.remove()
    # No connection may be shared between processes.
    db.engine.dispose()
    web = partial(run_web, app, _options(host, port, workers, threads))
    clockwork = None if no_scheduler else partial(run_clockwork, app)
    ctx.exit(stand_by(web, clockwork))


# Before it starts


def require_free_port(host: str, port: int) -> None:
    """Refuse with a sentence where the address cannot be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
    except OSError as error:
        raise CannotServe(_why_not(error, host, port)) from None


def _why_not(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"端口 {port} 已被其他程序占用。请停止该程序，或换一个端口：PORT={port + 1} make run"
            f"（或 flask --app wsgi serve --port {port + 1}）。"
        )
    if error.errno == errno.EACCES:
        return f"没有权限使用端口 {port}。请换一个 1024 以上的端口：PORT=8000 make run。"
    return f"不能在 {host} 上监听（{error.strerror}）。请用 --host 给出本机的地址，例如 127.0.0.1。"


def require_newest_database() -> None:
    """Refuse with a sentence where the database is not at the newest migration."""
    newest = set(ScriptDirectory(str(ROOT / "migrations")).get_heads())
    try:
        with db.engine.connect().execution_options(read_only=True) as connection:
            current = set(MigrationContext.configure(connection).get_current_heads())
    except DBAPIError as error:
        raise CannotServe(database_trouble(error)) from None
    if current != newest:
        raise CannotServe("数据库还不是最新版本。请先运行 flask --app wsgi db upgrade。")


def require_usable_mail() -> None:
    """Refuse with a sentence where the mail settings cannot be read."""
    if (url := current_settings().smtp_url) is None:
        return
    try:
        mail.Post(mail.Server.at(url), current_settings().mail_from)
    except ValueError as error:
        raise CannotServe(
            f"邮件设置（SERVICE_DESK_SMTP_URL、SERVICE_DESK_MAIL_FROM）不能使用：{error}"
        ) from None


def own_address(host: str, port: int) -> str:
    """Where the desk is found from this machine; by which name others find it cannot be known here."""
    return f"http://{'127.0.0.1' if host in EVERYWHERE else _in_an_address(host)}:{port}"


def _in_an_address(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def greet(host: str, port: int) -> None:
    """Say where the desk is, where its links lead if that may be no use to others, and who may try it."""
    click.echo(f"企业服务专窗：http://{_in_an_address(host)}:{port}  （按 Ctrl+C 停止）")
    settings = current_settings()
    if host in EVERYWHERE and not settings.is_base_url_given:
        click.echo(
            f"纸面和邮件里的链接以 {settings.base_url} 开头，别的机器打不开：请设置 SERVICE_DESK_BASE_URL。"
        )
    lines = [
        f"  {each.username:<14}{each.name}（{'、'.join(role.label for role in sorted(each.roles))}）"
        for each in demo_accounts()
    ]
    if lines and not settings.is_production:
        click.echo("\n".join((f"演示账号，密码都是 {DEMO_PASSWORD}：", *lines)))
    if is_empty():
        click.echo(
            "还没有账号。先建一个管理员，再打开打印出来的链接设置密码：\n"
            f"  {settings.command} people add 姓名 --username admin --role admin"
        )


# The two halves, each in a process of its own


class _Web(BaseApplication):  # type: ignore[misc] # gunicorn ships no types
    """gunicorn around an application that is there already: its workers share the memory of its code."""

    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app, self._options = app, options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self._app


def _options(host: str, port: int, workers: int, threads: int) -> dict[str, Any]:
    memory = Path("/dev/shm")  # noqa: S108 - gunicorn's heartbeat files; on a disk they may stall
    return {
        "bind": f"{_in_an_address(host)}:{port}",
        "workers": workers,
        "worker_class": "gthread",
        "threads": threads,
        "graceful_timeout": GRACE // 2,
        "loglevel": "warning",
        "worker_tmp_dir": str(memory) if memory.is_dir() else None,
        "control_socket_disable": True,
        "proc_name": "service-desk",
    }


def run_web(app: Flask, options: dict[str, Any]) -> None:
    """Serve the pages; gunicorn sees to its own signals.

    In a process group of its own, so that Ctrl+C reaches the process above alone, which then ends both
    halves. A worker told twice at once, by the terminal and by gunicorn's master, may lock itself up in
    its handler and be killed only when the grace is over.
    """
    _end_with_the_parent()
    os.setpgid(0, 0)
    for number in scheduler.ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, scheduler.ENDING)
    _Web(app, options).run()


def run_clockwork(app: Flask) -> None:
    """Run the jobs; the scheduler waits for the signals itself."""
    _end_with_the_parent()
    scheduler.run(app)


def _end_with_the_parent() -> None:
    """Have the kernel end this process when its parent is killed: nobody would be left to end it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


# The one above them


def stand_by(web: Callable[[], None], clockwork: Callable[[], None] | None) -> int:
    """Start both, start the clockwork again should it die, and end both when asked to; the exit status."""
    asked: list[int] = []
    for number in scheduler.ENDING:
        signal.signal(number, lambda received, _frame: asked.append(received))
    # What is loaded by now is never collected, so that the processes go on sharing it.
    gc.collect()
    gc.freeze()
    pages, works, start_at = _start(web), None, 0.0
    while not asked and pages.is_alive():
        if works is not None and not works.is_alive():
            log.error("the clockwork died and is started again", exit_status=works.exitcode)
            works, start_at = None, time.monotonic() + RESTART_AFTER
        if clockwork is not None and works is None and time.monotonic() >= start_at:
            works = _start(clockwork)
        wait([process.sentinel for process in (pages, works) if process is not None], timeout=LOOK_EVERY)
    _end([process for process in (pages, works) if process is not None])
    return 0 if asked else 1


def _start(half: Callable[[], None]) -> ForkProcess:
    """Fork; the signals wait until the child is ready for them."""
    signal.pthread_sigmask(signal.SIG_BLOCK, scheduler.ENDING)
    process = multiprocessing.get_context("fork").Process(target=half)
    process.start()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, scheduler.ENDING)
    return process


def _end(running: Iterable[ForkProcess]) -> None:
    for process in running:
        process.terminate()
    for process in running:
        process.join(GRACE)
        if process.is_alive():
            process.kill()


COMMANDS = (serve,)
