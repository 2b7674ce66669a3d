"""Boards in a real browser: charts drawn from their tables, points that lead to tickets, a wall that keeps its data."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.usefixtures("no_refusals")


def test_a_chart_is_drawn_from_its_table_and_leads_to_tickets(visit: Visit) -> None:
    page = visit("supervisor")
    page.goto("/dashboard")
    bars = page.locator("figure[data-chart=bars]")
    expect(bars.locator("svg")).to_be_visible()
    expect(bars.get_by_role("table")).to_be_hidden()
    bars.get_by_text("看表格").click()
    number = bars.locator("td a").first.inner_text()
    # The first line lies on top, below the head of the drawing.
    bars.locator("svg").click(position={"x": 250, "y": 26})
    page.wait_for_url(re.compile("/reports/tickets"))
    expect(page.get_by_text(f"{number} 件")).to_be_visible()


def test_without_scripts_the_tables_stand_for_the_charts(visit: Visit) -> None:
    page = visit("supervisor", java_script_enabled=False)
    page.goto("/dashboard")
    expect(page.locator("figure[data-chart]").get_by_role("table")).to_have_count(2)
    for table in page.locator("figure[data-chart]").get_by_role("table").all():
        expect(table).to_be_visible()


def test_the_wall_goes_on_and_says_so_when_the_server_does_not_answer(visit: Visit) -> None:
    page = visit("supervisor")
    page.clock.install()
    page.goto("/wall")
    shown = page.locator("[data-wall-time]").inner_text()
    page.locator("h1").evaluate("one => { one.textContent = 'old'; }")
    page.clock.run_for(61_000)
    expect(page.get_by_role("heading", name="企业诉求挂图作战")).to_be_visible()
    expect(page.locator("[data-wall-stale]")).to_be_hidden()
    page.route("**/wall", lambda route: route.fulfill(status=503, body="no"))
    page.clock.run_for(61_000)
    expect(page.locator("[data-wall-stale]")).to_contain_text(f"数据停在 {shown[:2]}")
    expect(page.get_by_role("heading", name="企业诉求挂图作战")).to_be_visible()
    page.unroute("**/wall")
    page.clock.run_for(61_000)
    expect(page.locator("[data-wall-stale]")).to_be_hidden()
