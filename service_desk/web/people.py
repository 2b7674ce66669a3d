"""Signing in and out, and one's own account."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import login_user, logout_user
from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, RadioField
from wtforms.validators import EqualTo

from service_desk import clock
from service_desk.desk import people as desk
from service_desk.desk.members import keeps_members
from service_desk.desk.reply_templates import KEEPERS
from service_desk.domain.errors import Invalid, NotFound
from service_desk.domain.vocabulary import Role
from service_desk.settings import current_settings
from service_desk.store.base import house
from service_desk.store.law import current_law
from service_desk.store.people import Rhythm, User
from service_desk.store.substitutes import MAY_BE_REPLACED, substitutions_of
from service_desk.web.forms import FilledIn, line
from service_desk.web.guards import local_path, me
from service_desk.web.throttle import limiter
from service_desk.web.words import said

bp = Blueprint("people", __name__)
LOOPBACK = ("127.0.0.1", "::1")
FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded")


class SignInForm(FlaskForm):
    """Name and password."""

    username = line(_l("用户名"), limit=60, render_kw={"autocomplete": "username", "autofocus": True})
    password = PasswordField(
        _l("密码"), validators=[FilledIn()], render_kw={"autocomplete": "current-password"}
    )


def _new_password() -> PasswordField:
    return PasswordField(
        _l("新密码"),
        validators=[FilledIn()],
        description=_l("至少 10 位"),
        render_kw={"autocomplete": "new-password"},
    )


def _repeated() -> PasswordField:
    return PasswordField(
        _l("再输一遍新密码"),
        validators=[FilledIn(), EqualTo("new", message=_l("两次输入的新密码不一样。"))],
        render_kw={"autocomplete": "new-password"},
    )


class PasswordForm(FlaskForm):
    """Change of password."""

    current = PasswordField(
        _l("当前密码"), validators=[FilledIn()], render_kw={"autocomplete": "current-password"}
    )
    new = _new_password()
    repeat = _repeated()


class NewPasswordForm(FlaskForm):
    """A first or a forgotten password, through a one-time link."""

    new = _new_password()
    repeat = _repeated()


class ForgottenForm(FlaskForm):
    """Whose password was forgotten."""

    username = line(_l("用户名"), limit=60, render_kw={"autocomplete": "username"})


class LettersForm(FlaskForm):
    """What somebody wants to be written; in the product everything stands anyway."""

    wants_mail = BooleanField(_l("邮件"))
    wants_sms = BooleanField(_l("短信"))
    rhythm = RadioField(_l("怎样发"), validators=[FilledIn()])

    def offer(self, user: User, *, sends_mail: bool, sends_sms: bool) -> None:
        """Say where the letters would go, and offer what makes a difference to this person."""
        usual = Rhythm.USUAL if user.has(Role.OFFICER) else Rhythm.SINGLE
        offered = [usual, *(each for each in (Rhythm.SINGLE, Rhythm.DIGEST) if each is not usual)]
        self.rhythm.choices = [(each.value, said(each)) for each in offered]
        if self.rhythm.data not in {each.value for each in offered} and not self.is_submitted():
            self.rhythm.data = usual.value
        self.rhythm.description = _("摘要在每个工作日上班时发一份；特急的不等摘要，立即发。")
        self.wants_mail.description = _where(user.email, is_sent=sends_mail)
        self.wants_sms.description = _where(user.phone, is_sent=sends_sms)


def _where(address: str | None, *, is_sent: bool) -> str:
    if not is_sent:
        return str(_("专窗目前没有开通；开通后按这里的选择发送。"))
    if not address:
        return str(_("您还没有登记，请联系系统管理员补上。"))
    return str(_("发到 %(address)s", address=address))


@dataclass(frozen=True)
class Link:
    """A line of the account page."""

    label: str
    url: str
    icon: str = "chevron-right"


@bp.route("/sign-in", methods=["GET", "POST"])
@limiter.limit("20 per minute", methods=["POST"])
def sign_in() -> ResponseReturnValue:
    """Sign in; a wrong name and a wrong password are answered alike."""
    form = SignInForm()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            username, given = form.username.data, form.password.data
            try:
                user = desk.sign_in(username, given, at=clock.now(), with_demo=_demo_answers())
            except Invalid as error:
                show_on(form, error)
            else:
                login_user(user)
                return redirect(local_path(request.args.get("next", "")) or url_for("home.index"))
    page = render_template(
        "people/sign_in.html",
        form=form,
        help_line=_("登录遇到问题，请联系园区企业服务专窗。"),
        demo_accounts=_demo_accounts(),
        demo_password=desk.DEMO_PASSWORD,
        # Whoever operates the machine is told how to begin; nobody else could do it.
        first_account=_first_account() if desk.is_empty() else "",
    )
    return page, status


def _first_account() -> str:
    """The command that makes the first administrator of an empty desk."""
    return f"{current_settings().command} people add {_('姓名')} --username admin --role admin"


def _from_loopback() -> bool:
    """Whether a person at this very machine asks; who came through a proxy that we do not know did not."""
    unknown_proxy = not current_settings().trusted_proxies and any(map(request.headers.get, FORWARDED))
    return request.remote_addr in LOOPBACK and not unknown_proxy


def _demo_answers() -> bool:
    return _from_loopback() and not current_settings().is_production


def _demo_accounts() -> list[tuple[str, str]]:
    """The accounts of the demo park as buttons; only for the machine itself, never in production."""
    if not _demo_answers():
        return []
    return [(person.username, _who(person)) for person in desk.demo_accounts()]


def _who(person: User) -> str:
    if person.enterprise is not None:
        return person.enterprise.name
    role = str(_("、")).join(sorted(said(role) for role in person.roles))
    return (
        str(_("%(department)s%(role)s", department=person.department.name, role=role))
        if person.department is not None
        else role
    )


@bp.route("/forgotten", methods=["GET", "POST"])
@limiter.limit("10 per hour", methods=["POST"])
def forgotten() -> ResponseReturnValue:
    """Whom to ask for a new password; where the desk sends mail, a form that has a link sent."""
    form = ForgottenForm() if house().sends_mail else None
    if form is not None and request.method == "POST":
        if not form.validate():
            return render_template("people/forgotten.html", form=form, asked=False), 422
        desk.ask_for_link(form.username.data, at=clock.now())
    return render_template("people/forgotten.html", form=form, asked=request.method == "POST")


@bp.route("/set-password/<token>", methods=["GET", "POST"])
@limiter.limit("20 per hour", methods=["POST"])
def set_password(token: str) -> ResponseReturnValue:
    """Set a password through a one-time link; opening the page changes nothing."""
    try:
        person = desk.person_of_token(token, at=clock.now())
    except NotFound as error:
        return _spent(error)
    form = NewPasswordForm()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                desk.set_password(token, new=form.new.data, at=clock.now())
            except Invalid as error:
                show_on(form, error)
            except NotFound as error:
                return _spent(error)
            else:
                flash(_("密码已设置，请登录。"), "success")
                return redirect(url_for("people.sign_in"))
    return render_template("people/set_password.html", form=form, person=person), status


def _spent(error: NotFound) -> ResponseReturnValue:
    """Why a link does not work, and the way to another."""
    page = render_template(
        "errors/problem.html",
        title=_("链接不能用了"),
        sentence=said(error.sentence),
        what_next="",
        typed=[],
        go_on=(url_for("people.forgotten"), _("怎样要一个新的")),
    )
    return page, 404


@bp.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """End this session."""
    logout_user()
    return redirect(url_for("people.sign_in"))


@bp.get("/account")
def account() -> ResponseReturnValue:
    """My own page."""
    user = me()
    links = [
        Link(_("办事指南"), url_for("guides.index"), "info-circle"),
        Link(_("消息"), url_for("notices.index"), "bell"),
        Link(_("消息接收"), url_for("people.letters"), "send"),
    ]
    if keeps_members(user):
        links.insert(0, Link(_("成员"), url_for("members.index"), "users"))
    if not user.has(Role.CONTACT):
        links.append(Link(_("办理规则"), url_for("workflow.index"), "list-check"))
    away = user.has(*MAY_BE_REPLACED)
    if away:
        links.insert(2, Link(_("代办"), url_for("substitutes.index"), "users"))
    if user.posts:
        links.append(Link(_("移交在办诉求"), url_for("caseloads.index"), "send"))
    if user.has(*KEEPERS):
        links.append(Link(_("答复模板"), url_for("reply_templates.index"), "message"))
    roles = [role for role in Role if role in user.roles]
    return render_template(
        "people/account.html",
        user=user,
        roles=roles,
        links=links,
        substitutions=substitutions_of(user, clock.now()) if away else (),
    )


@bp.route("/account/letters", methods=["GET", "POST"])
def letters() -> ResponseReturnValue:
    """By which channels I am written to, and how often."""
    user = me()
    form = LettersForm(wants_mail=user.wants_mail, wants_sms=user.wants_sms, rhythm=user.rhythm.value)
    form.offer(user, sends_mail=house().sends_mail, sends_sms=current_law().sends_sms)
    if request.method == "POST" and form.validate():
        desk.choose_letters(
            user, mail=form.wants_mail.data, sms=form.wants_sms.data, rhythm=Rhythm(form.rhythm.data)
        )
        flash(_("已保存，从下一条消息起生效。"), "success")
        return redirect(url_for("people.account"))
    return render_template("people/letters.html", form=form), 422 if request.method == "POST" else 200


@bp.route("/account/password", methods=["GET", "POST"])
def password() -> ResponseReturnValue:
    """Change my password; my other sessions end."""
    form = PasswordForm()
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                desk.change_password(me(), current=form.current.data, new=form.new.data)
            except Invalid as error:
                show_on(form, error)
            else:
                login_user(me())
                flash(_("密码已修改，其他设备上的登录已退出。"), "success")
                return redirect(url_for("people.account"))
    return render_template("people/password.html", form=form), status


def show_on(form: FlaskForm, error: Invalid) -> None:
    """Put the sentences of a refusal beside the fields that caused it, or on top."""
    for name, sentence in error.fields.items():
        if name in form:
            form[name].errors = [*form[name].errors, said(sentence)]
    if not any(name in form for name in error.fields):
        form.form_errors.append(said(error.sentence))
