"""Orders and instructions, and their answers."""

from datetime import date

import pytest

from service_desk.desk import supervision
from service_desk.domain.errors import DeskError, Invalid
from service_desk.domain.vocabulary import State
from tests.side_paths import (
    HOUR,
    TUESDAY,
    Deed,
    Refusal,
    Row,
    Scene,
    at,
    check_refused,
    each,
    then,
    what_changes,
)
from tests.world import World

ROWS: list[Row] = [
    (
        "instruct",
        at(State.IN_PROGRESS),
        lambda w, t: supervision.instruct(t, by=w.leader, at=TUESDAY, text="尽快办"),
        (
            "instruct: in_progress → in_progress; order starts until 03-06 17:30; "
            "tells clerk clerk2 power power2 power_head"
        ),
    ),
    (
        "answer an order",
        then(
            at(State.IN_PROGRESS),
            lambda w, t: supervision.instruct(t, by=w.leader, at=TUESDAY, text="尽快办"),
        ),
        lambda w, t: supervision.answer_order(
            t, by=w.power, at=TUESDAY + HOUR, text="缺料", new_date=date(2026, 3, 9)
        ),
        ("answer_order: in_progress → in_progress; order met; tells clerk clerk2 supervisor"),
    ),
]


@pytest.mark.parametrize(("scene", "deed", "expected"), each(ROWS))
def test_a_row_of_the_table(small_world: World, scene: Scene, deed: Deed, expected: str) -> None:
    assert what_changes(small_world, scene, deed) == expected


REFUSED: list[Refusal] = [
    (
        "an order of a wrong number",
        then(
            at(State.IN_PROGRESS), lambda w, t: supervision.instruct(t, by=w.leader, at=TUESDAY, text="快办")
        ),
        lambda w, t: supervision.answer_order(
            t, by=w.power, at=TUESDAY, text="缺料", new_date=date(2026, 3, 9), order=2
        ),
        Invalid,
        "哪一张",
    ),
    (
        "an order answered with a day gone by",
        then(
            at(State.IN_PROGRESS), lambda w, t: supervision.instruct(t, by=w.leader, at=TUESDAY, text="快办")
        ),
        lambda w, t: supervision.answer_order(
            t, by=w.power, at=TUESDAY, text="缺料", new_date=date(2026, 3, 2)
        ),
        Invalid,
        "不能早于今天",
    ),
]


@pytest.mark.parametrize(("scene", "deed", "error", "words"), each(REFUSED))
def test_what_the_law_forbids_is_refused_and_changes_nothing(
    small_world: World, scene: Scene, deed: Deed, error: type[DeskError], words: str
) -> None:
    check_refused(small_world, scene, deed, error, words)
