"""When a job last came to its end, on whatever machine: what health is told by, and what runs once a night."""

from datetime import datetime, time, timedelta

from sqlalchemy import String, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.store.base import Instant, Model, db, house, transaction

NIGHT = (time(1), time(5))
"""From when to when, in the park, what runs once a night may begin."""
TWICE = timedelta(hours=12)


class Beat(Model):
    """The last time of a job."""

    __tablename__ = "beats"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[Instant]


def last_beat(name: str) -> datetime | None:
    """When the job last came to its end; None where it never did."""
    return db.session.scalar(select(Beat.at).where(Beat.name == name))


def beat(name: str, at: datetime) -> None:
    """Note that the job came to its end."""
    take_turn(name, at=at, unless_since=at)


def take_night(name: str, at: datetime) -> bool:
    """Take the turn of this night, that one process alone has; false by day."""
    local = at.astimezone(house().timezone)
    return NIGHT[0] <= local.time() < NIGHT[1] and take_turn(name, at=at, unless_since=at - TWICE)


def take_turn(name: str, *, at: datetime, unless_since: datetime) -> bool:
    """Take a turn that one process alone has; false where another took it at ``unless_since`` or later."""
    try:
        return _take(name, at, unless_since)
    except IntegrityError:
        # Two processes made the row at once: the other one has the turn.
        return False


@transaction
def _take(name: str, at: datetime, unless_since: datetime) -> bool:
    known = db.session.scalar(select(Beat.name).where(Beat.name == name))
    if known is None:
        db.session.execute(insert(Beat).values(name=name, at=at))
        return True
    earlier = update(Beat).where(Beat.name == name, Beat.at < unless_since).values(at=at).returning(Beat.name)
    return db.session.scalar(earlier.execution_options(synchronize_session=False)) is not None
