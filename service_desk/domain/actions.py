"""The actions of the desk, the parties who take them, and the fields each one asks for."""

from dataclasses import dataclass

from service_desk.domain.vocabulary import (
    Level,
    Nature,
    OrderLevel,
    Outcome,
    Payer,
    Solved,
    Source,
    Urgency,
    Word,
)


class Action(Word):
    SUBMIT = "submit", "提交"
    ADD_INFO = "add_info", "补充说明"
    NOTE = "note", "内部备注"
    ACCEPT = "accept", "受理"
    ANSWER = "answer", "直接答复"
    DISPATCH = "dispatch", "派单"
    SIGN = "sign", "签收"
    HAND_OVER = "hand_over", "科内转办"
    FIRST_CONTACT = "first_contact", "首次联系"
    PROGRESS = "progress", "办理进展"
    OPINE = "opine", "协办意见"
    REPLY = "reply", "答复"
    VERIFY = "verify", "审核通过"
    SEND_BACK = "send_back", "退回补办"
    RATE = "rate", "评价"
    EXPIRE_RATING = "expire_rating", "逾期未评"
    REWORK = "rework", "重办"
    KEEP_CLOSED = "keep_closed", "维持办结"
    WITHDRAW = "withdraw", "撤回"
    CHECK_WITHDRAWAL = "check_withdrawal", "撤回核实"
    URGE = "urge", "催办"
    SUPERVISE = "supervise", "督办"
    ANSWER_ORDER = "answer_order", "督办回复"


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
}
"""What lists say once an action has been taken; an action that is not here says its own name."""


class Party(Word):
    """In what capacity somebody acts on a ticket: a role, seen from this ticket."""

    CONTACT = "contact", "企业联系人"
    CLERK = "clerk", "受理员"
    QUALITY = "quality", "回访员"
    SUPERVISOR = "supervisor", "督查员"
    OFFICER = "officer", "服务专员"
    LEAD = "lead", "主办单位"
    SUPPORT = "support", "协办单位"
    SYSTEM = "system", "系统"


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
    COLLEAGUE = "colleague"
    FILES = "files"


LINE_LIMIT = 100
TEXT_LIMIT = 5000


@dataclass(frozen=True)
class Field:
    """One thing an action asks for; forms, API and ``flask workflow`` use the same names."""

    name: str
    kind: FieldKind
    label: str
    required: bool = True
    choices: type[Word] | None = None
    hint: str = ""


def _text(label: str, *, name: str = "text", required: bool = True, hint: str = "") -> Field:
    return Field(name, FieldKind.TEXT, label, required=required, hint=hint)


CATEGORY = Field("category", FieldKind.CATEGORY, "诉求类别")
NATURE = Field("nature", FieldKind.CHOICE, "诉求性质", choices=Nature)
URGENCY = Field("urgency", FieldKind.CHOICE, "紧急程度", choices=Urgency)
FILES = Field("files", FieldKind.FILES, "照片或文件", required=False)
REASON = _text("原因", name="reason")

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
        Field("payer", FieldKind.CHOICE, "付款方", required=False, choices=Payer),
        Field("against", FieldKind.DEPARTMENT, "被投诉单位", required=False),
        Field("source", FieldKind.CHOICE, "来源渠道", required=False, choices=Source),
        Field("received_at", FieldKind.MOMENT, "实际收到时间", required=False),
    ),
    Action.ADD_INFO: (_text("补充内容"), FILES),
    Action.NOTE: (_text("备注内容", hint="只有专窗内部能看到"),),
    Action.ACCEPT: (CATEGORY, NATURE, URGENCY),
    Action.ANSWER: (_text("答复内容", hint="直接答复企业，不再派单"), FILES),
    Action.DISPATCH: (
        Field("lead", FieldKind.DEPARTMENT, "主办单位"),
        Field("supports", FieldKind.DEPARTMENTS, "协办单位", required=False),
        _text("交办意见", required=False, hint="写给承办单位，企业看不到"),
    ),
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
        FILES,
    ),
    Action.OPINE: (_text("协办意见"), FILES),
    Action.REPLY: (
        Field("outcome", FieldKind.CHOICE, "办理结果", choices=Outcome),
        _text("答复内容", hint="写明查到了什么、做了什么、结果如何"),
        Field("rest_date", FieldKind.DATE, "余项完成日期", required=False, hint="仅部分解决时填写，90 天内"),
        Field("files", FieldKind.FILES, "佐证材料", required=False),
    ),
    Action.VERIFY: (),
    Action.SEND_BACK: (_text("还缺什么"),),
    Action.RATE: (
        Field("solved", FieldKind.CHOICE, "解决了吗？", choices=Solved),
        Field("level", FieldKind.CHOICE, "满意吗？", choices=Level),
        _text("想说的话", required=False, hint="如不满意，请告诉我们哪里没办好"),
    ),
    Action.EXPIRE_RATING: (),
    Action.REWORK: (REASON,),
    Action.KEEP_CLOSED: (_text("理由", name="reason", hint="会告知企业"),),
    Action.WITHDRAW: (REASON,),
    Action.CHECK_WITHDRAWAL: (
        Field("voluntary", FieldKind.YES_NO, "是否企业自愿撤回"),
        _text("核实情况", required=False),
    ),
    Action.URGE: (_text("催办内容", required=False),),
    Action.SUPERVISE: (
        Field("level", FieldKind.CHOICE, "督办级别", choices=OrderLevel, hint="级别越高越紧迫，三级最高"),
        _text("督办要求"),
    ),
    Action.ANSWER_ORDER: (
        Field("order", FieldKind.NUMBER, "督办单序号", required=False, hint="只有一张时可不填"),
        _text("原因说明"),
        Field("new_date", FieldKind.DATE, "新的办结日期"),
    ),
}
