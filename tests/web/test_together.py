"""Several people before one ticket: drafts, presence, gathering; and what strangers get."""

from collections.abc import Callable
from datetime import timedelta

import time_machine

from service_desk.desk import cases, incidents, inquiries
from service_desk.desk.rating_links import make_rating_link
from service_desk.domain.vocabulary import Nature, State
from service_desk.store.base import db
from service_desk.store.drafts import ActionDraft
from service_desk.store.incidents import Incident
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]


def test_what_is_typed_for_a_reply_is_there_the_next_time_and_gone_when_sent(
    small_world: World, visit: Visit
) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    power, path = visit("power"), f"/tickets/{ticket.id}"
    assert "saved_at" in power.ask("POST", f"{path}/reply/draft", data={"text": "已更换变压"}).text
    assert "已更换变压" in power.get(f"{path}/reply")
    assert "已更换变压" not in visit("power2").get(f"{path}/reply")
    power.post(f"{path}/reply", outcome="solved", text="已更换变压器。")
    assert db.session.query(ActionDraft).count() == 0


def test_a_draft_is_for_whoever_sees_the_ticket(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    answer = visit("finance").ask("POST", f"/tickets/{ticket.id}/reply/draft", data={"text": "x"})
    assert answer.status_code == 404


def test_colleagues_are_told_of_each_other_and_sides_are_not(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    path = f"/tickets/{ticket.id}/presence"
    clerk, clerk2, power = visit("clerk"), visit("clerk2"), visit("power")
    assert clerk.ask("POST", path, data={"typing": "true"}).json == {"others": []}
    assert clerk2.ask("POST", path, data={}).json == {"others": ["clerk名正在填写"]}
    assert power.ask("POST", path, data={}).json == {"others": []}
    assert clerk.ask("POST", path, data={}).json == {"others": ["clerk2名正在查看"]}
    assert visit("neighbour").ask("POST", path, data={}).status_code == 404


def test_shared_requests_are_gathered_in_one_step(small_world: World, visit: Visit) -> None:
    with time_machine.travel(MONDAY + timedelta(hours=3), tick=False):
        mine = small_world.file()
        other = small_world.file(
            by="neighbour", title="车间电压不稳，变压器要增容", at=MONDAY + timedelta(hours=1)
        )
        clerk = visit("clerk")
        page = clerk.get(f"/tickets/{mine.id}")
        assert "其他企业 3 天内的相似诉求" in page
        chosen = {"with": str(other.id), "title": "园区北片电压不稳"}
        assert clerk.ask("POST", f"/tickets/{mine.id}/gather", data=chosen).status_code == 302
    incident = db.session.query(Incident).one()
    assert incident.title == "园区北片电压不稳"
    numbers = {small_world.ticket(each.number).incident_id for each in (mine, other)}
    assert numbers == {incident.id}
    assert visit("power").ask("POST", f"/tickets/{mine.id}/gather", data={}).status_code == 404


def test_a_link_opens_a_page_for_strangers_and_only_sending_it_rates(
    small_world: World, visit: Visit
) -> None:
    ticket = small_world.make(State.AWAITING_RATING)
    with time_machine.travel(ticket.touched_at + timedelta(hours=1), tick=False):
        made = visit("clerk").post(f"/tickets/{ticket.id}/rating-link", status=200)
        assert "/rate/" in made
        token = make_rating_link(ticket.id, by=small_world.clerk, at=ticket.touched_at)
        stranger = visit()
        assert ticket.title in stranger.get(f"/rate/{token}")
        assert small_world.ticket(ticket.number).state is State.AWAITING_RATING
        visit("power").post(f"/rate/{token}", 403, solved="solved", level="satisfied", phone_tail="1111")
        stranger.post(f"/rate/{token}", 422, solved="solved", level="satisfied", phone_tail="9999")
        stranger.post(f"/rate/{token}", solved="solved", level="satisfied", phone_tail="1111")
        assert "已经用过" in stranger.get(f"/rate/{token}", 404)
    assert small_world.ticket(ticket.number).state is State.CLOSED
    assert visit("power").ask("POST", f"/tickets/{ticket.id}/rating-link").status_code == 404


def test_the_department_answers_an_inquiry_without_a_word_of_the_complaint(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(
        State.ACCEPTED, nature=Nature.COMPLAINT, against=world.department("供电公司"), title="乱停电还不通知"
    )
    inquiries.inquire(ticket.id, by=world.clerk, at=ticket.touched_at, text="请说明停电通知的发布时间。")
    power = visit("power")
    page = power.get("/inquiries")
    assert "请说明停电通知的发布时间。" in page
    for secret in (ticket.number, ticket.title, "江海船舶"):
        assert secret not in page
    power.get(f"/tickets/{ticket.id}", 404)
    number = ticket.events[-1].id
    power.post(f"/inquiries/{number}", 422, text="")
    power.post(f"/inquiries/{number}", text="二月底已发布。")
    assert "二月底已发布。" in power.get("/inquiries")
    assert "二月底已发布。" in visit("clerk").get(f"/tickets/{ticket.id}")
    assert visit("finance").ask("POST", f"/inquiries/{number}", data={"text": "x"}).status_code == 404
    assert visit("clerk").ask("GET", "/inquiries").status_code == 404


def test_an_enterprise_reads_the_news_of_the_incident_its_request_belongs_to(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.ACCEPTED)
    cases.join_incident(ticket.id, by=world.clerk, at=ticket.touched_at, title="北片停电")
    incident = db.session.query(Incident).one()
    incidents.tell(incident.id, by=world.clerk, at=ticket.touched_at, text="抢修车已到现场。")
    assert "抢修车已到现场。" in visit("owner").get(f"/tickets/{ticket.id}")
    assert "共性问题" in visit("clerk").get(f"/tickets/{ticket.id}")
