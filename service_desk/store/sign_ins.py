"""What guards the door: failed sign-ins under a name, and the one-time links at which a password is set."""

import hashlib
import unicodedata
from datetime import datetime

from sqlalchemy import ForeignKey, String, case, literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.store.base import Instant, Model, UtcDateTime, db, is_sqlite


class SignInFailure(Model):
    """Failures in a row under one name, whether or not there is such an account: the door must not tell.

    The name is kept as a hash, since people type their password into the wrong field.
    """

    __tablename__ = "sign_in_failures"

    name_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int]
    last_at: Mapped[Instant] = mapped_column(index=True)


class PasswordLink(Model):
    """A one-time link: one a person, so that the next takes the place of the last. Its token is kept as a hash."""

    __tablename__ = "password_links"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[Instant]
    expires_at: Mapped[Instant]


def hashed(text: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(text.encode()).hexdigest()


def name_hash(username: str) -> str:
    """What is kept of a typed name: full-width letters, capitals and blanks around it make no other name."""
    return hashed(unicodedata.normalize("NFKC", username).strip().casefold())


def _insert() -> type[sqlite.Insert] | type[postgresql.Insert]:
    return sqlite.Insert if is_sqlite() else postgresql.Insert


def count_attempt(username: str, *, at: datetime, forget_before: datetime, most: int) -> int:
    """Count an attempt as failed until it is known to be none; how many in a row, this one included.

    One statement, so that no two attempts are counted as the same one. Those whose last came before
    ``forget_before`` are forgotten. Beyond ``most`` the instant stays: who knocks at a locked door does not
    keep it locked.
    """
    row = SignInFailure
    is_old = row.last_at <= forget_before
    statement = _insert()(row).values(name_hash=name_hash(username), number=1, last_at=at)
    counted = statement.on_conflict_do_update(
        index_elements=[row.name_hash],
        set_={
            "number": case((is_old, 1), else_=row.number + 1),
            "last_at": case((is_old | (row.number < most), literal(at, UtcDateTime)), else_=row.last_at),
        },
    )
    return int(db.session.execute(counted.returning(row.number)).scalar_one())


def keep_link(user_id: int, *, token: str, at: datetime, expires_at: datetime) -> None:
    """Keep a new link in place of the last one."""
    kept = {"token_hash": hashed(token), "made_at": at, "expires_at": expires_at}
    statement = _insert()(PasswordLink).values(user_id=user_id, **kept)
    db.session.execute(statement.on_conflict_do_update(index_elements=[PasswordLink.user_id], set_=kept))
