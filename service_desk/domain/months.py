"""From month to month."""

from datetime import date, timedelta


def month_after(day: date) -> date:
    """The first day of the month after the one of a day."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


def months_on(day: date, months: int) -> date:
    """The same day so many months on, or back where that is negative; the last of a month that has no such day."""
    number = day.year * 12 + day.month - 1 + months
    first = date(number // 12, number % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), month_after(first) - timedelta(days=1))
