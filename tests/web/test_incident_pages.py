"""The pages of incidents: the desk's list, one incident, and what is done with all its tickets."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk.desk import cases, incidents
from service_desk.domain.actions import TEXT_LIMIT
from service_desk.domain.vocabulary import Nature, State
from service_desk.store.base import db
from service_desk.store.incidents import Incident
from service_desk.store.notices import Notice
from service_desk.store.tickets import Ticket
from service_desk.web.incidents import address_of_incident
from tests.visitor import Visitor, counted
from tests.world import World

Visit = Callable[..., Visitor]
MOST = 15
POSTS = ("news", "close", "dispatch", "reply")


def an_incident(world: World, *tickets: Ticket) -> int:
    incident: Incident | None = None
    for ticket in tickets:
        cases.join_incident(
            ticket.id, by=world.clerk, at=ticket.touched_at, incident=incident, title="城东变电站故障"
        )
        incident = db.session.scalars(select(Incident)).one()
    assert incident
    return incident.id


@pytest.mark.parametrize("reader", ["clerk", "quality", "supervisor"])
def test_the_desk_reads_list_and_page(small_world: World, visit: Visit, reader: str) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    number = an_incident(small_world, ticket)
    visitor = visit(reader)
    page = visitor.get("/incidents")
    assert "城东变电站故障" in page
    assert "1/1 件" in page
    assert "共性问题" in visitor.get("/")
    assert ticket.number in visitor.get(f"/incidents/{number}")


@pytest.mark.parametrize(
    "stranger", ["owner", "neighbour", "finance", "officer", "leader", "admin", "auditor", "committee"]
)
def test_for_others_there_are_no_incidents(small_world: World, visit: Visit, stranger: str) -> None:
    number = an_incident(small_world, small_world.make(State.IN_PROGRESS, supports=["园区管委会"]))
    visitor = visit(stranger)
    visitor.get("/incidents", status=404)
    visitor.get(f"/incidents/{number}", status=404)
    for action in POSTS:
        visitor.post(
            f"/incidents/{number}/{action}", status=404, text="已恢复", outcome="solved", lead="供电公司"
        )
    assert 'href="/incidents"' not in visitor.get("/account")


@pytest.mark.parametrize(
    "reader", ["clerk", "quality", "supervisor", "power", "committee", "owner", "officer"]
)
def test_a_ticket_leads_those_to_its_incident_who_may_open_it(
    sqlite_app: Flask, small_world: World, visit: Visit, reader: str
) -> None:
    ticket, alone = (
        small_world.make(State.IN_PROGRESS, supports=["园区管委会"]),
        small_world.make(State.ACCEPTED),
    )
    path = f"/incidents/{an_incident(small_world, ticket)}"
    with sqlite_app.test_request_context():
        person = getattr(small_world, reader)
        address = address_of_incident(small_world.ticket(ticket.number), person)
        assert address_of_incident(small_world.ticket(alone.number), person) == ""
    opens = visit(reader).ask("GET", path).status_code == 200
    assert address == (path if opens else "")


def test_the_desk_does_not_reply_and_a_department_does_nothing_else(small_world: World, visit: Visit) -> None:
    number = an_incident(small_world, small_world.make(State.IN_PROGRESS))
    visit("clerk").post(f"/incidents/{number}/reply", status=404, outcome="solved", text="已恢复")
    for action in ("news", "close", "dispatch"):
        visit("power").post(f"/incidents/{number}/{action}", status=404, text="已恢复", lead="供电公司")
        visit("quality").post(f"/incidents/{number}/{action}", status=404, text="已恢复", lead="供电公司")
    visit("supervisor").post(f"/incidents/{number}/dispatch", status=404, lead="供电公司")
    visit("clerk").get("/incidents/99999", status=404)


def test_news_reach_the_enterprise(small_world: World, visit: Visit) -> None:
    number = an_incident(small_world, small_world.make(State.ACCEPTED))
    clerk = visit("clerk")
    place = clerk.post(f"/incidents/{number}/news", text="预计今晚恢复供电")
    page = clerk.get(place)
    assert "进展已发布" in page
    assert "预计今晚恢复供电" in page
    assert "预计今晚恢复供电" in visit("owner").get("/notices")


def test_what_is_too_long_is_said_and_given_back(small_world: World, visit: Visit) -> None:
    number = an_incident(small_world, small_world.make(State.ACCEPTED))
    long = "修" * (TEXT_LIMIT + 1)
    page = visit("clerk").post(f"/incidents/{number}/news", status=422, text=long)
    assert long in page
    assert f"最多 {TEXT_LIMIT} 字" in page
    visit("clerk").post(f"/incidents/{number}/news", status=422, text="  ")
    assert not db.session.scalars(select(Notice).where(Notice.key.startswith("incident:"))).all()


def test_all_are_dispatched_by_one_press(small_world: World, visit: Visit) -> None:
    number = an_incident(
        small_world, small_world.make(State.ACCEPTED), small_world.make(State.ACCEPTED, by="neighbour")
    )
    clerk = visit("clerk")
    assert "一并派单 2 件" in clerk.get(f"/incidents/{number}")
    power = small_world.department("供电公司").id
    page = clerk.get(clerk.post(f"/incidents/{number}/dispatch", lead=str(power), text="一并处理"))
    assert "2 件已一并办理" in page
    assert "一并派单" not in page


def test_a_refusal_is_told_with_number_and_reason(small_world: World, visit: Visit) -> None:
    world = small_world
    complaint = world.make(State.ACCEPTED, nature=Nature.COMPLAINT, against=world.department("供电公司"))
    plain = world.make(State.ACCEPTED)
    number = an_incident(world, complaint, plain)
    power = world.department("供电公司").id
    page = visit("clerk").post(f"/incidents/{number}/dispatch", status=200, lead=str(power))
    assert "已办 1 件，未办 1 件" in page
    assert f"已办：{plain.number}" in page
    assert f"<li>{complaint.number}：" in page


@pytest.mark.parametrize(
    "fields", [{}, {"lead": "99999"}, {"lead": "x"}, {"lead": "供电公司", "supports": "供电公司"}]
)
def test_what_cannot_be_meant_dispatches_nothing(
    small_world: World, visit: Visit, fields: dict[str, str]
) -> None:
    ticket = small_world.make(State.ACCEPTED)
    number = an_incident(small_world, ticket)
    visit("clerk").post(f"/incidents/{number}/dispatch", status=422, **fields)
    assert small_world.ticket(ticket.number).state is State.ACCEPTED


def test_the_lead_replies_to_its_own_by_one_press(small_world: World, visit: Visit) -> None:
    world = small_world
    mine, theirs = world.make(State.IN_PROGRESS), world.make(State.IN_PROGRESS, lead="金融办")
    number = an_incident(world, mine, theirs)
    power = visit("power")
    page = power.get(f"/incidents/{number}")
    assert mine.number in page
    assert theirs.number not in page
    assert f"/incidents/{number}/news" not in page
    asked = page.split('<div data-shown-when="outcome" data-shown-value="partly">')[1].split("</div>")[0]
    assert 'name="rest_date"' in asked
    power.post(f"/incidents/{number}/reply", status=422, outcome="partly", text="先修了两台")
    power.post(f"/incidents/{number}/reply", status=422, outcome="whatever", text="已恢复")
    power.post(f"/incidents/{number}/reply", status=422, outcome="solved", text="")
    answer = power.get(power.post(f"/incidents/{number}/reply", outcome="solved", text="已恢复供电"))
    assert "1 件已一并办理" in answer
    assert world.ticket(mine.number).state is State.REPLIED
    assert world.ticket(theirs.number).state is State.IN_PROGRESS


def test_a_closed_incident_takes_no_news(small_world: World, visit: Visit) -> None:
    number = an_incident(small_world, small_world.make(State.ACCEPTED))
    clerk = visit("clerk")
    assert "已关闭，所属诉求各自继续办理" in clerk.get(clerk.post(f"/incidents/{number}/close"))
    assert f"/incidents/{number}/news" not in clerk.get(f"/incidents/{number}")
    clerk.post(f"/incidents/{number}/news", status=409, text="又停电了")
    assert "城东变电站故障" in clerk.get("/incidents?over=true")
    assert "没有处理中的共性问题" in clerk.get("/incidents")


def test_pages_cost_the_same_however_many_tickets_there_are(small_world: World, visit: Visit) -> None:
    tickets = [small_world.make(State.IN_PROGRESS) for _ in range(4)]
    tickets += [small_world.make(State.ACCEPTED, by="neighbour") for _ in range(4)]
    number = an_incident(small_world, *tickets)
    at = tickets[-1].touched_at + timedelta(hours=1)
    for text in ("正在抢修", "已恢复"):
        incidents.tell(number, by=small_world.clerk, at=at, text=text)
    for reader, path in (
        ("clerk", "/incidents"),
        ("clerk", f"/incidents/{number}"),
        ("power", f"/incidents/{number}"),
    ):
        visitor = visit(reader)
        visitor.get(path)
        with counted() as statements:
            visitor.get(path)
        assert len(statements) <= MOST, (reader, path, len(statements))
