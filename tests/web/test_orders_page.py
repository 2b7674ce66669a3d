"""The board of orders: what is due first stands first, and everybody reads their own part of it."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import time_machine

from service_desk.desk import supervision
from service_desk.domain.vocabulary import Nature, OrderLevel, State
from service_desk.store.base import db
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
MOST = 15
LATER = MONDAY + timedelta(days=14)


def ordered(world: World, ticket: Ticket, demand: str, *, level: OrderLevel = OrderLevel.FIRST) -> Ticket:
    supervision.supervise(ticket.id, by=world.supervisor, at=ticket.touched_at, level=level, text=demand)
    return ticket


def answered(world: World, ticket: Ticket, new_date: date, *, order: int | None = None) -> None:
    supervision.answer_order(
        ticket.id, by=world.power, at=ticket.touched_at, text="等待设备", new_date=new_date, order=order
    )


def board(visit: Visit, username: str, query: str = "", *, now: datetime = LATER) -> str:
    with time_machine.travel(now, tick=False):
        return visit(username).get(f"/orders?{query}")


def test_the_board_shows_what_is_due_first_and_says_what_is_overdue(small_world: World, visit: Visit) -> None:
    later = small_world.make(State.IN_PROGRESS, at=LATER - timedelta(days=3))
    ordered(small_world, later, "后发的要求", level=OrderLevel.THIRD)
    ordered(small_world, small_world.make(State.IN_PROGRESS), "先发的要求")
    page = board(visit, "supervisor")
    assert page.index("先发的要求") < page.index("后发的要求")
    assert "超期" in page
    assert "三级" in page
    assert "共 2 张" in page
    assert f'href="/tickets/{later.id}/papers/order-1"' in page


def test_what_was_answered_stands_apart_and_says_whether_the_new_date_has_passed(
    small_world: World, visit: Visit
) -> None:
    ticket = ordered(small_world, small_world.make(State.IN_PROGRESS), "拿出方案")
    answered(small_world, ticket, MONDAY.date() + timedelta(days=4))
    assert "拿出方案" not in board(visit, "supervisor")
    before = board(visit, "supervisor", "answered=answered", now=MONDAY + timedelta(days=2))
    assert "等待设备" in before
    assert "2026-03-06 周五" in before
    assert "已过，未办结" not in before
    assert "已过，未办结" in board(visit, "supervisor", "answered=answered")
    assert "拿出方案" in board(visit, "supervisor", "answered=all")


def test_a_promise_is_not_broken_once_the_department_has_replied(small_world: World, visit: Visit) -> None:
    ticket = ordered(small_world, small_world.make(State.REPLIED), "拿出方案")
    answered(small_world, ticket, MONDAY.date() + timedelta(days=1))
    page = board(visit, "supervisor", "answered=all")
    assert "拿出方案" in page
    assert "已过，未办结" not in page


def test_the_board_is_narrowed_by_level_and_department(small_world: World, visit: Visit) -> None:
    world = small_world
    ordered(world, world.make(State.IN_PROGRESS), "供电一级")
    ordered(world, world.make(State.IN_PROGRESS, lead="金融办"), "金融二级", level=OrderLevel.SECOND)
    finance = world.department("金融办").id
    by_level, by_department = (board(visit, "clerk", query) for query in ("level=1", f"department={finance}"))
    assert ("供电一级" in by_level, "金融二级" in by_level) == (True, False)
    assert ("供电一级" in by_department, "金融二级" in by_department) == (False, True)
    assert "没有符合条件的督办单" in board(visit, "clerk", "level=3")
    assert "共 2 张" in board(visit, "clerk", "level=x&department=99999&answered=never&after=~")


@pytest.mark.parametrize(
    ("reader", "seen"),
    [
        ("supervisor", {"供电的", "金融的", "邻居的"}),
        ("clerk", {"供电的", "金融的", "邻居的"}),
        ("leader", {"供电的", "金融的"}),
        ("power", {"供电的", "邻居的"}),
        ("power_head", {"供电的", "邻居的"}),
        ("finance", {"金融的"}),
        ("finance_head", {"金融的"}),
        ("committee", set()),
    ],
)
def test_everybody_reads_their_own_part(
    small_world: World, visit: Visit, reader: str, seen: set[str]
) -> None:
    world = small_world
    ordered(world, world.make(State.IN_PROGRESS, supports=["园区管委会"]), "供电的")
    ordered(world, world.make(State.IN_PROGRESS, lead="金融办"), "金融的")
    ordered(world, world.make(State.IN_PROGRESS, by="neighbour"), "邻居的")
    page = board(visit, reader)
    assert {words for words in ("供电的", "金融的", "邻居的") if words in page} == seen
    sheets = [path.replace("&amp;", "&") for path in re.findall(r'href="([^"]+/papers/order-\d+)"', page)]
    assert bool(sheets) == bool(seen - {""} and reader != "leader")
    for path in sheets:
        visit(reader).get(path)


def test_a_complaint_is_on_no_board_of_the_one_complained_of(small_world: World, visit: Visit) -> None:
    world = small_world
    clerk = world.clerk2
    clerk.department_id = world.department("供电公司营销部").id
    db.session.commit()
    complained_of = world.department("供电公司")
    ticket = world.make(State.IN_PROGRESS, lead="园区管委会", nature=Nature.COMPLAINT, against=complained_of)
    ordered(world, ticket, "投诉的督办")
    assert "投诉的督办" in board(visit, "committee")
    assert "投诉的督办" in board(visit, "clerk")
    assert "投诉的督办" not in board(visit, "clerk2")


@pytest.mark.parametrize("stranger", ["owner", "officer", "quality", "admin", "auditor"])
def test_others_have_no_board(small_world: World, visit: Visit, stranger: str) -> None:
    visit(stranger).get("/orders", status=404)
    assert 'href="/orders"' not in visit(stranger).get("/account")


def test_an_empty_board_says_so(small_world: World, visit: Visit) -> None:
    assert "没有待回复的督办单" in board(visit, "supervisor")


@pytest.mark.parametrize("answered_ones", ["open", "all"])
def test_the_board_goes_on_by_key_at_a_fixed_price(
    small_world: World, visit: Visit, answered_ones: str
) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    for number in range(60):
        ordered(small_world, ticket, f"要求第{number}条。")
    supervisor, path, seen = visit("supervisor"), f"/orders?answered={answered_ones}", []
    while path:
        with counted() as statements:
            page = supervisor.get(path)
        assert len(statements) <= MOST
        seen += re.findall(r"要求第(\d+)条。", page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = found.group(1).replace("&amp;", "&") if found else ""
    assert len(seen) == 60
    assert set(seen) == {str(number) for number in range(60)}
