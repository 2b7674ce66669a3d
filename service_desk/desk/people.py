"""People: accounts, passwords and sign-in."""

import secrets
from datetime import datetime, timedelta
from typing import cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import CursorResult, delete, exists, insert, select
from sqlalchemy.exc import IntegrityError

from service_desk.channels.outgoing import Undeliverable
from service_desk.domain.errors import Invalid, NotFound
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, house, transaction
from service_desk.store.enterprises import Enterprise
from service_desk.store.notices import Letter, LetterState
from service_desk.store.people import Department, Rhythm, User
from service_desk.store.sign_ins import (
    PasswordLink,
    SignInFailure,
    count_attempt,
    hashed,
    keep_link,
    name_hash,
)

SHORTEST_PASSWORD = 10
FEWEST_SIGNS = 3
MOST_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
"""How long the door stays locked after the last failure; as long as that in quiet, and failures are forgotten."""

LINK_LIFE = timedelta(hours=48)
BETWEEN_LETTERS = timedelta(minutes=15)
PASSWORD_LETTER = "password"  # noqa: S105 - what the key of such a letter begins with

WRONG = "用户名或密码不对，请重新输入。"
LOCKED = "尝试次数过多，请 15 分钟后再试，或联系管理员重置密码。"
SPENT = "这个链接已经用过或者过期了，请向管理员要一个新的。"

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_NOBODY = _hasher.hash("nobody has this password")

DEMO_ACCOUNTS = (
    "enterprise",
    "enterprise2",
    "clerk",
    "quality",
    "power",
    "power-head",
    "finance",
    "assets",
    "officer",
    "leader",
    "supervisor",
    "admin",
    "auditor",
)
"""The accounts of a demo park that are offered to whoever tries it; the others are there for the numbers."""

DEMO_PASSWORD = "park-demo-2026"  # noqa: S105 - of made-up people, who may sign in from this machine only


def demo_accounts() -> list[User]:
    """The demo accounts to offer, in their order; none without a demo park."""
    found = db.session.scalars(select(User).where(User.is_demo, User.username.in_(DEMO_ACCOUNTS))).unique()
    return sorted(found, key=lambda person: DEMO_ACCOUNTS.index(person.username))


def is_empty() -> bool:
    """Whether nobody has an account yet."""
    return db.session.scalar(select(User.id).limit(1)) is None


def hash_password(password: str) -> str:
    """The argon2id hash of a password."""
    return _hasher.hash(password)


def sign_in(username: str, password: str, *, at: datetime, with_demo: bool = True) -> User:
    """The active person with this name and password; demo accounts only ``with_demo``.

    Raises ``Invalid``, in the same words and after as long for a name that does not exist. After
    ``MOST_FAILURES`` in a row the name is locked, for the right password too.
    """
    attempt, user = _knock(username, at=at)
    if attempt > MOST_FAILURES:
        raise Invalid(LOCKED)
    known = user is not None and user.active and (with_demo or not user.is_demo)
    # Outside of any transaction, so that nobody waits for this hash; and for unknown names, too.
    matches = _matches(user.password_hash if user and user.password_hash else _NOBODY, password)
    if user is None or user.password_hash is None or not known or not matches:
        raise Invalid(WRONG if attempt < MOST_FAILURES else LOCKED)
    _let_in(username)
    return user


@transaction
def _knock(username: str, *, at: datetime) -> tuple[int, User | None]:
    """Count the attempt before the password is looked at: however many come at once, five are heard."""
    attempt = count_attempt(username, at=at, forget_before=at - LOCKED_FOR, most=MOST_FAILURES)
    user = db.session.scalars(select(User).where(User.username == username)).unique().one_or_none()
    return attempt, user


@transaction
def _let_in(username: str) -> None:
    forget_failures(username)


def forget_failures(username: str) -> None:
    """Unlock the name, in the caller's transaction."""
    db.session.execute(delete(SignInFailure).where(SignInFailure.name_hash == name_hash(username)))


@transaction
def forget_old_failures(now: datetime) -> int:
    """Drop what no longer locks anybody out; how many names."""
    old = delete(SignInFailure).where(SignInFailure.last_at <= now - LOCKED_FOR)
    return cast("CursorResult[None]", db.session.execute(old)).rowcount


def _matches(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


@transaction
def change_password(user: User, *, current: str, new: str) -> None:
    """Replace the password; every other session of this person ends."""
    if not _matches(user.password_hash or _NOBODY, current):
        raise Invalid("当前密码不对，请重新输入。", fields={"current": "当前密码不对。"})
    check_password(new, username=user.username)
    _replace_password(user, new)


def _replace_password(user: User, new: str) -> None:
    """Older sessions end, an open link dies, and the name is unlocked."""
    user.password_hash = hash_password(new)
    user.session_version += 1
    drop_link(user)
    forget_failures(user.username)


def check_password(password: str, *, username: str) -> None:
    """Raise ``Invalid`` with a sentence where a password is too weak to take."""
    if len(password) < SHORTEST_PASSWORD:
        raise Invalid(
            say("密码至少 %(least)s 位。", least=SHORTEST_PASSWORD),
            fields={"new": say("请设置至少 %(least)s 位的密码。", least=SHORTEST_PASSWORD)},
        )
    if password.isdigit():
        raise Invalid("密码不能全是数字。", fields={"new": "密码不能全是数字，请加上字母或符号。"})
    if username.lower() in password.lower() or len(set(password)) < FEWEST_SIGNS:
        raise Invalid("密码太容易猜到。", fields={"new": "密码不能包含用户名，也不能只用一两个字符。"})


@transaction
def choose_letters(person: User, *, mail: bool, sms: bool, rhythm: Rhythm) -> None:
    """By which channels somebody is written to besides the product, and whether each thing comes by itself."""
    person.wants_mail, person.wants_sms, person.rhythm = mail, sms, rhythm
    db.session.add(person)


@transaction
def add_person(
    *,
    username: str,
    name: str,
    roles: set[Role],
    department: Department | None = None,
    enterprise: Enterprise | None = None,
    email: str | None = None,
    phone: str | None = None,
) -> User:
    """An account without a password yet. Raises ``Invalid`` where roles and place do not fit."""
    if db.session.scalar(select(User.id).where(User.username == username)):
        raise name_taken(username)
    check_roles(roles, has_department=department is not None, has_enterprise=enterprise is not None)
    person = User(
        username=username,
        name=name,
        department_id=department.id if department else None,
        enterprise_id=enterprise.id if enterprise else None,
        is_owner=enterprise is not None,
        email=email,
        phone=phone,
        session_version=1,
    )
    person.roles = roles
    db.session.add(person)
    flush_account(person)
    return person


def check_roles(roles: set[Role], *, has_department: bool, has_enterprise: bool) -> None:
    """Raise ``Invalid`` where somebody's roles and place do not fit."""
    if roles & {Role.HANDLER, Role.HEAD} and not has_department:
        raise Invalid(
            "经办人和单位负责人需要 --department。",
            fields={"department": "经办人和单位负责人要选所属单位。"},
        )
    if Role.CONTACT in roles and (not has_enterprise or len(roles) > 1):
        raise Invalid(
            "企业联系人需要 --enterprise，且不能兼任其他角色。",
            fields={"roles": "企业联系人不能兼任其他角色。"},
        )


def name_taken(username: str) -> Invalid:
    """The refusal of a username that somebody has."""
    return Invalid(
        say("用户名“%(username)s”已被使用。", username=username),
        fields={"username": say("用户名“%(username)s”已被使用，请换一个。", username=username)},
    )


def flush_account(person: User) -> None:
    """Write a new account; raises ``Invalid`` where somebody took its name at the same instant."""
    try:
        db.session.flush()
    except IntegrityError as error:
        raise name_taken(person.username) from error


def person_named(username: str) -> User:
    """The person of this username. Raises ``Invalid`` where there is none."""
    person = db.session.scalars(select(User).where(User.username == username)).unique().one_or_none()
    if person is None:
        raise Invalid(say("没有用户名为“%(username)s”的账号。", username=username))
    return person


@transaction
def make_link(person: User, *, at: datetime) -> str:
    """The token of a new one-time link; the last one is dead from now on. Only its hash is kept."""
    return new_link(person, at=at)


def new_link(person: User, *, at: datetime) -> str:
    """The same, in the caller's transaction."""
    token = secrets.token_urlsafe(32)
    keep_link(person.id, token=token, at=at, expires_at=at + LINK_LIFE)
    return token


def drop_link(person: User) -> None:
    """No link leads to this account any more; in the caller's transaction."""
    db.session.execute(delete(PasswordLink).where(PasswordLink.user_id == person.id))


def person_of_token(token: str, *, at: datetime) -> User:
    """The person a link is for. Raises ``NotFound`` where it is forged, too old, or spent."""
    statement = select(User).join(PasswordLink, PasswordLink.user_id == User.id)
    alive = (PasswordLink.token_hash == hashed(token), PasswordLink.expires_at > at, User.active)
    found = db.session.scalars(statement.where(*alive)).unique().one_or_none()
    if found is None:
        raise NotFound(SPENT)
    return found


@transaction
def set_password(token: str, *, new: str, at: datetime) -> None:
    """Set a password through a one-time link; that spends the link and ends older sessions.

    Raises ``NotFound`` where the link is forged, too old, or was spent a moment ago.
    """
    person = person_of_token(token, at=at)
    check_password(new, username=person.username)
    # Two who open the same link at once: whoever removes it has it.
    spent = (
        delete(PasswordLink).where(PasswordLink.token_hash == hashed(token)).returning(PasswordLink.user_id)
    )
    if db.session.scalar(spent) is None:
        raise NotFound(SPENT)
    _replace_password(person, new)


@transaction
def ask_for_link(username: str, *, at: datetime) -> None:
    """Have a link mailed to whoever forgot the password; nothing happens for an account unknown or without address.

    The letter holds no link: it is made when the letter goes out (``link_of_letter``), so that no row keeps it.
    """
    known = select(User).where(User.username == username, User.active)
    person = db.session.scalars(known).unique().one_or_none()
    if person is None or not person.email or not house().sends_mail:
        return
    lately = exists().where(
        Letter.recipient_id == person.id,
        Letter.key.startswith(PASSWORD_LETTER),
        Letter.created_at > at - BETWEEN_LETTERS,
    )
    if db.session.scalar(select(lately)):
        return
    letter = {
        "key": f"{PASSWORD_LETTER}:{at.isoformat()}",
        "recipient_id": person.id,
        "channel": "mail",
        "address": person.email,
        "subject": house().say("设置新密码"),
        "body": house().say(
            "请打开下面的链接设置新密码，48 小时内有效，只能用一次。如果不是您本人要求的，请不用理会。"
        ),
        "created_at": at,
        "not_before": at,
        "state": LetterState.WAITING,
        "attempts": 0,
    }
    db.session.execute(insert(Letter), [letter])


def link_of_letter(letter: Letter, *, at: datetime) -> str | None:
    """The token that a letter about a forgotten password carries; None for every other letter.

    Raises ``Undeliverable`` where the account was put out of use meanwhile.
    """
    if not letter.key.startswith(f"{PASSWORD_LETTER}:"):
        return None
    person = db.session.get_one(User, letter.recipient_id)
    if not person.active:
        raise Undeliverable("the account is out of use")
    return make_link(person, at=at)
