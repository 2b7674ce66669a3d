"""看板 and 挂图作战: numbers that agree with the figures and lead to their tickets, and nothing for the wrong eyes."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape

import pytest
import time_machine
from sqlalchemy import select

from service_desk.desk import facts
from service_desk.domain.figures import BY_KEY, Period, words
from service_desk.domain.vocabulary import Level, Solved, State
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
MOST = 15
LATER = MONDAY + timedelta(days=14)
MARCH = Period(date(2026, 3, 1), date(2026, 4, 1), LATER)
NUMBER = re.compile(
    r'<a[^>]* href="((?:/tickets|/reports/tickets|/dashboard/\w+)\?[^"]+)">(?:超期 |今天 )?(\d+)</a>'
)


def open_board(visit: Visit, username: str, path: str = "/dashboard", *, status: int = 200) -> str:
    with time_machine.travel(LATER, tick=False):
        return visit(username).get(path, status=status)


def a_month(world: World) -> None:
    """A handful of tickets in March, of which three are overdue on the 16th, one of them done anew; one in February."""
    world.make(State.CLOSED)
    world.make(State.CLOSED, solved=Solved.UNSOLVED, level=Level.DISSATISFIED)
    world.make(State.CLOSED, at=MONDAY - timedelta(days=21))
    world.make(State.IN_PROGRESS)
    world.make(
        State.ASSIGNED,
        lead="金融办",
        category="融资",
        title="流动资金贷款被拒",
        at=MONDAY + timedelta(days=1),
    )
    world.make(State.SUBMITTED, at=LATER - timedelta(minutes=30))


def shown(page: str) -> dict[str, str]:
    """The words of each card's figure, by its label."""
    found = re.findall(r'board-label">([^<]+)</h2>\s*<p class="board-value[^>]*>(.*?)</p>', page, re.DOTALL)
    return {label: re.sub(r"<[^>]+>", " ", text).split()[0] for label, text in found}


def test_the_numbers_of_the_board_are_those_of_the_figures(small_world: World, visit: Visit) -> None:
    a_month(small_world)
    page = open_board(visit, "supervisor")
    keys = ("accepted", "on_time", "solved", "satisfied", "response", "closings")
    counted_anew = facts.figures(select(Ticket), MARCH, indicators=[BY_KEY[key] for key in keys], by=None)
    assert shown(page) == {
        BY_KEY[figure.key].label: words(figure, BY_KEY[figure.key]) for figure in counted_anew
    }
    assert shown(page)["受理数"] == "4"
    # What a rate of satisfaction may not be read without, and what it was in February.
    assert "参评率 100.00%" in re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))
    assert "下降 50.00 个百分点" in page
    assert "还没有可以计入的诉求" not in page


def test_a_rate_of_nothing_says_so(small_world: World, visit: Visit) -> None:
    small_world.make(State.SUBMITTED)
    page = open_board(visit, "supervisor")
    assert shown(page)["按时办结率"] == "—"
    assert "还没有可以计入的诉求" in page


@pytest.mark.parametrize("username", ["supervisor", "power", "power_head"])
def test_every_number_leads_to_as_many_tickets(small_world: World, visit: Visit, username: str) -> None:
    a_month(small_world)
    facts.store_facts(LATER)
    with time_machine.travel(LATER, tick=False):
        reader = visit(username)
        links = {(unescape(url), int(number)) for url, number in NUMBER.findall(reader.get("/dashboard"))}
        assert len(links) > 20
        for url, number in links:
            page = reader.get(url)
            found = re.search(r"(\d+) 件", page)
            assert found
            # A figure may count a ticket twice, which its list shows once.
            few = number if url.startswith("/tickets") else min(number, 1)
            assert few <= int(found.group(1)) <= number, url


def test_what_is_late_stands_in_words_and_what_was_due_first_on_top(small_world: World, visit: Visit) -> None:
    a_month(small_world)
    page = open_board(visit, "clerk")
    assert "超期 1" in page
    late = page[page.index("超期最久") :]
    assert late.rindex("车间电压不稳") < late.index("流动资金贷款被拒")


def test_the_list_behind_a_sum_is_exported_as_it_is(small_world: World, visit: Visit) -> None:
    a_month(small_world)
    page = open_board(visit, "clerk", "/exports/new?state=open&department=none")
    assert "未办结" in page
    assert "未派单" in page
    assert "1 件" in page


@pytest.mark.parametrize("username", ["owner", "admin", "auditor", "officer", "leader", "quality"])
def test_for_others_there_is_no_board(visit: Visit, username: str) -> None:
    for path in ("/dashboard", "/wall", "/dashboard/clocks?kind=settle&standing=overdue"):
        open_board(visit, username, path, status=404)


def test_a_department_sees_its_own_and_not_how_it_was_rated(small_world: World, visit: Visit) -> None:
    a_month(small_world)
    # Seen as a support, and led by another.
    small_world.make(State.CLOSED, lead="金融办", supports=["供电公司"])
    small_world.make(State.IN_PROGRESS, lead="金融办", supports=["供电公司"])
    page = open_board(visit, "power")
    assert shown(page)["办结数"] == "2"
    for other in ("流动资金", "金融办", "满意", "已解决", "参评"):
        assert other not in page
    open_board(visit, "power", "/wall", status=404)
    asked = "part=numerator&since=2026-03-01&until=2026-04-01"
    assert "，2 件" in open_board(visit, "power", f"/dashboard/tickets?key=closings&{asked}")
    for key in ("solved", "satisfied", "rated", "bad", "level_dissatisfied", "reworked"):
        open_board(visit, "power", f"/dashboard/tickets?key={key}&{asked}", status=404)


def test_a_head_sees_the_sub_units_too(small_world: World, visit: Visit) -> None:
    small_world.make(State.ASSIGNED, lead="供电公司营销部", title="电表换装")
    assert "供电公司营销部" in open_board(visit, "power_head")
    assert "电表换装" in open_board(visit, "power_head")
    assert "供电公司营销部" not in open_board(visit, "power")


def test_the_wall_tells_numbers_and_departments_and_nobodys_name(small_world: World, visit: Visit) -> None:
    a_month(small_world)
    late = small_world.make(State.SUBMITTED, at=MONDAY)
    page = open_board(visit, "clerk", "/wall")
    assert late.number in page
    assert "金融办" in page
    assert "▲ 超期 4" in page
    assert "受理 4 件，办结 2 件" in page
    assert ">09:30</time>" in page
    for secret in (late.title, "流动资金", "江海", "李一", "1380000", "clerk名", 'href="/tickets'):
        assert secret not in page


def test_boards_cost_the_same_however_many_tickets_there_are(small_world: World, visit: Visit) -> None:
    pages = [
        ("supervisor", "/dashboard"),
        ("power", "/dashboard"),
        ("power_head", "/dashboard"),
        ("clerk", "/wall"),
    ]
    cost: list[dict[tuple[str, str], int]] = []
    for _ in range(2):
        a_month(small_world)
        facts.store_facts(LATER)
        with time_machine.travel(LATER, tick=False):
            cost.append({})
            for username, path in pages:
                visitor = visit(username)
                visitor.get(path)
                with counted() as statements:
                    visitor.get(path)
                cost[-1][username, path] = len(statements)
    assert cost[0] == cost[1]
    assert max(cost[1].values()) <= MOST, cost
