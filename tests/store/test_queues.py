"""Whose turn it is: who finds a ticket of each state in the to-do."""

from datetime import timedelta

import pytest

from service_desk.desk import dispatch
from service_desk.domain.vocabulary import State
from service_desk.store.queues import todo_of
from tests.world import MONDAY, World

LOOKERS = {"officer", "leader"}
"""They are shown all that is open of the enterprises they look after."""
OF_THE_LEAD = {"power", "power_head"}
EVERYBODY = (
    LOOKERS
    | OF_THE_LEAD
    | {
        *(
            "owner",
            "member",
            "neighbour",
            "clerk",
            "quality",
            "supervisor",
            "committee",
            "finance",
            "admin",
            "auditor",
        )
    }
)
TURNS = {
    State.SUBMITTED: LOOKERS | {"clerk"},
    State.ACCEPTED: LOOKERS | {"clerk"},
    State.ASSIGNED: LOOKERS | OF_THE_LEAD | {"committee"},
    State.IN_PROGRESS: LOOKERS | OF_THE_LEAD | {"committee"},
    State.REPLIED: LOOKERS | {"clerk", "quality", "committee"},
    State.AWAITING_RATING: {"owner"},
    State.CLOSED: set(),
}


def todos(world: World, ticket_id: int) -> set[str]:
    """Whose to-do has the ticket."""
    return {name for name in EVERYBODY if ticket_id in todo_of(getattr(world, name))}


@pytest.mark.parametrize("state", TURNS, ids=lambda state: state.value)
def test_a_ticket_waits_for_those_whose_turn_it_is(world: World, state: State) -> None:
    """A supporting department's opinion is waited for as long as the ticket is open."""
    world.make(State.SUBMITTED, by="neighbour")
    ticket = world.make(state, supports=["园区管委会"])
    assert todos(world, ticket.id) == TURNS[state]


def test_it_is_the_turn_of_whoever_leads_now(world: World) -> None:
    ticket = world.make(State.ASSIGNED)
    at = MONDAY + timedelta(days=1)
    lead = world.department("金融办")
    dispatch.redispatch(ticket.id, by=world.clerk, at=at, lead=lead, reason="属金融办职责。")
    assert todos(world, ticket.id) == LOOKERS | {"finance"}
