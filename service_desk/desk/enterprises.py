"""Enterprises register themselves; the desk approves or refuses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from service_desk.desk import notices
from service_desk.desk.people import check_password, flush_account, hash_password, name_taken
from service_desk.domain import credit_code
from service_desk.domain.errors import Invalid, NotFound, OutOfTurn, Refused
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, transaction
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus, Liaison
from service_desk.store.law import current_law
from service_desk.store.people import User, people_with
from service_desk.store.queues import is_row_id


@transaction
def register(
    *,
    code: str,
    name: str,
    area: Area | None,
    contact_name: str,
    phone: str,
    email: str | None,
    username: str,
    password: str,
    at: datetime,
) -> Enterprise:
    """An enterprise asks for an account; it may file once the desk has approved it.

    Raises ``Invalid`` with a sentence for each field that cannot be taken.
    """
    code = credit_code.normalise(code)
    try:
        credit_code.check(code)
    except Invalid as error:
        raise Invalid(error.sentence, fields={"code": error.sentence}) from error
    check_password(password, username=username)
    if db.session.scalar(select(User.id).where(User.username == username)):
        raise name_taken(username)
    enterprise = db.session.scalar(
        select(Enterprise).where(Enterprise.code == code).with_for_update(of=Enterprise)
    )
    if enterprise is not None and _has_owner(enterprise):
        raise _code_taken()
    if enterprise is None:
        enterprise = Enterprise(
            code=code, name=name, area=area, contact_name=contact_name, contact_phone=phone
        )
        db.session.add(enterprise)
    elif enterprise.name != name:
        # What the desk knows of an enterprise is not overwritten by a stranger who knows its code.
        raise Invalid(
            "企业名称与名录登记的不一致。", fields={"name": "请填写营业执照上的全称；仍不一致请致电专窗。"}
        )
    else:
        _close_accounts(enterprise)
    enterprise.status, enterprise.registered_at = EnterpriseStatus.PENDING, at
    try:
        db.session.flush()
    except IntegrityError as error:
        raise _code_taken() from error
    owner = User(
        username=username,
        name=contact_name,
        password_hash=hash_password(password),
        email=email or None,
        phone=phone,
        enterprise_id=enterprise.id,
        is_owner=True,
    )
    owner.roles = {Role.CONTACT}
    db.session.add(owner)
    flush_account(owner)
    clerks = db.session.scalars(people_with(Role.CLERK)).unique().all()
    messages = [(clerk, "新企业注册待审核", f"{name}（{code}）") for clerk in clerks]
    notices.queue(None, f"registration:{enterprise.id}:by:{owner.id}", messages, at=at, law=current_law())
    return enterprise


def _code_taken() -> Invalid:
    return Invalid(
        "这家企业已经注册。", fields={"code": "该信用代码已注册，请联系本企业的管理人员，或致电专窗。"}
    )


def _close_accounts(enterprise: Enterprise) -> None:
    """Whoever was refused before does not come in with the one who registers now."""
    if enterprise.status is EnterpriseStatus.REFUSED:
        db.session.execute(update(User).where(User.enterprise_id == enterprise.id).values(active=False))


def _has_owner(enterprise: Enterprise) -> bool:
    statement = select(User.id).where(User.enterprise_id == enterprise.id, User.is_owner, User.active)
    return (
        enterprise.status is not EnterpriseStatus.REFUSED
        and db.session.scalar(statement.limit(1)) is not None
    )


@transaction
def decide_registration(
    enterprise_id: int, *, granted: bool, reason: str, by: User, at: datetime
) -> Enterprise:
    """Approve a registration, or refuse it with a reason."""
    if not by.has(Role.CLERK):
        raise Refused("企业注册由受理员审核，您没有这项权限。")
    statement = select(Enterprise).where(Enterprise.id == enterprise_id).with_for_update(of=Enterprise)
    enterprise = db.session.scalars(statement).unique().one_or_none()
    if enterprise is None:
        raise NotFound("没有这家企业。")
    if enterprise.status is not EnterpriseStatus.PENDING:
        raise OutOfTurn(say("这家企业的注册已经处理过：%(status)s。", status=enterprise.status))
    if not granted and not reason:
        raise Invalid("请写明不通过的原因，企业会看到。", fields={"reason": "请写明原因。"})
    enterprise.status = EnterpriseStatus.APPROVED if granted else EnterpriseStatus.REFUSED
    enterprise.status_reason, enterprise.decided_at, enterprise.decided_by = reason or None, at, by.name
    owners = db.session.scalars(
        select(User).where(User.enterprise_id == enterprise.id, User.is_owner, User.active)
    ).unique()
    title = "注册已通过，可以提交诉求了" if granted else "注册未通过"
    messages = [(owner, title, reason or "欢迎使用企业服务专窗。") for owner in owners]
    notices.queue(None, f"registration:{enterprise.id}:{at.isoformat()}", messages, at=at, law=current_law())
    return enterprise


@dataclass(frozen=True)
class EnterprisePage:
    """Some enterprises, and the key from which the list goes on; None at its end."""

    enterprises: Sequence[Enterprise]
    next_after: str | None


def count_registrations() -> int:
    """How many registrations wait for the desk."""
    waiting = select(func.count(Enterprise.id)).where(Enterprise.status == EnterpriseStatus.PENDING)
    return db.session.scalar(waiting) or 0


def waiting_registrations(*, size: int = 50) -> Sequence[Enterprise]:
    """The registrations that have waited longest."""
    waiting = select(Enterprise).where(Enterprise.status == EnterpriseStatus.PENDING).order_by(Enterprise.id)
    return db.session.scalars(waiting.limit(size)).unique().all()


def page_of_enterprises(words: str = "", *, after: str = "", size: int = 50) -> EnterprisePage:
    """The park's enterprises whose name or code has these characters, newest first.

    ``after`` is the key a page gave as ``next_after``; one that makes no sense begins at the start.
    """
    known = select(Enterprise).where(Enterprise.status == EnterpriseStatus.APPROVED)
    if words:
        known = known.where(_named(words))
    if is_row_id(after):
        known = known.where(Enterprise.id < int(after))
    rows = db.session.scalars(known.order_by(Enterprise.id.desc()).limit(size + 1)).unique().all()
    return EnterprisePage(rows[:size], str(rows[size - 1].id) if len(rows) > size else None)


def _named(words: str) -> ColumnElement[bool]:
    """Whose name or code has these characters."""
    return or_(
        Enterprise.name.icontains(words, autoescape=True), Enterprise.code.icontains(words, autoescape=True)
    )


MOST_NAMED = 10
"""Enterprises that are offered for a few characters of a name, or named where several fit."""
LONGEST_ID = 9
"""Digits: whatever is longer is a code, or nothing."""


def filed_for_by(user: User) -> Select[Enterprise]:
    """The enterprises somebody may file for on behalf: the desk for all, an officer for their own."""
    known = select(Enterprise).where(Enterprise.status != EnterpriseStatus.REFUSED)
    if user.has(Role.CLERK):
        return known
    return known.where(Enterprise.liaison.has(Liaison.officer_id == user.id))


def named_like(words: str, user: User) -> Sequence[Enterprise]:
    """Up to ten of the enterprises somebody may file for, whose name or code has these characters, by name."""
    found = filed_for_by(user).where(_named(words)).order_by(Enterprise.name).limit(MOST_NAMED)
    return db.session.scalars(found).unique().all()


def named_for_filing(words: str, user: User) -> Enterprise:
    """The enterprise that is meant by a credit code, the full name, or a part of the name that fits one alone.

    Raises ``Invalid`` with a sentence that says what to write where it is none, or one of several.
    """
    exactly = or_(Enterprise.name == words, Enterprise.code == credit_code.normalise(words))
    found = db.session.scalars(filed_for_by(user).where(exactly)).unique().all() or named_like(words, user)
    if len(found) == 1:
        return found[0]
    if not found:
        raise Invalid("名录里没有这家企业，请核对名称或信用代码。")
    names = "、".join(each.name for each in found[:3])
    raise Invalid(say("有几家企业名称相近：%(names)s。请写全称或信用代码。", names=names))
