"""Forms made from the table of actions, and the choices they offer."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import or_, select
from werkzeug.datastructures import FileStorage
from wtforms import (
    DateField,
    DateTimeLocalField,
    Field,
    FieldList,
    HiddenField,
    IntegerField,
    MultipleFileField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice, SelectFieldBase
from wtforms.validators import Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from service_desk.desk.cases import MOST_PARTS
from service_desk.desk.dispatch import departments_to_choose
from service_desk.desk.routing import proposal_for, proposed_urgency
from service_desk.domain import actions
from service_desk.domain.actions import LINE_LIMIT, TAG_LIMIT, TEXT_LIMIT, FieldKind
from service_desk.domain.errors import Invalid
from service_desk.domain.routing import Proposal
from service_desk.domain.sentences import Sentence
from service_desk.domain.states import OPEN
from service_desk.domain.vocabulary import Nature, Outcome, Role, Urgency, Word
from service_desk.domain.workflow import Step
from service_desk.store.base import db, house
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus
from service_desk.store.incidents import Incident
from service_desk.store.lists import ReasonCode, ReasonKind
from service_desk.store.people import Department, User, people_of_department
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket
from service_desk.web.words import said

MOST_CHOICES = 50
PARTS_SHOWN = 3
NEEDED = {"data-needed": ""}
"""Of a field that not everybody is asked for: whoever is has to answer. Without scripts everybody sees it."""
TAG_BREAKS = re.compile(r"[\s,，、;；]+")


def tidy(text: str | None) -> str | None:
    """Without blanks around it and with one kind of line end."""
    return text.replace("\r\n", "\n").strip() if text else text


LIMIT_WORDS = _l("已写 {n} 字，最多 {limit} 字；放不下的可以作为附件上传。")


class FilledIn:
    """The field may not be empty or blank; says so in plain words: one fills in a line and chooses a choice."""

    field_flags = {"required": True}  # noqa: RUF012 - WTForms reads this mapping from the class

    def __call__(self, _form: FlaskForm, field: Field) -> None:
        """Raise where nothing was given."""
        data = field.data
        if data in (None, []) or (isinstance(data, str) and not data.strip()):
            field.errors = []
            if isinstance(field, SelectFieldBase):
                raise ValidationError(_("请选择“%(label)s”。", label=field.label.text))
            raise ValidationError(_("请填写“%(label)s”。", label=field.label.text))


def line(
    label: str, *, required: bool = True, limit: int = LINE_LIMIT, also: Sequence[Any] = (), **more: Any
) -> StringField:
    """One line of text; ``also`` are further validators."""
    return StringField(label, filters=[tidy], validators=[*_validators(required, limit), *also], **more)


def text(label: str, *, required: bool = True, limit: int = TEXT_LIMIT, **more: Any) -> TextAreaField:
    """Several lines of text."""
    validators = _validators(required, limit)
    # A browser would cut off what is pasted beyond the limit, without a word.
    validators[-1].field_flags = {}
    told = {"data-limit": limit, "data-limit-words": LIMIT_WORDS} | more.pop("render_kw", {})
    return TextAreaField(label, filters=[tidy], validators=validators, render_kw=told, **more)


def _validators(required: bool, limit: int) -> list[Any]:  # noqa: FBT001 - private
    length = Length(max=limit, message=_l("最多 %(limit)s 字，请精简后再提交。", limit=limit))
    return [FilledIn(), length] if required else [Optional(), length]


def chosen_id(value: Any) -> int | None:
    """The id of a row that was chosen from a list, to coerce by; ``None`` where nothing was."""
    return int(value) if value not in (None, "", "None") else None


def entity_choice(rows: Sequence[Any]) -> tuple[list[SelectChoice], Callable[[Any], int | None]]:
    """Choices by id, and a coerce that takes an id or a name: pages send ids, scripts may send names."""
    ids = {row.name: row.id for row in rows}
    for row in rows:
        ids.update(dict.fromkeys(getattr(row, "aliases", []), row.id))

    def coerce(value: Any) -> int | None:
        return ids.get(str(value)) or chosen_id(value)

    return [SelectChoice(row.id, row.name) for row in rows], coerce


def word_choice(words: type[Word]) -> tuple[list[SelectChoice], Callable[[Any], Word | None]]:
    """Choices of a closed set; takes the value or the label."""

    def coerce(value: Any) -> Word | None:
        if value in (None, "", "None"):
            return None
        try:
            return words(value)
        except ValueError:
            return words.labelled(str(value))

    return [SelectChoice(word.value, said(word)) for word in words], coerce


class Catalogue:
    """What the choices of a page are made of, each list read once."""

    def __init__(self, ticket: Ticket, user: User, place: User | None = None) -> None:
        self.ticket = ticket
        self.user = user
        self.place = place or user
        """In whose place the user acts on the form: their own, or that of a colleague they stand in for."""

    @cached_property
    def categories(self) -> Sequence[Category]:
        """The categories in use and the ticket's own, in their order."""
        offered = select(Category).where(or_(Category.active, Category.id == self.ticket.category_id))
        return db.session.scalars(offered.order_by(Category.position, Category.id)).all()

    @cached_property
    def areas(self) -> Sequence[Area]:
        """The areas in use."""
        return db.session.scalars(select(Area).where(Area.active).order_by(Area.id)).all()

    @cached_property
    def departments(self) -> Sequence[Department]:
        """The departments that may be given this ticket."""
        return departments_to_choose(self.ticket)

    @cached_property
    def all_departments(self) -> Sequence[Department]:
        """All departments in use: any may be complained of."""
        return db.session.scalars(select(Department).where(Department.active).order_by(Department.id)).all()

    @cached_property
    def proposal(self) -> Proposal | None:
        """Who should lead, and why."""
        return proposal_for(self.ticket)

    @cached_property
    def supports(self) -> Sequence[Department]:
        """The departments that support this ticket."""
        return [part.department for part in self.ticket.supports]

    @cached_property
    def parents(self) -> Sequence[Ticket]:
        """The open tickets of the same enterprise that this one may be merged into, newest first."""
        open_ones = visible_tickets(self.user).where(
            Ticket.enterprise_id == self.ticket.enterprise_id,
            Ticket.id != self.ticket.id,
            Ticket.state.in_(OPEN),
        )
        return db.session.scalars(open_ones.order_by(Ticket.id.desc()).limit(MOST_CHOICES)).unique().all()

    @cached_property
    def incidents(self) -> Sequence[Incident]:
        """The incidents that are not over, newest first."""
        known = select(Incident).where(Incident.closed_at.is_(None))
        return db.session.scalars(known.order_by(Incident.id.desc()).limit(MOST_CHOICES)).all()

    def reasons(self, action: actions.Action) -> Sequence[str]:
        """The reasons somebody may give who asks for this, in their order."""
        kind = next(kind for kind, ask in actions.ASK.items() if ask is action)
        rows = select(ReasonCode.label).where(ReasonCode.kind == ReasonKind(kind.value), ReasonCode.active)
        return db.session.scalars(rows.order_by(ReasonCode.position, ReasonCode.id)).all()

    @cached_property
    def danger(self) -> Sentence | None:
        """Why 特急 is proposed; None where no word of danger was written."""
        return proposed_urgency(self.ticket)

    @cached_property
    def colleagues(self) -> Sequence[User]:
        """The people of the department acted for who may handle it, the user first."""
        if self.place.department_id is None:
            return []
        people = db.session.scalars(people_of_department(self.place.department_id, Role.HANDLER, Role.HEAD))
        return sorted(people.unique(), key=lambda person: person.id != self.user.id)


class ActionForm(FlaskForm):
    """Root of the forms made by ``form_class``."""

    version = HiddenField()

    def verb_arguments(self, catalogue: Catalogue) -> dict[str, Any]:
        """What was given, as the verb wants it: entities, words, aware instants; empty ones left out."""
        given: dict[str, Any] = {}
        for spec in self.specs:
            if spec.kind is FieldKind.FILES:
                continue
            value = _meaning(spec, self[spec.name].data, catalogue)
            cleared = spec.kind is FieldKind.TAGS and value == []
            if value not in (None, "", []) or spec.required or cleared:
                given[spec.name] = value
        return given

    asked_when: Mapping[str, tuple[str, str]] = MappingProxyType({})
    """Fields that are only shown after certain answers, with the field that is answered and its values."""

    @property
    def specs(self) -> tuple[actions.Field, ...]:
        """The fields of the table this form was made from."""
        return getattr(self, "fields_of_action", ())

    def uploads(self, name: str = "files") -> list[tuple[str, Any]]:
        """The chosen files as (name, stream)."""
        if name not in self:
            return []
        return [
            (f.filename, f.stream) for f in self[name].data or [] if isinstance(f, FileStorage) and f.filename
        ]


def form_for(step: Step, catalogue: Catalogue, *, bound: bool = False) -> ActionForm:
    """The form of a step; ``bound`` fills it with what the request brings."""
    members: dict[str, Any] = {
        spec.name: _field(spec, step.action, catalogue)
        for spec in step.fields
        if step.action is not actions.Action.SUBMIT
    }
    members["fields_of_action"] = step.fields
    made: type[ActionForm] = type("ActionForm", (ActionForm,), members)
    form = made() if bound else made(formdata=None, data=_defaults(step, catalogue))
    form.version.data = str(catalogue.ticket.version)
    form.asked_when = _asked_when(form, catalogue)
    for name in form.asked_when:
        form[name].render_kw = (form[name].render_kw or {}) | NEEDED
    if step.action is actions.Action.ACCEPT and catalogue.danger is not None:
        form.urgency.description = said(catalogue.danger)
    return form


def _asked_when(form: ActionForm, catalogue: Catalogue) -> dict[str, tuple[str, str]]:
    """Of the form's fields those that only make sense after certain answers: to which field, and the values."""
    found = {}
    if "against" in form:
        found["against"] = ("nature", Nature.COMPLAINT.value)
    if "payer" in form:
        arrears = (str(row.id) for row in catalogue.categories if row.is_arrears)
        found["payer"] = ("category", " ".join(arrears))
    if "rest_date" in form:
        found["rest_date"] = ("outcome", Outcome.PARTLY.value)
    return found


def _defaults(step: Step, catalogue: Catalogue) -> dict[str, Any]:
    """What the form proposes: the ticket as it stands, the person who acts, the matter list's departments."""
    ticket, user = catalogue.ticket, catalogue.user
    known: dict[str, Any] = {
        "category": ticket.category_id,
        "nature": ticket.nature.value,
        "urgency": ticket.urgency.value,
        "handler": user.id if user.department_id == catalogue.place.department_id else catalogue.place.id,
        "how": _("电话"),
        "reached": "true",
        "public": "false",
        "against": ticket.against_id,
        "payer": ticket.payer.value if ticket.payer else None,
        "complex": "true" if ticket.is_complex else "false",
        "tags": " ".join(ticket.tags),
        "parts": [ticket.text],
    }
    if step.action is actions.Action.CORRECT:
        # Not the contact: whoever wants to read that says why.
        known |= {"title": ticket.title, "area": ticket.area_id, "enterprise": ticket.enterprise.name}
    if step.action is actions.Action.ACCEPT and catalogue.danger is not None:
        known["urgency"] = Urgency.CRITICAL.value
    if step.action is actions.Action.DISPATCH and catalogue.proposal is not None:
        ids = {row.name: row.id for row in catalogue.departments}
        known["lead"] = ids.get(catalogue.proposal.lead or "")
        known["supports"] = [ids[name] for name in catalogue.proposal.supports if name in ids]
    return {spec.name: known[spec.name] for spec in step.fields if spec.name in known}


def _field(spec: actions.Field, action: actions.Action, catalogue: Catalogue) -> Any:
    needed = [FilledIn()] if spec.required else [Optional()]
    hint: dict[str, Any] = {"description": said(spec.hint)}
    match spec.kind:
        case FieldKind.LINE | FieldKind.TAGS | FieldKind.ENTERPRISE:
            return line(said(spec.label), required=spec.required, limit=spec.limit, **hint)
        case FieldKind.TEXT:
            return text(said(spec.label), required=spec.required, render_kw={"rows": 4}, **hint)
        case FieldKind.CHOICE:
            words, coerce_word = word_choice(spec.choices or Word)
            tiles = {"data-tiles": ""} if spec.name in ("solved", "level") else {}
            return _radio(said(spec.label), words, coerce_word, needed, tiles, **hint)
        case FieldKind.YES_NO:
            yes_no = [SelectChoice("true", _("是")), SelectChoice("false", _("否"))]
            return _radio(said(spec.label), yes_no, str, needed, {}, **hint)
        case FieldKind.CATEGORY:
            return _select(spec, catalogue.categories)
        case FieldKind.AREA:
            return _select(spec, catalogue.areas)
        case FieldKind.DEPARTMENT:
            return _select(spec, catalogue.departments)
        case FieldKind.ANY_DEPARTMENT:
            return _select(spec, catalogue.all_departments)
        case FieldKind.COLLEAGUE:
            return _select(spec, catalogue.colleagues)
        case FieldKind.DEPARTMENTS:
            choices, coerce = entity_choice(catalogue.departments)
            return SelectMultipleField(
                said(spec.label),
                choices=choices,
                coerce=coerce,
                validators=[Optional()],
                widget=ListWidget(prefix_label=False),
                option_widget=CheckboxInput(),
                **hint,
            )
        case FieldKind.SUPPORT:
            return _select(spec, catalogue.supports)
        case FieldKind.TICKET:
            return _rows(
                spec, [(row.id, f"{row.number} {row.title}", row.number) for row in catalogue.parents]
            )
        case FieldKind.INCIDENT:
            return _rows(
                spec, [(row.id, f"{row.number} {row.title}", row.number) for row in catalogue.incidents]
            )
        case FieldKind.ORDER:
            orders = catalogue.ticket.running_orders
            return _rows(
                spec,
                [
                    (each.number, _("%(label)s：%(value)s", label=each.number, value=each.demand[:30]), "")
                    for each in orders
                ],
            )
        case FieldKind.REASON:
            reasons = [SelectChoice(label, said(label)) for label in catalogue.reasons(action)]
            return _radio(said(spec.label), reasons, str, needed, {}, **hint)
        case FieldKind.TEXTS:
            part = text(_("这一部分"), required=False, render_kw={"rows": 3})
            return FieldList(part, said(spec.label), min_entries=PARTS_SHOWN, max_entries=MOST_PARTS, **hint)
        case FieldKind.DATE:
            return DateField(said(spec.label), validators=needed, **hint)
        case FieldKind.MOMENT:
            return DateTimeLocalField(
                said(spec.label), format=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], validators=needed, **hint
            )
        case FieldKind.NUMBER:
            return IntegerField(said(spec.label), validators=needed, **hint)
        case _:
            return MultipleFileField(said(spec.label), **hint)


def _radio(
    label: str, choices: Any, coerce: Any, validators: Any, render_kw: dict[str, str], **more: Any
) -> Any:
    return RadioField(
        label,
        choices=choices,
        coerce=coerce,
        validators=validators,
        validate_choice=True,
        render_kw=render_kw,
        **more,
    )


def _select(spec: actions.Field, rows: Sequence[Any]) -> Any:
    choices, coerce = entity_choice(rows)
    blank = [SelectChoice("", _("请选择"))]
    return SelectField(
        said(spec.label),
        choices=[*blank, *choices],
        coerce=coerce,
        validators=[FilledIn()] if spec.required else [Optional()],
        description=said(spec.hint),
    )


def _rows(spec: actions.Field, rows: Sequence[tuple[int, str, str]]) -> Any:
    """A choice among numbered rows, given as (id, words, number): pages send ids, scripts may send numbers."""
    ids = {number: row_id for row_id, _words, number in rows if number}

    def coerce(value: Any) -> int | None:
        if value in (None, "", "None"):
            return None
        return ids[str(value)] if str(value) in ids else int(value)

    return SelectField(
        said(spec.label),
        choices=[SelectChoice("", _("请选择")), *(SelectChoice(row_id, words) for row_id, words, _n in rows)],
        coerce=coerce,
        validators=[FilledIn()] if spec.required else [Optional()],
        description=said(spec.hint),
    )


def _meaning(spec: actions.Field, data: Any, catalogue: Catalogue) -> Any:
    if data is None or (data == "" and spec.kind is not FieldKind.TAGS):
        return data
    match spec.kind:
        case FieldKind.YES_NO:
            return str(data).lower() in ("true", "1", "yes", "是")
        case FieldKind.CATEGORY:
            return next(row for row in catalogue.categories if row.id == data)
        case FieldKind.AREA:
            return next(row for row in catalogue.areas if row.id == data)
        case FieldKind.DEPARTMENT:
            return next(row for row in catalogue.departments if row.id == data)
        case FieldKind.ANY_DEPARTMENT:
            return next(row for row in catalogue.all_departments if row.id == data)
        case FieldKind.DEPARTMENTS:
            return [row for row in catalogue.departments if row.id in data]
        case FieldKind.COLLEAGUE:
            return next(row for row in catalogue.colleagues if row.id == data)
        case FieldKind.SUPPORT:
            return next(row for row in catalogue.supports if row.id == data)
        case FieldKind.TICKET:
            return next(row for row in catalogue.parents if row.id == data)
        case FieldKind.INCIDENT:
            return next(row for row in catalogue.incidents if row.id == data)
        case FieldKind.ENTERPRISE:
            return _enterprise(spec, data)
        case FieldKind.TAGS:
            return [tag[:TAG_LIMIT] for tag in TAG_BREAKS.split(data) if tag]
        case FieldKind.TEXTS:
            return [each for each in data if each]
        case FieldKind.MOMENT:
            return park_instant(data)
        case _:
            return data


def _enterprise(spec: actions.Field, given: str) -> Enterprise:
    """The approved enterprise of this credit code or full name."""
    found = db.session.scalar(
        select(Enterprise).where(
            or_(Enterprise.code == given.upper(), Enterprise.name == given),
            Enterprise.status == EnterpriseStatus.APPROVED,
        )
    )
    if found is None:
        sentence = _("没有找到这家企业，请填写信用代码或企业全称。")
        raise Invalid(sentence, fields={spec.name: sentence})
    return found


def park_instant(wall: datetime) -> datetime:
    """The instant that a wall clock in the park means. Raises ``Invalid`` where there is none."""
    try:
        return wall.replace(tzinfo=house().timezone).astimezone(UTC)
    except OverflowError:
        raise Invalid(_("时间超出了范围，请核对年份。")) from None
