"""Text messages by a gateway: what is put in stays what it is, and the answer is judged as told."""

from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import pytest

from service_desk.channels.http import NotAllowed
from service_desk.channels.outgoing import NotYet, Outgoing, TooFast, Undeliverable, Unreachable
from service_desk.channels.sms import Template
from tests.vendors import Reply, Server

NASTY = 'a"b\\c&d<e>\n{secret}{phone}+%20，好'
JSON, FORM, XML = (
    "Content-Type: application/json",
    "Content-Type: application/x-www-form-urlencoded",
    "Content-Type: text/xml",
)


def letter(text: str = NASTY, phone: str = "138 0000-1111") -> Outgoing:
    return Outgoing(
        id=7,
        address=phone,
        subject="",
        text=text,
        html="",
        url="https://desk.example/t/1",
        created_at=datetime(2026, 3, 2, tzinfo=UTC),
    )


def gateway(server: Server) -> Template:
    return Template(
        method="POST",
        url=f"{server.origin}/send?id={{id}}",
        headers=f"{JSON}\nAuthorization: Bearer {{secret}}",
        body='{"mobile": "{phone}", "content": "{text}"}',
        secret="hush-hush",
        success_status=200,
        success_path="data.0.code",
        success_value="0",
        origins={server.origin},
    )


OK = Reply.of({"data": [{"code": 0}]})


def test_json_holds_what_was_written_and_nothing_more() -> None:
    with Server(lambda _asked: OK) as server:
        assert gateway(server).send(letter()) == "HTTP 200, data.0.code = 0"
    asked = server.asked[0]
    assert asked.json == {"mobile": "13800001111", "content": f"{NASTY} https://desk.example/t/1"}
    assert asked.query == {"id": "7"}
    assert asked.headers["authorization"] == "Bearer hush-hush"


def test_a_form_and_an_address_do_too() -> None:
    with Server(lambda _asked: OK) as server:
        form = replace(gateway(server), headers=FORM, body="m={phone}&c={text}")
        form.send(letter())
        replace(form, method="GET", url=f"{server.origin}/?m={{phone}}&c={{text}}", body="").send(letter())
    expected = f"{NASTY} https://desk.example/t/1"
    assert parse_qs(server.asked[0].body.decode()) == {"m": ["13800001111"], "c": [expected]}
    assert server.asked[1].query == {"m": "13800001111", "c": expected}


def test_xml_does_too() -> None:
    with Server(lambda _asked: OK) as server:
        replace(gateway(server), headers=XML, body='<m to="{phone}">{text}</m>').send(letter())
    root = ET.fromstring(server.asked[0].body.decode())  # noqa: S314 - our own
    assert root.get("to") == "13800001111"
    assert root.text == f"{NASTY} https://desk.example/t/1"


@pytest.mark.parametrize("phone", ["", "abc", "138\r\nX: y", "１３８００００１１１１"])
def test_what_is_no_phone_is_not_tried(phone: str) -> None:
    with Server() as server, pytest.raises(Undeliverable):
        gateway(server).send(letter(phone=phone))
    assert not server.asked


def test_a_long_text_is_shortened() -> None:
    with Server(lambda _asked: OK) as server:
        gateway(server).send(letter("一句话。" * 200))
    content = server.asked[0].json["content"]
    assert len(content) <= 300
    assert content.endswith("。… https://desk.example/t/1")


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply.of({"data": [{"code": 5, "msg": "13800001111 欠费"}]}), id="another value"),
        pytest.param(Reply.of({"data": []}), id="nothing there"),
        pytest.param(Reply.of({"data": [{"code": {"0": 0}}]}), id="no plain value"),
        pytest.param(Reply.of({"data": [{"code": 0}]}, status=202), id="another status"),
    ],
)
def test_an_answer_that_is_no_success_is_tried_again_and_tells_no_more_than_the_value(reply: Reply) -> None:
    with Server(lambda _asked: reply) as server, pytest.raises(NotYet) as error:
        gateway(server).send(letter())
    assert "13800001111" not in str(error.value)


def test_a_status_alone_may_be_enough() -> None:
    with Server(lambda _asked: Reply(b"<ok/>", status=201)) as server:
        assert replace(gateway(server), success_path="", success_status=201).send(letter()) == "HTTP 201"


def test_rubbish_too_fast_and_elsewhere_are_told_apart() -> None:
    with Server(lambda _asked: Reply(b"<html>")) as server, pytest.raises(Unreachable, match="不是 JSON"):
        gateway(server).send(letter())
    with (
        Server(lambda _asked: Reply(status=429, headers={"Retry-After": "9"})) as server,
        pytest.raises(TooFast),
    ):
        gateway(server).send(letter())
    with Server() as server, pytest.raises(Unreachable, match="不允许"):
        replace(gateway(server), origins=set()).send(letter())
    assert not server.asked


def test_a_gateway_that_repeats_the_secret_is_not_quoted() -> None:
    reply = Reply.of({"data": [{"code": "no\x00\ud800 hush-hush"}]})
    with Server(lambda _asked: reply) as server, pytest.raises(NotYet) as error:
        gateway(server).send(letter())
    assert str(error.value) == "HTTP 200, data.0.code = no ***"
    assert "hush" not in repr(gateway(server))


@pytest.mark.parametrize(
    "url", ["http://{phone}.evil.example/", "http://127.0.0.1{text}/", "{text}", "nowhere"]
)
def test_no_place_chooses_the_host(url: str) -> None:
    with Server() as server:
        template = replace(gateway(server), url=url.replace("127.0.0.1", server.origin[7:]))
    with pytest.raises(NotAllowed):
        template.check()


@pytest.mark.parametrize("headers", ["no colon", "Name: 中文", "a b: c", "X: y\x00"])
def test_a_line_that_is_no_header_is_refused(headers: str) -> None:
    with Server() as server, pytest.raises(ValueError, match="请求头"):
        replace(gateway(server), headers=headers).check()


def test_a_usable_template_passes() -> None:
    with Server() as server:
        gateway(server).check()
