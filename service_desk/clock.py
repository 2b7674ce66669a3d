"""The only place that reads the clock; the edges call it and hand the instant down."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present instant, aware, in UTC, to the second (the law knows no fractions)."""
    return datetime.now(UTC).replace(microsecond=0)
