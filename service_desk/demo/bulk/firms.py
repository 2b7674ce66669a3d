"""The enterprises of the bulk: as many as it needs, each with an owner's account and people who look after it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select

from service_desk.demo.bulk.words import NOT_PLAIN, lists
from service_desk.domain.credit_code import check_sign, organisation_check_sign
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, transaction
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus, Liaison
from service_desk.store.people import User, UserRole

USERNAME = "firm"
"""The beginning of their owners' usernames; a number follows."""
AT_A_TIME = 1000
REGION = "91370612"
"""Enterprise, of a county whose organisation codes 98… are nobody's."""
NEIGHBOURS = 7919
"""A prime: names with neighbouring numbers are not alike."""


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise that files: ``ids`` in the order of ``patterns.OWN``, and its own words."""

    ids: tuple[int, int, int, int, int]
    words: dict[str, str]


def provide(number: int, *, at: datetime) -> None:
    """See that so many enterprises of the bulk are there; goes on where it was left."""
    there = _count()
    while there < number:
        there += _add(there, min(AT_A_TIME, number - there), at=at)


def _count() -> int:
    like = User.username.like(f"{USERNAME}%")
    return db.session.scalar(select(func.count(User.id)).where(User.is_demo, like)) or 0


@transaction
def _add(first: int, number: int, *, at: datetime) -> int:
    """Add enterprises, each looked after as another one of its area is; nobody can sign in as their owners."""
    kept = db.session.execute(
        select(Enterprise.area_id, Liaison.officer_id, Liaison.leader_id, Liaison.department_id)
        .join(Liaison, Liaison.enterprise_id == Enterprise.id)
        .where(
            Enterprise.area_id.is_not(None), Liaison.leader_id.is_not(None), Liaison.officer_id.is_not(None)
        )
        .order_by(Enterprise.id)
        .limit(60)
    ).all()
    places = range(first, first + number)
    like = [kept[place % len(kept)] for place in places]
    firms = [{**_firm(place, at), "area_id": each.area_id} for place, each in zip(places, like, strict=True)]
    firm_ids = _inserted(Enterprise, firms)
    owners = [
        {"username": f"{USERNAME}{place:06d}", "name": firm["contact_name"], "phone": firm["contact_phone"],
         "enterprise_id": firm_id, "is_owner": True, "is_demo": True}
        for place, firm, firm_id in zip(places, firms, firm_ids, strict=True)
    ]  # fmt: skip
    roles = [{"user_id": user_id, "role": Role.CONTACT} for user_id in _inserted(User, owners)]
    db.session.execute(insert(UserRole), roles)
    liaisons = [
        {"enterprise_id": firm_id, "officer_id": each.officer_id, "leader_id": each.leader_id,
         "department_id": each.department_id}
        for firm_id, each in zip(firm_ids, like, strict=True)
    ]  # fmt: skip
    db.session.execute(insert(Liaison), liaisons)
    return number


def _inserted(entity: type[Enterprise | User], rows: list[dict[str, Any]]) -> list[int]:
    """The ids of new rows, in their order."""
    statement = insert(entity).returning(entity.id, sort_by_parameter_order=True)
    return list(db.session.scalars(statement, rows))


def _firm(place: int, at: datetime) -> dict[str, Any]:
    words = lists()
    names, trades, forms = words["names"], words["trades"], words["forms"]
    rest, form = divmod(place * NEIGHBOURS, len(forms))
    rest, trade = divmod(place, len(trades))
    rest, first = divmod(rest, len(names))
    rest, second = divmod(rest, len(names))
    third = names[rest % len(names)] if rest else ""
    surname = words["surnames"][place * NEIGHBOURS % len(words["surnames"])]
    given = words["given"][place * NEIGHBOURS // 7 % len(words["given"])]
    return {
        "name": f"云津{names[first]}{names[second]}{third}{trades[trade]}{forms[form]}",
        "code": _code(place),
        "industry": trades[trade],
        "contact_name": f"{surname}{given}",
        "contact_phone": f"1{3 + place // 10_000 % 7}90000{place % 10_000:04d}"[:11],
        "status": EnterpriseStatus.APPROVED,
        "registered_at": at,
    }


def _code(place: int) -> str:
    """A credit code that is right and nobody's."""
    body = f"98{place:06d}"
    head = f"{REGION}{body}{organisation_check_sign(body)}"
    return head + check_sign(head)


def firms(number: int) -> list[Firm]:
    """The enterprises that file: the park's own, and so many of the bulk, in the order of their ids."""
    owner = select(User.enterprise_id, func.min(User.id).label("id")).where(User.is_demo, User.is_owner)
    owner_ids = owner.group_by(User.enterprise_id).subquery()
    officer, leader = (select(User.id, User.name).subquery() for _ in range(2))
    found = db.session.execute(
        select(
            Enterprise.id, Area.id, User.id, officer.c.id, leader.c.id,
            Enterprise.name, Area.name, User.name, officer.c.name, leader.c.name,
            Enterprise.contact_name, Enterprise.contact_phone, User.username,
        )
        .join(owner_ids, owner_ids.c.enterprise_id == Enterprise.id)
        .join(User, User.id == owner_ids.c.id)
        .join(Area, Area.id == Enterprise.area_id)
        .join(Liaison, Liaison.enterprise_id == Enterprise.id)
        .join(officer, officer.c.id == Liaison.officer_id)
        .join(leader, leader.c.id == Liaison.leader_id)
        .where(Enterprise.status == EnterpriseStatus.APPROVED)
        .order_by(Enterprise.id)
    ).all()  # fmt: skip
    names = ("enterprise", "area", "owner", "officer", "leader", "contact", "phone")
    own = [
        Firm(tuple(row[:5]), dict(zip(names, (_plain(each) for each in row[5:12]), strict=True)))
        for row in found
        if not row.username.startswith(USERNAME) or int(row.username.removeprefix(USERNAME)) < number
    ]
    db.session.rollback()
    return own


def _plain(name: str | None) -> str:
    return (name or "").translate(NOT_PLAIN)
