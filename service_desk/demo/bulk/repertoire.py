"""The patterns a portion of the bulk is copied from: finished courses for any day, and recent ones for their own."""

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select

from service_desk.demo.bulk.courses import FRONTS, Course, Draw, drawn
from service_desk.demo.bulk.office import HOUR, MINUTE, OfficeLine, days_between, moment
from service_desk.demo.bulk.parts import Misfit
from service_desk.demo.bulk.patterns import Pattern
from service_desk.demo.bulk.playing import Performance, played
from service_desk.demo.bulk.rows import for_postgresql, for_sqlite
from service_desk.demo.bulk.words import Topic, topics
from service_desk.domain.vocabulary import Role, Source
from service_desk.store.base import db, is_sqlite
from service_desk.store.catalogue import Category
from service_desk.store.law import Law
from service_desk.store.people import Department, User

FEWEST, SOME, MOST, FOR_EACH = 24, 48, 1000, 500
"""Finished patterns: one for so many tickets and a few besides, within bounds."""
ON_REST = 12
"""One of so many is filed on a rest day."""
BEFORE = 95
"""Finished courses are played so many working days before the end: the longest are over by then."""
RECENT = 30
"""What began within so many working days before the end may still be open: it is played in its own place."""
FRESH, OF_FRESH, OF_OTHERS, OF_REST = 10, 12, 4, 1
"""Of the last days so many patterns each, of the others fewer."""
TOGETHER = 20
"""Courses played in one transaction: no writer waits long for it."""
GOLDEN = 0.618034
MORNING = 0.45
"""How many file before noon."""
EVENING = (18 * HOUR, 23 * HOUR + 40 * MINUTE)


@dataclass(frozen=True)
class Scene:
    """A pattern with what its words are chosen by."""

    pattern: Pattern
    course: Course


@dataclass(frozen=True)
class Repertoire:
    """The scenes for working days, for rest days, and those that belong to one recent day."""

    usual: Sequence[Scene]
    on_rest: Sequence[Scene]
    recent: Mapping[date, Sequence[Scene]]
    topics: Mapping[tuple[str, str, bool], Sequence[Topic]]

    def shares(self) -> Mapping[str, float]:
        """Which part of the tickets is of each category."""
        found = Counter(scene.course.topic.category for scene in self.usual)
        return {category: number / len(self.usual) for category, number in found.items()}


class Rehearsal:
    """Draws courses and plays them; the same seed, park and instant give the same."""

    def __init__(self, office: OfficeLine, law: Law, until: datetime, seed: str) -> None:
        self.office, self.law, self.until, self.seed = office, law, until, seed
        departments = db.session.scalars(select(Department).where(Department.active)).all()
        staff = (
            db.session.scalars(select(User).where(User.is_demo, User.department_id.is_not(None)))
            .unique()
            .all()
        )
        manned = {
            department.name
            for department in departments
            if {Role.HANDLER, Role.HEAD}
            <= {r for user in staff if user.department_id == department.id for r in user.roles}
        }
        parents = {department.parent_id for department in departments}
        self.signing = {each.name for each in departments if each.wants_sign_off}
        self.others = [
            each.name
            for each in departments
            if each.name in manned - self.signing and each.parent_id is None and each.id not in parents
        ]
        self.categories = {each.name: each.id for each in db.session.scalars(select(Category))}
        self.topics = topics(law, manned)
        db.session.rollback()

    def repertoire(
        self, number: int, by_day: Mapping[date, int], tell: Callable[[int, int], None]
    ) -> Repertoire:
        """What so many tickets are copied from; ``tell`` is told how many courses of how many were played."""
        wanted = min(MOST, number // FOR_EACH + max(FEWEST, min(SOME, number // 8)))
        plans = [*self._finished(wanted), *self._recent(by_day)]
        usual, on_rest = list[Scene](), list[Scene]()
        recent: dict[date, list[Scene]] = defaultdict(list)
        for day, is_recent, scene in self._played(plans, tell):
            if is_recent:
                scene.pattern.hold_at(self.until)
                recent[day].append(scene)
            elif scene.pattern.is_over:
                (on_rest if scene.pattern.by_rest else usual).append(scene)
        kin = defaultdict(list)
        for topic in self.topics:
            kin[topic.kin].append(topic)
        return Repertoire(usual, on_rest, recent, kin)

    # What is played

    def _finished(self, wanted: int) -> Iterator[tuple[date, bool, Performance]]:
        first = self.office.index_before(self.office.calendar.day_of(self.until)) - BEFORE
        for number in range(wanted):
            chance = random.Random(f"{self.seed}:finished:{number}")  # noqa: S311 - for variety, not for secrets
            day = self.office.days[first + number % 5]
            if number % ON_REST == ON_REST - 1:
                day = self._rest_day_after(first)
            # Of each beginning one for certain, then as often as they come.
            front = (
                list(FRONTS)[number] if number < len(FRONTS) else drawn(FRONTS, chance, number * GOLDEN % 1)
            )
            yield self._performance(day, front, chance, is_recent=False)

    def _recent(self, by_day: Mapping[date, int]) -> Iterator[tuple[date, bool, Performance]]:
        last = self.office.calendar.day_of(self.until)
        first = self.office.index_before(last) - RECENT
        for day in days_between(self.office.days[first], last):
            is_fresh = self.office.index_before(day) > first + RECENT - FRESH
            most = (OF_FRESH if is_fresh else OF_OTHERS) if day in self.office.index else OF_REST
            for number in range(min(most, by_day.get(day, 0))):
                chance = random.Random(f"{self.seed}:{day}:{number}")  # noqa: S311 - see above
                yield self._performance(day, drawn(FRONTS, chance), chance, is_recent=True)

    def _performance(
        self, day: date, front: str, chance: random.Random, *, is_recent: bool
    ) -> tuple[date, bool, Performance]:
        on_rest = day not in self.office.index
        while True:
            topic = chance.choice(self.topics)
            others = [name for name in self.others if name != topic.lead and name not in topic.supports]
            draw = Draw(topic, others, self.law, self.categories[topic.category], chance)
            if not (on_rest and (draw.is_arrears or draw.source is not Source.ENTERPRISE)):
                break
        course = draw.course(front, signs_replies=topic.lead in self.signing)
        return day, is_recent, Performance(course, self._beginning(day, course, chance))

    def _beginning(self, day: date, course: Course, chance: random.Random) -> datetime:
        """When it is filed: in office hours, in the evening, or at any time of a rest day; off the full minute."""
        midnight = self.office.midnight(day)
        end = int(self.until.timestamp()) - midnight
        if day not in self.office.index:
            second = chance.randrange(8 * HOUR, 22 * HOUR)
        elif course.by_night and end > EVENING[1]:
            second = chance.randrange(*EVENING)
        else:
            start, close = self.office.open[0] if chance.random() < MORNING else self.office.open[-1]
            if end < close:
                start, close = (
                    self.office.open[0][0],
                    max(self.office.open[0][0] + 2, min(end, self.office.open[-1][-1])),
                )
            second = chance.randrange(start + 1, close)
        return moment(midnight + (second if second % MINUTE else second + 1))

    def _rest_day_after(self, index: int) -> date:
        days = self.office.days
        while (days[index + 1] - days[index]).days == 1:
            index += 1
        return days[index] + timedelta(days=1)

    def _played(
        self, plans: Sequence[tuple[date, bool, Performance]], tell: Callable[[int, int], None]
    ) -> Iterator[tuple[date, bool, Scene]]:
        encode = for_sqlite if is_sqlite() else for_postgresql
        for begin in range(0, len(plans), TOGETHER):
            some = plans[begin : begin + TOGETHER]
            found = played([each for _, _, each in some], self.office, self.law, self.until)
            for (day, is_recent, performance), rows in zip(some, found, strict=True):
                try:
                    pattern = Pattern(rows, self.office, day, encode) if rows is not None else None
                except Misfit:
                    continue
                if pattern is None:
                    continue
                yield day, is_recent, Scene(pattern, performance.course)
            tell(begin + len(some), len(plans))
