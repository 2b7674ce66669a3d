"""Names and phones as they are shown to whoever has not asked for them with a reason."""

SHORTEST_PHONE = 7


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
