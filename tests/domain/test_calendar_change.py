"""A draft of the calendar: what it changes, and what it may not be."""

from datetime import date, time, timedelta

import pytest

from service_desk.domain.calendar_change import MOST_DAYS, DayChange, DayMark, Draft, changed, read_hours
from service_desk.domain.errors import Invalid
from service_desk.domain.worktime import Interval, OfficeCalendar

NEW_YEAR = date(2027, 1, 1)
HOLIDAY = DayMark(is_work=False, name="元旦")
MORNING, AFTERNOON = Interval(time(9), time(12)), Interval(time(13, 30), time(17, 30))
NOTHING = [(None, None)] * 3


def test_a_draft_survives_the_way_through_a_form() -> None:
    draft = Draft({NEW_YEAR: HOLIDAY, date(2027, 1, 2): None}, (2027,), {0: (MORNING, AFTERNOON)})
    assert Draft.of(draft.data) == draft


def test_what_stays_as_it_is_is_no_change() -> None:
    later = NEW_YEAR + timedelta(days=1)
    draft = Draft({NEW_YEAR: HOLIDAY, later: HOLIDAY})
    assert draft.changes({NEW_YEAR: HOLIDAY}) == (DayChange(later, None, HOLIDAY),)


def test_a_whole_year_takes_away_what_its_notice_does_not_say_but_local_closures_stay() -> None:
    former, typhoon = date(2027, 5, 4), date(2027, 8, 3)
    closed = DayMark(is_work=False, name="台风", is_local=True)
    present = {former: HOLIDAY, typhoon: closed, date(2026, 5, 4): HOLIDAY}
    draft = Draft({NEW_YEAR: HOLIDAY}, (2027,))
    assert draft.changes(present) == (DayChange(NEW_YEAR, None, HOLIDAY), DayChange(former, HOLIDAY, None))


def test_a_notice_that_names_a_day_closed_here_leaves_it_closed() -> None:
    saturday = date(2027, 2, 20)
    closed, made_up = DayMark(is_work=False, name="停电", is_local=True), DayMark(is_work=True, name="春节")
    assert Draft({saturday: made_up}, (2027,)).changes({saturday: closed}) == ()
    assert Draft({saturday: made_up}).changes({saturday: closed}), "asked for by itself, it is given back"


def test_the_calendar_as_it_will_be() -> None:
    calendar = OfficeCalendar(overrides={NEW_YEAR: False}, loaded_years=frozenset({2026}))
    saturday = date(2027, 1, 2)
    made = DayMark(is_work=True, name="补班")
    after = changed(
        calendar, [DayChange(NEW_YEAR, HOLIDAY, None), DayChange(saturday, None, made)], (2027,), None
    )
    assert (after.is_working(NEW_YEAR), after.is_working(saturday)) == (True, True)
    assert after.loaded_years == {2026, 2027}
    assert calendar.overrides == {NEW_YEAR: False}, "the one in force is not touched"


@pytest.mark.parametrize("year", [2003, 2100, 9999, 10**12])
def test_no_year_beyond_the_desks_calendar(year: int) -> None:
    with pytest.raises(Invalid, match="不在"):
        Draft({}, (year,))


def test_no_day_beyond_the_desks_calendar_and_not_too_many() -> None:
    with pytest.raises(Invalid, match="不在"):
        Draft({date(1999, 1, 1): HOLIDAY})
    with pytest.raises(Invalid, match="最多"):
        Draft({NEW_YEAR + timedelta(days=number): None for number in range(MOST_DAYS + 1)})


@pytest.mark.parametrize("name", ["", " ", "名" * 61])
def test_a_mark_has_a_name(name: str) -> None:
    with pytest.raises(Invalid):
        DayMark(is_work=False, name=name)


def test_hours_are_put_in_order_and_empty_ones_left_out() -> None:
    backwards = [(time(13, 30), time(17, 30)), (None, None), (time(9), time(12))]
    week = read_hours([(True, backwards), *[(False, NOTHING)] * 6])
    assert week == {0: (MORNING, AFTERNOON)}


def test_every_weekday_that_cannot_be_is_named() -> None:
    with pytest.raises(Invalid) as refusal:
        read_hours([(True, NOTHING), (True, [(time(9), time(8))]), *[(True, [(time(9), time(12))])] * 5])
    assert refusal.value.fields == {
        "0": "周一要上班，却没有填上班时间。",
        "1": "周二的下班时间 08:00 不晚于上班时间 09:00。",
    }


def test_intervals_may_touch() -> None:
    touching = [(time(9), time(12)), (time(12), time(15))]
    assert len(read_hours([(True, touching), *[(False, NOTHING)] * 6])[0]) == 2
