"""Reply templates of one's own and of one's department: kept where those who write replies find them."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice

from service_desk.desk import reply_templates as desk
from service_desk.domain.errors import Invalid
from service_desk.store.base import db
from service_desk.store.people import Department
from service_desk.web.forms import chosen_id, line, text
from service_desk.web.guards import me, roles_required
from service_desk.web.people import show_on

bp = Blueprint("reply_templates", __name__)
LONGEST_NAME = 60
LONGEST_TEXT = 2000
OWN = "own"


def _id(value: Any) -> int | None:
    return None if value == OWN else chosen_id(value)


class TemplateForm(FlaskForm):
    """A text to begin replies with, and for whom it is."""

    name = line(_l("名称"), limit=LONGEST_NAME)
    text = text(_l("正文"), limit=LONGEST_TEXT, render_kw={"rows": 8})
    whose = SelectField(_l("谁用"), coerce=_id)

    def offer(self) -> None:
        """Oneself, and the departments one heads."""
        headed = select(Department).where(Department.id.in_(desk.headed(me()))).order_by(Department.id)
        self.whose.choices = [
            SelectChoice(OWN, _("只有我自己")),
            *(
                SelectChoice(each.id, _("%(name)s的人员", name=each.name))
                for each in db.session.scalars(headed)
            ),
        ]
        known = _("、").join(desk.IN_BRACES)
        self.text.description = _(
            "可以写%(known)s，套用时自动填上；要手工填的地方写 %(blank)s，没填就发出时会提醒。",
            known=known,
            blank=desk.BLANK,
        )


@bp.route("/templates", methods=["GET", "POST"])
@roles_required(*desk.KEEPERS)
def index() -> ResponseReturnValue:
    """The templates I have besides those for everybody, and the form for another."""
    form = TemplateForm()
    form.offer()
    if request.method == "POST" and _kept(form):
        flash(_("已保存模板“%(name)s”。", name=form.name.data), "success")
        return redirect(url_for("reply_templates.index"))
    lines = [(each, desk.may_keep(each, me())) for each in desk.own_templates(me())]
    page = render_template("reply_templates/index.html", form=form, lines=lines)
    return page, 422 if request.method == "POST" else 200


@bp.route("/templates/<int:template_id>", methods=["GET", "POST"])
@roles_required(*desk.KEEPERS)
def change(template_id: int) -> ResponseReturnValue:
    """Change one."""
    template = desk.template_of(template_id, me())
    form = TemplateForm(name=template.name, text=template.text, whose=template.department_id or OWN)
    form.offer()
    if request.method == "POST" and _kept(form, template_id):
        flash(_("已保存模板“%(name)s”。", name=form.name.data), "success")
        return redirect(url_for("reply_templates.index"))
    page = render_template("reply_templates/change.html", form=form, template=template)
    return page, 422 if request.method == "POST" else 200


def _kept(form: TemplateForm, template_id: int | None = None) -> bool:
    """Whether what was given could be kept; if not, the form says why."""
    if not form.validate():
        return False
    try:
        desk.keep_template(
            name=form.name.data,
            text=form.text.data,
            department_id=form.whose.data,
            by=me(),
            template_id=template_id,
        )
    except Invalid as error:
        show_on(form, error)
        return False
    return True


@bp.post("/templates/<int:template_id>/drop")
@roles_required(*desk.KEEPERS)
def drop(template_id: int) -> ResponseReturnValue:
    """Offer one no more."""
    desk.drop_template(template_id, by=me())
    flash(_("已删去，写好的答复不变。"), "success")
    return redirect(url_for("reply_templates.index"))
