"""Cases: what a ticket is about is put right, joined with others, or taken apart."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from service_desk.desk.acting import finish, open_ticket, record
from service_desk.desk.intake import check_payer, enter
from service_desk.domain.actions import TEXT_LIMIT, Action
from service_desk.domain.deadlines import Running, due
from service_desk.domain.errors import Invalid
from service_desk.domain.limits import Profile, limit_class
from service_desk.domain.sentences import say
from service_desk.domain.states import OPEN
from service_desk.domain.vocabulary import ClockKind, Nature, Payer, State, Urgency, Word
from service_desk.domain.workflow import GRAVE
from service_desk.store.base import db, transaction
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.incidents import Incident
from service_desk.store.law import Law
from service_desk.store.moves import reclassify
from service_desk.store.people import Actor, Department, units_below
from service_desk.store.replays import replay
from service_desk.store.tickets import Ticket, locked

FEWEST_PARTS, MOST_PARTS = 2, 5
MOST_TAGS = 5
URGENCIES = (Urgency.NORMAL, Urgency.URGENT, Urgency.CRITICAL)
"""From the lowest up."""


# Putting it right


@transaction
def correct(  # noqa: PLR0913 - everything about a ticket that may be put right
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    category: Category | None = None,
    title: str | None = None,
    area: Area | None = None,
    enterprise: Enterprise | None = None,
    contact_name: str | None = None,
    contact_phone: str | None = None,
    nature: Nature | None = None,
    urgency: Urgency | None = None,
    against: Department | None = None,
    payer: Payer | None = None,
    complex: bool | None = None,  # noqa: A002 - the field's name in the law
    tags: Sequence[str] | None = None,
    text: str = "",
) -> Ticket:
    """Put right what is given; a new limit class recomputes the open clocks from their own start.

    What lowers the urgency, lengthens a limit after dispatch or grants 复杂 is the supervisor's.
    """
    ticket, law = open_ticket(ticket_id, by, at, seen)
    wanted = {
        "category": category,
        "title": title,
        "area": area,
        "enterprise": enterprise,
        "contact_name": contact_name,
        "contact_phone": contact_phone,
        "nature": nature,
        "urgency": urgency,
        "against": against,
        "payer": payer,
        "is_complex": complex,
        "tags": None if tags is None else sorted(set(tags)),
    }
    changes = {
        name: value for name, value in wanted.items() if value is not None and value != getattr(ticket, name)
    }
    if not changes:
        raise Invalid("没有需要更正的内容，请修改后再提交。")
    _check_tags(tags or ())
    check_payer(category or ticket.category, payer or ticket.payer)
    if against is not None:
        _check_against(ticket, against)
    data = {"before": {name: _written(getattr(ticket, name)) for name in changes}} | {
        name: _written(value) for name, value in changes.items()
    }
    if "enterprise" in changes:
        # Figures of the past ask whose it was then; a name would not tell for sure.
        data["before"]["enterprise_id"] = ticket.enterprise_id
    variant = GRAVE if _is_grave(ticket, changes, law) else ""
    event = record(ticket, Action.CORRECT, by=by, at=at, law=law, text=text, data=data, variant=variant)
    former = ticket.profile
    for name, value in changes.items():
        setattr(ticket, name, value)
    if ticket.profile != former:
        reclassify(ticket, event.at, law)
    finish(ticket, event, law)
    return ticket


def _check_against(ticket: Ticket, against: Department) -> None:
    """Nobody handles a complaint about themselves."""
    below = set(db.session.scalars(units_below(against.id)))
    part = next((each for each in ticket.assignments if each.is_live and each.department_id in below), None)
    if part is not None:
        sentence = say("“%(name)s”正在承办这件诉求，请先改派或取消协办。", name=part.department.name)
        raise Invalid(sentence, fields={"against": sentence})


def _check_tags(tags: Sequence[str]) -> None:
    if len(tags) > MOST_TAGS:
        sentence = say("最多 %(most)s 个标签。", most=MOST_TAGS)
        raise Invalid(sentence, fields={"tags": sentence})


def _written(value: Any) -> Any:  # noqa: ANN401 - whatever a ticket is made of
    """A value as events keep it: names of rows, values of words."""
    if isinstance(value, Category | Area | Enterprise | Department):
        return value.name
    return value.value if isinstance(value, Word) else value


def _is_grave(ticket: Ticket, changes: Mapping[str, Any], law: Law) -> bool:
    """Whether the correction is the supervisor's."""
    urgency = changes.get("urgency", ticket.urgency)
    if URGENCIES.index(urgency) < URGENCIES.index(ticket.urgency) or changes.get("is_complex"):
        return True
    category = changes.get("category", ticket.category)
    new = limit_class(
        nature=changes.get("nature", ticket.nature),
        urgency=urgency,
        is_complex=changes.get("is_complex", ticket.is_complex),
        is_arrears=category.is_arrears,
    )
    profile = Profile(new, category.id, ticket.source)
    dispatched = any(event.action is Action.DISPATCH for event in ticket.events)
    return dispatched and profile != ticket.profile and _lengthens(ticket, profile, law)


def _lengthens(ticket: Ticket, profile: Profile, law: Law) -> bool:
    """Whether an open clock would be due later if the ticket were such a one, pauses left aside."""
    for clock in ticket.clocks:
        if clock.is_live and clock.limit_number is not None and clock.kind is not ClockKind.ACCEPT:
            present = due(Running(clock.started_at, clock.facts.limit), law.calendar)
            limit = law.limits.of(clock.kind, profile, cycle=clock.cycle)
            coming = due(Running(clock.started_at, limit), law.calendar)
            if present and coming and coming > present:
                return True
    return False


# Several that are one


@transaction
def merge(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, parent: Ticket) -> Ticket:
    """The same enterprise has said it before: go on with that ticket alone."""
    if parent.id == ticket_id:
        sentence = "不能并入它自己，请填写另一件诉求的编号。"
        raise Invalid(sentence, fields={"parent": sentence})
    if replay() is None:
        for each in sorted((ticket_id, parent.id)):
            # Always in this order: two who merge crosswise would wait for each other.
            locked(each)
    ticket, law = open_ticket(ticket_id, by, at, seen)
    data = {"parent": parent.number, "parent_id": parent.id}
    event = record(ticket, Action.MERGE, by=by, at=at, law=law, data=data)
    _check_parent(ticket, parent, at)
    ticket.parent_id = parent.id
    finish(ticket, event, law)
    return ticket


def _check_parent(ticket: Ticket, parent: Ticket, at: datetime) -> None:
    """What is replayed is judged by how the parent stood then, however it went on."""
    state = parent.state if replay() is None else parent.state_at(at)
    number = parent.number if replay() is None else parent.imported_number
    sentence = None
    if parent.enterprise_id != ticket.enterprise_id:
        sentence = say("“%(number)s”是另一家企业的诉求，不能并单；可以关联为共性问题。", number=number)
    elif state is None:
        sentence = say("“%(number)s”当时还没有提交，不能并入。", number=number)
    elif state is State.MERGED and parent.parent_id == ticket.id:
        sentence = say("“%(number)s”已经并入本件，不能反过来并单。", number=number)
    elif state not in OPEN:
        sentence = say("“%(number)s”现在是“%(state)s”，不能并入。", number=number, state=state)
    if sentence:
        raise Invalid(sentence, fields={"parent": sentence})


@transaction
def unmerge(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, text: str = "") -> Ticket:
    """It was another matter after all: it waits to be accepted again."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    event = record(ticket, Action.UNMERGE, by=by, at=at, law=law, text=text)
    ticket.parent_id = None
    finish(ticket, event, law)
    return ticket


# One that is several


@transaction
def split(
    ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None, parts: Sequence[str]
) -> Ticket:
    """Several matters in one: the first part stays, each further one is a ticket of the same instant."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    texts = [text.strip() for text in parts if text.strip()]
    if not FEWEST_PARTS <= len(texts) <= MOST_PARTS or any(len(text) > TEXT_LIMIT for text in texts):
        sentence = say(
            "请填写 2 至 %(most)s 部分，每部分最多 %(limit)s 字。", most=MOST_PARTS, limit=TEXT_LIMIT
        )
        raise Invalid(sentence, fields={"parts": sentence})
    data = {"before": ticket.text, "parts": len(texts)}
    event = record(ticket, Action.SPLIT, by=by, at=at, law=law, data=data)
    ticket.text = texts[0]
    for number, text in enumerate(texts[1:], start=2):
        part = _part_of(ticket, number, text)
        finish(part, enter(part, by=by, at=ticket.submitted_at, law=law), law)
    finish(ticket, event, law)
    return ticket


def _part_of(ticket: Ticket, number: int, text: str) -> Ticket:
    """A new ticket for a further part; everything but its text is the original's."""
    return Ticket(
        enterprise=ticket.enterprise,
        enterprise_id=ticket.enterprise_id,
        category=ticket.category,
        area=ticket.area,
        filed_by_id=ticket.filed_by_id,
        title=f"{ticket.title[:90]}（{number}）",
        text=text,
        contact_name=ticket.contact_name,
        contact_phone=ticket.contact_phone,
        nature=ticket.nature,
        urgency=ticket.urgency,
        payer=ticket.payer,
        against=ticket.against,
        source=ticket.source,
        above_office=ticket.above_office,
        above_number=ticket.above_number,
        above_due=ticket.above_due,
        above_reply=ticket.above_reply,
        is_demo=ticket.is_demo,
        split_from_id=ticket.id,
    )


# One cause, many enterprises


@transaction
def join_incident(
    ticket_id: int,
    *,
    by: Actor,
    at: datetime,
    seen: int | None = None,
    incident: Incident | None = None,
    title: str = "",
) -> Ticket:
    """Join a ticket to an incident, a known one or a new one that is given a title."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    if incident is None:
        if not title:
            sentence = "请选择已登记的共性问题，或写下新的名称。"
            raise Invalid(sentence, fields={"incident": sentence})
        incident = Incident(title=title, opened_at=at, opened_by_id=by.id)
        db.session.add(incident)
        db.session.flush()
    data = {"incident": incident.number, "incident_id": incident.id, "title": incident.title}
    event = record(ticket, Action.JOIN_INCIDENT, by=by, at=at, law=law, data=data)
    ticket.incident_id, ticket.incident = incident.id, incident
    finish(ticket, event, law)
    return ticket


@transaction
def leave_incident(ticket_id: int, *, by: Actor, at: datetime, seen: int | None = None) -> Ticket:
    """It has another cause after all."""
    ticket, law = open_ticket(ticket_id, by, at, seen)
    event = record(ticket, Action.LEAVE_INCIDENT, by=by, at=at, law=law)
    ticket.incident_id = ticket.incident = None
    finish(ticket, event, law)
    return ticket
