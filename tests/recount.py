"""The clocks of a ticket, recounted from its history alone and by the words of the law: a second opinion.

Nothing here reads the table of actions: what each act starts, stops, pauses and voids is written down once more.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from service_desk.domain import deadlines
from service_desk.domain.actions import Action, Party
from service_desk.domain.deadlines import Limit, Pause, Running
from service_desk.domain.limits import Profile, limit_class
from service_desk.domain.vocabulary import (
    ClockKind,
    ClockState,
    Level,
    LimitClass,
    Nature,
    Outcome,
    Solved,
    State,
    Unit,
    Urgency,
)
from service_desk.store.law import Law
from service_desk.store.parts import Event

K, S = ClockKind, State
LIVE = (ClockState.RUNNING, ClockState.PAUSED)
IN_HAND = (S.ASSIGNED, S.IN_PROGRESS, S.DEFERRED)
BEFORE_DISPATCH = (S.SUBMITTED, S.SUPPLEMENTING, S.ACCEPTED)
REQUESTS = {
    "return": (S.ASSIGNED, S.IN_PROGRESS),
    "extension": (S.IN_PROGRESS,),
    "deferral": (S.IN_PROGRESS, S.DEFERRED),
    "rejection": BEFORE_DISPATCH,
    "sign_off": (S.IN_PROGRESS, S.DEFERRED),
    "exclusion": (S.CLOSED,),
    "appeal": (S.CLOSED, S.REJECTED),
}
"""The states of each request; it lapses where the ticket leaves them."""
OF_THE_LEAD = ("return", "extension", "deferral", "sign_off", "exclusion")
OF_THE_PART = (K.SIGN, K.RETURN_WINDOW, K.FIRST_CONTACT, K.SETTLE, K.OPINION, K.NEXT_REPLY)
IN_HAND_WAITS = ("question", "deferral")
WAITING_CLOSES = 5
BAD_LEVELS = (Level.DISSATISFIED, Level.VERY_DISSATISFIED)

_dues: dict[tuple[int, Running], datetime | None] = {}


def due_of(facts: Running, law: Law) -> datetime | None:
    """When a clock is due; reckoned once for the same facts and calendar."""
    key = (id(law.calendar), facts)
    if key not in _dues:
        _dues[key] = deadlines.due(facts, law.calendar)
    return _dues[key]


@dataclass
class Hand:
    """One clock as the law has it."""

    kind: ClockKind
    start: datetime
    cycle: int
    limit: Limit | None = None
    day: date | None = None
    department: str | None = None
    about: str | None = None
    latest: date | None = None
    pauses: list[tuple[str, datetime, datetime | None]] = field(default_factory=list)
    extended: int = 0
    state: ClockState = ClockState.RUNNING
    stopped: datetime | None = None
    judged: datetime | None = None

    @property
    def live(self) -> bool:
        return self.state in LIVE

    @property
    def facts(self) -> Running:
        return Running(
            start=self.start,
            limit=self.limit or Limit(0, Unit.DATE),
            pauses=tuple(Pause(start, end) for _, start, end in self.pauses),
            extended=self.extended,
            named_date=self.day,
            latest=self.latest,
        )


@dataclass
class Filed:
    """What the enterprise said when it filed, as far as limits depend on it."""

    nature: Nature
    urgency: Urgency
    arrears: bool
    above_due: date | None = None


class Recount:
    """Replays the events of one ticket; ``problems`` are acts that the law does not let follow."""

    def __init__(
        self,
        events: Sequence[Event],
        filed: Filed,
        law: Law,
        *,
        complex_at: Mapping[int, bool],
        names: Mapping[int, str],
    ) -> None:
        self.events, self.law, self.complex_at, self.names = events, law, complex_at, names
        self.nature, self.urgency, self.arrears = filed.nature, filed.urgency, filed.arrears
        self.above_due = filed.above_due
        self.is_complex = False
        self.clocks: list[Hand] = []
        self.orders: list[Hand] = []
        self.cycle = 1
        self.lead: str | None = None
        self.supports: list[str] = []
        self.calls: list[tuple[date, bool]] = []
        self.requests: dict[str, Hand] = {}
        self.reply: tuple[datetime, Mapping[str, Any]] | None = None
        self.asked_reply: Mapping[str, Any] = {}
        self.claims: dict[int, bool] = {}
        self.bad: dict[int, bool] = {}
        self.problems: list[str] = []
        for number, event in enumerate(events):
            self.event, self.at = event, event.at
            following = events[number + 1] if number + 1 < len(events) else None
            act: Callable[[Event | None], None] = getattr(self, f"_{event.action.value}", self._nothing)
            if event.action.value.startswith(("ask_", "decide_", "cancel_")) and self._kind in REQUESTS:
                act = getattr(self, f"_any_{event.action.value.split('_', 1)[0]}")
            act(following)
            self._lapse()

    # -- the hands of the clocks ---------------------------------------------------------------

    @property
    def klass(self) -> LimitClass:
        return limit_class(
            nature=self.nature, urgency=self.urgency, is_complex=self.is_complex, is_arrears=self.arrears
        )

    @property
    def _kind(self) -> str:
        return self.event.action.value.split("_", 1)[1]

    @property
    def who(self) -> str | None:
        return self.names.get(self.event.department_id or 0)

    def live(
        self, *kinds: ClockKind, department: str | None = None, about: str | None = None
    ) -> Iterator[Hand]:
        for hand in self.clocks:
            if (
                hand.live
                and hand.kind in kinds
                and department in (None, hand.department)
                and about in (None, hand.about)
            ):
                yield hand

    def begin(
        self,
        *kinds: ClockKind,
        department: str | None = None,
        about: str | None = None,
        day: date | None = None,
    ) -> None:
        for kind in kinds:
            limit = None if day else self.law.limits.of(kind, Profile(self.klass), cycle=self.cycle)
            latest = self.above_due if kind is K.SETTLE else None
            self.clocks.append(Hand(kind, self.at, self.cycle, limit, day, department, about, latest))

    def stop(self, *kinds: ClockKind, judged: datetime | None = None, **which: str | None) -> None:
        moment = judged or self.at
        for hand in self.live(*kinds, **which):
            hand.pauses = [
                (cause, start, end or moment) for cause, start, end in hand.pauses if start < moment
            ]
            due = due_of(hand.facts, self.law)
            hand.state = ClockState.MET if due is None or moment <= due else ClockState.MISSED
            hand.stopped, hand.judged = self.at, moment

    def void(self, *kinds: ClockKind, **which: str | None) -> None:
        for hand in self.live(*kinds, **which):
            hand.state, hand.stopped = ClockState.VOID, self.at

    def cut(self, *kinds: ClockKind, **which: str | None) -> None:
        for hand in self.live(*kinds, **which):
            due = due_of(hand.facts, self.law)
            late = due is not None and self.at >= due and hand.kind is not K.RETURN_WINDOW
            hand.state, hand.stopped = ClockState.MISSED if late else ClockState.VOID, self.at

    def end_all(self) -> None:
        self.cut(*(kind for kind in K if kind is not K.ORDER))

    def pause(self, cause: str, *kinds: ClockKind) -> None:
        for hand in self.live(*kinds):
            if not any(each == cause and end is None for each, _, end in hand.pauses):
                hand.pauses.append((cause, self.at, None))
                hand.state = ClockState.PAUSED

    def resume(self, *causes: str) -> None:
        for hand in self.live(*K):
            hand.pauses = [
                (cause, start, end or self.at if cause in causes else end)
                for cause, start, end in hand.pauses
                if not (cause in causes and end is None and start == self.at)
            ]
            if all(end for *_, end in hand.pauses):
                hand.state = ClockState.RUNNING

    def reclassify(self) -> None:
        for hand in self.live(*(kind for kind in K if kind is not K.ACCEPT)):
            if hand.limit is not None:
                hand.limit = self.law.limits.of(hand.kind, Profile(self.klass), cycle=hand.cycle)

    def release(self, *, supports: bool, orders: bool) -> None:
        if self.lead:
            self.void(*OF_THE_PART, department=self.lead)
            if orders:
                self.void(K.ORDER, department=self.lead)
            self.lead = None
        for each in self.supports if supports else ():
            self.void(K.SIGN, K.OPINION, department=each)
        if supports:
            self.supports = []
        for kind in OF_THE_LEAD:
            self._drop(kind)

    def assign(self, lead: str, *kinds: ClockKind) -> None:
        self.lead, self.calls = lead, []
        self.begin(K.SIGN, *kinds, K.FIRST_CONTACT, K.SETTLE, department=lead)

    def support(self, name: str) -> None:
        self.supports.append(name)
        self.begin(K.SIGN, K.OPINION, department=name)

    def _lapse(self) -> None:
        for kind in tuple(self.requests):
            if self.event.after not in REQUESTS[kind]:
                self._drop(kind)

    def _drop(self, kind: str) -> None:
        if kind in self.requests:
            del self.requests[kind]
            self.cut(K.REVIEW, about=kind)

    # -- the acts ------------------------------------------------------------------------------

    def _nothing(self, _next: Event | None) -> None:
        """An act that moves no clock."""

    def _submit(self, _next: Event | None) -> None:
        self.begin(K.ACCEPT, K.PROMISE)

    def _ask_supplement(self, _next: Event | None) -> None:
        self.pause("supplement", K.ACCEPT, K.PROMISE)
        self.begin(K.SUPPLEMENT)

    def _supplement(self, _next: Event | None) -> None:
        self.stop(K.SUPPLEMENT)
        self.resume("supplement")

    def _accept(self, _next: Event | None) -> None:
        self.stop(K.ACCEPT)
        said = self.event.data
        self.nature, self.urgency = Nature(said["nature"]), Urgency(said["urgency"])
        self.arrears = said["category"] == "拖欠账款"
        self.is_complex = self.complex_at[self.event.id]
        self.reclassify()
        self.begin(K.DISPATCH)

    def _correct(self, _next: Event | None) -> None:
        said = self.event.data
        self.nature = Nature(said.get("nature", self.nature))
        self.urgency = Urgency(said.get("urgency", self.urgency))
        self.is_complex = said.get("is_complex", self.is_complex)
        self.arrears = said["category"] == "拖欠账款" if "category" in said else self.arrears
        self.reclassify()

    def _answer(self, _next: Event | None) -> None:
        self.stop(K.ACCEPT, K.DISPATCH, K.PROMISE)
        self.begin(K.RATING)
        self.claims[self.cycle] = False

    def _merge(self, _next: Event | None) -> None:
        self.end_all()

    def _unmerge(self, _next: Event | None) -> None:
        self.begin(K.ACCEPT)

    def _dispatch(self, _next: Event | None) -> None:
        self.stop(K.DISPATCH)
        self.assign(self.event.data["lead"], K.RETURN_WINDOW)
        for name in self.event.data["supports"]:
            self.support(name)

    def _redispatch(self, _next: Event | None) -> None:
        self.resume(*IN_HAND_WAITS)
        self.release(supports=False, orders=True)
        self.assign(self.event.data["lead"], K.RETURN_WINDOW)

    def _add_support(self, _next: Event | None) -> None:
        self.support(self.event.data["department"])

    def _release_support(self, _next: Event | None) -> None:
        name = self.event.data["department"]
        self.void(K.SIGN, K.OPINION, department=name)
        self.supports.remove(name)

    def _sign(self, _next: Event | None) -> None:
        self.stop(K.SIGN, department=self.who)

    def _first_contact(self, _next: Event | None) -> None:
        reached = self.event.data.get("reached", True)
        day = self.at.astimezone(self.law.calendar.tz).date()
        self.calls.append((day, reached))
        if reached or (len(self.calls) >= 3 and len({day for day, _ in self.calls}) >= 2):
            self.stop(K.FIRST_CONTACT)

    def _progress(self, _next: Event | None) -> None:
        if self.event.before is S.DEFERRED and self.event.party is not Party.SUPPORT:
            self.stop(K.NEXT_REPLY)
            day = date.fromisoformat(self.event.data["next_reply"])
            self.begin(K.NEXT_REPLY, department=self.who, day=day)

    def _ask_enterprise(self, _next: Event | None) -> None:
        self.stop(K.FIRST_CONTACT)
        settle = next(self.live(K.SETTLE))
        if self._closes_waited(settle) < WAITING_CLOSES:
            self.pause("question", K.SETTLE, K.PROMISE)

    def _closes_waited(self, settle: Hand) -> int:
        """Office closes that lie in the question waits of a settle clock so far."""
        calendar = self.law.calendar
        closes = set()
        for cause, start, end in settle.pauses:
            day = calendar.day_of(start)
            while cause == "question" and calendar.at(day, time()) <= (end or self.at):
                if calendar.is_working(day) and start <= calendar.close(day) < (end or self.at):
                    closes.add(day)
                day += timedelta(days=1)
        return len(closes)

    def _inform(self, _next: Event | None) -> None:
        self.resume("question")

    def _resume(self, _next: Event | None) -> None:
        if self.event.after is self.event.before:
            settle = next(self.live(K.SETTLE))
            if self._closes_waited(settle) != WAITING_CLOSES:
                self.problems.append("a wait was ended before or after its fifth close")
            self.resume("question")
        else:
            self.stop(K.NEXT_REPLY)
            self.resume(*IN_HAND_WAITS)

    def _opine(self, _next: Event | None) -> None:
        self.stop(K.SIGN, K.OPINION, department=self.who)

    def _reply(self, _next: Event | None) -> None:
        self.asked_reply = self.event.data
        self._goes_out()

    def _goes_out(self) -> None:
        self.stop(K.FIRST_CONTACT, K.NEXT_REPLY)
        self.resume(*IN_HAND_WAITS)
        self.pause("reply", K.SETTLE, K.PROMISE)
        self.begin(K.REVIEW, about="reply")
        self.reply = (self.at, self.asked_reply)
        self.claims[self.cycle] = Outcome(self.asked_reply["outcome"]) in (Outcome.SOLVED, Outcome.PARTLY)

    def _verify(self, _next: Event | None) -> None:
        assert self.reply is not None
        replied, said = self.reply
        self.stop(K.SETTLE, K.PROMISE, judged=replied)
        self.stop(K.REVIEW, about="reply")
        self.cut(K.SIGN, K.OPINION, K.RETURN_WINDOW)
        self.begin(K.RATING)
        if "rest_date" in said:
            self.begin(K.REST, department=self.lead, day=date.fromisoformat(said["rest_date"]))

    def _send_back(self, _next: Event | None) -> None:
        self.stop(K.REVIEW, about="reply")
        self.resume("reply")

    def _rate(self, following: Event | None) -> None:
        if self.event.before is S.AWAITING_RATING:
            self.stop(K.RATING)
        self._judged_by_the_enterprise(following)

    def _correct_rating(self, following: Event | None) -> None:
        self._judged_by_the_enterprise(following)

    def _judged_by_the_enterprise(self, following: Event | None) -> None:
        said = self.event.data
        bad = Solved(said["solved"]) is Solved.UNSOLVED or Level(said["level"]) in BAD_LEVELS
        if not bad:
            self.stop(K.REVIEW, about="rating")
        claimed = self.claims.get(self.cycle, False)
        self.bad[self.cycle] = bad and claimed
        opens = bad and claimed and sum(self.bad.values()) == 1
        opened = (
            following is not None
            and following.action is Action.REWORK
            and following.party is Party.SYSTEM
            and following.at == self.at
        )
        if opens != opened:
            self.problems.append(
                f"a rating that {'opens' if opens else 'does not open'} rework did not say so"
            )
        if bad and not opens and not any(self.live(K.REVIEW, about="rating")):
            self.begin(K.REVIEW, about="rating")

    def _expire_rating(self, _next: Event | None) -> None:
        (rating,) = self.live(K.RATING)
        if due_of(rating.facts, self.law) != self.at:
            self.problems.append("a rating window did not end when it ended")
        self.cut(K.RATING)

    def _rework(self, _next: Event | None) -> None:
        self.stop(K.REVIEW, about="rating")
        self.cut(K.REST)
        self.cycle += 1
        if self.event.after is S.ASSIGNED:
            assert self.lead is not None
            self.assign(self.lead)
        else:
            self.begin(K.DISPATCH)

    def _keep_closed(self, _next: Event | None) -> None:
        self.stop(K.REVIEW, about="rating")

    def _report_rest(self, _next: Event | None) -> None:
        self.stop(K.REST)

    def _withdraw(self, _next: Event | None) -> None:
        self.end_all()
        if self.event.before in IN_HAND:
            self.begin(K.REVIEW, about="withdrawal")

    def _check_withdrawal(self, _next: Event | None) -> None:
        self.stop(K.REVIEW, about="withdrawal")
        if self.event.after is S.ACCEPTED:
            self.release(supports=True, orders=True)
            self.begin(K.DISPATCH)

    def _supervise(self, _next: Event | None) -> None:
        self.begin(K.ORDER, department=self.lead)
        self.orders.append(self.clocks[-1])

    _instruct = _supervise

    def _answer_order(self, _next: Event | None) -> None:
        hand = self.orders[self.event.data["number"] - 1]
        if not hand.live:
            self.problems.append("an order that did not run was answered")
        due = due_of(hand.facts, self.law)
        hand.state = ClockState.MET if due is None or self.at <= due else ClockState.MISSED
        hand.stopped = hand.judged = self.at

    # -- asking and deciding -------------------------------------------------------------------

    def _any_ask(self, _next: Event | None) -> None:
        kind = self._kind
        if kind in self.requests:
            self.problems.append(f"{kind} was asked twice")
        if kind == "return":
            self.stop(K.RETURN_WINDOW)
        if kind == "sign_off":
            self.asked_reply = self.event.data
        self.begin(K.REVIEW, about=kind)
        self.requests[kind] = self.clocks[-1]

    def _any_cancel(self, _next: Event | None) -> None:
        self._drop(self._kind)

    def _any_decide(self, _next: Event | None) -> None:
        kind = self._kind
        if self.requests.pop(kind, None) is None:
            self.problems.append(f"{kind} was decided and not asked")
        self.stop(K.REVIEW, about=kind)
        if self.event.data["granted"]:
            getattr(self, f"_grant_{kind}")()

    def _grant_return(self) -> None:
        self.resume(*IN_HAND_WAITS)
        self.release(supports=True, orders=True)
        self.begin(K.DISPATCH)

    def _grant_extension(self) -> None:
        for hand in self.live(K.SETTLE, K.PROMISE):
            hand.extended += self.event.data["days"]

    def _grant_deferral(self) -> None:
        self.stop(K.NEXT_REPLY)
        self.pause("deferral", K.SETTLE, K.FIRST_CONTACT, K.OPINION, K.PROMISE)
        day = date.fromisoformat(self.event.data["next_reply"])
        self.begin(K.NEXT_REPLY, department=self.lead, day=day)

    def _grant_rejection(self) -> None:
        self.end_all()

    def _grant_sign_off(self) -> None:
        self._goes_out()

    def _grant_exclusion(self) -> None:
        """Figures leave the closing out; no clock moves."""

    def _grant_appeal(self) -> None:
        if self.event.before is S.REJECTED:
            self.begin(K.ACCEPT)
            return
        self.stop(K.REVIEW, about="rating")
        self.cut(K.REST)
        self.release(supports=True, orders=True)
        self.cycle += 1
        self.begin(K.DISPATCH)
