"""The ways out that an administrator keeps: robots of chat groups and the gateway for text messages.

Webhooks and secrets stand here as they are (docs/decisions/0017): they are read by the clockwork that sends, shown
by no page and written to no record of changes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from sqlalchemy import ForeignKey, Select, String, Text, select, true
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from service_desk.domain.vocabulary import Word
from service_desk.store.base import Instant, Model, WordType, db
from service_desk.store.people import Department


class RobotKind(Word):
    """Whose chat program the robot speaks in."""

    WECOM = "wecom", "企业微信"
    DINGTALK = "dingtalk", "钉钉"
    FEISHU = "feishu", "飞书"


class Listener(Word):
    """Whose group it is, and so what the robot says there."""

    DEPARTMENT = "department", "承办单位"
    DESK = "desk", "专窗"
    SUPERVISOR = "supervisor", "督查"


class Method(Word):
    """How a gateway wants to be asked."""

    POST = "post", "POST"
    GET = "get", "GET"


@dataclass(frozen=True)
class Pace:
    """How fast letters may follow each other: ``burst`` at once, then one every ``every``.

    In any span of time no more pass than ``burst`` and one for each ``every`` in it.
    """

    burst: int
    every: timedelta

    @classmethod
    def in_a_minute(cls, most: int) -> Self:
        """At most ``most`` in any minute; a sixth of them at once, since the clockwork looks every ten seconds."""
        burst = max(1, most // 6)
        return cls(burst, timedelta(minutes=1) / max(1, most - burst))


class Gated:
    """A way out with a gate: who passes is counted in the row, for all processes on all machines.

    Times are the database's. ``next_free_at`` is when the gate would be as good as new but for ``burst``; while
    ``closed_until`` lies ahead nothing passes, for the reason given.
    """

    next_free_at: Mapped[Instant | None]
    closed_until: Mapped[Instant | None]
    closed_because: Mapped[str | None] = mapped_column(String(300))

    def room(self, pace: Pace, *, at: datetime) -> int:
        """How many letters may pass now."""
        if self.closed_until is not None and self.closed_until > at:
            return 0
        ahead = max(self.next_free_at or at, at) - at
        return max(0, (pace.every * pace.burst - ahead) // pace.every)

    def let_through(self, number: int, pace: Pace, *, at: datetime) -> None:
        """Count letters that pass."""
        self.next_free_at = max(self.next_free_at or at, at) + number * pace.every


class Robot(Gated, Model):
    """群机器人: posts to one chat group. ``secret`` signs its messages where the group wants that."""

    __tablename__ = "robots"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    kind: Mapped[RobotKind] = mapped_column(WordType(RobotKind))
    listener: Mapped[Listener] = mapped_column(WordType(Listener))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
    webhook: Mapped[str] = mapped_column(Text)
    secret: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

    department: Mapped[Department | None] = relationship(lazy="joined")


class Gateway(Gated, Model):
    """短信网关: a request with places for phone and text, and what its answer must say; one is in use at most.

    ``headers`` are lines ``name: value``. ``success_path`` leads through the JSON of the answer by dots; without
    one the status alone decides.
    """

    __tablename__ = "sms_gateways"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    method: Mapped[Method] = mapped_column(WordType(Method), default=Method.POST)
    url: Mapped[str] = mapped_column(Text)
    headers: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)
    secret: Mapped[str | None] = mapped_column(Text)
    success_status: Mapped[int] = mapped_column(default=200)
    success_path: Mapped[str | None] = mapped_column(String(100))
    success_value: Mapped[str | None] = mapped_column(String(60))
    per_minute: Mapped[int] = mapped_column(default=60)
    active: Mapped[bool] = mapped_column(default=True, server_default=true())


@dataclass(frozen=True)
class Group:
    """A chat group with a robot, as those who write to it know it; ``units`` are its department and all above."""

    robot_id: int
    name: str
    listener: Listener
    department_id: int | None
    units: frozenset[int]


def groups_in_use() -> tuple[Group, ...]:
    """The groups that are told of things, by two statements at most."""
    robots = db.session.scalars(select(Robot).where(Robot.active).order_by(Robot.id)).unique().all()
    above: dict[int, set[int]] = {}
    if any(robot.department_id is not None for robot in robots):
        for unit_id, above_id in db.session.execute(_lines_of_units()):
            above.setdefault(unit_id, set()).add(above_id)
    return tuple(
        Group(
            robot_id=robot.id,
            name=robot.name,
            listener=robot.listener,
            department_id=robot.department_id,
            units=frozenset(above.get(robot.department_id or 0, ())),
        )
        for robot in robots
    )


def _lines_of_units() -> Select[int, int]:
    """Every department paired with itself and each department it belongs to."""
    line = select(Department.id.label("unit"), Department.id.label("above")).cte("lines", recursive=True)
    child = aliased(Department)
    line = line.union(select(line.c.unit, child.parent_id).join(child, child.id == line.c.above))
    return select(line.c.unit, line.c.above).where(line.c.above.is_not(None))


def gateway_in_use() -> Gateway | None:
    """The gateway that sends text messages, if there is one."""
    return db.session.scalars(select(Gateway).where(Gateway.active).order_by(Gateway.id)).first()
