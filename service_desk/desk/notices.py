"""Notices of events: who is told of which act, in which words; rows only, sent later by the clockwork."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, insert, or_, select, update

from service_desk.domain.actions import Action
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import ClockKind, Role, Urgency, Word
from service_desk.store.base import db, house, transaction
from service_desk.store.law import Law
from service_desk.store.notices import Letter, LetterState, Notice
from service_desk.store.parts import Assignment, Event
from service_desk.store.people import User, UserRole, units_below
from service_desk.store.tickets import Ticket


class Audience(Word):
    """A group of people as seen from a ticket."""

    ENTERPRISE = "enterprise", "企业"
    DESK = "desk", "专窗"
    QUALITY = "quality", "回访员"
    LEAD = "lead", "主办单位"
    HANDLER = "handler", "承办人"
    HEAD = "head", "主办单位负责人"
    PARENT_HEAD = "parent_head", "上级单位负责人"
    SUPPORTS = "supports", "协办单位"
    OFFICER = "officer", "服务专员"
    LEADER = "leader", "包联领导"
    LIAISON = "liaison", "帮扶部门"
    SUPERVISOR = "supervisor", "督查员"


@dataclass(frozen=True)
class Told:
    """One audience of one act and what it reads; ``%(…)s`` names facts of the ticket and the event."""

    audience: Audience
    title: str
    body: str = "%(text)s"


Message = tuple[User, str, str]
"""Who is told, and the title and body: sentences."""

A = Audience
TOLD: dict[Action, tuple[Told, ...]] = {
    Action.SUBMIT: (
        Told(A.ENTERPRISE, "诉求已提交", "编号 %(number)s。%(promise)s"),
        Told(A.DESK, "新诉求待受理", "%(enterprise)s：%(ticket_title)s"),
    ),
    Action.ACCEPT: (Told(A.ENTERPRISE, "诉求已受理", "专窗已受理，正在研判由哪个部门办理。%(promise)s"),),
    Action.ANSWER: (Told(A.ENTERPRISE, "专窗已答复，请评价", "%(text)s"),),
    Action.DISPATCH: (
        Told(A.ENTERPRISE, "诉求已派单", "由%(lead)s办理。%(promise)s"),
        Told(A.LEAD, "新交办，请签收", "%(enterprise)s：%(ticket_title)s。%(due)s"),
        Told(A.SUPPORTS, "新协办，请签收", "%(enterprise)s：%(ticket_title)s。主办单位：%(lead)s"),
    ),
    Action.ADD_INFO: (Told(A.LEAD, "企业补充了说明"), Told(A.DESK, "企业补充了说明")),
    Action.URGE: (
        Told(A.LEAD, "催办", "%(who)s催办：%(ticket_title)s。%(text)s"),
        Told(A.DESK, "催办", "%(who)s催办。%(text)s"),
    ),
    Action.PROGRESS: (Told(A.ENTERPRISE, "办理有新进展"),),
    Action.FIRST_CONTACT: (
        Told(A.ENTERPRISE, "承办单位已联系您", "%(lead)s已与您联系。如情况不符，请在诉求页面说明。"),
    ),
    Action.REPLY: (
        Told(A.DESK, "答复待审核", "%(lead)s已答复：%(ticket_title)s"),
        Told(A.QUALITY, "答复待审核", "%(lead)s已答复：%(ticket_title)s"),
    ),
    Action.SEND_BACK: (Told(A.LEAD, "答复被退回，请补办"),),
    Action.VERIFY: (
        Told(A.ENTERPRISE, "已答复，请您评价", "%(lead)s的答复已审核，请查看并评价是否解决。%(rating)s"),
    ),
    Action.RATE: (),
    Action.REWORK: (
        Told(A.ENTERPRISE, "已重新办理", "您的诉求已退回重新办理，由%(lead)s负责。"),
        Told(A.LEAD, "重办，请签收", "%(ticket_title)s：%(text)s。%(due)s"),
        Told(A.DESK, "诉求重办", "%(ticket_title)s：%(text)s"),
    ),
    Action.KEEP_CLOSED: (Told(A.ENTERPRISE, "关于您的评价"),),
    Action.WITHDRAW: (
        Told(A.DESK, "企业撤回诉求", "%(ticket_title)s：%(text)s"),
        Told(A.LEAD, "企业撤回诉求", "%(ticket_title)s"),
    ),
    Action.SUPERVISE: (
        Told(A.LEAD, "督办单，请回复", "%(text)s"),
        Told(A.DESK, "已发督办单", "%(ticket_title)s：%(text)s"),
    ),
    Action.ANSWER_ORDER: (Told(A.SUPERVISOR, "督办单已回复"), Told(A.DESK, "督办单已回复")),
}
BAD_RATING = (
    Told(A.DESK, "收到差评", "%(enterprise)s：%(ticket_title)s"),
    Told(A.SUPERVISOR, "收到差评", "%(enterprise)s：%(ticket_title)s"),
)
UNDER_PRESSURE = (Told(A.SUPERVISOR, "撤回并非自愿", "%(enterprise)s：%(ticket_title)s。%(text)s"),)
OFFICER_HEARS = frozenset(TOLD) - {
    Action.ADD_INFO,
    Action.RATE,
    Action.SUPERVISE,
    Action.ANSWER_ORDER,
    Action.REPLY,
    Action.SEND_BACK,
}


def announce(ticket: Ticket, event: Event, law: Law) -> None:
    """Queue the notices of an event, in the transaction that wrote it."""
    told = _told_of(ticket, event)
    if not told:
        return
    people = people_of(ticket, {line.audience for line in told})
    facts = _facts(ticket, event, law)
    messages: dict[int, Message] = {}
    for line in told:
        for person in people[line.audience]:
            if person.id != event.by_id or event.action is Action.SUBMIT:
                messages.setdefault(person.id, (person, say(line.title, **facts), say(line.body, **facts)))
    queue(ticket, f"event:{event.id}", messages.values(), at=event.at, law=law)


def _told_of(ticket: Ticket, event: Event) -> tuple[Told, ...]:
    told = TOLD.get(event.action, ())
    if event.action in (Action.PROGRESS, Action.FIRST_CONTACT) and not event.public:
        return ()
    if event.action is Action.RATE and ticket.last_rating is not None and ticket.last_rating.is_bad:
        told = BAD_RATING
    if event.action is Action.CHECK_WITHDRAWAL and event.after is not event.before:
        told = UNDER_PRESSURE
    if event.action in OFFICER_HEARS and event.public:
        told = (*told, Told(A.OFFICER, "服务企业动态：%(action)s", "%(enterprise)s：%(ticket_title)s"))
    return told


def _facts(ticket: Ticket, event: Event, law: Law) -> dict[str, object]:
    def until(kind: ClockKind, words: str) -> str:
        clock = ticket.clock(kind)
        if clock is None or clock.due_at is None:
            return ""
        return say(words, moment=f"{clock.due_at.astimezone(law.calendar.tz):%Y-%m-%d %H:%M}")

    return {
        "action": event.action,
        "number": ticket.number,
        "ticket_title": ticket.title,
        "enterprise": ticket.enterprise.name,
        "lead": ticket.lead_department.name if ticket.lead_department else say("专窗"),
        "text": event.text,
        "who": event.actor_to(enterprise=False),
        "promise": until(ClockKind.PROMISE, "预计 %(moment)s 前答复。"),
        "due": until(ClockKind.SETTLE, "请于 %(moment)s 前办结。"),
        "rating": until(ClockKind.RATING, "评价请于 %(moment)s 前提交。"),
    }


def people_of(
    ticket: Ticket, audiences: Iterable[Audience], *, part: Assignment | None = None
) -> dict[Audience, list[User]]:
    """The active people in each audience, one statement for all; nobody of a department complained of.

    Handler, head and their department are those of the lead, or of ``part`` where it is given.
    """
    conditions = {
        audience: condition
        for audience in audiences
        if (condition := _who(ticket, audience, part)) is not None
    }
    found: dict[Audience, list[User]] = {audience: [] for audience in audiences}
    if not conditions:
        return found
    columns = [condition.label(audience.value) for audience, condition in conditions.items()]
    statement = select(User, *columns).where(User.active, or_(*conditions.values())).order_by(User.id)
    if ticket.against_id is not None:
        statement = statement.where(
            or_(User.department_id.is_(None), User.department_id.not_in(units_below(ticket.against_id)))
        )
    for row in db.session.execute(statement).unique():
        for audience in conditions:
            if getattr(row, audience.value):
                found[audience].append(row[0])
    return found


def _who(ticket: Ticket, audience: Audience, part: Assignment | None) -> ColumnElement[bool] | None:
    """The condition on users that makes up an audience; None where the ticket has nobody of the kind."""
    liaison = ticket.enterprise.liaison
    match audience:
        case Audience.ENTERPRISE:
            if not ticket.enterprise.is_approved:
                return None
            mine = or_(User.is_owner, User.id == ticket.filed_by_id)
            return and_(User.enterprise_id == ticket.enterprise_id, mine)
        case Audience.DESK:
            return _has(Role.CLERK)
        case Audience.QUALITY:
            return _has(Role.QUALITY)
        case Audience.SUPERVISOR:
            return _has(Role.SUPERVISOR)
        case Audience.OFFICER:
            return User.id == liaison.officer_id if liaison and liaison.officer_id else None
        case Audience.LEADER:
            return User.id == liaison.leader_id if liaison and liaison.leader_id else None
        case Audience.LIAISON:
            return _heads_of(liaison.department_id if liaison else None)
        case Audience.SUPPORTS:
            ids = [part.department_id for part in ticket.supports if part.is_live]
            return and_(User.department_id.in_(ids), _has(Role.HANDLER, Role.HEAD)) if ids else None
    lead = part or ticket.last_lead
    if lead is None:
        return None
    match audience:
        case Audience.LEAD:
            return and_(User.department_id == lead.department_id, _has(Role.HANDLER, Role.HEAD))
        case Audience.HANDLER:
            if lead.handler_id is not None:
                return User.id == lead.handler_id
            return and_(User.department_id == lead.department_id, _has(Role.HANDLER))
        case Audience.HEAD:
            return _heads_of(lead.department_id)
        case _:
            return _heads_of(lead.department.parent_id)


def _has(*roles: Role) -> ColumnElement[bool]:
    return User.role_rows.any(UserRole.role.in_(roles))


def _heads_of(department_id: int | None) -> ColumnElement[bool] | None:
    return and_(User.department_id == department_id, _has(Role.HEAD)) if department_id is not None else None


def queue(
    ticket: Ticket | None,
    key: str,
    messages: Iterable[Message],
    *,
    at: datetime,
    law: Law,
) -> None:
    """Write notices, and letters to those who have an address, in the caller's transaction.

    Each recipient stands in ``messages`` once. What they read is kept in words, in the park's language.
    Letters wait for the next office interval unless the ticket is 特急.
    """
    urgent = ticket is not None and ticket.urgency is Urgency.CRITICAL
    not_before = at if urgent else law.calendar.next_opening(at)
    mail, words = house().sends_mail, house().say
    told: list[dict[str, Any]] = []
    letters: list[dict[str, Any]] = []
    for person, *sentences in messages:
        title, body = map(words, sentences)
        about = {
            "key": key,
            "recipient_id": person.id,
            "ticket_id": ticket.id if ticket else None,
            "created_at": at,
        }
        told.append(about | {"title": title, "body": body})
        if mail and person.email:
            subject = (
                words(say("%(title)s（%(number)s）", title=title, number=ticket.number)) if ticket else title
            )
            letters.append(
                about
                | {
                    "channel": "mail",
                    "address": person.email,
                    "subject": subject,
                    "body": body,
                    "not_before": not_before,
                    "state": LetterState.WAITING,
                    "attempts": 0,
                }
            )
    # Plain inserts of many rows: one statement each, however many people are told.
    if told:
        db.session.execute(insert(Notice), told)
    if letters:
        db.session.execute(insert(Letter), letters)


def unread_count(user: User) -> int:
    """How many notices somebody has not read, counted up to 100."""
    some = (
        select(Notice.id)
        .where(Notice.recipient_id == user.id, Notice.read_at.is_(None))
        .limit(100)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(some)) or 0


def notices_of(user: User, *, before: int | None = None, limit: int = 50) -> Sequence[Notice]:
    """Somebody's notices, newest first, from below the id ``before``."""
    statement = select(Notice).where(Notice.recipient_id == user.id).order_by(Notice.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Notice.id < before)
    return db.session.scalars(statement).all()


@transaction
def mark_read(user: User, *, at: datetime) -> None:
    """Mark all notices of somebody as read."""
    db.session.execute(
        update(Notice).where(Notice.recipient_id == user.id, Notice.read_at.is_(None)).values(read_at=at)
    )


@transaction
def mark_one_read(notice_id: int, *, user: User, at: datetime) -> int | None:
    """Mark one notice of somebody as read; the id of its ticket, if it has one."""
    notice = db.session.get(Notice, notice_id)
    if notice is None or notice.recipient_id != user.id:
        return None
    notice.read_at = notice.read_at or at
    return notice.ticket_id
