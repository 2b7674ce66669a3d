"""Which limit and which ladder covers a ticket: the narrowest one that does."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from service_desk.domain.deadlines import Limit
from service_desk.domain.ladders import Ladder, LadderStep, steps_for
from service_desk.domain.limits import LimitEntry, Limits, Profile, Reach
from service_desk.domain.reminders import StepRule
from service_desk.domain.vocabulary import ClockKind, LimitClass, Source, Unit

DAYS = Unit.WORKING_DAYS
NORMAL, COMPLEX = LimitClass.NORMAL, LimitClass.COMPLEX
START = datetime(2026, 3, 2, 1, tzinfo=UTC)

reaches = st.builds(
    Reach,
    st.sampled_from([None, NORMAL, COMPLEX]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, Source.ABOVE, Source.VISIT]),
)
profiles = st.builds(
    Profile, st.sampled_from([NORMAL, COMPLEX]), st.sampled_from([1, 2, 3]), st.sampled_from(list(Source))
)


def limits(*entries: tuple[Reach, int]) -> Limits:
    return Limits({"settle": tuple(LimitEntry(reach, number, DAYS) for reach, number in entries)})


def ladder(key: str, reach: Reach, *, since: datetime | None = None) -> Ladder:
    step = LadderStep(StepRule(key, "left", 1), 0, ("handler",), None, None, only_without_contact=False)
    return Ladder(ClockKind.SETTLE, reach, since, (step,))


def test_a_category_says_more_than_a_source_and_a_source_more_than_the_class() -> None:
    table = limits(
        (Reach(NORMAL), 5),
        (Reach(NORMAL, None, Source.ABOVE), 4),
        (Reach(NORMAL, 7), 3),
        (Reach(NORMAL, 7, Source.ABOVE), 2),
    )

    def days(category: int, source: Source) -> int:
        return table.of(ClockKind.SETTLE, Profile(NORMAL, category, source)).number

    assert days(1, Source.VISIT) == 5
    assert days(1, Source.ABOVE) == 4
    assert days(7, Source.VISIT) == 3
    assert days(7, Source.ABOVE) == 2


def test_a_special_limit_of_one_class_leaves_the_others_alone() -> None:
    table = limits((Reach(NORMAL), 5), (Reach(COMPLEX), 15), (Reach(NORMAL, 7), 3))
    assert table.of(ClockKind.SETTLE, Profile(COMPLEX, 7)) == Limit(15, DAYS)


@given(st.lists(reaches, unique=True, max_size=6), profiles)
def test_the_entry_that_covers_is_never_wider_than_another(wider: list[Reach], profile: Profile) -> None:
    entries = [Reach(profile.limit_class), *(each for each in wider if each != Reach(profile.limit_class))]
    table = limits(*((reach, number + 1) for number, reach in enumerate(entries)))
    chosen = entries[table.of(ClockKind.SETTLE, profile).number - 1]
    assert chosen.covers(profile)
    assert all(chosen.narrowness >= each.narrowness for each in entries if each.covers(profile))


def test_a_ladder_that_begins_later_is_for_clocks_begun_later() -> None:
    day = timedelta(days=1)
    kept = [ladder("former", Reach()), ladder("new", Reach(), since=START)]

    def key(started_at: datetime) -> str:
        return steps_for(kept, ClockKind.SETTLE, Profile(NORMAL), started_at)[0].rule.key

    assert key(START - day) == "former"
    assert key(START) == key(START + day) == "new"


def test_a_narrower_ladder_wins_over_a_later_one() -> None:
    kept = [ladder("for one", Reach(None, 7)), ladder("later", Reach(), since=START - timedelta(days=9))]
    assert steps_for(kept, ClockKind.SETTLE, Profile(NORMAL, 7), START)[0].rule.key == "for one"
    assert steps_for(kept, ClockKind.REVIEW, Profile(NORMAL, 7), START) == ()
