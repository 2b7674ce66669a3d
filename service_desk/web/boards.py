"""看板: how the park stands, or one department, with every number leading to its tickets."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select, select
from wtforms import DateField, Form, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from service_desk import clock
from service_desk.desk import boards as desk
from service_desk.desk.facts import Rows
from service_desk.desk.reports import period_of
from service_desk.domain.errors import Invalid
from service_desk.domain.figures import BY_KEY, POINTS, By, Figure, Part, Period, change, words
from service_desk.domain.states import IN_HAND
from service_desk.domain.vocabulary import ClockKind, Role
from service_desk.store.base import begin_reading, db
from service_desk.store.boards import (
    DEPARTMENT_CLOCKS,
    STANDINGS,
    clock_stock,
    late_tickets,
    open_stock,
    tickets_by_clock,
)
from service_desk.store.law import current_law
from service_desk.store.people import Department, User, units_below
from service_desk.store.scope import complaints_hidden_from, visible_tickets
from service_desk.store.tickets import Ticket
from service_desk.web.behind import behind_page
from service_desk.web.due import Dues
from service_desk.web.guards import me, roles_required
from service_desk.web.home import ratings_line
from service_desk.web.matrix import Led, matrix
from service_desk.web.words import said

bp = Blueprint("boards", __name__)

PARK = (Role.SUPERVISOR, Role.CLERK)
DEPARTMENT = (Role.HANDLER, Role.HEAD)
READERS = (*PARK, *DEPARTMENT)
DEPARTMENT_FLOW = ("closings",)
PARK_CARDS = ("accepted", "on_time", "solved", "satisfied", "response", "closings")
BESIDE = {"satisfied": "rated"}
"""What a figure may not be read without."""
MOST_LATE = 10

Behind = Callable[[str, Part, Period], str]
"""The address of the tickets behind one part of a figure of a month."""


@dataclass(frozen=True)
class Reading:
    """A figure as a board shows it: in words, with the parts it was counted from; each leads to its tickets.

    ``nothing``: there was nothing to count it from.
    """

    label: str
    text: str
    few: bool
    nothing: bool = False
    parts: tuple[Led, ...] = ()
    excluded: Led | None = None
    url: str = ""


@dataclass(frozen=True)
class Earlier:
    """A figure of an earlier month, and how this month's differs from it, in words."""

    when: str
    reading: Reading
    change: str


@dataclass(frozen=True)
class Card:
    """A figure of this month, with those of earlier months and what it may not be read without."""

    reading: Reading
    earlier: tuple[Earlier, ...]
    beside: Reading | None = None


@dataclass(frozen=True)
class Bar:
    """One line of a chart's table."""

    name: str
    values: tuple[Led, ...]


class BehindForm(Form):
    """Which part of which figure of a department, of which days."""

    key = SelectField(choices=[SelectChoice(key, key) for key in desk.DEPARTMENT_KEYS])
    part = SelectField(
        choices=[
            SelectChoice(part.value, part.label) for part in (Part.NUMERATOR, Part.DENOMINATOR, Part.EXCLUDED)
        ]
    )
    since = DateField(validators=[InputRequired()])
    until = DateField(validators=[InputRequired()])


class ClockForm(Form):
    """Which clocks of a department, and how they stand."""

    kind = SelectField(choices=[SelectChoice(kind.value, kind.label) for kind in DEPARTMENT_CLOCKS])
    standing = SelectField(choices=[SelectChoice(standing, standing) for standing in STANDINGS])


@bp.get("/dashboard")
@roles_required(*READERS)
def index() -> ResponseReturnValue:
    """The park's board for the desk and supervisors; a department's own for its people."""
    begin_reading()
    return _of_the_park(me()) if me().has(*PARK) else _of_a_department(me())


def _of_the_park(user: User) -> str:
    now, law = clock.now(), current_law()
    tickets, tomorrow = visible_tickets(user), desk.today_ends(now, law)
    this, rows = desk.month_of(law.calendar.day_of(now), as_of=now, law=law), Rows(tickets, now, law)
    months = desk.months(rows, this, desk.PARK_KEYS, back=desk.YEAR)
    late = late_tickets(tickets, before=now, most=MOST_LATE)
    return render_template(
        "boards/park.html",
        as_of=now,
        month=_month_words(this),
        cards=cards(months, PARK_CARDS, behind_park),
        matrix=matrix(open_stock(tickets, now=now, today_ends=tomorrow)),
        trend=_trend(months, desk.FLOW, behind_park),
        trend_names=[said(BY_KEY[key].label) for key in desk.FLOW],
        categories=_categories(rows, this),
        late=late,
        due_of=Dues(late, now, law, reader=user).of,
    )


def _of_a_department(user: User) -> str:
    units = _own_units(user)
    now, law = clock.now(), current_law()
    tickets, tomorrow = visible_tickets(user), desk.today_ends(now, law)
    names = {unit.name for unit in units}
    this = desk.month_of(law.calendar.day_of(now), as_of=now, law=law)
    # Whoever was given a ticket sees it, so that a department's rows are all of tickets it sees, but for complaints
    # of it. Asked so, months that are over are known.
    rows = Rows.of_all_but(complaints_hidden_from(user), tickets, now, law)
    months = desk.months(rows, this, desk.DEPARTMENT_KEYS, back=desk.YEAR, departments=names)
    own = _led_by(tickets, units)
    late = late_tickets(own.where(Ticket.state.in_(IN_HAND)), before=now, most=MOST_LATE)
    return render_template(
        "boards/department.html",
        as_of=now,
        month=_month_words(this),
        units=[unit.name for unit in units],
        cards=cards(months, desk.DEPARTMENT_KEYS, _behind_department),
        matrix=matrix(open_stock(own, now=now, today_ends=tomorrow)),
        clocks=_clocks(tickets, units, now, tomorrow),
        trend=_trend(months, DEPARTMENT_FLOW, _behind_department),
        trend_names=[said(BY_KEY[key].label) for key in DEPARTMENT_FLOW],
        ratings=ratings_line(user, now),
        late=late,
        due_of=Dues(late, now, law, reader=user).of,
    )


@bp.get("/dashboard/tickets")
@roles_required(*DEPARTMENT)
def behind() -> ResponseReturnValue:
    """The tickets behind one part of one figure of my department, in pages by key."""
    form, now, law = BehindForm(request.args), clock.now(), current_law()
    if not form.validate():
        abort(404)
    try:
        period = period_of(form.since.data, form.until.data, as_of=now, law=law)
    except Invalid:
        abort(404)
    begin_reading()
    indicator, part = BY_KEY[form.key.data], Part(form.part.data)
    lines = (By.DEPARTMENT, {unit.name for unit in _own_units(me())})
    found = Rows(visible_tickets(me()), now, law).tickets_behind(
        period, indicator=indicator, part=part, line=lines
    )
    title = said(indicator.label)
    if indicator.denominator is not None:
        title = _("%(figure)s · %(part)s", figure=title, part=said(part.label))
    about = said(indicator.denominator if part is Part.DENOMINATOR else indicator.numerator)
    return behind_page(
        found,
        title=title,
        about=[_days_words(period), about],
        way_back=_way_back(),
        asked=form.data,
        now=now,
        law=law,
    )


@bp.get("/dashboard/clocks")
@roles_required(*DEPARTMENT)
def clocks() -> ResponseReturnValue:
    """The tickets on which a clock of my department stands so, in pages by key."""
    form, now, law = ClockForm(request.args), clock.now(), current_law()
    if not form.validate():
        abort(404)
    begin_reading()
    kind, standing = ClockKind(form.kind.data), form.standing.data
    found = tickets_by_clock(
        visible_tickets(me()),
        [unit.id for unit in _own_units(me())],
        kind=kind,
        standing=standing,
        now=now,
        today_ends=desk.today_ends(now, law),
    )
    title = _("%(clock)s · %(standing)s", clock=said(kind), standing=_standing_words()[standing])
    return behind_page(found, title=title, about=[], way_back=_way_back(), asked=form.data, now=now, law=law)


def _way_back() -> tuple[str, str]:
    return _("看板"), url_for("boards.index")


def _own_units(user: User) -> Sequence[Department]:
    """A handler's department; a head's with its sub-units. There is no page for who has none."""
    if user.department_id is None:
        abort(404)
    own = units_below(user.department_id) if user.has(Role.HEAD) else (user.department_id,)
    return db.session.scalars(select(Department).where(Department.id.in_(own)).order_by(Department.id)).all()


def _led_by(tickets: Select[Ticket], units: Collection[Department]) -> Select[Ticket]:
    return tickets.where(Ticket.lead_department_id.in_([unit.id for unit in units]))


# Figures as they are shown


def behind_park(key: str, part: Part, period: Period) -> str:
    """Where the tickets behind a figure of the park are listed."""
    return url_for("reports.behind", key=key, part=part.value, since=period.since, until=period.until)


def _behind_department(key: str, part: Part, period: Period) -> str:
    return url_for("boards.behind", key=key, part=part.value, since=period.since, until=period.until)


def cards(months: desk.Months, keys: Sequence[str], behind: Behind) -> list[Card]:
    """Figures of this month, each beside last month and the same month last year, as far back as was counted."""

    def reading(key: str, period: Period) -> Reading:
        return _reading(months.figure(key, period), period, behind)

    def earlier(key: str, when: str, period: Period) -> Earlier:
        moved = change(months.figure(key, months.this), months.figure(key, period), BY_KEY[key])
        return Earlier(when, reading(key, period), change_words(moved))

    return [
        Card(
            reading(key, months.this),
            tuple(
                earlier(key, when, period)
                for when, period in ((_("上月"), months.last), (_("去年同月"), months.year_ago))
                if months.tells(key, period)
            ),
            reading(BESIDE[key], months.this) if key in BESIDE else None,
        )
        for key in keys
    ]


def _reading(figure: Figure, period: Period, behind: Behind) -> Reading:
    indicator = BY_KEY[figure.key]

    def led(number: int | None, part: Part) -> Led:
        return Led(number or 0, behind(figure.key, part, period))

    if figure.denominator is None:
        url = behind(figure.key, Part.NUMERATOR, period)
        return Reading(said(indicator.label), words(figure, indicator), few=False, url=url)
    numbers = ((figure.numerator, Part.NUMERATOR), (figure.denominator, Part.DENOMINATOR))
    return Reading(
        label=said(indicator.label),
        text=words(figure, indicator),
        few=figure.is_few,
        nothing=figure.value is None,
        parts=tuple(led(*one) for one in numbers) if figure.denominator or figure.excluded else (),
        excluded=led(figure.excluded, Part.EXCLUDED) if figure.excluded else None,
    )


def change_words(moved: str) -> str:
    """``+3.20个百分点`` in words; nothing where there is nothing to compare."""
    points = moved[1:].removesuffix(POINTS)
    by = _("%(n)s 个百分点", n=points) if moved.endswith(POINTS) else points
    if moved.startswith("+"):
        return str(_("上升 %(by)s", by=by))
    if moved.startswith("-"):
        return str(_("下降 %(by)s", by=by))
    return said(moved) if moved != "—" else str(_("无可比数据"))


def _trend(months: desk.Months, keys: Sequence[str], behind: Behind) -> list[Bar]:
    return [
        Bar(
            period.months[0],
            tuple(
                Led(months.figure(key, period).numerator or 0, behind(key, Part.NUMERATOR, period))
                for key in keys
            ),
        )
        for period in months.trend
    ]


def _categories(rows: Rows, period: Period) -> list[Bar]:
    def led(line: Figure) -> Led:
        address = url_for(
            "reports.behind",
            key=line.key,
            part=Part.NUMERATOR.value,
            by=By.CATEGORY.value,
            line=line.by,
            since=period.since,
            until=period.until,
        )
        return Led(line.numerator or 0, address)

    return [Bar(line.by or "", (led(line),)) for line in desk.by_category(rows, period)]


def _clocks(
    tickets: Select[Ticket], units: Sequence[Department], now: datetime, tomorrow: datetime
) -> list[Bar]:
    found = clock_stock(tickets, [unit.id for unit in units], now=now, today_ends=tomorrow)
    return [
        Bar(
            said(line.kind),
            tuple(
                Led(
                    getattr(line, standing),
                    url_for("boards.clocks", kind=line.kind.value, standing=standing),
                )
                for standing in STANDINGS
            ),
        )
        for line in found
    ]


def _standing_words() -> dict[str, str]:
    return {"overdue": _("已超期"), "today": _("今天到期"), "later": _("以后到期"), "paused": _("暂停中")}


def _month_words(period: Period) -> str:
    return str(_("%(year)s 年 %(month)s 月", year=period.since.year, month=period.since.month))


def _days_words(period: Period) -> str:
    return str(_("%(since)s 至 %(until)s", since=period.since, until=period.until - timedelta(days=1)))
