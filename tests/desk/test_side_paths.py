"""The side paths of the law, a row of the table each: what an act changes, and who is told.

A change is written as people would say it: where the ticket goes, what its clocks do (and until when those
run that start, stop standing still or are given more time), and who reads a notice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service_desk.desk import cases, closing, dispatch, handling, housekeeping, intake, requests, supervision
from service_desk.desk.requests import CANCELLING
from service_desk.domain.errors import DeskError, Invalid, OutOfTurn, Refused
from service_desk.domain.vocabulary import (
    ClockState,
    ExcludedFigure,
    Level,
    Nature,
    Outcome,
    Payer,
    RequestKind,
    Solved,
    State,
    Urgency,
)
from service_desk.store.base import db
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.notices import Notice
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from tests.world import CHINA, MONDAY, World

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TUESDAY = MONDAY + DAY
GOOD: dict[str, Any] = {"solved": Solved.SOLVED, "level": Level.SATISFIED}
BAD: dict[str, Any] = {"solved": Solved.UNSOLVED, "level": Level.DISSATISFIED}
R = RequestKind


@dataclass(frozen=True)
class Sight:
    """A ticket as it stood: where, and each clock by id."""

    state: State
    version: int
    clocks: dict[int, tuple[ClockState, datetime | None]]


def sight(ticket: Ticket) -> Sight:
    return Sight(ticket.state, ticket.version, {each.id: (each.state, each.due_at) for each in ticket.clocks})


def named(clock: Clock) -> str:
    return f"{clock.kind.value}({clock.about.value})" if clock.about else clock.kind.value


def day(moment: datetime | None) -> str:
    return f"{moment.astimezone(CHINA):%m-%d %H:%M}" if moment else "?"


def changes(before: Sight, ticket: Ticket) -> str:
    """What an act has changed, in one line."""
    said = []
    for clock in ticket.clocks:
        was, due = before.clocks.get(clock.id, (None, None))
        if was is None:
            said.append(f"{named(clock)} starts until {day(clock.due_at)}")
        elif was in LIVE and clock.state not in LIVE:
            said.append(f"{named(clock)} {clock.state.value}")
        elif was is ClockState.RUNNING and clock.state is ClockState.PAUSED:
            said.append(f"{named(clock)} pauses")
        elif was is ClockState.PAUSED and clock.state is ClockState.RUNNING:
            said.append(f"{named(clock)} goes on until {day(clock.due_at)}")
        elif was in LIVE and due != clock.due_at:
            said.append(f"{named(clock)} moves to {day(clock.due_at)}")
    fresh = ticket.events[before.version :]
    acts = " + ".join(event.action.value for event in fresh)
    keys = [f"event:{event.id}" for event in fresh]
    told = select(User.username).join(Notice, Notice.recipient_id == User.id).where(Notice.key.in_(keys))
    people = " ".join(sorted(set(db.session.scalars(told))))
    moved = ", ".join(said) or "no clock"
    where = f"{before.state.value} → {ticket.state.value}"
    return f"{acts}: {where}; {moved}; tells {people or 'nobody'}"


Scene = Callable[[World], Ticket]
Deed = Callable[[World, int], Any]


def at(state: State, **how: Any) -> Scene:
    return lambda world: world.make(state, **how)


def then(scene: Scene, *deeds: Deed) -> Scene:
    def play(world: World) -> Ticket:
        ticket = scene(world)
        for deed in deeds:
            deed(world, ticket.id)
        return ticket

    return play


# What people do, on Tuesday morning unless said otherwise


def supplement_asked(w: World, t: int) -> None:
    intake.ask_supplement(t, by=w.clerk, at=MONDAY + HOUR, text="请补合同")


def asked(kind: RequestKind, *, at: datetime = TUESDAY, **other: Any) -> Deed:
    given: dict[RequestKind, tuple[str, dict[str, Any]]] = {
        R.RETURN: ("power", {"reason_code": "属地不符", "text": "不在本辖区"}),
        R.EXTENSION: ("power", {"days": 2, "text": "设备未到"}),
        R.DEFERRAL: ("power", {"plan": "等待变压器到货", "next_reply": date(2026, 3, 20)}),
        R.REJECTION: (
            "clerk",
            {"reason_code": "应走法定途径", "text": "已在诉讼中", "legal_route": "向法院起诉"},
        ),
        R.SIGN_OFF: ("power", {"outcome": Outcome.SOLVED, "text": "已增容"}),
        R.EXCLUSION: (
            "power",
            {"figure": ExcludedFigure.SOLVED, "reason_code": "不可抗力", "text": "台风"},
        ),
        R.APPEAL: ("owner", {"text": "不服"}),
    }
    who, said = given[kind]
    verb = getattr(requests, f"ask_{kind.value}")
    return lambda w, t: verb(t, by=getattr(w, who), at=at, **(said | other))


def decided(
    kind: RequestKind, who: str, *, granted: bool, at: datetime = TUESDAY + HOUR, **other: Any
) -> Deed:
    verb = getattr(requests, f"decide_{kind.value}")
    return lambda w, t: verb(t, by=getattr(w, who), at=at, granted=granted, text="已核", **other)


def cancelled(kind: RequestKind, who: str) -> Deed:
    return lambda w, t: CANCELLING[kind](t, by=getattr(w, who), at=TUESDAY + HOUR)


def time_passes(days: int) -> Deed:
    return lambda *_: housekeeping.pass_time(MONDAY + days * DAY)


def clerk2_supervises(w: World, _t: int) -> None:
    """A second supervisor, who took no part."""
    person = w.clerk2
    person.roles = {*person.roles, *w.supervisor.roles}
    db.session.commit()


def question(w: World, t: int) -> None:
    handling.ask_enterprise(t, by=w.power, at=TUESDAY, text="变压器型号？")


def wants_sign_off(w: World, _t: int) -> None:
    """From now on the replies of 供电公司 go out when its head has signed them."""
    w.department("供电公司").wants_sign_off = True
    db.session.commit()


def redispatched(lead: str, who: str = "clerk", *, at: datetime = TUESDAY) -> Deed:
    return lambda w, t: dispatch.redispatch(
        t, by=getattr(w, who), at=at, lead=w.department(lead), reason="职责调整"
    )


def support_added(name: str) -> Deed:
    return lambda w, t: dispatch.add_support(t, by=w.clerk, at=TUESDAY, department=w.department(name))


def merged_into_a_fresh_one(w: World, t: int) -> None:
    parent = w.file(at=MONDAY + HOUR, title="同一件事")
    cases.merge(t, by=w.clerk, at=TUESDAY, parent=parent)


def rest_reported(w: World, t: int) -> None:
    closing.report_rest(t, by=w.power, at=MONDAY + 3 * DAY, text="已装好")


def rated_again(rating: dict[str, Any]) -> Deed:
    return lambda w, t: closing.correct_rating(t, by=w.owner, at=TUESDAY, **rating)


DEFERRED = then(
    at(State.IN_PROGRESS, supports=["园区管委会"]),
    asked(R.DEFERRAL),
    decided(R.DEFERRAL, "supervisor", granted=True),
)
PARTLY: dict[str, Any] = {"outcome": Outcome.PARTLY, "rest_date": date(2026, 3, 16)}
PARTLY_CLOSED = at(State.CLOSED, **PARTLY)
REJECTED = then(at(State.SUBMITTED), asked(R.REJECTION), decided(R.REJECTION, "supervisor", granted=True))
BADLY_RATED = at(State.CLOSED, outcome=Outcome.POLICY, **BAD)

ROWS: list[tuple[str, Scene, Deed, str]] = [
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
WHERE: dict[RequestKind, tuple[Scene, str, str]] = {
    R.RETURN: (at(State.ASSIGNED, supports=["园区管委会"]), "power", "clerk"),
    R.EXTENSION: (at(State.IN_PROGRESS), "power", "clerk"),
    R.DEFERRAL: (at(State.IN_PROGRESS, supports=["园区管委会"]), "power", "supervisor"),
    R.REJECTION: (at(State.ACCEPTED), "clerk", "supervisor"),
    R.SIGN_OFF: (then(at(State.IN_PROGRESS), wants_sign_off), "power", "power_head"),
    R.EXCLUSION: (at(State.CLOSED), "power", "supervisor"),
    R.APPEAL: (PARTLY_CLOSED, "owner", "supervisor"),
}
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
for _kind, (_scene, _asker, _decider) in WHERE.items():
    _said = then(_scene, asked(_kind))
    _asks, _grants, _refuses, _cancels = REQUESTS[_kind]
    ROWS += [
        (f"ask: {_kind.value}", _scene, asked(_kind), _asks),
        (f"grant: {_kind.value}", _said, decided(_kind, _decider, granted=True), _grants),
        (f"refuse: {_kind.value}", _said, decided(_kind, _decider, granted=False), _refuses),
        (f"cancel: {_kind.value}", _said, cancelled(_kind, _asker), _cancels),
    ]
ROWS += [
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


@pytest.mark.parametrize(("scene", "deed", "expected"), [pytest.param(*row[1:], id=row[0]) for row in ROWS])
def test_a_row_of_the_table(small_world: World, scene: Scene, deed: Deed, expected: str) -> None:
    ticket = scene(small_world)
    before = sight(small_world.ticket(ticket.number))
    deed(small_world, ticket.id)
    assert changes(before, small_world.ticket(ticket.number)) == expected


# What is refused, and in which words

MANY_TAGS = [f"标签{number}" for number in range(6)]


def rated(rating: dict[str, Any]) -> Deed:
    return lambda w, t: closing.rate(t, by=w.owner, at=TUESDAY, **rating)


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


def complaint(state: State, **how: Any) -> Scene:
    return lambda w: w.make(
        state, nature=Nature.COMPLAINT, against=w.department("供电公司"), lead="园区管委会", **how
    )


def dispatched(lead: str, *supports: str, who: str = "clerk") -> Deed:
    return lambda w, t: dispatch.dispatch(
        t, by=getattr(w, who), at=TUESDAY, lead=w.department(lead),
        supports=[w.department(name) for name in supports],
    )  # fmt: skip


def both_hats(w: World, _t: int) -> None:
    """The clerk supervises as well."""
    person = w.clerk
    person.roles = {*person.roles, *w.supervisor.roles}
    db.session.commit()


FULL_DAY = datetime(2026, 3, 9, 17, 30, tzinfo=CHINA)
"""When a matter dispatched on Monday is due."""
REFUSED: list[tuple[str, Scene, Deed, type[DeskError], str]] = [
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
    (
        "progress of a deferred matter without a date",
        DEFERRED,
        lambda w, t: handling.progress(t, by=w.power, at=TUESDAY + DAY, text="等"),
        Invalid,
        "下次答复日期",
    ),
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


@pytest.mark.parametrize(
    ("scene", "deed", "error", "words"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_what_the_law_forbids_is_refused_and_changes_nothing(
    small_world: World, scene: Scene, deed: Deed, error: type[DeskError], words: str
) -> None:
    ticket = scene(small_world)
    before = sight(small_world.ticket(ticket.number))
    with pytest.raises(error, match=words) as refusal:
        deed(small_world, ticket.id)
    assert type(refusal.value) is error
    assert refusal.value.sentence.endswith("。")
    assert sight(small_world.ticket(ticket.number)) == before


# What is not a row


def test_the_head_of_a_supporting_department_hands_over_what_a_colleague_has(small_world: World) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS, supports=["园区管委会"])
    handling.sign(ticket.id, by=world.committee, at=TUESDAY)
    handling.hand_over(ticket.id, by=world.committee_head, at=TUESDAY + HOUR, to=world.committee_head)
    lead, support = world.ticket(ticket.number).assignments
    assert (lead.handler, support.handler) == (world.power, world.committee_head)


def test_a_bad_rating_that_opens_no_rework_puts_the_ticket_into_the_lists_by_its_review(
    small_world: World,
) -> None:
    ticket = small_world.ticket(BADLY_RATED(small_world).number)
    assert day(ticket.due_at) == "03-03 17:30"


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


def test_the_parts_of_a_split_are_tickets_of_the_same_instant(small_world: World) -> None:
    world = small_world
    ticket = world.file(title="两件事")
    cases.split(ticket.id, by=world.clerk, at=TUESDAY, parts=["甲", "乙", "丙"])
    parts = db.session.scalars(select(Ticket).order_by(Ticket.id)).unique().all()
    assert [part.text for part in parts] == ["甲", "乙", "丙"]
    assert [part.split_from_id for part in parts] == [None, ticket.id, ticket.id]
    assert {part.submitted_at for part in parts} == {MONDAY}
    assert [len(part.events) for part in parts] == [2, 1, 1]


def test_a_granted_appeal_answers_the_bad_rating_that_waited_for_review(small_world: World) -> None:
    world = small_world
    ticket = then(BADLY_RATED, asked(R.APPEAL), decided(R.APPEAL, "supervisor", granted=True))(world)
    kept = world.ticket(ticket.number)
    assert (kept.state, kept.cycle) == (State.ACCEPTED, 2)
    assert [named(clock) for clock in kept.clocks if clock.is_live] == ["dispatch"]
