"""Many at once and filters kept, on each database: what its locks, joins and orders decide."""

from datetime import timedelta

import pytest

from service_desk.desk import bulk
from service_desk.desk.bulk import Chosen
from service_desk.desk.saved_filters import drop, save
from service_desk.domain.actions import Action
from service_desk.domain.errors import NotFound, Refused
from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.people import Department
from service_desk.store.saved_filters import filters_for
from service_desk.store.tickets import Ticket
from tests.world import MONDAY, World

NOW = MONDAY + timedelta(hours=5)


def chosen(*tickets: Ticket) -> list[Chosen]:
    return [Chosen(ticket.id, ticket.version) for ticket in tickets]


def test_one_refusal_leaves_the_acts_before_and_after_it_done(world: World) -> None:
    first, second, third = world.make(State.IN_PROGRESS), world.make(State.CLOSED), world.make(State.REPLIED)
    before = [each.version for each in (first, second, third)]
    summary = bulk.together(Action.URGE, chosen(first, second, third), by=world.clerk, at=NOW)
    assert [line.number for line in summary.done] == [first.number, third.number]
    assert [line.number for line in summary.refused] == [second.number]
    after = [world.ticket(each.number).version for each in (first, second, third)]
    assert [now - then for now, then in zip(after, before, strict=True)] == [1, 0, 1]
    plans = bulk.plans_for(chosen(third, first), db.session.query(Department).all(), by=world.clerk, at=NOW)
    assert [plan.ticket.number for plan in plans] == [third.number, first.number]
    assert all(plan.refusal for plan in plans)


def test_filters_are_found_ones_own_first_and_dropped_by_their_owner_alone(world: World) -> None:
    clerk, supervisor = world.clerk, world.supervisor
    theirs = save("督查", "due=overdue", shared=True, by=supervisor)
    save("全部", "state=open", shared=False, by=clerk)
    save("全部", "state=closed", shared=False, by=clerk)
    assert [(each.filter.query, each.owner) for each in filters_for(clerk)] == [
        ("state=closed", ""),
        ("due=overdue", "supervisor名"),
    ]
    with pytest.raises(NotFound):
        drop(theirs.id, by=clerk)
    with pytest.raises(Refused):
        save("x", "state=open", shared=False, by=world.owner)
    supervisor.active = False
    db.session.commit()
    assert len(filters_for(clerk)) == 1
