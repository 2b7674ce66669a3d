"""What is waited for: what is missing, an answer of the enterprise, the end of a deferral."""

from datetime import date

import pytest

from service_desk.desk import handling, intake
from service_desk.domain.errors import DeskError, Invalid
from service_desk.domain.vocabulary import Outcome, State
from tests.side_paths import (
    DAY,
    DEFERRED,
    TUESDAY,
    Deed,
    Refusal,
    Row,
    Scene,
    at,
    check_refused,
    each,
    question,
    supplement_asked,
    then,
    time_passes,
    what_changes,
)
from tests.world import MONDAY, World

ROWS: list[Row] = [
    (
        "ask for what is missing",
        at(State.SUBMITTED),
        supplement_asked,
        (
            "ask_supplement: submitted → supplementing; accept pauses, promise pauses, "
            "supplement starts until 03-09 17:30; tells officer owner"
        ),
    ),
    (
        "give what was missing",
        then(at(State.SUBMITTED), supplement_asked),
        lambda w, t: intake.supplement(t, by=w.owner, at=TUESDAY, text="合同"),
        (
            "supplement: supplementing → submitted; accept goes on until 03-03 17:30, "
            "promise goes on until 03-11 17:30, supplement met; tells clerk clerk2 officer"
        ),
    ),
    (
        "withdraw instead of giving what was missing",
        then(at(State.SUBMITTED), supplement_asked),
        lambda w, t: intake.withdraw(t, by=w.owner, at=TUESDAY, reason="不办了"),
        (
            "withdraw: supplementing → withdrawn; accept void, promise void, "
            "supplement void; tells clerk clerk2 officer"
        ),
    ),
    (
        "ask the enterprise",
        at(State.IN_PROGRESS),
        question,
        (
            "ask_enterprise: in_progress → in_progress; promise pauses, first_contact met, "
            "settle pauses; tells officer owner"
        ),
    ),
    (
        "the enterprise answers",
        then(at(State.IN_PROGRESS), question),
        lambda w, t: handling.inform(t, by=w.owner, at=MONDAY + 3 * DAY, text="S11-400"),
        (
            "inform: in_progress → in_progress; promise goes on until 03-13 17:30, "
            "settle goes on until 03-11 17:30; tells officer power power2 power_head"
        ),
    ),
    (
        "the enterprise does not answer",
        then(at(State.IN_PROGRESS), question),
        time_passes(20),
        (
            "resume: in_progress → in_progress; promise goes on until 03-18 17:30, "
            "settle goes on until 03-16 17:30; tells officer owner power power2 power_head"
        ),
    ),
    (
        "progress of a deferred matter",
        DEFERRED,
        lambda w, t: handling.progress(
            t, by=w.power, at=TUESDAY + DAY, text="已发货", public=True, next_reply=date(2026, 3, 27)
        ),
        (
            "progress: deferred → deferred; next_reply met, "
            "next_reply starts until 03-27 17:30; tells officer owner"
        ),
    ),
    (
        "the lead resumes",
        DEFERRED,
        lambda w, t: handling.resume(t, by=w.power, at=MONDAY + 3 * DAY),
        (
            "resume: deferred → in_progress; promise goes on until 03-13 17:30, "
            "first_contact goes on until 03-05 17:30, settle goes on until 03-11 17:30, "
            "opinion goes on until 03-09 17:30, next_reply met; "
            "tells officer owner power2 power_head"
        ),
    ),
    (
        "the clerk resumes",
        DEFERRED,
        lambda w, t: handling.resume(t, by=w.clerk, at=MONDAY + 3 * DAY),
        (
            "resume: deferred → in_progress; promise goes on until 03-13 17:30, "
            "first_contact goes on until 03-05 17:30, settle goes on until 03-11 17:30, "
            "opinion goes on until 03-09 17:30, next_reply met; "
            "tells officer owner power power2 power_head"
        ),
    ),
    (
        "a deferral ends after ninety days",
        DEFERRED,
        time_passes(120),
        (
            "resume: deferred → in_progress; promise goes on until 06-09 17:30, "
            "first_contact goes on until 06-01 17:30, settle goes on until 06-05 17:30, "
            "opinion goes on until 06-03 17:30, next_reply missed; "
            "tells officer owner power power2 power_head"
        ),
    ),
    (
        "reply to a deferred matter",
        DEFERRED,
        lambda w, t: handling.reply(t, by=w.power, at=TUESDAY + DAY, outcome=Outcome.SOLVED, text="已增容"),
        (
            "reply: deferred → replied; first_contact met, "
            "opinion goes on until 03-06 17:30, next_reply met, "
            "review(reply) starts until 03-05 17:30; tells clerk clerk2 quality"
        ),
    ),
    (
        "withdraw a deferred matter",
        DEFERRED,
        lambda w, t: intake.withdraw(t, by=w.owner, at=TUESDAY + DAY, reason="不办了"),
        (
            "withdraw: deferred → withdrawn; promise void, return_window void, "
            "first_contact void, settle void, sign missed, opinion void, next_reply void, "
            "review(withdrawal) starts until 03-05 17:30; "
            "tells clerk clerk2 committee committee_head officer power power2 power_head"
        ),
    ),
]


@pytest.mark.parametrize(("scene", "deed", "expected"), each(ROWS))
def test_a_row_of_the_table(small_world: World, scene: Scene, deed: Deed, expected: str) -> None:
    assert what_changes(small_world, scene, deed) == expected


REFUSED: list[Refusal] = [
    (
        "progress of a deferred matter without a date",
        DEFERRED,
        lambda w, t: handling.progress(t, by=w.power, at=TUESDAY + DAY, text="等"),
        Invalid,
        "下次答复日期",
    ),
]


@pytest.mark.parametrize(("scene", "deed", "error", "words"), each(REFUSED))
def test_what_the_law_forbids_is_refused_and_changes_nothing(
    small_world: World, scene: Scene, deed: Deed, error: type[DeskError], words: str
) -> None:
    check_refused(small_world, scene, deed, error, words)
