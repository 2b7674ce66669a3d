"""Filing a request: a short form for phones, one autosaved draft, files kept when something was wrong."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from wtforms import (
    DateField,
    DateTimeLocalField,
    HiddenField,
    MultipleFileField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from service_desk import clock
from service_desk.desk import intake
from service_desk.desk.enterprises import named_for_filing, named_like
from service_desk.desk.files import ACCEPTED, MAX_BYTES, store_files
from service_desk.domain import deadlines
from service_desk.domain.errors import DeskError, Invalid
from service_desk.domain.limits import Profile
from service_desk.domain.vocabulary import ClockKind, LimitClass, Nature, Payer, Role, Source
from service_desk.store.base import db, house
from service_desk.store.catalogue import Category
from service_desk.store.drafts import Draft
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus
from service_desk.store.law import Law, current_law
from service_desk.store.people import Department
from service_desk.store.queues import is_row_id
from service_desk.store.tickets import Ticket
from service_desk.web.due import guess_of, in_brackets
from service_desk.web.enterprises import PHONE
from service_desk.web.filters import stamp
from service_desk.web.forms import FilledIn, entity_choice, line, park_instant, text, word_choice
from service_desk.web.guards import me, roles_required, visible_or_404
from service_desk.web.people import show_on
from service_desk.web.track import code_of
from service_desk.web.words import said

bp = Blueprint("filing", __name__)

DRAFT_FIELDS = (
    "category",
    "title",
    "text",
    "contact_name",
    "contact_phone",
    "area",
    "nature",
    "payer",
    "against",
    "enterprise",
    "source",
    "received_at",
    "above_office",
    "above_number",
    "above_due",
    "above_reply",
    "submission_key",
)
TYPED = ("category", "title", "text")
"""What makes a draft worth saying that it was restored; the rest is filled in beforehand."""
DRAFT_LIMIT = 20_000
LONGEST_NAME, FEWEST_CHARACTERS = 100, 2
FROM_ABOVE = ("above_office", "above_number", "above_due", "above_reply")
"""What a paper from above says of itself."""


class FilingForm(FlaskForm):
    """The eight fields of a request, and those shown only when called for."""

    category = RadioField(_l("诉求类别"), validators=[FilledIn()])
    title = line(_l("标题"), description=_l("一句话说清要办什么事"))
    text = text(_l("说明"), render_kw={"rows": 6, "placeholder": _l("何时开始、影响多大、希望怎样解决")})
    files = MultipleFileField(
        _l("照片或文件"),
        description=_l("最多 9 个，每个不超过 20 MB。可上传%(kinds)s。", kinds=_l(ACCEPTED)),
        render_kw={"accept": "image/*,.pdf,.doc,.docx,.xls,.xlsx,.ppt,.pptx"},
    )
    contact_name = line(_l("联系人"), limit=60, render_kw={"autocomplete": "name"})
    contact_phone = line(
        _l("联系电话"), limit=30, also=[PHONE], render_kw={"autocomplete": "tel", "inputmode": "tel"}
    )
    area = SelectField(_l("所在片区"), validators=[FilledIn()])
    nature = RadioField(_l("诉求性质"), validators=[Optional()])
    payer = RadioField(_l("付款方"), validators=[Optional()], description=_l("拖欠方是哪一类单位"))
    against = SelectField(
        _l("被投诉单位"), validators=[Optional()], description=_l("该单位的人员看不到这件投诉")
    )
    submission_key = HiddenField()


class OnBehalfForm(FilingForm):
    """The same, filed by the desk or an officer for an enterprise."""

    enterprise = line(
        _l("企业"),
        description=_l("名称或信用代码，写几个字就有提示"),
        render_kw={"list": "enterprises-like", "autocomplete": "off"},
    )
    area = SelectField(_l("所在片区"), description=_l("不选就按企业所在的片区"))
    source = RadioField(_l("来源渠道"), validators=[Optional()])
    received_at = DateTimeLocalField(
        _l("实际收到时间"),
        format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        validators=[Optional()],
        description=_l("留空为现在"),
    )
    above_office = line(_l("来文单位"), required=False)
    above_number = line(_l("来文号"), required=False)
    above_due = DateField(
        _l("要求时限"), validators=[Optional()], description=_l("与本级时限相比，以较早的为准")
    )
    above_reply = DateField(_l("回复上级日期"), validators=[Optional()])
    meant: Enterprise | None = None
    """Whom the words mean, once they have been validated."""

    def validate_enterprise(self, field: StringField) -> None:
        """Raises ``ValidationError`` with the names of those that may be meant."""
        if not field.data:
            return
        try:
            self.meant = named_for_filing(field.data, me())
        except Invalid as error:
            raise ValidationError(said(error.sentence)) from error

    def validate_area(self, field: SelectField) -> None:
        """Where nothing is said, the enterprise's own."""
        if not field.data and self.meant is not None:
            field.data = self.meant.area_id
        if not field.data:
            raise ValidationError(_("请选择片区：名录里没有这家企业的片区。"))


@dataclass(frozen=True)
class Begun:
    """What the form is opened with: the draft's fields, and the filing before it."""

    draft: Mapping[str, str]
    last: intake.LastFiled | None

    @property
    def is_typed(self) -> bool:
        """Whether anything in it was written by the person."""
        return any(self.draft.get(name) for name in TYPED)


class Choices:
    """The lists the filing form chooses from, each read once."""

    @cached_property
    def categories(self) -> Sequence[Category]:
        """The categories in use, in their order."""
        in_use = select(Category).where(Category.active)
        return db.session.scalars(in_use.order_by(Category.position, Category.id)).all()

    @cached_property
    def areas(self) -> Sequence[Area]:
        """The areas in use."""
        return db.session.scalars(select(Area).where(Area.active).order_by(Area.id)).all()

    @cached_property
    def departments(self) -> Sequence[Department]:
        """The departments in use."""
        return db.session.scalars(select(Department).where(Department.active).order_by(Department.id)).all()

    def row(self, rows: Sequence[Any], number: int | None) -> Any:
        """The row of an id, or None."""
        return next((row for row in rows if row.id == number), None)


@bp.route("/tickets/new", methods=["GET", "POST"], endpoint="new")
@roles_required(Role.CONTACT, Role.CLERK, Role.OFFICER)
def new_ticket() -> ResponseReturnValue:
    """The form, with the draft in it; sent twice it files once."""
    enterprise = me().enterprise
    if (
        request.method == "GET"
        and enterprise is not None
        and enterprise.status is not EnterpriseStatus.APPROVED
    ):
        # The start page says where the registration stands.
        return redirect(url_for("home.index"))
    choices = Choices()
    if request.method == "GET":
        begun = _begun()
        return _page(_form(choices, begun), choices, begun)
    form = _form(choices)
    try:
        uploads = _uploads(form)
        files = store_files(uploads, already=len(intake.pending_files(me()))) if uploads else []
    except Invalid as error:
        form.validate()
        form.files.errors = [*form.files.errors, said(error.sentence)]
        return _page(form, choices), 422
    if not form.validate():
        intake.keep_pending(files, by=me(), at=clock.now())
        return _page(form, choices), 422
    try:
        ticket = intake.submit(
            by=me(), at=clock.now(), files=files, pending=_shown_files(), **_arguments(form, choices)
        )
    except IntegrityError:
        # The same form arrived twice at once: the other one has filed it.
        made = intake.filed_before(form.submission_key.data, me())
        if made is None:
            raise
        ticket = made
    except DeskError as error:
        show_on(form, error if isinstance(error, Invalid) else Invalid(error.sentence))
        intake.keep_pending(files, by=me(), at=clock.now())
        return _page(form, choices), error.status
    if (ticket.title, ticket.text) != (form.title.data, form.text.data):
        # Its answer was lost on the way, and the words were changed since.
        intake.keep_pending(files, by=me(), at=clock.now())
        return _filed_with_other_words(form, choices, ticket), 409
    return _led_to(url_for("filing.filed", ticket_id=ticket.id))


def _filed_with_other_words(form: FilingForm, choices: Choices, ticket: Ticket) -> str:
    """What was sent before stays as it arrived; sent once more, these words are a request of their own."""
    form.form_errors.append(
        _(
            "先前那份已经提交成功，编号 %(number)s；现在的内容与它不同。如果是另一件事，请再点一次“提交诉求”；"
            "如果是修改，请到那件诉求里“补充说明”。",
            number=ticket.number,
        )
    )
    form.submission_key.data = secrets.token_urlsafe(16)
    return _page(form, choices)


def _led_to(url: str) -> ResponseReturnValue:
    """Where to go on: as a redirect, or in words for a script that asks for them."""
    return {"url": url} if _asked_by_script() else redirect(url)


def _asked_by_script() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _form(choices: Choices, begun: Begun | None = None) -> FilingForm:
    user = me()
    form = FilingForm(formdata=None) if user.has(Role.CONTACT) else OnBehalfForm(formdata=None)
    form.category.choices, form.category.coerce = entity_choice(choices.categories)
    _offer(form.area, choices.areas)
    # A form that complains of nobody is filed without reading the departments; a page shows them all.
    _offer(form.against, choices.departments if request.form.get("against") else [])
    form.nature.choices, form.nature.coerce = word_choice(Nature)
    form.payer.choices, form.payer.coerce = word_choice(Payer)
    if isinstance(form, OnBehalfForm):
        form.source.choices, form.source.coerce = word_choice(Source)
    given = request.form | request.files if begun is None else None
    form.process(given, data=_proposed(begun) | (_as_typed(form, begun.draft) if begun else {}))
    return form


def _offer(field: SelectField, rows: Sequence[Any]) -> None:
    options, field.coerce = entity_choice(rows)
    field.choices = [SelectChoice("", _("请选择")), *options]


def _begun() -> Begun:
    """A save of the draft that came after its filing does not bring it back."""
    last, draft = intake.last_filed(me()), db.session.get(Draft, me().id)
    fields = draft.fields if draft is not None else {}
    if last is not None and last.submission_key and last.submission_key == fields.get("submission_key"):
        fields = {}
    return Begun(fields, last)


def _proposed(begun: Begun | None) -> dict[str, Any]:
    """What is known of the person, the enterprise and what they filed last."""
    user, last = me(), begun.last if begun else None
    enterprise = user.enterprise
    known: dict[str, Any] = {
        "nature": Nature.HELP.value,
        "source": Source.ENTERPRISE.value if user.has(Role.CONTACT) else Source.VISIT.value,
        "submission_key": secrets.token_urlsafe(16),
    }
    if enterprise is None:
        return known
    phones = (user.phone, enterprise.contact_phone, last.contact_phone if last else "")
    return known | {
        "contact_name": user.name,
        "contact_phone": next(filter(None, phones), ""),
        "area": enterprise.area_id or (last.area_id if last else None),
    }


def _as_typed(form: FilingForm, kept: Mapping[str, str]) -> dict[str, Any]:
    """A draft as the form takes it: dates are dates, and what is no date yet is left out."""
    typed: dict[str, Any] = {}
    for name, value in kept.items():
        if not value or name not in form:
            continue
        kind = {DateField: date, DateTimeLocalField: datetime}.get(type(form[name]))
        try:
            typed[name] = kind.fromisoformat(value) if kind else value
        except ValueError:
            continue
    return typed


def _uploads(form: FilingForm) -> list[tuple[str, Any]]:
    return [(file.filename, file.stream) for file in form.files.data or [] if getattr(file, "filename", "")]


def _arguments(form: FilingForm, choices: Choices) -> dict[str, Any]:
    given: dict[str, Any] = {
        "enterprise": me().enterprise,
        "category": choices.row(choices.categories, form.category.data),
        "title": form.title.data,
        "text": form.text.data,
        "contact_name": form.contact_name.data,
        "contact_phone": form.contact_phone.data,
        "area": choices.row(choices.areas, form.area.data),
        "nature": form.nature.data or Nature.HELP,
        "payer": form.payer.data or None,
        "against": choices.row(choices.departments, form.against.data),
        "submission_key": form.submission_key.data or None,
    }
    if isinstance(form, OnBehalfForm):
        given["enterprise"] = form.meant
        given["source"] = form.source.data or Source.VISIT
        if form.received_at.data:
            given["received_at"] = park_instant(form.received_at.data)
        given |= {name: form[name].data or None for name in FROM_ABOVE}
    return given


def _page(form: FilingForm, choices: Choices, begun: Begun | None = None) -> str:
    _offer(form.against, choices.departments)
    law = current_law()
    return render_template(
        "tickets/new.html",
        form=form,
        categories=choices.categories,
        danger_words=[{"word": each.word, "exceptions": each.exceptions} for each in law.danger_words],
        promise_line=_promise_line(law),
        pending=intake.pending_files(me()),
        is_restored=begun is not None and begun.is_typed,
        last_key=begun.last.submission_key if begun and begun.last else None,
        most_bytes=MAX_BYTES,
        from_above=" ".join(source.value for source in Source if source.is_from_above),
    )


@bp.get("/tickets/new/enterprises")
@roles_required(Role.CLERK, Role.OFFICER)
def enterprises() -> ResponseReturnValue:
    """Up to ten names of enterprises I may file for that have these characters; none for fewer than two."""
    words = request.args.get("q", "").strip()[:LONGEST_NAME]
    found = named_like(words, me()) if len(words) >= FEWEST_CHARACTERS else ()
    return {"names": [each.name for each in found]}


def _promise_line(law: Law) -> str:
    """By when an answer is promised if this were filed now: as an ordinary request, and as a complaint."""
    now = clock.now()

    def promised(klass: LimitClass) -> datetime | None:
        return deadlines.due(
            deadlines.Running(now, law.limits.of(ClockKind.PROMISE, Profile(klass))), law.calendar
        )

    soon, later = promised(LimitClass.NORMAL), promised(LimitClass.COMPLAINT)

    words: str = _(
        "提交后 %(days)s 个工作日内受理，预计 %(moment)s 前答复（投诉 %(later)s 前）",
        days=law.limits.of(ClockKind.ACCEPT, Profile(LimitClass.NORMAL)).number,
        moment=stamp(soon),
        later=stamp(later),
    )
    return words + in_brackets(guess_of(soon, law) or guess_of(later, law))


@bp.get("/tickets/<int:ticket_id>/filed")
def filed(ticket_id: int) -> ResponseReturnValue:
    """The number and the promise, right after filing."""
    ticket = visible_or_404(ticket_id)
    promise = next(clock for clock in ticket.clocks if clock.kind is ClockKind.PROMISE)
    note = in_brackets(guess_of(promise.due_at, current_law()))
    return render_template(
        "tickets/filed.html",
        ticket=ticket,
        track_code=code_of(ticket.number),
        promise_line=_("预计 %(moment)s 前答复", moment=stamp(promise.due_at)) + note,
    )


@bp.post("/tickets/draft")
@roles_required(Role.CONTACT, Role.CLERK, Role.OFFICER)
def autosave() -> ResponseReturnValue:
    """Keep the draft; answered with the time it was kept."""
    now = clock.now()
    fields = {name: request.form.get(name, "")[:DRAFT_LIMIT] for name in DRAFT_FIELDS}
    intake.save_draft(fields, by=me(), at=now)
    return {"saved_at": f"{now.astimezone(house().timezone):%H:%M}"}


@bp.post("/tickets/draft/discard")
@roles_required(Role.CONTACT, Role.CLERK, Role.OFFICER)
def discard() -> ResponseReturnValue:
    """Begin with an empty form."""
    intake.discard_draft(by=me(), pending=_shown_files())
    return redirect(url_for("filing.new"))


@bp.post("/tickets/draft/files")
@roles_required(Role.CONTACT, Role.CLERK, Role.OFFICER)
def upload() -> ResponseReturnValue:
    """Keep files for the form that is being filled in; answered with where they can be taken back."""
    try:
        given: list[tuple[str, Any]] = [
            (file.filename or "", file.stream) for file in request.files.getlist("file")
        ]
        files = store_files(given, already=len(intake.pending_files(me())))
        rows = intake.keep_pending(files, by=me(), at=clock.now())
    except Invalid as error:
        return {"problem": said(error.sentence)}, error.status
    return {
        "files": [
            {"id": row.id, "remove": url_for("filing.remove_file", attachment_id=row.id)} for row in rows
        ]
    }


def _shown_files() -> set[int]:
    """The ids of the uploads that the form shows; another one open beside it has its own."""
    return {int(each) for each in request.form.getlist("pending") if is_row_id(each)}


@bp.post("/tickets/draft/files/<int:attachment_id>/remove")
@roles_required(Role.CONTACT, Role.CLERK, Role.OFFICER)
def remove_file(attachment_id: int) -> ResponseReturnValue:
    """Take back an upload that was not sent yet."""
    intake.drop_pending(attachment_id, by=me())
    return _led_to(url_for("filing.new"))
