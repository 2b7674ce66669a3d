"""Who sees which tickets."""

import pytest

from service_desk.desk import dispatch, handling
from service_desk.domain.vocabulary import Nature, State
from service_desk.store.base import db
from service_desk.store.facts import leaves_none_out
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket
from tests.world import PEOPLE, World


def seen_by(world: World, username: str) -> set[str]:
    tickets = db.session.scalars(visible_tickets(getattr(world, username))).unique()
    return {ticket.title for ticket in tickets}


@pytest.fixture
def tickets(world: World) -> dict[str, Ticket]:
    return {
        "power": world.make(State.IN_PROGRESS, title="power", supports=["园区管委会"]),
        "fresh": world.file(by="member", title="fresh"),
        "other": world.make(State.ASSIGNED, by="neighbour", title="other", lead="金融办"),
        "against": world.make(
            State.ASSIGNED,
            title="against",
            lead="园区管委会",
            nature=Nature.COMPLAINT,
            against=world.department("供电公司"),
        ),
    }


SEES = {
    "owner": {"power", "fresh", "against"},
    "member": {"fresh"},
    "neighbour": {"other"},
    "clerk": {"power", "fresh", "other", "against"},
    "clerk2": {"power", "fresh", "other", "against"},
    "quality": {"power", "fresh", "other", "against"},
    "supervisor": {"power", "fresh", "other", "against"},
    "officer": {"power", "fresh", "against"},
    "leader": {"power", "fresh", "against"},
    "admin": set(),
    "auditor": set(),
    "power": {"power"},
    "power2": {"power"},
    "power_head": {"power"},
    "marketing": set(),
    "finance": {"other"},
    "finance_head": {"other", "power", "fresh", "against"},
    "committee": {"power", "against"},
    "committee_head": {"power", "against"},
}


def test_everybody_sees_what_the_law_gives_them_and_no_more(world: World, tickets: dict[str, Ticket]) -> None:
    assert set(SEES) == set(PEOPLE)
    assert {name: seen_by(world, name) for name in SEES} == SEES


def test_a_head_sees_the_tickets_of_the_sub_units(world: World) -> None:
    department = world.department("供电公司营销部")
    ticket = world.make(State.ACCEPTED, title="sub")
    dispatch.dispatch(ticket.id, by=world.clerk, at=ticket.touched_at, lead=department)
    assert seen_by(world, "power_head") == {"sub"}
    assert seen_by(world, "power") == set()
    assert seen_by(world, "marketing") == {"sub"}


def test_a_complaint_is_hidden_from_the_sub_units_and_the_clerks_of_the_department_complained_of(
    world: World,
) -> None:
    ticket = world.file(title="complaint", nature=Nature.COMPLAINT, against=world.department("供电公司"))
    seconded = world.clerk2
    seconded.department_id = world.department("供电公司营销部").id
    db.session.commit()
    assert seen_by(world, "clerk2") == set()
    assert seen_by(world, "clerk") == {ticket.title}


def test_handling_in_the_past_still_shows_the_ticket(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS, title="past")
    handling.hand_over(ticket.id, by=world.power, at=ticket.touched_at, to=world.power2)
    assert seen_by(world, "power") == {"past"}


def test_who_sees_the_whole_park_is_asked_for_no_ticket_by_name(world: World) -> None:
    """The counts of whole months are of all tickets: without this they would never be used."""
    assert leaves_none_out(visible_tickets(world.supervisor))
    assert leaves_none_out(visible_tickets(world.clerk))
    assert not leaves_none_out(visible_tickets(world.power))
    world.supervisor.department_id = world.department("金融办").id
    assert not leaves_none_out(visible_tickets(world.supervisor))
