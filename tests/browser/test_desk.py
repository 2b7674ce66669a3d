"""The desk before a real browser: what scripts show, and put in, without a reload."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.paths import press

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
    clerk.goto(f"{clerk.locator('.ticket-title a').first.get_attribute('href')}/answer")
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
