"""The page 导出: from the list of tickets to the file in one's hands."""

import io
from collections.abc import Callable

import pytest
from openpyxl import load_workbook

from service_desk import clock
from service_desk.desk import exports
from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.exports import Export, ExportKind
from service_desk.store.queues import Filter
from tests.visitor import Visitor, counted
from tests.world import World

Visit = Callable[..., Visitor]


def latest() -> Export:
    db.session.expire_all()
    return db.session.query(Export).order_by(Export.id.desc()).first() or pytest.fail("no export")


def test_a_ledger_is_asked_for_on_the_list_and_taken_when_it_is_there(
    small_world: World, visit: Visit
) -> None:
    filed = small_world.file()
    small_world.make(State.CLOSED)
    clerk = visit("clerk")
    assert "/exports/new?state=submitted" in clerk.get("/tickets?state=submitted")
    asked = clerk.get("/exports/new?state=submitted")
    assert "待受理" in asked
    assert "1 件" in asked
    assert clerk.post("/exports?state=submitted") == "/exports"
    waiting = clerk.get("/exports")
    assert "排队中" in waiting
    assert "data-refreshing" in waiting
    exports.write_waiting(clock.now, organisation="专窗")
    page = clerk.get("/exports")
    assert "已完成" in page
    assert "状态：待受理" in page
    assert "data-refreshing" not in page
    answer = clerk.ask("GET", f"/exports/{latest().id}/file")
    assert answer.status_code == 200
    assert "attachment" in answer.headers["Content-Disposition"]
    sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    answer.close()
    assert (sheet["B4"].value, sheet["L4"].value) == (filed.number, "138****1111")


def test_the_link_is_for_one_person_alone(small_world: World, visit: Visit) -> None:
    visit("clerk").post("/exports")
    exports.write_waiting(clock.now, organisation="专窗")
    for other in ("clerk2", "supervisor", "owner", "auditor"):
        visit(other).get(f"/exports/{latest().id}/file", status=404)
    visit("clerk2").post(f"/exports/{latest().id}/cancel", status=404)


@pytest.mark.parametrize("who", ["owner", "officer", "leader", "admin", "auditor"])
def test_others_have_no_such_page(visit: Visit, who: str) -> None:
    visitor = visit(who)
    for path in ("/exports", "/exports/new"):
        visitor.get(path, status=404)
    visitor.post("/exports", status=404)
    assert "导出台账" not in visitor.get("/tickets")


def test_contacts_in_full_ask_for_a_reason(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    assert "请写明为什么" in clerk.post("/exports", status=422, contacts="y")
    assert clerk.post("/exports", contacts="y", reason="逐户电话回访") == "/exports"
    assert "逐户电话回访" in clerk.get("/exports")
    handler = visit("power")
    assert 'name="contacts"' not in handler.get("/exports/new")
    handler.post("/exports", status=403, contacts="y", reason="逐户电话回访")


def test_one_that_waits_can_be_cancelled(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.post("/exports")
    clerk.post(f"/exports/{latest().id}/cancel")
    page = clerk.get("/exports")
    assert "已取消" in page
    assert exports.write_waiting(clock.now, organisation="专窗") == 0


def test_the_page_is_cheap(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    for number in range(5):
        exports.ask_for(ExportKind.LEDGER, Filter(q=str(number)), by=small_world.clerk, at=clock.now())
    for path in ("/exports", "/exports/new"):
        with counted() as seen:
            clerk.get(path)
        assert len(seen) <= 15
