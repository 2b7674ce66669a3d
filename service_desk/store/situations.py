"""The situation a person finds a ticket in: the facts of its rows that the table of actions is asked about."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from service_desk.domain import deadlines
from service_desk.domain.actions import Action, Party
from service_desk.domain.deadlines import Running
from service_desk.domain.limits import (
    CORRECTION_DAYS,
    DEFERRAL_DAYS,
    OBJECTION_DAYS,
    QUESTION_CLOSES,
)
from service_desk.domain.situation import Situation
from service_desk.domain.vocabulary import (
    ApprovalState,
    AssignmentState,
    ClockKind,
    RequestKind,
    Role,
    State,
    Wait,
)
from service_desk.store.approvals import Approval
from service_desk.store.law import Law
from service_desk.store.parts import FOR_ID, Assignment, Event
from service_desk.store.people import Actor, PastPerson
from service_desk.store.replays import replay
from service_desk.store.tickets import Ticket

LATE_RATING = timedelta(hours=24 * 30)
"""How long after closing unrated a ticket may still be rated (the law, fine print)."""


HANDLING = (
    Action.SIGN,
    Action.FIRST_CONTACT,
    Action.ASK_ENTERPRISE,
    Action.REPLY,
    Action.ASK_SIGN_OFF,
    Action.ANSWER,
)
"""Acts that make somebody one who *handled* the ticket; to be handed it counts too."""


def situation_of(ticket: Ticket, user: Actor | None, now: datetime, law: Law) -> Situation:
    """The facts the table of actions is asked about; for whoever stands in for colleagues, theirs besides."""
    own = _facts(ticket, user, ticket.own_parties_of(user), now, law)
    places = ticket.places_of(user)
    if not places:
        return own
    instead = (
        replace(_facts(ticket, person, parts, now, law), instead_of=person.id) for person, parts in places
    )
    return replace(own, instead=tuple(instead))


def _facts(
    ticket: Ticket, user: Actor | None, parties: frozenset[Party], now: datetime, law: Law
) -> Situation:
    lead, reply, rating = ticket.last_lead, ticket.last_reply, ticket.last_rating
    settle, mine = ticket.clock(ClockKind.SETTLE), _part_of(ticket, user)
    here = _in(law)
    return Situation(
        state=ticket.state,
        parties=parties,
        now=now,
        cycle=ticket.cycle,
        handled=user is not None and _handled_by(ticket, user),
        took_part=user is not None and any(_did(event, user) for event in ticket.events),
        of_the_departments=user is not None
        and user.department_id is not None
        and any(part.department_id == user.department_id for part in ticket.assignments),
        had_lead=lead is not None,
        has_handler=mine is not None and _has_handler(mine, user),
        is_handler=user is not None and mine is not None and user.signed(mine.handler_id, mine.handler_name),
        is_head=user is not None and user.has(Role.HEAD),
        wants_sign_off=_wants_sign_off(lead),
        support=_support_of(ticket, user),
        contacted=any(event.data.get("reached", True) for event in ticket.calls),
        asked_enterprise=_last_of(ticket, Action.ASK_ENTERPRISE, Action.INFORM, Action.REPLY)
        is Action.ASK_ENTERPRISE,
        rated=rating is not None,
        bad_ratings=_bad_ratings_of_claims(ticket),
        claims_solution=reply is not None and reply.outcome is not None and reply.outcome.claims_solution,
        last_rating_is_bad=rating is not None and rating.is_bad,
        rating_corrected=rating is not None and rating.corrects_id is not None,
        rating_correctable_until=here(law.working_days_after(rating.at, CORRECTION_DAYS) if rating else None),
        reviews=frozenset(clock.about for clock in ticket.live_clocks(ClockKind.REVIEW) if clock.about),
        may_rate_until=here(_may_rate_until(ticket)),
        rating_ends_at=here(_due_of(ticket, ClockKind.RATING)),
        orders_running=len(ticket.running_orders),
        may_urge=_may_urge(ticket, now, law),
        against_a_department=ticket.against_id is not None,
        inquiry_is_open=_last_of(ticket, Action.INQUIRE, Action.ANSWER_INQUIRY) is Action.INQUIRE,
        moves=ticket.moves,
        return_window_ends=here(_return_window_ends(ticket)),
        return_asked=lead is not None
        and any(
            each.kind is RequestKind.RETURN and each.assignment_id == lead.id for each in ticket.approvals
        ),
        settle_due=here(settle.due_at if settle else None),
        extensions=len(settle.extensions) if settle else 0,
        most_extensions=law.limits.most_extensions(ticket.profile),
        requests=frozenset(each.kind for each in ticket.approvals if each.is_open),
        own_requests=frozenset(
            each.kind for each in ticket.approvals if each.is_open and user is not None and _asked(each, user)
        ),
        supplement_ends_at=here(_due_of(ticket, ClockKind.SUPPLEMENT)),
        objections_until=here(_objections_until(ticket, law)),
        appealed=any(
            each.kind is RequestKind.APPEAL and each.state is not ApprovalState.CANCELLED
            for each in ticket.approvals
        ),
        rest_running=ticket.clock(ClockKind.REST) is not None,
        rest_reported=_last_of(ticket, Action.REPORT_REST, Action.CONFIRM_REST, Action.REWORK)
        is Action.REPORT_REST,
        rest_confirmable_until=here(_rest_confirmable_until(ticket, law)),
        rest_unconfirmed=_rest_unconfirmed(ticket),
        in_incident=ticket.incident_id is not None,
        wait_ends_at=here(wait_ends_at(ticket, law)),
        deferral_ends_at=here(_deferral_ends_at(ticket, law)),
    )


def passing(ticket: Ticket, law: Law) -> tuple[datetime, Action] | None:
    """What happens by itself next unless somebody acts before: when, and which act of the system."""
    ends = (
        (_due_of(ticket, ClockKind.RATING) if ticket.state is State.AWAITING_RATING else None, Action.EXPIRE_RATING),
        (_deferral_ends_at(ticket, law), Action.RESUME),
        (wait_ends_at(ticket, law), Action.RESUME),
    )  # fmt: skip
    return min(((at, action) for at, action in ends if at is not None), default=None)


def _due_of(ticket: Ticket, kind: ClockKind) -> datetime | None:
    clock = ticket.clock(kind)
    return clock.due_at if clock else None


def _last_of(ticket: Ticket, *actions: Action) -> Action | None:
    """Which of these acts was the last one in this cycle."""
    return next(
        (e.action for e in reversed(ticket.events) if e.action in actions and e.cycle == ticket.cycle), None
    )


def _may_rate_until(ticket: Ticket) -> datetime | None:
    return ticket.last_closing.at + LATE_RATING if ticket.last_closing else None


def _return_window_ends(ticket: Ticket) -> datetime | None:
    """The end of the latest lead's return window, also where it has passed unused."""
    lead = ticket.lead
    windows = [clock for clock in ticket.clocks if clock.kind is ClockKind.RETURN_WINDOW]
    last = windows[-1] if windows else None
    return last.due_at if last and lead and last.started_at == lead.assigned_at else None


def _objections_until(ticket: Ticket, law: Law) -> datetime | None:
    """The end of the working days after it was last closed or rejected."""
    ended = next(
        (e for e in reversed(ticket.events) if e.after is not e.before and e.after is ticket.state), None
    )
    if ended is None or ticket.state not in (State.CLOSED, State.REJECTED):
        return None
    return law.working_days_after(ended.at, OBJECTION_DAYS)


def _rest_unconfirmed(ticket: Ticket) -> bool:
    said = next(
        (
            e
            for e in reversed(ticket.events)
            if e.action in (Action.REPORT_REST, Action.CONFIRM_REST) and e.cycle == ticket.cycle
        ),
        None,
    )
    return said is not None and not said.data.get("settled", False)


def _rest_confirmable_until(ticket: Ticket, law: Law) -> datetime | None:
    reported = next((e for e in reversed(ticket.events) if e.action is Action.REPORT_REST), None)
    if reported is None:
        return None
    limit = law.limits.of(ClockKind.RATING, ticket.profile)
    return deadlines.due(Running(reported.at, limit), law.calendar)


def wait_ends_at(ticket: Ticket, law: Law) -> datetime | None:
    """When an open question has kept the clocks waiting as long as it may."""
    settle = ticket.clock(ClockKind.SETTLE)
    if settle is None or not settle.waits_for(Wait.QUESTION):
        return None
    return deadlines.waiting_ends(settle.waits(Wait.QUESTION), QUESTION_CLOSES, law.calendar)


def _deferral_ends_at(ticket: Ticket, law: Law) -> datetime | None:
    """The close of the last calendar day of the deferral, reckoned from when it was last granted."""
    if ticket.state is not State.DEFERRED:
        return None
    granted = next(
        e for e in reversed(ticket.events) if e.action is Action.DECIDE_DEFERRAL and e.data["granted"]
    )
    return law.calendar.close(law.calendar.day_of(granted.at) + timedelta(days=DEFERRAL_DAYS))


def _did(event: Event, user: Actor) -> bool:
    """Whether an act is this person's: their own, or done in their place."""
    return user.signed(event.by_id, event.by_name) or (
        user.id is not None and event.data.get(FOR_ID) == user.id
    )


def _asked(request: Approval, user: Actor) -> bool:
    """Whether somebody asked for it, or it was asked for in their place."""
    return user.signed(request.asked_by_id, request.asked_by_name) or (
        user.id is not None and request.asked_for_id == user.id
    )


def _handled_by(ticket: Ticket, user: Actor) -> bool:
    return (
        any(_did(event, user) for event in ticket.events if event.action in HANDLING)
        or any(user.signed(part.handler_id, part.handler_name) for part in ticket.assignments)
        or any(
            user.signed(event.data.get("to_id"), event.data.get("to"))
            for event in ticket.events
            if event.action is Action.HAND_OVER
        )
        or any(
            user.signed(event.data.get("handler_id"), event.data.get("handler"))
            for event in ticket.events
            if event.action is Action.SIGN
        )
    )


def _has_handler(part: Assignment, user: Actor | None) -> bool:
    """Whether somebody handles it: to people of today a name of another system is nobody they could wait for."""
    old = isinstance(user, PastPerson) and part.handler_name is not None
    return part.handler_id is not None or old


def _wants_sign_off(lead: Assignment | None) -> bool:
    """Whether the lead's replies are signed: by the rules of here and today, or of where they were written."""
    history = replay()
    if history is not None:
        return history.wants_sign_off
    return lead is not None and lead.department.wants_sign_off


def _bad_ratings_of_claims(ticket: Ticket) -> int:
    """Closings of replies that claimed a solution whose rating, as last corrected, is bad."""
    last = {rating.cycle: rating for rating in ticket.ratings}
    return sum(1 for cycle, rating in last.items() if rating.is_bad and _claimed(ticket, cycle))


def _claimed(ticket: Ticket, cycle: int) -> bool:
    """Whether the last reply of a cycle claimed a solution."""
    replies = [reply for reply in ticket.replies if reply.cycle == cycle]
    return bool(replies) and replies[-1].outcome is not None and replies[-1].outcome.claims_solution


def _support_of(ticket: Ticket, user: Actor | None) -> AssignmentState | None:
    if user is None:
        return None
    mine = [part for part in ticket.supports if part.department_id == user.department_id]
    return mine[-1].state if mine else None


def _part_of(ticket: Ticket, user: Actor | None) -> Assignment | None:
    """The live part of this person's department."""
    if user is None or user.department_id is None:
        return None
    live = (part for part in reversed(ticket.assignments) if part.is_live)
    return next((part for part in live if part.department_id == user.department_id), None)


def _may_urge(ticket: Ticket, now: datetime, law: Law) -> bool:
    """An enterprise may urge once a working day; a rest day belongs to the working day before it."""
    urges = [e for e in ticket.events if e.action is Action.URGE and e.party is Party.CONTACT]
    working_day = law.calendar.working_day_of
    return not urges or working_day(urges[-1].at) < working_day(now)


def _in(law: Law) -> Callable[[datetime | None], datetime | None]:
    """Instants as the park's clocks show them."""
    return lambda moment: moment.astimezone(law.calendar.tz) if moment else None
