"""Pages one comes to only by doing something: they fit both widths and can be read by everybody, as all others can."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, WIDE, Visit
from tests.browser.paths import accept, file_request, fill_in, photo, press
from tests.browser.test_phone import barriers, overflow

pytestmark = pytest.mark.usefixtures("no_refusals")


def look(page: Page) -> None:
    """At the page as it is, on both screens."""
    before = page.viewport_size
    for screen in (PHONE, WIDE):
        page.set_viewport_size(screen["viewport"])
        assert not [*barriers(page), *overflow(page)], page.url
    if before:
        page.set_viewport_size(before)


def test_what_was_filed_and_its_picture(visit: Visit) -> None:
    phone = visit("enterprise", PHONE)
    fill_in(phone, title="车间顶棚漏水")
    phone.get_by_label("照片或文件").set_input_files(photo())
    expect(phone.get_by_text("车间.png").first).to_be_visible()
    press(phone, "提交诉求")
    expect(phone.get_by_role("heading", name="诉求已提交")).to_be_visible()
    look(phone)
    phone.goto(phone.url.removesuffix("/filed"))
    look(phone)
    preview = phone.locator("a[href$='/preview']").first.get_attribute("href") or ""
    phone.goto(preview)
    expect(phone.locator("figure img")).to_be_visible()
    look(phone)


def test_a_member_who_is_invited(visit: Visit) -> None:
    owner, guest = visit("enterprise2", PHONE), visit()
    owner.goto("/members/new")
    owner.get_by_label("姓名").fill("周工")
    owner.get_by_label("手机号").fill("13700001234")
    press(owner, "生成邀请链接")
    address = owner.get_by_label("只在这里显示一次").input_value()
    look(owner)
    owner.goto("/members")
    owner.get_by_role("link", name="周工").click()
    expect(owner.get_by_role("heading", name="周工")).to_be_visible()
    look(owner)
    guest.goto(address)
    look(guest)
    guest.get_by_label("新密码", exact=True).fill("harbour-lights-9")
    guest.get_by_label("再输一遍").fill("harbour-lights-9")
    press(guest, guest.get_by_role("main").get_by_role("button").last.inner_text())
    look(guest)


def test_what_is_done_to_many_and_the_news_that_comes_meanwhile(visit: Visit) -> None:
    clerk, owner = visit("clerk"), visit("enterprise", PHONE)
    paths = [file_request(owner, title=f"消防水压不足 {number}") for number in (1, 2)]
    with clerk.expect_response(lambda answer: "/news" in answer.url):
        clerk.goto("/tickets?state=submitted")
    accept(visit("clerk"), paths[0])
    with clerk.expect_response(lambda answer: "/news" in answer.url):
        clerk.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(clerk.locator("[data-news]")).to_be_visible()
    look(clerk)
    # One of the two was accepted meanwhile: what was done is told, and what was refused.
    for path in paths:
        clerk.locator(f".pick input[value^='{path.rpartition('/')[2]}.']").check()
    press(clerk, "受理")
    expect(clerk.get_by_text("已办 1 件，未办 1 件。")).to_be_visible()
    look(clerk)


def test_a_month_that_was_frozen(visit: Visit) -> None:
    page = visit("supervisor")
    page.goto("/reports/months")
    page.get_by_role("main").get_by_role("checkbox").check()
    press(page, page.get_by_role("main").get_by_role("button").first.inner_text())
    page.goto("/reports/months")
    follow(page, "/reports/months/")
    follow(page, "/reports/months/")


@pytest.mark.parametrize(
    ("account", "path"),
    [
        pytest.param("clerk", "/guides", id="a guide"),
        pytest.param("power", "/caseloads", id="what a colleague handles"),
    ],
)
def test_one_of_a_list(account: str, path: str, visit: Visit) -> None:
    page = visit(account)
    page.goto(path)
    follow(page, f"{path}/")


def follow(page: Page, beginning: str) -> None:
    """To the first of the links that begin so, and look at it."""
    link = page.get_by_role("main").locator(f"a[href^='{beginning}']").first
    page.goto(link.get_attribute("href") or "")
    look(page)
