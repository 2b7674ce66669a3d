"""Reports: a preview of the figures, and the workbook behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import DateField, Form, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length, Optional

from service_desk import clock
from service_desk.desk import reports as desk
from service_desk.desk.facts import Rows
from service_desk.desk.schedules import SCHEDULES
from service_desk.desk.snapshots import FREEZERS
from service_desk.domain.errors import Invalid
from service_desk.domain.figures import (
    BY_KEY,
    REPORTS,
    By,
    Figure,
    Indicator,
    Measure,
    Part,
    Period,
    Report,
    count_groups,
    words,
)
from service_desk.domain.months import month_after
from service_desk.domain.recurrence import Covers
from service_desk.store.base import begin_reading
from service_desk.store.exports import REPORT_READERS, ExportKind
from service_desk.store.law import Law, current_law
from service_desk.store.scope import visible_tickets
from service_desk.web.behind import behind_page
from service_desk.web.exports import asked_for
from service_desk.web.guards import me, roles_required
from service_desk.web.people import show_on
from service_desk.web.words import said

bp = Blueprint("reports", __name__)

LAST_DAY = date.max - timedelta(days=1)
WHOLE_LINE = _l("合计")


class ReportForm(Form):
    """Which report, of which period, by what."""

    kind = SelectField(
        _l("报表"), choices=[SelectChoice(one.name, _l(one.title)) for one in REPORTS.values()]
    )
    period = SelectField(
        _l("统计期"),
        choices=[
            SelectChoice("this_month", _l("本月")),
            SelectChoice("last_month", _l("上月")),
            SelectChoice("this_week", _l("本周")),
            SelectChoice("last_week", _l("上周")),
            SelectChoice("quarter", _l("本季度")),
            SelectChoice("year", _l("本年")),
            SelectChoice("free", _l("自选日期")),
        ],
        default="this_month",
    )
    since = DateField(_l("开始日期"), validators=[Optional()], description=_l("自选日期时填写"))
    until = DateField(_l("结束日期"), validators=[Optional()], description=_l("含这一天"))
    by = SelectField(
        _l("按什么分行"),
        choices=[
            SelectChoice(by.value, _l(by.label))
            for by in (By.DEPARTMENT, By.MONTH, By.CATEGORY, By.AREA, By.SOURCE)
        ],
    )


class BehindForm(Form):
    """Which part of which figure, on which line."""

    key = SelectField(choices=[SelectChoice(key, key) for key in BY_KEY])
    part = SelectField(
        choices=[
            SelectChoice(part.value, part.label) for part in (Part.NUMERATOR, Part.DENOMINATOR, Part.EXCLUDED)
        ]
    )
    by = SelectField(
        choices=[SelectChoice("", ""), *(SelectChoice(by.value, by.label) for by in By)], default=""
    )
    line = StringField(validators=[Length(max=60)])
    since = DateField(validators=[InputRequired()])
    until = DateField(validators=[InputRequired()])


@dataclass(frozen=True)
class Cell:
    """A figure on the page; the parts are None where there is no ratio. Each leads to its tickets."""

    text: str
    grey: bool = False
    num: int | None = None
    den: int | None = None
    excluded: int = 0
    key: str = ""
    line: str | None = None


def _heading(indicator: Indicator) -> str:
    """The title of a column; days are named, all else shows what it is."""
    in_days = indicator.measure in (Measure.MEAN, Measure.MEDIAN, Measure.P90)
    return _("%(figure)s（工作日）", figure=said(indicator.label)) if in_days else said(indicator.label)


@bp.get("/reports")
@roles_required(*REPORT_READERS)
def index() -> ResponseReturnValue:
    """The figures of a period, each rate with what it was counted from."""
    law, form = current_law(), ReportForm(request.args)
    try:
        report, period = _asked(form, law)
    except Invalid as error:
        show_on(form, error)
        page = render_template("reports/index.html", form=form, columns=[], rows=[], as_of=None)
        return page, 422
    begin_reading()
    by = By(form.by.data) if form.by.data in {by.value for by in By} else By.DEPARTMENT
    found = Rows(visible_tickets(me()), period.as_of, law).groups(period, report.indicators, by=(by,))
    whole = count_groups(found, period, indicators=report.indicators)
    lines = count_groups(found, period, indicators=report.indicators, by=by)
    return render_template(
        "reports/index.html",
        form=form,
        title=said(report.title),
        may_schedule=me().has(*SCHEDULES.keepers),
        columns=[said(by), *(_heading(indicator) for indicator in report.indicators)],
        definitions=report.indicators,
        rows=_rows(report, whole, lines),
        as_of=period.as_of,
        reads_months=me().has(*FREEZERS),
        period_words=_period_words(period),
        behind={"by": by.value, "since": period.since, "until": period.until},
        export={
            "kind": report.name,
            "since": period.since,
            "until": period.until - timedelta(days=1),
            "by": by.value,
        },
    )


@bp.get("/reports/tickets")
@roles_required(*REPORT_READERS)
def behind() -> ResponseReturnValue:
    """The tickets behind one part of one figure, in pages by key."""
    law, form = current_law(), BehindForm(request.args)
    if not form.validate():
        abort(404)
    indicator, part = BY_KEY[form.key.data], Part(form.part.data)
    line = (By(form.by.data), (form.line.data or "",)) if form.by.data else None
    now = clock.now()
    try:
        period = desk.period_of(form.since.data, form.until.data, as_of=now, law=law)
    except Invalid:
        abort(404)
    begin_reading()
    found = Rows(visible_tickets(me()), now, law).tickets_behind(
        period, indicator=indicator, part=part, line=line
    )
    kind = next((report.name for report in REPORTS.values() if indicator.key in report.keys), None)
    days: dict[str, Any] = {"since": period.since, "until": period.until - timedelta(days=1)}
    return behind_page(
        found,
        title=_("%(figure)s · %(part)s", figure=said(indicator.label), part=said(part.label)),
        about=[
            *([said(form.line.data) or _("（未填）")] if line else []),
            *([_period_words(period)] if indicator.has_period else []),
            said(indicator.denominator if part is Part.DENOMINATOR else indicator.numerator),
        ],
        way_back=(_("报表"), url_for("reports.index", kind=kind, by=form.by.data or None, **days)),
        asked=form.data,
        now=now,
        law=law,
    )


@bp.post("/reports/export")
@roles_required(*REPORT_READERS)
def export() -> ResponseReturnValue:
    """Have the workbook written."""
    form = ReportForm(request.form)
    report, period = _asked(form, current_law())
    return asked_for(ExportKind(report.name), days=(period.since, period.until))


def _asked(form: ReportForm, law: Law) -> tuple[Report, Period]:
    """The report and the period asked for. Raises ``Invalid``."""
    now = clock.now()
    today = law.calendar.day_of(now)
    kind = form.kind.data if form.kind.data in REPORTS else next(iter(REPORTS))
    since, until = _named_period(form.period.data or "", today)
    _refuse_unread_dates(form)
    if form.period.data == "free" or form.since.data or form.until.data:
        if not form.since.data or not form.until.data:
            raise Invalid(_("请填写开始日期和结束日期。"), fields={"since": _("自选日期须填写开始和结束。")})
        since, until = form.since.data, min(form.until.data, LAST_DAY) + timedelta(days=1)
    return desk.report_named(kind), desk.period_of(since, until, as_of=now, law=law)


def _refuse_unread_dates(form: ReportForm) -> None:
    """A date that cannot be read is not left out: the report would be of another period than was asked for."""
    unread = [one for one in (form.since, form.until) if one.data is None and any(one.raw_data or ())]
    if unread:
        sentence = _("日期请写成 2026-03-01 这样。")
        raise Invalid(sentence, fields={one.name: sentence for one in unread})


def _period_words(period: Period) -> str:
    return str(_("%(since)s 至 %(until)s", since=period.since, until=period.until - timedelta(days=1)))


def _named_period(name: str, today: date) -> tuple[date, date]:
    this_month = today.replace(day=1)
    if name == "this_week":
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=7)
    if name == "last_week":
        return Covers.LAST_WEEK.days((today, today), today)
    if name == "last_month":
        return Covers.LAST_MONTH.days((today, today), today)
    if name == "quarter":
        return this_month.replace(month=(today.month - 1) // 3 * 3 + 1), month_after(this_month)
    if name == "year":
        return today.replace(month=1, day=1), today.replace(year=today.year + 1, month=1, day=1)
    return this_month, month_after(this_month)


def _rows(report: Report, whole: Sequence[Figure], lines: Sequence[Figure]) -> list[list[Cell]]:
    names = sorted({line.by or "" for line in lines})
    found = {(line.by or "", line.key): line for line in lines} | {("\0", one.key): one for one in whole}
    rows = []
    for name in ["\0", *names]:
        cells = [Cell(WHOLE_LINE if name == "\0" else said(name) or _("（未填）"))]
        line = None if name == "\0" else name
        cells += [_cell(one, found.get((name, one.key)), line) for one in report.indicators]
        rows.append(cells)
    return rows


def _cell(indicator: Indicator, figure: Figure | None, line: str | None) -> Cell:
    if figure is None:
        return Cell("0") if indicator.measure is Measure.COUNT else Cell("—", grey=True)
    ratio = figure.denominator is not None and figure.numerator is not None
    return Cell(
        text=words(figure, indicator),
        grey=figure.is_few,
        num=figure.numerator if ratio else None,
        den=figure.denominator if ratio else None,
        excluded=figure.excluded,
        key=indicator.key,
        line=line,
    )
