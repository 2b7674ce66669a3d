"""Filing for an enterprise that has called: its name is found by a few characters, its area is known."""

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from service_desk.store.base import db
from service_desk.store.enterprises import Enterprise, EnterpriseStatus
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]


def told(world: World, enterprise: str, **more: Any) -> dict[str, Any]:
    return {
        "enterprise": enterprise,
        "category": world.category().id,
        "title": "电压不稳",
        "text": "焊机跳闸",
        "contact_name": "李一",
        "contact_phone": "13800001111",
        "submission_key": "k" * 20,
        **more,
    }


def another(name: str) -> None:
    db.session.add(Enterprise(name=name, status=EnterpriseStatus.APPROVED, registered_at=MONDAY))
    db.session.commit()


def filed() -> Ticket:
    return db.session.scalars(select(Ticket).order_by(Ticket.id.desc()).limit(1)).unique().one()


def test_a_part_of_the_name_that_fits_one_alone_is_enough(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    for words in ("江海", "江海船舶", "91450804ma5k000018"):
        clerk.post("/tickets/new", **told(small_world, words, submission_key=words * 10))
        assert filed().enterprise.name == "江海船舶", words
        assert filed().area == filed().enterprise.area
    assert db.session.scalar(select(func.count(Ticket.id))) == 3


def test_several_or_none_are_said_and_nothing_typed_is_lost(small_world: World, visit: Visit) -> None:
    another("江海船舶配套")
    clerk = visit("clerk")
    page = clerk.post("/tickets/new", status=422, **told(small_world, "江海"))
    assert "有几家企业名称相近：江海船舶、江海船舶配套。" in page
    assert "焊机跳闸" in page
    clerk.post("/tickets/new", **told(small_world, "江海船舶"))
    page = clerk.post("/tickets/new", status=422, **told(small_world, "无此企业"))
    assert "名录里没有这家企业" in page


def test_an_area_that_is_not_known_is_asked_for(small_world: World, visit: Visit) -> None:
    another("新来的企业")
    page = visit("clerk").post("/tickets/new", status=422, **told(small_world, "新来"))
    assert "请选择片区" in page


def test_names_are_offered_to_whom_may_file_for_them(small_world: World, visit: Visit) -> None:
    def names(who: str, words: str) -> list[str]:
        found: list[str] = json.loads(visit(who).get(f"/tickets/new/enterprises?q={words}"))["names"]
        return found

    assert names("clerk", "三友") == ["三友服饰"]
    assert names("clerk", "三") == []
    assert names("officer", "江海") == ["江海船舶"]
    assert names("officer", "三友") == []
    for who in ("owner", "power", "admin"):
        visit(who).get("/tickets/new/enterprises?q=江海", status=404)


def test_an_officer_files_for_their_own_alone(small_world: World, visit: Visit) -> None:
    officer = visit("officer")
    officer.post("/tickets/new", status=422, **told(small_world, "三友服饰"))
    officer.post("/tickets/new", **told(small_world, "江海"))
