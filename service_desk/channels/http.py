"""One HTTP request to a host that is allowed, with an end to its time and to the size of its answer.

No redirects: a host that sends us elsewhere is not the one that was allowed. Errors name neither the address nor
what was sent, both of which may hold secrets.
"""

import asyncio
import json
import logging
import ssl
from collections.abc import Collection, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx

from service_desk.channels.outgoing import TooFast, Unreachable, in_one_line
from service_desk.domain.sentences import say

SECONDS = 10.0
"""How long the other side has for everything together: name, connection, certificate, answer."""

A_MOMENT = 1.0
"""For the loop to end by itself, which it does unless a name is still being looked up."""

LARGEST_ANSWER = 64 * 1024
LONGEST_WAIT = 3600.0
USUAL_WAIT = 60.0

OK = 200
TOO_MANY = 429

# They would write every address, with the keys in it, to whatever log is set up.
for name in ("httpx", "httpcore"):
    logging.getLogger(name).setLevel(logging.CRITICAL)


class NotAllowed(Exception):
    """An address that nothing may be sent to."""


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the other side says
        """The body as JSON. Raises ``Unreachable``, which says what it was instead."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise Unreachable(self._instead) from None

    @property
    def _instead(self) -> str:
        if not self.body:
            return say("HTTP %(status)s：回答是空的", status=self.status)
        kind = self.headers.get("content-type", "").partition(";")[0]
        return say(
            "HTTP %(status)s：回答不是 JSON（%(kind)s）",
            status=self.status,
            kind=in_one_line(kind)[:40] or "—",
        )


def origin_of(address: str) -> str:
    """``scheme://host`` of an address, with the port where it is not the usual one; ``NotAllowed`` for no address."""
    try:
        url = httpx.URL(address)
    except (httpx.InvalidURL, ValueError, TypeError):
        raise NotAllowed("不是网址") from None
    if url.scheme not in ("http", "https") or not url.host or url.userinfo:
        raise NotAllowed("不是网址")
    port = f":{url.port}" if url.port is not None else ""
    return f"{url.scheme}://{url.host.lower()}{port}"


def require_allowed(address: str, origins: Collection[str]) -> None:
    """Raise ``NotAllowed`` unless the address is at one of the origins."""
    if origin_of(address) not in origins:
        raise NotAllowed("不允许向这个地址发送")


def ask(
    method: str,
    address: str,
    *,
    origins: Collection[str],
    headers: Mapping[str, str],
    content: bytes | None,
) -> Answer:
    """Send one request and read the answer, whatever its status, redirects included.

    Raises ``NotAllowed``; ``TooFast`` for status 429, with the time it asks for; and ``Unreachable`` where there
    is no answer within ``SECONDS``, where it is too large, and for the server's own errors.
    """
    require_allowed(address, origins)
    try:
        answer = _to_its_end(_within(method, address, headers, content))
    except TimeoutError:
        raise Unreachable(say("%(seconds)s 秒内没有回答", seconds=f"{SECONDS:g}")) from None
    except httpx.ConnectError as error:
        raise Unreachable(say("连接不上：%(reason)s", reason=_reason(error))) from None
    except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, ValueError) as error:
        raise Unreachable(say("没有回答：%(reason)s", reason=type(error).__name__)) from None
    if answer.status == TOO_MANY:
        raise TooFast(f"HTTP {TOO_MANY}", wait_of(answer.headers))
    if answer.status >= 500:  # noqa: PLR2004 - 5xx
        raise Unreachable(f"HTTP {answer.status}")
    return answer


def _to_its_end(asking: Coroutine[Any, Any, Answer]) -> Answer:
    """In a thread of its own: whoever calls may be running a loop already."""
    alone = ThreadPoolExecutor(max_workers=1)
    try:
        # A name that nobody answers for is asked on in its thread, which no loop can end: it is left alone there.
        return alone.submit(asyncio.run, asking).result(timeout=SECONDS + A_MOMENT)
    finally:
        alone.shutdown(wait=False)


async def _within(method: str, address: str, headers: Mapping[str, str], content: bytes | None) -> Answer:
    # One end for everything: a timeout a read would start anew with every byte that trickles in.
    async with asyncio.timeout(SECONDS):
        # The machine's own certificates: an intranet may have its own authority.
        client = httpx.AsyncClient(
            verify=ssl.create_default_context(), timeout=SECONDS, follow_redirects=False
        )
        async with (
            client,
            client.stream(
                method, address, headers={"Accept-Encoding": "identity", **headers}, content=content
            ) as response,
        ):
            # Raw: what is packed small could unpack to any size.
            body = b""
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > LARGEST_ANSWER:
                    raise Unreachable(say("HTTP %(status)s：回答太长", status=response.status_code))
            return Answer(response.status_code, dict(response.headers), body)


def wait_of(headers: Mapping[str, str]) -> float:
    """How many seconds an answer asks us to wait."""
    # “x-ogw-ratelimit-reset: 52”: Feishu, 频控策略.
    given = headers.get("retry-after") or headers.get("x-ogw-ratelimit-reset") or ""
    seconds = float(given) if given.isdecimal() and len(given) < 10 else USUAL_WAIT  # noqa: PLR2004
    return min(max(seconds, 1.0), LONGEST_WAIT)


def _reason(error: httpx.ConnectError) -> str:
    """What the system says of a failed connection: it names hosts and certificates, no paths and no keys."""
    return in_one_line(str(error))[:200] or "refused"
