"""Texts for the search, indexed in the background; what is not indexed yet is read instead where somebody searches."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from service_desk.desk.sweeping import sweep_in_batches
from service_desk.store.base import db, transaction
from service_desk.store.search_texts import is_unindexed, keep_texts
from service_desk.store.tickets import Ticket

BATCH = 100
"""Tickets in one transaction: enough to save statements, few enough to keep nobody waiting."""


def index_texts(_now: datetime) -> int:
    """Index the texts of tickets on which something was done since; how many tickets."""
    return sweep_in_batches("search", select(Ticket.id).where(is_unindexed()), index_texts_of, size=BATCH)


@transaction
def index_texts_of(ticket_ids: Sequence[int]) -> int:
    """Index the texts of these tickets, so far as nobody acts on them right now; of how many."""
    free = (
        select(Ticket.id)
        .where(Ticket.id.in_(ticket_ids), is_unindexed())
        .order_by(Ticket.id)
        .with_for_update(skip_locked=True)
    )
    held = db.session.scalars(free).all()
    if held:
        keep_texts(held)
    return len(held)
