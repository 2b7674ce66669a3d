"""A walk through the desk: random people, random acts, random moments; after each step the law is checked."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select

from service_desk.desk import housekeeping, intake
from service_desk.desk.verbs import VERBS
from service_desk.domain import workflow
from service_desk.domain.actions import ASK, DECIDE, FIELDS, Action, Field, FieldKind
from service_desk.domain.errors import DeskError
from service_desk.domain.vocabulary import Nature, Outcome, Payer, Role, Source, State, Urgency, Word
from service_desk.domain.workflow import Step
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.incidents import Incident
from service_desk.store.law import Law, current_law
from service_desk.store.people import Department, User
from service_desk.store.situations import passing, situation_of
from service_desk.store.tickets import Ticket
from tests.oath import Oath, Traces, is_clean
from tests.recount import Filed
from tests.world import MONDAY

MORE_PEOPLE: dict[str, tuple[str | None, str | None, tuple[Role, ...]]] = {
    "clerk3": (None, None, (Role.CLERK, Role.QUALITY)),
    "supervisor2": (None, None, (Role.SUPERVISOR,)),
    "quality2": (None, None, (Role.QUALITY,)),
    "finance_head2": ("金融办", None, (Role.HEAD,)),
    "assets": ("园区管委会资产运营公司", None, (Role.HANDLER,)),
    "power_clerk": ("供电公司", None, (Role.CLERK,)),
    "finance_everything": ("金融办", None, (Role.HANDLER, Role.QUALITY, Role.SUPERVISOR)),
    "marketing_supervisor": ("供电公司营销部", None, (Role.SUPERVISOR, Role.HEAD)),
}
"""People in several capacities at once, or in those the little park has but one of."""
DEPARTMENTS = ("供电公司", "供电公司营销部", "金融办", "园区管委会", "园区管委会资产运营公司")
CATEGORIES = ("用电", "融资", "拖欠账款", "厂房租赁")
OPEN = (
    State.SUBMITTED,
    State.SUPPLEMENTING,
    State.ACCEPTED,
    State.ASSIGNED,
    State.IN_PROGRESS,
    State.DEFERRED,
    State.REPLIED,
    State.AWAITING_RATING,
)
SOME = 7
"""So many tickets go on at once; a new one is filed where fewer do."""
FORWARD = 9
STRAIGHT = (Action.ACCEPT, Action.DISPATCH, Action.SIGN, Action.REPLY, Action.VERIFY, Action.RATE)
SELDOM = (
    Action.ANSWER, Action.MERGE, Action.WITHDRAW, Action.ASK_REJECTION, Action.NOTE, Action.REDISPATCH,
    Action.SPLIT, Action.URGE, Action.JOIN_INCIDENT, Action.SUPERVISE,
)  # fmt: skip
TO_DECIDE = frozenset((*ASK.values(), *DECIDE.values(), Action.REPORT_REST, Action.CONFIRM_REST))
STAYS = ({"minutes": 7}, {"minutes": 40}, {"hours": 3}, {"days": 1}, {"days": 3}, {"days": 11}, {"days": 50})
HOW_OFTEN = (50, 24, 14, 8, 2.6, 1, 0.4)


def settle_more_people() -> None:
    """Let the walk's own people into the park; committed. 金融办 signs its replies."""
    kept = db.session.scalars(select(User).where(User.username == "clerk")).unique().one().password_hash
    for username, (office, _, roles) in MORE_PEOPLE.items():
        person = User(username=username, name=f"{username}名", password_hash=kept)
        person.department_id = _named(Department, office).id if office else None
        person.roles = set(roles)
        db.session.add(person)
    for name in ("金融办", "供电公司营销部"):
        _named(Department, name).wants_sign_off = True
    db.session.commit()


def _named(entity: Any, name: str) -> Any:
    return db.session.scalars(select(entity).where(entity.name == name)).unique().one()


class Walk:
    """One walk, the same for the same seed; ``taken``, ``refused`` and ``reached`` count what happened."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311 - a walk, no secret
        self.now: datetime = MONDAY
        self.taken: Counter[Action] = Counter()
        self.refused: Counter[str] = Counter()
        self.reached: set[State] = set()
        self.steps = 0
        self.going: list[int] = []
        self.over: list[int] = []
        self.last = 0
        settle_more_people()
        self.oath = Oath(current_law())

    # -- one foot before the other --------------------------------------------------------------

    def go(self, steps: int) -> None:
        """Take so many steps."""
        for _ in range(steps):
            self.steps += 1
            self.step()

    def step(self) -> None:
        """Some time passes, and then somebody does something, or the clockwork looks."""
        self.now += timedelta(**self.random.choices(STAYS, HOW_OFTEN)[0]) * self.random.random()
        db.session.remove()
        self.law: Law = current_law()
        self.people: list[User] = list(db.session.scalars(select(User).order_by(User.id)).unique())
        what = self.random.random()
        if len(self.going) < SOME or what < 0.01:
            self.file()
        elif what < 0.06:
            self.let_time_pass()
        elif what < 0.86:
            self.act_as_offered()
        else:
            self.act_at_random()

    def file(self) -> None:
        """Somebody files something, mostly for their own enterprise."""
        people = [person for person in self.people if person.has(Role.CONTACT, Role.CLERK, Role.OFFICER)]
        by = self.random.choice(people if self.random.random() < 0.9 else self.people)
        enterprise = by.enterprise or self.one_of(Enterprise)
        if self.random.random() < 0.05:
            enterprise = self.one_of(Enterprise)
        category = _named(Category, self.random.choices(CATEGORIES, (4, 2, 3, 1))[0])
        nature = self.random.choices(tuple(Nature), (2, 5, 3, 1))[0]
        given: dict[str, Any] = {
            "enterprise": enterprise,
            "category": category,
            "title": f"第 {self.steps} 步的事",
            "text": "下午三四点只有三百四十伏，焊机同时起弧就跳闸。",
            "contact_name": "李一",
            "contact_phone": "13800001111",
            "area": self.one_of(Area),
            "nature": nature,
            "payer": self.random.choice((*Payer, None)) if self.random.random() < 0.1 else Payer.GOVERNMENT,
            "against": self.department(),
            "source": self.random.choice(tuple(Source)),
        }
        if not by.has(Role.CONTACT):
            given["urgency"] = self.random.choice(tuple(Urgency))
            given["received_at"] = self.now - timedelta(hours=self.random.randrange(60))
            above = given["source"].is_from_above and self.random.random() < 0.4
            given["above_due"] = self.day(30) if above else None
        filed = Filed(
            nature, given.get("urgency", Urgency.NORMAL), category.is_arrears, given.get("above_due")
        )
        self.attempt(Action.SUBMIT, None, lambda: intake.submit(by=by, at=self.now, **given), filed=filed)

    def let_time_pass(self) -> None:
        """The clockwork looks at everything."""
        before = self.oath.versions()
        housekeeping.pass_time(self.now)
        for ticket_id, version in self.oath.versions().items():
            if version != before[ticket_id]:
                self.look_at(ticket_id)
            coming = passing(db.session.get_one(Ticket, ticket_id), self.law)
            assert coming is None or coming[0] >= self.now, f"the clockwork has left {coming} undone"

    def act_as_offered(self) -> None:
        """Somebody who may takes one of the actions offered to them; rare ones first."""
        ticket = self.some_ticket()
        concerned = [person for person in self.people if ticket.parties_of(person)]
        offers: dict[Action, tuple[User, float]] = {}
        waiting = ticket.state is State.CLOSED or any(request.is_open for request in ticket.approvals)
        many = len(concerned) if waiting else min(len(concerned), 7)
        for person in self.random.sample(concerned, many):
            for step in workflow.offers(situation_of(ticket, person, self.now, self.law)):
                offers[step.action] = person, self.weight(step)
        if offers:
            (action,) = self.random.choices(tuple(offers), [weight for _, weight in offers.values()])
            self.act(ticket, offers[action][0], action, odd=self.random.random() < 0.1)

    def weight(self, step: Step) -> float:
        """How likely an act is: the straight path always, what ends it seldom, and the rarer the likelier."""
        if step.action in STRAIGHT:
            return 1.5
        forward = FORWARD if step.to is not None or step.action in TO_DECIDE else FORWARD / 3
        return forward * (0.1 if step.action in SELDOM else 1) / (0.5 + self.taken[step.action])

    def act_at_random(self) -> None:
        """Anybody tries anything."""
        by = self.random.choice(self.people)
        self.act(self.some_ticket(), by, self.random.choice(tuple(VERBS)), odd=self.random.random() < 0.3)

    def act(self, ticket: Ticket, by: User, action: Action, *, odd: bool) -> None:
        given = {
            spec.name: value
            for spec in FIELDS[action]
            if (value := self.value(spec, action, ticket, by, odd=odd)) is not None
        }
        if given.get("outcome") is not Outcome.PARTLY and not odd:
            given.pop("rest_date", None)
        if action is Action.PROGRESS and ticket.state is not State.DEFERRED and not odd:
            given.pop("next_reply", None)
        number = ticket.id
        self.attempt(action, number, lambda: VERBS[action](number, by=by, at=self.now, **given), by=by)

    def attempt(
        self,
        action: Action,
        ticket_id: int | None,
        act: Callable[[], Ticket],
        *,
        filed: Filed | None = None,
        by: User | None = None,
    ) -> None:
        """Do it; a refusal must say why and leave no trace, a success must keep the law."""
        before = self.oath.traces(ticket_id)
        outside = by is not None and ticket_id is not None and self.oath.is_complained_of(by.id, ticket_id)
        try:
            ticket = act()
        except DeskError as refusal:
            self.stays_as_it_was(action, refusal, ticket_id, before)
            return
        # The one thing asked of them is an answer, in words of their own.
        assert not outside or action is Action.ANSWER_INQUIRY, f"{action}: somebody complained of acted"
        number = ticket.id
        if filed is not None:
            self.oath.filed[number] = filed
        for each in self.oath.born_after(before.tickets):
            if each not in self.oath.filed:
                self.oath.filed[each] = self.oath.as_filed(number)
            self.look_at(each)
        self.look_at(number)

    def stays_as_it_was(
        self, action: Action, refusal: DeskError, ticket_id: int | None, before: Traces
    ) -> None:
        """A refusal is one clean sentence and nothing else."""
        assert is_clean(refusal.sentence), (action, refusal.sentence)
        db.session.remove()
        assert self.oath.traces(ticket_id) == before, f"{action}: a refusal left a trace"
        self.refused[type(refusal).__name__] += 1

    def look_at(self, ticket_id: int) -> None:
        """Check the law on one ticket, and note what happened to it."""
        db.session.remove()
        ticket, fresh = self.oath.keeps(ticket_id, self.now)
        for event in fresh:
            self.taken[event.action] += 1
            self.reached |= {event.before, event.after}
        self.going = [each for each in self.going if each != ticket_id]
        self.over = [each for each in self.over if each != ticket_id]
        (self.going if ticket.state in OPEN else self.over).append(ticket_id)
        self.last = ticket_id

    # -- choosing ---------------------------------------------------------------------------------

    def some_ticket(self) -> Ticket:
        if self.last and self.random.random() < 0.55:
            return db.session.get_one(Ticket, self.last)
        ended = self.over[-12:]
        pool = ended if ended and self.random.random() < 0.15 else self.going
        return db.session.get_one(Ticket, self.random.choice(pool))

    def one_of(self, entity: Any) -> Any:
        return self.random.choice(db.session.scalars(select(entity).order_by(entity.id)).unique().all())

    def department(self) -> Department:
        found: Department = _named(Department, self.random.choice(DEPARTMENTS))
        return found

    def day(self, most: int) -> date:
        return self.law.calendar.day_of(self.now) + timedelta(days=self.random.randint(0, most))

    def value(self, spec: Field, action: Action, ticket: Ticket, by: User, *, odd: bool) -> Any:  # noqa: C901, PLR0911, PLR0912 - a table
        """What somebody writes into a field; None where they leave it out."""
        chance = self.random.random()
        if (
            not spec.required
            and spec.kind is not FieldKind.DATE
            and chance < (0.7 if action is Action.CORRECT else 0.3)
        ):
            return None
        match spec.kind:
            case FieldKind.LINE | FieldKind.TEXT:
                return f"写在第 {self.steps} 步"
            case FieldKind.CHOICE if spec.choices is not None:
                return self.random.choice(tuple(spec.choices))
            case FieldKind.YES_NO:
                return self.random.random() < 0.6
            case FieldKind.DATE:
                return self.date_for(odd=odd)
            case FieldKind.MOMENT:
                return self.now - timedelta(days=400 if odd else 0)
            case FieldKind.NUMBER:
                return self.random.choice((0, -3, 99, 10_000)) if odd else self.random.randint(1, 3)
            case FieldKind.CATEGORY:
                return _named(Category, self.random.choice(CATEGORIES))
            case FieldKind.AREA:
                return self.one_of(Area)
            case FieldKind.DEPARTMENT:
                return self.department()
            case FieldKind.DEPARTMENTS:
                names = self.random.sample(DEPARTMENTS, self.random.randint(1, 2))
                return [_named(Department, name) for name in names]
            case FieldKind.SUPPORT:
                supports = [part.department for part in ticket.supports]
                return self.random.choice(supports) if supports and not odd else self.department()
            case FieldKind.ANY_DEPARTMENT:
                return self.one_of(Department) if odd else None
            case FieldKind.COLLEAGUE:
                mine = [person for person in self.people if person.department_id == by.department_id]
                return self.random.choice(mine)
            case FieldKind.ENTERPRISE:
                return self.one_of(Enterprise) if odd else None
            case FieldKind.TICKET:
                return self.parent_for(ticket, odd=odd)
            case FieldKind.INCIDENT:
                known = db.session.scalars(select(Incident)).all()
                return self.random.choice(known) if known else None
            case FieldKind.ORDER:
                running = [order.number for order in ticket.running_orders]
                return self.random.choice(running) if running and not odd else 7
            case FieldKind.REASON:
                return self.random.choice(("非本单位职责", "经营主体之间民事纠纷", "属地不符"))
            case FieldKind.TAGS:
                return [f"标签{n}" for n in range(self.random.randint(0, 9 if odd else 5))]
            case FieldKind.TEXTS:
                return [f"第 {n} 部分" for n in range(1 if odd else self.random.randint(2, 3))]
            case FieldKind.FILES:
                return None
        raise AssertionError(f"nobody knows what to write into {spec}")

    def date_for(self, *, odd: bool) -> date:
        return self.day(400) - timedelta(days=200) if odd else self.day(30)

    def parent_for(self, ticket: Ticket, *, odd: bool) -> Ticket:
        """Another going on of the same enterprise, or, oddly, anything."""
        if not odd:
            same = [
                each
                for number in self.going
                if (each := db.session.get_one(Ticket, number)).enterprise_id == ticket.enterprise_id
                and each.id != ticket.id
            ]
            if same:
                return self.random.choice(same)
        return db.session.get_one(Ticket, self.random.choice([*self.going, *self.over]))

    def summary(self) -> str:
        """What the walk did, for people to read."""
        acts = "、".join(f"{action.value} {count}" for action, count in sorted(self.taken.items()))
        return (
            f"{self.steps} steps, {sum(self.taken.values())} acts, {sum(self.refused.values())} refused "
            f"{dict(self.refused)}, {len(self.going) + len(self.over)} tickets, "
            f"until {self.now:%Y-%m-%d}\n{acts}"
        )


def untried(walks: Iterable[Walk]) -> set[Word]:
    """The actions that no walk has taken, and the states none has reached."""
    taken = {action for walk in walks for action in walk.taken}
    reached = {state for walk in walks for state in walk.reached}
    # Nobody on a walk changes the calendar.
    return {*set(Action) - taken - {Action.RECALCULATE}, *set(State) - reached}
