"""Requests: what one asks and another decides, a row of the table each."""

from datetime import date, datetime

import pytest

from service_desk.desk import closing, handling, intake
from service_desk.domain.errors import DeskError, Invalid, OutOfTurn, Refused
from service_desk.domain.vocabulary import Outcome, Payer, RequestKind, State
from service_desk.store.base import db
from tests.side_paths import (
    BADLY_RATED,
    DAY,
    DEFERRED,
    GOOD,
    HOUR,
    PARTLY_CLOSED,
    REJECTED,
    TUESDAY,
    Deed,
    R,
    Refusal,
    Row,
    Scene,
    asked,
    at,
    cancelled,
    check_refused,
    clerk2_supervises,
    decided,
    each,
    named,
    rated,
    supplement_asked,
    then,
    wants_sign_off,
    what_changes,
)
from tests.world import CHINA, MONDAY, World


def both_hats(w: World, _t: int) -> None:
    """The clerk supervises as well."""
    person = w.clerk
    person.roles = {*person.roles, *w.supervisor.roles}
    db.session.commit()


FULL_DAY = datetime(2026, 3, 9, 17, 30, tzinfo=CHINA)
"""When a matter dispatched on Monday is due."""
WHERE: dict[RequestKind, tuple[Scene, str, str]] = {
    R.RETURN: (at(State.ASSIGNED, supports=["园区管委会"]), "power", "clerk"),
    R.EXTENSION: (at(State.IN_PROGRESS), "power", "clerk"),
    R.DEFERRAL: (at(State.IN_PROGRESS, supports=["园区管委会"]), "power", "supervisor"),
    R.REJECTION: (at(State.ACCEPTED), "clerk", "supervisor"),
    R.SIGN_OFF: (then(at(State.IN_PROGRESS), wants_sign_off), "power", "power_head"),
    R.EXCLUSION: (at(State.CLOSED), "power", "supervisor"),
    R.APPEAL: (PARTLY_CLOSED, "owner", "supervisor"),
}
"""The scene of each kind of request, who asks and who decides."""
REQUESTS = {
    R.RETURN: (
        (
            "ask_return: assigned → assigned; return_window met, "
            "review(return) starts until 03-04 17:30; "
            "tells clerk clerk2 supervisor"
        ),
        (
            "decide_return: assigned → accepted; sign void, first_contact void, "
            "settle void, sign void, opinion void, review(return) met, "
            "dispatch starts until 03-04 17:30; tells clerk2 committee committee_head power power2 power_head"
        ),
        ("decide_return: assigned → assigned; review(return) met; tells power power2 power_head"),
        "cancel_return: assigned → assigned; review(return) void; tells nobody",
    ),
    R.EXTENSION: (
        (
            "ask_extension: in_progress → in_progress; "
            "review(extension) starts until 03-04 17:30; "
            "tells clerk clerk2 supervisor"
        ),
        (
            "decide_extension: in_progress → in_progress; promise moves to 03-13 17:30, "
            "settle moves to 03-11 17:30, review(extension) met; "
            "tells officer owner power power2 power_head"
        ),
        ("decide_extension: in_progress → in_progress; review(extension) met; tells power power2 power_head"),
        "cancel_extension: in_progress → in_progress; review(extension) void; tells nobody",
    ),
    R.DEFERRAL: (
        (
            "ask_deferral: in_progress → in_progress; "
            "review(deferral) starts until 03-04 17:30; tells supervisor"
        ),
        (
            "decide_deferral: in_progress → deferred; promise pauses, first_contact pauses, "
            "settle pauses, opinion pauses, review(deferral) met, "
            "next_reply starts until 03-20 17:30; "
            "tells officer owner power power2 power_head"
        ),
        ("decide_deferral: in_progress → in_progress; review(deferral) met; tells power power2 power_head"),
        "cancel_deferral: in_progress → in_progress; review(deferral) void; tells nobody",
    ),
    R.REJECTION: (
        ("ask_rejection: accepted → accepted; review(rejection) starts until 03-04 17:30; tells supervisor"),
        (
            "decide_rejection: accepted → rejected; promise void, dispatch void, "
            "review(rejection) met; tells clerk clerk2 officer owner"
        ),
        ("decide_rejection: accepted → accepted; review(rejection) met; tells clerk clerk2"),
        "cancel_rejection: accepted → accepted; review(rejection) void; tells nobody",
    ),
    R.SIGN_OFF: (
        (
            "ask_sign_off: in_progress → in_progress; "
            "review(sign_off) starts until 03-04 17:30; tells power_head"
        ),
        (
            "decide_sign_off: in_progress → replied; promise pauses, first_contact met, "
            "settle pauses, review(sign_off) met, review(reply) starts until 03-04 17:30; "
            "tells clerk clerk2 power power2 quality"
        ),
        ("decide_sign_off: in_progress → in_progress; review(sign_off) met; tells power power2"),
        "cancel_sign_off: in_progress → in_progress; review(sign_off) void; tells nobody",
    ),
    R.EXCLUSION: (
        ("ask_exclusion: closed → closed; review(exclusion) starts until 03-04 17:30; tells supervisor"),
        ("decide_exclusion: closed → closed; review(exclusion) met; tells power power2 power_head"),
        ("decide_exclusion: closed → closed; review(exclusion) met; tells power power2 power_head"),
        "cancel_exclusion: closed → closed; review(exclusion) void; tells nobody",
    ),
    R.APPEAL: (
        (
            "ask_appeal: closed → closed; review(appeal) starts until 03-04 17:30; "
            "tells clerk clerk2 officer supervisor"
        ),
        (
            "decide_appeal: closed → accepted; rest void, review(appeal) met, "
            "dispatch starts until 03-04 17:30; tells clerk clerk2 officer owner"
        ),
        ("decide_appeal: closed → closed; review(appeal) met; tells clerk clerk2 officer owner"),
        "cancel_appeal: closed → closed; review(appeal) void; tells nobody",
    ),
}
"""What asking, granting, refusing and cancelling change, for each kind."""


ROWS: list[Row] = [
    (
        "grant: appeal against a rejection",
        then(REJECTED, clerk2_supervises, asked(R.APPEAL, at=TUESDAY + 2 * HOUR)),
        decided(R.APPEAL, "clerk2", granted=True, at=TUESDAY + 3 * HOUR),
        (
            "decide_appeal: rejected → submitted; review(appeal) met, "
            "accept starts until 03-04 17:30; tells clerk officer owner"
        ),
    ),
    (
        "grant: deferral once more",
        then(DEFERRED, asked(R.DEFERRAL, at=TUESDAY + DAY, next_reply=date(2026, 4, 1))),
        decided(R.DEFERRAL, "supervisor", granted=True, at=TUESDAY + DAY + HOUR),
        (
            "decide_deferral: deferred → deferred; next_reply met, review(deferral) met, "
            "next_reply starts until 04-01 17:30; "
            "tells officer owner power power2 power_head"
        ),
    ),
    (
        "grant: a late deferral with a new date",
        then(at(State.IN_PROGRESS), asked(R.DEFERRAL, next_reply=date(2026, 3, 4))),
        decided(R.DEFERRAL, "supervisor", granted=True, at=MONDAY + 3 * DAY, next_reply=date(2026, 3, 20)),
        (
            "decide_deferral: in_progress → deferred; promise pauses, first_contact pauses, "
            "settle pauses, review(deferral) missed, next_reply starts until 03-20 17:30; "
            "tells officer owner power power2 power_head"
        ),
    ),
    (
        "refuse: a deferral whose day has passed",
        then(at(State.IN_PROGRESS), asked(R.DEFERRAL, next_reply=date(2026, 3, 4))),
        decided(R.DEFERRAL, "supervisor", granted=False, at=MONDAY + 3 * DAY),
        (
            "decide_deferral: in_progress → in_progress; review(deferral) missed; "
            "tells power power2 power_head"
        ),
    ),
]
for _kind, (_scene, _asker, _decider) in WHERE.items():
    _said = then(_scene, asked(_kind))
    _asks, _grants, _refuses, _cancels = REQUESTS[_kind]
    ROWS += [
        (f"ask: {_kind.value}", _scene, asked(_kind), _asks),
        (f"grant: {_kind.value}", _said, decided(_kind, _decider, granted=True), _grants),
        (f"refuse: {_kind.value}", _said, decided(_kind, _decider, granted=False), _refuses),
        (f"cancel: {_kind.value}", _said, cancelled(_kind, _asker), _cancels),
    ]


@pytest.mark.parametrize(("scene", "deed", "expected"), each(ROWS))
def test_a_row_of_the_table(small_world: World, scene: Scene, deed: Deed, expected: str) -> None:
    assert what_changes(small_world, scene, deed) == expected


REFUSED: list[Refusal] = [
    (
        "extension at the due itself",
        at(State.IN_PROGRESS),
        asked(R.EXTENSION, at=FULL_DAY),
        OutOfTurn,
        "到期之前",
    ),
    (
        "extension after it",
        at(State.IN_PROGRESS),
        asked(R.EXTENSION, at=FULL_DAY + HOUR),
        OutOfTurn,
        "到期之前",
    ),
    (
        "extension by more days than there are",
        at(State.IN_PROGRESS),
        asked(R.EXTENSION, days=6),
        Invalid,
        "最多延期",
    ),
    ("extension by no day", at(State.IN_PROGRESS), asked(R.EXTENSION, days=0), Invalid, "最多延期"),
    (
        "extension granted by more than there is",
        then(at(State.IN_PROGRESS), asked(R.EXTENSION)),
        decided(R.EXTENSION, "clerk", granted=True, days=9),
        Invalid,
        "最多延期",
    ),
    (
        "return after the window",
        at(State.IN_PROGRESS),
        asked(R.RETURN, at=TUESDAY + DAY),
        OutOfTurn,
        "退单期限已过",
    ),
    (
        "return a second time",
        then(at(State.ASSIGNED), asked(R.RETURN), cancelled(R.RETURN, "power")),
        asked(R.RETURN, at=TUESDAY + 2 * HOUR),
        OutOfTurn,
        "只能申请一次",
    ),
    (
        "return after another's decision, decided anew",
        then(at(State.ASSIGNED), asked(R.RETURN), decided(R.RETURN, "clerk", granted=False)),
        decided(R.RETURN, "clerk2", granted=True),
        OutOfTurn,
        "没有待审批",
    ),
    (
        "one who asked and decides",
        then(at(State.ACCEPTED), both_hats, asked(R.REJECTION)),
        decided(R.REJECTION, "clerk", granted=True),
        Refused,
        "同一个人",
    ),
    (
        "one who handled and decides",
        then(
            at(State.ASSIGNED),
            wants_sign_off,
            lambda w, t: handling.sign(t, by=w.power_head, at=MONDAY + 4 * HOUR, handler=w.power),
            asked(R.SIGN_OFF),
        ),
        decided(R.SIGN_OFF, "power_head", granted=True),
        Refused,
        "没有经办过",
    ),
    (
        "the second extension by the clerk",
        then(
            at(State.IN_PROGRESS, outcome=Outcome.SOLVED),
            asked(R.EXTENSION),
            decided(R.EXTENSION, "clerk", granted=True),
        ),
        asked(R.EXTENSION, at=TUESDAY + 2 * HOUR),
        OutOfTurn,
        "最多延期 1 次",
    ),
    (
        "cancel another's request",
        then(at(State.IN_PROGRESS), asked(R.EXTENSION)),
        cancelled(R.EXTENSION, "power2"),
        Refused,
        "提出的人",
    ),
    (
        "deferral beyond thirty days",
        at(State.IN_PROGRESS),
        asked(R.DEFERRAL, next_reply=date(2026, 4, 3)),
        Invalid,
        "30 天内",
    ),
    (
        "deferral until yesterday",
        at(State.IN_PROGRESS),
        asked(R.DEFERRAL, next_reply=date(2026, 3, 2)),
        Invalid,
        "30 天内",
    ),
    (
        "a second appeal",
        then(at(State.CLOSED), asked(R.APPEAL), decided(R.APPEAL, "supervisor", granted=False)),
        asked(R.APPEAL, at=TUESDAY + 2 * HOUR),
        OutOfTurn,
        "只能申请一次复核",
    ),
    (
        "an appeal after ten working days",
        at(State.CLOSED),
        asked(R.APPEAL, at=MONDAY + 15 * DAY),
        OutOfTurn,
        "10 个工作日",
    ),
    (
        "an appeal decided by one who took part",
        then(
            at(State.ASSIGNED),
            lambda w, t: intake.note(t, by=w.supervisor, at=TUESDAY, text="看过"),
            lambda w, t: handling.sign(t, by=w.power, at=TUESDAY),
            lambda w, t: handling.reply(t, by=w.power, at=TUESDAY, outcome=Outcome.SOLVED, text="已增容"),
            lambda w, t: closing.verify(t, by=w.quality, at=TUESDAY),
            rated(GOOD),
            asked(R.APPEAL),
        ),
        decided(R.APPEAL, "supervisor", granted=True),
        Refused,
        "没有参与过",
    ),
    (
        "arrears of an office refused as a civil dispute",
        lambda w: w.file(category="拖欠账款", payer=Payer.GOVERNMENT),
        asked(R.REJECTION, reason_code="经营主体之间民事纠纷"),
        Invalid,
        "拖欠账款",
    ),
    (
        "reject while something is still awaited",
        then(at(State.SUBMITTED), supplement_asked),
        asked(R.REJECTION),
        OutOfTurn,
        "补正期",
    ),
    (
        "a deferral decided after the day it names",
        then(at(State.IN_PROGRESS), asked(R.DEFERRAL, next_reply=date(2026, 3, 4))),
        decided(R.DEFERRAL, "supervisor", granted=True, at=MONDAY + 3 * DAY),
        Invalid,
        "2026-03-04 已过",
    ),
    (
        "a deferral decided after the close of the day it names",
        then(at(State.IN_PROGRESS), asked(R.DEFERRAL, next_reply=date(2026, 3, 4))),
        decided(R.DEFERRAL, "supervisor", granted=True, at=MONDAY + 2 * DAY + 9 * HOUR),
        Invalid,
        "2026-03-04 已过",
    ),
    (
        "sign-off where replies go out as they are",
        at(State.IN_PROGRESS),
        asked(R.SIGN_OFF),
        Refused,
        "不须签发",
    ),
]


@pytest.mark.parametrize(("scene", "deed", "error", "words"), each(REFUSED))
def test_what_the_law_forbids_is_refused_and_changes_nothing(
    small_world: World, scene: Scene, deed: Deed, error: type[DeskError], words: str
) -> None:
    check_refused(small_world, scene, deed, error, words)


def test_a_granted_appeal_answers_the_bad_rating_that_waited_for_review(small_world: World) -> None:
    world = small_world
    ticket = then(BADLY_RATED, asked(R.APPEAL), decided(R.APPEAL, "supervisor", granted=True))(world)
    kept = world.ticket(ticket.number)
    assert (kept.state, kept.cycle) == (State.ACCEPTED, 2)
    assert [named(clock) for clock in kept.clocks if clock.is_live] == ["dispatch"]
