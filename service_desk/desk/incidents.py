"""Incidents: news for all who suffer from one cause; its tickets dispatched and replied to together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, case, false, func, select

from service_desk.desk import dispatch as dispatching
from service_desk.desk import handling, notices, requests
from service_desk.desk.one_by_one import Summary, one_by_one
from service_desk.domain.actions import TEXT_LIMIT
from service_desk.domain.errors import Invalid, OutOfTurn, Refused
from service_desk.domain.sentences import say
from service_desk.domain.states import OPEN
from service_desk.domain.vocabulary import Outcome, Role, State
from service_desk.store.base import db, transaction
from service_desk.store.enterprises import Enterprise, EnterpriseStatus
from service_desk.store.incidents import Incident, IncidentNews
from service_desk.store.law import current_law
from service_desk.store.people import Department, MemberTopic, User, UserRole, units_below
from service_desk.store.queues import is_row_id
from service_desk.store.scope import visible_tickets
from service_desk.store.tickets import Ticket

READERS = (Role.CLERK, Role.QUALITY, Role.SUPERVISOR)
KEEPERS = (Role.CLERK, Role.SUPERVISOR)
"""Who publishes news of an incident and declares it over."""
NOT_AFFECTED = (State.REJECTED, State.WITHDRAWN, State.MERGED)


# Who sees what


def visible_incidents(user: User) -> Select[Incident]:
    """All for the desk; for a department those with a visible ticket that it leads."""
    incidents = select(Incident)
    if user.has(*READERS):
        return incidents
    if user.department_id is None or not user.has(Role.HANDLER, Role.HEAD):
        return incidents.where(false())
    led = visible_tickets(user).where(
        Ticket.lead_department_id == user.department_id, Ticket.incident_id.is_not(None)
    )
    return incidents.where(Incident.id.in_(led.with_only_columns(Ticket.incident_id)))


def tickets_of(incident: Incident, user: User) -> Select[Ticket]:
    """Those of its tickets that this person may see."""
    return visible_tickets(user).where(Ticket.incident_id == incident.id)


def waiting_for_dispatch(incident: Incident, user: User) -> Select[Ticket]:
    """Its tickets that no department has yet."""
    return tickets_of(incident, user).where(Ticket.state == State.ACCEPTED)


def waiting_for_reply(incident: Incident, user: User) -> Select[Ticket]:
    """Its tickets that this person's department leads and works on."""
    if user.department_id is None or not user.has(Role.HANDLER, Role.HEAD):
        return tickets_of(incident, user).where(false())
    return tickets_of(incident, user).where(
        Ticket.state == State.IN_PROGRESS, Ticket.lead_department_id == user.department_id
    )


def how_many(tickets: Select[Ticket]) -> int:
    """How many there are."""
    return (
        db.session.scalar(select(func.count()).select_from(tickets.with_only_columns(Ticket.id).subquery()))
        or 0
    )


def news_of(ticket: Ticket) -> Sequence[IncidentNews]:
    """The news of the incident a ticket belongs to, the latest first; none where it belongs to none."""
    if ticket.incident_id is None:
        return []
    news = select(IncidentNews).where(IncidentNews.incident_id == ticket.incident_id)
    return db.session.scalars(news.order_by(IncidentNews.id.desc())).all()


@dataclass(frozen=True)
class IncidentLine:
    """An incident in the list: how many of its visible tickets are open, of how many, and its last news."""

    incident: Incident
    open: int
    total: int
    news: IncidentNews | None


@dataclass(frozen=True)
class IncidentPage:
    """Some incidents, and the key from which the next page goes on (None on the last)."""

    lines: Sequence[IncidentLine]
    next_after: str | None


def page_of_incidents(user: User, *, over: bool, after: str = "", size: int = 50) -> IncidentPage:
    """The incidents that are over, or those that are not, the latest first."""
    ended = Incident.closed_at.is_not(None) if over else Incident.closed_at.is_(None)
    wanted = visible_incidents(user).where(ended).order_by(Incident.id.desc())
    if is_row_id(after):
        wanted = wanted.where(Incident.id < int(after))
    rows = db.session.scalars(wanted.limit(size + 1)).all()
    shown = rows[:size]
    counts, news = _counts(shown, user), _last_news(shown)
    lines = [IncidentLine(each, *counts.get(each.id, (0, 0)), news.get(each.id)) for each in shown]
    return IncidentPage(lines, str(shown[-1].id) if len(rows) > size else None)


def _counts(incidents: Sequence[Incident], user: User) -> dict[int, tuple[int, int]]:
    """Open and all tickets of each."""
    ids = [each.id for each in incidents]
    counted = (
        visible_tickets(user)
        .where(Ticket.incident_id.in_(ids))
        .with_only_columns(
            Ticket.incident_id, func.sum(case((Ticket.state.in_(OPEN), 1), else_=0)), func.count()
        )
        .group_by(Ticket.incident_id)
    )
    return {incident_id: (open_ones, total) for incident_id, open_ones, total in db.session.execute(counted)}


def _last_news(incidents: Sequence[Incident]) -> dict[int, IncidentNews]:
    ids = [each.id for each in incidents]
    last = (
        select(func.max(IncidentNews.id))
        .where(IncidentNews.incident_id.in_(ids))
        .group_by(IncidentNews.incident_id)
    )
    return {
        news.incident_id: news
        for news in db.session.scalars(select(IncidentNews).where(IncidentNews.id.in_(last)))
    }


# News


@transaction
def tell(incident_id: int, *, by: User, at: datetime, text: str) -> IncidentNews:
    """Publish news: each person of an affected enterprise is told once, however many tickets it has.

    The same words again are a button pressed twice: nobody is told anew. Raises ``Refused`` for whom it
    is not to do, ``OutOfTurn`` once the incident is over, ``Invalid`` for no text or too much of it.
    """
    if not by.has(*KEEPERS):
        raise Refused("共性问题的进展由受理员或督查员发布。")
    incident = _locked(incident_id)
    if incident.closed_at is not None:
        raise OutOfTurn("这个共性问题已经关闭，不能再发布进展。")
    words = text.strip()
    if not 1 <= len(words) <= TEXT_LIMIT:
        sentence = say("请填写进展，最多 %(limit)s 字。", limit=TEXT_LIMIT)
        raise Invalid(sentence, fields={"text": sentence})
    if incident.news and incident.news[0].text == words:
        return incident.news[0]
    news = IncidentNews(at=at, by_id=by.id, by_name=by.name, text=words)
    incident.news.insert(0, news)
    db.session.flush()
    law, key = current_law(), f"incident:{incident.id}:{news.id}"
    for ticket, people in _affected(incident):
        messages = [(person, say("您反映的问题有新进展"), words) for person in people]
        notices.queue(ticket, key, messages, at=at, law=law)
    return news


def _affected(incident: Incident) -> list[tuple[Ticket, list[User]]]:
    """The people to tell, each once, beside the ticket of theirs that the news is about."""
    rows = db.session.execute(
        select(User, Ticket)
        .join(Ticket, Ticket.enterprise_id == User.enterprise_id)
        .where(
            Ticket.incident_id == incident.id,
            Ticket.state.not_in(NOT_AFFECTED),
            Ticket.enterprise.has(Enterprise.status == EnterpriseStatus.APPROVED),
            User.active,
            User.role_rows.any(UserRole.role == Role.CONTACT),
            User.is_owner
            | (User.id == Ticket.filed_by_id)
            | User.topic_rows.any(MemberTopic.category_id == Ticket.category_id),
        )
        .order_by(Ticket.id)
    ).unique()
    barred: dict[int, set[int]] = {}
    told: dict[int, tuple[User, Ticket]] = {}
    for person, ticket in rows:
        if ticket.against_id is not None and person.department_id is not None:
            if ticket.against_id not in barred:
                barred[ticket.against_id] = set(db.session.scalars(units_below(ticket.against_id)))
            if person.department_id in barred[ticket.against_id]:
                continue
        told.setdefault(person.id, (person, ticket))
    by_ticket: dict[int, tuple[Ticket, list[User]]] = {}
    for person, ticket in told.values():
        by_ticket.setdefault(ticket.id, (ticket, []))[1].append(person)
    return list(by_ticket.values())


@transaction
def close(incident_id: int, *, by: User, at: datetime) -> Incident:
    """The cause is gone: no more tickets join it, no more news; its tickets go their own ways."""
    if not by.has(*KEEPERS):
        raise Refused("共性问题由受理员或督查员关闭。")
    incident = _locked(incident_id)
    if incident.closed_at is not None:
        raise OutOfTurn("这个共性问题已经关闭。")
    incident.closed_at = at
    return incident


def _locked(incident_id: int) -> Incident:
    statement = select(Incident).where(Incident.id == incident_id).with_for_update()
    return db.session.scalars(statement.execution_options(populate_existing=True)).one()


# Together


def dispatch_together(
    incident: Incident,
    *,
    by: User,
    at: datetime,
    lead: Department,
    supports: Sequence[Department] = (),
    text: str = "",
) -> Summary:
    """Give all its waiting tickets to the same departments, one transaction a ticket."""
    if lead.id in {support.id for support in supports}:
        sentence = say("请去掉“%(lead)s”。", lead=lead.name)
        raise Invalid("主办单位不能同时是协办单位。", fields={"supports": sentence})

    def act(ticket_id: int, _version: int) -> None:
        dispatching.dispatch(ticket_id, by=by, at=at, lead=lead, supports=supports, text=text)

    return one_by_one(waiting_for_dispatch(incident, by), act)


def reply_together(
    incident: Incident,
    *,
    by: User,
    at: datetime,
    outcome: Outcome,
    text: str,
    rest_date: date | None = None,
) -> Summary:
    """Reply to all its tickets that this person's department leads; or put the replies to the head."""
    handling.reply_data(outcome, rest_date, current_law().calendar.day_of(at))
    signs = by.department is not None and by.department.wants_sign_off and not by.has(Role.HEAD)
    verb = requests.ask_sign_off if signs else handling.reply

    def act(ticket_id: int, _version: int) -> None:
        verb(ticket_id, by=by, at=at, outcome=outcome, text=text, rest_date=rest_date)

    return one_by_one(waiting_for_reply(incident, by), act)
