"""After the reply: ratings and their correction, rework, and the rest that was promised."""

import pytest

from service_desk.desk import closing
from service_desk.domain.errors import DeskError, OutOfTurn
from service_desk.domain.vocabulary import Outcome, State
from tests.side_paths import (
    BAD,
    BADLY_RATED,
    DAY,
    GOOD,
    PARTLY,
    PARTLY_CLOSED,
    TUESDAY,
    Deed,
    Refusal,
    Row,
    Scene,
    at,
    check_refused,
    day,
    each,
    rated,
    rated_again,
    rest_reported,
    then,
    what_changes,
)
from tests.world import MONDAY, World

ROWS: list[Row] = [
    (
        "a bad rating corrected to a good one",
        BADLY_RATED,
        rated_again(GOOD),
        "correct_rating: closed → closed; review(rating) met; tells nobody",
    ),
    (
        "a good rating corrected to a bad one",
        at(State.CLOSED),
        rated_again(BAD),
        (
            "correct_rating + rework: closed → assigned; sign starts until 03-04 17:30, "
            "first_contact starts until 03-04 17:30, settle starts until 03-10 17:30; "
            "tells clerk clerk2 officer owner power power2 power_head supervisor"
        ),
    ),
    (
        "a good rating of no claim corrected to a bad one",
        at(State.CLOSED, outcome=Outcome.POLICY),
        rated_again(BAD),
        (
            "correct_rating: closed → closed; review(rating) starts until 03-04 17:30; "
            "tells clerk clerk2 supervisor"
        ),
    ),
    (
        "report the rest",
        PARTLY_CLOSED,
        rest_reported,
        "report_rest: closed → closed; rest met; tells clerk clerk2 officer owner",
    ),
    (
        "the rest is done",
        then(PARTLY_CLOSED, rest_reported),
        lambda w, t: closing.confirm_rest(t, by=w.owner, at=MONDAY + 4 * DAY, settled=True),
        "confirm_rest: closed → closed; no clock; tells clerk clerk2 officer",
    ),
    (
        "the rest is not done",
        then(PARTLY_CLOSED, rest_reported),
        lambda w, t: closing.confirm_rest(t, by=w.owner, at=MONDAY + 4 * DAY, settled=False),
        (
            "confirm_rest + rework: closed → assigned; sign starts until 03-09 17:30, "
            "first_contact starts until 03-09 17:30, settle starts until 03-13 17:30; "
            "tells clerk clerk2 officer owner power power2 power_head"
        ),
    ),
    (
        "a bad rating cuts the rest",
        at(State.AWAITING_RATING, **PARTLY),
        lambda w, t: closing.rate(t, by=w.owner, at=TUESDAY, **BAD),
        (
            "rate + rework: awaiting_rating → assigned; rating met, rest void, "
            "sign starts until 03-04 17:30, first_contact starts until 03-04 17:30, "
            "settle starts until 03-10 17:30; "
            "tells clerk clerk2 officer owner power power2 power_head supervisor"
        ),
    ),
]


@pytest.mark.parametrize(("scene", "deed", "expected"), each(ROWS))
def test_a_row_of_the_table(small_world: World, scene: Scene, deed: Deed, expected: str) -> None:
    assert what_changes(small_world, scene, deed) == expected


REFUSED: list[Refusal] = [
    ("rate twice", then(at(State.AWAITING_RATING), rated(GOOD)), rated(GOOD), OutOfTurn, "未评价"),
    (
        "correct a rating twice",
        then(at(State.CLOSED, outcome=Outcome.POLICY), rated_again(BAD)),
        rated_again(GOOD),
        OutOfTurn,
        "只能更改一次",
    ),
    (
        "correct a rating late",
        at(State.CLOSED),
        lambda w, t: closing.correct_rating(t, by=w.owner, at=MONDAY + 3 * DAY, **BAD),
        OutOfTurn,
        "2 个工作日",
    ),
    (
        "the rest confirmed late",
        then(PARTLY_CLOSED, rest_reported),
        lambda w, t: closing.confirm_rest(t, by=w.owner, at=MONDAY + 11 * DAY, settled=False),
        OutOfTurn,
        "确认期",
    ),
    (
        "the rest confirmed twice",
        then(
            PARTLY_CLOSED,
            rest_reported,
            lambda w, t: closing.confirm_rest(t, by=w.owner, at=MONDAY + 4 * DAY, settled=True),
        ),
        lambda w, t: closing.confirm_rest(t, by=w.owner, at=MONDAY + 4 * DAY, settled=False),
        OutOfTurn,
        "已经确认过",
    ),
]


@pytest.mark.parametrize(("scene", "deed", "error", "words"), each(REFUSED))
def test_what_the_law_forbids_is_refused_and_changes_nothing(
    small_world: World, scene: Scene, deed: Deed, error: type[DeskError], words: str
) -> None:
    check_refused(small_world, scene, deed, error, words)


def test_a_bad_rating_that_opens_no_rework_puts_the_ticket_into_the_lists_by_its_review(
    small_world: World,
) -> None:
    ticket = small_world.ticket(BADLY_RATED(small_world).number)
    assert day(ticket.due_at) == "03-03 17:30"
