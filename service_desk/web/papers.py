"""Papers to print: receipt, assignment sheet, return, supervision order, closing sheet; each for whom it concerns."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import segno
from flask import Blueprint, abort, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from service_desk import clock
from service_desk.desk.acting import readable_events
from service_desk.domain.access import DESK
from service_desk.domain.actions import Action, Party
from service_desk.domain.masking import mask_name, mask_phone
from service_desk.domain.vocabulary import (
    AssignmentRole,
    AssignmentState,
    ClockKind,
    OrderLevel,
    RequestKind,
    Role,
    State,
)
from service_desk.settings import current_settings
from service_desk.store.approvals import Approval
from service_desk.store.clocks import Clock
from service_desk.store.law import current_law
from service_desk.store.parts import Assignment, Event, Order
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from service_desk.web import track
from service_desk.web.due import guess_of, in_brackets
from service_desk.web.filters import on_paper
from service_desk.web.guards import me, visible_or_404
from service_desk.web.timeline import entries
from service_desk.web.words import said

bp = Blueprint("papers", __name__)

GIVES_A_PART = (Action.DISPATCH, Action.REDISPATCH, Action.ADD_SUPPORT, Action.REWORK)
READS_RATINGS = DESK | {Party.CONTACT}
ISSUES = (Action.SUPERVISE, Action.INSTRUCT)


# Who may have which


def papers_of(ticket: Ticket, user: User) -> list[tuple[str, str]]:
    """The papers of a ticket that somebody who sees it may print: what each is called, and its address."""
    found = [
        (_("受理回执"), "receipt", _has_receipt(ticket, user)),
        (_("交办单"), "assignment", bool(_parts_for(ticket, user))),
        (_("退单"), "returned", bool(_returns_for(ticket, user))),
        (_("办结单"), "closing", _has_closing(ticket, user)),
    ]
    papers = [(label, url_for(f"papers.{name}", ticket_id=ticket.id)) for label, name, has in found if has]
    orders = [
        (
            _("督办单第 %(n)s 号", n=each.number),
            url_for("papers.order", ticket_id=ticket.id, number=each.number),
        )
        for each in ticket.orders
        if may_print_order(user, each.department_id)
    ]
    return papers + orders


def may_print_order(user: User, department_id: int | None) -> bool:
    """Whether somebody who sees the ticket may have the sheet of an order sent to this department."""
    return user.has(Role.CLERK, Role.QUALITY, Role.SUPERVISOR) or _works_at(user, department_id)


def _has_receipt(ticket: Ticket, user: User) -> bool:
    return bool(ticket.parties_of(user) & READS_RATINGS)


def _parts_for(ticket: Ticket, user: User) -> list[Assignment]:
    """The parts that are still a department's; of one that was given its part again, the last."""
    desk = ticket.parties_of(user) & DESK
    parts = [
        part
        for part in ticket.assignments
        if part.state is not AssignmentState.RELEASED and (desk or _works_at(user, part.department_id))
    ]
    return list({(part.role, part.department_id): part for part in parts}.values())


def _returns_for(ticket: Ticket, user: User) -> list[Approval]:
    desk = ticket.parties_of(user) & DESK
    return [
        each
        for each in ticket.approvals
        if each.kind is RequestKind.RETURN and (desk or _works_at(user, each.department_id))
    ]


def _has_closing(ticket: Ticket, user: User) -> bool:
    readers = READS_RATINGS | {Party.LEAD}
    return ticket.state is State.CLOSED and bool(ticket.parties_of(user) & readers)


def _works_at(user: User, department_id: int | None) -> bool:
    return any(post.department_id == department_id for post in user.posts)


# The papers


@bp.get("/tickets/<int:ticket_id>/papers/receipt")
def receipt(ticket_id: int) -> ResponseReturnValue:
    """受理回执: for the enterprise and the desk, from filing on; its code leads to where the matter stands."""
    ticket = visible_or_404(ticket_id)
    if not _has_receipt(ticket, me()):
        abort(404)
    taken_in = (e for e in readable_events(ticket, me()) if e.action in (Action.ACCEPT, Action.ANSWER))
    return _page(
        "receipt",
        ticket,
        title=_("受理回执"),
        accepted_at=next((event.at for event in taken_in), None),
        promise=_until(ticket.clocks, ClockKind.PROMISE),
        qr=qr_of(track.address_of(ticket.number)),
        code=track.code_of(ticket.number),
    )


@dataclass(frozen=True)
class Part:
    """One department's part as its sheet shows it; ``dues`` are pairs of a label and a date."""

    assignment: Assignment
    text: str
    dues: Sequence[tuple[str, str]]


@bp.get("/tickets/<int:ticket_id>/papers/assignment")
def assignment(ticket_id: int) -> ResponseReturnValue:
    """交办单: one sheet for each department that has a part; a department gets its own."""
    ticket = visible_or_404(ticket_id)
    mine = _parts_for(ticket, me())
    if not mine:
        abort(404)
    events = readable_events(ticket, me())
    return _page(
        "assignment", ticket, title=_("交办单"), parts=[_part(ticket, part, events) for part in mine]
    )


def _part(ticket: Ticket, part: Assignment, events: Sequence[Event]) -> Part:
    kinds: tuple[ClockKind, ...] = (ClockKind.SIGN, ClockKind.OPINION)
    if part.role is AssignmentRole.LEAD:
        kinds = (ClockKind.SIGN, ClockKind.FIRST_CONTACT, ClockKind.SETTLE)
    own = [
        each
        for each in ticket.clocks
        if each.department_id == part.department_id and each.started_at >= part.assigned_at
    ]
    name = part.department.name
    given = (
        event
        for event in events
        if event.action in GIVES_A_PART
        and event.at == part.assigned_at
        and event.data.get("department", name) == name
    )
    return Part(
        assignment=part,
        text=next((event.text for event in given), ""),
        dues=[(_("%(kind)s时限", kind=said(kind)), _until(own, kind)) for kind in kinds],
    )


@bp.get("/tickets/<int:ticket_id>/papers/return")
def returned(ticket_id: int) -> ResponseReturnValue:
    """退单: what a department asked to be relieved of, and the decision; a sheet for each time it was asked."""
    ticket = visible_or_404(ticket_id)
    asked = _returns_for(ticket, me())
    if not asked:
        abort(404)
    return _page("return", ticket, title=_("退单"), asked=asked)


@bp.get("/tickets/<int:ticket_id>/papers/order-<int:number>")
def order(ticket_id: int, number: int) -> ResponseReturnValue:
    """督办单: for the desk, and the department it was sent to."""
    ticket = visible_or_404(ticket_id)
    found: Order | None = next((each for each in ticket.orders if each.number == number), None)
    if found is None or not may_print_order(me(), found.department_id):
        abort(404)
    clocks = [each for each in ticket.clocks if each.id == found.clock_id]
    issued = (e for e in ticket.events if e.action in ISSUES and e.data.get("number") == number)
    return _page(
        "order",
        ticket,
        title=_("督办单"),
        order=found,
        level=said(OrderLevel(str(found.level))),
        issued_by=next((said(event.actor_to(enterprise=False)) for event in issued), ""),
        department=next((each.department for each in clocks), None),
        due=_until(clocks, ClockKind.ORDER),
    )


@bp.get("/tickets/<int:ticket_id>/papers/closing")
def closing(ticket_id: int) -> ResponseReturnValue:
    """办结单: for the desk, the enterprise and the lead; each reads on it what it reads on the ticket's page."""
    ticket = visible_or_404(ticket_id)
    if not _has_closing(ticket, me()):
        abort(404)
    parties = ticket.parties_of(me())
    # A rating that reopened nothing is not told to the lead.
    reads_rating = bool(parties & READS_RATINGS)
    as_enterprise = Party.CONTACT in parties
    lead = ticket.last_lead
    closed = ticket.last_closing
    return _page(
        "closing",
        ticket,
        title=_("办结单"),
        lead=lead,
        handler=lead.handled_by if lead and lead.handled_by and not as_enterprise else "",
        reply=next((each for each in reversed(ticket.replies) if each.verified_at), None),
        closed_at=closed.at if closed else None,
        promise=_kept(ticket, ClockKind.PROMISE),
        settle="" if as_enterprise else _kept(ticket, ClockKind.SETTLE),
        reads_rating=reads_rating,
        rating=ticket.last_rating if reads_rating else None,
        lines=entries(ticket, me())[::-1],
        as_enterprise=as_enterprise,
    )


def _page(kind: str, ticket: Ticket, **facts: Any) -> str:
    """A paper, with what stands on all of them; only the enterprise itself reads its contact in full."""
    own = Party.CONTACT in ticket.parties_of(me())
    return render_template(
        f"papers/{kind}.html",
        ticket=ticket,
        contact_name=ticket.contact_name if own else mask_name(ticket.contact_name),
        contact_phone=ticket.contact_phone if own else mask_phone(ticket.contact_phone),
        today=clock.now().astimezone(current_settings().timezone).date(),
        **facts,
    )


def _until(clocks: Iterable[Clock], kind: ClockKind) -> str:
    """When the latest clock of a kind is due; empty where there is none."""
    found = [each for each in clocks if each.kind is kind]
    if not found:
        return ""
    law = current_law()
    due = found[-1].due_by(law.calendar)
    if due is None:
        return str(_("暂停计时中"))
    note = in_brackets(guess_of(due, law)) if found[-1].is_live else ""
    return str(_("%(at)s 前", at=on_paper(due))) + note


def _kept(ticket: Ticket, kind: ClockKind) -> str:
    """When the latest clock of a kind was due, and whether it was met."""
    found = [each for each in ticket.clocks if each.kind is kind]
    if not found or found[-1].due_at is None:
        return ""
    return str(_("%(at)s（%(how)s）", at=on_paper(found[-1].due_at), how=said(found[-1].state)))


def qr_of(address: str) -> Markup:
    """A QR code of an address, as an SVG that needs no style; it scales with the box it stands in."""
    drawn = segno.make(address, error="m", boost_error=False, micro=False).svg_inline(
        border=4, omitsize=True, svgclass="paper-code", lineclass=None, title=_("二维码")
    )
    return Markup(drawn)  # noqa: S704 - drawn by segno from squares; nothing of the address stands in it as text
