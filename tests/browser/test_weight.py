"""What a page weighs on the line, as the browser counted it: companies read on phones, offices behind thin lines."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PHONE, WIDE, Visit

pytestmark = pytest.mark.usefixtures("no_refusals")

FIRST = 100_000
LATER = 30_000


class Weight:
    """Bytes that came over the line, heads of answers among them."""

    total = 0.0

    def add(self, finished: dict[str, float]) -> None:
        """One answer has come in full."""
        self.total += finished["encodedDataLength"]


@contextmanager
def weighed(page: Page) -> Iterator[Weight]:
    """All that the page asks for inside the block."""
    weight = Weight()
    line = page.context.new_cdp_session(page)
    line.on("Network.loadingFinished", weight.add)
    line.send("Network.enable")
    yield weight
    page.wait_for_load_state("networkidle")
    line.detach()


@pytest.mark.parametrize(
    ("account", "path"),
    [
        pytest.param("enterprise", "/tickets/new", id="the filing form"),
        pytest.param("clerk", "/tickets?state=all", id="the queue"),
        pytest.param("clerk", "/tickets/1", id="a ticket"),
    ],
)
def test_a_page_is_light_the_first_time_and_lighter_again(account: str, path: str, visit: Visit) -> None:
    page = visit(account, PHONE if account == "enterprise" else WIDE)
    with weighed(page) as first:
        page.goto(path)
    with weighed(page) as later:
        page.goto(path)
    assert 5_000 < first.total < FIRST
    assert 1_000 < later.total < LATER
