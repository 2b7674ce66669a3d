"""A real desk with its clockwork, a real mail server and a real Chromium: what the tests of this folder stand on."""

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Response,
    StorageState,
    WebError,
)
from sqlalchemy import select

from service_desk import create_app
from service_desk.settings import ROOT, read_settings
from service_desk.store.base import db
from service_desk.store.people import User
from tests.mailbox import Mailbox, free_port

FLASK = [str(Path(sys.executable).with_name("flask")), "--app", "wsgi"]
PASSWORD = "park-demo-2026"
PATIENCE = 30
SERVE_LOG = "serve.log"
WITH_MAIL = ("power", "enterprise")

WIDE: dict[str, Any] = {"viewport": {"width": 1366, "height": 768}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
CHROMIUM = (
    *("--lang=zh-CN", "--no-sandbox", "--disable-quic", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)

MakeContext = Callable[..., BrowserContext]


# The desk


@dataclass(frozen=True)
class Desk:
    """A demo park that is being served."""

    address: str
    mailbox: Mailbox


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    """A mail server on loopback, and what arrived there."""
    with Mailbox() as server:
        yield server


@pytest.fixture(scope="session")
def desk(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Desk]:
    """A demo park of its own on a free port, with its clockwork, as ``flask serve`` runs it."""
    folder = tmp_path_factory.mktemp("desk")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "SERVICE_DESK_ENV": "development",
        "SERVICE_DESK_SECRET_KEY": "for tests only",
        "SERVICE_DESK_DATABASE_URL": f"sqlite:///{folder}/desk.sqlite3",
        "SERVICE_DESK_ATTACHMENTS_URL": f"file://{folder}/attachments",
        "SERVICE_DESK_BASE_URL": address,
        "SERVICE_DESK_SMTP_URL": mailbox.url,
    }
    for command in (("db", "upgrade"), ("demo",)):
        done = subprocess.run(
            [*FLASK, *command], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    give_addresses(environment)
    with served(port, environment, folder / SERVE_LOG):
        yield Desk(address, mailbox)


def give_addresses(environment: dict[str, str]) -> None:
    """Mail addresses for some people of the demo park, who have none."""
    app = create_app(read_settings(environment))
    with app.app_context():
        people = db.session.scalars(select(User).where(User.username.in_(WITH_MAIL))).unique()
        for person in people:
            person.email = f"{person.username}@park.example"
        db.session.commit()
        db.session.remove()
        db.engine.dispose()


@contextmanager
def served(port: int, environment: dict[str, str], log: Path) -> Iterator[None]:
    """``flask serve`` as a process that lives as long as the block."""
    with log.open("w") as output:
        serve = [*FLASK, "serve", "--port", str(port)]
        server = subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=output, stderr=output)
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", server, log)
            yield
        finally:
            server.terminate()
            server.wait(PATIENCE)


def wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Until the desk answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 - our own loopback address
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"The desk did not start:\n{log.read_text()}", pytrace=False)


# The browser: pytest-playwright's own, told which Chromium to start and where the desk is


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The machine's own Chromium; none is ever downloaded."""
    chromium = import_module("tools.browser").find()
    if chromium is None:
        pytest.fail(
            "The browser tests need Chromium: “make browser” says how to have one, or set CHROMIUM to its path.",
            pytrace=False,
        )
    environment = {**os.environ, "LANGUAGE": "zh_CN"}
    return browser_type_launch_args | {
        "executable_path": chromium,
        "args": list(CHROMIUM),
        "env": environment,
    }


@pytest.fixture(scope="session")
def base_url(desk: Desk) -> str:
    """Where paths lead."""
    return desk.address


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A browser in China that knows the desk by its paths."""
    return browser_context_args | {"locale": "zh-CN", "timezone_id": "Asia/Shanghai"}


def sign_in(page: Page, account: str) -> None:
    """Fill in the form that is open."""
    page.get_by_label("用户名").fill(account)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)


@pytest.fixture(scope="session")
def keys(browser: Browser, browser_context_args: dict[str, Any]) -> Callable[[str], StorageState]:
    """What a browser keeps of a sign-in; each account signs in once, as strangers may not knock too often."""
    kept: dict[str, StorageState] = {}

    def key_of(account: str) -> StorageState:
        if account not in kept:
            context = browser.new_context(**browser_context_args)
            page = context.new_page()
            page.goto("/sign-in")
            sign_in(page, account)
            kept[account] = context.storage_state()
            context.close()
        return kept[account]

    return key_of


# Who sits before it, and what the browser complains of


@dataclass
class Complaints:
    """What a browser's console said, and which pages were refused."""

    said: list[str] = field(default_factory=list)
    refused: list[tuple[str, int]] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        """To everything that is opened in it."""
        context.on("console", self._hear)
        context.on("weberror", self._catch)
        context.on("response", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        # A page that was refused is not a part that could not be had; ``refused`` knows of it.
        page_itself = (
            message.page is not None and message.location["url"].partition("#")[0] == message.page.url
        )
        if message.type in ("error", "warning") and not (page_itself and "Failed to load" in message.text):
            self.said.append(f"{message.location['url']}: {message.text}")

    def _catch(self, error: WebError) -> None:
        self.said.append(str(error.error))

    def _see(self, response: Response) -> None:
        if response.status >= 400 and response.request.is_navigation_request():
            self.refused.append((response.url, response.status))


class Visit(Protocol):
    """Open a browser as somebody, or as a stranger: ``visit("clerk")``, ``visit("enterprise", PHONE)``, ``visit()``."""

    def __call__(self, account: str = ..., screen: dict[str, Any] = ..., **more: Any) -> Page: ...


@pytest.fixture
def complaints() -> Complaints:
    """What the browsers of this test complained of."""
    return Complaints()


@pytest.fixture
def visit(
    new_context: MakeContext, keys: Callable[[str], StorageState], complaints: Complaints
) -> Iterator[Visit]:
    """Open a browser as somebody; in the end none of its pages may have complained of anything."""

    def opened(account: str = "", screen: dict[str, Any] = WIDE, **more: Any) -> Page:
        context = new_context(storage_state=keys(account) if account else None, **screen, **more)
        context.set_default_timeout(10_000)
        complaints.listen(context)
        return context.new_page()

    yield opened
    assert not complaints.said


@pytest.fixture
def no_refusals(complaints: Complaints) -> Iterator[None]:
    """For tests in which every page is answered."""
    yield
    assert not complaints.refused
