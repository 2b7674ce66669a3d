"""Routing for the desk: rules, the matter list and what closed tickets taught, asked about a ticket."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from service_desk.desk.foundation import read_lines
from service_desk.domain.asked import Asked
from service_desk.domain.danger import danger_words_in
from service_desk.domain.keywords import Written
from service_desk.domain.learning import Example, Learned
from service_desk.domain.routing import (
    Knowledge,
    Proposal,
    matter_of,
    propose,
    seeds,
)
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import ApprovalState, RequestKind, State
from service_desk.store.base import db, house
from service_desk.store.catalogue import Category, Rule
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.law import Law, current_law
from service_desk.store.people import Department, units_above
from service_desk.store.tickets import Ticket

EXAMPLES = 5000
"""So many of the last closed tickets are learned from."""
EXAMPLE_LENGTH = 120
"""So many characters of each text: what it is about stands at its beginning."""
LEARN_ANEW = timedelta(days=1)
MOST_SHOWN = 2000


@dataclass(frozen=True)
class _Kept:
    """What a process has learned, when, and by which version of the law."""

    at: datetime
    version: int
    learned: Learned


@dataclass(frozen=True)
class WouldHave:
    """What a rule would have done to a ticket; ``had`` is None where nobody led it."""

    number: str
    title: str
    had: str | None
    would: str


def asked_of(ticket: Ticket) -> Asked:
    """What routing is told of a ticket."""
    return Asked(
        title=ticket.title,
        text=ticket.text,
        category=ticket.category.name,
        area=ticket.area.name if ticket.area else None,
        enterprise=ticket.enterprise.name,
    )


def proposal_for(ticket: Ticket) -> Proposal | None:
    """Who should lead, and why; None where nothing is certain.

    Never the department complained of or one below it, nor one that gave this ticket back.
    """
    return proposals_for([ticket])[0]


def proposals_for(tickets: Sequence[Ticket]) -> list[Proposal | None]:
    """The same for each of several, asked for together."""
    law = current_law()
    below = _units_by_name(ticket.against_id for ticket in tickets if ticket.against_id is not None)

    def proposal(ticket: Ticket) -> Proposal | None:
        knowledge = Knowledge(law.rules, law.matters, _learned(law, now=ticket.touched_at))
        return propose(knowledge, asked_of(ticket), barred=_barred(ticket, below))

    return [proposal(ticket) for ticket in tickets]


def led_to(ticket: Ticket, lead: Department) -> Proposal | None:
    """The rule or matter that proposes this very lead; None where it is the desk's own choice.

    What was learned is left aside: it is no row that somebody could put right.
    """
    law = current_law()
    below = _units_by_name([ticket.against_id] if ticket.against_id is not None else ())
    proposal = propose(Knowledge(law.rules, law.matters), asked_of(ticket), barred=_barred(ticket, below))
    return proposal if proposal is not None and proposal.lead == lead.name else None


def is_complex(ticket: Ticket) -> bool:
    """Whether the matter list gives this kind of matter the 复杂 limits."""
    matter = matter_of(current_law().matters, asked_of(ticket))
    return matter is not None and matter.is_complex


def proposed_urgency(ticket: Ticket | str) -> Sentence | None:
    """Why 特急 is proposed: the words of danger in a ticket (or a text); None where there are none."""
    written = ticket if isinstance(ticket, str) else f"{ticket.title}\n{ticket.text}"
    words = danger_words_in(written, current_law().danger_words)
    if not words:
        return None
    return say("文中提到%(words)s，建议定为特急", words=tuple(f"“{word}”" for word in words))


def rule_of(values: Mapping[str, Any]) -> Rule:
    """A rule that is only tried: never part of the session."""
    rows = {name: values.get(name) for name in ("category", "area", "enterprise", "lead")}
    rule = Rule(**values)
    for name, row in rows.items():
        setattr(rule, f"{name}_id", row.id if row is not None else None)
    return rule


def would_have(rule: Rule, since: datetime) -> list[WouldHave]:
    """What a rule would have done to the tickets submitted since then, the newest first (at most 2,000)."""
    entry, lead = rule.entry, aliased(Department)
    statement = (
        select(Ticket.number, Ticket.title, Ticket.text, lead.name, Category.name, Area.name, Enterprise.name)
        .join(Ticket.category)
        .join(Ticket.enterprise)
        .outerjoin(Ticket.area)
        .outerjoin(lead, Ticket.lead_department_id == lead.id)
        .where(Ticket.submitted_at >= since)
        .where(Ticket.against_id.is_(None) | Ticket.against_id.not_in(units_above(rule.lead_id)))
        .order_by(Ticket.id.desc())
    )
    # What the database can tell, it tells; keywords are for the law of routing.
    for column, wanted in (
        (Ticket.category_id, rule.category_id),
        (Ticket.area_id, rule.area_id),
        (Ticket.enterprise_id, rule.enterprise_id),
    ):
        statement = statement.where(column == wanted) if wanted is not None else statement
    return [
        WouldHave(number, title, had, entry.lead)
        for number, title, text, had, category, area, enterprise in db.session.execute(
            statement.limit(MOST_SHOWN)
        )
        if entry.holds_for(Asked(title, text, category, area, enterprise), Written.of(title, text))
    ]


def learn(now: datetime, law: Law) -> Learned:
    """Learn anew from the matter list and the last closed tickets."""
    closed = (
        select(Ticket.title, Ticket.text, Department.name)
        .join(Department, Ticket.lead_department_id == Department.id)
        .where(Ticket.state == State.CLOSED, Ticket.against_id.is_(None))
        .order_by(Ticket.id.desc())
        .limit(EXAMPLES)
    )
    learned = Learned(beginnings(law))
    for title, text, lead in db.session.execute(closed):
        learned.learn(example(title, text, lead))
    house().learned = _Kept(now, law.version, learned)
    return learned


def beginnings(law: Law) -> list[Example]:
    """What is known before the first ticket is closed: the matter list's words, and shipped examples.

    Of the examples only those whose department is on this desk's matter list.
    """
    leads = {matter.lead for matter in law.matters}
    return [*seeds(law.matters), *(each for each in _shipped_examples() if each.lead in leads)]


@cache
def _shipped_examples() -> tuple[Example, ...]:
    lines = (*read_lines("examples.jsonl"), *read_lines("requests.jsonl"))
    return tuple(
        example(line["title"], line["description"], line["lead_department"])
        for line in lines
        if line["lead_department"]
    )


def example(title: str, text: str, lead: str) -> Example:
    """A settled ticket as something to learn from."""
    return Example(f"{title} {text[:EXAMPLE_LENGTH]}", lead)


def _learned(law: Law, *, now: datetime) -> Learned:
    """What this process has learned, not older than a day and by the matter list in force."""
    kept: _Kept | None = house().learned
    if kept is not None and kept.version == law.version and now - kept.at < LEARN_ANEW:
        return kept.learned
    return learn(now, law)


def _barred(ticket: Ticket, below: Mapping[int, frozenset[str]]) -> set[str]:
    """Whom not to propose: those whose return of this ticket was upheld, and the one complained of."""
    given_back = {
        request.department.name
        for request in ticket.approvals
        if request.kind is RequestKind.RETURN
        and request.state is ApprovalState.GRANTED
        and request.department
    }
    return given_back | below[ticket.against_id] if ticket.against_id is not None else given_back


def _units_by_name(departments: Iterable[int]) -> dict[int, frozenset[str]]:
    """The names of these departments and of all below each, by id; no statement where there are none."""
    found: dict[int, set[str]] = {each: set() for each in departments}
    if not found:
        return {}
    rows = db.session.execute(select(Department.id, Department.parent_id, Department.name)).all()
    parents = {row_id: parent for row_id, parent, _name in rows}
    for row_id, _parent, name in rows:
        above: int | None = row_id
        while above is not None:
            if above in found:
                found[above].add(name)
            above = parents[above]
    return {each: frozenset(below) for each, below in found.items()}
