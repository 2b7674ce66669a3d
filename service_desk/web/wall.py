"""挂图作战: a page for a screen on the wall, read from across the room; it tells no names, phones or titles."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk import clock
from service_desk.desk import boards as desk
from service_desk.desk.facts import Rows
from service_desk.domain.states import IN_HAND
from service_desk.domain.vocabulary import State
from service_desk.store.base import begin_reading
from service_desk.store.boards import Stock, late_tickets, open_stock
from service_desk.store.law import current_law
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket
from service_desk.web.boards import PARK, PARK_CARDS, behind_park, cards
from service_desk.web.due import Dues
from service_desk.web.guards import me, roles_required
from service_desk.web.matrix import Matrix, matrix

bp = Blueprint("wall", __name__)

MOST_ROWS = 9
"""Departments that can be read from five metres; the others are added up in one row."""
MOST_LATE = 9
CHART_WIDTH, CHART_HEIGHT = 600, 100
"""Units of the drawing of the last days."""


@dataclass(frozen=True)
class Late:
    """A ticket that is due today or overdue, as everybody in the room may read it."""

    number: str
    holder: str
    standing: str
    words: str


@dataclass(frozen=True)
class Column:
    """A day of the trend in units of the drawing, from its top left corner."""

    x: int
    width: int
    accepted_height: int
    closed_height: int


@dataclass(frozen=True)
class Trend:
    """The last days: drawn, and in numbers."""

    columns: tuple[Column, ...]
    accepted: int
    closed: int
    most: int
    first: date
    last: date


@bp.get("/wall")
@roles_required(*PARK)
def index() -> ResponseReturnValue:
    """The whole page; its script asks for it again every minute."""
    begin_reading()
    user, now, law = me(), clock.now(), current_law()
    tickets, tomorrow = visible_tickets(user), desk.today_ends(now, law)
    this = desk.month_of(law.calendar.day_of(now), as_of=now, law=law)
    rows = Rows(tickets, now, law)
    months = desk.months(rows, this, desk.PARK_KEYS, back=1)
    stock = open_stock(tickets, now=now, today_ends=tomorrow)
    late = late_tickets(tickets, before=tomorrow, most=MOST_LATE)
    shown = _to_be_read(stock)
    totals = shown.totals.total
    return render_template(
        "boards/wall.html",
        as_of=now,
        today=law.calendar.day_of(now),
        cards=cards(months, PARK_CARDS, behind_park),
        matrix=shown,
        open_total=totals,
        late=_late(late, Dues(late, now, law, reader=user), now),
        more_late=max(0, totals.overdue + totals.today - len(late)),
        trend=_trend(desk.days(rows, as_of=now, law=law)),
        chart=(CHART_WIDTH, CHART_HEIGHT),
    )


def _to_be_read(stock: Sequence[Stock]) -> Matrix:
    """The departments where it hurts most; all others in one last row."""
    whole = matrix(stock)
    if len(whole.rows) <= MOST_ROWS:
        return whole
    shown = {row.name for row in whole.rows[: MOST_ROWS - 1]}
    others = _("其他 %(n)s 个单位", n=len(whole.rows) - len(shown))
    gathered = [
        line
        if (line.department or _("未派单")) in shown
        else replace(line, department=others, department_id=-1)
        for line in stock
    ]
    return matrix(gathered, last=others)


def _late(tickets: Sequence[Ticket], dues: Dues, now: datetime) -> list[Late]:
    found = []
    for ticket in tickets:
        due = dues.of(ticket)
        late = ticket.due_at is not None and ticket.due_at < now
        standing = "overdue" if late else "due_today"
        words = due.words if due else _("已超期") if late else _("今天到期")
        found.append(Late(ticket.number, _holder(ticket), standing, words))
    return found


def _holder(ticket: Ticket) -> str:
    """Whose turn it is; the enterprise without its name."""
    if ticket.state in IN_HAND and ticket.lead_department is not None:
        return ticket.lead_department.name
    return str(_("企业补正") if ticket.state is State.SUPPLEMENTING else _("专窗"))


def _trend(days: Sequence[desk.Day]) -> Trend:
    most = max(max(day.accepted, day.closed) for day in days)
    step = CHART_WIDTH // len(days)

    def height(number: int) -> int:
        return round(number * CHART_HEIGHT / most) if most else 0

    return Trend(
        columns=tuple(
            Column(place * step, step // 2 - 2, height(day.accepted), height(day.closed))
            for place, day in enumerate(days)
        ),
        accepted=sum(day.accepted for day in days),
        closed=sum(day.closed for day in days),
        most=most,
        first=days[0].day,
        last=days[-1].day,
    )
