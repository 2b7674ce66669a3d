"""Handing over all that somebody handles, when they leave."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from service_desk import clock
from service_desk.desk import caseloads as desk
from service_desk.desk.one_by_one import Summary
from service_desk.domain.vocabulary import Role
from service_desk.web.forms import FilledIn, chosen_id
from service_desk.web.guards import me, roles_required

bp = Blueprint("caseloads", __name__)
READERS = (Role.HANDLER, Role.HEAD, Role.ADMIN)


class HandOverForm(FlaskForm):
    """To whom everything goes."""

    to = SelectField(_l("转给"), coerce=chosen_id, validators=[FilledIn()])


@bp.get("/caseloads")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """Who handles how much: my own, my department's where I head it, everybody's for the administrator."""
    return _index()


def _index(summary: Summary | None = None) -> str:
    """The page; ``summary`` tells what was handed over a moment ago, where something was not."""
    lines, is_admin = desk.caseloads(me()), me().has(Role.ADMIN)
    return render_template("caseloads/index.html", lines=lines, is_admin=is_admin, summary=summary)


@bp.route("/caseloads/<int:person_id>", methods=["GET", "POST"])
@roles_required(*READERS)
def show(person_id: int) -> ResponseReturnValue:
    """Hand over all of one person's to a colleague."""
    person, number = next((line for line in desk.caseloads(me()) if line[0].id == person_id), (None, 0))
    if person is None:
        abort(404)
    form = HandOverForm()
    colleagues = desk.successors(person)
    form.to.choices = [
        SelectChoice("", _("请选择")),
        *(SelectChoice(each.id, each.name) for each in colleagues),
    ]
    if request.method == "POST" and form.validate():
        to = next(each for each in colleagues if each.id == form.to.data)
        told = desk.hand_over_all(person, to=to, by=me(), at=clock.now())
        if told.refused or told.left:
            return _index(told)
        done = _("已将%(name)s名下 %(n)s 件转给%(to)s。", name=person.name, n=len(told.done), to=to.name)
        flash(done, "success")
        return redirect(url_for("caseloads.index"))
    page = render_template("caseloads/show.html", person=person, number=number, form=form)
    return page, 422 if request.method == "POST" else 200
