"""Repeated and shared requests: earlier ones of the same enterprise, present ones of its neighbours."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from sqlalchemy import ColumnElement

from service_desk.desk.foundation import read_data, read_lines
from service_desk.desk.routing import asked_of
from service_desk.domain.asked import Asked
from service_desk.domain.concepts import Lexicon
from service_desk.domain.likeness import Counts, Signs, Vocabulary, Weights, alike
from service_desk.domain.sentences import Sentence
from service_desk.domain.states import OPEN
from service_desk.domain.traits import traits_of
from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.people import User
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket

REPEATED_WITHIN = timedelta(days=90)
SHARED_WITHIN = timedelta(days=3)
CANDIDATES = 2000
"""So many of the newest are looked through."""


@dataclass(frozen=True)
class Similar:
    """A ticket that seems to be about the same matter: how likely (0 to 1), and why."""

    ticket_id: int
    number: str
    title: str
    enterprise: str
    state: State
    score: float
    reason: Sentence

    @property
    def is_open(self) -> bool:
        """Whether another may be merged into it."""
        return self.state in OPEN


def repeated(ticket: Ticket, user: User, now: datetime) -> list[Similar]:
    """Earlier tickets of the same enterprise on the same matter, of the 90 days before; the likest first."""
    return _similar(
        ticket,
        user,
        Ticket.enterprise_id == ticket.enterprise_id,
        Ticket.submitted_at >= ticket.submitted_at - REPEATED_WITHIN,
        Ticket.submitted_at <= min(ticket.submitted_at, now),
        Ticket.id != ticket.id,
    )


def shared(ticket: Ticket, user: User, now: datetime) -> list[Similar]:
    """Tickets of other enterprises on the same matter, filed within 3 days of it; the likest first."""
    return _similar(
        ticket,
        user,
        Ticket.enterprise_id != ticket.enterprise_id,
        Ticket.submitted_at >= ticket.submitted_at - SHARED_WITHIN,
        Ticket.submitted_at <= min(ticket.submitted_at + SHARED_WITHIN, now),
    )


def vocabulary() -> Vocabulary:
    """The shipped concepts and weights, with what is rare judged by shipped requests."""
    return Vocabulary(lexicon(), _weights(), _background())


@cache
def lexicon() -> Lexicon:
    """The shipped concepts."""
    return Lexicon(read_data("concepts.json"))


@cache
def _weights() -> Weights:
    given = read_data("likeness.json")
    return Weights(Signs(**given["of_one"]), Signs(**given["of_several"]))


@cache
def _background() -> Counts:
    """What is common in the shipped examples is common in any requests."""
    examples = (Asked(line["title"], line["description"]) for line in read_lines("examples.jsonl"))
    return Counts(traits_of(each, lexicon()) for each in examples)


def _similar(ticket: Ticket, user: User, *which: ColumnElement[bool]) -> list[Similar]:
    columns = (
        Ticket.id, Ticket.number, Ticket.title, Ticket.text, Ticket.state,
        Category.name, Area.name, Enterprise.name,
    )  # fmt: skip
    statement = (
        visible_tickets(user)
        .where(*which)
        .join(Ticket.category)
        .join(Ticket.enterprise)
        .outerjoin(Ticket.area)
        .with_only_columns(*columns)
        .order_by(Ticket.id.desc())
        .limit(CANDIDATES)
    )
    rows = db.session.execute(statement).all()
    if not rows:
        return []
    words = vocabulary()
    asked = [Asked(title, text, *names) for _, _, title, text, _, *names in rows]
    traits = [words.traits(each) for each in asked]
    mine = words.traits(asked_of(ticket))
    found = alike(mine, traits, words)
    return sorted(
        (
            Similar(row[0], row[1], row[2], row[7], row[4], found[index].score, found[index].reason)
            for index, row in enumerate(rows)
            if index in found
        ),
        key=lambda similar: -similar.score,
    )
