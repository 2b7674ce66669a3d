"""Why this date: every due date opens to its days; and what would be promised if one filed now."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload
from wtforms import Form, SelectField

from service_desk import clock
from service_desk.domain import why
from service_desk.domain.access import may_read
from service_desk.domain.actions import Action, Party
from service_desk.domain.deadlines import Running, due
from service_desk.domain.limits import Profile, limit_class
from service_desk.domain.vocabulary import ClockKind, ClockState, Nature, Role, Source, Urgency
from service_desk.domain.why import DayStrip
from service_desk.domain.worktime import OfficeCalendar
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.clocks import Clock
from service_desk.store.law import current_law
from service_desk.store.parts import Event
from service_desk.store.tickets import Ticket
from service_desk.web.due import Due, clocks_read_by, due_of_clock
from service_desk.web.forms import entity_choice, word_choice
from service_desk.web.guards import me, visible_or_404
from service_desk.web.words import said

bp = Blueprint("dates", __name__)

PROMISED = (ClockKind.ACCEPT, ClockKind.PROMISE)
A_WEEK = 7


@dataclass(frozen=True)
class Answer:
    """A due date with its reasons: the days by weeks from Monday on, and the clauses of the sentence."""

    due: datetime | None
    weeks: list[list[DayStrip | None]]
    sentence: str
    note: str

    @classmethod
    def of(cls, facts: Running, calendar: OfficeCalendar, *, is_over: bool = False) -> "Answer":
        """The answer for a clock with these facts, which may be over."""
        strip = why.explain(facts, calendar)
        days: list[DayStrip | None] = [None] * strip[0].day.weekday()
        days += strip
        days += [None] * (-len(days) % A_WEEK)
        moment = due(facts, calendar)
        clauses = why.in_words(facts, calendar, is_over=is_over)
        return cls(
            due=moment,
            weeks=[days[n : n + A_WEEK] for n in range(0, len(days), A_WEEK)],
            sentence=_("，").join(said(clause) for clause in clauses) + _("。"),
            note=said(calendar.forecast_note(calendar.day_of(moment)) if moment else None),
        )


@dataclass(frozen=True)
class Change:
    """Something that moved a due date: a pause, an extension, another limit, by whom and when."""

    words: str
    by: str
    at: datetime


@bp.get("/tickets/<int:ticket_id>/clocks/<int:clock_id>")
def of_clock(ticket_id: int, clock_id: int) -> ResponseReturnValue:
    """The days of one clock, and who changed what about it; the same for everybody who reads that clock."""
    ticket = visible_or_404(ticket_id, selectinload(Ticket.events), selectinload(Ticket.clocks))
    found = next((each for each in clocks_read_by(ticket, me()) if each.id == clock_id), None)
    if found is None:
        abort(404)
    law = current_law()
    shown: Due = due_of_clock(found, clock.now(), law)
    answer = Answer.of(found.facts, law.calendar, is_over=not found.is_live)
    return render_template(
        "dates/clock.html",
        ticket=ticket,
        clock=found,
        due=shown,
        answer=answer,
        changes=_changes(ticket, found),
        # A finished clock keeps the due it was judged by, whatever notices came later.
        frozen=not found.is_live and found.state is not ClockState.VOID and answer.due != found.due_at,
    )


def _changes(ticket: Ticket, found: Clock) -> list[Change]:
    """What moved it, the earliest first."""
    changes = []
    for pause in found.pauses:
        words = said(pause.cause)
        changes.append(
            Change(_("开始暂停：%(why)s", why=words), _who(ticket, pause.started_at), pause.started_at)
        )
        if pause.ended_at is not None:
            changes.append(
                Change(_("恢复计时：%(why)s结束", why=words), _who(ticket, pause.ended_at), pause.ended_at)
            )
    for each in found.extensions:
        at = datetime.fromisoformat(each["at"])
        words = _("延期 %(n)s %(unit)s", n=each["days"], unit=said(found.unit))
        changes.append(Change(words, _who(ticket, at, Action.DECIDE_EXTENSION), at))
    for each in found.former_limits:
        at = datetime.fromisoformat(each["until"])
        words = _(
            "时限调整，此前为 %(n)s %(unit)s", n=each["number"], unit=said(type(found.unit)(each["unit"]))
        )
        changes.append(Change(words, _who(ticket, at), at))
    return sorted(changes, key=lambda change: change.at)


def _who(ticket: Ticket, at: datetime, action: Action | None = None) -> str:
    """Who acted at that instant, as the reader may know it."""
    user = me()
    parties = ticket.parties_of(user)
    event = next((e for e in ticket.events if e.at == at and action in (None, e.action)), None)
    if event is None or not _reads(event, ticket, parties):
        return ""
    who = said(event.actor_to(enterprise=user.has(Role.CONTACT)))
    return str(_("%(who)s（%(action)s）", who=who, action=said(event.action)))


def _reads(event: Event, ticket: Ticket, parties: frozenset[Party]) -> bool:
    return may_read(event.action, parties, public=event.public, reopened=event.cycle < ticket.cycle)


class PromiseForm(Form):
    """What decides the promise of a request that is filed now."""

    category = SelectField(_l("诉求类别"))
    nature = SelectField(_l("诉求性质"))


@bp.get("/promise")
def promise() -> ResponseReturnValue:
    """If I filed now: by when it would be accepted and answered, for everybody to see."""
    categories = db.session.scalars(select(Category).where(Category.active).order_by(Category.position)).all()
    form = PromiseForm()
    form.category.choices, form.category.coerce = entity_choice(categories)
    form.nature.choices, form.nature.coerce = word_choice(Nature)
    form.process(request.args, nature=Nature.HELP.value)
    category = next((each for each in categories if each.id == form.category.data), categories[0])
    nature = form.nature.data if isinstance(form.nature.data, Nature) else Nature.HELP
    now, law = clock.now(), current_law()
    klass = limit_class(
        nature=nature, urgency=Urgency.NORMAL, is_complex=False, is_arrears=category.is_arrears
    )
    profile = Profile(klass, category.id, Source.ENTERPRISE)
    answers = {kind: Answer.of(Running(now, law.limits.of(kind, profile)), law.calendar) for kind in PROMISED}
    return render_template(
        "dates/promise.html",
        form=form,
        category=category,
        nature=nature,
        now=now,
        accepted=answers[ClockKind.ACCEPT],
        promised=answers[ClockKind.PROMISE],
    )
