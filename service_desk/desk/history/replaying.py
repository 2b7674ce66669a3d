"""The lines of a ticket, replayed through the verbs of the desk as if each had been done here at its moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select

from service_desk.desk import closing
from service_desk.desk.acting import finish, let_time_pass, record
from service_desk.desk.history.fields import EVENTS
from service_desk.desk.history.lines import Line
from service_desk.desk.history.people import OF_A_DEPARTMENT, candidates
from service_desk.desk.history.surroundings import Surroundings
from service_desk.desk.intake import enter
from service_desk.desk.verbs import VERBS
from service_desk.domain.actions import Action, FieldKind, Party
from service_desk.domain.errors import DeskError, Invalid, OutOfTurn, Refused
from service_desk.domain.sentences import Sentence, say
from service_desk.domain.vocabulary import Nature, Payer, Role, Source, State, Urgency
from service_desk.domain.workflow import STEPS, wrong_party, wrong_state
from service_desk.store.base import db
from service_desk.store.law import Law
from service_desk.store.lists import ReasonKind
from service_desk.store.parts import Event
from service_desk.store.people import Department, PastPerson
from service_desk.store.replays import Replay
from service_desk.store.situations import passing
from service_desk.store.tickets import Ticket

A = Action

NEEDS_HAND = frozenset(
    {
        A.FIRST_CONTACT,
        A.PROGRESS,
        A.ASK_ENTERPRISE,
        A.OPINE,
        A.REPLY,
        A.ASK_SIGN_OFF,
        A.ASK_EXTENSION,
        A.ASK_DEFERRAL,
    }
)
"""Lines that need the lead to have signed."""
NEEDS_CLOSED = frozenset({A.REWORK, A.ASK_APPEAL, A.ASK_EXCLUSION, A.REPORT_REST})
NEEDS_VERIFIED = NEEDS_CLOSED | {A.RATE, A.EXPIRE_RATING}
"""Lines before which the reply was verified, whether or not a line says so."""
AFTER_VERIFYING = frozenset(step.action for step in STEPS if State.AWAITING_RATING in step.sources)
WITH_DEPARTMENT = (A.SIGN, A.PROGRESS, A.OPINE)
"""Lines that say for which department somebody acted; all others act for the lead."""
BY_ITSELF = (A.REWORK, A.EXPIRE_RATING)
"""What the other system did by itself."""
REASONS = {
    A.ASK_RETURN: ReasonKind.RETURN,
    A.ASK_REJECTION: ReasonKind.REJECTION,
    A.ASK_EXCLUSION: ReasonKind.EXCLUSION,
}
FURTHER = "imported"
"""Under this name an event keeps what its line brought besides."""


@dataclass
class Replayer:
    """Replays lines within the caller's transaction, which ``history`` belongs to.

    ``begun`` are the tickets of this transaction by their number over there, and ``events_before`` tells by id how
    many events they had.
    """

    law: Law
    places: Surroundings
    history: Replay
    begun: dict[str, Ticket] = field(default_factory=dict)
    events_before: dict[int, int] = field(default_factory=dict)
    state: State = State.DRAFT
    """In which the ticket was when the line came: what its refusal names."""

    def hold(self, number: str, ticket: Ticket) -> None:
        """Go on with a ticket that this transaction has read and locked."""
        self.begun[number] = ticket
        self.events_before[ticket.id] = len(ticket.events)
        self.history.held[ticket.id] = ticket

    def take(self, line: Line, following: Sequence[Line]) -> None:
        """One line, and what it and those ``following`` it leave unsaid. Raises ``LineRefused``."""
        ticket = self.begun.get(line.ticket)
        self.state = ticket.state if ticket else State.DRAFT
        try:
            self._check_system(line)
            if ticket is None:
                ticket = self._begin(line)
            else:
                self._go_on(ticket, line)
        except DeskError as error:
            raise line.refused(_reason(error, line, self.state, self.law)) from error
        _keep_the_rest(ticket, line)
        if ticket.state is State.REPLIED and _is_verified_later(following):
            self._verify(ticket)

    def let_windows_end(self, ticket: Ticket, until: datetime) -> None:
        """As time passes at the desk, but a rating window that ends at this very moment ends too."""
        let_time_pass(ticket, until, self.law)
        end = passing(ticket, self.law)
        if end is not None and end[1] is A.EXPIRE_RATING and end[0] <= until:
            self._by_itself(ticket, A.EXPIRE_RATING, end[0])

    # The line itself

    @staticmethod
    def _check_system(line: Line) -> None:
        if line.by_system and line.action not in BY_ITSELF:
            raise Refused(say("%(event)s 不能由系统办理", event=line.action.value))

    def _begin(self, line: Line) -> Ticket:
        if line.action is not A.SUBMIT:
            raise Invalid(say("%(event)s 之前缺少 submit：这件诉求还没有提交", event=line.action.value))
        ticket = self._filed(line)
        self.hold(line.ticket, ticket)
        return ticket

    def _filed(self, line: Line) -> Ticket:
        given = line.fields
        enterprise = self.places.enterprise(given["enterprise"])
        ticket = Ticket(
            imported_number=line.ticket,
            enterprise=enterprise,
            enterprise_id=enterprise.id,
            category=self.places.category(given["category"]),
            area=self.places.area(given["area"]) if "area" in given else None,
            title=given["title"],
            text=given["text"],
            contact_name="",
            contact_phone="",
            nature=given.get("nature", Nature.HELP),
            urgency=given.get("urgency", Urgency.NORMAL),
            payer=given.get("payer"),
            source=given.get("source", Source.ENTERPRISE),
        )
        if ticket.category.is_arrears:
            ticket.payer = ticket.payer or Payer.OTHER
        (person,) = candidates(ticket, line, None)
        if person.role is Role.CONTACT:
            ticket.contact_name = line.name
        event = enter(ticket, by=person, at=line.at, law=self.law)
        if "nature" not in given:
            # Nobody has said it yet.
            event.data = {name: value for name, value in event.data.items() if name != "nature"}
        finish(ticket, event, self.law)
        return ticket

    def _go_on(self, ticket: Ticket, line: Line) -> None:
        if line.action is A.SUBMIT:
            raise wrong_state(A.SUBMIT, ticket.state, frozenset({State.DRAFT}))
        self._understand(ticket, line)
        self.state = ticket.state
        opened = _opened_by_a_rating(ticket, line)
        if opened is not None:
            self._say_who_opened(opened, line)
        elif line.action is A.EXPIRE_RATING:
            self._expire(ticket, line)
        elif line.by_system:
            let_time_pass(ticket, line.at, self.law)
            closing.open_again(ticket, by=None, at=line.at, law=self.law, reason=line.fields["reason"])
        else:
            self._act(ticket, line)

    def _expire(self, ticket: Ticket, line: Line) -> None:
        """The end of the rating window; an earlier import may have understood it already, at its own moment."""
        if line.role is not None:
            raise wrong_party(A.EXPIRE_RATING, frozenset({Party.SYSTEM}))
        known = len(ticket.events) == self.events_before[ticket.id]
        if not (known and ticket.events[-1].action is A.EXPIRE_RATING):
            self._by_itself(ticket, A.EXPIRE_RATING, line.at)

    def _by_itself(self, ticket: Ticket, action: Action, at: datetime) -> None:
        finish(ticket, record(ticket, action, by=None, at=at, law=self.law), self.law)

    @staticmethod
    def _say_who_opened(event: Event, line: Line) -> None:
        """The rating opened it at once; the line says who did so over there."""
        if line.by_system or line.role is None:
            return
        if line.role not in (Role.CLERK, Role.SUPERVISOR):
            raise wrong_party(A.REWORK, frozenset({Party.CLERK, Party.SUPERVISOR}))
        event.by_name, event.party = line.name or line.role.label, Party(line.role.value)
        event.text = line.fields["reason"]

    def _act(self, ticket: Ticket, line: Line) -> None:
        """The verb, by whom the line names, or by the first who may."""
        self.history.is_complex = bool(line.fields.get("complex"))
        self.history.wants_sign_off = line.action is A.ASK_SIGN_OFF
        department = self._department(ticket, line)
        given = self._given(ticket, line)
        refusal: Refused | None = None
        for person in candidates(ticket, line, department):
            if line.action is A.HAND_OVER:
                given["to"] = PastPerson(Role.HANDLER, line.fields["to"], line.fields["to"], department)
            try:
                VERBS[line.action](ticket.id, by=person, at=line.at, **given)
            except Refused as error:
                refusal = error
            else:
                return
        if refusal is not None and refusal.who and department is not None and line.action in WITH_DEPARTMENT:
            _check_part(ticket, department, line)
        if refusal is not None:
            raise refusal

    def _department(self, ticket: Ticket, line: Line) -> Department | None:
        """For which department a handler or head acted."""
        if line.action in WITH_DEPARTMENT and "department" in line.fields:
            return self.places.department(line.fields["department"])
        lead = ticket.last_lead
        return lead.department if lead is not None else None

    def _given(self, ticket: Ticket, line: Line) -> dict[str, Any]:
        """What the verb is given: rows for names, and what a line may leave out."""
        spared = ("complex", "contact") + (("department",) if line.action in WITH_DEPARTMENT else ())
        given = {
            each.name: self._row(each.kind, line.fields[each.name])
            for each in EVENTS[line.action]
            if each.name in line.fields and each.name not in spared
        }
        if line.action in REASONS:
            self.places.reason(REASONS[line.action], given["reason_code"])
        match line.action:
            case A.ACCEPT:
                as_it_was = {"category": ticket.category, "nature": ticket.nature, "urgency": ticket.urgency}
                given = as_it_was | given
            case A.CORRECT if "contact" in line.fields:
                given["contact_name"] = line.fields["contact"]
            case A.FIRST_CONTACT:
                given = {"who": "", "how": ""} | given
            case A.MERGE:
                given["parent"] = self._parent(line)
            case A.JOIN_INCIDENT:
                given["incident"] = self.places.incident(line.fields["incident"], line.at)
            case A.ANSWER_ORDER if ticket.running_orders:
                given["order"] = ticket.running_orders[0].number
        if line.action in (A.ACCEPT, A.CORRECT) and "category" in given and given["category"].is_arrears:
            given["payer"] = ticket.payer or Payer.OTHER
        return given

    def _row(self, kind: FieldKind, value: Any) -> Any:  # noqa: ANN401 - rows for names, all else as it is
        match kind:
            case FieldKind.CATEGORY:
                return self.places.category(value)
            case FieldKind.AREA:
                return self.places.area(value)
            case FieldKind.DEPARTMENT:
                return self.places.department(value)
            case FieldKind.DEPARTMENTS:
                return [self.places.department(name) for name in value]
            case _:
                return value

    def _parent(self, line: Line) -> Ticket:
        number = line.fields["parent"]
        if number in self.begun:
            return self.begun[number]
        parent = db.session.scalars(select(Ticket).where(Ticket.imported_number == number)).unique().first()
        if parent is None:
            raise Invalid(say("没有编号为“%(number)s”的诉求，或者它没有导入", number=number))
        return parent

    # What is understood

    def _understand(self, ticket: Ticket, line: Line) -> None:
        if line.action is A.DISPATCH and ticket.state is State.SUBMITTED:
            self._implied(ticket, line, A.ACCEPT)
        if line.action in NEEDS_HAND and ticket.state is State.ASSIGNED:
            self._implied(ticket, line, A.SIGN)
        if line.action is A.OPINE:
            self._sign_of_the_support(ticket, line)
        if line.action in NEEDS_VERIFIED and ticket.state is State.REPLIED:
            self._verify(ticket)
        if line.action in NEEDS_CLOSED:
            self.let_windows_end(ticket, line.at)

    def _implied(self, ticket: Ticket, line: Line, action: Action) -> None:
        """An act without a line of its own: by the same person where that is whom the law asks for."""
        same = line.role in (OF_A_DEPARTMENT if action is A.SIGN else (Role.CLERK,))
        lead = ticket.last_lead
        of_another = (
            action is A.SIGN
            and lead is not None
            and "department" in line.fields
            and self.places.department(line.fields["department"]) is not lead.department
        )
        self._act(
            ticket,
            replace(
                line,
                action=action,
                fields={},
                others={},
                role=line.role if same and not of_another else None,
                name=line.name if same and not of_another else "",
            ),
        )

    def _sign_of_the_support(self, ticket: Ticket, line: Line) -> None:
        department = self.places.department(line.fields["department"])
        waits = any(
            part.department_id == department.id and part.signed_at is None and part.is_live
            for part in ticket.supports
        )
        if waits:
            fields = {"department": line.fields["department"]}
            self._act(ticket, replace(line, action=A.SIGN, fields=fields, others={}))

    def _verify(self, ticket: Ticket) -> None:
        """The reply was verified at its own moment, by somebody who is not named."""
        at = ticket.replies[-1].at
        VERBS[A.VERIFY](ticket.id, by=PastPerson(Role.QUALITY, Role.QUALITY.label), at=at)


def _keep_the_rest(ticket: Ticket, line: Line) -> None:
    """What the line brought besides, kept with its event."""
    if line.others:
        event = next(each for each in reversed(ticket.events) if each.action is line.action)
        event.data = {**event.data, FURTHER: dict(line.others)}


def _is_verified_later(following: Sequence[Line]) -> bool:
    """Whether a verifying is to be understood at once: later lines need it, and none of those before them minds."""
    for line in following:
        if line.action in NEEDS_VERIFIED:
            return True
        if line.action not in AFTER_VERIFYING:
            return False
    return False


def _opened_by_a_rating(ticket: Ticket, line: Line) -> Event | None:
    """The rework by which a bad rating opened the ticket at this very moment."""
    if line.action is not A.REWORK:
        return None
    return next(
        (
            event
            for event in reversed(ticket.events)
            if event.action is A.REWORK and event.at == line.at and event.party is Party.SYSTEM
        ),
        None,
    )


def _check_part(ticket: Ticket, department: Department, line: Line) -> None:
    what = "协办单位" if line.action is A.OPINE else "承办单位"
    parts = ticket.supports if line.action is A.OPINE else ticket.assignments
    if all(part.department_id != department.id for part in parts):
        raise Invalid(say("“%(name)s”不是这件诉求的%(what)s", name=line.fields["department"], what=say(what)))


def _reason(error: DeskError, line: Line, state: State, law: Law) -> Sentence:
    """The rule that does not hold, and what decides: the moment, the state, the person."""
    at = line.at.astimezone(law.calendar.tz)
    facts: list[object] = [
        say("%(event)s 于 %(at)s", event=line.action.value, at=f"{at:%Y-%m-%d %H:%M:%S}"),
        say("当时是“%(state)s”", state=state),
    ]
    if line.action is A.MERGE:
        facts.append(say("并入 %(parent)s", parent=line.fields["parent"]))
    facts += [each for each in (line.role, line.name) if each]
    return say("%(rule)s（%(facts)s）", rule=_rule(error, line), facts=tuple(facts))


def _rule(error: DeskError, line: Line) -> Sentence:
    event = line.action.value
    if isinstance(error, OutOfTurn) and error.needed:
        return say("%(event)s 需要%(needed)s", event=event, needed=error.needed)
    if isinstance(error, Refused) and error.who:
        role = line.role or "—"
        return say("%(event)s 由%(who)s办理，不能由%(role)s办理", event=event, who=error.who, role=role)
    sentences = [error.sentence]
    if isinstance(error, Invalid):
        sentences += [words for words in error.fields.values() if words != error.sentence]
    return say("%(words)s", words="".join(sentences).rstrip("。"))
