"""Reply templates: offered where a reply is written, filled in from the ticket, after what was typed."""

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine

from service_desk.domain.vocabulary import Outcome, State
from service_desk.store.base import db
from service_desk.store.lists import ReplyTemplate
from tests.visitor import Visitor, a_file
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
MOST = 15
TEXT = "{企业名称}：您反映的“{诉求标题}”（{诉求编号}）收悉。{联系人}您好，{承办单位}已办好。"


def template(name: str, text: str = TEXT, **more: object) -> ReplyTemplate:
    row = ReplyTemplate(name=name, text=text, **more)
    db.session.add(row)
    db.session.commit()
    return row


def box(page: str) -> str:
    """What stands in the reply box."""
    found = re.search(r'<textarea[^>]*name="text"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found
    return html.unescape(found.group(1)).strip().replace("\r\n", "\n")


def offered(page: str) -> set[str]:
    return set(re.findall(r'<option value="\d+" data-text="[^"]*">(.*?)</option>', page))


def test_the_chosen_template_comes_filled_in_after_what_was_typed(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    number = template("已解决").id
    power, path = visit("power"), f"/tickets/{ticket.id}/reply"
    assert offered(power.get(path)) == {"已解决"}
    page = power.post(
        path, 200, outcome="partly", text="先写的话。", rest_date="2026-03-20", template=number, apply="1"
    )
    assert box(page) == (
        f"先写的话。\n\n江海船舶：您反映的“{ticket.title}”（{ticket.number}）收悉。李先生/女士您好，供电公司已办好。"
    )
    assert re.search(r'<input checked[^>]*value="partly"', page)
    assert 'value="2026-03-20"' in page
    assert small_world.ticket(ticket.number).state is State.IN_PROGRESS


def test_an_empty_box_holds_the_template_alone_and_can_be_sent(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    number = template("已解决", "{企业名称}：已办好。").id
    power, path = visit("power"), f"/tickets/{ticket.id}/reply"
    page = power.post(path, 200, text=" ", template=number, apply="1")
    assert box(page) == "江海船舶：已办好。"
    power.post(path, outcome="solved", text=box(page), version=str(ticket.version))
    assert small_world.ticket(ticket.number).replies[-1].text == "江海船舶：已办好。"


def test_each_template_brings_its_text_along_for_scripts(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    template("已解决", '{企业名称}："已办好"')
    page = visit("power").get(f"/tickets/{ticket.id}/reply")
    found = re.search(r'data-text="([^"]*)"', page)
    assert found
    assert html.unescape(found.group(1)) == '江海船舶："已办好"'
    assert 'data-templates="reply-text"' in page
    assert 'id="reply-text"' in page


def test_only_what_fits_the_ticket_and_the_act_is_offered(small_world: World, visit: Visit) -> None:
    world = small_world
    template("各类都用")
    template("用电的", category_id=world.category().id)
    template("供水的", category_id=world.category("供水").id)
    template("停用的", active=False)
    template("解决的", outcome=Outcome.SOLVED)
    handled, waiting = world.make(State.IN_PROGRESS), world.file()
    assert offered(visit("power").get(f"/tickets/{handled.id}/reply")) == {"各类都用", "用电的", "解决的"}
    clerk = visit("clerk")
    assert offered(clerk.get(f"/tickets/{waiting.id}/answer")) == {"各类都用", "用电的"}
    assert not offered(clerk.get(f"/tickets/{waiting.id}/note"))
    page = clerk.post(f"/tickets/{waiting.id}/answer", 200, text="", apply="1", template=1)
    assert "专窗已办好" in box(page)


@pytest.mark.parametrize("wanted", ["", "99", "x", "-1"])
def test_what_is_no_template_changes_nothing(small_world: World, visit: Visit, wanted: str) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    page = visit("power").post(
        f"/tickets/{ticket.id}/reply", 200, text="先写的话。", template=wanted, apply="1"
    )
    assert box(page) == "先写的话。"


def test_whoever_may_not_reply_gets_no_template(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    number = template("已解决").id
    visit("clerk").post(f"/tickets/{ticket.id}/reply", 403, template=number, apply="1")
    visit("finance").post(f"/tickets/{ticket.id}/reply", 404, template=number, apply="1")


def test_a_file_that_was_chosen_is_asked_for_again(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    number = template("已解决").id
    page = visit("power").post(
        f"/tickets/{ticket.id}/reply", 200, template=number, apply="1", files=a_file(b"%PDF-1.4", "现场.pdf")
    )
    assert "请重新选择" in page


def test_a_head_who_signs_is_sent_the_filled_in_text(small_world: World, visit: Visit) -> None:
    world = small_world
    world.department("供电公司").wants_sign_off = True
    db.session.commit()
    ticket = world.make(State.IN_PROGRESS)
    number = template("已解决").id
    page = visit("power").post(f"/tickets/{ticket.id}/ask_sign_off", 200, template=number, apply="1")
    assert "江海船舶：您反映的" in box(page)


def test_phone_and_day_are_filled_in_and_what_is_not_known_is_a_blank(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    number = template("回访", "请拨 {联系电话}。{今天}").id
    world.department("供电公司").phone = "0775-95598"
    world.department("金融办").phone = None
    db.session.commit()
    with time_machine.travel(MONDAY, tick=False):
        for username, lead, words in (
            ("power", "供电公司", "请拨 0775-95598。2026年3月2日"),
            ("finance", "金融办", "请拨 ____。2026年3月2日"),
        ):
            ticket = world.make(State.IN_PROGRESS, lead=lead)
            page = visit(username).post(f"/tickets/{ticket.id}/reply", 200, template=number, apply="1")
            assert box(page) == words


def test_a_reply_with_blanks_goes_out_only_when_it_is_meant(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    power, path = visit("power"), f"/tickets/{ticket.id}/reply"
    given: dict[str, Any] = {
        "outcome": "solved",
        "text": "江海船舶：____ 日已办好，{经办人}。",
        "version": str(ticket.version),
    }
    page = power.post(path, 422, **given)
    assert "还有 2 处没有填写" in page
    assert "仍要提交" in page
    assert box(page) == given["text"]
    assert small_world.ticket(ticket.number).state is State.IN_PROGRESS
    power.post(path, **given, anyway="1")
    assert "答复里还有 2 处没有填写。" in small_world.ticket(ticket.number).replies[-1].warnings


def test_one_keeps_templates_and_the_head_those_of_the_department(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    power, head, power2, clerk = (visit(name) for name in ("power", "power_head", "power2", "clerk"))
    power.post("/templates", name="我的", text="{企业名称}：已办好。", whose="own")
    head.post("/templates", name="本单位的", text="已派人。", whose=small_world.department("供电公司").id)
    clerk.post("/templates", name="专窗的", text="已转。", whose="own")
    names = {
        username: set(re.findall(r'data-text="[^"]*">(.*?)</option>', who.get(f"/tickets/{ticket.id}/reply")))
        for username, who in (("power", power), ("power2", power2))
    }
    assert names == {"power": {"我的", "本单位的"}, "power2": {"本单位的"}}
    page = power.post(f"/tickets/{ticket.id}/reply", 200, text="", template="own-1", apply="1")
    assert box(page) == "江海船舶：已办好。"
    power.post("/templates/1", name="我的", text="改过了。", whose="own")
    power.post("/templates/1/drop")
    power.get("/templates/1", status=404)


REFUSED_TEMPLATES = [
    pytest.param({"text": "{公司}您好"}, "不认识“{公司}”；可用的有", id="a field that nothing fills in"),
    pytest.param({"name": "有了"}, "已经有这个名称的模板", id="a name that is taken"),
    pytest.param({"text": "长" * 2001}, "最多 2000 字", id="too long"),
    pytest.param({"name": ""}, "请填写", id="without a name"),
]


@pytest.mark.parametrize(("given", "sentence"), REFUSED_TEMPLATES)
def test_a_template_that_cannot_be_kept_comes_back(
    visit: Visit, given: dict[str, str], sentence: str
) -> None:
    power = visit("power")
    power.post("/templates", name="有了", text="已办好。", whose="own")
    fields: dict[str, Any] = {"name": "新的", "text": "已办好。", "whose": "own"} | given
    assert sentence in power.post("/templates", 422, **fields)


def test_nobody_keeps_another_ones_templates(small_world: World, visit: Visit) -> None:
    unit = small_world.department("供电公司").id
    visit("power_head").post("/templates", name="本单位的", text="已派人。", whose=unit)
    for username in ("power", "finance_head", "clerk"):
        who = visit(username)
        who.get("/templates/1", status=404)
        who.post("/templates/1/drop", status=404)
        # The choice is not offered to whoever does not head the department.
        who.post("/templates", 422, name="混进来", text="已办好。", whose=unit)
    for username in ("owner", "officer", "admin", "auditor", "supervisor"):
        visit(username).get("/templates", status=404)
