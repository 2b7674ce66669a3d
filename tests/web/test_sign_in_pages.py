"""The door as people see it: locked for known and unknown alike, a way back in, and a limit for strangers."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from service_desk import clock
from service_desk.desk import people
from service_desk.scheduler import deliver
from service_desk.store.base import db, house
from service_desk.store.notices import Letter, LetterState
from tests.mailbox import Mailbox
from tests.visitor import Visitor
from tests.web.test_registration import FORM
from tests.world import PASSWORD, World

Visit = Callable[..., Visitor]
WRONG = "用户名或密码不对"
LOCKED = "尝试次数过多，请 15 分钟后再试，或联系管理员重置密码。"


def words(page: str, name: str) -> str:
    return re.sub(r'name="csrf_token"[^>]*', "", page).replace(name, "")


def test_a_known_and_an_unknown_name_are_locked_in_the_same_words(visit: Visit) -> None:
    stranger = visit()
    for turn in range(1, 8):
        known, unknown = (
            stranger.post("/sign-in", status=422, username=name, password="wrong-password")
            for name in ("clerk", "nobody")
        )
        assert words(known, "clerk") == words(unknown, "nobody")
        assert (WRONG in known, LOCKED in known) == (turn < 5, turn >= 5)
    assert LOCKED in stranger.post("/sign-in", status=422, username="clerk", password=PASSWORD)
    visit("clerk2")


@pytest.fixture
def mailbox(sqlite_app: Flask) -> Iterator[Mailbox]:
    with Mailbox() as box:
        settings = sqlite_app.config["SETTINGS"]
        sqlite_app.config["SETTINGS"] = replace(settings, smtp_url=box.url, mail_from="desk@park.example")
        house().sends_mail = True
        yield box


def test_who_forgot_the_password_is_told_whom_to_ask(visit: Visit) -> None:
    assert "/forgotten" in visit().get("/sign-in")
    page = visit().get("/forgotten")
    assert "系统管理员" in page
    assert "<input" not in page.split("<main")[1]
    visit().post("/forgotten", username="clerk", status=200)
    assert db.session.scalar(select(func.count()).select_from(Letter)) == 0


def test_a_link_comes_by_mail_and_no_row_holds_it(visit: Visit, mailbox: Mailbox) -> None:
    stranger = visit()
    assert "链接几分钟内会发到邮箱里" in stranger.post("/forgotten", status=200, username="clerk")
    assert deliver(clock.now()) == 1
    (message,) = mailbox.arrived
    assert message["To"] == "clerk@desk.example"
    part = message.get_body(("plain",))
    assert part is not None
    found = re.search(r"http://127\.0\.0\.1:8000(/set-password/(\S+))", part.get_content())
    assert found is not None
    letter = db.session.scalars(select(Letter)).one()
    assert found[2] not in letter.body + letter.key + letter.subject
    stranger.post(found[1], new="harbour-lights-7", repeat="harbour-lights-7")
    visit().sign_in("clerk", "harbour-lights-7")


def test_an_unknown_name_is_answered_alike_and_nobody_is_flooded(
    small_world: World, visit: Visit, mailbox: Mailbox
) -> None:
    person = small_world.clerk2
    person.email = None
    db.session.commit()
    pages = [
        visit().post("/forgotten", status=200, username=name)
        for name in ("clerk", "nobody", "clerk2", "clerk")
    ]
    assert len({re.sub(r'name="csrf_token"[^>]*|value="[^"]*"', "", page) for page in pages}) == 1
    assert deliver(clock.now()) == 1
    people.ask_for_link("clerk", at=clock.now() + people.BETWEEN_LETTERS + timedelta(minutes=1))
    waiting = select(func.count()).select_from(Letter).where(Letter.state == LetterState.WAITING)
    assert db.session.scalar(waiting) == 1


def test_no_link_is_mailed_to_who_is_out_of_use_by_then(
    small_world: World, visit: Visit, mailbox: Mailbox
) -> None:
    visit().post("/forgotten", status=200, username="clerk")
    small_world.clerk.active = False
    db.session.commit()
    assert deliver(clock.now()) == 0
    assert mailbox.arrived == []
    db.session.expire_all()
    assert db.session.scalars(select(Letter.state)).one() is LetterState.GIVEN_UP


def test_a_link_that_was_used_or_is_none_gets_a_plain_sentence(small_world: World, visit: Visit) -> None:
    token = people.make_link(small_world.clerk, at=clock.now())
    stranger = visit()
    stranger.post(f"/set-password/{token}", new="harbour-lights-7", repeat="harbour-lights-7")
    for path in (f"/set-password/{token}", "/set-password/forged"):
        page = stranger.get(path, status=404)
        assert "已经用过或者过期了" in page
        assert "/forgotten" in page
        assert "已经用过或者过期了" in stranger.post(
            path, status=404, new="harbour-lights-8", repeat="harbour-lights-8"
        )


@pytest.mark.usefixtures("limited")
def test_registrations_from_one_address_end_in_a_sentence_and_keep_what_was_typed(visit: Visit) -> None:
    stranger, form = visit(), FORM | {"code": "123"}
    for _ in range(20):
        stranger.post("/register", status=422, **form)
    page = stranger.post("/register", status=429, **form)
    assert "提交的注册太多" in page
    assert FORM["name"] in page
    elsewhere = stranger.ask("POST", "/register", data=form, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert elsewhere.status_code == 422


@pytest.mark.usefixtures("limited")
def test_one_address_asks_for_few_links(visit: Visit) -> None:
    stranger = visit()
    for _ in range(10):
        stranger.post("/forgotten", status=200, username="nobody")
    stranger.post("/forgotten", status=429, username="nobody")
