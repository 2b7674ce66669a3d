"""共性问题: one cause and its tickets; news for all of them, dispatch and reply together."""

from typing import Any, ClassVar

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import DateField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from service_desk import clock
from service_desk.desk import incidents as desk
from service_desk.desk.incidents import KEEPERS, READERS
from service_desk.desk.one_by_one import Summary
from service_desk.domain.errors import Invalid
from service_desk.domain.vocabulary import Outcome, Role
from service_desk.store.base import db
from service_desk.store.incidents import Incident
from service_desk.store.law import current_law
from service_desk.store.people import Department, User
from service_desk.store.queues import page
from service_desk.store.tickets import Ticket
from service_desk.web.due import Dues
from service_desk.web.forms import NEEDED, FilledIn, entity_choice, text, word_choice
from service_desk.web.guards import me, roles_required
from service_desk.web.people import show_on

bp = Blueprint("incidents", __name__)


class NewsForm(FlaskForm):
    """What all affected enterprises are told."""

    text = text(_l("进展内容"), description=_l("每家受影响的企业都会收到一次，请勿写其他企业的情况"))


class DispatchForm(FlaskForm):
    """To whom all waiting tickets go."""

    lead = SelectField(_l("主办单位"), validators=[FilledIn()])
    supports = SelectMultipleField(
        _l("协办单位"),
        validators=[Optional()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
    )
    text = text(_l("交办意见"), required=False, description=_l("写给承办单位，企业看不到"))


class ReplyForm(FlaskForm):
    """One reply for all tickets of the lead."""

    outcome = RadioField(_l("办理结果"), validators=[FilledIn()])
    text = text(_l("答复内容"), description=_l("逐件答复同样的内容，请勿写某一家企业的情况"))
    rest_date = DateField(
        _l("余项完成日期"),
        validators=[Optional()],
        description=_l("仅部分解决时填写，90 天内"),
        render_kw=NEEDED,
    )
    asked_when: ClassVar = {"rest_date": ("outcome", Outcome.PARTLY.value)}


@bp.get("/incidents")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The incidents that are not over, or those that are."""
    over = request.args.get("over") == "true"
    shown = desk.page_of_incidents(me(), over=over, after=request.args.get("after", ""))
    kept: dict[str, Any] = {"over": "true"} if over else {}
    return render_template(
        "incidents/index.html",
        lines=shown.lines,
        over=over,
        next_url=url_for("incidents.index", **kept, after=shown.next_after) if shown.next_after else "",
    )


@bp.get("/incidents/<int:incident_id>")
def show(incident_id: int) -> ResponseReturnValue:
    """One incident: its news, its tickets, and what can be done with all of them."""
    return _show(_visible_or_404(incident_id))


def address_of_incident(ticket: Ticket, user: User) -> str:
    """The page of the incident a ticket belongs to; empty where there is none that this person may open."""
    leads = user.department_id is not None and user.department_id == ticket.lead_department_id
    if ticket.incident_id is None or not (
        user.has(*READERS) or (leads and user.has(Role.HANDLER, Role.HEAD))
    ):
        return ""
    return url_for("incidents.show", incident_id=ticket.incident_id)


def _visible_or_404(incident_id: int) -> Incident:
    incident = db.session.scalar(desk.visible_incidents(me()).where(Incident.id == incident_id))
    if incident is None:
        abort(404)
    return incident


def _show(incident: Incident, *, bound: FlaskForm | None = None, summary: Summary | None = None) -> str:
    """The page; ``bound`` is a form as it was sent, with what was wrong in it."""
    user, now = me(), clock.now()
    shown = page(desk.tickets_of(incident, user), after=request.args.get("after", ""))
    keeps = user.has(*KEEPERS) and incident.closed_at is None
    to_dispatch = desk.how_many(desk.waiting_for_dispatch(incident, user)) if user.has(Role.CLERK) else 0
    to_reply = desk.how_many(desk.waiting_for_reply(incident, user)) if user.department_id else 0
    older = url_for("incidents.show", incident_id=incident.id, after=shown.next_after)
    return render_template(
        "incidents/show.html",
        incident=incident,
        tickets=shown.tickets,
        total=desk.how_many(desk.tickets_of(incident, user)),
        next_url=older if shown.next_after else "",
        due_of=Dues(shown.tickets, now, current_law(), reader=me()).of,
        keeps=keeps,
        to_dispatch=to_dispatch,
        to_reply=to_reply,
        news_form=_form(NewsForm, bound) if keeps else None,
        dispatch_form=_form(DispatchForm, bound) if to_dispatch else None,
        reply_form=_form(ReplyForm, bound) if to_reply else None,
        summary=summary,
        listed=user.has(*READERS),
    )


def _form(kind: type[FlaskForm], bound: FlaskForm | None) -> FlaskForm:
    """The form that was sent if it is of this kind, else an empty one."""
    return bound if isinstance(bound, kind) else _with_choices(kind(formdata=None))[0]


def _with_choices(form: FlaskForm) -> tuple[FlaskForm, dict[int, Department]]:
    """The form with what can be chosen in it, and the departments by id."""
    departments: dict[int, Department] = {}
    if isinstance(form, DispatchForm):
        rows = db.session.scalars(select(Department).where(Department.active).order_by(Department.id)).all()
        departments = {row.id: row for row in rows}
        choices, coerce = entity_choice(rows)
        form.lead.choices, form.lead.coerce = [SelectChoice("", _("请选择")), *choices], coerce
        form.supports.choices, form.supports.coerce = choices, coerce
    if isinstance(form, ReplyForm):
        form.outcome.choices, form.outcome.coerce = word_choice(Outcome)
    return form, departments


def _sent(kind: type[FlaskForm]) -> tuple[Any, dict[int, Department]]:
    """The form as the request brings it: choices first, since they say how to read what was chosen."""
    form, departments = _with_choices(kind(formdata=None))
    form.process(request.form)
    return form, departments


@bp.post("/incidents/<int:incident_id>/news")
@roles_required(*KEEPERS)
def tell(incident_id: int) -> ResponseReturnValue:
    """Publish news."""
    incident = _visible_or_404(incident_id)
    form, _departments = _sent(NewsForm)
    if not form.validate():
        return _show(incident, bound=form), 422
    desk.tell(incident.id, by=me(), at=clock.now(), text=form.text.data)
    flash(_("进展已发布，受影响的企业都会收到。"), "success")
    return redirect(url_for("incidents.show", incident_id=incident.id))


@bp.post("/incidents/<int:incident_id>/close")
@roles_required(*KEEPERS)
def close(incident_id: int) -> ResponseReturnValue:
    """Declare it over."""
    incident = desk.close(_visible_or_404(incident_id).id, by=me(), at=clock.now())
    flash(_("%(number)s 已关闭，所属诉求各自继续办理。", number=incident.number), "success")
    return redirect(url_for("incidents.show", incident_id=incident.id))


@bp.post("/incidents/<int:incident_id>/dispatch")
@roles_required(Role.CLERK)
def dispatch(incident_id: int) -> ResponseReturnValue:
    """Dispatch all waiting tickets together."""
    incident = _visible_or_404(incident_id)
    form, departments = _sent(DispatchForm)
    if not form.validate():
        return _show(incident, bound=form), 422
    try:
        summary = desk.dispatch_together(
            incident,
            by=me(),
            at=clock.now(),
            lead=departments[form.lead.data],
            supports=[departments[each] for each in form.supports.data or ()],
            text=form.text.data or "",
        )
    except Invalid as error:
        show_on(form, error)
        return _show(incident, bound=form), 422
    return _answer(incident, summary)


@bp.post("/incidents/<int:incident_id>/reply")
@roles_required(Role.HANDLER, Role.HEAD)
def reply(incident_id: int) -> ResponseReturnValue:
    """Reply to all tickets that my department leads together."""
    incident = _visible_or_404(incident_id)
    form, _departments = _sent(ReplyForm)
    if not form.validate():
        return _show(incident, bound=form), 422
    try:
        summary = desk.reply_together(
            incident,
            by=me(),
            at=clock.now(),
            outcome=form.outcome.data,
            text=form.text.data,
            rest_date=form.rest_date.data,
        )
    except Invalid as error:
        show_on(form, error)
        return _show(incident, bound=form), 422
    return _answer(incident, summary)


def _answer(incident: Incident, summary: Summary) -> ResponseReturnValue:
    """Back to the page; where something was refused, the page itself says what and why."""
    if summary.refused:
        return _show(incident, summary=summary)
    flash(_("%(n)s 件已一并办理。", n=len(summary.done)), "success")
    return redirect(url_for("incidents.show", incident_id=incident.id))
