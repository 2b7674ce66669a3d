"""A department's start page: what is mine first, the whole department's by one click."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from service_desk.desk import handling, requests
from service_desk.domain.vocabulary import Outcome, Role, State
from service_desk.store.base import db
from service_desk.store.people import User
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]


def shown(page: str) -> set[str]:
    return {title for title in ("我办的", "同事办的", "没人签的", "要签发的") if title in page}


@pytest.fixture
def matters(small_world: World) -> World:
    w = small_world
    w.make(State.IN_PROGRESS, title="我办的")
    w.make(State.ASSIGNED, title="没人签的")
    theirs = w.make(State.ASSIGNED, title="同事办的")
    handling.sign(theirs.id, by=w.power2, at=MONDAY + timedelta(hours=4))
    w.department("供电公司").wants_sign_off = True
    db.session.commit()
    signing = w.make(State.IN_PROGRESS, title="要签发的")
    requests.ask_sign_off(
        signing.id, by=w.power, at=MONDAY + timedelta(hours=5), outcome=Outcome.SOLVED, text="已办好。"
    )
    return w


@pytest.mark.usefixtures("matters")
def test_a_handler_begins_with_what_is_theirs_and_what_nobody_has_taken(visit: Visit) -> None:
    power = visit("power")
    page = power.get("/")
    assert shown(page) == {"我办的", "没人签的", "要签发的"}
    assert "我的 3" in page
    assert "本单位 4" in page
    assert shown(power.get("/?of=unit")) == {"我办的", "没人签的", "同事办的", "要签发的"}


@pytest.mark.usefixtures("matters")
def test_a_head_begins_with_the_department_and_has_their_own_by_a_click(visit: Visit) -> None:
    head = visit("power_head")
    assert shown(head.get("/")) == {"我办的", "没人签的", "同事办的", "要签发的"}
    assert shown(head.get("/?of=mine")) == {"没人签的", "要签发的"}


@pytest.mark.usefixtures("matters")
def test_who_shares_no_work_has_no_switch(visit: Visit) -> None:
    for username in ("clerk", "supervisor", "officer", "owner", "admin"):
        assert "本单位" not in visit(username).get("/?of=mine")


@pytest.mark.parametrize(
    ("username", "more", "sees"),
    [
        ("admin", set(), False),
        ("auditor", set(), False),
        ("admin", {Role.CLERK}, True),
        ("clerk", {Role.ADMIN}, True),
        ("officer", set(), True),
    ],
)
def test_tickets_are_looked_for_by_whoever_may_see_some(
    small_world: World, visit: Visit, *, username: str, more: set[Role], sees: bool
) -> None:
    person: User = getattr(small_world, username)
    person.roles = person.roles | more
    db.session.commit()
    page = visit(username).get("/account")
    assert ('href="/tickets"' in page) is sees
    assert ('role="search"' in page) is sees
