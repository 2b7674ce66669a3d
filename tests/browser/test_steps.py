"""How many clicks, taps and keys the commonest tasks take, besides what is typed: no more than docs/steps.md allows."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from service_desk.settings import ROOT
from tests.browser.conftest import PHONE, Visit
from tests.browser.paths import TEXT, press

pytestmark = pytest.mark.usefixtures("no_refusals")
LINE = re.compile(r"^\| (?P<task>[^|]+) \| [^|]+ \| [^|]+ \| (?P<most>\d+) \|$", re.MULTILINE)
TITLE = "步数：二号车间电压不稳"
COUNT = """
  const typing = (thing) => thing.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=submit])");
  addEventListener("pointerdown", () => window.step(), { capture: true });
  addEventListener("keydown", (event) => {
    if (event.key === "Enter" || !typing(event.target)) window.step();
  }, { capture: true });
"""


class Steps:
    """Counts what is pressed on one person's pages."""

    def __init__(self, page: Page) -> None:
        self.page, self.taken = page, 0
        page.expose_function("step", self._take)
        page.add_init_script(COUNT)

    def _take(self) -> None:
        self.taken += 1

    @contextmanager
    def of(self, task: str, begins_at: str = "") -> Iterator[Page]:
        """Carry out a task from the page where it begins; it may take as many as the table says."""
        if begins_at:
            self.page.goto(begins_at)
        before = self.taken
        yield self.page
        self.page.wait_for_timeout(50)
        taken = self.taken - before
        assert 0 < taken <= BOUNDS[task], f"{task}: {taken} steps of {BOUNDS[task]}"


BOUNDS = {
    found["task"]: int(found["most"])
    for found in LINE.finditer((ROOT / "docs" / "steps.md").read_text(encoding="utf-8"))
}


def choose_category(page: Page) -> None:
    page.locator("label.tile").filter(has=page.get_by_text("用电", exact=True)).click()


def type_into(page: Page, **fields: str) -> None:
    for label, words in fields.items():
        page.get_by_label(label, exact=True).click()
        page.keyboard.insert_text(words)


def open_mine(page: Page) -> None:
    page.locator("a.line").filter(has_text=TITLE).first.click()


def the_enterprise_files_and_urges(phone: Steps) -> str:
    with phone.of("file a request", "/tickets/new") as page:
        choose_category(page)
        type_into(page, 标题=TITLE, 说明=TEXT)
        press(page, "提交诉求")
        expect(page.get_by_role("heading", name="诉求已提交")).to_be_visible()
    path = phone.page.url.removesuffix("/filed")
    with phone.of("urge", "/") as page:
        open_mine(page)
        page.get_by_role("link", name="催办", exact=True).click()
        press(page, "催办")
    return path


def the_clerk_passes_it_on_and_files_another(clerk: Steps, path: str) -> None:
    with clerk.of("accept the first request that waits", "/") as page:
        open_mine(page)
        press(page, "受理")
    with clerk.of("dispatch as proposed", path) as page:
        press(page, "派单")
    with clerk.of("file for an enterprise that calls", "/tickets/new") as page:
        page.get_by_label("标题").fill("停电半天")
        page.get_by_label("说明").fill(TEXT)
        type_into(page, 企业="江海船舶制造", 联系人="程海波", 联系电话="13800002118")
        choose_category(page)
        press(page, "提交诉求")
        expect(page.get_by_role("heading", name="诉求已提交")).to_be_visible()


def the_department_settles_it(power: Steps, path: str) -> None:
    with power.of("sign", "/") as page:
        open_mine(page)
        press(page, "签收")
    power.page.goto(path)
    power.page.get_by_label("联系了谁").fill("程海波")
    press(power.page, "首次联系")
    with power.of("reply", path) as page:
        page.get_by_role("radio", name="已解决").click()
        type_into(page, 答复内容="已更换变压器，电压恢复正常。")
        press(page, "答复")


def test_the_commonest_tasks_take_few_steps(visit: Visit) -> None:
    phone = Steps(visit("enterprise", PHONE))
    path = the_enterprise_files_and_urges(phone)
    the_clerk_passes_it_on_and_files_another(Steps(visit("clerk")), path)
    the_department_settles_it(Steps(visit("power")), path)
    with Steps(visit("quality")).of("verify", "/") as page:
        open_mine(page)
        press(page, "审核通过")
    with phone.of("rate", "/") as page:
        open_mine(page)
        page.get_by_role("radio", name="已解决", exact=True).click()
        page.get_by_role("radio", name="满意", exact=True).click()
        press(page, "评价")


def test_a_report_is_exported_in_few_steps(visit: Visit) -> None:
    with Steps(visit("supervisor")).of("export this month's closure report", "/") as page:
        page.get_by_role("navigation", name="主导航").get_by_role("link", name="报表").click()
        page.get_by_role("button", name="导出 Excel").click()
        link = page.get_by_role("row", name="办结统计表").get_by_role("link", name="下载").first
        expect(link).to_be_visible(timeout=60_000)
        with page.expect_download():
            link.click()
