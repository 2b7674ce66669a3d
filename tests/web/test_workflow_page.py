"""The rules of the desk on a page of their own: for staff, complete, and cheap."""

import re
from collections.abc import Callable

import pytest

from service_desk.domain.actions import FIELDS, Action
from service_desk.domain.vocabulary import State
from service_desk.domain.workflow import STEPS
from tests.visitor import Visitor, counted

Visit = Callable[..., Visitor]
STAFF = ("clerk", "quality", "power", "power_head", "officer", "leader", "supervisor", "admin", "auditor")
MOST = 15


@pytest.mark.parametrize("username", STAFF)
def test_all_staff_are_led_to_it_and_read_it(visit: Visit, username: str) -> None:
    person = visit(username)
    assert 'href="/workflow"' in person.get("/account")
    assert "状态怎么走" in person.get("/workflow")


def test_for_enterprises_it_does_not_exist(visit: Visit) -> None:
    owner = visit("owner")
    assert "/workflow" not in owner.get("/account")
    owner.get("/workflow", status=404)


def test_strangers_are_asked_to_sign_in(visit: Visit) -> None:
    answer = visit().ask("GET", "/workflow")
    assert answer.status_code == 302
    assert "/sign-in" in answer.headers["Location"]


def test_every_state_action_and_row_of_the_table_is_there(visit: Visit) -> None:
    page = visit("clerk").get("/workflow")
    for action in Action:
        group = re.search(rf'<tbody id="{action.value}">(.*?)</tbody>', page, re.DOTALL)
        assert group is not None, action
        assert action.label in group[1]
        assert group[1].count("<tr>") == sum(1 for step in STEPS if step.action is action)
        assert all(field.label in group[1] for field in FIELDS[action])
    assert all(f'<span class="pill {state.value}">' in page for state in State)
    assert all(f'href="#{step.action.value}"' in page for step in STEPS if step.to)


def test_a_row_says_conditions_clocks_and_who_reads_it(visit: Visit) -> None:
    page = visit("clerk").get("/workflow")
    asked = re.search(r'<tbody id="ask_return">(.*?)</tbody>', page, re.DOTALL)
    assert asked is not None
    assert "退单期限已过（…）" in asked[1]
    assert "止：退单期限" in asked[1]
    assert "起：审核" in asked[1]
    assert "内部" in asked[1]
    assert "%(" not in page


def test_it_costs_next_to_nothing(visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.get("/workflow")
    with counted() as statements:
        clerk.get("/workflow")
    assert len(statements) <= MOST, statements
