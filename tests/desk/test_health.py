"""Whether the clockwork keeps up, and whether the clocks are what facts and events say."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from service_desk.desk import handling, requests
from service_desk.desk.drift import check_by_night, drifts
from service_desk.desk.health import LATE, delayed_since
from service_desk.desk.reminders import remind_due
from service_desk.domain.vocabulary import ClockKind, State
from service_desk.store.base import db, house
from service_desk.store.beats import last_beat, take_turn
from service_desk.store.clocks import Clock, ClockPause
from service_desk.store.notices import Letter, Notice
from tests.world import CHINA, MONDAY, World

NIGHT = datetime(2026, 3, 4, 2, 0, tzinfo=CHINA)
MINUTE = timedelta(minutes=1)


def settle(world: World, ticket_id: int) -> Clock:
    found = world.ticket_by_id(ticket_id).clock(ClockKind.SETTLE)
    assert found is not None
    return found


class TestDelay:
    @pytest.mark.usefixtures("world")
    def test_an_idle_desk_is_in_time_though_no_job_ever_ran(self) -> None:
        assert delayed_since(MONDAY) is None

    def test_a_step_nobody_takes_is_late_from_its_own_moment(self, world: World) -> None:
        world.make(State.IN_PROGRESS)
        remind_due(MONDAY + timedelta(hours=5))
        step_at = min(each for each in db.session.scalars(select(Clock.next_step_at)) if each is not None)
        assert delayed_since(step_at + LATE - MINUTE) is None
        assert delayed_since(step_at + LATE) == step_at
        remind_due(step_at + LATE)
        assert delayed_since(step_at + LATE) is None

    def test_a_request_filed_with_an_old_receipt_is_no_delay_while_sweeps_end(self, world: World) -> None:
        remind_due(MONDAY + timedelta(days=1))
        world.file(at=MONDAY)
        assert delayed_since(MONDAY + timedelta(days=1, minutes=5)) is None
        since = delayed_since(MONDAY + timedelta(days=1, minutes=15))
        assert since == MONDAY + timedelta(days=1), "no sweep has ended since"

    def test_a_letter_nobody_sends_is_late(self, small_world: World) -> None:
        remind_due(MONDAY)
        house().sends_mail = True
        small_world.file()
        letters = db.session.scalars(select(Letter)).all()
        first = min(letter.not_before for letter in letters)
        assert delayed_since(first + LATE) == first


@pytest.mark.usefixtures("world")
def test_a_turn_is_one_processs_alone() -> None:
    assert take_turn("x", at=MONDAY, unless_since=MONDAY - timedelta(hours=12))
    assert not take_turn("x", at=MONDAY + MINUTE, unless_since=MONDAY - timedelta(hours=12))
    assert take_turn("x", at=MONDAY + timedelta(days=1), unless_since=MONDAY + timedelta(hours=12))
    assert last_beat("x") == MONDAY + timedelta(days=1)


class TestDrift:
    @pytest.fixture
    def ticket_id(self, world: World) -> int:
        ticket = world.make(State.IN_PROGRESS)
        requests.ask_extension(ticket.id, by=world.power, at=ticket.touched_at + MINUTE, days=2, text="设备")
        requests.decide_extension(ticket.id, by=world.clerk, at=ticket.touched_at + 2 * MINUTE, granted=True)
        handling.ask_enterprise(ticket.id, by=world.power, at=ticket.touched_at + 3 * MINUTE, text="请补充")
        handling.inform(ticket.id, by=world.owner, at=ticket.touched_at + timedelta(days=1), text="好")
        return ticket.id

    @pytest.mark.usefixtures("ticket_id")
    def test_what_went_by_the_law_has_not_drifted(self) -> None:
        assert list(drifts()) == []
        assert check_by_night(NIGHT) == 0

    @pytest.mark.parametrize(
        ("values", "sentence"),
        [
            ({"due_at": MONDAY + timedelta(days=30)}, "到期时间与推算不符"),
            ({"original_due_at": MONDAY}, "原到期时间与推算不符"),
            ({"started_at": MONDAY - timedelta(days=1)}, "起算时间没有对应的办理记录"),
            ({"extended": 9}, "延期天数与审批记录不符"),
            ({"limit_number": 30}, "到期时间与推算不符"),
            ({"limit_number": None}, "按记录推算不出到期时间"),
        ],
        ids=["due", "original due", "start", "extension", "limit", "no limit at all"],
    )
    def test_a_clock_changed_by_hand_is_found(
        self, world: World, ticket_id: int, values: dict[str, Any], sentence: str
    ) -> None:
        clock = settle(world, ticket_id)
        db.session.execute(update(Clock).where(Clock.id == clock.id).values(**values))
        db.session.commit()
        assert sentence in {str(each.what) for each in drifts()}

    def test_a_pause_nobody_began_is_found(self, world: World, ticket_id: int) -> None:
        pause = settle(world, ticket_id).pauses[0]
        db.session.execute(
            update(ClockPause)
            .where(ClockPause.id == pause.id)
            .values(started_at=pause.started_at - timedelta(hours=1))
        )
        db.session.commit()
        assert "暂停没有对应的办理记录" in {str(each.what) for each in drifts()}

    def test_the_administrator_is_told_once_a_night_by_number_alone(
        self, world: World, ticket_id: int
    ) -> None:
        ticket = world.ticket_by_id(ticket_id)
        db.session.execute(update(Clock).where(Clock.id == settle(world, ticket_id).id).values(due_at=MONDAY))
        db.session.commit()
        assert check_by_night(datetime(2026, 3, 3, 23, 0, tzinfo=CHINA)) == 0, "the day is not over"
        assert check_by_night(NIGHT) == 1
        assert check_by_night(NIGHT + timedelta(minutes=30)) == 0
        told = db.session.scalars(select(Notice).where(Notice.key.startswith("drift:"))).all()
        assert [each.recipient_id for each in told] == [world.admin.id]
        assert ticket.number in told[0].body
        assert ticket.title not in told[0].body + told[0].title


def test_ready_says_since_when_reminders_wait(small_world: World, visit: Any) -> None:
    small_world.make(State.IN_PROGRESS, at=MONDAY)
    answer = visit().client.get("/readyz")
    assert answer.status_code == 200
    assert "reminders" not in answer.json, "no sweep ever ran, no step is known"
    remind_due(MONDAY + timedelta(hours=5))
    assert "起延迟" in visit().client.get("/readyz").json["reminders"]
    assert "起延迟" in visit("supervisor").get("/")
    assert "起延迟" in visit("admin").get("/admin")
    for other in ("clerk", "power", "owner"):
        assert "起延迟" not in visit(other).get("/")
    remind_due(datetime.now(UTC))  # noqa: TID251
    assert visit().client.get("/readyz").json == {"status": "ok"}
