"""A page's scripts come as one file, and one that fails takes none of the others with it."""

from playwright.sync_api import expect

from tests.browser.conftest import Complaints, Visit


def test_a_script_that_fails_is_reported_and_the_others_run(visit: Visit, complaints: Complaints) -> None:
    page = visit("clerk")
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new Error('no storage'); } });"
    )
    page.goto("/tickets")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="快捷键")).to_be_visible()
    assert complaints.said == ["no storage"]
    complaints.said.clear()


def test_what_is_pasted_beyond_the_limit_stays_and_says_so(visit: Visit) -> None:
    page = visit("enterprise")
    page.goto("/tickets/new")
    text = page.get_by_label("说明")
    text.fill("字" * 6000)
    assert len(text.input_value()) == 6000
    expect(page.get_by_text("已写 6000 字，最多 5000 字")).to_be_visible()
    text.fill("字" * 4000)
    expect(page.get_by_text("已写")).to_have_count(0)
