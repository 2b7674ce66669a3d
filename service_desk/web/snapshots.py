"""冻结的月份: the figures of a month as they were reported, and what has changed since."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from service_desk import clock
from service_desk.desk import snapshots as desk
from service_desk.domain.figures import By, Figure, Indicator, Measure, Part, Play, change, words
from service_desk.domain.figures.reports import SAME
from service_desk.domain.months import months_on
from service_desk.store.base import begin_reading
from service_desk.store.law import current_law
from service_desk.store.queues import is_row_id
from service_desk.store.scope import visible_tickets
from service_desk.store.snapshots import LINES, MonthSnapshot, snapshot_of, snapshots
from service_desk.store.tickets import Ticket
from service_desk.web.boards import change_words
from service_desk.web.guards import me, roles_required
from service_desk.web.words import said

bp = Blueprint("snapshots", __name__)

MONTHS_ON_A_PAGE = 36
MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")


class LinesForm(Form):
    """Whether the figures are of the whole, or by what."""

    by = SelectField(
        _l("看"),
        choices=[
            SelectChoice("", _l("总体")),
            SelectChoice(By.DEPARTMENT.value, _l("按部门")),
            SelectChoice(By.CATEGORY.value, _l("按类别")),
            SelectChoice(By.AREA.value, _l("按片区")),
            SelectChoice(By.SOURCE.value, _l("按来源")),
        ],
        default="",
    )


class FreezeForm(Form):
    """What nobody can undo is not done by one click."""

    checked = BooleanField(
        _l("我已核对，冻结后不能撤销"),
        validators=[DataRequired(_l("请先核对上月的数字，勾选后再冻结。"))],
    )


@dataclass(frozen=True)
class Cell:
    """A figure on the page; the parts are None where there is no ratio."""

    text: str
    num: int | None = None
    den: int | None = None
    excluded: int = 0


@dataclass(frozen=True)
class Row:
    """A figure then and now; ``moved`` says by how much, ``standing`` whether it has changed at all."""

    key: str
    label: str
    line: str | None
    called_then: str
    frozen: Cell | None
    now: Cell
    moved: str
    standing: str
    has_changed: bool


@dataclass(frozen=True)
class ChangedLine:
    """A ticket, and for each figure in which its part has changed: the figure, what it was, what it is."""

    ticket: Ticket
    shifts: list[tuple[str, str, str]]


@bp.get("/reports/months")
@roles_required(*desk.FREEZERS)
def index() -> ResponseReturnValue:
    """The frozen months, the latest first; last month may be frozen here."""
    return _index_page(FreezeForm())


def _index_page(form: FreezeForm) -> str:
    last = _last_month()
    shown = snapshots(before=_month(request.args.get("before", "")), limit=MONTHS_ON_A_PAGE + 1)
    more = len(shown) > MONTHS_ON_A_PAGE
    page = shown[:MONTHS_ON_A_PAGE]
    return render_template(
        "snapshots/index.html",
        form=form,
        months=[(one, _month_words(one.month), _about(one)) for one in page],
        last_month=last if snapshot_of(last) is None else None,
        last_month_words=_month_words(last),
        next_url=url_for("snapshots.index", before=f"{page[-1].month:%Y-%m}") if more else "",
    )


@bp.post("/reports/months")
@roles_required(*desk.FREEZERS)
def freeze() -> ResponseReturnValue:
    """Freeze last month; what is frozen already stays as it is."""
    month = _month(request.form.get("month", ""))
    if month is None:
        abort(404)
    if month != _last_month():
        flash(_("这里只能冻结上月。请看清月份再试。"), "error")
        return redirect(url_for("snapshots.index"))
    form = FreezeForm(request.form)
    if snapshot_of(month) is None and not form.validate():
        return _index_page(form), 422
    kept = desk.freeze(month, as_of=clock.now(), by=me())
    flash(_("%(month)s的数字已冻结。", month=_month_words(kept.month)), "success")
    return redirect(url_for("snapshots.show", month=f"{kept.month:%Y-%m}"))


@bp.get("/reports/months/<month>")
@roles_required(*desk.FREEZERS)
def show(month: str) -> ResponseReturnValue:
    """The figures of a month as they were frozen, beside those of now."""
    asked = _asked(month)
    snapshot, by, law, now = asked.snapshot, asked.by, current_law(), clock.now()
    found = desk.differences(snapshot, law, as_of=now, by=by)
    # Hundreds of lines may have nothing to say: they are shown when they are asked for.
    whole = by is None or "all" in request.args
    period = snapshot.period(law.calendar.tz)
    return render_template(
        "snapshots/show.html",
        **asked.shared,
        as_of=now,
        rows=[_row(one) for one in found if whole or one.has_changed],
        unchanged=0 if whole else sum(not one.has_changed for one in found),
        changed_figures=sum(one.has_changed for one in found),
        behind={"by": by.value if by else "", "since": period.since, "until": period.until},
        by_time=list(desk.by_time_alone(found, snapshot, law)),
        all_url=url_for("snapshots.show", **asked.address, all=1),
    )


@bp.get("/reports/months/<month>/tickets")
@roles_required(*desk.FREEZERS)
def tickets(month: str) -> ResponseReturnValue:
    """The tickets that changed the figures of a frozen month, in pages by key."""
    asked, after = _asked(month), request.args.get("after", "")
    changed = desk.changed_tickets(
        asked.snapshot,
        visible_tickets(me()),
        as_of=clock.now(),
        by=asked.by,
        after=int(after) if is_row_id(after) else None,
    )
    next_url = url_for("snapshots.tickets", **asked.address, after=changed.next_after)
    return render_template(
        "snapshots/tickets.html",
        **asked.shared,
        tickets=[_changed(one, asked.by) for one in changed.tickets],
        looked_at=changed.looked_at,
        next_url=next_url if changed.next_after else "",
    )


@dataclass(frozen=True)
class Asked:
    """The month and the lines an address names. ``address`` is what leads there, ``shared`` what each page needs."""

    snapshot: MonthSnapshot
    by: By | None
    address: dict[str, Any]
    shared: dict[str, Any]


def _asked(month: str) -> Asked:
    """What is asked for, within a transaction that only reads; 404 where that month is not frozen."""
    form, first = LinesForm(request.args), _month(month)
    begin_reading()
    snapshot = snapshot_of(first) if first else None
    if snapshot is None:
        abort(404)
    by = By(form.by.data) if form.by.data in set(LINES) else None
    address: dict[str, Any] = {"month": month} | ({"by": by.value} if by else {})
    shared = {
        "form": form,
        "by": by,
        "title": _("%(month)s：冻结与现在", month=_month_words(snapshot.month)),
        "about": _about(snapshot),
        "here": url_for(request.endpoint or "", month=month),
        "figures_url": url_for("snapshots.show", **address),
        "tickets_url": url_for("snapshots.tickets", **address),
    }
    return Asked(snapshot, by, address, shared)


def _month(text: str) -> date | None:
    """The first day of ``2026-10``; None for what is no month."""
    if not MONTH.fullmatch(text):
        return None
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def _last_month() -> date:
    today = current_law().calendar.day_of(clock.now())
    return months_on(today.replace(day=1), -1)


def _month_words(month: date) -> str:
    return str(_("%(year)s 年 %(month)s 月", year=month.year, month=month.month))


def _about(snapshot: MonthSnapshot) -> dict[str, Any]:
    """What is told of a snapshot beside its figures."""
    return {
        "who": snapshot.frozen_by.name if snapshot.frozen_by else _("系统自动"),
        "as_of": snapshot.as_of,
        "calendar": snapshot.calendar_version,
    }


def _row(one: desk.Difference) -> Row:
    return Row(
        key=one.indicator.key,
        label=said(one.indicator.label),
        line=one.line,
        called_then=one.called_then,
        frozen=_cell(one.indicator, one.frozen) if one.frozen else None,
        now=_cell(one.indicator, one.now),
        moved=_moved(one),
        standing=_standing(one),
        has_changed=one.has_changed,
    )


def _cell(indicator: Indicator, figure: Figure) -> Cell:
    is_ratio = figure.denominator is not None and figure.numerator is not None
    value = words(figure, indicator)
    return Cell(
        text=value if figure.value is None else _in_units(indicator, value),
        num=figure.numerator if is_ratio else None,
        den=figure.denominator if is_ratio else None,
        excluded=figure.excluded,
    )


def _in_units(indicator: Indicator, number: object) -> str:
    """``1.87 个工作日``, ``1.00 次``; shares and counts as they are."""
    if indicator.measure is Measure.PER_TICKET:
        return str(_("%(n)s 次", n=number))
    if indicator.measure in (Measure.MEAN, Measure.MEDIAN, Measure.P90):
        return str(_("%(n)s 个工作日", n=number))
    return str(number)


def _moved(one: desk.Difference) -> str:
    """By how much it has changed: counts in requests, all else as reports say it."""
    if not one.has_changed or one.frozen is None:
        return ""
    if one.indicator.measure is not Measure.COUNT:
        moved = change(one.now, one.frozen, one.indicator)
        return str(_("分子或分母变了")) if moved == SAME else change_words(moved)
    more = (one.now.numerator or 0) - (one.frozen.numerator or 0)
    return str(_("多 %(n)s 件", n=more) if more > 0 else _("少 %(n)s 件", n=-more))


def _standing(one: desk.Difference) -> str:
    if one.has_changed:
        return str(_("有变化"))
    if one.frozen is None:
        return str(_("冻结时没有这项"))
    return str(_("没有变化") if one.indicator.has_period else _("看时点，不比较"))


def _changed(one: desk.ChangedTicket, by: By | None) -> ChangedLine:
    def plays(indicator: Indicator, some: Sequence[Play]) -> str:
        return str(_("、")).join(_play(indicator, play, by) for play in some) or str(_("不计"))

    return ChangedLine(
        one.ticket,
        [
            (
                said(shift.indicator.label),
                plays(shift.indicator, shift.was),
                plays(shift.indicator, shift.now),
            )
            for shift in one.shifts
        ],
    )


def _play(indicator: Indicator, play: Play, by: By | None) -> str:
    """One part in words, such as 分子, 剔除 or 3 个工作日; with its line where lines are told apart."""
    if play.amount is not None:
        part = _in_units(indicator, play.amount)
    elif indicator.measure is Measure.COUNT:
        part = str(_("计入"))
    else:
        part = str(_("只计分母")) if play.part is Part.DENOMINATOR else said(play.part)
    if play.times > 1:
        part = str(_("%(part)s（%(n)s 次）", part=part, n=play.times))
    return str(_("%(line)s %(part)s", line=play.line or _("（未填）"), part=part)) if by else part
