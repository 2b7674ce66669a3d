"""Caseloads: what somebody handles at a department, handed over as a whole when they leave."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, func, select

from service_desk.desk import handling
from service_desk.desk.acting import finish, open_ticket, record
from service_desk.desk.one_by_one import Summary, one_by_one
from service_desk.desk.reply_templates import headed
from service_desk.domain.actions import Action
from service_desk.domain.errors import Invalid, NotFound
from service_desk.domain.sentences import say
from service_desk.domain.states import IN_HAND
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, house, transaction
from service_desk.store.parts import LIVE_ASSIGNMENT, Assignment
from service_desk.store.people import User, people_of_department
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket


def caseloads(by: User) -> Sequence[tuple[User, int]]:
    """Whose caseload this person may hand over, with how many there are: one's own, one's people's; all for admins."""
    number = func.count(Assignment.ticket_id.distinct())
    rows = (
        select(User.id, number)
        .join(Assignment, Assignment.handler_id == User.id)
        .join(Ticket, Ticket.id == Assignment.ticket_id)
        .where(Assignment.state.in_(LIVE_ASSIGNMENT), Ticket.state.in_(IN_HAND))
        .group_by(User.id)
    )
    counted: dict[int, int] = dict(db.session.execute(rows).all())
    found = db.session.scalars(select(User).where(User.id.in_(counted)).order_by(User.name, User.id)).unique()
    return [(person, counted[person.id]) for person in found if may_hand_over(person, by)]


def may_hand_over(person: User, by: User) -> bool:
    """Whether somebody may hand over all that ``person`` handles."""
    if by.has(Role.ADMIN) or person.id == by.id:
        return True
    return person.department_id is not None and person.department_id in headed(by)


def successors(person: User) -> Sequence[User]:
    """To whom it can go: those who may handle it at a department whose parts these are."""
    handled = Assignment.state.in_(LIVE_ASSIGNMENT) & (Assignment.handler_id == person.id)
    departments = db.session.scalars(select(Assignment.department_id).where(handled).distinct()).all()
    people = {
        each.id: each
        for department_id in sorted(departments)
        for each in db.session.scalars(people_of_department(department_id, Role.HANDLER, Role.HEAD)).unique()
    }
    return [each for each in people.values() if each.id != person.id]


def _in_hand(person: User, by: User) -> Select[Ticket]:
    """The tickets in hand that ``person`` handles; of those somebody may not see, nothing but for admins."""
    handled = select(Assignment.ticket_id).where(
        Assignment.handler_id == person.id, Assignment.state.in_(LIVE_ASSIGNMENT)
    )
    seen = select(Ticket) if by.has(Role.ADMIN) else visible_tickets(by)
    return seen.where(Ticket.id.in_(handled), Ticket.state.in_(IN_HAND))


def hand_over_all(person: User, *, to: User, by: User, at: datetime) -> Summary:
    """Hand over all that ``person`` handles, a transaction each; what cannot be is told with its reason.

    Raises ``NotFound`` where this is not for ``by`` to do, ``Invalid`` where ``to`` is no colleague.
    """
    if not may_hand_over(person, by):
        raise NotFound("没有这个人的在办诉求。")
    if to.id not in {each.id for each in successors(person)}:
        sentence = "只能交给本单位的同事。"
        raise Invalid(sentence, fields={"to": sentence})

    def act(ticket_id: int, seen: int) -> None:
        if by.has(Role.ADMIN):
            _order(ticket_id, person, to=to, by=by, at=at, seen=seen)
        else:
            handling.hand_over(ticket_id, by=by, at=at, seen=seen, to=to)

    return one_by_one(_in_hand(person, by), act)


@transaction
def _order(ticket_id: int, person: User, *, to: User, by: User, at: datetime, seen: int) -> None:
    """The same by an administrator, who has no part in any ticket: the system's act, which says who ordered it."""
    ticket, law = open_ticket(ticket_id, None, at, seen)
    theirs = [part for part in ticket.assignments if part.is_live and part.handler_id == person.id]
    parts = [part for part in theirs if part.department_id == to.department_id]
    if not parts:
        raise Invalid("只能交给本单位的同事。")
    words = say("系统管理员%(who)s移交%(person)s在办的诉求", who=by.name, person=person.name)
    event = record(
        ticket,
        Action.HAND_OVER,
        by=None,
        at=at,
        law=law,
        text=house().say(words),
        data={"to": to.name, "to_id": to.id, "ordered_by_id": by.id},
    )
    for part in parts:
        part.give_to(to)
    finish(ticket, event, law)
