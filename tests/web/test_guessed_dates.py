"""Dates in a year whose notice is not loaded say so, and administrators are reminded to load it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
import time_machine

from service_desk.desk import calendar as desk
from service_desk.desk import dispatch, intake
from service_desk.desk.recalculation import recalculate_open_clocks
from service_desk.domain.calendar_change import DayMark, Draft
from service_desk.domain.vocabulary import Nature, State, Urgency
from service_desk.store.calendars import latest_version
from tests.visitor import Visitor
from tests.world import CHINA, World

Visit = Callable[..., Visitor]
GUESS = "2027 年节假日安排尚未录入，暂按周一至周五推算"
WARNING = "2027 年节假日安排尚未录入，这一年的到期日暂按每周上班日推算"
TUESDAY = datetime(2026, 12, 29, 9, 30, tzinfo=CHINA)


def test_every_page_that_shows_a_due_date_in_full_says_it_is_a_guess(
    small_world: World, visit: Visit
) -> None:
    number = small_world.make(State.IN_PROGRESS, at=TUESDAY).id
    with time_machine.travel(TUESDAY + timedelta(hours=6), tick=False):
        clerk, owner, power = visit("clerk"), visit("owner"), visit("power")
        page = clerk.get(f"/tickets/{number}")
        assert f'guess-note">{GUESS}' not in page, "the clock of the turn is due this year"
        assert f'<abbr class="guess" title="{GUESS}">' in page, "the promise is due in the next"
        assert f"（{GUESS}）" in owner.get(f"/tickets/{number}")
        assert f"（{GUESS}）" in owner.get("/tickets/new")
        assert f"（{GUESS}）" in owner.get(f"/tickets/{number}/filed")
        assert f"（{GUESS}）" in owner.get(f"/tickets/{number}/papers/receipt")
        assert f"（{GUESS}）" in power.get(f"/tickets/{number}/papers/assignment")
        assert GUESS in clerk.get("/calendar?year=2027")
        assert GUESS in clerk.get("/calendar/days/2027-01-04")


def test_the_due_of_the_turn_says_it_in_full_and_a_row_has_a_sign(small_world: World, visit: Visit) -> None:
    thursday = datetime(2026, 12, 31, 16, 0, tzinfo=CHINA)
    number = small_world.file(at=thursday).id
    with time_machine.travel(thursday + timedelta(minutes=5), tick=False):
        clerk = visit("clerk")
        assert f'guess-note">{GUESS}' in clerk.get(f"/tickets/{number}")
        for path in ("/", "/tickets"):
            page = clerk.get(path)
            assert f'<abbr class="guess" title="{GUESS}">' in page
            assert "guess-note" not in page


def test_once_the_year_is_loaded_nothing_is_a_guess(small_world: World, visit: Visit) -> None:
    number = small_world.make(State.IN_PROGRESS, at=TUESDAY).id
    draft = Draft({date(2027, 1, 1): DayMark(is_work=False, name="元旦")}, (2027,))
    seen = latest_version()
    assert seen is not None
    desk.change_calendar(
        draft, reason="通知", seen=seen.id, by=small_world.admin, at=TUESDAY + timedelta(hours=5)
    )
    with time_machine.travel(TUESDAY + timedelta(hours=6), tick=False):
        assert GUESS not in visit("owner").get(f"/tickets/{number}")
        assert "guess" not in visit("clerk").get(f"/tickets/{number}")


def test_the_record_tells_each_reader_of_the_dates_that_are_theirs(small_world: World, visit: Visit) -> None:
    ticket = small_world.file(at=TUESDAY)
    intake.accept(
        ticket.id, by=small_world.clerk, at=TUESDAY + timedelta(hours=1),
        category=ticket.category, nature=Nature.HELP, urgency=Urgency.NORMAL,
    )  # fmt: skip
    dispatch.dispatch(
        ticket.id,
        by=small_world.clerk,
        at=TUESDAY + timedelta(hours=2),
        lead=small_world.department("供电公司"),
    )
    number, seen = ticket.id, latest_version()
    assert seen is not None
    saved = TUESDAY + timedelta(hours=5)
    closed = desk.closure(date(2026, 12, 31), "寒潮停工")
    desk.change_calendar(closed, reason="寒潮", seen=seen.id, by=small_world.admin, at=saved)
    with time_machine.travel(saved + timedelta(minutes=1), tick=False):
        assert recalculate_open_clocks(saved + timedelta(minutes=1)) == 1
        for reader, reads_settle in (("clerk", True), ("power", True), ("owner", False)):
            page = visit(reader).get(f"/tickets/{number}")
            assert "节假日安排有调整，到期时间重算" in page
            assert ("办理（供电公司）：" in page) == reads_settle
            assert "承诺答复：2027-01-07 周四 17:30 → 2027-01-08 周五 17:30" in page


@pytest.mark.parametrize(
    ("day", "warnings"), [(date(2026, 10, 31), 0), (date(2026, 11, 1), 1), (date(2027, 2, 1), 1)]
)
def test_administrators_are_warned_on_every_page_from_november_on(
    visit: Visit, day: date, warnings: int
) -> None:
    with time_machine.travel(datetime(day.year, day.month, day.day, 9, 0, tzinfo=CHINA), tick=False):
        admin, clerk = visit("admin"), visit("clerk")
        for path in ("/", "/admin", "/admin/people", "/calendar"):
            assert admin.get(path).count(WARNING) == warnings, path
        assert WARNING not in clerk.get("/")


def test_pages_show_the_new_date_before_the_clockwork_has_come_round(
    small_world: World, visit: Visit
) -> None:
    number, seen = small_world.make(State.IN_PROGRESS, at=TUESDAY).id, latest_version()
    assert seen is not None
    closed = desk.closure(date(2026, 12, 31), "寒潮停工")
    saved = TUESDAY + timedelta(hours=5)
    desk.change_calendar(closed, reason="寒潮", seen=seen.id, by=small_world.admin, at=saved)
    with time_machine.travel(saved, tick=False):
        assert "2027-01-06 周三 17:30" in visit("clerk").get(f"/tickets/{number}")
        assert "预计 2027-01-08 周五 17:30 前答复" in visit("owner").get(f"/tickets/{number}")
        assert "2027年1月8日 17:30 前" in visit("owner").get(f"/tickets/{number}/papers/receipt")
