"""The batches a ledger is read in leave nothing out and take nothing twice, whatever comes in between."""

from itertools import chain

import pytest
from sqlalchemy import select

from service_desk.store.base import db
from service_desk.store.ledgers import Batch, batches
from service_desk.store.tickets import Ticket
from tests.world import World


def numbers_in(found: list[Batch]) -> list[list[str]]:
    return [[ticket.number for ticket in db.session.scalars(one.of(select(Ticket)))] for one in found]


@pytest.mark.parametrize(("size", "sizes"), [(1, [1, 1, 1, 1, 0]), (2, [2, 2, 0]), (3, [3, 1]), (5, [4])])
def test_every_ticket_is_in_one_batch(small_world: World, size: int, sizes: list[int]) -> None:
    numbers = [small_world.file().number for _ in range(4)]
    found = numbers_in(batches(select(Ticket), size=size))
    assert [len(one) for one in found] == sizes
    assert [*chain(*found)] == numbers


def test_what_comes_meanwhile_is_in_the_last_one_once(small_world: World) -> None:
    first = [small_world.file().number for _ in range(4)]
    found = batches(select(Ticket), size=2)
    later = [small_world.file().number for _ in range(3)]
    assert [*chain(*numbers_in(found))] == [*first, *later]


def test_only_the_tickets_asked_for_are_counted_off(small_world: World) -> None:
    tickets = [small_world.file() for _ in range(6)]
    some = select(Ticket).where(Ticket.id.in_([ticket.id for ticket in tickets[::2]]))
    edges = [batch.until for batch in batches(some, size=2)]
    assert edges == [tickets[2].id, None]


def test_no_tickets_are_one_empty_batch(small_world: World) -> None:
    assert batches(select(Ticket), size=2) == [Batch(0, None)]
