"""Rating by a one-time link: made by the desk for the contact it names, good for one rating in its window."""

import secrets
from datetime import datetime

from sqlalchemy import select

from service_desk.desk import closing
from service_desk.desk.acting import let_time_pass
from service_desk.domain.actions import Party
from service_desk.domain.errors import Invalid, NotFound, OutOfTurn, Refused
from service_desk.domain.vocabulary import ClockKind, Level, Solved, State
from service_desk.store.base import db, transaction
from service_desk.store.law import current_law
from service_desk.store.people import User
from service_desk.store.rating_links import RatingLink
from service_desk.store.sign_ins import hashed
from service_desk.store.tickets import Ticket, locked

PHONE_TAIL = 4
"""So many last digits of the contact's phone show that it is the contact who rates."""
OVER = "这个链接已经用过或已经失效。如需评价，请致电专窗。"


@transaction
def make_rating_link(ticket_id: int, *, by: User, at: datetime) -> str:
    """The token of a new link, to be handed to the contact; only its hash is kept. Earlier ones stay good."""
    ticket = locked(ticket_id)
    if not ticket.parties_of(by) & {Party.CLERK, Party.QUALITY}:
        raise Refused("评价链接由受理员或回访员生成。")
    window = ticket.clock(ClockKind.RATING)
    if ticket.state is not State.AWAITING_RATING or window is None:
        raise OutOfTurn("只有待评价的诉求才能生成评价链接。")
    if len(ticket.contact_phone) < PHONE_TAIL:
        raise Invalid("这件诉求没有联系电话，不能生成评价链接。")
    token = secrets.token_urlsafe(24)
    db.session.add(
        RatingLink(
            ticket_id=ticket.id,
            clock_id=window.id,
            token_hash=hashed(token),
            contact_phone=ticket.contact_phone,
            made_at=at,
            made_by_id=by.id,
        )
    )
    return token


def ticket_to_rate(token: str) -> Ticket:
    """The ticket a link is for. Raises ``NotFound`` for a link unknown, used, or whose window or contact is past."""
    link = db.session.scalar(select(RatingLink).where(RatingLink.token_hash == hashed(token)))
    ticket = db.session.get(Ticket, link.ticket_id) if link else None
    if link is None or ticket is None or not _is_good(link, ticket):
        raise NotFound(OVER)
    return ticket


def _is_good(link: RatingLink, ticket: Ticket) -> bool:
    window = ticket.clock(ClockKind.RATING)
    return (
        link.used_at is None
        and window is not None
        and window.id == link.clock_id
        and ticket.contact_phone == link.contact_phone
    )


@transaction
def rate_by_link(
    token: str, *, at: datetime, phone_tail: str, solved: Solved, level: Level, text: str = ""
) -> Ticket:
    """Rate as the contact. Raises ``NotFound`` for a link that is no good, ``Invalid`` for a wrong phone."""
    known = db.session.scalar(select(RatingLink.ticket_id).where(RatingLink.token_hash == hashed(token)))
    if known is None:
        raise NotFound(OVER)
    ticket, law = locked(known), current_law()
    let_time_pass(ticket, at, law)
    link = db.session.scalars(
        select(RatingLink)
        .where(RatingLink.token_hash == hashed(token))
        .execution_options(populate_existing=True)
    ).one()
    if not _is_good(link, ticket):
        raise NotFound(OVER)
    if phone_tail != link.contact_phone[-PHONE_TAIL:]:
        sentence = "手机号后四位与登记的联系电话不符，请核对。"
        raise Invalid(sentence, fields={"phone_tail": sentence})
    closing.record_rating(
        ticket, by=None, guest=ticket.contact_name, at=at, law=law, solved=solved, level=level, text=text
    )
    link.used_at = at
    return ticket
