"""The loop as people walk it through pages and forms."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from service_desk import clock
from service_desk.desk import closing, handling
from service_desk.domain.vocabulary import ClockKind, Nature, Outcome, State
from service_desk.store.base import db
from service_desk.store.parts import Reveal
from service_desk.store.people import Department
from service_desk.web.filters import stamp
from tests.visitor import Visitor, a_file
from tests.world import World

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
Visit = Callable[..., Visitor]


def request_form(world: World, **more: Any) -> dict[str, Any]:
    form = {
        "category": world.category().id,
        "title": "车间电压不稳，需增容变压器",
        "text": "焊机同时起弧就跳闸。",
        "contact_name": "李一",
        "contact_phone": "13800001111",
        "area": "1",
        "nature": "help",
        "submission_key": "abc",
    }
    return form | more


def version(page: str) -> str:
    found = re.search(r'name="version"[^>]*value="(\d+)"', page) or re.search(
        r'value="(\d+)"[^>]*name="version"', page
    )
    assert found
    return found.group(1)


def test_five_people_take_a_request_through_the_loop(small_world: World, visit: Visit) -> None:
    world = small_world
    owner, clerk, power, quality = visit("owner"), visit("clerk"), visit("power"), visit("quality")
    owner.get("/tickets/new")
    filed = owner.post("/tickets/new", **request_form(world, files=a_file(PDF, "现场.pdf")))
    page = owner.get(filed)
    assert "QS-20" in page
    assert "前答复" in page
    number = re.search(r"QS-\d{4}-\d{6}", page)
    assert number
    ticket = world.ticket(number.group())
    path = f"/tickets/{ticket.id}"
    assert "现场.pdf" in owner.get(path)

    assert ticket.title in clerk.get("/")
    page = clerk.get(path)
    clerk.post(
        f"{path}/accept", category=ticket.category_id, nature="help", urgency="normal", version=version(page)
    )
    page = clerk.get(path)
    assert "供电公司" in page
    assert "事项清单" in page
    clerk.post(f"{path}/dispatch", lead=world.department("供电公司").id, version=version(page))

    page = power.get(path)
    power.post(f"{path}/sign", handler=world.power.id, version=version(page))
    power.post(f"{path}/first_contact", who="李一", how="电话", reached="true")
    power.post(f"{path}/progress", text="已到现场勘察。", public="true")
    power.post(f"{path}/reply", outcome="solved", text="已增设变压器。", files=a_file(PDF, "竣工.pdf"))
    assert "已增设变压器" not in owner.get(path)
    quality.post(f"{path}/verify")
    page = owner.get(path)
    assert "已增设变压器" in page
    assert "竣工.pdf" in page
    owner.post(f"{path}/rate", solved="solved", level="satisfied", version=version(page))
    assert world.ticket(ticket.number).state is State.CLOSED
    assert "已办结" in owner.get(path)
    for username in ("clerk", "power", "quality", "supervisor", "officer", "owner"):
        visit(username).get(path)
        visit(username).get("/")
        visit(username).get("/notices")
        visit(username).get("/tickets")


def test_a_wrong_form_comes_back_with_its_words_and_its_files(small_world: World, visit: Visit) -> None:
    owner = visit("owner")
    page = owner.post(
        "/tickets/new", status=422, **request_form(small_world, title=" ", files=a_file(PDF, "合同.pdf"))
    )
    assert "请填写“标题”" in page
    assert "焊机同时起弧就跳闸" in page
    assert "合同.pdf" in page
    again = owner.post("/tickets/new", status=422, **request_form(small_world, category=""))
    assert "请选择“诉求类别”" in again
    shown = re.findall(r'name="pending" value="(\d+)">', again)
    filed = owner.post("/tickets/new", **request_form(small_world), pending=shown)
    assert "合同.pdf" in owner.get(filed.removesuffix("/filed"))


def test_a_department_asks_for_what_it_forgot_on_the_ticket_page(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    page = visit("power").post(f"/tickets/{ticket.id}/reply", status=422, text="已经处理。")
    assert "请选择“办理结果”" in page
    assert "已经处理。" in page


def test_a_stale_page_says_what_changed_and_keeps_the_words(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    power, power2 = visit("power"), visit("power2")
    seen = version(power.get(f"/tickets/{ticket.id}"))
    power2.post(f"/tickets/{ticket.id}/progress", text="我已去过现场", version=seen)
    page = power.post(f"/tickets/{ticket.id}/progress", status=409, text="准备去现场", version=seen)
    assert "power2名" in page
    assert "准备去现场" in page
    power.post(f"/tickets/{ticket.id}/progress", text="准备去现场", version=version(page))


def test_an_action_out_of_turn_is_refused_with_the_words_kept(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.REPLIED)
    page = visit("power").post(f"/tickets/{ticket.id}/progress", status=409, text="又去了一趟")
    assert "现在是“待审核”" in page
    assert "又去了一趟" in page


def test_a_session_that_ended_gives_the_words_back(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    page = visit().post(f"/tickets/{ticket.id}/reply", status=401, text="写了半小时的答复")
    assert "写了半小时的答复" in page
    assert "重新登录" in page


def test_a_complaint_without_the_one_complained_of_is_asked_for_it(small_world: World, visit: Visit) -> None:
    owner = visit("owner")
    page = owner.post("/tickets/new", status=422, **request_form(small_world, nature="complaint"))
    assert "投诉哪个单位" in page
    assert "金融办" in page
    power = small_world.department("供电公司")
    filed = owner.post("/tickets/new", **request_form(small_world, nature="complaint", against=power.id))
    path = filed.removesuffix("/filed")
    visit("power").get(path, status=404)
    visit("clerk").get(path)


def test_a_draft_is_kept_and_comes_back(small_world: World, visit: Visit) -> None:
    owner = visit("owner")
    owner.post("/tickets/draft", status=200, title="写到一半", category=small_world.category("供水").id)
    page = owner.get("/tickets/new")
    assert "写到一半" in page
    owner.post("/tickets/new", **request_form(small_world))
    assert "写到一半" not in owner.get("/tickets/new")


def test_the_desk_files_on_behalf_with_the_true_time_of_receipt(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    clerk.get("/tickets/new")
    form = request_form(small_world, enterprise="江海船舶", source="hotline")
    filed = clerk.post("/tickets/new", **form, received_at="2026-03-02T09:10")
    page = clerk.get(filed)
    number = re.search(r"QS-2026-\d{6}", page)
    assert number
    ticket = small_world.ticket(number.group())
    assert ticket.submitted_at.isoformat() == "2026-03-02T01:10:00+00:00"
    assert ticket.source.label == "热线转入"


def test_names_do_for_ids_and_labels_for_values(small_world: World, visit: Visit) -> None:
    """Scripts post what people read; the form takes either."""
    filed = visit("owner").post("/tickets/new", **request_form(small_world, category="用电", nature="求助"))
    path = filed.removesuffix("/filed")
    clerk = visit("clerk")
    clerk.post(f"{path}/accept", category="用电", nature="求助", urgency="紧急")
    clerk.post(f"{path}/dispatch", lead="国网供电公司")
    visit("power").post(f"{path}/sign", handler="power名")
    assert "办理中" in clerk.get(path)


def test_names_and_phones_are_masked_until_somebody_says_why(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    power, path = visit("power"), f"/tickets/{ticket.id}"
    page = power.get(path)
    assert "138****1111" in page
    assert "李*" in page
    assert not [kept for kept in ("13800001111", "李一", "owner名") if kept in page]
    power.post(f"{path}/reveal", status=422, reason=" ")
    assert "13800001111" in power.post(f"{path}/reveal", status=200, reason="电话核实")
    assert "13800001111" not in power.get(path)
    kept = db.session.scalars(select(Reveal)).all()
    assert [(row.user_id, row.reason) for row in kept] == [(small_world.power.id, "电话核实")]
    visit("leader").post(f"{path}/reveal", status=404, reason="看看")


def test_an_enterprise_is_not_told_the_names_of_the_staff(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    owner, path = visit("owner"), f"/tickets/{ticket.id}"
    seen = version(owner.get(f"{path}/add_info"))
    visit("power").post(f"{path}/progress", text="已到现场", public="true")
    page = owner.post(f"{path}/add_info", status=409, text="补充：下午更严重", version=seen)
    assert "供电公司：办理进展" in page
    assert "补充：下午更严重" in page
    assert "power名" not in owner.get(path).replace("承办人power名", "")


@pytest.mark.parametrize(
    "words",
    ["000001", "电压", "增容 焊机", "江海船舶", "1111", "13800001111", "qs-2026-000001", "变压器 不稳"],
)
def test_the_desk_finds_a_request_by_what_a_caller_says(small_world: World, visit: Visit, words: str) -> None:
    ticket = small_world.file()
    small_world.file(
        by="neighbour", title="水压", text="没水了", contact_name="王二", contact_phone="13900000000"
    )
    page = visit("clerk").get(f"/tickets?q={words}")
    assert ticket.title in page
    assert "水压" not in page


def test_a_ticket_of_another_system_is_found_by_its_number_there_and_shows_it(
    small_world: World, visit: Visit
) -> None:
    ticket = small_world.file()
    ticket.imported_number = "L00007"
    db.session.commit()
    clerk = visit("clerk")
    assert ticket.title in clerk.get("/tickets?q=l00007")
    assert "原系统编号 L00007" in clerk.get(f"/tickets/{ticket.id}")


def test_the_words_that_were_asked_for_stand_out(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.REPLIED)
    page = visit("clerk").get("/tickets?q=电压 船舶 焊机 00001")
    assert "车间<mark>电压</mark>不稳" in page
    assert "江海<mark>船舶</mark>" in page
    assert "<mark>焊机</mark>" in page
    assert "QS-2026-0<mark>00001</mark>" in page
    words = ticket.replies[0].text[:4]
    assert f"<mark>{words}</mark>" in visit("clerk").get(f"/tickets?q={words}")
    assert "没有符合条件的诉求" in visit("owner").get(f"/tickets?q={words}")


def test_a_word_that_stands_nowhere_finds_nothing(small_world: World, visit: Visit) -> None:
    small_world.file()
    assert "没有符合条件的诉求" in visit("clerk").get("/tickets?q=电压 食堂")


def test_a_complaint_waits_for_the_supervisor_and_says_so(small_world: World, visit: Visit) -> None:
    world = small_world
    ticket = world.make(State.ACCEPTED, nature=Nature.COMPLAINT, against=world.department("金融办"))
    assert ticket.title not in visit("clerk").get("/")
    page = visit("clerk").get(f"/tickets/{ticket.id}")
    assert "这是对“金融办”的投诉，由督查员选择主办单位。" in page
    assert ticket.title in visit("supervisor").get("/")


def test_the_first_contact_leads_until_it_is_made(small_world: World) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    first = ticket.clock(ClockKind.FIRST_CONTACT)
    assert first is not None
    assert ticket.due_at == first.due_at
    handling.first_contact(ticket.id, by=small_world.power, at=ticket.touched_at, who="李一", how="电话")
    ticket = small_world.ticket(ticket.number)
    settle = ticket.clock(ClockKind.SETTLE)
    assert settle is not None
    assert ticket.due_at == settle.due_at


def test_a_partial_solution_tells_the_enterprise_what_is_still_to_come(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    day = ticket.touched_at.date() + timedelta(days=20)
    handling.reply(
        ticket.id,
        by=world.power,
        at=ticket.touched_at,
        outcome=Outcome.PARTLY,
        text="先修两台",
        rest_date=day,
    )
    closing.verify(ticket.id, by=world.quality, at=world.ticket(ticket.number).touched_at)
    page = visit("owner").get(f"/tickets/{ticket.id}")
    assert "办理结果：部分解决" in page
    assert f"其余部分预计 {day} 前完成" in page


def test_the_enterprise_reads_the_answer_and_by_when_above_what_it_is_asked(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.AWAITING_RATING)
    path, owner = f"/tickets/{ticket.id}", visit("owner")
    asked = asked_card(owner.get(path))
    reply = world.ticket(ticket.number).last_reply
    clock = world.ticket(ticket.number).clock(ClockKind.RATING)
    assert reply is not None
    assert clock is not None
    assert clock.due_at is not None
    assert f"办理结果：已解决\n{reply.text}" in asked
    assert f"请在 {stamp(clock.due_at)} 前评价" in asked
    assert asked.index(reply.text) < asked.index("前评价") < asked.index("解决了吗？")


def test_a_reply_that_is_not_verified_is_not_shown_to_the_enterprise(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.REPLIED)
    reply = ticket.last_reply
    assert reply is not None
    words = reply.text
    assert words not in visit("owner").get(f"/tickets/{ticket.id}")
    closing.send_back(ticket.id, by=world.quality, at=ticket.touched_at, text="请写明时间")
    at = world.ticket(ticket.number).touched_at
    handling.reply(ticket.id, by=world.power, at=at, outcome=Outcome.SOLVED, text="已于三月九日增容")
    closing.verify(ticket.id, by=world.quality, at=at)
    page = visit("owner").get(f"/tickets/{ticket.id}")
    assert "已于三月九日增容" in asked_card(page)
    assert words not in page


def asked_card(page: str) -> str:
    """The card that asks the enterprise for something."""
    found = re.search(r'<section class="card asked\b.*?</section>', page, re.DOTALL)
    assert found
    return found.group()


def acted(visitor: Visitor, path: str, action: str, **fields: Any) -> str:
    """The page after an action was taken on the ticket as it stands."""
    visitor.post(f"{path}/{action}", version=version(visitor.get(path)), **fields)
    return visitor.get(path)


def test_who_gives_a_ticket_to_a_department_without_accounts_is_told(
    small_world: World, visit: Visit
) -> None:
    db.session.add(Department(name="气象局"))
    db.session.commit()
    clerk = visit("clerk")
    told = "还没有可以登录的经办人或负责人，没有人收到通知"
    path = f"/tickets/{small_world.make(State.ACCEPTED).id}"
    assert told not in acted(clerk, path, "dispatch", lead="供电公司", supports=["金融办"])
    path = f"/tickets/{small_world.make(State.ACCEPTED).id}"
    assert f"气象局{told}" in acted(clerk, path, "dispatch", lead="供电公司", supports=["气象局"])


def test_a_contact_that_failed_is_said_to_have_failed(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.ASSIGNED)
    power, path = visit("power"), f"/tickets/{ticket.id}"
    acted(power, path, "sign", handler=small_world.power.id)
    asked: dict[str, Any] = {"who": "李一", "how": "电话"}
    assert "已登记未联系上" in acted(power, path, "first_contact", reached="false", **asked)
    assert "“首次联系”已完成" in acted(power, path, "first_contact", reached="true", **asked)


@pytest.mark.parametrize(
    ("outcome", "told"),
    [(Outcome.SOLVED, "已请承办单位重新办理"), (Outcome.POLICY, "督查员会看过后决定是否重新办理")],
)
def test_a_bad_rating_is_told_what_follows(
    small_world: World, visit: Visit, outcome: Outcome, told: str
) -> None:
    ticket = small_world.make(State.AWAITING_RATING, outcome=outcome, at=clock.now() - timedelta(days=1))
    page = acted(
        visit("owner"), f"/tickets/{ticket.id}", "rate", solved="unsolved", level="dissatisfied", text="没有"
    )
    assert told in page
    assert '<span class="timeline-mark warn"></span>' in page


def test_a_support_that_never_signed_is_not_called_done(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.CLOSED, supports=["金融办"])
    for part in ticket.supports:
        part.signed_at = None
    db.session.commit()
    card = visit("clerk").get(f"/tickets/{ticket.id}").split("<h2>承办单位</h2>")[1].split("</ul>")[0]
    assert re.findall(r'<span class="pill \w+">(\w+)</span>', card) == ["已完成", "未签收"]


def test_the_address_of_a_contact_that_was_shown_leads_back_to_the_ticket(
    small_world: World, visit: Visit
) -> None:
    path = f"/tickets/{small_world.make(State.IN_PROGRESS).id}"
    assert visit("power").ask("GET", f"{path}/reveal").headers["Location"] == path
    visit("finance").get(f"{path}/reveal", status=404)


def test_questions_that_make_no_sense_yet_wait_for_their_answer(small_world: World, visit: Visit) -> None:
    page = visit("clerk").get(f"/tickets/{small_world.file().id}")
    assert '<div data-shown-when="nature" data-shown-value="complaint">' in page
    assert '<div data-shown-when="category" data-shown-value="' in page
    page = visit("power").get(f"/tickets/{small_world.make(State.IN_PROGRESS).id}/reply")
    asked = page.split('<div data-shown-when="outcome" data-shown-value="partly">')[1].split("</div>")[0]
    assert "余项完成日期" in asked
    assert "选填" not in asked
