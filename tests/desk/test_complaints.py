"""A complaint names a department, and vanishes for everybody who works there."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service_desk.desk import cases, dispatch, inquiries, intake
from service_desk.desk.likeness import repeated
from service_desk.domain.actions import Action
from service_desk.domain.errors import Invalid, NotFound, OutOfTurn, Refused
from service_desk.domain.vocabulary import Nature, State, Urgency
from service_desk.store.base import db
from service_desk.store.notices import Notice
from service_desk.store.parts import Event
from service_desk.store.people import User
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket
from tests.world import MONDAY, World

HOUR = timedelta(hours=1)
THEIRS = ("power", "power2", "power_head", "marketing")


def complaint(world: World, state: State = State.ACCEPTED, **more: Any) -> Ticket:
    filed: dict[str, Any] = {
        "nature": Nature.COMPLAINT,
        "against": world.department("供电公司"),
        "lead": "园区管委会",
    }
    return world.make(state, **(filed | more))


@pytest.mark.parametrize("username", THEIRS)
def test_nobody_of_the_department_sees_or_does_anything(world: World, username: str) -> None:
    ticket = complaint(world, State.IN_PROGRESS)
    person: User = getattr(world, username)
    person.roles = {*person.roles, *world.clerk.roles, *world.supervisor.roles}
    assert db.session.scalars(visible_tickets(person)).unique().all() == []
    with pytest.raises(Refused):
        intake.note(ticket.id, by=person, at=ticket.touched_at, text="看看")
    assert db.session.scalars(select(Notice).where(Notice.recipient_id == person.id)).all() == []


def test_the_clerk_names_the_department_when_a_request_turns_out_to_be_a_complaint(world: World) -> None:
    ticket = world.file()
    assert len(db.session.scalars(visible_tickets(world.power)).unique().all()) == 0
    intake.accept(
        ticket.id,
        by=world.clerk,
        at=MONDAY + HOUR,
        category=ticket.category,
        nature=Nature.COMPLAINT,
        urgency=Urgency.NORMAL,
        against=world.department("供电公司"),
    )
    with pytest.raises(Refused, match="督查员"):
        dispatch.dispatch(ticket.id, by=world.clerk, at=MONDAY + HOUR, lead=world.department("园区管委会"))


def test_whoever_has_it_in_hand_cannot_be_named_before_it_is_moved(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    with pytest.raises(Invalid, match="请先改派"):
        cases.correct(
            ticket.id,
            by=world.clerk,
            at=ticket.touched_at,
            nature=Nature.COMPLAINT,
            against=world.department("供电公司"),
        )


def test_the_department_is_asked_in_the_desks_own_words_and_reads_nothing_else(world: World) -> None:
    ticket = complaint(world)
    at = ticket.touched_at + HOUR
    inquiries.inquire(ticket.id, by=world.clerk, at=at, text="请说明三月二日停电通知的发布时间。")
    (notice,) = db.session.scalars(select(Notice).where(Notice.recipient_id == world.power.id)).all()
    assert notice.ticket_id is None
    assert ticket.number not in notice.title + notice.body
    (asked,) = inquiries.inquiries_for(world.power_head)
    assert (asked.question, asked.answered_at) == ("请说明三月二日停电通知的发布时间。", None)
    found = inquiries.ticket_of_inquiry(asked.id, world.power)
    inquiries.answer_inquiry(found, by=world.power, at=at + HOUR, text="二月二十七日在公众号发布。")
    (answered,) = inquiries.inquiries_for(world.marketing)
    assert answered.answer == "二月二十七日在公众号发布。"
    told = db.session.scalars(select(Notice.title).where(Notice.recipient_id == world.clerk.id)).all()
    assert "被投诉单位已回复询问" in told


def test_an_inquiry_is_for_the_department_complained_of_alone(world: World) -> None:
    ticket = complaint(world)
    at = ticket.touched_at
    inquiries.inquire(ticket.id, by=world.supervisor, at=at, text="请说明情况。")
    event = db.session.scalars(select(Event).where(Event.action == Action.INQUIRE)).one()
    for person in (world.finance, world.clerk, world.owner):
        assert inquiries.inquiries_for(person) == []
        with pytest.raises(NotFound):
            inquiries.ticket_of_inquiry(event.id, person)
    with pytest.raises(Refused):
        inquiries.answer_inquiry(ticket.id, by=world.finance, at=at, text="我们来说")
    with pytest.raises(OutOfTurn, match="上一次询问"):
        inquiries.inquire(ticket.id, by=world.clerk, at=at, text="再问一次")
    with pytest.raises(OutOfTurn, match="只有投诉"):
        inquiries.inquire(world.file().id, by=world.clerk, at=MONDAY, text="请说明")


def test_a_complaint_is_no_similar_request_for_the_department(world: World) -> None:
    complaint(world)
    twin = world.file(at=MONDAY + 3 * HOUR)
    person = world.power
    person.roles = {*person.roles, *world.clerk.roles}
    assert repeated(twin, person, MONDAY + 4 * HOUR) == []
    assert len(repeated(twin, world.clerk, MONDAY + 4 * HOUR)) == 1
