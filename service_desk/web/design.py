"""The parts that pages are made of, each in every state: for whoever changes how the desk looks."""

import re
from functools import cache
from pathlib import Path

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk import clock
from service_desk.domain.vocabulary import AssignmentState, Role, State, Urgency
from service_desk.store.preferences import Column, Density, Preferences
from service_desk.web import samples
from service_desk.web.guards import roles_required

bp = Blueprint("design", __name__)
TOKENS = Path(__file__).parent / "static" / "css" / "tokens.css"


@bp.get("/admin/design")
@roles_required(Role.ADMIN)
def index() -> ResponseReturnValue:
    """Every component in every state, with words of the desk."""
    now = clock.now()
    dues = samples.dues(now)
    return render_template(
        "design/index.html",
        colours=_colours(),
        states=list(State),
        parts=list(AssignmentState),
        urgencies=list(Urgency),
        dues=dues,
        due_of=lambda _ticket: dues[3],
        forms=[samples.filled_form(), samples.refused_form()],
        templates=samples.templates(),
        entries=samples.entries(now),
        answer=samples.answer(),
        ticket=samples.ticket(now),
        summary=samples.summary(),
        saved=samples.saved(),
        prefers=Preferences(),
        all_columns=Column,
        densities=Density,
        tour=samples.tour(),
        similar=samples.similar(),
        cards=samples.cards(),
        matrix=samples.stock(),
        trend=samples.bars(("2026-09", "2026-10", "2026-11"), ((40, 38), (52, 41), (47, 49))),
        by_category=samples.bars((_("要素保障"), _("融资服务")), ((23,), (11,))),
    )


@cache
def _colours() -> list[str]:
    """The names of the colours, as the one file of tokens has them."""
    return list(dict.fromkeys(re.findall(r"--([a-z-]+): #", TOKENS.read_text(encoding="utf-8"))))
