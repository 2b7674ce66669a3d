"""The calendar: a year on the wall for all staff; for administrators, what a change moves, and the change."""

import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from service_desk import clock
from service_desk.desk import calendar as desk
from service_desk.desk import recalculation
from service_desk.desk.administration import Altered
from service_desk.desk.calendar_files import WrongRows, excel_form, json_form
from service_desk.desk.calendar_preview import preview
from service_desk.domain.calendar_change import FIRST_YEAR, LAST_YEAR, DayChange, DayMark, Draft, Marks, Week
from service_desk.domain.dates import WEEKDAYS
from service_desk.domain.errors import Invalid
from service_desk.domain.notice_text import Contradictory
from service_desk.domain.vocabulary import Role
from service_desk.domain.worktime import ONE_DAY, OfficeCalendar
from service_desk.store.base import begin_reading
from service_desk.store.calendars import (
    CalendarVersion,
    days_between,
    latest_version,
    versions,
    week_in_force,
)
from service_desk.store.law import current_law
from service_desk.store.queues import is_row_id
from service_desk.web.calendar_forms import (
    ConfirmForm,
    DayForm,
    FileForm,
    NoticeForm,
    hours_form,
    year_choices,
)
from service_desk.web.guards import me, roles_required
from service_desk.web.people import show_on
from service_desk.web.words import said

bp = Blueprint("calendar", __name__)
STAFF = tuple(role for role in Role if role is not Role.CONTACT)
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LISTED = 100
"""So many of the deadlines that move are listed; how many there are is said."""
SHOWN_PROBLEMS = 20
SHOWN_CHANGES = 8
VERSIONS = 10
WEEK_LENGTH = 7
WEEK_AROUND = timedelta(days=WEEK_LENGTH)


@dataclass(frozen=True)
class DayCell:
    """A day of the wall calendar: ``sign`` is 休 or 班 where a decree says so, ``tone`` its colour."""

    day: date
    tone: str
    sign: str
    words: str
    is_today: bool


@dataclass(frozen=True)
class Month:
    """A month in weeks of seven, Monday first; None before its first day and after its last."""

    number: int
    weeks: list[list[DayCell | None]]


@dataclass(frozen=True)
class VersionLine:
    """A version of the calendar as its history tells it."""

    version: CalendarVersion
    first: list[str]
    more: list[str]


# The wall


@bp.get("/calendar")
@roles_required(*STAFF)
def index() -> ResponseReturnValue:
    """A year on the wall, the version in force and what the earlier ones changed."""
    calendar = current_law().calendar
    today = calendar.day_of(clock.now())
    year = _year(request.args.get("year", ""), today.year)
    before = request.args.get("before", "")
    lines = versions(before=int(before) if is_row_id(before) else None, limit=VERSIONS + 1)
    present = latest_version() or abort(404)
    more = (
        url_for("calendar.index", year=year, before=lines[VERSIONS - 1].id) if len(lines) > VERSIONS else ""
    )
    return render_template(
        "calendar/index.html",
        year=year,
        this_year=today.year,
        this_month=today.month,
        years=_years(today, calendar),
        months=_months(year, today, calendar),
        weekdays=[said(name[1:]) for name in WEEKDAYS],
        is_known=year in calendar.loaded_years,
        forecast=said(calendar.forecast_note(date(year, 1, 1))),
        version=present,
        progress=recalculation.progress(present),
        history=[_line(each) for each in lines[:VERSIONS]],
        next_url=more,
        may_change=me().has(Role.ADMIN),
        hours=_hours_words(calendar.week),
    )


def _year(given: str, this_year: int) -> int:
    year = int(given) if re.fullmatch(r"\d{4}", given, re.ASCII) else this_year
    return year if FIRST_YEAR <= year <= LAST_YEAR else this_year


def _years(today: date, calendar: OfficeCalendar) -> list[int]:
    """From the first year known to the one after the last that is known or runs."""
    known = {*calendar.loaded_years, today.year}
    return list(range(min(known), max(known) + 2))


def _months(year: int, today: date, calendar: OfficeCalendar) -> list[Month]:
    first, last = date(year, 1, 1) - WEEK_AROUND, date(year, 12, 31) + WEEK_AROUND
    marks = {row.day: row.mark for row in days_between(first, last)}
    joined = _joined_weekends(first, last, marks, calendar)
    months = []
    for number in range(1, 13):
        day = date(year, number, 1)
        cells: list[DayCell | None] = [None] * day.weekday()
        while day.month == number:
            cells.append(_cell(day, marks.get(day) or joined.get(day), today, calendar))
            day += ONE_DAY
        cells += [None] * (-len(cells) % WEEK_LENGTH)
        weeks = [cells[begin : begin + WEEK_LENGTH] for begin in range(0, len(cells), WEEK_LENGTH)]
        months.append(Month(number, weeks))
    return months


def _joined_weekends(first: date, last: date, marks: Marks, calendar: OfficeCalendar) -> dict[date, DayMark]:
    """The days of rest beside a holiday: on the wall they belong to it, whether or not its notice names them."""
    joined: dict[date, DayMark] = {}
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    for order in (days, days[::-1]):
        holiday: DayMark | None = None
        for day in order:
            mark = marks.get(day)
            if mark is not None:
                holiday = mark if not mark.is_work and not mark.is_local else None
            elif calendar.is_working(day):
                holiday = None
            elif holiday is not None:
                joined.setdefault(day, holiday)
    return joined


def _cell(day: date, mark: DayMark | None, today: date, calendar: OfficeCalendar) -> DayCell:
    works = calendar.is_working(day)
    tone = "work" if works else "rest"
    sign = ""
    if mark is not None:
        tone = (
            ("make-up" if works else "holiday") if not mark.is_local else ("make-up" if works else "closed")
        )
        sign = _("班") if works else (_("停") if mark.is_local else _("休"))
    return DayCell(day, tone, sign, said(desk.why(day, mark, calendar)), day == today)


def _hours_words(week: Week) -> list[tuple[str, str]]:
    """The office hours as people say them: weekdays with the same hours in one line."""
    lines: list[tuple[list[int], str]] = []
    for weekday in range(WEEK_LENGTH):
        words = _("、").join(f"{each.start:%H:%M}–{each.end:%H:%M}" for each in week.get(weekday, ())) or _(
            "休息"
        )
        if lines and lines[-1][1] == words:
            lines[-1][0].append(weekday)
        else:
            lines.append(([weekday], words))
    return [(_span_of(days), words) for days, words in lines]


def _span_of(days: Sequence[int]) -> str:
    first, last = said(WEEKDAYS[days[0]]), said(WEEKDAYS[days[-1]])
    return first if first == last else str(_("%(first)s至%(last)s", first=first, last=last))


def _line(version: CalendarVersion) -> VersionLine:
    lines = _changes(version.day_changes)
    hours = version.hours_change
    if hours:
        lines = [_hours_changed(*hours), *lines]
    return VersionLine(version, lines[:SHOWN_CHANGES], lines[SHOWN_CHANGES:])


def _changes(changes: Iterable[DayChange]) -> list[str]:
    return [
        _(
            "%(day)s %(weekday)s：%(before)s → %(after)s",
            day=change.day.isoformat(),
            weekday=said(WEEKDAYS[change.day.weekday()]),
            before=_mark_words(change.before),
            after=_mark_words(change.after),
        )
        for change in changes
    ]


def _mark_words(mark: DayMark | None) -> str:
    if mark is None:
        return str(_("每周安排"))
    kind = _("停工") if mark.is_local and not mark.is_work else _("上班") if mark.is_work else _("休息")
    return str(_("%(kind)s（%(name)s）", kind=kind, name=mark.name))


def _hours_changed(before: Week, after: Week) -> str:
    def words(week: Week) -> str:
        return str(_("；")).join(f"{days} {hours}" for days, hours in _hours_words(week))

    return str(_("上班时间：%(before)s → %(after)s", before=words(before), after=words(after)))


# One day


@bp.get("/calendar/days/<day>")
@roles_required(*STAFF)
def day(day: str) -> ResponseReturnValue:
    """Why a day is worked or not, and how many deadlines end on it."""
    return _day_page(_day(day), DayForm(formdata=None))


@bp.post("/calendar/days/<day>")
@roles_required(Role.ADMIN)
def change_day(day: str) -> ResponseReturnValue:
    """Preview another mark for one day."""
    asked, form = _day(day), DayForm()
    if not form.validate():
        return _day_page(asked, form), 422
    return _previewed(lambda: form.draft_for(asked), form, lambda: _day_page(asked, form))


def _day(written: str) -> date:
    try:
        asked = date.fromisoformat(written)
    except ValueError:
        abort(404)
    return asked if FIRST_YEAR <= asked.year <= LAST_YEAR else abort(404)


def _day_page(asked: date, form: DayForm) -> str:
    calendar = current_law().calendar
    row = next(iter(days_between(asked, asked)), None)
    return render_template(
        "calendar/day.html",
        asked=asked,
        weekday=said(WEEKDAYS[asked.weekday()]),
        works=calendar.is_working(asked),
        why=said(desk.why(asked, row.mark if row else None, calendar)),
        version=row.version if row else None,
        forecast=said(calendar.forecast_note(asked)),
        due=desk.due_on(asked, by=me(), calendar=calendar),
        sees_the_park=me().has(Role.ADMIN, Role.CLERK, Role.QUALITY, Role.SUPERVISOR),
        before=asked - timedelta(days=1),
        after=asked + timedelta(days=1),
        may_change=me().has(Role.ADMIN),
        form=form,
    )


# A whole year, and the hours of the week


@bp.route("/calendar/notice", methods=["GET", "POST"])
@roles_required(Role.ADMIN)
def notice() -> ResponseReturnValue:
    """Paste the State Council's notice."""
    return _asked_for(NoticeForm(), "calendar/notice.html")


@bp.route("/calendar/file", methods=["GET", "POST"])
@roles_required(Role.ADMIN)
def file() -> ResponseReturnValue:
    """Send a file of days."""
    form = FileForm()
    today = current_law().calendar.day_of(clock.now())
    form.year.choices = year_choices(_years(today, current_law().calendar)[::-1])
    return _asked_for(form, "calendar/file.html")


@bp.get("/calendar/form.<kind>")
@roles_required(Role.ADMIN)
def blank(kind: str) -> ResponseReturnValue:
    """An example to fill in, as JSON or as a workbook."""
    if kind not in ("json", "xlsx"):
        abort(404)
    content, mimetype = (json_form(), "application/json") if kind == "json" else (excel_form(), XLSX)
    name = _("节假日模板") + f".{kind}"
    return send_file(io.BytesIO(content), mimetype=mimetype, as_attachment=True, download_name=name)


@bp.route("/calendar/hours", methods=["GET", "POST"])
@roles_required(Role.ADMIN)
def hours() -> ResponseReturnValue:
    """Change the office hours of the week."""
    form = hours_form(week_in_force(), bound=request.method == "POST")
    return _asked_for(form, "calendar/hours.html")


def _asked_for(form: Any, template: str) -> ResponseReturnValue:
    """A form on a page of its own, and the preview of what it asks for."""

    def page(problems: Sequence[str] = (), more: int = 0) -> str:
        return render_template(
            template, form=form, problems=problems, more=more, weekdays=[said(name) for name in WEEKDAYS]
        )

    if request.method == "GET":
        return page()
    if not form.validate():
        return page(), 422
    return _previewed(form.draft, form, page)


# The preview, and the change itself


def _previewed(asked: Callable[[], Draft], form: Any, page: Callable[..., str]) -> ResponseReturnValue:
    """What a draft would move; or the form again, with what is wrong in it."""
    try:
        draft = asked()
        # Nothing is written here, and reckoning may take a while.
        begin_reading()
        return _preview_page(draft, reason="")
    except (Contradictory, WrongRows) as error:
        shown = [said(each) for each in error.problems[:SHOWN_PROBLEMS]]
        return page(shown, max(0, len(error.problems) - SHOWN_PROBLEMS)), 422
    except Invalid as error:
        show_on(form, error)
        return page(), 422


def _preview_page(draft: Draft, *, reason: str, conflict: str = "", form: ConfirmForm | None = None) -> str:
    calendar = current_law().calendar
    present = latest_version() or abort(404)
    changes = desk.difference(draft)
    desk.check_change(draft, changes, calendar.loaded_years)
    found = preview(draft, changes, calendar)
    return render_template(
        "calendar/preview.html",
        form=form or ConfirmForm.of(draft, present.id, reason=reason),
        conflict=conflict,
        years=[year for year in draft.years if year not in calendar.loaded_years],
        again=[year for year in draft.years if year in calendar.loaded_years],
        changes=_changes(changes),
        hours=_hours_changed(calendar.week, draft.week) if draft.week is not None else "",
        found=found,
        moves=found.first(LISTED),
    )


@bp.post("/calendar/save")
@roles_required(Role.ADMIN)
def save() -> ResponseReturnValue:
    """Save what was previewed, with its reason; the clocks follow in the background."""
    form = ConfirmForm()
    draft = form.previewed()
    reason = form.reason.data or ""
    if not form.validate():
        begin_reading()
        return _preview_page(draft, reason=reason, form=form), 422
    try:
        seen = int(form.seen.data) if is_row_id(form.seen.data or "") else 0
        version = desk.change_calendar(draft, reason=reason, seen=seen, by=me(), at=clock.now())
    except Altered as error:
        begin_reading()
        return _preview_page(draft, reason=reason, conflict=said(error.sentence)), 409
    days = [change.day for change in version.day_changes]
    if version.finished_at is None:
        flash(_("已保存为第 %(n)s 版，未办结的时限正在后台重算。", n=version.id), "success")
    else:
        flash(_("已保存为第 %(n)s 版。", n=version.id), "success")
    year = draft.years[0] if draft.years else days[0].year if days else None
    return redirect(url_for("calendar.index", year=year))


@bp.post("/calendar/recalculation")
@roles_required(Role.ADMIN)
def steer() -> ResponseReturnValue:
    """Stop reckoning anew in the background, or go on."""
    given = request.form.get("version", "")
    version = int(given) if is_row_id(given) else 0
    if request.form.get("stop"):
        recalculation.hold_up(version, by=me(), at=clock.now())
        flash(_("后台重算已停下，可以随时继续。"), "success")
    else:
        recalculation.go_on(version, by=me(), at=clock.now())
        flash(_("后台重算将在半分钟内继续。"), "success")
    return redirect(url_for("calendar.index"))
