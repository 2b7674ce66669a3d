"""The parts that pages are made of, each in every state: for whoever changes how the desk looks."""

import re
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    Form,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from service_desk import clock
from service_desk.domain.actions import Action
from service_desk.domain.deadlines import Limit, Pause, Running
from service_desk.domain.vocabulary import (
    AssignmentState,
    ClockState,
    Role,
    Solved,
    Standing,
    State,
    Unit,
    Urgency,
)
from service_desk.store.law import current_law
from service_desk.web.dates import Answer
from service_desk.web.due import Due
from service_desk.web.guards import roles_required
from service_desk.web.timeline import Entry
from service_desk.web.words import said

bp = Blueprint("design", __name__)
TOKENS = Path(__file__).parent / "static" / "css" / "tokens.css"


@bp.get("/admin/design")
@roles_required(Role.ADMIN)
def index() -> ResponseReturnValue:
    """Every component in every state, with words of the desk."""
    now = clock.now()
    return render_template(
        "design/index.html",
        colours=_colours(),
        states=list(State),
        parts=list(AssignmentState),
        urgencies=list(Urgency),
        dues=_dues(now),
        forms=[_form(), _refused_form()],
        entries=_entries(now),
        answer=_answer(),
        ticket=_ticket(now),
    )


@cache
def _colours() -> list[str]:
    """The names of the colours, as the one file of tokens has them."""
    return list(dict.fromkeys(re.findall(r"--([a-z-]+): #", TOKENS.read_text(encoding="utf-8"))))


def _dues(now: datetime) -> list[Due]:
    words = {
        Standing.CALM: _("剩 %(n)s 个工作日", n=4),
        Standing.DUE_SOON: _("剩 %(n)s 个工作日", n=1),
        Standing.DUE_TODAY: said(Standing.DUE_TODAY),
        Standing.OVERDUE: _("已超期 %(n)s 个工作日", n=2),
        Standing.PAUSED: _("暂停中，剩 %(n)s 个工作日", n=3),
    }
    running = [Due(now, standing.value, text, _("办理")) for standing, text in words.items()]
    ended = [Due(now, state.value, said(state), _("办理")) for state in (ClockState.MET, ClockState.MISSED)]
    return [*running, *ended, Due(now, Standing.CALM.value, words[Standing.CALM], _("办理"), guess=_("估"))]


class _Sample(Form):
    """A field of each kind."""

    line = StringField(validators=[InputRequired()])
    text = TextAreaField()
    choice = SelectField(validate_choice=False)
    day = DateField()
    tiles = RadioField(render_kw={"data-tiles": True}, validate_choice=False)
    ticks = RadioField(validate_choice=False)
    agreed = BooleanField()
    files = FileField()


def _form(prefix: str = "good-") -> Form:
    form = _Sample(prefix=prefix, data={"line": _("车间电压不稳"), "tiles": Solved.PARTLY.value})
    labels = {
        "line": _("标题"),
        "text": _("说明"),
        "choice": _("片区"),
        "day": _("日期"),
        "tiles": _("解决了吗？"),
        "ticks": _("紧急程度"),
        "agreed": _("我已核对"),
        "files": _("照片或文件"),
    }
    for field in form:
        field.label.text = labels[field.short_name]
    form["text"].description = _("何时起、影响多大、希望怎样。")
    form["choice"].choices = [SelectChoice("", _("请选择…")), SelectChoice("1", _("港口物流园"))]
    form["tiles"].choices = [SelectChoice(each.value, said(each)) for each in Solved]
    form["ticks"].choices = [SelectChoice(each.value, said(each)) for each in Urgency]
    return form


def _refused_form() -> Form:
    form = _form("bad-")
    for name in ("line", "choice", "day", "tiles"):
        form[name].errors = [_("请填写。")]
    return form


def _entries(now: datetime) -> list[Entry]:
    acts = ((Action.RATE, "good", True), (Action.SEND_BACK, "warn", False), (Action.SUPERVISE, "bad", True))
    lines = [(*act, _("已到现场，下周更换变压器。")) for act in acts] + [(Action.SUBMIT, "", True, "")]
    return [
        Entry(action, now - timedelta(hours=3 * place), _("供电公司"), said(action), text, public, tone)
        for place, (action, tone, public, text) in enumerate(lines)
    ]


def _answer() -> Answer:
    """Days that count, rest days, a make-up day, a pause, an extension: around the National Day of 2026."""
    calendar = current_law().calendar

    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 10, day, hour, tzinfo=calendar.tz)

    start = datetime(2026, 9, 28, 10, tzinfo=calendar.tz)
    facts = Running(start, Limit(5, Unit.WORKING_DAYS), (Pause(at(12, 10), at(13, 18)),), extended=2)
    return Answer.of(facts, calendar)


def _ticket(now: datetime) -> SimpleNamespace:
    """As much of a ticket as a line of a list shows."""
    return SimpleNamespace(
        id=0,
        number="QS-2026-000123",
        title=_("车间电压不稳，需增容变压器"),
        state=State.IN_PROGRESS,
        urgency=next(iter(Urgency)),
        last_line=_("供电公司：已到现场，下周更换变压器。"),
        submitted_at=now,
        enterprise=SimpleNamespace(name=_("云津江海船舶制造有限公司")),
    )
