"""Changes of lists: by administrators alone, one at a time, each written down or not made. On both databases."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from service_desk.desk import administration
from service_desk.desk.administration import Altered
from service_desk.desk.lists import Noun
from service_desk.desk.nouns import AREAS, CATEGORIES, DEPARTMENTS, MATTERS, PEOPLE
from service_desk.domain.errors import Invalid, NotFound, Refused
from service_desk.domain.vocabulary import Role, State
from service_desk.store.base import db
from service_desk.store.enterprises import Area
from service_desk.store.histories import history_of
from service_desk.store.lists import Alteration
from service_desk.store.people import Department, User
from tests.desk.test_races import at_once, refusals
from tests.world import MONDAY, World

SOON = MONDAY + timedelta(minutes=1)


def alterations() -> list[Alteration]:
    db.session.expire_all()
    return list(db.session.scalars(select(Alteration).order_by(Alteration.id)))


def change_department(world: World, name: str, /, *, seen: int = 0, by: str = "admin", **values: Any) -> Any:
    row = world.department(name)
    return administration.change(DEPARTMENTS, row.id, values, seen=seen, by=getattr(world, by), at=MONDAY)


def test_a_change_says_who_when_and_what_it_said_before(world: World) -> None:
    change_department(world, "金融办", phone="0775-1234567", wants_sign_off=True)
    (one,) = alterations()
    assert (one.at, one.by_name, one.noun) == (MONDAY, "admin名", "departments")
    changed = {name for name in one.after if one.after[name] != one.before[name]}
    assert changed == {"phone", "wants_sign_off"}
    assert (one.before["phone"], one.after["phone"]) == (None, "0775-1234567")


def test_what_stays_the_same_is_not_written_down(world: World) -> None:
    change_department(world, "金融办", name="金融办")
    assert alterations() == []


@pytest.mark.parametrize("username", ["clerk", "supervisor", "power_head", "auditor", "owner"])
def test_nobody_but_an_administrator_changes_a_list(world: World, username: str) -> None:
    by = getattr(world, username)
    acts: list[Callable[[], Any]] = [
        lambda: administration.add(AREAS, {"name": "临港新区"}, by=by, at=MONDAY),
        lambda: change_department(world, "金融办", by=username, name="财政局"),
        lambda: administration.make_password_link(world.clerk.id, by=by, at=MONDAY),
    ]
    for act in acts:
        with pytest.raises(Refused, match="由系统管理员维护"):
            act()
    assert alterations() == []


def test_what_is_refused_leaves_nothing_behind(world: World) -> None:
    world.make(State.IN_PROGRESS)
    with pytest.raises(Invalid, match="还不能停用"):
        change_department(world, "供电公司", active=False, phone="0775-1")
    kept = world.department("供电公司")
    db.session.refresh(kept)
    assert (kept.active, kept.phone) == (True, None)
    assert alterations() == []


def test_a_row_that_is_none_is_not_found(world: World) -> None:
    with pytest.raises(NotFound):
        administration.change(AREAS, 999, {"name": "x"}, seen=0, by=world.admin, at=MONDAY)
    with pytest.raises(NotFound):
        administration.make_password_link(999, by=world.admin, at=MONDAY)


def test_of_two_who_change_a_row_at_once_the_second_is_told(app: Flask, world: World) -> None:
    def phone(number: str) -> Callable[[], Any]:
        return lambda: change_department(world, "金融办", phone=number)

    (refusal,) = refusals(at_once(app, phone("0775-1111111"), phone("0775-2222222")))
    assert isinstance(refusal, Altered)
    assert "admin名改过这一条" in refusal.sentence
    assert len(alterations()) == 1


def test_of_two_who_take_a_name_at_once_one_gets_it(app: Flask, world: World) -> None:
    def add() -> Any:
        return administration.add(AREAS, {"name": "临港新区"}, by=world.admin, at=MONDAY)

    ended = at_once(app, add, add)
    (refusal,) = refusals(ended)
    assert isinstance(refusal, Invalid)
    assert db.session.scalar(select(func.count()).select_from(Area).where(Area.name == "临港新区")) == 1

    def alias(name: str) -> Callable[[], Any]:
        return lambda: change_department(world, name, aliases=["园区办"])

    (refusal,) = refusals(at_once(app, alias("金融办"), alias("园区管委会")))
    assert isinstance(refusal, Invalid)
    assert "园区办" in refusal.fields["aliases"]


def test_two_departments_never_become_each_others_parent(app: Flask, world: World) -> None:
    def under(child: str, parent: str) -> Callable[[], Any]:
        return lambda: change_department(world, child, parent=world.department(parent))

    ended = at_once(app, under("金融办", "园区管委会"), under("园区管委会", "金融办"))
    assert len(refusals(ended)) == 1
    db.session.expire_all()
    parents = [world.department(name).parent_id for name in ("金融办", "园区管委会")]
    assert parents.count(None) == 1


def test_two_administrators_do_not_unseat_each_other(app: Flask, world: World) -> None:
    second = world.clerk2
    second.roles = {Role.ADMIN}
    db.session.commit()

    def unseat(by: str, other: str) -> Callable[[], Any]:
        return lambda: administration.change(
            PEOPLE, getattr(world, other).id, {"active": False}, seen=0, by=getattr(world, by), at=MONDAY
        )

    ended = at_once(app, unseat("admin", "clerk2"), unseat("clerk2", "admin"))
    assert len(refusals(ended)) == 1
    db.session.expire_all()
    assert len([one for one in (world.admin, world.clerk2) if one.active]) == 1


def test_nobody_is_moved_into_a_department_that_is_put_out_of_use(app: Flask, world: World) -> None:
    administration.add(DEPARTMENTS, {"name": "气象局"}, by=world.admin, at=MONDAY)
    (made,) = alterations()

    def move() -> Any:
        values = {"department": world.department("气象局")}
        return administration.change(PEOPLE, world.finance.id, values, seen=0, by=world.admin, at=SOON)

    ended = at_once(app, move, lambda: change_department(world, "气象局", seen=made.id, active=False))
    assert len(refusals(ended)) == 1
    db.session.expire_all()
    unit = db.session.scalars(select(Department).where(Department.name == "气象局")).one()
    people = db.session.scalar(select(func.count()).select_from(User).where(User.department_id == unit.id))
    assert unit.active == bool(people)


def test_a_renamed_department_keeps_its_figures(world: World) -> None:
    ticket = world.make(State.REPLIED)
    change_department(world, "供电公司", name="国网云津供电公司")
    history = history_of(world.ticket(ticket.number))
    named = {event.department for event in history.events} | {clock.department for clock in history.clocks}
    assert named == {None, "国网云津供电公司"}


def test_a_matter_keeps_its_supports_when_they_are_renamed(world: World) -> None:
    matter = administration.add(
        MATTERS,
        {
            "category": world.category(),
            "name": "光伏并网",
            "lead": world.department("供电公司"),
            "support_names": ["金融办"],
        },
        by=world.admin,
        at=MONDAY,
    )
    change_department(world, "金融办", name="财政金融局")
    db.session.refresh(matter)
    assert matter.support_names == ["财政金融局"]


@pytest.mark.parametrize(
    ("noun", "name"),
    [
        pytest.param(AREAS, "a区", id="but for capital letters"),
        pytest.param(AREAS, "Ａ区", id="but for their width"),
        pytest.param(CATEGORIES, "用电（Ⅰ）", id="but for a compatible sign"),
        pytest.param(AREAS, "(未填)", id="what stands for none"),
        pytest.param(DEPARTMENTS, "一窗", id="the desk"),
        pytest.param(DEPARTMENTS, "未派单", id="no department yet"),
    ],
)
def test_what_reports_could_not_tell_apart_has_another_name(
    small_world: World, noun: Noun, name: str
) -> None:
    administration.add(AREAS, {"name": "A区"}, by=small_world.admin, at=MONDAY)
    administration.add(CATEGORIES, {"name": "用电(I)", "position": 1}, by=small_world.admin, at=MONDAY)
    given = {"name": name, "aliases": [], "position": 1}
    values = {field.name: given[field.name] for field in noun.fields if field.name in given}
    with pytest.raises(Invalid) as refused:
        administration.add(noun, values, by=small_world.admin, at=MONDAY)
    assert list(refused.value.fields) == ["name"]
