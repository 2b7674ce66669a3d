"""The list of exclusions: all for the desk, its own for a department, nothing for anybody else."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine

from service_desk.desk import requests
from service_desk.domain.vocabulary import ExcludedFigure, Nature, State
from service_desk.store.base import db
from service_desk.store.exclusions import page_of_exclusions, visible_exclusions
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
MOST = 15
HANDLERS = {"供电公司": "power", "金融办": "finance", "园区管委会": "committee"}


def asked(
    world: World,
    text: str,
    figure: ExcludedFigure = ExcludedFigure.SOLVED,
    *,
    lead: str = "供电公司",
    **more: Any,
) -> Ticket:
    ticket = world.make(State.CLOSED, lead=lead, **{"at": MONDAY, **more})
    requests.ask_exclusion(
        ticket.id,
        by=getattr(world, HANDLERS[lead]),
        at=ticket.touched_at + timedelta(hours=1),
        figure=figure,
        reason_code="企业原因",
        text=text,
    )
    return ticket


def decided(world: World, ticket: Ticket, text: str, *, granted: bool) -> None:
    at = world.ticket(ticket.number).touched_at + timedelta(hours=1)
    requests.decide_exclusion(ticket.id, by=world.supervisor, at=at, granted=granted, text=text)


def listed(
    visit: Visit, username: str, query: str = "", *, now: datetime = MONDAY + timedelta(days=9)
) -> str:
    with time_machine.travel(now, tick=False):
        return visit(username).get(f"/exclusions?{query}")


def test_each_says_what_was_asked_why_by_whom_and_what_was_decided(small_world: World, visit: Visit) -> None:
    ticket = asked(small_world, "企业停产，无法回访")
    decided(small_world, ticket, "情况属实", granted=True)
    page = listed(visit, "supervisor")
    for words in (
        ticket.number,
        "解决率",
        "企业原因：企业停产，无法回访",
        "供电公司 power名",
        "supervisor名",
        "情况属实",
        "同意",
        "共 1 条",
    ):
        assert words in page


def test_it_is_narrowed_by_figure_state_and_month(small_world: World, visit: Visit) -> None:
    world = small_world
    asked(world, "二月的解决率", at=MONDAY - timedelta(days=7))
    refused = asked(world, "三月的满意率", ExcludedFigure.SATISFIED)
    decided(world, refused, "理由不足", granted=False)

    def found(query: str) -> list[str]:
        page = listed(visit, "supervisor", query)
        return [words for words in ("二月的解决率", "三月的满意率") if words in page]

    assert found("figure=satisfied") == ["三月的满意率"]
    assert found("state=open") == ["二月的解决率"]
    assert found("month=2026-02") == ["二月的解决率"]
    assert found("month=2026-03&state=refused") == ["三月的满意率"]
    assert found("month=2026-01") == []
    assert found("figure=x&state=none&month=2026-13&after=~") == ["二月的解决率", "三月的满意率"]
    assert "没有符合条件的剔除申请" in listed(visit, "supervisor", "month=2025-12")


def test_both_databases_tell_the_figures_apart(world: World) -> None:
    asked(world, "解决率的")
    asked(world, "满意率的", ExcludedFigure.SATISFIED)
    found = page_of_exclusions(visible_exclusions(world.supervisor, figure=ExcludedFigure.SATISFIED))
    assert [request.text for request, _ticket in found.lines] == ["满意率的"]


def test_a_month_is_the_parks(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.CLOSED, at=MONDAY - timedelta(days=4))
    requests.ask_exclusion(
        ticket.id,
        by=small_world.power,
        # 1 March 00:30 in the park, still February in UTC.
        at=MONDAY.replace(day=1, hour=0, minute=30),
        figure=ExcludedFigure.ON_TIME,
        reason_code="企业原因",
        text="半夜写的",
    )
    assert "半夜写的" in listed(visit, "supervisor", "month=2026-03")
    assert "半夜写的" not in listed(visit, "supervisor", "month=2026-02")


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        ("supervisor", {"供电的", "金融的"}),
        ("clerk", {"供电的", "金融的"}),
        ("quality", {"供电的", "金融的"}),
        ("power", {"供电的"}),
        ("power_head", {"供电的"}),
        ("marketing", set()),
        ("finance", {"金融的"}),
        ("finance_head", {"金融的"}),
        # A support, which is never told how a matter was rated.
        ("committee", set()),
    ],
)
def test_everybody_reads_their_own_part(
    small_world: World, visit: Visit, reader: str, seen: set[str]
) -> None:
    asked(small_world, "供电的", supports=["园区管委会"])
    asked(small_world, "金融的", lead="金融办")
    page = listed(visit, reader)
    assert {words for words in ("供电的", "金融的") if words in page} == seen
    for path in re.findall(r'href="(/tickets/\d+)"', page):
        visit(reader).get(path)


def test_of_a_complaint_the_one_complained_of_reads_nothing(small_world: World, visit: Visit) -> None:
    world = small_world
    clerk = world.clerk2
    clerk.department_id = world.department("供电公司营销部").id
    db.session.commit()
    against = world.department("供电公司")
    asked(world, "投诉的剔除", lead="园区管委会", nature=Nature.COMPLAINT, against=against)
    assert "投诉的剔除" in listed(visit, "committee")
    assert "投诉的剔除" in listed(visit, "clerk")
    for reader in ("clerk2", "power", "power_head"):
        assert "投诉的剔除" not in listed(visit, reader)


@pytest.mark.parametrize("stranger", ["owner", "officer", "leader", "admin", "auditor"])
def test_others_have_no_such_list(small_world: World, visit: Visit, stranger: str) -> None:
    visit(stranger).get("/exclusions", status=404)
    assert "/exclusions" not in visit(stranger).get("/account")


@pytest.mark.parametrize(("reader", "path"), [
    ("supervisor", "/orders"), ("supervisor", "/reports"), ("power", "/orders"), ("quality", "/"),
])  # fmt: skip
def test_its_readers_are_led_to_it(visit: Visit, reader: str, path: str) -> None:
    assert 'href="/exclusions"' in visit(reader).get(path)


def test_an_empty_list_says_so(visit: Visit) -> None:
    assert "还没有剔除申请" in visit("supervisor").get("/exclusions")


def test_it_goes_on_by_key_at_a_fixed_price(small_world: World, visit: Visit) -> None:
    world = small_world
    ticket = world.make(State.CLOSED)
    for number in range(60):
        at = ticket.touched_at + timedelta(minutes=number)
        given: dict[str, Any] = {"figure": ExcludedFigure.SOLVED, "reason_code": "企业原因"}
        requests.ask_exclusion(ticket.id, by=world.power, at=at, text=f"第{number}条。", **given)
        requests.decide_exclusion(ticket.id, by=world.supervisor, at=at, granted=False)
    supervisor, path, seen = visit("supervisor"), "/exclusions?figure=solved", []
    while path:
        with counted() as statements:
            page = supervisor.get(path)
        assert len(statements) <= MOST
        seen += re.findall(r"第(\d+)条。", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found.group(1).replace("&amp;", "&") if found else ""
    assert sorted(map(int, seen)) == list(range(60))
