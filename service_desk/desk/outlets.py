"""The ways out as they are set up now: whom letters are handed to, how fast, and a message to try each with."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, select

from service_desk.channels import robots, sms
from service_desk.channels.outgoing import NotYet, Outgoing, TooFast, Undeliverable, Unreachable
from service_desk.desk.delivery import Gate, Lane, Send
from service_desk.store.base import db, house, transaction
from service_desk.store.channels import Gateway, Pace, Robot, RobotKind, gateway_in_use
from service_desk.store.notices import Channel, Letter, LetterState

WEBHOOKS: dict[RobotKind, type[robots.Webhook]] = {
    RobotKind.WECOM: robots.WeCom,
    RobotKind.DINGTALK: robots.DingTalk,
    RobotKind.FEISHU: robots.Feishu,
}
PACES = {
    RobotKind.WECOM: Pace.in_a_minute(20),
    RobotKind.DINGTALK: Pace.in_a_minute(20),
    # Five in any second, even by a clock that tells no more than seconds; that is far below 100 in a minute.
    RobotKind.FEISHU: Pace(burst=4, every=timedelta(seconds=1)),
}

Now = Callable[[], datetime]


def webhook_of(robot: Robot, now: Now) -> robots.Webhook:
    """The robot as the channel knows it; ``now`` gives the instants that signatures carry."""
    return WEBHOOKS[robot.kind](robot.webhook, robot.secret, house().webhook_origins, now)


def template_of(gateway: Gateway) -> sms.Template:
    """The gateway as the channel knows it."""
    return sms.Template(
        method=gateway.method.label,
        url=gateway.url,
        headers=gateway.headers or "",
        body=gateway.body or "",
        secret=gateway.secret or "",
        success_status=gateway.success_status,
        success_path=gateway.success_path or "",
        success_value=gateway.success_value or "",
        origins=house().webhook_origins,
    )


@transaction
def robot_lanes(at: datetime, now: Now) -> list[Lane]:
    """A lane for each robot in use for which a letter waits."""
    waits = exists().where(
        Letter.robot_id == Robot.id, Letter.state == LetterState.WAITING, Letter.not_before <= at
    )
    found = db.session.scalars(select(Robot).where(Robot.active, waits).order_by(Robot.id)).unique()
    return [
        Lane(
            Channel.ROBOT,
            webhook_of(robot, now).send,
            Gate(Robot, robot.id, PACES[robot.kind]),
            robot_id=robot.id,
        )
        for robot in found
    ]


@transaction
def sms_lanes() -> list[Lane]:
    """The lane of the gateway in use; none where there is none."""
    gateway = gateway_in_use()
    if gateway is None:
        return []
    gate = Gate(Gateway, gateway.id, Pace.in_a_minute(gateway.per_minute))
    return [Lane(Channel.SMS, template_of(gateway).send, gate)]


@dataclass(frozen=True)
class Tried:
    """What came of a test message: whether it was taken, and what the other side answered."""

    taken: bool
    answer: str


def try_out(send: Send, letter: Outgoing) -> Tried:
    """Hand over one message now and tell what came of it; nothing of it is kept or tried again."""
    try:
        return Tried(taken=True, answer=send(letter))
    except (NotYet, TooFast, Undeliverable, Unreachable) as error:
        return Tried(taken=False, answer=str(error))
