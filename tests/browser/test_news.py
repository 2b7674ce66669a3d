"""An open page tells what others do, and takes it in without a reload; nothing moves under the hand."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, Visit
from tests.browser.paths import accept, file_request

pytestmark = pytest.mark.usefixtures("no_refusals")
LATEST = "水压不足，锅炉无法满负荷"


def ask(page: Page) -> None:
    """Have the page ask at once, as it does when one comes back to it."""
    with page.expect_response(lambda answer: "/news" in answer.url):
        page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


def test_a_new_request_appears_in_an_open_list(visit: Visit) -> None:
    clerk, owner = visit("clerk"), visit("enterprise", PHONE)
    with clerk.expect_response(lambda answer: "/news" in answer.url):
        clerk.goto("/tickets")
    clerk.evaluate("window.stays = true")
    first = clerk.locator(".ticket-title a").first
    shown, place = first.text_content(), first.bounding_box()
    file_request(owner, title=LATEST)
    ask(clerk)
    news = clerk.locator("[data-news]")
    expect(news).to_contain_text("1 件诉求有变化")
    assert (first.text_content(), first.bounding_box()) == (shown, place)
    news.get_by_role("button", name="显示").click()
    expect(first).to_have_text(LATEST)
    expect(news).to_be_hidden()
    assert clerk.evaluate("window.stays")


def test_what_others_do_appears_in_an_open_record_and_typed_words_stay(visit: Visit) -> None:
    owner, clerk, quality = visit("enterprise", PHONE), visit("clerk"), visit("quality")
    path = file_request(owner)
    owner.goto(path)
    quality.goto(f"{path}/note")
    quality.get_by_label("内容").or_(quality.get_by_role("textbox")).last.fill("先写一半")
    accept(clerk, path)
    ask(owner)
    expect(owner.locator("[data-news]")).to_contain_text("受理")
    expect(owner.locator(".timeline > li").first).to_contain_text("受理")
    ask(quality)
    expect(quality.get_by_role("textbox").last).to_have_value("先写一半")
