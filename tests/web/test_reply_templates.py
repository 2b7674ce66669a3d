"""Reply templates: offered where a reply is written, filled in from the ticket, after what was typed."""

import html
import re
from collections.abc import Callable

import pytest

from service_desk.domain.vocabulary import Outcome, State
from service_desk.store.base import db
from service_desk.store.lists import ReplyTemplate
from tests.visitor import Visitor, a_file
from tests.world import World

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
