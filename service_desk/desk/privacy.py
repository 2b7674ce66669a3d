"""Personal data: masked on pages until somebody asks for it with a reason, and every such look is kept."""

from datetime import datetime

from service_desk.domain.errors import Invalid
from service_desk.store.base import db, transaction
from service_desk.store.parts import Reveal
from service_desk.store.people import User

SHORTEST_REASON = 2


@transaction
def reveal_contact(ticket_id: int, *, by: User, at: datetime, reason: str) -> None:
    """Keep who looked at a ticket's contact, when and why; the page may then show it once.

    The caller has found the ticket within the person's scope. Raises ``Invalid`` without a reason.
    """
    if len(reason) < SHORTEST_REASON:
        raise Invalid("请写明查看联系方式的原因，例如“电话核实情况”。查看会留下记录。")
    db.session.add(Reveal(ticket_id=ticket_id, user_id=by.id, at=at, reason=reason[:200]))
