"""The desk before a real browser: what scripts show, and put in, without a reload."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.paths import press
from tests.browser.test_phone import barriers, overflow

pytestmark = pytest.mark.usefixtures("no_refusals")


def test_a_paper_is_asked_for_after_a_source_from_above(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.goto("/tickets/new")
    office = clerk.get_by_label("来文单位")
    for source, asked in (("走访", False), ("热线转入", True), ("座谈会", False), ("领导批示", True)):
        clerk.get_by_role("radio", name=source, exact=True).check()
        expect(office).to_be_visible(visible=asked)


def test_a_template_is_put_where_one_writes_without_a_reload(visit: Visit) -> None:
    admin = visit("admin")
    admin.goto("/admin/templates/new")
    admin.get_by_label("名称").fill("已答复")
    admin.get_by_label("正文").fill("{企业名称}：已办好。")
    press(admin, "保存")
    clerk = visit("clerk")
    clerk.goto("/tickets?state=submitted")
    opened = clerk.locator(".ticket-title a").first.get_attribute("href") or ""
    clerk.goto(f"{opened.partition('?')[0]}/answer")
    reply = clerk.get_by_label("答复内容")
    reply.fill("先写的话。")
    address = clerk.url
    clerk.get_by_label("答复模板").select_option("已答复")
    clerk.get_by_role("button", name="套用").click()
    expect(reply).to_have_value(re.compile(r"^先写的话。\n\n.+：已办好。$"))
    reply.evaluate("box => box.setSelectionRange(2, 4)")
    clerk.get_by_label("答复模板").select_option("已答复")
    clerk.get_by_role("button", name="套用").click()
    expect(reply).to_have_value(re.compile(r"^先写[^\n]+：已办好。。\n\n.+：已办好。$"))
    assert clerk.url == address


def test_keys_walk_the_queue_and_take_the_next_step(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.goto("/tickets?state=submitted")
    titles = clerk.locator("[data-row-link]")
    for key, row in (("j", 0), ("j", 1), ("k", 0)):
        clerk.keyboard.press(key)
        expect(titles.nth(row)).to_be_focused()
    clerk.keyboard.press("/")
    search = clerk.get_by_label("搜索诉求")
    expect(search).to_be_focused()
    # What is typed is text, and no key.
    clerk.keyboard.type("j?g")
    expect(search).to_have_value("j?g")
    expect(clerk.get_by_role("dialog")).to_have_count(0)
    search.blur()
    clerk.keyboard.press("Control+o")
    clerk.keyboard.press("o")
    clerk.wait_for_url(re.compile(r"/tickets/\d+\?list="))
    first = clerk.url
    clerk.keyboard.press("a")
    expect(clerk.get_by_role("button", name="受理", exact=True)).to_be_focused()
    clerk.keyboard.press("n")
    clerk.wait_for_url(lambda url: url != first and "list=" in url)
    clerk.keyboard.press("g")
    clerk.keyboard.press("t")
    expect(clerk.get_by_role("heading", name="我的待办")).to_be_visible()


def test_the_help_lists_the_keys_of_the_page_and_switches_them_off(visit: Visit) -> None:
    supervisor = visit("supervisor")
    supervisor.goto("/tickets")
    supervisor.keyboard.press("?")
    help_ = supervisor.get_by_role("dialog", name="快捷键")
    for words in ("下一行", "打开这一件", "搜索诉求", "下一页", "我的待办"):
        expect(help_.get_by_text(words, exact=True)).to_be_visible()
    assert not barriers(supervisor)
    help_.get_by_label("开启快捷键").uncheck()
    press(supervisor, "保存")
    supervisor.keyboard.press("?")
    expect(help_).to_be_hidden()
    supervisor.get_by_role("button", name="快捷键").click()
    help_.get_by_label("开启快捷键").check()
    press(supervisor, "保存")
    supervisor.keyboard.press("?")
    expect(help_).to_be_visible()


def test_ticked_rows_bring_the_bar_and_are_dispatched_after_a_look(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.goto("/tickets?state=accepted")
    rows, bar = clerk.locator(".pick input"), clerk.locator(".bulk-bar")
    place = rows.last.bounding_box()
    expect(bar).to_be_hidden()
    rows.first.check()
    expect(bar.get_by_text("已选 1 件")).to_be_visible()
    rows.last.click(modifiers=["Shift"])
    expect(bar.get_by_text(f"已选 {rows.count()} 件")).to_be_visible()
    expect(clerk.get_by_label("全选本页")).to_be_checked()
    assert rows.last.bounding_box() == place
    for box in ("保存筛选", "显示"):
        clerk.locator("summary", has_text=box).click()
        assert not [*barriers(clerk), *overflow(clerk)]
        clerk.keyboard.press("Escape")
        expect(clerk.locator(".pop[open]")).to_have_count(0)
    press(clerk, "派单")
    expect(clerk.get_by_role("heading", name="批量派单")).to_be_visible()
    clerk.get_by_role("radio", name="全部派给同一个单位").check()
    expect(clerk.get_by_label("主办单位", exact=True)).to_be_visible()
    assert not [*barriers(clerk), *overflow(clerk)]
