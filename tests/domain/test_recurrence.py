"""When something comes again: weekdays, working days and days of the month, put off over rest days."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.domain.recurrence import Covers, Every, Recurrence
from service_desk.domain.worktime import CHINA, OfficeCalendar

HALF_PAST_EIGHT = time(8, 30)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("rule", "after", "comes"),
    [
        (Recurrence(Every.WEEK, 1, HALF_PAST_EIGHT), "2026-11-22T12:00", "2026-11-23T08:30"),
        (Recurrence(Every.WEEK, 1, HALF_PAST_EIGHT), "2026-11-23T08:29", "2026-11-23T08:30"),
        (Recurrence(Every.WEEK, 1, HALF_PAST_EIGHT), "2026-11-23T08:30", "2026-11-30T08:30"),
        # The National Day week of 2026 rests from 1 to 7 October: Monday the 5th is put off to Thursday.
        (Recurrence(Every.WEEK, 1, HALF_PAST_EIGHT), "2026-10-01T00:00", "2026-10-08T08:30"),
        # Sunday the 20th of September is made up for it, so it is worked.
        (Recurrence(Every.WEEK, 7, HALF_PAST_EIGHT), "2026-09-19T12:00", "2026-09-20T08:30"),
        (Recurrence(Every.WORKING_DAY, 1, HALF_PAST_EIGHT), "2026-09-30T12:00", "2026-10-08T08:30"),
        (Recurrence(Every.WORKING_DAY, 1, HALF_PAST_EIGHT), "2026-10-08T08:30", "2026-11-02T08:30"),
        (Recurrence(Every.WORKING_DAY, 23, HALF_PAST_EIGHT), "2026-10-15T12:00", "2026-10-30T08:30"),
        (Recurrence(Every.DAY, 31, HALF_PAST_EIGHT), "2026-11-10T12:00", "2026-11-30T08:30"),
        (Recurrence(Every.DAY, 1, HALF_PAST_EIGHT), "2026-10-31T12:00", "2026-11-02T08:30"),
    ],
)
def test_it_comes_by_the_calendar(park: OfficeCalendar, rule: Recurrence, after: str, comes: str) -> None:
    assert rule.next_after(at(after), park) == at(comes)


def test_two_times_put_off_to_the_same_day_are_one(park: OfficeCalendar) -> None:
    """The Spring Festival of 2026 rests from 15 to 23 February: both Mondays become Tuesday the 24th."""
    rule = Recurrence(Every.WEEK, 1, HALF_PAST_EIGHT)
    assert rule.next_after(at("2026-02-10T12:00"), park) == at("2026-02-24T08:30")
    assert rule.next_after(at("2026-02-24T08:30"), park) == at("2026-03-02T08:30")


@given(
    rule=st.one_of(
        *(st.builds(Recurrence, st.just(every), st.integers(1, every.most), st.times()) for every in Every)
    ),
    instant=st.integers(0, 7 * 366 * 24 * 60).map(
        lambda minutes: at("2020-01-01T00:00") + timedelta(minutes=minutes)
    ),
)
def test_it_never_falls_on_a_rest_day_and_never_stands_still(
    park: OfficeCalendar, rule: Recurrence, instant: datetime
) -> None:
    comes = rule.next_after(instant, park)
    assert comes > instant
    assert park.is_working(comes.date())
    assert comes.time() == rule.at
    assert comes - instant < timedelta(days=75)
    last, passed = rule.last_until(comes, comes + timedelta(days=60), park)
    assert last <= comes + timedelta(days=60) < rule.next_after(last, park)
    assert passed >= 1 or rule.every is not Every.WEEK


@pytest.mark.parametrize(
    ("covers", "since", "until"),
    [
        (Covers.LAST_WEEK, date(2025, 12, 22), date(2025, 12, 29)),
        (Covers.LAST_MONTH, date(2025, 12, 1), date(2026, 1, 1)),
        (Covers.THIS_MONTH, date(2026, 1, 1), date(2026, 1, 3)),
        (Covers.THIS_YEAR, date(2026, 1, 1), date(2026, 1, 3)),
    ],
)
def test_what_it_is_about_is_told_from_its_day(covers: Covers, since: date, until: date) -> None:
    assert covers.days(date(2026, 1, 2)) == (since, until)
