"""Notices: what a person was told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service_desk import clock
from service_desk.desk import notices as desk
from service_desk.store.queues import is_row_id
from service_desk.web.guards import me, writing

bp = Blueprint("notices", __name__)
PAGE = 50


@dataclass(frozen=True)
class Line:
    """One notice on the page."""

    title: str
    body: str
    at: datetime
    read: bool
    url: str


def unread() -> Sequence[int | None]:
    """The tickets of my unread notices, up to ``MOST_UNREAD``; asked for once for a page."""
    if "unread" not in g:
        g.unread = desk.unread_of(me())
    found: Sequence[int | None] = g.unread
    return found


def have_read(ticket_id: int) -> None:
    """Mark what I was told of a ticket as read, whose page tells it all. Where there is nothing, nothing is asked."""
    if ticket_id in unread() or len(unread()) == desk.MOST_UNREAD:
        with writing():
            desk.mark_read_of(ticket_id, user=me(), at=clock.now())
        g.unread = [each for each in unread() if each != ticket_id]


@bp.get("/notices")
def index() -> ResponseReturnValue:
    """My notices, newest first."""
    after = request.args.get("after", "")
    rows = desk.notices_of(me(), before=int(after) if is_row_id(after) else None, limit=PAGE + 1)
    lines = [
        Line(
            row.title,
            row.body,
            row.created_at,
            row.read_at is not None,
            url_for("notices.go", notice_id=row.id),
        )
        for row in rows[:PAGE]
    ]
    next_url = url_for("notices.index", after=rows[PAGE - 1].id) if len(rows) > PAGE else ""
    return render_template("notices/index.html", notices=lines, next_url=next_url)


@bp.get("/notices/<int:notice_id>")
def go(notice_id: int) -> ResponseReturnValue:
    """Mark one of my notices as read and go where it leads."""
    with writing():
        ticket_id = desk.mark_one_read(notice_id, user=me(), at=clock.now())
    return redirect(url_for("tickets.show", ticket_id=ticket_id) if ticket_id else url_for("notices.index"))


@bp.post("/notices/read")
def read_all() -> ResponseReturnValue:
    """Mark all my notices as read."""
    desk.mark_read(me(), at=clock.now())
    return redirect(url_for("notices.index"))
