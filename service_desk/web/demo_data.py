"""The demo park taken out by the administrator: after the words are typed, as many steps as a page may wait for."""

import time

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from service_desk.desk.demo_removal import demo_park, remove_demo
from service_desk.domain.errors import Refused
from service_desk.domain.vocabulary import Role
from service_desk.web.guards import me, roles_required
from service_desk.web.words import said

bp = Blueprint("demo_data", __name__)

CONFIRMATION = _l("删除演示数据")
PATIENCE = 10.0
"""Seconds after which no further step is begun: the page says so, and the next press goes on."""


@bp.get("/admin/demo")
@roles_required(Role.ADMIN)
def index() -> ResponseReturnValue:
    """What there is of the demo, and how it goes."""
    return _page("")


@bp.post("/admin/demo")
@roles_required(Role.ADMIN)
def remove() -> ResponseReturnValue:
    """Take it out, or as much of it as a page may wait for."""
    # Else they would be taken out by their own hand, and nobody left who may set the desk up.
    if me().is_demo:
        return _page(
            _("请先给自己建一个管理员账号，用它登录后再删除；您现在用的是演示账号，会一起删除。")
        ), 422
    if request.form.get("words", "").strip() != str(CONFIRMATION):
        return _page(_("请在下面的框里写“%(words)s”。", words=CONFIRMATION)), 422
    began = time.monotonic()
    try:
        for _number in remove_demo(with_trials=request.form.get("with_trials") == "on"):
            if time.monotonic() - began > PATIENCE:
                break
    except Refused as error:
        return _page(said(error.sentence)), 422
    if demo_park().is_there:
        flash(_("还没有删完，请再按一次“%(words)s”接着删。", words=CONFIRMATION), "warning")
        return redirect(url_for("demo_data.index"))
    flash(_("演示数据已经删除。单位、事项、时限和日历都还在。"), "success")
    return redirect(url_for("start.index"))


def _page(trouble: str) -> str:
    return render_template(
        "demo_data/index.html", park=demo_park(), words=CONFIRMATION, trouble=trouble, user=me()
    )
