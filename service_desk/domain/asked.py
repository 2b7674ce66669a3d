"""What is known of a ticket before anybody has judged it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Asked:
    """The words of a ticket and where they come from; each of the names may be unknown."""

    title: str
    text: str
    category: str | None = None
    area: str | None = None
    enterprise: str | None = None
