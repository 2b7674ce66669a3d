"""Tickets: one ticket's page, and every action on it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import joinedload, selectinload

from service_desk import clock
from service_desk.desk import likeness, presence
from service_desk.desk.acting import Stale, readable_events
from service_desk.desk.files import store_files
from service_desk.desk.guides import answer_of
from service_desk.desk.incidents import news_of
from service_desk.desk.privacy import reveal_contact
from service_desk.desk.reply_templates import REPLYING, Filled, appended, templates_for
from service_desk.desk.returned import returns_of
from service_desk.desk.verbs import VERBS
from service_desk.domain import workflow
from service_desk.domain.access import works_on_it
from service_desk.domain.actions import DECIDE, FIELDS, LINE_LIMIT, TEXT_LIMIT, Action, FieldKind, Party
from service_desk.domain.errors import DeskError, Invalid, OutOfTurn
from service_desk.domain.reply_checks import blanks
from service_desk.domain.situation import Situation
from service_desk.domain.states import ENDED, stage
from service_desk.domain.vocabulary import AssignmentState, ClockKind, Role, State
from service_desk.domain.workflow import Step
from service_desk.store.base import db, house
from service_desk.store.law import Law, current_law
from service_desk.store.parts import Assignment
from service_desk.store.people import User, without_people
from service_desk.store.queues import (
    others_of,
)
from service_desk.store.saved_filters import LONGEST_QUERY
from service_desk.store.scope import visible_tickets
from service_desk.store.situations import situation_of
from service_desk.store.tickets import Ticket
from service_desk.web import queues
from service_desk.web.due import Due, Dues, clocks_read_by, due_of_clock, promise_clock, promise_words
from service_desk.web.forms import ActionForm, Catalogue, form_for
from service_desk.web.guards import me, visible_or_404
from service_desk.web.incidents import address_of_incident
from service_desk.web.keys import ACTION_KEYS
from service_desk.web.notices import have_read
from service_desk.web.papers import papers_of
from service_desk.web.people import show_on
from service_desk.web.queues import FROM_LIST, TODO, address_of_next
from service_desk.web.requests import may_read_request, request_facts
from service_desk.web.timeline import entries, title_of
from service_desk.web.words import said

bp = Blueprint("tickets", __name__)

WHOLE = (
    selectinload(Ticket.events),
    selectinload(Ticket.clocks),
    selectinload(Ticket.assignments),
    selectinload(Ticket.replies),
    # Few rows each: they come with the ticket itself.
    joinedload(Ticket.ratings),
    joinedload(Ticket.orders),
    joinedload(Ticket.approvals),
    selectinload(Ticket.attachments),
)

# The step that moves the matter on, in the order in which a page offers it as its one primary button.
PRIMARY = (
    *DECIDE.values(),
    Action.INFORM,
    Action.SUPPLEMENT,
    Action.CONFIRM_REST,
    Action.ACCEPT,
    Action.DISPATCH,
    Action.SIGN,
    Action.VERIFY,
    Action.RATE,
    Action.FIRST_CONTACT,
    Action.OPINE,
    Action.REPLY,
    Action.ASK_SIGN_OFF,
    Action.CHECK_WITHDRAWAL,
    Action.KEEP_CLOSED,
    Action.REPORT_REST,
    Action.ANSWER_ORDER,
    Action.PROGRESS,
)

OR_ELSE = {Action.VERIFY: Action.SEND_BACK, Action.KEEP_CLOSED: Action.REWORK}
"""The opposite of a step: the page offers it beside that step's button, so that neither is the easier one."""

# What the person who acted is told, where more can be said than that it is done.
DONE_WORDS = {
    Action.ACCEPT: _l("已受理，请派单。"),
    Action.DISPATCH: _l("已派单，等待承办单位签收。"),
    Action.SIGN: _l("已签收，请尽快联系企业。"),
    Action.REPLY: _l("答复已提交，等待专窗审核。"),
    Action.VERIFY: _l("审核通过，已请企业评价。"),
    Action.SEND_BACK: _l("已退回承办单位补办。"),
    Action.ADD_INFO: _l("补充说明已提交。"),
    Action.URGE: _l("已催办，承办单位和专窗都会收到提醒。"),
    Action.RATE: _l("感谢您的评价。"),
    Action.WITHDRAW: _l("诉求已撤回。"),
}

BAD_RATING_REWORKED = _l("已收到您的评价，已请承办单位重新办理。")
BAD_RATING_KEPT = _l("已收到您的评价。督查员会看过后决定是否重新办理，结果会通知您。")
GIVES = (Action.DISPATCH, Action.REDISPATCH, Action.ADD_SUPPORT)
"""What brings a ticket to a department."""

TYPED = (FieldKind.TEXT,)
"""What is kept while it is typed."""

bp.add_url_rule("/tickets", view_func=queues.index)

BEFORE_DISPATCH = (State.SUBMITTED, State.ACCEPTED)
MOST_GATHERED = 50
ANYWAY = "anyway"
"""The button that sends a reply with its blanks."""


@dataclass(frozen=True)
class Offered:
    """An action as a page offers it: the next step with its form, the others by a link to theirs."""

    name: str
    label: str
    url: str
    draft_url: str
    form: ActionForm | None = None
    title: str = ""
    text: str = ""
    instead_of: str = ""
    templates: Sequence[Filled] = ()
    key: str = ""
    button: str = ""
    second: tuple[str, str] | None = None
    or_else: "Offered | None" = None


def opened_from() -> dict[str, Any]:
    """The list a ticket was opened from, for the addresses of its page; empty where it came otherwise."""
    query = request.args.get(FROM_LIST)
    return {} if query is None or me().has(Role.CONTACT) else {FROM_LIST: query[:LONGEST_QUERY]}


@bp.get("/tickets/<int:ticket_id>/next")
def following(ticket_id: int) -> ResponseReturnValue:
    """To the ticket after this one in the list it was opened from."""
    ticket = visible_or_404(ticket_id)
    return redirect(address_of_next(opened_from().get(FROM_LIST, ""), ticket, clock.now()))


@bp.get("/tickets/<int:ticket_id>")
def show(ticket_id: int) -> ResponseReturnValue:
    """One ticket: the enterprise's page of it, or the staff's. Whoever reads it has read what was told of it."""
    have_read(ticket_id)
    return _show(visible_or_404(ticket_id, *WHOLE))


def _form_page(ticket: Ticket, form: ActionForm, step: Step, *, stale: Stale | None = None) -> str:
    """One action's form on a page of its own."""
    return render_template(
        "tickets/action.html",
        ticket=ticket,
        action=_offer(step, ticket, form, _catalogue(step, ticket).place),
        from_list=opened_from(),
        request_facts=request_facts(ticket, step.action),
        changes=_changes(stale),
        due_of=Dues([], clock.now(), current_law(), reader=me()).of,
    )


def _next_step(steps: Sequence[Step]) -> Step | None:
    """The one step a page asks for, with its form open."""
    by_action = {step.action: step for step in steps}
    return next((by_action[name] for name in PRIMARY if name in by_action), None)


def _show(
    ticket: Ticket, *, bound: ActionForm | None = None, stale: Stale | None = None, revealed: bool = False
) -> str:
    """The page; ``bound`` is the form of the next step as it was sent, with what was wrong in it."""
    user, now, law = me(), clock.now(), current_law()
    situation = situation_of(ticket, user, now, law)
    steps = workflow.offers(situation)
    first = _next_step(steps)
    catalogue = Catalogue(ticket, user, place=_place(first, situation, user) if first else None)
    others = {step.action: _offer(step, ticket) for step in steps if step is not first}
    shown = None
    if first is not None:
        form = bound or _fresh_form(first, catalogue)
        opposite = others.pop(OR_ELSE[first.action], None) if first.action in OR_ELSE else None
        shown = replace(_offer(first, ticket, form, catalogue.place), or_else=opposite)
    shared: dict[str, Any] = {
        "ticket": ticket,
        "next": shown,
        "others": list(others.values()),
        "request_facts": request_facts(ticket, first.action) if first else [],
        "stage": stage(ticket.stood),
        "done": ticket.state is State.CLOSED,
        "from_list": opened_from(),
        "todo": opened_from().get(FROM_LIST) == TODO,
        "changes": _changes(stale),
        "entries": entries(ticket, user),
        "due_of": Dues([], now, law, reader=user).of,
        "revealed": revealed,
        "may_reveal": works_on_it(ticket.parties_of(user)),
        "elapsed_days": _elapsed_days(ticket, now, law),
        "papers": papers_of(ticket, user),
        "incident_url": address_of_incident(ticket, user),
    }
    if user.has(Role.CONTACT):
        return _mine(ticket, shared, now, law)
    dispatching = first is not None and first.action is Action.DISPATCH
    shared["proposal"] = catalogue.proposal if dispatching else None
    shared["returns"] = returns_of(ticket, law) if dispatching else []
    return _staff(ticket, shared, now, law)


def _place(step: Step, situation: Situation, user: User) -> User:
    """In whose place the user takes a step: their own, or that of a colleague they stand in for."""
    absent = workflow.place_of(step, situation).instead_of
    return next((person for person in user.stands_in_for if person.id == absent), user)


def _catalogue(step: Step, ticket: Ticket) -> Catalogue:
    """The choices of a step's form."""
    user = me()
    situation = situation_of(ticket, user, clock.now(), current_law())
    return Catalogue(ticket, user, place=_place(step, situation, user))


def _elapsed_days(ticket: Ticket, now: datetime, law: Law) -> int:
    """Calendar days since it was submitted, up to its last closing or end."""
    ended = now
    if ticket.state in ENDED:
        # What is noted, rated or appealed later does not lengthen the way.
        ends = (event.at for event in ticket.events if event.after in ENDED and event.before not in ENDED)
        ended = max(ends, default=ticket.events[-1].at)
    return (law.calendar.day_of(ended) - law.calendar.day_of(ticket.submitted_at)).days


def _changes(stale: Stale | None) -> list[str]:
    """The lines the reader has not seen yet."""
    enterprise = me().has(Role.CONTACT)
    return [
        _(
            "%(label)s：%(value)s",
            label=said(event.actor_to(enterprise=enterprise)),
            value=title_of(event, as_enterprise=enterprise),
        )
        for event in (stale.changes if stale else ())
    ]


def _offer(step: Step, ticket: Ticket, form: ActionForm | None = None, place: User | None = None) -> Offered:
    rating = step.action in (Action.RATE, Action.CORRECT_RATING)
    return Offered(
        name=step.action.value,
        label=said(step.action),
        # Who decides may well say no: the button does not say yes.
        button=_("提交意见") if step.action in DECIDE.values() else said(step.action),
        url=url_for("tickets.act", ticket_id=ticket.id, action=step.action.value, **opened_from()),
        draft_url=url_for("tickets.autosave", ticket_id=ticket.id, action=step.action.value),
        form=form,
        instead_of=place.name if place is not None and place.id != me().id else "",
        title=_("请您评价") if step.action is Action.RATE else said(step.action),
        text=_("承办单位平时只看到汇总结果；如需重办，会看到您的评价和意见。") if rating else "",
        templates=_templates(ticket, step.action) if form is not None else (),
        key="" if me().has(Role.CONTACT) else ACTION_KEYS.get(step.action, ""),
        second=(ANYWAY, _("仍要提交")) if form is not None and _is_unfilled(step.action, form) else None,
    )


def _mine(ticket: Ticket, shared: dict[str, Any], now: datetime, law: Law) -> str:
    lead = ticket.lead_department
    office = _("（电话 %(phone)s）", phone=lead.phone) if lead is not None and lead.phone else ""
    return render_template(
        "tickets/mine.html",
        question=_question(ticket),
        news=news_of(ticket) if ticket.incident_id else [],
        promise=promise_clock(ticket),
        promise_words=promise_words(ticket, now, law),
        handler_line=_("由%(lead)s办理%(office)s", lead=lead.name, office=office) if lead is not None else "",
        filed_files=_files_of_filing(ticket),
        **_to_rate(ticket, shared, law),
        **shared,
    )


def _to_rate(ticket: Ticket, shared: dict[str, Any], law: Law) -> dict[str, Any]:
    """The answer as the reader's timeline tells it and by when to rate it; nothing where no rating is asked for."""
    asked: Offered | None = shared["next"]
    if asked is None or asked.name != Action.RATE.value:
        return {}
    clock_of_rating = ticket.clock(ClockKind.RATING)
    return {
        "answer": next((line for line in shared["entries"] if line.action in ANSWERED), None),
        "rate_by": clock_of_rating.due_by(law.calendar) if clock_of_rating else None,
    }


ANSWERED = (Action.VERIFY, Action.ANSWER)
"""The lines of the timeline at which the enterprise reads the answer it is asked to rate."""

ASKING = {State.SUPPLEMENTING: Action.ASK_SUPPLEMENT, State.IN_PROGRESS: Action.ASK_ENTERPRISE}


def _question(ticket: Ticket) -> str:
    """What the enterprise is asked right now."""
    asked = ASKING.get(ticket.state)
    return next((event.text for event in reversed(ticket.events) if event.action is asked), "")


def _files_of_filing(ticket: Ticket) -> list[Any]:
    filing = ticket.events[0].id if ticket.events else None
    return [file for file in ticket.attachments if file.event_id == filing]


def _staff(ticket: Ticket, shared: dict[str, Any], now: datetime, law: Law) -> str:
    which = request.args.get("filter", "all")
    lines = shared.pop("entries")
    kept = {"public": [e for e in lines if e.public], "internal": [e for e in lines if not e.public]}
    parties = ticket.parties_of(me())
    desk = bool(parties & {Party.CLERK, Party.QUALITY, Party.SUPERVISOR})
    turn, read = ticket.turn_clock, clocks_read_by(ticket, me())
    own: Due | None = due_of_clock(turn, now, law) if turn is not None and turn in read else None
    shared["due_of"] = lambda _ticket: own
    ratings = [r for r in ticket.ratings if desk or (Party.LEAD in parties and r.cycle < ticket.cycle)]
    return render_template(
        "tickets/show.html",
        entries=kept.get(which, lines),
        filter=which if which in kept else "all",
        clocks=[due_of_clock(each, now, law) for each in read if each.is_live],
        past_clocks=[due_of_clock(each, now, law) for each in read if not each.is_live],
        assignments=_latest_parts(ticket),
        ratings=ratings,
        requests=[each for each in ticket.approvals if each.is_open and may_read_request(each.kind, parties)],
        replies=_replies_read_by(ticket, parties),
        filed_files=_files_of_filing(ticket),
        against=ticket.against,
        waits_for_supervisor=ticket.against is not None and ticket.state is State.ACCEPTED,
        reads_warnings=desk,
        may_make_rating_link=ticket.state is State.AWAITING_RATING
        and bool(parties & {Party.CLERK, Party.QUALITY}),
        repeated=likeness.repeated(ticket, me(), now) if _reads_to_route(ticket, parties) else [],
        shared_with=likeness.shared(ticket, me(), now) if _reads_to_route(ticket, parties) else [],
        others_of_enterprise=others_of(visible_tickets(me()), ticket),
        may_write_guide=Party.CLERK in parties and answer_of(ticket) is not None,
        **shared,
    )


def _reads_to_route(ticket: Ticket, parties: frozenset[Party]) -> bool:
    """Whether this is the clerk who decides where the matter goes."""
    return Party.CLERK in parties and ticket.state in BEFORE_DISPATCH


def _replies_read_by(ticket: Ticket, parties: frozenset[Party]) -> list[Any]:
    """Replies that were not sent back; onlookers read verified ones only."""
    standing = [reply for reply in ticket.replies if reply.sent_back_at is None]
    return (
        standing if works_on_it(parties) else [reply for reply in standing if reply.verified_at is not None]
    )


@bp.post("/tickets/<int:ticket_id>/gather")
def gather(ticket_id: int) -> ResponseReturnValue:
    """Join this ticket and those chosen to one incident, each by an act of its own."""
    ticket = visible_or_404(ticket_id, *WHOLE)
    user, now = me(), clock.now()
    wanted = [number for number in request.form.getlist("with", type=int) if number != ticket.id][
        :MOST_GATHERED
    ]
    others = db.session.scalars(visible_tickets(user).where(Ticket.id.in_(wanted))).unique().all()
    known = next((each.incident for each in (ticket, *others) if each.incident is not None), None)
    title = (request.form.get("title") or ticket.title).strip()[:LINE_LIMIT]
    refused = []
    for each in (ticket, *others):
        if each.incident_id is not None:
            continue
        try:
            joined = VERBS[Action.JOIN_INCIDENT](each.id, by=user, at=now, incident=known, title=title)
            known = joined.incident
        except DeskError as error:
            refused.append(_("%(label)s：%(value)s", label=each.number, value=said(error.sentence)))
    if known is not None:
        flash(_("已关联到共性问题“%(title)s”。", title=known.title), "success")
    for sentence in refused:
        flash(sentence, "warning")
    return redirect(url_for("tickets.show", ticket_id=ticket_id))


@bp.route("/tickets/<int:ticket_id>/reveal", methods=["GET", "POST"])
def reveal(ticket_id: int) -> ResponseReturnValue:
    """Show the contact this once; the reason is kept. The address stays in the browser, and opened anew shows none."""
    ticket = visible_or_404(ticket_id, *WHOLE)
    if request.method == "GET":
        return redirect(url_for("tickets.show", ticket_id=ticket_id))
    if not works_on_it(ticket.parties_of(me())):
        abort(404)
    reveal_contact(ticket.id, by=me(), at=clock.now(), reason=(request.form.get("reason") or "").strip())
    return _show(visible_or_404(ticket_id, *WHOLE), revealed=True)


@bp.post("/tickets/<int:ticket_id>/<action>/draft")
def autosave(ticket_id: int, action: str) -> ResponseReturnValue:
    """Keep what is being typed for an action; answered with the time it was kept."""
    ticket = visible_or_404(ticket_id)
    if action not in VERBS:
        abort(404)
    texts = [field.name for field in FIELDS[Action(action)] if field.kind in TYPED]
    typed = {name: request.form[name][:TEXT_LIMIT] for name in texts if name in request.form}
    now = clock.now()
    presence.save_action_draft(ticket.id, Action(action), typed, by=me(), at=now)
    return {"saved_at": f"{now.astimezone(house().timezone):%H:%M}"}


@bp.post("/tickets/<int:ticket_id>/presence")
def be_present(ticket_id: int) -> ResponseReturnValue:
    """Say that I have the page open; answered with who else of my side has."""
    ticket, now = visible_or_404(ticket_id, *WHOLE), clock.now()
    presence.be_present(ticket.id, by=me(), at=now, typing=request.form.get("typing") == "true")
    return {"others": [said(words) for words in presence.others_present(ticket, user=me(), at=now)]}


@bp.route("/tickets/<int:ticket_id>/<action>", methods=["GET", "POST"])
def act(ticket_id: int, action: str) -> ResponseReturnValue:
    """The form of an action, or the act itself; out of turn, the refusal says what the ticket waits for."""
    ticket = visible_or_404(ticket_id, *WHOLE)
    if action not in VERBS:
        abort(404)
    if request.method == "POST":
        return _take(ticket, Action(action))
    step = _step(Action(action), ticket, me(), clock.now())
    return _form_page(ticket, _fresh_form(step, _catalogue(step, ticket)), step)


def _fresh_form(step: Step, catalogue: Catalogue) -> ActionForm:
    """The form of a step, with what this person has begun to write in it."""
    form = form_for(step, catalogue)
    if any(field.kind in TYPED for field in step.fields):
        for name, text in presence.action_draft(catalogue.ticket.id, step.action, by=catalogue.user).items():
            if text and name in form:
                form[name].data = text
    return form


def _take(ticket: Ticket, name: Action) -> ResponseReturnValue:
    """Take an action; what is wrong with it is shown on the page it came from, with all that was typed."""
    ticket_id, user, now = ticket.id, me(), clock.now()
    seen = request.form.get("version", type=int)
    step = _step(name, ticket, user, now)
    catalogue = _catalogue(step, ticket)
    form = form_for(step, catalogue, bound=True)
    if "apply" in request.form and name in REPLYING:
        return _with_template(ticket, form, step)
    if not form.validate():
        return _again(ticket, form, step), 422
    if _is_unfilled(name, form) and ANYWAY not in request.form:
        left = blanks(form["text"].data)
        form["text"].errors = [
            _("还有 %(n)s 处没有填写（下划线或花括号），请填好；确实要这样发，请点“仍要提交”。", n=left)
        ]
        return _again(ticket, form, step), 422
    go_on = _address_to_go_on(ticket, now)
    try:
        arguments = form.verb_arguments(catalogue)
        if "files" in form:
            arguments["files"] = store_files(form.uploads())
        VERBS[name](ticket.id, by=user, at=now, seen=seen, **arguments)
    except Invalid as error:
        show_on(form, error)
        return _again(visible_or_404(ticket_id, *WHOLE), form, step), 422
    except Stale as stale:
        fresh = visible_or_404(ticket_id, *WHOLE)
        step = _step(name, fresh, user, now)
        form.version.data = str(fresh.version)
        return _again(fresh, form, step, stale=stale), 409
    presence.forget_action_draft(ticket_id, name, by=user)
    done = _done_words(name, ticket)
    _warn_of_nobody(name, ticket)
    if go_on and _next_step(workflow.offers(situation_of(ticket, user, now, current_law()))) is None:
        flash(_("%(number)s：%(done)s", number=ticket.number, done=done), "success")
        return redirect(go_on)
    flash(done, "success")
    return redirect(url_for("tickets.show", ticket_id=ticket_id, **opened_from()))


def _latest_parts(ticket: Ticket) -> list[Assignment]:
    """What each department has to do with it, or had at last; earlier rounds are told by the record."""
    parts = [part for part in ticket.assignments if part.state is not AssignmentState.RELEASED]
    return list({part.department_id: part for part in parts}.values())


def _done_words(name: Action, ticket: Ticket) -> str:
    """What the person who acted is told."""
    if name is Action.RATE and ticket.last_rating is not None and ticket.last_rating.is_bad:
        return str(BAD_RATING_KEPT if ticket.state is State.CLOSED else BAD_RATING_REWORKED)
    if name is Action.FIRST_CONTACT and any(
        clock.kind is ClockKind.FIRST_CONTACT and clock.is_live for clock in ticket.clocks
    ):
        return str(_("已登记未联系上，首次联系的时限继续计时。"))
    return str(DONE_WORDS.get(name) or _("“%(action)s”已完成。", action=said(name)))


def _warn_of_nobody(name: Action, ticket: Ticket) -> None:
    """Departments in which nobody has an account hear of nothing: whoever gives them a ticket is told."""
    given_to = [part.department_id for part in ticket.assignments if part.is_live] if name in GIVES else []
    if names := without_people(given_to) if given_to else ():
        flash(
            _(
                "%(departments)s还没有可以登录的经办人或负责人，没有人收到通知。请联系系统管理员建账号，或改派。",
                departments=_("、").join(names),
            ),
            "warning",
        )


def _address_to_go_on(ticket: Ticket, now: datetime) -> str:
    """What opens once nothing on this ticket waits for me: asked before the act, which may change its place."""
    came = opened_from()
    return address_of_next(came[FROM_LIST], ticket, now) if came and me().prefers.goes_on else ""


def _templates(ticket: Ticket, action: Action) -> Sequence[Filled]:
    """The templates a reply to this ticket can begin with today."""
    return templates_for(ticket, action, by=me(), today=clock.now().astimezone(house().timezone).date())


def _is_unfilled(action: Action, form: ActionForm) -> bool:
    """Whether a reply that was sent has places that are to be filled in."""
    return action in REPLYING and form.is_submitted() and blanks(form["text"].data or "") > 0


def _with_template(ticket: Ticket, form: ActionForm, step: Step) -> str:
    """The page a reply is written on, with the chosen template after what was typed."""
    wanted = request.form.get("template")
    chosen = next((each for each in _templates(ticket, step.action) if each.key == wanted), None)
    if chosen is not None:
        form["text"].data = appended(form["text"].data or "", chosen.text)
    if form.uploads():
        form["files"].errors = [_("文件没有保留下来，请重新选择。")]
    return _again(ticket, form, step)


def _again(ticket: Ticket, form: ActionForm, step: Step, *, stale: Stale | None = None) -> str:
    """The page a form came from, with all that was typed and what is wrong with it."""
    first = _next_step(workflow.offers(situation_of(ticket, me(), clock.now(), current_law())))
    if first is not None and first.action is step.action:
        return _show(ticket, bound=form, stale=stale)
    return _form_page(ticket, form, step, stale=stale)


def _step(name: Action, ticket: Ticket, user: User, now: datetime) -> Step:
    """The step this is now; where only the page's age forbids it, the refusal says what happened since."""
    situation = situation_of(ticket, user, now, current_law())
    try:
        return workflow.step_for(name, situation)
    except OutOfTurn as refusal:
        seen = request.form.get("version", type=int)
        fresh = ticket.events[seen:] if seen is not None else []
        read = {event.id for event in readable_events(ticket, user)}
        last = next((e for e in reversed(fresh) if e.public and e.id in read), None)
        if last is None:
            raise
        happened = _(
            "%(who)s已“%(action)s”，这件诉求现在是“%(state)s”。",
            who=said(last.actor_to(enterprise=user.has(Role.CONTACT))),
            action=said(last.action),
            state=said(ticket.state),
        )
        raise OutOfTurn(happened + said(refusal.sentence)) from refusal
