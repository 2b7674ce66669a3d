"""Reply templates as a ticket fills them in: offered where a reply is written, put in on demand."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select

from service_desk.domain.actions import Action
from service_desk.domain.sentences import say
from service_desk.store.base import db, house
from service_desk.store.lists import ReplyTemplate
from service_desk.store.tickets import Ticket

REPLYING = (Action.REPLY, Action.ASK_SIGN_OFF, Action.ANSWER)
"""The acts in which a reply is written."""


@dataclass(frozen=True)
class Filled:
    """A template as it reads on one ticket."""

    id: int
    name: str
    text: str


def templates_for(ticket: Ticket, action: Action) -> Sequence[Filled]:
    """The templates in use for this ticket's category; none where no reply is written.

    Those of one outcome are for departments alone: a direct answer has none.
    """
    if action not in REPLYING:
        return ()
    offered = select(ReplyTemplate).where(
        ReplyTemplate.active,
        or_(ReplyTemplate.category_id.is_(None), ReplyTemplate.category_id == ticket.category_id),
    )
    if action is Action.ANSWER:
        offered = offered.where(ReplyTemplate.outcome.is_(None))
    rows = db.session.scalars(offered.order_by(ReplyTemplate.id)).all()
    return [Filled(row.id, row.name, filled_in(row.text, ticket)) for row in rows]


def filled_in(text: str, ticket: Ticket) -> str:
    """A template's text with what it leaves open taken from the ticket.

    Of the contact only the surname is told: whoever writes has not said why they would know more.
    """
    lead = ticket.lead_department
    known = {
        "企业名称": ticket.enterprise.name,
        "诉求编号": ticket.number,
        "诉求标题": ticket.title,
        "联系人": house().say(say("%(surname)s先生/女士", surname=ticket.contact_name[:1])),
        "承办单位": lead.name if lead is not None else house().say(say("专窗")),
    }
    for name, words in known.items():
        text = text.replace(f"{{{name}}}", words)
    return text


def appended(typed: str, text: str) -> str:
    """What was typed, and a template's text after it; nothing typed is lost."""
    return f"{typed.rstrip()}\n\n{text}" if typed.strip() else text
