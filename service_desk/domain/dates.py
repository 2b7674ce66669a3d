"""How a day and a moment are said, everywhere alike: people plan by weekdays, and read last year's dates, too."""

from datetime import date, datetime

from service_desk.domain.sentences import Sentence, say

WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")


def day_words(day: date) -> Sentence:
    """``2026-11-27 周五``."""
    return say("%(day)s %(weekday)s", day=f"{day:%Y-%m-%d}", weekday=say(WEEKDAYS[day.weekday()]))


def moment_words(local: datetime) -> Sentence:
    """``2026-11-27 周五 17:30``, in the zone of the instant itself."""
    return say("%(day)s %(time)s", day=day_words(local), time=f"{local:%H:%M}")
