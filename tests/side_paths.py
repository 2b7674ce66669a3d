"""Side paths of the law, told as scenes and deeds: what an act changes, and who is told.

A change is written as people would say it: where the ticket goes, what its clocks do (and until when those
run that start, stop standing still or are given more time), and who reads a notice.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service_desk.desk import closing, dispatch, handling, housekeeping, intake, requests
from service_desk.desk.requests import CANCELLING
from service_desk.domain.errors import DeskError
from service_desk.domain.vocabulary import (
    ClockState,
    ExcludedFigure,
    Level,
    Outcome,
    RequestKind,
    Solved,
    State,
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
Row = tuple[str, Scene, Deed, str]
"""A name, where it begins, what is done, and what that changes."""
Refusal = tuple[str, Scene, Deed, type[DeskError], str]
"""A name, where it begins, what is tried, the refusal, and words of its sentence."""


def at(state: State, **how: Any) -> Scene:
    return lambda world: world.make(state, **how)


def then(scene: Scene, *deeds: Deed) -> Scene:
    def play(world: World) -> Ticket:
        ticket = scene(world)
        for deed in deeds:
            deed(world, ticket.id)
        return ticket

    return play


def each(rows: Iterable[Row] | Iterable[Refusal]) -> list[Any]:
    """The rows as pytest's parameters, called by their names."""
    return [pytest.param(*row[1:], id=row[0]) for row in rows]


def what_changes(world: World, scene: Scene, deed: Deed) -> str:
    """What the deed changes in the scene, in one line."""
    ticket = scene(world)
    before = sight(world.ticket(ticket.number))
    deed(world, ticket.id)
    return changes(before, world.ticket(ticket.number))


def check_refused(world: World, scene: Scene, deed: Deed, error: type[DeskError], words: str) -> None:
    """The deed is refused in these words, and nothing has changed."""
    ticket = scene(world)
    before = sight(world.ticket(ticket.number))
    with pytest.raises(error, match=words) as refusal:
        deed(world, ticket.id)
    assert type(refusal.value) is error
    assert refusal.value.sentence.endswith("。")
    assert sight(world.ticket(ticket.number)) == before


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


def rest_reported(w: World, t: int) -> None:
    closing.report_rest(t, by=w.power, at=MONDAY + 3 * DAY, text="已装好")


def rated(rating: dict[str, Any]) -> Deed:
    return lambda w, t: closing.rate(t, by=w.owner, at=TUESDAY, **rating)


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
