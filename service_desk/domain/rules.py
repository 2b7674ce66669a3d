"""The rules that states and roles alone cannot decide.

The docstring of a rule is the sentence people read when it does not hold; ``%(…)s`` in it names facts of
the situation.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache

from service_desk.domain.actions import Party
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.situation import Situation
from service_desk.domain.states import OPEN
from service_desk.domain.vocabulary import AssignmentState, RequestKind, Review, State

THIRD_MOVE = THIRD_CYCLE = 3
"""From these on the supervisor decides (the law, tables of the ticket and of requests)."""


Rule = Callable[[Situation], bool]


def nobody_who_handled(s: Situation) -> bool:
    """审核、回访和裁定须由没有经办过本诉求的人员进行。"""
    return not s.handled


def not_the_departments(s: Situation) -> bool:
    """主办或协办单位的人员不能评价、裁定本单位承办的诉求。"""
    return not s.of_the_departments


def nobody_who_took_part(s: Situation) -> bool:
    """复核须由没有参与过本诉求的督查员裁定。"""
    return not s.took_part


def against_nobody(s: Situation) -> bool:
    """投诉承办单位的诉求，由督查员选择主办单位。"""
    return not s.against_a_department


def against_a_department(s: Situation) -> bool:
    """督查员只为投诉承办单位的诉求选择主办单位，其他诉求由受理员派单。"""
    return s.against_a_department


def before_the_third_move(s: Situation) -> bool:
    """已流转 %(moves)s 次，第三次流转起由督查员决定。"""
    return s.moves + 1 < THIRD_MOVE


def waiting_support(s: Situation) -> bool:
    """本单位不是待签收的协办单位。"""
    return s.support is AssignmentState.WAITING


def live_support(s: Situation) -> bool:
    """本单位没有需要出具的协办意见。"""
    return s.support in (AssignmentState.WAITING, AssignmentState.SIGNED)


def handler_or_nobody_yet(s: Situation) -> bool:
    """科内转办由承办人本人或单位负责人进行。"""
    return s.is_handler or s.is_head or not s.has_handler


def first_contact_is_open(s: Situation) -> bool:
    """已经联系上企业，后续沟通请记入办理进展。"""
    return not s.contacted


def question_is_open(s: Situation) -> bool:
    """承办单位没有等待回复的问题；如需补充，请用“补充说明”。"""
    return s.asked_enterprise


def no_sign_off_wanted(s: Situation) -> bool:
    """本单位的答复须经单位负责人签发，请用“送签答复”。"""
    return not s.wants_sign_off


def sign_off_wanted(s: Situation) -> bool:
    """本单位的答复不须签发，请直接答复。"""
    return s.wants_sign_off


def signs_what_they_send(s: Situation) -> bool:
    """本单位的答复须经单位负责人签发，代办人不能自己签发自己的答复，请用“送签答复”。"""
    return Party.LEAD_HEAD in s.parties or not s.wants_sign_off


def no_sign_off_asked(s: Situation) -> bool:
    """答复正在等待单位负责人签发；如需改动，请先撤回送签。"""
    return RequestKind.SIGN_OFF not in s.requests


def wait_is_over(s: Situation) -> bool:
    """等待企业回复的期限还没有到。"""
    return s.wait_ends_at is not None and s.now >= s.wait_ends_at


def deferral_is_over(s: Situation) -> bool:
    """挂账期到 %(deferral_ends_at)s。"""
    return s.deferral_ends_at is not None and s.now >= s.deferral_ends_at


def window_has_ended(s: Situation) -> bool:
    """评价期到 %(rating_ends_at)s，还没有结束。"""
    return s.rating_ends_at is not None and s.now >= s.rating_ends_at


def closed_unrated_within_30_days(s: Situation) -> bool:
    """只有未评价的诉求，才可以在办结后 30 天内补评，期限到 %(may_rate_until)s。"""
    return not s.rated and s.may_rate_until is not None and s.now <= s.may_rate_until


def rating_to_correct(s: Situation) -> bool:
    """还没有评价，不能更改。"""
    return s.rated


def rating_not_corrected(s: Situation) -> bool:
    """评价只能更改一次，已经更改过了。"""
    return not s.rating_corrected


def within_two_working_days_of_rating(s: Situation) -> bool:
    """评价后 2 个工作日内可以更改，期限到 %(rating_correctable_until)s。"""
    return s.rating_correctable_until is not None and s.now <= s.rating_correctable_until


def first_bad_rating_of_a_claim(s: Situation) -> bool:
    """只有声称已解决或部分解决的答复首次被差评时，系统才自动重办。"""
    return s.last_rating_is_bad and s.bad_ratings == 1 and s.claims_solution


def rest_found_undone(s: Situation) -> bool:
    """余项没有回报，或企业已确认落实，不需要重办。"""
    return s.rest_unconfirmed


def lead_to_go_back_to(s: Situation) -> bool:
    """本诉求没有主办单位，重办后需要先派单。"""
    return s.had_lead


def no_lead_to_go_back_to(s: Situation) -> bool:
    """本诉求有主办单位，重办后直接交回。"""
    return not s.had_lead


def before_the_third_cycle(s: Situation) -> bool:
    """第三轮起的重办由督查员决定。"""
    return s.cycle + 1 < THIRD_CYCLE


def bad_rating_without_rework(s: Situation) -> bool:
    """只有被差评且没有重办的诉求，才需要决定是否维持办结。"""
    return s.last_rating_is_bad and Review.RATING in s.reviews


def withdrawal_under_review(s: Situation) -> bool:
    """这次撤回不需要核实，或者已经核实过了。"""
    return Review.WITHDRAWAL in s.reviews


def rest_is_running(s: Situation) -> bool:
    """没有需要回报的余项。"""
    return s.rest_running


def rest_was_reported(s: Situation) -> bool:
    """承办单位还没有回报余项的落实情况，或者您已经确认过了。"""
    return s.rest_reported


def rest_may_still_be_confirmed(s: Situation) -> bool:
    """落实情况的确认期到 %(rest_confirmable_until)s，已经结束。"""
    return s.rest_confirmable_until is not None and s.now <= s.rest_confirmable_until


def urge_not_used_today(s: Situation) -> bool:
    """今天已经催办过，下一个工作日可以再次催办。"""
    return s.may_urge


def order_is_running(s: Situation) -> bool:
    """没有待回复的督办单。"""
    return s.orders_running > 0


def grave_corrections_by_the_supervisor(s: Situation) -> bool:
    """降低紧急程度、派单后延长时限、改按复杂事项办理，由督查员更正。"""
    return Party.SUPERVISOR in s.parties


def no_lead_to_answer(s: Situation) -> bool:
    """有主办单位的，督办单由主办单位回复。"""
    return not s.had_lead


def complaint_against_a_department(s: Situation) -> bool:
    """只有投诉承办单位的诉求，才需要询问被投诉单位。"""
    return s.against_a_department


def no_inquiry_open(s: Situation) -> bool:
    """上一次询问还没有收到回复。"""
    return not s.inquiry_is_open


def inquiry_is_open(s: Situation) -> bool:
    """没有待回复的询问。"""
    return s.inquiry_is_open


def open_or_badly_rated(s: Situation) -> bool:
    """已办结的诉求只有在被差评时才能督办。"""
    return s.state in OPEN or s.last_rating_is_bad


def joined_an_incident(s: Situation) -> bool:
    """这件诉求没有关联共性问题。"""
    return s.in_incident


def one_return_an_assignment(s: Situation) -> bool:
    """每次交办只能申请一次退单，本次已经申请过了。"""
    return not s.return_asked


def inside_the_return_window(s: Situation) -> bool:
    """退单期限已过（%(return_window_ends)s）。"""
    return s.return_window_ends is not None and s.now <= s.return_window_ends


def before_due(s: Situation) -> bool:
    """延期须在到期之前申请，办理时限 %(settle_due)s 已到。"""
    return s.settle_due is None or s.now < s.settle_due


def extensions_left(s: Situation) -> bool:
    """这类诉求最多延期 %(most_extensions)s 次，已延期 %(extensions)s 次。"""
    return s.extensions < s.most_extensions


def first_extension(s: Situation) -> bool:
    """第二次延期由督查员审批。"""
    return s.extensions == 0


def supplement_has_ended(s: Situation) -> bool:
    """补正期到 %(supplement_ends_at)s，期满仍未补正才可以拟不予受理。"""
    if s.state is not State.SUPPLEMENTING:
        return True
    return s.supplement_ends_at is not None and s.now > s.supplement_ends_at


def within_ten_working_days(s: Situation) -> bool:
    """须在 10 个工作日内提出，期限到 %(objections_until)s。"""
    return s.objections_until is not None and s.now <= s.objections_until


def not_appealed_before(s: Situation) -> bool:
    """每件诉求只能申请一次复核，已经申请过了。"""
    return not s.appealed


@cache
def about(kind: RequestKind) -> tuple[Rule, Rule, Rule, Rule]:
    """The rules about a request of this kind: none open; open; asked by this person; by another."""

    def none_open(s: Situation) -> bool:
        return kind not in s.requests

    def is_open(s: Situation) -> bool:
        return kind in s.requests

    def asked_by_this_person(s: Situation) -> bool:
        return kind in s.own_requests

    def asked_by_another(s: Situation) -> bool:
        return kind not in s.own_requests

    none_open.__doc__ = say("已有一份“%(kind)s”申请在等待审批。", kind=kind)
    is_open.__doc__ = say("没有待审批的“%(kind)s”申请。", kind=kind)
    asked_by_this_person.__doc__ = "申请只能由提出的人撤销。"
    asked_by_another.__doc__ = "申请人和审批人不能是同一个人。"
    return none_open, is_open, asked_by_this_person, asked_by_another


RULES_ABOUT_THE_PERSON = frozenset(
    {
        nobody_who_handled,
        not_the_departments,
        nobody_who_took_part,
        before_the_third_cycle,
        before_the_third_move,
        first_extension,
        against_nobody,
        against_a_department,
        no_lead_to_answer,
        handler_or_nobody_yet,
        no_sign_off_wanted,
        sign_off_wanted,
        signs_what_they_send,
        grave_corrections_by_the_supervisor,
    }
    | {rule for kind in RequestKind for rule in about(kind)[2:]}
)
"""Whoever breaks one of these is refused; the others say that it is not the time."""

SEPARATIONS = frozenset(
    {nobody_who_handled, not_the_departments, nobody_who_took_part, signs_what_they_send}
    | {about(kind)[3] for kind in RequestKind}
)
"""Rules that keep two people apart: they hold for whoever acts as well as for whom they stand in for."""

NAMED_FACT = re.compile(r"%\((\w+)\)s")


def sentence(rule: Rule, situation: Situation) -> Sentence:
    """What a rule says when it does not hold; ``%(…)s`` in it names facts of the situation."""
    words = (rule.__doc__ or "").strip()
    facts = {name: getattr(situation, name) for name in NAMED_FACT.findall(words)}
    return say(words, **{name: _in_words(fact) for name, fact in facts.items()})


def _in_words(fact: object) -> object:
    return f"{fact:%Y-%m-%d %H:%M}" if isinstance(fact, datetime) else "—" if fact is None else fact
