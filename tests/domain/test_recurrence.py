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
    meant = rule.days_meant(date(2026, 2, 24), park)
    assert Covers.LAST_WEEK.days(meant, date(2026, 2, 24)) == (date(2026, 2, 9), date(2026, 2, 23))


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
    day = date(2026, 1, 2)
    assert covers.days((day, day), day) == (since, until)


@pytest.mark.parametrize(
    ("covers", "since", "until"),
    [
        (Covers.LAST_WEEK, date(2026, 1, 19), date(2026, 1, 26)),
        (Covers.LAST_MONTH, date(2025, 12, 1), date(2026, 1, 1)),
        (Covers.THIS_MONTH, date(2026, 1, 1), date(2026, 2, 1)),
        (Covers.THIS_YEAR, date(2026, 1, 1), date(2026, 2, 3)),
    ],
)
def test_put_off_into_another_month_it_is_about_its_own(
    park: OfficeCalendar, covers: Covers, since: date, until: date
) -> None:
    """The last of January 2026 is a Saturday: what comes for it comes on Monday, the 2nd of February."""
    comes = date(2026, 2, 2)
    meant = Recurrence(Every.DAY, 31, HALF_PAST_EIGHT).days_meant(comes, park)
    assert meant == (date(2026, 1, 31), date(2026, 1, 31))
    assert covers.days(meant, comes) == (since, until)


@given(
    rule=st.one_of(
        *(
            st.builds(Recurrence, st.just(every), st.integers(1, every.most), st.just(HALF_PAST_EIGHT))
            for every in Every
        )
    ),
    start=st.dates(date(2020, 1, 1), date(2025, 1, 1)),
)
def test_every_week_and_month_is_reported_once(park: OfficeCalendar, rule: Recurrence, start: date) -> None:
    covers = Covers.LAST_WEEK if rule.every is Every.WEEK else Covers.LAST_MONTH
    comes, reported = rule.next_after(datetime.combine(start, time(), CHINA), park), []
    for _ in range(14):
        reported.append(covers.days(rule.days_meant(comes.date(), park), comes.date()))
        comes = rule.next_after(comes, park)
    assert [until for _, until in reported[:-1]] == [since for since, _ in reported[1:]]
