"""定期发送: a list that supervisors keep, found from the reports."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from service_desk.desk import exports, schedules
from service_desk.store.base import db
from service_desk.store.schedules import Schedule
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
FORM: dict[str, Any] = {
    "name": "月报",
    "kind": "closure",
    "covers": "last_month",
    "every": "working_day",
    "number": "1",
    "at_time": "08:30",
    "roles": "supervisor",
    "seen": "0",
}


def test_a_supervisor_sets_it_up_and_reads_what_became_of_it(small_world: World, visit: Visit) -> None:
    with time_machine.travel(MONDAY, tick=False):
        supervisor = visit("supervisor")
        assert "/admin/schedules" in supervisor.get("/reports")
        page = supervisor.get("/admin/schedules/new")
        assert "逢休息日顺延" in page
        assert supervisor.post("/admin/schedules/new", **FORM) == "/admin/schedules"
        schedule = db.session.query(Schedule).one()
        listed = supervisor.get("/admin/schedules")
        assert listed.count("每月第 1 个工作日 08:30") == 2, "in the list and in its history"
        assert "每月第几个工作日" not in listed
        page = supervisor.get(f"/admin/schedules/{schedule.id}")
        assert "每月第 1 个工作日 08:30 发送，下一次是 2026-04-01 周三 08:30" in page
        assert "统计 2026-03-01 至 2026-03-31" in page
    schedules.send_due(MONDAY)
    late = MONDAY + timedelta(days=40)
    schedules.send_due(late)
    exports.write_waiting(lambda: late, organisation="专窗")
    supervisor = visit("supervisor")
    with counted() as seen:
        page = supervisor.get(f"/admin/schedules/{schedule.id}")
    assert "发给 1 人" in page
    assert "没有启用邮件，只在系统内通知" in page
    assert len(seen) <= 15


def test_what_is_wrong_is_said_where_it_was_typed(small_world: World, visit: Visit) -> None:
    page = visit("supervisor").post("/admin/schedules/new", status=422, **FORM | {"at_time": "早上"})
    assert "请写成“08:30”这样的时间" in page
    assert 'value="月报"' in page


@pytest.mark.parametrize("who", ["clerk", "quality", "admin", "auditor", "power_head", "owner"])
def test_nobody_else_finds_it(small_world: World, visit: Visit, who: str) -> None:
    visitor = visit(who)
    for path in ("/admin/schedules", "/admin/schedules/new"):
        visitor.get(path, status=404)
    visitor.post("/admin/schedules/new", status=404, **FORM)


def test_supervisors_find_no_list_of_the_administrator(small_world: World, visit: Visit) -> None:
    supervisor = visit("supervisor")
    for path in ("/admin", "/admin/people", "/admin/rules/new", "/admin/people/1"):
        supervisor.get(path, status=404)
