"""Reports that are sent by themselves: how a schedule is kept, and what happens when its time has come.

However often the clockwork runs, each time comes once: its row, the exports of all recipients and the next time are
written in one transaction. The exports are then made by whichever process is free, each by the rights of its reader.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any

from sqlalchemy import or_, select

from service_desk.desk.lists import Field, Kind, Noun, Together
from service_desk.desk.snapshots import freeze
from service_desk.desk.sweeping import sweep
from service_desk.domain.dates import moment_words
from service_desk.domain.errors import Invalid
from service_desk.domain.recurrence import Covers, Every, Recurrence
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import Role
from service_desk.domain.worktime import ONE_DAY
from service_desk.store.base import db, house, transaction
from service_desk.store.exports import REPORT_READERS, Export, ExportKind, ExportState
from service_desk.store.law import current_law
from service_desk.store.notices import LetterState
from service_desk.store.people import User
from service_desk.store.schedules import Schedule, ScheduleRun, Sent, has_come, last_runs, recipients_of
from service_desk.store.snapshots import snapshot_of

REPORT_KINDS = tuple(kind for kind in ExportKind if kind.is_report)
TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3])[:：]([0-5]\d)")
SHOWN_RUNS = 6


def send_due(now: datetime) -> int:
    """Begin what every schedule whose time has come sends; how many began."""
    due = select(Schedule.id).where(Schedule.active, or_(Schedule.next_at.is_(None), Schedule.next_at <= now))
    return sweep("schedules", due, lambda schedule_id: _begin(schedule_id, now))


def _begin(schedule_id: int, now: datetime) -> bool:
    """A month is frozen as its report is sent, before that: counting it keeps no writer waiting."""
    schedule = db.session.get_one(Schedule, schedule_id)
    if schedule.next_at is not None and schedule.reports_a_month:
        calendar = current_law().calendar
        # Not that of now: the clockwork may have slept into another month.
        due_at, _missed = schedule.recurrence.last_until(schedule.next_at, now, calendar)
        since, _until = schedule.days(due_at, calendar)
        freeze(since, as_of=now, by=None)
    return begin(schedule_id, at=now)


@transaction
def begin(schedule_id: int, *, at: datetime) -> bool:
    """Have a schedule's reports written, if its time has come and nobody else has it in hand.

    Of several times that passed without clockwork only the last is sent. Figures are as of that time, however late;
    those of a frozen month as they were frozen.
    """
    schedule = db.session.scalars(
        select(Schedule)
        .where(Schedule.id == schedule_id, Schedule.active)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if schedule is None or (schedule.next_at is not None and schedule.next_at > at):
        return False
    calendar, recurrence = current_law().calendar, schedule.recurrence
    first, schedule.next_at = schedule.next_at, recurrence.next_after(at, calendar)
    if first is None:
        return False
    due_at, missed = recurrence.last_until(first, at, calendar)
    if has_come(schedule, due_at):
        # The machine's clock was set back, and the time reckoned a second time.
        return False
    people, unknown = recipients_of(schedule)
    run = ScheduleRun(
        schedule_id=schedule.id,
        due_at=due_at,
        fired_at=at,
        missed=missed,
        left_out=[[username, house().say(_why_left_out(username))] for username in unknown],
    )
    db.session.add(run)
    db.session.flush()
    since, until = schedule.days(due_at, calendar)
    frozen = snapshot_of(since) if schedule.reports_a_month else None
    db.session.add_all(
        Export(
            user_id=person.id,
            kind=schedule.kind,
            narrowed_to=[],
            since=since,
            until=until,
            as_of=frozen.as_of if frozen else due_at,
            run_id=run.id,
            created_at=at,
        )
        for person in people
    )
    return True


def _why_left_out(username: str) -> str:
    person = db.session.scalars(select(User).where(User.username == username)).unique().one_or_none()
    if person is None:
        return "没有这个账号"
    return "不再负责报表，没有权限" if person.active else "账号已停用"


# As a list that supervisors keep


def _wrong(field: str, sentence: str | Sentence) -> Invalid:
    return Invalid(sentence, fields={field: sentence})


def _finish(row: Schedule, before: Mapping[str, Any], _by: User) -> None:
    written = TIME_OF_DAY.fullmatch((row.at_time or "").strip())
    if written is None:
        raise _wrong("at_time", "请写成“08:30”这样的时间。")
    row.at_time = f"{time(int(written[1]), int(written[2])):%H:%M}"
    if not 1 <= row.number <= row.every.most:
        raise _wrong("number", say("请填 1 到 %(most)s。", most=row.every.most))
    _, strangers = recipients_of(row)
    if strangers and row.active:
        raise _wrong(
            "people",
            say("“%(names)s”不能收报表：账号须在用，并且是受理员或督查员。", names=tuple(strangers)),
        )
    if not row.roles and not row.people:
        raise _wrong("people", "请选收件的角色，或填收件人的账号。")
    rule = ("every", "number", "at_time", "active")
    if not before or any(before[name] != SCHEDULES.snapshot(row)[name] for name in rule):
        # Reckoned by the clockwork: what was due before the change is not sent after it.
        row.next_at = None


def _when(says: Mapping[str, Any]) -> Sentence:
    at = time.fromisoformat(says["at_time"])
    return Recurrence(Every(says["every"]), says["number"], at).words


def _concerns(row: Schedule | None, now: datetime) -> str | Sentence:
    if row is None:
        return (
            "到时间自动生成，每个收件人收到按本人权限统计的报表：邮件附 Excel，也可以在“导出”里下载。"
            "逢休息日顺延到下一个工作日，统计期不变；顺延到同一天的几周合成一份。"
        )
    people, _ = recipients_of(row)
    if not row.active:
        return say("已停用，不再发送。现有收件人 %(n)s 人。", n=len(people))
    calendar = current_law().calendar
    coming = row.next_at or row.recurrence.next_after(now, calendar)
    since, until = row.days(coming, calendar)
    return say(
        "%(rule)s 发送，下一次是 %(next)s，统计 %(since)s 至 %(last)s，发给 %(n)s 人。",
        rule=row.recurrence.words,
        next=_stamp(coming),
        since=since,
        last=until - ONE_DAY,
        n=len(people),
    )


def _beside(row: Schedule) -> Sequence[tuple[str | Sentence, str]]:
    return [
        (say("%(at)s 发送", at=_stamp(run.due_at)), _went(run, sent))
        for run, sent in last_runs(row, most=SHOWN_RUNS)
    ]


def _stamp(moment: datetime) -> Sentence:
    return moment_words(moment.astimezone(house().timezone))


def _went(run: ScheduleRun, sent: Sequence[Sent]) -> str:
    """How one time went, in a sentence."""
    words = house().say
    parts = [words(say("发给 %(n)s 人", n=len(sent)))]
    for one in sent:
        trouble = _trouble(one)
        if trouble:
            parts.append(words(say("%(who)s：%(trouble)s", who=one.export.user.name, trouble=trouble)))
    parts += [words(say("%(who)s：%(trouble)s", who=who, trouble=why)) for who, why in run.left_out]
    if run.missed:
        parts.append(words(say("此前 %(n)s 次因系统停运没有发送", n=run.missed)))
    return "；".join(parts)


def _trouble(sent: Sent) -> str | Sentence:
    """What kept a report from its reader; nothing where nothing did."""
    export, letter = sent.export, sent.letter
    if export.state is ExportState.FAILED:
        return export.error
    if export.state is ExportState.CANCELLED or export.is_unfinished:
        return export.state
    if letter is None:
        return "没有启用邮件，只在系统内通知" if export.user.email else "没有邮箱，只在系统内通知"
    if letter.state is LetterState.GIVEN_UP:
        return say("邮件没有送达（%(error)s）", error=letter.last_error or "")
    return "" if letter.state is LetterState.SENT else "邮件待发送"


SCHEDULES = Noun(
    name="schedules",
    label="定期发送",
    row_label="定期报表",
    says="按日历自动生成报表，用邮件发给收件人",
    icon="report",
    entity=Schedule,
    fields=(
        Field("name", "名称", required=True, hint="例如“周一调度会材料”"),
        Field("kind", "报表", Kind.WORD, required=True, words=REPORT_KINDS),
        Field("covers", "统计期", Kind.WORD, required=True, words=tuple(Covers)),
        Field("every", "什么时候", Kind.WORD, required=True, words=tuple(Every)),
        Field(
            "number",
            "第几",
            Kind.NUMBER,
            default=1,
            hint="每周：1 是周一，7 是周日；每月：第几个工作日，或几日",
        ),
        Field("at_time", "时间", required=True, limit=5, hint="例如 08:30"),
        Field("roles", "发给角色", Kind.WORDS, words=REPORT_READERS, hint="这个角色的所有人"),
        Field("people", "发给个人", Kind.TERMS, limit=500, hint="填登录账号，用顿号分开"),
        Field("active", "在用", Kind.YES_NO, hint="取消勾选即停用：不再发送"),
    ),
    columns=("kind", "covers"),
    together=Together("什么时候", ("every", "number", "at_time"), _when),
    order=(Schedule.id,),
    concerns=_concerns,
    finish=_finish,
    beside=_beside,
    keepers=(Role.SUPERVISOR,),
)
