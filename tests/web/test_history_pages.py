"""Tickets of another system on the pages of today: their people by name, their next steps for whoever may."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from service_desk.desk.history.importing import import_history
from service_desk.store.base import db
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor
from tests.world import World

Visit = Callable[..., Visitor]
ACTS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("accept", "02T09:30", {"by": {"role": "clerk", "name": "刘受理"}}),
    ("dispatch", "02T10:00", {"lead": "供电公司", "supports": ["金融办"]}),
    ("sign", "02T11:00", {"by": {"role": "handler", "name": "陈经办"}}),
    ("join_incident", "02T11:10", {"incident": "GX7"}),
    ("supervise", "02T11:20", {"level": 1, "text": "请抓紧"}),
    ("ask_enterprise", "02T12:00", {"text": "请提供合同"}),
    ("inform", "02T13:00", {"text": "已提供"}),
    ("ask_extension", "02T14:00", {"days": 2, "text": "等备件"}),
)


@pytest.fixture
def imported(small_world: World) -> Ticket:
    """A ticket in hand, with an order and a request that nobody has answered."""
    owner = small_world.owner.enterprise
    assert owner is not None
    owner.code = "91450804996639233K"
    db.session.commit()
    begun: dict[str, Any] = {
        "enterprise": {"code": owner.code, "name": "江海船舶"},
        "category": "用电",
        "title": "停电",
        "text": "整条路没电",
        "by": {"role": "contact", "name": "李一"},
    }
    acts = [("submit", "02T09:10", begun), *ACTS]
    lines = [
        json.dumps({"ticket": "L7", "seq": n, "event": event, "at": f"2026-03-{at}:00+08:00"} | fields)
        for n, (event, at, fields) in enumerate(acts)
    ]
    assert import_history(lines, at=datetime(2026, 3, 3, tzinfo=UTC)).refused == []
    return db.session.scalars(select(Ticket).where(Ticket.imported_number == "L7")).unique().one()


def test_the_desk_and_the_department_read_who_did_what(imported: Ticket, visit: Visit) -> None:
    path = f"/tickets/{imported.id}"
    clerk = visit("clerk").get(path)
    assert "刘受理" in clerk
    assert "陈经办" in clerk
    assert "原系统编号 L7" in clerk
    assert "陈经办" in visit("power").get(path)


def test_a_company_reads_its_own_people_only(imported: Ticket, visit: Visit) -> None:
    page = visit("owner").get(f"/tickets/{imported.id}")
    assert "停电" in page
    assert "刘受理" not in page
    # Who handles it is told; nothing else that was done there.
    assert "陈经办" not in page.replace("承办人陈经办", "")


def test_what_was_asked_over_there_is_decided_here(imported: Ticket, visit: Visit) -> None:
    page = visit("clerk").get(f"/tickets/{imported.id}/decide_extension")
    assert "等备件" in page
    assert "陈经办" not in visit("neighbour").client.get(f"/tickets/{imported.id}").text
