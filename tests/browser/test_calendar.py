"""An administrator before a real browser, with scripts and without: a day is closed, a year is loaded."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.browser.paths import press
from tests.browser.test_phone import barriers, overflow
from tests.web.test_calendar_pages import NOTICE_2027

pytestmark = pytest.mark.usefixtures("no_refusals")


@pytest.mark.parametrize(("scripts", "day"), [(True, 24), (False, 25)], ids=["with scripts", "without"])
def test_a_day_is_closed_from_the_wall(visit: Visit, scripts: bool, day: int) -> None:  # noqa: FBT001
    admin = visit("admin", java_script_enabled=scripts)
    admin.goto("/calendar?year=2028")
    admin.get_by_role("table", name="10月").get_by_role("link", name=re.compile(f"^{day}$")).click()
    admin.get_by_role("radio", name=re.compile("^停工")).check()
    admin.get_by_label("节日或停工原因").fill("台风停工")
    press(admin, "预览影响")
    expect(admin.get_by_role("heading", name="预览日历改动")).to_be_visible()
    if scripts:
        assert [*barriers(admin), *overflow(admin)] == []
    admin.get_by_label("原因").fill("台风红色预警")
    press(admin, "保存日历")
    expect(admin.get_by_text(f"2028-10-{day} ").first).to_be_visible()
    closed = admin.get_by_role("table", name="10月").get_by_role("link", name=f"{day} 停")
    expect(closed).to_have_attribute("title", "本园区停工：台风停工")


def test_a_year_is_loaded_from_its_notice(visit: Visit) -> None:
    admin = visit("admin")
    admin.goto("/calendar")
    admin.get_by_role("link", name="粘贴放假通知").click()
    admin.get_by_label("通知全文").fill(NOTICE_2027)
    press(admin, "核对并预览")
    expect(admin.get_by_text("录入 2027 年全年安排")).to_be_visible()
    admin.get_by_label("原因").fill("国办发明电")
    press(admin, "保存日历")
    expect(admin.get_by_role("heading", name="2027 年日历")).to_be_visible()
    expect(admin.get_by_role("table", name="2月").get_by_role("link", name="20 班")).to_be_visible()
    assert [*barriers(admin), *overflow(admin)] == []
