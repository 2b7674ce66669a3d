"""Substitutes: naming a colleague who stands in, and ending it before its time; both ends are told."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_, select

from service_desk.desk import notices
from service_desk.domain.errors import Invalid, NotFound, OutOfTurn, Refused
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, transaction
from service_desk.store.law import current_law
from service_desk.store.people import User, UserRole, units_below
from service_desk.store.substitutes import (
    DESK,
    MAY_BE_REPLACED,
    OF_A_DEPARTMENT,
    Substitution,
    may_stand_in,
    park_day,
)

LONGEST = 90
"""Days, the first and the last included."""
MOST_COLLEAGUES = 200


def colleagues_of(person: User) -> Sequence[User]:
    """Whom somebody may name: of their department and the units below it, and of the desk in the same role."""
    conditions: list[ColumnElement[bool]] = []
    if person.department_id is not None and person.has(*OF_A_DEPARTMENT):
        conditions.append(
            User.department_id.in_(units_below(person.department_id))
            & User.role_rows.any(UserRole.role.in_(OF_A_DEPARTMENT))
        )
    if person.roles & DESK:
        conditions.append(User.role_rows.any(UserRole.role.in_(person.roles & DESK)))
    if not conditions:
        return []
    known = (
        select(User).where(User.active, User.id != person.id, or_(*conditions)).order_by(User.name, User.id)
    )
    return db.session.scalars(known.limit(MOST_COLLEAGUES)).unique().all()


@transaction
def name_substitute(
    person: User, *, substitute: User, from_day: date, until_day: date, by: User, at: datetime
) -> Substitution:
    """Name who stands in for ``person`` from a day to a day (the park's, both included).

    By the person, or by an administrator for somebody who is away. Raises ``Refused`` for others, ``Invalid`` where
    the days or the colleague do not fit.
    """
    if by.id != person.id and not by.has(Role.ADMIN):
        raise Refused("代办由本人或系统管理员设置。")
    # One after the other: two substitutions for the same days cannot slip past each other.
    both = select(User.id).where(User.id.in_((person.id, substitute.id))).order_by(User.id)
    db.session.execute(both.with_for_update())
    _check_days(from_day, until_day, today=park_day(at))
    _check_colleague(person, substitute)
    _check_free(person, substitute, from_day, until_day)
    named = Substitution(
        person_id=person.id,
        person=person,
        substitute_id=substitute.id,
        substitute=substitute,
        from_day=from_day,
        until_day=until_day,
        named_by_id=by.id,
        named_at=at,
    )
    db.session.add(named)
    db.session.flush()
    _tell(
        named,
        "named",
        to_person=("已设置代办", "%(from_day)s 至 %(until_day)s，您的工作由%(substitute)s代办。"),
        to_substitute=(
            "请您代办",
            "%(from_day)s 至 %(until_day)s，请您代办%(person)s的工作。相应的待办和提醒届时会发给您。",
        ),
        at=at,
    )
    return named


def _check_days(from_day: date, until_day: date, *, today: date) -> None:
    if from_day < today:
        raise Invalid("开始日期已过。", fields={"from_day": "请选择今天或以后的日期。"})
    if until_day < from_day:
        raise Invalid("结束日期早于开始日期。", fields={"until_day": "请选择开始日期或以后的日期。"})
    if (until_day - from_day).days >= LONGEST:
        last = from_day + timedelta(days=LONGEST - 1)
        sentence = say("代办最长 %(days)s 天，最晚到 %(last)s，到期后可以再设。", days=LONGEST, last=last)
        raise Invalid(sentence, fields={"until_day": sentence})


def _check_colleague(person: User, substitute: User) -> None:
    if not person.has(*MAY_BE_REPLACED):
        raise Invalid("只有承办单位和专窗的人员可以设置代办。")
    if not may_stand_in(substitute, person):
        sentence = "代办人须是在岗的同事：承办单位选本单位或下属科室的，专窗选同一角色的。"
        raise Invalid(sentence, fields={"substitute": sentence})


def _check_free(person: User, substitute: User, from_day: date, until_day: date) -> None:
    """One substitute at a time, who is there: nobody stands in for a substitute."""
    overlapping = select(Substitution).where(
        Substitution.ended_at.is_(None),
        Substitution.from_day <= until_day,
        Substitution.until_day >= from_day,
        Substitution.person_id.in_((person.id, substitute.id)) | (Substitution.substitute_id == person.id),
    )
    for other in db.session.scalars(overlapping.order_by(Substitution.id)):
        facts = {
            "from_day": other.from_day,
            "until_day": other.until_day,
            "person": other.person.name,
            "substitute": other.substitute.name,
        }
        if other.substitute_id == person.id:
            sentence = say("%(from_day)s 至 %(until_day)s 正代办%(person)s的工作，请先结束那一次。", **facts)
            raise Invalid(sentence, fields={"from_day": sentence})
        if other.person_id == substitute.id:
            sentence = say("%(person)s %(from_day)s 至 %(until_day)s 也请人代办，请另选一位。", **facts)
            raise Invalid(sentence, fields={"substitute": sentence})
        sentence = say("%(from_day)s 至 %(until_day)s 已由%(substitute)s代办，请先结束那一次。", **facts)
        raise Invalid(sentence, fields={"from_day": sentence})


@transaction
def end_substitution(substitution_id: int, *, by: User, at: datetime) -> Substitution:
    """End it before its time; by either of the two, or an administrator.

    Raises ``NotFound`` for others, ``OutOfTurn`` where it is over.
    """
    found = db.session.scalars(
        select(Substitution).where(Substitution.id == substitution_id).with_for_update(of=Substitution)
    ).one_or_none()
    if found is None or not (by.id in (found.person_id, found.substitute_id) or by.has(Role.ADMIN)):
        raise NotFound("没有这项代办。")
    if found.ended_at is not None or found.until_day < park_day(at):
        raise OutOfTurn("这项代办已经结束。")
    found.ended_by_id, found.ended_at = by.id, at
    _tell(
        found,
        "ended",
        to_person=("代办已提前结束", "%(substitute)s不再代办您的工作。"),
        to_substitute=("代办已提前结束", "您不再代办%(person)s的工作。"),
        at=at,
    )
    return found


def _tell(
    substitution: Substitution,
    what: str,
    *,
    to_person: tuple[str, str],
    to_substitute: tuple[str, str],
    at: datetime,
) -> None:
    """Tell both ends; ``to_person`` and ``to_substitute`` are a title and a body that may name days and people."""
    facts = {
        "from_day": substitution.from_day,
        "until_day": substitution.until_day,
        "person": substitution.person.name,
        "substitute": substitution.substitute.name,
    }
    told = [
        (reader, say(title, **facts), say(body, **facts))
        for reader, (title, body) in (
            (substitution.person, to_person),
            (substitution.substitute, to_substitute),
        )
    ]
    notices.queue(None, f"substitution:{substitution.id}:{what}", told, at=at, law=current_law())
