"""The law of the ticket: one table of steps, asked about a situation.

Buttons, forms, permissions, notices, ``flask workflow`` and the tests read this table; nothing else
compares one state with another.
"""

from dataclasses import KW_ONLY, dataclass
from typing import Any

from service_desk.domain.actions import ASK, CANCEL, DECIDE, FIELDS, Action, Field, Party
from service_desk.domain.errors import DeskError, OutOfTurn, Refused
from service_desk.domain.rules import (
    RULES_ABOUT_THE_PERSON,
    SEPARATIONS,
    Rule,
    about,
    against_a_department,
    against_nobody,
    bad_rating_without_rework,
    before_due,
    before_the_third_cycle,
    before_the_third_move,
    closed_unrated_within_30_days,
    complaint_against_a_department,
    deferral_is_over,
    extensions_left,
    first_bad_rating_of_a_claim,
    first_contact_is_open,
    first_extension,
    grave_corrections_by_the_supervisor,
    handler_or_nobody_yet,
    inquiry_is_open,
    inside_the_return_window,
    joined_an_incident,
    lead_to_go_back_to,
    live_support,
    no_inquiry_open,
    no_lead_to_answer,
    no_lead_to_go_back_to,
    no_sign_off_asked,
    no_sign_off_wanted,
    nobody_who_handled,
    nobody_who_took_part,
    not_appealed_before,
    not_the_departments,
    one_return_an_assignment,
    open_or_badly_rated,
    order_is_running,
    question_is_open,
    rating_not_corrected,
    rating_to_correct,
    rest_found_undone,
    rest_is_running,
    rest_may_still_be_confirmed,
    rest_was_reported,
    sentence,
    sign_off_wanted,
    signs_what_they_send,
    supplement_has_ended,
    urge_not_used_today,
    wait_is_over,
    waiting_support,
    window_has_ended,
    withdrawal_under_review,
    within_ten_working_days,
    within_two_working_days_of_rating,
)
from service_desk.domain.sentences import say
from service_desk.domain.situation import Situation
from service_desk.domain.states import ASKED_IN, IN_HAND, OPEN, SUBMITTED_STATES
from service_desk.domain.vocabulary import (
    AssignmentRole,
    ClockKind,
    RequestKind,
    Review,
    State,
    Wait,
)


@dataclass(frozen=True)
class Step:
    """One row of the table: who takes which action from where to where, and which clocks move.

    ``to`` is None where the state stays. ``starts`` are the clocks of the ticket and its lead,
    ``support_starts`` those of each support. ``judges`` ends clocks as of the last reply's instant,
    the pause since then dropped; ``cuts`` ends clocks as an end of the ticket would, and ``ends`` cuts off
    every open clock. ``waits`` begins a pause of the clocks it names, ``resumes`` ends such pauses.
    ``review`` says which review clock is stopped or cut here, ``opens`` what one that is started is about.
    ``releases`` takes the ticket from the lead, or from lead and supports: their clocks are void.
    ``public`` lines are read by the enterprise. ``variant`` tells rows apart
    that what was given decides, such as a request granted.
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
    waits: Wait | None = None
    resumes: tuple[Wait, ...] = ()
    judges: tuple[ClockKind, ...] = ()
    cuts: tuple[ClockKind, ...] = ()
    ends: bool = False
    review: Review | None = None
    opens: Review | None = None
    releases: tuple[AssignmentRole, ...] = ()
    opens_cycle: bool = False
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
GRANTED = "granted"
GRAVE = "grave"
"""A correction that lowers the urgency, lengthens a limit after dispatch or grants 复杂."""
SUPPORT_STARTS = (K.SIGN, K.OPINION)
LEAD_STARTS = (K.SIGN, K.RETURN_WINDOW, K.FIRST_CONTACT, K.SETTLE)
REWORK_STARTS = (K.SIGN, K.FIRST_CONTACT, K.SETTLE)
LEAD_ONLY = (AssignmentRole.LEAD,)
LEAD_AND_SUPPORTS = (AssignmentRole.LEAD, AssignmentRole.SUPPORT)
PAUSED_BY = {
    Wait.SUPPLEMENT: (K.ACCEPT, K.PROMISE),
    Wait.QUESTION: (K.SETTLE, K.PROMISE),
    Wait.DEFERRAL: (K.SETTLE, K.FIRST_CONTACT, K.OPINION, K.PROMISE),
    Wait.REPLY: (K.SETTLE, K.PROMISE),
}
"""Which clocks stand still while something is waited for."""
IN_HAND_WAITS = (Wait.QUESTION, Wait.DEFERRAL)
R = RequestKind


def asking(
    kind: RequestKind,
    who: frozenset[Party],
    deciders: tuple[tuple[Party, tuple[Rule, ...]], ...],
    *,
    when: tuple[Rule, ...] = (),
    stops: tuple[ClockKind, ...] = (),
    public: bool = False,
) -> tuple[Step, ...]:
    """The rows of a request that change no state: asked, refused, cancelled."""
    none_open, is_open, by_this_person, by_another = about(kind)
    states, review = ASKED_IN[kind], Review(kind.value)
    asked = Step(ASK[kind], states, None, who, when=(none_open, *when), opens=review,
                 stops=stops, starts=(K.REVIEW,), public=public)  # fmt: skip
    refused = tuple(
        Step(DECIDE[kind], states, None, by(party), when=(is_open, nobody_who_handled, by_another, *rules),
             stops=(K.REVIEW,), review=review, public=public)
        for party, rules in deciders
    )  # fmt: skip
    cancelled = Step(CANCEL[kind], states, None, who, when=(is_open, by_this_person), cuts=(K.REVIEW,),
                     review=review, public=public)  # fmt: skip
    return (asked, *refused, cancelled)


def granting(
    kind: RequestKind,
    sources: frozenset[State],
    to: State | None,
    deciders: tuple[tuple[Party, tuple[Rule, ...]], ...],
    *,
    public: bool = True,
    **moves: Any,
) -> tuple[Step, ...]:
    """The rows of a request that is granted: whoever may refuse it may grant it."""
    _, is_open, _, by_another = about(kind)
    stops = (K.REVIEW, *moves.pop("stops", ()))
    return tuple(
        Step(DECIDE[kind], sources, to, by(party), when=(is_open, nobody_who_handled, by_another, *rules),
             stops=stops, review=Review(kind.value), public=public, variant=GRANTED, **moves)
        for party, rules in deciders
    )  # fmt: skip


RETURN_BY = ((P.CLERK, (before_the_third_move,)), (P.SUPERVISOR, ()))
EXTENSION_BY = ((P.CLERK, (first_extension,)), (P.SUPERVISOR, ()))
SUPERVISOR = ((P.SUPERVISOR, ()),)
EXCLUSION_BY = ((P.SUPERVISOR, (not_the_departments,)),)
APPEAL_BY = ((P.SUPERVISOR, (nobody_who_took_part,)),)
SIGN_OFF_BY = ((P.LEAD_HEAD, ()),)

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

    Step(A.ASK_SUPPLEMENT, at(S.SUBMITTED), S.SUPPLEMENTING, by(P.CLERK),
         waits=Wait.SUPPLEMENT, starts=(K.SUPPLEMENT,)),
    Step(A.SUPPLEMENT, at(S.SUPPLEMENTING), S.SUBMITTED, by(P.CONTACT),
         stops=(K.SUPPLEMENT,), resumes=(Wait.SUPPLEMENT,)),
    Step(A.MERGE, at(S.SUBMITTED, S.ACCEPTED), S.MERGED, by(P.CLERK), ends=True),
    Step(A.UNMERGE, at(S.MERGED), S.SUBMITTED, by(P.CLERK), starts=(K.ACCEPT,)),
    Step(A.SPLIT, at(S.SUBMITTED, S.ACCEPTED), None, by(P.CLERK)),
    Step(A.JOIN_INCIDENT, OPEN, None, by(P.CLERK), public=False),
    Step(A.LEAVE_INCIDENT, OPEN, None, by(P.CLERK), when=(joined_an_incident,), public=False),

    Step(A.SIGN, at(S.ASSIGNED), S.IN_PROGRESS, by(P.LEAD), stops=(K.SIGN,)),
    Step(A.SIGN, IN_HAND | at(S.REPLIED), None, by(P.SUPPORT),
         when=(waiting_support,), stops=(K.SIGN,), public=False),
    Step(A.FIRST_CONTACT, at(S.IN_PROGRESS), None, by(P.LEAD),
         when=(first_contact_is_open,), stops=(K.FIRST_CONTACT,)),
    Step(A.REPLY, at(S.IN_PROGRESS, S.DEFERRED), S.REPLIED, by(P.LEAD_HEAD),
         when=(signs_what_they_send, no_sign_off_asked),
         stops=(K.FIRST_CONTACT, K.NEXT_REPLY), resumes=IN_HAND_WAITS, waits=Wait.REPLY,
         starts=(K.REVIEW,), opens=Review.REPLY, public=False),
    Step(A.REPLY, at(S.IN_PROGRESS, S.DEFERRED), S.REPLIED, by(P.LEAD), when=(no_sign_off_wanted, no_sign_off_asked),
         stops=(K.FIRST_CONTACT, K.NEXT_REPLY), resumes=IN_HAND_WAITS, waits=Wait.REPLY,
         starts=(K.REVIEW,), opens=Review.REPLY, public=False),
    Step(A.PROGRESS, at(S.IN_PROGRESS, S.DEFERRED), None, by(P.LEAD, P.SUPPORT), public=False),
    Step(A.ASK_ENTERPRISE, at(S.IN_PROGRESS), None, by(P.LEAD), stops=(K.FIRST_CONTACT,), waits=Wait.QUESTION),
    Step(A.INFORM, at(S.IN_PROGRESS), None, by(P.CONTACT), when=(question_is_open,), resumes=(Wait.QUESTION,)),
    Step(A.OPINE, at(S.IN_PROGRESS, S.DEFERRED, S.REPLIED), None, by(P.SUPPORT),
         when=(live_support,), stops=(K.SIGN, K.OPINION), public=False),
    Step(A.HAND_OVER, IN_HAND, None, by(P.LEAD_HEAD), public=False),
    Step(A.HAND_OVER, IN_HAND, None, by(P.LEAD), when=(handler_or_nobody_yet,), public=False),
    Step(A.HAND_OVER, IN_HAND, None, by(P.SUPPORT), when=(live_support, handler_or_nobody_yet), public=False),
    # Ordered by an administrator for somebody who leaves: see desk/caseloads.
    Step(A.HAND_OVER, IN_HAND, None, by(P.SYSTEM), public=False),
    Step(A.RESUME, at(S.DEFERRED), S.IN_PROGRESS, by(P.LEAD, P.CLERK), stops=(K.NEXT_REPLY,), resumes=IN_HAND_WAITS),
    Step(A.RESUME, at(S.DEFERRED), S.IN_PROGRESS, by(P.SYSTEM), when=(deferral_is_over,),
         stops=(K.NEXT_REPLY,), resumes=IN_HAND_WAITS),
    Step(A.RESUME, at(S.IN_PROGRESS, S.DEFERRED), None, by(P.SYSTEM), when=(wait_is_over,), resumes=(Wait.QUESTION,)),
    Step(A.REDISPATCH, IN_HAND, S.ASSIGNED, by(P.CLERK), when=(against_nobody, before_the_third_move),
         releases=LEAD_ONLY, resumes=IN_HAND_WAITS, starts=LEAD_STARTS),
    Step(A.REDISPATCH, IN_HAND, S.ASSIGNED, by(P.SUPERVISOR),
         releases=LEAD_ONLY, resumes=IN_HAND_WAITS, starts=LEAD_STARTS),
    Step(A.ADD_SUPPORT, IN_HAND, None, by(P.CLERK), support_starts=SUPPORT_STARTS),
    Step(A.RELEASE_SUPPORT, IN_HAND, None, by(P.CLERK), public=False),

    *asking(R.RETURN, by(P.LEAD), RETURN_BY, when=(one_return_an_assignment, inside_the_return_window),
            stops=(K.RETURN_WINDOW,)),
    *granting(R.RETURN, ASKED_IN[R.RETURN], S.ACCEPTED, RETURN_BY, public=False,
              releases=LEAD_AND_SUPPORTS, resumes=IN_HAND_WAITS, starts=(K.DISPATCH,)),
    *asking(R.EXTENSION, by(P.LEAD), EXTENSION_BY, when=(before_due, extensions_left)),
    *granting(R.EXTENSION, ASKED_IN[R.EXTENSION], None, EXTENSION_BY),
    *asking(R.DEFERRAL, by(P.LEAD), SUPERVISOR),
    *granting(R.DEFERRAL, ASKED_IN[R.DEFERRAL], S.DEFERRED, SUPERVISOR,
              stops=(K.NEXT_REPLY,), waits=Wait.DEFERRAL, starts=(K.NEXT_REPLY,)),
    *asking(R.SIGN_OFF, by(P.LEAD), SIGN_OFF_BY, when=(sign_off_wanted,)),
    *granting(R.SIGN_OFF, ASKED_IN[R.SIGN_OFF], S.REPLIED, SIGN_OFF_BY, public=False,
              stops=(K.FIRST_CONTACT, K.NEXT_REPLY), resumes=IN_HAND_WAITS, waits=Wait.REPLY, starts=(K.REVIEW,),
              opens=Review.REPLY),
    *asking(R.REJECTION, by(P.CLERK), SUPERVISOR, when=(supplement_has_ended,)),
    *granting(R.REJECTION, ASKED_IN[R.REJECTION], S.REJECTED, SUPERVISOR, ends=True),

    Step(A.VERIFY, at(S.REPLIED), S.AWAITING_RATING, DESK,
         when=(nobody_who_handled,), stops=(K.REVIEW,), review=Review.REPLY, starts=(K.RATING,),
         judges=(K.SETTLE, K.PROMISE), cuts=(K.SIGN, K.OPINION, K.RETURN_WINDOW)),
    Step(A.SEND_BACK, at(S.REPLIED), S.IN_PROGRESS, DESK,
         when=(nobody_who_handled,), stops=(K.REVIEW,), review=Review.REPLY, resumes=(Wait.REPLY,), public=False),

    Step(A.RATE, at(S.AWAITING_RATING), S.CLOSED, by(P.CONTACT, P.QUALITY),
         when=(not_the_departments, nobody_who_handled), stops=(K.RATING,)),
    Step(A.RATE, at(S.CLOSED), None, by(P.CONTACT, P.QUALITY),
         when=(not_the_departments, nobody_who_handled, closed_unrated_within_30_days)),
    Step(A.CORRECT_RATING, at(S.CLOSED), None, by(P.CONTACT),
         when=(not_the_departments, rating_to_correct, rating_not_corrected, within_two_working_days_of_rating)),
    Step(A.EXPIRE_RATING, at(S.AWAITING_RATING), S.CLOSED, by(P.SYSTEM), when=(window_has_ended,), cuts=(K.RATING,)),

    Step(A.REWORK, at(S.CLOSED), S.ASSIGNED, by(P.SYSTEM), when=(lead_to_go_back_to, first_bad_rating_of_a_claim),
         stops=(K.REVIEW,), review=Review.RATING, cuts=(K.REST,), starts=REWORK_STARTS, opens_cycle=True),
    Step(A.REWORK, at(S.CLOSED), S.ASSIGNED, by(P.SYSTEM), when=(lead_to_go_back_to, rest_found_undone),
         stops=(K.REVIEW,), review=Review.RATING, cuts=(K.REST,), starts=REWORK_STARTS, opens_cycle=True),
    Step(A.REWORK, at(S.CLOSED), S.ASSIGNED, by(P.CLERK),
         when=(lead_to_go_back_to, nobody_who_handled, before_the_third_cycle),
         stops=(K.REVIEW,), review=Review.RATING, cuts=(K.REST,), starts=REWORK_STARTS, opens_cycle=True),
    Step(A.REWORK, at(S.CLOSED), S.ASSIGNED, by(P.SUPERVISOR), when=(lead_to_go_back_to, nobody_who_handled),
         stops=(K.REVIEW,), review=Review.RATING, cuts=(K.REST,), starts=REWORK_STARTS, opens_cycle=True),
    Step(A.REWORK, at(S.CLOSED), S.ACCEPTED, by(P.CLERK),
         when=(no_lead_to_go_back_to, nobody_who_handled, before_the_third_cycle),
         stops=(K.REVIEW,), review=Review.RATING, starts=(K.DISPATCH,), opens_cycle=True),
    Step(A.REWORK, at(S.CLOSED), S.ACCEPTED, by(P.SUPERVISOR), when=(no_lead_to_go_back_to, nobody_who_handled),
         stops=(K.REVIEW,), review=Review.RATING, starts=(K.DISPATCH,), opens_cycle=True),
    Step(A.KEEP_CLOSED, at(S.CLOSED), None, by(P.SUPERVISOR),
         when=(nobody_who_handled, bad_rating_without_rework), stops=(K.REVIEW,), review=Review.RATING),
    Step(A.REPORT_REST, at(S.CLOSED), None, by(P.LEAD), when=(rest_is_running,), stops=(K.REST,)),
    Step(A.CONFIRM_REST, at(S.CLOSED), None, by(P.CONTACT), when=(rest_was_reported, rest_may_still_be_confirmed)),
    *asking(R.EXCLUSION, by(P.LEAD), EXCLUSION_BY, when=(within_ten_working_days,)),
    *granting(R.EXCLUSION, ASKED_IN[R.EXCLUSION], None, EXCLUSION_BY, public=False),
    *asking(R.APPEAL, by(P.CONTACT), APPEAL_BY, when=(not_appealed_before, within_ten_working_days), public=True),
    *granting(R.APPEAL, at(S.REJECTED), S.SUBMITTED, APPEAL_BY, starts=(K.ACCEPT,)),
    *granting(R.APPEAL, at(S.CLOSED), S.ACCEPTED, APPEAL_BY, cuts=(K.REST,), releases=LEAD_AND_SUPPORTS,
              starts=(K.DISPATCH,), opens_cycle=True),

    Step(A.ADD_INFO, OPEN, None, by(P.CONTACT)),
    Step(A.URGE, OPEN, None, by(P.CONTACT), when=(urge_not_used_today,)),
    Step(A.URGE, OPEN, None, by(P.CLERK, P.SUPERVISOR)),
    Step(A.CORRECT, OPEN, None, by(P.CLERK, P.SUPERVISOR), public=False),
    Step(A.CORRECT, OPEN, None, by(P.CLERK, P.SUPERVISOR), when=(grave_corrections_by_the_supervisor,),
         public=False, variant=GRAVE),
    Step(A.NOTE, SUBMITTED_STATES, None, by(P.CLERK, P.QUALITY, P.SUPERVISOR), public=False),
    Step(A.INQUIRE, OPEN, None, by(P.CLERK, P.SUPERVISOR),
         when=(complaint_against_a_department, no_inquiry_open), public=False),
    Step(A.ANSWER_INQUIRY, SUBMITTED_STATES, None, by(P.RESPONDENT), when=(inquiry_is_open,), public=False),
    Step(A.SUPERVISE, OPEN | at(S.CLOSED), None, by(P.SUPERVISOR, P.SYSTEM), when=(open_or_badly_rated,), public=False),
    Step(A.INSTRUCT, OPEN | at(S.CLOSED), None, by(P.LEADER), when=(open_or_badly_rated,), public=False),
    Step(A.ANSWER_ORDER, SUBMITTED_STATES, None, by(P.LEAD), when=(order_is_running,), public=False),
    Step(A.ANSWER_ORDER, SUBMITTED_STATES, None, by(P.CLERK), when=(no_lead_to_answer, order_is_running), public=False),
    Step(A.RECALCULATE, SUBMITTED_STATES, None, by(P.SYSTEM), public=False),
    Step(A.WITHDRAW, at(S.SUBMITTED, S.SUPPLEMENTING, S.ACCEPTED), S.WITHDRAWN, by(P.CONTACT), ends=True),
    Step(A.WITHDRAW, IN_HAND, S.WITHDRAWN, by(P.CONTACT), ends=True,
         starts=(K.REVIEW,), opens=Review.WITHDRAWAL),
    Step(A.CHECK_WITHDRAWAL, at(S.WITHDRAWN), None, by(P.QUALITY), review=Review.WITHDRAWAL,
         when=(nobody_who_handled, withdrawal_under_review), stops=(K.REVIEW,), public=False),
    Step(A.CHECK_WITHDRAWAL, at(S.WITHDRAWN), S.ACCEPTED, by(P.QUALITY), review=Review.WITHDRAWAL,
         variant=UNDER_PRESSURE, when=(nobody_who_handled, withdrawal_under_review),
         stops=(K.REVIEW,), releases=LEAD_AND_SUPPORTS, starts=(K.DISPATCH,), public=False),
)
# fmt: on

REACHED = frozenset(step.to for step in STEPS if step.to is not None)
"""The states the table leads to."""


def offers(situation: Situation) -> tuple[Step, ...]:
    """The steps open to this person on this ticket now, in the order of the table: the buttons on the page.

    An action is offered once, whatever rows fit; what is given then decides the variant. What somebody may do
    themselves they do not do in a colleague's place.
    """
    own = {step.action for step in STEPS if _own_problem(step, situation) is None}
    fitting = (
        step for step in STEPS if (_own_problem if step.action in own else _problem)(step, situation) is None
    )
    return tuple({step.action: step for step in reversed(tuple(fitting))}.values())[::-1]


def step_for(action: Action, situation: Situation, *, variant: str = "") -> Step:
    """The step that ``action`` is in this situation.

    Raises ``OutOfTurn`` where the state or a rule forbids it and ``Refused`` where this person may not.
    Of several rows the one that comes closest to fitting explains the refusal.
    """
    problems: list[_Problem] = []
    rows = [row for row in STEPS if row.action is action and row.variant == variant]
    for ask in (_own_problem, _problem):
        problems.clear()
        for step in rows:
            problem = ask(step, situation)
            if problem is None:
                return step
            problems.append(problem)
    closest = max(problems, key=lambda problem: problem.closeness)
    if closest.closeness == WRONG_STATE:
        raise wrong_state(action, situation.state, frozenset().union(*(row.sources for row in rows)))
    if closest.closeness == WRONG_PARTY:
        here = (row.by for row in rows if situation.state in row.sources)
        raise wrong_party(action, frozenset().union(*here))
    raise closest.error(situation)


def wrong_state(action: Action, state: State, sources: frozenset[State]) -> OutOfTurn:
    """The refusal of an action that the state does not allow."""
    needed = tuple(say("“%(state)s”", state=each) for each in State if each in sources)
    sentence = "“%(action)s”需要%(needed)s，现在是“%(state)s”。"
    return OutOfTurn(say(sentence, action=action, needed=needed, state=state), needed=needed)


def wrong_party(action: Action, parties: frozenset[Party]) -> Refused:
    """The refusal of people in another capacity than these."""
    people = tuple(party for party in Party if party in parties - {Party.SYSTEM})
    who = people or (Party.SYSTEM,)
    return Refused(say("“%(action)s”由%(who)s办理，您没有这项权限。", action=action, who=who), who=who)


WRONG_STATE, WRONG_PARTY = 0, 1


@dataclass(frozen=True)
class _Problem:
    """Why a row does not fit; ``closeness`` grows with how many of its conditions did.

    What people are told is put into words only where somebody is told: pages ask about every row.
    """

    closeness: int
    rule: Rule | None = None

    def error(self, situation: Situation) -> DeskError:
        """The refusal of the rule that does not hold."""
        if self.rule is None:
            raise LookupError("a wrong state or person breaks no rule")
        kind = Refused if self.rule in RULES_ABOUT_THE_PERSON else OutOfTurn
        return kind(sentence(self.rule, situation))


def place_of(step: Step, situation: Situation) -> Situation:
    """The situation in which a step that fits is open: the person's own, or that of whom they stand in for."""
    if _own_problem(step, situation) is None:
        return situation
    return next(each for each in situation.instead if _problem_instead(step, each, situation) is None)


def _problem(step: Step, situation: Situation) -> _Problem | None:
    """Why a row does not fit this person, nor anybody they stand in for."""
    problems = [_own_problem(step, situation)]
    problems += [_problem_instead(step, each, situation) for each in situation.instead]
    found = [problem for problem in problems if problem is not None]
    return max(found, key=lambda problem: problem.closeness) if len(found) == len(problems) else None


def _problem_instead(step: Step, theirs: Situation, own: Situation) -> _Problem | None:
    """Why a row does not fit in a colleague's place: the colleague may not, or whoever acts is to be kept out of it."""
    problem = _own_problem(step, theirs)
    if problem is not None:
        return problem
    for closeness, rule in enumerate(step.when, start=WRONG_PARTY + 1):
        if rule in SEPARATIONS and not rule(own):
            return _Problem(closeness, rule)
    return None


def _own_problem(step: Step, situation: Situation) -> _Problem | None:
    if situation.state not in step.sources:
        return _Problem(WRONG_STATE)
    if not situation.parties & step.by:
        return _Problem(WRONG_PARTY)
    for closeness, rule in enumerate(step.when, start=WRONG_PARTY + 1):
        if not rule(situation):
            return _Problem(closeness, rule)
    return None
