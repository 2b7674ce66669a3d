"""Where each role starts: what waits for them, in the order of what hurts."""

from collections.abc import Iterable

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk import clock
from service_desk.domain.vocabulary import Role, Standing, State
from service_desk.store.base import db
from service_desk.store.law import current_law
from service_desk.store.queues import page, waits_for
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket
from service_desk.web.due import Dues
from service_desk.web.guards import me
from service_desk.web.words import said

bp = Blueprint("home", __name__)
MOST = 100


@bp.get("/")
def index() -> ResponseReturnValue:
    """An enterprise's own list; everybody else's to-do."""
    user = me()
    if user.has(Role.CONTACT):
        mine = page(visible_tickets(user), size=MOST)
        dues = Dues(mine.tickets, clock.now(), current_law())
        return render_template(
            "tickets/my_list.html", tickets=mine.tickets, due_of=dues.of, enterprise=user.enterprise
        )
    now = clock.now()
    waiting = visible_tickets(user).where(waits_for(user))
    rows = db.session.scalars(waiting.order_by(Ticket.due_at.is_(None), Ticket.due_at, Ticket.id).limit(MOST))
    tickets = rows.unique().all()
    dues = Dues(tickets, now, current_law())
    return render_template("home/todo.html", sections=_sections(tickets, dues), due_of=dues.of)


def _sections(tickets: Iterable[Ticket], dues: Dues) -> list[tuple[str, str, list[Ticket]]]:
    """Overdue, due today, then by whose turn it is, then what is due soon, then the rest."""
    waiting = (State.SUBMITTED, State.ACCEPTED, State.ASSIGNED, State.REPLIED, State.CLOSED, State.WITHDRAWN)
    titles: dict[str, tuple[str, str]] = {
        Standing.OVERDUE.value: (_("已超期"), "bad"),
        Standing.DUE_TODAY.value: (_("今天到期"), "warn"),
        **{state.value: (said(state), "") for state in waiting},
        Standing.DUE_SOON.value: (_("近期到期"), "warn"),
        "rest": (_("办理中"), ""),
    }
    titles[State.CLOSED.value] = (_("差评待决定"), "warn")
    titles[State.WITHDRAWN.value] = (_("撤回待核实"), "")
    found: dict[str, list[Ticket]] = {key: [] for key in titles}
    for ticket in tickets:
        due = dues.of(ticket)
        standing = due.standing if due else ""
        urgent = standing in (Standing.OVERDUE.value, Standing.DUE_TODAY.value)
        if urgent:
            found[standing].append(ticket)
        elif ticket.state in waiting:
            found[ticket.state.value].append(ticket)
        else:
            found[standing if standing == Standing.DUE_SOON.value else "rest"].append(ticket)
    return [(title, tone, found[key]) for key, (title, tone) in titles.items()]
