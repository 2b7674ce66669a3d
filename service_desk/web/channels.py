"""The ways out: how each stands, and a message to try it with. Robots and gateways are edited as lists (admin)."""

from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from flask import Blueprint, abort, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import func, select

from service_desk import clock
from service_desk.channels import mail
from service_desk.channels.outgoing import Outgoing
from service_desk.desk.delivery import Send
from service_desk.desk.outlets import Tried, template_of, try_out, webhook_of
from service_desk.domain.vocabulary import Role
from service_desk.settings import current_settings
from service_desk.store.base import db
from service_desk.store.channels import Gateway, Robot
from service_desk.store.notices import Channel, Letter, LetterState
from service_desk.web.filters import stamp
from service_desk.web.guards import me, roles_required
from service_desk.web.throttle import limiter
from service_desk.web.words import in_the_parks_language, said

bp = Blueprint("channels", __name__)


@dataclass(frozen=True)
class Way:
    """A robot or gateway on the page."""

    id: int
    name: str
    about: str
    state: str
    tone: str
    trouble: str


@dataclass(frozen=True)
class MailServer:
    """The mail server on the page: never its user or password."""

    server: str
    sender: str
    waiting: int


@bp.get("/admin/channels")
@roles_required(Role.ADMIN)
def index() -> ResponseReturnValue:
    """How each way out stands now."""
    waiting = _waiting()
    robots = db.session.scalars(select(Robot).order_by(Robot.active.desc(), Robot.id)).unique()
    gateways = db.session.scalars(select(Gateway).order_by(Gateway.active.desc(), Gateway.id))
    return render_template(
        "channels/index.html",
        mail=_mail_server(waiting.get((Channel.MAIL, None), 0)),
        robots=[
            _way(
                robot,
                [
                    said(robot.kind),
                    robot.department.name if robot.department else said(robot.listener),
                    _waits(waiting.get((Channel.ROBOT, robot.id), 0)),
                ],
            )
            for robot in robots
        ],
        gateways=[_way(row, [_waits(waiting.get((Channel.SMS, None), 0))]) for row in gateways],
    )


def _waiting() -> dict[tuple[Channel, int | None], int]:
    """How many letters wait, by channel and robot."""
    rows = db.session.execute(
        select(Letter.channel, Letter.robot_id, func.count())
        .where(Letter.state == LetterState.WAITING)
        .group_by(Letter.channel, Letter.robot_id)
    )
    return {(channel, robot_id): number for channel, robot_id, number in rows}


def _waits(number: int) -> str:
    return _("%(n)s 条等待发送", n=number) if number else ""


def _mail_server(waiting: int) -> MailServer | None:
    settings = current_settings()
    if settings.smtp_url is None:
        return None
    server = mail.Server.at(settings.smtp_url)
    return MailServer(f"{server.host}:{server.port}", settings.mail_from, waiting)


def _way(row: Robot | Gateway, about: Sequence[str]) -> Way:
    closed = row.closed_until if row.closed_until is not None and row.closed_until > clock.now() else None
    state, tone = _("在用"), "approved"
    if not row.active:
        state, tone = _("已停用"), "void"
    elif closed is not None:
        state, tone = _("暂停到 %(until)s", until=stamp(closed)), "pending"
    trouble = _("对方的回答：%(answer)s", answer=row.closed_because) if closed is not None else ""
    return Way(row.id, row.name, " · ".join(filter(None, about)), state, tone, trouble)


@bp.post("/admin/channels/mail/test")
@roles_required(Role.ADMIN)
@limiter.limit("6 per minute")
def try_mail() -> ResponseReturnValue:
    """Send one mail to whoever asks."""
    settings = current_settings()
    if settings.smtp_url is None:
        abort(404)
    address = me().email
    if not address:
        return _tried(Tried(taken=False, answer=_("您的账号没有登记邮箱。")), _("测试邮件"), "")
    with mail.Post(mail.Server.at(settings.smtp_url), settings.mail_from) as post:
        return _tried(_try(post.send, parseaddr(address)[1]), _("测试邮件"), _("您的邮箱"))


@bp.post("/admin/robots/<int:row_id>/test")
@roles_required(Role.ADMIN)
@limiter.limit("6 per minute")
def try_robot(row_id: int) -> ResponseReturnValue:
    """Send one message to a group."""
    robot = db.session.get(Robot, row_id) or abort(404)
    tried = _try(webhook_of(robot, clock.now).send, robot.name)
    return _tried(tried, _("测试“%(name)s”", name=robot.name), _("群里"))


@bp.post("/admin/gateways/<int:row_id>/test")
@roles_required(Role.ADMIN)
@limiter.limit("6 per minute")
def try_gateway(row_id: int) -> ResponseReturnValue:
    """Send one text message to whoever asks."""
    gateway = db.session.get(Gateway, row_id) or abort(404)
    title = _("测试“%(name)s”", name=gateway.name)
    phone = me().phone
    if not phone:
        return _tried(Tried(taken=False, answer=_("您的账号没有登记手机。")), title, "")
    return _tried(_try(template_of(gateway).send, phone), title, _("您的手机"))


def _try(send: Send, address: str) -> Tried:
    now, settings = clock.now(), current_settings()
    with in_the_parks_language():
        title = _("测试消息")
        text = _("这是%(desk)s的测试消息，收到说明设置正确，不用处理。", desk=settings.desk_name)
        html = render_template("letters/notice.html", title=title, body=text, url=None)
    letter = Outgoing(
        # Not the id of any letter, and never the same twice: mail programs show what they know once.
        id=int(now.timestamp() * 1000),
        address=address,
        subject=title,
        text=text,
        html=html,
        url=settings.base_url,
        created_at=now,
    )
    # The transaction ends here: on SQLite it would keep writers waiting while the other side thinks.
    db.session.commit()
    return try_out(send, letter)


def _tried(tried: Tried, title: str, where: str) -> ResponseReturnValue:
    return render_template("channels/tried.html", tried=tried, title=title, where=where)
