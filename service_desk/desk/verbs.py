"""Which verb carries out which action: what pages and API call by the action's name."""

from collections.abc import Callable
from typing import Any

from service_desk.desk import closing, dispatch, handling, intake, supervision
from service_desk.domain.actions import Action

VERBS: dict[Action, Callable[..., Any]] = {
    Action.ADD_INFO: intake.add_info,
    Action.NOTE: intake.note,
    Action.ACCEPT: intake.accept,
    Action.ANSWER: intake.answer,
    Action.URGE: intake.urge,
    Action.WITHDRAW: intake.withdraw,
    Action.CHECK_WITHDRAWAL: intake.check_withdrawal,
    Action.DISPATCH: dispatch.dispatch,
    Action.SIGN: handling.sign,
    Action.HAND_OVER: handling.hand_over,
    Action.FIRST_CONTACT: handling.first_contact,
    Action.PROGRESS: handling.progress,
    Action.OPINE: handling.opine,
    Action.REPLY: handling.reply,
    Action.VERIFY: closing.verify,
    Action.SEND_BACK: closing.send_back,
    Action.RATE: closing.rate,
    Action.REWORK: closing.rework,
    Action.KEEP_CLOSED: closing.keep_closed,
    Action.SUPERVISE: supervision.supervise,
    Action.ANSWER_ORDER: supervision.answer_order,
}
