"""Where each role starts: what waits for them, in the order of what hurts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select, or_

from service_desk import clock
from service_desk.desk.enterprises import count_registrations
from service_desk.desk.readiness import is_to_be_set_up
from service_desk.domain.vocabulary import ClockKind, Review, Role, Standing, State
from service_desk.store.approvals import Approval
from service_desk.store.base import db
from service_desk.store.law import current_law
from service_desk.store.people import User
from service_desk.store.queues import (
    COUNTED_UP_TO,
    LONGEST_TODO,
    count_capped,
    decides,
    is_personal,
    most_urgent,
    owed_after_the_end,
    page,
    waiting_for,
    whose_turn,
)
from service_desk.store.rating_totals import rating_totals
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket
from service_desk.web.due import Dues
from service_desk.web.guards import me
from service_desk.web.queues import FROM_LIST, TODO
from service_desk.web.start import desk_readiness, start_page
from service_desk.web.tour import tour_of
from service_desk.web.words import said

bp = Blueprint("home", __name__)
SHARE_THE_WORK = {Role.HANDLER, Role.HEAD}
RATED_WITHIN = timedelta(days=90)


@bp.get("/")
def index() -> ResponseReturnValue:
    """An enterprise's own list; everybody else's to-do."""
    user = me()
    if user.has(Role.CONTACT):
        mine = page(visible_tickets(user), size=LONGEST_TODO)
        dues = Dues(mine.tickets, clock.now(), current_law(), reader=user)
        return render_template(
            "tickets/my_list.html",
            tickets=mine.tickets,
            due_of=dues.of,
            enterprise=user.enterprise,
            tour=tour_of(user),
        )
    if user.roles == {Role.ADMIN} and is_to_be_set_up(lines := desk_readiness()):
        return start_page(lines)
    now = clock.now()
    everything = waiting_for(user)
    switch = _switch(user, everything) if user.posts and user.roles <= SHARE_THE_WORK else ()
    waiting = (
        _mine(user, everything) if any(each.is_mine and each.is_chosen for each in switch) else everything
    )
    tickets = most_urgent(waiting)
    dues = Dues(tickets, now, current_law(), reader=user)
    return render_template(
        "home/todo.html",
        sections=_sections(tickets, dues, _to_decide(user, tickets), _after_the_end(user, tickets)),
        due_of=dues.of,
        from_list={FROM_LIST: TODO},
        instead_of=whose_turn(user, [ticket.id for ticket in tickets]),
        ratings=ratings_line(user, now),
        registrations=count_registrations() if user.has(Role.CLERK) else 0,
        about_nothing=_about_nothing(user),
        switch=switch,
        tour=tour_of(user),
    )


@dataclass(frozen=True)
class Choice:
    """Whose to-do is shown: one's own, or the whole department's; with how much there is."""

    label: str
    url: str
    is_mine: bool
    is_chosen: bool


def _switch(user: User, everything: Select[Ticket]) -> tuple[Choice, Choice]:
    """A handler begins with what is theirs, a head with what the department owes."""
    wanted = request.args.get("of")
    mine = wanted == "mine" or (wanted != "unit" and not user.has(Role.HEAD))

    def number(tickets: Select[Ticket]) -> str:
        found = count_capped(tickets)
        return "999+" if found >= COUNTED_UP_TO else str(found)

    return (
        Choice(
            _("我的 %(n)s", n=number(_mine(user, everything))),
            url_for("home.index", of="mine"),
            is_mine=True,
            is_chosen=mine,
        ),
        Choice(
            _("本单位 %(n)s", n=number(everything)),
            url_for("home.index", of="unit"),
            is_mine=False,
            is_chosen=not mine,
        ),
    )


def _mine(user: User, everything: Select[Ticket]) -> Select[Ticket]:
    """What is this person's own of a department's work, in their own place and in those of colleagues."""
    return everything.where(or_(*(is_personal(post, by=user) for post in user.posts)))


def _about_nothing(user: User) -> str:
    """What to expect of an empty to-do."""
    if not user.sees_tickets:
        return str(_("您的角色看不到诉求，这里不会有待办；发给您的通知在“消息”里。"))
    return str(_("新的诉求、到期提醒会出现在这里。"))


def ratings_line(user: User, now: datetime) -> str:
    """What enterprises thought of this person's department, in totals; nothing where they are too few."""
    if user.department_id is None or not user.has(Role.HANDLER, Role.HEAD):
        return ""
    totals = rating_totals(user.department_id, since=now - RATED_WITHIN)
    if totals is None:
        return ""
    return str(
        _(
            "近 90 天，企业评价本单位办结的 %(rated)s 件：已解决 %(solved)s 件，满意 %(satisfied)s 件。",
            rated=totals.rated,
            solved=totals.solved,
            satisfied=totals.satisfied,
        )
    )


def _to_decide(user: User, tickets: Iterable[Ticket]) -> frozenset[int]:
    """Those of the tickets that wait for this person's decision."""
    shown = [ticket.id for ticket in tickets]
    found = decides(user).where(Approval.ticket_id.in_(shown)) if shown else None
    return frozenset(db.session.scalars(found)) if found is not None else frozenset()


def _after_the_end(user: User, tickets: Iterable[Ticket]) -> dict[int, str]:
    """What tickets that are no longer open wait for from this person, by their ids."""
    asked_of: dict[Review | ClockKind, bool] = {
        Review.RATING: user.has(Role.SUPERVISOR),
        Review.WITHDRAWAL: user.has(Role.QUALITY),
        ClockKind.ORDER: True,
        ClockKind.REST: True,
    }
    waiting = owed_after_the_end(user, tickets)
    return {
        ticket_id: next(what.value for what in asked_of if asked_of[what] and what in kinds)
        for ticket_id, kinds in waiting.items()
        if any(asked_of[what] and what in kinds for what in asked_of)
    }


def _sections(
    tickets: Iterable[Ticket], dues: Dues, to_decide: frozenset[int], after_the_end: Mapping[int, str]
) -> list[tuple[str, str, list[Ticket]]]:
    """Overdue, due today, then by whose turn it is, then what is due soon, then the rest."""
    waiting = (State.SUBMITTED, State.ACCEPTED, State.ASSIGNED, State.REPLIED)
    titles: dict[str, tuple[str, str]] = {
        Standing.OVERDUE.value: (_("已超期"), "bad"),
        Standing.DUE_TODAY.value: (_("今天到期"), "warn"),
        "decide": (_("待审批"), "warn"),
        **{state.value: (said(state), "") for state in waiting},
        Review.RATING.value: (_("差评待决定"), "warn"),
        ClockKind.ORDER.value: (_("督办待回复"), "warn"),
        ClockKind.REST.value: (_("余项待落实"), ""),
        Review.WITHDRAWAL.value: (_("撤回待核实"), ""),
        Standing.DUE_SOON.value: (_("近期到期"), "warn"),
        "in_hand": (_("办理中"), ""),
    }
    found: dict[str, list[Ticket]] = {key: [] for key in titles}
    for ticket in tickets:
        due = dues.of(ticket)
        standing = due.standing if due else ""
        urgent = standing in (Standing.OVERDUE.value, Standing.DUE_TODAY.value)
        if ticket.id in to_decide:
            found["decide"].append(ticket)
        elif urgent:
            found[standing].append(ticket)
        elif ticket.id in after_the_end:
            found[after_the_end[ticket.id]].append(ticket)
        elif ticket.state in waiting:
            found[ticket.state.value].append(ticket)
        else:
            found[standing if standing == Standing.DUE_SOON.value else "in_hand"].append(ticket)
    return [(title, tone, found[key]) for key, (title, tone) in titles.items()]
