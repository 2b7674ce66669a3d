"""People: passwords and sign-in."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import select

from service_desk.domain.errors import Invalid
from service_desk.store.base import db, transaction
from service_desk.store.people import User

SHORTEST_PASSWORD = 10
FEWEST_SIGNS = 3

_hasher = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)
_NOBODY = _hasher.hash("nobody has this password")


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
            f"密码至少 {SHORTEST_PASSWORD} 位。", fields={"new": f"请设置至少 {SHORTEST_PASSWORD} 位的密码。"}
        )
    if username.lower() in password.lower() or len(set(password)) < FEWEST_SIGNS:
        raise Invalid("密码太容易猜到。", fields={"new": "密码不能包含用户名，也不能只用一两个字符。"})
