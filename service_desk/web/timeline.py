"""The history of a ticket as its reader may read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _

from service_desk.desk.acting import readable_events
from service_desk.domain.access import words_for_everybody
from service_desk.domain.actions import DECIDE, FIELDS, Action, Party
from service_desk.domain.masking import mask_name
from service_desk.domain.vocabulary import (
    ClockKind,
    ExcludedFigure,
    Level,
    Outcome,
    RequestKind,
    Solved,
    is_bad_rating,
)
from service_desk.store.attachments import Attachment
from service_desk.store.moves import TOLD_TO_THE_ENTERPRISE
from service_desk.store.parts import Event, Reply
from service_desk.store.people import User
from service_desk.store.tickets import Ticket
from service_desk.web.filters import stamp
from service_desk.web.words import said

TONES = {
    Action.VERIFY: "good",
    Action.ANSWER: "good",
    Action.SEND_BACK: "warn",
    Action.REWORK: "warn",
    Action.SUPERVISE: "bad",
    Action.URGE: "warn",
    Action.WITHDRAW: "warn",
}


@dataclass(frozen=True)
class Entry:
    """One line of the timeline."""

    action: Action
    at: datetime
    who: str
    title: str
    text: str
    public: bool
    tone: str
    files: Sequence[Attachment] = field(default=())


def entries(ticket: Ticket, reader: User) -> list[Entry]:
    """The lines this person reads, newest first, with the files they may open."""
    parties = ticket.parties_of(reader)
    as_enterprise = Party.CONTACT in parties
    files: dict[int, list[Attachment]] = {}
    for file in ticket.attachments:
        if file.event_id is not None and (file.public or not as_enterprise):
            files.setdefault(file.event_id, []).append(file)
    return [
        _entry(ticket, event, files, as_enterprise) for event in reversed(readable_events(ticket, reader))
    ]


def _entry(ticket: Ticket, event: Event, files: dict[int, list[Attachment]], as_enterprise: bool) -> Entry:  # noqa: FBT001
    text, attached = event.text, files.get(event.id, [])
    if as_enterprise:
        text = words_for_everybody(event.action, text)
    if event.action is Action.DECIDE_REJECTION and event.data.get("granted") and as_enterprise:
        text = _rejection_words(ticket)
    if event.action is Action.RECALCULATE:
        text = _moved_words(event, as_enterprise=as_enterprise)
    if event.action is Action.VERIFY and as_enterprise:
        # What the enterprise reads at this line is the reply that was found to hold.
        reply = next((r for r in reversed(ticket.replies) if r.at <= event.at), None)
        if reply is not None:
            text, attached = _reply_words(reply), files.get(reply.event_id, [])
    return Entry(
        action=event.action,
        at=event.at,
        who=who_of(event, as_enterprise=as_enterprise),
        title=title_of(event, as_enterprise=as_enterprise),
        text=text,
        public=event.public,
        tone=_tone(event),
        files=attached,
    )


def _tone(event: Event) -> str:
    """Good or bad news; a bad rating is none that is good."""
    if event.action in (Action.RATE, Action.CORRECT_RATING):
        bad = is_bad_rating(Solved(event.data["solved"]), Level(event.data["level"]))
        return "warn" if bad else "good"
    return TONES.get(event.action, "")


def _moved_words(event: Event, *, as_enterprise: bool) -> str:
    """Which deadlines follow a changed calendar; to the enterprise, those it was told."""
    lines = []
    for each in event.data["moved"]:
        kind = ClockKind(each["kind"])
        if as_enterprise and kind not in TOLD_TO_THE_ENTERPRISE:
            continue
        department = each["department"] if not as_enterprise else None
        before, after = (datetime.fromisoformat(at) if at else None for at in (each["before"], each["after"]))
        lines.append(
            _(
                "%(kind)s：%(before)s → %(after)s",
                kind=_("%(kind)s（%(about)s）", kind=said(kind), about=department)
                if department
                else said(kind),
                before=stamp(before) or _("未定"),
                after=stamp(after) or _("未定"),
            )
        )
    return "\n".join(lines)


def _rejection_words(ticket: Ticket) -> str:
    """Why a matter was not taken in, and where else the enterprise can turn."""
    asked = [each for each in ticket.approvals if each.kind is RequestKind.REJECTION][-1]
    return "\n".join([asked.text, _("您可以：%(route)s", route=asked.data["legal_route"])])


def _reply_words(reply: Reply) -> str:
    """A reply as the enterprise reads it: what was achieved, what is still to come, and the words."""
    lines = [_("办理结果：%(outcome)s", outcome=said(reply.outcome))] if reply.outcome else []
    if reply.rest_date:
        lines.append(_("其余部分预计 %(day)s 前完成", day=reply.rest_date))
    return "\n".join([*lines, reply.text])


def who_of(event: Event, *, as_enterprise: bool) -> str:
    """Who acted, as the reader may know it; empty for the system."""
    if event.party is Party.SYSTEM:
        return ""
    if event.department is not None and not as_enterprise:
        return f"{event.department.name} {event.by_name}"
    return said(event.actor_to(enterprise=as_enterprise))


def _corrected(data: Mapping[str, Any]) -> str:
    """Which things were put right."""
    labels = {field.name: said(field.label) for field in FIELDS[Action.CORRECT]}
    labels["is_complex"] = labels["complex"]
    return str(_("更正：%(what)s", what=_("、").join(labels[name] for name in data.get("before", {}))))


def _decided(event: Event) -> str:
    """What became of a request."""
    data = event.data
    if not data.get("granted"):
        return str(_("%(action)s：不同意", action=said(event.action)))
    match event.action:
        case Action.DECIDE_EXTENSION:
            return str(_("同意延期 %(days)s 日", days=data.get("days")))
        case Action.DECIDE_DEFERRAL:
            return str(_("同意挂账，下次答复 %(day)s", day=data.get("next_reply")))
        case Action.DECIDE_REJECTION:
            return str(_("不予受理：%(reason)s", reason=data.get("reason_code", "")))
        case Action.DECIDE_SIGN_OFF:
            return str(_("已签发，答复提交审核"))
        case _:
            return str(_("%(action)s：同意", action=said(event.action)))


def title_of(event: Event, *, as_enterprise: bool = False) -> str:
    """What was done, in a few words."""
    return str(_title(event, as_enterprise=as_enterprise))


def _title(event: Event, *, as_enterprise: bool) -> Any:
    data = event.data
    match event.action:
        case Action.SUBMIT:
            return _("提交诉求")
        case Action.ACCEPT:
            return _("专窗已受理")
        case Action.DISPATCH:
            supports = str(_("、")).join(data.get("supports", []))
            lead = data.get("lead", "")
            if supports:
                return _("派单给%(lead)s，%(supports)s协办", lead=lead, supports=supports)
            return _("派单给%(lead)s", lead=lead)
        case Action.SIGN:
            return _("已签收，承办人%(name)s", name=data.get("handler", ""))
        case Action.HAND_OVER:
            return _("转给%(name)s办理", name=data.get("to", ""))
        case Action.FIRST_CONTACT:
            reached = _("已联系企业") if data.get("reached", True) else _("联系企业，未联系上")
            who = data.get("who", "")
            name = who if as_enterprise else mask_name(who)
            return _("%(reached)s（%(who)s，%(how)s）", reached=reached, who=name, how=data.get("how", ""))
        case Action.REPLY:
            return _("答复：%(outcome)s", outcome=said(Outcome(data["outcome"])))
        case Action.VERIFY:
            return _("答复已审核，请您评价") if as_enterprise else _("审核通过，等待企业评价")
        case Action.RATE:
            solved, level = said(Solved(data["solved"])), said(Level(data["level"]))
            return _("评价：%(solved)s，%(level)s", solved=solved, level=level)
        case Action.RECALCULATE:
            return _("节假日安排有调整，到期时间重算")
        case Action.EXPIRE_RATING:
            return _("评价期结束，未评价，办结")
        case Action.REWORK:
            return _("重新办理（第 %(n)s 轮）", n=event.cycle)
        case Action.CHECK_WITHDRAWAL:
            return _("核实撤回：自愿") if data.get("voluntary") else _("核实撤回：并非自愿，恢复办理")
        case Action.REDISPATCH:
            return _("改派给%(lead)s", lead=data.get("lead", ""))
        case Action.ADD_SUPPORT:
            return _("增加%(department)s协办", department=data.get("department", ""))
        case Action.RELEASE_SUPPORT:
            return _("取消%(department)s协办", department=data.get("department", ""))
        case Action.MERGE:
            return _("并入%(parent)s", parent=data.get("parent", ""))
        case Action.SPLIT:
            return _("拆成 %(n)s 件，本件保留第一部分", n=data.get("parts"))
        case Action.JOIN_INCIDENT:
            return _("关联共性问题：%(title)s", title=data.get("title", ""))
        case Action.CORRECT:
            return _corrected(data)
        case Action.RESUME:
            return _("恢复办理") if event.before is not event.after else _("等待期满，恢复计时")
        case Action.CORRECT_RATING:
            solved, level = said(Solved(data["solved"])), said(Level(data["level"]))
            return _("更改评价：%(solved)s，%(level)s", solved=solved, level=level)
        case Action.CONFIRM_REST:
            return _("企业确认：已落实") if data.get("settled") else _("企业确认：未落实")
        case Action.ASK_RETURN:
            return _("申请退单：%(reason)s", reason=data.get("reason_code", ""))
        case Action.ASK_EXTENSION:
            return _("申请延期 %(days)s 日", days=data.get("days"))
        case Action.ASK_DEFERRAL:
            return _("申请挂账，下次答复 %(day)s", day=data.get("next_reply"))
        case Action.ASK_REJECTION:
            return _("拟不予受理：%(reason)s", reason=data.get("reason_code", ""))
        case Action.ASK_SIGN_OFF:
            return _("送签答复：%(outcome)s", outcome=said(Outcome(data["outcome"])))
        case Action.ASK_EXCLUSION:
            figure = said(ExcludedFigure(data["figure"]))
            return _(
                "申请从“%(figure)s”中剔除：%(reason)s", figure=figure, reason=data.get("reason_code", "")
            )
        case action if action in DECIDE.values():
            return _decided(event)
        case Action.SUPERVISE | Action.INSTRUCT:
            return _("督办单 %(n)s 号（%(level)s 级）", n=data.get("number"), level=data.get("level"))
        case Action.ANSWER_ORDER:
            number, day = data.get("number", ""), data.get("new_date", "")
            return _("回复督办单 %(n)s 号，新日期 %(day)s", n=number, day=day)
        case _:
            return said(event.action)
