"""What the boards count, on both databases: days of the park, open tickets by lead and state, clocks as they stand."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from service_desk.desk import boards, facts, handling
from service_desk.domain.vocabulary import ClockKind, State
from service_desk.store.base import db
from service_desk.store.boards import STANDINGS, clock_stock, late_tickets, open_stock, tickets_by_clock
from service_desk.store.scope import complaints_hidden_from, visible_tickets
from service_desk.store.tickets import Ticket
from tests.world import CHINA, MONDAY, World

LATER = MONDAY + timedelta(days=14)


@pytest.mark.parametrize("stored", [True, False])
def test_a_day_is_the_parks_and_has_what_was_accepted_and_closed_on_it(world: World, *, stored: bool) -> None:
    """Midnight in Shanghai is 16:00 the day before in UTC."""
    world.make(State.CLOSED, at=datetime(2026, 3, 9, 23, 30, tzinfo=CHINA), hours=1 / 60)
    world.make(State.ACCEPTED, at=datetime(2026, 3, 9, 23, 30, tzinfo=CHINA), hours=1)
    if stored:
        facts.store_facts(LATER)
    days = {
        line.day: line
        for line in boards.days(facts.Rows(select(Ticket), LATER, world.law), as_of=LATER, law=world.law)
    }
    assert len(days) == boards.TREND_DAYS
    assert max(days) == LATER.date()
    before, after = days[date(2026, 3, 9)], days[date(2026, 3, 10)]
    assert (before.accepted, before.closed) == (1, 1)
    assert (after.accepted, after.closed) == (1, 0)
    assert sum(line.accepted + line.closed for line in days.values()) == 3


@pytest.mark.parametrize("stored", [True, False])
def test_a_departments_figures_are_those_of_what_its_people_see(world: World, *, stored: bool) -> None:
    """Complaints of it are left out, also one that it was given before it was found to be one."""
    for day, state in enumerate((State.CLOSED, State.IN_PROGRESS, State.CLOSED)):
        world.make(state, at=MONDAY + timedelta(days=day), supports=["园区管委会"])
    world.make(State.CLOSED, lead="金融办")
    complaint = world.make(State.CLOSED, at=MONDAY - timedelta(days=7))
    complaint.against_id = world.department("供电公司").id
    db.session.commit()
    assert complaints_hidden_from(world.power) == [complaint.id]
    later = LATER + timedelta(days=60)
    if stored:
        facts.store_facts(later)
    this = boards.month_of(later.date(), as_of=later, law=world.law)
    seen, named = (
        boards.months(rows, this, boards.DEPARTMENT_KEYS, back=boards.YEAR, departments={"供电公司"})
        for rows in (
            facts.Rows(visible_tickets(world.power), later, world.law),
            facts.Rows.of_all_but(
                complaints_hidden_from(world.power), visible_tickets(world.power), later, world.law
            ),
        )
    )
    assert named == seen
    assert sum(seen.figure("closings", month).numerator or 0 for month in seen.trend) == 2


def test_open_tickets_are_counted_by_lead_and_state_with_what_is_late(world: World) -> None:
    late = world.make(State.IN_PROGRESS)
    world.make(State.IN_PROGRESS, at=LATER - timedelta(days=1))
    today = world.make(State.SUBMITTED, at=LATER - timedelta(days=3))
    world.make(State.CLOSED)
    tomorrow = boards.today_ends(LATER, world.law)
    stock = open_stock(select(Ticket), now=LATER, today_ends=tomorrow)
    assert {(line.department, line.state): (line.number, line.overdue, line.today) for line in stock} == {
        ("供电公司", State.IN_PROGRESS): (2, 1, 1),
        (None, State.SUBMITTED): (1, 0, 1),
    }
    found = late_tickets(select(Ticket), before=LATER, most=10)
    assert [ticket.number for ticket in found] == [late.number]
    assert today.number in {
        ticket.number for ticket in late_tickets(select(Ticket), before=tomorrow, most=10)
    }


def test_clocks_are_counted_by_how_they_stand_and_lead_to_their_tickets(world: World) -> None:
    world.make(State.IN_PROGRESS)
    asked = world.make(State.IN_PROGRESS, at=LATER - timedelta(days=3))
    handling.ask_enterprise(asked.id, by=world.power, at=LATER - timedelta(hours=1), text="请补充用电容量。")
    world.make(State.IN_PROGRESS, at=LATER - timedelta(hours=20))
    own, tomorrow = [world.department("供电公司").id], boards.today_ends(LATER, world.law)
    lines = clock_stock(select(Ticket), own, now=LATER, today_ends=tomorrow)
    settle = next(line for line in lines if line.kind is ClockKind.SETTLE)
    assert (settle.overdue, settle.today, settle.later, settle.paused) == (1, 0, 1, 1)
    for line in lines:
        for standing in STANDINGS:
            behind = tickets_by_clock(
                select(Ticket), own, kind=line.kind, standing=standing, now=LATER, today_ends=tomorrow
            )
            assert len(db.session.scalars(behind).unique().all()) == getattr(line, standing)
    others = [world.department("金融办").id]
    assert clock_stock(select(Ticket), others, now=LATER, today_ends=tomorrow) == []
