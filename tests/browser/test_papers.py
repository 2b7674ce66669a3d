"""Papers in a real browser: a button that prints, a bar that stays on the screen, a code that stays on the paper."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.usefixtures("no_refusals")
PAPER = "/tickets/1/papers/receipt"


def test_the_button_opens_the_browsers_own_print(visit: Visit) -> None:
    page = visit("clerk")
    page.add_init_script("window.print = () => { document.documentElement.dataset.printed = 'yes'; };")
    page.goto(PAPER)
    page.get_by_role("button", name="打印", exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-printed", "yes")


def test_without_scripts_the_page_says_how_to_print(visit: Visit) -> None:
    page = visit("clerk", java_script_enabled=False)
    page.goto(PAPER)
    expect(page.get_by_role("button", name="打印", exact=True)).to_be_hidden()
    expect(page.get_by_text("请用浏览器的“打印”")).to_be_visible()


def test_paper_holds_the_sheet_alone_on_one_page_of_a4(visit: Visit, tmp_path: Path) -> None:
    page = visit("clerk")
    page.goto(PAPER)
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="返回")).to_be_hidden()
    expect(page.get_by_role("heading", name="企业诉求受理回执")).to_be_visible()
    code = page.locator("svg.paper-code").bounding_box()
    assert code is not None
    # 32 mm: less is hard to scan from paper.
    assert code["width"] == pytest.approx(32 / 25.4 * 96, abs=1)
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") == 1
    assert b"/MediaBox [0 0 594" in printed or b"/MediaBox [0 0 595" in printed
