"""Enterprises: registration by themselves, approval by the desk."""

from collections.abc import Sequence

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_limiter import RequestLimit
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import Field, PasswordField, SelectField
from wtforms.validators import EqualTo, Regexp, ValidationError

from service_desk import clock
from service_desk.desk import enterprises as desk
from service_desk.domain import credit_code
from service_desk.domain.errors import Invalid
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db
from service_desk.store.enterprises import Area
from service_desk.web.forms import FilledIn, entity_choice, line
from service_desk.web.guards import me, roles_required
from service_desk.web.people import show_on
from service_desk.web.throttle import limiter
from service_desk.web.words import said

bp = Blueprint("enterprises", __name__)

LONGEST_WANTED = 50
"""Characters of what is looked for in the list."""


PHONE = Regexp(r"^[0-9+()\-\s]{7,30}$", message=_l("请填写手机号或带区号的座机号。"))
EMAIL = Regexp(r"^[^@\s]+@[^@\s]+\.[^@\s]+$", message=_l("邮箱格式不对，例如 name@example.com。"))
USERNAME = Regexp(r"^[\w.@+-]{3,60}$", message=_l("请用 3–60 位字母、数字或 . _ - @。"))


def right_code(_form: FlaskForm, field: Field) -> None:
    """Raise where no enterprise can have such a credit code."""
    try:
        credit_code.check(credit_code.normalise(field.data or ""))
    except Invalid as error:
        raise ValidationError(said(error.sentence)) from error


class RegisterForm(FlaskForm):
    """What an enterprise says of itself, and its first account."""

    code = line(
        _l("统一社会信用代码"),
        limit=40,
        description=_l("营业执照上的 18 位代码，大小写均可"),
        also=[right_code],
    )
    name = line(_l("企业名称"), description=_l("与营业执照一致的全称"))
    area = SelectField(_l("所在片区"), validators=[FilledIn()])
    contact_name = line(_l("联系人"), limit=60)
    phone = line(_l("联系电话"), limit=30, also=[PHONE])
    email = line(_l("电子邮箱"), required=False, description=_l("用于接收办理通知"), also=[EMAIL])
    username = line(_l("用户名"), limit=60, description=_l("登录用，建议用手机号"), also=[USERNAME])
    password = PasswordField(_l("密码"), validators=[FilledIn()], description=_l("至少 10 位"))
    repeat = PasswordField(
        _l("再输一遍密码"), validators=[FilledIn(), EqualTo("password", message=_l("两次输入的密码不一样。"))]
    )


def _form() -> tuple[RegisterForm, Sequence[Area]]:
    form = RegisterForm()
    areas = db.session.scalars(select(Area).where(Area.active).order_by(Area.id)).all()
    choices, form.area.coerce = entity_choice(areas)
    form.area.choices = [("", _("请选择")), *((c.value, c.label) for c in choices)]
    form.process(request.form or None)
    return form, areas


def _too_many(_limit: RequestLimit) -> Response:
    """The form again, with what was typed."""
    form, _areas = _form()
    form.form_errors.append(
        _("这个网络地址一小时内提交的注册太多，本次没有提交。请一小时后再试，或请专窗协助。")
    )
    return make_response(render_template("enterprises/register.html", form=form), 429)


@bp.route("/register", methods=["GET", "POST"])
@limiter.limit("20 per hour", methods=["POST"], on_breach=_too_many)
def register() -> ResponseReturnValue:
    """An enterprise asks for an account. The limit leaves room for a hall whose computers share an address."""
    form, areas = _form()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                desk.register(
                    code=form.code.data,
                    name=form.name.data,
                    area=next(row for row in areas if row.id == form.area.data),
                    contact_name=form.contact_name.data,
                    phone=form.phone.data,
                    email=form.email.data,
                    username=form.username.data,
                    password=form.password.data,
                    at=clock.now(),
                )
            except Invalid as error:
                show_on(
                    form,
                    Invalid(error.sentence, fields={_password_field(k): v for k, v in error.fields.items()}),
                )
            else:
                return redirect(url_for("enterprises.registered"))
    return render_template("enterprises/register.html", form=form), status


def _password_field(name: str) -> str:
    return "password" if name == "new" else name


@bp.get("/register/done")
def registered() -> ResponseReturnValue:
    """The registration waits for the desk."""
    return render_template("enterprises/registered.html")


@bp.get("/enterprises")
@roles_required(Role.CLERK, Role.SUPERVISOR, Role.QUALITY)
def index() -> ResponseReturnValue:
    """Registrations that wait, and the enterprises of the park."""
    wanted = (request.args.get("q") or "").strip()[:LONGEST_WANTED]
    after = request.args.get("after", "")
    # Whoever looks something up, or turns a page, has seen them.
    pending = desk.waiting_registrations() if me().has(Role.CLERK) and not (wanted or after) else []
    shown = desk.page_of_enterprises(wanted, after=after)
    more = url_for("enterprises.index", q=wanted or None, after=shown.next_after)
    return render_template(
        "enterprises/index.html",
        pending=pending,
        pending_in_all=desk.count_registrations() if pending else 0,
        wanted=wanted,
        enterprises=shown.enterprises,
        next_url=more if shown.next_after else "",
    )


@bp.post("/enterprises/<int:enterprise_id>/decide")
@roles_required(Role.CLERK)
def decide(enterprise_id: int) -> ResponseReturnValue:
    """Approve or refuse a registration."""
    granted = request.form.get("granted") == "true"
    reason = (request.form.get("reason") or "").strip()[:200]
    enterprise = desk.decide_registration(
        enterprise_id, granted=granted, reason=reason, by=me(), at=clock.now()
    )
    flash(_("%(name)s：%(status)s", name=enterprise.name, status=said(enterprise.status)), "success")
    return redirect(url_for("enterprises.index"))
