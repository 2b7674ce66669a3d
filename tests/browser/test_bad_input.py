"""Input that cannot be taken: said in a sentence, with everything that was typed still there."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Complaints, Visit, sign_in
from tests.browser.paths import PDF, TEXT, TITLE, accept, disclose, file_request, fill_in, press

MB = 1024 * 1024
LONG = 60_000
"""Milliseconds: Chromium itself takes seconds to lay out so much text."""

LINE = "下午三四点电压只有三百四十伏，焊机同时起弧就跳闸。" * 800 + "\n"
WINDOWS_PROGRAM = b"MZ\x90\x00\x03\x00\x00\x00" + bytes(200)
REFUSED_FILES = {
    "a program that calls itself a PDF": (
        "报价单.pdf",
        WINDOWS_PROGRAM,
        "“报价单.pdf”不是可以接收的文件，或内容与扩展名不符。可上传：",
    ),
    "a file of 30 MB": ("现场.pdf", PDF + bytes(30 * MB), "超过 20 MB，请压缩或拆分后再上传"),
}


def paste(page: Page, label: str, line: str, size: int) -> None:
    """Put so many bytes of lines into a field at once, past what its length allows to type."""
    page.get_by_label(label).evaluate(
        "(field, [line, times]) => { field.value = line.repeat(times) + '完';"
        " field.dispatchEvent(new Event('input', {bubbles: true})); }",
        [line, size // len(line.encode())],
    )


def length(page: Page, label: str) -> int:
    """How many signs stand in a field."""
    found: int = page.get_by_label(label).evaluate("field => field.value.length")
    return found


@pytest.mark.parametrize("case", REFUSED_FILES)
def test_a_file_is_refused_with_a_sentence_and_the_words_stay(
    case: str, visit: Visit, tmp_path: Path, complaints: Complaints
) -> None:
    name, content, sentence = REFUSED_FILES[case]
    (tmp_path / name).write_bytes(content)
    phone = visit("enterprise5", PHONE)
    fill_in(phone)
    phone.get_by_label("照片或文件").set_input_files(tmp_path / name)
    expect(phone.locator("li.file").filter(has_text=name).get_by_role("alert")).to_contain_text(sentence)
    phone.get_by_role("button", name="提交诉求").click()
    expect(phone.get_by_text("有文件没有传上，请重试或移除后再提交")).to_be_visible()
    expect(phone.get_by_label("标题")).to_have_value(TITLE)
    expect(phone.get_by_label("说明")).to_have_value(TEXT)
    expect(phone.get_by_role("radio", name="用电")).to_be_checked()
    phone.get_by_role("button", name="移除").click()
    press(phone, "提交诉求")
    expect(phone.get_by_role("heading", name="诉求已提交")).to_be_visible()
    complaints.said[:] = [one for one in complaints.said if "/tickets/draft/files" not in one]


def test_a_text_of_10_megabytes_is_refused_with_a_sentence_and_given_back(visit: Visit) -> None:
    phone = visit("enterprise6", PHONE)
    phone.set_default_timeout(LONG)
    fill_in(phone)
    paste(phone, "说明", LINE, 10 * MB)
    pasted = length(phone, "说明")
    press(phone, "提交诉求")
    expect(phone.get_by_role("alert").filter(has_text="最多 5000 字，请精简后再提交。").first).to_be_visible()
    assert length(phone, "说明") == pasted
    expect(phone.get_by_label("标题")).to_have_value(TITLE)
    phone.get_by_label("说明").fill(TEXT)
    press(phone, "提交诉求")
    expect(phone.get_by_role("heading", name="诉求已提交")).to_be_visible()


def test_a_text_too_long_even_to_be_read_stays_one_step_back(visit: Visit, complaints: Complaints) -> None:
    phone = visit("enterprise6", PHONE)
    phone.set_default_timeout(LONG)
    fill_in(phone)
    paste(phone, "说明", LINE, 14 * MB)
    pasted = length(phone, "说明")
    press(phone, "提交诉求")
    expect(phone.get_by_text("文字请控制在 5000 字以内")).to_be_visible()
    phone.go_back()
    assert length(phone, "说明") == pasted
    # No draft is kept of so much; the form said so.
    complaints.said[:] = [one for one in complaints.said if "/tickets/draft" not in one]


def test_a_page_that_is_out_of_date_says_who_did_what_and_keeps_the_words(visit: Visit) -> None:
    phone = visit("enterprise5", PHONE)
    path = file_request(phone)
    phone.goto(path)
    disclose(phone, "补充说明")
    phone.get_by_label("补充内容").fill("设备铭牌照片随后补上。")
    accept(visit("clerk"), path)
    press(phone, "补充说明")
    expect(phone.get_by_role("alert").first).to_contain_text("刚刚有变化")
    expect(phone.get_by_role("alert").first).to_contain_text("专窗已受理")
    expect(phone.get_by_label("补充内容")).to_have_value("设备铭牌照片随后补上。")
    press(phone, "补充说明")
    expect(phone.get_by_role("status")).to_contain_text("补充说明已提交")


def test_a_session_that_ended_gives_the_form_back_after_signing_in(
    visit: Visit, complaints: Complaints
) -> None:
    phone = visit("enterprise6", PHONE)
    fill_in(phone, title="食堂燃气表走字偏快", text="上月用气量比往年多了三成，请派人校验。")
    phone.context.clear_cookies()
    press(phone, "提交诉求")
    expect(phone.get_by_role("heading", name="登录已过期")).to_be_visible()
    expect(phone.get_by_label("内容")).to_have_value("上月用气量比往年多了三成，请派人校验。")
    phone.get_by_role("link", name="重新登录").click()
    sign_in(phone, "enterprise6")
    phone.wait_for_url("**/tickets/new")
    expect(phone.get_by_label("标题")).to_have_value("食堂燃气表走字偏快")
    expect(phone.get_by_label("说明")).to_have_value("上月用气量比往年多了三成，请派人校验。")
    expect(phone.get_by_role("radio", name="用电")).to_be_checked()
    press(phone, "提交诉求")
    expect(phone.get_by_role("heading", name="诉求已提交")).to_be_visible()


def test_a_reply_written_in_a_session_that_ended_goes_on_where_it_was(visit: Visit) -> None:
    enterprise, clerk = visit("enterprise5"), visit("clerk")
    path = file_request(enterprise, title="厂区一路灯不亮，夜班出入不便")
    accept(clerk, path)
    clerk.get_by_label("主办单位").select_option("供电公司")
    press(clerk, "派单")
    power = visit("power")
    power.goto(path)
    press(power, "签收")
    disclose(power, "答复")
    power.get_by_label("答复内容").fill("已更换灯具三盏，夜间亮灯正常。")
    power.get_by_role("radio", name="已解决").check()
    power.context.clear_cookies()
    press(power, "答复")
    expect(power.get_by_label("内容")).to_have_value("已更换灯具三盏，夜间亮灯正常。")
    power.get_by_role("link", name="重新登录").click()
    sign_in(power, "power")
    power.wait_for_url(f"{path}/reply")
    expect(power.get_by_label("答复内容")).to_have_value("已更换灯具三盏，夜间亮灯正常。")
    power.get_by_role("radio", name="已解决").check()
    press(power, "答复")
    expect(power.get_by_role("status")).to_contain_text("答复已提交")


def test_without_scripts_the_words_of_a_session_that_ended_stand_on_the_page(visit: Visit) -> None:
    phone = visit("enterprise5", PHONE, java_script_enabled=False)
    fill_in(phone, title="宿舍区自来水发黄", text="每天早上六点到七点最明显。")
    phone.context.clear_cookies()
    press(phone, "提交诉求")
    expect(phone.get_by_label("标题")).to_have_value("宿舍区自来水发黄")
    expect(phone.get_by_label("内容")).to_have_value("每天早上六点到七点最明显。")


def test_whoever_signs_out_leaves_no_words_in_the_tab(visit: Visit) -> None:
    page = visit("enterprise5")
    fill_in(page, title="一件只说给专窗听的事")
    page.goto("/account")
    press(page, "退出登录")
    sign_in(page, "enterprise6")
    page.goto("/tickets/new")
    expect(page.get_by_label("标题")).not_to_have_value("一件只说给专窗听的事")
