"""Tickets from above: what the paper says is asked where the source has one, and stands on page and sheet."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from service_desk.desk import dispatch, intake
from service_desk.domain.errors import Invalid
from service_desk.domain.vocabulary import ClockKind, Nature, Source, Urgency
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
FROM_ABOVE = (Source.HOTLINE, Source.ABOVE, Source.LEADER)
PAPER = {
    "above_office": "市营商办",
    "above_number": "营商转〔2026〕7号",
    "above_due": "2026-03-04",
    "above_reply": "2026-03-06",
}


def form(world: World, **more: Any) -> dict[str, Any]:
    given = {
        "enterprise": "江海船舶",
        "category": world.category().id,
        "title": "电压不稳",
        "text": "下午只有三百四十伏",
        "contact_name": "李一",
        "contact_phone": "13800001111",
        "area": "1",
        "source": "above",
    }
    return given | more


def file(world: World, visit: Visit, **more: Any) -> Ticket:
    with time_machine.travel(MONDAY, tick=False):
        clerk = visit("clerk")
        page = clerk.get(clerk.post("/tickets/new", **form(world, **more)))
    number = re.search(r"QS-2026-\d{6}", page)
    assert number
    return world.ticket(number.group())


def test_what_the_paper_says_stands_on_the_page_and_the_sheet_and_bounds_the_limit(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = file(world, visit, **PAPER)
    assert (ticket.above_due, ticket.above_reply) == (date(2026, 3, 4), date(2026, 3, 6))
    later = MONDAY + timedelta(hours=1)
    intake.accept(
        ticket.id,
        by=world.clerk,
        at=later,
        category=ticket.category,
        nature=Nature.HELP,
        urgency=Urgency.NORMAL,
    )
    dispatch.dispatch(ticket.id, by=world.clerk, at=later, lead=world.department("供电公司"))
    settle = world.ticket(ticket.number).clock(ClockKind.SETTLE)
    assert settle is not None
    assert settle.due_at is not None
    assert settle.due_at.isoformat() == "2026-03-04T09:30:00+00:00"
    with time_machine.travel(later, tick=False):
        page = visit("power").get(f"/tickets/{ticket.id}")
        sheet = visit("power").get(f"/tickets/{ticket.id}/papers/assignment")
    assert all(
        words in page for words in ("市营商办", "营商转〔2026〕7号", "2026-03-04 周三", "2026-03-06 周五")
    )
    assert all(words in sheet for words in ("要求时限", "2026年3月4日", "回复上级日期", "2026年3月6日"))
    assert "市营商办" not in visit("owner").get(f"/tickets/{ticket.id}")


@pytest.mark.parametrize("source", FROM_ABOVE, ids=lambda source: source.label)
def test_the_form_asks_for_it_after_every_source_from_above(
    small_world: World, visit: Visit, source: Source
) -> None:
    page = visit("clerk").get("/tickets/new")
    shown = re.search(r'data-shown-when="source" data-shown-value="([^"]+)"', page)
    assert shown
    assert source.value in shown.group(1).split()
    assert file(small_world, visit, **{**PAPER, "source": source.value}).above_office == "市营商办"


def test_other_sources_have_no_paper(small_world: World, visit: Visit) -> None:
    ticket = file(small_world, visit, **{**PAPER, "source": "meeting"})
    assert (ticket.above_office, ticket.above_number, ticket.above_due, ticket.above_reply) == (None,) * 4


@pytest.mark.parametrize("field", ["above_due", "above_reply"])
@pytest.mark.parametrize("day", ["2026-03-01", "2027-03-04"], ids=["before it came", "more than a year on"])
def test_a_date_that_cannot_be_meant_is_refused_and_all_that_was_typed_stays(
    small_world: World, visit: Visit, field: str, day: str
) -> None:
    with time_machine.travel(MONDAY, tick=False):
        page = visit("clerk").post("/tickets/new", 422, **form(small_world, **{**PAPER, field: day}))
    assert "日期须在收到之日（2026-03-02）至 2027-03-03 之间" in page
    assert "营商转〔2026〕7号" in page
    assert f'value="{day}"' in page


def test_a_paper_that_came_before_it_was_entered_may_have_a_date_that_has_passed(
    small_world: World, visit: Visit
) -> None:
    ticket = file(small_world, visit, **{**PAPER, "above_due": "2026-02-27"}, received_at="2026-02-26T10:00")
    assert ticket.above_due == date(2026, 2, 27)


def test_a_date_before_the_day_of_filing_is_refused_whoever_sends_it(small_world: World) -> None:
    world = small_world
    with pytest.raises(Invalid):
        world.file(by="owner", source=Source.ABOVE, above_due=MONDAY.date() - timedelta(days=1))


@pytest.mark.parametrize("name", ["above_office", "above_number"])
def test_words_of_the_paper_have_a_limit(small_world: World, visit: Visit, name: str) -> None:
    page = visit("clerk").post("/tickets/new", 422, **form(small_world, **{name: "长" * 101}))
    assert "最多 100 字" in page


def test_a_draft_keeps_the_paper_for_whom_and_since_when(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    kept = form(small_world, **PAPER, received_at="2026-03-02T09:10")
    clerk.post("/tickets/draft", 200, **kept)
    page = clerk.get("/tickets/new")
    for value in (*PAPER.values(), "2026-03-02T09:10", kept["enterprise"]):
        assert f'value="{value}"' in page
    assert re.search(r'<input checked[^>]*name="source"[^>]*value="above"', page)


def test_half_a_date_in_a_draft_is_left_out(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.post("/tickets/draft", 200, above_due="2026-1", received_at="gestern", title="写到一半")
    assert "写到一半" in clerk.get("/tickets/new")


def test_an_enterprise_is_not_asked_for_papers(visit: Visit) -> None:
    assert "above_office" not in visit("owner").get("/tickets/new")
