"""Filing on a phone with one thumb and a bad network: few taps, nothing lost, nothing filed twice."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PHONE, Complaints, Visit, sign_in
from tests.browser.paths import fill_in, photo, press

MOST_TAPS = 4
"""Category, title, text, 提交: all that a returning contact touches besides the keys."""
COUNT_TAPS = """addEventListener("pointerdown", () => {
    sessionStorage.taps = 1 + Number(sessionStorage.taps ?? 0);
}, true);"""
OFFLINE = re.compile("网络不通，内容已保存在本机；恢复后请再点“提交诉求”")
GPS = 0x8825
ORIENTATION = 0x0112
ROTATED = 6
"""The camera was held upright: the picture is to be turned by a quarter."""


def without_drafts(page: Page) -> None:
    """Let no draft get through to the server."""
    page.route("**/tickets/draft", lambda route: route.abort())


def filed(page: Page) -> None:
    expect(page.get_by_role("heading", name="诉求已提交")).to_be_visible()


def lines_of(page: Page, title: str) -> int:
    page.goto("/")
    return page.locator("a.line").filter(has_text=title).count()


def kept_on(page: Page) -> list[str]:
    """What the device keeps of forms."""
    found: list[str] = page.evaluate("Object.keys(localStorage).filter((place) => place.startsWith('kept '))")
    return found


def camera_picture() -> bytes:
    """3000 × 2000 px as a phone takes it: turned, and with the place in it."""
    noise = Image.effect_noise((3000, 2000), 60).convert("RGB")
    marks = Image.Exif()
    marks[ORIENTATION] = ROTATED
    marks.get_ifd(GPS)[1] = "N"
    content = io.BytesIO()
    noise.save(content, "JPEG", quality=90, exif=marks)
    return content.getvalue()


def test_a_returning_contact_files_with_four_taps(visit: Visit) -> None:
    phone = visit("enterprise3", PHONE)
    phone.add_init_script(COUNT_TAPS)
    phone.goto("/tickets/new")
    phone.locator("label.tile").filter(has=phone.get_by_text("用电", exact=True)).tap()
    phone.get_by_label("标题").tap()
    phone.keyboard.type("三号车间电表跳闸")
    phone.get_by_label("说明").tap()
    phone.keyboard.type("今早八点起每半小时一次，请派人检查。")
    phone.get_by_role("button", name="提交诉求").tap()
    filed(phone)
    assert phone.evaluate("Number(sessionStorage.taps)") == MOST_TAPS
    assert not kept_on(phone)


def test_without_a_network_the_words_stay_and_go_once_it_is_back(
    visit: Visit, complaints: Complaints
) -> None:
    phone = visit("enterprise3", PHONE)
    fill_in(phone, title="雨棚被风掀了一角", text="请联系园区工程部。")
    phone.context.set_offline(True)
    phone.get_by_role("button", name="提交诉求").tap()
    expect(phone.get_by_text(OFFLINE)).to_be_visible()
    phone.context.set_offline(False)
    phone.get_by_role("button", name="再试一次").tap()
    filed(phone)
    assert lines_of(phone, "雨棚被风掀了一角") == 1
    assert not kept_on(phone)
    complaints.said.clear()


def test_an_answer_lost_on_the_way_does_not_file_twice(visit: Visit, complaints: Complaints) -> None:
    phone = visit("enterprise3", PHONE)
    fill_in(phone, title="围墙外排水沟堵了")

    def lose_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    phone.route("**/tickets/new", lose_the_answer)
    phone.get_by_role("button", name="提交诉求").tap()
    expect(phone.get_by_text(OFFLINE)).to_be_visible()
    phone.unroute("**/tickets/new")
    press(phone, "再试一次")
    filed(phone)
    assert lines_of(phone, "围墙外排水沟堵了") == 1
    complaints.said.clear()


def test_words_that_never_reached_the_server_come_back_until_they_are_discarded(
    visit: Visit, complaints: Complaints
) -> None:
    phone = visit("enterprise4", PHONE)
    without_drafts(phone)
    fill_in(phone, category="融资", title="想申请设备贷款", text="银行要求抵押，")
    phone.locator("summary").tap()
    phone.get_by_label("投诉", exact=True).check()
    phone.get_by_label("被投诉单位").select_option(index=2)
    phone.reload()
    expect(phone.get_by_text("已恢复上次未提交的内容")).to_be_visible()
    expect(phone.get_by_role("radio", name=re.compile("^融资"))).to_be_checked()
    expect(phone.get_by_label("标题")).to_have_value("想申请设备贷款")
    expect(phone.get_by_label("说明")).to_have_value("银行要求抵押，")
    expect(phone.get_by_label("投诉", exact=True)).to_be_checked()
    expect(phone.get_by_label("被投诉单位")).not_to_have_value("")
    phone.locator("details.more").evaluate("(more) => { more.open = true; }")
    expect(phone.get_by_label("被投诉单位")).to_be_visible()
    press(phone, "丢弃")
    expect(phone.get_by_label("标题")).to_have_value("")
    # Nothing of it was saved on the way out either.
    phone.unroute_all()
    phone.reload()
    expect(phone.get_by_label("标题")).to_have_value("")
    expect(phone.get_by_text("已恢复上次未提交的内容")).to_be_hidden()
    complaints.said.clear()


def test_what_one_account_typed_is_not_shown_to_another_and_leaves_with_signing_out(
    visit: Visit, complaints: Complaints
) -> None:
    phone = visit("enterprise5", PHONE)
    without_drafts(phone)
    fill_in(phone, category="供水", title="只说给专窗听的事", text="请保密。")
    phone.context.clear_cookies()
    phone.goto("/tickets/new")
    sign_in(phone, "enterprise6")
    phone.goto("/tickets/new")
    expect(phone.get_by_label("标题")).not_to_have_value("只说给专窗听的事")
    phone.context.clear_cookies()
    phone.goto("/tickets/new")
    sign_in(phone, "enterprise5")
    expect(phone.get_by_label("标题")).to_have_value("只说给专窗听的事")
    expect(phone.get_by_role("radio", name=re.compile("^供水"))).to_be_checked()
    phone.goto("/account")
    press(phone, "退出登录")
    assert not kept_on(phone)
    complaints.said.clear()


def test_a_photo_is_made_smaller_and_goes_ahead_of_the_form(visit: Visit, tmp_path: Path) -> None:
    original = camera_picture()
    (tmp_path / "现场.jpeg").write_bytes(original)
    phone = visit("enterprise6", PHONE)
    fill_in(phone, title="吊车钢丝绳有断丝")
    phone.get_by_label("照片或文件").set_input_files(tmp_path / "现场.jpeg")
    line = phone.locator("li.file").filter(has_text="现场.jpg")
    expect(line.get_by_role("progressbar")).to_be_hidden()
    expect(line.get_by_role("button", name="移除")).to_be_visible()
    # What is on the server already survives a reload, and an unwanted one is taken back.
    phone.get_by_label("照片或文件").set_input_files(photo("多余.png"))
    expect(phone.locator("li.file")).to_have_count(2)
    with phone.expect_response("**/remove"):
        phone.locator("li.file").filter(has_text="多余.png").get_by_role("button", name="移除").tap()
    phone.reload()
    expect(phone.locator("li.file")).to_have_text(re.compile("现场.jpg"))
    press(phone, "提交诉求")
    filed(phone)
    phone.goto(phone.url.removesuffix("/filed"))
    href = phone.get_by_role("link", name=re.compile("现场.jpg")).first.get_attribute("href") or ""
    sent = phone.request.get(href).body()
    picture = Image.open(io.BytesIO(sent))
    assert picture.size == (1365, 2048)
    assert not dict(picture.getexif())
    assert len(sent) < len(original) / 2


def test_a_form_sent_at_once_waits_for_its_photo(visit: Visit) -> None:
    phone = visit("enterprise6", PHONE)
    fill_in(phone, title="冷却塔漏水")
    picture: Any = {"name": "塔.jpg", "mimeType": "image/jpeg", "buffer": camera_picture()}
    phone.get_by_label("照片或文件").set_input_files(picture)
    press(phone, "提交诉求")
    filed(phone)
    phone.goto(phone.url.removesuffix("/filed"))
    expect(phone.get_by_role("link", name=re.compile("塔.jpg")).first).to_be_visible()


@pytest.mark.usefixtures("no_refusals")
def test_an_upload_that_fails_says_so_on_its_line_and_can_be_tried_again(
    visit: Visit, complaints: Complaints
) -> None:
    phone = visit("enterprise6", PHONE)
    fill_in(phone, title="门禁读卡器失灵")
    phone.route("**/tickets/draft/files", lambda route: route.abort())
    phone.get_by_label("照片或文件").set_input_files(photo())
    line = phone.locator("li.file")
    expect(line.get_by_role("alert")).to_have_text("没有传上，请检查网络后重试")
    phone.get_by_role("button", name="提交诉求").tap()
    expect(phone.get_by_text("有文件没有传上，请重试或移除后再提交")).to_be_visible()
    phone.unroute("**/tickets/draft/files")
    line.get_by_role("button", name="重试").tap()
    expect(line.get_by_role("alert")).to_be_hidden()
    press(phone, "提交诉求")
    filed(phone)
    complaints.said.clear()


def test_a_guide_is_offered_while_the_title_is_typed(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.goto("/admin/guides/new")
    clerk.get_by_label("标题").fill("消防验收怎么申请")
    clerk.get_by_label("正文").fill("线上提交图纸，五个工作日内到场。")
    press(clerk, "保存")
    phone = visit("enterprise4", PHONE)
    phone.goto("/tickets/new")
    phone.get_by_label("标题").press_sequentially("厂房消防验收")
    guide = phone.get_by_role("link", name="消防验收怎么申请")
    with phone.context.expect_page() as opened:
        guide.tap()
    expect(opened.value.get_by_text("线上提交图纸")).to_be_visible()
    expect(phone.get_by_label("标题")).to_have_value("厂房消防验收")
    phone.get_by_label("标题").fill("食堂饭菜太咸")
    expect(guide).to_be_hidden()
