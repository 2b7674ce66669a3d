"""The first days of a desk: the list of what to set up, the demo taken out, and the minute's tour of each role."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from flask import current_app
from sqlalchemy import delete, func, select

from service_desk.desk.readiness import Item, Ready, readiness
from service_desk.store.base import db
from service_desk.store.enterprises import Area, Liaison
from service_desk.store.people import User, UserRole
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
MOST = 15


def state_of(page: str, item: str) -> str:
    """What the list says of an item, from its line."""
    return page.split(f'<li id="{item}">')[1].split("</li>", maxsplit=1)[0]


def test_an_administrator_of_a_bare_desk_begins_with_the_list(small_world: World, visit: Visit) -> None:
    admin = visit("admin")
    page = admin.get("/")
    assert "开通清单" in page
    people = state_of(page, "people")
    assert "待办" in people
    assert "缺经办人或负责人" in people
    for name in ("水务公司", "文旅体育局"):
        assert name in people, "however many they are, each is named"
    assert "现有 1 个片区" in state_of(page, "areas")
    with counted() as statements:
        admin.get("/")
    assert len(statements) <= MOST


def test_what_no_row_can_tell_is_confirmed(small_world: World, visit: Visit) -> None:
    admin = visit("admin")
    assert "待办" in state_of(admin.get("/admin/start"), "backup")
    admin.post("/admin/start/backup")
    line = state_of(admin.get("/admin/start"), "backup")
    assert "已完成" in line
    assert "我已确认" not in line
    assert re.search(r"admin名 \d{4}-\d\d-\d\d 确认", line)
    admin.post("/admin/start/backup", undo="1")
    line = state_of(admin.get("/admin/start"), "backup")
    assert "待办" in line
    assert "我已确认" in line
    assert admin.post("/admin/start/people", status=404)
    assert admin.post("/admin/start/nothing", status=404)


@pytest.mark.parametrize(
    ("now", "ready"),
    [
        pytest.param(MONDAY, Ready.DONE, id="in March the notice of next year is not out yet"),
        pytest.param(
            MONDAY.replace(month=11), Ready.DONE, id="in November it may be, and a desk begins without"
        ),
        pytest.param(MONDAY.replace(year=MONDAY.year + 1), Ready.TO_DO, id="this year's is missing"),
    ],
)
def test_the_calendar_is_done_while_this_years_notice_is_there(
    small_world: World, now: datetime, ready: Ready
) -> None:
    lines = readiness(now, desk_name="专窗", desk_phone="", base_url="http://desk", sends_mail=True)
    told = {line.item: line.ready for line in lines}
    assert told[Item.CALENDAR] is ready
    assert told[Item.CHANNELS] is Ready.DONE


def test_a_park_may_do_without_areas(small_world: World, visit: Visit) -> None:
    for area in db.session.scalars(select(Area)):
        area.active = False
    db.session.commit()
    admin = visit("admin")
    assert "待办" in state_of(admin.get("/admin/start"), "areas")
    admin.post("/admin/start/areas")
    assert "不需要" in state_of(admin.get("/admin/start"), "areas")


@pytest.mark.parametrize("username", ["owner", "clerk", "supervisor", "auditor"])
def test_others_set_nothing_up_and_remove_nothing(small_world: World, visit: Visit, username: str) -> None:
    visitor = visit(username)
    for path in ("/admin/start", "/admin/demo"):
        visitor.get(path, status=404)
    visitor.post("/admin/demo", status=404, words="删除演示数据")
    visitor.post("/admin/start/backup", status=404)


def test_the_demo_goes_once_the_words_are_typed(small_world: World, visit: Visit) -> None:
    small_world.file(by="neighbour").is_demo = True
    small_world.neighbour.is_demo = True
    db.session.commit()
    admin = visit("admin")
    assert "/admin/demo" in admin.get("/admin")
    assert "我的待办" in admin.get("/")
    assert "请在下面的框里写" in admin.post("/admin/demo", status=422, words="好")
    assert db.session.scalar(select(func.count(Ticket.id))) == 1
    admin.post("/admin/demo", words="删除演示数据")
    db.session.rollback()
    assert db.session.scalar(select(func.count(Ticket.id))) == 0
    assert "/admin/demo" not in admin.get("/admin")
    assert "这里没有演示数据" in admin.get("/admin/demo")


def test_a_demo_administrator_cannot_remove_the_demo_and_themselves(small_world: World, visit: Visit) -> None:
    small_world.admin.is_demo = True
    db.session.commit()
    assert "先给自己建一个管理员账号" in visit("admin").post("/admin/demo", status=422, words="删除演示数据")


def test_an_empty_desk_says_how_its_first_administrator_comes_to_be(small_world: World, visit: Visit) -> None:
    assert "还没有账号" not in visit().get("/sign-in")
    for table in (Liaison, UserRole, User):
        db.session.execute(delete(table))
    db.session.commit()
    page = visit().get("/sign-in")
    assert "这个专窗还没有账号" in page
    assert "people add 姓名 --username admin --role admin" in page


def test_everybody_is_told_their_first_steps_until_they_know_the_way(
    small_world: World, visit: Visit
) -> None:
    db.session.add(User(username="pretend", name="演示", is_demo=True))
    db.session.commit()
    for username in ("owner", "clerk", "quality", "power", "power_head", "officer", "leader", "supervisor",
                     "admin", "auditor"):  # fmt: skip
        visitor = visit(username)
        page = visitor.get("/")
        card = page.split('<section class="card tour"')[1].split("</section>")[0]
        assert 3 <= card.count("<li>") <= 5
        for address in re.findall(r'<a href="([^"]+)"', card):
            visitor.get(address)
    visitor = visit("owner")
    assert "新手提示再看一次" not in visitor.get("/account")
    visitor.post("/account/tour")
    assert "一分钟上手" not in visitor.get("/")
    assert "新手提示再看一次" in visitor.get("/account")
    visitor.post("/account/tour", again="on")
    assert "一分钟上手" in visitor.get("/")


def test_the_first_steps_stay_put_away_when_the_queue_is_laid_out_anew(
    small_world: World, visit: Visit
) -> None:
    clerk = visit("clerk")
    clerk.post("/account/tour")
    clerk.post("/account/queue", density="loose", columns="due")
    assert "一分钟上手" not in clerk.get("/")


def test_the_desks_telephone_is_at_the_foot_of_every_page(small_world: World, visit: Visit) -> None:
    assert "专窗电话" not in visit().get("/sign-in")
    settings = current_app.config["SETTINGS"]
    current_app.config["SETTINGS"] = replace(settings, desk_phone="0535 812 1000")
    try:
        for visitor, path in (
            (visit(), "/sign-in"),
            (visit("owner"), "/"),
            (visit("clerk"), "/no-such-page"),
        ):
            page = visitor.get(path, status=404 if "no-such" in path else 200)
            assert '专窗电话 <a href="tel:05358121000">0535 812 1000</a>' in page
        assert "电话0535 812 1000" in visit("admin").get("/admin/start")
    finally:
        current_app.config["SETTINGS"] = settings
