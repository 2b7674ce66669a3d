"""Reply templates as a ticket fills them in, and those that people and departments keep for themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, union_all

from service_desk.domain.actions import Action
from service_desk.domain.errors import Invalid, NotFound, Refused
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, house, transaction
from service_desk.store.lists import PLACEHOLDERS, OwnTemplate, ReplyTemplate, left_open
from service_desk.store.people import User
from service_desk.store.tickets import Ticket

REPLYING = (Action.REPLY, Action.ASK_SIGN_OFF, Action.ANSWER)
"""The acts in which a reply is written."""
KEEPERS = (Role.HANDLER, Role.HEAD, Role.CLERK)
"""Who writes replies, and may keep templates of their own."""
MOST = 50
"""Of one person, and of one department."""
IN_BRACES = tuple(f"{{{name}}}" for name in PLACEHOLDERS)
OWN, DEPARTMENTS, EVERYBODYS = range(3)
"""The order in which templates are offered."""
BLANK = "____"
"""Stands where the ticket does not say what a template asks for."""


@dataclass(frozen=True)
class Filled:
    """A template as it reads on one ticket; ``key`` tells it from all others that are offered."""

    key: str
    name: str
    text: str


def templates_for(ticket: Ticket, action: Action, *, by: User, today: date) -> Sequence[Filled]:
    """The templates for this ticket's category, the department's and one's own; none where no reply is written.

    Those of one outcome are for departments alone: a direct answer has none.
    """
    if action not in REPLYING:
        return ()
    offered = select(
        literal(EVERYBODYS).label("place"), ReplyTemplate.id, ReplyTemplate.name, ReplyTemplate.text
    ).where(
        ReplyTemplate.active,
        or_(ReplyTemplate.category_id.is_(None), ReplyTemplate.category_id == ticket.category_id),
    )
    if action is Action.ANSWER:
        offered = offered.where(ReplyTemplate.outcome.is_(None))
    place = case((OwnTemplate.department_id.is_(None), OWN), else_=DEPARTMENTS).label("place")
    own = select(place, OwnTemplate.id, OwnTemplate.name, OwnTemplate.text).where(_is_own(by))
    rows = db.session.execute(union_all(own, offered).order_by("place", "id"))
    return [
        Filled(
            f"own-{row.id}" if row.place < EVERYBODYS else str(row.id),
            row.name,
            filled_in(row.text, ticket, today),
        )
        for row in rows
    ]


def _is_own(user: User) -> ColumnElement[bool]:
    """Those this person keeps, and those of the departments they work for."""
    mine = and_(OwnTemplate.owner_id == user.id, OwnTemplate.department_id.is_(None))
    departments = [post.department_id for post in user.posts]
    return and_(OwnTemplate.active, or_(mine, OwnTemplate.department_id.in_(departments)))


def own_templates(user: User) -> Sequence[OwnTemplate]:
    """Those this person keeps, and those of the departments they work for; the departments' first."""
    own = select(OwnTemplate).where(_is_own(user))
    return db.session.scalars(
        own.order_by(OwnTemplate.department_id.is_(None), OwnTemplate.name, OwnTemplate.id)
    ).all()


def filled_in(text: str, ticket: Ticket, today: date) -> str:
    """A template's text with what it leaves open taken from the ticket; what it does not say is a blank to write on.

    Of the contact only the surname is told: whoever writes has not said why they would know more. The phone is that
    of the department.
    """
    lead = ticket.lead_department
    known = {
        "企业名称": ticket.enterprise.name,
        "诉求编号": ticket.number,
        "诉求标题": ticket.title,
        "联系人": house().say(say("%(surname)s先生/女士", surname=ticket.contact_name[:1])),
        "承办单位": lead.name if lead is not None else house().say(say("专窗")),
        "联系电话": lead.phone if lead is not None else None,
        "今天": house().say(
            say("%(year)s年%(month)s月%(day)s日", year=today.year, month=today.month, day=today.day)
        ),
    }
    for name, words in known.items():
        text = text.replace(f"{{{name}}}", words or BLANK)
    return text


def appended(typed: str, text: str) -> str:
    """What was typed, and a template's text after it; nothing typed is lost."""
    return f"{typed.rstrip()}\n\n{text}" if typed.strip() else text


def check_placeholders(text: str) -> None:
    """Raise ``Invalid`` where a template leaves something open that no ticket fills in."""
    unknown = [name for name in left_open(text) if name not in PLACEHOLDERS]
    if unknown:
        sentence = say(
            "不认识“%(unknown)s”；可用的有%(known)s。", unknown=f"{{{unknown[0]}}}", known=IN_BRACES
        )
        raise Invalid("模板里有不认识的空格名。", fields={"text": sentence})


# Keeping them


def may_keep(template: OwnTemplate, user: User) -> bool:
    """Whether somebody may change a template: their own, or one of a department they head."""
    if template.department_id is None:
        return template.owner_id == user.id
    return template.department_id in headed(user)


def headed(user: User) -> frozenset[int]:
    """The departments this person heads, as themselves or in a colleague's place."""
    return frozenset(post.department_id for post in user.posts if post.is_head)


@transaction
def keep_template(
    *, name: str, text: str, department_id: int | None, by: User, template_id: int | None = None
) -> OwnTemplate:
    """Keep a new template, or change one; ``department_id`` is whose it is, None for one's own.

    Raises ``Refused`` and ``NotFound`` for others', ``Invalid`` where its name is taken, there are too many, or it
    leaves open what is not known.
    """
    if not by.has(*KEEPERS):
        raise Refused("答复模板由受理员和承办单位的人员使用。")
    if department_id is not None and department_id not in headed(by):
        raise Refused("本单位共用的模板由单位负责人维护。")
    check_placeholders(text)
    template = template_of(template_id, by) if template_id is not None else OwnTemplate(owner_id=by.id)
    _check_room(template, name, department_id, by)
    if department_id is None:
        # Whoever takes it out of the department's keeps it.
        template.owner_id = by.id
    template.name, template.text, template.department_id = name, text, department_id
    db.session.add(template)
    db.session.flush()
    return template


def template_of(template_id: int, by: User) -> OwnTemplate:
    """A template this person may change. Raises ``NotFound``."""
    found = db.session.get(OwnTemplate, template_id)
    if found is None or not found.active or not may_keep(found, by):
        raise NotFound("没有这个模板。")
    return found


def _check_room(template: OwnTemplate, name: str, department_id: int | None, by: User) -> None:
    """Names tell templates of one keeper apart, and a list is for choosing from."""
    whose = (
        OwnTemplate.department_id == department_id
        if department_id is not None
        else (OwnTemplate.owner_id == by.id) & OwnTemplate.department_id.is_(None)
    )
    others = select(OwnTemplate).where(OwnTemplate.active, whose, OwnTemplate.id != (template.id or 0))
    if db.session.scalar(others.where(OwnTemplate.name == name)) is not None:
        raise Invalid("名称重复。", fields={"name": "已经有这个名称的模板，请换一个。"})
    if (db.session.scalar(select(func.count()).select_from(others.subquery())) or 0) >= MOST:
        sentence = say("最多保存 %(most)s 个模板，请先删去不用的。", most=MOST)
        raise Invalid(sentence, fields={"name": sentence})


@transaction
def drop_template(template_id: int, *, by: User) -> None:
    """Offer a template no more; replies written with it stay as they are."""
    template_of(template_id, by).active = False
