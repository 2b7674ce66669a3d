"""Names and phones as they are shown to whoever has not asked for them with a reason."""

import re

SHORTEST_PHONE = 7
_PHONE = re.compile(r"(?<!\d)(?:1[3-9]\d(?:[ -]?\d{4}){2}|0\d{2,3}[ -]?\d{7,8})(?!\d)")
"""A mobile number, or one with its area code, as people type them."""


def mask_phone(phone: str | None) -> str:
    """``138****5678``."""
    if not phone:
        return ""
    if len(phone) < SHORTEST_PHONE:
        return "*" * len(phone)
    return phone[:3] + "*" * max(4, len(phone) - 7) + phone[-4:]


def mask_name(name: str | None) -> str:
    """``张*``."""
    return name[:1] + "*" * (len(name) - 1) if name else ""


def mask_within(text: str, name: str | None = None) -> str:
    """A text that people wrote, without the phones in it and without this name."""
    masked = _PHONE.sub(lambda found: mask_phone(re.sub(r"[ -]", "", found[0])), text)
    return masked.replace(name, mask_name(name)) if name and len(name) > 1 else masked
