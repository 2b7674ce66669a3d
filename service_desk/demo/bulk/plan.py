"""How many tickets come in on which day: growing from year to year, fewer around festivals, few on rest days."""

import random
from datetime import date, datetime, timedelta

from service_desk.demo.bulk.office import OfficeLine, days_between

MONTHS = timedelta(days=730)
GROWTH = (0.75, 1.25)
WEEKDAYS = (1.2, 1.1, 1.0, 0.97, 0.85, 0.9, 0.9)
"""Monday is the busiest; the last two are make-up days."""
ON_REST_DAYS, ON_FESTIVALS = 0.07, 0.02
NEAR = 3
"""Within so many days of a long rest fewer people write."""
LONG_REST, SPRING = 3, 7


def tickets_by_day(number: int, office: OfficeLine, until: datetime, seed: str) -> dict[date, int]:
    """So many tickets spread over the days of two years up to an instant."""
    last = office.calendar.day_of(until)
    days = days_between(last - MONTHS, last)
    chance = random.Random(seed)  # noqa: S311 - for variety, not for secrets
    weights = [
        _weight(day, place / len(days), office) * chance.uniform(0.85, 1.15) for place, day in enumerate(days)
    ]
    weights[-1] *= _passed(last, office, until)
    whole, given, so_far, found = sum(weights), 0, 0.0, {}
    for day, weight in zip(days, weights, strict=True):
        so_far += weight
        # Rounded in sum, so that the days together make up the number.
        due = round(number * so_far / whole)
        found[day], given = due - given, due
    return found


def _weight(day: date, passed: float, office: OfficeLine) -> float:
    grown = GROWTH[0] + (GROWTH[1] - GROWTH[0]) * passed
    if not office.calendar.is_working(day):
        return grown * (ON_FESTIVALS if day in office.calendar.names else ON_REST_DAYS)
    return grown * WEEKDAYS[day.weekday()] * _near_a_festival(day, office)


def _near_a_festival(day: date, office: OfficeLine) -> float:
    """A working day shortly before or after a long rest is a quiet one, most of all around the Spring Festival."""
    index = office.index[day]
    gaps = [
        (later - earlier).days - 1
        for earlier, later in zip(
            office.days[index - NEAR : index + NEAR],
            office.days[index - NEAR + 1 : index + NEAR + 1],
            strict=False,
        )
    ]
    longest = max(gaps, default=0)
    if longest >= SPRING and day.month in (1, 2):
        return 0.45
    return 0.75 if longest >= LONG_REST else 1.0


def _passed(day: date, office: OfficeLine, until: datetime) -> float:
    """How much of the last day's office time has passed; on a rest day nothing is laid."""
    if not office.calendar.is_working(day):
        return 0.0
    second = int(until.timestamp()) - office.midnight(day)
    worked = sum(max(0, min(second, end) - start) for start, end in office.open)
    return worked / sum(end - start for start, end in office.open)
