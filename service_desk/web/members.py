"""Members: an enterprise's owner says who else has access, and to what; for others these pages do not exist."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import ParamSpec

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import or_, select
from wtforms import SelectMultipleField
from wtforms.validators import Optional
from wtforms.widgets import CheckboxInput, ListWidget

from service_desk import clock
from service_desk.desk import members as desk
from service_desk.domain.errors import Invalid
from service_desk.settings import current_settings
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.people import User
from service_desk.web.enterprises import EMAIL, PHONE
from service_desk.web.forms import entity_choice, line
from service_desk.web.guards import me
from service_desk.web.people import show_on
from service_desk.web.throttle import limiter

P = ParamSpec("P")

bp = Blueprint("members", __name__)


class TopicsForm(FlaskForm):
    """What a member sees beyond what they filed."""

    topics = SelectMultipleField(
        _l("还可以看本企业这些类别的诉求"),
        validators=[Optional()],
        widget=ListWidget(prefix_label=False),
        option_widget=CheckboxInput(),
        description=_l("都不选，只能看自己提交的。选了的，不论本企业谁提交，都能看、能补充、能评价。"),
    )

    def offer(self, chosen: frozenset[int] = frozenset()) -> None:
        """The categories in use, and those chosen before."""
        offered = select(Category).where(or_(Category.active, Category.id.in_(chosen)))
        rows = db.session.scalars(offered.order_by(Category.position, Category.id)).all()
        self.topics.choices, self.topics.coerce = entity_choice(rows)
        # Of boxes that are all unticked a browser sends nothing.
        self.process(request.form if request.method == "POST" else None, data={"topics": sorted(chosen)})


class InvitationForm(TopicsForm):
    """Whom to invite."""

    name = line(_l("姓名"), limit=60)
    phone = line(
        _l("手机号"), required=False, limit=30, also=[PHONE], render_kw={"inputmode": "tel"},
        description=_l("登录用的账号；没有手机号可以只填邮箱"),
    )  # fmt: skip
    email = line(_l("电子邮箱"), required=False, limit=60, also=[EMAIL], render_kw={"inputmode": "email"})


@dataclass(frozen=True)
class Line:
    """One person of the list."""

    person: User
    sees: str
    is_waiting: bool
    """Invited, and without a password yet."""


def owners_only(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Only for the owner of an approved enterprise."""

    @functools.wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if not desk.keeps_members(me()):
            abort(404)
        return view(*args, **kwargs)

    return guarded


@bp.get("/members")
@owners_only
def index() -> ResponseReturnValue:
    """Who has access."""
    people = desk.people_of(me())
    names = {row.id: row.name for row in db.session.scalars(select(Category).order_by(Category.position))}
    lines = [Line(person, _sees(person, names), person.password_hash is None) for person in people]
    return render_template("members/index.html", lines=lines)


def _sees(person: User, names: dict[int, str]) -> str:
    if person.is_owner:
        return str(_("企业管理人员，看全部诉求"))
    topics = _("、").join(name for number, name in names.items() if number in person.topics)
    return str(_("看自己提交的，和本企业的%(topics)s", topics=topics) if topics else _("只看自己提交的"))


@bp.route("/members/new", methods=["GET", "POST"])
@owners_only
@limiter.limit("30 per hour", methods=["POST"])
def invite() -> ResponseReturnValue:
    """Invite somebody; the link is shown in this answer and nowhere else."""
    form = InvitationForm(formdata=None)
    form.offer()
    if request.method == "POST":
        if form.validate():
            try:
                member, token = desk.invite(
                    name=form.name.data,
                    phone=form.phone.data or None,
                    email=form.email.data or None,
                    topics=form.topics.data,
                    by=me(),
                    at=clock.now(),
                )
            except Invalid as error:
                show_on(form, error)
            else:
                return _link(member, token)
        return render_template("members/invite.html", form=form), 422
    return render_template("members/invite.html", form=form)


@bp.route("/members/<int:member_id>", methods=["GET", "POST"])
@owners_only
def show(member_id: int) -> ResponseReturnValue:
    """One member: what they see, a new link, the end of their access."""
    member = desk.member_of(me(), member_id)
    form = TopicsForm(formdata=None)
    form.offer(member.topics)
    status = 200
    if request.method == "POST":
        status = 422
        if form.validate():
            desk.entrust(member_id, topics=form.topics.data, by=me(), at=clock.now())
            flash(_("已保存，立即生效。"), "success")
            return redirect(url_for("members.index"))
    return render_template("members/show.html", form=form, member=member), status


@bp.post("/members/<int:member_id>/link")
@owners_only
def renew_link(member_id: int) -> ResponseReturnValue:
    """Another one-time link, for whom the first did not reach or who forgot the password."""
    return _link(*desk.renew_link(member_id, by=me(), at=clock.now()))


@bp.post("/members/<int:member_id>/remove")
@owners_only
def remove(member_id: int) -> ResponseReturnValue:
    """End somebody's access."""
    member = desk.let_go(member_id, by=me(), at=clock.now())
    flash(_("已移除%(name)s，其提交的诉求仍在本企业名下。", name=member.name), "success")
    return redirect(url_for("members.index"))


def _link(member: User, token: str) -> ResponseReturnValue:
    address = f"{current_settings().base_url}{url_for('people.set_password', token=token)}"
    return render_template("members/link.html", member=member, address=address)
