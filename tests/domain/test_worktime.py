"""When the office is open: the notices of the State Council, the hours of a day, what lies between two instants."""

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import holidays
import pytest

from service_desk.domain.worktime import CHINA, STANDARD_HOURS, Interval, OfficeCalendar, Span, days_after

MORNING_ONLY = (Interval(time(9), time(12)),)
SIX_DAYS = OfficeCalendar(
    week={**dict.fromkeys(range(5), STANDARD_HOURS), 5: MORNING_ONLY},
    overrides={date(2026, 3, 7): False, date(2026, 3, 8): True},
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=CHINA)


def days_of(first_year: int, last_year: int) -> list[date]:
    first, last = date(first_year, 1, 1), date(last_year, 12, 31)
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


class TestNotices:
    def test_every_day_agrees_with_chinesecalendar(self, park: OfficeCalendar) -> None:
        differing = [d for d in days_of(2004, 2026) if park.is_working(d) != chinese_calendar.is_workday(d)]
        assert differing == []

    def test_every_day_since_2006_agrees_with_holidays(self, park: OfficeCalendar) -> None:
        china = holidays.country_holidays("CN", years=range(2006, 2027))
        differing = [d for d in days_of(2006, 2026) if park.is_working(d) != china.is_working_day(d)]
        assert differing == []

    def test_only_days_that_differ_from_the_week_are_kept(self, park: OfficeCalendar) -> None:
        assert all(work == (day.weekday() >= 5) for day, work in park.overrides.items())

    @pytest.mark.parametrize(
        ("day", "make_up"),
        [
            pytest.param(date(2026, 2, 14), True, id="a Saturday made up for the Spring Festival"),
            pytest.param(date(2026, 2, 13), False, id="an ordinary Friday"),
            pytest.param(date(2026, 2, 17), False, id="the Spring Festival"),
            pytest.param(date(2026, 3, 7), False, id="an ordinary Saturday"),
        ],
    )
    def test_make_up_days_are_told_apart(self, park: OfficeCalendar, day: date, make_up: bool) -> None:  # noqa: FBT001
        assert park.is_make_up(day) is make_up

    def test_a_year_without_its_notice_says_so(self, park: OfficeCalendar) -> None:
        assert park.forecast_note(date(2027, 1, 4)) == "2027 年节假日安排尚未录入，暂按周一至周五推算"

    def test_a_year_with_its_notice_says_nothing(self, park: OfficeCalendar) -> None:
        assert park.forecast_note(date(2026, 12, 31)) is None

    def test_a_park_with_its_own_week_does_not_speak_of_monday_to_friday(self) -> None:
        assert SIX_DAYS.forecast_note(date(2027, 1, 4)) == "2027 年节假日安排尚未录入，暂按每周上班日推算"


class TestHoursOfADay:
    def test_a_working_day_has_a_morning_and_an_afternoon(self, park: OfficeCalendar) -> None:
        assert park.intervals(date(2026, 3, 2)) == (
            (at("03-02T09:00"), at("03-02T12:00")),
            (at("03-02T13:30"), at("03-02T17:30")),
        )

    def test_a_rest_day_has_none(self, park: OfficeCalendar) -> None:
        assert park.intervals(date(2026, 3, 1)) == ()

    def test_a_make_up_day_keeps_the_usual_hours(self, park: OfficeCalendar) -> None:
        assert park.opening(date(2026, 2, 14)) == at("02-14T09:00")
        assert park.close(date(2026, 2, 14)) == at("02-14T17:30")

    def test_a_rest_day_has_the_usual_closing_hour(self, park: OfficeCalendar) -> None:
        assert park.close(date(2026, 3, 1)) == at("03-01T17:30")

    def test_a_short_saturday_closes_at_noon(self) -> None:
        assert SIX_DAYS.close(date(2026, 3, 14)) == at("03-14T12:00")

    def test_a_notice_of_rest_moves_no_closing_hour(self) -> None:
        assert SIX_DAYS.close(date(2026, 3, 7)) == at("03-07T12:00")

    def test_a_made_up_sunday_has_the_hours_of_a_monday(self) -> None:
        assert SIX_DAYS.intervals(date(2026, 3, 8))[-1] == Span(at("03-08T13:30"), at("03-08T17:30"))


class TestInstants:
    def test_a_day_belongs_to_the_zone_of_the_park(self, park: OfficeCalendar) -> None:
        assert park.day_of(datetime(2026, 3, 1, 16, 30, tzinfo=UTC)) == date(2026, 3, 2)

    @pytest.mark.parametrize(
        ("instant", "opening"),
        [
            pytest.param("03-02T10:00", "03-02T10:00", id="while open, at once"),
            pytest.param("03-02T09:00", "03-02T09:00", id="at the opening itself"),
            pytest.param("03-02T08:59:59", "03-02T09:00", id="before the opening"),
            pytest.param("03-02T12:00", "03-02T13:30", id="at noon the office is shut"),
            pytest.param("03-02T17:30", "03-03T09:00", id="at the close it is too late"),
            pytest.param("02-14T18:00", "02-24T09:00", id="over the Spring Festival"),
            pytest.param("02-28T10:00", "02-28T10:00", id="a made-up Saturday is open"),
            pytest.param("03-07T10:00", "03-09T09:00", id="an ordinary Saturday is not"),
        ],
    )
    def test_the_next_opening(self, park: OfficeCalendar, instant: str, opening: str) -> None:
        assert park.next_opening(at(instant)) == at(opening)

    def test_the_next_opening_is_told_in_the_zone_of_the_park(self, park: OfficeCalendar) -> None:
        opening = park.next_opening(datetime(2026, 3, 2, 2, tzinfo=UTC))
        assert opening.isoformat() == "2026-03-02T10:00:00+08:00"

    @pytest.mark.parametrize(
        ("start", "end", "hours"),
        [
            pytest.param("03-02T09:00", "03-02T17:30", 7, id="a whole day is seven hours"),
            pytest.param("03-02T11:00", "03-02T14:00", 1.5, id="noon is not worked"),
            pytest.param("03-02T17:00", "03-03T09:30", 1, id="nor is the night"),
            pytest.param("03-07T09:00", "03-09T09:00", 0, id="nor the weekend"),
            pytest.param("02-13T09:00", "02-24T10:00", 15, id="but a made-up Saturday is"),
            pytest.param("03-03T09:00", "03-02T09:00", 0, id="nothing lies backwards"),
        ],
    )
    def test_worked_time(self, park: OfficeCalendar, start: str, end: str, hours: float) -> None:
        assert park.worked(at(start), at(end)) == timedelta(hours=hours)


class TestCountingDays:
    @pytest.mark.parametrize(
        ("instant", "day"),
        [
            pytest.param("2026-03-02T00:00:00+08:00", date(2026, 3, 2), id="a Monday, to its first minute"),
            pytest.param(
                "2026-03-01T23:00:00+08:00", date(2026, 2, 28), id="a Sunday, to the make-up Saturday"
            ),
            pytest.param(
                "2026-02-22T12:00:00+08:00", date(2026, 2, 14), id="a festival, to the day before it"
            ),
        ],
    )
    def test_a_rest_day_belongs_to_the_working_day_before(
        self, park: OfficeCalendar, instant: str, day: date
    ) -> None:
        assert park.working_day_of(datetime.fromisoformat(instant)) == day

    def test_the_next_working_day_skips_a_festival(self, park: OfficeCalendar) -> None:
        assert park.next_working_day(date(2026, 2, 14)) == date(2026, 2, 24)

    @pytest.mark.parametrize(
        ("after", "until", "count"),
        [
            pytest.param(date(2026, 3, 2), date(2026, 3, 2), 0, id="the day itself is not after"),
            pytest.param(date(2026, 3, 2), date(2026, 3, 3), 1, id="the last day is counted"),
            pytest.param(date(2026, 3, 6), date(2026, 3, 8), 0, id="a weekend is not"),
            pytest.param(date(2026, 2, 12), date(2026, 2, 26), 5, id="over the Spring Festival"),
            pytest.param(date(2026, 3, 3), date(2026, 3, 2), 0, id="nothing lies backwards"),
        ],
    )
    def test_working_days_after(self, park: OfficeCalendar, after: date, until: date, count: int) -> None:
        assert park.working_days_after(after, until) == count

    @pytest.mark.parametrize("first", [date(2004, 1, 1), date(2015, 8, 30), date(2026, 12, 25)], ids=str)
    def test_counting_by_arithmetic_is_counting_one_by_one(self, park: OfficeCalendar, first: date) -> None:
        count = 0
        for day, _ in zip(days_after(first), range(400), strict=False):
            count += park.is_working(day)
            assert park.working_days_after(first, day) == count


class TestWhatIsNoCalendar:
    def test_an_office_that_never_opens_is_refused(self) -> None:
        with pytest.raises(ValueError, match="never opens"):
            OfficeCalendar(week={})

    def test_an_interval_that_ends_before_it_starts_is_refused(self) -> None:
        with pytest.raises(ValueError, match="ends after it starts"):
            Interval(time(12), time(9))

    def test_intervals_that_overlap_are_refused(self) -> None:
        overlapping = (Interval(time(9), time(12)), Interval(time(11), time(17)))
        with pytest.raises(ValueError, match="do not overlap"):
            OfficeCalendar(week={0: overlapping})
