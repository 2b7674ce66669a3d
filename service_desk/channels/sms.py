"""Text messages through a gateway that takes HTTP: a request with places in it, and what the answer must say.

Places are ``{phone}``, ``{text}``, ``{id}`` and ``{secret}``. What is put in is written as the part of the request
demands: JSON, form or XML by the ``Content-Type``, percent signs in the address.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

from service_desk.channels.http import Answer, NotAllowed, ask, require_allowed
from service_desk.channels.outgoing import NotYet, Outgoing, Undeliverable, Unreachable, in_one_line
from service_desk.channels.shortening import fitted

PLACES = ("phone", "text", "id", "secret")
PLACE = re.compile(r"\{(" + "|".join(PLACES) + r")\}")
PHONE = re.compile(r"\+?[0-9]{5,15}")
HEADER = re.compile(r"([A-Za-z0-9-]+):[ \t]*([\x20-\x7e]*)")
MOST_CHARACTERS = 300
"""A few parts of a long message; gateways differ, and none was met that takes less."""
LONGEST_VALUE = 60

Written = Callable[[str], str]


@dataclass(frozen=True, repr=False)
class Template:
    """How a gateway wants to be asked, and by what it is known that it took the message.

    ``headers`` are lines ``name: value``; ``success_path`` leads through JSON by dots, to a value that must read
    ``success_value``. Without a path the status alone decides.
    """

    method: str
    url: str
    headers: str
    body: str
    secret: str
    success_status: int
    success_path: str
    success_value: str
    origins: Collection[str]

    def send(self, letter: Outgoing) -> str:
        """Send one text message; what the gateway answered: its status, and the value that was looked for.

        Raises ``Undeliverable``, ``NotYet``, ``Unreachable`` or ``TooFast``.
        """
        phone = re.sub(r"[\s-]", "", letter.address)
        if not PHONE.fullmatch(phone):
            raise Undeliverable("不是电话号码")
        tail = f" {letter.url}" if letter.url else ""
        values = {
            "phone": phone,
            "text": fitted(letter.text, tail, most=MOST_CHARACTERS, size=len),
            "id": str(letter.id),
            "secret": self.secret,
        }
        try:
            headers = headers_of(self.headers, values)
            answer = ask(
                self.method,
                filled(self.url, values, lambda value: quote(value, safe="")),
                origins=self.origins,
                headers=headers,
                content=filled(self.body, values, _writing(headers)).encode() if self.body else None,
            )
        except NotAllowed as error:
            raise Unreachable(str(error)) from None
        return self._judged(answer)

    def check(self) -> None:
        """Raise ``NotAllowed`` or ``ValueError``, with a sentence, where the template cannot be used."""
        require_allowed(PLACE.sub("0", self.url), self.origins)
        # A place in the host would let a phone number choose it.
        require_allowed(self.url.partition("{")[0], self.origins)
        headers_of(self.headers, dict.fromkeys(PLACES, "0"))

    def _judged(self, answer: Answer) -> str:
        words = f"HTTP {answer.status}"
        found = _value_at(answer.json, self.success_path) if self.success_path else None
        if self.success_path:
            # No more of the answer than this: it may repeat the number and the message.
            words += f", {self.success_path} = {self._safe(found)}"
        if answer.status == self.success_status and (not self.success_path or found == self.success_value):
            return words
        raise NotYet(words)

    def _safe(self, value: str | None) -> str:
        if value is None:
            return "—"
        shown = value.replace(self.secret, "***") if self.secret else value
        return in_one_line(shown)[:LONGEST_VALUE]


def filled(template: str, values: Mapping[str, str], written: Written) -> str:
    """The template with its places filled, in one go: what is put in is not looked at again."""
    return PLACE.sub(lambda place: written(values[place[1]]), template)


def headers_of(lines: str, values: Mapping[str, str]) -> dict[str, str]:
    """The headers of a template. Raises ``ValueError`` for a line that is none."""
    headers = {}
    for line in filter(None, map(str.strip, lines.splitlines())):
        found = HEADER.fullmatch(line)
        if found is None:
            raise ValueError("请求头应为“名称: 值”")
        headers[found[1]] = filled(found[2], values, _in_one_line)
    return headers


def _in_one_line(value: str) -> str:
    return "".join(sign for sign in value if sign.isascii() and sign.isprintable())


def _writing(headers: Mapping[str, str]) -> Written:
    """How a value is written in a body of this kind."""
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "").lower()
    if "json" in kind:
        return lambda value: json.dumps(value, ensure_ascii=False)[1:-1]
    if "xml" in kind:
        return lambda value: escape(value, {'"': "&quot;"})
    if "form" in kind:
        return lambda value: quote(value, safe="")
    return str


def _value_at(said: Any, path: str) -> str | None:  # noqa: ANN401 - whatever the gateway says
    """The value that a path leads to, as text; None where it leads nowhere."""
    for step in path.split("."):
        if isinstance(said, dict):
            said = said.get(step)
        elif isinstance(said, list) and step.isdecimal() and int(step) < len(said):
            said = said[int(step)]
        else:
            return None
    if said is None or isinstance(said, dict | list):
        return None
    return said if isinstance(said, str) else json.dumps(said)
