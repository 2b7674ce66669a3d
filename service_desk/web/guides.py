"""办事指南: what enterprises may read before they file; the desk writes it (``web/admin.py``, list ``guides``)."""

from itertools import groupby

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk import clock
from service_desk.desk.guides import begin_from, suggested
from service_desk.desk.nouns import GUIDES
from service_desk.domain.actions import LINE_LIMIT
from service_desk.store.guides import published, published_guide
from service_desk.web.guards import me, roles_required, visible_or_404
from service_desk.web.throttle import limiter

bp = Blueprint("guides", __name__)


@bp.get("/guides")
def index() -> ResponseReturnValue:
    """All that are published, by category."""
    groups = groupby(published(), key=lambda guide: guide.category)
    return render_template(
        "guides/index.html",
        groups=[(category.name if category else _("其他"), list(guides)) for category, guides in groups],
        may_keep=me().has(*GUIDES.keepers),
    )


@bp.get("/guides/<int:guide_id>")
def show(guide_id: int) -> ResponseReturnValue:
    """One guide."""
    guide = published_guide(guide_id) or abort(404)
    return render_template("guides/show.html", guide=guide, may_keep=me().has(*GUIDES.keepers))


@bp.post("/tickets/<int:ticket_id>/guide")
@roles_required(*GUIDES.keepers)
def begin(ticket_id: int) -> ResponseReturnValue:
    """Make a guide of an answered ticket, to be gone over before it is published."""
    guide = begin_from(visible_or_404(ticket_id), by=me(), at=clock.now())
    return redirect(url_for("admin.row", noun=GUIDES.name, row_id=guide.id))


@bp.get("/guides/suggested")
@limiter.limit("120 per minute")
def suggest() -> ResponseReturnValue:
    """The guides closest to the title that is being typed, for a script."""
    found = suggested(request.args.get("title", "")[:LINE_LIMIT])
    return {
        "guides": [{"title": each.title, "url": url_for("guides.show", guide_id=each.id)} for each in found]
    }
