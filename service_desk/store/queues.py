"""Questions asked of the tickets somebody may see: lists in pages, and what waits for them."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true, tuple_, union_all
from sqlalchemy.orm import InstrumentedAttribute, aliased

from service_desk.domain.actions import Action
from service_desk.domain.states import OPEN
from service_desk.domain.vocabulary import (
    ApprovalState,
    AssignmentRole,
    AssignmentState,
    ClockKind,
    RequestKind,
    Review,
    Role,
    Source,
    State,
)
from service_desk.store.approvals import Approval
from service_desk.store.base import db
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.parts import LIVE_ASSIGNMENT, Assignment, Event
from service_desk.store.people import Post, User
from service_desk.store.scope import visible_tickets
from service_desk.store.search import Found
from service_desk.store.tickets import Ticket

Order = ColumnElement[Any] | InstrumentedAttribute[Any]
COUNTED_UP_TO = 1000
LONGEST_TODO = 100
MOST_URGENT_FIRST = (Ticket.due_at.is_(None), Ticket.due_at, Ticket.id)
LONGEST_ID = 9
"""Digits: whatever is longer may not fit into PostgreSQL's integer."""


@dataclass(frozen=True)
class Filter:
    """What a list is narrowed to; None and empty mean any.

    ``only_open``: in whatever open state. ``undispatched``: without a lead. ``ids``: these tickets alone.
    """

    state: State | None = None
    only_open: bool = False
    undispatched: bool = False
    category_id: int | None = None
    area_id: int | None = None
    department_id: int | None = None
    source: Source | None = None
    due: str = ""
    tag: str = ""
    q: str = ""
    ids: tuple[int, ...] = ()


def narrowed(
    tickets: Select[Ticket], wanted: Filter, *, now: datetime, today_ends: datetime
) -> Select[Ticket]:
    """``tickets`` narrowed by a filter but for its words; ``today_ends`` is the park's next midnight."""
    equal = {
        Ticket.state: wanted.state,
        Ticket.category_id: wanted.category_id,
        Ticket.area_id: wanted.area_id,
        Ticket.lead_department_id: wanted.department_id,
        Ticket.source: wanted.source,
    }
    for column, value in equal.items():
        if value is not None:
            tickets = tickets.where(column == value)
    if wanted.only_open:
        tickets = tickets.where(Ticket.state.in_(OPEN))
    if wanted.undispatched:
        tickets = tickets.where(Ticket.lead_department_id.is_(None))
    if wanted.due == "overdue":
        tickets = tickets.where(Ticket.due_at < now)
    elif wanted.due == "today":
        tickets = tickets.where(Ticket.due_at >= now, Ticket.due_at < today_ends)
    if wanted.tag:
        tickets = tickets.where(Ticket.tag_words.contains(f" {wanted.tag} ", autoescape=True))
    if wanted.ids:
        tickets = tickets.where(Ticket.id.in_(wanted.ids))
    return tickets


@dataclass(frozen=True)
class Page:
    """Some tickets, and the key from which the next page goes on (None on the last)."""

    tickets: Sequence[Ticket]
    next_after: str | None


def is_row_id(text: str) -> bool:
    """Whether a text from outside can be the id of a row at all."""
    return text.isdecimal() and len(text) <= LONGEST_ID


def page(tickets: Select[Ticket], *, after: str = "", by_due: bool = False, size: int = 50) -> Page:
    """A page by key: newest first, or what is due first (tickets without a due time are left out then).

    ``after`` is the key a page gave as ``next_after``; one that makes no sense begins at the start.
    """
    order: tuple[Order, ...] = (Ticket.due_at, Ticket.id) if by_due else (Ticket.id.desc(),)
    if by_due:
        tickets = tickets.where(Ticket.due_at.is_not(None))
        moment, _, number = after.partition("~")
        if is_row_id(number):
            try:
                key = datetime.fromisoformat(moment)
            except ValueError:
                key = None
            if key is not None and key.tzinfo is not None:
                tickets = tickets.where(tuple_(Ticket.due_at, Ticket.id) > tuple_(key, int(number)))
    elif is_row_id(after):
        tickets = tickets.where(Ticket.id < int(after))
    rows = _first_of(tickets, order, size + 1)
    more = len(rows) > size
    return Page(rows[:size], page_key(rows[size - 1], by_due=by_due) if more else None)


def _first_of(tickets: Select[Ticket], order: Sequence[Order], number: int) -> Sequence[Ticket]:
    """So many of them: what is shown of a ticket, and of what belongs to it, is read of these alone."""
    ids = _first_ids(tickets, order, number).correlate(None)
    return db.session.scalars(select(Ticket).where(Ticket.id.in_(ids)).order_by(*order)).unique().all()


def _first_ids(tickets: Select[Ticket], order: Sequence[Order], number: int) -> Select[int]:
    return tickets.with_only_columns(Ticket.id).order_by(*order).limit(number)


def page_key(ticket: Ticket, *, by_due: bool = False) -> str:
    """The key from which a list goes on after this ticket, whether or not it is still in the list."""
    return f"{ticket.due_at.isoformat()}~{ticket.id}" if by_due and ticket.due_at else str(ticket.id)


def count_capped(tickets: Select[Ticket]) -> int:
    """How many there are, counted up to 1,000: the price does not grow with the table."""
    some = tickets.with_only_columns(Ticket.id).order_by(None).limit(COUNTED_UP_TO).subquery()
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def page_found(found: Found, *, after: str = "", size: int = 50) -> tuple[Page, int]:
    """A page of what words find, newest first, and how many they find, counted up to 1,000."""
    ids = found.newest(COUNTED_UP_TO)
    count = len(ids)
    if is_row_id(after):
        ids = [ticket_id for ticket_id in ids if ticket_id < int(after)]
        if count == COUNTED_UP_TO and len(ids) <= size:
            ids = found.newest(size + 1, before=int(after))
    shown = select(Ticket).where(Ticket.id.in_(ids[:size])).order_by(Ticket.id.desc())
    more = str(ids[size - 1]) if len(ids) > size else None
    return Page(db.session.scalars(shown).unique().all(), more), count


def others_of(tickets: Select[Ticket], ticket: Ticket, *, most: int = 5) -> Sequence[Ticket]:
    """The latest other tickets of the same enterprise, of those in ``tickets``."""
    same = tickets.where(Ticket.enterprise_id == ticket.enterprise_id, Ticket.id != ticket.id)
    return db.session.scalars(same.order_by(Ticket.id.desc()).limit(most)).unique().all()


def decides(user: User) -> Select[int]:
    """The tickets with a request that waits for this person's decision, by id."""
    kinds: list[ColumnElement[bool]] = [false()]
    if user.has(Role.CLERK):
        kinds.append(Approval.kind.in_((RequestKind.RETURN, RequestKind.EXTENSION)))
    if user.has(Role.SUPERVISOR):
        kinds.append(Approval.kind != RequestKind.SIGN_OFF)
    kinds += [_sign_off_at(post) for post in user.posts]
    return select(Approval.ticket_id).where(
        Approval.state == ApprovalState.OPEN, _asked_by_another(user), or_(*kinds)
    )


def _sign_off_at(post: Post) -> ColumnElement[bool]:
    """The requests that whoever heads a department signs."""
    if not post.is_head:
        return false()
    here = Approval.department_id == post.department_id
    return and_(Approval.kind == RequestKind.SIGN_OFF, here, _asked_by_another(post.person))


def _asked_by_another(user: User) -> ColumnElement[bool]:
    """Neither by this person nor in their place."""
    return and_(
        or_(Approval.asked_by_id.is_(None), Approval.asked_by_id != user.id),
        or_(Approval.asked_for_id.is_(None), Approval.asked_for_id != user.id),
    )


def waiting_for(user: User) -> Select[Ticket]:
    """The tickets that wait for this person."""
    seen = visible_tickets(user).whereclause
    # Few wait of all that are seen: SQLite goes through the list of ids that it is told of first.
    return select(Ticket).where(_is_turn_of(user), *([] if seen is None else [seen]))


def _is_turn_of(user: User) -> ColumnElement[bool]:
    """Of this person, whatever their roles.

    The ids of each turn are selected by an index: a condition made of all turns would be asked of every ticket.
    """
    turns: list[Select[int]] = [decides(user)]
    if user.has(Role.CLERK):
        turns.append(_those(Ticket.state.in_((State.SUBMITTED, State.REPLIED))))
        # Who leads a complaint against a department is for the supervisor to choose.
        turns.append(_those(Ticket.state == State.ACCEPTED, Ticket.against_id.is_(None)))
    if user.has(Role.QUALITY):
        turns.append(_those(Ticket.state == State.REPLIED))
        turns.append(_those(Ticket.state == State.WITHDRAWN, _is_reviewed(Review.WITHDRAWAL)))
    if user.has(Role.SUPERVISOR):
        turns.append(_those(Ticket.state == State.CLOSED, _is_reviewed(Review.RATING)))
        turns.append(_those(Ticket.state == State.ACCEPTED, Ticket.against_id.is_not(None)))
    if user.has(Role.CONTACT):
        own = Ticket.enterprise_id == user.enterprise_id
        turns.append(_those(own, Ticket.state.in_((State.AWAITING_RATING, State.SUPPLEMENTING))))
        # A question that has waited too long runs the clock again, and is a question still.
        turns.append(_those(own, Ticket.state == State.IN_PROGRESS, _is_asked()))
    for post in user.posts:
        turns += _turns_of_department(post.department_id)
    if user.has(Role.OFFICER, Role.LEADER):
        turns.append(_those(Ticket.state.in_(OPEN)))
    return Ticket.id.in_(union_all(*turns))


def _those(*conditions: ColumnElement[bool]) -> Select[int]:
    """The ids of all tickets for which the conditions hold, whatever they are looked for in."""
    return select(Ticket.id).where(*conditions).correlate(None)


def most_urgent(tickets: Select[Ticket]) -> Sequence[Ticket]:
    """As many of the tickets as a to-do shows, what is due first in front."""
    return _first_of(tickets, MOST_URGENT_FIRST, LONGEST_TODO)


def todo_of(user: User) -> Sequence[int]:
    """The ids of what this person's to-do shows, in its order."""
    return db.session.scalars(_first_ids(waiting_for(user), MOST_URGENT_FIRST, LONGEST_TODO)).all()


def is_personal(post: Post, *, by: User) -> ColumnElement[bool]:
    """What of a department's work is this person's own: they handle it, nobody does yet, or they are to sign it.

    ``by`` is who looks: nobody signs what they have asked themselves.
    """
    # Looked up for each: a department has had many more.
    is_handled = exists().where(
        Assignment.ticket_id == Ticket.id,
        Assignment.department_id == post.department_id,
        Assignment.state != AssignmentState.RELEASED,
        or_(Assignment.handler_id == post.person.id, Assignment.handler_id.is_(None)),
    )
    to_sign = select(Approval.ticket_id).where(
        Approval.state == ApprovalState.OPEN, _sign_off_at(post), _asked_by_another(by)
    )
    return or_(is_handled, Ticket.id.in_(to_sign))


def whose_turn(user: User, ticket_ids: Collection[int]) -> dict[int, str]:
    """Of these tickets those that wait for this person in a colleague's place alone, with the colleague's name."""
    if not user.stands_in_for or not ticket_ids:
        return {}
    own, *others = [is_personal(post, by=user) for post in user.posts]
    rows = db.session.execute(select(Ticket.id, own, *others).where(Ticket.id.in_(ticket_ids)))
    found = {}
    for ticket_id, is_own, *theirs in rows:
        names = [
            person.name for person, is_theirs in zip(user.stands_in_for, theirs, strict=True) if is_theirs
        ]
        if names and not is_own:
            found[ticket_id] = names[0]
    return found


def _turns_of_department(department_id: int) -> Iterator[Select[int]]:
    yield _those(
        Ticket.lead_department_id == department_id,
        Ticket.state.in_((State.ASSIGNED, State.IN_PROGRESS, State.DEFERRED)),
    )
    yield select(Clock.ticket_id).where(
        Clock.department_id == department_id,
        Clock.kind.in_((ClockKind.ORDER, ClockKind.REST)),
        Clock.state.in_(LIVE),
    )
    supported = select(Assignment.ticket_id).where(
        Assignment.department_id == department_id,
        Assignment.role == AssignmentRole.SUPPORT,
        Assignment.state.in_(LIVE_ASSIGNMENT),
    )
    yield _those(Ticket.state.in_(OPEN), Ticket.id.in_(supported))


def tells_due(user: User) -> ColumnElement[bool]:
    """The condition under which a ticket's due time is for this person.

    A closed ticket has one only while a bad rating is reviewed, which the desk alone is told.
    """
    return true() if user.has(Role.CLERK, Role.QUALITY, Role.SUPERVISOR) else Ticket.state != State.CLOSED


def owed_after_the_end(user: User, tickets: Iterable[Ticket]) -> dict[int, set[Review | ClockKind]]:
    """What tickets that are no longer open wait for: reviews, and the orders and rests of this person's department.

    By the ticket's id; one statement, or none where all are open.
    """
    ended = [ticket.id for ticket in tickets if ticket.state not in OPEN]
    if not ended:
        return {}
    departments = {post.department_id for post in user.posts}
    owed = and_(Clock.kind.in_((ClockKind.ORDER, ClockKind.REST)), Clock.department_id.in_(departments))
    rows = db.session.execute(
        select(Clock.ticket_id, Clock.kind, Clock.about).where(
            Clock.ticket_id.in_(ended), Clock.state.in_(LIVE), or_(Clock.kind == ClockKind.REVIEW, owed)
        )
    )
    found: dict[int, set[Review | ClockKind]] = {}
    for ticket_id, kind, about in rows:
        found.setdefault(ticket_id, set()).add(about or kind)
    return found


def _is_asked() -> ColumnElement[bool]:
    """The last word between department and enterprise was a question."""
    said = aliased(Event)
    last = (
        select(said.action)
        .where(said.ticket_id == Ticket.id)
        .where(said.action.in_((Action.ASK_ENTERPRISE, Action.INFORM, Action.REPLY)))
        .order_by(said.id.desc())
        .limit(1)
        .correlate(Ticket)
        .scalar_subquery()
    )
    return last == Action.ASK_ENTERPRISE


def _is_reviewed(about: Review) -> ColumnElement[bool]:
    running = select(Clock.ticket_id).where(
        Clock.kind == ClockKind.REVIEW, Clock.about == about, Clock.state.in_(LIVE)
    )
    return Ticket.id.in_(running)
