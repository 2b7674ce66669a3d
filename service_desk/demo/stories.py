"""The stories of the demo park: what each act of a ticket says, and who takes it."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from service_desk.demo.cast import Cast
from service_desk.desk import cases, closing, handling, housekeeping, intake, requests, supervision
from service_desk.desk.dispatch import dispatch, redispatch
from service_desk.desk.verbs import VERBS
from service_desk.domain.actions import FIELDS, Action, Field, FieldKind
from service_desk.domain.vocabulary import Level, Nature, OrderLevel, Outcome, Payer, Solved, Source, Urgency
from service_desk.store.base import db
from service_desk.store.incidents import Incident
from service_desk.store.law import current_law
from service_desk.store.people import User
from service_desk.store.tickets import Ticket

PACE = {Urgency.CRITICAL: 0.1, Urgency.URGENT: 0.35, Urgency.NORMAL: 1.0}
PACE_OF_AN_ENQUIRY = 0.4
WAYS = ("电话", "上门", "微信")
FILED_BY_THE_DESK = (Source.HOTLINE, Source.ABOVE, Source.LEADER, Source.MEETING, Source.ON_SITE)

A = Action
TAKERS = {
    "owner": (A.SUPPLEMENT, A.ADD_INFO, A.INFORM, A.CORRECT_RATING, A.CONFIRM_REST, A.ASK_APPEAL, A.CANCEL_APPEAL),
    "clerk": (A.ASK_SUPPLEMENT, A.MERGE, A.UNMERGE, A.SPLIT, A.LEAVE_INCIDENT, A.ADD_SUPPORT, A.RELEASE_SUPPORT,
              A.CORRECT, A.NOTE, A.INQUIRE, A.DECIDE_RETURN, A.DECIDE_EXTENSION, A.ASK_REJECTION, A.CANCEL_REJECTION),
    "handler": (A.PROGRESS, A.ASK_ENTERPRISE, A.RESUME, A.REPORT_REST, A.ASK_RETURN, A.CANCEL_RETURN, A.ASK_EXTENSION,
                A.CANCEL_EXTENSION, A.ASK_DEFERRAL, A.CANCEL_DEFERRAL, A.CANCEL_SIGN_OFF, A.ASK_EXCLUSION,
                A.CANCEL_EXCLUSION),
    "head": (A.HAND_OVER,),
    "supervisor": (A.DECIDE_DEFERRAL, A.DECIDE_REJECTION, A.DECIDE_EXCLUSION, A.DECIDE_APPEAL),
    "leader": (A.INSTRUCT,),
    "respondent": (A.ANSWER_INQUIRY,),
}  # fmt: skip
TAKEN_BY = {action: taker for taker, actions in TAKERS.items() for action in actions}
"""Who takes an act of which a story says no more than what is filled in."""


class Story:
    """One ticket and what is said about it; each act is a method that takes its instant."""

    def __init__(self, line: Mapping[str, Any], cast: Cast, number: int) -> None:
        self.line, self.cast, self.number = line, cast, number
        self.ticket_id = 0
        self.times: Counter[Action] = Counter()
        self.clerk, self.quality = cast.people["clerk"], cast.people["quality"]
        self.supervisor = cast.people["supervisor"]
        self.enterprise = cast.enterprises[line.get("enterprise") or line["enterprise_name"]]
        self.owner = cast.owners[self.enterprise.id]
        self.urgency = Urgency.labelled(line["urgency"])
        self.lead = line.get("lead", line.get("lead_department", ""))
        self.supports = [
            name for name in line.get("supports", line.get("co_departments", [])) if name != self.lead
        ]
        self.nature = Nature.COMPLAINT if "against" in line else Nature(line.get("nature", "help"))
        self.source = Source(line.get("source_of_ticket", "enterprise"))

    @property
    def pace(self) -> float:
        """How fast the desk and the departments are, as the limits ask."""
        return PACE_OF_AN_ENQUIRY if self.nature is Nature.ENQUIRY else PACE[self.urgency]

    def has(self, act: str) -> bool:
        """Whether the story has something to say for an act that not every story has."""
        needs = {"progress": "progress", "urge": "urge", "supervise": "order", "answer_order": "answer"}
        return act not in needs or needs[act] in self.line

    @property
    def handler(self) -> User:
        """Who handles it at the lead."""
        return self.cast.handlers[self.lead]

    @property
    def head(self) -> User:
        """Who heads the lead."""
        return self.cast.heads[self.lead]

    @property
    def leader(self) -> User:
        """Who looks after the enterprise from above."""
        return self.cast.leaders[self.enterprise.id]

    @property
    def respondent(self) -> User:
        """Who answers for the department complained of."""
        return self.cast.handlers[self.line["against"]]

    def take(self, act: str, at: datetime) -> None:
        """Take an act: in its own way where it has one, else with what the story fills in."""
        own = getattr(self, act, None)
        if own is not None:
            own(at)
        else:
            self._fill_in(Action(act), at)

    def _fill_in(self, action: Action, at: datetime) -> None:
        """Take an action with the fields the story tells; of an act told several times, one after the other."""
        told = self.line.get("acts", {}).get(action.value, {})
        if isinstance(told, list):
            told, self.times[action] = told[self.times[action]], self.times[action] + 1
        by = self.cast.people[told["by"]] if "by" in told else getattr(self, TAKEN_BY[action])
        given = {
            field.name: self._value(field, told[field.name], at)
            for field in FIELDS[action]
            if field.name in told
        }
        VERBS[action](self.ticket_id, by=by, at=at, **given)

    def _value(self, field: Field, told: Any, at: datetime) -> Any:  # noqa: ANN401 - whatever a field may hold
        """What a field is given: words, rows by their names, dates as days from the act."""
        match field.kind:
            case FieldKind.CHOICE if field.choices:
                return field.choices(told)
            case FieldKind.DATE:
                return current_law().calendar.day_of(at) + timedelta(days=told)
            case FieldKind.DEPARTMENT | FieldKind.SUPPORT:
                return self.cast.departments[told]
            case FieldKind.COLLEAGUE:
                return self.cast.people[told]
            case FieldKind.TICKET:
                return db.session.scalars(select(Ticket).where(Ticket.title == told)).unique().one()
            case _:
                return told

    # Intake

    def submit(self, at: datetime) -> None:
        """By the enterprise itself; by the officer after a visit; else by the clerk, on behalf."""
        line, source = self.line, self.source
        by = self.owner
        if source is Source.VISIT:
            by = self.cast.officers[self.enterprise.id]
        elif source in FILED_BY_THE_DESK:
            by = self.clerk
        ticket = intake.submit(
            by=by,
            at=at,
            enterprise=self.enterprise,
            category=self.cast.categories[line["category"]],
            title=line["title"],
            text=line.get("text") or line["description"],
            contact_name=self.enterprise.contact_name or "",
            contact_phone=self.enterprise.contact_phone or "",
            area=self.enterprise.area,
            nature=self.nature,
            payer=Payer(line["payer"]) if "payer" in line else None,
            against=self.cast.departments[line["against"]] if "against" in line else None,
            source=source,
            submission_key=f"demo:{self.number}",
            **self._paper(at),
        )
        self.ticket_id = ticket.id

    def _paper(self, at: datetime) -> dict[str, Any]:
        """What the paper from above says; its dates are told as days from the filing."""
        paper = self.line.get("paper", {})
        days = {name: paper[name] for name in ("due", "reply") if name in paper}
        today = current_law().calendar.day_of(at)
        return {
            **{f"above_{name}": paper[name] for name in ("office", "number") if name in paper},
            **{f"above_{name}": today + timedelta(days=count) for name, count in days.items()},
        }

    def accept(self, at: datetime) -> None:
        """With the category confirmed and the urgency set by the clerk."""
        intake.accept(
            self.ticket_id,
            by=self.clerk,
            at=at,
            category=self.cast.categories[self.line["category"]],
            nature=self.nature,
            urgency=self.urgency,
        )

    def answer(self, at: datetime) -> None:
        """The desk answers by itself."""
        intake.answer(self.ticket_id, by=self.clerk, at=at, text=self.line["reply"])

    def dispatch(self, at: datetime) -> None:
        """By the clerk; where a department is complained of, by the supervisor."""
        dispatch(
            self.ticket_id,
            by=self.supervisor if "against" in self.line else self.clerk,
            at=at,
            lead=self.cast.departments[self.lead],
            supports=[self.cast.departments[name] for name in self.supports],
        )

    def dispatch_anew(self, at: datetime) -> None:
        """After an upheld return, to the department that it named."""
        self.lead, self.supports = self.line["new_lead"], []
        self.dispatch(at)

    def redispatch(self, at: datetime) -> None:
        """To another lead, without its being asked for."""
        self.lead = self.line["new_lead"]
        lead = self.cast.departments[self.lead]
        redispatch(self.ticket_id, by=self.clerk, at=at, lead=lead, reason=self.line["reason"])

    def join_incident(self, at: datetime) -> None:
        """Whichever ticket comes first registers the incident."""
        title = self.line["incident"]
        known = db.session.scalar(select(Incident).where(Incident.title == title))
        cases.join_incident(self.ticket_id, by=self.clerk, at=at, incident=known, title=title)

    def urge(self, at: datetime) -> None:
        """By the enterprise."""
        intake.urge(self.ticket_id, by=self.owner, at=at, text=self.line["urge"])

    def withdraw(self, at: datetime) -> None:
        """By the enterprise."""
        intake.withdraw(self.ticket_id, by=self.owner, at=at, reason=self.line["reason"])

    def check_withdrawal(self, at: datetime) -> None:
        """It was voluntary."""
        intake.check_withdrawal(
            self.ticket_id, by=self.quality, at=at, voluntary=True, text=self.line["check"]
        )

    # Handling

    def sign(self, at: datetime) -> None:
        """Now the handler signs, now the head, who names the handler; never one who will sign the reply."""
        signs_replies = self.cast.departments[self.lead].wants_sign_off
        by = self.head if self.number % 3 == 0 and not signs_replies else self.handler
        handling.sign(self.ticket_id, by=by, at=at, handler=self.handler)

    def first_contact(self, at: datetime) -> None:
        """By telephone, in person or by message."""
        how = WAYS[self.number % len(WAYS)]
        who = self.enterprise.contact_name or self.enterprise.name
        handling.first_contact(
            self.ticket_id, by=self.handler, at=at, who=who, how=how, text="已了解情况，正在安排处理。"
        )

    def progress(self, at: datetime) -> None:
        """For the enterprise to read; every fourth one is for the desk alone."""
        public = self.number % 4 != 1
        handling.progress(self.ticket_id, by=self.handler, at=at, text=self.line["progress"], public=public)

    def progress_deferred(self, at: datetime) -> None:
        """A deferred matter goes on, with a new date for the next reply."""
        self._fill_in(Action.PROGRESS, at)

    def opine(self, at: datetime) -> None:
        """Each support says what it has to say."""
        for name in self.supports:
            text = self.line.get("opinion", "已到现场了解情况，将配合主办单位落实。")
            handling.opine(self.ticket_id, by=self.cast.handlers[name], at=at, text=text)

    def reply(self, at: datetime) -> None:
        """The lead's reply."""
        handling.reply(self.ticket_id, by=self.handler, at=at, **self._reply(at))

    def ask_sign_off(self, at: datetime) -> None:
        """The same reply, put to the head."""
        requests.ask_sign_off(self.ticket_id, by=self.handler, at=at, **self._reply(at))

    def decide_sign_off(self, at: datetime) -> None:
        """The head signs."""
        requests.decide_sign_off(self.ticket_id, by=self.head, at=at, granted=True)

    def _reply(self, at: datetime) -> dict[str, Any]:
        """What a reply says; ``rest`` are the days until the rest of a partial solution is done."""
        rest = self.line.get("rest")
        return {
            "outcome": Outcome(self.line.get("outcome", "solved")),
            "text": self.line["reply"],
            "rest_date": None if rest is None else current_law().calendar.day_of(at) + timedelta(days=rest),
        }

    def reply_again(self, at: datetime) -> None:
        """The reply of the rework."""
        handling.reply(
            self.ticket_id, by=self.handler, at=at, outcome=Outcome.SOLVED, text=self.line["again"]
        )

    # Closing

    def verify(self, at: datetime) -> None:
        """By the quality caller, now and then by the clerk."""
        closing.verify(self.ticket_id, by=self.clerk if self.number % 3 == 0 else self.quality, at=at)

    def send_back(self, at: datetime) -> None:
        """The reply does not hold."""
        closing.send_back(self.ticket_id, by=self.quality, at=at, text=self.line["lacking"])

    def rate(self, at: datetime) -> None:
        """By the enterprise, or by telephone."""
        closing.rate(
            self.ticket_id,
            by=self.quality if self.line.get("phone") else self.owner,
            at=at,
            solved=Solved(self.line.get("solved", "solved")),
            level=Level(self.line["level"]),
            text=self.line.get("words", ""),
        )

    def rate_again(self, at: datetime) -> None:
        """The rating of the rework."""
        level, text = Level(self.line["again_level"]), self.line["again_words"]
        closing.rate(self.ticket_id, by=self.owner, at=at, solved=Solved.SOLVED, level=level, text=text)

    def expire_rating(self, at: datetime) -> None:
        """Nobody rated."""
        housekeeping.pass_time_on(self.ticket_id, at=at)

    def keep_closed(self, at: datetime) -> None:
        """The supervisor says why a bad rating opens nothing."""
        closing.keep_closed(self.ticket_id, by=self.supervisor, at=at, reason=self.line["keep"])

    # Supervision

    def supervise(self, at: datetime) -> None:
        """An order of level 1."""
        supervision.supervise(
            self.ticket_id, by=self.supervisor, at=at, level=OrderLevel.FIRST, text=self.line["order"]
        )

    def answer_order(self, at: datetime) -> None:
        """The lead answers with a new date."""
        new_date = current_law().calendar.day_of(at) + timedelta(days=self.line["answer_days"])
        text = self.line["answer"]
        supervision.answer_order(self.ticket_id, by=self.handler, at=at, text=text, new_date=new_date)
