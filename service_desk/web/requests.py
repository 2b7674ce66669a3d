"""What was asked of a ticket, as those who decide on it read it."""

from collections.abc import Collection
from typing import Any

from flask_babel import gettext as _

from service_desk.domain.access import DESK
from service_desk.domain.actions import DECIDE, Action, Party
from service_desk.domain.vocabulary import ExcludedFigure, Outcome, RequestKind
from service_desk.store.approvals import Approval
from service_desk.store.tickets import Ticket
from service_desk.web.words import said


def may_read_request(kind: RequestKind, parties: Collection[Party]) -> bool:
    """Whether somebody in these capacities reads an open request: the desk all, the lead its own."""
    parties = frozenset(parties)
    own = kind not in (RequestKind.APPEAL, RequestKind.REJECTION)
    return bool(parties & DESK) or (own and Party.LEAD in parties)


def request_facts(ticket: Ticket, action: Action) -> list[tuple[str, str]]:
    """The request that ``action`` decides, as (label, value) pairs; empty for any other action."""
    kind = next((kind for kind, decide in DECIDE.items() if decide is action), None)
    request = ticket.request(kind) if kind else None
    return _facts(request) if request else []


def _facts(request: Approval) -> list[tuple[str, str]]:
    data = request.data
    asker = request.department.name if request.department else _("专窗")
    if request.kind is RequestKind.APPEAL:
        asker = _("企业")
    facts: list[tuple[str, Any]] = [
        (_("申请人"), f"{asker} {request.asked_by_name}"),
        (_("理由"), data.get("reason_code")),
        (_("建议由谁主办"), data.get("proposed")),
        (_("延长天数"), data.get("days")),
        (_("下次答复日期"), data.get("next_reply")),
        (_("办理结果"), said(Outcome(data["outcome"])) if "outcome" in data else None),
        (_("余项完成日期"), data.get("rest_date")),
        (_("从哪项指标中剔除"), said(ExcludedFigure(data["figure"])) if "figure" in data else None),
        (_("可走的法定途径"), data.get("legal_route")),
        (_("说明"), request.text),
    ]
    return [(label, str(value)) for label, value in facts if value]
