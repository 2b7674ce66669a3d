"""An open page is told what others did since, of what its reader may see."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from service_desk.desk import handling, intake
from service_desk.domain.vocabulary import State
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
SINCE = (MONDAY - timedelta(hours=1)).isoformat().replace("+", "%2B")


def news(visitor: Visitor, asked: str = "") -> dict[str, object]:
    told: dict[str, object] = json.loads(visitor.get(f"/news?{asked}"))
    return told


@pytest.mark.parametrize("name", ["clerk", "power", "owner"])
def test_a_list_tells_how_many_tickets_are_new_or_changed(
    small_world: World, visit: Visit, name: str
) -> None:
    small_world.make(State.ASSIGNED)
    listed = "queue" if name == "clerk" else "todo"
    told = news(visit(name), f"list={listed}&since={SINCE}")
    assert told["words"] == "1 件诉求有变化"
    later = (MONDAY + timedelta(days=400)).isoformat().replace("+", "%2B")
    assert news(visit(name), f"list={listed}&since={later}")["words"] == ""


def test_a_list_tells_only_of_what_is_in_it(small_world: World, visit: Visit) -> None:
    small_world.make(State.ASSIGNED)
    assert news(visit("neighbour"), f"list=todo&since={SINCE}")["words"] == ""
    assert news(visit("finance"), f"list=queue&since={SINCE}")["words"] == ""
    assert news(visit("clerk"), f"list=queue&state=closed&since={SINCE}")["words"] == ""


def test_a_list_of_words_tells_of_what_they_find(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.ASSIGNED)
    small_world.file(title="天然气压力低", text="灶具点不着火，恳请检查管道。")
    clerk = visit("clerk")
    for words, told in ((ticket.title[:3], "1 件诉求有变化"), ("天然气", "1 件诉求有变化"), ("焊花", "")):
        assert news(clerk, f"list=queue&q={words}&since={SINCE}")["words"] == told


@pytest.mark.parametrize("path", ["/tickets?state=submitted", "/"])
def test_a_list_tells_of_what_was_shown_there_and_has_left(
    small_world: World, visit: Visit, path: str
) -> None:
    ticket = small_world.file()
    clerk = visit("clerk")
    (asked,) = re.findall(r'data-news="/news\?([^"]*)" data-since', clerk.get(path))
    asked = f"{asked.replace('&amp;', '&')}&since={MONDAY.isoformat().replace('+', '%2B')}"
    assert re.search(rf"\bshown={ticket.id}\b", asked)
    assert news(clerk, asked)["words"] == ""
    intake.withdraw(ticket.id, by=small_world.owner, at=MONDAY + timedelta(minutes=5), reason="已自行解决")
    assert news(clerk, asked)["words"] == "1 件诉求有变化"
    assert news(visit("finance"), asked)["words"] == ""


def test_one_that_was_received_before_is_new_by_its_id(small_world: World, visit: Visit) -> None:
    later = (MONDAY + timedelta(days=400)).isoformat().replace("+", "%2B")
    small_world.file()
    clerk = visit("clerk")
    newest = news(clerk, f"list=todo&since={later}")["newest"]
    small_world.file()
    assert news(clerk, f"list=todo&since={later}&newest={newest}")["words"] == "1 件诉求有变化"


def test_a_tickets_page_tells_the_lines_its_reader_reads(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    asked = f"ticket={ticket.id}&version={ticket.version}"
    at = MONDAY + timedelta(days=1)
    handling.progress(ticket.id, by=small_world.power, at=at, text="内部安排", public=False)
    assert news(visit("owner"), asked)["words"] == ""
    assert news(visit("clerk"), asked)["words"] == "09:30 供电公司 power名 办理进展"
    handling.progress(ticket.id, by=small_world.power, at=at, text="已到现场", public=True)
    assert news(visit("owner"), asked)["words"] == "09:30 供电公司 办理进展"


def test_strangers_and_others_are_told_nothing(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    assert "sign-in" in visit().get("/news", status=302)
    for name in ("neighbour", "finance", "admin"):
        visit(name).get(f"/news?ticket={ticket.id}&version=1", status=404)


@pytest.mark.parametrize(
    "asked",
    [
        "ticket=x",
        "list=queue&since=yesterday",
        "list=todo&since=2026-01-01T00:00",
        f"ticket={'9' * 30}",
        "list=",
    ],
)
def test_what_makes_no_sense_asks_for_nothing(small_world: World, visit: Visit, asked: str) -> None:
    small_world.file()
    told = news(visit("clerk"), asked)
    assert told["unread"] == 1
    assert told["words"] == ""


def test_asking_costs_little(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    clerk = visit("clerk")
    for asked in (f"list=todo&since={SINCE}", f"list=queue&since={SINCE}", f"ticket={ticket.id}&version=99"):
        news(clerk, asked)
        with counted() as statements:
            news(clerk, asked)
        assert len(statements) <= 9, asked
