"""What a line of a history brings: the fields of each event, which may be left out, and how they are read."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from service_desk.domain import credit_code
from service_desk.domain.actions import FIELDS, NAME_LIMIT, TEXT_LIMIT, URGENCY, Action, Field, FieldKind
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import ExcludedFigure, OrderLevel, Word

A, K = Action, FieldKind

CATEGORY_LIMIT, ENTERPRISE_LIMIT = 30, 100
LARGEST = 1_000_000
"""No count of days is larger."""


@dataclass(frozen=True)
class GivenEnterprise:
    """An enterprise as a line names it."""

    code: str
    name: str


def _optional(field: Field) -> Field:
    return replace(field, required=False)


def _fields(action: Action, *others: Field, without: tuple[str, ...] = ()) -> tuple[Field, ...]:
    """The fields of the desk's own action; ``others`` are read otherwise here, or come besides."""
    out = {*without, *(field.name for field in others)}
    kept = (field for field in FIELDS[action] if field.kind is not K.FILES and field.name not in out)
    return (*kept, *others)


ENTERPRISE = Field("enterprise", K.ENTERPRISE, "企业")
DEPARTMENT = Field("department", K.DEPARTMENT, "承办单位")
COMPLEX = Field("complex", K.YES_NO, "按复杂事项办理", required=False)
NOT_ON_FILE = (
    "contact_name",
    "contact_phone",
    "against",
    "received_at",
    "above_office",
    "above_number",
    "above_due",
    "above_reply",
)
"""What a filing has here and no line brings."""

EVENTS: dict[Action, tuple[Field, ...]] = {
    A.SUBMIT: _fields(
        A.SUBMIT,
        ENTERPRISE,
        _optional(URGENCY),
        Field("area", K.AREA, "所在片区", required=False),
        without=NOT_ON_FILE,
    ),
    A.ADD_INFO: _fields(A.ADD_INFO),
    A.NOTE: _fields(A.NOTE),
    A.CORRECT: _fields(
        A.CORRECT,
        Field("contact", K.LINE, "联系人", required=False, limit=NAME_LIMIT),
        without=("enterprise", "contact_name", "contact_phone", "against", "payer", "complex", "tags"),
    ),
    A.ASK_SUPPLEMENT: _fields(A.ASK_SUPPLEMENT),
    A.SUPPLEMENT: _fields(A.SUPPLEMENT),
    A.ACCEPT: (*(_optional(field) for field in _fields(A.ACCEPT, without=("against", "payer"))), COMPLEX),
    A.ANSWER: _fields(A.ANSWER),
    A.MERGE: _fields(A.MERGE),
    A.UNMERGE: _fields(A.UNMERGE),
    A.JOIN_INCIDENT: (Field("incident", K.INCIDENT, "共性问题"),),
    A.LEAVE_INCIDENT: (),
    A.DISPATCH: _fields(A.DISPATCH),
    A.REDISPATCH: _fields(A.REDISPATCH),
    A.ADD_SUPPORT: _fields(A.ADD_SUPPORT),
    A.RELEASE_SUPPORT: _fields(A.RELEASE_SUPPORT, DEPARTMENT),
    A.SIGN: (_optional(DEPARTMENT),),
    A.HAND_OVER: _fields(A.HAND_OVER),
    A.FIRST_CONTACT: tuple(_optional(field) for field in _fields(A.FIRST_CONTACT, without=("contacted_at",))),
    A.PROGRESS: _fields(A.PROGRESS, _optional(DEPARTMENT)),
    A.ASK_ENTERPRISE: _fields(A.ASK_ENTERPRISE),
    A.INFORM: _fields(A.INFORM),
    A.OPINE: _fields(A.OPINE, DEPARTMENT),
    A.REPLY: _fields(A.REPLY),
    A.RESUME: _fields(A.RESUME),
    A.VERIFY: (),
    A.SEND_BACK: _fields(A.SEND_BACK),
    A.RATE: _fields(A.RATE),
    A.CORRECT_RATING: _fields(A.CORRECT_RATING),
    A.EXPIRE_RATING: (),
    A.REWORK: _fields(A.REWORK),
    A.KEEP_CLOSED: _fields(A.KEEP_CLOSED),
    A.REPORT_REST: _fields(A.REPORT_REST),
    A.WITHDRAW: _fields(A.WITHDRAW),
    A.CHECK_WITHDRAWAL: _fields(A.CHECK_WITHDRAWAL),
    A.URGE: _fields(A.URGE),
    A.SUPERVISE: _fields(A.SUPERVISE),
    A.INSTRUCT: _fields(A.INSTRUCT),
    A.ANSWER_ORDER: _fields(A.ANSWER_ORDER, without=("order",)),
    A.ASK_RETURN: _fields(A.ASK_RETURN, Field("proposed", K.DEPARTMENT, "建议由谁主办")),
    **{
        action: _fields(action)
        for action in A
        if action.value.startswith(("ask_", "decide_", "cancel_"))
        and action not in (A.ASK_SUPPLEMENT, A.ASK_ENTERPRISE, A.ASK_RETURN)
    },
}
"""Every event that is imported, and what its line brings."""


def read_field(field: Field, given: object) -> Any:  # noqa: ANN401 - what a field of this kind holds
    """The value of a field; None where it was left out. Raises ``Invalid`` with the sentence."""
    if given is None or given == "" or (isinstance(given, str) and not given.strip()):
        if field.required:
            raise Invalid(say("缺少 %(name)s（%(label)s）", name=field.name, label=say(field.label)))
        return None
    return READERS[field.kind](field, given)


def _wrong(field: Field, given: object, wanted: str) -> Invalid:
    return Invalid(
        say(
            "%(name)s（%(label)s）应是%(wanted)s，不能是 %(given)s",
            name=field.name,
            label=say(field.label),
            wanted=say(wanted),
            given=str(given)[:40],
        )
    )


def line_of(field: Field, given: object, *, limit: int | None = None) -> str:
    """A text within its limit; names and lines lose the blanks around them."""
    if not isinstance(given, str):
        raise _wrong(field, given, "文字")
    text = given if field.kind is K.TEXT else given.strip()
    most = limit or field.limit
    if len(text) > most:
        raise Invalid(
            say(
                "%(name)s（%(label)s）最多 %(most)s 字，现为 %(length)s 字",
                name=field.name,
                label=say(field.label),
                most=most,
                length=len(text),
            )
        )
    return text


def _choice(field: Field, given: object) -> Word:
    words = field.choices or Word
    by_value = words in (ExcludedFigure, OrderLevel)
    wanted = str(given) if isinstance(given, int) and words is OrderLevel else given
    for word in words:
        if wanted == word.label or (by_value and wanted == word.value):
            return word
    raise Invalid(
        say(
            "%(name)s（%(label)s）不能是“%(given)s”；可用：%(words)s",
            name=field.name,
            label=say(field.label),
            given=str(given)[:40],
            words=tuple(word.value if by_value else word for word in words),
        )
    )


def _yes_no(field: Field, given: object) -> bool:
    if not isinstance(given, bool):
        raise _wrong(field, given, " true 或 false")
    return given


def _date(field: Field, given: object) -> date:
    if isinstance(given, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", given):
        try:
            return date.fromisoformat(given)
        except ValueError:
            pass
    raise _wrong(field, given, "日期（如 2026-03-02）")


def _number(field: Field, given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or abs(given) > LARGEST:
        raise _wrong(field, given, "整数")
    return given


def _names(field: Field, given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(name, str) and name.strip() for name in given):
        raise _wrong(field, given, "单位名称的列表")
    return [line_of(field, name, limit=NAME_LIMIT) for name in given]


def _enterprise(field: Field, given: object) -> GivenEnterprise:
    if not isinstance(given, Mapping):
        raise _wrong(field, given, " {code, name}")
    parts = (
        Field("enterprise.code", K.LINE, "统一社会信用代码"),
        Field("enterprise.name", K.LINE, "企业名称"),
    )
    code, name = (read_field(part, given.get(part.name.partition(".")[2])) for part in parts)
    code = credit_code.normalise(code)
    try:
        credit_code.check(code)
    except Invalid as refusal:
        raise Invalid(say("%(sentence)s：%(code)s", sentence=refusal.sentence, code=code)) from None
    return GivenEnterprise(code, name)


def _up_to(limit: int) -> Callable[[Field, object], str]:
    return lambda field, given: line_of(field, given, limit=limit)


READERS: dict[FieldKind, Callable[[Field, object], Any]] = {
    K.LINE: line_of,
    K.TEXT: _up_to(TEXT_LIMIT),
    K.CHOICE: _choice,
    K.YES_NO: _yes_no,
    K.DATE: _date,
    K.NUMBER: _number,
    K.CATEGORY: _up_to(CATEGORY_LIMIT),
    K.AREA: _up_to(NAME_LIMIT),
    K.DEPARTMENT: _up_to(NAME_LIMIT),
    K.DEPARTMENTS: _names,
    K.COLLEAGUE: _up_to(NAME_LIMIT),
    K.ENTERPRISE: _enterprise,
    K.TICKET: _up_to(NAME_LIMIT),
    K.INCIDENT: _up_to(NAME_LIMIT),
    K.REASON: _up_to(NAME_LIMIT),
}
