"""The indicators, each defined once: screens, workbooks, the API and the 口径说明 sheet all read this table."""

from dataclasses import dataclass

from service_desk.domain.figures.marks import Mark, Moment
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Word


class Measure(Word):
    """What the number says and how it is printed."""

    COUNT = "count", "件数"
    SHARE = "share", "比率"
    PER_TICKET = "per_ticket", "平均次数"
    MEAN = "mean", "平均工作日"
    MEDIAN = "median", "工作日中位数"
    P90 = "p90", "九成办结工作日"

    @property
    def adds_amounts(self) -> bool:
        """Whether the numerator is a sum of the rows' amounts, not a count of rows."""
        return self in (Measure.PER_TICKET, Measure.MEAN)


@dataclass(frozen=True)
class Indicator:
    """One figure, as data.

    Of the rows of ``moment`` that bear every mark of ``of``, those with any mark of ``less`` are excluded, the rest
    are the denominator, and those of the rest that bear every mark of ``counts`` are the numerator.
    """

    key: str
    label: str
    moment: Moment
    numerator: str
    denominator: str | None
    period: str
    counts: Mark = Mark.NONE
    of: Mark = Mark.NONE
    less: Mark = Mark.NONE
    measure: Measure = Measure.SHARE
    remark: str = ""

    @property
    def definition(self) -> str:
        """The sentence for the 口径说明 sheet."""
        of = f"分母：{self.denominator}；" if self.denominator else ""
        return f"分子：{self.numerator}；{of}归期：{self.period}。{self.remark}"

    @property
    def has_period(self) -> bool:
        """Whether the figure belongs to a period; those that say how things stand now have none."""
        return self.moment is not Moment.NOW


_ENDED = Mark.MERGED | Mark.WITHDRAWN

INDICATORS = (
    Indicator(
        "submitted", "提交数", Moment.SUBMIT, "期内提交的诉求", None, "提交时间", measure=Measure.COUNT
    ),
    Indicator(
        "accepted", "受理数", Moment.ACCEPT, "期内首次受理或直接答复的诉求", None, "首次受理时间", measure=Measure.COUNT
    ),
    Indicator(
        "accept_in_time", "受理及时率", Moment.ACCEPT_DUE,
        "按时受理的受理时限", "期内到期的受理时限", "到期时间", counts=Mark.MET,
    ),
    Indicator(
        "sign_in_time", "签收及时率", Moment.SIGN_DUE,
        "按时签收的主办签收时限", "期内到期的主办签收时限", "到期时间", counts=Mark.MET,
    ),
    Indicator(
        "response", "响应率", Moment.CONTACT_DUE,
        "按时首次联系企业的时限", "期内到期的首次联系时限", "到期时间", counts=Mark.MET,
    ),
    Indicator(
        "opinion_in_time", "协办及时率", Moment.OPINION_DUE,
        "按时提出的协办意见时限", "期内到期的协办意见时限", "到期时间", counts=Mark.MET,
    ),
    Indicator(
        "closing", "办结率", Moment.ACCEPT,
        "截至时点已办结的诉求", "期内首次受理或直接答复的诉求，减去已并单、已撤回、不予受理的", "首次受理时间",
        counts=Mark.CLOSED, less=_ENDED | Mark.REJECTED,
    ),
    Indicator(
        "closing_due", "应办结率", Moment.SETTLE_DUE,
        "答复已审核通过的办理时限", "期内到期的办理时限", "现到期时间", counts=Mark.VERIFIED,
        remark="延期的按延期后的到期时间；挂账等暂停中、到期时间未定的不计入。",
    ),
    Indicator(
        "on_time", "按时办结率", Moment.SETTLE_DUE,
        "按时办结的办理时限", "期内到期的办理时限", "现到期时间",
        counts=Mark.MET, less=Mark.OUT_OF_ON_TIME, remark="以答复时间判定；批准剔除的不计入。",
    ),
    Indicator(
        "on_time_original", "按时办结率（原时限）", Moment.SETTLE_DUE,
        "审核通过的答复不晚于原到期时间的办理时限", "期内到期的办理时限", "现到期时间",
        counts=Mark.MET_ORIGINAL, less=Mark.OUT_OF_ON_TIME, remark="不计延期；批准剔除的不计入。",
    ),
    Indicator(
        "kept_promise", "承诺兑现率", Moment.PROMISE_DUE,
        "按时兑现的承诺时限", "期内到期的承诺时限", "到期时间", counts=Mark.MET,
        remark="承诺时限自提交起算，退单、改派不重新计时。",
    ),
    Indicator(
        "solved", "解决率", Moment.CLOSE,
        "企业评价“已解决”的办结", "企业已评价的办结", "办结时间",
        counts=Mark.RATED_SOLVED, of=Mark.RATED, less=Mark.OUT_OF_SOLVED,
        remark="重办的每次办结各计一次，以更改后的评价为准；批准剔除的不计入。",
    ),
    Indicator(
        "solved_all", "解决率（全口径）", Moment.SUBMIT,
        "审核通过的结果为“已解决”且企业未评“未解决”的诉求", "期内提交的诉求，减去已撤回、已并单的", "提交时间",
        counts=Mark.SETTLED_WELL, less=_ENDED, remark="以最后一次审核通过的答复及其办结的评价为准；直接答复不算。",
    ),
    Indicator(
        "solved_assigned", "交办解决率", Moment.FIRST_DISPATCH,
        "审核通过的结果为“已解决”且企业未评“未解决”的诉求", "期内首次派单的诉求，减去已撤回、已并单的", "首次派单时间",
        counts=Mark.SETTLED_WELL, less=_ENDED, remark="以最后一次审核通过的答复及其办结的评价为准。",
    ),
    Indicator(
        "satisfied", "满意率", Moment.CLOSE,
        "评价为非常满意、满意、基本满意的办结", "企业已评价的办结", "办结时间",
        counts=Mark.SATISFIED, of=Mark.RATED, less=Mark.OUT_OF_SATISFIED, remark="批准剔除的不计入。",
    ),
    Indicator(
        "satisfied_strict", "满意率（不含基本满意）", Moment.CLOSE,
        "评价为非常满意、满意的办结", "企业已评价的办结", "办结时间",
        counts=Mark.STRICTLY_SATISFIED, of=Mark.RATED, less=Mark.OUT_OF_SATISFIED, remark="批准剔除的不计入。",
    ),
    Indicator(
        "rated", "参评率", Moment.CLOSE, "企业已评价的办结", "全部办结", "办结时间", counts=Mark.RATED,
        remark="逾期未评即为未评，不计为好评。",
    ),
    Indicator(
        "returned", "退单率", Moment.DISPATCH, "承办单位申请退单的派单", "派单与改派次数", "派单时间",
        counts=Mark.RETURNED,
    ),
    Indicator(
        "wrongly_returned", "不当退单率", Moment.DECISION, "未获同意的退单", "已裁定的退单", "裁定时间",
        counts=Mark.REFUSED,
    ),
    Indicator(
        "moves", "平均流转次数", Moment.FIRST_DISPATCH, "这些诉求截至时点的派单与改派次数", "期内首次派单的诉求",
        "首次派单时间", measure=Measure.PER_TICKET,
    ),
    Indicator(
        "extended", "延期率", Moment.SETTLE_DUE, "获准延期的办理时限", "期内到期的办理时限", "现到期时间",
        counts=Mark.EXTENDED,
    ),
    Indicator(
        "deferred", "挂账率", Moment.NOW, "截至时点挂账的诉求", "截至时点在办（未办结）的诉求", "不分期，按截至时点",
        counts=Mark.DEFERRED,
    ),
    Indicator(
        "sent_back", "退回补办率", Moment.REPLY, "被退回补办的答复", "已审核（通过或退回）的答复", "答复时间",
        counts=Mark.SENT_BACK,
    ),
    Indicator(
        "reworked", "重办率", Moment.FIRST_CLOSE, "截至时点已重办的诉求", "期内首次办结的诉求", "首次办结时间",
        counts=Mark.LATER_CYCLE, remark="含申请复核获准而重新办理的。",
    ),
    Indicator(
        "rebound", "重复诉求率", Moment.AFTERMATH,
        "办结后 90×24 小时内同一企业又提交同类诉求的办结", "距截至时点满 90×24 小时的办结", "办结时间",
        counts=Mark.FOLLOWED, remark="并单和属于共性问题的新诉求不算。",
    ),
    *(
        Indicator(
            f"duration_{measure}", say("办理时长（%(measure)s）", measure=say(word)), Moment.CLOSE,
            numerator, "承办单位的办结", "办结时间", of=Mark.BY_DEPARTMENT, measure=measure,
            remark="自受理（重办为重办）次日起至审核通过的答复当日止的工作日，收办时处于暂停的不计；当日办结为 0。",
        )
        for measure, word, numerator in (
            (Measure.MEAN, "平均", "用时（工作日）合计"),
            (Measure.MEDIAN, "中位数", "用时由短到长排列，第 50% 位的值（最近序位法）"),
            (Measure.P90, "九成", "用时由短到长排列，第 90% 位的值（最近序位法）"),
        )
    ),
)  # fmt: skip

_LEVELS = (
    ("level_very_satisfied", "非常满意", Mark.VERY_SATISFIED),
    ("level_satisfied", "满意", Mark.PLAINLY_SATISFIED),
    ("level_fairly_satisfied", "基本满意", Mark.FAIRLY_SATISFIED),
    ("level_dissatisfied", "不满意", Mark.DISSATISFIED),
    ("level_very_dissatisfied", "非常不满意", Mark.VERY_DISSATISFIED),
)

# Only reports ask for these; they are no rows of the figures.
REPORT_INDICATORS = (
    Indicator("closings", "办结数", Moment.CLOSE, "期内办结", None, "办结时间", measure=Measure.COUNT),
    *(
        Indicator(
            key, label, Moment.CLOSE, say("评价为%(level)s的办结", level=say(label)), None, "办结时间",
            of=mark, measure=Measure.COUNT,
        )
        for key, label, mark in _LEVELS
    ),
    Indicator(
        "bad", "差评率", Moment.CLOSE, "评价为不满意、非常不满意或未解决的办结", "企业已评价的办结", "办结时间",
        counts=Mark.BAD, of=Mark.RATED,
    ),
    Indicator(
        "bad_reworked", "差评重办率", Moment.CLOSE, "差评后又重办的办结", "差评的办结", "办结时间",
        counts=Mark.REOPENED, of=Mark.BAD,
    ),
)  # fmt: skip

BY_KEY = {indicator.key: indicator for indicator in (*INDICATORS, *REPORT_INDICATORS)}
