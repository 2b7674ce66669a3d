"""Copy the repertoire day by day: who files, in which words, at which second; a batch is one transaction."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from math import gcd

from service_desk.demo.bulk.firms import Firm
from service_desk.demo.bulk.office import OfficeLine, moment
from service_desk.demo.bulk.patterns import Given, Laid
from service_desk.demo.bulk.repertoire import Repertoire, Scene
from service_desk.demo.bulk.rows import make_ready, reserved, write
from service_desk.demo.bulk.tables import FACTS, TABLES
from service_desk.demo.bulk.words import Speaker
from service_desk.store.base import transaction
from service_desk.store.facts import count_new
from service_desk.store.numbers import next_numbers

AGAIN = 0.07
"""How many come from an enterprise that had a matter of the kind some weeks before."""
APART = 1.3
"""Enterprises of a kind of matter follow each other at this pace, so that few come twice within 90 days."""
TRIES = 200


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a scene: where it is laid, and to whom and in which words."""

    scene: Scene
    laid: Laid
    firm: Firm
    words: Mapping[str, str]

    def filed(self) -> list[int]:
        """When its tickets were filed, in seconds of the era."""
        return self.scene.pattern.filed(self.laid)


class Copier:
    """Makes the copies of each day; the same seed, repertoire and enterprises give the same."""

    def __init__(
        self, repertoire: Repertoire, office: OfficeLine, firms: Sequence[Firm], until: datetime, seed: str
    ) -> None:
        self.repertoire, self.office, self.firms, self.seed = repertoire, office, firms, seed
        self.last = office.index_before(office.calendar.day_of(until))
        self.shares = repertoire.shares()

    def copies(self, day: date, number: int, before: int) -> list[Copy]:
        """So many tickets of one day; ``before`` were filed on the days before it. In the order of filing."""
        chance = random.Random(f"{self.seed}:{day}")  # noqa: S311 - for variety, not for secrets
        speaker, taken, left, found = Speaker(chance), Counter[str](), number, []
        while left:
            scene = self._scene(day, left, chance)
            left -= scene.pattern.size
            category = scene.course.topic.category
            firm = self._firm(category, number, before, taken[category], chance)
            taken[category] += 1
            pattern = scene.pattern
            nudge = pattern.low + int(chance.random() * (pattern.high - pattern.low + 1))
            laid = Laid(self.office.index_before(day), self.office.midnight(day), nudge)
            found.append(Copy(scene, laid, firm, self._words(scene, firm, speaker)))
        return sorted(found, key=lambda copy: copy.filed()[0])

    def _scene(self, day: date, left: int, chance: random.Random) -> Scene:
        """A scene that may be laid on this day and is no longer than what is left."""
        index = self.office.index_before(day)
        recent = self.repertoire.recent.get(day)
        usual = self.repertoire.usual if day in self.office.index else self.repertoire.on_rest
        for _ in range(TRIES):
            scene = chance.choice(recent or usual)
            pattern = scene.pattern
            if pattern.size <= left and (
                recent or (index + pattern.last < self.last and pattern.fits(index))
            ):
                return scene
        # Single and short ones are always among them.
        fitting = [each for each in usual if each.pattern.size == 1 and each.pattern.fits(index)]
        return min(fitting, key=lambda each: each.pattern.last)

    def _firm(self, category: str, number: int, before: int, taken: int, chance: random.Random) -> Firm:
        """Enterprises take turns by category, each in an order of its own; now and then one comes again."""
        pace = self.shares.get(category, 0.01) * APART
        place = int(before * pace) + taken
        if chance.random() < AGAIN:
            place -= int(chance.uniform(8, 70) * number * pace)
        many = len(self.firms)
        own = random.Random(category)  # noqa: S311 - see above
        stride = next(each for each in iter(lambda: own.randrange(1, many + 1), 0) if gcd(each, many) == 1)
        return self.firms[(place * stride + own.randrange(many)) % many]

    def _words(self, scene: Scene, firm: Firm, speaker: Speaker) -> Mapping[str, str]:
        """The words of one copy, those alone that it has gaps for."""
        topic = speaker.chance.choice(self.repertoire.topics[scene.course.topic.kin])
        area, line, wanted = firm.words["area"], scene.course.line, scene.pattern.words
        said = dict(firm.words)
        if "title" in wanted:
            said["title"] = speaker.title(topic, area)
        if "text" in wanted:
            said["text"] = speaker.text(topic, area)
        if "reply" in wanted:
            said["reply"] = speaker.says("replies", line["outcome"], area=area)
        if "words" in wanted:
            said["words"] = speaker.says("words", line["level"])
        for name, entries in (
            ("answer", ("replies", "answer")),
            ("again", ("replies", "again")),
            ("progress", ("progress",)),
        ):
            if name in wanted:
                said[name] = speaker.says(*entries, area=area)
        if "paper" in wanted:
            said["paper"] = f"转办〔{speaker.chance.randrange(1, 9999):04d}〕号"
        return said


@transaction
def write_batch(copies: Sequence[Copy], keys: Sequence[str], office: OfficeLine) -> None:
    """Write all rows of some copies; ``keys`` are those of their tickets, one after the other."""
    make_ready()
    wanted = {table: sum(copy.scene.pattern.counts[table] for copy in copies) for table in TABLES}
    firsts = reserved(wanted)
    first_fact = firsts[FACTS]
    numbers = iter(_numbers(copies, office))
    left = iter(keys)
    filled = []
    for copy in copies:
        pattern = copy.scene.pattern
        given = Given(
            own=copy.firm.ids,
            words=copy.words,
            numbers=[next(numbers) for _ in range(pattern.size)],
            keys=[next(left) for _ in range(pattern.size)],
        )
        filled.append((pattern, pattern.copy(copy.laid, given, firsts)))
        for table, number in pattern.counts.items():
            firsts[table] += number
    write(
        (table, (get(cells) for pattern, cells in filled for get in pattern.getters[table]))
        for table in TABLES
        if wanted[table]
    )
    count_new(first_fact, first_fact + wanted[FACTS] - 1)


def _numbers(copies: Sequence[Copy], office: OfficeLine) -> Iterator[str]:
    """The numbers of all tickets, copy by copy; given in the order of filing."""
    filed = [second for copy in copies for second in copy.filed()]
    years = [office.calendar.day_of(moment(second)).year for second in filed]
    found: dict[int, str] = {}
    for year in sorted(set(years)):
        order = sorted(
            (place for place, its in enumerate(years) if its == year), key=lambda place: filed[place]
        )
        found.update(zip(order, next_numbers(year, len(order)), strict=True))
    return (found[place] for place in range(len(filed)))
