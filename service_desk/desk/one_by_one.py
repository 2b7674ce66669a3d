"""The same act on all of some tickets: no verb, but one verb after the other, each its own transaction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select

from service_desk.domain.errors import DeskError
from service_desk.store.base import db
from service_desk.store.tickets import Ticket

MOST_AT_ONCE = 100
"""How many tickets one press of a button moves: somebody waits."""


@dataclass(frozen=True)
class Summary:
    """What was done with many tickets: numbers; numbers with the sentence of the refusal; how many are left."""

    done: Sequence[str]
    refused: Sequence[tuple[str, str]]
    left: int


def one_by_one(tickets: Select[Ticket], act: Callable[[int, int], None]) -> Summary:
    """Act on each by its id and the version it has now, the first filed first, until enough are done.

    What is refused is passed over: it does not keep the others waiting, however often the button is pressed.
    """
    columns = (Ticket.id, Ticket.version, Ticket.number)
    waiting = db.session.execute(tickets.with_only_columns(*columns).order_by(Ticket.id)).all()
    done: list[str] = []
    refused: list[tuple[str, str]] = []
    for ticket_id, version, number in waiting:
        if len(done) == MOST_AT_ONCE:
            break
        try:
            act(ticket_id, version)
        except DeskError as refusal:
            refused.append((number, refusal.sentence))
        else:
            done.append(number)
    return Summary(done, refused, len(waiting) - len(done) - len(refused))
