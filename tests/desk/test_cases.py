"""What the desk does with a case itself: merging, splitting, correcting, joining what has one cause."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from service_desk.desk import cases
from service_desk.desk.verbs import VERBS
from service_desk.domain.actions import Action
from service_desk.domain.errors import DeskError, Invalid, Refused
from service_desk.domain.vocabulary import State, Urgency
from service_desk.store.base import db
from service_desk.store.tickets import Ticket
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
from tests.world import MONDAY, World


def merged_into_a_fresh_one(w: World, t: int) -> None:
    parent = w.file(at=MONDAY + HOUR, title="同一件事")
    cases.merge(t, by=w.clerk, at=TUESDAY, parent=parent)


def filed(w: World, **how: Any) -> Ticket:
    return w.file(at=MONDAY + HOUR, title="另一件", **how)


def merging(parent: Callable[[World, int], Ticket]) -> Deed:
    return lambda w, t: cases.merge(t, by=w.clerk, at=TUESDAY, parent=parent(w, t))


def a_child_of(w: World, t: int) -> Ticket:
    child = filed(w)
    cases.merge(child.id, by=w.clerk, at=TUESDAY, parent=w.ticket_by_id(t))
    return child


def a_closed_one(w: World, _t: int) -> Ticket:
    return w.make(State.CLOSED, title="另一件")


MANY_TAGS = [f"标签{number}" for number in range(6)]


ROWS: list[Row] = [
    (
        "merge",
        at(State.ACCEPTED),
        merged_into_a_fresh_one,
        "merge: accepted → merged; promise void, dispatch void; tells officer owner",
    ),
    (
        "unmerge",
        then(at(State.ACCEPTED), merged_into_a_fresh_one),
        lambda w, t: cases.unmerge(t, by=w.clerk, at=TUESDAY + HOUR),
        ("unmerge: merged → submitted; accept starts until 03-04 17:30; tells officer owner"),
    ),
    (
        "split",
        at(State.SUBMITTED),
        lambda w, t: cases.split(t, by=w.clerk, at=TUESDAY, parts=["甲", "乙"]),
        "split: submitted → submitted; no clock; tells nobody",
    ),
    (
        "join an incident",
        at(State.ASSIGNED),
        lambda w, t: cases.join_incident(t, by=w.clerk, at=TUESDAY, title="北区停电"),
        "join_incident: assigned → assigned; no clock; tells nobody",
    ),
    (
        "leave an incident",
        then(
            at(State.ASSIGNED), lambda w, t: cases.join_incident(t, by=w.clerk, at=TUESDAY, title="北区停电")
        ),
        lambda w, t: cases.leave_incident(t, by=w.clerk, at=TUESDAY),
        "leave_incident: assigned → assigned; no clock; tells nobody",
    ),
    (
        "correct, and the class with it",
        at(State.IN_PROGRESS),
        lambda w, t: cases.correct(t, by=w.clerk, at=TUESDAY, urgency=Urgency.URGENT),
        (
            "correct: in_progress → in_progress; promise moves to 03-09 17:30, "
            "return_window moves to 03-02 17:00, settle moves to 03-05 17:30; "
            "tells power power2 power_head"
        ),
    ),
    (
        "grant 复杂",
        at(State.IN_PROGRESS),
        lambda w, t: cases.correct(t, by=w.supervisor, at=TUESDAY, complex=True),
        (
            "correct: in_progress → in_progress; promise moves to 03-25 17:30, "
            "settle moves to 03-23 17:30; tells power power2 power_head"
        ),
    ),
]


@pytest.mark.parametrize(("scene", "deed", "expected"), each(ROWS))
def test_a_row_of_the_table(small_world: World, scene: Scene, deed: Deed, expected: str) -> None:
    assert what_changes(small_world, scene, deed) == expected


REFUSED: list[Refusal] = [
    ("merge into itself", at(State.SUBMITTED), merging(lambda w, t: w.ticket_by_id(t)), Invalid, "它自己"),
    ("merge into its own child", at(State.SUBMITTED), merging(a_child_of), Invalid, "已经并入本件"),
    (
        "merge into another enterprise's",
        at(State.SUBMITTED),
        merging(lambda w, _: filed(w, by="neighbour")),
        Invalid,
        "另一家企业",
    ),
    ("merge into a closed one", at(State.SUBMITTED), merging(a_closed_one), Invalid, "不能并入"),
    (
        "split with one part",
        at(State.SUBMITTED),
        lambda w, t: cases.split(t, by=w.clerk, at=TUESDAY, parts=["甲", " "]),
        Invalid,
        "2 至",
    ),
    (
        "split with six parts",
        at(State.SUBMITTED),
        lambda w, t: cases.split(t, by=w.clerk, at=TUESDAY, parts=list("甲乙丙丁戊己")),
        Invalid,
        "2 至",
    ),
    (
        "tags over the limit",
        at(State.SUBMITTED),
        lambda w, t: cases.correct(t, by=w.clerk, at=TUESDAY, tags=MANY_TAGS),
        Invalid,
        "最多 5 个标签",
    ),
    (
        "a correction that changes nothing",
        at(State.SUBMITTED),
        lambda w, t: cases.correct(t, by=w.clerk, at=TUESDAY, urgency=Urgency.NORMAL),
        Invalid,
        "没有需要更正",
    ),
    (
        "复杂 granted by the clerk",
        at(State.ACCEPTED),
        lambda w, t: cases.correct(t, by=w.clerk, at=TUESDAY, complex=True),
        Refused,
        "督查员",
    ),
]


@pytest.mark.parametrize(("scene", "deed", "error", "words"), each(REFUSED))
def test_what_the_law_forbids_is_refused_and_changes_nothing(
    small_world: World, scene: Scene, deed: Deed, error: type[DeskError], words: str
) -> None:
    check_refused(small_world, scene, deed, error, words)


def test_the_parts_of_a_split_are_tickets_of_the_same_instant(small_world: World) -> None:
    world = small_world
    ticket = world.file(title="两件事")
    cases.split(ticket.id, by=world.clerk, at=TUESDAY, parts=["甲", "乙", "丙"])
    parts = db.session.scalars(select(Ticket).order_by(Ticket.id)).unique().all()
    assert [part.text for part in parts] == ["甲", "乙", "丙"]
    assert [part.split_from_id for part in parts] == [None, ticket.id, ticket.id]
    assert {part.submitted_at for part in parts} == {MONDAY}
    assert [len(part.events) for part in parts] == [2, 1, 1]


@pytest.mark.parametrize(
    ("action", "field", "most"),
    [
        (Action.CORRECT, "contact_name", 60),
        (Action.CORRECT, "contact_phone", 30),
        (Action.CORRECT, "title", 100),
        (Action.JOIN_INCIDENT, "title", 100),
        (Action.NOTE, "text", 5000),
    ],
)
def test_no_more_is_taken_than_is_kept(world: World, action: Action, field: str, most: int) -> None:
    ticket = world.file()
    with pytest.raises(Invalid, match=f"最多 {most} 字"):
        VERBS[action](ticket.id, by=world.clerk, at=MONDAY + HOUR, **{field: "2" * (most + 1)})
    VERBS[action](ticket.id, by=world.clerk, at=MONDAY + HOUR, **{field: "1" * most})


@pytest.mark.parametrize(("field", "most"), [("title", 100), ("contact_name", 60), ("contact_phone", 30)])
def test_no_more_is_filed_than_is_kept(world: World, field: str, most: int) -> None:
    too_long: dict[str, Any] = {field: "3" * (most + 1)}
    with pytest.raises(Invalid, match=f"最多 {most} 字"):
        world.file(**too_long)
