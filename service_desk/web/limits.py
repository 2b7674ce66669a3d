"""The table of limits for the administrator: every change says what it would do to open clocks before it is saved."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from wtforms import BooleanField, IntegerField, RadioField, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Optional

from service_desk import clock
from service_desk.desk import limits as desk
from service_desk.desk.administration import Altered
from service_desk.desk.limits import ROWS, UNITS, Effect, Proposed, effect_of, rows_of
from service_desk.domain.errors import Invalid
from service_desk.domain.limits import EXTENSIONS, Reach
from service_desk.domain.vocabulary import LimitClass, Role, Source, Unit
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.law import current_law
from service_desk.store.limits import LIMITS as NOUN
from service_desk.store.limits import LimitRow
from service_desk.store.lists import Alteration, alterations_of
from service_desk.web.admin_forms import Changed, ListForm
from service_desk.web.forms import FilledIn, entity_choice, word_choice
from service_desk.web.guards import me, roles_required
from service_desk.web.people import show_on
from service_desk.web.words import said

bp = Blueprint("limits", __name__)

SHOWN = 50
SHORT_HISTORY = 10


class ReachForm(FlaskForm):
    """Which clocks of which tickets; fields stand in the order in which they are made, so these come first."""

    kind = SelectField(_l("时限"), validators=[FilledIn()])
    limit_class = SelectField(_l("时限类别"), validators=[FilledIn()])
    category = SelectField(_l("诉求类别"), validators=[Optional()])
    source = SelectField(_l("来源渠道"), validators=[Optional()])


class LimitForm(ListForm):
    """How long, and whether what is open follows."""

    number = IntegerField(_l("期限"), validators=[InputRequired(_l("请填写期限。"))])
    unit = SelectField(_l("单位"))
    active = BooleanField(_l("在用"), description=_l("取消勾选即停用：恢复按表中的时限计算"))
    follow = RadioField(
        _l("在办的诉求"),
        choices=[
            SelectChoice("no", _l("不变，只用于今后起算的时限")),
            SelectChoice("yes", _l("一并调整：从各自的起算日重新推算，暂停和延期照旧")),
        ],
        validators=[Optional()],
    )


class SpecialLimitForm(ReachForm, LimitForm):
    """A limit of a category, a source, or both."""


@dataclass(frozen=True)
class Line:
    """One row of the table: what it is called, and its limit for each class."""

    label: str
    cells: list[tuple[LimitRow, str]]


@bp.get("/admin/limits")
@roles_required(Role.ADMIN)
def index() -> ResponseReturnValue:
    """The table of the law, what is special, and what was last changed."""
    rows = rows_of()
    table: dict[str, dict[LimitClass, LimitRow]] = {}
    for row in rows:
        if not row.is_special:
            table.setdefault(row.kind, {})[row.limit_class] = row
    lines = [
        Line(said(label), [(table[kind][klass], words_of(table[kind][klass])) for klass in LimitClass])
        for kind, label in ROWS.items()
        if kind in table
    ]
    return render_template(
        "limits/index.html",
        lines=lines,
        classes=list(LimitClass),
        special=[(row, title_of(row), words_of(row)) for row in rows if row.is_special],
        history=[_changed(one) for one in alterations_of(NOUN, limit=SHORT_HISTORY)],
    )


@bp.route("/admin/limits/<int:row_id>", methods=["GET", "POST"])
@roles_required(Role.ADMIN)
def row(row_id: int) -> ResponseReturnValue:
    """One limit; what is open is asked about before the change is saved."""
    kept = db.session.get(LimitRow, row_id) or abort(404)
    form = LimitForm(data=_known(kept)) if request.method == "GET" else LimitForm()
    _offer_units(form, kept.kind)
    if request.method == "GET":
        return _page(form, kept)
    if not form.validate():
        return _page(form, kept), 422
    active = form.active.data or not kept.is_special
    proposed = Proposed(kept.kind, kept.reach, form.number.data, Unit(form.unit.data), active)
    effect = _tried(form, proposed)
    if effect is None:
        return _page(form, kept), 422
    if "preview" in request.form or _is_unanswered(form, effect):
        return _page(form, kept, effect=effect), 200 if "preview" in request.form else 422
    try:
        desk.change_limit(
            row_id,
            number=proposed.number,
            unit=proposed.unit,
            active=active,
            follow=form.follow.data == "yes",
            seen=form.seen_id,
            by=me(),
            at=clock.now(),
        )
    except Altered as error:
        form.seen.data = str(_last(row_id))
        return _page(form, kept, effect=effect, conflict=said(error.sentence)), 409
    flash(_("已保存。"), "success")
    return redirect(url_for("limits.index"))


@bp.route("/admin/limits/new", methods=["GET", "POST"])
@roles_required(Role.ADMIN)
def new() -> ResponseReturnValue:
    """A limit for a category or a source."""
    form = SpecialLimitForm(formdata=None) if request.method == "GET" else SpecialLimitForm()
    categories = db.session.scalars(select(Category).where(Category.active).order_by(Category.position)).all()
    blank = SelectChoice("", _("不限"))
    form.kind.choices = [SelectChoice(kind, said(label)) for kind, label in ROWS.items()]
    form.limit_class.choices = word_choice(LimitClass)[0]
    form.category.choices = [blank, *entity_choice(categories)[0]]
    form.source.choices = [blank, *word_choice(Source)[0]]
    del form.active
    _offer_units(form, form.kind.data or "")
    if request.method == "GET":
        return _page(form, None)
    if not form.validate():
        return _page(form, None), 422
    category = next((one for one in categories if str(one.id) == str(form.category.data)), None)
    source = Source(form.source.data) if form.source.data else None
    klass = LimitClass(form.limit_class.data)
    reach = Reach(klass, category.id if category else None, source)
    proposed = Proposed(form.kind.data, reach, form.number.data, Unit(form.unit.data))
    effect = _tried(form, proposed)
    if effect is None:
        return _page(form, None), 422
    if "preview" in request.form or _is_unanswered(form, effect):
        return _page(form, None, effect=effect), 200 if "preview" in request.form else 422
    try:
        desk.add_special_limit(
            kind=proposed.kind,
            limit_class=klass,
            category=category,
            source=source,
            number=proposed.number,
            unit=proposed.unit,
            follow=form.follow.data == "yes",
            by=me(),
            at=clock.now(),
        )
    except Invalid as error:
        show_on(form, error)
        return _page(form, None, effect=effect), 422
    flash(_("已新增。"), "success")
    return redirect(url_for("limits.index"))


def _offer_units(form: LimitForm, kind: str) -> None:
    form.unit.choices = [SelectChoice(unit.value, said(unit)) for unit in UNITS]
    if kind == EXTENSIONS:
        form.unit.choices = [SelectChoice(Unit.WORKING_DAYS.value, _("次"))]


def _tried(form: LimitForm, proposed: Proposed) -> Effect | None:
    """What it would do; None, and the sentence beside its field, where no clock could run by it."""
    try:
        proposed.check()
        proposed.check_reminders(current_law().ladders, clock.now())
    except Invalid as error:
        show_on(form, error)
        return None
    return effect_of(proposed, current_law(), shown=SHOWN)


def _is_unanswered(form: LimitForm, effect: Effect) -> bool:
    """Whether open clocks would be touched and nobody said yet what becomes of them."""
    if effect.total and not form.follow.data:
        form.follow.errors = [_("请先看对在办诉求的影响，再选择它们是否一并调整。")]
        return True
    return False


def _known(row: LimitRow) -> dict[str, Any]:
    return {
        "number": row.number,
        "unit": row.unit.value,
        "active": row.active,
        "seen": str(_last(row.id)),
    }


def _last(row_id: int) -> int:
    return next((one.id for one in alterations_of(NOUN, row_id, limit=1)), 0)


def _page(form: LimitForm, row: LimitRow | None, *, effect: Effect | None = None, conflict: str = "") -> str:
    if row is not None and not row.is_special and "active" in form:
        del form.active
    if effect is None or not effect.total:
        del form.follow
    return render_template(
        "limits/row.html",
        form=form,
        title=title_of(row) if row else _("新增专门时限"),
        effect=effect,
        late=sum(move.is_late_at_once(clock.now()) for move in effect.first) if effect else 0,
        conflict=conflict,
        history=[_changed(one) for one in alterations_of(NOUN, row.id)] if row else [],
    )


# In words


def title_of(row: LimitRow) -> str:
    """特急 · 办理; 拖欠账款 · 上级转办 · 一般 · 办理."""
    parts = [
        row.category.name if row.category else "",
        said(row.source),
        said(row.limit_class),
        said(ROWS[row.kind]),
    ]
    return " · ".join(part for part in parts if part)


def words_of(row: LimitRow) -> str:
    """5 个工作日; 1 次."""
    return _amount(row.kind, row.number, row.unit)


def _amount(kind: str, number: int, unit: Unit) -> str:
    if kind == EXTENSIONS:
        return str(_("%(n)s 次", n=number))
    return f"{number} {said(unit)}"


def _changed(one: Alteration) -> Changed:
    before, after = one.before, one.after

    def amount(side: Mapping[str, Any]) -> str:
        if not side:
            return ""
        words = _amount(side["kind"], side["number"], Unit(side["unit"]))
        return words if side["active"] else _("%(words)s（停用）", words=words)

    names = [
        after["category"] or "",
        said(Source(after["source"])) if after["source"] else "",
        said(LimitClass(after["limit_class"])),
        said(ROWS[after["kind"]]),
    ]
    follow = _("一并调整") if after.get("follow") else _("不变")
    return Changed(
        at=one.at,
        who=one.by_name,
        what=" · ".join(name for name in names if name),
        changes=[(_("期限"), amount(before), amount(after)), (_("在办的诉求"), "—", follow)],
        is_new=not before,
    )
