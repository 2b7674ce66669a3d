"""Guides: offered while somebody writes a title, and begun from a request that was answered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from service_desk.desk import administration
from service_desk.desk.likeness import lexicon, vocabulary
from service_desk.desk.nouns import GUIDES
from service_desk.domain.errors import OutOfTurn
from service_desk.domain.guides import Heading, closest
from service_desk.store.base import db
from service_desk.store.guides import MOST_SHOWN, Guide
from service_desk.store.parts import Reply
from service_desk.store.people import User
from service_desk.store.tickets import Ticket

MOST_SUGGESTED = 3


@dataclass(frozen=True)
class Suggestion:
    """A guide that may answer what is being asked."""

    id: int
    title: str


def answer_of(ticket: Ticket) -> Reply | None:
    """The last reply of a ticket that was found good; None before there is one."""
    return next((reply for reply in reversed(ticket.replies) if reply.verified_at is not None), None)


def begin_from(ticket: Ticket, *, by: User, at: datetime) -> Guide:
    """A guide with the words of an answered ticket, not published: names have to go first.

    The one there is already under this title is given back. Raises ``OutOfTurn`` where nothing was answered.
    """
    reply = answer_of(ticket)
    if reply is None:
        raise OutOfTurn("这件诉求还没有审核通过的答复，暂时不能写成指南。")
    there: Guide | None = db.session.scalar(select(Guide).where(Guide.title == ticket.title))
    if there is not None:
        return there
    values = {
        "title": ticket.title, "category": ticket.category, "keywords": [], "body": reply.text, "active": False,
    }  # fmt: skip
    guide: Guide = administration.add(GUIDES, values, by=by, at=at)
    return guide


def suggested(title: str) -> Sequence[Suggestion]:
    """The published guides closest to the title of a request, at most ``MOST_SUGGESTED``."""
    statement = select(Guide.id, Guide.title, Guide.keywords).where(Guide.active).order_by(Guide.id)
    rows = db.session.execute(statement.limit(MOST_SHOWN)).all()
    titles = {row.id: row.title for row in rows}
    headings = (Heading(row.id, row.title, tuple(row.keywords)) for row in rows)
    found = closest(title, headings, lexicon=lexicon(), vocabulary=vocabulary(), most=MOST_SUGGESTED)
    return [Suggestion(guide_id, titles[guide_id]) for guide_id in found]
