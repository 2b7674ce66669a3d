"""The forms by which an administrator changes the calendar; each gives a draft."""

import json
from collections.abc import Callable, Sequence
from datetime import date, time
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, FileField, HiddenField, RadioField, SelectField, TimeField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional

from service_desk.desk.calendar import LONGEST_REASON, closure
from service_desk.desk.calendar_files import read_file
from service_desk.domain.calendar_change import LONGEST_NAME, DayMark, Draft, Week, read_hours
from service_desk.domain.dates import WEEKDAYS
from service_desk.domain.errors import Invalid
from service_desk.domain.notice_text import read_notice
from service_desk.web.forms import FilledIn, line, text
from service_desk.web.words import said

NOTICE_LIMIT = 10_000
DRAFT_LIMIT = 100_000
INTERVALS = 3
"""So many stretches of work a day can be given."""
WHOLE, SOME = "whole", "some"


def _scope() -> RadioField:
    return RadioField(
        _l("范围"),
        choices=[
            SelectChoice(WHOLE, _l("全年安排，替换这一年原来的安排（停工日不动）")),
            SelectChoice(SOME, _l("只改其中几天，其余不变")),
        ],
        default=WHOLE,
        validators=[FilledIn()],
    )


class NoticeForm(FlaskForm):
    """The State Council's notice, pasted."""

    text = text(
        _l("通知全文"),
        limit=NOTICE_LIMIT,
        render_kw={"rows": 14, "placeholder": _l("国务院办公厅关于……年部分节假日安排的通知……")},
        description=_l("从中国政府网复制全文，粘贴到这里"),
    )
    scope = _scope()

    def draft(self) -> Draft:
        """What the notice says. Raises ``Contradictory``."""
        whole = self.scope.data == WHOLE
        notice = read_notice(self.text.data, whole=whole)
        return Draft(notice.marks, (notice.year,) if whole else ())


class FileForm(FlaskForm):
    """A year, or some days, as JSON or as a workbook."""

    year = SelectField(_l("哪一年"), validators=[FilledIn()], coerce=int)
    file = FileField(
        _l("文件"),
        validators=[FilledIn()],
        description=_l("JSON 或 Excel（.xlsx），最大 300 KB"),
        render_kw={"accept": ".json,.xlsx"},
    )
    scope = _scope()

    def draft(self) -> Draft:
        """What the file says. Raises ``WrongRows`` and ``Invalid``."""
        upload = self.file.data
        if not getattr(upload, "filename", ""):
            raise Invalid(_("请选择文件。"), fields={"file": _("请选择文件。")})
        whole = self.scope.data == WHOLE
        marks = read_file(upload.filename, upload.stream, year=self.year.data)
        return Draft(marks, (self.year.data,) if whole else ())


CLOSED, REST, WORK, WEEK = "closed", "rest", "work", "week"


class DayForm(FlaskForm):
    """One day: closed for a reason, rest, work, or as the week has it."""

    kind = RadioField(
        _l("改为"),
        choices=[
            SelectChoice(CLOSED, _l("停工：仅本园区，如台风")),
            SelectChoice(REST, _l("放假")),
            SelectChoice(WORK, _l("调休上班")),
            SelectChoice(WEEK, _l("恢复每周安排")),
        ],
        default=CLOSED,
        validators=[FilledIn()],
    )
    name = line(
        _l("节日或停工原因"),
        required=False,
        limit=LONGEST_NAME,
        description=_l("停工、放假、调休上班都要写，例如“台风停工”；恢复每周安排不用填"),
    )

    def draft_for(self, day: date) -> Draft:
        """What the day becomes. Raises ``Invalid``."""
        if self.kind.data == WEEK:
            return Draft({day: None})
        name = self.name.data or ""
        if not name:
            sentence = _("请写明是什么节日或原因。")
            raise Invalid(sentence, fields={"name": sentence})
        if self.kind.data == CLOSED:
            return closure(day, name)
        return Draft({day: DayMark(self.kind.data == WORK, name)})


class ConfirmForm(FlaskForm):
    """What was previewed, on the version it was previewed on, and why."""

    draft = HiddenField()
    seen = HiddenField()
    reason = line(
        _l("原因"), limit=LONGEST_REASON, description=_l("例如“国办发明电〔2026〕7 号”，会记入日历的历次变更")
    )

    @classmethod
    def of(cls, draft: Draft, seen: int, *, reason: str = "") -> "ConfirmForm":
        """The form that comes with a preview."""
        carried = json.dumps(draft.data, ensure_ascii=False, separators=(",", ":"))
        return cls(formdata=None, data={"draft": carried, "seen": str(seen), "reason": reason})

    def previewed(self) -> Draft:
        """The draft it carries. Raises ``Invalid`` where it was tampered with."""
        try:
            carried = json.loads((self.draft.data or "")[:DRAFT_LIMIT])
        except (ValueError, RecursionError):
            carried = None
        return Draft.of(carried)


class _HoursForm(FlaskForm):
    """Root of the forms made by ``hours_form``: fields ``d0`` (worked), ``d0a1``, ``d0b1`` (from, to) and so on."""

    def draft(self) -> Draft:
        """The hours as they were given. Raises ``Invalid`` with a sentence for each weekday that cannot be."""
        rows = [
            (
                bool(self[f"d{weekday}"].data),
                [
                    (self[f"d{weekday}a{number}"].data, self[f"d{weekday}b{number}"].data)
                    for number in range(1, INTERVALS + 1)
                ],
            )
            for weekday in range(7)
        ]
        try:
            return Draft({}, week=read_hours(rows))
        except Invalid as error:
            wrong = {f"d{weekday}": sentence for weekday, sentence in error.fields.items()}
            raise Invalid(error.sentence, fields=wrong) from error


def hours_form(week: Week, *, bound: bool) -> Any:
    """The hours of the week; ``bound`` fills it with what the request brings."""
    members: dict[str, Any] = {}
    known: dict[str, bool | time] = {}
    for weekday, name in enumerate(WEEKDAYS):
        shown = said(name)
        members[f"d{weekday}"] = BooleanField(_("%(day)s上班", day=shown))
        known[f"d{weekday}"] = bool(week.get(weekday))
        for number in range(1, INTERVALS + 1):
            members[f"d{weekday}a{number}"] = _moment(_("%(day)s第 %(n)s 段开始", day=shown, n=number))
            members[f"d{weekday}b{number}"] = _moment(_("%(day)s第 %(n)s 段结束", day=shown, n=number))
        for number, hours in enumerate(week.get(weekday, ())[:INTERVALS], start=1):
            known |= {f"d{weekday}a{number}": hours.start, f"d{weekday}b{number}": hours.end}
    made: Callable[..., Any] = type("HoursForm", (_HoursForm,), members)
    return made() if bound else made(formdata=None, data=known)


def _moment(label: str) -> TimeField:
    return TimeField(label, format=["%H:%M", "%H:%M:%S"], validators=[Optional()])


def year_choices(years: Sequence[int]) -> list[SelectChoice]:
    """Years to choose from."""
    return [SelectChoice(year, _("%(year)s 年", year=year)) for year in years]
