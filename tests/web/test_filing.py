"""Filing by pages: the draft, files that go ahead of the form, and one form that is sent several times."""

import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import func, select

from service_desk.store.attachments import Attachment
from service_desk.store.base import db
from service_desk.store.drafts import Draft
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor, a_file
from tests.web.test_loop_pages import PDF, request_form
from tests.world import World

Visit = Callable[..., Visitor]
BY_SCRIPT = {"Accept": "application/json"}
RESTORED = re.compile(r'<p class="restored"[^>]*data-restored>')


def upload(visitor: Visitor, content: bytes = PDF, name: str = "现场.pdf") -> tuple[int, dict[str, Any]]:
    answer = visitor.ask(
        "POST",
        "/tickets/draft/files",
        data={"file": a_file(content, name)},
        content_type="multipart/form-data",
        headers=BY_SCRIPT,
    )
    return answer.status_code, answer.get_json() if answer.is_json else {}


def test_a_file_goes_ahead_of_the_form_and_may_be_taken_back(small_world: World, visit: Visit) -> None:
    owner = visit("owner")
    _status, wanted = upload(owner, name="要的.pdf")
    _status, unwanted = upload(owner, name="不要的.pdf")
    assert "要的.pdf" in owner.get("/tickets/new")
    remove, shown = unwanted["files"][0]["remove"], [each["files"][0]["id"] for each in (wanted, unwanted)]
    visit("member").post(remove)
    assert "不要的.pdf" in owner.get("/tickets/new")
    assert owner.ask("POST", remove, headers=BY_SCRIPT).get_json() == {"url": "/tickets/new"}
    filed = owner.post("/tickets/new", **request_form(small_world), pending=shown)
    page = owner.get(filed.removesuffix("/filed"))
    assert "要的.pdf" in page
    assert "不要的.pdf" not in page


def test_of_two_forms_open_at_once_each_has_its_own_files(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    theirs = upload(clerk, name="合同.pdf")[1]["files"][0]["id"]
    clerk.post("/tickets/draft/discard", pending="x")
    filed = clerk.post("/tickets/new", **request_form(small_world), enterprise="三友服饰")
    assert "合同.pdf" not in clerk.get(filed.removesuffix("/filed"))
    assert f'name="pending" value="{theirs}"' in clerk.get("/tickets/new")
    more = {"submission_key": "the other form", "pending": theirs, "enterprise": "江海船舶"}
    filed = clerk.post("/tickets/new", **request_form(small_world) | more)
    assert "合同.pdf" in clerk.get(filed.removesuffix("/filed"))
    visit("owner").get(filed.removesuffix("/filed"))


def test_a_file_that_cannot_be_taken_says_why(small_world: World, visit: Visit) -> None:
    owner = visit("owner")
    status, answer = upload(owner, b"MZ\x90\0", "报价单.pdf")
    assert status == 422
    assert "报价单.pdf" in str(answer["problem"])
    for _each in range(9):
        upload(owner)
    status, answer = upload(owner)
    assert (status, answer["problem"]) == (422, "最多上传 9 个文件，请去掉 1 个后再提交。")
    assert db.session.scalar(select(func.count(Attachment.id))) == 9


def test_only_who_files_may_send_files_and_begin_anew(small_world: World, visit: Visit) -> None:
    assert upload(visit())[0] == 401
    for username in ("power", "supervisor", "admin"):
        assert upload(visit(username))[0] == 404
        visit(username).post("/tickets/draft/discard", status=404)


def test_a_script_is_told_where_to_go_on(small_world: World, visit: Visit) -> None:
    owner = visit("owner")
    answer = owner.ask("POST", "/tickets/new", data=request_form(small_world), headers=BY_SCRIPT)
    again = owner.ask("POST", "/tickets/new", data=request_form(small_world), headers=BY_SCRIPT)
    assert answer.get_json() == again.get_json()
    assert answer.get_json()["url"].endswith("/filed")
    assert db.session.scalar(select(func.count(Ticket.id))) == 1


def test_words_changed_after_the_form_was_filed_are_no_part_of_it_and_are_not_lost(
    small_world: World, visit: Visit
) -> None:
    owner = visit("owner")
    owner.post("/tickets/new", **request_form(small_world))
    page = owner.post("/tickets/new", status=409, **request_form(small_world, text="还有一台行车也跳闸。"))
    assert "先前那份已经提交成功，编号 QS-" in page
    assert "还有一台行车也跳闸。" in page
    key = re.search(r'name="submission_key"[^>]*value="([^"]+)"', page)
    assert key
    owner.post(
        "/tickets/new", **request_form(small_world, text="还有一台行车也跳闸。", submission_key=key.group(1))
    )
    assert db.session.scalar(select(func.count(Ticket.id))) == 2


def test_a_draft_comes_back_with_its_key_until_it_is_discarded(small_world: World, visit: Visit) -> None:
    owner = visit("owner")
    assert not RESTORED.search(owner.get("/tickets/new"))
    owner.post("/tickets/draft", 200, title="写到一半", submission_key="k" * 22)
    shown = upload(owner)[1]["files"][0]["id"]
    page = owner.get("/tickets/new")
    assert RESTORED.search(page)
    assert "写到一半" in page
    assert "k" * 22 in page
    owner.post("/tickets/draft/discard", pending=shown)
    page = owner.get("/tickets/new")
    assert "写到一半" not in page
    assert "现场.pdf" not in page
    assert not RESTORED.search(page)


def test_a_save_that_arrives_after_the_filing_brings_nothing_back(small_world: World, visit: Visit) -> None:
    owner = visit("owner")
    owner.post("/tickets/new", **request_form(small_world))
    owner.post("/tickets/draft", 200, title="车间电压不稳，需增容变压器", submission_key="abc")
    assert db.session.get(Draft, small_world.owner.id)
    page = owner.get("/tickets/new")
    assert "车间电压不稳" not in page
    assert 'data-last-key="abc"' in page


def test_a_returning_contact_finds_phone_and_area_of_the_last_filing(
    small_world: World, visit: Visit
) -> None:
    owner = small_world.owner
    area = owner.enterprise.area if owner.enterprise else None
    small_world.file(contact_phone="0775-4567890", area=area)
    owner = small_world.owner
    assert owner.enterprise
    owner.phone, owner.enterprise.area, owner.enterprise.contact_phone = None, None, None
    db.session.commit()
    page = visit("owner").get("/tickets/new")
    assert 'value="0775-4567890"' in page
    assert re.search(r'<option selected value="1">港口物流园', page)
