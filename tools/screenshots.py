"""Photograph every page as every role sees it, at 360 and 1366 px, into build/screenshots/.

A demo park of its own is made in a temporary database and served on a free port; from each role's start page all
links of the desk are followed, one page of each kind. ``ARGS='clerk power'`` takes these accounts only;
``ARGS=--english`` reads the pages in English. ``ARGS=--docs`` takes the pictures of docs/screenshots/ instead, as much
of each page as a screen shows.
"""

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from browser import find
from playwright.sync_api import Browser, Error, FloatRect, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from service_desk.desk.people import DEMO_ACCOUNTS, DEMO_PASSWORD  # noqa: E402 (the path comes first)

ALBUM = ROOT / "build" / "screenshots"
FLASK = [str(Path(sys.executable).with_name("flask")), "--app", "wsgi"]
PUBLIC = ("/sign-in", "/register", "/promise", "/track", "/no-such-page")
# Pages that a walk along links does not come to: a list with all it holds, and papers of a ticket that was closed.
ALSO = {
    "clerk": (
        "/orders?answered=all",
        *(f"/tickets/1/papers/{one}" for one in ("receipt", "assignment", "closing")),
    )
}
# Not pages: they end the visit, or answer with a file or for machines.
SKIPPED = re.compile(r"/(sign-out|attachments|export|language|static|healthz|readyz|calendar/form)\b")
PATIENCE = 30
LOCALE = "en-US" if "--english" in sys.argv else "zh-CN"
GALLERY = ROOT / "docs" / "screenshots"
PHONE, SCREEN = 360, 1366
WIDTHS = {PHONE: 740, SCREEN: 768}
SHOWN = 680
"""Of either height, what the bars of a browser leave: the pictures of the docs."""
CHROMIUM = (
    *("--lang=zh-CN", "--no-sandbox", "--disable-quic", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
)


@contextmanager
def served() -> Iterator[str]:
    """The address of a demo park that lives as long as the block."""
    with tempfile.TemporaryDirectory() as folder, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        address = f"http://127.0.0.1:{port}"
        environment = {
            **os.environ,
            "SERVICE_DESK_ENV": "development",
            "SERVICE_DESK_DATABASE_URL": f"sqlite:///{folder}/desk.sqlite3",
            "SERVICE_DESK_ATTACHMENTS_URL": f"file://{folder}/attachments",
            "SERVICE_DESK_BASE_URL": address,
        }
        for command in (("db", "upgrade"), ("demo",)):
            print(f"→ flask {' '.join(command)}", flush=True)
            subprocess.run([*FLASK, *command], cwd=ROOT, env=environment, capture_output=True, check=True)
        serve = [*FLASK, "serve", "--port", str(port), "--no-scheduler"]
        with (Path(folder) / "serve.log").open("w") as log:
            server = subprocess.Popen(serve, cwd=ROOT, env=environment, stdout=log, stderr=log)
            try:
                wait_for(f"{address}/sign-in", server)
                yield address
            finally:
                server.terminate()
                server.wait()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    """Until the desk answers."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()  # noqa: S310 (our own loopback address)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.2)
        else:
            return
    sys.exit("The desk did not start; “make run” shows why.")


def kind(path: str) -> str:
    """One name for all pages of a kind: /tickets/17 and /tickets/18 are the same page, as are the days of a year."""
    return re.sub(r"/\d[\d-]*\b", "/id", path)


def picture(page: Page, album: Path, path: str) -> None:
    """Photograph the page at both widths, whole."""
    name = re.sub(r"[^\w-]+", "-", kind(path)).strip("-") or "start"
    for width, height in WIDTHS.items():
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=album / f"{name}-{width}.png", full_page=True)


def links(page: Page) -> list[str]:
    """The paths of the desk's own pages that this page leads to."""
    found = page.eval_on_selector_all("a[href]", "all => all.map(a => a.getAttribute('href'))")
    here = urlsplit(page.url)
    targets = [urlsplit(urljoin(page.url, href)) for href in found]
    return [one.path for one in targets if one.netloc == here.netloc and not SKIPPED.search(one.path)]


def walk(page: Page, address: str, album: Path, starts: tuple[str, ...]) -> int:
    """Photograph these pages and all that can be reached from them, one of each kind."""
    album.mkdir(parents=True)
    waiting, seen = list(starts), {kind(path) for path in starts}
    for path in waiting:
        try:
            page.goto(address + path, wait_until="load")
        except Error as error:  # an answer that is a file
            print(f"  {path}: {error.message.splitlines()[0]}")
            continue
        picture(page, album, path)
        for target in links(page):
            if kind(target) not in seen:
                seen.add(kind(target))
                waiting.append(target)
    return len(waiting)


@dataclass(frozen=True)
class Portrait:
    """A picture of the docs: an address, or where the first links there that fit ``links`` lead, one by one."""

    name: str
    account: str
    width: int
    path: str
    links: tuple[str, ...] = ()


PORTRAITS = (
    Portrait("filing-phone", "enterprise", PHONE, "/tickets/new"),
    Portrait(
        "matter-phone", "enterprise", PHONE, "/", (".line:has(.pill.in_progress, .pill.awaiting_rating)",)
    ),
    Portrait("todo", "clerk", SCREEN, "/"),
    Portrait("ticket", "clerk", SCREEN, "/tickets?state=accepted", ("main .ticket-title a, main .line",)),
    Portrait("why", "power", SCREEN, "/", (".line.todo", "main a[href*='/clocks/']")),
    Portrait("calendar", "admin", SCREEN, "/calendar"),
    Portrait("report", "supervisor", SCREEN, "/reports?period=year"),
    Portrait("dashboard", "supervisor", SCREEN, "/dashboard"),
)


def visitor(browser: Browser, address: str, account: str, width: int = SCREEN) -> Page:
    """A page of somebody who has signed in; phones show two dots a pixel."""
    context = browser.new_context(
        locale=LOCALE,
        timezone_id="Asia/Shanghai",
        viewport={"width": width, "height": WIDTHS[width]},
        device_scale_factor=2 if width == PHONE else 1,
    )
    page = context.new_page()
    page.goto(f"{address}/sign-in")
    page.fill("[name=username]", account)
    page.fill("[name=password]", DEMO_PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_url(lambda url: "/sign-in" not in url)
    return page


def take(browser: Browser, address: str, portrait: Portrait) -> None:
    """Photograph what a screen shows of one page."""
    page = visitor(browser, address, portrait.account, portrait.width)
    first_steps = page.locator(".tour button")
    if first_steps.count():
        first_steps.click()
    page.goto(address + portrait.path, wait_until="load")
    for link in portrait.links:
        target = page.locator(link).first.get_attribute("href")
        page.goto(urljoin(page.url, target), wait_until="load")
    shown = FloatRect(x=0, y=0, width=portrait.width, height=SHOWN)
    page.screenshot(path=GALLERY / f"{portrait.name}.png", animations="disabled", clip=shown)
    page.context.close()
    print(f"→ docs/screenshots/{portrait.name}.png", flush=True)


@contextmanager
def browsing() -> Iterator[Browser]:
    """A Chromium that speaks Chinese."""
    environment: dict[str, str | float | bool] = {**os.environ, "LANGUAGE": "zh_CN"}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=find(), args=list(CHROMIUM), env=environment)
        yield chromium
        chromium.close()


def fill_gallery() -> None:
    """Take the pictures of the docs."""
    GALLERY.mkdir(parents=True, exist_ok=True)
    with served() as address, browsing() as chromium:
        for portrait in PORTRAITS:
            take(chromium, address, portrait)


def fill_album(accounts: tuple[str, ...]) -> None:
    """Photograph everything these accounts see."""
    shutil.rmtree(ALBUM, ignore_errors=True)
    with served() as address, browsing() as chromium:
        for account in ("nobody", *accounts):
            if account == "nobody":
                page = chromium.new_page(locale=LOCALE, timezone_id="Asia/Shanghai")
            else:
                page = visitor(chromium, address, account)
            starts = PUBLIC if account == "nobody" else ("/", *ALSO.get(account, ()))
            count = walk(page, address, ALBUM / account, starts)
            print(f"→ build/screenshots/{account}/: {count} pages", flush=True)
            page.context.close()


if __name__ == "__main__":
    if sys.argv[1:] == ["--docs"]:
        fill_gallery()
    else:
        fill_album(tuple(name for name in sys.argv[1:] if not name.startswith("--")) or DEMO_ACCOUNTS)
