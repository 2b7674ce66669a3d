"""An administrator before a real browser: a new colleague gets an account and comes in by a link."""

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.paths import press

pytestmark = pytest.mark.usefixtures("no_refusals")
PASSWORD = "harbour-lights-7"


def test_a_new_colleague_comes_in_by_a_link(visit: Visit) -> None:
    admin = visit("admin")
    admin.goto("/admin")
    admin.get_by_role("link", name="人员和角色").click()
    admin.get_by_role("link", name="新增账号").click()
    admin.get_by_label("用户名").fill("wulin")
    admin.get_by_label("姓名").fill("吴琳")
    admin.get_by_role("checkbox", name="经办人", exact=True).check()
    admin.get_by_label("所属单位").select_option("供电公司")
    press(admin, "保存")
    press(admin, "生成设置密码的链接")
    link = admin.get_by_label("只在这里显示一次，请复制后交给本人").input_value()

    phone = visit("", PHONE)
    phone.goto(link)
    phone.get_by_label("新密码", exact=True).fill(PASSWORD)
    phone.get_by_label("再输一遍新密码").fill(PASSWORD)
    press(phone, "保存密码")
    phone.get_by_label("用户名").fill("wulin")
    phone.get_by_label("密码", exact=True).fill(PASSWORD)
    press(phone, "登录")
    expect(phone.get_by_role("heading", name="我的待办")).to_be_visible()


def test_a_change_shows_in_the_history(visit: Visit) -> None:
    admin = visit("admin")
    admin.goto("/admin/departments")
    admin.get_by_label("按名称查找").fill("法院")
    press(admin, "查找")
    admin.get_by_role("link", name="法院", exact=True).click()
    before = admin.get_by_label("电话").input_value()
    admin.get_by_label("电话").fill("0775-1234567")
    press(admin, "保存")
    expect(admin.get_by_text(f"电话：由“{before}”改为“0775-1234567”")).to_be_visible()
