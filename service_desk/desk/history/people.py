"""Who did it: the people of another system, by role and, where it is known, by name."""

from collections.abc import Sequence

from service_desk.desk.history.lines import Line
from service_desk.domain.actions import CANCEL, Action
from service_desk.domain.vocabulary import RequestKind, Role
from service_desk.store.people import Department, PastPerson
from service_desk.store.tickets import Ticket

A, R = Action, Role

OF_A_DEPARTMENT = (R.HANDLER, R.HEAD)
_BY = {
    (
        R.CONTACT,
    ): "submit add_info supplement inform withdraw urge rate correct_rating ask_appeal cancel_appeal",
    (R.QUALITY,): "verify send_back check_withdrawal",
    (R.SUPERVISOR,): (
        "supervise keep_closed decide_rejection decide_deferral decide_exclusion decide_appeal"
    ),
    (R.LEADER,): "instruct",
    (R.HEAD,): "decide_sign_off",
    (R.HANDLER,): (
        "sign hand_over first_contact progress ask_enterprise opine reply resume report_rest ask_return "
        "cancel_return ask_extension cancel_extension ask_deferral cancel_deferral ask_sign_off cancel_sign_off "
        "ask_exclusion cancel_exclusion"
    ),
    (R.HANDLER, R.CLERK): "answer_order",
    (R.CLERK, R.SUPERVISOR): "correct redispatch rework decide_return decide_extension",
}
ASKED_OF = {A(name): roles for roles, names in _BY.items() for name in names.split()}
"""Whom the law asks for, the lowest first; the clerk for all others."""
UNNAMED = frozenset(role.label for role in Role)
"""How those are signed whose names are not known."""


def candidates(ticket: Ticket, line: Line, department: Department | None) -> Sequence[PastPerson]:
    """Who did it: as the line says, or else whoever may, the first of these."""
    roles = (line.role,) if line.role is not None else ASKED_OF.get(line.action, (R.CLERK,))
    return [
        PastPerson(
            role=role,
            name=line.name or role.label,
            known_as=_known_as(ticket, line, role),
            department=department if role in OF_A_DEPARTMENT else None,
        )
        for role in roles
    ]


def _known_as(ticket: Ticket, line: Line, role: Role) -> str:
    """By which name somebody is told from others. Of two lines that need one person, one may leave it out."""
    if line.action in CANCEL.values():
        asker = _asker(ticket, line.action)
        return asker if not line.name or asker in UNNAMED else line.name
    if line.action is A.HAND_OVER and not line.name:
        lead = ticket.last_lead
        return (lead.handler_name if lead else None) or ""
    # A company's person is nobody of the desk or a department, whatever their name.
    return "" if role is R.CONTACT else line.name


def _asker(ticket: Ticket, action: Action) -> str:
    """Who asked what a line takes back; nobody of today."""
    request = ticket.request(RequestKind(action.value.removeprefix("cancel_")))
    return request.asked_by_name if request is not None and request.asked_by_id is None else ""
