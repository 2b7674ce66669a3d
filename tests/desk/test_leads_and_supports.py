"""Who has a matter: leads, supports, moves, and those complained of, who never have it."""

from typing import Any

import pytest

from service_desk.desk import dispatch, handling, intake
from service_desk.domain.errors import DeskError, Invalid, OutOfTurn, Refused
from service_desk.domain.vocabulary import Nature, State
from service_desk.store.base import db
from tests.side_paths import (
    DEFERRED,
    HOUR,
    TUESDAY,
    Deed,
    Refusal,
    Row,
    Scene,
    at,
    check_refused,
    day,
    each,
    redispatched,
    support_added,
    then,
    what_changes,
)
from tests.world import World


def complaint(state: State, **how: Any) -> Scene:
    return lambda w: w.make(
        state, nature=Nature.COMPLAINT, against=w.department("供电公司"), lead="园区管委会", **how
    )


def dispatched(lead: str, *supports: str, who: str = "clerk") -> Deed:
    return lambda w, t: dispatch.dispatch(
        t, by=getattr(w, who), at=TUESDAY, lead=w.department(lead),
        supports=[w.department(name) for name in supports],
    )  # fmt: skip


ROWS: list[Row] = [
    (
        "redispatch, the supports stay",
        at(State.IN_PROGRESS, supports=["园区管委会"]),
        redispatched("金融办"),
        (
            "redispatch: in_progress → assigned; return_window void, first_contact void, "
            "settle void, sign starts until 03-04 17:30, "
            "return_window starts until 03-04 17:30, "
            "first_contact starts until 03-04 17:30, settle starts until 03-10 17:30; "
            "tells finance finance_head officer owner power power2 power_head"
        ),
    ),
    (
        "redispatch out of a deferral",
        DEFERRED,
        redispatched("金融办", at=TUESDAY + 2 * HOUR),
        (
            "redispatch: deferred → assigned; promise goes on until 03-11 17:30, "
            "return_window void, first_contact void, settle void, "
            "opinion goes on until 03-05 17:30, next_reply void, "
            "sign starts until 03-04 17:30, return_window starts until 03-04 17:30, "
            "first_contact starts until 03-04 17:30, settle starts until 03-10 17:30; "
            "tells finance finance_head officer owner power power2 power_head"
        ),
    ),
    (
        "redispatch for the third time",
        then(at(State.ASSIGNED), redispatched("金融办"), redispatched("园区管委会")),
        redispatched("供电公司", "supervisor"),
        (
            "redispatch: assigned → assigned; sign void, return_window void, "
            "first_contact void, settle void, sign starts until 03-04 17:30, "
            "return_window starts until 03-04 17:30, "
            "first_contact starts until 03-04 17:30, settle starts until 03-10 17:30; "
            "tells committee committee_head officer owner power power2 power_head"
        ),
    ),
    (
        "add a support",
        at(State.IN_PROGRESS),
        support_added("园区管委会"),
        (
            "add_support: in_progress → in_progress; sign starts until 03-04 17:30, "
            "opinion starts until 03-06 17:30; "
            "tells committee committee_head officer power power2 power_head"
        ),
    ),
    (
        "release a support",
        at(State.IN_PROGRESS, supports=["园区管委会"]),
        lambda w, t: dispatch.release_support(
            t, by=w.clerk, at=TUESDAY, department=w.department("园区管委会")
        ),
        (
            "release_support: in_progress → in_progress; sign void, opinion void; "
            "tells committee committee_head power power2 power_head"
        ),
    ),
]


@pytest.mark.parametrize(("scene", "deed", "expected"), each(ROWS))
def test_a_row_of_the_table(small_world: World, scene: Scene, deed: Deed, expected: str) -> None:
    assert what_changes(small_world, scene, deed) == expected


REFUSED: list[Refusal] = [
    (
        "dispatch to one department twice",
        at(State.ACCEPTED),
        dispatched("供电公司", "供电公司"),
        Invalid,
        "同时是协办",
    ),
    (
        "redispatch to a support",
        at(State.IN_PROGRESS, supports=["园区管委会"]),
        redispatched("园区管委会"),
        Invalid,
        "正在协办",
    ),
    ("redispatch to the lead itself", at(State.IN_PROGRESS), redispatched("供电公司"), Invalid, "已经是主办"),
    ("the lead as its own support", at(State.IN_PROGRESS), support_added("供电公司"), Invalid, "同时是协办"),
    (
        "a support once more",
        at(State.IN_PROGRESS, supports=["园区管委会"]),
        support_added("园区管委会"),
        Invalid,
        "正在协办",
    ),
    (
        "the third move by the clerk",
        then(at(State.ASSIGNED), redispatched("金融办"), redispatched("园区管委会")),
        redispatched("供电公司"),
        Refused,
        "第三次流转",
    ),
    (
        "dispatch to the one complained of",
        complaint(State.ACCEPTED),
        dispatched("供电公司", who="supervisor"),
        Invalid,
        "被投诉单位",
    ),
    (
        "dispatch to its sub-unit",
        complaint(State.ACCEPTED),
        dispatched("供电公司营销部", who="supervisor"),
        Invalid,
        "被投诉单位",
    ),
    (
        "dispatch with it as a support",
        complaint(State.ACCEPTED),
        dispatched("园区管委会", "供电公司营销部", who="supervisor"),
        Invalid,
        "被投诉单位",
    ),
    (
        "redispatch to the one complained of",
        complaint(State.ASSIGNED),
        redispatched("供电公司", "supervisor"),
        Invalid,
        "被投诉单位",
    ),
    (
        "redispatch a complaint by the clerk",
        complaint(State.ASSIGNED),
        redispatched("金融办"),
        Refused,
        "督查员",
    ),
    (
        "add its sub-unit as a support",
        complaint(State.ASSIGNED),
        support_added("供电公司营销部"),
        Invalid,
        "被投诉单位",
    ),
    (
        "a support that is done hands over",
        then(
            at(State.IN_PROGRESS, supports=["园区管委会"]),
            lambda w, t: handling.opine(t, by=w.committee, at=TUESDAY, text="同意"),
        ),
        lambda w, t: handling.hand_over(t, by=w.committee, at=TUESDAY, to=w.committee_head),
        OutOfTurn,
        "协办意见",
    ),
]


@pytest.mark.parametrize(("scene", "deed", "error", "words"), each(REFUSED))
def test_what_the_law_forbids_is_refused_and_changes_nothing(
    small_world: World, scene: Scene, deed: Deed, error: type[DeskError], words: str
) -> None:
    check_refused(small_world, scene, deed, error, words)


def test_the_head_of_a_supporting_department_hands_over_what_a_colleague_has(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS, supports=["园区管委会"])
    handling.sign(ticket.id, by=world.committee, at=TUESDAY)
    handling.hand_over(ticket.id, by=world.committee_head, at=TUESDAY + HOUR, to=world.committee_head)
    lead, support = world.ticket(ticket.number).assignments
    assert (lead.handler, support.handler) == (world.power, world.committee_head)


def test_the_due_of_lists_is_the_leads_and_not_that_of_a_support_which_stayed(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS, supports=["园区管委会"])
    redispatched("金融办")(world, ticket.id)
    assert day(world.ticket(ticket.number).due_at) == "03-04 17:30"


def test_nobody_of_a_department_complained_of_acts_whatever_their_role(small_world: World) -> None:
    world = small_world
    ticket = world.file(nature=Nature.COMPLAINT, against=world.department("供电公司"))
    seconded = world.clerk2
    seconded.department_id = world.department("供电公司营销部").id
    db.session.commit()
    db.session.expire_all()
    with pytest.raises(Refused):
        intake.note(ticket.id, by=world.clerk2, at=TUESDAY, text="看过")
    intake.note(ticket.id, by=world.clerk, at=TUESDAY, text="看过")
