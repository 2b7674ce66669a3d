"""At which moment each step of a ladder falls."""

from datetime import date, datetime, time

from service_desk.domain.deadlines import Limit, Pause, Running, due
from service_desk.domain.reminders import StepRule, moment, moments
from service_desk.domain.vocabulary import Unit
from service_desk.domain.worktime import CHINA, OfficeCalendar

HALF = StepRule("half", "half")
THREE_LEFT = StepRule("three_left", "left", 3, min_limit=10)
ONE_LEFT = StepRule("one_left", "left", 1)
TODAY = StepRule("today", "left", 0, at=time(10))
OVERDUE = StepRule("overdue", "overdue", 1)
OVERDUE_3 = StepRule("overdue_3", "overdue", 3)
SETTLE = (HALF, THREE_LEFT, ONE_LEFT, TODAY, OVERDUE, OVERDUE_3)

HOUR_BEFORE = StepRule("hour_before", "hours_before", 1)
AT_DUE = StepRule("at_due", "at_due")
HOUR_AFTER = StepRule("hour_after", "hours_after", 1)
HOURLY = (HOUR_BEFORE, AT_DUE, HOUR_AFTER)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=CHINA)


def pauses(*texts: str) -> tuple[Pause, ...]:
    ends = [text.split("/") for text in texts]
    return tuple(Pause(at(start), at(end) if end else None) for start, end in ends)


def clock(number: int, unit: Unit, *paused: str, start: str = "03-02T10:00", extended: int = 0) -> Running:
    return Running(at(start), Limit(number, unit), pauses(*paused), extended)


def days(number: int, *paused: str, start: str = "03-02T10:00", extended: int = 0) -> Running:
    return clock(number, Unit.WORKING_DAYS, *paused, start=start, extended=extended)


def hours(number: int, *paused: str, start: str = "03-02T10:00") -> Running:
    return clock(number, Unit.WORKING_HOURS, *paused, start=start)


def natural(number: int, *paused: str, start: str = "03-02T10:00") -> Running:
    return clock(number, Unit.NATURAL_DAYS, *paused, start=start)


def ladder(rules: tuple[StepRule, ...], clock: Running, calendar: OfficeCalendar) -> dict[str, datetime]:
    return {rule.key: instant for rule, instant in moments(rules, clock, calendar)}


class TestDays:
    def test_five_days_from_monday_are_due_next_monday(self, park: OfficeCalendar) -> None:
        assert ladder(SETTLE, days(5), park) == {
            "half": at("03-06T09:00"),  # the day after the third of five
            "one_left": at("03-06T09:00"),
            "today": at("03-09T10:00"),
            "overdue": at("03-10T09:00"),
            "overdue_3": at("03-12T09:00"),
        }

    def test_fifteen_days_also_warn_three_days_before(self, park: OfficeCalendar) -> None:
        assert ladder(SETTLE, days(15), park) == {
            "half": at("03-13T09:00"),
            "three_left": at("03-18T09:00"),
            "one_left": at("03-20T09:00"),
            "today": at("03-23T10:00"),
            "overdue": at("03-24T09:00"),
            "overdue_3": at("03-26T09:00"),
        }

    def test_steps_skip_a_festival_and_fall_on_make_up_days(self, park: OfficeCalendar) -> None:
        assert ladder(SETTLE, days(3, start="02-12T16:00"), park) == {
            "half": at("02-24T09:00"),
            "one_left": at("02-14T09:00"),
            "today": at("02-24T10:00"),
            "overdue": at("02-25T09:00"),
            "overdue_3": at("02-27T09:00"),
        }

    def test_a_limit_that_an_extension_makes_long_is_long(self, park: OfficeCalendar) -> None:
        assert "three_left" not in ladder(SETTLE, days(9), park)
        assert ladder(SETTLE, days(5, extended=5), park)["three_left"] == at("03-11T09:00")

    def test_a_step_before_the_start_is_dropped(self, park: OfficeCalendar) -> None:
        assert list(ladder(SETTLE, days(1), park)) == ["today", "overdue", "overdue_3"]

    def test_a_step_at_the_start_is_dropped_too(self, park: OfficeCalendar) -> None:
        assert "one_left" not in ladder(SETTLE, days(1, start="03-02T09:00"), park)

    def test_a_step_on_the_start_day_but_after_the_start_is_kept(self, park: OfficeCalendar) -> None:
        assert ladder(SETTLE, days(1, start="03-02T08:59"), park)["one_left"] == at("03-02T09:00")

    def test_one_left_of_a_clock_started_on_a_sunday_would_be_friday(self, park: OfficeCalendar) -> None:
        assert "one_left" not in ladder(SETTLE, days(1, start="03-08T08:00"), park)

    def test_half_of_one_day_would_be_overdue_and_is_dropped(self, park: OfficeCalendar) -> None:
        assert moment(HALF, days(1), at("03-03T17:30"), park) is None

    def test_a_named_date_is_warned_of_but_has_no_half(self, park: OfficeCalendar) -> None:
        rest = Running.until(date(2026, 3, 14), start=at("03-02T10:00"))
        assert ladder(SETTLE, rest, park) == {
            "one_left": at("03-13T09:00"),
            "today": at("03-16T10:00"),
            "overdue": at("03-17T09:00"),
            "overdue_3": at("03-19T09:00"),
        }

    def test_a_clock_of_days_is_not_told_of_by_the_hour(self, park: OfficeCalendar) -> None:
        assert ladder(HOURLY, days(5), park) == {}


class TestPauses:
    def test_nothing_fires_while_due_is_unknown(self, park: OfficeCalendar) -> None:
        assert moments(SETTLE, days(5, "03-04T10:00/"), park) == ()

    def test_days_paused_at_close_are_not_counted_back(self, park: OfficeCalendar) -> None:
        # Counted: Tuesday, Wednesday, Monday. Thursday and Friday are paused at close.
        steps = ladder(SETTLE, days(3, "03-05T12:00/03-07T00:00"), park)
        assert steps["one_left"] == at("03-04T09:00")
        assert steps["today"] == at("03-09T10:00")

    def test_a_step_within_a_pause_fires_when_the_clock_runs_again(self, park: OfficeCalendar) -> None:
        steps = ladder(SETTLE, days(5, "03-06T08:00/03-06T14:10"), park)
        assert steps["one_left"] == at("03-06T14:10")

    def test_but_not_before_the_office_opens(self, park: OfficeCalendar) -> None:
        steps = ladder(SETTLE, days(5, "03-06T08:00/03-06T12:30"), park)
        assert steps["one_left"] == at("03-06T13:30")

    def test_nor_in_a_second_pause(self, park: OfficeCalendar) -> None:
        paused = ("03-06T08:00/03-06T11:00", "03-06T10:00/03-06T15:00")
        assert ladder(SETTLE, days(5, *paused), park)["one_left"] == at("03-06T15:00")

    def test_a_pause_on_the_start_day_takes_no_step_from_it(self, park: OfficeCalendar) -> None:
        steps = ladder(SETTLE, days(1, "03-02T12:00/03-02T20:00", start="03-02T08:59"), park)
        assert steps["one_left"] == at("03-02T09:00")

    def test_today_that_could_only_fire_after_due_is_dropped(self, park: OfficeCalendar) -> None:
        assert "today" not in ladder(SETTLE, days(5, "03-09T09:00/03-09T17:30"), park)

    def test_an_overdue_clock_that_stands_is_left_in_peace(self, park: OfficeCalendar) -> None:
        steps = ladder(SETTLE, days(5, "03-11T12:00/"), park)
        assert "overdue" in steps
        assert "overdue_3" not in steps

    def test_overdue_days_are_working_days_paused_or_not(self, park: OfficeCalendar) -> None:
        steps = ladder(SETTLE, days(5, "03-10T12:00/03-11T12:00"), park)
        assert steps["overdue_3"] == at("03-12T09:00")


class TestHours:
    def test_an_hour_before_at_due_and_an_hour_after(self, park: OfficeCalendar) -> None:
        assert ladder(HOURLY, hours(4), park) == {
            "hour_before": at("03-02T14:30"),
            "at_due": at("03-02T15:30"),
            "hour_after": at("03-02T16:30"),
        }

    def test_a_clock_of_hours_is_not_told_of_by_the_day(self, park: OfficeCalendar) -> None:
        assert ladder((ONE_LEFT, TODAY, OVERDUE), hours(4), park) == {}

    def test_hours_are_those_of_the_office(self, park: OfficeCalendar) -> None:
        assert ladder(HOURLY, hours(2, start="03-06T16:00"), park) == {
            "hour_before": at("03-06T17:00"),
            "at_due": at("03-09T09:30"),
            "hour_after": at("03-09T10:30"),
        }

    def test_an_hour_before_ten_is_the_opening_not_the_close_of_yesterday(self, park: OfficeCalendar) -> None:
        assert ladder(HOURLY, hours(2, start="03-02T16:30"), park)["hour_before"] == at("03-03T09:00")

    def test_an_hour_of_one_hour_is_the_start_and_dropped(self, park: OfficeCalendar) -> None:
        assert list(ladder(HOURLY, hours(1), park)) == ["at_due", "hour_after"]

    def test_a_pause_moves_them_all(self, park: OfficeCalendar) -> None:
        assert ladder(HOURLY, hours(4, "03-02T11:00/03-03T09:00"), park) == {
            "hour_before": at("03-03T11:00"),
            "at_due": at("03-03T12:00"),
            "hour_after": at("03-03T14:30"),
        }

    def test_an_hour_before_may_be_the_end_of_a_pause(self, park: OfficeCalendar) -> None:
        steps = ladder(HOURLY, hours(2, "03-02T11:00/03-04T11:00"), park)
        assert steps["hour_before"] == at("03-04T11:00")

    def test_days_have_no_hour_before(self, park: OfficeCalendar) -> None:
        assert "hour_before" not in ladder(HOURLY, days(5), park)


class TestNaturalDays:
    def test_steps_fall_on_the_last_working_day_before(self, park: OfficeCalendar) -> None:
        # 13 days: due on Sunday the 15th, put off to Monday; a day and three days before are rest days or not.
        assert due(natural(13), park) == at("03-16T17:30")
        assert ladder(SETTLE, natural(13), park) == {
            "half": at("03-10T09:00"),
            "three_left": at("03-13T09:00"),
            "one_left": at("03-13T09:00"),
            "today": at("03-16T10:00"),
            "overdue": at("03-17T09:00"),
            "overdue_3": at("03-19T09:00"),
        }

    def test_days_before_are_natural_ones(self, park: OfficeCalendar) -> None:
        # Due on Wednesday the 1st of April; three days before is a Sunday.
        assert ladder(SETTLE, natural(30), park)["three_left"] == at("03-27T09:00")

    def test_a_half_that_ends_on_a_rest_day_waits_for_the_next_working_day(
        self, park: OfficeCalendar
    ) -> None:
        assert ladder(SETTLE, natural(10), park)["half"] == at("03-09T09:00")

    def test_paused_days_are_not_counted_back(self, park: OfficeCalendar) -> None:
        steps = ladder(SETTLE, natural(30, "03-31T08:00/04-01T09:30"), park)
        assert steps["today"] == at("04-02T10:00")
        assert steps["one_left"] == at("04-01T09:30")
        assert steps["three_left"] == at("03-27T09:00")


class TestOrder:
    def test_steps_come_in_the_order_of_time(self, park: OfficeCalendar) -> None:
        instants = [instant for _, instant in moments(tuple(reversed(SETTLE)), days(15), park)]
        assert instants == sorted(instants)

    def test_steps_of_one_moment_keep_the_order_of_the_ladder(self, park: OfficeCalendar) -> None:
        assert [rule.key for rule, _ in moments(SETTLE, days(5), park)][:2] == ["half", "one_left"]
