"""A month that is frozen stays as it was reported; what was done since shows beside it, figure by figure."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from service_desk.desk import cases, closing, dispatch, facts, intake, requests, snapshots
from service_desk.domain.errors import Invalid, Refused
from service_desk.domain.figures import BY_KEY, By, Figure, Shift, count
from service_desk.domain.vocabulary import ExcludedFigure, Level, Nature, Solved, State
from service_desk.store.base import db
from service_desk.store.enterprises import Area
from service_desk.store.law import current_law
from service_desk.store.people import User
from service_desk.store.scope import visible_tickets
from service_desk.store.snapshots import LINES, MonthSnapshot
from service_desk.store.tickets import Ticket
from tests.world import CHINA, MONDAY, World

MARCH = date(2026, 3, 1)
LAST_DAY = datetime(2026, 3, 31, 9, 30, tzinfo=CHINA)
FROZEN = datetime(2026, 4, 1, 9, 30, tzinfo=CHINA)
LATER = datetime(2026, 4, 3, 9, 30, tzinfo=CHINA)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def freeze(world: World, *, at: datetime = FROZEN) -> MonthSnapshot:
    return snapshots.freeze(MARCH, as_of=at, by=world.supervisor)


def changed(snapshot: MonthSnapshot, *, by: By | None = None, at: datetime = LATER) -> dict[str, str]:
    """What has changed: the figure, on which line, from and to what."""
    return {
        f"{one.indicator.key} {one.line or ''}".strip(): f"{told(one.frozen)} → {told(one.now)}"
        for one in snapshots.differences(snapshot, current_law(), as_of=at, by=by)
        if one.has_changed
    }


def told(figure: Figure | None) -> str:
    if figure is None:
        return "-"
    out = f" -{figure.excluded}" if figure.excluded else ""
    return f"{figure.numerator}{'' if figure.denominator is None else f'/{figure.denominator}'}{out}"


def moved(
    snapshot: MonthSnapshot, reader: User, *, by: By | None = None, **page: Any
) -> dict[str, dict[str, str]]:
    """The tickets that changed: in which figure, from which part to which."""
    found = snapshots.changed_tickets(snapshot, visible_tickets(reader), as_of=LATER, by=by, **page)
    return {
        one.ticket.number: {each.indicator.key: parts(each) for each in one.shifts} for one in found.tickets
    }


def parts(shift: Shift) -> str:
    def said(plays: Any) -> str:
        words = [f"{each.line} {each.part.value} {each.amount or ''}".strip() for each in plays]
        return ", ".join(words) or "none"

    return f"{said(shift.was)} → {said(shift.now)}"


def leave_out(world: World, ticket: Ticket, figure: ExcludedFigure, *, at: datetime) -> None:
    requests.ask_exclusion(
        ticket.id, by=world.power, at=at, figure=figure, reason_code="企业原因", text="企业未予配合。"
    )
    requests.decide_exclusion(ticket.id, by=world.supervisor, at=at, granted=True)


@pytest.mark.parametrize("stored", [True, False])
def test_what_is_frozen_is_what_the_histories_tell_of_that_instant(
    small_world: World, *, stored: bool
) -> None:
    for day, state in enumerate((State.CLOSED, State.IN_PROGRESS, State.SUBMITTED, State.CLOSED)):
        small_world.make(state, at=MONDAY + day * 5 * DAY, supports=["园区管委会"])
    if stored:
        facts.store_facts(FROZEN)
    kept = freeze(small_world)
    rows = facts.facts_of(select(Ticket), as_of=FROZEN, law=small_world.law)
    period = kept.period(CHINA)
    for by in (None, *LINES):
        names = kept.called(by) if by else {"": None}
        frozen = {(names[line], key): told(figure) for (line, key), figure in kept.frozen(by).items()}
        expected = count(rows, period, indicators=tuple(BY_KEY.values()), by=by)
        assert frozen == {(one.by, one.key): told(one) for one in expected}
        assert {figure.value for figure in kept.frozen(by).values()} == {one.value for one in expected}
    assert changed(kept, at=FROZEN) == {}


def test_what_is_done_later_leaves_the_frozen_and_shows_as_a_difference(small_world: World) -> None:
    world = small_world
    rated = world.make(State.CLOSED, at=LAST_DAY)
    left_out = world.make(State.CLOSED, at=LAST_DAY, category="用电")
    again = world.make(State.CLOSED, at=LAST_DAY)
    late = world.make(State.REPLIED, at=LAST_DAY)
    untouched = world.make(State.CLOSED, at=LAST_DAY)
    facts.store_facts(FROZEN)
    kept = freeze(world)
    before = kept.figures
    closing.correct_rating(
        rated.id, by=world.owner, at=FROZEN + HOUR, solved=Solved.PARTLY, level=Level.FAIRLY_SATISFIED
    )
    leave_out(world, left_out, ExcludedFigure.SATISFIED, at=FROZEN + HOUR)
    closing.rework(again.id, by=world.clerk, at=FROZEN + HOUR, reason="又跳闸了。")
    closing.verify(late.id, by=world.quality, at=FROZEN + HOUR)
    closing.rate(
        late.id, by=world.owner, at=FROZEN + 2 * HOUR, solved=Solved.SOLVED, level=Level.VERY_SATISFIED
    )
    db.session.expire_all()
    assert kept.figures == before
    found = changed(kept)
    assert found["satisfied_strict"] == "4/4 → 2/3 -1"
    assert found["solved"] == "4/4 → 3/4"
    assert found["reworked"] == "0/4 → 1/4"
    assert "closing" not in found, "one was closed, another opened again"
    assert found["sent_back"] == "0/4 → 0/5"
    assert "submitted" not in found
    tickets = moved(kept, world.supervisor)
    assert untouched.number not in tickets
    assert tickets[rated.number]["satisfied_strict"] == "numerator → denominator"
    assert tickets[left_out.number]["satisfied"] == "numerator → excluded"
    assert tickets[again.number]["reworked"] == "denominator → numerator"
    assert tickets[late.number]["sent_back"] == "none → denominator"
    assert tickets[late.number]["closing"] == "denominator → numerator"
    facts.store_facts(LATER)
    assert changed(kept) == found
    assert moved(kept, world.supervisor) == tickets


def test_every_figure_that_changed_leads_to_a_ticket_or_to_a_sentence(small_world: World) -> None:
    world = small_world
    for _ in range(2):
        closing.rework(
            world.make(State.CLOSED, at=LAST_DAY).id, by=world.clerk, at=FROZEN - HOUR, reason="未通电。"
        )
    kept = freeze(world)
    world.file(at=FROZEN + HOUR)
    late = FROZEN + 91 * DAY
    found = snapshots.differences(kept, current_law(), as_of=late)
    assert {one.indicator.key for one in found if one.has_changed} == {"rebound"}
    (sentence,) = snapshots.by_time_alone(found, kept, world.law)
    assert sentence.startswith("重复诉求率")
    assert snapshots.changed_tickets(kept, select(Ticket), as_of=late).tickets == ()
    soon = snapshots.differences(kept, current_law(), as_of=LATER)
    assert list(snapshots.by_time_alone(soon, kept, world.law)) == []


def test_what_is_put_on_record_later_was_not_known_whatever_its_own_instant(small_world: World) -> None:
    small_world.file(at=LAST_DAY)
    kept = freeze(small_world)
    enterprise = small_world.owner.enterprise
    by_phone = small_world.file(by="clerk", at=LATER - HOUR, received_at=LAST_DAY, enterprise=enterprise)
    assert changed(kept)["submitted"] == "1 → 2"
    assert moved(kept, small_world.supervisor)[by_phone.number]["submitted"] == "none → numerator"


def test_lines_tell_where_a_ticket_went(small_world: World) -> None:
    harbour = db.session.scalars(select(Area)).first()
    hill = Area(name="山前片区")
    db.session.add(hill)
    db.session.commit()
    assert harbour is not None
    ticket = small_world.make(State.CLOSED, at=LAST_DAY - DAY, area=harbour)
    open_one = small_world.make(State.IN_PROGRESS, at=LAST_DAY, area=harbour)
    kept = freeze(small_world)
    cases.correct(open_one.id, by=small_world.clerk, at=FROZEN + HOUR, area=hill)
    assert changed(kept) == {}
    assert changed(kept, by=By.AREA)["submitted 山前片区"] == "0 → 1"
    assert changed(kept, by=By.AREA)["submitted 港口物流园"] == "2 → 1"
    assert moved(kept, small_world.supervisor) == {}
    tickets = moved(kept, small_world.supervisor, by=By.AREA)
    assert tickets[open_one.number]["submitted"] == "港口物流园 numerator → 山前片区 numerator"
    assert ticket.number not in tickets


def test_a_department_that_is_renamed_is_the_same_line(small_world: World) -> None:
    small_world.make(State.CLOSED, at=LAST_DAY)
    facts.store_facts(FROZEN)
    kept = freeze(small_world)
    small_world.department("供电公司").name = "国网云津供电公司"
    db.session.commit()
    assert changed(kept, by=By.DEPARTMENT) == {}
    lines = {
        (one.line, one.called_then)
        for one in snapshots.differences(kept, current_law(), as_of=LATER, by=By.DEPARTMENT)
    }
    assert ("国网云津供电公司", "供电公司") in lines


def test_a_ticket_that_left_the_month_is_told_though_nothing_of_it_is_there_any_more(
    small_world: World,
) -> None:
    ticket = small_world.make(State.IN_PROGRESS, at=datetime(2026, 2, 27, 9, 30, tzinfo=CHINA))
    facts.store_facts(FROZEN)
    kept = freeze(small_world)
    dispatch.redispatch(
        ticket.id,
        by=small_world.clerk,
        at=FROZEN + HOUR,
        lead=small_world.department("金融办"),
        reason="职责不符。",
    )
    facts.store_facts(LATER)
    assert changed(kept)["on_time"] == "0/1 → 0/0"
    assert moved(kept, small_world.supervisor)[ticket.number]["on_time"] == "denominator → none"


def test_a_complaint_is_kept_from_those_it_complains_of(small_world: World) -> None:
    world = small_world
    complaint = world.make(
        State.CLOSED,
        at=LAST_DAY,
        lead="供电公司",
        nature=Nature.COMPLAINT,
        against=world.department("金融办"),
    )
    kept = freeze(world)
    closing.rework(complaint.id, by=world.clerk, at=FROZEN + HOUR, reason="仍未退费。")
    assert complaint.number in moved(kept, world.supervisor)
    world.supervisor.department_id = world.department("金融办").id
    db.session.commit()
    assert moved(kept, world.supervisor) == {}
    assert changed(kept)["reworked"] == "0/1 → 1/1", "the figures are of the whole park"


def test_pages_by_key_look_at_every_ticket_once(small_world: World) -> None:
    tickets = [small_world.make(State.CLOSED, at=LAST_DAY) for _ in range(5)]
    kept = freeze(small_world)
    for ticket in tickets[::2]:
        closing.rework(ticket.id, by=small_world.clerk, at=FROZEN + HOUR, reason="又跳闸了。")
    for ticket in tickets[1::2]:
        intake.note(ticket.id, by=small_world.clerk, at=FROZEN + HOUR, text="已归档。")
    seen, after, pages = [], None, 0
    while True:
        page = snapshots.changed_tickets(kept, select(Ticket), as_of=LATER, after=after, limit=2)
        seen += [one.ticket.id for one in page.tickets]
        pages, after = pages + 1, page.next_after
        if after is None:
            break
    assert (pages, seen) == (3, [ticket.id for ticket in tickets[::-2]])


def test_a_month_that_is_not_over_is_refused_with_a_sentence(small_world: World) -> None:
    end = datetime(2026, 4, 1, tzinfo=CHINA)
    with pytest.raises(Invalid, match="2026 年 3 月还没有过完"):
        freeze(small_world, at=end - timedelta(seconds=1))
    assert db.session.scalar(select(func.count()).select_from(MonthSnapshot)) == 0
    assert freeze(small_world, at=end).month == MARCH


def test_a_month_is_frozen_once(small_world: World) -> None:
    first = snapshots.freeze(date(2026, 3, 17), as_of=FROZEN, by=None)
    small_world.make(State.CLOSED, at=LAST_DAY)
    again = freeze(small_world, at=LATER)
    assert (again.id, again.as_of, again.frozen_by) == (first.id, FROZEN, None)
    assert told(again.frozen(None)["", "submitted"]) == "0"


def test_only_supervisors_freeze_by_hand(small_world: World) -> None:
    for name in ("clerk", "power", "admin"):
        with pytest.raises(Refused):
            snapshots.freeze(MARCH, as_of=FROZEN, by=getattr(small_world, name))
