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
RETURNING = (*ASSIGNED, B("ask_return", 0.5, 2))
SIGNED_OFF = (*WORKED, B("ask_sign_off", 4, 8), B("decide_sign_off", 0.5, 3))
ASKED_LONGER = (*WORKED, B("ask_extension", 2, 5))
DEFERRED = (*WORKED, B("ask_deferral", 2, 5), B("decide_deferral", 1, 4))
REFUSED = (*FILED, B("ask_rejection", 1, 4), B("decide_rejection", 1, 5))
CHASED = (B("urge", 10, 16), B("supervise", 76, 82), B("answer_order", 6, 14))

COURSES = {
    "submitted": Course(FILED),
    "submitted_late": Course(FILED),
    "accepted": Course(ACCEPTED),
    "assigned": Course(ASSIGNED),
    "assigned_late": Course(ASSIGNED),
    "in_progress": Course(WORKED),
    "complaint": Course((*WORKED, B("inquire", 1, 3), B("answer_inquiry", 2, 6))),
    "instructed": Course((*WORKED, B("instruct", 2, 5), B("answer_order", 4, 10))),
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
    "answered": Course((*FILED, B("answer", 0.5, 5), B("rate", 2, 20))),
    "answered_open": Course((*FILED, B("answer", 0.5, 5)), rests=(2, 12)),
    "answered_expired": Course((*FILED, B("answer", 0.5, 5), B("expire_rating", WINDOW, WINDOW))),
    "withdrawn_early": Course((*ACCEPTED, B("withdraw", 1, 5))),
    "withdrawn": Course((*IN_HAND, B("withdraw", 2, 8)), rests=(1, 4)),
    "withdrawn_checked": Course((*IN_HAND, B("withdraw", 2, 8), B("check_withdrawal", 1, 6))),
    # Before anybody has it in hand
    "supplementing": Course((*FILED, B("ask_supplement", 0.5, 4)), rests=(2, 10)),
    "supplemented": Course(
        (*FILED, B("ask_supplement", 0.5, 4), B("supplement", 5, 14), *REPLIED[1:], *RATED)
    ),
    "merged": Course((*FILED, B("merge", 0.5, 2)), rests=(0.5, 2)),
    "unmerged": Course((*FILED, B("merge", 0.5, 3), B("unmerge", 1, 4), *WORKED[1:])),
    "split": Course((*FILED, B("split", 0.5, 1.5)), rests=(0.3, 1.5)),
    "shared": Course((*ACCEPTED, B("join_incident", 0.2, 0.6), *WORKED[2:])),
    "shared_rated": Course((*ACCEPTED, B("join_incident", 0.2, 0.6), *REPLIED[2:], *RATED)),
    "not_shared": Course(
        (*ACCEPTED, B("join_incident", 0.2, 0.6), B("leave_incident", 1, 3), *REPLIED[2:], *RATED)
    ),
    "raised": Course((*ACCEPTED, B("correct", 0.2, 0.5), *REPLIED[2:], *RATED)),
    "rejection_open": Course((*FILED, B("ask_rejection", 1, 4)), rests=(0.5, 4)),
    "rejected": Course(REFUSED),
    "rejection_taken_back": Course(
        (*FILED, B("ask_rejection", 0.5, 2), B("cancel_rejection", 0.5, 2), *WORKED[1:])
    ),
    "rejected_appealed": Course((*REFUSED, B("ask_appeal", 4, 14), B("decide_appeal", 2, 6))),
    "rejected_accepted": Course((*REFUSED, B("ask_appeal", 4, 14), B("cancel_appeal", 2, 6))),
    # Who has it in hand
    "return_open": Course(RETURNING, rests=(0.3, 2)),
    "returned": Course(
        (*RETURNING, B("decide_return", 0.5, 3), B("dispatch_anew", 0.3, 2), *REPLIED[3:], *RATED)
    ),
    "return_refused": Course((*RETURNING, B("decide_return", 0.3, 1), *REPLIED[3:], *RATED)),
    "return_taken_back": Course(
        (
            *RETURNING,
            B("cancel_return", 0.3, 1),
            *WORKED[3:],
            B("ask_deferral", 2, 5),
            B("cancel_deferral", 1, 3),
        )
    ),
    "redispatched": Course((*IN_HAND, B("redispatch", 2, 5), *AGAIN, B("progress", 2, 5))),
    "supported": Course(
        (
            *IN_HAND,
            B("add_support", 0.5, 2),
            B("note", 0.5, 1),
            B("release_support", 1, 4),
            B("progress", 1, 4),
        )
    ),
    "handed_over": Course((*IN_HAND, B("hand_over", 1, 3), B("add_info", 1, 3), B("progress", 1, 4))),
    "complex": Course((*WORKED, B("correct", 1, 3))),
    # While it is in hand
    "questioned": Course((*IN_HAND, B("ask_enterprise", 1, 3)), rests=(1, 5)),
    "informed": Course((*IN_HAND, B("ask_enterprise", 1, 3), B("inform", 3, 9), *REPLIED[5:], *RATED)),
    "extension_open": Course(ASKED_LONGER, rests=(0.5, 4)),
    "extended": Course(
        (
            *ASKED_LONGER,
            B("cancel_extension", 0.5, 1),
            B("ask_extension", 0.5, 1),
            B("decide_extension", 1, 4),
            B("reply", 18, 24),
            *RATED,
        )
    ),
    "extension_refused": Course((*ASKED_LONGER, B("decide_extension", 1, 3), B("reply", 2, 5), *RATED)),
    "deferral_open": Course((*WORKED, B("ask_deferral", 2, 6)), rests=(0.5, 4)),
    "deferred": Course((*DEFERRED, B("progress_deferred", 25, 40)), rests=(4, 20)),
    "resumed": Course((*DEFERRED, B("resume", 40, 60), B("reply", 5, 9), *RATED)),
    "sign_off_open": Course((*WORKED, B("ask_sign_off", 4, 8)), rests=(0.5, 4)),
    "signed_off": Course((*SIGNED_OFF, *RATED)),
    "signed_off_awaiting": Course((*SIGNED_OFF, *VERIFIED), rests=(2, 20)),
    "signed_off_twice": Course(
        (*WORKED, B("ask_sign_off", 3, 5), B("cancel_sign_off", 0.3, 1), *SIGNED_OFF[-2:], *RATED)
    ),
    # After the reply
    "rating_corrected": Course((*REPLIED, *RATED, B("correct_rating", 1, 5))),
    "rest_reported": Course((*REPLIED, *RATED, B("report_rest", 30, 60)), rests=(2, 12)),
    "rest_confirmed": Course((*REPLIED, *RATED, B("report_rest", 150, 180), B("confirm_rest", 3, 20))),
    "exclusion_open": Course((*REPLIED, *RATED, B("ask_exclusion", 4, 20)), rests=(1, 5)),
    "excluded": Course(
        (
            *REPLIED,
            *RATED,
            B("keep_closed", 2, 5),
            B("ask_exclusion", 3, 8),
            B("cancel_exclusion", 0.5, 2),
            B("ask_exclusion", 1, 4),
            B("decide_exclusion", 1, 5),
        )
    ),
    "appeal_open": Course((*REPLIED, *RATED, B("ask_appeal", 2, 5)), rests=(0.5, 3)),
    "appealed": Course((*REPLIED, *RATED, B("ask_appeal", 2, 5), B("decide_appeal", 1, 4)), rests=(0.5, 3)),
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
