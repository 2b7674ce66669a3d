"""The people of an enterprise: its owner invites them, says what they see, and lets them go.

A member sees what they filed, and the requests of the topics they are entrusted with. Whoever goes leaves
their requests to the enterprise.
"""

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Select, select

from service_desk.desk.lists import LINK, TOPICS
from service_desk.desk.nouns import PEOPLE
from service_desk.desk.people import drop_link, flush_account, forget_failures, new_link
from service_desk.domain.errors import Invalid, NotFound, Refused
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, transaction
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Enterprise
from service_desk.store.lists import note_alteration
from service_desk.store.people import User

MOST_MEMBERS = 50


@transaction
def invite(
    *,
    name: str,
    phone: str | None,
    email: str | None,
    topics: Collection[int],
    by: User,
    at: datetime,
) -> tuple[User, str]:
    """A member of the owner's enterprise, and the token of a one-time link at which they set a password.

    They sign in with their phone's number, else with their mail address. ``topics`` are ids of categories; none
    leaves them what they file themselves. Who was let go before comes back to the same account. Raises
    ``Invalid`` with a sentence for each field that cannot be taken.
    """
    enterprise_id = _owner_in_turn(by)
    username = username_of(phone, email)
    person = db.session.scalars(select(User).where(User.username == username)).unique().one_or_none()
    if person is not None and not _was_let_go(person, enterprise_id):
        raise _account_taken(phone)
    if len(db.session.scalars(_people(enterprise_id)).unique().all()) >= MOST_MEMBERS:
        raise Invalid(say("一家企业最多 %(most)s 个账号，请先移除不用的。", most=MOST_MEMBERS))
    before = _said_of(person) if person is not None else {}
    if person is None:
        person = User(username=username, enterprise_id=enterprise_id, is_owner=False, session_version=1)
        person.roles = {Role.CONTACT}
        db.session.add(person)
    person.name, person.phone, person.email = name, phone, email
    person.active, person.password_hash, person.topics = True, None, _known(topics)
    try:
        flush_account(person)
    except Invalid as error:
        raise _account_taken(phone) from error
    note_alteration(PEOPLE.name, person.id, before=before, after=_said_of(person), by=by, at=at)
    return person, new_link(person, at=at)


def username_of(phone: str | None, email: str | None) -> str:
    """What a member signs in with. Raises ``Invalid`` where neither is given."""
    username = re.sub(r"[^\d+]", "", phone) if phone else (email or "").lower()
    if not username:
        sentence = "手机号和邮箱至少填一个，作为登录用的账号。"
        raise Invalid(sentence, fields={"phone": sentence})
    return username


@transaction
def entrust(member_id: int, *, topics: Collection[int], by: User, at: datetime) -> User:
    """Let a member see the requests of these categories, and no others but their own."""
    member = _member(member_id, by)
    before = _said_of(member)
    member.topics = _known(topics)
    note_alteration(PEOPLE.name, member.id, before=before, after=_said_of(member), by=by, at=at)
    return member


@transaction
def renew_link(member_id: int, *, by: User, at: datetime) -> tuple[User, str]:
    """The member, and the token of a new one-time link; the last one is dead, and the name is unlocked."""
    member = _member(member_id, by)
    forget_failures(member.username)
    note_alteration(PEOPLE.name, member.id, before={LINK.name: False}, after={LINK.name: True}, by=by, at=at)
    return member, new_link(member, at=at)


@transaction
def let_go(member_id: int, *, by: User, at: datetime) -> User:
    """End a member's access at once; what they filed stays with the enterprise."""
    member = _member(member_id, by)
    before = _said_of(member)
    member.active, member.topics = False, ()
    member.session_version += 1
    drop_link(member)
    note_alteration(PEOPLE.name, member.id, before=before, after=_said_of(member), by=by, at=at)
    return member


def people_of(owner: User) -> Sequence[User]:
    """Everybody who has access for the owner's enterprise: owners first, then by when they came."""
    here = _people(owner.enterprise_id).order_by(User.is_owner.desc(), User.id)
    return db.session.scalars(here).unique().all()


def member_of(owner: User, member_id: int) -> User:
    """One member of the owner's enterprise. Raises ``NotFound`` for everybody else, owners included."""
    member = db.session.get(User, member_id)
    if (
        member is None
        or member.enterprise_id != owner.enterprise_id
        or member.is_owner
        or not member.active
        or not member.has(Role.CONTACT)
    ):
        raise NotFound("没有这个成员。")
    return member


def keeps_members(user: User) -> bool:
    """Whether somebody may invite people for an enterprise: its owner, once the desk has approved it."""
    enterprise = user.enterprise
    return user.has(Role.CONTACT) and user.is_owner and enterprise is not None and enterprise.is_approved


def _people(enterprise_id: int | None) -> Select[User]:
    return select(User).where(User.enterprise_id == enterprise_id, User.active)


def _owner_in_turn(by: User) -> int:
    """The enterprise's id; its owners change one thing at a time. Raises ``Refused`` for others."""
    if not keeps_members(by) or by.enterprise_id is None:
        raise Refused("成员由企业的管理人员维护，您没有这项权限。")
    db.session.execute(select(Enterprise.id).where(Enterprise.id == by.enterprise_id).with_for_update())
    return by.enterprise_id


def _member(member_id: int, by: User) -> User:
    _owner_in_turn(by)
    return member_of(by, member_id)


def _was_let_go(person: User, enterprise_id: int) -> bool:
    return not person.active and person.enterprise_id == enterprise_id and not person.is_owner


def _account_taken(phone: str | None) -> Invalid:
    sentence = "已经有账号了，请换一个，或请本人用原来的账号登录。"
    return Invalid(sentence, fields={"phone" if phone else "email": sentence})


def _known(topics: Collection[int]) -> frozenset[int]:
    """Those of the ids that are categories."""
    return frozenset(db.session.scalars(select(Category.id).where(Category.id.in_(set(topics)))))


def _said_of(person: User) -> dict[str, object]:
    """What the record of changes keeps of a member."""
    names = select(Category.name).where(Category.id.in_(person.topics)).order_by(Category.position)
    return PEOPLE.snapshot(person) | {TOPICS.name: list(db.session.scalars(names))}
