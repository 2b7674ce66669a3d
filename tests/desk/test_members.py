"""The people of an enterprise: who may come in, what they see, and what happens when they go."""

import pytest
from sqlalchemy import func, select

from service_desk.desk import intake, members
from service_desk.desk.nouns import PEOPLE
from service_desk.desk.people import person_of_token, set_password, sign_in
from service_desk.domain.actions import Party
from service_desk.domain.errors import DeskError, Invalid, NotFound, Refused
from service_desk.domain.vocabulary import Role, State
from service_desk.store.base import db
from service_desk.store.enterprises import EnterpriseStatus
from service_desk.store.lists import alterations_of
from service_desk.store.notices import Notice
from service_desk.store.people import User, user_for_session
from service_desk.store.scope import visible_tickets
from tests.world import MONDAY, World

GIVEN = {"name": "王二", "phone": "139 0000 2222", "email": None}
PASSWORD = "calm-river-77"


def invited(world: World, *topics: str, **more: str | None) -> tuple[User, str]:
    ids = [world.category(name).id for name in topics]
    return members.invite(**(GIVEN | more), topics=ids, by=world.owner, at=MONDAY)  # type: ignore[arg-type]


def seen_by(user: User) -> set[str]:
    return {ticket.title for ticket in db.session.scalars(visible_tickets(user)).unique()}


def test_a_member_comes_in_by_a_one_time_link_with_the_phone_as_account(small_world: World) -> None:
    member, token = invited(small_world)
    assert (member.username, member.is_owner, member.roles) == (
        "13900002222",
        False,
        frozenset({Role.CONTACT}),
    )
    assert member.enterprise_id == small_world.owner.enterprise_id
    assert person_of_token(token, at=MONDAY) is member
    set_password(token, new=PASSWORD, at=MONDAY)
    assert sign_in("13900002222", PASSWORD, at=MONDAY).id == member.id


def test_a_member_sees_their_own_and_the_topics_they_are_entrusted_with_on_every_database(
    world: World,
) -> None:
    world.file(title="power", category="用电")
    world.file(title="water", category="供水")
    world.file(title="elsewhere", category="供水", by="neighbour")
    member, _token = invited(world, "供水")
    own = intake.submit(
        by=member, at=MONDAY, enterprise=world.owner.enterprise, category=world.category("用工"),  # type: ignore[arg-type]
        title="own", text="招工", contact_name="王二", contact_phone="13900002222",
    )  # fmt: skip
    assert seen_by(member) == {"water", "own"}
    assert seen_by(world.owner) == {"power", "water", "own"}
    members.entrust(member.id, topics=[], by=world.owner, at=MONDAY)
    assert seen_by(member) == {"own"}
    assert Party.CONTACT in own.parties_of(member)


def test_who_is_entrusted_with_a_topic_acts_for_it_and_is_told_of_it(small_world: World) -> None:
    member, _token = invited(small_world, "用电")
    water = small_world.file(title="water", category="供水")
    power = small_world.make(State.AWAITING_RATING, title="power")
    assert Party.CONTACT in power.parties_of(member)
    assert Party.CONTACT not in water.parties_of(member)
    told = select(Notice.ticket_id).where(Notice.recipient_id == member.id).distinct()
    assert set(db.session.scalars(told)) == {power.id}


def test_whoever_is_let_go_is_out_at_once_and_their_requests_stay(small_world: World) -> None:
    member, token = invited(small_world, "供水")
    set_password(token, new=PASSWORD, at=MONDAY)
    session = member.get_id()
    ticket = small_world.file(by="owner", title="theirs", contact_name="王二", contact_phone="13900002222")
    members.let_go(member.id, by=small_world.owner, at=MONDAY)
    assert user_for_session(session, lambda user_id: db.session.get(User, user_id)) is None
    with pytest.raises(Invalid):
        sign_in("13900002222", PASSWORD, at=MONDAY)
    assert ticket.title in seen_by(small_world.owner)
    assert [person.username for person in members.people_of(small_world.owner)] == ["owner", "member"]


def test_whoever_comes_back_has_the_same_account_and_neither_the_old_password_nor_the_old_topics(
    small_world: World,
) -> None:
    member, token = invited(small_world, "供水")
    set_password(token, new=PASSWORD, at=MONDAY)
    members.let_go(member.id, by=small_world.owner, at=MONDAY)
    again, _token = invited(small_world)
    assert again.id == member.id
    assert again.topics == frozenset()
    with pytest.raises(Invalid):
        sign_in("13900002222", PASSWORD, at=MONDAY)


def test_what_the_owner_does_is_on_record(small_world: World) -> None:
    member, _token = invited(small_world)
    members.entrust(member.id, topics=[small_world.category("供水").id], by=small_world.owner, at=MONDAY)
    members.renew_link(member.id, by=small_world.owner, at=MONDAY)
    members.let_go(member.id, by=small_world.owner, at=MONDAY)
    changes = [(one.after.get("active"), one.after.get("topics")) for one in alterations_of(PEOPLE.name)]
    assert changes == [(False, []), (None, None), (True, ["供水"]), (True, [])]


@pytest.mark.parametrize("username", ["member", "neighbour", "clerk", "admin"])
def test_nobody_but_the_owner_keeps_the_members(small_world: World, username: str) -> None:
    by, member = getattr(small_world, username), small_world.member
    acts = (
        lambda: members.entrust(member.id, topics=[], by=by, at=MONDAY),
        lambda: members.renew_link(member.id, by=by, at=MONDAY),
        lambda: members.let_go(member.id, by=by, at=MONDAY),
    )
    for act in acts:
        with pytest.raises(DeskError) as refused:
            act()
        assert isinstance(refused.value, NotFound if username == "neighbour" else Refused)


def test_an_owner_is_no_member_and_an_enterprise_not_approved_has_none(small_world: World) -> None:
    owner = small_world.owner
    with pytest.raises(NotFound):
        members.let_go(owner.id, by=owner, at=MONDAY)
    assert owner.enterprise
    owner.enterprise.status = EnterpriseStatus.PENDING
    db.session.commit()
    with pytest.raises(Refused):
        invited(small_world)


REFUSED: dict[str, tuple[dict[str, str | None], str]] = {
    "neither phone nor mail": ({"phone": None}, "phone"),
    "a phone that has an account": ({"phone": "13800001111"}, "phone"),
    "a mail that has an account": ({"phone": None, "email": "Taken@example.com"}, "email"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_invitation_says_what_cannot_be_taken(small_world: World, case: str) -> None:
    invited(small_world, phone="13800001111")
    invited(small_world, phone=None, email="taken@example.com")
    given, field = REFUSED[case]
    with pytest.raises(Invalid) as refused:
        invited(small_world, **given)
    assert list(refused.value.fields) == [field]


def test_an_enterprise_has_so_many_members_and_no_more(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(members, "MOST_MEMBERS", 3)
    invited(small_world)
    with pytest.raises(Invalid, match="最多 3 个账号"):
        invited(small_world, phone="13900003333")
    assert db.session.scalar(select(func.count(User.id)).where(User.phone == "13900003333")) == 0
