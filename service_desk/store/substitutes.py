"""Substitutes: who stands in for whom, from a day to a day."""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import ColumnElement, Date, ForeignKey, Index, and_, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from service_desk.domain.vocabulary import Role
from service_desk.store.base import Instant, Model, db, house
from service_desk.store.people import User

DESK = frozenset({Role.CLERK, Role.QUALITY, Role.SUPERVISOR})
OF_A_DEPARTMENT = (Role.HANDLER, Role.HEAD)
MAY_BE_REPLACED = (*OF_A_DEPARTMENT, *DESK)
"""Whose work a colleague can do for a time."""


class Substitution(Model):
    """代办: a colleague stands in for somebody from ``from_day`` to ``until_day``, days of the park, both included.

    ``ended_at`` is when somebody ended it before its time.
    """

    __tablename__ = "substitutions"
    __table_args__ = (
        Index("ix_substitutions_person_id_until_day", "person_id", "until_day"),
        Index("ix_substitutions_substitute_id_until_day", "substitute_id", "until_day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    substitute_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    from_day: Mapped[date] = mapped_column(Date)
    until_day: Mapped[date] = mapped_column(Date)
    named_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    named_at: Mapped[Instant]
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_at: Mapped[Instant | None]

    person: Mapped[User] = relationship(foreign_keys=[person_id])
    substitute: Mapped[User] = relationship(foreign_keys=[substitute_id])
    named_by: Mapped[User] = relationship(foreign_keys=[named_by_id])


def park_day(at: datetime) -> date:
    """The day of the park an instant falls on."""
    return at.astimezone(house().timezone).date()


def _running(at: datetime) -> ColumnElement[bool]:
    day = park_day(at)
    return (
        (Substitution.from_day <= day)
        & (Substitution.until_day >= day)
        & or_(Substitution.ended_at.is_(None), Substitution.ended_at > at)
    )


def may_stand_in(substitute: User, person: User) -> bool:
    """Whether somebody is a colleague who can do a person's work: of their department or a unit below, or of the desk.

    At the desk it is the same role; there each does the work of all.
    """
    if substitute.id == person.id or not (substitute.active and person.active):
        return False
    return takes_place_of(substitute, person) or bool(DESK & substitute.roles & person.roles)


def takes_place_of(substitute: User, person: User) -> bool:
    """Whether a substitution gives this colleague the person's place at a department."""
    return (
        person.department_id is not None
        and person.has(*OF_A_DEPARTMENT)
        and substitute.has(*OF_A_DEPARTMENT)
        and any(unit.id == person.department_id for unit in substitute.units)
    )


def take_places(user: User, at: datetime) -> None:
    """Say on ``user`` in whose places they act at this instant (``User.stands_in_for``).

    What the two are now decides, not what they were when it was agreed; nobody stands in for the substituted of a
    substituted.
    """
    user.stands_in_for = ()
    if user.department_id is None or not user.has(*OF_A_DEPARTMENT):
        return
    away = (
        select(User)
        .join(Substitution, Substitution.person_id == User.id)
        .where(Substitution.substitute_id == user.id, User.active, _running(at))
        .order_by(Substitution.id)
    )
    _seat(user, db.session.scalars(away).unique().all())


def person_with_places(user_id: int, at: datetime) -> User | None:
    """Somebody by id, in the places they take at this instant: one statement, since every page begins with it."""
    away = aliased(User)
    rows = db.session.execute(
        select(User, away)
        .outerjoin(Substitution, and_(Substitution.substitute_id == User.id, _running(at)))
        .outerjoin(away, and_(away.id == Substitution.person_id, away.active))
        .where(User.id == user_id)
        .order_by(Substitution.id)
    )
    found = rows.unique().all()
    if not found:
        return None
    user: User = found[0][0]
    people: list[User | None] = [person for _, person in found]
    _seat(user, [person for person in people if person is not None])
    return user


def _seat(user: User, away: Sequence[User]) -> None:
    user.stands_in_for = tuple(person for person in away if takes_place_of(user, person))


def substitutes_of(people: Collection[User], at: datetime) -> dict[int, list[User]]:
    """Who takes the places of these people at this instant, by the id of the one who is away."""
    if not people:
        return {}
    known = {person.id: person for person in people}
    rows = db.session.execute(
        select(Substitution.person_id, User)
        .join(User, User.id == Substitution.substitute_id)
        .where(Substitution.person_id.in_(known), User.active, _running(at))
        .order_by(Substitution.id)
    ).unique()
    found: dict[int, list[User]] = {}
    for person_id, substitute in rows:
        if takes_place_of(substitute, known[person_id]):
            found.setdefault(person_id, []).append(substitute)
    return found


def not_over(at: datetime) -> ColumnElement[bool]:
    """Those that run or are still to come."""
    return (Substitution.until_day >= park_day(at)) & Substitution.ended_at.is_(None)


def substitutions_of(user: User, at: datetime) -> Sequence[Substitution]:
    """Those that run or are to come in which this person is at either end, the first to begin first."""
    mine = or_(Substitution.person_id == user.id, Substitution.substitute_id == user.id)
    rows = select(Substitution).where(mine, not_over(at)).order_by(Substitution.from_day, Substitution.id)
    return db.session.scalars(rows).all()


def all_substitutions(at: datetime, *, most: int) -> Sequence[Substitution]:
    """The park's that run or are to come."""
    rows = select(Substitution).where(not_over(at)).order_by(Substitution.from_day, Substitution.id)
    return db.session.scalars(rows.limit(most)).all()
