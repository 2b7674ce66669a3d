"""The law of the ticket: one table of steps, asked about a situation.

Buttons, forms, permissions, notices, ``flask workflow`` and the tests read this table; nothing else
compares one state with another.
"""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import datetime

from service_desk.domain.actions import FIELDS, Action, Field, Party
from service_desk.domain.errors import DeskError, OutOfTurn, Refused
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import AssignmentState, ClockKind, State

OPEN = frozenset(
    {
        State.SUBMITTED,
        State.SUPPLEMENTING,
        State.ACCEPTED,
        State.ASSIGNED,
        State.IN_PROGRESS,
        State.DEFERRED,
        State.REPLIED,
    }
)
ENDED = frozenset({State.CLOSED, State.REJECTED, State.WITHDRAWN, State.MERGED})
IN_HAND = frozenset({State.ASSIGNED, State.IN_PROGRESS, State.DEFERRED})
SUBMITTED_STATES = frozenset(State) - {State.DRAFT}

# Which clocks the person whose turn it is works against; lists show and sort by the one due first.
TURN_CLOCKS = {
    State.SUBMITTED: (ClockKind.ACCEPT,),
    State.SUPPLEMENTING: (ClockKind.SUPPLEMENT,),
    State.ACCEPTED: (ClockKind.DISPATCH,),
    State.ASSIGNED: (ClockKind.SIGN,),
    State.IN_PROGRESS: (ClockKind.FIRST_CONTACT, ClockKind.SETTLE),
    State.DEFERRED: (ClockKind.NEXT_REPLY,),
    State.REPLIED: (ClockKind.REVIEW,),
    State.AWAITING_RATING: (ClockKind.RATING,),
    State.CLOSED: (ClockKind.REVIEW,),
    State.WITHDRAWN: (ClockKind.REVIEW,),
}

STAGES = {
    State.DRAFT: 1,
    State.SUBMITTED: 1,
    State.SUPPLEMENTING: 1,
    State.ACCEPTED: 2,
    State.ASSIGNED: 3,
    State.IN_PROGRESS: 3,
    State.DEFERRED: 3,
    State.REPLIED: 4,
    State.AWAITING_RATING: 4,
}


def stage(state: State) -> int:
    """The stage 1–4 on the status bar; ends stand at the last one."""
    return STAGES.get(state, 4)


@dataclass(frozen=True, kw_only=True)
class Situation:
    """The facts about one person before one ticket at one instant, taken from the rows once."""

    state: State
    parties: frozenset[Party]
    now: datetime
    cycle: int = 1
    handled: bool = False
    """This person signed, was handed, contacted, replied or answered directly, in any cycle."""
    of_the_departments: bool = False
    """This person belongs to the lead or a support of the ticket, past ones included."""
    had_lead: bool = False
    support: AssignmentState | None = None
    """The state of this person's department's own support assignment."""
    contacted: bool = False
    """The first contact of this cycle has been made."""
    rated: bool = False
    """The last closing has its rating."""
    bad_ratings: int = 0
    """Bad ratings so far of replies that claimed a solution."""
    claims_solution: bool = False
    """The last reply claimed 已解决 or 部分解决."""
    last_rating_is_bad: bool = False
    review_running: bool = False
    may_rate_until: datetime | None = None
    """End of the 30 × 24 h in which a ticket closed unrated may still be rated."""
    rating_ends_at: datetime | None = None
    orders_running: int = 0
    may_urge: bool = True
    against_a_department: bool = False
    """It is a complaint against a department."""


Rule = Callable[[Situation], bool]


def nobody_who_handled(s: Situation) -> bool:
    """审核、回访和裁定须由没有经办过本诉求的人员进行。"""
    return not s.handled


def not_the_departments(s: Situation) -> bool:
    """主办或协办单位的人员不能评价自己承办的诉求。"""
    return not s.of_the_departments


def against_nobody(s: Situation) -> bool:
    """投诉承办单位的诉求，由督查员选择主办单位。"""
    return not s.against_a_department


def against_a_department(s: Situation) -> bool:
    """督查员只为投诉承办单位的诉求选择主办单位，其他诉求由受理员派单。"""
    return s.against_a_department


def waiting_support(s: Situation) -> bool:
    """本单位不是待签收的协办单位。"""
    return s.support is AssignmentState.WAITING


def live_support(s: Situation) -> bool:
    """本单位没有需要出具的协办意见。"""
    return s.support in (AssignmentState.WAITING, AssignmentState.SIGNED)


def first_contact_is_open(s: Situation) -> bool:
    """本轮首次联系已经记录，后续沟通请记入办理进展。"""
    return not s.contacted


def window_has_ended(s: Situation) -> bool:
    """评价期还没有结束。"""
    return s.rating_ends_at is not None and s.now > s.rating_ends_at


def closed_unrated_within_30_days(s: Situation) -> bool:
    """只有未评价的诉求，才可以在办结后 30 天内补评。"""
    return not s.rated and s.may_rate_until is not None and s.now <= s.may_rate_until


def first_bad_rating_of_a_claim(s: Situation) -> bool:
    """只有声称已解决或部分解决的答复首次被差评时，系统才自动重办。"""
    return s.last_rating_is_bad and s.bad_ratings == 1 and s.claims_solution


def lead_to_go_back_to(s: Situation) -> bool:
    """本诉求没有主办单位，重办后需要先派单。"""
    return s.had_lead


def no_lead_to_go_back_to(s: Situation) -> bool:
    """本诉求有主办单位，重办后直接交回。"""
    return not s.had_lead


def before_the_third_cycle(s: Situation) -> bool:
    """第三轮起的重办由督查员决定。"""
    return s.cycle < 2  # noqa: PLR2004 - the rework about to be opened would be cycle 3


def bad_rating_without_rework(s: Situation) -> bool:
    """只有被差评且没有重办的诉求，才需要决定是否维持办结。"""
    return s.last_rating_is_bad and s.review_running


def withdrawal_under_review(s: Situation) -> bool:
    """这次撤回不需要核实，或者已经核实过了。"""
    return s.review_running


def urge_not_used_today(s: Situation) -> bool:
    """今天已经催办过，下一个工作日可以再次催办。"""
    return s.may_urge


def order_is_running(s: Situation) -> bool:
    """没有待回复的督办单。"""
    return s.orders_running > 0


def no_lead_to_answer(s: Situation) -> bool:
    """有主办单位的，督办单由主办单位回复。"""
    return not s.had_lead


def open_or_badly_rated(s: Situation) -> bool:
    """已办结的诉求只有在被差评时才能督办。"""
    return s.state in OPEN or s.last_rating_is_bad


@dataclass(frozen=True)
class Step:
    """One row of the table: who takes which action from where to where, and which clocks move.

    ``to`` is None where the state stays. ``starts`` are the clocks of the ticket and its lead,
    ``support_starts`` those of each support. ``judges`` ends clocks as of the last reply's instant,
    the pause since then dropped; ``cuts`` ends clocks as an end of the ticket would, and ``ends`` cuts off
    every open clock. ``public`` lines are
    read by the enterprise. ``variant`` tells rows apart that what was given decides, such as a
    withdrawal found to be made under pressure.
    """

    action: Action
    sources: frozenset[State]
    to: State | None
    by: frozenset[Party]
    _: KW_ONLY
    when: tuple[Rule, ...] = ()
    stops: tuple[ClockKind, ...] = ()
    starts: tuple[ClockKind, ...] = ()
    support_starts: tuple[ClockKind, ...] = ()
    pauses: tuple[ClockKind, ...] = ()
    resumes: tuple[ClockKind, ...] = ()
    judges: tuple[ClockKind, ...] = ()
    cuts: tuple[ClockKind, ...] = ()
    ends: bool = False
    public: bool = True
    variant: str = ""

    @property
    def fields(self) -> tuple[Field, ...]:
        """What the action asks for."""
        return FIELDS[self.action]


A, S, P, K = Action, State, Party, ClockKind


def at(*states: State) -> frozenset[State]:
    """The states a step starts from."""
    return frozenset(states)


def by(*parties: Party) -> frozenset[Party]:
    """Those who may take a step."""
    return frozenset(parties)


DESK = by(P.CLERK, P.QUALITY)
UNDER_PRESSURE = "under_pressure"
SUPPORT_STARTS = (K.SIGN, K.OPINION)
LEAD_STARTS = (K.SIGN, K.RETURN_WINDOW, K.FIRST_CONTACT, K.SETTLE)
REWORK_STARTS = (K.SIGN, K.FIRST_CONTACT, K.SETTLE)

# fmt: off
STEPS: tuple[Step, ...] = (
    Step(A.SUBMIT, at(S.DRAFT), S.SUBMITTED, by(P.CONTACT, P.CLERK, P.OFFICER), starts=(K.ACCEPT, K.PROMISE)),
    Step(A.ACCEPT, at(S.SUBMITTED), S.ACCEPTED, by(P.CLERK), stops=(K.ACCEPT,), starts=(K.DISPATCH,)),
    Step(A.DISPATCH, at(S.ACCEPTED), S.ASSIGNED, by(P.CLERK), when=(against_nobody,),
         stops=(K.DISPATCH,), starts=LEAD_STARTS, support_starts=SUPPORT_STARTS),
    Step(A.DISPATCH, at(S.ACCEPTED), S.ASSIGNED, by(P.SUPERVISOR), when=(against_a_department,),
         stops=(K.DISPATCH,), starts=LEAD_STARTS, support_starts=SUPPORT_STARTS),
    Step(A.ANSWER, at(S.SUBMITTED, S.ACCEPTED), S.AWAITING_RATING, by(P.CLERK),
         stops=(K.ACCEPT, K.DISPATCH, K.PROMISE), starts=(K.RATING,)),

    Step(A.SIGN, at(S.ASSIGNED), S.IN_PROGRESS, by(P.LEAD), stops=(K.SIGN,)),
    Step(A.SIGN, IN_HAND | at(S.REPLIED), None, by(P.SUPPORT),
         when=(waiting_support,), stops=(K.SIGN,), public=False),
    Step(A.FIRST_CONTACT, at(S.IN_PROGRESS), None, by(P.LEAD),
         when=(first_contact_is_open,), stops=(K.FIRST_CONTACT,)),
    Step(A.REPLY, at(S.IN_PROGRESS, S.DEFERRED), S.REPLIED, by(P.LEAD),
         stops=(K.FIRST_CONTACT, K.NEXT_REPLY), pauses=(K.SETTLE, K.PROMISE), starts=(K.REVIEW,), public=False),
    Step(A.PROGRESS, at(S.IN_PROGRESS, S.DEFERRED), None, by(P.LEAD, P.SUPPORT), public=False),
    Step(A.OPINE, at(S.IN_PROGRESS, S.DEFERRED, S.REPLIED), None, by(P.SUPPORT),
         when=(live_support,), stops=(K.SIGN, K.OPINION), public=False),
    Step(A.HAND_OVER, IN_HAND, None, by(P.LEAD), public=False),

    Step(A.VERIFY, at(S.REPLIED), S.AWAITING_RATING, DESK,
         when=(nobody_who_handled,), stops=(K.REVIEW,), starts=(K.RATING,),
         judges=(K.SETTLE, K.PROMISE), cuts=(K.SIGN, K.OPINION, K.RETURN_WINDOW)),
    Step(A.SEND_BACK, at(S.REPLIED), S.IN_PROGRESS, DESK,
         when=(nobody_who_handled,), stops=(K.REVIEW,), resumes=(K.SETTLE, K.PROMISE), public=False),

    Step(A.RATE, at(S.AWAITING_RATING), S.CLOSED, by(P.CONTACT, P.QUALITY),
         when=(not_the_departments, nobody_who_handled), stops=(K.RATING,)),
    Step(A.RATE, at(S.CLOSED), None, by(P.CONTACT, P.QUALITY),
         when=(not_the_departments, nobody_who_handled, closed_unrated_within_30_days)),
    Step(A.EXPIRE_RATING, at(S.AWAITING_RATING), S.CLOSED, by(P.SYSTEM), when=(window_has_ended,), stops=(K.RATING,)),

    Step(A.REWORK, at(S.CLOSED), S.ASSIGNED, by(P.SYSTEM),
         when=(lead_to_go_back_to, first_bad_rating_of_a_claim), starts=REWORK_STARTS),
    Step(A.REWORK, at(S.CLOSED), S.ASSIGNED, by(P.CLERK),
         when=(lead_to_go_back_to, nobody_who_handled, before_the_third_cycle),
         stops=(K.REVIEW,), starts=REWORK_STARTS),
    Step(A.REWORK, at(S.CLOSED), S.ASSIGNED, by(P.SUPERVISOR),
         when=(lead_to_go_back_to, nobody_who_handled), stops=(K.REVIEW,), starts=REWORK_STARTS),
    Step(A.REWORK, at(S.CLOSED), S.ACCEPTED, by(P.CLERK),
         when=(no_lead_to_go_back_to, nobody_who_handled, before_the_third_cycle),
         stops=(K.REVIEW,), starts=(K.DISPATCH,)),
    Step(A.REWORK, at(S.CLOSED), S.ACCEPTED, by(P.SUPERVISOR),
         when=(no_lead_to_go_back_to, nobody_who_handled), stops=(K.REVIEW,), starts=(K.DISPATCH,)),
    Step(A.KEEP_CLOSED, at(S.CLOSED), None, by(P.SUPERVISOR),
         when=(nobody_who_handled, bad_rating_without_rework), stops=(K.REVIEW,)),

    Step(A.ADD_INFO, OPEN, None, by(P.CONTACT)),
    Step(A.URGE, OPEN, None, by(P.CONTACT), when=(urge_not_used_today,)),
    Step(A.URGE, OPEN, None, by(P.CLERK, P.SUPERVISOR)),
    Step(A.NOTE, SUBMITTED_STATES, None, by(P.CLERK, P.QUALITY, P.SUPERVISOR), public=False),
    Step(A.SUPERVISE, OPEN | at(S.CLOSED), None, by(P.SUPERVISOR, P.SYSTEM), when=(open_or_badly_rated,), public=False),
    Step(A.ANSWER_ORDER, SUBMITTED_STATES, None, by(P.LEAD), when=(order_is_running,), public=False),
    Step(A.ANSWER_ORDER, SUBMITTED_STATES, None, by(P.CLERK), when=(no_lead_to_answer, order_is_running), public=False),
    Step(A.WITHDRAW, at(S.SUBMITTED, S.SUPPLEMENTING, S.ACCEPTED), S.WITHDRAWN, by(P.CONTACT), ends=True),
    Step(A.WITHDRAW, IN_HAND, S.WITHDRAWN, by(P.CONTACT), ends=True, starts=(K.REVIEW,)),
    Step(A.CHECK_WITHDRAWAL, at(S.WITHDRAWN), None, by(P.QUALITY),
         when=(nobody_who_handled, withdrawal_under_review), stops=(K.REVIEW,), public=False),
    Step(A.CHECK_WITHDRAWAL, at(S.WITHDRAWN), S.ACCEPTED, by(P.QUALITY), variant=UNDER_PRESSURE,
         when=(nobody_who_handled, withdrawal_under_review), stops=(K.REVIEW,), starts=(K.DISPATCH,), public=False),
)
# fmt: on

REACHED = frozenset(step.to for step in STEPS if step.to is not None)
"""The states the table leads to."""

RULES_ABOUT_THE_PERSON: frozenset[Rule] = frozenset(
    {
        nobody_who_handled,
        not_the_departments,
        before_the_third_cycle,
        against_nobody,
        against_a_department,
        no_lead_to_answer,
    }
)


def offers(situation: Situation) -> tuple[Step, ...]:
    """The steps open to this person on this ticket now, in the order of the table: the buttons on the page.

    An action is offered once, whatever rows fit; what is given then decides the variant.
    """
    fitting = (step for step in STEPS if _problem(step, situation) is None)
    return tuple({step.action: step for step in reversed(tuple(fitting))}.values())[::-1]


def step_for(action: Action, situation: Situation, *, variant: str = "") -> Step:
    """The step that ``action`` is in this situation.

    Raises ``OutOfTurn`` where the state or a rule forbids it and ``Refused`` where this person may not.
    Of several rows the one that comes closest to fitting explains the refusal.
    """
    problems = []
    rows = [row for row in STEPS if row.action is action and row.variant == variant]
    for step in rows:
        problem = _problem(step, situation)
        if problem is None:
            return step
        problems.append(problem)
    closest = max(problems, key=lambda problem: problem.closeness)
    if closest.closeness == 0:
        raise _wrong_state(action, situation.state, frozenset().union(*(row.sources for row in rows)))
    raise closest.error


def _wrong_state(action: Action, state: State, sources: frozenset[State]) -> OutOfTurn:
    needed = tuple(say("“%(state)s”", state=each) for each in State if each in sources)
    return OutOfTurn(
        say("“%(action)s”需要%(needed)s，现在是“%(state)s”。", action=action, needed=needed, state=state)
    )


@dataclass(frozen=True)
class _Problem:
    """Why a row does not fit; ``closeness`` grows with how many of its conditions did."""

    closeness: int
    error: DeskError


def _problem(step: Step, situation: Situation) -> _Problem | None:
    if situation.state not in step.sources:
        return _Problem(0, _wrong_state(step.action, situation.state, step.sources))
    if not situation.parties & step.by:
        who = tuple(party for party in Party if party in step.by)
        return _Problem(
            1, Refused(say("“%(action)s”由%(who)s办理，您没有这项权限。", action=step.action, who=who))
        )
    for closeness, rule in enumerate(step.when, start=2):
        if not rule(situation):
            kind = Refused if rule in RULES_ABOUT_THE_PERSON else OutOfTurn
            return _Problem(closeness, kind((rule.__doc__ or "").strip()))
    return None
