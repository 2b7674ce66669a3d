"""What the page of components shows: words of the desk, of nobody's ticket."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from types import SimpleNamespace

from flask_babel import gettext as _
from wtforms import (
    BooleanField,
    DateField,
    FieldList,
    FileField,
    Form,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from service_desk.desk.likeness import Similar
from service_desk.desk.one_by_one import Summary
from service_desk.desk.reply_templates import Filled
from service_desk.domain.actions import Action
from service_desk.domain.deadlines import Limit, Pause, Running
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import ClockState, Nature, Solved, Source, Standing, State, Unit, Urgency
from service_desk.store.boards import Stock
from service_desk.store.law import current_law
from service_desk.web.boards import Bar, Card, Earlier, Reading
from service_desk.web.dates import Answer
from service_desk.web.due import Due
from service_desk.web.matrix import Led, Matrix, matrix
from service_desk.web.queues import SavedLink
from service_desk.web.timeline import Entry
from service_desk.web.tour import TourStep
from service_desk.web.words import said

NOWHERE = "#main"
"""Where what is shown leads to."""


def dues(now: datetime) -> list[Due]:
    """A limit in each standing, and one that rests on a guess."""
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
    several = FieldList(TextAreaField(), min_entries=2)
    choice = SelectField(validate_choice=False)
    day = DateField()
    tiles = RadioField(render_kw={"data-tiles": True}, validate_choice=False)
    ticks = RadioField(validate_choice=False)
    agreed = BooleanField()
    files = FileField()


def filled_form(prefix: str = "good-") -> Form:
    """A form with nothing wrong."""
    form = _Sample(prefix=prefix, data={"line": _("车间电压不稳"), "tiles": Solved.PARTLY.value})
    labels = {
        "line": _("标题"),
        "text": _("说明"),
        "several": _("拆成哪几件？"),
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


def refused_form() -> Form:
    """The same form, with something wrong in fields of each kind."""
    form = filled_form("bad-")
    for name in ("line", "choice", "day", "tiles"):
        form[name].errors = [_("请填写。")]
    return form


def entries(now: datetime) -> list[Entry]:
    """What happened, in each tone, for everybody and for the desk alone."""
    acts = ((Action.RATE, "good", True), (Action.SEND_BACK, "warn", False), (Action.SUPERVISE, "bad", True))
    lines = [(*act, _("已到现场，下周更换变压器。")) for act in acts] + [(Action.SUBMIT, "", True, "")]
    return [
        Entry(action, now - timedelta(hours=3 * place), _("供电公司"), said(action), text, public, tone)
        for place, (action, tone, public, text) in enumerate(lines)
    ]


def answer() -> Answer:
    """Days that count, rest days, a make-up day, a pause, an extension: around the National Day of 2026."""
    calendar = current_law().calendar

    def at(day: int, hour: int) -> datetime:
        return datetime(2026, 10, day, hour, tzinfo=calendar.tz)

    start = datetime(2026, 9, 28, 10, tzinfo=calendar.tz)
    facts = Running(start, Limit(5, Unit.WORKING_DAYS), (Pause(at(12, 10), at(13, 18)),), extended=2)
    return Answer.of(facts, calendar)


def ticket(now: datetime) -> SimpleNamespace:
    """As much of a ticket as lists and its own page show."""
    return SimpleNamespace(
        id=0,
        version=1,
        number="QS-2026-000123",
        title=_("车间电压不稳，需增容变压器"),
        state=State.IN_PROGRESS,
        urgency=next(iter(Urgency)),
        source=Source.ENTERPRISE,
        nature=Nature.HELP,
        last_line=_("供电公司：已到现场，下周更换变压器。"),
        submitted_at=now,
        moves=2,
        tags=[_("停电")],
        enterprise=SimpleNamespace(name=_("云津江海船舶制造有限公司")),
        category=SimpleNamespace(name=_("要素保障")),
        area=SimpleNamespace(name=_("港口物流园")),
        lead_department=SimpleNamespace(name=_("供电公司")),
        parent_id=1,
        parent=SimpleNamespace(number="QS-2026-000120"),
        split_from_id=2,
        split_from=SimpleNamespace(number="QS-2026-000101"),
        incident_id=3,
        incident=SimpleNamespace(number="GX-2026-0003", title=_("园区东片停电")),
        above_office=_("市企业服务中心"),
        above_number="2026-87",
        above_due=now.date(),
        above_reply=None,
    )


def summary() -> Summary:
    """What was done one by one: one done, one refused, some left."""
    refused = [("QS-2026-000124", _("这件诉求刚刚有变化，请看过再提交；您填的内容还在。"))]
    return Summary(["QS-2026-000123"], refused, 20)


def saved() -> list[SavedLink]:
    """Filters of one's own, shared and not, and one of a colleague; one of them is open."""
    return [
        SavedLink(_("今天到期"), "", NOWHERE, NOWHERE, shared=False, is_open=True),
        SavedLink(_("停电"), "", NOWHERE, NOWHERE, shared=True, is_open=False),
        SavedLink(_("待派单"), _("王敏"), NOWHERE, "", shared=True, is_open=False),
    ]


def templates() -> list[Filled]:
    """A text to begin a reply with."""
    return [Filled("1", _("已到现场"), _("已到现场，下周更换变压器。"))]


def tour() -> list[TourStep]:
    """A step that leads elsewhere, and one that is done on the page."""
    return [
        TourStep(_("选好用不用邮件和短信提醒。"), _("消息接收"), NOWHERE),
        TourStep(_("提交后，办到哪一步、何时答复，都在“我的诉求”里。")),
    ]


def similar() -> list[Similar]:
    """An open request into which another may be merged, and a closed one."""
    return [
        Similar(
            place,
            f"QS-2026-00009{place}",
            _("车间电压不稳"),
            _("云津江海船舶制造有限公司"),
            state,
            0.9,
            say(_("都提到%(words)s", words="“电压”")),
        )
        for place, state in ((1, State.IN_PROGRESS), (2, State.CLOSED))
    ]


def cards() -> list[Card]:
    """A figure with what it was counted from, one of a few tickets, one of nothing."""

    def rate(label: str, part: int, whole: int, *, few: bool = False) -> Reading:
        return Reading(label, f"{part / whole:.1%}", few, parts=(Led(part, NOWHERE), Led(whole, NOWHERE)))

    on_time = rate(_("按时办结率"), 45, 50)
    before = Earlier(_("上月"), rate(_("按时办结率"), 40, 50), _("提高 %(n)s 个百分点", n=10))
    return [
        Card(on_time, (before,), rate(_("参评率"), 30, 50)),
        Card(rate(_("诉求解决率"), 3, 4, few=True), ()),
        Card(Reading(_("企业满意率"), "—", few=False, nothing=True), ()),
    ]


def stock() -> Matrix:
    """Open tickets of three departments: overdue, due today, calm."""
    power, water = _("供电公司"), _("水务公司")
    return matrix(
        [
            Stock(power, 1, State.IN_PROGRESS, 7, 2, 1),
            Stock(power, 1, State.ASSIGNED, 3, 0, 1),
            Stock(water, 2, State.IN_PROGRESS, 2, 0, 0),
            Stock(None, None, State.ACCEPTED, 1, 0, 0),
        ]
    )


def bars(names: Sequence[str], values: Sequence[Sequence[int]]) -> list[Bar]:
    """The lines of a chart's table."""
    return [
        Bar(name, tuple(Led(value, NOWHERE) for value in line))
        for name, line in zip(names, values, strict=True)
    ]
