"""Whoever is relieved of a ticket is told so, in words they may read, and nobody of the one complained of is."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from service_desk.desk import dispatch, handling, intake, requests
from service_desk.domain.vocabulary import Nature, Role, State
from service_desk.store.base import db
from service_desk.store.notices import Notice
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
TUESDAY = MONDAY + timedelta(days=1)


def told(ticket: Ticket) -> dict[str, tuple[str, str]]:
    """Who was told what by the last act."""
    event = db.session.get_one(Ticket, ticket.id, populate_existing=True).events[-1]
    rows = db.session.execute(
        select(User.username, Notice.title, Notice.body)
        .join(User, User.id == Notice.recipient_id)
        .where(Notice.key == f"event:{event.id}")
    )
    return {username: (title, body) for username, title, body in rows}


def give_back(world: World, ticket: Ticket, *, granted: bool) -> None:
    requests.ask_return(
        ticket.id, by=world.power, at=MONDAY + timedelta(hours=3), reason_code="属地不符", text="不在本辖区"
    )
    requests.decide_return(
        ticket.id, by=world.clerk, at=MONDAY + timedelta(hours=4), granted=granted, text="请城东办理"
    )


def test_the_old_lead_reads_who_leads_now_and_why(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS, supports=["园区管委会"])
    lead = world.department("金融办")
    dispatch.redispatch(ticket.id, by=world.clerk, at=TUESDAY, lead=lead, reason="职责调整")
    people = told(ticket)
    for name in ("power", "power2", "power_head"):
        assert people[name] == ("已改派其他单位", f"{ticket.title}：改由金融办主办。职责调整")
    assert people["finance"][0] == "新交办，请签收"
    # The supports stay, and those below the old lead had no part.
    assert not {"committee", "committee_head", "marketing"} & set(people)


def test_of_two_moves_the_second_tells_the_second_lead_alone(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    for hours, lead in ((1, "金融办"), (2, "园区管委会")):
        at = TUESDAY + timedelta(hours=hours)
        dispatch.redispatch(ticket.id, by=world.supervisor, at=at, lead=world.department(lead), reason="调整")
    people = told(ticket)
    assert {name for name, (title, _) in people.items() if title == "已改派其他单位"} == {
        "finance",
        "finance_head",
    }


def test_a_released_support_is_told(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS, supports=["园区管委会", "金融办"])
    support = world.department("园区管委会")
    dispatch.release_support(ticket.id, by=world.clerk, at=TUESDAY, department=support)
    people = told(ticket)
    assert (
        people["committee"] == people["committee_head"] == ("协办已取消", f"{ticket.title}。不再需要协办。")
    )
    assert people["power"][0] == "取消了协办单位"
    assert "finance" not in people


def test_after_an_upheld_return_the_supports_read_no_word_of_it(world: World) -> None:
    ticket = world.make(State.ASSIGNED, supports=["园区管委会"])
    give_back(world, ticket, granted=True)
    people = told(ticket)
    assert people["committee"] == ("协办已取消", f"{ticket.title}。将重新派单，不再需要协办。")
    assert people["power"][0] == "退单申请：同意"


def test_a_refused_return_tells_no_support(small_world: World) -> None:
    ticket = small_world.make(State.ASSIGNED, supports=["园区管委会"])
    give_back(small_world, ticket, granted=False)
    assert "committee" not in told(ticket)


def test_a_withdrawal_is_told_to_the_supports_without_its_reason(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS, supports=["园区管委会", "金融办"])
    handling.sign(ticket.id, by=world.committee, at=TUESDAY)
    handling.opine(ticket.id, by=world.finance, at=TUESDAY, text="同意增容")
    intake.withdraw(ticket.id, by=world.owner, at=TUESDAY, reason="私下解决了")
    people = told(ticket)
    assert people["committee"] == ("企业撤回诉求", f"{ticket.title}。不再需要协办。")
    # Whose part is done waits for nothing.
    assert "finance" not in people
    assert "私下解决了" not in people["committee"][1]


@pytest.mark.parametrize("reader", ["power", "committee"])
def test_what_they_are_told_of_is_still_to_be_seen(small_world: World, visit: Visit, reader: str) -> None:
    ticket = small_world.make(State.ASSIGNED, supports=["园区管委会"])
    give_back(small_world, ticket, granted=True)
    assert ticket.title in visit(reader).get(f"/tickets/{ticket.id}")


def test_of_a_complaint_nobody_of_the_one_complained_of_is_told(world: World) -> None:
    ticket = world.make(
        State.IN_PROGRESS,
        lead="园区管委会",
        supports=["金融办"],
        nature=Nature.COMPLAINT,
        against=world.department("供电公司"),
    )
    # Somebody who works for both: nobody of the department may hear of it, whatever their role.
    person = world.marketing
    person.roles = {*person.roles, Role.CLERK}
    db.session.commit()
    dispatch.release_support(ticket.id, by=world.clerk, at=TUESDAY, department=world.department("金融办"))
    assert {"power", "power_head", "marketing"}.isdisjoint(told(ticket))
    dispatch.redispatch(
        ticket.id, by=world.supervisor, at=TUESDAY, lead=world.department("金融办"), reason="调整"
    )
    people = told(ticket)
    assert people["committee"][0] == "已改派其他单位"
    assert {"power", "power_head", "marketing"}.isdisjoint(people)
