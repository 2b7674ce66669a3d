"""Rows for the figures are stored in the background, and counting them is right at any moment."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import delete, func, select

from service_desk.desk import calendar, cases, closing, dispatch, facts, handling, intake, requests
from service_desk.domain.figures import BY_KEY, By, Figure, Moment, Part, line_of, members
from service_desk.domain.vocabulary import ExcludedFigure, Level, Outcome, Solved, State
from service_desk.store.base import db
from service_desk.store.calendars import latest_version
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.fact_counts import SPARE, FactCount, counts, note
from service_desk.store.facts import StoredFact, miscounted
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket
from tests.counting import EVERY, around, assert_as_by_hand, assert_counting_agrees, counted, told
from tests.world import CHINA, MONDAY, World

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
    submitted = [one.value for one in counted(around(LATER), By.CATEGORY) if one.key == "submitted"]
    assert not any(submitted)


def test_what_is_counted_of_months_that_are_over_are_their_counts(world: World) -> None:
    park(world)
    facts.store_facts(LATER)
    db.session.execute(delete(FactCount).where(FactCount.moment == Moment.SUBMIT))
    db.session.commit()
    submitted = {one.by: one.value for one in counted(around(LATER), By.MONTH) if one.key == "submitted"}
    assert not any(submitted.values())
    assert sum(one.value or 0 for one in counted(around(LATER), By.CATEGORY) if one.key == "submitted") == 7


def test_counts_of_months_follow_their_rows_and_can_be_added_up(world: World) -> None:
    _, _, accepted, *_ = park(world)
    facts.store_facts(LATER)
    dispatch.dispatch(accepted.id, by=world.clerk, at=LATER, lead=world.department("金融办"), supports=[])
    seen = latest_version()
    assert seen is not None
    typhoon = calendar.closure((MONDAY + DAY).date(), "台风")
    calendar.change_calendar(typhoon, reason="台风", seen=seen.id, by=world.admin, at=LATER)
    assert behind() > 1
    facts.store_facts(LATER)
    assert not miscounted()
    before = counted(around(LATER), By.MONTH)
    (kind, _), *_ = counts().items()
    for number in (1, -1) * SPARE:
        note({kind: number})
    db.session.commit()
    assert facts.add_up_counts(LATER) > SPARE
    assert facts.add_up_counts(LATER) == 0
    assert not miscounted()
    assert counted(around(LATER), By.MONTH) == before


def test_counts_that_were_tampered_with_are_put_right_by_night(world: World) -> None:
    park(world)
    facts.store_facts(LATER)
    db.session.execute(delete(FactCount).where(FactCount.moment == Moment.CLOSE))
    db.session.commit()
    night = LATER.astimezone(CHINA).replace(hour=2)
    assert facts.check_counts_by_night(night.replace(hour=12)) == 0
    assert facts.check_counts_by_night(night) > 0
    assert not miscounted()
    assert facts.check_counts_by_night(night) == 0
    assert_counting_agrees(LATER)


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
    counted_rows = facts.Rows(select(Ticket), period.as_of, world.law)
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
            tickets = counted_rows.tickets_behind(period, indicator=indicator, part=part, line=lines)
            assert set(db.session.scalars(tickets.with_only_columns(Ticket.number))) == numbers
            led += 1
    assert led > 100


# What came later does not exist


def as_by_hand(as_of: datetime) -> None:
    """All there is, as of an instant, by the product and by the law's own words."""
    period = around(as_of)
    assert_as_by_hand(as_of, period.since, period.until)


def figure(key: str, as_of: datetime) -> Figure:
    return next(one for one in counted(around(as_of), None) if one.key == key)


def withdrawn_under_pressure(world: World, ticket: Ticket, at: datetime) -> None:
    """Withdrawn, found to have been talked out of it, dispatched anew and closed within two days."""
    intake.withdraw(ticket.id, by=world.owner, at=at, reason="算了。")
    intake.check_withdrawal(ticket.id, by=world.quality, at=at, voluntary=False)
    dispatch.dispatch(ticket.id, by=world.clerk, at=at, lead=world.department("供电公司"), supports=[])
    handling.sign(ticket.id, by=world.power, at=at)
    handling.reply(ticket.id, by=world.power, at=at + DAY, outcome=Outcome.SOLVED, text="已增容。")
    closing.verify(ticket.id, by=world.quality, at=at + DAY)
    closing.rate(ticket.id, by=world.owner, at=at + DAY, solved=Solved.SOLVED, level=Level.SATISFIED)


def test_a_past_knows_the_area_as_it_was_then(small_world: World) -> None:
    here, there = Area(name="东片区"), Area(name="西片区")
    db.session.add_all((here, there))
    db.session.commit()
    ticket = small_world.make(State.ACCEPTED, area=here)
    cases.correct(ticket.id, by=small_world.clerk, at=MONDAY + 3 * DAY, area=there)
    for as_of, area in ((MONDAY + 2 * DAY, "东片区"), (LATER, "西片区")):
        assert {one.by for one in counted(around(as_of), By.AREA)} == {area}
        as_by_hand(as_of)


def test_a_past_knows_whose_it_was_then(small_world: World) -> None:
    """Found out later to be another enterprise's, it still came after the closing of the first."""
    small_world.make(State.CLOSED)
    second = small_world.make(State.ACCEPTED, at=MONDAY + 30 * DAY)
    other = db.session.scalars(select(Enterprise).where(Enterprise.id != second.enterprise_id)).first()
    cases.correct(second.id, by=small_world.clerk, at=MONDAY + 110 * DAY, enterprise=other)
    for as_of, number in ((MONDAY + 105 * DAY, 1), (LATER, 0)):
        assert figure("rebound", as_of).numerator == number
        as_by_hand(as_of)


def test_a_department_learns_of_its_past_what_came_after_though_others_have_it(small_world: World) -> None:
    small_world.make(State.CLOSED)
    second = small_world.make(State.IN_PROGRESS, at=MONDAY + 30 * DAY, lead="金融办")
    now, past = MONDAY + 105 * DAY, MONDAY + 100 * DAY
    handling.progress(second.id, by=small_world.finance, at=now, text="在谈。", public=True)
    seen = visible_tickets(small_world.power)
    for as_of in (now, past):
        (rebound,) = facts.figures(seen, around(as_of), indicators=(BY_KEY["rebound"],), by=None)
        assert (rebound.numerator, rebound.denominator) == (1, 1), as_of


def test_lines_bear_present_names_stored_or_not(small_world: World) -> None:
    area = db.session.scalars(select(Area)).first()
    assert area is not None
    ticket = small_world.make(State.ACCEPTED, area=area)
    ticket.category.name, area.name = "供电", "新材料产业园"
    db.session.commit()
    for by in (By.CATEGORY, By.AREA):
        before = told(around(LATER), by)
        facts.store_facts(LATER)
        assert counted(around(LATER), by) == before


# Two settle clocks of one cycle


def test_a_wait_cut_off_by_a_withdrawal_is_over(small_world: World) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    handling.ask_enterprise(ticket.id, by=small_world.power, at=MONDAY + DAY, text="哪条线路？")
    withdrawn_under_pressure(small_world, ticket, MONDAY + 2 * DAY)
    assert figure("duration_median", LATER).value == 2, "of three working days one was waited"
    as_by_hand(LATER)


def test_an_exclusion_leaves_out_the_clock_of_its_closing_and_no_other(small_world: World) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    withdrawn_under_pressure(small_world, ticket, MONDAY + 10 * DAY)
    at = MONDAY + 14 * DAY
    requests.ask_exclusion(
        ticket.id,
        by=small_world.power,
        at=at,
        figure=ExcludedFigure.ON_TIME,
        reason_code="企业原因",
        text="停产。",
    )
    requests.decide_exclusion(ticket.id, by=small_world.supervisor, at=at, granted=True)
    on_time = figure("on_time", LATER)
    assert (on_time.numerator, on_time.denominator, on_time.excluded) == (0, 1, 1)
    as_by_hand(LATER)
