"""Another system's history on its way through the verbs: what they find otherwise than with people of today."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from service_desk.store.base import db
from service_desk.store.law import Law

if TYPE_CHECKING:
    from service_desk.store.tickets import Ticket


@dataclass
class Replay:
    """What is replayed in this transaction, and what was so over there.

    ``held`` are the tickets this transaction has read and locked, by id. ``is_complex`` and ``wants_sign_off`` are
    the other system's facts about the line that is being replayed, ``stays_closed`` is one about the ticket: no bad
    rating opened it again. Nobody is told of what is replayed.
    """

    law: Law
    held: dict[int, "Ticket"] = field(default_factory=dict)
    is_complex: bool = False
    wants_sign_off: bool = False
    stays_closed: bool = False


def replay() -> Replay | None:
    """The replay of the present transaction; None where people act."""
    found: Replay | None = db.session().info.get("replay")
    return found


@contextmanager
def replaying(law: Law) -> Iterator[Replay]:
    """Have the verbs inside replay what was done elsewhere."""
    info = db.session().info
    info["replay"] = Replay(law)
    try:
        yield info["replay"]
    finally:
        del info["replay"]
