"""Which verb carries out which action: what pages and API call by the action's name.

What is written is held to the limits of the table here, once for everybody who calls.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, TypeVar

from service_desk.desk import (
    cases,
    closing,
    dispatch,
    handling,
    inquiries,
    intake,
    requests,
    supervision,
)
from service_desk.domain.actions import CANCEL, FIELDS, TAG_LIMIT, TEXT_LIMIT, Action, Field, FieldKind
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say

R = TypeVar("R")

_VERBS: dict[Action, Callable[..., Any]] = {
    Action.ADD_INFO: intake.add_info,
    Action.NOTE: intake.note,
    Action.ASK_SUPPLEMENT: intake.ask_supplement,
    Action.SUPPLEMENT: intake.supplement,
    Action.ACCEPT: intake.accept,
    Action.ANSWER: intake.answer,
    Action.URGE: intake.urge,
    Action.WITHDRAW: intake.withdraw,
    Action.CHECK_WITHDRAWAL: intake.check_withdrawal,
    Action.CORRECT: cases.correct,
    Action.MERGE: cases.merge,
    Action.UNMERGE: cases.unmerge,
    Action.SPLIT: cases.split,
    Action.JOIN_INCIDENT: cases.join_incident,
    Action.LEAVE_INCIDENT: cases.leave_incident,
    Action.DISPATCH: dispatch.dispatch,
    Action.REDISPATCH: dispatch.redispatch,
    Action.ADD_SUPPORT: dispatch.add_support,
    Action.RELEASE_SUPPORT: dispatch.release_support,
    Action.SIGN: handling.sign,
    Action.HAND_OVER: handling.hand_over,
    Action.FIRST_CONTACT: handling.first_contact,
    Action.PROGRESS: handling.progress,
    Action.ASK_ENTERPRISE: handling.ask_enterprise,
    Action.INFORM: handling.inform,
    Action.OPINE: handling.opine,
    Action.REPLY: handling.reply,
    Action.RESUME: handling.resume,
    Action.VERIFY: closing.verify,
    Action.SEND_BACK: closing.send_back,
    Action.RATE: closing.rate,
    Action.CORRECT_RATING: closing.correct_rating,
    Action.REWORK: closing.rework,
    Action.KEEP_CLOSED: closing.keep_closed,
    Action.REPORT_REST: closing.report_rest,
    Action.CONFIRM_REST: closing.confirm_rest,
    Action.INQUIRE: inquiries.inquire,
    Action.ANSWER_INQUIRY: inquiries.answer_inquiry,
    Action.SUPERVISE: supervision.supervise,
    Action.INSTRUCT: supervision.instruct,
    Action.ANSWER_ORDER: supervision.answer_order,
    Action.ASK_RETURN: requests.ask_return,
    Action.ASK_EXTENSION: requests.ask_extension,
    Action.ASK_DEFERRAL: requests.ask_deferral,
    Action.ASK_REJECTION: requests.ask_rejection,
    Action.ASK_SIGN_OFF: requests.ask_sign_off,
    Action.ASK_EXCLUSION: requests.ask_exclusion,
    Action.ASK_APPEAL: requests.ask_appeal,
    Action.DECIDE_RETURN: requests.decide_return,
    Action.DECIDE_EXTENSION: requests.decide_extension,
    Action.DECIDE_DEFERRAL: requests.decide_deferral,
    Action.DECIDE_REJECTION: requests.decide_rejection,
    Action.DECIDE_SIGN_OFF: requests.decide_sign_off,
    Action.DECIDE_EXCLUSION: requests.decide_exclusion,
    Action.DECIDE_APPEAL: requests.decide_appeal,
    **{CANCEL[kind]: cancel for kind, cancel in requests.CANCELLING.items()},
}


def _within_limits(action: Action, verb: Callable[..., R]) -> Callable[..., R]:
    """The verb; ``Invalid`` with a sentence where something written is longer than the table allows."""

    @wraps(verb)
    def run(*args: Any, **given: Any) -> R:
        _check_lengths(FIELDS.get(action, ()), given)
        return verb(*args, **given)

    return run


def _check_lengths(fields: tuple[Field, ...], given: Mapping[str, Any]) -> None:
    for field in fields:
        limit = field.limit if field.kind is FieldKind.LINE else LIMITS.get(field.kind)
        value = given.get(field.name)
        written = [value] if isinstance(value, str) else value if isinstance(value, list) else ()
        if limit is not None and any(isinstance(each, str) and len(each) > limit for each in written):
            sentence = say("最多 %(limit)s 字，请精简后再提交。", limit=limit)
            raise Invalid(sentence, fields={field.name: sentence})


LIMITS = {FieldKind.TEXT: TEXT_LIMIT, FieldKind.TEXTS: TEXT_LIMIT, FieldKind.TAGS: TAG_LIMIT}
"""The most letters of what is no line."""

VERBS = {action: _within_limits(action, verb) for action, verb in _VERBS.items()}
