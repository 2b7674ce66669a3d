"""The figures of the law, counted once more with plain loops over events and clocks: a second opinion.

Nothing here reads what the product says of figures. What a ticket's clocks were at an instant is recounted from the
events up to then (``tests.recount``); the rest stands in the events.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from service_desk.domain.actions import Action
from service_desk.domain.vocabulary import ClockKind, ClockState, Nature, State, Urgency
from service_desk.domain.worktime import OfficeCalendar
from service_desk.store.base import db
from service_desk.store.catalogue import ARREARS
from service_desk.store.law import Law
from service_desk.store.parts import Event
from service_desk.store.people import Department
from service_desk.store.tickets import Ticket
from tests.recount import Filed, Hand, Recount, due_of

A, K, S = Action, ClockKind, State
LINES = ("department", "category", "area", "source", "month")
SATISFIED = ("very_satisfied", "satisfied", "fairly_satisfied")
BAD = ("dissatisfied", "very_dissatisfied")
COUNTS = (
    "submitted", "accepted", "closings",
    *(f"level_{level}" for level in (*SATISFIED, *BAD)),
)  # fmt: skip
NINETY_DAYS = timedelta(hours=90 * 24)
OPEN = (S.SUBMITTED, S.SUPPLEMENTING, S.ACCEPTED, S.ASSIGNED, S.IN_PROGRESS, S.DEFERRED, S.REPLIED)

Numbers = tuple[int | None, int | None, int, float | None]
"""Numerator, denominator, excluded, value."""


@dataclass(frozen=True)
class Row:
    """Something a figure counts: ``part`` is "in", "over" (numerator, too) or "less"."""

    key: str
    at: datetime | None
    department: str
    part: str
    amount: int = 0


@dataclass(frozen=True)
class Closing:
    """A closing: the events that led to it and those after it up to the next one, it included."""

    event: Event
    before: Sequence[Event]
    since: Sequence[Event]


class Case:
    """One ticket as its record stood at an instant."""

    def __init__(self, ticket: Ticket, as_of: datetime, law: Law, names: Mapping[int, str]) -> None:
        self.ticket, self.as_of, self.law, self.names = ticket, as_of, law, names
        self.events = [event for event in ticket.events if event.at <= as_of]

    # -- how it stands ---------------------------------------------------------------------------

    @property
    def state(self) -> State:
        return self.events[-1].after

    def said(self, name: str) -> str:
        """What filing, accepting or a correction said last."""
        for event in reversed(self.events):
            if event.action in (A.SUBMIT, A.ACCEPT, A.CORRECT) and name in event.data:
                return str(event.data[name])
        return ""

    @cached_property
    def category(self) -> str:
        return self.said("category")

    @cached_property
    def area(self) -> str:
        return self.said("area")

    @cached_property
    def enterprise(self) -> str:
        name = self.ticket.enterprise.name
        for event in reversed(self.ticket.events):
            if event.at > self.as_of and event.action is A.CORRECT and "enterprise" in event.data:
                name = event.data["before"]["enterprise"]
        return name

    @property
    def is_of_an_incident(self) -> bool:
        moves = [each.action for each in self.events if each.action in (A.JOIN_INCIDENT, A.LEAVE_INCIDENT)]
        return moves[-1:] == [A.JOIN_INCIDENT]

    def first(self, *actions: Action) -> datetime | None:
        return next((event.at for event in self.events if event.action in actions), None)

    def all(self, *actions: Action) -> list[Event]:
        return [event for event in self.events if event.action in actions]

    @property
    def now_with(self) -> str:
        return lead_after(self.events) or ("一窗" if self.first(A.ANSWER) else "未派单")

    @cached_property
    def clocks(self) -> list[Hand]:
        """The clocks that the events up to now have started."""
        filed = self.events[0].data
        return Recount(
            self.events,
            Filed(
                Nature(filed.get("nature", Nature.HELP)),
                Urgency(filed.get("urgency", Urgency.NORMAL)),
                filed["category"] == ARREARS,
                self.ticket.above_due,
            ),
            self.law,
            complex_at={event.id: event.data["complex"] for event in self.all(A.ACCEPT)},
            names=self.names,
        ).clocks

    @cached_property
    def closings(self) -> list[Closing]:
        closed = S.CLOSED
        found = [n for n, each in enumerate(self.events) if each.after is closed is not each.before]
        return [
            Closing(self.events[n], self.events[:n], self.events[n:following])
            for n, following in pairwise([*found, len(self.events)])
        ]

    # -- a closing -------------------------------------------------------------------------------

    def reply_of(self, closing: Closing) -> Event | None:
        """The reply that was verified; None where the desk answered."""
        last = next(each for each in reversed(closing.before) if each.action in (A.VERIFY, A.ANSWER))
        return last_reply(closing.before) if last.action is A.VERIFY else None

    def closed_by(self, closing: Closing) -> str:
        return (lead_after(closing.before) or "") if self.reply_of(closing) else "一窗"

    def rating_of(self, closing: Closing) -> Mapping[str, Any] | None:
        ratings = [each for each in closing.since if each.action in (A.RATE, A.CORRECT_RATING)]
        return ratings[-1].data if ratings else None

    def is_out_of(self, closing: Closing, figure: str) -> bool:
        """Whether the figure leaves it out: an exclusion concerns the closing that it was asked after."""
        asked: Event | None = None
        for event in closing.since:
            if event.action is A.ASK_EXCLUSION:
                asked = event
            granted = event.action is A.DECIDE_EXCLUSION and event.data["granted"]
            if granted and asked is not None and asked.data["figure"] == figure:
                return True
        return False

    def days_of(self, closing: Closing, reply: Event) -> int:
        cycle = closing.event.cycle
        accepts = [each.at for each in closing.before if each.action is A.ACCEPT and each.at <= reply.at]
        opened = next(each.at for each in self.events if each.cycle == cycle)
        calendar = self.law.calendar
        day, days = calendar.day_of(accepts[-1] if cycle == 1 else opened), 0
        while day < calendar.day_of(reply.at):
            day += timedelta(days=1)
            days += calendar.is_working(day) and not self.stood(cycle, calendar.close(day))
        return days

    def stood(self, cycle: int, instant: datetime) -> bool:
        """Whether the settle clock of the cycle was paused then; a clock that has ended is not."""
        return any(
            start <= instant and (end is None or instant < end)
            and (hand.stopped is None or hand.judged is not None or instant < hand.stopped)
            for hand in self.clocks
            if hand.kind is K.SETTLE and hand.cycle == cycle
            for _, start, end in hand.pauses
        )  # fmt: skip


def lead_after(events: Sequence[Event]) -> str | None:
    """Who leads after these events."""
    lead: str | None = None
    for event in events:
        if event.action in (A.DISPATCH, A.REDISPATCH):
            lead = event.data["lead"]
        upheld = event.action is A.DECIDE_RETURN and event.data["granted"]
        appealed = event.action is A.DECIDE_APPEAL and event.data["granted"]
        back = event.action is A.CHECK_WITHDRAWAL and event.after is S.ACCEPTED
        if upheld or appealed or back:
            lead = None
    return lead


def went_out(event: Event) -> bool:
    return event.action in (A.REPLY, A.DECIDE_SIGN_OFF) and event.after is S.REPLIED


def last_reply(events: Sequence[Event]) -> Event:
    return next(event for event in reversed(events) if went_out(event))


def outcome_of(reply: Event, events: Sequence[Event]) -> str:
    """What it said; where it was signed off, what was laid before the head."""
    if reply.action is A.REPLY:
        return str(reply.data["outcome"])
    earlier = events[: events.index(reply)]
    return str(next(each for each in reversed(earlier) if each.action is A.ASK_SIGN_OFF).data["outcome"])


# What each figure counts


def part(*, over: bool, less: bool = False) -> str:
    return "less" if less else "over" if over else "in"


def tickets(case: Case) -> Iterator[Row]:
    state, where = case.state, case.now_with
    submitted, dispatched = case.first(A.SUBMIT), case.first(A.DISPATCH)
    accepted = case.first(A.ACCEPT, A.ANSWER)
    gone = state in (S.MERGED, S.WITHDRAWN)
    yield Row("submitted", submitted, where, "over")
    yield Row("solved_all", submitted, where, part(over=solved_well(case), less=gone))
    if accepted:
        yield Row("accepted", accepted, where, "over")
        ended = gone or state is S.REJECTED
        yield Row("closing", accepted, where, part(over=state is S.CLOSED, less=ended))
    if dispatched:
        yield Row("solved_assigned", dispatched, where, part(over=solved_well(case), less=gone))
        yield Row("moves", dispatched, where, "in", len(case.all(A.DISPATCH, A.REDISPATCH)))
    if state in OPEN:
        yield Row("deferred", None, where, part(over=state is S.DEFERRED))
    if case.closings:
        first = case.closings[0]
        later = case.events[-1].cycle > first.event.cycle
        yield Row("reworked", first.event.at, case.closed_by(first), part(over=later))


def solved_well(case: Case) -> bool:
    """The last verified reply said 已解决, and its own closing was not rated 未解决."""
    verified = [n for n, event in enumerate(case.events) if event.action is A.VERIFY]
    if not verified:
        return False
    reply = last_reply(case.events[: verified[-1]])
    if outcome_of(reply, case.events) != "solved":
        return False
    for closing in case.closings:
        if len(closing.before) > verified[-1]:
            rating = case.rating_of(closing)
            return rating is None or rating["solved"] != "unsolved"
    return True


def moves(case: Case) -> Iterator[Row]:
    """Each dispatch with whether it was given back; each decision; each reply that was looked at."""
    for number, event in enumerate(case.events):
        before, after = case.events[:number], case.events[number + 1 :]
        if event.action in (A.DISPATCH, A.REDISPATCH):
            next_one = [n for n, each in enumerate(after) if each.action in (A.DISPATCH, A.REDISPATCH)]
            meanwhile = after[: next_one[0]] if next_one else after
            asked = any(each.action is A.ASK_RETURN for each in meanwhile)
            yield Row("returned", event.at, event.data["lead"], part(over=asked))
        if event.action is A.DECIDE_RETURN:
            asker = lead_after(before) or ""
            yield Row("wrongly_returned", event.at, asker, part(over=not event.data["granted"]))
        if went_out(event):
            looked_at = next((each for each in after if each.action in (A.VERIFY, A.SEND_BACK)), None)
            if looked_at is not None:
                back = looked_at.action is A.SEND_BACK
                yield Row("sent_back", event.at, lead_after(before) or "", part(over=back))


def closings(case: Case, all_of_them: Sequence[Case]) -> Iterator[Row]:
    for closing in case.closings:
        at, who = closing.event.at, case.closed_by(closing)
        rating, reply = case.rating_of(closing), case.reply_of(closing)
        yield Row("closings", at, who, "over")
        yield Row("rated", at, who, part(over=rating is not None))
        if rating is not None:
            yield from rated(closing, rating, who, case)
        if reply is not None:
            for key in ("duration_mean", "duration_median", "duration_p90"):
                yield Row(key, at, who, "in", case.days_of(closing, reply))
        if at + NINETY_DAYS <= case.as_of:
            yield Row("rebound", at, who, part(over=any(follows(at, case, other) for other in all_of_them)))


def rated(closing: Closing, rating: Mapping[str, Any], who: str, case: Case) -> Iterator[Row]:
    at, solved, level = closing.event.at, rating["solved"], rating["level"]
    out_of_satisfied = case.is_out_of(closing, "satisfied")
    strictly = level in ("very_satisfied", "satisfied")
    bad = level in BAD or solved == "unsolved"
    yield Row("solved", at, who, part(over=solved == "solved", less=case.is_out_of(closing, "solved")))
    yield Row("satisfied", at, who, part(over=level in SATISFIED, less=out_of_satisfied))
    yield Row("satisfied_strict", at, who, part(over=strictly, less=out_of_satisfied))
    yield Row(f"level_{level}", at, who, "over")
    yield Row("bad", at, who, part(over=bad))
    if bad:
        again = any(each.cycle > closing.event.cycle for each in closing.since)
        yield Row("bad_reworked", at, who, part(over=again))


def follows(closed: datetime, case: Case, other: Case) -> bool:
    filed = other.events[0].at
    return (
        closed < filed <= closed + NINETY_DAYS
        and other.state is not S.MERGED
        and not other.is_of_an_incident
        and (other.enterprise, other.category) == (case.enterprise, case.category)
    )


def clocks(case: Case) -> Iterator[Row]:
    """Clocks that are due before the as-of; void ones, and paused ones without due, are out."""
    keys = {K.ACCEPT: "accept_in_time", K.FIRST_CONTACT: "response", K.OPINION: "opinion_in_time"}
    for hand in case.clocks:
        due = due_of(hand.facts, case.law)
        if hand.state is ClockState.VOID or due is None or due >= case.as_of:
            continue
        met = hand.state is ClockState.MET
        if hand.kind in keys:
            where = "一窗" if hand.kind is K.ACCEPT else hand.department or ""
            yield Row(keys[hand.kind], due, where, part(over=met))
        if hand.kind is K.SIGN and is_of_the_lead(hand, case.clocks):
            yield Row("sign_in_time", due, hand.department or "", part(over=met))
        if hand.kind is K.PROMISE:
            yield Row("kept_promise", due, case.now_with, part(over=met))
        if hand.kind is K.SETTLE:
            yield from settles(hand, due, case)


def is_of_the_lead(sign: Hand, hands: Sequence[Hand]) -> bool:
    """A lead's sign clock begins with its settle clock; a support's begins with its opinion."""
    return any(
        each.kind is K.SETTLE and (each.start, each.department) == (sign.start, sign.department)
        for each in hands
    )


def settles(hand: Hand, due: datetime, case: Case) -> Iterator[Row]:
    who, verified = hand.department or "", hand.judged is not None
    out = any(
        case.is_out_of(closing, "on_time")
        for closing in case.closings
        if (reply := case.reply_of(closing)) is not None and reply.at == hand.judged
    )
    extensions, hand.extended = hand.extended, 0
    original = due_of(hand.facts, case.law)
    hand.extended = extensions
    in_the_original = hand.judged is not None and original is not None and hand.judged <= original
    yield Row("closing_due", due, who, part(over=verified))
    yield Row("on_time", due, who, part(over=hand.state is ClockState.MET, less=out))
    yield Row("on_time_original", due, who, part(over=in_the_original, less=out))
    yield Row("extended", due, who, part(over=extensions > 0))


# Adding up


@dataclass(frozen=True)
class Park:
    """All tickets as of an instant, with the rows they give to figures."""

    rows: Sequence[tuple[Row, Case]]
    calendar: OfficeCalendar

    @classmethod
    def as_of(cls, instant: datetime, law: Law) -> "Park":
        """Read from the database."""
        names = {row.id: row.name for row in db.session.scalars(select(Department))}
        whole = select(Ticket).options(selectinload(Ticket.events)).order_by(Ticket.id)
        cases = [Case(ticket, instant, law, names) for ticket in db.session.scalars(whole).unique()]
        cases = [case for case in cases if case.events]
        rows = [
            (row, case)
            for case in cases
            for row in (*tickets(case), *moves(case), *closings(case, cases), *clocks(case))
        ]
        return cls(rows, law.calendar)

    def figures(
        self, since: date, until: date, keys: Sequence[str], by: str | None
    ) -> dict[tuple[str, str | None], Numbers]:
        """Key and line to what is printed; ``by`` is one of ``LINES``, or None for the whole."""
        lines: dict[tuple[str, str | None], list[Row]] = {}
        for key in keys:
            if by is None:
                lines[key, None] = []
            if by == "month" and key != "deferred":
                month = since.replace(day=1)
                while month < until:
                    lines[key, f"{month:%Y-%m}"] = []
                    month = (month + timedelta(days=31)).replace(day=1)
        for row, case in self.rows:
            day = row.at.astimezone(self.calendar.tz).date() if row.at else None
            if row.key not in keys or (day and not since <= day < until) or (day is None and by == "month"):
                continue
            line = {
                None: None,
                "department": row.department,
                "category": case.category,
                "area": case.area,
                "source": case.ticket.source.label,
                "month": f"{day:%Y-%m}" if day else "",
            }[by]
            lines.setdefault((row.key, line), []).append(row)
        return {(key, line): numbers(key, rows) for (key, line), rows in lines.items()}


def numbers(key: str, rows: Sequence[Row]) -> Numbers:
    over = sum(row.part == "over" for row in rows)
    less = sum(row.part == "less" for row in rows)
    below = len(rows) - less
    amounts = sorted(row.amount for row in rows if row.part != "less")
    if key in COUNTS:
        return over, None, 0, over
    if key in ("moves", "duration_mean"):
        return sum(amounts), below, less, sum(amounts) / below if below else None
    if key in ("duration_median", "duration_p90"):
        tenths = 5 if key == "duration_median" else 9
        rank = -(-tenths * below // 10)
        return None, below, less, amounts[rank - 1] if below else None
    return over, below, less, over / below if below else None
