"""The first steps of each role: a few plain lines with links, told on the start page until somebody puts them away."""

from dataclasses import dataclass

from flask import url_for
from flask_babel import lazy_gettext as _l

from service_desk.domain.vocabulary import Role
from service_desk.store.people import User

MOST = 5
"""Lines for somebody who holds several roles: those of the first ones."""


@dataclass(frozen=True)
class TourStep:
    """One line, and where it is done; ``url`` is empty where it is this page."""

    says: str
    label: str = ""
    url: str = ""


LETTERS = (_l("选好用不用邮件和短信提醒。"), _l("消息接收"), "people.letters")
GUIDE = (_l("谁在哪一步能做什么，都写在一页上。"), _l("办理规则"), "workflow.index")
STEPS = {
    Role.CONTACT: (
        (_l("遇到难处就提交，几分钟填完，1 个工作日内受理。"), _l("提交诉求"), "filing.new"),
        (_l("常问的事，先看看指南里有没有现成的办法。"), _l("办事指南"), "guides.index"),
        (_l("提交后，办到哪一步、何时答复，都在“我的诉求”里。"), "", ""),
        (_l("答复后请您评价：解决了没有，由您说了算。"), "", ""),
        LETTERS,
    ),
    Role.CLERK: (
        (_l("新提交的诉求在下面，点开看清后受理；缺材料的请企业补正。"), "", ""),
        (_l("受理后派单：系统会建议主办单位，您来定。"), _l("全部诉求"), "tickets.index"),
        (_l("企业打电话来的，由您代为录入。"), _l("代企业录入"), "filing.new"),
        (_l("企业注册要先审核，通过后才能提交。"), _l("企业"), "enterprises.index"),
        GUIDE,
    ),
    Role.QUALITY: (
        (_l("单位答复后先到您这里：核实过了，企业才看得到。"), "", ""),
        (_l("没说清楚、没办到的，写明原因退回。"), _l("全部诉求"), "tickets.index"),
        GUIDE,
    ),
    Role.HANDLER: (
        (_l("派给本单位的在下面，先签收，时限从派单起算。"), "", ""),
        (_l("不归本单位的，在退单期限内说明理由退回。"), _l("办理规则"), "workflow.index"),
        (_l("办的过程随时写进展；需要等企业的，向企业提问，时限暂停。"), "", ""),
        (_l("出门或休假前，请设置代办。"), _l("代办"), "substitutes.index"),
    ),
    Role.HEAD: (
        (_l("本单位要您审批的在下面，先看超期和今天到期的。"), "", ""),
        (_l("本单位办得怎样，看板上一目了然。"), _l("看板"), "boards.index"),
        (_l("有人离岗，把他在办的转给同事。"), _l("移交在办诉求"), "caseloads.index"),
    ),
    Role.OFFICER: (
        (_l("您服务的企业有了诉求，会出现在这里。"), _l("全部诉求"), "tickets.index"),
        (_l("走访时听到的，由您代企业录入。"), _l("代企业录入"), "filing.new"),
        LETTERS,
    ),
    Role.LEADER: (
        (_l("您包联的企业的诉求都能看到，办到哪一步一清二楚。"), _l("全部诉求"), "tickets.index"),
        (_l("久拖不决时您会收到消息，请帮助协调。"), _l("消息"), "notices.index"),
        LETTERS,
    ),
    Role.SUPERVISOR: (
        (_l("延期、剔除等要您决定的，和差评，都在下面。"), "", ""),
        (_l("超期的发督办单，看谁没有回复。"), _l("督办"), "orders.index"),
        (_l("全园区的情况在看板，每月的数字在报表。"), _l("看板"), "boards.index"),
        (_l("每个数都能点开，看是哪些诉求。"), _l("报表"), "reports.index"),
    ),
    Role.ADMIN: (
        (_l("开始使用之前要设置什么，照着清单做。"), _l("开通清单"), "start.index"),
        (_l("账号、单位、事项、时限都在设置里改，改过什么有记录。"), _l("设置"), "admin.index"),
        (_l("每年 11 月前后，录入下一年的节假日安排。"), _l("日历"), "calendar.index"),
        (_l("您看不到诉求的内容，这是有意的。"), "", ""),
    ),
    Role.AUDITOR: (
        (_l("您的角色看不到诉求的内容；发给您的通知在这里。"), _l("消息"), "notices.index"),
        (_l("时限怎么算，以日历为准。"), _l("日历"), "calendar.index"),
        GUIDE,
    ),
}


def tour_of(user: User) -> list[TourStep]:
    """What this person does first; nothing once they have put it away."""
    if user.prefers.knows_the_way:
        return []
    lines = dict.fromkeys(line for role in Role if role in user.roles for line in STEPS[role])
    return [
        TourStep(str(says), str(label), url_for(target) if target else "")
        for says, label, target in list(lines)[:MOST]
    ]
