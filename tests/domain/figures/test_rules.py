"""The rules of the figures one by one, each on the smallest history that shows it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from service_desk.domain.deadlines import Limit, Pause
from service_desk.domain.figures import (
    BY_KEY,
    By,
    Figure,
    History,
    PastClock,
    PastEvent,
    PastExtension,
    Period,
    Since,
    all_facts,
    count,
    words,
)
from service_desk.domain.figures.counting import Tally, figure_of, nearest_rank
from service_desk.domain.figures.history import FormerLimit
from service_desk.domain.vocabulary import ClockKind, ClockState, State, Unit
from service_desk.domain.worktime import CHINA, OfficeCalendar

MONDAY = datetime(2026, 3, 2, 9, tzinfo=CHINA)
LATE = datetime(2026, 11, 21, tzinfo=CHINA)
YEAR = (date(2026, 1, 1), date(2027, 1, 1))


@dataclass(frozen=True)
class Told:
    """A history told day by day: each act happens at nine, so many days after Monday 2 March."""

    events: tuple[PastEvent, ...] = ()

    def then(self, day: float, action: str, state: State, **data: Any) -> "Told":
        department = data.pop("department", "供电公司")
        event = PastEvent(MONDAY + timedelta(days=day), len(self.events), action, state, department, data)
        return replace(self, events=(*self.events, event))

    def ticket(self, number: str = "QS-1", *clocks: PastClock, **changes: str) -> History:
        given = {
            "enterprise": "甲公司",
            "source": "企业自提",
            "category": "用电",
            "area": "新材料园",
        } | changes
        return History(
            number=number,
            enterprises=(Since(self.events[0].at, given["enterprise"]),),
            source=given["source"],
            categories=(Since(self.events[0].at, given["category"]),),
            areas=(Since(self.events[0].at, given["area"]),),
            events=self.events,
            clocks=clocks,
        )


SUBMITTED = Told().then(0, "submit", State.SUBMITTED)
DISPATCHED = SUBMITTED.then(0, "accept", State.ACCEPTED).then(0, "dispatch", State.ASSIGNED)
SIGNED = DISPATCHED.then(0, "sign", State.IN_PROGRESS)


def replied(outcome: str = "solved", *, day: float = 2, told: Told = SIGNED) -> Told:
    return told.then(day, "reply", State.REPLIED, outcome=outcome)


def verified(outcome: str = "solved") -> Told:
    return replied(outcome).then(3, "verify", State.AWAITING_RATING)


def rated(solved: str = "solved", level: str = "satisfied", outcome: str = "solved") -> Told:
    return verified(outcome).then(4, "rate", State.CLOSED, solved=solved, level=level)


def unrated() -> Told:
    return verified().then(10, "expire_rating", State.CLOSED)


def settle(**changes: Any) -> PastClock:
    """The settle clock of one of these tickets: five working days from Monday, so due on the next one."""
    due = datetime(2026, 3, 9, 17, 30, tzinfo=CHINA)
    clock = PastClock(
        kind=ClockKind.SETTLE,
        department="供电公司",
        cycle=1,
        start=MONDAY,
        limit=Limit(5, Unit.WORKING_DAYS),
        due=due,
        original_due=due,
        result=ClockState.RUNNING,
    )
    return replace(clock, **changes)


@dataclass(frozen=True)
class Counter:
    calendar: OfficeCalendar

    def figures(
        self, *histories: History, by: By | None = None, as_of: datetime = LATE
    ) -> Mapping[tuple[str, str | None], Figure]:
        facts = all_facts(histories, as_of=as_of, calendar=self.calendar)
        found = count(facts, Period(*YEAR, as_of), indicators=tuple(BY_KEY.values()), by=by)
        return {(figure.key, figure.by): figure for figure in found}

    def whole(
        self, key: str, *histories: History, as_of: datetime = LATE
    ) -> tuple[int | None, int | None, int]:
        figure = self.figures(*histories, as_of=as_of)[key, None]
        return figure.numerator, figure.denominator, figure.excluded


@pytest.fixture
def counter(park: OfficeCalendar) -> Counter:
    return Counter(park)


def many(number: int, told: Told, **changes: str) -> list[History]:
    return [told.ticket(f"{told.events[-1].action}-{one}", **changes) for one in range(number)]


# The cases of the law


def test_12_of_23_submitted_are_solved(counter: Counter) -> None:
    histories = [*many(12, rated()), *many(11, SUBMITTED)]
    figure = counter.figures(*histories)["solved_all", None]
    assert (figure.numerator, figure.denominator) == (12, 23)
    assert words(figure, BY_KEY["solved_all"]) == "52.17%"


def test_42_of_59_dispatched_are_solved(counter: Counter) -> None:
    histories = [*many(42, rated()), *many(17, SIGNED), *many(6, SUBMITTED)]
    figure = counter.figures(*histories)["solved_assigned", None]
    assert (figure.numerator, figure.denominator) == (42, 59)
    assert words(figure, BY_KEY["solved_assigned"]) == "71.19%"


def test_56_from_above_are_all_closed(counter: Counter) -> None:
    histories = [*many(56, rated(), source="上级转办"), *many(3, SIGNED, source="走访")]
    figures = counter.figures(*histories, by=By.SOURCE)
    assert (figures["closing", "上级转办"].numerator, figures["closing", "上级转办"].denominator) == (56, 56)
    assert words(figures["closing", "上级转办"], BY_KEY["closing"]) == "100.00%"
    assert words(figures["closing", "走访"], BY_KEY["closing"]) == "0.00%"


# Tickets


@pytest.mark.parametrize(
    ("told", "solved"),
    [
        pytest.param(verified("solved"), 1, id="verified as solved, not rated yet"),
        pytest.param(unrated(), 1, id="verified as solved, never rated"),
        pytest.param(rated("unsolved"), 0, id="the enterprise says it is not solved"),
        pytest.param(rated("partly"), 1, id="the enterprise says partly"),
        pytest.param(rated(outcome="policy"), 0, id="the policy was explained"),
        pytest.param(replied(), 0, id="not verified yet"),
        pytest.param(
            SUBMITTED.then(0, "answer", State.AWAITING_RATING).then(
                1, "rate", State.CLOSED, solved="solved", level="satisfied"
            ),
            0,
            id="the desk answered itself",
        ),
        pytest.param(
            rated("unsolved")
            .then(4, "rework", State.ASSIGNED)
            .then(5, "reply", State.REPLIED, outcome="solved")
            .then(6, "verify", State.AWAITING_RATING),
            1,
            id="the rework's own reply counts, not the first rating",
        ),
    ],
)
def test_what_counts_as_solved(counter: Counter, told: Told, solved: int) -> None:
    assert counter.whole("solved_all", told.ticket()) == (solved, 1, 0)


@pytest.mark.parametrize(
    ("action", "state", "closing", "solved_all"),
    [
        ("withdraw", State.WITHDRAWN, (0, 0, 1), (0, 0, 1)),
        ("merge", State.MERGED, (0, 0, 1), (0, 0, 1)),
        ("decide_rejection", State.REJECTED, (0, 0, 1), (0, 1, 0)),
    ],
    ids=["withdrawn", "merged", "rejected"],
)
def test_what_ended_otherwise_is_taken_out(
    counter: Counter,
    action: str,
    state: State,
    closing: tuple[int, int, int],
    solved_all: tuple[int, int, int],
) -> None:
    ticket = SUBMITTED.then(0, "accept", State.ACCEPTED).then(1, action, state, granted=True).ticket()
    assert counter.whole("closing", ticket) == closing
    assert counter.whole("solved_all", ticket) == solved_all


@pytest.mark.parametrize(
    ("told", "line"),
    [
        pytest.param(SUBMITTED, "未派单", id="nobody has it yet"),
        pytest.param(SIGNED, "供电公司", id="its lead"),
        pytest.param(SUBMITTED.then(1, "answer", State.AWAITING_RATING), "一窗", id="the desk answered"),
        pytest.param(
            SIGNED.then(1, "redispatch", State.ASSIGNED, department="水务公司"),
            "水务公司",
            id="the lead of now",
        ),
        pytest.param(
            SIGNED.then(0.1, "ask_return", State.IN_PROGRESS).then(
                0.2, "decide_return", State.ACCEPTED, granted=True
            ),
            "未派单",
            id="given back",
        ),
    ],
)
def test_a_ticket_stands_on_the_line_of_its_lead(counter: Counter, told: Told, line: str) -> None:
    figures = counter.figures(told.ticket(), by=By.DEPARTMENT)
    assert [by for key, by in figures if key == "submitted"] == [line]


def test_a_return_counts_at_its_dispatch_and_for_who_asked(counter: Counter) -> None:
    told = SIGNED.then(0.1, "ask_return", State.IN_PROGRESS).then(
        0.2, "decide_return", State.IN_PROGRESS, granted=False
    )
    figures = counter.figures(
        told.then(1, "redispatch", State.ASSIGNED, department="水务公司").ticket(), by=By.DEPARTMENT
    )
    assert (figures["returned", "供电公司"].numerator, figures["returned", "供电公司"].denominator) == (1, 1)
    assert (figures["returned", "水务公司"].numerator, figures["returned", "水务公司"].denominator) == (0, 1)
    assert figures["wrongly_returned", "供电公司"].value == 1
    assert figures["moves", "水务公司"].value == 2


# Closings


def test_a_corrected_rating_counts_as_last_corrected(counter: Counter) -> None:
    told = rated(level="dissatisfied").then(
        5, "correct_rating", State.CLOSED, solved="solved", level="fairly_satisfied"
    )
    assert counter.whole("satisfied", told.ticket()) == (1, 1, 0)
    assert counter.whole("satisfied_strict", told.ticket()) == (0, 1, 0)
    before = MONDAY + timedelta(days=4.5)
    assert counter.whole("satisfied", told.ticket(), as_of=before) == (0, 1, 0)


def test_unrated_stays_unrated(counter: Counter) -> None:
    assert counter.whole("rated", unrated().ticket()) == (0, 1, 0)
    assert counter.whole("satisfied", unrated().ticket()) == (0, 0, 0)


@pytest.mark.parametrize(
    ("figure", "keys"),
    [("solved", ["solved"]), ("satisfied", ["satisfied", "satisfied_strict"])],
)
def test_a_granted_exclusion_takes_the_closing_out_of_its_figure(
    counter: Counter, figure: str, keys: list[str]
) -> None:
    told = rated("unsolved", "dissatisfied").then(5, "ask_exclusion", State.CLOSED, figure=figure)
    granted = told.then(6, "decide_exclusion", State.CLOSED, granted=True).ticket()
    refused = told.then(6, "decide_exclusion", State.CLOSED, granted=False).ticket()
    for key in ("solved", "satisfied", "satisfied_strict"):
        assert counter.whole(key, granted) == ((0, 0, 1) if key in keys else (0, 1, 0))
        assert counter.whole(key, refused) == (0, 1, 0)
        assert counter.whole(key, granted, as_of=MONDAY + timedelta(days=5.5)) == (0, 1, 0)


def test_an_exclusion_from_on_time_takes_out_the_clock_of_its_closing(counter: Counter) -> None:
    told = rated().then(5, "ask_exclusion", State.CLOSED, figure="on_time")
    told = told.then(6, "decide_exclusion", State.CLOSED, granted=True)
    late = settle(
        result=ClockState.MISSED, judged_at=MONDAY + timedelta(days=2), stopped_at=MONDAY + timedelta(days=3)
    )
    assert counter.whole("on_time", told.ticket("QS-1", late)) == (0, 0, 1)
    assert counter.whole("on_time_original", told.ticket("QS-1", late)) == (0, 0, 1)
    assert counter.whole("closing_due", told.ticket("QS-1", late)) == (1, 1, 0)


def test_a_later_cycle_takes_its_days_from_the_rework_though_it_was_accepted_again(counter: Counter) -> None:
    """Rejected in its second cycle on Tuesday and taken back on Thursday: the days since Monday's rework count."""
    answered = SUBMITTED.then(0, "answer", State.AWAITING_RATING).then(
        1, "rate", State.CLOSED, solved="unsolved", level="dissatisfied"
    )
    back = (
        answered.then(7, "rework", State.ACCEPTED)
        .then(8, "decide_rejection", State.REJECTED, granted=True)
        .then(10, "decide_appeal", State.SUBMITTED, granted=True)
        .then(10, "accept", State.ACCEPTED)
        .then(10, "dispatch", State.ASSIGNED)
        .then(10, "sign", State.IN_PROGRESS)
    )
    told = replied(day=11, told=back).then(11, "verify", State.AWAITING_RATING)
    closed = told.then(12, "rate", State.CLOSED, solved="solved", level="satisfied")
    assert counter.whole("duration_mean", closed.ticket()) == (4, 1, 0)


def test_a_granted_appeal_leaves_the_ticket_without_a_lead(counter: Counter) -> None:
    appealed = rated().then(5, "decide_appeal", State.ACCEPTED, granted=True).ticket()
    figures = counter.figures(appealed, by=By.DEPARTMENT)
    assert figures["submitted", "未派单"].numerator == 1
    assert figures["closings", "供电公司"].numerator == 1


def test_a_withdrawal_under_pressure_leaves_it_without_one_too(counter: Counter) -> None:
    back = SIGNED.then(1, "withdraw", State.WITHDRAWN).then(2, "check_withdrawal", State.ACCEPTED).ticket()
    assert counter.figures(back, by=By.DEPARTMENT)["submitted", "未派单"].numerator == 1


def test_what_happens_at_the_very_moment_has_happened(counter: Counter) -> None:
    ticket = SUBMITTED.ticket()
    assert counter.whole("submitted", ticket, as_of=MONDAY) == (1, None, 0)
    assert counter.whole("submitted", ticket, as_of=MONDAY - timedelta(seconds=1)) == (0, None, 0)


@pytest.mark.parametrize(
    ("days_later", "changes", "followed"),
    [
        pytest.param(90, {}, 1, id="ninety times 24 hours later"),
        pytest.param(90.001, {}, 0, id="a moment too late"),
        pytest.param(-1, {}, 0, id="before the closing"),
        pytest.param(0, {}, 0, id="at its very moment"),
        pytest.param(9, {"category": "供水"}, 0, id="another category"),
        pytest.param(9, {"enterprise": "乙公司"}, 0, id="another enterprise"),
    ],
)
def test_a_rebound_is_a_like_ticket_soon_after(
    counter: Counter, days_later: float, changes: dict[str, str], followed: int
) -> None:
    again = Told().then(4 + days_later, "submit", State.SUBMITTED).ticket("QS-2", **changes)
    assert counter.whole("rebound", rated().ticket(), again) == (followed, 1, 0)


@pytest.mark.parametrize(
    ("action", "state"),
    [("merge", State.MERGED), ("join_incident", State.SUBMITTED)],
    ids=["merged", "incident"],
)
def test_a_merged_ticket_and_one_of_an_incident_are_no_rebound(
    counter: Counter, action: str, state: State
) -> None:
    again = Told().then(14, "submit", State.SUBMITTED).then(15, action, state).ticket("QS-2")
    assert counter.whole("rebound", rated().ticket(), again) == (0, 1, 0)


def test_a_young_closing_cannot_have_rebounded_yet(counter: Counter) -> None:
    closed_at = MONDAY + timedelta(days=4)
    assert counter.whole("rebound", rated().ticket(), as_of=closed_at + timedelta(days=90)) == (0, 1, 0)
    assert counter.whole("rebound", rated().ticket(), as_of=closed_at + timedelta(days=89.9)) == (0, 0, 0)


@pytest.mark.parametrize(
    ("reply_day", "pauses", "days"),
    [
        pytest.param(0.1, [], 0, id="the same day"),
        pytest.param(1, [], 1, id="the next day"),
        pytest.param(7, [], 5, id="over a weekend"),
        pytest.param(3, [(1, 2)], 2, id="one day paused at close"),
        pytest.param(3, [(1.1, 1.2)], 3, id="a pause in which no office closes"),
    ],
)
def test_a_duration_counts_working_days_that_ran(
    counter: Counter, reply_day: float, pauses: list[tuple[float, float]], days: int
) -> None:
    told = (
        replied(day=reply_day).then(8, "verify", State.AWAITING_RATING).then(9, "expire_rating", State.CLOSED)
    )
    clock = settle(
        pauses=tuple(Pause(MONDAY + timedelta(days=a), MONDAY + timedelta(days=b)) for a, b in pauses),
        result=ClockState.MET,
        stopped_at=MONDAY + timedelta(days=8),
        judged_at=MONDAY + timedelta(days=reply_day),
    )
    assert counter.whole("duration_mean", told.ticket("QS-1", clock)) == (days, 1, 0)


def test_the_desks_own_answer_has_no_duration(counter: Counter) -> None:
    told = SUBMITTED.then(0, "answer", State.AWAITING_RATING).then(9, "expire_rating", State.CLOSED)
    assert counter.whole("duration_mean", told.ticket()) == (0, 0, 0)
    assert counter.whole("rated", told.ticket()) == (0, 1, 0)


# Clocks seen from an instant


def test_a_clock_counts_once_its_due_has_passed(counter: Counter) -> None:
    ticket = SIGNED.ticket("QS-1", settle())
    due = settle().due
    assert due is not None
    assert counter.whole("closing_due", ticket, as_of=due) == (0, 0, 0)
    assert counter.whole("closing_due", ticket, as_of=due + timedelta(seconds=1)) == (0, 1, 0)


def test_a_void_clock_never_counts_but_ran_until_it_was_void(counter: Counter) -> None:
    told = SIGNED.then(20, "withdraw", State.WITHDRAWN)
    void = settle(result=ClockState.VOID, stopped_at=MONDAY + timedelta(days=20))
    assert counter.whole("closing_due", told.ticket("QS-1", void)) == (0, 0, 0)
    assert counter.whole("closing_due", told.ticket("QS-1", void), as_of=MONDAY + timedelta(days=10)) == (
        0,
        1,
        0,
    )


def test_an_extension_granted_later_does_not_exist_yet(counter: Counter) -> None:
    clock = settle(
        extensions=(PastExtension(MONDAY + timedelta(days=3), 2),),
        due=datetime(2026, 3, 11, 17, 30, tzinfo=CHINA),
        result=ClockState.MET,
        judged_at=MONDAY + timedelta(days=8),
        stopped_at=MONDAY + timedelta(days=12),
    )
    ticket = replied(day=8).then(12, "verify", State.AWAITING_RATING).ticket("QS-1", clock)
    assert counter.whole("on_time", ticket) == (1, 1, 0)
    assert counter.whole("on_time_original", ticket) == (0, 1, 0)
    assert counter.whole("extended", ticket) == (1, 1, 0)
    # With the extension unknown the clock would have been overdue since the 9th; with it, it waits for the desk.
    ungranted = replace(clock, extensions=(PastExtension(MONDAY + timedelta(days=30), 2),))
    on_tuesday = MONDAY + timedelta(days=8)
    assert counter.whole("extended", SIGNED.ticket("QS-1", ungranted), as_of=on_tuesday) == (0, 1, 0)
    assert counter.whole("closing_due", ticket, as_of=MONDAY + timedelta(days=11)) == (0, 0, 0)


def test_a_reply_that_waits_for_the_desk_pauses_the_clock(counter: Counter) -> None:
    clock = settle(
        result=ClockState.MET, judged_at=MONDAY + timedelta(days=2), stopped_at=MONDAY + timedelta(days=15)
    )
    ticket = replied().then(15, "verify", State.AWAITING_RATING).ticket("QS-1", clock)
    assert counter.whole("closing_due", ticket) == (1, 1, 0)
    assert counter.whole("closing_due", ticket, as_of=MONDAY + timedelta(days=12)) == (0, 0, 0)


def test_a_corrected_limit_counts_from_its_correction_on(counter: Counter) -> None:
    corrected = MONDAY + timedelta(days=4)
    clock = settle(
        limit=Limit(15, Unit.WORKING_DAYS),
        former_limits=(FormerLimit(corrected, Limit(2, Unit.WORKING_DAYS)),),
    )
    ticket = SIGNED.ticket("QS-1", clock)
    assert counter.whole("closing_due", ticket, as_of=MONDAY + timedelta(days=3.5)) == (0, 1, 0)
    assert counter.whole("closing_due", ticket, as_of=MONDAY + timedelta(days=10)) == (0, 0, 0)


# Counting and printing


@pytest.mark.parametrize(
    ("amounts", "median", "p90"),
    [
        ({}, None, None),
        ({3: 1}, 3, 3),
        ({4: 1, 1: 1}, 1, 4),
        (dict.fromkeys(range(1, 11), 1), 5, 9),
        (dict.fromkeys(range(1, 12), 1), 6, 10),
        ({7: 2, 2: 9, 5: 1}, 2, 7),
    ],
)
def test_ranks_are_the_nearest(amounts: dict[int, int], median: int | None, p90: int | None) -> None:
    assert nearest_rank(amounts, Fraction(1, 2)) == median
    assert nearest_rank(amounts, Fraction(9, 10)) == p90


@pytest.mark.parametrize(
    ("numerator", "denominator", "said"),
    [
        pytest.param(12, 23, "52.17%", id="rounded down"),
        pytest.param(2, 3, "66.67%", id="rounded up"),
        pytest.param(1, 32, "3.13%", id="a half goes up"),
        pytest.param(1, 16, "6.25%", id="exact"),
        pytest.param(0, 0, "—", id="of nothing"),
    ],
)
def test_shares_are_printed_with_two_decimals(numerator: int, denominator: int, said: str) -> None:
    indicator = BY_KEY["closing"]
    assert words(figure_of(indicator, None, Tally(numerator, denominator)), indicator) == said


def test_a_rate_over_fewer_than_five_is_not_ranked() -> None:
    assert figure_of(BY_KEY["closing"], None, Tally(4, 4)).is_few
    assert not figure_of(BY_KEY["closing"], None, Tally(5, 5)).is_few
    assert not figure_of(BY_KEY["submitted"], None, Tally(1, 1)).is_few


def test_periods_are_half_open_in_the_parks_zone(counter: Counter) -> None:
    midnight = datetime(2027, 1, 1, tzinfo=CHINA)
    day = (midnight - MONDAY) / timedelta(days=1)
    inside = Told().then(day - 0.001, "submit", State.SUBMITTED).ticket("QS-1")
    outside = Told().then(day, "submit", State.SUBMITTED).ticket("QS-2")
    assert counter.whole("submitted", inside, outside, as_of=midnight + timedelta(days=9)) == (1, None, 0)


def test_months_without_anything_stay(counter: Counter) -> None:
    figures = counter.figures(SUBMITTED.ticket(), by=By.MONTH)
    assert [figures["submitted", f"2026-{month:02d}"].value for month in range(1, 13)] == [0, 0, 1, *[0] * 9]
    assert not [by for key, by in figures if key == "deferred"]


def test_deferred_tickets_stay_open(counter: Counter) -> None:
    deferred = SIGNED.then(1, "decide_deferral", State.DEFERRED, granted=True)
    assert counter.whole("deferred", deferred.ticket(), SIGNED.ticket("QS-2"), rated().ticket("QS-3")) == (
        1,
        2,
        0,
    )


def test_every_indicator_says_what_it_counts() -> None:
    for indicator in BY_KEY.values():
        assert indicator.definition.startswith("分子：")
        assert "归期：" in indicator.definition
