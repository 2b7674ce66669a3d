"""督办: the board of supervision orders, each with what is asked, by when, and what was answered."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import Form, SelectField
from wtforms.fields.choices import SelectChoice

from service_desk import clock
from service_desk.domain.states import IN_HAND
from service_desk.domain.vocabulary import OrderLevel, Role
from service_desk.store.base import db
from service_desk.store.law import current_law
from service_desk.store.orders import (
    READERS,
    Answered,
    OrderLine,
    count_orders,
    page_of_orders,
    visible_orders,
)
from service_desk.store.people import Department
from service_desk.store.queues import COUNTED_UP_TO
from service_desk.web.due import Due, due_of_clock
from service_desk.web.forms import entity_choice, word_choice
from service_desk.web.guards import me, roles_required
from service_desk.web.papers import may_print_order
from service_desk.web.words import said

bp = Blueprint("orders", __name__)


class OrderFilter(Form):
    """What the board can be narrowed to."""

    answered = SelectField(_l("回复"))
    level = SelectField(_l("级别"))
    department = SelectField(_l("单位"))


@dataclass(frozen=True)
class Line:
    """An order as the board shows it; ``sheet`` is the address of its paper, where the reader may print it."""

    order: Any
    ticket: Any
    level: str
    department: str
    due: Due
    passed: bool
    sheet: str


@bp.get("/orders")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The orders I may see: those that wait for an answer, what is due first; or all, the latest first."""
    form, answered = _filters()
    orders = visible_orders(
        me(),
        answered=answered,
        level=_number(form.level),
        department_id=_number(form.department) if "department" in form else None,
    )
    shown = page_of_orders(orders, after=request.args.get("after", ""), by_due=answered is Answered.OPEN)
    count = count_orders(orders)
    kept: dict[str, Any] = {key: request.args[key] for key in form.data if request.args.get(key)}
    now, law = clock.now(), current_law()
    today = law.calendar.day_of(now)
    return render_template(
        "orders/index.html",
        filters=form,
        narrowed=bool(kept),
        # Others find it in their bar.
        links_to_exclusions=me().has(Role.CLERK, Role.SUPERVISOR),
        open_ones=answered is Answered.OPEN,
        lines=[_line(each, due_of_clock(each.clock, now, law), today) for each in shown.lines],
        next_url=url_for("orders.index", **kept, after=shown.next_after) if shown.next_after else "",
        count_label=_("共 999+ 张") if count >= COUNTED_UP_TO else _("共 %(n)s 张", n=count),
    )


def _filters() -> tuple[OrderFilter, Answered]:
    """The filter form, and which orders it asks for; a value that is no choice is no condition."""
    form = OrderFilter()
    form.answered.choices = [SelectChoice(each.value, said(each)) for each in Answered]
    any_one = SelectChoice("", _("全部"))
    form.level.choices = [any_one, *word_choice(OrderLevel)[0]]
    if me().has(Role.CLERK, Role.SUPERVISOR, Role.LEADER):
        rows = db.session.scalars(select(Department).order_by(Department.id)).all()
        form.department.choices = [any_one, *entity_choice(rows)[0]]
    else:
        # A department reads its own alone.
        del form.department
    form.process(request.args)
    known = {each.value for each in Answered}
    answered = Answered(form.answered.data) if form.answered.data in known else Answered.OPEN
    form.answered.data = answered.value
    return form, answered


def _number(field: Any) -> int | None:
    """The number that was chosen; None where any will do."""
    chosen = {str(choice.value) for choice in field.choices}
    return int(field.data) if field.data and str(field.data) in chosen else None


def _line(each: OrderLine, due: Due, today: date) -> Line:
    department = each.clock.department
    promised = each.order.new_date
    prints = may_print_order(me(), each.order.department_id)
    return Line(
        order=each.order,
        ticket=each.ticket,
        level=said(OrderLevel(str(each.order.level))),
        department=department.name if department else _("专窗"),
        due=due,
        # What was promised is only broken while the department still has the ticket in hand.
        passed=promised is not None and promised < today and each.ticket.state in IN_HAND,
        sheet=url_for("papers.order", ticket_id=each.ticket.id, number=each.order.number) if prints else "",
    )
