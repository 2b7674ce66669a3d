"""The reminder ladders for the administrator: who is reminded of which clock, when, and what comes with it."""

from collections.abc import Mapping, Sequence
from datetime import time
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import (
    BooleanField,
    FieldList,
    FormField,
    IntegerField,
    RadioField,
    SelectField,
    SelectMultipleField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional
from wtforms.widgets import ListWidget

from service_desk import clock
from service_desk.desk import ladders as desk
from service_desk.desk.administration import Altered
from service_desk.desk.ladders import Step, climbing, in_order, ladders_in_use, root_of
from service_desk.desk.notices import Audience
from service_desk.domain.errors import Invalid
from service_desk.domain.vocabulary import CardColour, ClockKind, LimitClass, OrderLevel, Role, Source
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.limits import LADDERS as NOUN
from service_desk.store.limits import LadderRow
from service_desk.store.lists import Alteration, alterations_of
from service_desk.web.admin_forms import Changed, ListForm, Tick
from service_desk.web.forms import entity_choice, word_choice
from service_desk.web.guards import me, roles_required
from service_desk.web.people import show_on
from service_desk.web.words import said

bp = Blueprint("ladders", __name__)

SHORT_HISTORY = 10
BLANK_STEPS = 2

WHENS = {
    "half": _l("时限过半"),
    "left": _l("剩几个工作日"),
    "hours_before": _l("到期前几个工作小时"),
    "at_due": _l("到期时（按小时计的时限）"),
    "overdue": _l("超期几个工作日"),
    "hours_after": _l("超期几个工作小时"),
}


def _typed(value: Any) -> str:
    return value or ""


class StepForm(FlaskForm):
    """One step; one without a moment is none."""

    class Meta:
        """The whole form has the token."""

        csrf = False

    when = SelectField(
        _l("何时"),
        coerce=_typed,
        default="",
        choices=[SelectChoice("", _l("（不要这一步）")), *(SelectChoice(*one) for one in WHENS.items())],
    )
    count = IntegerField(_l("数"), validators=[Optional()])
    at = TimeField(_l("几点"), validators=[Optional()], description=_l("留空为上班时"))
    min_limit = IntegerField(_l("仅时限不少于"), validators=[Optional()])
    recipients = SelectMultipleField(
        _l("提醒谁"),
        choices=[SelectChoice(one.value, _l(one.label)) for one in Audience if one is not Audience.ASKER],
        widget=ListWidget(prefix_label=False),
        option_widget=Tick(),
    )
    card = SelectField(
        _l("记牌"),
        coerce=_typed,
        default="",
        choices=[
            SelectChoice("", _l("不记")),
            *(SelectChoice(one.value, _l(one.label)) for one in CardColour),
        ],
    )
    order_level = SelectField(
        _l("督办单"),
        coerce=_typed,
        default="",
        choices=[
            SelectChoice("", _l("不发")),
            *(SelectChoice(one.value, _l(one.label)) for one in OrderLevel),
        ],
    )
    only_without_contact = BooleanField(_l("仅在尚未联系企业时"))

    @property
    def step(self) -> Step | None:
        """The step, where one was filled in."""
        when: Any = self.when.data
        if not when:
            return None
        return Step(
            when=when,
            count=self.count.data or 0,
            at=self.at.data,
            min_limit=self.min_limit.data,
            recipients=tuple(Audience(one) for one in self.recipients.data or ()),
            card=CardColour(self.card.data) if self.card.data else None,
            order_level=OrderLevel(self.order_level.data) if self.order_level.data else None,
            only_without_contact=self.only_without_contact.data,
        )


class LadderForm(ListForm):
    """The steps of a ladder, and which clocks climb it from now on."""

    kind = SelectField(_l("时限"), validators=[Optional()])
    limit_class = SelectField(_l("时限类别"), validators=[Optional()])
    category = SelectField(_l("诉求类别"), validators=[Optional()])
    source = SelectField(_l("来源渠道"), validators=[Optional()])
    steps = FieldList(FormField(StepForm), max_entries=desk.MOST_STEPS + BLANK_STEPS)
    follow = RadioField(
        _l("正在计时的"),
        choices=[
            SelectChoice("yes", _l("也按新的阶梯提醒；已经发过的步骤不再重发")),
            SelectChoice("no", _l("仍按原来的阶梯，只有今后起算的用新的")),
        ],
        default="yes",
    )
    active = BooleanField(_l("在用"), default=True)

    @property
    def filled_in(self) -> list[Step]:
        """The steps that were filled in."""
        return [step for each in self.steps if (step := each.form.step) is not None]


@bp.get("/admin/ladders")
@roles_required(Role.ADMIN)
def index() -> ResponseReturnValue:
    """Every ladder with its steps in words, and what was last changed."""
    return render_template(
        "ladders/index.html",
        ladders=[(row, title_of(row), [step_words(step) for step in row.steps]) for row in ladders_in_use()],
        history=[_changed(one) for one in alterations_of(NOUN, limit=SHORT_HISTORY)],
    )


@bp.route("/admin/ladders/<int:row_id>", methods=["GET", "POST"])
@roles_required(Role.ADMIN)
def row(row_id: int) -> ResponseReturnValue:
    """One ladder."""
    kept = _present(row_id) or abort(404)
    form = LadderForm() if request.method == "POST" else _filled(kept)
    for name in ("kind", "limit_class", "category", "source"):
        del form[name]
    if not _is_special(kept):
        del form.active
    if request.method == "GET":
        return _page(form, kept)
    steps = _checked(form)
    if steps is None:
        return _page(form, kept), 422
    try:
        desk.change_ladder(
            kept.id,
            steps=steps,
            active=form.active.data if "active" in form else True,
            follow=form.follow.data == "yes",
            seen=form.seen_id,
            by=me(),
            at=clock.now(),
        )
    except Altered as error:
        form.seen.data = str(_last(kept))
        return _page(form, kept, conflict=said(error.sentence)), 409
    flash(_("已保存。"), "success")
    return redirect(url_for("ladders.index"))


def _present(row_id: int) -> LadderRow | None:
    """The ladder in use that a row is or has become: whoever opened its page before a change was saved finds it."""
    asked = db.session.get(LadderRow, row_id)
    if asked is None:
        return None
    return next((one for one in ladders_in_use() if (one.kind, one.reach) == (asked.kind, asked.reach)), None)


@bp.route("/admin/ladders/new", methods=["GET", "POST"])
@roles_required(Role.ADMIN)
def new() -> ResponseReturnValue:
    """A ladder for some tickets; it begins with the steps of the general one."""
    general = {one.kind: one for one in ladders_in_use() if not _is_special(one)}
    wanted = next((kind for kind in general if kind.value == request.args.get("kind")), ClockKind.SETTLE)
    form = LadderForm() if request.method == "POST" else _filled(general[wanted], is_new=True)
    categories = db.session.scalars(select(Category).where(Category.active).order_by(Category.position)).all()
    blank = SelectChoice("", _("不限"))
    form.kind.choices = [SelectChoice(kind.value, said(kind)) for kind in general]
    form.limit_class.choices = [blank, *word_choice(LimitClass)[0]]
    form.category.choices = [blank, *entity_choice(categories)[0]]
    form.source.choices = [blank, *word_choice(Source)[0]]
    del form.active
    if request.method == "GET":
        form.kind.data = wanted.value
        return _page(form, None)
    steps = _checked(form)
    if steps is None:
        return _page(form, None), 422
    try:
        desk.add_ladder(
            kind=ClockKind(form.kind.data),
            limit_class=LimitClass(form.limit_class.data) if form.limit_class.data else None,
            category=next((one for one in categories if str(one.id) == form.category.data), None),
            source=Source(form.source.data) if form.source.data else None,
            steps=steps,
            follow=form.follow.data == "yes",
            by=me(),
            at=clock.now(),
        )
    except Invalid as error:
        show_on(form, error)
        return _page(form, None), 422
    flash(_("已新增。"), "success")
    return redirect(url_for("ladders.index"))


def _checked(form: LadderForm) -> list[Step] | None:
    """The steps in their order; None, and the sentence on the form, where they make no ladder."""
    if not form.validate():
        return None
    try:
        return in_order(form.filled_in)
    except Invalid as error:
        form.form_errors.append(said(error.sentence))
        return None


def _filled(kept: LadderRow, *, is_new: bool = False) -> LadderForm:
    """The form with the steps of a ladder, and some blank ones."""
    steps: list[dict[str, Any]] = [
        {
            "when": step["moment"],
            "count": step.get("count", 0) if step["moment"] in desk.COUNTS else None,
            "at": time.fromisoformat(step["at"]) if step.get("at") else None,
            "min_limit": step.get("min_limit"),
            "recipients": step["recipients"],
            "card": step.get("card", ""),
            "order_level": str(step.get("order_level", "")),
            "only_without_contact": step.get("only_without_contact", False),
        }
        for step in kept.steps
    ]
    blanks: list[dict[str, Any]] = [{}] * BLANK_STEPS
    seen = "" if is_new else str(_last(kept))
    return LadderForm(
        formdata=None, data={"steps": steps + blanks, "seen": seen, "active": True, "follow": "yes"}
    )


def _last(kept: LadderRow) -> int:
    return next((one.id for one in alterations_of(NOUN, root_of(kept), limit=1)), 0)


def _is_special(kept: LadderRow) -> bool:
    return any(kept.reach.narrowness)


def _page(form: LadderForm, kept: LadderRow | None, *, conflict: str = "") -> str:
    return render_template(
        "ladders/row.html",
        form=form,
        title=title_of(kept) if kept else _("新增专门阶梯"),
        climbing=climbing(kept.kind) if kept else None,
        conflict=conflict,
        history=[_changed(one) for one in alterations_of(NOUN, root_of(kept))] if kept else [],
    )


# In words


def title_of(kept: LadderRow) -> str:
    """办理; 办理 · 拖欠账款 · 上级转办."""
    return _title(kept.kind, kept.category.name if kept.category else "", kept.source, kept.limit_class)


def _title(kind: ClockKind, category: str, source: Source | None, limit_class: LimitClass | None) -> str:
    parts = [said(kind), category, said(source), said(limit_class)]
    return " · ".join(part for part in parts if part)


def step_words(step: Mapping[str, Any]) -> str:
    """剩 1 个工作日：承办人、主办单位负责人；记黄牌."""
    told = _("、").join(said(Audience(one)) for one in step["recipients"])
    more = [
        _("仅在尚未联系企业时") if step.get("only_without_contact") else "",
        _("仅时限不少于 %(n)s", n=step["min_limit"]) if step.get("min_limit") else "",
        _("记%(card)s", card=said(CardColour(step["card"]))) if step.get("card") else "",
        _("发%(level)s督办单", level=said(OrderLevel(str(step["order_level"]))))
        if step.get("order_level")
        else "",
    ]
    first = _("%(label)s：%(value)s", label=_when_words(step), value=told)
    return str(_("；")).join([first, *(each for each in more if each)])


def _when_words(step: Mapping[str, Any]) -> str:
    count, at = step.get("count", 0), step.get("at", "")
    words = {
        "half": _("时限过半"),
        "left": _("剩 %(n)s 个工作日", n=count) if count else _("到期当天"),
        "hours_before": _("到期前 %(n)s 个工作小时", n=count),
        "at_due": _("到期时"),
        "overdue": _("超期 %(n)s 个工作日", n=count),
        "hours_after": _("超期 %(n)s 个工作小时", n=count),
    }[step["moment"]]
    return f"{words} {at}" if at else str(words)


def _changed(one: Alteration) -> Changed:
    """A line of the history: the steps that are no more, and those that are new."""
    before, after = one.before, one.after
    former, present = ([step_words(step) for step in side.get("steps", ())] for side in (before, after))
    gone = _("；").join(words for words in former if words not in present)
    come = _("；").join(words for words in present if words not in former)
    changes: Sequence[tuple[str, str, str]] = [
        (_("步骤"), gone or "—", come or "—"),
        (_("正在计时的"), "—", _("按新的阶梯") if after.get("follow") else _("按原来的阶梯")),
        *([(_("在用"), _("是"), _("否"))] if not after["active"] else []),
    ]
    source = Source(after["source"]) if after["source"] else None
    klass = LimitClass(after["limit_class"]) if after["limit_class"] else None
    return Changed(
        at=one.at,
        who=one.by_name,
        what=_title(ClockKind(after["kind"]), after["category"] or "", source, klass),
        changes=changes,
        is_new=not before,
    )
