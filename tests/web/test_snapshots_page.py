"""冻结的月份: the supervisor's pages of what was reported, and of what has changed since."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape

import time_machine

from service_desk import clock
from service_desk.desk import closing, facts, snapshots
from service_desk.domain.vocabulary import Nature, State
from service_desk.store.base import db
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor, counted
from tests.world import CHINA, World

Visit = Callable[..., Visitor]
MOST = 15
MARCH = date(2026, 3, 1)
LAST_DAY = datetime(2026, 3, 31, 9, 30, tzinfo=CHINA)
FROZEN = datetime(2026, 4, 1, 9, 30, tzinfo=CHINA)
HOUR = timedelta(hours=1)


def frozen_and_reworked(world: World) -> Ticket:
    """March, frozen, and the request of it that was opened again."""
    world.make(State.CLOSED, at=LAST_DAY)
    ticket = world.make(State.CLOSED, at=LAST_DAY)
    snapshots.freeze(MARCH, as_of=FROZEN, by=world.supervisor)
    closing.rework(ticket.id, by=world.clerk, at=FROZEN + HOUR, reason="又跳闸了。")
    return ticket


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_the_page_names_the_figure_and_the_ticket_with_what_was_and_is(
    small_world: World, visit: Visit
) -> None:
    ticket = frozen_and_reworked(small_world)
    supervisor = visit("supervisor")
    page = supervisor.get("/reports/months/2026-03")
    said = text_of(page)
    assert "指标 变化 冻结时 现在" in said, "on a phone the change is seen first"
    assert "重办率 有变化 上升 50.00 个百分点 0.00% 0/2 50.00% 1 / 2" in said
    assert said.index("有变化") < said.index("没有变化"), "what changed stands first"
    for address in re.findall(r'href="(/reports/tickets\?[^"]+)"', page)[:20]:
        supervisor.get(unescape(address))
    listed = text_of(supervisor.get("/reports/months/2026-03/tickets"))
    assert re.search(rf"{ticket.number} 车间电压不稳.* 重办率 只计分母 → 分子", listed)
    by_line = text_of(supervisor.get("/reports/months/2026-03?by=department"))
    assert "重办率 供电公司 有变化" in by_line
    assert "提交数 供电公司" not in by_line
    assert "提交数 供电公司 没有变化 2 2" in text_of(
        supervisor.get("/reports/months/2026-03?by=department&all=1")
    )
    assert "供电公司 只计分母 → 供电公司 分子" in text_of(
        supervisor.get("/reports/months/2026-03/tickets?by=department")
    )


def test_a_duration_says_its_unit(small_world: World, visit: Visit) -> None:
    small_world.make(State.CLOSED, at=LAST_DAY)
    snapshots.freeze(MARCH, as_of=FROZEN, by=small_world.supervisor)
    said = text_of(visit("supervisor").get("/reports/months/2026-03"))
    assert "办理时长（平均） 没有变化 0.00 个工作日 0/1 0.00 个工作日" in said
    assert "办理时长（中位数） 没有变化 0 个工作日 0 个工作日" in said
    assert "平均流转次数 没有变化 1.00 次" in said
    snapshots.freeze(date(2026, 2, 1), as_of=FROZEN, by=small_world.supervisor)
    said = text_of(visit("supervisor").get("/reports/months/2026-02"))
    assert "办理时长（平均） 没有变化 — 0/0 — 0 / 0" in said, "nothing to divide has no unit"


def test_last_month_is_frozen_once_by_whoever_says_it_was_checked(small_world: World, visit: Visit) -> None:
    small_world.make(State.CLOSED, at=LAST_DAY)
    with time_machine.travel(FROZEN, tick=False):
        supervisor = visit("supervisor")
        page = supervisor.get("/reports/months")
        assert "已上报的数字不再变；之后的更正、补评、重办在这里看差异。" in page
        assert "冻结上月（2026 年 3 月）" in page
        month = re.findall(r'name="month" value="([^"]+)"', page)[0]
        refused = supervisor.post("/reports/months", status=422, month=month)
        assert "请先核对上月的数字，勾选后再冻结。" in refused
        assert supervisor.post("/reports/months", month=month, checked="y") == "/reports/months/2026-03"
        again = supervisor.post("/reports/months", month=month)
        assert again == "/reports/months/2026-03", "a second click leads to what is frozen"
        assert "由supervisor名冻结" in supervisor.get("/reports/months/2026-03")
        page = supervisor.get("/reports/months")
        assert "冻结上月" not in page
        assert "冻结人：supervisor名" in page
        for other in ("2026-04", "2026-02"):
            assert supervisor.post("/reports/months", month=other) == "/reports/months"
            supervisor.get(f"/reports/months/{other}", status=404)
        supervisor.post("/reports/months", month="latest", status=404)


def test_a_month_that_is_not_frozen_or_none_is_not_there(small_world: World, visit: Visit) -> None:
    snapshots.freeze(MARCH, as_of=FROZEN, by=small_world.supervisor)
    supervisor = visit("supervisor")
    for month in ("2026-02", "2026-13", "2026-3", "march", "2026-03-01", "２０２６-03"):
        for page in ("", "/tickets"):
            supervisor.get(f"/reports/months/{month}{page}", status=404)


def test_nobody_else_finds_the_months(small_world: World, visit: Visit) -> None:
    snapshots.freeze(MARCH, as_of=FROZEN, by=small_world.supervisor)
    for username in ("owner", "clerk", "quality", "power_head", "officer", "leader", "admin", "auditor"):
        visitor = visit(username)
        for path in ("/reports/months", "/reports/months/2026-03", "/reports/months/2026-03/tickets"):
            visitor.get(path, status=404)
        visitor.post("/reports/months", status=404, month="2026-03")
    assert "/reports/months" not in visit("clerk").get("/reports")
    assert 'href="/reports/months"' in visit("supervisor").get("/reports")


def test_a_complaint_is_not_named_to_those_it_complains_of(small_world: World, visit: Visit) -> None:
    world = small_world
    office = world.department("金融办")
    complaint = world.make(State.CLOSED, at=LAST_DAY, nature=Nature.COMPLAINT, against=office)
    snapshots.freeze(MARCH, as_of=FROZEN, by=world.supervisor)
    closing.rework(complaint.id, by=world.clerk, at=FROZEN + HOUR, reason="仍未退费。")
    supervisor, path = visit("supervisor"), "/reports/months/2026-03/tickets"
    assert complaint.number in supervisor.get(path)
    world.supervisor.department_id = world.department("金融办").id
    db.session.commit()
    assert complaint.number not in supervisor.get(path)


def test_a_page_shows_fifty_and_leads_to_the_next(small_world: World, visit: Visit) -> None:
    snapshots.freeze(MARCH, as_of=FROZEN, by=None)
    tickets = [small_world.file(at=LAST_DAY) for _ in range(51)]
    supervisor, path, seen = visit("supervisor"), "/reports/months/2026-03/tickets", []
    while path:
        page = supervisor.get(path)
        seen += re.findall(r'href="/tickets/(\d+)"', page)
        found = re.search(r'rel="next" href="([^"]+)"', page)
        path = unescape(found.group(1)) if found else ""
    assert seen == [str(ticket.id) for ticket in reversed(tickets)]


def test_the_pages_cost_a_handful_of_statements(small_world: World, visit: Visit) -> None:
    """Whether the rows of what was done since are stored already, or told on the spot."""
    frozen_and_reworked(small_world)
    facts.store_facts(clock.now())
    frozen_and_reworked(small_world)
    supervisor = visit("supervisor")
    for path in ("", "/2026-03", "/2026-03?by=area", "/2026-03/tickets?by=area"):
        supervisor.get(f"/reports/months{path}")
        with counted() as statements:
            supervisor.get(f"/reports/months{path}")
        assert len(statements) <= MOST, (path, statements)
