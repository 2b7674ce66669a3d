"""Notices of events: who is told of which act, in which words; rows only, sent later by the clockwork."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, and_, case, exists, insert, or_, select, update
from sqlalchemy.orm import aliased

from service_desk.domain.access import RATINGS
from service_desk.domain.actions import DECIDE, Action
from service_desk.domain.dates import moment_words
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import ClockKind, Nature, Role, Urgency, Word
from service_desk.store.base import db, house, transaction
from service_desk.store.channels import Group, Listener
from service_desk.store.law import Law
from service_desk.store.notices import Channel, Letter, LetterState, Notice
from service_desk.store.parts import Assignment, Event
from service_desk.store.people import MemberTopic, Rhythm, User, UserRole, units_below
from service_desk.store.substitutes import substitutes_of
from service_desk.store.tickets import Ticket


class Audience(Word):
    """A group of people as seen from a ticket."""

    ENTERPRISE = "enterprise", "企业"
    DESK = "desk", "专窗"
    QUALITY = "quality", "回访员"
    LEAD = "lead", "主办单位"
    ASKER = "asker", "申请单位"
    HANDLER = "handler", "承办人"
    HEAD = "head", "主办单位负责人"
    PARENT_HEAD = "parent_head", "上级单位负责人"
    SUPPORTS = "supports", "协办单位"
    RELEASED = "released", "解除交办的单位"
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

MOST_UNREAD = 100
"""So many unread notices are known by their tickets; of more, nobody counts them."""

GroupMessage = tuple[Group, str, str]
"""Which chat group is told, and the title and body."""

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
    Action.HAND_OVER: (Told(A.HANDLER, "转给您办理", "%(enterprise)s：%(ticket_title)s。%(due)s"),),
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
        Told(A.SUPPORTS, "企业撤回诉求", "%(ticket_title)s。不再需要协办。"),
    ),
    Action.SUPERVISE: (
        Told(A.LEAD, "督办单，请回复", "%(text)s"),
        Told(A.DESK, "已发督办单", "%(ticket_title)s：%(text)s"),
    ),
    Action.INSTRUCT: (
        Told(A.LEAD, "领导批示，请回复", "%(text)s"),
        Told(A.DESK, "领导批示", "%(ticket_title)s：%(text)s"),
    ),
    Action.ANSWER_INQUIRY: (
        Told(A.DESK, "被投诉单位已回复询问", "%(ticket_title)s：%(text)s"),
        Told(A.SUPERVISOR, "被投诉单位已回复询问", "%(ticket_title)s：%(text)s"),
    ),
    Action.ANSWER_ORDER: (Told(A.SUPERVISOR, "督办单已回复"), Told(A.DESK, "督办单已回复")),
    Action.ASK_SUPPLEMENT: (Told(A.ENTERPRISE, "请补正后再受理", "%(text)s%(supplement)s"),),
    Action.SUPPLEMENT: (Told(A.DESK, "企业已补正，请受理", "%(enterprise)s：%(ticket_title)s"),),
    Action.MERGE: (
        Told(
            A.ENTERPRISE, "诉求已并单", "您反映的情况与%(parent)s相同，已并入该件一起办理，请在该件查看进度。"
        ),
    ),
    Action.UNMERGE: (Told(A.ENTERPRISE, "诉求恢复单独办理", "编号 %(number)s，等待受理。"),),
    Action.REDISPATCH: (
        Told(A.ENTERPRISE, "承办单位有变化", "改由%(lead)s办理。%(promise)s"),
        Told(A.LEAD, "新交办，请签收", "%(enterprise)s：%(ticket_title)s。%(due)s"),
        Told(A.RELEASED, "已改派其他单位", "%(ticket_title)s：改由%(lead)s主办。%(text)s"),
    ),
    Action.ADD_SUPPORT: (
        Told(A.SUPPORTS, "新协办，请签收", "%(enterprise)s：%(ticket_title)s。主办单位：%(lead)s"),
        Told(A.LEAD, "增加了协办单位", "%(ticket_title)s：%(department)s"),
    ),
    Action.RELEASE_SUPPORT: (
        Told(A.LEAD, "取消了协办单位", "%(ticket_title)s：%(department)s"),
        Told(A.RELEASED, "协办已取消", "%(ticket_title)s。不再需要协办。"),
    ),
    Action.ASK_ENTERPRISE: (Told(A.ENTERPRISE, "%(lead)s想请您补充"),),
    Action.INFORM: (Told(A.LEAD, "企业已回复"),),
    Action.OPINE: (Told(A.LEAD, "协办意见已提交", "%(department)s：%(text)s"),),
    Action.CORRECT: (Told(A.LEAD, "诉求信息有更正", "%(ticket_title)s。%(due)s"),),
    Action.RESUME: (
        Told(A.ENTERPRISE, "诉求恢复办理", "由%(lead)s办理。%(promise)s"),
        Told(A.LEAD, "时限恢复计时", "%(ticket_title)s。%(due)s"),
    ),
    Action.REPORT_REST: (
        Told(A.ENTERPRISE, "余下的事已落实，请确认", "%(lead)s回报：%(text)s"),
        Told(A.DESK, "余项落实已回报", "%(ticket_title)s：%(text)s"),
    ),
    Action.CONFIRM_REST: (Told(A.DESK, "企业确认了余项落实", "%(ticket_title)s"),),
    Action.ASK_RETURN: (
        Told(A.DESK, "退单待审批", "%(lead)s：%(text)s"),
        Told(A.SUPERVISOR, "退单待审批", "%(lead)s：%(text)s"),
    ),
    Action.ASK_EXTENSION: (
        Told(A.DESK, "延期待审批", "%(lead)s申请延期 %(days)s 日：%(text)s"),
        Told(A.SUPERVISOR, "延期待审批", "%(lead)s申请延期 %(days)s 日：%(text)s"),
    ),
    Action.ASK_DEFERRAL: (Told(A.SUPERVISOR, "挂账待审批", "%(lead)s：%(text)s"),),
    Action.ASK_REJECTION: (
        Told(A.SUPERVISOR, "不予受理待审批", "%(enterprise)s：%(ticket_title)s。%(text)s"),
    ),
    Action.ASK_SIGN_OFF: (Told(A.HEAD, "答复待签发", "%(enterprise)s：%(ticket_title)s"),),
    Action.ASK_EXCLUSION: (Told(A.SUPERVISOR, "剔除待审批", "%(lead)s：%(text)s"),),
    Action.ASK_APPEAL: (
        Told(A.SUPERVISOR, "企业申请复核", "%(enterprise)s：%(ticket_title)s。%(text)s"),
        Told(A.DESK, "企业申请复核", "%(enterprise)s：%(ticket_title)s"),
    ),
    Action.DECIDE_SIGN_OFF: (Told(A.LEAD, "签发意见：%(decision)s", "%(ticket_title)s。%(text)s"),),
    Action.DECIDE_EXCLUSION: (Told(A.LEAD, "剔除申请：%(decision)s", "%(ticket_title)s。%(text)s"),),
    Action.DECIDE_RETURN: (
        Told(A.ASKER, "退单申请：%(decision)s", "%(ticket_title)s。%(text)s"),
        # Supports do not read the line of the return any more: they are told no word of it.
        Told(A.RELEASED, "协办已取消", "%(ticket_title)s。将重新派单，不再需要协办。"),
    ),
    Action.DECIDE_EXTENSION: (Told(A.LEAD, "延期申请：%(decision)s", "%(ticket_title)s。%(text)s%(due)s"),),
    Action.DECIDE_DEFERRAL: (Told(A.LEAD, "挂账申请：%(decision)s", "%(ticket_title)s。%(text)s"),),
    Action.DECIDE_REJECTION: (Told(A.DESK, "不予受理审批：%(decision)s", "%(ticket_title)s。%(text)s"),),
    Action.DECIDE_APPEAL: (
        Told(A.ENTERPRISE, "复核结果：%(decision)s", "%(text)s"),
        Told(A.DESK, "复核结果：%(decision)s", "%(ticket_title)s。%(text)s"),
    ),
}
TOLD_IF_GRANTED: dict[Action, tuple[Told, ...]] = {
    Action.DECIDE_RETURN: (Told(A.DESK, "退单成立，请重新派单", "%(enterprise)s：%(ticket_title)s"),),
    Action.DECIDE_EXTENSION: (
        Told(A.ENTERPRISE, "办理时间延长", "%(lead)s申请延长 %(days)s 日：%(asked)s。%(promise)s"),
    ),
    Action.DECIDE_DEFERRAL: (
        Told(A.ENTERPRISE, "诉求暂时挂账", "%(asked)s。%(lead)s将于 %(next_reply)s 前再次答复。"),
    ),
    Action.DECIDE_REJECTION: (
        Told(
            A.ENTERPRISE,
            "诉求不予受理",
            "理由：%(reason_code)s。%(asked)s。您可以：%(legal_route)s。"
            "如有异议，可在 10 个工作日内申请复核。",
        ),
    ),
    Action.DECIDE_SIGN_OFF: (
        Told(A.DESK, "答复待审核", "%(lead)s已答复：%(ticket_title)s"),
        Told(A.QUALITY, "答复待审核", "%(lead)s已答复：%(ticket_title)s"),
    ),
}
"""Who is told besides, where a request is granted; these come first."""
BAD_RATING = (
    Told(A.DESK, "收到差评", "%(enterprise)s：%(ticket_title)s"),
    Told(A.SUPERVISOR, "收到差评", "%(enterprise)s：%(ticket_title)s"),
)
UNDER_PRESSURE = (Told(A.SUPERVISOR, "撤回并非自愿", "%(enterprise)s：%(ticket_title)s。%(text)s"),)
OFFICER_HEARS = frozenset(TOLD) - {
    Action.HAND_OVER,
    Action.ADD_INFO,
    Action.RATE,
    Action.CORRECT,
    Action.SUPERVISE,
    Action.INSTRUCT,
    Action.ANSWER_ORDER,
    Action.REPLY,
    Action.SEND_BACK,
}
GROUPS_HEAR = frozenset(
    {
        Action.DISPATCH,
        Action.REDISPATCH,
        Action.ADD_SUPPORT,
        Action.URGE,
        Action.SUPERVISE,
        Action.INSTRUCT,
        Action.SEND_BACK,
        Action.REWORK,
        *DECIDE.values(),
    }
)
"""What a department's group is told of; the groups of desk and supervisors are told all that these people are."""


def announce(ticket: Ticket, event: Event, law: Law) -> None:
    """Queue the notices of an event, in the transaction that wrote it."""
    told = _told_of(ticket, event)
    if not told:
        return
    released = event.data.get("released", ())
    people = people_of(
        ticket, {line.audience for line in told}, part=_part_handed_over(ticket, event), released=released
    )
    facts = _facts(ticket, event, law)
    messages: dict[int, Message] = {}
    news_for: set[int] = set()
    for line in told:
        for person in people[line.audience]:
            if person.id in messages or (person.id == event.by_id and event.action is not Action.SUBMIT):
                continue
            messages[person.id] = (person, say(line.title, **facts), say(line.body, **facts))
            if line.audience is Audience.OFFICER:
                news_for.add(person.id)
    for substitute, person in substitutes_told(ticket, people, at=event.at):
        if person.id in messages and substitute.id not in messages and substitute.id != event.by_id:
            _, title, body = messages[person.id]
            messages[substitute.id] = (substitute, in_place_of(person, title), body)
    queue(
        ticket,
        f"event:{event.id}",
        messages.values(),
        groups=_groups_told(ticket, event, told, facts, law),
        news_for=news_for,
        at=event.at,
        law=law,
    )


def _part_handed_over(ticket: Ticket, event: Event) -> Assignment | None:
    """Whose handler is new: a support's, perhaps, where nobody else means but the lead's."""
    if event.action is not Action.HAND_OVER:
        return None
    handed = event.data["to_id"]
    return next(
        (part for part in reversed(ticket.assignments) if part.is_live and part.handler_id == handed), None
    )


def _groups_told(
    ticket: Ticket, event: Event, told: Iterable[Told], facts: dict[str, object], law: Law
) -> Iterable[GroupMessage]:
    """What each group is told of an event, once, however many of its people are."""
    deaf = () if event.action in GROUPS_HEAR else (Listener.DEPARTMENT,)
    messages: dict[int, GroupMessage] = {}
    for line in told:
        for group in groups_of(ticket, {line.audience}, law, released=event.data.get("released", ())):
            if group.listener not in deaf:
                body = words_for_groups(ticket, ticket.due_at, law)
                messages.setdefault(group.robot_id, (group, say(line.title, **facts), body))
    return messages.values()


def _told_of(ticket: Ticket, event: Event) -> tuple[Told, ...]:
    told = TOLD.get(event.action, ())
    if event.action in (Action.PROGRESS, Action.FIRST_CONTACT) and not event.public:
        return ()
    if event.data.get("granted"):
        told = TOLD_IF_GRANTED.get(event.action, ()) + told
    if event.action in RATINGS and ticket.last_rating is not None and ticket.last_rating.is_bad:
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
        told = say(words, moment=moment_words(clock.due_at.astimezone(law.calendar.tz)))
        return with_guess(told, clock.due_at, law)

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
        "supplement": until(ClockKind.SUPPLEMENT, "请于 %(moment)s 前补正。"),
        "decision": say("同意") if event.data.get("granted") else say("不同意"),
        "asked": _asked(ticket, event),
        "department": event.data.get("department") or (event.department.name if event.department else ""),
        **{name: event.data.get(name) or "" for name in ("days", "next_reply", "reason_code", "legal_route")},
        "parent": event.data.get("parent", ""),
        "rating": until(ClockKind.RATING, "评价请于 %(moment)s 前提交。"),
    }


def with_guess(words: Sentence, due: datetime, law: Law) -> Sentence:
    """Words that name a due time, and what it rests on where its year's notice is not loaded."""
    note = law.calendar.forecast_note(law.calendar.day_of(due))
    return words if note is None else say("%(words)s（%(note)s）", words=words, note=note)


def _asked(ticket: Ticket, event: Event) -> str:
    """The words of the request that an event decides."""
    kind = next((kind for kind, action in DECIDE.items() if action is event.action), None)
    asked = [each for each in ticket.approvals if each.kind is kind]
    return asked[-1].text.rstrip("。") if asked else ""


def people_of(
    ticket: Ticket,
    audiences: Iterable[Audience],
    *,
    part: Assignment | None = None,
    released: Collection[int] = (),
) -> dict[Audience, list[User]]:
    """The active people in each audience, one statement for all; nobody of a department complained of.

    Handler, head and their department are those of the lead, or of ``part`` where it is given; ``released``
    are the departments, by id, whose part has just ended.
    """
    conditions = {
        audience: condition
        for audience in audiences
        if (condition := _who(ticket, audience, part, released)) is not None
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


OF_A_DEPARTMENT = frozenset(
    {A.LEAD, A.ASKER, A.HANDLER, A.HEAD, A.PARENT_HEAD, A.SUPPORTS, A.RELEASED, A.LIAISON}
)
"""Audiences whose people are told of their department's matters: whoever takes their place is told too."""


def substitutes_told(
    ticket: Ticket, people: Mapping[Audience, Sequence[User]], *, at: datetime
) -> list[tuple[User, User]]:
    """Who is told because they stand in for one of ``people``, beside that person; one statement at most."""
    meant = {
        person.id: person for audience in people if audience in OF_A_DEPARTMENT for person in people[audience]
    }
    return [
        (substitute, meant[person_id])
        for person_id, substitutes in substitutes_of(meant.values(), at).items()
        for substitute in substitutes
        if not ticket.is_complaint_against(substitute)
    ]


def in_place_of(person: User, title: str) -> Sentence:
    """A title as whoever stands in for ``person`` reads it."""
    return say("%(title)s（代 %(person)s）", title=title, person=person.name)


def groups_of(
    ticket: Ticket,
    audiences: Iterable[Audience],
    law: Law,
    *,
    part: Assignment | None = None,
    released: Collection[int] = (),
) -> list[Group]:
    """The chat groups of these audiences, each once; none of a department complained of. No statement is run.

    ``part`` and ``released`` as for ``people_of``.
    """
    departments: set[int | None] = set()
    listeners: set[Listener] = set()
    for audience in audiences:
        if audience in LISTENERS:
            listeners.add(LISTENERS[audience])
        else:
            departments |= (
                set(released) if audience is Audience.RELEASED else _departments(ticket, audience, part)
            )
    departments.discard(None)
    return [
        group
        for group in law.groups
        if ticket.against_id not in group.units
        and (group.listener in listeners or group.department_id in departments)
    ]


LISTENERS = {Audience.DESK: Listener.DESK, Audience.SUPERVISOR: Listener.SUPERVISOR}


def _departments(ticket: Ticket, audience: Audience, part: Assignment | None) -> set[int | None]:
    """Whose people make up an audience: what ``_who`` asks of users, asked of departments."""
    lead, liaison = part or ticket.last_lead, ticket.enterprise.liaison
    match audience:
        case Audience.SUPPORTS:
            return {part.department_id for part in ticket.supports if part.is_live}
        case Audience.ASKER:
            return {ticket.approvals[-1].department_id} if ticket.approvals else set()
        case Audience.LIAISON:
            return {liaison.department_id} if liaison else set()
        case Audience.LEAD | Audience.HANDLER | Audience.HEAD:
            return {lead.department_id} if lead else set()
        case Audience.PARENT_HEAD:
            return {lead.department.parent_id} if lead else set()
        case _:
            return set()


def words_for_groups(ticket: Ticket, due: datetime | None, law: Law) -> str:
    """What a group may read of a ticket: of whom and what it is, nothing; of a complaint, not even the title."""
    until = moment_words(due.astimezone(law.calendar.tz)) if due else None
    if ticket.nature is Nature.COMPLAINT or ticket.against_id is not None:
        return say("到期：%(until)s", until=until) if until else ""
    if until is None:
        return say("%(title)s", title=ticket.title)
    return say("%(title)s\n到期：%(until)s", title=ticket.title, until=until)


def _who(
    ticket: Ticket, audience: Audience, part: Assignment | None, released: Collection[int]
) -> ColumnElement[bool] | None:
    """The condition on users that makes up an audience; None where the ticket has nobody of the kind."""
    liaison = ticket.enterprise.liaison
    match audience:
        case Audience.ENTERPRISE:
            if not ticket.enterprise.is_approved:
                return None
            topic = User.topic_rows.any(MemberTopic.category_id == ticket.category.id)
            mine = or_(User.is_owner, User.id == ticket.filed_by_id, topic)
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
            return _works_at([part.department_id for part in ticket.supports if part.is_live])
        case Audience.RELEASED:
            return _works_at(released)
        case Audience.ASKER:
            asked = ticket.approvals[-1].department_id if ticket.approvals else None
            return and_(User.department_id == asked, _has(Role.HANDLER, Role.HEAD)) if asked else None
    lead = part or ticket.last_lead
    if lead is None:
        return None
    match audience:
        case Audience.LEAD:
            return and_(User.department_id == lead.department_id, _has(Role.HANDLER, Role.HEAD))
        case Audience.HANDLER:
            return _handling(lead)
        case Audience.HEAD:
            return _heads_of(lead.department_id)
        case _:
            return _heads_of(lead.department.parent_id)


def _handling(part: Assignment) -> ColumnElement[bool]:
    """Whoever handles a part; where nobody does, or no longer works there, all who might."""
    colleagues = and_(User.department_id == part.department_id, _has(Role.HANDLER))
    if part.handler_id is None:
        return colleagues
    handler = aliased(User)
    there = (handler.id == part.handler_id, handler.department_id == part.department_id, handler.active)
    return case(
        (exists().where(*there), User.id == part.handler_id),
        else_=colleagues,
    )


def _has(*roles: Role) -> ColumnElement[bool]:
    return User.role_rows.any(UserRole.role.in_(roles))


def _works_at(department_ids: Collection[int]) -> ColumnElement[bool] | None:
    if not department_ids:
        return None
    return and_(User.department_id.in_(department_ids), _has(Role.HANDLER, Role.HEAD))


def _heads_of(department_id: int | None) -> ColumnElement[bool] | None:
    return and_(User.department_id == department_id, _has(Role.HEAD)) if department_id is not None else None


@dataclass
class Outbox:
    """Notices and letters on their way into the database: one statement each, however many there are."""

    notices: list[dict[str, Any]] = field(default_factory=list)
    letters: list[dict[str, Any]] = field(default_factory=list)

    def write(self) -> None:
        """Write them in the caller's transaction."""
        if self.notices:
            db.session.execute(insert(Notice), self.notices)
        if self.letters:
            db.session.execute(insert(Letter), [letter | {"attempts": 0} for letter in self.letters])


def queue(
    ticket: Ticket | None,
    key: str,
    messages: Iterable[Message],
    *,
    at: datetime,
    law: Law,
    groups: Iterable[GroupMessage] = (),
    news_for: Collection[int] = (),
) -> None:
    """Write notices, and letters to people and groups, in the caller's transaction; see ``put_in``."""
    outbox = Outbox()
    put_in(outbox, ticket, key, messages, at=at, law=law, groups=groups, news_for=news_for)
    outbox.write()


def put_in(
    outbox: Outbox,
    ticket: Ticket | None,
    key: str,
    messages: Iterable[Message],
    *,
    at: datetime,
    law: Law,
    groups: Iterable[GroupMessage] = (),
    news_for: Collection[int] = (),
) -> None:
    """Lay notices, and letters to people and groups, into an outbox.

    Each recipient stands in ``messages`` once, each group in ``groups``; what people read is kept in words, in the
    park's language. ``news_for`` are the ids of those to whom it is no more than news of an enterprise. Letters
    wait for the next office interval, or for the next morning's digest, unless the ticket is 特急.
    """
    words = cache(house().say)  # most are told the same
    is_urgent = ticket is not None and ticket.urgency is Urgency.CRITICAL
    about = {"key": key, "ticket_id": ticket.id if ticket else None, "created_at": at}
    not_before = at if is_urgent else law.calendar.next_opening(at)
    waiting = {"not_before": not_before, "state": LetterState.WAITING}
    gathered = {"not_before": law.calendar.next_morning(at), "state": LetterState.GATHERED}
    for person, *sentences in messages:
        title, body = map(words, sentences)
        outbox.notices.append(about | {"recipient_id": person.id, "title": title, "body": body})
        gathers = not is_urgent and _takes_as_digest(person, is_news=person.id in news_for)
        outbox.letters += [
            about
            | (gathered if gathers else waiting)
            | {"recipient_id": person.id, "robot_id": None, "channel": channel, "address": address}
            # A text message is short: what it is about is read at its link.
            | {"subject": _subject(ticket, title), "body": body if channel is Channel.MAIL else ""}
            for channel, address in _addresses(person, law)
        ]
    for group, *sentences in groups:
        title, body = map(words, sentences)
        outbox.letters.append(
            about
            | waiting
            | {"recipient_id": None, "robot_id": group.robot_id, "channel": Channel.ROBOT}
            | {"address": group.name, "subject": _subject(ticket, title), "body": body}
        )


def _subject(ticket: Ticket | None, title: str) -> str:
    if ticket is None:
        return title
    return house().say(say("%(title)s（%(number)s）", title=title, number=ticket.number))


def _addresses(person: User, law: Law) -> Iterable[tuple[Channel, str]]:
    """By which channels somebody is written to, and where."""
    if house().sends_mail and person.wants_mail and person.email:
        yield Channel.MAIL, person.email
    if law.sends_sms and person.wants_sms and person.phone:
        yield Channel.SMS, person.phone


def _takes_as_digest(person: User, *, is_news: bool) -> bool:
    return person.rhythm is Rhythm.DIGEST or (person.rhythm is Rhythm.USUAL and is_news)


def unread_of(user: User) -> Sequence[int | None]:
    """The tickets of somebody's newest unread notices, up to ``MOST_UNREAD``; None for one that is of none."""
    unread = (Notice.recipient_id == user.id, Notice.read_at.is_(None))
    return db.session.scalars(
        select(Notice.ticket_id).where(*unread).order_by(Notice.id.desc()).limit(MOST_UNREAD)
    ).all()


def notices_of(user: User, *, before: int | None = None, limit: int = 50) -> Sequence[Notice]:
    """Somebody's notices, newest first, from below the id ``before``."""
    statement = select(Notice).where(Notice.recipient_id == user.id).order_by(Notice.id.desc()).limit(limit)
    if before is not None:
        statement = statement.where(Notice.id < before)
    return db.session.scalars(statement).all()


def mark_read(user: User, *, at: datetime) -> None:
    """Mark all notices of somebody as read."""
    _mark_read(user=user, at=at)


def mark_read_of(ticket_id: int, *, user: User, at: datetime) -> None:
    """Mark all notices of somebody about a ticket as read."""
    _mark_read(Notice.ticket_id == ticket_id, user=user, at=at)


@transaction
def _mark_read(*which: ColumnElement[bool], user: User, at: datetime) -> None:
    unread = (Notice.recipient_id == user.id, Notice.read_at.is_(None))
    db.session.execute(update(Notice).where(*unread, *which).values(read_at=at))


@transaction
def mark_one_read(notice_id: int, *, user: User, at: datetime) -> int | None:
    """Mark one notice of somebody as read; the id of its ticket, if it has one."""
    notice = db.session.get(Notice, notice_id)
    if notice is None or notice.recipient_id != user.id:
        return None
    notice.read_at = notice.read_at or at
    return notice.ticket_id
