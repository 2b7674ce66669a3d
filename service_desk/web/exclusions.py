"""剔除清单: what was asked to be left out of a figure, why, by whom, and what was decided."""

from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import Form, SelectField
from wtforms.fields.choices import SelectChoice

from service_desk import clock
from service_desk.domain.months import month_after, months_on
from service_desk.domain.vocabulary import ApprovalState, ExcludedFigure
from service_desk.store.base import house
from service_desk.store.exclusions import (
    READERS,
    count_exclusions,
    page_of_exclusions,
    visible_exclusions,
)
from service_desk.store.queues import COUNTED_UP_TO
from service_desk.web.forms import word_choice
from service_desk.web.guards import me, roles_required

bp = Blueprint("exclusions", __name__)

MONTHS = 24
"""So many months back one may choose."""


class ExclusionFilter(Form):
    """What the list can be narrowed to."""

    figure = SelectField(_l("指标"))
    state = SelectField(_l("状态"))
    month = SelectField(_l("申请月份"))


@bp.get("/exclusions")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The exclusions I may see, what was asked last first."""
    form = _filters()
    figure, state, month = (_chosen(field) for field in (form.figure, form.state, form.month))
    exclusions = visible_exclusions(
        me(),
        figure=ExcludedFigure(figure) if figure else None,
        state=ApprovalState(state) if state else None,
        asked_in=_span(month) if month else None,
    )
    shown = page_of_exclusions(exclusions, after=request.args.get("after", ""))
    count = count_exclusions(exclusions)
    kept: dict[str, Any] = {key: request.args[key] for key in form.data if request.args.get(key)}
    return render_template(
        "exclusions/index.html",
        filters=form,
        narrowed=bool(kept),
        lines=[
            (asked, ExcludedFigure(asked.data["figure"]), PILLS[asked.state], ticket)
            for asked, ticket in shown.lines
        ],
        next_url=url_for("exclusions.index", **kept, after=shown.next_after) if shown.next_after else "",
        count_label=_("共 999+ 条") if count >= COUNTED_UP_TO else _("共 %(n)s 条", n=count),
    )


PILLS = {
    ApprovalState.OPEN: "pending",
    ApprovalState.GRANTED: "approved",
    ApprovalState.REFUSED: "refused",
    ApprovalState.CANCELLED: "void",
    ApprovalState.LAPSED: "void",
}


def _filters() -> ExclusionFilter:
    """The filter form; a value that is no choice is no condition."""
    form = ExclusionFilter()
    any_one = SelectChoice("", _("全部"))
    form.figure.choices = [any_one, *word_choice(ExcludedFigure)[0]]
    form.state.choices = [any_one, *word_choice(ApprovalState)[0]]
    form.month.choices = [any_one, *(_month(first) for first in _months())]
    form.process(request.args)
    return form


def _months() -> list[date]:
    """The first days of this month and those before it, the latest first."""
    today = clock.now().astimezone(house().timezone).date()
    return [months_on(today.replace(day=1), -number) for number in range(MONTHS)]


def _month(first: date) -> SelectChoice:
    return SelectChoice(f"{first:%Y-%m}", _("%(year)s 年 %(month)s 月", year=first.year, month=first.month))


def _span(month: str) -> tuple[datetime, datetime]:
    """The month ``2026-03`` as the park's calendar has it, half-open."""
    first, midnight, zone = date.fromisoformat(f"{month}-01"), time(), house().timezone
    return datetime.combine(first, midnight, zone), datetime.combine(month_after(first), midnight, zone)


def _chosen(field: Any) -> str:
    """What was chosen; empty where any will do."""
    return str(field.data) if field.data in {choice.value for choice in field.choices} else ""
