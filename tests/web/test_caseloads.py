"""Handing over: one matter in two clicks, and all that somebody handles when they leave."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from service_desk.desk import handling
from service_desk.domain.actions import Party
from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.notices import Notice
from service_desk.store.people import User
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]


def told(username: str) -> list[str]:
    rows = select(Notice.title).join(User, User.id == Notice.recipient_id).where(User.username == username)
    return [title for title in db.session.scalars(rows) if "转给" in title]


def handlers(world: World) -> list[str | None]:
    return [part.handled_by for number in (1, 2, 3) for part in world.ticket_by_id(number).assignments]


def three_matters(world: World) -> None:
    """Two that power leads, and one that it supports."""
    for _ in range(2):
        world.make(State.IN_PROGRESS)
    third = world.make(State.ASSIGNED, lead="金融办", supports=["供电公司"])
    handling.sign(third.id, by=world.power, at=MONDAY + timedelta(hours=6))


def test_one_matter_goes_to_a_colleague_who_hears_of_it(small_world: World, visit: Visit) -> None:
    three_matters(small_world)
    power = visit("power")
    assert "/tickets/3/hand_over" in power.get("/tickets/3")
    form = power.get("/tickets/3/hand_over")
    assert ">power2名</option>" in form
    assert ">finance名</option>" not in form
    power.post("/tickets/3/hand_over", to=small_world.power2.id)
    assert told("power2") == ["转给您办理"]
    assert not told("finance")
    assert handlers(small_world)[-1] == "power2名"


def test_the_head_hands_over_all_that_somebody_handles(small_world: World, visit: Visit) -> None:
    three_matters(small_world)
    head = visit("power_head")
    assert "在办 3 件" in head.get("/caseloads")
    path = f"/caseloads/{small_world.power.id}"
    assert "将power名名下 3 件转给同事" in head.get(path)
    head.post(path, 422, to=small_world.finance.id)
    head.post(path, to=small_world.power2.id)
    assert "已将power名名下 3 件转给power2名" in head.get("/caseloads")
    assert handlers(small_world) == ["power2名", "power2名", None, "power2名"]
    assert len(told("power2")) == 3


def test_the_administrator_has_it_done_for_somebody_who_has_left(small_world: World, visit: Visit) -> None:
    three_matters(small_world)
    small_world.power.active = False
    db.session.commit()
    admin = visit("admin")
    assert "已停用" in admin.get("/caseloads")
    admin.post(f"/caseloads/{small_world.power.id}", to=small_world.power2.id)
    line = small_world.ticket_by_id(1).events[-1]
    assert (line.party, line.text) == (Party.SYSTEM, "系统管理员admin名移交power名在办的诉求")
    assert handlers(small_world) == ["power2名", "power2名", None, "power2名"]


def test_what_somebody_left_at_a_department_goes_to_its_people_alone(
    small_world: World, visit: Visit
) -> None:
    three_matters(small_world)
    small_world.power.department = small_world.department("金融办")
    db.session.commit()
    theirs = small_world.make(State.ASSIGNED, lead="金融办")
    handling.sign(theirs.id, by=small_world.power, at=MONDAY + timedelta(hours=9))
    admin, path = visit("admin"), f"/caseloads/{small_world.power.id}"
    page = admin.get(path)
    assert ">power2名</option>" in page
    assert ">committee名</option>" not in page
    admin.post(path, 422, to=small_world.committee.id)
    page = admin.post(path, 200, to=small_world.power2.id)
    assert "已办 3 件，未办 1 件。" in page
    assert f"{theirs.number}：只能交给本单位的同事" in page
    assert handlers(small_world) == ["power2名", "power2名", None, "power2名"]
    admin.post(path, to=small_world.finance.id)
    assert small_world.ticket_by_id(theirs.id).assignments[0].handled_by == "finance名"


def test_what_cannot_go_to_them_does_not_keep_the_others_waiting(
    small_world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service_desk.desk.one_by_one.MOST_AT_ONCE", 1)
    small_world.power.department = small_world.department("金融办")
    db.session.commit()
    for _ in range(2):
        theirs = small_world.make(State.ASSIGNED, lead="金融办")
        handling.sign(theirs.id, by=small_world.power, at=MONDAY + timedelta(hours=9))
    small_world.power.department = small_world.department("供电公司")
    db.session.commit()
    for _ in range(2):
        small_world.make(State.IN_PROGRESS)
    admin, path = visit("admin"), f"/caseloads/{small_world.power.id}"
    page = admin.post(path, 200, to=small_world.power2.id)
    assert "已办 1 件，未办 2 件。" in page
    assert "另有 1 件尚未处理" in page
    page = admin.post(path, 200, to=small_world.power2.id)
    assert "已办 1 件，未办 2 件。" in page
    assert "尚未处理" not in page


def test_a_handler_hands_over_their_own_alone_and_strangers_nothing(small_world: World, visit: Visit) -> None:
    three_matters(small_world)
    path = f"/caseloads/{small_world.power.id}"
    assert "在办 3 件" in visit("power").get("/caseloads")
    for username in ("power2", "finance_head", "committee_head"):
        visit(username).get(path, status=404)
        visit(username).post(path, status=404, to=small_world.power2.id)
    for username in ("clerk", "owner", "supervisor", "auditor"):
        visit(username).get("/caseloads", status=404)
    assert handlers(small_world) == ["power名", "power名", None, "power名"]
