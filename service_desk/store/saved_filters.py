"""Filters of the queue that somebody saved under a name, for themselves or for the whole desk."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ForeignKey, String, UniqueConstraint, and_, false, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.domain.vocabulary import Role
from service_desk.store.base import Model, db
from service_desk.store.people import User

SAVERS = tuple(role for role in Role if role not in (Role.CONTACT, Role.ADMIN, Role.AUDITOR))
"""Whose queue shows anything, and who are no company's."""
SHARERS = (Role.CLERK, Role.SUPERVISOR)
SHARED_WITH = (Role.CLERK, Role.QUALITY, Role.SUPERVISOR)
"""The desk's own staff."""
LONGEST_NAME, LONGEST_QUERY = 40, 1200


class SavedFilter(Model):
    """What a list is narrowed to, as the query of its address: read as any address is when it is opened."""

    __tablename__ = "saved_filters"
    __table_args__ = (UniqueConstraint("user_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    query: Mapped[str] = mapped_column(String(LONGEST_QUERY))
    shared: Mapped[bool] = mapped_column(default=False, server_default=false())


@dataclass(frozen=True)
class Offered:
    """A saved filter as somebody finds it; ``owner`` is the name of a colleague who shares it, empty for one's own."""

    filter: SavedFilter
    owner: str


def filters_for(user: User) -> Sequence[Offered]:
    """One's own in the order they were saved, then those that colleagues share with the desk."""
    readable = SavedFilter.user_id == user.id
    if user.has(*SHARED_WITH):
        readable = or_(readable, and_(SavedFilter.shared, User.active))
    rows = db.session.execute(
        select(SavedFilter, User.name)
        .join(User, User.id == SavedFilter.user_id)
        .where(readable)
        .order_by(SavedFilter.user_id != user.id, SavedFilter.id)
    )
    return [Offered(row, "" if row.user_id == user.id else name) for row, name in rows]
