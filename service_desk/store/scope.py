"""Who sees what: the one scope every read of tickets begins with."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, false, or_, select

from service_desk.domain.vocabulary import Role
from service_desk.store.base import db
from service_desk.store.enterprises import Liaison
from service_desk.store.parts import Assignment
from service_desk.store.people import MemberTopic, Post, User, units_above, units_below
from service_desk.store.tickets import Ticket


def visible_tickets(user: User) -> Select[Ticket]:
    """The tickets ``user`` may see, as a ``select`` to narrow further.

    Contact: their enterprise's once it is approved (a member who is not the owner: their own, and those of
    the topics they are entrusted with). Clerk, quality, supervisor: the park's. Handler: where their
    department has an assignment; head: their sub-units' too, and their liaison enterprises'. Officer, leader:
    their enterprises'. Admin, auditor: none. Whoever stands in for a colleague sees what that colleague's
    department does. A complaint against a department is outside the scope of everybody who works there or in
    its sub-units.
    """
    conditions: list[ColumnElement[bool]] = []
    # The park's are all there are, without a condition: what is known of all need not be asked of each.
    if not user.has(Role.CLERK, Role.QUALITY, Role.SUPERVISOR):
        conditions.append(or_(*_grants(user)))
    if user.department_id is not None:
        conditions.append(or_(Ticket.against_id.is_(None), ~_about(user.department_id)))
    return select(Ticket).where(*conditions)


def _grants(user: User) -> list[ColumnElement[bool]]:
    grants: list[ColumnElement[bool]] = [false()]
    if user.has(Role.CONTACT) and user.enterprise is not None and user.enterprise.is_approved:
        own = Ticket.enterprise_id == user.enterprise_id
        grants.append(own if user.is_owner else own & _of_member(user))
    for post in user.posts:
        # A colleague's department is one's own or above it: what complains of it is hidden with one's own.
        grants += _grants_of(post)
    if user.has(Role.OFFICER):
        grants.append(_of_enterprises(Liaison.officer_id == user.id))
    if user.has(Role.LEADER):
        grants.append(_of_enterprises(Liaison.leader_id == user.id))
    return grants


def _of_member(user: User) -> ColumnElement[bool]:
    topics = select(MemberTopic.category_id).where(MemberTopic.user_id == user.id)
    return or_(Ticket.filed_by_id == user.id, Ticket.category_id.in_(topics))


def _grants_of(post: Post) -> list[ColumnElement[bool]]:
    if not post.is_head:
        mine = select(Assignment.ticket_id).where(Assignment.department_id == post.department_id)
        return [Ticket.id.in_(mine)]
    units = select(Assignment.ticket_id).where(Assignment.department_id.in_(units_below(post.department_id)))
    return [Ticket.id.in_(units), _of_enterprises(Liaison.department_id == post.department_id)]


def _of_enterprises(which: ColumnElement[bool]) -> ColumnElement[bool]:
    return Ticket.enterprise_id.in_(select(Liaison.enterprise_id).where(which))


def _about(department_id: int) -> ColumnElement[bool]:
    """Those that complain of the department or of one it belongs to; unknown where nobody is complained of."""
    return Ticket.against_id.in_(units_above(department_id))


@dataclass(frozen=True)
class Parties:
    """Ids of whom tickets are of; ``looking_after`` and ``officers`` are those that look after their enterprises."""

    enterprises: Collection[int]
    departments: Collection[int]
    looking_after: Collection[int]
    officers: Collection[int]


def parties_seen_by(user: User) -> Parties:
    """Every ticket that somebody may see is of one of these, unless they see the park's."""
    departments = {post.department_id for post in user.posts}
    heads = [post.department_id for post in user.posts if post.is_head]
    for department_id in heads:
        departments.update(db.session.scalars(units_below(department_id)))
    return Parties(
        enterprises=[] if user.enterprise_id is None else [user.enterprise_id],
        departments=departments,
        looking_after=heads,
        officers=[user.id] if user.has(Role.OFFICER, Role.LEADER) else [],
    )


def complaints_hidden_from(user: User) -> Sequence[int]:
    """The ids of what a department's people would see, were it not a complaint of where they work."""
    if user.department_id is None:
        return ()
    hidden = select(Ticket.id).where(_about(user.department_id), or_(*_grants(user)))
    return db.session.scalars(hidden).all()


def complaints_about(department_id: int, ticket_ids: Collection[int]) -> set[int]:
    """Which of these tickets are complaints about the department or one it belongs to."""
    if not ticket_ids:
        return set()
    return set(db.session.scalars(select(Ticket.id).where(Ticket.id.in_(ticket_ids), _about(department_id))))
