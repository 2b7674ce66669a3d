"""Substitutes: who stands in for me and for whom I do; the administrator names one for somebody who is away."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from service_desk import clock
from service_desk.desk import substitutes as desk
from service_desk.domain.errors import Invalid
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db
from service_desk.store.people import User, UserRole
from service_desk.store.queues import is_row_id
from service_desk.store.substitutes import (
    MAY_BE_REPLACED,
    all_substitutions,
    park_day,
    substitutions_of,
)
from service_desk.web.forms import FilledIn, chosen_id
from service_desk.web.guards import me, roles_required
from service_desk.web.people import show_on
from service_desk.web.words import said

bp = Blueprint("substitutes", __name__)
MOST_SHOWN = 200


class SubstituteForm(FlaskForm):
    """Who stands in, from when, until when."""

    substitute = SelectField(_l("代办人"), coerce=chosen_id, validators=[FilledIn()])
    from_day = DateField(_l("从"), validators=[InputRequired(_l("请填写开始日期。"))])
    until_day = DateField(_l("到"), validators=[InputRequired(_l("请填写结束日期。"))])

    def offer(self, person: User) -> None:
        """The colleagues to choose from."""
        self.substitute.choices = [
            SelectChoice("", _("请选择")),
            *(SelectChoice(each.id, named(each)) for each in desk.colleagues_of(person)),
        ]
        self.until_day.description = _("含当天，最长 %(days)s 天；可以随时提前结束。", days=desk.LONGEST)


def named(person: User) -> str:
    """A person's name with where they work, or as what."""
    role = _("、").join(said(role) for role in Role if role in person.roles)
    where = person.department.name if person.department else role
    return str(_("%(who)s（%(action)s）", who=person.name, action=where))


@bp.route("/substitutes", methods=["GET", "POST"])
@roles_required(*MAY_BE_REPLACED, Role.ADMIN)
def index() -> ResponseReturnValue:
    """What runs or is to come, and the form for another."""
    user, now = me(), clock.now()
    person = _person_away(user)
    form = _form(person) if person is not None else None
    status = 200
    if request.method == "POST":
        if form is None or person is None:
            abort(404)
        status = 422
        if form.validate():
            try:
                _name(person, form)
            except Invalid as error:
                show_on(form, error)
            else:
                flash(_("已设置代办，双方都会收到消息。"), "success")
                return redirect(url_for("substitutes.index"))
    is_admin = user.has(Role.ADMIN)
    page = render_template(
        "substitutes/index.html",
        person=person,
        form=form,
        user=user,
        people=_people() if is_admin else (),
        named=named,
        today=park_day(now),
        substitutions=all_substitutions(now, most=MOST_SHOWN) if is_admin else substitutions_of(user, now),
    )
    return page, status


def _form(person: User) -> SubstituteForm:
    form = SubstituteForm()
    form.offer(person)
    if not form.is_submitted():
        form.from_day.data = park_day(clock.now())
    return form


def _name(person: User, form: SubstituteForm) -> None:
    chosen = next(each for each in desk.colleagues_of(person) if each.id == form.substitute.data)
    desk.name_substitute(
        person,
        substitute=chosen,
        from_day=form.from_day.data,
        until_day=form.until_day.data,
        by=me(),
        at=clock.now(),
    )


def _person_away(user: User) -> User | None:
    """Whose substitute is being named: one's own, or whom the administrator has chosen."""
    wanted = request.args.get("person", "")
    if user.has(Role.ADMIN) and is_row_id(wanted):
        found = db.session.get(User, int(wanted))
        if found is None or not found.active or not found.has(*MAY_BE_REPLACED):
            abort(404)
        return found
    return user if user.has(*MAY_BE_REPLACED) else None


def _people() -> list[User]:
    """Whom the administrator may name a substitute for."""
    replaceable = User.role_rows.any(UserRole.role.in_(MAY_BE_REPLACED))
    known = select(User).where(User.active, replaceable).order_by(User.name, User.id)
    return list(db.session.scalars(known).unique())


@bp.post("/substitutes/<int:substitution_id>/end")
@roles_required(*MAY_BE_REPLACED, Role.ADMIN)
def end(substitution_id: int) -> ResponseReturnValue:
    """End one before its time."""
    desk.end_substitution(substitution_id, by=me(), at=clock.now())
    flash(_("代办已结束，双方都会收到消息。"), "success")
    return redirect(url_for("substitutes.index"))
