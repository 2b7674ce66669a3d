"""Inquiries: what the desk asks a department, and its answer; no word of what they are about."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm

from service_desk import clock
from service_desk.desk.inquiries import answer_inquiry, inquiries_for, ticket_of_inquiry
from service_desk.domain.vocabulary import Role
from service_desk.web.forms import text
from service_desk.web.guards import me, roles_required

bp = Blueprint("inquiries", __name__)


class AnswerForm(FlaskForm):
    """One answer."""

    text = text(_l("回复内容"), render_kw={"rows": 4})


@bp.get("/inquiries")
@roles_required(Role.HANDLER, Role.HEAD)
def index() -> ResponseReturnValue:
    """What my department was asked, newest first."""
    return _page(None, AnswerForm())


def _page(inquiry_id: int | None, form: AnswerForm) -> str:
    return render_template(
        "inquiries/index.html",
        inquiries=inquiries_for(me()),
        answered_id=inquiry_id,
        form=form,
        empty=AnswerForm(),
    )


@bp.post("/inquiries/<int:inquiry_id>")
@roles_required(Role.HANDLER, Role.HEAD)
def answer(inquiry_id: int) -> ResponseReturnValue:
    """Answer one question."""
    ticket_id = ticket_of_inquiry(inquiry_id, me())
    form = AnswerForm()
    if not form.validate():
        return _page(inquiry_id, form), 422
    answer_inquiry(ticket_id, by=me(), at=clock.now(), text=form.text.data or "")
    flash(_("已回复专窗。"), "success")
    return redirect(url_for("inquiries.index"))
