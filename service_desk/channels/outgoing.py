"""What every channel is given, and the three ways in which it says that it did not work."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Outgoing:
    """One letter to one address, its words ready to send; ``id`` stays the same however often it is tried."""

    id: int
    channel: str
    address: str
    subject: str
    text: str
    html: str
    created_at: datetime


class Undeliverable(Exception):
    """Refused for good: trying again would change nothing. The text holds no credentials."""


class NotYet(Exception):
    """Refused for now: this letter may pass later. The text holds no credentials."""


class Unreachable(Exception):
    """The other side takes no letters at present, this one or another. The text holds no credentials."""
