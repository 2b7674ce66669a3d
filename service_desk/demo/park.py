"""The people and the enterprises of the demo park; all made up, all with one password."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count, product

from sqlalchemy import select

from service_desk.desk.foundation import DATA, read_data
from service_desk.desk.loading import load_enterprises
from service_desk.desk.people import DEMO_PASSWORD, hash_password
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, transaction
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus, Liaison
from service_desk.store.guides import Guide
from service_desk.store.people import Department, User
from service_desk.xlsx.reading import read_rows

DIRECTORY = DATA / "enterprises.xlsx"
OPENED = timedelta(days=365)
"""So long ago the park's enterprises were registered."""

GIVEN_NAMES = ("伟", "丽娟", "建军", "文静", "志强", "晓燕", "国庆", "雪梅", "俊杰", "玉兰")
FAMILY_NAMES = "冯褚卫蒋韩杨朱秦许吕施张孔曹严华"


def build(*, at: datetime) -> None:
    """Lay out areas, accounts, enterprises, who looks after whom, and what they may read beforehand."""
    password = hash_password(DEMO_PASSWORD)
    _add_staff(password)
    load_enterprises(DIRECTORY, at=at - OPENED)
    _add_enterprises(password, at=at - OPENED)
    _add_guides()


@transaction
def _add_staff(password: str) -> None:
    plan = read_data("demo_park.json")
    db.session.add_all(Area(name=area["name"]) for area in plan["areas"])
    for person in plan["desk"]:
        _person(person["username"], person["name"], Role(person["role"]), password)
    for number, (name, phone) in enumerate(_officers(), start=1):
        username = "officer" if number == 1 else f"officer{number}"
        _person(username, name, Role.OFFICER, password).phone = phone
    names = _names()
    for number, (department, username) in enumerate(plan["departments"].items(), start=1):
        unit = db.session.scalars(select(Department).where(Department.name == department)).one()
        unit.phone = f"88120{number:02d}"
        _person(username, next(names), Role.HANDLER, password).department_id = unit.id
        _person(f"{username}-head", next(names), Role.HEAD, password).department_id = unit.id
        unit.wants_sign_off = department in plan["signing_off"]
    for department, username in plan["colleagues"].items():
        unit = db.session.scalars(select(Department).where(Department.name == department)).one()
        _person(username, next(names), Role.HANDLER, password).department_id = unit.id


def _person(username: str, name: str, role: Role, password: str) -> User:
    user = User(username=username, name=name, password_hash=password, is_demo=True)
    user.roles = {role}
    db.session.add(user)
    return user


def _officers() -> Iterator[tuple[str, str]]:
    """The officers named in the directory, in its order."""
    return iter(dict.fromkeys((row["服务专员"], row["专员电话"]) for row in read_rows(DIRECTORY)))


def _names() -> Iterator[str]:
    """Names of people, all different."""
    return (family + given for given, family in product(GIVEN_NAMES, FAMILY_NAMES))


@transaction
def _add_enterprises(password: str, *, at: datetime) -> None:
    plan = read_data("demo_park.json")
    officers = {user.name: user for user in db.session.scalars(select(User).where(User.is_demo)).unique()}
    for line in plan["enterprises"]:
        enterprise = Enterprise(
            name=line["name"],
            code=line["code"],
            area=Area.named(line["area"]),
            industry=line["industry"],
            tags=line["tags"],
            contact_name=line["contact"],
            contact_phone=line["phone"],
            status=EnterpriseStatus.APPROVED,
            status_reason=line.get("reason"),
            registered_at=at,
        )
        db.session.add(enterprise)
        db.session.flush()
        db.session.add(Liaison(enterprise_id=enterprise.id, officer_id=officers[line["officer"]].id))
    db.session.flush()
    _add_liaisons({area["name"]: area for area in plan["areas"]})
    _add_owners(plan["first_enterprises"], password)


@transaction
def _add_guides() -> None:
    for line in read_data("demo_park.json")["guides"]:
        category = Category.named(line["category"])
        guide = Guide(title=line["title"], category=category, keywords=line["keywords"], body=line["body"])
        db.session.add(guide)


def _add_liaisons(plan: dict[str, dict[str, str]]) -> None:
    """Each enterprise's leader and department go by its area; its officer came with the directory."""
    users = {user.username: user.id for user in db.session.scalars(select(User)).unique()}
    departments = {department.name: department.id for department in db.session.scalars(select(Department))}
    liaisons = {liaison.enterprise_id: liaison for liaison in db.session.scalars(select(Liaison))}
    for enterprise in db.session.scalars(select(Enterprise)).unique():
        if enterprise.area is not None:
            line, liaison = plan[enterprise.area.name], liaisons[enterprise.id]
            liaison.leader_id, liaison.department_id = users[line["leader"]], departments[line["department"]]


def _add_owners(first: list[str], password: str) -> None:
    """``enterprise`` and ``enterprise2`` own the two named first; the others follow in the directory's order."""
    enterprises = db.session.scalars(select(Enterprise).order_by(Enterprise.id)).unique().all()
    ordered = sorted(
        enterprises, key=lambda each: first.index(each.name) if each.name in first else len(first)
    )
    for number, enterprise in zip(count(1), ordered, strict=False):
        username = "enterprise" if number == 1 else f"enterprise{number}"
        owner = _person(username, enterprise.contact_name or enterprise.name, Role.CONTACT, password)
        owner.enterprise_id, owner.is_owner, owner.phone = enterprise.id, True, enterprise.contact_phone
