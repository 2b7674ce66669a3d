"""What has happened since a page was opened: asked for by the page itself every few seconds (static/js/news.js)."""

from datetime import datetime
from typing import Any

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, func, or_, select

from service_desk import clock
from service_desk.desk.acting import unseen_by
from service_desk.domain.actions import Party
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db
from service_desk.store.people import User
from service_desk.store.queues import COUNTED_UP_TO, count_capped, is_row_id, waiting_for
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket
from service_desk.web.filters import clock_time
from service_desk.web.guards import me, visible_or_404
from service_desk.web.notices import unread
from service_desk.web.queues import read_list
from service_desk.web.timeline import title_of, who_of

bp = Blueprint("news", __name__)
QUEUE, TODO = "queue", "todo"
MOST_LINES = 3
MOST_SHOWN = 100
"""Tickets of a page that are looked after when they leave its list."""


@bp.get("/news")
def index() -> ResponseReturnValue:
    """How many notices are unread; and in ``words`` what is new of the page's ticket or list, empty where nothing is.

    ``ticket`` and ``version`` name the one that the page shows; ``list`` (``queue`` with its filters, or ``todo``) and
    ``since`` the list, with ``newest``, the id that the last answer gave, and ``shown``, the ids of its tickets.
    """
    user = me()
    told: dict[str, Any] = {"unread": len(unread()), "words": ""}
    ticket_id, wanted = request.args.get("ticket", ""), request.args.get("list", "")
    if is_row_id(ticket_id):
        told["words"] = _of_ticket(int(ticket_id), user)
    elif wanted in (QUEUE, TODO):
        told |= _of_list(wanted, user)
    return jsonify(told)


def _of_ticket(ticket_id: int, user: User) -> str:
    """The lines that others have added since, as this person reads them."""
    ticket = visible_or_404(ticket_id)
    as_enterprise = Party.CONTACT in ticket.parties_of(user)
    lines = [
        f"{clock_time(event.at)} {who_of(event, as_enterprise=as_enterprise)} "
        f"{title_of(event, as_enterprise=as_enterprise)}".replace("  ", " ")
        for event in unseen_by(user, ticket, request.args.get("version", type=int))
    ]
    return str(_("；")).join(reversed(lines[-MOST_LINES:]))


def _of_list(wanted: str, user: User) -> dict[str, Any]:
    """How many tickets of the list are new, have changed or have left it, and the newest ticket of all."""
    newest = db.session.scalar(select(func.max(Ticket.id))) or 0
    since, seen = _since(), request.args.get("newest", "")
    if since is None:
        return {"newest": newest}
    fresh = [Ticket.touched_at > since]
    if is_row_id(seen):
        # Some were received before they were written down.
        fresh.append(Ticket.id > int(seen))
    number = _count(wanted, user, or_(*fresh), Ticket.touched_at > since)
    words = _("%(n)s 件诉求有变化", n="999+" if number >= COUNTED_UP_TO else number) if number else ""
    return {"newest": newest, "words": str(words)}


def _count(wanted: str, user: User, fresh: ColumnElement[bool], changed: ColumnElement[bool]) -> int:
    """How many tickets of the list are fresh, or were shown there and have left it; counted up to 1,000."""
    if wanted == QUEUE:
        listed, now = read_list(request.args), clock.now()
        found = listed.found(now, fresh)
        if found is not None:
            return len(found.newest(COUNTED_UP_TO))
        tickets = listed.tickets(now)
    else:
        tickets = visible_tickets(user) if user.has(Role.CONTACT) else waiting_for(user)
    return count_capped(tickets.where(fresh)) + _left(tickets, user, changed)


def _left(tickets: Select[Ticket], user: User, changed: ColumnElement[bool]) -> int:
    """How many of those that the page shows have changed and are no longer among these tickets."""
    shown = [int(each) for each in request.args.get("shown", "").split(".")[:MOST_SHOWN] if is_row_id(each)]
    if not shown:
        return 0
    known = visible_tickets(user).where(Ticket.id.in_(shown), changed).with_only_columns(Ticket.id)
    ids = db.session.scalars(known.order_by(None)).all()
    return len(ids) - count_capped(tickets.where(Ticket.id.in_(ids))) if ids else 0


def _since() -> datetime | None:
    try:
        since = datetime.fromisoformat(request.args.get("since", ""))
    except ValueError:
        return None
    return since if since.tzinfo is not None else None
