"""A clean checkout brought to life by ``make run``, walked through by five people, and weighed.

Packages come from the package managers' caches, as on a machine that has seen them before.
"""

import os
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from importlib import import_module
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser import test_loop as loop
from tests.browser.conftest import CHROMIUM, PHONE, WIDE, sign_in
from tests.browser.paths import press
from tests.mailbox import free_port
from tests.processes import descendants

ROOT = Path(__file__).resolve().parent.parent
SERVES_WITHIN = 60.0
TOGETHER = 300.0
PATIENCE = 600
STARTS_AGAIN_WITHIN = 10.0


def measure() -> list[dict[str, Any]]:
    """Seconds until a clean checkout serves, and again; megabytes of all processes after the loop."""
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(checkout)], check=True)
        first, _ = _live(checkout, walk=False)
        again, weight = _live(checkout, walk=True)
    return [
        _figure("make run on a clean checkout serves after", first, "s", SERVES_WITHIN),
        _figure("make run serves again after", again, "s", STARTS_AGAIN_WITHIN),
        _figure("all processes after the loop (PSS)", weight, "MB", TOGETHER),
    ]


def _figure(name: str, value: float, unit: str, bound: float) -> dict[str, Any]:
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "bound": bound,
        "ratio": round(value / bound, 3),
    }


def _live(checkout: Path, *, walk: bool) -> tuple[float, float]:
    """``make run`` until it serves, then perhaps the loop; seconds until it served, and megabytes."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SERVICE_DESK_")}
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "run", f"PORT={port}"],
        cwd=checkout,
        env=kept,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _wait_for(address, process)
        seconds = time.monotonic() - began
        if walk:
            _walk(address)
        weight = sum(_weight(pid) for pid in (process.pid, *descendants(process.pid)))
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(timeout=30)
    return seconds, weight


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/sign-in", timeout=5).close()  # noqa: S310 - our own loopback address
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("make run did not come to serve")


def _weight(pid: int) -> float:
    """Megabytes of one process, shared pages counted by share."""
    try:
        rolled = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    kilobytes = next(line.split()[1] for line in rolled.splitlines() if line.startswith("Pss:"))
    return int(kilobytes) / 1024


def _walk(address: str) -> None:
    """The loop of the browser test, once: an enterprise's request until the supervisor's workbooks."""
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=import_module("tools.browser").find(), args=list(CHROMIUM)
        )
        phone = _visit(browser, address, "enterprise", PHONE)
        path, number = loop.the_enterprise_files(phone)
        loop.the_clerk_accepts_and_dispatches(_visit(browser, address, "clerk"), number)
        loop.the_department_signs_tells_and_replies(_visit(browser, address, "power"), path)
        quality = _visit(browser, address, "quality")
        quality.goto(path)
        press(quality, "审核通过")
        loop.the_enterprise_rates(phone, path)
        supervisor = _visit(browser, address, "supervisor")
        for title in ("企业诉求办结统计表", "企业诉求满意度统计表"):
            loop.the_supervisor_exports(supervisor, title, Path(folder))
        browser.close()


def _visit(browser: Browser, address: str, account: str, screen: dict[str, Any] = WIDE) -> Page:
    context = browser.new_context(base_url=address, locale="zh-CN", timezone_id="Asia/Shanghai", **screen)
    page = context.new_page()
    page.goto("/sign-in")
    sign_in(page, account)
    return page
