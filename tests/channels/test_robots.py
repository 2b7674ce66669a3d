"""Robots before servers that follow the vendors' documents: signatures, lengths, codes inside a 200, and rubbish."""

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from service_desk import clock
from service_desk.channels import http, robots
from service_desk.channels.outgoing import NotYet, Outgoing, TooFast, Undeliverable, Unreachable
from tests.vendors import (
    KEY,
    SECRET,
    DingTalkServer,
    FeishuServer,
    Reply,
    Server,
    Vendor,
    WeComServer,
    trickling,
)

HOUR = timedelta(hours=1)
Kind = tuple[type[robots.Webhook], type[Vendor]]
WECOM: Kind = (robots.WeCom, WeComServer)
DINGTALK: Kind = (robots.DingTalk, DingTalkServer)
FEISHU: Kind = (robots.Feishu, FeishuServer)
ALL = [pytest.param(kind, id=kind[0].__name__) for kind in (WECOM, DINGTALK, FEISHU)]
SIGNING = [pytest.param(kind, id=kind[0].__name__) for kind in (DINGTALK, FEISHU)]


def letter(text: str = "新交办，请签收（QS-2026-000001）") -> Outgoing:
    return Outgoing(
        id=1,
        address="工作群",
        subject="",
        text=text,
        html="",
        url="https://desk.example/tickets/1",
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


@pytest.fixture
def open_vendor() -> Iterator[Callable[..., Vendor]]:
    with ExitStack() as stack:

        def opened(kind: Kind, secret: str | None = None) -> Vendor:
            return stack.enter_context(kind[1](secret))

        yield opened


def robot(kind: Kind, vendor: Any, secret: str | None = None, **more: Any) -> robots.Webhook:
    given = {"address": vendor.webhook, "origins": {vendor.origin}, "now": clock.now} | more
    return kind[0](secret=secret, **given)


def at(server: Server | str, kind: Kind = WECOM) -> robots.Webhook:
    """A robot whose address is at a server that is no vendor's."""
    origin = server if isinstance(server, str) else server.origin
    return kind[0](f"{origin}/hook?key={KEY}", None, {origin}, clock.now)


@pytest.mark.parametrize("kind", ALL)
def test_a_message_arrives_with_its_link(kind: Kind, open_vendor: Callable[..., Vendor]) -> None:
    vendor = open_vendor(kind)
    assert robot(kind, vendor).send(letter()).startswith("0 ")
    assert vendor.taken == ["新交办，请签收（QS-2026-000001）\nhttps://desk.example/tickets/1"]


@pytest.mark.parametrize("kind", SIGNING)
def test_a_signed_message_is_taken(kind: Kind, open_vendor: Callable[..., Vendor]) -> None:
    vendor = open_vendor(kind, SECRET)
    robot(kind, vendor, SECRET).send(letter())
    assert len(vendor.taken) == 1


@pytest.mark.parametrize("kind", SIGNING)
@pytest.mark.parametrize("secret", [None, "SECsomething-else-altogether"], ids=["none", "another"])
def test_a_wrong_signature_stops_the_robot(
    kind: Kind, secret: str | None, open_vendor: Callable[..., Vendor]
) -> None:
    with pytest.raises(Unreachable, match=r"310000 sign not match|19021 sign match fail"):
        robot(kind, open_vendor(kind, SECRET), secret).send(letter())


@pytest.mark.parametrize("kind", SIGNING)
def test_a_clock_that_is_wrong_by_two_hours_is_noticed(
    kind: Kind, open_vendor: Callable[..., Vendor]
) -> None:
    vendor = open_vendor(kind, SECRET)
    with pytest.raises(Unreachable, match=r"310000|19021"):
        robot(kind, vendor, SECRET, now=lambda: clock.now() - 2 * HOUR).send(letter())


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("sign", ["说", '"', "\n", "𠮷"], ids=["three bytes", "quote", "line", "four bytes"])
def test_a_long_text_is_shortened_and_keeps_the_link(
    kind: Kind, sign: str, open_vendor: Callable[..., Vendor]
) -> None:
    vendor = open_vendor(kind)
    robot(kind, vendor).send(letter(f"开头。{sign * 20_000}"))
    assert vendor.taken[0].startswith("开头。")
    assert vendor.taken[0].endswith("…\nhttps://desk.example/tickets/1")


@pytest.mark.parametrize("kind", ALL)
def test_nobody_is_called_by_name(kind: Kind, open_vendor: Callable[..., Vendor]) -> None:
    vendor = open_vendor(kind)
    robot(kind, vendor).send(letter('<at user_id="all">所有人</at><@all>'))
    assert "<" not in vendor.taken[0]


@pytest.mark.parametrize("kind", ALL)
def test_an_address_with_a_wrong_key_stops_the_robot_and_the_key_stays_unsaid(
    kind: Kind, open_vendor: Callable[..., Vendor]
) -> None:
    vendor = open_vendor(kind)
    wrong = vendor.webhook.replace(KEY, "another-key-0123456789")
    with pytest.raises(Unreachable) as error:
        robot(kind, vendor, address=wrong).send(letter())
    assert "another-key" not in str(error.value)
    assert any(code in str(error.value) for code in ("93000", "300001", "19001"))


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        pytest.param(WECOM, 60, id="WeCom: a minute"),
        pytest.param(DINGTALK, 600, id="DingTalk: ten minutes"),
        pytest.param(FEISHU, 60, id="Feishu: a minute"),
    ],
)
def test_too_many_in_a_minute_are_told_to_wait(
    kind: Kind, seconds: float, open_vendor: Callable[..., Vendor]
) -> None:
    vendor = open_vendor(kind)
    one = robot(kind, vendor)
    for _ in range(vendor.MOST):
        one.send(letter())
    with pytest.raises(TooFast) as error:
        one.send(letter())
    assert error.value.seconds == seconds
    assert len(vendor.taken) == vendor.MOST


@pytest.mark.parametrize(
    ("kind", "code", "meaning"),
    [
        pytest.param(DINGTALK, 660026, TooFast, id="DingTalk's other code for too fast"),
        pytest.param(DINGTALK, 430104, Undeliverable, id="DingTalk dislikes the content"),
        pytest.param(DINGTALK, -1, NotYet, id="DingTalk is busy"),
        pytest.param(WECOM, 93004, Unreachable, id="WeCom's robot is out of use"),
        pytest.param(WECOM, 40058, Undeliverable, id="WeCom dislikes the parameters"),
        pytest.param(WECOM, 12345, NotYet, id="a code nobody documented"),
        pytest.param(FEISHU, 9499, Undeliverable, id="Feishu cannot read it"),
        pytest.param(FEISHU, 19024, Unreachable, id="Feishu misses its key words"),
    ],
)
def test_a_code_inside_a_200_says_what_to_do(kind: Kind, code: int, meaning: type[Exception]) -> None:
    said = {kind[0].CODE: code, kind[0].WORDS: "words of the vendor"}
    with Server(lambda _asked: Reply.of(said)) as server, pytest.raises(meaning, match=f"{code} words"):
        at(server, kind).send(letter())


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        pytest.param(
            Reply(b"<html>", headers={"Content-Type": "text/html; charset=gbk"}), "text/html", id="HTML"
        ),
        pytest.param(Reply(b""), "空的", id="nothing"),
        pytest.param(Reply(b"\xff\xfe\x00"), "不是 JSON", id="no text"),
        pytest.param(Reply(b"[" * 60_000), "不是 JSON", id="nested without end"),
        pytest.param(Reply.of([]), "没有", id="a list"),
        pytest.param(Reply.of({"ok": True}), "没有", id="another document"),
        pytest.param(Reply.of({"errcode": "0", "code": "0"}), "没有", id="a code that is no number"),
        pytest.param(Reply.of({"errcode": False, "code": False}), "没有", id="a code that is a yes or no"),
        pytest.param(Reply.of({"errcode": 0, "code": 0}, status=404), "HTTP 404", id="not found"),
        pytest.param(Reply(b"oops", status=500), "HTTP 500", id="the server's own error"),
        pytest.param(Reply(b"x" * 70_000), "太长", id="too large"),
        pytest.param(Reply(b"", status=302, headers={"Location": "/elsewhere"}), "HTTP 302", id="elsewhere"),
    ],
)
def test_rubbish_is_a_clear_error(kind: Kind, reply: Reply, said: str) -> None:
    with Server(lambda _asked: reply) as server, pytest.raises(Unreachable, match=said):
        at(server, kind).send(letter())
    assert len(server.asked) == 1, "no redirect was followed"


@pytest.mark.parametrize("kind", ALL)
def test_words_that_cannot_be_kept_or_shown_are_left_out(kind: Kind) -> None:
    words = "no\x00 such \ud800robot"
    reply = Reply.of({"errcode": 77, "errmsg": words, "code": 77, "msg": words})
    with Server(lambda _asked: reply) as server, pytest.raises(NotYet, match=r"^77 no such robot$"):
        at(server, kind).send(letter())


@pytest.mark.parametrize("given", ["Retry-After", "x-ogw-ratelimit-reset"])
def test_a_429_says_how_long_to_wait(given: str) -> None:
    with (
        Server(lambda _asked: Reply(status=429, headers={given: "52"})) as server,
        pytest.raises(TooFast) as error,
    ):
        at(server).send(letter())
    assert error.value.seconds == 52


@pytest.mark.parametrize(
    ("given", "seconds"),
    [("0", 1), ("99999", 3600), ("Fri, 31 Dec 1999 23:59:59 GMT", 60), ("-5", 60), ("", 60), ("٣", 3)],
)
def test_a_strange_wait_is_bounded(given: str, seconds: float) -> None:
    assert http.wait_of({"retry-after": given}) == seconds


@pytest.mark.parametrize(
    "chunk", [b"", b"H", b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: y\r\n"]
)
def test_a_server_that_never_ends_is_left_in_time(chunk: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SECONDS", 1.0)
    began = clock.now()
    with trickling(chunk) as origin, pytest.raises(Unreachable):
        at(origin).send(letter())
    assert clock.now() - began < timedelta(seconds=3)


def test_a_name_that_is_looked_up_for_ever_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SECONDS", 0.2)
    monkeypatch.setattr(http, "A_MOMENT", 0.2)
    found = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found.wait(10) or [])
    began = clock.now()
    with pytest.raises(Unreachable, match="没有回答"):
        robots.WeCom("https://qyapi.weixin.qq.com/?key=x", None, (), clock.now).send(letter())
    found.set()
    assert clock.now() - began < timedelta(seconds=5)


def test_nobody_there_is_said() -> None:
    with pytest.raises(Unreachable, match="连接不上"):
        at("http://127.0.0.1:1").send(letter())


@pytest.mark.parametrize(
    "address",
    [
        "http://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k",
        "https://qyapi.weixin.qq.com.evil.example/cgi-bin/webhook/send",
        "https://qyapi.weixin.qq.com@127.0.0.1/x",
        "https://qyapi.weixin.qq.com:8443/x",
        "https://127.0.0.1/",
        "https://[::1]/",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
        "https://qyapi.weixin.qq.com\\@127.0.0.1/",
        "//qyapi.weixin.qq.com/x",
        "",
        "https://",
        "https://[",
    ],
)
def test_only_the_vendors_host_is_asked(address: str) -> None:
    with pytest.raises(http.NotAllowed):
        http.require_allowed(address, {robots.WeCom.HOME})
    with pytest.raises(Unreachable):
        robots.WeCom(address, None, (), clock.now).send(letter())


def test_the_vendors_own_addresses_are_allowed() -> None:
    for kind, path in (
        (robots.WeCom, "/cgi-bin/webhook/send?key=k"),
        (robots.DingTalk, "/robot/send?access_token=t"),
        (robots.Feishu, "/open-apis/bot/v2/hook/h"),
    ):
        http.require_allowed(kind.HOME + path, {kind.HOME})
        http.require_allowed(kind.HOME.upper() + path, {kind.HOME})
        http.require_allowed(f"{kind.HOME}:443{path}", {kind.HOME})


@pytest.mark.parametrize("kind", ALL)
def test_neither_log_nor_repr_holds_a_key(
    kind: Kind, open_vendor: Callable[..., Vendor], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    one = robot(kind, open_vendor(kind), SECRET)
    one.send(letter())
    assert KEY not in caplog.text + repr(one)
    assert SECRET not in caplog.text + repr(one)
