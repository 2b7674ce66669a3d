"""Play the demo tickets: the desk's own verbs, in the order of time, at moments of the past."""

import json
import random
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from service_desk.demo.cast import Cast
from service_desk.demo.courses import COURSES, OfficeTime, hours_ago
from service_desk.demo.stories import Story
from service_desk.desk.foundation import DATA, read_data
from service_desk.store.base import db, transaction
from service_desk.store.law import current_law
from service_desk.store.notices import Notice
from service_desk.store.tickets import Ticket

UNREAD_FOR = timedelta(days=2)


def play(*, at: datetime, seed: int) -> int:
    """Play all stories up to ``at``, each act at its own moment; how many tickets there are."""
    office = OfficeTime(current_law().calendar, at)
    cast = Cast.gather()
    requests = {line["id"]: line for line in map(json.loads, _lines())}
    acts = []
    for number, line in enumerate(read_data("demo_stories.json")):
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 - for variety, not for secrets
        story = Story({**requests.get(line["request"], {}), **line}, cast, number)
        for order, (act, ago) in enumerate(
            hours_ago(COURSES[line["course"]], line["ago"], story.pace, chance)
        ):
            if story.has(act):
                acts.append((office.ago(ago), number, order, story, act))
    for moment, _, _, story, act in sorted(acts, key=lambda each: each[:3]):
        story.take(act, moment)
    _read_what_is_old(at - UNREAD_FOR)
    return db.session.scalar(select(func.count(Ticket.id))) or 0


@transaction
def _read_what_is_old(before: datetime) -> None:
    """People have read what they were told long ago; what is new still counts."""
    db.session.execute(
        update(Notice)
        .where(Notice.created_at < before, Notice.read_at.is_(None))
        .values(read_at=Notice.created_at)
    )


def _lines() -> list[str]:
    return (DATA / "requests.jsonl").read_text(encoding="utf-8").splitlines()
