"""Which limit applies: the class of a ticket, and the table of limits by clock and class."""

from collections.abc import Mapping
from dataclasses import dataclass

from service_desk.domain.deadlines import Limit
from service_desk.domain.vocabulary import ClockKind, LimitClass, Nature, Urgency

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

    def of(self, kind: ClockKind, klass: LimitClass, *, cycle: int = 1) -> Limit:
        """The limit of a clock started now; a settle clock of a later cycle has the rework limit."""
        row = REWORK if kind is ClockKind.SETTLE and cycle > 1 else kind.value
        return self.table[row, klass]
