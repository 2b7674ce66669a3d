"""Exports as jobs: asked for once, written by one process, stopped, taken over, and gone after a week."""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from service_desk.desk import exports, ledgers, reports
from service_desk.desk.sweeping import STOPPING
from service_desk.domain.errors import Invalid, NotFound, Refused
from service_desk.domain.figures import REPORTS
from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.exports import (
    Export,
    ExportKind,
    ExportState,
    half_of_export,
    path_of_export,
    written_files,
)
from service_desk.store.parts import Reveal
from service_desk.store.people import User
from service_desk.store.queues import Filter
from tests.world import MONDAY, World

LATER = MONDAY + timedelta(days=1)


def ask(user: User, wanted: Filter = Filter(), **more: Any) -> Export:  # noqa: B008 - frozen
    return exports.ask_for(ExportKind.LEDGER, wanted, by=user, at=LATER, **more)


def work(at: datetime = LATER) -> int:
    return exports.write_waiting(lambda: at, organisation="云津县企业服务专窗")


def read_anew(export: Export) -> Export:
    db.session.expire_all()
    return db.session.get_one(Export, export.id)


def rows_of(export: Export) -> list[tuple[Any, ...]]:
    sheet = load_workbook(path_of_export(export.file_key or "")).worksheets[0]
    return list(sheet.iter_rows(min_row=4, values_only=True))


@dataclass
class After:
    """What somebody does while an export is written: after its first batch."""

    act: Callable[[], object]
    done: list[object] = field(default_factory=list)

    def __call__(self, export_id: int, key: str, **values: Any) -> None:
        if values.get("rows_done") and not self.done:
            self.done.append(self.act())
        GO_ON(export_id, key, **values)


GO_ON = exports._go_on


@pytest.fixture
def during(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Have something done in the middle of writing; batches hold one ticket."""
    monkeypatch.setattr(ledgers, "BATCH", 1)
    return lambda act: monkeypatch.setattr(exports, "_go_on", After(act))


def test_every_report_can_be_exported() -> None:
    assert {kind.value: kind.label for kind in ExportKind if kind.is_report} == {
        report.name: report.title for report in REPORTS.values()
    }


def test_an_export_is_written_and_kept_a_week(world: World) -> None:
    world.make(State.CLOSED)
    world.file()
    export = ask(world.clerk)
    assert work() == 1
    done = read_anew(export)
    assert (done.state, done.rows_in_all, done.asked_key) == (ExportState.DONE, 2, None)
    assert done.size == path_of_export(done.file_key or "").stat().st_size
    assert len(rows_of(done)) == 3
    assert exports.drop_expired(LATER + exports.KEPT - timedelta(seconds=1)) == 0
    assert exports.drop_expired(LATER + exports.KEPT) == 1
    assert read_anew(export).state is ExportState.EXPIRED
    assert not written_files()


def test_a_list_is_exported_as_it_was_narrowed(small_world: World) -> None:
    small_world.make(State.CLOSED)
    filed = small_world.file()
    export = ask(small_world.clerk, Filter(state=State.SUBMITTED, q="增容"))
    work()
    assert [row[1] for row in rows_of(read_anew(export))] == [filed.number, None]


def test_the_same_asked_for_twice_is_one_export(small_world: World) -> None:
    first = ask(small_world.clerk)
    assert ask(small_world.clerk).id == first.id
    assert ask(small_world.clerk, Filter(tag="停电")).id != first.id
    assert ask(small_world.clerk2).id != first.id
    work()
    assert ask(small_world.clerk).id != first.id


def test_nobody_fills_the_queue(small_world: World) -> None:
    for number in range(exports.MOST_UNFINISHED):
        ask(small_world.clerk, Filter(q=str(number)))
    with pytest.raises(Invalid):
        ask(small_world.clerk)
    assert ask(small_world.clerk2).is_unfinished


def test_contacts_in_full_need_a_reason_and_leave_a_trace(small_world: World) -> None:
    small_world.file()
    with pytest.raises(Invalid):
        ask(small_world.clerk, contacts=True)
    for stranger in (small_world.power_head, small_world.quality):
        with pytest.raises(Refused):
            ask(stranger, contacts=True, reason="电话回访")
    export = ask(small_world.clerk, contacts=True, reason="电话回访")
    kept = db.session.scalars(select(Reveal)).one()
    assert (kept.export_id, kept.user_id, kept.reason) == (export.id, small_world.clerk.id, "电话回访")
    work()
    assert rows_of(read_anew(export))[0][11] == "13800001111"


@pytest.mark.parametrize("who", ["owner", "officer", "leader", "admin", "auditor"])
def test_others_export_nothing(small_world: World, who: str) -> None:
    with pytest.raises(Refused):
        ask(getattr(small_world, who))


def test_who_has_lost_the_right_gets_nothing(small_world: World) -> None:
    small_world.file()
    export = ask(small_world.clerk)
    small_world.clerk.active = False
    db.session.commit()
    assert work() == 0
    failed = read_anew(export)
    assert failed.state is ExportState.FAILED
    assert failed.error.startswith("您没有导出的权限")


def test_a_file_made_by_other_rights_is_not_given(small_world: World) -> None:
    export = ask(small_world.power)
    work()
    assert exports.may_take(read_anew(export), small_world.power)
    small_world.power.department_id = small_world.department("金融办").id
    db.session.commit()
    assert not exports.may_take(read_anew(export), small_world.power)


def test_nobody_touches_the_export_of_another(small_world: World) -> None:
    export = ask(small_world.clerk)
    with pytest.raises(NotFound):
        exports.cancel(export.id, by=small_world.clerk2, at=LATER)


def test_a_cancelled_export_stops_within_a_batch(
    small_world: World, during: Callable[[Callable[[], object]], None]
) -> None:
    for _ in range(3):
        small_world.file()
    export = ask(small_world.clerk)
    during(lambda: exports.cancel(export.id, by=small_world.clerk, at=LATER))
    assert work() == 0
    assert read_anew(export).state is ExportState.CANCELLED
    assert not written_files()
    assert ask(small_world.clerk).id != export.id


def test_a_report_is_finished_whatever_others_write_meanwhile(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        world.make(State.CLOSED)
    monkeypatch.setattr(reports, "TOLD_EVERY", 1)
    days = (LATER.date() - timedelta(days=30), LATER.date())
    export = exports.ask_for(ExportKind.CLOSURE, days=days, by=world.clerk, at=LATER)
    assert work() == 1, "how far it had come was written while it was read"
    assert read_anew(export).state is ExportState.DONE


def test_a_cancelled_report_stops_as_well(
    small_world: World,
    during: Callable[[Callable[[], object]], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its rows are read in one transaction; how far it has come is noted in another."""
    for _ in range(3):
        small_world.make(State.CLOSED)
    monkeypatch.setattr(reports, "TOLD_EVERY", 1)
    days = (LATER.date() - timedelta(days=30), LATER.date())
    export = exports.ask_for(ExportKind.CLOSURE, days=days, by=small_world.clerk, at=LATER)
    during(lambda: exports.cancel(export.id, by=small_world.clerk, at=LATER))
    assert work() == 0
    assert read_anew(export).state is ExportState.CANCELLED
    assert not written_files()


def test_an_export_whose_process_died_is_taken_over(world: World) -> None:
    world.file()
    export = ask(world.clerk)
    dead = exports.claim(at=LATER)
    assert dead is not None
    left = half_of_export(dead.file_key or "")
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_bytes(b"half")
    assert work() == 0, "its lease has not run out"
    let_the_lease_run_out(export)
    assert work() == 1
    assert read_anew(export).state is ExportState.DONE
    assert len(written_files()) == 1


def test_one_that_was_thought_dead_writes_no_more(
    world: World, during: Callable[[Callable[[], object]], None]
) -> None:
    for _ in range(3):
        world.file()
    export = ask(world.clerk)

    def be_taken_over() -> None:
        let_the_lease_run_out(export)
        exports.claim(at=LATER)

    during(be_taken_over)
    assert work() == 0
    assert read_anew(export).state is ExportState.RUNNING
    assert not written_files()


def test_an_export_that_kills_its_process_is_given_up(small_world: World) -> None:
    export = ask(small_world.clerk)
    for _ in range(exports.MOST_ATTEMPTS):
        assert exports.claim(at=LATER) is not None
        let_the_lease_run_out(export)
    assert work() == 0
    assert read_anew(export).error.startswith("生成时反复中断")


def let_the_lease_run_out(export: Export) -> None:
    db.session.execute(update(Export).where(Export.id == export.id).values(leased_until=MONDAY))
    db.session.commit()


def test_a_full_disk_is_said_and_leaves_no_half_file(
    small_world: World, during: Callable[[Callable[[], object]], None]
) -> None:
    small_world.file()

    def fill_the_disk() -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    export = ask(small_world.clerk)
    during(fill_the_disk)
    assert work() == 0
    failed = read_anew(export)
    assert (failed.state, failed.leased_until) == (ExportState.FAILED, None)
    assert failed.error.startswith("存储空间不足")
    assert not written_files()


def test_a_process_that_is_asked_to_end_puts_it_back(
    small_world: World, during: Callable[[Callable[[], object]], None]
) -> None:
    small_world.file()
    export = ask(small_world.clerk)
    during(STOPPING.set)
    small_world.file()
    try:
        assert work() == 0
    finally:
        STOPPING.clear()
    assert (read_anew(export).state, export.attempts) == (ExportState.WAITING, 0)
    assert not written_files()


def test_more_rows_than_a_sheet_holds_are_refused_not_cut(
    small_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_world.file()
    export = ask(small_world.clerk)
    monkeypatch.setattr(ledgers, "MOST_ROWS", 1)
    assert work() == 0
    assert "超过一张 Excel 表" in read_anew(export).error
