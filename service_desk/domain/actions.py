"""The actions of the desk, the parties who take them, and the fields each one asks for."""

from dataclasses import dataclass, replace

from service_desk.domain.vocabulary import (
    ExcludedFigure,
    Level,
    Nature,
    OrderLevel,
    Outcome,
    Payer,
    RequestKind,
    Solved,
    Source,
    Urgency,
    Word,
)


class Action(Word):
    SUBMIT = "submit", "提交"
    ADD_INFO = "add_info", "补充说明"
    NOTE = "note", "内部备注"
    CORRECT = "correct", "更正"
    ASK_SUPPLEMENT = "ask_supplement", "要求补正"
    SUPPLEMENT = "supplement", "补正"
    ACCEPT = "accept", "受理"
    ANSWER = "answer", "直接答复"
    MERGE = "merge", "并单"
    UNMERGE = "unmerge", "取消并单"
    SPLIT = "split", "拆单"
    JOIN_INCIDENT = "join_incident", "关联共性问题"
    LEAVE_INCIDENT = "leave_incident", "取消关联"
    DISPATCH = "dispatch", "派单"
    REDISPATCH = "redispatch", "改派"
    ADD_SUPPORT = "add_support", "增加协办"
    RELEASE_SUPPORT = "release_support", "取消协办"
    SIGN = "sign", "签收"
    HAND_OVER = "hand_over", "科内转办"
    FIRST_CONTACT = "first_contact", "首次联系"
    PROGRESS = "progress", "办理进展"
    ASK_ENTERPRISE = "ask_enterprise", "请企业补充"
    INFORM = "inform", "企业回复"
    OPINE = "opine", "协办意见"
    REPLY = "reply", "答复"
    RESUME = "resume", "恢复办理"
    VERIFY = "verify", "审核通过"
    SEND_BACK = "send_back", "退回补办"
    RATE = "rate", "评价"
    CORRECT_RATING = "correct_rating", "更改评价"
    EXPIRE_RATING = "expire_rating", "逾期未评"
    REWORK = "rework", "重办"
    KEEP_CLOSED = "keep_closed", "维持办结"
    REPORT_REST = "report_rest", "落实情况回报"
    CONFIRM_REST = "confirm_rest", "落实确认"
    WITHDRAW = "withdraw", "撤回"
    CHECK_WITHDRAWAL = "check_withdrawal", "撤回核实"
    URGE = "urge", "催办"
    INQUIRE = "inquire", "询问被投诉单位"
    ANSWER_INQUIRY = "answer_inquiry", "回复询问"
    SUPERVISE = "supervise", "督办"
    INSTRUCT = "instruct", "批示"
    ANSWER_ORDER = "answer_order", "督办回复"
    RECALCULATE = "recalculate", "时限重算"
    ASK_RETURN = "ask_return", "申请退单"
    DECIDE_RETURN = "decide_return", "审批退单"
    CANCEL_RETURN = "cancel_return", "撤销退单申请"
    ASK_EXTENSION = "ask_extension", "申请延期"
    DECIDE_EXTENSION = "decide_extension", "审批延期"
    CANCEL_EXTENSION = "cancel_extension", "撤销延期申请"
    ASK_DEFERRAL = "ask_deferral", "申请挂账"
    DECIDE_DEFERRAL = "decide_deferral", "审批挂账"
    CANCEL_DEFERRAL = "cancel_deferral", "撤销挂账申请"
    ASK_REJECTION = "ask_rejection", "拟不予受理"
    DECIDE_REJECTION = "decide_rejection", "审批不予受理"
    CANCEL_REJECTION = "cancel_rejection", "撤销不予受理申请"
    ASK_SIGN_OFF = "ask_sign_off", "送签答复"
    DECIDE_SIGN_OFF = "decide_sign_off", "签发答复"
    CANCEL_SIGN_OFF = "cancel_sign_off", "撤回送签"
    ASK_EXCLUSION = "ask_exclusion", "申请剔除"
    DECIDE_EXCLUSION = "decide_exclusion", "审批剔除"
    CANCEL_EXCLUSION = "cancel_exclusion", "撤销剔除申请"
    ASK_APPEAL = "ask_appeal", "申请复核"
    DECIDE_APPEAL = "decide_appeal", "复核裁定"
    CANCEL_APPEAL = "cancel_appeal", "撤销复核申请"


ASK = {kind: Action(f"ask_{kind.value}") for kind in RequestKind}
DECIDE = {kind: Action(f"decide_{kind.value}") for kind in RequestKind}
CANCEL = {kind: Action(f"cancel_{kind.value}") for kind in RequestKind}
"""The three actions of each kind of request: one asks, another decides, the asker may take it back."""

DONE = {
    Action.SUBMIT: "已提交，等待受理",
    Action.ADD_INFO: "企业补充说明",
    Action.ACCEPT: "已受理，等待派单",
    Action.ANSWER: "专窗已答复",
    Action.DISPATCH: "已派单，等待承办单位签收",
    Action.SIGN: "承办单位已签收",
    Action.FIRST_CONTACT: "承办单位已联系企业",
    Action.PROGRESS: "办理进展",
    Action.VERIFY: "已答复，审核通过",
    Action.RATE: "企业已评价",
    Action.EXPIRE_RATING: "评价期结束，已办结",
    Action.REWORK: "已重新办理",
    Action.KEEP_CLOSED: "维持办结",
    Action.URGE: "已催办",
    Action.WITHDRAW: "企业已撤回",
    Action.ASK_SUPPLEMENT: "请企业补正",
    Action.SUPPLEMENT: "企业已补正，等待受理",
    Action.MERGE: "已并单",
    Action.UNMERGE: "已取消并单，等待受理",
    Action.REDISPATCH: "已改派，等待承办单位签收",
    Action.ASK_ENTERPRISE: "请企业补充",
    Action.INFORM: "企业已回复",
    Action.RESUME: "已恢复办理",
    Action.CORRECT_RATING: "企业已更改评价",
    Action.REPORT_REST: "已回报余项落实情况",
    Action.CONFIRM_REST: "企业已确认落实情况",
}
"""What lists say once an action has been taken; an action that is not here says its own name."""


class Party(Word):
    """In what capacity somebody acts on a ticket: a role, seen from this ticket."""

    CONTACT = "contact", "企业联系人"
    CLERK = "clerk", "受理员"
    QUALITY = "quality", "回访员"
    SUPERVISOR = "supervisor", "督查员"
    OFFICER = "officer", "服务专员"
    LEADER = "leader", "包联领导"
    LEAD = "lead", "主办单位"
    LEAD_HEAD = "lead_head", "主办单位负责人"
    SUPPORT = "support", "协办单位"
    RESPONDENT = "respondent", "被投诉单位"
    SYSTEM = "system", "系统"


OF_A_DEPARTMENT = (Party.LEAD, Party.LEAD_HEAD, Party.SUPPORT)
"""Who acts in these capacities acts for a department."""


class FieldKind(Word):
    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    YES_NO = "yes_no"
    DATE = "date"
    MOMENT = "moment"
    NUMBER = "number"
    CATEGORY = "category"
    AREA = "area"
    DEPARTMENT = "department"
    DEPARTMENTS = "departments"
    ANY_DEPARTMENT = "any_department"
    COLLEAGUE = "colleague"
    ENTERPRISE = "enterprise"
    TICKET = "ticket"
    INCIDENT = "incident"
    SUPPORT = "support"
    ORDER = "order"
    REASON = "reason"
    TAGS = "tags"
    TEXTS = "texts"
    FILES = "files"


LINE_LIMIT = 100
NAME_LIMIT, PHONE_LIMIT = 60, 30
"""How much of a contact is kept."""
TEXT_LIMIT = 5000
TAG_LIMIT = 20


@dataclass(frozen=True)
class Field:
    """One thing an action asks for; forms, API and ``flask workflow`` use the same names."""

    name: str
    kind: FieldKind
    label: str
    required: bool = True
    choices: type[Word] | None = None
    hint: str = ""
    limit: int = LINE_LIMIT
    """The most letters of a line."""


def _text(label: str, *, name: str = "text", required: bool = True, hint: str = "") -> Field:
    return Field(name, FieldKind.TEXT, label, required=required, hint=hint)


CATEGORY = Field("category", FieldKind.CATEGORY, "诉求类别")
NATURE = Field("nature", FieldKind.CHOICE, "诉求性质", choices=Nature)
URGENCY = Field("urgency", FieldKind.CHOICE, "紧急程度", choices=Urgency)
PAYER = Field("payer", FieldKind.CHOICE, "付款方", required=False, choices=Payer, hint="仅拖欠账款时填写")
AGAINST = Field(
    "against",
    FieldKind.ANY_DEPARTMENT,
    "被投诉单位",
    required=False,
    hint="仅投诉时填写，该单位的人员看不到这件诉求",
)
FILES = Field("files", FieldKind.FILES, "照片或文件", required=False)
REASON = _text("原因", name="reason")

GRANTED = Field("granted", FieldKind.YES_NO, "是否同意")
REPLY_FIELDS = (
    Field("outcome", FieldKind.CHOICE, "办理结果", choices=Outcome),
    _text("答复内容", hint="写明查到了什么、做了什么、结果如何"),
    Field("rest_date", FieldKind.DATE, "余项完成日期", required=False, hint="仅部分解决时填写，90 天内"),
    Field("files", FieldKind.FILES, "佐证材料", required=False),
)
RATING_FIELDS = (
    Field("solved", FieldKind.CHOICE, "解决了吗？", choices=Solved),
    Field("level", FieldKind.CHOICE, "满意吗？", choices=Level),
    _text("想说的话", required=False, hint="如不满意，请告诉我们哪里没办好"),
)


def _optional(field: Field) -> Field:
    return replace(field, required=False)


FIELDS: dict[Action, tuple[Field, ...]] = {
    Action.SUBMIT: (
        CATEGORY,
        Field("title", FieldKind.LINE, "标题", hint="一句话说清要办什么事"),
        _text("说明", hint="何时开始、影响多大、希望怎样解决"),
        FILES,
        Field("contact_name", FieldKind.LINE, "联系人"),
        Field("contact_phone", FieldKind.LINE, "联系电话"),
        Field("area", FieldKind.AREA, "所在片区"),
        Field("nature", FieldKind.CHOICE, "诉求性质", required=False, choices=Nature),
        PAYER,
        AGAINST,
        Field("source", FieldKind.CHOICE, "来源渠道", required=False, choices=Source),
        Field("received_at", FieldKind.MOMENT, "实际收到时间", required=False),
        Field(
            "above_office",
            FieldKind.LINE,
            "来文单位",
            required=False,
            hint="仅热线转入、上级转办、领导批示时填写",
        ),
        Field("above_number", FieldKind.LINE, "来文号", required=False),
        Field(
            "above_due", FieldKind.DATE, "要求办结日期", required=False, hint="与本级时限相比，以较早的为准"
        ),
        Field("above_reply", FieldKind.DATE, "回复上级日期", required=False),
    ),
    Action.ADD_INFO: (_text("补充内容"), FILES),
    Action.NOTE: (_text("备注内容", hint="只有专窗内部能看到"),),
    Action.CORRECT: (
        _optional(CATEGORY),
        Field("title", FieldKind.LINE, "标题", required=False),
        Field("area", FieldKind.AREA, "所在片区", required=False),
        Field("enterprise", FieldKind.ENTERPRISE, "企业", required=False, hint="填写信用代码或企业全称"),
        Field("contact_name", FieldKind.LINE, "联系人", required=False, hint="留空则不改", limit=NAME_LIMIT),
        Field(
            "contact_phone", FieldKind.LINE, "联系电话", required=False, hint="留空则不改", limit=PHONE_LIMIT
        ),
        _optional(NATURE),
        _optional(URGENCY),
        AGAINST,
        PAYER,
        Field("complex", FieldKind.YES_NO, "按复杂事项办理", required=False),
        Field("tags", FieldKind.TAGS, "标签", required=False, hint="用空格隔开，最多 5 个"),
        _text("更正原因", required=False),
    ),
    Action.ASK_SUPPLEMENT: (_text("请企业补充什么", hint="写清缺哪些材料或情况，企业会看到"),),
    Action.SUPPLEMENT: (_text("补正内容"), FILES),
    Action.ACCEPT: (CATEGORY, NATURE, URGENCY, AGAINST, PAYER),
    Action.MERGE: (
        Field("parent", FieldKind.TICKET, "并入哪一件", hint="填写同一企业另一件诉求的编号，此后只办那一件"),
    ),
    Action.UNMERGE: (_text("原因", required=False),),
    Action.SPLIT: (
        Field("parts", FieldKind.TEXTS, "各部分内容", hint="第一部分留在本件，其余各成一件；至少两部分"),
    ),
    Action.JOIN_INCIDENT: (
        Field("incident", FieldKind.INCIDENT, "共性问题", required=False, hint="已登记的共性问题"),
        Field("title", FieldKind.LINE, "新的共性问题", required=False, hint="还没有登记时，在这里写名称"),
    ),
    Action.LEAVE_INCIDENT: (),
    Action.ANSWER: (_text("答复内容", hint="直接答复企业，不再派单"), FILES),
    Action.DISPATCH: (
        Field("lead", FieldKind.DEPARTMENT, "主办单位"),
        Field("supports", FieldKind.DEPARTMENTS, "协办单位", required=False),
        _text("交办意见", required=False, hint="写给承办单位，企业看不到"),
    ),
    Action.REDISPATCH: (
        Field("lead", FieldKind.DEPARTMENT, "新的主办单位"),
        _text("改派原因", name="reason"),
    ),
    Action.ADD_SUPPORT: (
        Field("department", FieldKind.DEPARTMENT, "协办单位"),
        _text("请协办什么", required=False),
    ),
    Action.RELEASE_SUPPORT: (Field("department", FieldKind.SUPPORT, "协办单位"),),
    Action.SIGN: (Field("handler", FieldKind.COLLEAGUE, "承办人"),),
    Action.HAND_OVER: (Field("to", FieldKind.COLLEAGUE, "转给"),),
    Action.FIRST_CONTACT: (
        Field("who", FieldKind.LINE, "联系了谁"),
        Field("how", FieldKind.LINE, "联系方式", hint="电话、上门、微信等"),
        Field("contacted_at", FieldKind.MOMENT, "联系时间", required=False, hint="留空为现在"),
        Field("reached", FieldKind.YES_NO, "是否联系上", required=False),
        _text("沟通情况", required=False),
    ),
    Action.PROGRESS: (
        _text("进展内容"),
        Field("public", FieldKind.YES_NO, "是否让企业看到", required=False),
        Field("next_reply", FieldKind.DATE, "下次答复日期", required=False, hint="挂账期间必填，30 天内"),
        FILES,
    ),
    Action.ASK_ENTERPRISE: (_text("想问企业什么", hint="企业回复前时限暂停，累计最多 5 个工作日"),),
    Action.INFORM: (_text("回复内容"), FILES),
    Action.OPINE: (_text("协办意见"), FILES),
    Action.REPLY: REPLY_FIELDS,
    Action.RESUME: (_text("说明", required=False),),
    Action.VERIFY: (),
    Action.SEND_BACK: (_text("还缺什么"),),
    Action.RATE: RATING_FIELDS,
    Action.CORRECT_RATING: RATING_FIELDS,
    Action.EXPIRE_RATING: (),
    Action.REWORK: (REASON,),
    Action.KEEP_CLOSED: (_text("理由", name="reason", hint="会告知企业"),),
    Action.REPORT_REST: (
        _text("落实情况"),
        Field("files", FieldKind.FILES, "佐证材料", required=False),
    ),
    Action.CONFIRM_REST: (
        Field("settled", FieldKind.YES_NO, "余下的事是否已经落实"),
        _text("补充说明", required=False),
    ),
    Action.WITHDRAW: (REASON,),
    Action.CHECK_WITHDRAWAL: (
        Field("voluntary", FieldKind.YES_NO, "是否企业自愿撤回"),
        _text("核实情况", required=False),
    ),
    Action.URGE: (_text("催办内容", required=False),),
    Action.INQUIRE: (_text("询问内容", hint="用专窗自己的话写，不要透露是谁投诉；对方只看到这段话"),),
    Action.ANSWER_INQUIRY: (_text("回复内容"),),
    Action.SUPERVISE: (
        Field("level", FieldKind.CHOICE, "督办级别", choices=OrderLevel, hint="级别越高越紧迫，三级最高"),
        _text("督办要求"),
    ),
    Action.INSTRUCT: (_text("批示内容"),),
    Action.ANSWER_ORDER: (
        Field("order", FieldKind.ORDER, "督办单序号", required=False, hint="只有一张时可不填"),
        _text("原因说明"),
        Field("new_date", FieldKind.DATE, "新的办结日期"),
    ),
    Action.RECALCULATE: (),
    Action.ASK_RETURN: (
        Field("reason_code", FieldKind.REASON, "退单理由"),
        _text("依据", hint="写明职责依据，如三定方案条款"),
        Field("proposed", FieldKind.DEPARTMENT, "建议由谁主办", required=False),
    ),
    Action.DECIDE_RETURN: (GRANTED, _text("裁定意见", required=False, hint="不同意时请写明理由")),
    Action.CANCEL_RETURN: (),
    Action.ASK_EXTENSION: (
        Field("days", FieldKind.NUMBER, "延长几天", hint="与办理时限同一单位：工作日；拖欠账款为自然日"),
        _text("延期理由", hint="会告知企业"),
    ),
    Action.DECIDE_EXTENSION: (
        GRANTED,
        Field("days", FieldKind.NUMBER, "同意几天", required=False, hint="留空为所申请的天数"),
        _text("审批意见", required=False, hint="不同意时请写明理由"),
    ),
    Action.CANCEL_EXTENSION: (),
    Action.ASK_DEFERRAL: (
        _text("后续计划", name="plan", hint="为什么现在办不了、何时能办、期间怎么跟进"),
        Field("next_reply", FieldKind.DATE, "下次答复日期", hint="30 天内"),
    ),
    Action.DECIDE_DEFERRAL: (
        GRANTED,
        Field("next_reply", FieldKind.DATE, "下次答复日期", required=False, hint="留空为所申请的日期"),
        _text("审批意见", required=False, hint="不同意时请写明理由"),
    ),
    Action.CANCEL_DEFERRAL: (),
    Action.ASK_REJECTION: (
        Field("reason_code", FieldKind.REASON, "不予受理的理由"),
        _text("说明", hint="同意后会告知企业"),
        _text("可走的法定途径", name="legal_route", hint="告诉企业可以到哪里去办"),
    ),
    Action.DECIDE_REJECTION: (GRANTED, _text("审批意见", required=False, hint="不同意时请写明理由")),
    Action.CANCEL_REJECTION: (),
    Action.ASK_SIGN_OFF: REPLY_FIELDS,
    Action.DECIDE_SIGN_OFF: (GRANTED, _text("签发意见", required=False, hint="不同意时请写明理由")),
    Action.CANCEL_SIGN_OFF: (),
    Action.ASK_EXCLUSION: (
        Field("figure", FieldKind.CHOICE, "从哪项指标中剔除", choices=ExcludedFigure),
        Field("reason_code", FieldKind.REASON, "剔除理由"),
        _text("说明"),
    ),
    Action.DECIDE_EXCLUSION: (GRANTED, _text("审批意见", required=False, hint="不同意时请写明理由")),
    Action.CANCEL_EXCLUSION: (),
    Action.ASK_APPEAL: (_text("为什么要求复核"),),
    Action.DECIDE_APPEAL: (GRANTED, _text("复核意见", required=False, hint="会告知企业")),
    Action.CANCEL_APPEAL: (),
}
