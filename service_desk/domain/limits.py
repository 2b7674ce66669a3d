"""Which limit applies: the class of a ticket, and the table of limits by clock and class."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from service_desk.domain.deadlines import Limit
from service_desk.domain.vocabulary import ClockKind, LimitClass, Nature, Source, Unit, Urgency

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


@dataclass(frozen=True, slots=True)
class Profile:
    """What a ticket is, as far as limits and ladders ask."""

    limit_class: LimitClass
    category_id: int | None = None
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """Which tickets a limit or a ladder is for; what is None is any."""

    limit_class: LimitClass | None = None
    category_id: int | None = None
    source: Source | None = None

    def covers(self, profile: Profile) -> bool:
        """Whether it is for such a ticket."""
        return (
            self.limit_class in (None, profile.limit_class)
            and self.category_id in (None, profile.category_id)
            and self.source in (None, profile.source)
        )

    @property
    def narrowness(self) -> tuple[bool, bool, bool]:
        """The narrower of two is the greater: a category says more than a source, and that more than a class."""
        return (self.category_id is not None, self.source is not None, self.limit_class is not None)


@dataclass(frozen=True, slots=True)
class LimitEntry:
    """One cell of the table of limits, or a special one for a category or a source."""

    reach: Reach
    number: int
    unit: Unit


@dataclass(frozen=True)
class Limits:
    """The limits in force by row: a clock kind, ``rework``, ``extensions`` or ``extension_days``.

    Of the entries of a row the narrowest that covers a ticket is its limit.
    """

    rows: Mapping[str, tuple[LimitEntry, ...]]

    def of(self, kind: ClockKind, profile: Profile, *, cycle: int = 1) -> Limit:
        """The limit of a clock started now; a settle clock of a later cycle has the rework limit."""
        entry = self._entry(row_of(kind, cycle), profile)
        if entry is None:
            raise KeyError(f"no limit for {kind} of {profile}")
        return Limit(entry.number, entry.unit)

    def most_extensions(self, profile: Profile) -> int:
        """How often a settle clock may be extended."""
        entry = self._entry(EXTENSIONS, profile)
        return entry.number if entry else 0

    def most_extension_days(self, profile: Profile) -> int:
        """By how much in all, in the settle clock's own unit."""
        entry = self._entry(EXTENSION_DAYS, profile)
        return entry.number if entry else 0

    def _entry(self, row: str, profile: Profile) -> LimitEntry | None:
        covering = (entry for entry in self.rows.get(row, ()) if entry.reach.covers(profile))
        return max(covering, key=lambda entry: entry.reach.narrowness, default=None)


@dataclass(frozen=True, slots=True)
class RuleNews:
    """A change of a limit or a ladder, made at ``at``, that open clocks follow; ``row`` as in ``Limits``."""

    id: int
    at: datetime
    is_limit: bool
    row: str
    reach: Reach

    def concerns(self, kind: ClockKind, profile: Profile, *, cycle: int) -> bool:
        """Whether a clock of such a ticket follows it: a ladder is one for all cycles, a limit is not."""
        row = row_of(kind, cycle) if self.is_limit else kind.value
        return self.row == row and self.reach.covers(profile)


def row_of(kind: ClockKind, cycle: int) -> str:
    """The row of the table that a clock reads."""
    return REWORK if kind is ClockKind.SETTLE and cycle > 1 else kind.value
