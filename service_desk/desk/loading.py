"""Load real input: an office's requests, its directory of enterprises. Loading again changes nothing."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from service_desk.desk import intake
from service_desk.domain import credit_code
from service_desk.domain.errors import DeskError, Invalid
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Nature, Payer, Role, Urgency, Word
from service_desk.store.base import db, transaction
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus, Liaison
from service_desk.store.people import User
from service_desk.xlsx.reading import Row, read_rows

LOADER = "loader"
"""The account in whose name requests are loaded: no password, nobody can sign in with it."""
PROVISIONAL = "暂无统一社会信用代码：随诉求登记，待核实"
KEY_LIMIT = 50
TITLE_LIMIT = 100
TAGS = {"是否规上": "规上", "是否白名单": "白名单"}

W = TypeVar("W", bound=Word)


@dataclass(frozen=True)
class Refusal:
    """A line that was not taken, and why."""

    line: int
    reason: str


@dataclass
class Loaded:
    """What became of the lines of a file. ``completed`` are enterprises that had no credit code before."""

    lines: int = 0
    loaded: int = 0
    unchanged: int = 0
    completed: int = 0
    refused: list[Refusal] = field(default_factory=list)

    def count(self, outcome: str) -> None:
        """One more line that was ``loaded``, ``unchanged`` or ``completed``."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    def as_json(self) -> dict[str, Any]:
        """The summary as it is printed."""
        return asdict(self)


# Requests


def load_requests(lines: Iterable[str], *, at: datetime) -> Loaded:
    """File each JSON line as a submitted ticket, filed by the desk; its ``id`` tells whether it is here already.

    Enterprises, areas and categories not known yet are created. Each line is taken by itself.
    """
    done = Loaded()
    loader = _loader()
    for number, text in enumerate(lines, start=1):
        if not text.strip():
            continue
        done.lines += 1
        try:
            done.count(_load_request(_parse(text), by=loader, at=at))
        except DeskError as error:
            done.refused.append(
                Refusal(number, say("第 %(number)s 行：%(sentence)s", number=number, sentence=error.sentence))
            )
    return done


def _parse(text: str) -> Mapping[str, Any]:
    try:
        line = json.loads(text)
    except json.JSONDecodeError as error:
        raise Invalid(say("不是 JSON（第 %(place)s 个字符起读不懂）", place=error.colno)) from error
    if not isinstance(line, dict):
        raise Invalid("应是一个 JSON 对象")
    return line


def _load_request(line: Mapping[str, Any], *, by: User, at: datetime) -> str:
    key = _text(line, "id", limit=KEY_LIMIT)
    title, text = _text(line, "title", limit=TITLE_LIMIT), _text(line, "description")
    known = intake.filed_before(f"load:{key}", by)
    if known is not None:
        if (known.title, known.text) != (title, text):
            raise Invalid(say("id “%(key)s”已导入，内容不同", key=key))
        return "unchanged"
    urgency = _word(line, "urgency", Urgency, Urgency.NORMAL)
    nature = _word(line, "nature", Nature, Nature.HELP)
    payer = _word(line, "payer", Payer, Payer.OTHER)
    enterprise, area, category = _surroundings(
        _text(line, "enterprise_name", limit=100),
        str(line.get("park_area") or "").strip(),
        _text(line, "category", limit=30),
        at=at,
    )
    intake.submit(
        by=by,
        at=at,
        enterprise=enterprise,
        category=category,
        title=title,
        text=text,
        contact_name=enterprise.contact_name or "企业联系人",
        contact_phone=enterprise.contact_phone or "",
        area=area,
        nature=nature,
        payer=payer,
        urgency=urgency,
        submission_key=f"load:{key}",
    )
    return "loaded"


def _text(line: Mapping[str, Any], name: str, *, limit: int | None = None) -> str:
    value = line.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Invalid(say("缺少 %(name)s", name=name))
    value = value.strip()
    if limit is not None and len(value) > limit:
        raise Invalid(
            say("%(name)s 最多 %(limit)s 字，现为 %(length)s 字", name=name, limit=limit, length=len(value))
        )
    return value


def _word(line: Mapping[str, Any], name: str, words: type[W], default: W) -> W:
    """A word given by its label or its value."""
    given = line.get(name)
    if given is None or given == "":
        return default
    for word in words:
        if given in (word.label, word.value):
            return word
    raise Invalid(
        say(
            "%(name)s 不能是“%(given)s”；可用：%(values)s",
            name=name,
            given=given,
            values=tuple(words),
        )
    )


@transaction
def _loader() -> User:
    user = db.session.scalar(select(User).where(User.username == LOADER))
    if user is None:
        user = User(username=LOADER, name="数据导入", active=False)
        user.roles = {Role.CLERK}
        db.session.add(user)
    return user


@transaction
def _surroundings(
    enterprise: str, area: str, category: str, *, at: datetime
) -> tuple[Enterprise, Area | None, Category]:
    """The enterprise, the area and the category of these names, made where they are new."""
    place = area_named(area)
    kind = Category.named(category)
    if kind is None:
        kind = Category(name=category, position=len(db.session.scalars(select(Category.id)).all()))
        db.session.add(kind)
    found = db.session.scalars(select(Enterprise).where(Enterprise.name == enterprise)).unique().first()
    if found is None:
        found = Enterprise(
            name=enterprise,
            area=place,
            status=EnterpriseStatus.APPROVED,
            status_reason=PROVISIONAL,
            registered_at=at,
        )
        db.session.add(found)
    return found, place, kind


def area_named(name: str) -> Area | None:
    """The area of this name, made where it is new; None for no name."""
    if not name:
        return None
    area = Area.named(name)
    if area is None:
        area = Area(name=name)
        db.session.add(area)
    return area


# Enterprises


def load_enterprises(path: Path, *, at: datetime) -> Loaded:
    """Take in a directory: columns as in an office's 企业名录, the credit code checked, one transaction.

    An enterprise that is here already stays as it is; one that had no credit code yet gets it.
    """
    return _load_directory(read_rows(path), at=at)


@transaction
def _load_directory(rows: Iterator[Row], *, at: datetime) -> Loaded:
    done = Loaded()
    for row in rows:
        done.lines += 1
        try:
            done.count(_load_enterprise(row, at=at))
        except DeskError as error:
            done.refused.append(
                Refusal(
                    row.number,
                    say("第 %(number)s 行：%(sentence)s", number=row.number, sentence=error.sentence),
                )
            )
    return done


def _load_enterprise(row: Row, *, at: datetime) -> str:
    name, code = row["企业名称"], credit_code.normalise(row["统一社会信用代码"])
    if not name:
        raise Invalid("缺少企业名称")
    credit_code.check(code)
    known = db.session.scalars(select(Enterprise).where(Enterprise.code == code)).unique().one_or_none()
    if known is not None:
        if known.name != name:
            raise Invalid(say("信用代码 %(code)s 已登记为“%(known)s”", code=code, known=known.name))
        return "unchanged"
    enterprise = _without_code(name)
    outcome = "loaded" if enterprise is None else "completed"
    if enterprise is None:
        enterprise = Enterprise(name=name, status=EnterpriseStatus.APPROVED, registered_at=at)
        db.session.add(enterprise)
    enterprise.code, enterprise.status_reason = code, None
    enterprise.decided_at, enterprise.decided_by = at, "名录导入"
    enterprise.area = area_named(row["所在片区"]) or enterprise.area
    enterprise.industry = row["所属行业"][:60] or None
    enterprise.tags = "、".join(tag for column, tag in TAGS.items() if row[column] == "是") or None
    enterprise.contact_name, enterprise.contact_phone = row["联系人"] or None, row["联系电话"] or None
    db.session.flush()
    _give_officer(enterprise, row["服务专员"])
    return outcome


def _without_code(name: str) -> Enterprise | None:
    statement = select(Enterprise).where(Enterprise.name == name, Enterprise.code.is_(None))
    return db.session.scalars(statement).unique().first()


def _give_officer(enterprise: Enterprise, name: str) -> None:
    """The officer of this name, where there is such an account; loading a list makes nobody an account."""
    officers = db.session.scalars(select(User).where(User.name == name, User.active)).unique()
    officer = next((user for user in officers if user.has(Role.OFFICER)), None)
    if officer is not None and db.session.get(Liaison, enterprise.id) is None:
        db.session.add(Liaison(enterprise_id=enterprise.id, officer_id=officer.id))
