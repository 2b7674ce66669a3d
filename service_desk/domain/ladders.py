"""Reminder ladders: which steps a clock of some ticket climbs, and what each of them does."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from service_desk.domain.limits import Profile, Reach
from service_desk.domain.reminders import StepRule
from service_desk.domain.vocabulary import ClockKind


@dataclass(frozen=True)
class LadderStep:
    """A step with everything it does.

    ``recipients`` are audiences; those of the lower steps are told with them. ``card`` is yellow or red,
    ``order_level`` that of the supervision order it makes.
    """

    rule: StepRule
    position: int
    recipients: tuple[str, ...]
    card: str | None
    order_level: int | None
    only_without_contact: bool


@dataclass(frozen=True)
class Ladder:
    """The steps for clocks of a kind; only for those started at ``since`` or later, where that is set."""

    kind: ClockKind
    reach: Reach
    since: datetime | None
    steps: tuple[LadderStep, ...]

    def is_for(self, kind: ClockKind, profile: Profile, started_at: datetime) -> bool:
        """Whether such a clock may climb it."""
        begun = self.since is None or self.since <= started_at
        return self.kind is kind and begun and self.reach.covers(profile)


def steps_for(
    ladders: Iterable[Ladder], kind: ClockKind, profile: Profile, started_at: datetime
) -> tuple[LadderStep, ...]:
    """The steps of a clock: those of the narrowest ladder for it, of several the latest; none where it has none."""
    fitting = [ladder for ladder in ladders if ladder.is_for(kind, profile, started_at)]
    if not fitting:
        return ()

    def precedence(ladder: Ladder) -> tuple[tuple[bool, bool, bool], bool, float]:
        since = ladder.since
        return (ladder.reach.narrowness, since is not None, since.timestamp() if since else 0.0)

    return max(fitting, key=precedence).steps
