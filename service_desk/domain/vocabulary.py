"""The words of the desk: closed sets, each member with its Chinese label."""

from enum import StrEnum
from typing import Self


class Word(StrEnum):
    """A value for the database and the API, and the label people read."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """A member from its value and its label."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value
        return member

    @classmethod
    def labelled(cls, label: str) -> Self:
        """The member that people call ``label``; ``ValueError`` where there is none."""
        for member in cls:
            if member.label == label:
                return member
        raise ValueError(label)


class Role(Word):
    CONTACT = "contact", "企业联系人"
    CLERK = "clerk", "受理员"
    QUALITY = "quality", "回访员"
    HANDLER = "handler", "经办人"
    HEAD = "head", "单位负责人"
    OFFICER = "officer", "服务专员"
    LEADER = "leader", "包联领导"
    SUPERVISOR = "supervisor", "督查员"
    ADMIN = "admin", "系统管理员"
    AUDITOR = "auditor", "审计员"


class State(Word):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "待受理"
    SUPPLEMENTING = "supplementing", "待补正"
    ACCEPTED = "accepted", "待派单"
    ASSIGNED = "assigned", "待签收"
    IN_PROGRESS = "in_progress", "办理中"
    DEFERRED = "deferred", "挂账"
    REPLIED = "replied", "待审核"
    AWAITING_RATING = "awaiting_rating", "待评价"
    CLOSED = "closed", "已办结"
    REJECTED = "rejected", "不予受理"
    WITHDRAWN = "withdrawn", "已撤回"
    MERGED = "merged", "已并单"


class Nature(Word):
    ENQUIRY = "enquiry", "咨询"
    HELP = "help", "求助"
    COMPLAINT = "complaint", "投诉"
    SUGGESTION = "suggestion", "建议"


class Urgency(Word):
    CRITICAL = "critical", "特急"
    URGENT = "urgent", "紧急"
    NORMAL = "normal", "一般"


class LimitClass(Word):
    """Which column of the limits table a ticket is judged by; one per ticket."""

    CRITICAL = "critical", "特急"
    URGENT = "urgent", "紧急"
    NORMAL = "normal", "一般"
    COMPLEX = "complex", "复杂"
    COMPLAINT = "complaint", "投诉"
    ENQUIRY = "enquiry", "咨询"
    ARREARS = "arrears", "拖欠"


class Source(Word):
    ENTERPRISE = "enterprise", "企业自提"
    VISIT = "visit", "走访"
    HOTLINE = "hotline", "热线转入"
    ABOVE = "above", "上级转办"
    LEADER = "leader", "领导批示"
    MEETING = "meeting", "座谈会"
    ON_SITE = "on_site", "现场办公"

    @property
    def is_from_above(self) -> bool:
        """Whether it comes with a paper: from whom, its number, and the dates it names."""
        return self in (Source.HOTLINE, Source.ABOVE, Source.LEADER)


class Payer(Word):
    """Who owes, in a matter of arrears (State Council decree 802)."""

    GOVERNMENT = "government", "政府机关"
    INSTITUTION = "institution", "事业单位"
    LARGE_ENTERPRISE = "large_enterprise", "大型企业"
    OTHER = "other", "其他"


class Outcome(Word):
    SOLVED = "solved", "已解决"
    PARTLY = "partly", "部分解决"
    POLICY = "policy", "政策解释"
    LEGAL_ROUTE = "legal_route", "引导依法维权"
    MARKET = "market", "市场行为说明"
    UNREACHABLE = "unreachable", "多次联系未果"
    ESCALATED = "escalated", "报请上级协调"

    @property
    def claims_solution(self) -> bool:
        """Whether the reply says that something was solved: only such a claim can be disproved."""
        return self in (Outcome.SOLVED, Outcome.PARTLY)


class Solved(Word):
    SOLVED = "solved", "已解决"
    PARTLY = "partly", "部分解决"
    UNSOLVED = "unsolved", "未解决"


class Level(Word):
    VERY_SATISFIED = "very_satisfied", "非常满意"
    SATISFIED = "satisfied", "满意"
    FAIRLY_SATISFIED = "fairly_satisfied", "基本满意"
    DISSATISFIED = "dissatisfied", "不满意"
    VERY_DISSATISFIED = "very_dissatisfied", "非常不满意"


def is_bad_rating(solved: Solved, level: Level) -> bool:
    """差评: 未解决, or one of the two lowest levels."""
    return solved is Solved.UNSOLVED or level in (Level.DISSATISFIED, Level.VERY_DISSATISFIED)


class ClockKind(Word):
    ACCEPT = "accept", "受理"
    DISPATCH = "dispatch", "派单"
    SIGN = "sign", "签收"
    RETURN_WINDOW = "return_window", "退单期限"
    FIRST_CONTACT = "first_contact", "首次联系"
    OPINION = "opinion", "协办意见"
    SETTLE = "settle", "办理"
    REVIEW = "review", "审核"
    PROMISE = "promise", "承诺答复"
    SUPPLEMENT = "supplement", "补正"
    RATING = "rating", "评价"
    ORDER = "order", "督办回复"
    NEXT_REPLY = "next_reply", "下次答复"
    REST = "rest", "余项落实"


class Wait(Word):
    """Why a clock stands still."""

    SUPPLEMENT = "supplement", "等待补正"
    QUESTION = "question", "等待企业回复"
    DEFERRAL = "deferral", "挂账"
    REPLY = "reply", "等待审核"


class RequestKind(Word):
    """What one person asks and another decides."""

    RETURN = "return", "退单"
    EXTENSION = "extension", "延期"
    DEFERRAL = "deferral", "挂账"
    REJECTION = "rejection", "不予受理"
    SIGN_OFF = "sign_off", "签发"
    EXCLUSION = "exclusion", "剔除"
    APPEAL = "appeal", "申请复核"


class ApprovalState(Word):
    """Where a request to decide stands."""

    OPEN = "open", "待审批"
    GRANTED = "granted", "同意"
    REFUSED = "refused", "不同意"
    CANCELLED = "cancelled", "已撤销"
    LAPSED = "lapsed", "已失效"


class Review(Word):
    """What a review clock waits for: a reply, a bad rating or a withdrawal to be looked at, or a request."""

    REPLY = "reply", "答复"
    RATING = "rating", "差评"
    WITHDRAWAL = "withdrawal", "撤回"
    RETURN = "return", "退单"
    EXTENSION = "extension", "延期"
    DEFERRAL = "deferral", "挂账"
    REJECTION = "rejection", "不予受理"
    SIGN_OFF = "sign_off", "签发"
    EXCLUSION = "exclusion", "剔除"
    APPEAL = "appeal", "申请复核"


class ExcludedFigure(Word):
    """The figure of a closing that an exclusion takes it out of."""

    SOLVED = "solved", "解决率"
    SATISFIED = "satisfied", "满意率"
    ON_TIME = "on_time", "按时办结率"


class ClockState(Word):
    RUNNING = "running", "计时中"
    PAUSED = "paused", "暂停中"
    MET = "met", "按时"
    MISSED = "missed", "超期"
    VOID = "void", "作废"


class Unit(Word):
    WORKING_DAYS = "working_days", "个工作日"
    WORKING_HOURS = "working_hours", "个工作小时"
    NATURAL_DAYS = "natural_days", "个自然日"
    DATE = "date", "指定日期"


class OrderLevel(Word):
    FIRST = "1", "一级"
    SECOND = "2", "二级"
    THIRD = "3", "三级"


class CardColour(Word):
    YELLOW = "yellow", "黄牌"
    RED = "red", "红牌"


class AssignmentRole(Word):
    LEAD = "lead", "主办"
    SUPPORT = "support", "协办"


class AssignmentState(Word):
    WAITING = "waiting", "待签收"
    SIGNED = "signed", "已签收"
    DONE = "done", "已完成"
    RELEASED = "released", "已解除"


class Standing(Word):
    """What the clock says at an instant; computed, never stored."""

    CALM = "calm", "办理期内"
    DUE_SOON = "due_soon", "即将到期"
    DUE_TODAY = "due_today", "今天到期"
    OVERDUE = "overdue", "已超期"
    PAUSED = "paused", "暂停中"
    FINISHED = "finished", "已结束"
