"""The ways out as lists an administrator keeps: robots of chat groups, gateways for text messages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from service_desk.channels.http import NotAllowed, require_allowed
from service_desk.channels.sms import PLACES
from service_desk.desk.lists import Field, Kind, Noun
from service_desk.desk.outlets import WEBHOOKS, template_of
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.store.base import db, house
from service_desk.store.channels import Gateway, Listener, Method, Robot, RobotKind
from service_desk.store.notices import Channel, Letter, LetterState
from service_desk.store.people import Department, User

IN_USE = Field("active", "在用", Kind.YES_NO, hint="取消勾选即停用：不再发送")
BODY_KINDS = ("json", "form", "xml")
IN_BRACES = tuple(f"{{{place}}}" for place in PLACES)
HTTP_STATUS = range(100, 600)
LONGEST_SECRET, LONGEST_ADDRESS, LONGEST_TEXT = 200, 500, 2000


def _wrong(field: str, sentence: str) -> Invalid:
    return Invalid(sentence, fields={field: sentence})


def _waiting(*conditions: Any) -> int:
    waiting = select(func.count()).select_from(Letter).where(Letter.state == LetterState.WAITING, *conditions)
    return db.session.scalar(waiting) or 0


# 群机器人


def _robot_concerns(row: Robot | None, _now: datetime) -> str:
    if row is None:
        return (
            "群里的人都看得到：消息只写编号、事由、标题（投诉不写）、时限和链接，不写企业和联系人。"
            "保存后请发一条测试消息。"
        )
    return say(
        "现在有 %(n)s 条消息等着发到这个群。停用或改给别的单位后，没有发出的消息列入“未送达消息”。",
        n=_waiting(Letter.robot_id == row.id),
    )


def _finish_robot(row: Robot, before: Mapping[str, Any], _by: User) -> None:
    if (row.listener is Listener.DEPARTMENT) != (row.department is not None):
        raise _wrong(
            "department",
            "请选择这个群属于哪个单位。"
            if row.department is None
            else "专窗和督查的群不属于某个单位，请选“不选”。",
        )
    if row.secret and row.kind is RobotKind.WECOM:
        raise _wrong("secret", "企业微信的机器人没有签名密钥，请留空。")
    home = WEBHOOKS[row.kind].HOME
    try:
        require_allowed(row.webhook, {home, *house().webhook_origins})
    except NotAllowed:
        raise _wrong(
            "webhook", say("%(kind)s机器人的地址应以 %(home)s/ 开头。", kind=row.kind, home=home)
        ) from None
    # Whatever kept messages back, it may be mended now.
    row.closed_until = row.closed_because = None
    department = row.department.name if row.department else None
    if before and before["active"] and not row.active:
        _give_up_waiting(row, "机器人已停用")
    elif before and (before["listener"], before["department"]) != (row.listener.value, department):
        # What was written for those who were there is not for those who are there now.
        _give_up_waiting(row, "这个群改给了别的单位")


def _give_up_waiting(row: Robot, because: str) -> None:
    db.session.execute(
        update(Letter)
        .where(Letter.robot_id == row.id, Letter.state == LetterState.WAITING)
        .values(state=LetterState.GIVEN_UP, leased_until=None, last_error=house().say(because))
        .execution_options(synchronize_session=False)
    )


ROBOTS = Noun(
    name="robots",
    label="群机器人",
    row_label="机器人",
    says="把待办提醒发到企业微信、钉钉、飞书群里",
    icon="message",
    entity=Robot,
    fields=(
        Field("name", "名称", required=True, hint="例如“供电公司工作群”"),
        Field("kind", "平台", Kind.WORD, required=True, words=tuple(RobotKind), new_only=True),
        Field("listener", "谁的群", Kind.WORD, required=True, words=tuple(Listener)),
        Field("department", "承办单位", Kind.ROW, of=Department, hint="承办单位的群选，专窗和督查的群不选"),
        Field(
            "webhook",
            "Webhook 地址",
            Kind.SECRET,
            required=True,
            limit=LONGEST_ADDRESS,
            hint="在群里添加机器人后复制，地址里有密钥",
        ),
        Field(
            "secret",
            "签名密钥",
            Kind.SECRET,
            limit=LONGEST_SECRET,
            hint="钉钉“加签”、飞书“签名校验”的密钥；没有启用就留空",
        ),
        IN_USE,
    ),
    columns=("kind", "listener", "department"),
    order=(Robot.id,),
    concerns=_robot_concerns,
    finish=_finish_robot,
)


# 短信网关


def _gateway_concerns(row: Gateway | None, _now: datetime) -> str:
    if row is None:
        return say(
            "短信发给本人选了“短信”的人，只有事由、编号和链接。网关的地址须先由运维写进 SERVICE_DESK_WEBHOOK_ORIGINS。"
            "地址、请求头和请求体里可以写%(places)s，发送时换成手机号、短信文字、消息编号和密钥。",
            places=IN_BRACES,
        )
    return say("现在有 %(n)s 条短信等着发送；改动从下一条起生效。", n=_waiting(Letter.channel == Channel.SMS))


def _finish_gateway(row: Gateway, _before: Mapping[str, Any], _by: User) -> None:
    _check_request(row)
    _check_numbers(row)
    if bool(row.success_path) != bool(row.success_value):
        raise _wrong("success_value", "成功标志的路径和值要么都填，要么都不填。")
    other = select(Gateway.name).where(Gateway.active, Gateway.id != row.id).limit(1)
    if row.active and (name := db.session.scalar(other)) is not None:
        raise _wrong("active", say("短信网关“%(name)s”还在用，请先停用它。", name=name))
    row.closed_until = row.closed_because = None


def _check_request(row: Gateway) -> None:
    try:
        template_of(row).check()
    except NotAllowed:
        raise _wrong(
            "url", "这个地址不在 SERVICE_DESK_WEBHOOK_ORIGINS 允许的范围里，请联系运维人员。"
        ) from None
    except ValueError:
        raise _wrong("headers", "请求头每行一个，写成“名称: 值”，只用英文字符。") from None
    if not all(place in row.url + (row.body or "") for place in ("{phone}", "{text}")):
        raise _wrong("body", "地址或请求体里要有 {phone} 和 {text}。")
    kind = (row.headers or "").lower()
    if row.body and not ("content-type:" in kind and any(one in kind for one in BODY_KINDS)):
        raise _wrong(
            "headers", "有请求体时，请在请求头里写明 Content-Type，例如“Content-Type: application/json”。"
        )


def _check_numbers(row: Gateway) -> None:
    if row.success_status not in HTTP_STATUS:
        raise _wrong("success_status", "请填 100 到 599 之间的状态码，一般是 200。")
    if not row.per_minute:
        raise _wrong("per_minute", "请填至少 1。")


GATEWAYS = Noun(
    name="gateways",
    label="短信网关",
    row_label="网关",
    says="按服务商的接口填写，发短信提醒",
    icon="phone",
    entity=Gateway,
    fields=(
        Field("name", "名称", required=True),
        Field("method", "请求方法", Kind.WORD, required=True, words=tuple(Method)),
        Field("url", "地址", required=True, limit=LONGEST_ADDRESS, private=True),
        Field(
            "headers",
            "请求头",
            Kind.TEXT,
            limit=LONGEST_TEXT,
            private=True,
            hint="每行一个，例如“Content-Type: application/json”",
        ),
        Field("body", "请求体", Kind.TEXT, limit=LONGEST_TEXT, private=True),
        Field("secret", "密钥", Kind.SECRET, limit=LONGEST_SECRET, hint="写 {secret} 的地方换成它"),
        Field("success_status", "成功的状态码", Kind.NUMBER, default=200),
        Field("success_path", "成功标志在回答里的位置", limit=100, hint="回答是 JSON 时填，例如 data.code"),
        Field("success_value", "成功标志的值", limit=60, hint="例如 0 或 OK"),
        Field("per_minute", "每分钟最多几条", Kind.NUMBER, default=60),
        IN_USE,
    ),
    columns=("method", "per_minute"),
    order=(Gateway.id,),
    concerns=_gateway_concerns,
    finish=_finish_gateway,
)
