"""Rows for the figures are stored in the background, and counting them is right at any moment."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import product

import pytest
from sqlalchemy import delete, func, select

from service_desk.desk import calendar, facts, intake
from service_desk.domain.figures import By, Moment, Part, line_of, members
from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.calendars import latest_version
from service_desk.store.facts import StoredFact
from service_desk.store.tickets import Ticket
from tests.counting import EVERY, around, assert_counting_agrees, counted
from tests.world import MONDAY, World

LATER = MONDAY + timedelta(days=120)
DAY = timedelta(days=1)


def park(world: World) -> list[Ticket]:
    """Tickets in many states, two of them closed long before another of the kind came."""
    tickets = [
        world.make(state, at=MONDAY + timedelta(days=day), supports=["园区管委会"])
        for day, state in enumerate(
            (State.CLOSED, State.SUBMITTED, State.ACCEPTED, State.IN_PROGRESS, State.CLOSED, State.REPLIED)
        )
    ]
    world.make(State.CLOSED, at=MONDAY + timedelta(days=60))
    return tickets


def behind() -> int:
    return db.session.scalar(select(func.count()).where(Ticket.facts_version != Ticket.version)) or 0


def test_stored_or_not_the_figures_are_the_same(world: World) -> None:
    _, first, *_ = park(world)
    assert_counting_agrees(LATER)
    assert behind() == 7
    assert facts.store_facts(LATER) == 7
    assert behind() == 0
    assert_counting_agrees(LATER)
    rebound = next(one for one in counted(around(LATER), None) if one.key == "rebound")
    assert rebound.numerator, "something came after a closing, or this shows nothing"
    intake.add_info(first.id, by=world.owner, at=LATER, text="又跳闸了。")
    assert behind() == 1
    assert_counting_agrees(LATER + DAY)


def test_a_past_is_told_anew_from_the_histories(world: World) -> None:
    park(world)
    facts.store_facts(LATER)
    for days in (0, 2, 30):
        assert_counting_agrees(MONDAY + timedelta(days=days))


def test_what_is_counted_are_the_stored_rows(world: World) -> None:
    """Else the other tests would show nothing."""
    park(world)
    facts.store_facts(LATER)
    db.session.execute(delete(StoredFact).where(StoredFact.moment == Moment.SUBMIT))
    db.session.commit()
    submitted = next(one for one in counted(around(LATER), None) if one.key == "submitted")
    assert submitted.value == 0


def test_a_department_is_counted_under_its_new_name(world: World) -> None:
    park(world)
    facts.store_facts(LATER)
    world.department("供电公司").name = "国网云津供电公司"
    db.session.commit()
    lines = {one.by for one in counted(around(LATER), By.DEPARTMENT)}
    assert "国网云津供电公司" in lines
    assert "供电公司" not in lines


def test_a_calendar_that_makes_the_past_another_has_its_durations_reckoned_anew(world: World) -> None:
    world.make(State.CLOSED, at=MONDAY)
    world.make(State.CLOSED, at=MONDAY, hours=12)
    facts.store_facts(LATER)
    before = counted(around(LATER), None)
    draft = calendar.closure((MONDAY + DAY).date(), "台风")
    seen = latest_version()
    assert seen is not None
    calendar.change_calendar(draft, reason="台风", seen=seen.id, by=world.admin, at=LATER)
    assert behind() == 1, "what was over before the changed day is as it was"
    assert_counting_agrees(LATER)
    facts.store_facts(LATER)
    assert_counting_agrees(LATER)
    assert counted(around(LATER), None) != before


def test_a_calendar_of_days_to_come_leaves_the_rows_alone(world: World) -> None:
    park(world)
    facts.store_facts(LATER)
    seen = latest_version()
    assert seen is not None
    draft = calendar.closure(date(2026, 12, 30), "停电检修")
    calendar.change_calendar(draft, reason="停电检修", seen=seen.id, by=world.admin, at=LATER)
    assert behind() == 0


@pytest.mark.parametrize("stored", [True, False])
def test_every_figure_leads_to_its_tickets(world: World, *, stored: bool) -> None:
    park(world)
    if stored:
        facts.store_facts(LATER)
    period = around(LATER)
    rows = facts.facts_of(select(Ticket), as_of=LATER, law=world.law)
    led = 0
    for indicator, by in product(EVERY, (None, *By)):
        if by is By.MONTH and not indicator.has_period:
            continue
        behind = defaultdict(set)
        for member in members(rows, indicator, period):
            line = (by, line_of(member.fact, by, period)) if by else None
            for part in (Part.NUMERATOR, Part.DENOMINATOR, Part.EXCLUDED):
                if getattr(member, part.value):
                    behind[line, part].add(member.fact.ticket)
        for (line, part), numbers in behind.items():
            lines = (line[0], (line[1],)) if line else None
            tickets = facts.Rows(select(Ticket), period.as_of, world.law).tickets_behind(
                period, indicator=indicator, part=part, line=lines
            )
            assert set(db.session.scalars(tickets.with_only_columns(Ticket.number))) == numbers
            led += 1
    assert led > 100
