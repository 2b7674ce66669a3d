"""The other side of the channels on loopback: robots as their vendors' documents have them, a gateway, and rubbish.

The vendors' servers here check what the real ones are documented to check (signature, timestamp within an hour,
length, rate) and answer with the documented codes, mostly under status 200.
"""

import base64
import hashlib
import hmac
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

A_MINUTE, AN_HOUR = 60, 3600
KEY = "0a1b2c3d-key-of-the-robot-4e5f"
SECRET = "SECabcdef0123456789"


@dataclass(frozen=True)
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What a server answers."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})

    @classmethod
    def of(cls, document: object, status: int = 200, **headers: str) -> Self:
        """A JSON document."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        return cls(json.dumps(document).encode(), status, {"Content-Type": "application/json", **given})


class Server:
    """A web server on loopback that answers by ``answer``; used in a ``with`` block."""

    def __init__(
        self, answer: Callable[[Asked], Reply] | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self.answer = answer or (lambda _asked: Reply())
        self.asked: list[Asked] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.scheme = "https" if tls else "http"
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)

    @property
    def origin(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler_of(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

        def handle_one(self) -> None:
            url = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            asked = Asked(
                self.command,
                url.path,
                {name: values[0] for name, values in parse_qs(url.query).items()},
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length),
            )
            server.asked.append(asked)
            reply = server.answer(asked)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = handle_one  # noqa: N815 - as http.server calls them

    return Handler


class Vendor(Server):
    """What the three vendors have in common: a limit of messages a minute, and a list of what was taken."""

    MOST: ClassVar[int] = 20
    LONGEST: ClassVar[int]

    def __init__(self, secret: str | None = None) -> None:
        super().__init__(self.judge)
        self.secret = secret
        self.most = self.MOST
        self.taken: list[str] = []
        self._times: list[float] = []
        self._lock = threading.Lock()

    @property
    def webhook(self) -> str:
        raise NotImplementedError

    def judge(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def is_too_fast(self) -> bool:
        with self._lock:
            now = time.monotonic()
            self._times = [each for each in self._times if now - each < A_MINUTE] + [now]
            return len(self._times) > self.most

    def take(self, text: str) -> Reply:
        with self._lock:
            self.taken.append(text)
        return self.said(0, "ok")

    def said(self, code: int, words: str) -> Reply:
        return Reply.of({"errcode": code, "errmsg": words})


class WeComServer(Vendor):
    """企业微信: key in the address, text of at most 2,048 bytes, 20 in a minute."""

    LONGEST = 2048

    @property
    def webhook(self) -> str:
        return f"{self.origin}/cgi-bin/webhook/send?key={KEY}"

    def judge(self, asked: Asked) -> Reply:
        if asked.path != "/cgi-bin/webhook/send" or asked.query.get("key") != KEY:
            return self.said(
                93000, f"invalid webhook url, hint: [1], key {asked.query.get('key')}, more info"
            )
        if self.is_too_fast():
            return self.said(45009, "api freq out of limit, hint: [2], from ip: 127.0.0.1")
        text = asked.json["text"]["content"]
        assert asked.json["msgtype"] == "text"
        if len(text.encode()) > self.LONGEST:
            return self.said(40058, "text.content exceed max length 2048. invalid Request Parameter")
        return self.take(text)


class DingTalkServer(Vendor):
    """钉钉: timestamp in milliseconds and sign in the address, 20,000 bytes, 20 in a minute, then ten minutes none."""

    LONGEST = 20_000

    @property
    def webhook(self) -> str:
        return f"{self.origin}/robot/send?access_token={KEY}"

    def judge(self, asked: Asked) -> Reply:
        if asked.path != "/robot/send" or asked.query.get("access_token") != KEY:
            return self.said(300001, "token is not exist")
        if self.secret and not self._is_signed(asked):
            return self.said(310000, "sign not match, more: [https://ding-doc.dingtalk.com]")
        if self.is_too_fast():
            return self.said(130101, "send too fast, exceed 20 times per minute")
        if len(asked.body) > self.LONGEST:
            return self.said(460101, "message too long, exceed 20000 bytes")
        return self.take(asked.json["text"]["content"])

    def _is_signed(self, asked: Asked) -> bool:
        timestamp, secret = asked.query.get("timestamp", "0"), self.secret or ""
        signed = hmac.new(secret.encode(), f"{timestamp}\n{secret}".encode(), hashlib.sha256).digest()
        fresh = abs(time.time() - int(timestamp) / 1000) < AN_HOUR  # noqa: TID251 - the vendor's own clock
        return fresh and asked.query.get("sign") == base64.b64encode(signed).decode()


class FeishuServer(Vendor):
    """飞书: timestamp in seconds and sign in the body, 20 KB, 100 in a minute."""

    LONGEST, MOST = 20 * 1024, 100

    @property
    def webhook(self) -> str:
        return f"{self.origin}/open-apis/bot/v2/hook/{KEY}"

    def said(self, code: int, words: str) -> Reply:
        return Reply.of({"code": code, "msg": words, "data": {}})

    def judge(self, asked: Asked) -> Reply:
        if asked.path != f"/open-apis/bot/v2/hook/{KEY}":
            return self.said(19001, "param invalid: incoming webhook access token invalid")
        if len(asked.body) > self.LONGEST or asked.json["msg_type"] != "text":
            return self.said(9499, "Bad Request")
        if self.secret and not self._is_signed(asked.json):
            return self.said(19021, "sign match fail or timestamp is not within one hour from current time")
        if self.is_too_fast():
            return self.said(11232, "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]")
        return self.take(asked.json["content"]["text"])

    def _is_signed(self, message: dict[str, Any]) -> bool:
        timestamp = str(message.get("timestamp", "0"))
        signed = hmac.new(f"{timestamp}\n{self.secret}".encode(), b"", hashlib.sha256).digest()
        fresh = abs(time.time() - int(timestamp)) < AN_HOUR  # noqa: TID251 - the vendor's own clock
        return fresh and message.get("sign") == base64.b64encode(signed).decode()


@contextmanager
def trickling(chunk: bytes = b"", every: float = 0.1) -> Iterator[str]:
    """The origin of a server that takes a request and then sends ``chunk`` again and again, or nothing ever."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while not ended.is_set():
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                threading.Thread(target=feed, args=(connection,), daemon=True).start()

        def feed(connection: socket.socket) -> None:
            with connection:
                while not ended.wait(every):
                    try:
                        connection.sendall(chunk)
                    except OSError:
                        return

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            ended.set()
            listening.close()
