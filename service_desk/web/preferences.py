"""How I want the desk laid out: single keys, and how the queue is shown."""

from dataclasses import replace

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk.desk.preferences import prefer
from service_desk.domain.vocabulary import Role
from service_desk.store.preferences import Preferences
from service_desk.store.saved_filters import SAVERS
from service_desk.web.guards import local_path, me, roles_required

bp = Blueprint("preferences", __name__)

STAFF = tuple(role for role in Role if role is not Role.CONTACT)


@bp.post("/account/keys")
@roles_required(*STAFF)
def keys() -> ResponseReturnValue:
    """Switch single keys on or off for my account."""
    wanted = request.form.get("keys") == "on"
    prefer(me(), replace(me().prefers, keys=wanted))
    flash(_("快捷键已开启。") if wanted else _("快捷键已关闭。"), "success")
    return back()


@bp.post("/account/queue")
@roles_required(*SAVERS)
def queue() -> ResponseReturnValue:
    """Choose the columns and the height of the rows of my queue, and what opens after a ticket of it."""
    given = {
        "density": request.form.get("density"),
        "columns": request.form.getlist("columns"),
        "goes_on": request.form.get("goes_on") == "on",
        "keys": me().prefers.keys,
        "knows_the_way": me().prefers.knows_the_way,
    }
    prefer(me(), Preferences.read(given))
    flash(_("显示方式已保存。"), "success")
    return back()


@bp.post("/account/tour")
def tour() -> ResponseReturnValue:
    """Put the first steps away, or have them on my start page once more."""
    again = request.form.get("again") == "on"
    prefer(me(), replace(me().prefers, knows_the_way=not again))
    return redirect(url_for("home.index"))


def back() -> ResponseReturnValue:
    """To the page the form stood on."""
    return redirect(local_path(request.form.get("back", "")) or url_for("home.index"))
