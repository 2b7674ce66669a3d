"""The ways out on pages: secrets go in and never come out, each is tried with a message, everybody chooses theirs."""

import logging
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from service_desk import clock
from service_desk.domain.vocabulary import State
from service_desk.scheduler import deliver_to_groups
from service_desk.store.base import db, house
from service_desk.store.channels import Gateway, Robot
from service_desk.store.lists import Alteration
from service_desk.store.notices import Channel, Letter, LetterState
from service_desk.store.people import Rhythm
from tests.mailbox import Mailbox
from tests.vendors import KEY, SECRET, DingTalkServer, Reply, Server
from tests.visitor import Visitor, counted
from tests.web.test_admin_pages import NEW, typed
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
HUSHED = (KEY, SECRET, "hush-hush-7")


def add(admin: Visitor, noun: str, **changes: Any) -> str:
    """A new row by its form; the path of its page."""
    return admin.post(f"/admin/{noun}/new", **(NEW[noun] | changes))


def allow(server: Server) -> str:
    house().webhook_origins |= {server.origin}
    return server.origin


def test_a_secret_goes_in_and_is_shown_nowhere(
    small_world: World, visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    admin = visit("admin")
    webhook = f"https://oapi.dingtalk.com/robot/send?access_token={KEY}"
    robot = add(admin, "robots", webhook=webhook, secret=SECRET)
    gateway = add(admin, "gateways", headers="Content-Type: application/json\nX: hush-hush-7{secret}")
    pages = [admin.get(path) for path in (robot, "/admin/robots", "/admin/channels", "/admin/gateways")]
    assert "••••••••" in pages[0]
    refused = admin.post(
        "/admin/robots/new", status=422, **(NEW["robots"] | {"name": "", "webhook": webhook})
    )
    kept = [f"{row.before}{row.after}" for row in db.session.scalars(select(Alteration))]
    for place in (*pages, refused, *kept, caplog.text):
        for secret in HUSHED:
            assert secret not in place
    assert "hush-hush-7{secret}" in admin.get(gateway), "what is no secret is shown where it is changed"


def test_a_secret_is_left_as_it_is_or_given_anew_and_only_that_is_written_down(
    small_world: World, visit: Visit
) -> None:
    admin = visit("admin")
    path = add(admin, "robots")
    admin.post(path, **typed(admin.get(path), name="值班群"))
    row = db.session.scalars(select(Robot)).unique().one()
    assert row.webhook.endswith("access_token=0123456789")
    admin.post(path, **typed(admin.get(path), secret=SECRET))
    page = admin.get(path)
    assert "签名密钥：由“••••”改为“已更换”" in page
    db.session.expire_all()
    assert db.session.scalars(select(Robot.secret)).one() == SECRET


@pytest.mark.parametrize(
    ("noun", "changes", "said"),
    [
        pytest.param("robots", {"webhook": ""}, "请填写“Webhook 地址”", id="no address"),
        pytest.param(
            "robots",
            {"webhook": "http://oapi.dingtalk.com/robot/send"},
            "应以 https://oapi.dingtalk.com/",
            id="no TLS",
        ),
        pytest.param("robots", {"webhook": "https://127.0.0.1/"}, "应以 https://oapi", id="another host"),
        pytest.param("robots", {"kind": "wecom"}, "没有签名密钥", id="WeCom signs nothing"),
        pytest.param("robots", {"listener": "department"}, "属于哪个单位", id="a department's group of none"),
        pytest.param("robots", {"department": "金融办"}, "不属于某个单位", id="the desk's group of one"),
        pytest.param(
            "robots", {"webhook": "https://oapi.dingtalk.com/" + "x" * 500}, "最多 500 字", id="too long"
        ),
        pytest.param(
            "gateways", {"url": "https://elsewhere.example/"}, "允许的范围", id="a host not allowed"
        ),
        pytest.param(
            "gateways", {"url": "https://{phone}.sms.example/"}, "允许的范围", id="a host by number"
        ),
        pytest.param("gateways", {"body": "{text}"}, "要有 {phone}", id="nobody to send to"),
        pytest.param("gateways", {"headers": "nonsense"}, "每行一个", id="no header"),
        pytest.param("gateways", {"headers": ""}, "Content-Type", id="a body of no kind"),
        pytest.param("gateways", {"success_path": "code"}, "要么都填", id="half a condition"),
        pytest.param("gateways", {"success_status": "7"}, "100 到 599", id="no status"),
        pytest.param("gateways", {"per_minute": "0"}, "至少 1", id="never"),
    ],
)
def test_what_cannot_work_is_refused_beside_the_field(
    small_world: World, visit: Visit, noun: str, changes: dict[str, Any], said: str
) -> None:
    assert said in visit("admin").post(f"/admin/{noun}/new", status=422, **(NEW[noun] | changes))


def test_one_gateway_is_in_use_at_a_time(small_world: World, visit: Visit) -> None:
    admin = visit("admin")
    add(admin, "gateways")
    page = admin.post("/admin/gateways/new", status=422, **(NEW["gateways"] | {"name": "另一个"}))
    assert "“短信平台”还在用" in page


def test_a_new_robot_hears_what_happens_next_and_one_put_out_of_use_nothing(
    small_world: World, visit: Visit
) -> None:
    admin = visit("admin")
    path = add(admin, "robots")
    small_world.file()
    letters = select(Letter).where(Letter.channel == Channel.ROBOT)
    assert len(db.session.scalars(letters).all()) == 1
    assert "现在有 1 条消息等着发到这个群" in admin.get(path)
    admin.post(path, **typed(admin.get(path), active=None))
    small_world.file()
    db.session.expire_all()
    (letter,) = db.session.scalars(letters)
    assert (letter.state, letter.last_error) == (LetterState.GIVEN_UP, "机器人已停用")
    assert "专窗工作群" in admin.get("/admin/letters")


def test_what_waits_for_a_group_is_not_sent_to_those_it_is_given_to(small_world: World, visit: Visit) -> None:
    admin = visit("admin")
    path = add(admin, "robots")
    small_world.file()
    admin.post(path, **typed(admin.get(path), name="大群"))
    (letter,) = db.session.scalars(select(Letter).where(Letter.channel == Channel.ROBOT))
    assert letter.state is LetterState.WAITING, "another name is no other group"
    finance = str(small_world.department("金融办").id)
    admin.post(path, **typed(admin.get(path), listener="department", department=finance))
    db.session.expire_all()
    (letter,) = db.session.scalars(select(Letter).where(Letter.channel == Channel.ROBOT))
    assert (letter.state, letter.last_error) == (LetterState.GIVEN_UP, "这个群改给了别的单位")


def test_a_robot_is_tried_and_the_answer_shown(small_world: World, sqlite_app: Flask, visit: Visit) -> None:
    admin = visit("admin")
    with DingTalkServer(SECRET) as vendor:
        allow(vendor)
        path = add(admin, "robots", webhook=vendor.webhook, secret=SECRET)
        assert f'action="{path}/test"' in admin.get(path)
        page = admin.post(f"{path}/test", status=200)
        assert "对方已收下测试消息" in page
        assert "0 ok" in page
        assert vendor.taken[0].startswith("这是云津经济开发区企业服务专窗的测试消息")
        admin.post(path, **typed(admin.get(path), secret="SEC-another-secret"))
        page = admin.post(f"{path}/test", status=200)
        assert "测试消息没有发出去" in page
        assert "310000 sign not match" in page
    assert db.session.scalars(select(Letter)).all() == [], "nothing of it is kept"


def test_a_gateway_and_the_mail_server_are_tried_with_ones_own_address(
    small_world: World, sqlite_app: Flask, visit: Visit
) -> None:
    admin = visit("admin")
    with Server(lambda _asked: Reply.of({"code": 7, "secret": "hush-hush-7"})) as server, Mailbox() as box:
        url = f"{allow(server)}/send"
        path = add(admin, "gateways", url=url, success_path="code", success_value="7")
        assert "HTTP 200, code = 7" in admin.post(f"{path}/test", status=200)
        assert server.asked[0].json["to"] == "13800001111"

        admin.post("/admin/channels/mail/test", status=404)
        settings = replace(sqlite_app.config["SETTINGS"], smtp_url=box.url, mail_from="desk@park.example")
        sqlite_app.config["SETTINGS"] = settings
        assert box.url.removeprefix("smtp://") in admin.get("/admin/channels")
        assert "250 OK" in admin.post("/admin/channels/mail/test", status=200)
        assert [str(message["To"]) for message in box.arrived] == ["admin@desk.example"]

        small_world.admin.email = small_world.admin.phone = None
        db.session.commit()
        for target in (f"{path}/test", "/admin/channels/mail/test"):
            assert "没有登记" in admin.post(target, status=200)
    assert len(server.asked) == len(box.arrived) == 1


def test_a_lane_that_is_closed_says_until_when_and_why(
    small_world: World, sqlite_app: Flask, visit: Visit
) -> None:
    admin = visit("admin")
    with DingTalkServer(SECRET) as vendor:
        allow(vendor)
        add(admin, "robots", webhook=vendor.webhook, secret="SEC-another-secret")
        small_world.file()
        deliver_to_groups(MONDAY)
    page = admin.get("/admin/channels")
    assert "暂停到" in page
    assert "310000 sign not match" in page
    assert "1 条等待发送" in page
    with counted() as statements:
        admin.get("/admin/channels")
    assert len(statements) <= 15


@pytest.mark.parametrize("username", ["owner", "clerk", "supervisor", "power_head", "auditor"])
def test_nobody_else_finds_or_tries_them(small_world: World, visit: Visit, username: str) -> None:
    add(visit("admin"), "robots")
    add(visit("admin"), "gateways")
    visitor = visit(username)
    visitor.get("/admin/channels", status=404)
    for path in ("/admin/channels/mail/test", "/admin/robots/1/test", "/admin/gateways/1/test"):
        visitor.post(path, status=404)


def test_a_row_that_is_none_is_not_tried(visit: Visit) -> None:
    for path in ("/admin/robots/99/test", "/admin/gateways/99/test"):
        visit("admin").post(path, status=404)


def test_a_page_that_tries_holds_up_nobody_who_writes(
    small_world: World, sqlite_app: Flask, visit: Visit
) -> None:
    admin, began = visit("admin"), []

    def answer(_asked: object) -> Reply:
        with sqlite_app.app_context():
            began.append(small_world.file().id)
        return Reply.of({"code": "x"})

    with Server(answer) as server:
        path = add(admin, "gateways", url=f"{allow(server)}/send")
        before = clock.now()
        admin.post(f"{path}/test", status=200)
    assert began
    assert clock.now() - before < timedelta(seconds=5)


@pytest.mark.parametrize(
    ("username", "offered"),
    [
        pytest.param("clerk", ["single", "digest"], id="a clerk"),
        pytest.param("owner", ["single", "digest"], id="an enterprise"),
        pytest.param("officer", ["usual", "single", "digest"], id="an officer"),
    ],
)
def test_everybody_chooses_how_they_are_written_to(
    small_world: World, visit: Visit, username: str, offered: list[str]
) -> None:
    visitor = visit(username)
    assert 'href="/account/letters"' in visitor.get("/account")
    page = visitor.get("/account/letters")
    assert [each for each in ("usual", "single", "digest") if f'value="{each}"' in page] == offered
    (chosen,) = [tag for tag in re.findall("<input[^>]*>", page) if "radio" in tag and " checked" in tag]
    assert f'value="{offered[0]}"' in chosen
    visitor.post("/account/letters", wants_sms="y", rhythm="digest")
    person = getattr(small_world, username)
    db.session.refresh(person)
    assert (person.wants_mail, person.wants_sms, person.rhythm) == (False, True, Rhythm.DIGEST)
    visitor.get("/account/letters")
    visitor.post("/account/letters", status=422, rhythm="hourly")


def test_where_letters_go_is_said(small_world: World, sqlite_app: Flask, visit: Visit) -> None:
    assert visit("clerk").get("/account/letters").count("没有开通") == 2
    house().sends_mail = True
    db.session.add(Gateway(**(NEW["gateways"] | {"success_status": 200, "per_minute": 60})))
    small_world.clerk.phone = None
    db.session.commit()
    house().law = None
    page = visit("clerk").get("/account/letters")
    assert "发到 clerk@desk.example" in page
    assert "还没有登记" in page
    small_world.make(State.SUBMITTED)
