"""Letters that could not be delivered: for the administrator, who sees addresses and errors but no matter."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk import clock
from service_desk.desk import letters as desk
from service_desk.domain.vocabulary import Role
from service_desk.store.queues import is_row_id
from service_desk.web.guards import me, roles_required

bp = Blueprint("letters", __name__)
PAGE = 50


@bp.get("/admin/letters")
@roles_required(Role.ADMIN)
def index() -> ResponseReturnValue:
    """What was given up, newest first: number, date, recipient, channel and error, never title or text."""
    after = request.args.get("after", "")
    letters = desk.undelivered(before=int(after) if is_row_id(after) else None, limit=PAGE + 1)
    more = url_for("letters.index", after=letters[PAGE - 1].id) if len(letters) > PAGE else ""
    return render_template("letters/index.html", letters=letters[:PAGE], next_url=more)


@bp.post("/admin/letters/<int:letter_id>/resend")
@roles_required(Role.ADMIN)
def resend(letter_id: int) -> ResponseReturnValue:
    """Let one wait again, under the same id."""
    letter = desk.resend(letter_id, by=me(), at=clock.now())
    flash(_("第 %(id)s 号已重新排队，很快会再发一次。", id=letter.id), "success")
    return redirect(url_for("letters.index"))
