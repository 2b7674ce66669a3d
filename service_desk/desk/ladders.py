"""The reminder ladders as an administrator changes them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import func, select

from service_desk.desk.administration import administrators_in_turn, refuse_unseen
from service_desk.desk.notices import Audience
from service_desk.domain.errors import Invalid, NotFound
from service_desk.domain.limits import Reach
from service_desk.domain.reminders import When
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import CardColour, ClockKind, ClockState, LimitClass, OrderLevel, Source
from service_desk.store.base import db, transaction
from service_desk.store.catalogue import Category
from service_desk.store.clocks import Clock
from service_desk.store.limits import LADDERS as NOUN
from service_desk.store.limits import LadderRow, RuleChange
from service_desk.store.lists import note_alteration
from service_desk.store.people import User

MOST_STEPS = 20
LONGEST_LIMIT = 365
COUNTS: dict[When, tuple[int, int]] = {
    "left": (0, 60),
    "overdue": (1, 60),
    "hours_before": (1, 40),
    "hours_after": (1, 40),
}
"""From and to what number a step may be counted; the others have none."""
ORDER: tuple[tuple[When, ...], ...] = (
    ("half",),
    ("left",),
    ("hours_before",),
    ("at_due",),
    ("overdue", "hours_after"),
)
"""From the lowest step to the highest; towards the due the greater number is the lower step."""


@dataclass(frozen=True)
class Step:
    """One step as it was filled in."""

    when: When
    count: int
    at: time | None
    min_limit: int | None
    recipients: tuple[Audience, ...]
    card: CardColour | None
    order_level: OrderLevel | None
    only_without_contact: bool

    @property
    def moment(self) -> tuple[When, int]:
        """When it falls; no two steps of a ladder fall together."""
        return (self.when, self.count if self.when in COUNTS else 0)

    @property
    def place(self) -> tuple[int, int]:
        """Where it stands among the steps, the lowest first."""
        group = next(number for number, whens in enumerate(ORDER) if self.when in whens)
        return group, self.count if self.when in ("overdue", "hours_after") else -self.count

    def check(self) -> None:
        """Raise ``Invalid`` with a sentence where the step cannot fall, or nobody would be told."""
        if not self.recipients:
            raise Invalid("每一步至少选一类提醒对象。")
        if self.when not in COUNTS and self.count:
            raise Invalid(
                "“时限过半”和“到期时”不用填数字，请留空；要提前或推后，请改选“剩几个”或“超期几个”。"
            )
        least, most = COUNTS.get(self.when, (0, 0))
        if not least <= self.count <= most:
            raise Invalid(
                say("“剩几日、超期几日”的数字应在 %(least)s 到 %(most)s 之间。", least=least, most=most)
            )
        if self.min_limit is not None and not 1 <= self.min_limit <= LONGEST_LIMIT:
            sentence = say("“仅时限不少于”请填 1 到 %(most)s 之间的整数，或留空。", most=LONGEST_LIMIT)
            raise Invalid(sentence)

    def written(self, keys: Mapping[tuple[str, int], str]) -> dict[str, Any]:
        """The step as it is kept, without what is empty; a step that was there before goes by its former key."""
        key = keys.get(self.moment) or (f"{self.when}_{self.count}" if self.when in COUNTS else self.when)
        told = {
            "count": self.count,
            "at": f"{self.at:%H:%M}" if self.at else None,
            "min_limit": self.min_limit,
            "card": self.card.value if self.card else None,
            "order_level": int(self.order_level.value) if self.order_level else None,
            "only_without_contact": self.only_without_contact,
        }
        always = {"key": key, "moment": self.when, "recipients": [one.value for one in self.recipients]}
        return always | {name: value for name, value in told.items() if value}


def in_order(steps: Iterable[Step]) -> list[Step]:
    """The steps from the lowest to the highest. Raises ``Invalid`` where they make no ladder."""
    ordered = sorted(steps, key=lambda step: step.place)
    for step in ordered:
        step.check()
    if len({step.moment for step in ordered}) < len(ordered):
        raise Invalid("有两步落在同一时刻，请合并成一步。")
    if len(ordered) > MOST_STEPS:
        raise Invalid(say("最多 %(most)s 步。", most=MOST_STEPS))
    return ordered


# The change


@transaction
def change_ladder(
    row_id: int,
    *,
    steps: Sequence[Step],
    active: bool = True,
    follow: bool,
    seen: int,
    by: User,
    at: datetime,
) -> LadderRow:
    """Change a ladder. Open clocks ``follow`` it from now on, or climb the former one to their ends.

    Out of use, its clocks follow the next wider ladder at once. ``seen`` is the id of the last alteration its reader
    knows of. Raises ``Invalid`` or ``Altered`` with a sentence.
    """
    administrators_in_turn(by)
    row = db.session.get(LadderRow, row_id)
    if row is None:
        raise NotFound("没有这条阶梯。")
    refuse_unseen(NOUN, root_of(row), seen)
    if not active and row.reach == Reach():
        raise Invalid("通用的阶梯不能停用；不想提醒时，可以减少步骤。")
    keys = {(step["moment"], step.get("count", 0)): step["key"] for step in row.steps}
    written = [step.written(keys) for step in in_order(steps)]
    before = _said_by(row)
    if follow or not active:
        for former in versions(row.kind, row.reach):
            former.active = former is row and active
        row.steps, row.since = written, None
        _let_follow(row, at)
        changed = row
    else:
        changed = _with_reach(LadderRow(kind=row.kind, since=at, steps=written), row.reach)
        db.session.add(changed)
        db.session.flush()
    note_alteration(
        NOUN,
        root_of(row),
        before=before,
        after=_said_by(changed) | {"follow": follow or not active},
        by=by,
        at=at,
    )
    return changed


@transaction
def add_ladder(
    *,
    kind: ClockKind,
    limit_class: LimitClass | None,
    category: Category | None,
    source: Source | None,
    steps: Sequence[Step],
    follow: bool,
    by: User,
    at: datetime,
) -> LadderRow:
    """A ladder for some tickets: of a class, a category, a source, or of what is all of these."""
    administrators_in_turn(by)
    reach = Reach(limit_class, category.id if category else None, source)
    if reach == Reach():
        sentence = "请选择时限类别、诉求类别或来源；通用的阶梯请直接修改。"
        raise Invalid(sentence, fields={"category": sentence})
    if any(row.active for row in versions(kind, reach)):
        sentence = "已经有这样一条专门的阶梯，请直接修改它。"
        raise Invalid(sentence, fields={"category": sentence})
    written = [step.written({}) for step in in_order(steps)]
    row = _with_reach(LadderRow(kind=kind, since=None if follow else at, steps=written), reach)
    db.session.add(row)
    db.session.flush()
    if follow:
        _let_follow(row, at)
    note_alteration(NOUN, root_of(row), before={}, after=_said_by(row) | {"follow": follow}, by=by, at=at)
    return row


def _with_reach(row: LadderRow, reach: Reach) -> LadderRow:
    row.limit_class, row.category_id, row.source = reach.limit_class, reach.category_id, reach.source
    return row


def _let_follow(row: LadderRow, at: datetime) -> None:
    """Open clocks look at their ladder anew."""
    change = RuleChange(noun=NOUN, at=at, kind=row.kind.value, limit_class=row.limit_class)
    change.category_id, change.source = row.category_id, row.source
    db.session.add(change)


def _said_by(row: LadderRow) -> dict[str, Any]:
    """What a ladder says, plain enough to be kept."""
    category = db.session.get(Category, row.category_id) if row.category_id else None
    return {
        "kind": row.kind.value,
        "limit_class": row.limit_class.value if row.limit_class else None,
        "category": category.name if category else None,
        "source": row.source.value if row.source else None,
        "steps": row.steps,
        "active": row.active,
    }


# The ladders there are


def versions(kind: ClockKind, reach: Reach) -> list[LadderRow]:
    """All that was ever said for these clocks, the earliest first."""
    rows = db.session.scalars(select(LadderRow).where(LadderRow.kind == kind).order_by(LadderRow.id)).unique()
    return [row for row in rows if row.reach == reach]


def root_of(row: LadderRow) -> int:
    """The id under which the changes of a ladder are on record."""
    return min(each.id for each in versions(row.kind, row.reach))


def ladders_in_use() -> list[LadderRow]:
    """The ladder that clocks started now climb, of each reach; by kind, the general one first."""
    latest: dict[tuple[ClockKind, Reach], LadderRow] = {}
    for row in db.session.scalars(select(LadderRow).where(LadderRow.active).order_by(LadderRow.id)).unique():
        latest[row.kind, row.reach] = row
    kinds = list(ClockKind)
    return sorted(latest.values(), key=lambda row: (kinds.index(row.kind), row.reach.narrowness, row.id))


def climbing(kind: ClockKind) -> int:
    """How many clocks of a kind run now and have a due."""
    running = select(func.count()).where(
        Clock.kind == kind, Clock.state == ClockState.RUNNING, Clock.due_at.is_not(None)
    )
    return db.session.scalar(running) or 0
