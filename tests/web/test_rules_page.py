"""Rules of routing: tried over the last 90 days before they are saved, and proposed from then on."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine
from sqlalchemy import select

from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.catalogue import Rule
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]


def rule(world: World, **more: str) -> dict[str, Any]:
    return {
        "name": "北片变压器",
        "priority": "5",
        "keywords": "变压器、增容",
        "lead": str(world.department("园区管委会").id),
        **more,
    }


def test_a_rule_is_tried_before_it_is_saved_and_shows_no_titles(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    with time_machine.travel(MONDAY + timedelta(days=10), tick=False):
        page = visit("admin").post("/admin/rules/new", 200, preview="1", **rule(small_world))
    assert "会改变 1 件" in page
    assert f"{ticket.number}" in page
    assert "供电公司 → 园区管委会" in page
    assert ticket.title not in page
    assert "北片变压器" in page
    assert db.session.scalars(select(Rule)).unique().all() == []


def test_a_saved_rule_proposes_at_once_and_says_so(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.ACCEPTED)
    clerk = visit("clerk")
    assert "北片变压器" not in clerk.get(f"/tickets/{ticket.id}")
    visit("admin").post("/admin/rules/new", **rule(small_world))
    assert "北片变压器" in clerk.get(f"/tickets/{ticket.id}")


def test_a_rule_needs_a_condition_and_an_enterprise_that_is_known(small_world: World, visit: Visit) -> None:
    admin = visit("admin")
    assert "至少填写一个条件" in admin.post("/admin/rules/new", 422, **rule(small_world, keywords=""))
    unknown: dict[str, Any] = {**rule(small_world, enterprise="无此企业")}
    assert "没有“无此企业”" in admin.post("/admin/rules/new", 422, **unknown)
    assert "没有“无此企业”" in admin.post("/admin/rules/new", 200, preview="1", **unknown)


def test_only_an_administrator_keeps_rules(small_world: World, visit: Visit) -> None:
    for somebody in ("clerk", "supervisor", "power", "owner"):
        visit(somebody).get("/admin/rules/new", 404)
