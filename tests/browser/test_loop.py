"""The loop as five people walk it, the enterprise on a phone; and the reports, counted again from their rows."""

import time
from email.message import EmailMessage
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Desk, Visit
from tests.browser.paths import (
    NUMBER,
    TEXT,
    TITLE,
    accept,
    disclose,
    document,
    file_request,
    fill_in,
    photo,
    press,
)
from tests.browser.recounting import (
    as_printed,
    counted_again,
    lines,
    numbers_of_tickets,
    printed,
)

pytestmark = pytest.mark.usefixtures("no_refusals")

REPLY = "已现场勘察，在船台东侧新增一台 630kVA 箱变，三相电压稳定在 385 至 392 伏。"


def test_five_people_take_a_request_from_a_phone_into_the_reports(visit: Visit, tmp_path: Path) -> None:
    phone, clerk, power = visit("enterprise", PHONE), visit("clerk"), visit("power")
    power.goto("/notices")
    # What the clockwork has told of the demo park so far, if it was quick.
    if power.get_by_role("button", name="全部标为已读").count():
        press(power, "全部标为已读")
    expect(power.locator(".topbar .badge")).to_be_hidden()

    path, number = the_enterprise_files(phone)
    the_clerk_accepts_and_dispatches(clerk, number)
    expect_words(phone, path, "由供电公司办理")
    the_department_signs_tells_and_replies(power, path)
    phone.goto(path)
    expect(phone.get_by_text(REPLY)).to_have_count(0)
    quality = visit("quality")
    quality.goto(path)
    expect(quality.get_by_role("link", name="竣工.pdf").first).to_be_visible()
    press(quality, "审核通过")
    the_enterprise_rates(phone, path)

    supervisor = visit("supervisor")
    for title in ("企业诉求办结统计表", "企业诉求满意度统计表"):
        workbook = the_supervisor_exports(supervisor, title, tmp_path)
        it_counts_itself_again(workbook)
        assert number in numbers_of_tickets(load_workbook(workbook)), title


def the_enterprise_files(phone: Page) -> tuple[str, str]:
    phone.goto("/")
    phone.get_by_role("link", name="提交诉求").first.click()
    fill_in(phone)
    phone.get_by_label("照片或文件").set_input_files(photo())
    expect(phone.locator("li.file")).to_contain_text("车间.png")
    press(phone, "提交诉求")
    main = phone.get_by_role("main")
    expect(main).to_contain_text(NUMBER)
    expect(main).to_contain_text("前答复")
    number = NUMBER.search(main.inner_text())
    assert number is not None
    phone.get_by_role("link", name="查看进度").click()
    phone.wait_for_url("**/tickets/*")
    expect(phone.get_by_role("heading", name=TITLE, level=1)).to_be_visible()
    expect(phone.get_by_role("link", name="车间.png").first).to_be_visible()
    return phone.url, number.group()


def the_clerk_accepts_and_dispatches(clerk: Page, number: str) -> None:
    clerk.goto("/")
    clerk.locator("a.line").filter(has_text=number).click()
    # On a wide screen it opens beside the list.
    panel = clerk.get_by_role("complementary", name="诉求详情")
    expect(panel.get_by_text(TEXT)).to_be_visible()
    press(clerk, "受理")
    expect(clerk.get_by_role("status")).to_contain_text("已受理，请派单")
    expect(clerk.get_by_text("建议主办 供电公司")).to_be_visible()
    expect(clerk.locator(".reason")).to_contain_text("事项清单")
    expect(clerk.get_by_label("主办单位").locator("option:checked")).to_have_text("供电公司")
    press(clerk, "派单")
    expect(clerk.get_by_role("status")).to_contain_text("已派单")


def the_department_signs_tells_and_replies(power: Page, path: str) -> None:
    power.goto("/notices")
    expect(power.locator(".topbar .badge")).to_be_visible()
    power.locator("a.line.unread").filter(has_text="新交办，请签收").filter(has_text=TITLE).first.click()
    power.wait_for_url(path)
    press(power, "签收")
    power.get_by_label("联系了谁").fill("程海波")
    press(power, "首次联系")
    disclose(power, "办理进展")
    power.get_by_label("进展内容").fill("已到现场勘察，确定新增一台箱变。")
    power.get_by_role("group", name="是否让企业看到").get_by_label("是", exact=True).check()
    press(power, "办理进展")
    power.get_by_role("radio", name="已解决").check()
    power.get_by_label("答复内容").fill(REPLY)
    power.get_by_label("佐证材料").set_input_files(document("竣工.pdf"))
    press(power, "答复")
    expect(power.get_by_text("待审核").first).to_be_visible()


def the_enterprise_rates(phone: Page, path: str) -> None:
    expect_words(phone, path, REPLY)
    expect(phone.get_by_text("已到现场勘察，确定新增一台箱变。")).to_be_visible()
    expect(phone.get_by_role("link", name="竣工.pdf").first).to_be_visible()
    phone.get_by_role("radio", name="已解决", exact=True).check()
    phone.get_by_role("radio", name="满意", exact=True).check()
    press(phone, "评价")
    expect(phone.locator(".headline-words")).to_have_text("已办结")
    expect(phone.get_by_text("评价：已解决，满意")).to_be_visible()


def expect_words(page: Page, path: str, words: str) -> None:
    page.goto(path)
    expect(page.get_by_text(words).first).to_be_visible()


def the_supervisor_exports(page: Page, title: str, folder: Path) -> Path:
    page.goto("/")
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="报表").click()
    page.get_by_label("报表", exact=True).select_option(title)
    page.get_by_label("统计期", exact=True).select_option("本月")
    press(page, "预览")
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    page.get_by_role("button", name="导出 Excel").click()
    # The page asks again by itself until the clockwork has written the workbook; the newest stands first.
    link = page.get_by_role("row", name=title).first.get_by_role("link", name="下载")
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download() as download:
        link.click()
    assert title in download.value.suggested_filename
    kept = folder / download.value.suggested_filename
    download.value.save_as(kept)
    return kept


def it_counts_itself_again(path: Path) -> None:
    workbook = load_workbook(path)
    counted = counted_again(workbook)
    differences = {
        line.place: (line.written, counted[line.place])
        for line in lines(workbook)
        if line.written != counted[line.place]
    }
    assert not differences
    assert len(counted) > 100
    assert printed(workbook) == as_printed(counted)


def words_of(letter: EmailMessage) -> str:
    """Its text."""
    body = letter.get_body(("plain",))
    return str(body.get_content()) if body is not None else ""


def letter_to(address: str, desk: Desk, *, about: str, path: str) -> EmailMessage:
    """The letter that leads to this page, once the clockwork has delivered it."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        for letter in desk.mailbox.arrived:
            if letter["To"] == address and about in letter["Subject"] and path in words_of(letter):
                return letter
        time.sleep(0.2)
    raise AssertionError(
        f"no letter to {address}; these came: {[one['Subject'] for one in desk.mailbox.arrived]}"
    )


def test_a_most_urgent_request_reaches_the_department_by_mail_at_any_hour(visit: Visit, desk: Desk) -> None:
    title = "配电房母排发热，随时可能跳闸"
    path = file_request(visit("enterprise2", PHONE), title=title)
    clerk = visit("clerk")
    accept(clerk, path, urgency="特急")
    clerk.get_by_label("主办单位").select_option("供电公司")
    press(clerk, "派单")
    letter = letter_to("power@park.example", desk, about="新交办，请签收", path=path)
    assert title in words_of(letter)
