"""The same act on several tickets: no verb, but one verb after the other, each its own transaction.

Every ticket is asked of the table as if it were the only one; what is refused stays as it is and says why.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import joinedload, selectinload

from service_desk.desk.acting import Stale, unseen_by
from service_desk.desk.routing import proposals_for, proposed_urgency
from service_desk.desk.verbs import VERBS
from service_desk.domain.actions import Action
from service_desk.domain.errors import DeskError, Invalid, OutOfTurn
from service_desk.domain.routing import Proposal
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import Role, Urgency
from service_desk.domain.workflow import STEPS, step_for
from service_desk.store.base import db
from service_desk.store.law import Law, current_law
from service_desk.store.parts import Event
from service_desk.store.people import Department, User
from service_desk.store.scope import visible_tickets
from service_desk.store.situations import situation_of
from service_desk.store.tickets import Ticket

ACTIONS = (Action.ACCEPT, Action.DISPATCH, Action.URGE)
"""What can be done to many at once: acts that ask nothing of each ticket which its page would have to show."""
MOST_AT_ONCE = 50
"""Each is a transaction of its own, and somebody waits."""


@dataclass(frozen=True)
class Chosen:
    """A ticket somebody ticked, and the version of it they had before them."""

    ticket_id: int
    seen: int


@dataclass(frozen=True)
class Line:
    """A ticket by name, and why nothing was done to it."""

    ticket_id: int
    number: str
    title: str
    sentence: str = ""


@dataclass(frozen=True)
class Summary:
    """What was done with many tickets; ``missing`` counts those this person does not see."""

    done: Sequence[Line]
    refused: Sequence[Line]
    missing: int


Given = Callable[[Ticket], Mapping[str, Any]]
"""What the verb is given for a ticket; raises ``DeskError`` where there is nothing to give."""


def offered_to(user: User) -> tuple[Action, ...]:
    """Those of the acts that the table grants to one of this person's roles at all."""
    roles = {role.value for role in user.roles - {Role.CONTACT}}
    return tuple(
        action
        for action in ACTIONS
        if any(party.value in roles for step in STEPS if step.action is action for party in step.by)
    )


def together(
    action: Action, chosen: Sequence[Chosen], *, by: User, at: datetime, given: Given = lambda _ticket: {}
) -> Summary:
    """Take ``action`` on each of the tickets in their order, as the page its reader saw them on allows."""
    tickets = {ticket.id: ticket for ticket in _visible(chosen, by)}
    lines = {ticket.id: Line(ticket.id, ticket.number, ticket.title) for ticket in tickets.values()}
    done, refused = [], []
    for each in chosen:
        line = lines.get(each.ticket_id)
        if line is None:
            continue
        try:
            VERBS[action](line.ticket_id, by=by, at=at, seen=each.seen, **given(tickets[line.ticket_id]))
        except DeskError as refusal:
            refused.append(Line(line.ticket_id, line.number, line.title, _sentence(refusal)))
        else:
            done.append(line)
    return Summary(done, refused, len(chosen) - len(lines))


def _visible(chosen: Sequence[Chosen], user: User) -> Sequence[Ticket]:
    ids = [each.ticket_id for each in chosen]
    return db.session.scalars(visible_tickets(user).where(Ticket.id.in_(ids))).unique().all()


def _sentence(refusal: DeskError) -> str:
    """Why; a list of many tickets holds nothing typed that a stale page could have lost."""
    return _changed(refusal.changes) if isinstance(refusal, Stale) else refusal.sentence


def _changed(changes: Sequence[Event]) -> Sentence:
    who, action = changes[-1].actor_to(enterprise=False), changes[-1].action
    return say("勾选之后有了变化：%(who)s已“%(action)s”，请看过再办。", who=who, action=action)


def as_it_stands(ticket: Ticket) -> Mapping[str, Any]:
    """To accept: category, nature and urgency confirmed as they are.

    Where the words of a ticket propose a higher urgency, somebody reads it first: ``OutOfTurn``.
    """
    danger = proposed_urgency(ticket)
    if danger is not None and ticket.urgency is not Urgency.CRITICAL:
        raise OutOfTurn(say("%(danger)s，请打开这件单独受理。", danger=danger))
    return {"category": ticket.category, "nature": ticket.nature, "urgency": ticket.urgency}


@dataclass(frozen=True)
class Plan:
    """To whom one of many tickets would go and why; or the sentence that says why it cannot."""

    ticket: Ticket
    lead: Department | None = None
    supports: tuple[Department, ...] = ()
    reason: Sentence | None = None
    refusal: str = ""


def plans_for(
    chosen: Sequence[Chosen], departments: Iterable[Department], *, by: User, at: datetime
) -> list[Plan]:
    """What a dispatch of these tickets as proposed would do, in their order; nothing is changed.

    ``departments`` are those in use: a proposal that names another is none.
    """
    found = _to_be_judged([each.ticket_id for each in chosen], by)
    seen = {each.ticket_id: each.seen for each in chosen}
    law, known = current_law(), {row.name: row for row in departments}
    refusals = {ticket.id: _refusal(ticket, seen[ticket.id], by, at, law) for ticket in found}
    open_ones = [ticket for ticket in found if not refusals[ticket.id]]
    proposals = dict(zip((ticket.id for ticket in open_ones), proposals_for(open_ones), strict=True))
    plans = {
        ticket.id: _plan(ticket, proposals.get(ticket.id), known, refusals[ticket.id]) for ticket in found
    }
    return [plans[each.ticket_id] for each in chosen if each.ticket_id in plans]


def _plan(ticket: Ticket, proposal: Proposal | None, known: Mapping[str, Department], refusal: str) -> Plan:
    lead = known.get(proposal.lead or "") if proposal is not None else None
    if proposal is None or lead is None:
        return Plan(ticket, refusal=refusal)
    supports = tuple(known[name] for name in proposal.supports if name in known)
    return Plan(ticket, lead, supports, proposal.reason, refusal)


def _to_be_judged(ids: Sequence[int], user: User) -> Sequence[Ticket]:
    """The tickets with all that the table of actions asks about, each part read once for all of them."""
    parts = (
        selectinload(Ticket.events),
        selectinload(Ticket.clocks),
        selectinload(Ticket.assignments),
        selectinload(Ticket.replies),
        # Few rows each: they come with the ticket itself.
        joinedload(Ticket.ratings),
        joinedload(Ticket.orders),
        joinedload(Ticket.approvals),
        joinedload(Ticket.against),
    )
    return db.session.scalars(visible_tickets(user).where(Ticket.id.in_(ids)).options(*parts)).unique().all()


def _refusal(ticket: Ticket, seen: int, user: User, at: datetime, law: Law) -> str:
    changes = unseen_by(user, ticket, seen)
    if changes:
        return _changed(changes)
    try:
        step_for(Action.DISPATCH, situation_of(ticket, user, at, law))
    except DeskError as refusal:
        return refusal.sentence
    return ""


def to_one(lead: Department, text: str) -> Given:
    """To dispatch: every ticket to the same lead."""
    return lambda _ticket: {"lead": lead, "text": text}


def to_each_its_own(leads: Mapping[int, tuple[Department, Sequence[Department]]], text: str) -> Given:
    """To dispatch: every ticket to the lead and the supports that its reader was shown, by the ticket's id."""

    def given(ticket: Ticket) -> Mapping[str, Any]:
        if ticket.id not in leads:
            raise Invalid("没有把握的建议，请打开这件选择主办单位，或选一个单位一并派单。")
        lead, supports = leads[ticket.id]
        return {"lead": lead, "supports": list(supports), "text": text}

    return given
