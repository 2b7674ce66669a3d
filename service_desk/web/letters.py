"""Letters that could not be delivered: for the administrator, who sees addresses and errors but no matter."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from service_desk.desk.letters import undelivered
from service_desk.domain.vocabulary import Role
from service_desk.store.queues import is_row_id
from service_desk.web.guards import roles_required

bp = Blueprint("letters", __name__)
PAGE = 50


@bp.get("/admin/letters")
@roles_required(Role.ADMIN)
def index() -> ResponseReturnValue:
    """What was given up, newest first: number, date, recipient and error, never title or text."""
    after = request.args.get("after", "")
    letters = undelivered(before=int(after) if is_row_id(after) else None, limit=PAGE + 1)
    more = url_for("letters.index", after=letters[PAGE - 1].id) if len(letters) > PAGE else ""
    return render_template("letters/index.html", letters=letters[:PAGE], next_url=more)
