"""An upheld return stands beside the rule or matter that caused it, and on the ticket's next proposal."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from service_desk.desk import dispatch, requests
from service_desk.desk.returned import dispatches_by
from service_desk.domain.routing import MadeBy
from service_desk.domain.vocabulary import Role, State
from service_desk.store.base import db
from service_desk.store.catalogue import Matter, Rule
from service_desk.store.law import law_changed
from service_desk.store.people import UserRole
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
MOST = 15
LATER = MONDAY + timedelta(days=2)


def matter() -> Matter:
    return db.session.scalars(select(Matter).where(Matter.name == "新装与增容")).one()


def a_rule(world: World) -> Rule:
    lead = world.department("园区管委会")
    row = Rule(name="造船专班", priority=5, enterprise_id=world.owner.enterprise_id, lead_id=lead.id)
    db.session.add(row)
    law_changed()
    db.session.commit()
    return row


def give_back(world: World, ticket: Ticket, by: str, *, granted: bool = True) -> None:
    at = world.ticket(ticket.number).touched_at + timedelta(minutes=5)
    why = "属于高压专线，由园区管委会负责"
    requests.ask_return(ticket.id, by=getattr(world, by), at=at, reason_code="非本单位职责", text=why)
    requests.decide_return(ticket.id, by=world.supervisor, at=at + timedelta(minutes=5), granted=granted)


def test_dispatches_by_a_matter_are_counted_with_those_that_came_back(world: World) -> None:
    returned, refused, kept = (world.make(State.ASSIGNED) for _ in range(3))
    give_back(world, returned, "power")
    give_back(world, refused, "power", granted=False)
    world.make(State.ASSIGNED, lead="金融办")
    found = dispatches_by(MadeBy.MATTER, matter().id, since=MONDAY)
    assert (found.sent, found.returned) == (3, 1)
    assert [(one.number, one.reason) for one in found.latest] == [(returned.number, "非本单位职责")]
    assert dispatches_by(MadeBy.MATTER, matter().id, since=kept.touched_at + timedelta(days=1)).sent == 0
    assert dispatches_by(MadeBy.RULE, matter().id, since=MONDAY).sent == 0


def test_a_lead_of_the_desks_own_choice_is_nobodys_proposal(world: World) -> None:
    a_rule(world)
    ticket = world.make(State.ASSIGNED, lead="金融办")
    assert [part.routed_by for part in ticket.assignments] == [None]


def test_only_the_lead_follows_a_proposal(world: World) -> None:
    rule = a_rule(world)
    ticket = world.make(State.ASSIGNED, lead="园区管委会", supports=["供电公司"])
    assert [(part.routed_by, part.routed_by_id) for part in world.ticket(ticket.number).assignments] == [
        (MadeBy.RULE, rule.id),
        (None, None),
    ]


@pytest.mark.parametrize("noun", ["rules", "matters"])
def test_the_administrator_reads_it_beside_the_row_without_a_way_to_the_ticket(
    small_world: World, visit: Visit, noun: str
) -> None:
    world = small_world
    row = a_rule(world) if noun == "rules" else matter()
    path, lead, by = f"/admin/{noun}/{row.id}", "供电公司", "power"
    if noun == "rules":
        lead, by = "园区管委会", "committee"
    ticket = world.make(State.ASSIGNED, lead=lead)
    give_back(world, ticket, by)
    with time_machine.travel(LATER, tick=False):
        admin = visit("admin")
        admin.get(path)
        with counted() as statements:
            page = admin.get(path)
    assert len(statements) <= MOST
    assert "按这一条派出 1 件，退回成立 1 件" in page
    assert "2026-03-02 周一 非本单位职责" in page
    assert ticket.number in page
    assert ticket.title not in page
    assert f"/tickets/{ticket.id}" not in page
    assert "按这一条派出" not in visit("admin").get(f"/admin/{noun}/new")


def test_an_administrator_who_works_at_the_desk_is_led_to_the_ticket(
    small_world: World, visit: Visit
) -> None:
    ticket = small_world.make(State.ASSIGNED)
    give_back(small_world, ticket, "power")
    db.session.add(UserRole(user_id=small_world.admin.id, role=Role.CLERK))
    db.session.commit()
    with time_machine.travel(LATER, tick=False):
        page = visit("admin").get(f"/admin/matters/{matter().id}")
    assert f'href="/tickets/{ticket.id}"' in page


def test_what_is_older_than_90_days_is_not_counted(small_world: World, visit: Visit) -> None:
    small_world.make(State.ASSIGNED)
    path = f"/admin/matters/{matter().id}"

    def page(now: datetime) -> str:
        with time_machine.travel(now, tick=False):
            return visit("admin").get(path)

    assert "按这一条派出 1 件" in page(MONDAY + timedelta(days=90))
    assert "按这一条派出 0 件" in page(MONDAY + timedelta(days=91))


def test_the_next_proposal_says_what_had_been_proposed_and_why_it_came_back(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.ASSIGNED)
    give_back(world, ticket, "power")
    clerk, path = visit("clerk"), f"/tickets/{ticket.id}"
    clerk.get(path)
    with counted() as statements:
        page = clerk.get(path)
    assert len(statements) <= MOST
    said = "按事项清单“新装与增容”派给的供电公司已退单成立（非本单位职责）：属于高压专线，由园区管委会负责"
    assert said in page
    assert "建议主办</span> <strong>供电公司" not in page
    dispatch.dispatch(
        ticket.id,
        by=world.clerk,
        at=world.ticket(ticket.number).touched_at + timedelta(minutes=5),
        lead=world.department("园区管委会"),
    )
    assert said not in clerk.get(path)


def test_a_return_of_the_desks_own_choice_is_said_too(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.ASSIGNED, lead="金融办")
    give_back(small_world, ticket, "finance")
    page = visit("clerk").get(f"/tickets/{ticket.id}")
    assert "金融办已退单成立（非本单位职责）" in page
    assert "派给的金融办" not in page
