"""My saved filters of the queue; the queue itself shows them."""

from flask import Blueprint, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.desk import saved_filters as desk
from service_desk.domain.errors import Invalid
from service_desk.store.saved_filters import SAVERS
from service_desk.web.guards import me, roles_required
from service_desk.web.queues import read_list
from service_desk.web.words import said

bp = Blueprint("saved_filters", __name__)


@bp.post("/tickets/filters")
@roles_required(*SAVERS)
def save() -> ResponseReturnValue:
    """Save what the address narrows the list to."""
    listed = read_list(request.args)
    name, shared = request.form.get("name", ""), request.form.get("shared") == "on"
    try:
        saved = desk.save(name, listed.query, shared=shared, by=me())
    except Invalid as error:
        flash(said(error.sentence), "warning")
    else:
        flash(_("筛选“%(name)s”已保存。", name=saved.name), "success")
    return redirect(listed.address)


@bp.post("/tickets/filters/<int:filter_id>/drop")
@roles_required(*SAVERS)
def drop(filter_id: int) -> ResponseReturnValue:
    """Forget one of mine."""
    flash(_("筛选“%(name)s”已删除。", name=desk.drop(filter_id, by=me())), "success")
    return redirect(read_list(request.args).address)
