"""The supervisor's page of figures and the workbook behind its button."""

import io
import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape

import pytest
from openpyxl import load_workbook

from service_desk import clock
from service_desk.desk import exports
from service_desk.domain.vocabulary import State
from tests.visitor import Visitor
from tests.world import CHINA, World

Visit = Callable[..., Visitor]
MARCH = "period=free&since=2026-03-01&until=2026-03-31"


def today() -> date:
    return clock.now().astimezone(CHINA).date()


def test_every_rate_stands_beside_what_it_was_counted_from(small_world: World, visit: Visit) -> None:
    for day in range(6):
        small_world.make(State.CLOSED, at=datetime(2026, 3, 2 + day, 9, 30, tzinfo=CHINA))
    page = visit("supervisor").get(f"/reports?kind=closure&by=department&{MARCH}")
    assert "供电公司" in page
    assert "100.00%" in page
    assert ">6</a>/<a" in page


def test_every_number_leads_to_its_tickets(small_world: World, visit: Visit) -> None:
    closed = small_world.make(State.CLOSED, at=datetime(2026, 3, 2, 9, 30, tzinfo=CHINA))
    open_one = small_world.make(State.IN_PROGRESS, at=datetime(2026, 3, 3, 9, 30, tzinfo=CHINA))
    supervisor = visit("supervisor")
    page = supervisor.get(f"/reports?kind=closure&by=department&{MARCH}")
    addresses = [unescape(found) for found in re.findall(r'href="(/reports/tickets\?[^"]+)"', page)]
    assert len(addresses) > 10
    closing = [one for one in addresses if "key=closing&" in one and "line=" in one]
    numerator = next(one for one in closing if "part=numerator" in one)
    denominator = next(one for one in closing if "part=denominator" in one)
    shown = supervisor.get(numerator)
    assert closed.number in shown
    assert open_one.number not in shown
    assert open_one.number in supervisor.get(denominator)
    for address in addresses:
        supervisor.get(address)


@pytest.mark.parametrize("odd", ["key=none", "part=none", "since=never", "until=2020-01-01", "by=none"])
def test_an_address_that_names_no_figure_is_not_there(visit: Visit, odd: str) -> None:
    name = odd.split("=", maxsplit=1)[0]
    asked = {
        "key": "key=closing", "part": "part=numerator", "since": "since=2026-03-01", "until": "until=2026-04-01",
        "by": "by=month",
    }  # fmt: skip
    visit("supervisor").get(f"/reports/tickets?{'&'.join((asked | {name: odd}).values())}", status=404)


def test_a_date_that_cannot_be_read_makes_no_report_of_other_days(visit: Visit) -> None:
    supervisor = visit("supervisor")
    asked = {"kind": "closure", "since": "2026-02-30", "until": "2026年3月"}
    assert "日期请写成" in supervisor.post("/reports/export", status=422, **asked)
    assert "日期请写成" in supervisor.get("/reports?since=2026-02-30&until=2026年3月", status=422)
    assert exports.write_waiting(clock.now, organisation="专窗") == 0


@pytest.mark.parametrize("line", ["", "2026-3x", "99999999999999999999", "供电公司"])
def test_a_month_that_is_none_has_no_tickets(small_world: World, visit: Visit, line: str) -> None:
    closed = small_world.make(State.CLOSED, at=datetime(2026, 3, 2, 9, 30, tzinfo=CHINA))
    page = visit("supervisor").get(
        f"/reports/tickets?key=closing&part=numerator&since=2026-03-01&until=2026-04-01&by=month&line={line}"
    )
    assert closed.number not in page


def test_who_reads_no_reports_is_led_nowhere(visit: Visit) -> None:
    asked = "key=closing&part=numerator&since=2026-03-01&until=2026-04-01"
    visit("supervisor").get(f"/reports/tickets?{asked}")
    for name in ("owner", "power", "admin"):
        visit(name).get(f"/reports/tickets?{asked}", status=404)


def test_the_last_day_is_part_of_the_period(small_world: World, visit: Visit) -> None:
    small_world.file(at=datetime(2026, 3, 31, 23, 59, 59, tzinfo=CHINA))
    small_world.file(at=datetime(2026, 4, 1, tzinfo=CHINA))
    page = visit("supervisor").get(f"/reports?kind=closure&by=month&{MARCH}")
    assert ">2026-03</th>" in page
    assert ">2026-04</th>" not in page


FOUR = ["统计", "明细", "核对", "口径说明"]


@pytest.mark.parametrize(
    ("kind", "first"),
    [
        ("closure", "统计"),
        ("satisfaction", "统计"),
        ("process", "统计"),
        ("monthly", "总体情况"),
        ("weekly", "本周概况"),
    ],
)
def test_the_workbook_is_written_in_the_background_with_its_four_sheets(
    small_world: World, visit: Visit, kind: str, first: str
) -> None:
    small_world.make(State.CLOSED)
    supervisor = visit("supervisor")
    asked = dict(
        re.findall(
            r'type="hidden" name="(kind|since|until|by)" value="([^"]*)"',
            supervisor.get(f"/reports?kind={kind}&{MARCH}"),
        )
    )
    assert supervisor.post("/reports/export", **asked) == "/exports"
    exports.write_waiting(clock.now, organisation="专窗")
    page = supervisor.get("/exports")
    assert "2026-03-01 至 2026-03-31" in page
    answer = supervisor.ask("GET", re.findall(r"/exports/\d+/file", page)[0])
    assert "2026-03-01_2026-03-31.xlsx" in answer.headers["Content-Disposition"]
    workbook = load_workbook(io.BytesIO(answer.data))
    answer.close()
    assert workbook.sheetnames[0] == first
    assert [name for name in workbook.sheetnames if name in FOUR] == FOUR


def test_the_same_report_asked_for_twice_is_one_export(small_world: World, visit: Visit) -> None:
    supervisor = visit("supervisor")
    for period in ("2026-03-31", "2026-03-31", "2026-03-30"):
        supervisor.post("/reports/export", kind="closure", since="2026-03-01", until=period)
    assert exports.write_waiting(clock.now, organisation="专窗") == 2


def test_a_week_begins_on_monday(small_world: World, visit: Visit) -> None:
    small_world.make(State.CLOSED)
    clerk = visit("clerk")
    for period, days in (("this_week", 0), ("last_week", 7)):
        monday = today() - timedelta(days=today().weekday() + days)
        page = clerk.get(f"/reports?kind=weekly&period={period}")
        assert f"since={monday}&amp;until={monday + timedelta(days=7)}" in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("period=free&since=2026-03-31&until=2026-03-01", "结束日期须晚于开始日期"),
        ("period=free&since=2026-03-31", "须填写开始和结束"),
        ("period=free&since=2005-01-01&until=2026-03-01", "最长 10 年"),
        ("period=free&since=1900-01-01&until=2026-03-01", "须在 2000 年"),
    ],
)
def test_a_period_that_is_none_gets_a_sentence(visit: Visit, asked: str, said: str) -> None:
    supervisor = visit("supervisor")
    assert said in supervisor.get(f"/reports?{asked}", status=422)
    form = dict(pair.split("=") for pair in asked.split("&"))
    supervisor.post("/reports/export", status=422, **form)


def test_an_empty_period_shows_dashes(visit: Visit) -> None:
    assert "—" in visit("supervisor").get("/reports?period=this_month")


def test_a_month_has_the_days_of_the_park(small_world: World, visit: Visit) -> None:
    """Midnight in Shanghai is 16:00 the day before in UTC."""
    edge = datetime(2026, 3, 1, tzinfo=CHINA)
    small_world.file(at=edge - timedelta(seconds=1))
    small_world.file(at=edge)
    page = visit("clerk").get("/reports?kind=closure&by=month&period=free&since=2026-02-01&until=2026-03-31")
    assert "2026-02" in page
    assert "2026-03" in page
