"""Another system's events, replayed through the verbs of the desk as if each had been done here at its moment."""

import inspect
import json
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from service_desk.desk import closing, intake
from service_desk.desk.acting import finish, let_time_pass, record
from service_desk.desk.verbs import VERBS
from service_desk.domain.actions import FIELDS, Action, Field, FieldKind
from service_desk.domain.errors import Invalid
from service_desk.domain.rules import THIRD_CYCLE, THIRD_MOVE
from service_desk.domain.vocabulary import (
    ClockKind,
    Nature,
    Payer,
    RequestKind,
    Role,
    Source,
    State,
    Urgency,
)
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus, Liaison
from service_desk.store.incidents import Incident
from service_desk.store.law import current_law
from service_desk.store.moves import reclassify
from service_desk.store.people import Department, User
from service_desk.store.situations import passing
from service_desk.store.tickets import Ticket, locked

FOLDER = Path(__file__).parent / "data" / "history"
Line = dict[str, Any]


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NEEDS_HAND = words(
    "first_contact progress ask_enterprise reply ask_sign_off ask_extension ask_deferral hand_over"
)
NEEDS_CLOSED = words("rework ask_appeal ask_exclusion report_rest")
NEEDS_VERIFIED = NEEDS_CLOSED | words("rate expire_rating")
WHO = {
    Role.CONTACT: words(
        "add_info supplement inform withdraw urge rate correct_rating ask_appeal cancel_appeal"
    ),
    Role.QUALITY: words("verify send_back check_withdrawal"),
    Role.SUPERVISOR: words(
        "supervise keep_closed decide_rejection decide_deferral decide_exclusion decide_appeal"
    ),
    Role.LEADER: words("instruct"),
    Role.HEAD: words("decide_sign_off"),
    Role.HANDLER: words(
        "sign hand_over first_contact progress ask_enterprise opine reply resume report_rest answer_order "
        "ask_return ask_extension ask_deferral ask_sign_off ask_exclusion"
    ),
}
"""The role that the law asks for, where a line does not say who acted; the clerk for all others."""


def read(path: Path) -> dict[str, list[Line]]:
    """The lines of a file by ticket, in their order."""
    tickets: dict[str, list[Line]] = defaultdict(list)
    for text in path.read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        tickets[line["ticket"]].append(line)
    for lines in tickets.values():
        lines.sort(key=lambda line: line["seq"])
    return dict(tickets)


def instant(line: Line) -> datetime:
    return datetime.fromisoformat(line["at"])


@dataclass
class Replay:
    """Replays lines in one transaction; ``last`` is the last moment of the file."""

    last: datetime
    tickets: dict[str, int] = field(default_factory=dict)
    people: dict[tuple[object, ...], User] = field(default_factory=dict)
    incidents: dict[str, Incident] = field(default_factory=dict)

    def by_time(self, tickets: Mapping[str, list[Line]]) -> None:
        """All lines in the order of their moments, and what time ends by itself."""
        lines = [line for of_ticket in tickets.values() for line in of_ticket]
        for line in sorted(lines, key=lambda line: (instant(line), line["ticket"], line["seq"])):
            self.take(line)
        for ticket_id in self.tickets.values():
            self.let_windows_end(locked(ticket_id), self.last)

    def take(self, line: Line) -> None:
        """One line, and before it what it leaves out and implies."""
        name, at = line["event"], instant(line)
        if name == "submit":
            self.tickets[line["ticket"]] = self.submit(line)
            return
        ticket = locked(self.tickets[line["ticket"]])
        self.take_what_is_understood(ticket, line)
        if name == "expire_rating":
            law = current_law()
            finish(ticket, record(ticket, Action.EXPIRE_RATING, by=None, at=at, law=law), law)
        elif name == "rework" and self.opened_by_the_rating(ticket, at):
            pass
        elif name == "rework" and (line.get("by") or {}).get("role") == "system":
            closing.open_again(ticket, by=None, at=at, law=current_law(), reason=line["reason"])
        else:
            self.act(ticket, line)

    def act(self, ticket: Ticket, line: Line) -> None:
        by = self.person(ticket, line)
        if ticket.lead is not None:
            # The other system does not say where replies are signed: where it was asked for.
            ticket.lead.department.wants_sign_off = line["event"] == "ask_sign_off"
        verb = inspect.unwrap(VERBS[Action(line["event"])])
        verb(ticket.id, by=by, at=instant(line), **self.arguments(ticket, line, by))
        if line["event"] == "accept":
            # The other system's own matter list said whether it is complex.
            ticket.is_complex = line.get("complex", False)
            reclassify(ticket, instant(line), current_law())

    def opened_by_the_rating(self, ticket: Ticket, at: datetime) -> bool:
        return ticket.events[-1].action is Action.REWORK and ticket.events[-1].at == at

    def take_what_is_understood(self, ticket: Ticket, line: Line) -> None:
        name, at = line["event"], instant(line)
        if name == "dispatch" and ticket.state is State.SUBMITTED:
            self.take({"ticket": line["ticket"], "event": "accept", "at": line["at"]})
        if name in NEEDS_HAND and ticket.state is State.ASSIGNED and "department" not in line:
            self.take({**line, "event": "sign"})
        if name == "opine" and any(
            part.department.name == line["department"] and part.handler_id is None for part in ticket.supports
        ):
            self.take({**line, "event": "sign"})
        if name in NEEDS_VERIFIED and ticket.state is State.REPLIED:
            replied = ticket.replies[-1].at.isoformat()
            self.take({"ticket": line["ticket"], "event": "verify", "at": replied})
        if name in NEEDS_CLOSED:
            self.let_windows_end(ticket, at)

    def let_windows_end(self, ticket: Ticket, until: datetime) -> None:
        """As time passes at the desk, but a rating window that ends at this very moment ends too."""
        law = current_law()
        let_time_pass(ticket, until, law)
        end = passing(ticket, law)
        if end is not None and end[1] is Action.EXPIRE_RATING and end[0] <= until:
            finish(ticket, record(ticket, end[1], by=None, at=end[0], law=law), law)

    # Who, and with what

    def submit(self, line: Line) -> int:
        enterprise = self.enterprise(line["enterprise"])
        by = line.get("by") or {}
        role = Role(by.get("role", "contact"))
        if role is Role.OFFICER or line.get("nature") == "投诉":
            # Officers look after their own enterprises, and enterprises say whom they complain of.
            role = Role.CLERK
        submit = inspect.unwrap(intake.submit)
        ticket = submit(
            by=self.user(role, by.get("name"), enterprise=enterprise if role is Role.CONTACT else None),
            at=instant(line),
            enterprise=enterprise,
            category=self.row(Category, line["category"]),
            title=line["title"],
            text=line["text"],
            contact_name="",
            contact_phone="",
            area=self.row(Area, line["area"]) if "area" in line else None,
            nature=Nature.labelled(line.get("nature", "求助")),
            urgency=Urgency.labelled(line.get("urgency", "一般")),
            payer=Payer.labelled(line.get("payer", "其他")),
            source=Source.labelled(line.get("source", "企业自提")),
        )
        return int(ticket.id)

    def person(self, ticket: Ticket, line: Line) -> User:
        by, name = line.get("by") or {}, line["event"]
        request = (
            ticket.request(RequestKind(name.removeprefix("cancel_"))) if name.startswith("cancel_") else None
        )
        if request is not None and (not by.get("name") or request.asked_by_name == Role.HANDLER.label):
            # Of two lines that need one person, one may leave out the name.
            return db.session.get_one(User, request.asked_by_id)
        role = Role(by["role"]) if "role" in by else self.role_of(ticket, name)
        lead = ticket.last_lead
        if role in (Role.HANDLER, Role.HEAD):
            if name == "hand_over" and not by and lead is not None and lead.handler is not None:
                return lead.handler
            given = line.get("department")
            department = self.department(given) if given else lead.department if lead else None
            return self.user(role, by.get("name"), department=department, nameless=name * (role is Role.HEAD))
        if role is Role.LEADER:
            leader = self.user(role, by.get("name"))
            ticket.enterprise.liaison = Liaison(leader_id=leader.id)
            db.session.flush()
            return leader
        enterprise = ticket.enterprise if role is Role.CONTACT else None
        return self.user(role, by.get("name"), enterprise=enterprise, nameless=name)

    def role_of(self, ticket: Ticket, name: str) -> Role:
        settle = ticket.clock(ClockKind.SETTLE)
        grave = (
            (name in ("redispatch", "decide_return") and ticket.moves + 1 >= THIRD_MOVE)
            or (name == "decide_extension" and settle is not None and settle.extensions)
            or (name == "rework" and ticket.cycle + 1 >= THIRD_CYCLE)
        )
        if grave:
            return Role.SUPERVISOR
        return next((role for role, names in WHO.items() if name in names), Role.CLERK)

    def user(
        self,
        role: Role,
        name: str | None,
        *,
        department: Department | None = None,
        enterprise: Enterprise | None = None,
        nameless: str = "",
    ) -> User:
        """Somebody by name, whatever their roles; people without a name are one for each role and act."""
        where = department.id if department else enterprise.id if enterprise else None
        namesakes = [user for key, user in self.people.items() if name and key[1] == name]
        if where is None and namesakes:
            namesakes[-1].roles |= {role}
            return namesakes[-1]
        key = (role, name or nameless, where)
        if key not in self.people:
            person = User(username=uuid.uuid4().hex, name=name or role.label, is_owner=True)
            person.department_id = department.id if department else None
            person.enterprise_id = enterprise.id if enterprise else None
            person.roles = {role}
            db.session.add(person)
            db.session.flush()
            self.people[key] = person
        return self.people[key]

    def arguments(  # noqa: PLR0911 - a way for each action that differs
        self, ticket: Ticket, line: Line, by: User
    ) -> dict[str, Any]:
        action = Action(line["event"])
        given = {spec.name: self.value(spec, line[spec.name]) for spec in FIELDS[action] if spec.name in line}
        match action:
            case Action.ACCEPT:
                known = {"category": ticket.category, "nature": ticket.nature, "urgency": ticket.urgency}
                return known | given
            case Action.SIGN:
                return {"handler": by}
            case Action.FIRST_CONTACT:
                return {"who": "", "how": ""} | given
            case Action.RELEASE_SUPPORT:
                return {"department": self.department(line["department"])}
            case Action.MERGE:
                if line["parent"] not in self.tickets:
                    raise Invalid("没有这个编号的诉求。")
                return {"parent": db.session.get(Ticket, self.tickets[line["parent"]])}
            case Action.JOIN_INCIDENT:
                known_one = db.session.scalar(select(Incident).where(Incident.title == line["incident"]))
                return {"incident": known_one, "title": line["incident"]}
            case Action.ANSWER_ORDER:
                return given | {"order": ticket.running_orders[0].number}
            case Action.HAND_OVER:
                return {"to": self.user(Role.HANDLER, line["to"], department=by.department)}
        return given

    def value(self, spec: Field, given: Any) -> Any:  # noqa: PLR0911 - a way for each kind of field
        match spec.kind:
            case FieldKind.CHOICE if spec.choices is not None:
                labels = {word.label: word for word in spec.choices}
                return labels.get(given) or spec.choices(given)
            case FieldKind.DATE:
                return date.fromisoformat(given)
            case FieldKind.CATEGORY:
                return self.row(Category, given)
            case FieldKind.AREA:
                return self.row(Area, given)
            case FieldKind.DEPARTMENT:
                return self.department(given)
            case FieldKind.DEPARTMENTS:
                return [self.department(name) for name in given]
            case _:
                return given

    def department(self, name: str) -> Department:
        return Department.named(name) or self.row(Department, name)

    def row(self, entity: Any, name: str) -> Any:
        found = db.session.scalar(select(entity).where(entity.name == name))
        if found is None:
            found = entity(name=name)
            db.session.add(found)
            db.session.flush()
        return found

    def enterprise(self, given: Mapping[str, str]) -> Enterprise:
        found = db.session.scalar(select(Enterprise).where(Enterprise.code == given["code"]))
        if found is None:
            found = Enterprise(
                code=given["code"],
                name=given["name"],
                status=EnterpriseStatus.APPROVED,
                registered_at=self.last,
            )
            db.session.add(found)
            db.session.flush()
        return found
