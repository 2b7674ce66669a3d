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
