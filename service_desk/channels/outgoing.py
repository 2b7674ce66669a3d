"""What every channel is given, and the ways in which it says that it did not work."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a letter, by the channels that take files; ``mime_type`` as ``type/subtype``."""

    name: str
    path: Path
    mime_type: str


@dataclass(frozen=True)
class Outgoing:
    """One letter to one address, its words ready to send; ``id`` stays the same however often it is tried.

    ``text`` is whole in itself; ``url`` is what it leads to and stands at its end, so that a channel that has to
    shorten the text keeps the way to the rest.
    """

    id: int
    address: str
    subject: str
    text: str
    html: str
    url: str | None
    created_at: datetime
    attachment: Attachment | None = None


class Undeliverable(Exception):
    """Refused for good: trying again would change nothing. The text holds no credentials."""


class NotYet(Exception):
    """Refused for now: this letter may pass later. The text holds no credentials."""


class Unreachable(Exception):
    """The other side takes no letters at present, this one or another. The text holds no credentials."""


class TooFast(Exception):
    """The other side wants no more letters for ``seconds``: nothing is wrong with any of them."""

    def __init__(self, answer: str, seconds: float) -> None:
        super().__init__(answer)
        self.seconds = seconds


def in_one_line(text: str) -> str:
    """The other side's words in one line that can be kept and shown: no control characters, no broken ones."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
