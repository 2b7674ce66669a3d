"""Keys: which buttons carry them, who may switch them off, and what opens after a ticket of a list is done with."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from service_desk.domain.vocabulary import State
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(MONDAY + timedelta(hours=5), tick=False):
        yield


def keys_of(page: str) -> dict[str, str]:
    """Which words the keys of a page stand on, for links and buttons."""
    found = re.findall(r'<(?:a|button)[^>]*data-key="([^"]+)"[^>]*>(.*?)</(?:a|button)>', page, re.DOTALL)
    return {key: re.sub(r"<[^>]+>", "", words).strip() for key, words in reversed(found)}


def test_the_keys_of_a_page_are_those_of_what_it_offers(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.SUBMITTED)
    clerk = keys_of(visit("clerk").get(f"/tickets/{ticket.id}"))
    assert (clerk["a"], clerk["r"], clerk["g q"]) == ("受理", "直接答复", "诉求")
    assert "v" not in clerk
    assert "g e" not in keys_of(visit("power").get("/tickets"))
    assert "data-keys" not in visit("owner").get(f"/tickets/{ticket.id}")


def test_keys_are_switched_off_for_the_account(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    assert "data-keys-on" in clerk.get("/tickets")
    assert clerk.post("/account/keys", back="/tickets?state=open").endswith("/tickets?state=open")
    assert "data-keys-on" not in visit("clerk").get("/tickets")
    assert "data-keys-on" in visit("clerk2").get("/tickets")
    clerk.post("/account/keys", keys="on", back="//elsewhere.example")
    assert "data-keys-on" in clerk.get("/")
    visit("owner").post("/account/keys", 404, keys="on")
    assert small_world.clerk.prefers.keys


def test_when_nothing_is_left_to_do_the_next_ticket_of_the_list_opens(
    small_world: World, visit: Visit
) -> None:
    low, _other, top = (
        small_world.make(state, title=title)
        for state, title in (
            (State.SUBMITTED, "一号车间电压低"),
            (State.REPLIED, "二号车间停电"),
            (State.SUBMITTED, "三号车间跳闸"),
        )
    )
    clerk = visit("clerk")
    assert f'href="/tickets/{top.id}?list=state%3Dsubmitted"' in clerk.get("/tickets?state=submitted")
    page = clerk.get(f"/tickets/{top.id}?list=state%3Dsubmitted")
    assert keys_of(page)["l"] == "返回列表"
    assert 'href="/tickets?state=submitted"' in page
    following = f"/tickets/{top.id}/next?list=state%3Dsubmitted"
    assert clerk.ask("GET", following).headers["Location"] == f"/tickets/{low.id}?list=state%3Dsubmitted"
    # Accepted, it waits for the same clerk's dispatch.
    confirmed: dict[str, Any] = {"category": str(top.category_id), "nature": "help", "urgency": "normal"}
    stays = clerk.post(f"/tickets/{top.id}/accept?list=state%3Dsubmitted", **confirmed)
    assert stays == f"/tickets/{top.id}?list=state%3Dsubmitted"
    lead = str(small_world.department("供电公司").id)
    goes = clerk.post(f"/tickets/{top.id}/dispatch?list=state%3Dsubmitted", lead=lead)
    assert goes == f"/tickets/{low.id}?list=state%3Dsubmitted"
    assert f"{top.number}：已派单" in clerk.get(goes)
    asked = clerk.post(f"/tickets/{low.id}/ask_supplement?list=state%3Dsubmitted", text="请补充合同。")
    assert asked == "/tickets?state=submitted"


def test_the_to_do_is_gone_through_in_its_own_order_and_leads_home(small_world: World, visit: Visit) -> None:
    first, second = (
        small_world.file(title=title, at=MONDAY + timedelta(hours=hour))
        for hour, title in enumerate(("一号车间电压低", "二号车间停电"))
    )
    clerk = visit("clerk")
    assert f'href="/tickets/{first.id}?list=todo"' in clerk.get("/")
    assert "返回待办" in clerk.get(f"/tickets/{first.id}?list=todo")
    for ticket, led in ((first, f"/tickets/{second.id}?list=todo"), (second, "/")):
        sent = clerk.post(f"/tickets/{ticket.id}/ask_supplement?list=todo", text="请补充合同。")
        assert sent == led
    choice = {"columns": "due", "density": "compact"}
    clerk.ask("POST", "/account/queue", data=choice)
    third = small_world.file(title="三号车间跳闸")
    stays = clerk.post(f"/tickets/{third.id}/ask_supplement?list=todo", text="请补充合同。")
    assert stays == f"/tickets/{third.id}?list=todo"


def test_the_way_through_a_list_is_nobody_elses(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    visit("finance").get(f"/tickets/{ticket.id}/next?list=", 404)
    assert (
        visit("power").ask("GET", f"/tickets/{ticket.id}/next?list=x%3D1").headers["Location"] == "/tickets"
    )
    page = visit("owner").get(f"/tickets/{ticket.id}?list=")
    assert "data-key" not in page
    assert "下一件" not in page
