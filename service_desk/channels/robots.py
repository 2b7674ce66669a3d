"""Robots of chat groups: WeCom, DingTalk and Feishu, each after its vendor's document, quoted where it is obeyed.

Messages are plain text: what a person wrote must not turn into markup, nor call people by name. Codes without a
quotation are known from the vendors' lists of codes; one that is not known here is tried again later.
"""

import base64
import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import httpx

from service_desk.channels.http import OK, Answer, NotAllowed, ask
from service_desk.channels.outgoing import NotYet, Outgoing, TooFast, Undeliverable, Unreachable, in_one_line
from service_desk.channels.shortening import Size, fitted, in_bytes
from service_desk.domain.sentences import say

A_MINUTE, TEN_MINUTES = 60.0, 600.0
LONGEST_ANSWER = 200
SHORTEST_SECRET = 8


def in_json(text: str) -> int:
    """The bytes a text takes inside a request."""
    return len(json.dumps(text, ensure_ascii=False).encode())


@dataclass(frozen=True, repr=False)
class Webhook(ABC):
    """A robot's address and, where the group wants messages signed, its secret.

    ``origins`` are the hosts allowed besides the vendor's; ``now`` gives the instant that a signature carries.
    """

    address: str
    secret: str | None
    origins: Collection[str]
    now: Callable[[], datetime]

    HOME: ClassVar[str]
    MOST_BYTES: ClassVar[int]
    SIZE: ClassVar[Size]
    CODE: ClassVar[str]
    WORDS: ClassVar[str]
    TOO_FAST: ClassVar[Mapping[int, float]]
    """Codes that ask us to wait, and how many seconds."""
    REFUSED: ClassVar[frozenset[int]]
    """Codes that say that this message will never be taken."""
    CLOSED: ClassVar[frozenset[int]]
    """Codes that say that no message is taken before somebody mends the robot or its settings."""

    def send(self, letter: Outgoing) -> str:
        """Post one letter; what the other side answered.

        Raises ``Undeliverable``, ``NotYet``, ``Unreachable`` or ``TooFast``.
        """
        tail = f"\n{letter.url}" if letter.url else ""
        # “<” begins a mention in Feishu's texts and in WeCom's markup.
        text = fitted(letter.text.replace("<", "＜"), tail, most=self.MOST_BYTES, size=type(self).SIZE)
        address, message = self.signed(text)
        try:
            answer = ask(
                "POST",
                address,
                origins={self.HOME, *self.origins},
                headers={"Content-Type": "application/json; charset=utf-8"},
                content=json.dumps(message, ensure_ascii=False).encode(),
            )
        except NotAllowed as error:
            raise Unreachable(str(error)) from None
        return self._judged(answer)

    @abstractmethod
    def signed(self, text: str) -> tuple[str, dict[str, Any]]:
        """The address to post to and the message to post, signed where there is a secret."""

    def _judged(self, answer: Answer) -> str:
        """The vendors say what is wrong in the body, mostly under status 200."""
        said = answer.json
        code = said.get(self.CODE) if isinstance(said, dict) else None
        if not isinstance(said, dict) or not isinstance(code, int) or isinstance(code, bool):
            raise Unreachable(
                say("HTTP %(status)s：回答里没有 %(code)s", status=answer.status, code=self.CODE)
            )
        words = self._safe(f"{code} {said.get(self.WORDS, '')}")
        if code == 0 and answer.status == OK:
            return words
        if code in self.TOO_FAST:
            raise TooFast(words, self.TOO_FAST[code])
        if code in self.REFUSED:
            raise Undeliverable(words)
        if code in self.CLOSED or code == 0:
            raise Unreachable(words if code else f"HTTP {answer.status}")
        raise NotYet(words)

    def _safe(self, words: str) -> str:
        """The other side's words in one line without our keys, should it repeat them."""
        url = httpx.URL(self.address)
        keys = [self.secret or "", *url.params.values(), *url.path.split("/")]
        for key in sorted(keys, key=len, reverse=True):
            if len(key) >= SHORTEST_SECRET:
                words = words.replace(key, "***")
        return in_one_line(words)[:LONGEST_ANSWER]


class WeCom(Webhook):
    """企业微信群机器人. It has no signature: the key in the address is all.

    developer.work.weixin.qq.com/document/path/91770: “文本内容，最长不超过2048个字节，必须是utf8编码”,
    “每个机器人发送的消息不能超过20条/分钟”.
    """

    HOME = "https://qyapi.weixin.qq.com"
    MOST_BYTES, SIZE = 2048, in_bytes
    CODE, WORDS = "errcode", "errmsg"
    # “45009 api freq out of limit”, of this robot within a minute.
    TOO_FAST: ClassVar = {45009: A_MINUTE}
    # Parameter not lawful, text empty, text too long.
    REFUSED = frozenset({40058, 44004, 45002})
    # Webhook not lawful or robot removed, robot put out of use, robot not in the group.
    CLOSED = frozenset({93000, 93004, 93008})

    def signed(self, text: str) -> tuple[str, dict[str, Any]]:
        """As a text message."""
        return self.address, {"msgtype": "text", "text": {"content": text}}


class DingTalk(Webhook):
    """钉钉自定义机器人.

    open.dingtalk.com/document/robots/custom-robot-access: “每个机器人每分钟最多发送20条消息到群里，如果超过20条，
    会限流10分钟”. A message has at most 20,000 bytes, of which what stands around the text takes its part.
    """

    HOME = "https://oapi.dingtalk.com"
    MOST_BYTES, SIZE = 19_000, in_json
    CODE, WORDS = "errcode", "errmsg"
    # “130101 send too fast, exceed 20 times per minute”; 660026 and 410100 say the same.
    TOO_FAST: ClassVar = {130101: TEN_MINUTES, 660026: TEN_MINUTES, 410100: TEN_MINUTES}
    # Message too long; unsafe link; inappropriate words, picture or content.
    REFUSED = frozenset({460101, 430101, 430102, 430103, 430104})
    # “310000 sign not match”, likewise invalid timestamp, keywords not in content, ip not in the white list; token
    # unknown; group dissolved; robot put out of use.
    CLOSED = frozenset({310000, 300001, 400013, 400101, 400102})

    def signed(self, text: str) -> tuple[str, dict[str, Any]]:
        r"""With timestamp and sign in the address.

        “把timestamp+"\n"+密钥当做签名字符串，使用HmacSHA256算法计算签名，然后进行Base64 encode，最后再把签名参数
        再进行urlEncode”; “timestamp 当前时间戳，单位是毫秒，与请求调用时间误差不能超过1小时”.
        """
        address = httpx.URL(self.address)
        if self.secret:
            timestamp = str(int(self.now().timestamp() * 1000))
            sign = _hmac(self.secret, f"{timestamp}\n{self.secret}")
            address = address.copy_merge_params({"timestamp": timestamp, "sign": sign})
        return str(address), {"msgtype": "text", "text": {"content": text}, "at": {"isAtAll": False}}


class Feishu(Webhook):
    """飞书自定义机器人.

    open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: “自定义机器人的频率控制和普通应用不同，为单租户单机器人
    100 次/分钟，5 次/秒”, “发送消息时，请求体的数据大小不能超过 20 KB”, of which what
    stands around the text takes its part.
    """

    HOME = "https://open.feishu.cn"
    MOST_BYTES, SIZE = 19_000, in_json
    CODE, WORDS = "code", "msg"
    # “建议发送消息尽量避开诸如 10:00、17:30 等整点及半点时间，否则可能出现因系统压力导致的 11232 限流错误”.
    TOO_FAST: ClassVar = {11232: A_MINUTE, 99991400: A_MINUTE}
    # “9499 Bad Request”: the request is not as it should be, or larger than 20 KB.
    REFUSED = frozenset({9499})
    # “19021 sign match fail or timestamp is not within one hour from current time”; token invalid, IP not allowed,
    # key words not found.
    CLOSED = frozenset({19001, 19002, 19021, 19022, 19024})

    def signed(self, text: str) -> tuple[str, dict[str, Any]]:
        r"""With timestamp (seconds) and sign in the body.

        “把 timestamp + "\n" + 密钥 当做签名字符串，使用 HmacSHA256 算法计算空字符串的签名结果，再进行 Base64 编码”.
        """
        message: dict[str, Any] = {"msg_type": "text", "content": {"text": text}}
        if self.secret:
            timestamp = str(int(self.now().timestamp()))
            message |= {"timestamp": timestamp, "sign": _hmac(f"{timestamp}\n{self.secret}", "")}
        return self.address, message


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()
