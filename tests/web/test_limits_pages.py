"""The tables of limits and ladders: for administrators alone, with what a change would do before it is saved."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from service_desk.desk import ladders, limits
from service_desk.domain.vocabulary import ClockKind, LimitClass, State
from service_desk.store.base import db
from service_desk.store.limits import LadderRow, LimitRow
from service_desk.store.lists import alterations_of
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]


def settle_cell() -> LimitRow:
    return next(row for row in limits.rows_of("settle") if row.limit_class is LimitClass.NORMAL)


def settle_ladder() -> LadderRow:
    return next(row for row in ladders.ladders_in_use() if row.kind is ClockKind.SETTLE)


def number_of(row_id: int) -> int:
    db.session.expire_all()
    return db.session.get_one(LimitRow, row_id).number


@pytest.mark.parametrize("who", ["clerk", "supervisor", "owner", "power_head", "auditor"])
@pytest.mark.parametrize("page", ["limits", "limits/new", "limits/1", "ladders", "ladders/new", "ladders/1"])
@pytest.mark.usefixtures("small_world")
def test_others_find_no_such_page(visit: Visit, who: str, page: str) -> None:
    visit(who).get(f"/admin/{page}", 404)


def test_open_clocks_are_asked_about_before_a_limit_is_saved(small_world: World, visit: Visit) -> None:
    ticket, row = small_world.make(State.IN_PROGRESS), settle_cell()
    admin = visit("admin")
    assert f'href="/admin/limits/{row.id}"' in admin.get("/admin/limits")
    asked = admin.post(f"/admin/limits/{row.id}", 422, number="8", unit="working_days")
    assert "1 个正在计时的时限" in asked
    assert ticket.number in asked
    assert "2026-03-09 周一 17:30 → 2026-03-12 周四 17:30" in asked
    assert ticket.title not in asked, "an administrator reads numbers and dates, nothing else of a ticket"
    assert number_of(row.id) == 5
    admin.post(f"/admin/limits/{row.id}", number="8", unit="working_days", follow="no")
    assert number_of(row.id) == 8
    assert "在办的诉求" in admin.get(f"/admin/limits/{row.id}")


@pytest.mark.usefixtures("small_world")
def test_the_effect_can_be_looked_at_without_saving(visit: Visit) -> None:
    row = settle_cell()
    page = visit("admin").post(f"/admin/limits/{row.id}", 200, number="8", unit="working_days", preview="1")
    assert "没有正在计时的时限会因此改变" in page
    assert number_of(row.id) == 5


def test_a_limit_that_makes_open_matters_late_at_once_says_so(small_world: World, visit: Visit) -> None:
    small_world.make(State.IN_PROGRESS)
    with time_machine.travel(MONDAY + timedelta(days=2), tick=False):
        admin, row = visit("admin"), settle_cell()
        lower = admin.post(f"/admin/limits/{row.id}", 200, number="1", unit="working_days", preview="1")
        assert "其中 1 个一并调整后立即超期" in lower
        other = admin.post(f"/admin/limits/{row.id}", 200, number="3", unit="working_days", preview="1")
        assert "立即超期" not in other


@pytest.mark.usefixtures("small_world")
def test_a_limit_in_hours_needs_a_ladder_with_steps_by_the_hour(visit: Visit) -> None:
    admin, row = visit("admin"), settle_cell()
    page = admin.post(f"/admin/limits/{row.id}", 422, number="30", unit="working_hours")
    assert "“办理”的提醒阶梯没有按小时的步骤" in page
    assert 'value="30"' in page
    steps: dict[str, Any] = {"steps-0-when": "at_due", "steps-0-recipients": ["handler"]}
    admin.post(f"/admin/ladders/{settle_ladder().id}", **steps, follow="yes")
    assert "没有按天的步骤" in admin.post(f"/admin/limits/{row.id}", 422, number="6", unit="working_days")
    admin.post(f"/admin/limits/{row.id}", number="30", unit="working_hours")
    assert number_of(row.id) == 30


@pytest.mark.parametrize(
    "given",
    [{"number": "0"}, {"number": "10000"}, {"number": "x"}, {"number": ""}, {"number": "5", "unit": "date"}],
)
@pytest.mark.usefixtures("small_world")
def test_a_limit_that_is_none_comes_back_with_a_sentence(visit: Visit, given: dict[str, Any]) -> None:
    row = settle_cell()
    page = visit("admin").post(f"/admin/limits/{row.id}", 422, **({"unit": "working_days"} | given))
    assert 'role="alert"' in page
    assert number_of(row.id) == 5


def test_a_special_limit_is_added_changed_and_put_out_of_use(small_world: World, visit: Visit) -> None:
    world, admin = small_world, visit("admin")
    form: dict[str, Any] = {"kind": "settle", "limit_class": "normal", "number": "3", "unit": "working_days"}
    refused = admin.post("/admin/limits/new", 422, **form)
    assert "请选择类别或来源" in refused
    admin.post("/admin/limits/new", **form, category=str(world.category().id))
    row = next(each for each in limits.rows_of("settle") if each.is_special)
    assert "用电 · 一般 · 办理" in admin.get("/admin/limits")
    admin.post(f"/admin/limits/{row.id}", number="4", unit="working_days", seen=str(last("limits", row.id)))
    assert "已停用" in admin.get("/admin/limits")


def last(noun: str, row_id: int) -> int:
    return alterations_of(noun, row_id)[0].id


@pytest.mark.usefixtures("small_world")
def test_who_was_slower_is_told_and_keeps_what_was_typed(visit: Visit) -> None:
    row, admin = settle_cell(), visit("admin")
    admin.post(f"/admin/limits/{row.id}", number="6", unit="working_days")
    page = admin.post(f"/admin/limits/{row.id}", 409, number="7", unit="working_days", seen="0")
    assert 'value="7"' in page
    assert number_of(row.id) == 6


@pytest.mark.usefixtures("small_world")
def test_a_ladder_is_read_in_words_and_changed_step_by_step(visit: Visit) -> None:
    admin, row = visit("admin"), settle_ladder()
    page = admin.get("/admin/ladders")
    assert "时限过半：承办人；仅在尚未联系企业时" in page
    assert "记黄牌" in page
    assert "发一级督办单" in page
    admin.get(f"/admin/ladders/{row.id}")
    steps: dict[str, Any] = {
        "steps-0-when": "overdue", "steps-0-count": "2", "steps-0-card": "red",
        "steps-0-recipients": ["handler", "head"],
        "steps-1-when": "left", "steps-1-count": "1", "steps-1-at": "14:00", "steps-1-recipients": ["handler"],
        "steps-2-when": "", "steps-2-count": "9",
    }  # fmt: skip
    admin.post(f"/admin/ladders/{row.id}", **steps, follow="yes")
    assert "剩 1 个工作日 14:00：承办人" in admin.get("/admin/ladders")
    db.session.expire_all()
    assert [each["key"] for each in settle_ladder().steps] == ["left_1", "overdue_2"]


@pytest.mark.usefixtures("small_world")
def test_a_ladder_changed_for_later_clocks_alone_is_found_where_it_was(visit: Visit) -> None:
    admin, row = visit("admin"), settle_ladder()
    wanted: dict[str, Any] = {"steps-0-when": "left", "steps-0-count": "1", "steps-0-recipients": "head"}
    admin.post(f"/admin/ladders/{row.id}", **wanted, follow="no")
    db.session.expire_all()
    assert settle_ladder().id != row.id
    wanted["steps-0-count"] = "7"
    page = admin.post(f"/admin/ladders/{row.id}", 409, **wanted, follow="yes")
    assert "admin名改过这一条" in page
    assert 'value="7"' in page
    admin.get(f"/admin/ladders/{row.id}")


@pytest.mark.usefixtures("small_world")
def test_a_ladder_that_is_none_comes_back_with_what_was_typed(visit: Visit) -> None:
    row = settle_ladder()
    wanted: dict[str, Any] = {"steps-0-when": "left", "steps-0-count": "77", "steps-0-recipients": "head"}
    page = visit("admin").post(f"/admin/ladders/{row.id}", 422, **wanted)
    assert 'value="77"' in page
    assert "应在 0 到 60 之间" in page
    wanted = {"steps-0-when": "half", "steps-0-count": "3", "steps-0-recipients": "head"}
    page = visit("admin").post(f"/admin/ladders/{row.id}", 422, **wanted)
    assert "“时限过半”和“到期时”不用填数字" in page


def test_the_pages_have_a_bounded_price(small_world: World, visit: Visit) -> None:
    for number in range(4):
        small_world.make(State.IN_PROGRESS, title=f"第{number}件")
    admin, row, ladder = visit("admin"), settle_cell(), settle_ladder()
    for page in ("/admin/limits", f"/admin/limits/{row.id}", "/admin/ladders", f"/admin/ladders/{ladder.id}"):
        with counted() as statements:
            admin.get(page)
        assert len(statements) <= 15, (page, statements)
    with counted() as statements:
        admin.post(f"/admin/limits/{row.id}", 200, number="8", unit="working_days", preview="1")
    assert len(statements) <= 15, statements
