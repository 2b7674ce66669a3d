"""One-time links: for one contact, one window, one rating."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service_desk.desk import housekeeping
from service_desk.desk.rating_links import make_rating_link, rate_by_link, ticket_to_rate
from service_desk.domain.errors import DeskError, Invalid, NotFound, OutOfTurn, Refused
from service_desk.domain.vocabulary import Level, Outcome, Solved, State
from service_desk.store.base import db
from service_desk.store.rating_links import RatingLink
from service_desk.store.tickets import Ticket
from tests.world import World

DAY = timedelta(days=1)
GOOD: dict[str, Any] = {"solved": Solved.SOLVED, "level": Level.SATISFIED, "phone_tail": "1111"}


@pytest.fixture
def waiting(world: World) -> Ticket:
    """A ticket that waits for its rating."""
    return world.make(State.AWAITING_RATING)


def link_for(world: World, ticket: Ticket) -> str:
    return make_rating_link(ticket.id, by=world.clerk, at=ticket.touched_at)


def test_the_contact_rates_and_the_record_says_how(world: World, waiting: Ticket) -> None:
    token = link_for(world, waiting)
    rate_by_link(token, at=waiting.touched_at + DAY, **GOOD)
    ticket = world.ticket(waiting.number)
    assert (ticket.state, ticket.ratings[-1].solved) == (State.CLOSED, Solved.SOLVED)
    event = ticket.events[-1]
    assert (event.by_id, event.by_name, event.party.value, event.data["by_link"]) == (
        None,
        "李一",
        "contact",
        True,
    )


def test_a_bad_rating_by_link_opens_the_matter_again(world: World, waiting: Ticket) -> None:
    token = link_for(world, waiting)
    bad = GOOD | {"solved": Solved.UNSOLVED}
    rate_by_link(token, at=waiting.touched_at + DAY, **bad)
    assert world.ticket(waiting.number).state is State.ASSIGNED


def test_only_the_hash_of_a_link_is_kept(world: World, waiting: Ticket) -> None:
    token = link_for(world, waiting)
    kept = db.session.scalars(select(RatingLink.token_hash)).one()
    assert token not in kept


def test_opening_the_page_records_nothing(world: World, waiting: Ticket) -> None:
    token = link_for(world, waiting)
    for _ in range(3):
        assert ticket_to_rate(token).id == waiting.id
    assert world.ticket(waiting.number).version == waiting.version


def test_a_link_is_used_once(world: World, waiting: Ticket) -> None:
    token, other = link_for(world, waiting), link_for(world, waiting)
    rate_by_link(token, at=waiting.touched_at + DAY, **GOOD)
    for used in (token, other, "unknown"):
        with pytest.raises(NotFound, match="已经用过或已经失效"):
            rate_by_link(used, at=waiting.touched_at + DAY, **GOOD)


def test_another_phone_rates_nothing(world: World, waiting: Ticket) -> None:
    token = link_for(world, waiting)
    with pytest.raises(Invalid, match="后四位"):
        rate_by_link(token, at=waiting.touched_at + DAY, **(GOOD | {"phone_tail": "2222"}))
    assert world.ticket(waiting.number).ratings == []


def test_a_new_contact_ends_the_links_of_the_old_one(world: World) -> None:
    ticket = world.make(State.AWAITING_RATING)
    token = link_for(world, ticket)
    ticket.contact_phone = "13900002222"
    db.session.commit()
    with pytest.raises(NotFound):
        ticket_to_rate(token)


def test_a_link_ends_with_its_window_and_its_cycle(world: World, waiting: Ticket) -> None:
    token = link_for(world, waiting)
    housekeeping.pass_time_on(waiting.id, at=waiting.touched_at + 30 * DAY)
    with pytest.raises(NotFound):
        rate_by_link(token, at=waiting.touched_at + 31 * DAY, **GOOD)


def test_a_link_is_made_by_the_desk_while_a_rating_is_awaited(world: World, waiting: Ticket) -> None:
    with pytest.raises(Refused):
        make_rating_link(waiting.id, by=world.power, at=waiting.touched_at)
    working = world.make(State.IN_PROGRESS, outcome=Outcome.SOLVED)
    with pytest.raises(OutOfTurn):
        make_rating_link(working.id, by=world.quality, at=working.touched_at)


def test_a_late_link_is_refused_even_before_the_clockwork_has_run(world: World, waiting: Ticket) -> None:
    token = link_for(world, waiting)
    with pytest.raises(DeskError):
        rate_by_link(token, at=waiting.touched_at + 30 * DAY, **GOOD)
    assert world.ticket(waiting.number).ratings == []
