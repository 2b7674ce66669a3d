"""Reports by themselves: each time once, to those who may have it, and what went wrong can be read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask, current_app
from openpyxl import load_workbook
from sqlalchemy import select

from service_desk.desk import administration, calendar, exports, schedules, snapshots
from service_desk.desk.schedules import SCHEDULES
from service_desk.domain.errors import Invalid, Refused
from service_desk.domain.recurrence import Covers, Every
from service_desk.domain.vocabulary import Role, State
from service_desk.scheduler import deliver
from service_desk.store.base import db, house
from service_desk.store.calendars import latest_version
from service_desk.store.exports import Export, ExportKind, ExportState, path_of_export
from service_desk.store.notices import Letter, Notice
from service_desk.store.schedules import Schedule, ScheduleRun
from service_desk.store.snapshots import snapshot_of
from tests.mailbox import Mailbox
from tests.world import CHINA, MONDAY, World

BEFORE = MONDAY + timedelta(days=10)
"""A Thursday."""
COMES = datetime(2026, 3, 16, 8, 30, tzinfo=CHINA)


@pytest.fixture
def mailbox(app: Flask) -> Iterator[Mailbox]:
    """The mail server the desk is told to use."""
    with Mailbox() as box:
        app.config["SETTINGS"] = replace(
            app.config["SETTINGS"], smtp_url=box.url, mail_from="desk@park.example"
        )
        house().sends_mail = True
        yield box


def every_monday(world: World, **more: Any) -> Schedule:
    values: dict[str, Any] = {
        "name": "周一调度会材料",
        "kind": ExportKind.CLOSURE,
        "covers": Covers.LAST_WEEK,
        "every": Every.WEEK,
        "number": 1,
        "at_time": "8:30",
        "roles": {Role.SUPERVISOR},
        "people": [],
    } | more
    schedule: Schedule = administration.add(SCHEDULES, values, by=world.supervisor, at=BEFORE)
    return schedule


def made(at: datetime) -> int:
    return exports.write_waiting(lambda: at, organisation="专窗")


def all_of(entity: Any) -> list[Any]:
    db.session.expire_all()
    return list(db.session.scalars(select(entity).order_by(entity.id)).unique())


def test_it_comes_once_and_is_sent_with_the_workbook(world: World, mailbox: Mailbox) -> None:
    world.make(State.CLOSED, at=MONDAY + timedelta(days=7))
    every_monday(world, people=["clerk"])
    assert schedules.send_due(BEFORE) == 0, "the clockwork learns when it comes"
    assert schedules.send_due(COMES - timedelta(seconds=1)) == 0
    late = COMES + timedelta(minutes=1)
    assert schedules.send_due(late) == 1
    assert schedules.send_due(late) == 0
    assert made(late) == 2
    for export in all_of(Export):
        assert (export.since, export.until, export.as_of) == (date(2026, 3, 9), date(2026, 3, 16), COMES)
        assert export.state is ExportState.DONE
    db.session.query(Letter).filter(Letter.export_id.is_(None)).delete()
    db.session.commit()
    assert deliver(late) == 2
    assert sorted(str(one["To"]) for one in mailbox.arrived) == [
        "clerk@desk.example",
        "supervisor@desk.example",
    ]
    file = next(mailbox.arrived[0].iter_attachments())
    assert file.get_filename() == "企业诉求办结统计表_2026-03-09_2026-03-15.xlsx"
    book = load_workbook(BytesIO(file.get_content()))
    assert {"统计", "明细", "核对", "口径说明"} <= set(book.sheetnames)
    assert len([one for one in all_of(Notice) if one.key.startswith("export:")]) == 2


def test_a_month_is_frozen_as_its_report_is_sent(small_world: World) -> None:
    """What is done afterwards changes neither the frozen figures nor the report that is still to be written."""
    small_world.make(State.CLOSED, at=MONDAY)
    every_monday(
        small_world, kind=ExportKind.MONTHLY, covers=Covers.LAST_MONTH, every=Every.WORKING_DAY, number=1
    )
    schedules.send_due(BEFORE)
    comes = datetime(2026, 4, 1, 8, 30, tzinfo=CHINA)
    assert schedules.send_due(comes + timedelta(seconds=20)) == 1
    frozen = snapshot_of(date(2026, 3, 1))
    assert frozen is not None
    (export,) = all_of(Export)
    assert (export.since, export.until) == (date(2026, 3, 1), date(2026, 4, 1))
    assert export.as_of == frozen.as_of == comes + timedelta(seconds=20)
    assert frozen.figures["whole"]["submitted"][0] == 1


def test_a_report_that_comes_a_month_late_freezes_the_month_it_reports(small_world: World) -> None:
    every_monday(small_world, kind=ExportKind.MONTHLY, covers=Covers.LAST_MONTH, every=Every.DAY, number=31)
    schedules.send_due(BEFORE)
    assert schedules.send_due(datetime(2026, 4, 1, 8, 30, tzinfo=CHINA)) == 1
    (export,) = all_of(Export)
    assert export.since == date(2026, 2, 1)
    assert snapshot_of(date(2026, 2, 1)) is not None
    assert snapshot_of(date(2026, 3, 1)) is None


def test_times_slept_through_are_sent_once_and_told(world: World) -> None:
    schedule = every_monday(world)
    schedules.send_due(BEFORE)
    assert schedules.send_due(COMES + timedelta(days=16)) == 1
    (run,) = all_of(ScheduleRun)
    assert (run.due_at, run.missed) == (COMES + timedelta(days=14), 2)
    assert len(all_of(Export)) == 1
    assert "此前 2 次" in SCHEDULES.beside(schedule)[0][1]


def test_who_left_is_left_out_and_named(small_world: World) -> None:
    schedule = every_monday(small_world, people=["clerk", "clerk2"])
    schedules.send_due(BEFORE)
    small_world.clerk.active = False
    small_world.clerk2.roles = {Role.QUALITY}
    db.session.commit()
    schedules.send_due(COMES)
    (run,) = all_of(ScheduleRun)
    assert run.left_out == [["clerk", "账号已停用"], ["clerk2", "不再负责报表，没有权限"]]
    assert [export.user.username for export in all_of(Export)] == ["supervisor"]
    assert "账号已停用" in SCHEDULES.beside(schedule)[0][1]


def test_who_leaves_before_it_is_written_or_sent_gets_nothing(small_world: World) -> None:
    schedule = every_monday(small_world, people=["clerk"])
    house().sends_mail = True
    schedules.send_due(BEFORE)
    schedules.send_due(COMES)
    small_world.clerk.active = False
    db.session.commit()
    assert made(COMES) == 1
    states = {export.user.username: export.state for export in all_of(Export)}
    assert states == {"clerk": ExportState.FAILED, "supervisor": ExportState.DONE}
    assert "没有导出的权限" in SCHEDULES.beside(schedule)[0][1]
    small_world.supervisor.roles = {Role.AUDITOR}
    db.session.commit()
    assert exports.may_take(all_of(Export)[-1], small_world.supervisor) is False


def test_a_change_of_the_rule_begins_anew(small_world: World) -> None:
    schedule = every_monday(small_world)
    schedules.send_due(BEFORE)
    values = SCHEDULES.snapshot(schedule)
    given = values | {"kind": schedule.kind, "covers": schedule.covers, "every": Every.DAY, "number": 20}
    given["roles"] = {Role.SUPERVISOR}
    administration.change(SCHEDULES, schedule.id, given, seen=1, by=small_world.supervisor, at=BEFORE)
    assert schedules.send_due(COMES) == 0
    assert all_of(Schedule)[0].next_at == datetime(2026, 3, 20, 8, 30, tzinfo=CHINA)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"at_time": "25:00"}, "at_time"),
        ({"at_time": "早上"}, "at_time"),
        ({"number": 8}, "number"),
        ({"number": 0}, "number"),
        ({"people": ["nobody"]}, "people"),
        ({"people": ["power"]}, "people"),
        ({"roles": set()}, "people"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    small_world: World, given: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        every_monday(small_world, **given)
    assert field in refused.value.fields


def test_supervisors_alone_keep_it(small_world: World) -> None:
    for stranger in (small_world.clerk, small_world.admin):
        with pytest.raises(Refused):
            administration.add(SCHEDULES, {}, by=stranger, at=BEFORE)


def test_after_a_long_sleep_the_month_that_is_sent_is_the_one_that_is_frozen(small_world: World) -> None:
    every_monday(small_world, kind=ExportKind.MONTHLY, covers=Covers.LAST_MONTH, every=Every.DAY, number=20)
    schedules.send_due(BEFORE)
    wakes = datetime(2026, 5, 5, 9, tzinfo=CHINA)
    assert schedules.send_due(wakes) == 1
    frozen, (export,) = snapshot_of(date(2026, 3, 1)), all_of(Export)
    assert frozen is not None
    assert (export.since, export.as_of) == (date(2026, 3, 1), frozen.as_of)
    assert snapshot_of(date(2026, 4, 1)) is None, "April's report is still to come"


def test_a_clock_set_back_sends_nothing_twice_and_holds_nothing_up(small_world: World) -> None:
    schedule = every_monday(small_world)
    schedules.send_due(BEFORE)
    schedules.send_due(COMES)
    schedule = all_of(Schedule)[0]
    schedule.next_at = None  # as after any change of the rule
    db.session.commit()
    for at in (COMES - timedelta(hours=1), COMES):
        assert schedules.send_due(at) == 0
    assert all_of(Schedule)[0].next_at == COMES + timedelta(days=7)
    assert len(all_of(ScheduleRun)) == 1


def test_a_day_that_becomes_one_of_rest_puts_the_report_off(small_world: World) -> None:
    every_monday(small_world)
    schedules.send_due(BEFORE)
    latest = latest_version()
    assert latest is not None
    closed = calendar.closure(COMES.date(), "台风停工")
    calendar.change_calendar(closed, reason="台风", seen=latest.id, by=small_world.admin, at=BEFORE)
    schedules.send_due(BEFORE + timedelta(minutes=1))
    assert schedules.send_due(COMES) == 0
    assert all_of(Schedule)[0].next_at == COMES + timedelta(days=1)


def test_a_letter_whose_file_has_expired_says_so(small_world: World) -> None:
    settings = current_app.config["SETTINGS"]
    current_app.config["SETTINGS"] = replace(settings, smtp_url="smtp://127.0.0.1:1", mail_from="a@b.example")
    house().sends_mail = True
    schedule = every_monday(small_world)
    schedules.send_due(BEFORE)
    schedules.send_due(COMES)
    made(COMES)
    exports.drop_expired(COMES + timedelta(days=8))
    deliver(COMES + timedelta(days=8))
    assert "文件已过期" in SCHEDULES.beside(schedule)[0][1]


def test_the_report_of_a_month_frozen_long_before_has_its_figures_and_the_lists_of_now(
    small_world: World,
) -> None:
    frozen_at, comes = (datetime(2026, 4, day, 8, 30, tzinfo=CHINA) for day in (1, 20))
    small_world.make(State.IN_PROGRESS, at=frozen_at - timedelta(days=1))
    every_monday(small_world, kind=ExportKind.MONTHLY, covers=Covers.LAST_MONTH, every=Every.DAY, number=20)
    schedules.send_due(frozen_at)
    snapshots.freeze(date(2026, 3, 1), as_of=frozen_at, by=small_world.supervisor)
    schedules.send_due(comes)
    made(comes)
    (export,) = all_of(Export)
    assert export.as_of == frozen_at
    book = load_workbook(path_of_export(export.file_key or ""))
    notes = [row[1] for row in book["口径说明"].iter_rows(values_only=True)]
    assert any(str(note).startswith("2026-04-01 08:30:00；") for note in notes)
    assert "supervisor名，2026-04-20 08:30:00" in notes
    said = " ".join(str(row[0]) for row in book["总体情况"].iter_rows(values_only=True))
    assert "截至 2026-04-20 08:30，在办诉求 1 件，其中超期 1 件" in said
