"""An enterprise on a phone: what is typed is kept, what is pressed twice is sent once, and every page fits."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.conftest import PHONE, WIDE, Visit
from tests.browser.paths import accept, disclose, file_request, fill_in, press

pytestmark = pytest.mark.usefixtures("no_refusals")

PAGES = {
    "": ("/sign-in", "/forgotten", "/register", "/track", "/promise"),
    "enterprise": (
        "/",
        "/tickets/new",
        "/notices",
        "/account",
        "/account/password",
        "/members",
        "/guides",
        "/members/new",
    ),
    "clerk": (
        *("/", "/tickets", "/tickets/new", "/enterprises", "/reports", "/notices", "/account"),
        *("/orders", "/orders?answered=all", "/incidents", "/incidents/1"),
        *("/tickets?state=all", "/guides", "/templates", "/substitutes", "/exports", "/workflow"),
        *(f"/tickets/1/papers/{paper}" for paper in ("receipt", "assignment", "closing")),
    ),
    "power": (
        *("/", "/tickets", "/notices", "/orders", "/incidents/1", "/dashboard"),
        *("/templates", "/substitutes", "/caseloads", "/exports"),
    ),
    "supervisor": (
        *("/", "/tickets", "/enterprises", "/reports", "/orders", "/incidents", "/incidents/1"),
        *("/dashboard", "/wall", "/exclusions", "/reports/months"),
    ),
    "leader": ("/orders?answered=all",),
    "admin": (
        *(
            "/admin",
            "/admin/design",
            "/admin/limits",
            "/admin/limits/1",
            "/admin/ladders",
            "/admin/ladders/1",
        ),
        *(
            f"/admin/{noun}{rest}"
            for noun in ("departments", "areas", "categories", "matters", "danger-words", "reasons", "people")
            for rest in ("", "/1", "/new")
        ),
        "/admin/templates/new",
        "/admin/letters",
        *("/calendar", "/calendar/days/2026-10-10", "/calendar/notice", "/calendar/file", "/calendar/hours"),
        "/admin/channels",
        "/admin/robots/new",
    ),
}
IN_THE_DARK = ("/sign-in", "/", "/tickets/new", "/admin/design")
"""Looked at in the dark, too: the last shows every part of the pages in every state."""
TICKET = re.compile(r"/tickets/\d+(\?list=.*)?$")
# What a screen 1280 px wide shows at 400 %.
ZOOMED: ViewportSize = {"width": 320, "height": 256}
MARKED = "a[href^='/tickets/']"


def test_a_draft_survives_a_reload(visit: Visit) -> None:
    phone = visit("enterprise3", PHONE)
    fill_in(phone, category="融资", title="设备贷款续贷", text="下月到期，想请银行")
    expect(phone.get_by_text(re.compile(r"草稿已保存 \d\d:\d\d"))).to_be_visible()
    # The last words are typed a moment before.
    phone.get_by_label("说明").press_sequentially("提前上门。")
    phone.reload()
    expect(phone.get_by_role("radio", name=re.compile("^融资"))).to_be_checked()
    expect(phone.get_by_label("标题")).to_have_value("设备贷款续贷")
    expect(phone.get_by_label("说明")).to_have_value("下月到期，想请银行提前上门。")


def test_pressed_twice_it_is_sent_once(visit: Visit) -> None:
    phone = visit("enterprise3", PHONE)
    fill_in(phone, title="厂区门口路面塌了一块")
    sent: list[str] = []
    phone.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    with phone.expect_navigation():
        phone.get_by_role("button", name="提交诉求").dblclick(delay=40)
    expect(phone.get_by_role("heading", name="诉求已提交")).to_be_visible()
    assert len([url for url in sent if url.endswith("/tickets/new")]) == 1
    phone.goto("/")
    expect(phone.locator("a.line").filter(has_text="厂区门口路面塌了一块")).to_have_count(1)


def test_a_form_that_arrives_several_times_at_once_is_filed_once(visit: Visit) -> None:
    phone = visit("enterprise3", PHONE)
    fill_in(phone, title="货梯门关不上")
    landed = phone.locator("form.filing").evaluate(
        """async (form) => {
            const send = () => fetch(form.action, { method: "POST", body: new FormData(form) });
            return (await Promise.all([send(), send(), send()])).map((answer) => answer.url);
        }"""
    )
    assert len(set(landed)) == 1
    assert landed[0].endswith("/filed")
    phone.goto("/")
    expect(phone.locator("a.line").filter(has_text="货梯门关不上")).to_have_count(1)


def test_a_word_of_danger_brings_the_emergency_numbers_at_once(visit: Visit) -> None:
    phone = visit("enterprise4", PHONE)
    phone.goto("/tickets/new")
    numbers = phone.get_by_role("link", name="火警 119")
    expect(numbers).to_be_hidden()
    phone.get_by_label("标题").press_sequentially("调压箱附近有煤气味")
    expect(phone.get_by_role("alert")).to_contain_text("请先打电话")
    expect(numbers).to_be_visible()
    expect(numbers).to_have_attribute("href", "tel:119")
    phone.get_by_label("标题").fill("采购防爆炸柜")
    expect(numbers).to_be_hidden()
    phone.get_by_label("标题").fill("调压箱附近施工")
    expect(numbers).to_be_hidden()


def test_without_scripts_an_enterprise_files_and_rates(visit: Visit) -> None:
    phone = visit("enterprise4", PHONE, java_script_enabled=False)
    path = file_request(phone, title="岗前培训补贴怎么申请")
    clerk = visit("clerk")
    accept(clerk, path)
    disclose(clerk, "直接答复")
    clerk.get_by_label("答复内容").fill("在人社局二楼窗口申请，材料清单见附件。")
    press(clerk, "直接答复")
    phone.goto(path)
    expect(phone.get_by_text("在人社局二楼窗口申请").first).to_be_visible()
    phone.get_by_role("radio", name="已解决", exact=True).check()
    phone.get_by_role("radio", name="非常满意", exact=True).check()
    press(phone, "评价")
    expect(phone.locator(".headline-words")).to_have_text("已办结")


@pytest.fixture(params=[pytest.param(PHONE, id="360 px"), pytest.param(WIDE, id="1366 px")])
def screen(request: pytest.FixtureRequest) -> dict[str, object]:
    """Both widths."""
    given: dict[str, object] = request.param
    return given


@pytest.mark.parametrize("account", [pytest.param(name, id=name or "a stranger") for name in PAGES])
def test_every_page_fits_and_can_be_read_by_everybody(
    account: str, screen: dict[str, object], visit: Visit
) -> None:
    page = visit(account, screen)
    faults = {}
    for path in pages_of(page, account):
        page.goto(path)
        found = [*barriers(page), *overflow(page), *otherwise(page, path, screen)]
        if found:
            faults[path] = found
    assert not faults


def test_the_table_of_keys_can_be_read_by_everybody(visit: Visit) -> None:
    page = visit("clerk")
    page.goto("/tickets")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    assert not barriers(page)


def test_the_bar_of_the_staff_shows_where_one_is(visit: Visit) -> None:
    phone = visit("supervisor", PHONE)
    for path in ("/reports", "/"):
        phone.goto(path)
        expect(phone.locator(".nav [aria-current]")).to_be_in_viewport(ratio=1)


def asked_to(page: Page, button: str) -> str:
    """The page of the first request that asks for this."""
    page.goto("/")
    hrefs = [link.get_attribute("href") or "" for link in page.locator("a.line").all()]
    for href in hrefs:
        page.goto(href)
        if page.get_by_role("button", name=button, exact=True).count():
            return href
    raise AssertionError(f"nothing asks for {button}")


def test_a_thumb_hits_what_it_aims_at_and_finds_one_primary_button(visit: Visit) -> None:
    phone = visit("enterprise", PHONE)
    answer = asked_to(phone, "企业回复")
    faults = {}
    for path in (
        answer,
        f"{answer}/urge",
        asked_to(phone, "评价"),
        "/tickets/new",
        "/members",
        "/members/new",
    ):
        phone.goto(path)
        found = [*missed(phone), *([] if primary(phone) == 1 else [f"{primary(phone)} primary buttons"])]
        if found:
            faults[path] = found
    assert not faults


def pages_of(page: Page, account: str) -> list[str]:
    """The main pages of a role, and the first ticket and form it is led to."""
    paths = list(PAGES[account])
    if account:
        for start in ("/", "/tickets"):
            page.goto(start)
            hrefs = [
                link.get_attribute("href") or "" for link in page.get_by_role("main").locator(MARKED).all()
            ]
            paths += [href for href in hrefs if TICKET.search(href)][:1]
    return list(dict.fromkeys(paths))


def barriers(page: Page, options: dict[str, object] | None = None) -> list[str]:
    """Whatever axe finds wrong; to list all that is right as well takes it a sixth longer."""
    asked = {"resultTypes": ["violations"]} | (options or {})
    found = Axe().run(page, options=asked).response["violations"]
    return [f"{one['id']}: {node['html'][:150]}" for one in found for node in one["nodes"]]


def otherwise(page: Page, path: str, screen: dict[str, object]) -> list[str]:
    """What a phone set to dark cannot show clearly, or a wide screen at 400 % only by moving sideways."""
    if screen is PHONE and path not in IN_THE_DARK:
        return []
    if screen is PHONE:
        # At once: halfway through a transition no contrast is right.
        page.emulate_media(color_scheme="dark", reduced_motion="reduce")
        found = [f"dark: {fault}" for fault in barriers(page, {"runOnly": ["color-contrast"]})]
        page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        return found
    page.set_viewport_size(ZOOMED)
    found = [f"at 400 %: {fault}" for fault in overflow(page)]
    page.set_viewport_size(WIDE["viewport"])
    return found


def missed(page: Page) -> list[str]:
    """What a thumb aims at and is less than 44 px high; a link within a sentence is read, not aimed at."""
    found: list[str] = page.evaluate(
        """() => {
            const aimed = "a, button, input:not([type=hidden]), select, textarea, summary";
            const boxOf = (one) => (one.matches("label *") ? one.closest("label") : one).getBoundingClientRect();
            return [...document.querySelectorAll(aimed)]
                .filter((one) => one.checkVisibility() && !one.matches(".skip"))
                .filter((one) => getComputedStyle(one).display !== "inline")
                .filter((one) => boxOf(one).height < 44)
                .map((one) => `${one.outerHTML.slice(0, 80)}: ${boxOf(one).height} px`);
        }"""
    )
    return found


def primary(page: Page) -> int:
    """How many buttons call for the thumb first."""
    return page.locator(".button.primary:visible").count()


def overflow(page: Page) -> list[str]:
    """What makes the page wider than the screen."""
    extra: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"{extra} px too wide"] if extra > 0 else []
