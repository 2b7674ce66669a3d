"""Forms and words of the lists an administrator keeps, made from the description of a list (``desk/lists.py``)."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import or_, select
from wtforms import (
    BooleanField,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    SelectMultipleField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from service_desk.desk.lists import KEPT, RENEWED, Field, Kind, Noun, Row
from service_desk.domain.errors import Invalid
from service_desk.store.base import db
from service_desk.store.lists import Alteration
from service_desk.store.queues import is_row_id
from service_desk.web.enterprises import EMAIL, PHONE, USERNAME
from service_desk.web.forms import FilledIn, entity_choice, line, text, tidy
from service_desk.web.words import said

LAST_POSITION = 9999
BETWEEN_TERMS = re.compile(r"[、，,；;\n]+")
PATTERNS = {"phone": PHONE, "email": EMAIL, "username": USERNAME}
LONGEST_SHOWN = 80


class Tick(CheckboxInput):
    """One of several: browsers would take “required” to mean each of them."""

    validation_attrs = ("disabled",)


class ListForm(FlaskForm):
    """Root of the forms for a row that another administrator may change meanwhile."""

    seen = HiddenField()

    @property
    def seen_id(self) -> int:
        """The last alteration whoever filled it in knew of, 0 for none."""
        return int(self.seen.data) if is_row_id(self.seen.data or "") else 0


def form_for(noun: Noun, row: Row, *, seen: int, bound: bool = False) -> ListForm:
    """The form of a row, None for a new one; ``bound`` fills it with what the request brings."""
    members = {
        field.name: _secret(field, row)
        if field.kind is Kind.SECRET
        else _control(field, _choices(field, row))
        for field in noun.fields_of(row)
    }
    made: type[ListForm] = type("ListForm", (ListForm,), members)
    if bound:
        return made()
    known = {
        field.name: _typed(field, getattr(row, field.name))
        for field in noun.fields_of(row)
        if row and field.kind is not Kind.SECRET
    }
    return made(formdata=None, data=known | {"seen": str(seen)})


def values_of(form: ListForm, noun: Noun, row: Row) -> dict[str, Any]:
    """What was given, as the verbs want it: rows, words, lists; nothing typed is None.

    A secret that is not given anew stays as it is, and is left out.
    """
    return {
        field.name: _meaning(field, form[field.name].data, _choices(field, row))
        for field in noun.fields_of(row)
        if form[field.name].data or row is None or field.kind is not Kind.SECRET
    }


def _choices(field: Field, row: Row) -> Sequence[Any]:
    """The rows a field offers: those in use, and those chosen before."""
    if field.of is None or field.kind is Kind.NAMED:
        return ()
    rows = db.session.scalars(select(field.of).order_by(field.of.id)).unique().all()
    held = getattr(row, field.name) if row is not None else None
    return [
        one for one in rows if getattr(one, "active", True) or one is held or one.name in _names(field, held)
    ]


def _names(field: Field, held: Any) -> Sequence[str]:
    return held or () if field.kind is Kind.NAMES else ()


def _secret(field: Field, row: Row) -> PasswordField:
    """A control that never shows what is kept: filled in, it replaces that."""
    is_set = row is not None and bool(getattr(row, field.name))
    hints = [said(field.hint), _("已设置，不显示；要更换就填新的，留空则不变") if is_set else ""]
    limit = Length(max=field.limit, message=_("最多 %(limit)s 字，请核对。", limit=field.limit))
    return PasswordField(
        said(field.label),
        filters=[tidy],
        validators=[FilledIn() if field.required and not is_set else Optional(), limit],
        description=_("；").join(filter(None, hints)),
        render_kw={"autocomplete": "new-password", "placeholder": "••••••••" if is_set else ""},
    )


def _control(field: Field, rows: Sequence[Any]) -> Any:
    needed = [FilledIn()] if field.required else [Optional()]
    label, hint = said(field.label), {"description": said(field.hint)}
    match field.kind:
        case Kind.LINE | Kind.TERMS | Kind.NAMED:
            also = [PATTERNS[field.name]] if field.name in PATTERNS else []
            return line(label, required=field.required, limit=field.limit, also=also, **hint)
        case Kind.TEXT:
            return text(label, required=field.required, limit=field.limit, render_kw={"rows": 8}, **hint)
        case Kind.NUMBER:
            within = NumberRange(0, LAST_POSITION, _("请填 0 到 %(most)s 之间的整数。", most=LAST_POSITION))
            return IntegerField(label, validators=[InputRequired(), within], default=field.default, **hint)
        case Kind.YES_NO:
            return BooleanField(label, **hint)
        case Kind.WORD:
            words = [SelectChoice(word.value, said(word)) for word in field.words]
            return SelectField(label, choices=[_blank(field), *words], validators=needed, **hint)
        case Kind.WORDS:
            return _ticks(label, [(word.value, said(word)) for word in field.words], needed, hint)
        case Kind.NAMES:
            return _ticks(label, [(row.name, row.name) for row in rows], needed, hint)
        case Kind.ROW:
            choices, coerce = entity_choice(rows)
            return SelectField(
                label, choices=[_blank(field), *choices], coerce=coerce, validators=needed, **hint
            )


def _blank(field: Field) -> SelectChoice:
    return SelectChoice("", _("请选择") if field.required else _("不选"))


def _ticks(
    label: str, choices: Sequence[tuple[str, str]], needed: Sequence[Any], hint: dict[str, str]
) -> Any:
    return SelectMultipleField(
        label,
        choices=[SelectChoice(*choice) for choice in choices],
        validators=needed,
        widget=ListWidget(prefix_label=False),
        option_widget=Tick(),
        **hint,
    )


def _typed(field: Field, value: Any) -> Any:
    """What a row holds, as its control shows it."""
    match field.kind:
        case Kind.TERMS:
            return _("、").join(value or ())
        case Kind.WORD:
            return value.value if value is not None else ""
        case Kind.WORDS:
            return [word.value for word in value]
        case Kind.ROW:
            return value.id if value is not None else None
        case Kind.NAMED:
            return value.name if value is not None else ""
        case _:
            return value


def _meaning(field: Field, data: Any, rows: Sequence[Any]) -> Any:
    match field.kind:
        case Kind.TERMS:
            terms = (term.strip() for term in BETWEEN_TERMS.split(data or ""))
            return list(dict.fromkeys(term for term in terms if term))
        case Kind.WORD:
            return next((word for word in field.words if word.value == data), None)
        case Kind.WORDS:
            return {word for word in field.words if word.value in data}
        case Kind.NAMES:
            return [row.name for row in rows if row.name in data]
        case Kind.ROW:
            return next((row for row in rows if row.id == data), None)
        case Kind.NAMED:
            return _row_named(field, data) if data else None
        case Kind.YES_NO | Kind.NUMBER:
            return data
        case _:
            return data or None


def _row_named(field: Field, name: str) -> Any:
    found = db.session.scalars(select(field.of).where(field.of.name == name)).unique().first()
    if found is None:
        sentence = _("没有“%(name)s”，请填写全称。", name=name)
        raise Invalid(sentence, fields={field.name: sentence})
    return found


# Tables and history


def shown(field: Field, value: Any) -> str:
    """What a snapshot holds of a field, in words."""
    if value in (None, "", []):
        return "—"
    if field.hidden:
        return {KEPT: "••••", RENEWED: str(_("已更换"))}[value]
    match field.kind:
        case Kind.YES_NO:
            return str(_("是") if value else _("否"))
        case Kind.WORD:
            return said(next((word for word in field.words if word.value == value), value))
        case Kind.WORDS:
            return str(_("、")).join(said(word) for word in field.words if word.value in value)
        case Kind.TERMS | Kind.NAMES:
            return str(_("、")).join(value)
        case _:
            return str(value)


@dataclass(frozen=True)
class Changed:
    """One line of the history: who did it when, to which row, and from what to what."""

    at: datetime
    who: str
    what: str
    changes: Sequence[tuple[str, str, str]]
    is_new: bool


def history(noun: Noun, alterations: Sequence[Alteration]) -> list[Changed]:
    """What was changed, in words."""
    names = _names_now(noun, {one.row_id for one in alterations if noun.title not in one.before | one.after})
    return [
        Changed(
            at=one.at,
            who=one.by_name,
            what=str((one.before | one.after).get(noun.title) or names.get(one.row_id, "")),
            changes=_changes(noun, one.before, one.after),
            is_new=not one.before,
        )
        for one in alterations
    ]


def _names_now(noun: Noun, row_ids: Collection[int]) -> dict[int, str]:
    """What rows are called whose change does not say it."""
    if not row_ids:
        return {}
    called = select(noun.entity.id, getattr(noun.entity, noun.title)).where(noun.entity.id.in_(row_ids))
    return dict(db.session.execute(called).all())


def _changes(noun: Noun, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Labels, what was said before and what is said now; fields that are told together are one change."""
    one = noun.together
    told = one.names if one else ()
    changes = [
        (said(field.label), _cut(shown(field, before.get(field.name))), _cut(shown(field, now)))
        for field, now in _altered(noun, before, after)
        if field.name not in told
    ]
    if one and any(before.get(name) != after.get(name) for name in told):
        changes.append((said(one.label), said(one.words(before)) if before else "—", said(one.words(after))))
    return changes


def _altered(noun: Noun, before: Mapping[str, Any], after: Mapping[str, Any]) -> list[tuple[Field, Any]]:
    """The fields that say something else than before; of a new row, those that say anything."""
    return [
        (field, after[field.name])
        for field in noun.recorded
        if field.name in after
        and after[field.name] != before.get(field.name)
        and (before or after[field.name])
    ]


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST_SHOWN else words[:LONGEST_SHOWN] + "…"


def found(noun: Noun, wanted: str) -> Any:
    """The rows of a list whose names hold what is wanted, those in use first."""
    rows = select(noun.entity).order_by(noun.entity.active.desc(), *noun.order)
    if wanted:
        columns = (getattr(noun.entity, name) for name in noun.search)
        rows = rows.where(or_(*(column.icontains(wanted, autoescape=True) for column in columns)))
    return rows
