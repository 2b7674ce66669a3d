"""The courses a demo ticket may take, and at which moments of the past its acts fall."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from service_desk.domain.worktime import OfficeCalendar, Span

HOURS_A_DAY = 7
REACH = timedelta(days=300)
"""So far back the office's hours are laid out: more than the oldest story needs."""
WINDOW = 6 * HOURS_A_DAY
"""Office hours after which a rating window of five working days has passed for certain."""


@dataclass(frozen=True)
class Beat:
    """One act, so many office hours after the act before it."""

    act: str
    least: float = 0
    most: float = 0


@dataclass(frozen=True)
class Course:
    """A sequence of acts; ``rests`` is how long ago, in office hours, the last one of a course still open was."""

    beats: tuple[Beat, ...]
    rests: tuple[float, float] | None = None


B = Beat
FILED = (B("submit"),)
ACCEPTED = (*FILED, B("accept", 0.5, 4))
ASSIGNED = (*ACCEPTED, B("dispatch", 0.5, 4))
IN_HAND = (*ASSIGNED, B("sign", 0.5, 4), B("first_contact", 0.5, 4))
WORKED = (*IN_HAND, B("opine", 0.5, 3), B("progress", 3, 6))
REPLIED = (*WORKED, B("reply", 4, 10))
LATE = (*WORKED, B("reply", 62, 80))
VERIFIED = (B("verify", 0.5, 5),)
RATED = (*VERIFIED, B("rate", 2, 24))
AGAIN = (B("sign", 0.5, 3), B("first_contact", 0.5, 3))
CHASED = (B("urge", 10, 16), B("supervise", 76, 82), B("answer_order", 6, 14))

COURSES = {
    "submitted": Course(FILED),
    "submitted_late": Course(FILED),
    "accepted": Course(ACCEPTED),
    "assigned": Course(ASSIGNED),
    "assigned_late": Course(ASSIGNED),
    "in_progress": Course(WORKED),
    "complaint": Course(WORKED),
    "late": Course((*WORKED, *CHASED)),
    "replied": Course(REPLIED, rests=(0.5, 4)),
    "sent_back": Course((*REPLIED, B("send_back", 1, 4)), rests=(1, 6)),
    "awaiting": Course((*REPLIED, *VERIFIED), rests=(2, 20)),
    "rated": Course((*REPLIED, *RATED)),
    "rated_late": Course((*LATE, *RATED)),
    "expired": Course((*REPLIED, *VERIFIED, B("expire_rating", WINDOW, WINDOW))),
    "reworked": Course((*REPLIED, *RATED, *AGAIN), rests=(1, 5)),
    "reworked_closed": Course(
        (*REPLIED, *RATED, *AGAIN, B("reply_again", 3, 9), *VERIFIED, B("rate_again", 2, 20))
    ),
    "bad_open": Course((*REPLIED, *RATED), rests=(2, 6)),
    "bad_kept": Course((*REPLIED, *RATED, B("keep_closed", 2, 5))),
    "answered": Course((*FILED, B("answer", 0.5, 5), B("rate", 2, 20))),
    "answered_open": Course((*FILED, B("answer", 0.5, 5)), rests=(2, 12)),
    "answered_expired": Course((*FILED, B("answer", 0.5, 5), B("expire_rating", WINDOW, WINDOW))),
    "withdrawn_early": Course((*ACCEPTED, B("withdraw", 1, 5))),
    "withdrawn": Course((*IN_HAND, B("withdraw", 2, 8)), rests=(1, 4)),
    "withdrawn_checked": Course((*IN_HAND, B("withdraw", 2, 8), B("check_withdrawal", 1, 6))),
}


def hours_ago(course: Course, days_ago: float, pace: float, chance: random.Random) -> list[tuple[str, float]]:
    """Each act with how many office hours ago it falls, the earliest first.

    ``pace`` shortens what comes between filing and the reply. A story begins ``days_ago`` working days
    back, or as much earlier as its acts need.
    """
    passed, acts = 0.0, []
    for beat in course.beats:
        fixed = beat.act in ("rate", "rate_again", "expire_rating")
        passed += chance.uniform(beat.least, beat.most) * (1 if fixed else pace)
        acts.append((beat.act, passed))
    rest = chance.uniform(*course.rests) if course.rests else 0.1
    filed = days_ago * HOURS_A_DAY + (chance.uniform(0, HOURS_A_DAY) if days_ago > 1 else 0)
    begins = passed + rest if course.rests else max(filed, passed + rest)
    return [(act, begins - after) for act, after in acts]


class OfficeTime:
    """The past as the office counts it: only the hours in which it is open."""

    def __init__(self, calendar: OfficeCalendar, now: datetime) -> None:
        spans = takewhile(lambda span: span.start < now, calendar.open_spans(now - REACH))
        self._spans = [Span(span.start, min(span.end, now)) for span in spans][::-1]

    def ago(self, hours: float) -> datetime:
        """The instant so many office hours before now, to the second."""
        left = timedelta(seconds=round(hours * 3600))
        for span in self._spans:
            if span.length >= left:
                return (span.end - left).replace(microsecond=0)
            left -= span.length
        raise ValueError(f"{hours} office hours lie further back than {REACH.days} days")
