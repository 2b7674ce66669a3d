"""The office's working days laid end to end, so that what happened on one can be laid onto another.

Deadlines in working days and working hours know of nothing else: a course laid some working days later has all
its dues so many working days later, whatever rest lies between.
"""

from bisect import bisect_right
from datetime import UTC, date, datetime, time, timedelta

from service_desk.domain.errors import Refused
from service_desk.domain.worktime import ONE_DAY, OfficeCalendar

DAY, HOUR, MINUTE = 86_400, 3_600, 60


class OfficeLine:
    """The working days from ``first`` to ``last``, by their index; hours and seconds are those of the park."""

    def __init__(self, calendar: OfficeCalendar, first: date, last: date) -> None:
        self.calendar, self.first = calendar, first
        every = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        self.days = [day for day in every if calendar.is_working(day)]
        self.index = {day: number for number, day in enumerate(self.days)}
        self.midnights = [self.midnight(day) for day in self.days]
        hours = {calendar.hours(day) for day in self.days}
        if len(hours) != 1:
            raise Refused("办公时间每天不同时，不能批量装入演示诉求。")
        self.open = [(_second(each.start), _second(each.end)) for each in hours.pop()]
        self.hours_a_day = sum(end - start for start, end in self.open) / HOUR

    def midnight(self, day: date) -> int:
        """When a day begins, in seconds of the era."""
        return int(self.calendar.at(day, time()).timestamp())

    def index_before(self, day: date) -> int:
        """The last working day up to this day."""
        return bisect_right(self.days, day) - 1

    def at(self, index: int, second: int) -> datetime:
        """The instant of a second of a working day."""
        return moment(self.midnights[index] + second)

    def later(self, instant: datetime, hours: float) -> datetime:
        """So many office hours after an instant; never on a full minute, which only the law's own moments fall on."""
        day = self.calendar.day_of(instant)
        index = self.index_before(day)
        second = int(instant.timestamp()) - self.midnights[index]
        left = round(hours * HOUR) + sum(max(0, min(second, end) - start) for start, end in self.open)
        whole = round(self.hours_a_day * HOUR)
        index, left = index + left // whole, left % whole
        for start, end in self.open:
            if left < end - start:
                found = start + left
                return self.at(index, found if found % MINUTE else found + 1)
            left -= end - start
        raise AssertionError

    def edges(self) -> list[int]:
        """The seconds of a working day at which the office opens or closes, and its midnights."""
        return [0, *(edge for span in self.open for edge in span), DAY]


def moment(second: int) -> datetime:
    """The instant of a second of the era."""
    return datetime.fromtimestamp(second, UTC)


def _second(wall: time) -> int:
    return wall.hour * HOUR + wall.minute * MINUTE + wall.second


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last, both included."""
    return [first + ONE_DAY * number for number in range((last - first).days + 1)]
