"""Play the demo tickets: the desk's own verbs, in the order of time, at moments of the past."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, update

from service_desk.demo.courses import COURSES, OfficeTime, hours_ago
from service_desk.desk import closing, handling, housekeeping, intake, supervision
from service_desk.desk.dispatch import dispatch
from service_desk.desk.foundation import DATA, read_data
from service_desk.domain.vocabulary import (
    Level,
    Nature,
    OrderLevel,
    Outcome,
    Payer,
    Role,
    Solved,
    Source,
    Urgency,
)
from service_desk.store.base import db, transaction
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Enterprise
from service_desk.store.law import current_law
from service_desk.store.notices import Notice
from service_desk.store.people import Department, User

PACE = {Urgency.CRITICAL: 0.1, Urgency.URGENT: 0.35, Urgency.NORMAL: 1.0}
PACE_OF_AN_ENQUIRY = 0.4
UNREAD_FOR = timedelta(days=2)
WAYS = ("电话", "上门", "微信")
FILED_BY_THE_DESK = (Source.HOTLINE, Source.ABOVE, Source.LEADER, Source.MEETING, Source.ON_SITE)


def play(*, at: datetime, seed: int) -> int:
    """Play all stories up to ``at``, each act at its own moment; how many tickets there are."""
    office = OfficeTime(current_law().calendar, at)
    cast = Cast.gather()
    requests = {line["id"]: line for line in map(json.loads, _lines())}
    acts = []
    told = read_data("demo_stories.json")
    for number, line in enumerate(told):
        chance = random.Random(f"{seed}:{number}")  # noqa: S311 - for variety, not for secrets
        story = Story({**requests.get(line["request"], {}), **line}, cast, number)
        for order, (act, ago) in enumerate(
            hours_ago(COURSES[line["course"]], line["ago"], story.pace, chance)
        ):
            if story.has(act):
                acts.append((office.ago(ago), number, order, story, act))
    for moment, _, _, story, act in sorted(acts, key=lambda each: each[:3]):
        getattr(story, act)(moment)
    _read_what_is_old(at - UNREAD_FOR)
    return len(told)


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


@dataclass(frozen=True)
class Cast:
    """Everybody and everything a story may name."""

    desk: Mapping[str, User]
    owners: Mapping[int, User]
    officers: Mapping[int, User]
    handlers: Mapping[str, User]
    heads: Mapping[str, User]
    departments: Mapping[str, Department]
    enterprises: Mapping[str, Enterprise]
    categories: Mapping[str, Category]

    @classmethod
    def gather(cls) -> "Cast":
        """Read them once."""
        users = db.session.scalars(select(User).where(User.is_demo)).unique().all()
        enterprises = db.session.scalars(select(Enterprise)).unique().all()
        by_id = {user.id: user for user in users}
        return cls(
            desk={user.username: user for user in users},
            owners={user.enterprise_id: user for user in users if user.enterprise_id},
            officers={
                each.id: by_id[each.liaison.officer_id]
                for each in enterprises
                if each.liaison and each.liaison.officer_id
            },
            handlers={
                user.department.name: user for user in users if user.department and user.has(Role.HANDLER)
            },
            heads={user.department.name: user for user in users if user.department and user.has(Role.HEAD)},
            departments={
                department.name: department for department in db.session.scalars(select(Department))
            },
            enterprises={each.name: each for each in enterprises},
            categories={category.name: category for category in db.session.scalars(select(Category))},
        )


class Story:
    """One ticket and what is said about it; each act is a method that takes its instant."""

    def __init__(self, line: Mapping[str, Any], cast: Cast, number: int) -> None:
        self.line, self.cast, self.number = line, cast, number
        self.ticket_id = 0
        self.clerk, self.quality = cast.desk["clerk"], cast.desk["quality"]
        self.supervisor = cast.desk["supervisor"]
        self.enterprise = cast.enterprises[line.get("enterprise") or line["enterprise_name"]]
        self.owner = cast.owners[self.enterprise.id]
        self.urgency = Urgency.labelled(line["urgency"])
        self.lead = line.get("lead", line.get("lead_department", ""))
        self.supports = [
            name for name in line.get("supports", line.get("co_departments", [])) if name != self.lead
        ]
        self.nature = Nature.COMPLAINT if "against" in line else Nature(line.get("nature", "help"))
        self.source = Source(line.get("source_of_ticket", "enterprise"))

    @property
    def pace(self) -> float:
        """How fast the desk and the departments are, as the limits ask."""
        return PACE_OF_AN_ENQUIRY if self.nature is Nature.ENQUIRY else PACE[self.urgency]

    def has(self, act: str) -> bool:
        """Whether the story has something to say for an act that not every story has."""
        needs = {"progress": "progress", "urge": "urge", "supervise": "order", "answer_order": "answer"}
        return act not in needs or needs[act] in self.line

    @property
    def handler(self) -> User:
        """Who handles it at the lead."""
        return self.cast.handlers[self.lead]

    # Intake

    def submit(self, at: datetime) -> None:
        """By the enterprise itself; by the officer after a visit; else by the clerk, on behalf."""
        line, source = self.line, self.source
        by = self.owner
        if source is Source.VISIT:
            by = self.cast.officers[self.enterprise.id]
        elif source in FILED_BY_THE_DESK:
            by = self.clerk
        ticket = intake.submit(
            by=by,
            at=at,
            enterprise=self.enterprise,
            category=self.cast.categories[line["category"]],
            title=line["title"],
            text=line.get("text") or line["description"],
            contact_name=self.enterprise.contact_name or "",
            contact_phone=self.enterprise.contact_phone or "",
            area=self.enterprise.area,
            nature=self.nature,
            payer=Payer(line["payer"]) if "payer" in line else None,
            against=self.cast.departments[line["against"]] if "against" in line else None,
            source=source,
            submission_key=f"demo:{self.number}",
        )
        self.ticket_id = ticket.id

    def accept(self, at: datetime) -> None:
        """With the category confirmed and the urgency set by the clerk."""
        intake.accept(
            self.ticket_id,
            by=self.clerk,
            at=at,
            category=self.cast.categories[self.line["category"]],
            nature=self.nature,
            urgency=self.urgency,
        )

    def answer(self, at: datetime) -> None:
        """The desk answers by itself."""
        intake.answer(self.ticket_id, by=self.clerk, at=at, text=self.line["reply"])

    def dispatch(self, at: datetime) -> None:
        """By the clerk; where a department is complained of, by the supervisor."""
        dispatch(
            self.ticket_id,
            by=self.supervisor if "against" in self.line else self.clerk,
            at=at,
            lead=self.cast.departments[self.lead],
            supports=[self.cast.departments[name] for name in self.supports],
        )

    def urge(self, at: datetime) -> None:
        """By the enterprise."""
        intake.urge(self.ticket_id, by=self.owner, at=at, text=self.line["urge"])

    def withdraw(self, at: datetime) -> None:
        """By the enterprise."""
        intake.withdraw(self.ticket_id, by=self.owner, at=at, reason=self.line["reason"])

    def check_withdrawal(self, at: datetime) -> None:
        """It was voluntary."""
        intake.check_withdrawal(
            self.ticket_id, by=self.quality, at=at, voluntary=True, text=self.line["check"]
        )

    # Handling

    def sign(self, at: datetime) -> None:
        """Now the handler signs, now the head, who names the handler."""
        by = self.cast.heads[self.lead] if self.number % 3 == 0 else self.handler
        handling.sign(self.ticket_id, by=by, at=at, handler=self.handler)

    def first_contact(self, at: datetime) -> None:
        """By telephone, in person or by message."""
        how = WAYS[self.number % len(WAYS)]
        who = self.enterprise.contact_name or self.enterprise.name
        handling.first_contact(
            self.ticket_id, by=self.handler, at=at, who=who, how=how, text="已了解情况，正在安排处理。"
        )

    def progress(self, at: datetime) -> None:
        """For the enterprise to read; every fourth one is for the desk alone."""
        public = self.number % 4 != 1
        handling.progress(self.ticket_id, by=self.handler, at=at, text=self.line["progress"], public=public)

    def opine(self, at: datetime) -> None:
        """Each support says what it has to say."""
        for name in self.supports:
            text = self.line.get("opinion", "已到现场了解情况，将配合主办单位落实。")
            handling.opine(self.ticket_id, by=self.cast.handlers[name], at=at, text=text)

    def reply(self, at: datetime) -> None:
        """The lead's reply."""
        outcome = Outcome(self.line.get("outcome", "solved"))
        rest = (
            current_law().calendar.day_of(at) + timedelta(days=self.line["rest"])
            if "rest" in self.line
            else None
        )
        handling.reply(
            self.ticket_id, by=self.handler, at=at, outcome=outcome, text=self.line["reply"], rest_date=rest
        )

    def reply_again(self, at: datetime) -> None:
        """The reply of the rework."""
        handling.reply(
            self.ticket_id, by=self.handler, at=at, outcome=Outcome.SOLVED, text=self.line["again"]
        )

    # Closing

    def verify(self, at: datetime) -> None:
        """By the quality caller, now and then by the clerk."""
        closing.verify(self.ticket_id, by=self.clerk if self.number % 3 == 0 else self.quality, at=at)

    def send_back(self, at: datetime) -> None:
        """The reply does not hold."""
        closing.send_back(self.ticket_id, by=self.quality, at=at, text=self.line["lacking"])

    def rate(self, at: datetime) -> None:
        """By the enterprise, or by telephone."""
        closing.rate(
            self.ticket_id,
            by=self.quality if self.line.get("phone") else self.owner,
            at=at,
            solved=Solved(self.line.get("solved", "solved")),
            level=Level(self.line["level"]),
            text=self.line.get("words", ""),
        )

    def rate_again(self, at: datetime) -> None:
        """The rating of the rework."""
        level, text = Level(self.line["again_level"]), self.line["again_words"]
        closing.rate(self.ticket_id, by=self.owner, at=at, solved=Solved.SOLVED, level=level, text=text)

    def expire_rating(self, at: datetime) -> None:
        """Nobody rated."""
        housekeeping.pass_time_on(self.ticket_id, at=at)

    def keep_closed(self, at: datetime) -> None:
        """The supervisor says why a bad rating opens nothing."""
        closing.keep_closed(self.ticket_id, by=self.supervisor, at=at, reason=self.line["keep"])

    # Supervision

    def supervise(self, at: datetime) -> None:
        """An order of level 1."""
        supervision.supervise(
            self.ticket_id, by=self.supervisor, at=at, level=OrderLevel.FIRST, text=self.line["order"]
        )

    def answer_order(self, at: datetime) -> None:
        """The lead answers with a new date."""
        new_date = current_law().calendar.day_of(at) + timedelta(days=self.line["answer_days"])
        text = self.line["answer"]
        supervision.answer_order(self.ticket_id, by=self.handler, at=at, text=text, new_date=new_date)
