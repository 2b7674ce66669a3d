"""The limits as an administrator changes them: what a change would do to open clocks, and the change itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, case, select

from service_desk.desk.administration import administrators_in_turn, refuse_unseen
from service_desk.domain import deadlines
from service_desk.domain.deadlines import Limit
from service_desk.domain.errors import Invalid, NotFound
from service_desk.domain.ladders import Ladder, steps_for
from service_desk.domain.limits import EXTENSION_DAYS, EXTENSIONS, REWORK, LimitEntry, Limits, Profile, Reach
from service_desk.domain.reminders import BY_THE_HOUR
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import ClockKind, LimitClass, Nature, Source, Unit, Urgency
from service_desk.store.base import db, transaction
from service_desk.store.catalogue import ARREARS, Category
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.law import Law
from service_desk.store.limits import LIMITS as NOUN
from service_desk.store.limits import LimitRow, RuleChange, read_ladders
from service_desk.store.lists import note_alteration
from service_desk.store.people import User
from service_desk.store.tickets import Ticket

ROWS: dict[str, str] = {
    **{kind.value: kind.label for kind in ClockKind if kind not in (ClockKind.NEXT_REPLY, ClockKind.REST)},
    REWORK: "重办办理",
    EXTENSIONS: "可延期次数",
    EXTENSION_DAYS: "可延期总量",
}
"""The rows of the table and what they are called; next_reply and rest run to a named date."""

OF_EXTENSIONS = (EXTENSIONS, EXTENSION_DAYS)
UNITS = (Unit.WORKING_DAYS, Unit.WORKING_HOURS, Unit.NATURAL_DAYS)
MOST_DAYS, MOST_TIMES = 365, 9


@dataclass(frozen=True)
class Proposed:
    """A limit as it would be for the tickets in its reach; out of use it would be that of the table again."""

    kind: str
    reach: Reach
    number: int
    unit: Unit
    active: bool = True

    def check(self) -> None:
        """Raise ``Invalid`` with a sentence where no clock could run by it."""
        least = 0 if self.kind in OF_EXTENSIONS else 1
        most = MOST_TIMES if self.kind == EXTENSIONS else MOST_DAYS
        if not least <= self.number <= most:
            sentence = say("请填 %(least)s 到 %(most)s 之间的整数。", least=least, most=most)
            raise Invalid(sentence, fields={"number": sentence})

    def check_reminders(self, ladders: Sequence[Ladder], at: datetime) -> None:
        """Raise ``Invalid`` where clocks by it would climb a ladder that has no step for their unit.

        Clocks of working hours have the steps by the hour, the others those by the day.
        """
        if self.kind in OF_EXTENSIONS or not self.active:
            return
        profile = Profile(
            self.reach.limit_class or LimitClass.NORMAL, self.reach.category_id, self.reach.source
        )
        steps = steps_for(ladders, self.clock_kind, profile, at)
        by_the_hour = self.unit is Unit.WORKING_HOURS
        if steps and not any((step.rule.when in BY_THE_HOUR) is by_the_hour for step in steps):
            sentence = say(
                "“%(kind)s”的提醒阶梯没有按%(unit)s的步骤，这样改后没有人会被提醒。请先在“提醒阶梯”里加上。",
                kind=self.clock_kind,
                unit=say("小时") if by_the_hour else say("天"),
            )
            raise Invalid(sentence, fields={"unit": sentence})

    @property
    def clock_kind(self) -> ClockKind:
        """Whose limit it is."""
        return ClockKind.SETTLE if self.kind == REWORK else ClockKind(self.kind)

    def in_place(self, limits: Limits) -> Limits:
        """The limits with this one in the place of what was there."""
        others = tuple(entry for entry in limits.rows.get(self.kind, ()) if entry.reach != self.reach)
        mine = (LimitEntry(self.reach, self.number, self.unit),) if self.active else ()
        return Limits({**limits.rows, self.kind: others + mine})


# What it would do


@dataclass(frozen=True, slots=True)
class Move:
    """An open clock that would follow: of which ticket, and due when before and after; None is not known yet."""

    number: str
    kind: ClockKind
    before: datetime | None
    after: datetime | None

    def is_late_at_once(self, now: datetime) -> bool:
        """Whether it would be overdue by the change alone."""
        return self.after is not None and self.after < now and (self.before is None or self.before >= now)


@dataclass(frozen=True)
class Effect:
    """How many open clocks would run by another limit, and those of them that are due first."""

    total: int
    first: Sequence[Move]


def effect_of(proposed: Proposed, law: Law, *, shown: int) -> Effect:
    """What the open clocks would do if they followed; how often one may extend moves no clock."""
    if proposed.kind in OF_EXTENSIONS:
        return Effect(0, ())
    after = proposed.in_place(law.limits)
    following = list(_following(proposed, after))
    first = {clock_id: (number, limit) for clock_id, number, limit in islice(following, shown)}
    clocks = db.session.scalars(select(Clock).where(Clock.id.in_(first)).order_by(Clock.due_at)).unique()
    moves = [
        Move(
            number=first[clock.id][0],
            kind=clock.kind,
            before=clock.due_at,
            after=deadlines.due(replace(clock.facts, limit=first[clock.id][1]), law.calendar),
        )
        for clock in clocks
    ]
    return Effect(len(following), moves)


def _following(proposed: Proposed, after: Limits) -> Iterator[tuple[int, str, Limit]]:
    """Open clocks that would get another limit, those due first before the others: id, ticket's number, limit."""
    kind = proposed.clock_kind
    columns = (
        Clock.id,
        Ticket.number,
        Clock.cycle,
        Clock.limit_number,
        Clock.unit,
        Ticket.category_id,
        Ticket.source,
    )
    statement = (
        select(*columns)
        .join(Ticket, Ticket.id == Clock.ticket_id)
        .join(Category, Category.id == Ticket.category_id)
        .where(Clock.state.in_(LIVE), Clock.kind == kind, *_reached(proposed))
        .order_by(Clock.due_at, Clock.id)
    )
    klass = proposed.reach.limit_class or LimitClass.NORMAL
    for row in db.session.execute(statement):
        limit = after.of(kind, Profile(klass, row.category_id, row.source), cycle=row.cycle)
        if (limit.number, limit.unit) != (row.limit_number, row.unit):
            yield row.id, row.number, limit


def _reached(proposed: Proposed) -> list[ColumnElement[bool]]:
    """The conditions on clock and ticket that a limit reaches them."""
    reach = proposed.reach
    conditions: list[ColumnElement[bool]] = [class_in_sql() == reach.limit_class]
    if proposed.kind in (REWORK, ClockKind.SETTLE):
        conditions.append(Clock.cycle > 1 if proposed.kind == REWORK else Clock.cycle == 1)
    if reach.category_id is not None:
        conditions.append(Ticket.category_id == reach.category_id)
    if reach.source is not None:
        conditions.append(Ticket.source == reach.source)
    return conditions


def class_in_sql() -> ColumnElement[Any]:
    """``domain.limits.limit_class`` of a ticket joined with its category."""
    return case(
        (Category.name == ARREARS, LimitClass.ARREARS.value),
        (Ticket.nature == Nature.ENQUIRY, LimitClass.ENQUIRY.value),
        (Ticket.urgency == Urgency.CRITICAL, LimitClass.CRITICAL.value),
        (Ticket.urgency == Urgency.URGENT, LimitClass.URGENT.value),
        (Ticket.nature == Nature.COMPLAINT, LimitClass.COMPLAINT.value),
        (Ticket.is_complex, LimitClass.COMPLEX.value),
        else_=LimitClass.NORMAL.value,
    )


# The change


@transaction
def change_limit(
    row_id: int,
    *,
    number: int,
    unit: Unit,
    active: bool = True,
    follow: bool,
    seen: int,
    by: User,
    at: datetime,
) -> LimitRow:
    """Change a limit; where open clocks are to ``follow``, the clockwork reckons them anew from their own starts.

    ``seen`` is the id of the last alteration its reader knows of. Raises ``Invalid`` or ``Altered`` with a sentence.
    """
    administrators_in_turn(by)
    row = db.session.get(LimitRow, row_id)
    if row is None:
        raise NotFound("没有这一条时限。")
    refuse_unseen(NOUN, row_id, seen)
    proposed = Proposed(row.kind, row.reach, number, unit, active)
    proposed.check()
    # Not asked of the law in force: read now, it would be kept as what this transaction makes of it.
    proposed.check_reminders(read_ladders(), at)
    before = _said_by(row)
    row.number, row.unit, row.active = number, unit, active or not row.is_special
    _note(row, before, follow=follow, by=by, at=at)
    return row


@transaction
def add_special_limit(
    *,
    kind: str,
    limit_class: LimitClass,
    category: Category | None,
    source: Source | None,
    number: int,
    unit: Unit,
    follow: bool,
    by: User,
    at: datetime,
) -> LimitRow:
    """A limit for one category or source, or for both together."""
    administrators_in_turn(by)
    if category is None and source is None:
        sentence = "请选择类别或来源；要改全部诉求的时限，请在表中修改。"
        raise Invalid(sentence, fields={"category": sentence})
    reach = Reach(limit_class, category.id if category else None, source)
    proposed = Proposed(kind, reach, number, unit)
    proposed.check()
    proposed.check_reminders(read_ladders(), at)
    if any(row.reach == reach for row in rows_of(kind)):
        sentence = "已经有这样一条专门的时限，请直接修改它。"
        raise Invalid(sentence, fields={"category": sentence})
    row = LimitRow(
        kind=kind, limit_class=limit_class, category=category, source=source, number=number, unit=unit
    )
    db.session.add(row)
    db.session.flush()
    _note(row, {}, follow=follow, by=by, at=at)
    return row


def _note(row: LimitRow, before: dict[str, Any], *, follow: bool, by: User, at: datetime) -> None:
    after = _said_by(row)
    if follow and after != before and row.kind not in OF_EXTENSIONS:
        change = RuleChange(noun=NOUN, at=at, kind=row.kind, limit_class=row.limit_class)
        change.category_id, change.source = row.category_id, row.source
        db.session.add(change)
    note_alteration(NOUN, row.id, before=before, after=after | {"follow": follow}, by=by, at=at)


def _said_by(row: LimitRow) -> dict[str, Any]:
    """What a limit says, plain enough to be kept."""
    return {
        "kind": row.kind,
        "limit_class": row.limit_class.value,
        "category": row.category.name if row.category else None,
        "source": row.source.value if row.source else None,
        "number": row.number,
        "unit": row.unit.value,
        "active": row.active,
    }


# The table


def rows_of(kind: str | None = None) -> Sequence[LimitRow]:
    """The limits, special ones last; those of one row of the table where it is given."""
    statement = select(LimitRow).order_by(LimitRow.category_id, LimitRow.source, LimitRow.id)
    if kind is not None:
        statement = statement.where(LimitRow.kind == kind)
    return db.session.scalars(statement).unique().all()
