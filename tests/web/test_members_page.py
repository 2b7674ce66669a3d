"""Members of an enterprise by pages, and what of its requests each of them is shown."""

import re
from collections.abc import Callable

import pytest

from service_desk.desk import members
from service_desk.domain.vocabulary import State
from tests.visitor import Visitor, a_file, counted
from tests.web.test_loop_pages import PDF, request_form
from tests.world import MONDAY, PASSWORD, World

Visit = Callable[..., Visitor]
LINK = re.compile(r"/set-password/[\w-]+")


def test_an_owner_invites_limits_and_removes_a_member(small_world: World, visit: Visit) -> None:
    owner = visit("owner")
    water = small_world.category("供水")
    assert "/members" in owner.get("/account")
    owner.get("/members/new")
    page = owner.post("/members/new", status=200, name="王二", phone="13900002222", topics=water.id)
    assert "账号 13900002222" in page
    link = LINK.search(page)
    assert link
    visit().post(link.group(), new=PASSWORD, repeat=PASSWORD)
    member = visit("13900002222")
    page = owner.get("/members")
    assert "看自己提交的，和本企业的供水" in page
    found = re.search(r'href="(/members/\d+)"[^>]*>\s*<span class="line-title">王二', page)
    assert found
    path = found.group(1)
    owner.post(path)
    assert "看自己提交的，和本企业的供水" not in owner.get("/members")
    assert LINK.search(owner.post(f"{path}/link", status=200))
    member.get("/")
    owner.post(f"{path}/remove")
    member.get("/", status=302)
    assert "王二" not in re.sub(r'class="flashes".*?</div>', "", owner.get("/members"), flags=re.DOTALL)


def test_members_do_not_exist_for_whoever_is_no_owner(small_world: World, visit: Visit) -> None:
    number = small_world.member.id
    for username in ("member", "clerk", "admin"):
        visitor = visit(username)
        assert "/members" not in visitor.get("/account")
        for path in ("/members", "/members/new", f"/members/{number}"):
            visitor.get(path, status=404)
        for path in (
            "/members/new",
            f"/members/{number}",
            f"/members/{number}/link",
            f"/members/{number}/remove",
        ):
            visitor.post(path, status=404)
    neighbour = visit("neighbour")
    neighbour.get(f"/members/{number}", status=404)
    for path in ("", "/link", "/remove"):
        neighbour.post(f"/members/{number}{path}", status=404)
    assert small_world.member.active


def test_a_list_of_many_members_costs_as_little_as_one_of_few(small_world: World, visit: Visit) -> None:
    topics = [small_world.category(name).id for name in ("供水", "用电")]
    for number in range(20):
        phone = f"139000022{number:02}"
        members.invite(name=phone, phone=phone, email=None, topics=topics, by=small_world.owner, at=MONDAY)
    owner = visit("owner")
    with counted() as statements:
        owner.get("/members")
    assert len(statements) <= 15


def test_what_is_wrong_with_an_invitation_is_said_beside_it(small_world: World, visit: Visit) -> None:
    owner = visit("owner")
    assert "手机号和邮箱至少填一个" in owner.post("/members/new", status=422, name="王二")
    assert "请填写手机号" in owner.post("/members/new", status=422, name="王二", phone="abc")
    assert "请填写“姓名”" in owner.post("/members/new", status=422, phone="13900002222")
    owner.post("/members/new", status=422, name="王二", phone="13900002222", topics="999999")


@pytest.mark.parametrize("topic", [None, "用电"], ids=["own requests only", "entrusted with the topic"])
def test_a_member_finds_what_they_may_see_on_every_page_and_nothing_else(
    small_world: World, visit: Visit, topic: str | None
) -> None:
    member = small_world.member
    owner = visit("owner")
    filed = owner.post("/tickets/new", **request_form(small_world, files=a_file(PDF, "合同.pdf")))
    path = filed.removesuffix("/filed")
    hidden = small_world.make(State.IN_PROGRESS, title="与成员无关的事", category="融资")
    if topic:
        topics = [small_world.category(topic).id]
        members.entrust(member.id, topics=topics, by=small_world.owner, at=MONDAY)
    attachment = re.search(r"/attachments/\d+", owner.get(path))
    assert attachment
    visitor = visit("member")
    status = 200 if topic else 404
    shown = "车间电压不稳，需增容变压器"
    for page in ("/", "/tickets", "/tickets?q=电压", "/notices"):
        text = visitor.get(page)
        assert hidden.title not in text, page
        if page != "/notices":
            assert (shown in text) == bool(topic), page
    for page in (path, f"{path}/papers/receipt"):
        visitor.get(page, status=status)
    with visitor.ask("GET", attachment.group()) as answer:
        assert answer.status_code == status
    assert visitor.ask("POST", f"{path}/urge", data={}).status_code == (302 if topic else 404)
    visitor.get(f"/tickets/{hidden.id}", status=404)
    for page in ("/exports", "/reports", "/dashboard"):
        visitor.get(page, status=404)
