"""Several tickets of the queue at once: accepted, urged, exported; dispatched after a look at who would get which."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from service_desk import clock
from service_desk.desk import bulk as desk
from service_desk.desk.bulk import MOST_AT_ONCE, Chosen, Plan, Summary
from service_desk.domain.actions import Action
from service_desk.domain.errors import Invalid
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db
from service_desk.store.exports import EXPORTERS, ExportKind
from service_desk.store.people import Department
from service_desk.store.queues import Filter
from service_desk.web.exports import asked_for
from service_desk.web.forms import FilledIn, entity_choice, text
from service_desk.web.guards import me, roles_required
from service_desk.web.queues import read_list
from service_desk.web.words import in_the_parks_language, said

bp = Blueprint("bulk", __name__)

EXPORT = "export"
EACH, ONE = "each", "one"
TOKEN = re.compile(r"(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}(?:-\d{1,9})*))?")
"""A ticked row: the ticket and its version; after a look at the proposals also the lead and the supports shown."""

DONE_WORDS = {
    Action.ACCEPT: _l("已受理 %(n)s 件，请派单。"),
    Action.DISPATCH: _l("已派单 %(n)s 件，承办单位已收到通知。"),
    Action.URGE: _l("已催办 %(n)s 件，承办单位和专窗都会收到提醒。"),
}


class DispatchForm(FlaskForm):
    """To whom the tickets go."""

    how = RadioField(
        _l("派给谁"),
        choices=[
            SelectChoice(EACH, _l("按建议，派给各自的主办单位和协办单位")),
            SelectChoice(ONE, _l("全部派给同一个单位")),
        ],
        default=EACH,
        validators=[FilledIn()],
    )
    lead = SelectField(_l("主办单位"), validators=[Optional()])
    text = text(_l("交办意见"), required=False, description=_l("写给承办单位，每一件都相同，企业看不到"))


@dataclass(frozen=True)
class Ticked:
    """A ticked row; ``departments`` are the ids of the lead and the supports its reader was shown."""

    chosen: Chosen
    departments: tuple[int, ...]


def _ticked(given: Sequence[str]) -> list[Ticked]:
    """The ticked rows, each ticket once; what is no row is none."""
    found: dict[int, Ticked] = {}
    for token in given:
        match = TOKEN.fullmatch(token)
        if match is not None:
            ticket, seen, departments = match.groups()
            ids = tuple(map(int, departments.split("-"))) if departments else ()
            found.setdefault(int(ticket), Ticked(Chosen(int(ticket), int(seen)), ids))
    return list(found.values())


@bp.post("/tickets/bulk")
@roles_required(*EXPORTERS)
def act() -> ResponseReturnValue:
    """Do to the ticked rows what the pressed button says; a dispatch is looked at first."""
    listed, wanted = read_list(request.args), request.form.get("do", "")
    back = listed.address
    ticked = _ticked(request.form.getlist("ticket"))
    refusal = _refusal(ticked)
    if refusal:
        flash(refusal, "warning")
        return redirect(back)
    if wanted == EXPORT:
        return _export(ticked, back)
    if wanted not in desk.offered_to(me()):
        abort(404)
    if wanted == Action.DISPATCH:
        rows = [f"{each.chosen.ticket_id}.{each.chosen.seen}" for each in ticked]
        kept: dict[str, Any] = dict(listed.kept)
        return redirect(url_for("bulk.dispatch", ticket=rows, **kept))
    given = desk.as_it_stands if wanted == Action.ACCEPT else lambda _ticket: {}
    chosen = [each.chosen for each in ticked]
    return _answer(
        Action(wanted), desk.together(Action(wanted), chosen, by=me(), at=clock.now(), given=given)
    )


def _refusal(ticked: Sequence[Ticked]) -> str:
    if not ticked:
        return str(_("请先勾选要办理的诉求。"))
    if len(ticked) > MOST_AT_ONCE:
        return str(_("一次最多办理 %(n)s 件，请分几次。", n=MOST_AT_ONCE))
    return ""


def _export(ticked: Sequence[Ticked], back: str) -> ResponseReturnValue:
    ids = tuple(sorted(each.chosen.ticket_id for each in ticked))
    with in_the_parks_language():
        narrowed_to = [(_("勾选的诉求"), _("%(n)s 件", n=len(ids)))]
    try:
        return asked_for(ExportKind.LEDGER, Filter(ids=ids), narrowed_to=narrowed_to)
    except Invalid as error:
        flash(said(error.sentence), "warning")
        return redirect(back)


@bp.route("/tickets/bulk/dispatch", methods=["GET", "POST"])
@roles_required(Role.CLERK, Role.SUPERVISOR)
def dispatch() -> ResponseReturnValue:
    """Who would get which of the ticked tickets; then the dispatch, as it was shown or to one department."""
    form, departments = _dispatch_form()
    ticked = _ticked((request.form if request.method == "POST" else request.args).getlist("ticket"))
    refusal = _refusal(ticked)
    if refusal:
        flash(refusal, "warning")
        return redirect(read_list(request.args).address)
    if request.method == "GET":
        return _review(form, ticked, departments)
    if form.validate() and form.how.data == ONE and form.lead.data is None:
        form.lead.errors = [_("请选择“%(label)s”。", label=form.lead.label.text)]
    if form.errors:
        return _review(form, ticked, departments), 422
    note = form.text.data or ""
    given = (
        desk.to_one(departments[form.lead.data], note)
        if form.how.data == ONE
        else desk.to_each_its_own(_shown(ticked, departments), note)
    )
    chosen = [each.chosen for each in ticked]
    return _answer(
        Action.DISPATCH, desk.together(Action.DISPATCH, chosen, by=me(), at=clock.now(), given=given)
    )


def _dispatch_form() -> tuple[Any, dict[int, Department]]:
    """The form with the departments in use, and these by id."""
    form: Any = DispatchForm(formdata=None)
    rows = db.session.scalars(select(Department).where(Department.active).order_by(Department.id)).all()
    choices, form.lead.coerce = entity_choice(rows)
    form.lead.choices = [SelectChoice("", _("请选择")), *choices]
    if request.method == "POST":
        form.process(request.form)
    return form, {row.id: row for row in rows}


def _shown(
    ticked: Sequence[Ticked], departments: Mapping[int, Department]
) -> dict[int, tuple[Department, list[Department]]]:
    """To whom each ticket goes, as the page showed it; not where a department has been put out of use since."""
    return {
        each.chosen.ticket_id: (
            departments[each.departments[0]],
            [departments[i] for i in each.departments[1:]],
        )
        for each in ticked
        if each.departments and departments.keys() >= set(each.departments)
    }


def _review(form: Any, ticked: Sequence[Ticked], departments: Mapping[int, Department]) -> str:
    chosen, listed = [each.chosen for each in ticked], read_list(request.args)
    plans = desk.plans_for(chosen, departments.values(), by=me(), at=clock.now())
    if request.method == "GET" and not any(plan.lead for plan in plans):
        form.how.data = ONE
    kept: dict[str, Any] = dict(listed.kept)
    return render_template(
        "tickets/bulk_dispatch.html",
        form=form,
        plans=[(plan, _token(plan)) for plan in plans if not plan.refusal],
        refused=[plan for plan in plans if plan.refusal],
        url=url_for("bulk.dispatch", **kept),
        list_url=listed.address,
    )


def _token(plan: Plan) -> str:
    """The row as it comes back when it is ticked."""
    departments = (plan.lead, *plan.supports) if plan.lead else ()
    shown = "-".join(str(each.id) for each in departments)
    return f"{plan.ticket.id}.{plan.ticket.version}" + (f".{shown}" if shown else "")


def _answer(action: Action, summary: Summary) -> ResponseReturnValue:
    """Back to the list; where something was refused, a page says what was done, and what not and why."""
    back = read_list(request.args).address
    if summary.refused or summary.missing:
        return render_template("tickets/bulk_done.html", action=action, summary=summary, list_url=back)
    flash(str(DONE_WORDS[action]) % {"n": len(summary.done)}, "success")
    return redirect(back)
