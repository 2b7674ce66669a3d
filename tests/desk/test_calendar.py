"""A changed calendar: what it would move, and how the open clocks follow it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from service_desk.desk import calendar as desk
from service_desk.desk import handling, intake, recalculation, reminders, supervision
from service_desk.desk.acting import readable_events
from service_desk.desk.administration import Altered
from service_desk.desk.calendar_preview import preview
from service_desk.desk.housekeeping import pass_time
from service_desk.desk.recalculation import recalculate_open_clocks
from service_desk.domain import deadlines
from service_desk.domain.actions import Action, Party
from service_desk.domain.calendar_change import DayMark, Draft
from service_desk.domain.errors import Invalid, Refused
from service_desk.domain.vocabulary import ClockKind, OrderLevel, Payer, State, Urgency
from service_desk.domain.worktime import Interval
from service_desk.store.base import db
from service_desk.store.calendars import CalendarVersion, days_between, latest_version
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.law import current_law
from service_desk.store.notices import Letter, Notice, StepTaken
from service_desk.store.parts import Event
from service_desk.store.tickets import Ticket, locked
from tests.world import CHINA, MONDAY, World

WEDNESDAY = date(2026, 3, 4)
THURSDAY = date(2026, 3, 5)
SATURDAY = date(2026, 3, 7)
LONG_DAY = (Interval(time(8), time(20)),)
SAVED = MONDAY + timedelta(hours=6)
LATER = SAVED + timedelta(minutes=1)


def close(
    world: World, day: date = WEDNESDAY, *, at: datetime = SAVED, name: str = "台风停工"
) -> CalendarVersion:
    """The administrator closes the park for a day."""
    return change(world, desk.closure(day, name), at=at)


def change(world: World, draft: Draft, *, at: datetime = SAVED, reason: str = "台风") -> CalendarVersion:
    seen = latest_version()
    assert seen is not None
    return desk.change_calendar(draft, reason=reason, seen=seen.id, by=world.admin, at=at)


def dues(ticket: Ticket) -> dict[ClockKind, datetime | None]:
    """The open clocks, in the park's time."""
    return {
        clock.kind: clock.due_at.astimezone(CHINA) if clock.due_at else None
        for clock in ticket.clocks
        if clock.is_live
    }


def all_follow_the_calendar() -> bool:
    """Whether every open clock says what the law computes from it now."""
    calendar = current_law().calendar
    db.session.expire_all()
    rows = db.session.scalars(select(Clock).where(Clock.state.in_(LIVE))).unique().all()
    return all(
        row.due_at == deadlines.due(row.facts, calendar) and row.calendar_version == calendar.version
        for row in rows
    )


def recalculations(ticket: Ticket) -> list[Event]:
    return [event for event in ticket.events if event.action is Action.RECALCULATE]


# Following


def test_a_day_closed_moves_the_open_clocks_with_one_event_each_ticket(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    assert dues(ticket)[ClockKind.SETTLE] == datetime(2026, 3, 9, 17, 30, tzinfo=CHINA)
    close(world)
    assert recalculate_open_clocks(LATER) == 1
    ticket = world.ticket_by_id(ticket.id)
    assert dues(ticket)[ClockKind.SETTLE] == datetime(2026, 3, 10, 17, 30, tzinfo=CHINA)
    assert dues(ticket)[ClockKind.PROMISE] == datetime(2026, 3, 12, 17, 30, tzinfo=CHINA)
    (event,) = recalculations(ticket)
    assert (event.party, event.at, event.before, event.after) == (
        Party.SYSTEM,
        SAVED,
        State.IN_PROGRESS,
        State.IN_PROGRESS,
    )
    assert {each["kind"] for each in event.data["moved"]} == {"settle", "promise"}
    assert recalculate_open_clocks(LATER) == 0
    assert all_follow_the_calendar()
    version = latest_version()
    assert version is not None
    assert version.finished_at == LATER


def test_a_clock_that_does_not_move_has_no_event(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    close(world, date(2026, 6, 1))
    assert recalculate_open_clocks(LATER) == 1
    assert recalculations(world.ticket_by_id(ticket.id)) == []
    assert all_follow_the_calendar()


@pytest.mark.parametrize("state", [State.CLOSED, State.AWAITING_RATING])
def test_finished_clocks_are_frozen(world: World, state: State) -> None:
    def frozen(ticket: Ticket) -> dict[int, Any]:
        finished = (clock for clock in ticket.clocks if not clock.is_live)
        return {clock.id: (clock.due_at, clock.original_due_at, clock.state) for clock in finished}

    ticket = world.make(state)
    before = frozen(ticket)
    close(world)
    recalculate_open_clocks(LATER)
    ticket = world.ticket_by_id(ticket.id)
    assert frozen(ticket) == before
    moved = [each["kind"] for event in recalculations(ticket) for each in event.data["moved"]]
    assert moved == (["rating"] if state is State.AWAITING_RATING else [])


def test_a_paused_clock_follows_too_and_stays_unknown(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    handling.ask_enterprise(ticket.id, by=world.power, at=MONDAY + timedelta(hours=4), text="请问何时方便？")
    close(world)
    recalculate_open_clocks(LATER)
    assert dues(world.ticket_by_id(ticket.id))[ClockKind.SETTLE] is None
    handling.inform(ticket.id, by=world.owner, at=MONDAY + timedelta(hours=54), text="明天。")
    assert dues(world.ticket_by_id(ticket.id))[ClockKind.SETTLE] == datetime(
        2026, 3, 11, 17, 30, tzinfo=CHINA
    )
    assert all_follow_the_calendar()


def test_the_list_sorts_by_the_new_due_and_keeps_the_last_line(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    intake.urge(ticket.id, by=world.owner, at=MONDAY + timedelta(hours=5), text="请尽快。")
    line = world.ticket_by_id(ticket.id).last_line
    handling.first_contact(
        ticket.id, by=world.power, at=MONDAY + timedelta(hours=5, minutes=30), who="李一", how="电话"
    )
    line = world.ticket_by_id(ticket.id).last_line
    close(world)
    recalculate_open_clocks(LATER)
    ticket = world.ticket_by_id(ticket.id)
    assert ticket.due_at == dues(ticket)[ClockKind.SETTLE]
    assert ticket.last_line == line


def test_the_enterprise_reads_of_its_own_dates_alone(world: World) -> None:
    told = world.make(State.IN_PROGRESS)
    # Its promise is paused while the desk looks at the reply; the review of the desk moves.
    untold = world.make(State.REPLIED)
    handling_day = MONDAY.date() + timedelta(days=1)
    close(world, handling_day)
    recalculate_open_clocks(LATER)
    told, untold = world.ticket_by_id(told.id), world.ticket_by_id(untold.id)
    assert recalculations(told)[0] in readable_events(told, world.owner)
    assert [each["kind"] for each in recalculations(untold)[0].data["moved"]] == ["return_window", "review"]
    assert recalculations(untold)[0] not in readable_events(untold, world.owner)
    assert recalculations(untold)[0] in readable_events(untold, world.power)


# Before an act


def test_whoever_acts_first_finds_the_clocks_in_line(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    close(world)
    handling.progress(ticket.id, by=world.power, at=LATER, text="已派员勘察。")
    ticket = world.ticket_by_id(ticket.id)
    assert [event.action for event in ticket.events][-2:] == [Action.RECALCULATE, Action.PROGRESS]
    assert dues(ticket)[ClockKind.SETTLE] == datetime(2026, 3, 10, 17, 30, tzinfo=CHINA)
    assert recalculate_open_clocks(LATER) == 0


def test_a_page_read_before_the_change_is_not_stale(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    seen = ticket.version
    close(world)
    recalculate_open_clocks(LATER)
    handling.progress(ticket.id, by=world.power, at=LATER, text="已派员勘察。", seen=seen)


def test_what_ended_under_the_old_dates_has_ended(world: World) -> None:
    ticket = world.make(State.AWAITING_RATING)
    window = ticket.clock(ClockKind.RATING)
    assert window is not None
    assert window.due_at is not None
    closed = window.due_at
    # The window has passed, nobody has looked yet; a day within it is closed after the fact.
    close(world, THURSDAY, at=closed + timedelta(hours=1))
    recalculate_open_clocks(closed + timedelta(hours=2))
    ticket = world.ticket_by_id(ticket.id)
    assert (ticket.state, ticket.events[-1].at) == (State.CLOSED, closed)
    assert recalculations(ticket) == []


def test_a_window_that_is_longer_now_stays_open(world: World) -> None:
    ticket = world.make(State.AWAITING_RATING)
    window = ticket.clock(ClockKind.RATING)
    assert window is not None
    assert window.due_at is not None
    old = window.due_at
    close(world, THURSDAY)
    pass_time(old + timedelta(hours=1))
    assert world.ticket_by_id(ticket.id).state is State.AWAITING_RATING
    pass_time(old + timedelta(days=4))
    assert world.ticket_by_id(ticket.id).state is State.CLOSED


def test_reminders_wait_for_the_new_due(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    handling.first_contact(ticket.id, by=world.power, at=MONDAY + timedelta(hours=4), who="李一", how="电话")
    settle = next(clock for clock in ticket.clocks if clock.kind is ClockKind.SETTLE)
    # 1 left was Friday; with Wednesday closed it is Monday.
    close(world)
    friday = datetime(2026, 3, 6, 9, 0, tzinfo=CHINA)
    reminders.remind_due(friday)
    taken = select(StepTaken.step).where(StepTaken.clock_id == settle.id)
    assert "left_1" not in db.session.scalars(taken).all()
    reminders.remind_due(friday + timedelta(days=3))
    assert "left_1" in db.session.scalars(taken).all()


def test_reminders_do_not_run_ahead_of_the_recalculation(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    close(world)
    reminders.remind_due(LATER)
    assert dues(world.ticket_by_id(ticket.id))[ClockKind.SETTLE] == datetime(
        2026, 3, 10, 17, 30, tzinfo=CHINA
    )


# Stopping, going on, failing


def test_an_administrator_stops_it_and_goes_on(world: World) -> None:
    tickets = [world.make(State.IN_PROGRESS) for _ in range(3)]
    version = close(world)
    recalculation.hold_up(version.id, by=world.admin, at=LATER)
    assert recalculate_open_clocks(LATER) == 0
    now = recalculation.progress(db.session.get_one(CalendarVersion, version.id))
    assert now is not None
    assert (now.total, now.left, now.done, now.stopped) == (3, 3, 0, True)
    # Acts still bring theirs in line.
    handling.progress(tickets[0].id, by=world.power, at=LATER, text="已派员勘察。")
    now = recalculation.progress(db.session.get_one(CalendarVersion, version.id))
    assert now is not None
    assert (now.left, now.done) == (2, 1)
    recalculation.go_on(version.id, by=world.admin, at=LATER)
    assert recalculate_open_clocks(LATER) == 2
    assert all_follow_the_calendar()
    assert recalculation.progress(db.session.get_one(CalendarVersion, version.id)) is None


def test_only_an_administrator_steers_and_only_the_version_in_force(world: World) -> None:
    version = close(world)
    with pytest.raises(Refused):
        recalculation.hold_up(version.id, by=world.clerk, at=LATER)
    with pytest.raises(Altered):
        recalculation.hold_up(version.id - 1, by=world.admin, at=LATER)


def test_one_ticket_that_cannot_be_reckoned_holds_up_no_other(world: World) -> None:
    tickets = [world.make(State.IN_PROGRESS) for _ in range(3)]
    db.session.execute(
        update(Clock)
        .where(Clock.ticket_id == tickets[1].id, Clock.kind == ClockKind.SETTLE)
        .values(started_at=datetime(9999, 12, 30, tzinfo=CHINA))
    )
    db.session.commit()
    version = close(world)
    assert recalculate_open_clocks(LATER) == 2
    assert recalculations(world.ticket_by_id(tickets[2].id))
    assert db.session.get_one(CalendarVersion, version.id).finished_at is None


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_ticket_somebody_is_acting_on_is_left_to_the_next_run(app: Flask, world: World) -> None:
    # On SQLite writers queue for the whole database.
    mine, other = world.make(State.IN_PROGRESS).id, world.make(State.IN_PROGRESS).id
    close(world)
    touched: list[int] = []

    def job() -> None:
        with app.app_context():
            touched.append(recalculate_open_clocks(LATER))

    locked(mine)
    thread = Thread(target=job)
    thread.start()
    thread.join(30)
    db.session.rollback()
    assert touched == [1]
    assert recalculations(world.ticket_by_id(mine)) == []
    assert recalculations(world.ticket_by_id(other))
    assert recalculate_open_clocks(LATER) == 1


def test_a_second_change_while_the_first_is_followed_wins(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    close(world)
    change(world, Draft({WEDNESDAY: None}), at=LATER, reason="台风未登陆")
    recalculate_open_clocks(LATER)
    ticket = world.ticket_by_id(ticket.id)
    assert recalculations(ticket) == [], "it is due when it was due before both"
    assert all_follow_the_calendar()


# The preview


def previewed(world: World, draft: Draft) -> Any:
    return preview(draft, desk.difference(draft), current_law().calendar)


def busy_park(world: World) -> None:
    """Clocks of every unit, running and paused, due and overdue."""
    world.make(State.SUBMITTED)
    world.make(State.ACCEPTED, urgency=Urgency.CRITICAL)
    world.make(State.IN_PROGRESS, urgency=Urgency.CRITICAL, supports=["金融办"])
    world.make(State.REPLIED)
    world.make(State.AWAITING_RATING)
    world.make(State.IN_PROGRESS, category="拖欠账款", payer=next(iter(Payer)))
    paused = world.make(State.IN_PROGRESS)
    handling.ask_enterprise(paused.id, by=world.power, at=MONDAY + timedelta(hours=4), text="请问何时方便？")
    ordered = world.make(State.IN_PROGRESS)
    supervision.supervise(
        ordered.id,
        by=world.supervisor,
        at=MONDAY + timedelta(hours=4),
        level=OrderLevel.FIRST,
        text="请说明。",
    )


DRAFTS = [
    pytest.param(desk.closure(WEDNESDAY, "台风"), id="a day closed"),
    pytest.param(Draft({SATURDAY: DayMark(is_work=True, name="加班")}), id="a day worked"),
    pytest.param(
        Draft({day: DayMark(is_work=False, name="台风") for day in (WEDNESDAY, THURSDAY)}), id="two days"
    ),
    pytest.param(desk.closure(MONDAY.date(), "停电"), id="today"),
    pytest.param(desk.closure(date(2026, 2, 25), "停电"), id="a day past"),
    pytest.param(desk.closure(date(2026, 9, 25), "停电"), id="a day far off"),
    pytest.param(Draft({}, (2027,)), id="a year"),
    pytest.param(Draft({}, week=dict.fromkeys(range(5), LONG_DAY)), id="longer hours"),
    pytest.param(Draft({}, week=dict.fromkeys(range(6), LONG_DAY)), id="a sixth day"),
]


@pytest.mark.parametrize("draft", DRAFTS)
def test_what_the_preview_says_is_what_happens(world: World, draft: Draft) -> None:
    busy_park(world)
    before = _all_dues()
    found = previewed(world, draft)
    change(world, draft)
    recalculate_open_clocks(LATER)
    after = _all_dues()
    moved = {key for key in before if before[key] != after[key]}
    assert {(move.number, move.kind, move.before, move.after) for move in found.moves} == {
        (number, kind, before[number, kind, clock], after[number, kind, clock])
        for number, kind, clock in moved
    }
    assert len(found.moves) == len(moved)
    assert found.total == len(before)
    assert found.later + found.earlier + found.unchanged == found.total
    assert sum(number for _, number in found.by_kind) == len(found.moves)
    assert sum(len(event.data["moved"]) for event in _events()) == len(moved)


def _all_dues() -> dict[tuple[str, ClockKind, int], datetime | None]:
    db.session.expire_all()
    rows = db.session.execute(
        select(Ticket.number, Clock.kind, Clock.id, Clock.due_at)
        .join(Clock, Clock.ticket_id == Ticket.id)
        .where(Clock.state.in_(LIVE))
    )
    return {(number, kind, clock): due for number, kind, clock, due in rows}


def _events() -> Sequence[Event]:
    return db.session.scalars(select(Event).where(Event.action == Action.RECALCULATE)).all()


def test_a_preview_begins_where_the_change_before_it_will_have_led(small_world: World) -> None:
    ticket = small_world.make(State.IN_PROGRESS)  # to be settled by Monday 9 March
    monday, tuesday = date(2026, 3, 9), date(2026, 3, 10)
    close(small_world, monday)
    found = previewed(small_world, desk.closure(tuesday, "台风"))
    recalculate_open_clocks(LATER)
    settle = next(move for move in found.moves if move.kind is ClockKind.SETTLE)
    assert settle.before == dues(small_world.ticket_by_id(ticket.id))[ClockKind.SETTLE]
    assert settle.before.date() == tuesday
    change(small_world, desk.closure(tuesday, "台风"))
    recalculate_open_clocks(LATER)
    assert settle.after == dues(small_world.ticket_by_id(ticket.id))[ClockKind.SETTLE]


def test_a_loaded_year_makes_guesses_known(world: World) -> None:
    december = datetime(2026, 12, 28, 10, 0, tzinfo=CHINA)
    world.file(at=december)
    found = previewed(world, Draft({date(2027, 1, 1): DayMark(is_work=False, name="元旦")}, (2027,)))
    assert [(move.kind, move.is_later) for move in found.moves] == [(ClockKind.PROMISE, True)]
    assert (found.known, found.later, found.earlier, found.unchanged) == (1, 1, 0, 1)


def test_a_preview_saves_nothing(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    previewed(world, desk.closure(WEDNESDAY, "台风"))
    db.session.rollback()
    assert dues(world.ticket_by_id(ticket.id))[ClockKind.SETTLE] == datetime(2026, 3, 9, 17, 30, tzinfo=CHINA)


# The change


def test_a_year_gives_way_to_its_notice_but_for_local_closures(world: World) -> None:
    close(world, date(2026, 7, 1))
    draft = Draft({date(2026, 1, 1): DayMark(is_work=False, name="元旦")}, (2026,))
    version = change(world, draft, reason="重新录入")
    kept = {row.day: row.mark for row in days_between(date(2026, 1, 1), date(2026, 12, 31))}
    assert set(kept) == {date(2026, 1, 1), date(2026, 7, 1)}
    assert len(version.changes) > 20
    assert all(change.after is None for change in version.day_changes)


def test_versions_keep_who_why_and_what_was_before(world: World) -> None:
    close(world)
    version = change(world, Draft({WEDNESDAY: None}), at=LATER, reason="台风未登陆")
    assert (version.loaded_by, version.reason, version.loaded_at) == ("admin名", "台风未登陆", LATER)
    (undone,) = version.day_changes
    assert (undone.before, undone.after) == (DayMark(is_work=False, name="台风停工", is_local=True), None)
    assert [row.id for row in db.session.scalars(select(CalendarVersion))] == [1, 2, 3]


@pytest.mark.parametrize("reason", ["", "  ", "因" * 201])
def test_a_change_needs_a_reason(world: World, reason: str) -> None:
    with pytest.raises(Invalid):
        change(world, desk.closure(WEDNESDAY, "台风"), reason=reason)
    assert not current_law().calendar.overrides.get(WEDNESDAY)


def test_nobody_else_changes_it(world: World) -> None:
    with pytest.raises(Refused):
        desk.change_calendar(
            desk.closure(WEDNESDAY, "台风"), reason="台风", seen=1, by=world.supervisor, at=SAVED
        )


def test_a_change_without_open_tickets_is_done_at_once(world: World) -> None:
    assert close(world).finished_at == SAVED


def test_hours_are_replaced(world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    late = dict.fromkeys(range(5), LONG_DAY)
    change(world, Draft({}, week=late), reason="试行")
    recalculate_open_clocks(LATER)
    assert dues(world.ticket_by_id(ticket.id))[ClockKind.SETTLE] == datetime(2026, 3, 9, 20, 0, tzinfo=CHINA)
    version = latest_version()
    assert version is not None
    assert version.hours_change is not None
    assert version.hours_change[1] == late


# A year that is missing


@pytest.mark.parametrize(
    ("day", "missing"),
    [
        (date(2026, 10, 31), None),
        (date(2026, 11, 1), 2027),
        (date(2026, 12, 31), 2027),
        (date(2027, 1, 1), 2027),
        (date(2027, 11, 2), 2027),
        (date(2026, 3, 2), None),
    ],
)
def test_a_notice_is_missed_from_november_on(small_world: World, day: date, missing: int | None) -> None:
    now = datetime(day.year, day.month, day.day, 9, 0, tzinfo=CHINA)
    assert desk.missing_year(now, current_law().calendar) == missing


def test_administrators_are_told_once_a_week_until_the_year_is_loaded(world: World) -> None:
    november = datetime(2026, 11, 2, 9, 0, tzinfo=CHINA)
    told = [
        desk.warn_of_missing_year(november + timedelta(days=day, hours=hour))
        for day in range(14)
        for hour in (0, 5)
    ]
    assert told == [1] + [0] * 13 + [1] + [0] * 13
    notices = db.session.scalars(select(Notice).where(Notice.key.startswith("calendar:"))).all()
    assert [(notice.recipient_id, notice.title) for notice in notices] == [
        (world.admin.id, "2027 年节假日安排尚未录入")
    ] * 2
    assert db.session.scalars(select(Letter)).all() == []
    change(
        world,
        Draft({date(2027, 1, 1): DayMark(is_work=False, name="元旦")}, (2027,)),
        at=november + timedelta(days=20),
    )
    assert desk.warn_of_missing_year(november + timedelta(days=30)) == 0


def test_what_people_are_told_of_a_guessed_date_says_so(small_world: World) -> None:
    new_years_eve = datetime(2026, 12, 31, 9, 30, tzinfo=CHINA)
    ticket = small_world.make(State.IN_PROGRESS, at=new_years_eve)
    guess = "（2027 年节假日安排尚未录入，暂按周一至周五推算）"

    def told(who: str) -> list[str]:
        mine = select(Notice.body).where(Notice.recipient_id == getattr(small_world, who).id)
        return list(db.session.scalars(mine.order_by(Notice.id)))

    assert told("owner")[0] == f"编号 {ticket.number}。预计 2027-01-11 周一 17:30 前答复。{guess}"
    reminders.remind_due(datetime(2027, 1, 7, 10, 0, tzinfo=CHINA))
    assert any(f"办理时限：2027-01-07 周四 17:30。{guess}" in body for body in told("power"))
