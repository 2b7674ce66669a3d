"""Limits and ladders as an administrator changes them: what would move, what is refused, what is on record."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import select

from service_desk.desk import handling, ladders, limits, requests
from service_desk.desk.administration import Altered
from service_desk.desk.drift import drifts
from service_desk.desk.ladders import Step
from service_desk.desk.limits import Proposed, class_in_sql, effect_of
from service_desk.desk.notices import Audience
from service_desk.desk.recalculation import recalculate_open_clocks
from service_desk.desk.reminders import remind_due
from service_desk.domain.actions import Action
from service_desk.domain.errors import Invalid, Refused
from service_desk.domain.limits import EXTENSIONS, Reach
from service_desk.domain.vocabulary import ClockKind, LimitClass, Nature, Payer, Source, State, Unit, Urgency
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.limits import LadderRow, LimitRow, RuleChange
from service_desk.store.lists import alterations_of
from service_desk.store.notices import StepTaken
from service_desk.store.tickets import Ticket
from tests.world import MONDAY, World

DAYS = Unit.WORKING_DAYS
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LATER = MONDAY + timedelta(hours=6)


def cell(kind: str, klass: LimitClass = LimitClass.NORMAL) -> LimitRow:
    return next(row for row in limits.rows_of(kind) if not row.is_special and row.limit_class is klass)


def test_a_changed_limit_is_for_clocks_that_begin_later(world: World) -> None:
    before = world.make(State.IN_PROGRESS)
    due = before.clock(ClockKind.SETTLE)
    assert due is not None
    limits.change_limit(
        cell("settle").id, number=9, unit=DAYS, follow=False, seen=0, by=world.admin, at=LATER
    )
    after = world.make(State.IN_PROGRESS, title="另一件")
    settle = world.ticket_by_id(after.id).clock(ClockKind.SETTLE)
    kept = world.ticket_by_id(before.id).clock(ClockKind.SETTLE)
    assert settle is not None
    assert kept is not None
    assert (settle.limit_number, kept.limit_number) == (9, 5)
    assert kept.due_at == due.due_at
    assert not db.session.scalars(select(RuleChange)).all()


def test_the_change_and_what_it_meant_for_open_clocks_are_on_record(small_world: World) -> None:
    row = cell("settle")
    limits.change_limit(row.id, number=9, unit=DAYS, follow=True, seen=0, by=small_world.admin, at=LATER)
    one = alterations_of("limits", row.id)[0]
    assert (one.before["number"], one.after["number"], one.after["follow"]) == (5, 9, True)
    assert one.by_name == small_world.admin.name
    assert [change.kind for change in db.session.scalars(select(RuleChange))] == ["settle"]


def test_a_special_limit_covers_its_category_and_source_alone(world: World) -> None:
    limits.add_special_limit(
        kind="settle",
        limit_class=LimitClass.NORMAL,
        category=world.category("用电"),
        source=None,
        number=2,
        unit=DAYS,
        follow=False,
        by=world.admin,
        at=LATER,
    )
    power = world.make(State.IN_PROGRESS)
    other = world.make(State.IN_PROGRESS, category="融资", title="贷款")
    numbers = [
        clock.limit_number
        for ticket in (power, other)
        if (clock := world.ticket_by_id(ticket.id).clock(ClockKind.SETTLE))
    ]
    assert numbers == [2, 5]


class TestWhatItWouldDo:
    def test_it_names_the_open_clocks_with_both_dates(self, world: World) -> None:
        ticket = world.make(State.IN_PROGRESS)
        world.make(State.IN_PROGRESS, urgency=Urgency.URGENT, title="停产")
        effect = effect_of(Proposed("settle", Reach(LimitClass.NORMAL), 7, DAYS), world.law, shown=50)
        assert effect.total == 1
        move = effect.first[0]
        assert move.number == ticket.number
        assert f"{move.before:%m-%d} {move.after:%m-%d}" == "03-09 03-11"

    def test_it_counts_all_and_names_the_first(self, small_world: World) -> None:
        for number in range(3):
            small_world.make(State.IN_PROGRESS, title=f"第{number}件")
        effect = effect_of(Proposed("settle", Reach(LimitClass.NORMAL), 7, DAYS), small_world.law, shown=2)
        assert (effect.total, len(effect.first)) == (3, 2)

    def test_what_a_narrower_limit_covers_stays(self, small_world: World) -> None:
        world = small_world
        limits.add_special_limit(
            kind="settle", limit_class=LimitClass.NORMAL, category=world.category("用电"), source=None,
            number=5, unit=DAYS, follow=False, by=world.admin, at=MONDAY - timedelta(days=1),
        )  # fmt: skip
        world.make(State.IN_PROGRESS)
        assert effect_of(Proposed("settle", Reach(LimitClass.NORMAL), 7, DAYS), world.law, shown=9).total == 0

    def test_put_out_of_use_the_table_counts_again(self, small_world: World) -> None:
        world = small_world
        reach = Reach(LimitClass.NORMAL, world.category("用电").id)
        limits.add_special_limit(
            kind="settle", limit_class=LimitClass.NORMAL, category=world.category("用电"), source=None,
            number=3, unit=DAYS, follow=False, by=world.admin, at=MONDAY - timedelta(days=1),
        )  # fmt: skip
        world.make(State.IN_PROGRESS)
        effect = effect_of(Proposed("settle", reach, 3, DAYS, active=False), world.law, shown=9)
        assert effect.total == 1

    def test_how_often_one_may_extend_moves_nothing(self, small_world: World) -> None:
        small_world.make(State.IN_PROGRESS)
        assert (
            effect_of(Proposed(EXTENSIONS, Reach(LimitClass.NORMAL), 3, DAYS), small_world.law, shown=9).total
            == 0
        )

    def test_the_class_in_sql_is_that_of_the_law(self, world: World) -> None:
        cases = product(Nature, Urgency, (True, False), ("用电", "拖欠账款"))
        for nature, urgency, is_complex, category in cases:
            ticket = world.file(category=category, payer=Payer.OTHER if category == "拖欠账款" else None)
            ticket.nature, ticket.urgency, ticket.is_complex = nature, urgency, is_complex
        db.session.commit()
        statement = select(Ticket, class_in_sql()).join(Category, Category.id == Ticket.category_id)
        rows = db.session.execute(statement).unique().all()
        assert len(rows) == 48
        assert all(ticket.limit_class.value == klass for ticket, klass in rows)


@pytest.mark.parametrize(
    ("kind", "number"), [("settle", 0), ("settle", -1), ("settle", 10_000), ("extensions", 10)]
)
def test_no_clock_runs_by_nothing_or_for_ever(small_world: World, kind: str, number: int) -> None:
    row = cell(kind)
    with pytest.raises(Invalid, match="之间的整数"):
        limits.change_limit(
            row.id, number=number, unit=DAYS, follow=False, seen=0, by=small_world.admin, at=LATER
        )
    assert not alterations_of("limits", row.id)


def test_two_special_limits_for_the_same_are_refused(small_world: World) -> None:
    world = small_world

    def add() -> None:
        limits.add_special_limit(
            kind="settle", limit_class=LimitClass.NORMAL, category=None, source=Source.ABOVE,
            number=3, unit=DAYS, follow=False, by=world.admin, at=LATER,
        )  # fmt: skip

    add()
    with pytest.raises(Invalid, match="已经有"):
        add()


def test_only_an_administrator_changes_a_limit_and_sees_what_another_did(small_world: World) -> None:
    world, row = small_world, cell("settle")
    with pytest.raises(Refused):
        limits.change_limit(row.id, number=6, unit=DAYS, follow=False, seen=0, by=world.supervisor, at=LATER)
    limits.change_limit(row.id, number=6, unit=DAYS, follow=False, seen=0, by=world.admin, at=LATER)
    with pytest.raises(Altered):
        limits.change_limit(row.id, number=7, unit=DAYS, follow=False, seen=0, by=world.admin, at=LATER)


# Ladders


def step(when: str, count: int = 0, *to: Audience) -> Step:
    return Step(when, count, None, None, to or (Audience.HANDLER,), None, None, only_without_contact=False)  # type: ignore[arg-type]


def settle_ladder() -> LadderRow:
    return next(row for row in ladders.ladders_in_use() if row.kind is ClockKind.SETTLE)


def test_a_ladder_not_followed_stands_beside_the_former_one(world: World) -> None:
    row, before = settle_ladder(), len(settle_ladder().steps)
    ladders.change_ladder(
        row.id, steps=[step("overdue", 1), step("left", 2)], follow=False, seen=0, by=world.admin, at=LATER
    )
    climbed = [
        world.law.ladder_of(ClockKind.SETTLE, world.file(title=f"{n}").profile, begun)
        for n, begun in enumerate((LATER - timedelta(days=1), LATER + timedelta(days=1)))
    ]
    assert [len(steps) for steps in climbed] == [before, 2]
    assert [each.rule.key for each in climbed[1]] == ["left_2", "overdue_1"]


def test_a_ladder_that_is_followed_replaces_all_former_ones(small_world: World) -> None:
    world, row = small_world, settle_ladder()
    ladders.change_ladder(row.id, steps=[step("left", 2)], follow=False, seen=0, by=world.admin, at=LATER)
    last = alterations_of("ladders", row.id)[0].id
    newest = settle_ladder()
    ladders.change_ladder(
        newest.id, steps=[step("left", 3)], follow=True, seen=last, by=world.admin, at=LATER
    )
    steps = world.law.ladder_of(ClockKind.SETTLE, world.file().profile, MONDAY - timedelta(days=99))
    assert [each.rule.key for each in steps] == ["left_3"]
    assert len(alterations_of("ladders", row.id)) == 2


def test_a_step_that_stays_keeps_its_key_so_that_it_is_not_sent_again(small_world: World) -> None:
    hourly = next(row for row in ladders.ladders_in_use() if row.kind is ClockKind.ACCEPT)
    keys = {each["key"] for each in hourly.steps}
    kept = [
        step("left", 1),
        step("left", 0),
        step("hours_before", 1),
        step("at_due"),
        step("overdue", 1),
        step("hours_after", 1),
    ]
    ladders.change_ladder(hourly.id, steps=kept, follow=True, seen=0, by=small_world.admin, at=LATER)
    assert {each["key"] for each in hourly.steps} == keys


@pytest.mark.parametrize(
    ("steps", "sentence"),
    [
        ([step("left", 2), step("left", 2)], "同一时刻"),
        ([step("left", 99)], "应在"),
        ([step("overdue", 0)], "应在"),
        ([Step("left", 1, None, None, (), None, None, only_without_contact=False)], "提醒对象"),
        (
            [Step("left", 1, None, 0, (Audience.HEAD,), None, None, only_without_contact=False)],
            "仅时限不少于",
        ),
        ([step("left", n) for n in range(21)], "最多"),
    ],
    ids=["twice", "too far", "overdue by nothing", "nobody", "no limit", "too many"],
)
def test_what_makes_no_ladder_is_refused(small_world: World, steps: list[Step], sentence: str) -> None:
    row, before = settle_ladder(), settle_ladder().steps
    with pytest.raises(Invalid, match=sentence):
        ladders.change_ladder(row.id, steps=steps, follow=True, seen=0, by=small_world.admin, at=LATER)
    assert settle_ladder().steps == before


def test_the_general_ladder_stays_in_use_a_special_one_need_not(small_world: World) -> None:
    world = small_world
    with pytest.raises(Invalid, match="不能停用"):
        ladders.change_ladder(
            settle_ladder().id,
            steps=[step("left", 1)],
            active=False,
            follow=True,
            seen=0,
            by=world.admin,
            at=LATER,
        )
    special = ladders.add_ladder(
        kind=ClockKind.SETTLE, limit_class=LimitClass.CRITICAL, category=None, source=None,
        steps=[step("left", 0)], follow=True, by=world.admin, at=LATER,
    )  # fmt: skip
    critical = world.file()
    critical.urgency = Urgency.CRITICAL
    assert len(world.law.ladder_of(ClockKind.SETTLE, critical.profile, MONDAY)) == 1
    last = alterations_of("ladders", special.id)[0].id
    ladders.change_ladder(
        special.id, steps=[step("left", 0)], active=False, follow=False, seen=last, by=world.admin, at=LATER
    )
    assert len(world.law.ladder_of(ClockKind.SETTLE, critical.profile, MONDAY)) > 1


# What open clocks follow


def test_open_clocks_follow_in_the_background_with_an_event_each(world: World) -> None:
    ticket, other = world.make(State.IN_PROGRESS), world.make(State.IN_PROGRESS, urgency=Urgency.URGENT)
    requests.ask_extension(ticket.id, by=world.power, at=LATER, days=2, text="设备到货晚")
    requests.decide_extension(ticket.id, by=world.clerk, at=LATER, granted=True)
    handling.ask_enterprise(ticket.id, by=world.power, at=LATER + DAY, text="请补充")
    handling.inform(ticket.id, by=world.owner, at=LATER + 2 * DAY, text="已补充")
    at = LATER + 3 * DAY
    limits.change_limit(cell("settle").id, number=8, unit=DAYS, follow=True, seen=0, by=world.admin, at=at)

    assert recalculate_open_clocks(at + HOUR) == 2, "both are looked at"
    assert recalculate_open_clocks(at + HOUR) == 0

    settle = world.ticket_by_id(ticket.id).clock(ClockKind.SETTLE)
    assert settle is not None
    assert (settle.limit_number, settle.extended, len(settle.pauses)) == (8, 2, 1)
    assert settle.due_at is not None
    assert f"{settle.due_at:%m-%d}" == "03-17", (
        "8 + 2 working days and one paused, from the clock's own start"
    )
    assert [(each["number"], datetime.fromisoformat(each["until"])) for each in settle.former_limits] == [
        (5, at)
    ]
    events = world.ticket_by_id(ticket.id).events
    assert events[-1].action is Action.RECALCULATE
    assert [each["kind"] for each in events[-1].data["moved"]] == ["settle"]
    assert world.ticket_by_id(other.id).events[-1].action is not Action.RECALCULATE
    assert list(drifts()) == []


def test_whoever_acts_first_acts_by_the_new_limit(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    limits.change_limit(cell("settle").id, number=8, unit=DAYS, follow=True, seen=0, by=world.admin, at=LATER)
    handling.progress(ticket.id, by=world.power, at=LATER + HOUR, text="设备已订", public=True)
    events = world.ticket_by_id(ticket.id).events
    assert [event.action for event in events[-2:]] == [Action.RECALCULATE, Action.PROGRESS]
    assert events[-2].at == LATER


def test_finished_clocks_stay(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.CLOSED)
    before = [(clock.id, clock.due_at, clock.limit_number) for clock in ticket.clocks]
    limits.change_limit(
        cell("settle").id, number=1, unit=DAYS, follow=True, seen=0, by=world.admin, at=MONDAY + 9 * DAY
    )
    recalculate_open_clocks(MONDAY + 10 * DAY)
    after = world.ticket_by_id(ticket.id).clocks
    assert [(clock.id, clock.due_at, clock.limit_number) for clock in after] == before


def test_a_change_not_followed_is_not_followed_with_a_later_one(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    limits.change_limit(
        cell("settle").id, number=8, unit=DAYS, follow=False, seen=0, by=world.admin, at=LATER
    )
    limits.change_limit(cell("rating").id, number=6, unit=DAYS, follow=True, seen=0, by=world.admin, at=LATER)
    recalculate_open_clocks(LATER + HOUR)
    settle = world.ticket_by_id(ticket.id).clock(ClockKind.SETTLE)
    assert settle is not None
    assert settle.limit_number == 5


def test_a_ladder_that_is_followed_is_climbed_at_once_and_nothing_sent_again(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    friday = MONDAY.replace(hour=9, minute=0) + 4 * DAY
    remind_due(friday)
    sent = db.session.scalars(select(StepTaken.step).where(StepTaken.sent)).all()
    assert "left_1" in sent
    ladders.change_ladder(
        settle_ladder().id,
        steps=[step("left", 1), step("left", 2, Audience.HEAD)],
        follow=True, seen=0, by=world.admin, at=friday + HOUR,
    )  # fmt: skip
    recalculate_open_clocks(friday + HOUR)
    remind_due(friday + HOUR)
    clock = world.ticket_by_id(ticket.id).clock(ClockKind.SETTLE)
    assert clock is not None
    taken = select(StepTaken.step).where(StepTaken.clock_id == clock.id, StepTaken.sent)
    assert Counter(db.session.scalars(taken)) == {"left_1": 1, "left_2": 1}
