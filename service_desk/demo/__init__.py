"""The demo park 云津经济开发区: a desk to try, with people, enterprises and months of history."""

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from service_desk.demo import park, playing
from service_desk.desk.foundation import lay_foundation
from service_desk.domain.errors import Refused
from service_desk.store.base import db, together
from service_desk.store.people import User
from service_desk.store.tickets import Ticket

SEED = 2026


def load_demo(*, at: datetime, seed: int = SEED) -> int:
    """Build the park and play its tickets up to ``at``; how many tickets, 0 where the park is there already.

    Raises ``Refused`` beside tickets that are not demo ones.
    """
    if _exists(select(User.id).where(User.is_demo)):
        return 0
    if _exists(select(Ticket.id).where(Ticket.is_demo.is_(False))):
        raise Refused("这里已有真实诉求，不能再装入演示园区。请换一个空的数据库。")
    if _exists(select(User.id)):
        raise Refused("这里已有账号，不能再装入演示园区。请换一个空的数据库。")
    # A run that is cut short leaves nothing: half a park would pass for a whole one ever after.
    with together("demo park"):
        lay_foundation(at=at)
        park.build(at=at)
        return playing.play(at=at, seed=seed)


def _exists(statement: Select[Any]) -> bool:
    return db.session.scalar(statement.limit(1)) is not None
