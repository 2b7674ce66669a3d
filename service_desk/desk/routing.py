"""Routing for the desk: the matter list, asked about a ticket."""

from collections.abc import Sequence

from sqlalchemy import select

from service_desk.domain.routing import MatterEntry, Proposal, propose
from service_desk.store.base import db
from service_desk.store.catalogue import Matter
from service_desk.store.tickets import Ticket


def matter_list(category_id: int) -> Sequence[MatterEntry]:
    """The lines of one category that are in use."""
    of_category = select(Matter).where(Matter.category_id == category_id, Matter.active)
    rows = db.session.scalars(of_category.order_by(Matter.id))
    return [
        MatterEntry(
            category=row.category.name,
            name=row.name,
            keywords=tuple(row.keywords),
            lead=row.lead.name if row.lead else None,
            supports=tuple(row.support_names),
            is_complex=row.is_complex,
        )
        for row in rows
    ]


def proposal_for(ticket: Ticket) -> Proposal | None:
    """What the matter list proposes; a department that is complained of is never proposed."""
    found = _found(ticket)
    if found is None or (ticket.against is not None and found.lead == ticket.against.name):
        return None
    return found


def is_complex(ticket: Ticket) -> bool:
    """Whether the matter list gives this kind of matter the 复杂 limits."""
    found = _found(ticket)
    return found is not None and found.matter.is_complex


def _found(ticket: Ticket) -> Proposal | None:
    category = ticket.category
    return propose(matter_list(category.id), category=category.name, title=ticket.title, text=ticket.text)
