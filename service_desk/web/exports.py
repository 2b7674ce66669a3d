"""导出: what I have asked for, how far it is, and the file for me alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError
from wtforms import BooleanField, Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Length

from service_desk import clock
from service_desk.desk import exports as desk
from service_desk.domain.errors import Invalid
from service_desk.store.exports import (
    CONTACT_READERS,
    EXPORTERS,
    XLSX,
    Export,
    ExportKind,
    ExportState,
    exports_of,
    path_of_export,
)
from service_desk.store.queues import COUNTED_UP_TO, Filter, count_capped, is_row_id
from service_desk.web.forms import NEEDED
from service_desk.web.guards import me, roles_required
from service_desk.web.people import show_on
from service_desk.web.queues import Listed, read_list
from service_desk.web.words import in_the_parks_language

bp = Blueprint("exports", __name__)
PAGE = 30

PILLS = {
    ExportState.WAITING: "pending",
    ExportState.RUNNING: "pending",
    ExportState.DONE: "approved",
    ExportState.FAILED: "refused",
    ExportState.CANCELLED: "void",
    ExportState.EXPIRED: "void",
}


class ExportForm(Form):
    """Whether names and phones are wanted in full, and why."""

    kind = SelectField(
        _l("内容"),
        choices=[SelectChoice(kind.value, _l(kind.label)) for kind in ExportKind if not kind.is_report],
        default=ExportKind.LEDGER.value,
    )
    contacts = BooleanField(_l("需要完整的联系人姓名和电话"))
    reason = StringField(
        _l("原因"),
        description=_l("勾选上一项时填写，例如“逐户电话回访”。谁、何时、为什么导出会留下记录。"),
        validators=[Length(max=desk.LONGEST_REASON)],
        render_kw=NEEDED,
    )


@dataclass(frozen=True)
class Line:
    """An export as the page shows it; ``url`` leads to its file while it is there for its reader."""

    export: Export
    pill: str
    url: str
    is_barred: bool


@bp.get("/exports")
@roles_required(*EXPORTERS)
def index() -> ResponseReturnValue:
    """My exports, the latest first."""
    after = request.args.get("after", "")
    found = exports_of(me(), before=int(after) if is_row_id(after) else None, limit=PAGE + 1)
    lines = [_line(export) for export in found[:PAGE]]
    return render_template(
        "exports/index.html",
        lines=lines,
        is_unfinished=any(line.export.is_unfinished for line in lines),
        next_url=url_for("exports.index", after=found[PAGE - 1].id) if len(found) > PAGE else "",
    )


def _line(export: Export) -> Line:
    takes = desk.may_take(export, me())
    return Line(
        export=export,
        pill=PILLS[export.state],
        url=url_for("exports.file", export_id=export.id) if takes else "",
        is_barred=export.state is ExportState.DONE and not takes,
    )


@bp.get("/exports/new")
@roles_required(*EXPORTERS)
def new() -> ResponseReturnValue:
    """What will be exported, and whether contacts are wanted in full."""
    return _form_page(ExportForm())


def _form_page(form: ExportForm) -> str:
    listed = read_list(request.args)
    count = count_capped(desk.tickets_of(me(), listed.wanted, at=clock.now()))
    kept: dict[str, Any] = dict(listed.kept)
    return render_template(
        "exports/new.html",
        form=form,
        narrowed_to=_in_words(listed),
        count_label=_("999 件以上") if count >= COUNTED_UP_TO else _("%(n)s 件", n=count),
        may_read_contacts=me().has(*CONTACT_READERS),
        create_url=url_for("exports.create", **kept),
        list_url=url_for("tickets.index", **kept),
    )


def _in_words(listed: Listed) -> list[tuple[str, str]]:
    """What a list is narrowed to: labels, and the chosen values as people read them."""
    pairs = []
    for field in listed.form:
        value = listed.kept.get(field.name)
        if value is None:
            continue
        labels = {str(choice.value): str(choice.label) for choice in getattr(field, "choices", ())}
        pairs.append((str(field.label.text), labels.get(value, value)))
    return pairs


@bp.post("/exports")
@roles_required(*EXPORTERS)
def create() -> ResponseReturnValue:
    """Have the ledger of a list written; the same asked for twice is one export."""
    form = ExportForm(request.form)
    with in_the_parks_language():
        # The words are kept, and written into the workbook.
        listed = read_list(request.args)
        narrowed_to = _in_words(listed)
    if not form.validate():
        return _form_page(form), 422
    kind = ExportKind(form.kind.data)
    # Of the lists only the ledger tells of contacts.
    contacts = bool(form.contacts.data) and kind is ExportKind.LEDGER
    try:
        return asked_for(
            kind,
            listed.wanted,
            narrowed_to=narrowed_to,
            contacts=contacts,
            reason=form.reason.data or "",
        )
    except Invalid as error:
        show_on(form, error)
        return _form_page(form), 422


def asked_for(
    kind: ExportKind,
    wanted: Filter = desk.EVERYTHING,
    *,
    days: desk.Days | None = None,
    narrowed_to: Sequence[tuple[str, str]] = (),
    contacts: bool = False,
    reason: str = "",
) -> ResponseReturnValue:
    """Have a workbook written for me, and lead to where it will be. Raises ``Invalid``."""
    try:
        desk.ask_for(
            kind,
            wanted,
            days=days,
            narrowed_to=narrowed_to,
            contacts=contacts,
            reason=reason,
            by=me(),
            at=clock.now(),
        )
    except IntegrityError:
        # The same was asked for twice at once: the other one has it.
        if desk.asked_before(kind, wanted, days=days, contacts=contacts, by=me()) is None:
            raise
    flash(_("已开始生成。好了以后在这里下载，可以先离开这一页。"), "success")
    return redirect(url_for("exports.index"))


@bp.post("/exports/<int:export_id>/cancel")
@roles_required(*EXPORTERS)
def cancel(export_id: int) -> ResponseReturnValue:
    """Stop one of mine."""
    export = desk.cancel(export_id, by=me(), at=clock.now())
    if export.state is ExportState.CANCELLED:
        flash(_("已取消。"), "success")
    return redirect(url_for("exports.index"))


@bp.get("/exports/<int:export_id>/file")
@roles_required(*EXPORTERS)
def file(export_id: int) -> ResponseReturnValue:
    """The file of one of mine; nobody else finds it."""
    export = desk.mine(export_id, by=me())
    path = path_of_export(export.file_key or "")
    if not desk.may_take(export, me()) or not path.exists():
        abort(404)
    return send_file(path, mimetype=XLSX, as_attachment=True, download_name=export.name)
