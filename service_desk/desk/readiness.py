"""Whether a new desk is ready for its park: what is set up, what is left to do, told from what is really there.

What no row can tell, such as whether limits were looked at or backups are made, an administrator confirms; that is kept
as an alteration, with who and when.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, exists, func, select

from service_desk.desk.demo_removal import has_demo
from service_desk.domain.errors import NotFound
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import Role, Word
from service_desk.store.base import db, house, transaction
from service_desk.store.catalogue import Matter
from service_desk.store.channels import Gateway, Robot
from service_desk.store.enterprises import Area
from service_desk.store.law import current_law
from service_desk.store.lists import Alteration
from service_desk.store.people import Department, User, UserRole

NAMED = 4
"""Departments named in a line; of more, the names are listed below it."""
DESK_ROLES = (Role.CLERK, Role.QUALITY, Role.SUPERVISOR)
"""Without somebody in each of these, requests stop on their way."""


class Item(Word):
    """What a desk needs before its park may use it, in the order in which it is best done."""

    PARK = "park", "园区名称与地址"
    DEPARTMENTS = "departments", "承办单位"
    MATTERS = "matters", "事项清单"
    AREAS = "areas", "片区"
    CALENDAR = "calendar", "工作日历"
    HOURS = "hours", "办公时间"
    PEOPLE = "people", "人员"
    CHANNELS = "channels", "邮件或其他渠道"
    LIMITS = "limits", "时限与提醒"
    BACKUP = "backup", "备份"


class Ready(Word):
    """How far an item is."""

    DONE = "done", "已完成"
    TO_DO = "to_do", "待办"
    NOT_NEEDED = "not_needed", "不需要"


CONFIRMED = frozenset({Item.PARK, Item.DEPARTMENTS, Item.MATTERS, Item.HOURS, Item.LIMITS, Item.BACKUP})
"""What is there from the start, or stands nowhere in the database: somebody says that it is right."""
ASKED_FOR = frozenset({Item.LIMITS, Item.BACKUP})
"""Whose line only asks to be confirmed."""
MAY_DO_WITHOUT = frozenset({Item.AREAS, Item.CHANNELS})
"""What somebody may say the park does not need."""


@dataclass(frozen=True)
class Line:
    """An item as it stands.

    ``says`` tells what is there or missing, ``names`` which, where those are too many to be told in a line; ``asks``
    whether a tick would settle it, ``confirmed`` who ticked it and on which day.
    """

    item: Item
    ready: Ready
    says: Sentence | str
    names: Sequence[str] = ()
    asks: bool = False
    confirmed: Sentence | str = ""


@dataclass(frozen=True)
class _Found:
    """What the database tells."""

    departments: int
    matters: int
    areas: int
    ways_out: int
    by_role: Mapping[Role, int]
    unstaffed: Sequence[str]
    confirmed: Mapping[Item, Sentence]


def readiness(
    now: datetime, *, desk_name: str, desk_phone: str, base_url: str, sends_mail: bool
) -> tuple[Line, ...]:
    """Every item as it stands, in order. Five statements."""
    found = _look()
    ways = found.ways_out + sends_mail
    told: dict[Item, Sentence | str] = {
        Item.PARK: say(
            "名称是“%(name)s”，电话%(phone)s，链接和二维码用 %(url)s。",
            name=desk_name,
            phone=desk_phone or say("没有填"),
            url=base_url,
        ),
        Item.DEPARTMENTS: say("现有 %(n)s 个在用单位。", n=found.departments),
        Item.MATTERS: say("现有 %(n)s 项在用事项。", n=found.matters),
        Item.AREAS: say("现有 %(n)s 个片区。", n=found.areas) if found.areas else "还没有片区。",
        Item.HOURS: "已预置周一至周五的上下班时间。",
        Item.CHANNELS: say("已设置 %(n)s 种。", n=ways) if ways else "还没有设置，消息只在系统里看得到。",
        Item.LIMITS: "已按通行的规定预置，请对照本园区的办法看一遍。",
        Item.BACKUP: "系统看不到备份做了没有，做好后请在这里确认。",
    }
    numbers = {Item.DEPARTMENTS: found.departments, Item.MATTERS: found.matters}
    lines = {Item.CALENDAR: _calendar(now), Item.PEOPLE: _people(found)}
    lines |= {item: _confirmed(item, found, told[item], numbers.get(item, 1)) for item in CONFIRMED}
    lines[Item.AREAS] = _wanted(Item.AREAS, found, told[Item.AREAS], found.areas)
    lines[Item.CHANNELS] = _wanted(Item.CHANNELS, found, told[Item.CHANNELS], ways)
    return tuple(lines[item] for item in Item)


def is_to_be_set_up(lines: Collection[Line]) -> bool:
    """Whether anything is left to do, on a desk that is not a demo."""
    unfinished = any(line.ready is Ready.TO_DO for line in lines)
    return unfinished and not has_demo()


@transaction
def confirm(item: Item, *, by: User, at: datetime, confirmed: bool = True) -> None:
    """Say that an item is right as it is, or that the park does without; or take that back.

    Raises ``NotFound`` where nobody can.
    """
    if item not in CONFIRMED | MAY_DO_WITHOUT:
        raise NotFound("这一项由系统自己核对。")
    known = {"by_id": by.id, "by_name": by.name, "before": {}, "after": {"confirmed": confirmed}}
    db.session.add(Alteration(at=at, noun=_noun(item), row_id=0, **known))


def _noun(item: Item) -> str:
    return f"start:{item.value}"


def _look() -> _Found:
    counts = db.session.execute(
        select(
            *(
                select(func.count()).where(entity.active).scalar_subquery()
                for entity in (Department, Matter, Area, Robot, Gateway)
            )
        )
    ).one()
    departments, matters, areas, robots, gateways = counts
    people = (
        select(UserRole.role, func.count())
        .join(User, User.id == UserRole.user_id)
        .where(User.active)
        .group_by(UserRole.role)
    )
    nouns = {_noun(item): item for item in Item}
    ticks = (
        select(Alteration.noun, Alteration.by_name, Alteration.at, Alteration.after)
        .where(Alteration.noun.in_(nouns))
        .order_by(Alteration.id)
    )
    last = {noun: (name, at, after["confirmed"]) for noun, name, at, after in db.session.execute(ticks)}
    tz = house().timezone
    return _Found(
        departments=departments,
        matters=matters,
        areas=areas,
        ways_out=robots + gateways,
        by_role=dict(iter(db.session.execute(people))),
        unstaffed=db.session.scalars(_unstaffed()).all(),
        confirmed={
            nouns[noun]: say("%(name)s %(day)s 确认。", name=name, day=at.astimezone(tz).date())
            for noun, (name, at, confirmed) in last.items()
            if confirmed
        },
    )


def _unstaffed() -> Select[str]:
    """Departments that lead in a matter and have nobody who could take it, or nobody who heads them."""

    def somebody(role: Role) -> Select[int]:
        return (
            select(User.id)
            .join(UserRole, UserRole.user_id == User.id)
            .where(User.department_id == Department.id, User.active, UserRole.role == role)
        )

    leads = select(Matter.lead_id).where(Matter.active, Matter.lead_id.is_not(None))
    whole = exists(somebody(Role.HANDLER)) & exists(somebody(Role.HEAD))
    return (
        select(Department.name)
        .where(Department.id.in_(leads), Department.active, ~whole)
        .order_by(Department.id)
    )


def _confirmed(item: Item, found: _Found, says: Sentence | str, number: int = 1) -> Line:
    """An item that is right once somebody says so, and there is any of it."""
    done = number > 0 and item in found.confirmed
    if done:
        return Line(item, Ready.DONE, "" if item in ASKED_FOR else says, confirmed=found.confirmed[item])
    return Line(item, Ready.TO_DO, says, asks=number > 0)


def _wanted(item: Item, found: _Found, says: Sentence | str, number: int) -> Line:
    """An item that is done as soon as there is any of it, and that a park may do without."""
    if number:
        return Line(item, Ready.DONE, says)
    without = item in found.confirmed
    if without:
        return Line(item, Ready.NOT_NEEDED, says, confirmed=found.confirmed[item])
    return Line(item, Ready.TO_DO, says, asks=True)


def _calendar(now: datetime) -> Line:
    calendar = current_law().calendar
    this = calendar.day_of(now).year
    if this not in calendar.loaded_years:
        return Line(Item.CALENDAR, Ready.TO_DO, say("%(year)s 年的节假日安排还没有录入。", year=this))
    if this + 1 in calendar.loaded_years:
        says = say("%(this)s 年和 %(next)s 年的节假日安排都已录入。", this=this, next=this + 1)
    else:
        # Nobody can load what is not published yet: a desk may begin without.
        says = say(
            "%(this)s 年已录入；%(next)s 年的通知一般 11 月公布，公布后请录入，系统会提醒。",
            this=this,
            next=this + 1,
        )
    return Line(Item.CALENDAR, Ready.DONE, says)


def _people(found: _Found) -> Line:
    lacking = [role for role in DESK_ROLES if not found.by_role.get(role)]
    if lacking:
        return Line(Item.PEOPLE, Ready.TO_DO, say("还没有%(roles)s。", roles=tuple(lacking)))
    if found.unstaffed:
        number = len(found.unstaffed)
        if number > NAMED:
            says = say("%(n)s 个主办单位还缺经办人或负责人。", n=number)
            return Line(Item.PEOPLE, Ready.TO_DO, says, names=found.unstaffed)
        names = tuple(found.unstaffed)
        says = say("%(n)s 个主办单位还缺经办人或负责人：%(names)s。", n=number, names=names)
        return Line(Item.PEOPLE, Ready.TO_DO, says)
    return Line(Item.PEOPLE, Ready.DONE, say("共 %(n)s 个岗位有人。", n=sum(found.by_role.values())))
