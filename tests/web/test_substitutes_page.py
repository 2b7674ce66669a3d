"""The page 代办: one names a substitute, sees it on the account page, and both may end it; nobody else's business."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import time_machine

from service_desk.desk import handling, requests
from service_desk.desk.substitutes import name_substitute
from service_desk.domain.vocabulary import Outcome, State
from service_desk.store.base import db
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
MOST = 15
"""Statements of a page."""


def test_one_names_a_substitute_who_finds_the_work_in_their_own_list(
    small_world: World, visit: Visit
) -> None:
    w = small_world
    with time_machine.travel(MONDAY + timedelta(hours=5), tick=False):
        ticket = w.make(State.ASSIGNED, title="车间断电")
        handling.sign(ticket.id, by=w.power, at=MONDAY + timedelta(hours=4))
        marketing = visit("marketing")
        assert "车间断电" not in marketing.get("/")
        power = visit("power")
        given: dict[str, Any] = {"substitute": w.marketing.id, "from_day": "2026-03-02"}
        assert "代办最长 90 天" in power.post("/substitutes", status=422, **given, until_day="2026-06-06")
        power.post("/substitutes", **given, until_day="2026-03-06")
        assert "由marketing名代办" in power.get("/account")
        assert "代power名办理" in marketing.get("/account")
        todo = marketing.get("/")
        assert "车间断电" in todo
        assert "代 power名" in todo
        for path in ("/", f"/tickets/{ticket.id}"):
            with counted() as statements:
                marketing.get(path)
            assert 0 < len(statements) <= MOST, path
        assert "您正在代power名办理" in marketing.get(f"/tickets/{ticket.id}")
        marketing.post(f"/tickets/{ticket.id}/progress", text="已到现场查看。", public="false")
        assert "marketing名（代 power名）" in marketing.get(f"/tickets/{ticket.id}")
        marketing.post("/substitutes/1/end")
        marketing.get(f"/tickets/{ticket.id}", status=404)


def test_the_deputy_finds_what_the_head_is_to_sign(small_world: World, visit: Visit) -> None:
    w = small_world
    with time_machine.travel(MONDAY + timedelta(hours=6), tick=False):
        ticket = w.make(State.IN_PROGRESS, title="车间断电")
        w.department("供电公司").wants_sign_off = True
        db.session.commit()
        requests.ask_sign_off(
            ticket.id,
            by=w.power,
            at=MONDAY + timedelta(hours=5),
            outcome=Outcome.SOLVED,
            text="已更换变压器。",
        )
        day = MONDAY.date()
        name_substitute(w.power_head, substitute=w.power2, from_day=day, until_day=day, by=w.admin, at=MONDAY)
        deputy = visit("power2")
        todo = deputy.get("/")
        assert "待审批" in todo
        assert "代 power_head名" in todo
        assert "您正在代power_head名办理" in deputy.get(f"/tickets/{ticket.id}/decide_sign_off")
        deputy.post(f"/tickets/{ticket.id}/decide_sign_off", granted="true", text="同意")
    assert w.ticket_by_id(ticket.id).state is State.REPLIED


def test_the_administrator_names_one_for_somebody_away(small_world: World, visit: Visit) -> None:
    w = small_world
    with time_machine.travel(MONDAY, tick=False):
        admin = visit("admin")
        assert "为不在岗的人设置" in admin.get("/substitutes")
        path = f"/substitutes?person={w.power.id}"
        admin.post(path, substitute=w.power2.id, from_day="2026-03-02", until_day="2026-03-04")
        assert "admin名 设置" in admin.get("/substitutes")
        admin.get(f"/substitutes?person={w.owner.id}", status=404)
        admin.post("/substitutes", status=404, substitute=w.power2.id)


def test_it_is_nobody_elses_business(small_world: World, visit: Visit) -> None:
    w = small_world
    with time_machine.travel(MONDAY, tick=False):
        day = MONDAY.date()
        name_substitute(w.power, substitute=w.power2, from_day=day, until_day=day, by=w.power, at=MONDAY)
        for username in ("owner", "officer", "leader", "auditor"):
            visit(username).get("/substitutes", status=404)
            visit(username).post("/substitutes/1/end", status=404)
        finance = visit("finance")
        assert "power名" not in finance.get("/substitutes")
        finance.post("/substitutes/1/end", status=404)
        # A colleague cannot choose for another: the address names nobody to them.
        finance.post(f"/substitutes?person={w.power.id}", status=422, substitute=w.power2.id)
