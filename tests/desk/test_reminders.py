"""The reminder ladder: each step at its moment, once for each due, to everybody up to it."""

from datetime import datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select, text, update

from service_desk.desk import closing, handling
from service_desk.desk.housekeeping import pass_time
from service_desk.desk.reminders import remind_due
from service_desk.domain.vocabulary import ClockKind, Nature, Outcome, Solved, State, Urgency
from service_desk.store.base import db, house
from service_desk.store.clocks import Clock
from service_desk.store.law import law_changed
from service_desk.store.limits import LadderRow
from service_desk.store.notices import Card, Letter, Notice, StepTaken
from service_desk.store.parts import Order
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from tests.visitor import counted
from tests.world import CHINA, MONDAY, World

MINUTE = timedelta(minutes=1)


def march(day: int, hour: int = 9, minute: int = 0) -> datetime:
    return datetime(2026, 3, day, hour, minute, tzinfo=CHINA)


def complaint(world: World, state: State = State.IN_PROGRESS) -> Ticket:
    """Dispatched on Monday 2 March, to be settled in 15 working days: by Monday 23 March, 17:30."""
    return world.make(state, nature=Nature.COMPLAINT, against=world.department("园区管委会"))


def settle_of(ticket: Ticket) -> Clock:
    found = db.session.scalars(
        select(Clock).where(Clock.ticket_id == ticket.id, Clock.kind == ClockKind.SETTLE).order_by(Clock.id)
    )
    return list(found.unique())[-1]


def told(clock: Clock, step: str) -> dict[str, str]:
    """Who was told of a step of a clock, with the title each read."""
    rows = db.session.execute(
        select(User.username, Notice.title)
        .join(User, User.id == Notice.recipient_id)
        .where(Notice.key.startswith(f"step:{clock.id}:{step}:"))
    )
    return {row.username: row.title for row in rows}


def steps(clock: Clock) -> dict[str, bool]:
    """The steps dealt with; true for those that were sent."""
    rows = db.session.scalars(select(StepTaken).where(StepTaken.clock_id == clock.id).order_by(StepTaken.id))
    return {row.step: row.sent for row in rows}


LADDER = [
    pytest.param(march(13), "half", "办理时限已过半，尚未联系企业", {"power"}, id="half, not yet contacted"),
    pytest.param(march(18), "left_3", "办理还剩 3 个工作日", {"power"}, id="3 left"),
    pytest.param(march(20), "left_1", "办理还剩 1 个工作日", {"power", "power_head"}, id="1 left"),
    pytest.param(
        march(23, 10), "left_0", "办理今日 17:30 到期", {"power", "power_head"}, id="due today, 10:00"
    ),
    pytest.param(
        march(24),
        "overdue_1",
        "办理已超期 1 个工作日",
        {"power", "power_head", "clerk", "clerk2"},
        id="overdue 1",
    ),
    pytest.param(
        march(26),
        "overdue_3",
        "办理已超期 3 个工作日",
        {"power", "power_head", "clerk", "clerk2", "officer", "leader", "finance_head"},
        id="overdue 3",
    ),
    pytest.param(
        march(30),
        "overdue_5",
        "办理已超期 5 个工作日",
        {"power", "power_head", "clerk", "clerk2", "officer", "leader", "finance_head", "supervisor"},
        id="overdue 5",
    ),
]


@pytest.mark.parametrize(("moment", "step", "title", "people"), LADDER)
def test_a_step_is_sent_at_its_moment_to_everybody_up_to_it(
    world: World, moment: datetime, step: str, title: str, people: set[str]
) -> None:
    clock = settle_of(complaint(world))

    remind_due(moment - MINUTE)
    assert told(clock, step) == {}

    remind_due(moment)
    assert told(clock, step) == dict.fromkeys(people, title)


def test_the_next_look_is_at_the_next_step(world: World) -> None:
    clock = settle_of(complaint(world))
    for moment, following in ((march(3), march(13)), (march(13), march(18)), (march(18), march(20))):
        remind_due(moment)
        db.session.expire_all()
        assert clock.next_step_at == following
    remind_due(march(30))
    db.session.expire_all()
    assert clock.next_step_at is None


def test_the_head_of_the_parent_department_hears_of_a_sub_unit_on_the_due_day(small_world: World) -> None:
    ticket = complaint(small_world, State.ASSIGNED)
    unit = small_world.department("供电公司营销部")
    for part in ticket.assignments:
        part.department_id, part.department = unit.id, unit
    db.session.execute(update(Clock).where(Clock.ticket_id == ticket.id).values(department_id=unit.id))
    db.session.commit()

    remind_due(march(20))
    remind_due(march(23, 10))

    assert set(told(settle_of(ticket), "left_1")) == {"marketing"}
    assert set(told(settle_of(ticket), "left_0")) == {"marketing", "power_head"}


def test_recipients_add_up_from_step_to_step(small_world: World) -> None:
    clock = settle_of(complaint(small_world))
    ladder = db.session.scalars(select(LadderRow).where(LadderRow.kind == ClockKind.SETTLE)).one()
    ladder.steps = [
        step | ({"recipients": ["supervisor"]} if step["key"] == "left_1" else {}) for step in ladder.steps
    ]
    law_changed()
    db.session.commit()
    remind_due(march(20))
    assert set(told(clock, "left_1")) == {"power", "supervisor"}, "the handler is named by the steps below"


def test_half_is_not_sent_where_the_enterprise_was_contacted(world: World) -> None:
    ticket = complaint(world)
    handling.first_contact(ticket.id, by=world.power, at=march(3), who="李一", how="电话")
    remind_due(march(13))
    assert steps(settle_of(ticket)) == {"half": False}
    assert told(settle_of(ticket), "half") == {}


def test_a_short_limit_has_no_step_three_days_before(world: World) -> None:
    clock = settle_of(world.make(State.IN_PROGRESS))  # 5 working days: due on Monday 9 March
    for day in (4, 5, 6, 9):
        remind_due(march(day, 10))
    assert steps(clock) == {"half": False, "left_1": True, "left_0": True}


def test_a_late_run_sends_only_the_highest_step_and_records_the_lower_as_skipped(world: World) -> None:
    clock = settle_of(complaint(world))
    remind_due(march(27, 15))
    assert steps(clock) == {
        "half": False,
        "left_3": False,
        "left_1": False,
        "left_0": False,
        "overdue_1": False,
        "overdue_3": True,
    }
    assert set(told(clock, "overdue_3").values()) == {"办理已超期 4 个工作日"}, (
        "what is true now, not what was"
    )
    assert told(clock, "overdue_1") == {}


def test_a_second_run_finds_nothing_to_do(world: World) -> None:
    complaint(world)
    assert remind_due(march(20)) > 0
    before = db.session.scalar(select(func.count()).select_from(Notice))
    assert remind_due(march(20)) == 0
    assert remind_due(march(20, 16)) == 0
    assert db.session.scalar(select(func.count()).select_from(Notice)) == before


def test_nothing_fires_while_paused_and_the_ladder_goes_on_with_the_new_due(world: World) -> None:
    ticket = complaint(world)
    handling.reply(ticket.id, by=world.power, at=march(19, 10), outcome=Outcome.SOLVED, text="已处理。")
    clock = settle_of(ticket)
    remind_due(march(31))
    assert steps(clock) == {}

    closing.send_back(ticket.id, by=world.quality, at=march(31, 10), text="没有附照片。")
    # Twelve of fifteen days had counted by the 18th: 31 March, 1 and 2 April are left.
    remind_due(march(31, 10))
    db.session.expire_all()
    assert clock.due_at == march(31, 17, 30) + timedelta(days=2)
    assert [step for step, sent in steps(clock).items() if sent] == ["left_3"]


def test_a_later_due_begins_a_new_round(world: World) -> None:
    clock = settle_of(complaint(world))
    remind_due(march(20))
    _extend(clock, 5, world)
    remind_due(march(23, 11))
    assert told(clock, "left_0") == {}, "no longer due on the 23rd"

    remind_due(march(27))

    assert [row.due_at for row in _taken(clock, "left_1")] == [march(23, 17, 30), march(30, 17, 30)]
    assert db.session.scalar(select(func.count(Card.id)).where(Card.colour == "yellow")) == 2


@pytest.mark.parametrize("days", [pytest.param(0, id="the same due"), pytest.param(-1, id="an earlier due")])
def test_a_step_is_not_sent_again_for(world: World, days: int) -> None:
    clock = settle_of(complaint(world))
    remind_due(march(20))
    assert clock.limit_number is not None
    clock.limit_number += days
    clock.recompute(world.law.calendar)
    db.session.commit()

    remind_due(march(20, 9, 30))

    assert len(_taken(clock, "left_1")) == 1


def test_cards_are_counted_on_the_department_once(world: World) -> None:
    ticket = complaint(world)
    for moment in (march(20), march(20, 11), march(24), march(24, 11), march(26)):
        remind_due(moment)
    cards = db.session.scalars(select(Card).where(Card.ticket_id == ticket.id).order_by(Card.id)).all()
    assert [(card.colour, card.department_id) for card in cards] == [
        ("yellow", world.department("供电公司").id),
        ("red", world.department("供电公司").id),
    ]
    assert (
        "已记黄牌一次。"
        in db.session.scalars(select(Notice.body).where(Notice.key.contains(":left_1:"))).all()[0]
    )


def test_two_steps_of_one_colour_give_one_card_and_both_are_sent(small_world: World) -> None:
    ticket = complaint(small_world)
    clock = settle_of(ticket)
    ladder = db.session.scalars(select(LadderRow).where(LadderRow.kind == ClockKind.SETTLE)).one()
    ladder.steps = [step | ({"card": "red"} if step["key"] == "overdue_3" else {}) for step in ladder.steps]
    law_changed()
    db.session.commit()
    remind_due(march(24))
    remind_due(march(26))
    assert [step for step, sent in steps(clock).items() if sent] == ["overdue_1", "overdue_3"]
    cards = db.session.scalars(select(Card.colour).where(Card.ticket_id == ticket.id))
    assert cards.all() == ["red"]
    bodies = db.session.scalars(select(Notice.body).where(Notice.key.contains(":overdue_3:")))
    assert not [body for body in bodies if "已记红牌" in body]


@pytest.mark.parametrize(
    ("night", "opens", "title"),
    [
        pytest.param(
            march(20, 20), march(23), "办理今日 17:30 到期", id="late on the evening before the weekend"
        ),
        pytest.param(march(21, 2), march(23), "办理今日 17:30 到期", id="in the night of a Saturday"),
        pytest.param(march(20, 12, 30), march(20, 13, 30), "办理还剩 1 个工作日", id="at lunch"),
    ],
)
def test_a_step_the_office_has_passed_over_waits_for_it_and_says_what_is_true_then(
    small_world: World, night: datetime, opens: datetime, title: str
) -> None:
    clock = settle_of(complaint(small_world))
    remind_due(night)
    assert told(clock, "left_1") == {}
    db.session.expire_all()
    assert clock.next_step_at == opens
    remind_due(opens)
    assert set(told(clock, "left_1").values()) == {title}


def test_critical_reminders_wait_for_no_office(small_world: World) -> None:
    clock = settle_of(small_world.make(State.IN_PROGRESS, urgency=Urgency.CRITICAL))  # due on Wednesday
    remind_due(march(3, 20))
    assert set(told(clock, "left_1").values()) == {"办理还剩 1 个工作日"}


def test_nobody_is_woken_at_midnight_by_a_question_that_has_waited_long_enough(small_world: World) -> None:
    ticket = complaint(small_world)
    clock = settle_of(ticket)
    remind_due(march(18))
    handling.ask_enterprise(ticket.id, by=small_world.power, at=march(18, 18), text="请补充。")
    pass_time(march(26, 0, 1))
    remind_due(march(26, 0, 2))
    later = select(Notice.created_at).where(Notice.key.startswith(f"step:{clock.id}:left_3:2026-03-30"))
    assert db.session.scalars(later).all() == []
    remind_due(march(26))
    assert db.session.scalars(later).all() == [march(26)]


def test_a_window_that_has_closed_by_itself_is_reminded_of_no_more(small_world: World) -> None:
    ticket = small_world.make(State.AWAITING_RATING)  # to be rated by Monday 9 March
    remind_due(march(16))
    assert db.session.scalars(select(Notice.title).where(Notice.title.startswith("评价"))).all() == []
    assert small_world.ticket(ticket.number).state is State.CLOSED


def test_an_order_that_may_not_be_is_left_out_and_the_reminder_sent(small_world: World) -> None:
    ticket = small_world.make(
        State.CLOSED, outcome=Outcome.PARTLY, rest_date=march(6).date(), solved=Solved.SOLVED
    )
    ladder = db.session.scalars(select(LadderRow).where(LadderRow.kind == ClockKind.REST)).one()
    ladder.steps = [step | {"order_level": 1} for step in ladder.steps]
    law_changed()
    db.session.commit()
    clock = small_world.ticket_by_id(ticket.id).clock(ClockKind.REST)
    assert clock is not None
    remind_due(march(9))
    assert set(told(clock, "overdue_1")) >= {"power", "power_head"}
    assert db.session.scalars(select(Order)).all() == []


@pytest.mark.parametrize("how", ["account put out of use", "moved to another department"])
def test_who_handles_it_has_left_and_the_colleagues_are_reminded(small_world: World, how: str) -> None:
    clock = settle_of(complaint(small_world))
    if how.startswith("account"):
        small_world.power.active = False
    else:
        small_world.power.department_id = small_world.department("金融办").id
    db.session.commit()
    remind_due(march(18))
    assert set(told(clock, "left_3")) == {"power2"}


def test_the_ladder_issues_orders_once_with_a_clock_each(world: World) -> None:
    ticket = complaint(world)
    for moment in (march(26), march(26, 9, 1), march(30), march(31)):
        remind_due(moment)
    orders = db.session.scalars(select(Order).where(Order.ticket_id == ticket.id).order_by(Order.id)).all()
    assert [(order.number, order.level, order.issued_at) for order in orders] == [
        (1, 1, march(26)),
        (2, 2, march(30)),
    ]
    assert "已超期 3 个工作日" in orders[0].demand
    assert world.ticket(ticket.number).clock(ClockKind.ORDER) is not None


def test_a_late_run_still_gives_the_card_and_the_order_of_a_skipped_step(world: World) -> None:
    ticket = complaint(world)
    remind_due(march(27))
    card = db.session.scalars(select(Card).where(Card.ticket_id == ticket.id)).one()
    order = db.session.scalars(select(Order).where(Order.ticket_id == ticket.id)).one()
    assert (card.colour, order.level) == ("red", 1)


def test_the_clock_of_a_support_reminds_that_support_alone(world: World) -> None:
    ticket = world.make(State.ASSIGNED, supports=["金融办", "园区管委会"])
    finance = world.department("金融办").id
    sign = next(
        clock for clock in ticket.clocks if (clock.kind, clock.department_id) == (ClockKind.OPINION, finance)
    )
    remind_due(march(4))
    assert set(told(sign, "left_1")) == {"finance", "finance_head"}


@pytest.mark.parametrize(
    ("urgency", "hour", "leaves"),
    [
        pytest.param(Urgency.URGENT, 12, march(3), id="紧急, due at the close: at the next opening"),
        pytest.param(Urgency.CRITICAL, 14, march(2, 17, 30), id="特急: at once"),
    ],
)
def test_letters_wait_for_the_office_unless_critical(
    world: World, urgency: Urgency, hour: int, leaves: datetime
) -> None:
    house().sends_mail = True
    ticket = world.make(State.ACCEPTED, at=march(2, hour, 30), urgency=urgency)
    remind_due(march(2, 17, 30))
    letters = db.session.scalars(
        select(Letter).where(Letter.ticket_id == ticket.id, Letter.key.contains(":at_due:"))
    ).all()
    assert {(letter.address, letter.not_before) for letter in letters} == {
        ("clerk@desk.example", leaves),
        ("clerk2@desk.example", leaves),
    }


def test_a_bad_clock_does_not_hold_up_the_others(world: World) -> None:
    bad, good = settle_of(complaint(world)), settle_of(complaint(world))
    db.session.execute(update(Clock).where(Clock.id == bad.id).values(limit_number=None))
    db.session.commit()

    remind_due(march(20))

    assert told(bad, "left_1") == {}
    assert set(told(good, "left_1")) == {"power", "power_head"}


def test_a_ticket_somebody_is_acting_on_is_left_for_the_next_run(app: Flask, world: World) -> None:
    clock = settle_of(complaint(world))
    if db.engine.dialect.name == "postgresql":  # on SQLite the whole database waits for whoever acts
        with db.engine.begin() as somebody:
            somebody.execute(text("SELECT 1 FROM tickets FOR UPDATE"))
            assert remind_due(march(20)) == 0
    assert remind_due(march(20)) > 0
    assert set(told(clock, "left_1")) == {"power", "power_head"}


def _extend(clock: Clock, days: int, world: World) -> None:
    clock.extended += days
    clock.recompute(world.law.calendar)
    db.session.commit()


def _taken(clock: Clock, step: str) -> list[StepTaken]:
    statement = select(StepTaken).where(StepTaken.clock_id == clock.id, StepTaken.step == step)
    return list(db.session.scalars(statement.order_by(StepTaken.due_at)))


def test_many_clocks_of_one_moment_cost_few_statements(small_world: World) -> None:
    for number in range(20):
        small_world.make(State.IN_PROGRESS, title=f"第{number}件")
    friday = MONDAY.replace(hour=9, minute=0) + timedelta(days=4)
    remind_due(MONDAY + timedelta(hours=6))
    with counted() as statements:
        assert remind_due(friday) == 40, "of each the settle and the promise clock"
    assert len(statements) <= 20, statements
