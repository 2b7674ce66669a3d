"""Why this date: the page of a clock, the same for everybody who reads that clock; and what a filing is promised."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
import time_machine

from service_desk.desk import handling, intake, requests
from service_desk.domain.vocabulary import ClockKind, Level, Nature, Solved, State
from service_desk.store.clocks import Clock
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor, counted
from tests.world import CHINA, MONDAY, World

Visit = Callable[..., Visitor]
LATER = MONDAY + timedelta(hours=6)


def clock_of(ticket: Ticket, kind: ClockKind) -> Clock:
    return next(each for each in ticket.clocks if each.kind is kind)


def address(clock: Clock) -> str:
    return f"/tickets/{clock.ticket_id}/clocks/{clock.id}"


def strip_of(page: str) -> str:
    found = re.search(r"<table class=\"days\">.*?</table>", page, re.DOTALL)
    assert found
    return found.group()


def test_enterprise_department_and_desk_read_the_same_days(small_world: World, visit: Visit) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    handling.ask_enterprise(ticket.id, by=world.power, at=LATER + timedelta(days=1), text="请补充负荷清单")
    handling.inform(ticket.id, by=world.owner, at=LATER + timedelta(days=2), text="已补充")
    path = address(clock_of(world.ticket_by_id(ticket.id), ClockKind.SETTLE))
    pages = [visit(name).get(path) for name in ("owner", "power", "clerk", "supervisor", "officer", "leader")]
    for one, other in pairwise(map(strip_of, pages)):
        assert one == other
    for page in pages:
        assert "暂停 1 天不计" in page
        assert "3月10日 17:30 到期" in page
        assert "开始暂停：等待企业回复" in page
    assert "供电公司（请企业补充）" in pages[0]


def test_what_was_withdrawn_while_paused_is_not_said_to_be_paused_still(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    handling.ask_enterprise(ticket.id, by=world.power, at=LATER, text="请补充负荷清单")
    path = address(clock_of(ticket, ClockKind.SETTLE))
    assert "正在暂停，恢复后才能算出到期时间" in visit("owner").get(path)
    intake.withdraw(ticket.id, by=world.owner, at=LATER + timedelta(hours=1), reason="不办了")
    page = visit("owner").get(path)
    assert "正在暂停" not in page
    assert "作废时还在暂停，没有到期时间" in page


def test_an_extension_names_its_decider_and_keeps_the_first_due(small_world: World, visit: Visit) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    requests.ask_extension(ticket.id, by=world.power, at=LATER, days=2, text="设备到货晚")
    requests.decide_extension(ticket.id, by=world.clerk, at=LATER + timedelta(minutes=9), granted=True)
    page = visit("owner").get(address(clock_of(world.ticket_by_id(ticket.id), ClockKind.SETTLE)))
    assert "延期 2 个工作日" in page
    assert "专窗（" in page
    assert "不计延期的原到期时间" in page


@pytest.mark.parametrize("who", ["neighbour", "finance", "admin", "auditor", "marketing"])
def test_whoever_may_not_see_the_ticket_finds_no_clock(small_world: World, visit: Visit, who: str) -> None:
    ticket = small_world.make(State.IN_PROGRESS, lead="园区管委会")
    clock = clock_of(ticket, ClockKind.SETTLE)
    if who == "finance":
        return_path = address(clock)
        assert "没有找到" in visit("power").get(return_path, 404)
    visit(who).get(address(clock), 404)


def test_a_clock_of_another_ticket_is_not_found_under_this_one(small_world: World, visit: Visit) -> None:
    ticket, other = small_world.make(State.IN_PROGRESS), small_world.make(State.IN_PROGRESS, title="另一件")
    clerk = visit("clerk")
    clerk.get(f"/tickets/{ticket.id}/clocks/{clock_of(other, ClockKind.SETTLE).id}", 404)


def test_no_clock_tells_a_department_how_a_matter_was_rated(small_world: World, visit: Visit) -> None:
    world = small_world
    ticket = world.make(
        State.CLOSED, supports=("金融办",), nature=Nature.HELP, solved=Solved.SOLVED, level=Level.SATISFIED
    )
    rating = clock_of(ticket, ClockKind.RATING)
    for who, status in (("owner", 200), ("clerk", 200), ("power", 404), ("finance", 404), ("officer", 404)):
        visit(who).get(address(rating), status)
    assert "已结束的时限" in visit("clerk").get(f"/tickets/{ticket.id}")


def test_the_date_opens_from_the_ticket_at_a_bounded_price(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    clerk = visit("clerk")
    path = address(clock_of(ticket, ClockKind.SETTLE))
    assert f'href="{path}"' in clerk.get(f"/tickets/{ticket.id}")
    with counted() as statements:
        clerk.get(path)
    assert len(statements) <= 12, statements


def test_anybody_may_ask_what_would_be_promised(small_world: World, visit: Visit) -> None:
    with time_machine.travel(datetime(2026, 9, 30, 15, tzinfo=CHINA), tick=False):
        page = visit().get("/promise")
        assert "国庆节 7 天不计" in page
        assert "2026-10-15 周四 17:30 前答复" in page
        assert "2026-10-08 周四 17:30 前受理" in page
        arrears = visit().get(f"/promise?category={small_world.category('拖欠账款').id}")
        assert "从9月30日起算 45 个自然日" in arrears
        assert "3 个工作日" in visit().get("/promise?nature=enquiry")


@pytest.mark.parametrize("query", ["category=abc", "category=999999", "nature=none", "category=&nature="])
@pytest.mark.usefixtures("small_world")
def test_a_promise_for_nothing_known_is_that_of_the_first(visit: Visit, query: str) -> None:
    assert "前答复" in visit().get(f"/promise?{query}")


@pytest.mark.usefixtures("small_world")
def test_a_date_in_a_year_not_known_yet_says_so(visit: Visit) -> None:
    with time_machine.travel(datetime(2026, 12, 29, 15, tzinfo=CHINA), tick=False):
        assert "2027 年节假日安排尚未录入" in visit().get("/promise")
