"""Guides: the desk writes them, enterprises read what is published, and the filing form offers them."""

import re
from collections.abc import Callable

from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.guides import Guide
from tests.visitor import Visitor, counted
from tests.world import World

Visit = Callable[..., Visitor]


def write(clerk: Visitor, **more: int) -> None:
    words = {"title": "用电增容怎么申请", "body": "带身份证到供电窗口。", "keywords": "变压器扩容"}
    clerk.post("/admin/guides/new", status=302, **words, **more)


def suggested(visitor: Visitor, title: str) -> list[str]:
    answer = visitor.ask("GET", "/guides/suggested", query_string={"title": title})
    return [each["title"] for each in answer.get_json()["guides"]]


def test_an_enterprise_reads_what_the_desk_published(small_world: World, visit: Visit) -> None:
    clerk, owner = visit("clerk"), visit("owner")
    assert "还没有办事指南" in owner.get("/guides")
    write(clerk, category=small_world.category("用电").id)
    assert "/guides" in owner.get("/account")
    page = owner.get("/guides")
    assert "用电增容怎么申请" in page
    assert "维护指南" not in page
    path = re.search(r"/guides/\d+", page)
    assert path
    assert "带身份证到供电窗口。" in owner.get(path.group())
    assert suggested(owner, "车间变压器扩容找谁") == ["用电增容怎么申请"]
    assert suggested(owner, "") == suggested(owner, "\u3000" * 5000) == []


def test_what_is_not_published_does_not_exist_for_anybody_else(small_world: World, visit: Visit) -> None:
    db.session.add(Guide(title="用电增容怎么申请", keywords=[], body="草稿", active=False))
    db.session.commit()
    owner = visit("owner")
    assert "用电增容怎么申请" not in owner.get("/guides")
    owner.get("/guides/1", status=404)
    assert suggested(owner, "用电增容怎么申请") == []
    assert "用电增容怎么申请" in visit("clerk").get("/admin/guides")


def test_only_the_desk_writes_guides(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.CLOSED)
    for username in ("owner", "power", "supervisor", "admin"):
        visitor = visit(username)
        for path in ("/admin/guides", "/admin/guides/new"):
            visitor.get(path, status=404)
        visitor.post(f"/tickets/{ticket.id}/guide", status=404)
    assert visit().ask("GET", "/guides").status_code == 302


def test_an_answered_request_becomes_a_guide_that_is_published_once_it_was_gone_over(
    small_world: World, visit: Visit
) -> None:
    clerk = visit("clerk")
    unanswered = small_world.make(State.IN_PROGRESS)
    assert "写成办事指南" not in clerk.get(f"/tickets/{unanswered.id}")
    clerk.post(f"/tickets/{unanswered.id}/guide", status=409)
    ticket = small_world.make(State.CLOSED, title="增容变压器怎么申请")
    assert "写成办事指南" in clerk.get(f"/tickets/{ticket.id}")
    path = clerk.post(f"/tickets/{ticket.id}/guide")
    assert clerk.post(f"/tickets/{ticket.id}/guide") == path
    page = clerk.get(path)
    assert "已现场勘察，增设变压器。" in page
    assert "这篇没有发布" in page
    owner = visit("owner")
    assert "增容变压器怎么申请" not in owner.get("/guides")
    seen = re.search(r'name="seen"[^>]*value="(\d+)"', page)
    assert seen
    clerk.post(path, title="增容变压器怎么申请", body="到供电窗口申请。", active="y", seen=seen.group(1))
    assert "增容变压器怎么申请" in owner.get("/guides")


def test_a_suggestion_costs_one_statement_beside_the_sign_in(small_world: World, visit: Visit) -> None:
    write(visit("clerk"))
    owner = visit("owner")
    with counted() as before:
        owner.get("/guides/suggested?title=")
    with counted() as statements:
        suggested(owner, "车间变压器扩容找谁")
    assert len(statements) == len(before) <= 5
