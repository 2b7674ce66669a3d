"""Mail over TLS: a certificate that is not known stops it, and no password goes where others may read it."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import trustme

from service_desk import clock
from service_desk.channels import mail
from service_desk.channels.outgoing import Outgoing, Undeliverable, Unreachable
from tests.mailbox import Mailbox
from tests.vendors import trickling

NAME, PASSWORD = "postman", "hush-hush-7"
LETTER = Outgoing(
    id=17,
    address="clerk@desk.example",
    subject="新诉求待受理",
    text="正文",
    html="<p>正文</p>",
    url=None,
    created_at=datetime(2026, 3, 2, tzinfo=UTC),
)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority of our own, which this machine trusts during the test."""
    made = trustme.CA()
    made.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return made


def certified(authority: trustme.CA, name: str = "127.0.0.1") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture
def open_mailbox() -> Iterator[Callable[..., Mailbox]]:
    with ExitStack() as stack:

        def opened(**more: Any) -> Mailbox:
            return stack.enter_context(Mailbox(**more))

        yield opened


def hand_in(box: Mailbox | str, user: str = "") -> str:
    url = box if isinstance(box, str) else box.url
    with mail.Post(mail.Server.at(url.replace("://", f"://{user}")), "desk@park.example") as post:
        return post.send(LETTER)


SIGNED_IN = f"{NAME}:{PASSWORD}@"


@pytest.mark.parametrize("secure", [False, True], ids=["STARTTLS", "TLS from the first byte"])
def test_a_letter_goes_out_over_tls_by_somebody_signed_in(
    *, secure: bool, authority: trustme.CA, open_mailbox: Callable[..., Mailbox]
) -> None:
    box = open_mailbox(tls=certified(authority), secure=secure, knows=(NAME, PASSWORD))
    assert hand_in(box, SIGNED_IN).startswith("250 ")
    assert box.signed_in == [NAME]
    assert [message["Message-ID"] for message in box.arrived] == ["<letter-17@park.example>"]


@pytest.mark.parametrize("secure", [False, True], ids=["STARTTLS", "TLS from the first byte"])
@pytest.mark.parametrize("wrong", ["authority", "name"])
def test_a_certificate_that_proves_nothing_stops_it(
    *, secure: bool, wrong: str, authority: trustme.CA, open_mailbox: Callable[..., Mailbox]
) -> None:
    tls = certified(trustme.CA()) if wrong == "authority" else certified(authority, "mail.elsewhere.example")
    box = open_mailbox(tls=tls, secure=secure, knows=(NAME, PASSWORD))
    with pytest.raises(Unreachable, match="certificate verify failed"):
        hand_in(box, SIGNED_IN)
    assert not box.signed_in
    assert not box.arrived


def test_a_relay_in_the_house_may_have_a_certificate_of_its_own(open_mailbox: Callable[..., Mailbox]) -> None:
    box = open_mailbox(tls=certified(trustme.CA()))
    hand_in(box)
    assert len(box.arrived) == 1


def test_a_wrong_password_is_refused_and_not_repeated(
    authority: trustme.CA, open_mailbox: Callable[..., Mailbox]
) -> None:
    box = open_mailbox(tls=certified(authority), knows=(NAME, PASSWORD))
    with pytest.raises(Unreachable) as error:
        hand_in(box, f"{NAME}:wrong-password@")
    assert str(error.value) == "535 *** does not sign in with ***"


def test_no_password_goes_to_another_machine_without_encryption(
    open_mailbox: Callable[..., Mailbox], monkeypatch: pytest.MonkeyPatch
) -> None:
    box = open_mailbox(knows=(NAME, PASSWORD))
    real = socket.create_connection
    monkeypatch.setattr(
        socket, "create_connection", lambda address, *more: real(("127.0.0.1", address[1]), *more)
    )
    with pytest.raises(Unreachable, match="不支持加密"):
        hand_in(box.url.replace("127.0.0.1", "mail.park.example"), SIGNED_IN)
    assert not box.signed_in
    hand_in(box, SIGNED_IN)
    assert box.signed_in, "on this very machine nobody listens"


@pytest.mark.parametrize("said", [b"", b"220-still greeting\r\n"], ids=["silent", "greets without end"])
def test_a_server_that_does_not_come_to_the_point_is_left(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "SECONDS", 0.5)
    monkeypatch.setattr(mail, "LONGEST", 1)
    began = clock.now()
    with trickling(said) as origin, pytest.raises(Unreachable):
        hand_in(origin.replace("http", "smtp"))
    assert clock.now() - began < timedelta(seconds=5)


def test_a_server_that_talks_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "LONGEST", 1)
    began = clock.now()
    with _talking() as origin, pytest.raises(Unreachable, match="没有办完"):
        hand_in(origin)
    assert clock.now() - began < timedelta(seconds=4)


@pytest.mark.parametrize(
    ("user", "lines"),
    [
        pytest.param(
            "postman:%E6%9C%A8%E7%89%9B@",
            (b"250-hi\r\n250 AUTH PLAIN\r\n", b"334 go on\r\n"),
            id="password not ASCII",
        ),
        pytest.param(
            "postman:hush@", (b"250-hi\r\n250 AUTH CRAM-MD5\r\n", b"334 abc\r\n"), id="challenge is none"
        ),
    ],
)
def test_a_sign_in_that_cannot_be_is_said_without_the_password(user: str, lines: tuple[bytes, ...]) -> None:
    with _scripted(b"220 hi\r\n", *lines) as url, pytest.raises(Unreachable, match="请检查服务器") as refused:
        hand_in(url, user)
    assert not {*"木牛"} & {*str(refused.value)}
    assert refused.value.__cause__ is None


def test_a_host_no_machine_can_have_is_said() -> None:
    with pytest.raises(Unreachable, match="请检查服务器"):
        hand_in("smtp://mail..example:25")


def test_a_refusal_is_kept_without_its_control_characters() -> None:
    answers = (b"220 hi\r\n", b"250 hi\r\n", b"250 ok\r\n", b"550 no\x00 such\x1b user\r\n", b"250 ok\r\n")
    with _scripted(*answers) as url, pytest.raises(Undeliverable, match=r"^550 no such user$"):
        hand_in(url)


@contextmanager
def _scripted(greeting: bytes, *answers: bytes) -> Iterator[str]:
    """A server that says these things, one after each line it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with listening.accept()[0] as talk, talk.makefile("rb") as heard:
                talk.sendall(greeting)
                for answer in answers:
                    heard.readline()
                    talk.sendall(answer)
                heard.readline()

        threading.Thread(target=serve, daemon=True).start()
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}"


class _talking:  # noqa: N801 - used like a function
    """A server that greets, and answers the next thing a line at a time, for ever."""

    def __enter__(self) -> str:
        self.ended = threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()
        return f"smtp://127.0.0.1:{self.listening.getsockname()[1]}"

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.listening.close()

    def _serve(self) -> None:
        connection, _ = self.listening.accept()
        with connection:
            connection.sendall(b"220 here\r\n")
            while not self.ended.wait(0.1):
                try:
                    connection.sendall(b"250-more to come\r\n")
                except OSError:
                    return
