"""What a fact row records: the moment that dates it, the outcomes it is marked with, and the part it plays."""

from enum import IntFlag

from service_desk.domain.vocabulary import ClockKind, Word


class Moment(Word):
    """What one row counts, named by the instant that puts it into a period."""

    SUBMIT = "submit", "提交"
    ACCEPT = "accept", "首次受理"
    FIRST_DISPATCH = "first_dispatch", "首次派单"
    DISPATCH = "dispatch", "派单或改派"
    DECISION = "decision", "退单裁定"
    REPLY = "reply", "答复"
    FIRST_CLOSE = "first_close", "首次办结"
    CLOSE = "close", "办结"
    AFTERMATH = "aftermath", "办结满 90 天"
    NOW = "now", "截至时点在办"
    ACCEPT_DUE = "accept_due", "受理到期"
    SIGN_DUE = "sign_due", "主办签收到期"
    CONTACT_DUE = "contact_due", "首次联系到期"
    OPINION_DUE = "opinion_due", "协办意见到期"
    SETTLE_DUE = "settle_due", "办理到期"
    PROMISE_DUE = "promise_due", "承诺到期"


DUE_MOMENTS = {
    ClockKind.ACCEPT: Moment.ACCEPT_DUE,
    ClockKind.SIGN: Moment.SIGN_DUE,
    ClockKind.FIRST_CONTACT: Moment.CONTACT_DUE,
    ClockKind.OPINION: Moment.OPINION_DUE,
    ClockKind.SETTLE: Moment.SETTLE_DUE,
    ClockKind.PROMISE: Moment.PROMISE_DUE,
}


class Part(Word):
    """The part a row plays in a figure."""

    NUMERATOR = "numerator", "分子"
    DENOMINATOR = "denominator", "分母"
    EXCLUDED = "excluded", "剔除"
    AMOUNT = "amount", "数值"


class Mark(IntFlag):
    """Outcomes of a row: a bit each."""

    NONE = 0
    # a ticket as of the instant
    CLOSED = 1 << 0
    MERGED = 1 << 1
    WITHDRAWN = 1 << 2
    REJECTED = 1 << 3
    DEFERRED = 1 << 4
    SETTLED_WELL = 1 << 5  # verified as 已解决, and not rated 未解决
    LATER_CYCLE = 1 << 6
    # a clock
    MET = 1 << 7
    MET_ORIGINAL = 1 << 8
    VERIFIED = 1 << 9
    EXTENDED = 1 << 10
    # a dispatch, a decision on a return, a reply
    RETURNED = 1 << 11
    REFUSED = 1 << 12
    SENT_BACK = 1 << 13
    # a closing, 90 days on
    FOLLOWED = 1 << 19  # a new ticket of the same enterprise and category came meanwhile
    # a closing
    BY_DEPARTMENT = 1 << 14
    RATED = 1 << 15
    RATED_SOLVED = 1 << 16
    SATISFIED = 1 << 17
    STRICTLY_SATISFIED = 1 << 18
    BAD = 1 << 20
    REOPENED = 1 << 21
    RATED_PARTLY = 1 << 22
    RATED_UNSOLVED = 1 << 23
    VERY_SATISFIED = 1 << 24
    PLAINLY_SATISFIED = 1 << 25
    FAIRLY_SATISFIED = 1 << 26
    DISSATISFIED = 1 << 27
    VERY_DISSATISFIED = 1 << 28
    # granted exclusions
    OUT_OF_SOLVED = 1 << 29
    OUT_OF_SATISFIED = 1 << 30
    OUT_OF_ON_TIME = 1 << 31
