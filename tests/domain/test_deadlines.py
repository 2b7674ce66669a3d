"""When a clock is due, how it stands before that, and what is told about it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from service_desk.domain.deadlines import (
    Horizon,
    Limit,
    Pause,
    Running,
    cut_off,
    due,
    judge,
    left,
    original_due,
    standing,
    waiting_ends,
    worked_days,
)
from service_desk.domain.errors import Invalid
from service_desk.domain.vocabulary import ClockState, Standing, Unit
from service_desk.domain.why import DayKind, explain
from service_desk.domain.worktime import CHINA, OfficeCalendar

# March 2026 has no notice: its first Monday is the 2nd. In September and October there are festivals.
MONDAY = "03-02T10:00"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=CHINA)


def pauses(*texts: str) -> tuple[Pause, ...]:
    """``03-03T10:00/03-04T09:00``; without an end the pause is open."""
    ends = [text.split("/") for text in texts]
    return tuple(Pause(at(start), at(end) if end else None) for start, end in ends)


def days(number: int, *paused: str, start: str = MONDAY, extended: int = 0) -> Running:
    return Running(at(start), Limit(number, Unit.WORKING_DAYS), pauses(*paused), extended)


def hours(number: int, *paused: str, start: str = MONDAY, extended: int = 0) -> Running:
    return Running(at(start), Limit(number, Unit.WORKING_HOURS), pauses(*paused), extended)


def natural(number: int, *paused: str, start: str = MONDAY, extended: int = 0) -> Running:
    return Running(at(start), Limit(number, Unit.NATURAL_DAYS), pauses(*paused), extended)


def until(clock: Running) -> Running:
    """The same where a date is set from above: Friday 13 March."""
    return replace(clock, latest=date(2026, 3, 13))


class TestWorkingDays:
    @pytest.mark.parametrize(
        ("start", "limit", "expected"),
        [
            pytest.param("02-12T10:00", 5, "02-26T17:30", id="over the Spring Festival, a Saturday made up"),
            pytest.param("02-13T10:00", 1, "02-14T17:30", id="to the made-up Saturday"),
            pytest.param("02-14T10:00", 1, "02-24T17:30", id="from the made-up Saturday over the festival"),
            pytest.param("04-30T10:00", 3, "05-08T17:30", id="over Labour Day"),
            pytest.param("09-18T10:00", 1, "09-20T17:30", id="to a made-up Sunday"),
            pytest.param("09-30T10:00", 5, "10-13T17:30", id="over National Day"),
            pytest.param("03-07T10:00", 1, "03-09T17:30", id="filed on a Saturday"),
            pytest.param("03-02T00:00", 1, "03-03T17:30", id="filed at midnight, that day has begun"),
            pytest.param("03-02T23:59:59", 1, "03-03T17:30", id="filed at night"),
        ],
    )
    def test_due_at_the_close_of_the_nth_day(
        self, start: str, limit: int, expected: str, park: OfficeCalendar
    ) -> None:
        assert due(days(limit, start=start), park) == at(expected)

    @pytest.mark.parametrize(
        ("paused", "expected"),
        [
            pytest.param("03-03T09:00/03-03T17:29:59", "03-04T17:30", id="over before the close: it counts"),
            pytest.param("03-03T09:00/03-03T17:30", "03-04T17:30", id="over at the close: it counts"),
            pytest.param("03-03T17:30/03-03T18:00", "03-05T17:30", id="begun at the close: it does not"),
            pytest.param("03-03T09:00/03-03T17:30:01", "03-05T17:30", id="over after the close: neither"),
            pytest.param("03-03T17:30/03-03T17:30", "03-04T17:30", id="a pause of no length is none"),
            pytest.param("03-03T17:30:01/03-04T17:30", "03-04T17:30", id="night to close: no close in it"),
            pytest.param("03-02T09:00/03-02T20:00", "03-04T17:30", id="on the start day, which never counts"),
            pytest.param("03-03T12:00/03-05T12:00", "03-06T17:30", id="two closes long"),
        ],
    )
    def test_a_day_counts_if_the_clock_runs_when_the_office_closes(
        self, paused: str, expected: str, park: OfficeCalendar
    ) -> None:
        assert due(days(2, paused), park) == at(expected)

    def test_pauses_that_overlap_are_not_reckoned_twice(self, park: OfficeCalendar) -> None:
        assert due(days(2, "03-03T12:00/03-04T12:00", "03-03T10:00/03-03T20:00"), park) == at("03-05T17:30")

    def test_due_is_told_in_the_zone_of_the_park(self, park: OfficeCalendar) -> None:
        from_utc = Running(datetime(2026, 3, 1, 16, tzinfo=UTC), Limit(1, Unit.WORKING_DAYS))
        moment = due(from_utc, park)
        assert moment is not None
        assert moment.isoformat() == "2026-03-03T17:30:00+08:00"


class TestOpenPauses:
    @pytest.mark.parametrize(
        "clock",
        [
            pytest.param(days(2, "03-04T17:30/"), id="working days, from the very close of the last day"),
            pytest.param(hours(7, "03-03T09:59:59/"), id="working hours, one second before they are used up"),
            pytest.param(natural(1, "03-03T10:00/"), id="natural days"),
            pytest.param(
                natural(5, "03-09T10:00/"), id="natural days, all counted, put off to a working day"
            ),
        ],
    )
    def test_due_is_unknown_until_the_clock_runs_again(self, clock: Running, park: OfficeCalendar) -> None:
        assert due(clock, park) is None
        assert standing(None, at("03-20T10:00"), park) is Standing.PAUSED

    @pytest.mark.parametrize(
        ("clock", "expected"),
        [
            pytest.param(days(2, "03-04T17:30:01/"), "03-04T17:30", id="working days"),
            pytest.param(hours(7, "03-03T10:00/"), "03-03T10:00", id="working hours, used up to the second"),
            pytest.param(natural(5, "03-09T17:30:01/"), "03-09T17:30", id="natural days"),
        ],
    )
    def test_a_clock_already_overdue_stays_overdue(
        self, clock: Running, expected: str, park: OfficeCalendar
    ) -> None:
        assert due(clock, park) == at(expected)
        assert left(clock, at("03-10T10:00"), park).standing is Standing.OVERDUE

    def test_an_extension_can_make_a_known_due_unknown(self, park: OfficeCalendar) -> None:
        clock = days(2, "03-05T09:00/", extended=2)
        assert (original_due(clock, park), due(clock, park)) == (at("03-04T17:30"), None)


class TestWorkingHours:
    @pytest.mark.parametrize(
        ("clock", "expected"),
        [
            pytest.param(hours(2, start="03-02T15:30"), "03-02T17:30", id="at the close, not next morning"),
            pytest.param(hours(3, start="03-02T09:00"), "03-02T12:00", id="at noon, not after it"),
            pytest.param(hours(2, start="03-02T11:00"), "03-02T14:30", id="noon is not worked"),
            pytest.param(hours(2, start="03-02T17:00"), "03-03T10:30", id="nor is the night"),
            pytest.param(hours(2, start="03-06T20:00"), "03-09T11:00", id="filed on a Friday night"),
            pytest.param(hours(4, start="02-14T16:30"), "02-24T12:00", id="over the Spring Festival"),
            pytest.param(hours(2, "03-02T11:00/03-02T16:00"), "03-02T17:00", id="a pause is not worked"),
            pytest.param(hours(3, "03-02T12:00/03-02T13:30"), "03-02T14:30", id="a pause at noon is nothing"),
            pytest.param(hours(1, "03-02T11:00/03-04T11:00"), "03-02T11:00", id="used up as a pause begins"),
        ],
    )
    def test_due_the_instant_the_time_is_used_up(
        self, clock: Running, expected: str, park: OfficeCalendar
    ) -> None:
        assert due(clock, park) == at(expected)

    def test_overlapping_pauses_are_taken_out_once(self, park: OfficeCalendar) -> None:
        clock = hours(2, "03-02T10:30/03-02T11:30", "03-02T10:00/03-02T11:00", "03-02T10:15/03-02T10:20")
        assert due(clock, park) == at("03-02T15:00")


class TestNaturalDays:
    @pytest.mark.parametrize(
        ("clock", "expected"),
        [
            pytest.param(natural(4), "03-06T17:30", id="to a Friday"),
            pytest.param(natural(5), "03-09T17:30", id="a Saturday is put off to Monday (art. 203)"),
            pytest.param(natural(30, start="09-01T10:00"), "10-08T17:30", id="October 1st is put off"),
            pytest.param(natural(12, start="02-02T10:00"), "02-14T17:30", id="a made-up Saturday is worked"),
            pytest.param(natural(4, "03-03T12:00/03-05T12:00"), "03-09T17:30", id="paused at two closes"),
            pytest.param(natural(5, "03-07T12:00/03-07T20:00"), "03-09T17:30", id="paused on a Saturday"),
            pytest.param(natural(6, "03-07T12:00/03-07T17:30"), "03-09T17:30", id="over by its usual close"),
            pytest.param(natural(7, "03-07T12:00/03-07T17:31"), "03-10T17:30", id="paused at that close"),
            pytest.param(
                natural(5, "03-09T12:00/03-10T12:00"), "03-10T17:30", id="paused where it is put off"
            ),
        ],
    )
    def test_rest_days_count_and_the_last_day_is_a_working_day(
        self, clock: Running, expected: str, park: OfficeCalendar
    ) -> None:
        assert due(clock, park) == at(expected)


class TestNamedDate:
    @pytest.mark.parametrize(
        ("named", "expected"),
        [
            pytest.param(date(2026, 3, 6), "03-06T17:30", id="at the close of a working day"),
            pytest.param(date(2026, 3, 7), "03-09T17:30", id="or of the next"),
            pytest.param(date(2026, 10, 1), "10-08T17:30", id="after a festival"),
        ],
    )
    def test_due_at_the_close_of_the_date(self, named: date, expected: str, park: OfficeCalendar) -> None:
        assert due(Running.until(named, start=at(MONDAY)), park) == at(expected)


class TestExtensions:
    @pytest.mark.parametrize(
        ("clock", "original", "extended"),
        [
            pytest.param(days(5, extended=5), "03-09T17:30", "03-16T17:30", id="working days"),
            pytest.param(hours(2, extended=1), "03-02T12:00", "03-02T14:30", id="working hours"),
            pytest.param(natural(30, extended=60), "04-01T17:30", "06-01T17:30", id="natural days"),
        ],
    )
    def test_an_extension_is_in_the_unit_of_the_clock(
        self, clock: Running, original: str, extended: str, park: OfficeCalendar
    ) -> None:
        assert (original_due(clock, park), due(clock, park)) == (at(original), at(extended))


class TestHowItEnds:
    DUE = at("03-03T17:30")

    @pytest.mark.parametrize(
        ("moment", "expected"),
        [("03-03T17:30", ClockState.MET), ("03-03T17:30:01", ClockState.MISSED)],
        ids=["at due", "a second later"],
    )
    def test_met_by_an_act_at_or_before_due(self, moment: str, expected: ClockState) -> None:
        assert judge(self.DUE, at(moment)) is expected

    @pytest.mark.parametrize(
        ("moment", "expected"),
        [("03-03T17:29:59", ClockState.VOID), ("03-03T17:30", ClockState.MISSED)],
        ids=["a second before due", "at due"],
    )
    def test_cut_off_before_due_is_void(self, moment: str, expected: ClockState) -> None:
        assert cut_off(self.DUE, at(moment)) is expected

    def test_a_paused_clock_is_never_late(self) -> None:
        assert judge(None, at("12-31T00:00")) is ClockState.MET
        assert cut_off(None, at("12-31T00:00")) is ClockState.VOID


class TestWhatIsLeft:
    @pytest.mark.parametrize(
        ("clock", "now", "state", "words"),
        [
            (days(5), MONDAY, Standing.CALM, "剩 5 个工作日"),
            (days(5), "03-05T09:00", Standing.CALM, "剩 2 个工作日"),
            (days(5), "03-06T09:00", Standing.DUE_SOON, "剩 1 个工作日"),
            (days(5), "03-08T09:00", Standing.DUE_SOON, "剩 1 个工作日"),
            (days(5), "03-09T00:00", Standing.DUE_TODAY, "今天到期"),
            (days(5), "03-09T17:30", Standing.DUE_TODAY, "今天到期"),
            (days(5), "03-09T17:30:01", Standing.OVERDUE, "已超期"),
            (days(5), "03-10T09:00", Standing.OVERDUE, "已超期 1 个工作日"),
            (days(5), "03-15T09:00", Standing.OVERDUE, "已超期 4 个工作日"),
            (days(5, "03-04T12:00/"), "03-20T09:00", Standing.PAUSED, "暂停中，剩 4 个工作日"),
            (days(5, "03-04T12:00/", extended=5), "03-04T13:00", Standing.PAUSED, "暂停中，剩 9 个工作日"),
            (days(5, "03-04T12:00/03-05T12:00"), "03-06T09:00", Standing.CALM, "剩 2 个工作日"),
            (days(1, "03-05T12:00/"), "03-05T13:00", Standing.OVERDUE, "已超期 2 个工作日"),
            (natural(30), "03-02T12:00", Standing.CALM, "剩 30 个自然日"),
            (natural(5), "03-06T12:00", Standing.DUE_SOON, "剩 3 个自然日"),
            (natural(5), "03-09T12:00", Standing.DUE_TODAY, "今天到期"),
            (natural(5), "03-10T12:00", Standing.OVERDUE, "已超期 1 个工作日"),
            (natural(5, "03-08T12:00/"), "03-20T12:00", Standing.PAUSED, "暂停中，剩 0 个自然日"),
            (hours(4), MONDAY, Standing.DUE_TODAY, "剩 4 小时"),
            (hours(4), "03-02T14:10", Standing.DUE_TODAY, "剩 1 小时 20 分"),
            (hours(4), "03-02T15:29:30", Standing.DUE_TODAY, "剩 1 分"),
            (hours(4), "03-02T15:30", Standing.DUE_TODAY, "剩 0 分"),
            (hours(7), "03-02T16:40", Standing.DUE_SOON, "剩 1 小时 50 分"),
            (hours(4), "03-02T15:30:30", Standing.OVERDUE, "已超期"),
            (hours(4), "03-03T10:05", Standing.OVERDUE, "已超期 3 小时 5 分"),
            (hours(4, "03-02T11:00/"), "03-20T10:00", Standing.PAUSED, "暂停中，剩 3 小时"),
            (
                Running.until(date(2026, 3, 6), start=at(MONDAY)),
                "03-04T10:00",
                Standing.CALM,
                "剩 2 个工作日",
            ),
            (until(days(15, "03-03T10:00/")), "03-04T10:00", Standing.CALM, "剩 7 个工作日"),
            (until(natural(30, "03-03T10:00/")), "03-04T10:00", Standing.CALM, "剩 9 个自然日"),
            (until(days(15, "03-03T10:00/")), "03-13T10:00", Standing.DUE_TODAY, "今天到期"),
            (until(hours(99)), "03-13T16:00", Standing.DUE_TODAY, "剩 1 小时 30 分"),
        ],
        ids=lambda value: value if isinstance(value, str) and not value.isascii() else "",
    )
    def test_a_page_says(
        self, clock: Running, now: str, state: Standing, words: str, park: OfficeCalendar
    ) -> None:
        answer = left(clock, at(now), park)
        assert (answer.standing, answer.words) == (state, words)

    def test_due_soon_is_due_on_the_next_working_day_even_over_a_festival(self, park: OfficeCalendar) -> None:
        assert standing(at("10-08T17:30"), at("09-30T09:00"), park) is Standing.DUE_SOON

    def test_what_has_stopped_is_finished(self, park: OfficeCalendar) -> None:
        answer = standing(at("03-03T17:30"), at("03-20T09:00"), park, stopped_at=at("03-10T09:00"))
        assert answer is Standing.FINISHED

    def test_the_horizon_is_two_midnights(self, park: OfficeCalendar) -> None:
        horizon = Horizon.of(at("03-06T12:00"), park)
        assert (horizon.tomorrow, horizon.after_next_working_day) == (at("03-07T00:00"), at("03-10T00:00"))


class TestWhyThisDate:
    def test_every_day_says_what_it_did(self, park: OfficeCalendar) -> None:
        strip = explain(days(3, "02-13T12:00/02-13T20:00", start="02-12T10:00", extended=1), park)
        festival = [(date(2026, 2, day), DayKind.REST, None) for day in range(15, 24)]
        assert [(line.day, line.kind, line.number) for line in strip] == [
            (date(2026, 2, 12), DayKind.START, None),
            (date(2026, 2, 13), DayKind.PAUSED, None),
            (date(2026, 2, 14), DayKind.MAKE_UP, 1),
            *festival,
            (date(2026, 2, 24), DayKind.COUNTS, 2),
            (date(2026, 2, 25), DayKind.COUNTS, 3),
            (date(2026, 2, 26), DayKind.EXTENDED, 4),
        ]
        assert [line.day for line in strip if line.is_due] == [date(2026, 2, 26)]

    def test_natural_days_are_put_off_over_a_rest(self, park: OfficeCalendar) -> None:
        strip = explain(natural(5, "03-04T12:00/03-04T20:00"), park)
        assert [line.kind for line in strip] == [
            DayKind.START,
            DayKind.COUNTS,
            DayKind.PAUSED,
            *[DayKind.COUNTS] * 4,
            DayKind.COUNTS,
        ]
        assert [line.number for line in strip] == [None, 1, None, 2, 3, 4, 5, None]

    def test_hours_say_how_much_was_used(self, park: OfficeCalendar) -> None:
        strip = explain(hours(6, "03-03T10:00/03-04T11:00", start="03-02T16:00", extended=2), park)
        used = [line.used // timedelta(minutes=1) for line in strip if line.used is not None]
        assert used == [90, 60, 300, 30]
        assert [line.kind for line in strip] == [
            DayKind.START,
            DayKind.COUNTS,
            DayKind.COUNTS,
            DayKind.EXTENDED,
        ]

    def test_a_day_of_which_no_hour_counts_is_paused(self, park: OfficeCalendar) -> None:
        strip = explain(hours(4, "03-03T08:00/03-03T20:00", start="03-02T16:00"), park)
        assert [line.kind for line in strip] == [DayKind.START, DayKind.PAUSED, DayKind.COUNTS]

    def test_an_open_pause_ends_the_strip(self, park: OfficeCalendar) -> None:
        strip = explain(days(5, "03-04T12:00/"), park)
        assert [line.kind for line in strip] == [DayKind.START, DayKind.COUNTS, DayKind.PAUSED]
        assert not any(line.is_due for line in strip)

    def test_a_named_date_counts_its_working_days(self, park: OfficeCalendar) -> None:
        strip = explain(Running.until(date(2026, 3, 7), start=at("03-05T10:00")), park)
        assert [line.kind for line in strip] == [
            DayKind.START,
            DayKind.COUNTS,
            DayKind.REST,
            DayKind.REST,
            DayKind.COUNTS,
        ]


class TestDurations:
    @pytest.mark.parametrize(
        ("start", "end", "paused", "expected"),
        [
            pytest.param(MONDAY, "03-02T17:00", (), 0, id="the same day"),
            pytest.param(MONDAY, "03-03T08:00", (), 1, id="the day of the end counts whole"),
            pytest.param("03-06T10:00", "03-09T10:00", (), 1, id="a weekend does not"),
            pytest.param("03-06T10:00", "03-08T10:00", (), 0, id="nor an end on a Sunday"),
            pytest.param(MONDAY, "03-06T10:00", ("03-03T12:00/03-05T12:00",), 2, id="less those paused"),
            pytest.param(MONDAY, "03-06T10:00", ("03-05T12:00/",), 2, id="less what is still paused"),
        ],
    )
    def test_working_days_taken(
        self, start: str, end: str, paused: tuple[str, ...], expected: int, park: OfficeCalendar
    ) -> None:
        assert worked_days(at(start), at(end), pauses(*paused), park) == expected


class TestWaiting:
    @pytest.mark.parametrize(
        ("waits", "expected"),
        [
            pytest.param(["03-02T10:00/"], "03-07T00:00", id="the midnight after Friday's close"),
            pytest.param(["03-02T17:30/"], "03-07T00:00", id="a question at the close has spent that close"),
            pytest.param(["03-02T17:30:01/"], "03-10T00:00", id="a second later it has not"),
            pytest.param(["03-02T10:00/03-05T10:00", "03-10T10:00/"], "03-12T00:00", id="all waits together"),
            pytest.param(["03-02T10:00/03-04T10:00"], None, id="answered in time"),
            pytest.param(["03-02T10:00/03-07T00:00"], "03-07T00:00", id="ended by the fifth close"),
        ],
    )
    def test_waiting_ends_at_the_midnight_after_the_fifth_close(
        self, waits: list[str], expected: str | None, park: OfficeCalendar
    ) -> None:
        assert waiting_ends(pauses(*waits), 5, park) == (None if expected is None else at(expected))


class TestWhatIsNoClock:
    @pytest.mark.parametrize("unit", [Unit.WORKING_DAYS, Unit.WORKING_HOURS, Unit.NATURAL_DAYS])
    def test_a_limit_of_nothing_is_refused(self, unit: Unit) -> None:
        with pytest.raises(Invalid, match="时限至少为 1"):
            Limit(0, unit)

    def test_a_pause_that_ends_before_it_starts_is_refused(self) -> None:
        with pytest.raises(Invalid, match="早于开始"):
            pauses("03-03T10:00/03-03T09:00")

    def test_a_start_without_zone_is_refused(self) -> None:
        with pytest.raises(Invalid, match="要带时区"):
            Running(datetime(2026, 3, 2), Limit(1, Unit.WORKING_DAYS))  # noqa: DTZ001

    def test_a_date_without_its_unit_is_refused(self) -> None:
        with pytest.raises(Invalid, match="指定日期"):
            Running(at(MONDAY), Limit(1, Unit.WORKING_DAYS), named_date=date(2026, 3, 3))

    def test_a_limit_of_a_lifetime_is_refused(self) -> None:
        with pytest.raises(Invalid, match="最多"):
            Limit(10_000, Unit.WORKING_DAYS)
        with pytest.raises(Invalid, match="最多"):
            days(1, extended=10_000)

    def test_a_clock_that_leaves_the_calendar_is_refused(self, park: OfficeCalendar) -> None:
        clock = Running(datetime(9999, 12, 30, tzinfo=UTC), Limit(5, Unit.WORKING_DAYS))
        with pytest.raises(Invalid, match="超出"):
            due(clock, park)
