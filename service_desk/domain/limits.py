"""Which limit applies: the class of a ticket, and the table of limits by clock and class."""

from collections.abc import Mapping
from dataclasses import dataclass

from service_desk.domain.deadlines import Limit
from service_desk.domain.vocabulary import ClockKind, LimitClass, Nature, Urgency

QUESTION_CLOSES = 5
"""A question to the enterprise stops the clocks until the office has closed so often, all waits together."""
DEFERRAL_DAYS = 90
NEXT_REPLY_DAYS = 30
REST_DAYS = 90
"""Calendar days after the day of the act."""
OBJECTION_DAYS = 10
"""Working days after a closing or rejection in which an appeal or exclusion may be asked."""
CORRECTION_DAYS = 2
"""Working days in which a rating may be changed."""
TRIES, DAYS_OF_TRIES = 3, 2
"""So many failed tries on so many days count as the first contact."""

EXTENSIONS, EXTENSION_DAYS = "extensions", "extension_days"
"""The rows of the table that say how often, and by how much in all, a settle clock may be extended."""

REWORK = "rework"
"""The row of the table that settle clocks of a later cycle read."""


def limit_class(*, nature: Nature, urgency: Urgency, is_complex: bool, is_arrears: bool) -> LimitClass:
    """The one class a ticket is judged by, in the law's order of precedence."""
    if is_arrears:
        return LimitClass.ARREARS
    if nature is Nature.ENQUIRY:
        return LimitClass.ENQUIRY
    if urgency is Urgency.CRITICAL:
        return LimitClass.CRITICAL
    if urgency is Urgency.URGENT:
        return LimitClass.URGENT
    if nature is Nature.COMPLAINT:
        return LimitClass.COMPLAINT
    return LimitClass.COMPLEX if is_complex else LimitClass.NORMAL


@dataclass(frozen=True)
class Limits:
    """The limits in force, keyed by row name (a clock kind or ``rework``) and limit class."""

    table: Mapping[tuple[str, LimitClass], Limit]
    extensions: Mapping[tuple[str, LimitClass], int]

    def of(self, kind: ClockKind, klass: LimitClass, *, cycle: int = 1) -> Limit:
        """The limit of a clock started now; a settle clock of a later cycle has the rework limit."""
        row = REWORK if kind is ClockKind.SETTLE and cycle > 1 else kind.value
        return self.table[row, klass]

    def most_extensions(self, klass: LimitClass) -> int:
        """How often a settle clock may be extended."""
        return self.extensions.get((EXTENSIONS, klass), 0)

    def most_extension_days(self, klass: LimitClass) -> int:
        """By how much in all, in the settle clock's own unit."""
        return self.extensions.get((EXTENSION_DAYS, klass), 0)
