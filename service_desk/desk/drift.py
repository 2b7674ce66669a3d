"""The nightly self-check: what every open clock says of itself is reckoned again from its facts and from the events."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import insert, select
from sqlalchemy.orm import selectinload

from service_desk.desk.sweeping import STOPPING
from service_desk.domain import deadlines
from service_desk.domain.actions import Action
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import ClockKind, ClockState, Role, Wait
from service_desk.store.base import db, house, transaction
from service_desk.store.beats import take_night
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.law import Law, current_law
from service_desk.store.notices import Notice
from service_desk.store.people import User, UserRole
from service_desk.store.tickets import Ticket

BATCH = 200
NAMED = 10

BEGUN_BY = {
    Wait.SUPPLEMENT: (Action.ASK_SUPPLEMENT,),
    Wait.QUESTION: (Action.ASK_ENTERPRISE,),
    Wait.DEFERRAL: (Action.DECIDE_DEFERRAL,),
    Wait.REPLY: (Action.REPLY, Action.DECIDE_SIGN_OFF),
}
"""Which acts begin a pause."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Drift:
    """A clock that says something else than its facts and the ticket's events."""

    number: str
    kind: ClockKind
    what: Sentence


def check_by_night(now: datetime) -> int:
    """Once a night, recompute every open clock and tell the administrators what differs; how many do."""
    if not take_night("drift", now):
        return 0
    found = list(drifts())
    for drift in found:
        log.error("a clock has drifted", ticket=drift.number, clock=drift.kind.value, what=str(drift.what))
    if found:
        _tell(found, at=now)
    return len(found)


def drifts() -> Iterator[Drift]:
    """Every difference, ticket by ticket; read in batches, so that nobody waits for it."""
    last = 0
    while batch := _tickets(after=last):
        law = current_law()
        for ticket in batch:
            for clock in ticket.clocks:
                if clock.is_live:
                    yield from (
                        Drift(ticket.number, clock.kind, what) for what in differences(ticket, clock, law)
                    )
        last = batch[-1].id
        db.session.rollback()
        if STOPPING.is_set():
            return


def _tickets(*, after: int) -> Sequence[Ticket]:
    statement = (
        select(Ticket)
        .where(Ticket.id > after, Ticket.clocks.any(Clock.state.in_(LIVE)))
        .order_by(Ticket.id)
        .limit(BATCH)
        .options(selectinload(Ticket.clocks), selectinload(Ticket.events))
    )
    return db.session.scalars(statement).unique().all()


def differences(ticket: Ticket, clock: Clock, law: Law) -> Iterator[Sentence]:
    """What a clock says that follows neither from its facts nor from what is on record of the ticket."""
    try:
        yield from _of_the_cache(clock, law)
    except Invalid:
        # The others are looked at all the same.
        yield say("按记录推算不出到期时间")
    at = {event.at for event in ticket.events}
    if clock.started_at not in at and clock.started_at != ticket.submitted_at:
        yield say("起算时间没有对应的办理记录")
    for pause in clock.pauses:
        begun = [e for e in ticket.events if e.at == pause.started_at and e.action in BEGUN_BY[pause.cause]]
        if not begun:
            yield say("暂停没有对应的办理记录")
        if pause.ended_at is not None and pause.ended_at not in at:
            yield say("恢复计时没有对应的办理记录")
    if clock.kind is ClockKind.SETTLE:
        yield from _of_extensions(ticket, clock)


def _of_the_cache(clock: Clock, law: Law) -> Iterator[Sentence]:
    """The stored dues and state against the facts; one that waits to be reckoned by a new calendar is no fault."""
    if clock.calendar_version >= law.calendar.version:
        if clock.due_at != deadlines.due(clock.facts, law.calendar):
            yield say("到期时间与推算不符")
        if clock.original_due_at != deadlines.original_due(clock.facts, law.calendar):
            yield say("原到期时间与推算不符")
    stands = any(pause.ended_at is None for pause in clock.pauses)
    if stands is not (clock.state is ClockState.PAUSED):
        yield say("计时状态与暂停记录不符")


def _of_extensions(ticket: Ticket, clock: Clock) -> Iterator[Sentence]:
    granted = sum(
        event.data.get("days", 0)
        for event in ticket.events
        if event.action is Action.DECIDE_EXTENSION
        and event.data.get("granted")
        and event.at >= clock.started_at
    )
    if clock.extended != granted or clock.extended != sum(each["days"] for each in clock.extensions):
        yield say("延期天数与审批记录不符")


@transaction
def _tell(found: Sequence[Drift], *, at: datetime) -> None:
    """Tell the administrators, by number and kind alone: of the matter they read nothing."""
    admins = db.session.scalars(
        select(User.id).where(User.active, User.role_rows.any(UserRole.role == Role.ADMIN))
    ).all()
    words = house().say
    lines = [
        words(say("%(number)s %(kind)s：%(what)s", number=each.number, kind=each.kind, what=each.what))
        for each in found[:NAMED]
    ]
    title = words(say("时限自检发现 %(n)s 处不一致", n=len(found)))
    rows = [
        {
            "key": f"drift:{at:%Y-%m-%d}",
            "recipient_id": admin,
            "created_at": at,
            "title": title,
            "body": "\n".join(lines),
        }
        for admin in admins
    ]
    if rows:
        db.session.execute(insert(Notice), rows)
