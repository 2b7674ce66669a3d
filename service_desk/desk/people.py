"""People: accounts, passwords and sign-in."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import select

from service_desk.domain.errors import Invalid, NotFound
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, transaction
from service_desk.store.enterprises import Enterprise
from service_desk.store.people import Department, User

SHORTEST_PASSWORD = 10
FEWEST_SIGNS = 3
LINK_SECONDS = 72 * 3600

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


def hash_password(password: str) -> str:
    """The argon2id hash of a password."""
    return _hasher.hash(password)


def authenticate(username: str, password: str) -> User | None:
    """The active person with this name and password, or None; takes as long for unknown names."""
    user = db.session.scalar(select(User).where(User.username == username))
    known = user is not None and user.password_hash is not None
    matches = _matches(user.password_hash if user and user.password_hash else _NOBODY, password)
    return user if known and matches and user is not None and user.active else None


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
    user.password_hash = hash_password(new)
    user.session_version += 1


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
        raise Invalid(say("用户名“%(username)s”已被使用，请用 --username 另取一个。", username=username))
    if roles & {Role.HANDLER, Role.HEAD} and department is None:
        raise Invalid("经办人和单位负责人需要 --department。")
    if Role.CONTACT in roles and (enterprise is None or len(roles) > 1):
        raise Invalid("企业联系人需要 --enterprise，且不能兼任其他角色。")
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
    db.session.flush()
    return person


def person_named(username: str) -> User:
    """The person of this username. Raises ``Invalid`` where there is none."""
    person = db.session.scalars(select(User).where(User.username == username)).unique().one_or_none()
    if person is None:
        raise Invalid(say("没有用户名为“%(username)s”的账号。", username=username))
    return person


def password_token(person: User, *, secret: str) -> str:
    """What a one-time link carries: signed, good for three days, spent once a password has been set."""
    return _signer(secret).dumps([person.id, person.session_version])


def person_of_token(token: str, *, secret: str) -> User | None:
    """The person a link is for; None where it is forged, too old, or spent."""
    try:
        number, version = _signer(secret).loads(token, max_age=LINK_SECONDS)
    except (BadData, ValueError, TypeError):
        return None
    person = db.session.get(User, number)
    return person if person is not None and person.active and person.session_version == version else None


@transaction
def set_password(token: str, *, secret: str, new: str) -> None:
    """Set a password through a one-time link; that spends the link and ends older sessions.

    Raises ``NotFound`` where the link is forged, too old, or was spent a moment ago.
    """
    person = person_of_token(token, secret=secret)
    if person is not None:
        # Two who open the same link at once: the second finds it spent.
        db.session.refresh(person, with_for_update={"of": User})
        person = person_of_token(token, secret=secret)
    if person is None:
        raise NotFound("这个链接已经用过或者过期了，请向管理员要一个新的。")
    check_password(new, username=person.username)
    person.password_hash = hash_password(new)
    person.session_version += 1


def _signer(secret: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt="set-password")
