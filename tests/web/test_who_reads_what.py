"""What a page must not tell: the desk's own words to others, a rating to the departments."""

from collections.abc import Callable
from typing import Any

import pytest

from service_desk.desk import closing, dispatch, handling, intake
from service_desk.domain.vocabulary import Level, Outcome, Solved, State
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor
from tests.world import World

Visit = Callable[..., Visitor]
BAD: dict[str, Any] = {"solved": Solved.UNSOLVED, "level": Level.DISSATISFIED}


def everything_read_by(visit: Visit, username: str, ticket: Ticket) -> str:
    """The lists, the ticket and the notices of one person."""
    visitor = visit(username)
    return "".join(visitor.get(path) for path in ("/", "/tickets", f"/tickets/{ticket.id}", "/notices"))


@pytest.mark.parametrize("reader", ["owner", "power", "finance", "officer"])
def test_a_note_of_the_desk_is_read_by_the_desk_alone(small_world: World, visit: Visit, reader: str) -> None:
    ticket = small_world.make(State.IN_PROGRESS, supports=["金融办"])
    intake.note(ticket.id, by=small_world.clerk, at=ticket.touched_at, text="怀疑夸大用电量")
    assert "怀疑夸大" in everything_read_by(visit, "clerk", ticket)
    assert "怀疑夸大" not in everything_read_by(visit, reader, ticket)


def test_a_reply_is_not_read_by_the_enterprise_before_it_was_verified(
    small_world: World, visit: Visit
) -> None:
    ticket = small_world.make(State.REPLIED)
    assert "已现场勘察" not in everything_read_by(visit, "owner", ticket)
    closing.verify(ticket.id, by=small_world.quality, at=ticket.touched_at)
    assert "已现场勘察" in everything_read_by(visit, "owner", ticket)


def test_words_to_the_departments_at_dispatch_are_not_read_by_the_enterprise(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.ACCEPTED)
    dispatch.dispatch(
        ticket.id,
        by=world.clerk,
        at=ticket.touched_at,
        lead=world.department("供电公司"),
        text="此户欠费，慎诺",
    )
    assert "慎诺" in everything_read_by(visit, "power", ticket)
    assert "慎诺" not in everything_read_by(visit, "owner", ticket)


@pytest.mark.parametrize("reader", ["power", "power_head", "finance", "officer"])
def test_a_rating_that_opens_nothing_is_not_told_to_the_departments(
    small_world: World, visit: Visit, reader: str
) -> None:
    world = small_world
    ticket = world.make(State.AWAITING_RATING, supports=["金融办"], outcome=Outcome.POLICY)
    closing.rate(ticket.id, by=world.owner, at=ticket.touched_at, text="白跑一趟", **BAD)
    page = everything_read_by(visit, reader, ticket)
    assert "<span>审核" in everything_read_by(visit, "supervisor", ticket)
    for word in ("白跑一趟", "差评", "未解决", "<span>审核"):
        assert word not in page
    closing.keep_closed(ticket.id, by=world.supervisor, at=ticket.touched_at, reason="政策确有规定")
    assert "政策确有规定" in everything_read_by(visit, "owner", ticket)
    assert "政策确有规定" not in everything_read_by(visit, reader, ticket)


def test_an_old_page_does_not_betray_that_a_bad_rating_was_let_stand(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.CLOSED, outcome=Outcome.POLICY, **BAD)
    seen = ticket.version
    closing.keep_closed(ticket.id, by=world.supervisor, at=ticket.touched_at, reason="政策确有规定")
    page = visit("power").post(
        f"/tickets/{ticket.id}/reply", status=409, outcome="solved", text="再答复", version=str(seen)
    )
    assert "维持办结" not in page


def test_the_first_bad_rating_is_told_to_the_lead_and_never_to_a_support(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.AWAITING_RATING, supports=["金融办"])
    closing.rate(ticket.id, by=world.owner, at=ticket.touched_at, text="还是跳闸", **BAD)
    handling.sign(ticket.id, by=world.power, at=ticket.touched_at)
    assert "还是跳闸" in everything_read_by(visit, "power", ticket)
    page = everything_read_by(visit, "finance", ticket)
    assert "还是跳闸" not in page
    assert "差评" not in page
