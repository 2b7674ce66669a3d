"""Stories of the desk that hypothesis makes up: who acts, on what, how, and when; the law is checked after each step.

A story that breaks the law is cut down to the few steps that matter, and told.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import accumulate, count
from random import Random
from typing import Any, TypeVar

import hypothesis
from hypothesis import HealthCheck, Phase, note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from service_desk.desk import facts, housekeeping, intake, reminders
from service_desk.desk.verbs import VERBS
from service_desk.domain import workflow
from service_desk.domain.actions import ASK, CANCEL, DECIDE, FIELDS, Action, Field, FieldKind
from service_desk.domain.errors import DeskError
from service_desk.domain.states import OPEN
from service_desk.domain.vocabulary import (
    Nature,
    Outcome,
    Payer,
    RequestKind,
    Role,
    Source,
    State,
    Urgency,
    Word,
)
from service_desk.domain.workflow import Step
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.clocks import Clock
from service_desk.store.enterprises import Area, Enterprise
from service_desk.store.incidents import Incident
from service_desk.store.law import Law, current_law
from service_desk.store.parts import Event
from service_desk.store.people import Department, User
from service_desk.store.situations import passing, situation_of
from service_desk.store.tickets import Ticket
from tests.counting import around, assert_as_by_hand, assert_counting_agrees
from tests.oath import Oath, Watch, is_clean
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
DEPARTMENTS = ("供电公司", "金融办", "园区管委会", "供电公司营销部", "园区管委会资产运营公司")
CATEGORIES = ("用电", "用电", "融资", "拖欠账款", "厂房租赁")
SOME = 2
"""So many tickets go on at once; a new one is filed where fewer do."""
LENGTHS = (30, 90)
"""The steps of a story, by rounds in turn: what breaks in a short one is soon cut down, long ones go deep."""
A_ROUND = 500
"""About so many steps are told before what was not yet seen is preferred anew."""
SELDOM = frozenset((
    Action.ANSWER, Action.MERGE, Action.WITHDRAW, Action.ASK_REJECTION, Action.NOTE, Action.REDISPATCH,
    Action.SPLIT, Action.URGE, Action.JOIN_INCIDENT, Action.SUPERVISE, Action.INSTRUCT, Action.ADD_INFO,
    Action.CORRECT, Action.HAND_OVER, Action.INQUIRE, Action.ASK_SUPPLEMENT,
))  # fmt: skip
"""What would end or crowd too many stories."""
TO_DECIDE = frozenset((*ASK.values(), *DECIDE.values(), Action.REPORT_REST, Action.CONFIRM_REST))
FURTHER = tuple(step for step in workflow.STEPS
                if step.action not in SELDOM and (step.to is not None or step.action in TO_DECIDE))  # fmt: skip
STAYS = {
    timedelta(minutes=8): 40, timedelta(hours=1): 25, timedelta(hours=4): 14, timedelta(days=1): 10,
    timedelta(days=4): 4, timedelta(days=12): 2, timedelta(days=60): 1,
}  # fmt: skip
"""How long it takes until somebody does something, at most, and how often."""
SECOND = timedelta(seconds=1)

TOLD = hypothesis.settings(
    database=None,
    deadline=None,
    phases=(Phase.generate, Phase.shrink),
    suppress_health_check=list(HealthCheck),
    report_multiple_bugs=False,
)
NUMBER = st.integers(0, 9999)
"""All choices of a step hang on the one number hypothesis draws for it, so that steps are taken out of a story whole.

Where hypothesis drew each choice by itself, stories were hardly ever cut down: a step has dozens, and with any of
them left out all that follow mean something else.
"""

T = TypeVar("T")


# The park it happens in, and what is counted


@dataclass
class Tally:
    """What happened in all stories together; each step is one act, legal or not, or a look of the clockwork."""

    stories: int = 0
    steps: int = 0
    tickets: int = 0
    taken: Counter[Action] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    reached: Counter[State] = field(default_factory=Counter)

    @property
    def untried(self) -> set[Word]:
        """The actions that nobody has taken, and the states that none has reached."""
        return {*set(Action) - set(self.taken), *set(State) - set(self.reached) - {State.DRAFT}}

    @property
    def everywhere(self) -> bool:
        """Whether every state was reached."""
        return not any(isinstance(word, State) for word in self.untried)

    def __str__(self) -> str:
        """For people to read."""
        return "\n".join(
            (
                f"{self.steps} steps in {self.stories} stories, {self.tickets} tickets",
                f"legal: {sum(self.taken.values())} events ({_said(self.taken)})",
                f"refused: {sum(self.refused.values())} ({_said(self.refused)})",
                f"states: {_said(self.reached)}",
            )
        )


def _said(counted: Counter[Any]) -> str:
    return ", ".join(f"{getattr(word, 'value', word)} {count}" for word, count in counted.most_common())


@dataclass(frozen=True)
class Ground:
    """The park that every story begins with: ``afresh`` puts it back; ``oath`` knows its people."""

    afresh: Callable[[], None]
    oath: Oath


def settle_more_people() -> None:
    """Let the stories' own people into the park; committed. 金融办 signs its replies."""
    kept = db.session.scalars(select(User).where(User.username == "clerk")).unique().one().password_hash
    for username, (office, _, roles) in MORE_PEOPLE.items():
        person = User(username=username, name=f"{username}名", password_hash=kept)
        person.department_id = _named(Department, office).id if office else None
        person.roles = set(roles)
        db.session.add(person)
    for name in ("金融办", "供电公司营销部"):
        _named(Department, name).wants_sign_off = True
    db.session.add(Area(name="西片区"))
    db.session.commit()


def _named(entity: Any, name: str) -> Any:
    return db.session.scalars(select(entity).where(entity.name == name)).unique().one()


def walk(ground: Ground, tally: Tally, *, steps: int, seed: int) -> None:
    """Let hypothesis tell at least so many steps of stories, always the same ones for the same seed.

    In rounds, each of which prefers what none before it has seen; up to twice as many where a state was not
    reached. Raises what the shortest story that breaks the law breaks; that story is a note of the exception.
    """
    for number in count(seed):
        unseen = frozenset(tally.untried)

        def story(unseen: frozenset[Word] = unseen) -> Story:
            return Story(ground, tally, unseen)

        hypothesis.seed(number)(story)
        length = LENGTHS[(number - seed) % len(LENGTHS)]
        stories = max(1, min(A_ROUND, steps) // length)
        told = hypothesis.settings(TOLD, max_examples=stories, stateful_step_count=length)
        run_state_machine_as_test(story, settings=told)  # type: ignore[arg-type]
        enough = steps if tally.everywhere else 2 * steps
        if tally.steps >= enough:
            return


class Story(RuleBasedStateMachine):
    """Some tickets, and what people do with them."""

    def __init__(self, ground: Ground, tally: Tally, unseen: frozenset[Word]) -> None:
        super().__init__()
        ground.afresh()
        self.oath, self.tally, self.unseen = ground.oath, tally, unseen
        self.oath.begin_anew()
        self.watch = Watch()
        self.now: datetime = MONDAY
        self.going: list[int] = []
        """The open ones, that which somebody acted on last first."""
        self.over: list[int] = []
        self.touched: set[int] = set()
        tally.stories += 1

    def teardown(self) -> None:
        # Some rows were stored when the clockwork looked last, some tickets went on since.
        assert_counting_agrees(self.now)
        self.figures_are_as_by_hand()
        self.tally.tickets += len(self.going) + len(self.over)
        self.watch.close()
        db.session.remove()

    def figures_are_as_by_hand(self) -> None:
        """Now over all of the story; and at two moments of it, over days that begin or end amid it."""
        whole = around(self.now)
        assert_as_by_hand(self.now, whole.since, whole.until)
        told = list(db.session.scalars(select(Event.at).order_by(Event.at)))
        for _ in range(2):
            as_of = self.choose(told) - self.choose((timedelta(0), SECOND))
            first, last = sorted(self.law.calendar.day_of(self.choose(told)) for _ in range(2))
            assert_as_by_hand(as_of, first, last + timedelta(days=1))

    # -- one foot before the other --------------------------------------------------------------

    @initialize(number=NUMBER)
    def an_enterprise_files(self, number: int) -> None:
        self.chance = Random(number)  # noqa: S311 - a story, no secret
        while not self.touched:
            self.begin()
            self.file(odd=False)

    @rule(number=NUMBER)
    def the_next_step(self, number: int) -> None:
        """One rule for all: hypothesis leaves rules out of whole stories, and the desk needs everybody.

        The simplest step is none at all.
        """
        if number == 0:
            return
        self.chance = Random(number)  # noqa: S311 - a story, no secret
        self.begin()
        happen = (self.move_on, self.take_what_is_offered, self.try_anything, self.look, self.come)
        self.weighed(happen, (10, 10, 3, 2, 1))()

    @invariant()
    def the_law_is_kept(self) -> None:
        db.session.remove()
        for ticket_id in sorted(self.touched):
            _, fresh = self.oath.keeps(ticket_id, self.now)
            for event in fresh:
                self.tally.taken[event.action] += 1
                self.tally.reached[event.after] += event.after is not event.before
        self.touched.clear()

    # -- drawing ----------------------------------------------------------------------------------

    def begin(self) -> None:
        """A step begins: some time has passed, often none to speak of, sometimes up to a due to the second."""
        self.tally.steps += 1
        db.session.remove()
        self.law: Law = current_law()
        self.people: list[User] = list(db.session.scalars(select(User).order_by(User.id)).unique())
        self.now += self.weighed(tuple(STAYS), tuple(STAYS.values())) * self.choose((1, 2, 3, 4)) / 4
        if self.one_in(12):
            dues = [each for each in self.dues() if each > self.now]
            if dues:
                self.now = max(self.now, self.choose(dues) + self.choose((timedelta(0), SECOND, -SECOND)))

    def dues(self) -> list[datetime]:
        """The moments at which a clock of the ticket last acted on is due."""
        ticket = db.session.get(Ticket, self.going[0]) if self.going else None
        clocks = ticket.clocks if ticket else ()
        return sorted({clock.due_at for clock in clocks if clock.is_live and clock.due_at})

    def choose(self, options: Sequence[T]) -> T:
        """One of these."""
        return options[self.chance.randrange(len(options))]

    def weighed(self, options: Sequence[T], weights: Sequence[int]) -> T:
        """One of these, more often where the weight is greater."""
        drawn = self.choose(range(sum(weights)))
        return next(one for one, above in zip(options, accumulate(weights), strict=True) if drawn < above)

    def one_in(self, many: int) -> bool:
        """Whether something happens that happens once in so many times."""
        return self.choose(range(many)) == many - 1

    def ticket(self) -> Ticket:
        """One of those that go on, or at times one that is over."""
        ended = self.over[:4]
        pool = ended if ended and (not self.going or self.one_in(4)) else self.going
        return db.session.get_one(Ticket, self.choose(pool))

    # -- acting -----------------------------------------------------------------------------------

    def file(self, *, odd: bool) -> None:
        """Somebody files something, mostly for their own enterprise."""
        may = [person for person in self.people if person.has(Role.CONTACT, Role.CLERK, Role.OFFICER)]
        by = self.choose(self.people if odd else may)
        enterprise = by.enterprise if by.enterprise and not odd else self.one_of(Enterprise)
        category: Category = _named(Category, self.choose(CATEGORIES))
        nature = self.choose((Nature.HELP, Nature.COMPLAINT, Nature.ENQUIRY, Nature.SUGGESTION))
        given: dict[str, Any] = {
            "enterprise": enterprise,
            "category": category,
            "title": "车间电压不稳",
            "text": "下午三四点只有三百四十伏，焊机同时起弧就跳闸。",
            "contact_name": "李一",
            "contact_phone": "13800001111",
            "area": self.one_of(Area),
            "nature": nature,
            "payer": self.choose((*Payer, None)) if odd else Payer.GOVERNMENT,
            "against": self.department(),
            "source": self.choose(tuple(Source)),
        }
        if not by.has(Role.CONTACT):
            given["urgency"] = self.choose((Urgency.NORMAL, Urgency.URGENT, Urgency.CRITICAL))
            given["received_at"] = self.now - timedelta(hours=self.choose(range(60)))
            above = given["source"].is_from_above and self.one_in(2)
            given["above_due"] = self.day(30) if above else None
        filed = Filed(
            nature, given.get("urgency", Urgency.NORMAL), category.is_arrears, given.get("above_due")
        )
        self.attempt(
            Action.SUBMIT, by, None, given, lambda: intake.submit(by=by, at=self.now, **given), filed
        )

    def come(self) -> None:
        """Somebody comes to the desk: mostly where too little goes on."""
        if len(self.going) < SOME or self.one_in(3):
            self.file(odd=self.one_in(3))
        else:
            self.move_on()

    def move_on(self) -> None:
        """Somebody does something that leads further: the straight path, a request, a decision."""
        if self.going:
            self.take_one_of(FURTHER, odd=False)
        else:
            self.file(odd=False)

    def take_what_is_offered(self) -> None:
        """Somebody does anything that they may do."""
        self.take_one_of(workflow.STEPS, odd=self.one_in(12))

    def take_one_of(self, wanted: Sequence[Step], *, odd: bool) -> None:
        """Somebody wants to take one of these steps; where its rules forbid it, another, and at last anything."""
        ticket = self.ticket()
        parties = {person: ticket.parties_of(person) for person in self.people}
        asked = {each.kind for each in ticket.approvals if each.is_open}
        no_use = {ASK[kind] for kind in asked} | {
            action for kind in set(RequestKind) - asked for action in (DECIDE[kind], CANCEL[kind])
        }
        may: dict[Action, list[User]] = {}
        for step in wanted:
            if ticket.state in step.sources and step.action not in no_use:
                able = [person for person in self.people if parties[person] & step.by]
                if able:
                    may.setdefault(step.action, []).extend(able)
        for _ in range(min(3, len(may))):
            action = self.seldom_seen(tuple(may))
            person = self.choose(may.pop(action))
            situation = situation_of(ticket, person, max(self.now, ticket.touched_at), self.law)
            if action in {step.action for step in workflow.offers(situation)}:
                self.act(ticket, person, action, odd=odd)
                return
        self.try_anything()

    def try_anything(self) -> None:
        """Anybody, anything, anywhere."""
        self.act(self.ticket(), self.choose(self.people), self.choose(tuple(VERBS)), odd=self.one_in(3))

    def look(self) -> None:
        """The clockwork ends what has ended and reminds of what is due; everybody looks at their lists."""
        note(f"{self.when}  the clockwork looks")
        before = self.oath.versions()
        housekeeping.pass_time(self.now)
        reminders.remind_due(self.now)
        facts.store_facts(self.now)
        db.session.remove()
        for ticket_id, version in self.oath.versions().items():
            if version != before[ticket_id]:
                self.touch(ticket_id)
            coming = passing(db.session.get_one(Ticket, ticket_id), self.law)
            assert coming is None or coming[0] >= self.now, f"the clockwork has left {coming} undone"
        late = select(Clock.id).where(Clock.next_step_at <= self.now)
        assert db.session.scalars(late).all() == [], "a reminder is due and was not given"
        for ticket_id in self.going:
            self.oath.there_is_a_way_on(db.session.get_one(Ticket, ticket_id), self.now)
        if self.one_in(8):
            self.oath.nobody_complained_of_finds_out()

    def seldom_seen(self, actions: Sequence[Action]) -> Action:
        """One of these: what ends or crowds a story seldom, what no round before has seen rather.

        What was done before in this story has no say, so that a step taken out leaves the others as they are.
        """
        weights = [9 if action in self.unseen else 1 if action in SELDOM else 4 for action in actions]
        return self.weighed(actions, weights)

    def act(self, ticket: Ticket, by: User, action: Action, *, odd: bool) -> None:
        """Somebody takes an action, with fields as people fill them in; ``odd`` people write nonsense."""
        given = {
            spec.name: value
            for spec in FIELDS[action]
            if (value := self.value(spec, action, ticket, by, odd=odd)) is not None
        }
        if given.get("outcome") is not Outcome.PARTLY and not odd:
            given.pop("rest_date", None)
        if action is Action.PROGRESS and ticket.state is not State.DEFERRED and not odd:
            given.pop("next_reply", None)
        if odd:
            given["seen"] = self.choose((ticket.version, ticket.version - 1, 0))
        number = ticket.id
        self.attempt(action, by, ticket, given, lambda: VERBS[action](number, by=by, at=self.now, **given))

    def attempt(
        self,
        action: Action,
        by: User,
        ticket: Ticket | None,
        given: dict[str, Any],
        act: Callable[[], Ticket],
        filed: Filed | None = None,
    ) -> None:
        """Do it; a refusal must say why and leave no trace, a success must keep the law."""
        fields = ", ".join(f"{name}={_shown(value)}" for name, value in given.items())
        note(f"{self.when}  {by.username}: {action.value}{f' {ticket.number}' if ticket else ''} ({fields})")
        outside = ticket is not None and self.oath.is_complained_of(by.id, ticket.id)
        newest, rows = self.oath.newest_ticket(), self.watch.rows()
        db.session.rollback()
        try:
            changed = act()
        except DeskError as refusal:
            note(f"             refused: {refusal.sentence}")
            self.stays_as_it_was(refusal, rows)
            return
        note(f"             → {changed.number} {changed.state.value}")
        # The one thing asked of them is an answer, in words of their own.
        assert not outside or action is Action.ANSWER_INQUIRY, f"{action}: somebody complained of acted"
        if filed is not None:
            self.oath.filed[changed.id] = filed
        for each in self.oath.born_after(newest):
            if each not in self.oath.filed:
                self.oath.filed[each] = self.oath.as_filed(changed.id)
            self.touch(each)
        self.touch(changed.id)

    def stays_as_it_was(self, refusal: DeskError, rows: Any) -> None:
        """A refusal is one clean sentence and nothing else."""
        self.tally.refused[type(refusal).__name__] += 1
        assert is_clean(refusal.sentence), f"no sentence to tell people: {refusal.sentence}"
        db.session.remove()
        assert self.watch.rows() == rows, "a refusal left a trace"

    def touch(self, ticket_id: int) -> None:
        """Something happened to it: it is to be checked, and stands first in its pile."""
        self.touched.add(ticket_id)
        for pile in (self.going, self.over):
            if ticket_id in pile:
                pile.remove(ticket_id)
        state = db.session.scalars(select(Ticket.state).where(Ticket.id == ticket_id)).one()
        (self.going if state in OPEN | {State.AWAITING_RATING} else self.over).insert(0, ticket_id)

    # -- filling in -------------------------------------------------------------------------------

    @property
    def when(self) -> str:
        return f"{self.now.astimezone(self.law.calendar.tz):%m-%d %H:%M:%S}"

    def one_of(self, entity: Any) -> Any:
        return self.choose(db.session.scalars(select(entity).order_by(entity.id)).unique().all())

    def department(self) -> Department:
        found: Department = _named(Department, self.choose(DEPARTMENTS))
        return found

    def day(self, most: int) -> date:
        return self.law.calendar.day_of(self.now) + timedelta(days=self.choose(range(most + 1)))

    def value(self, spec: Field, action: Action, ticket: Ticket, by: User, *, odd: bool) -> Any:  # noqa: C901, PLR0911, PLR0912 - a table
        """What somebody writes into a field; None where they leave it out."""
        if not spec.required and spec.kind is not FieldKind.DATE:
            given = self.one_in(3) if action is Action.CORRECT else not self.one_in(3)
            if not given:
                return None
        match spec.kind:
            case FieldKind.LINE | FieldKind.TEXT:
                return "已核实" if not odd else self.choose(("已核实", " ", "长" * 6000))
            case FieldKind.CHOICE if spec.choices is not None:
                return self.choose(tuple(spec.choices))
            case FieldKind.YES_NO:
                return self.choose((True, False))
            case FieldKind.DATE:
                return self.day(400) - timedelta(days=200) if odd else self.day(30)
            case FieldKind.MOMENT:
                return self.now - timedelta(days=400 if odd else 0)
            case FieldKind.NUMBER:
                return self.choose((0, -3, 99, 10_000) if odd else (1, 2, 3))
            case FieldKind.CATEGORY:
                return _named(Category, self.choose(CATEGORIES))
            case FieldKind.AREA:
                return self.one_of(Area)
            case FieldKind.DEPARTMENT:
                return self.department()
            case FieldKind.DEPARTMENTS:
                names = DEPARTMENTS[::-1]
                first = self.choose(range(len(names)))
                return [_named(Department, name) for name in names[first : first + 1 + self.one_in(2)]]
            case FieldKind.SUPPORT:
                supports = [part.department for part in ticket.supports]
                return self.choose(supports) if supports and not odd else self.department()
            case FieldKind.ANY_DEPARTMENT:
                return self.one_of(Department) if odd else None
            case FieldKind.COLLEAGUE:
                mine = [person for person in self.people if person.department_id == by.department_id]
                return self.choose(mine)
            case FieldKind.ENTERPRISE:
                return self.one_of(Enterprise) if odd else None
            case FieldKind.TICKET:
                return self.parent_for(ticket, odd=odd)
            case FieldKind.INCIDENT:
                known = db.session.scalars(select(Incident).order_by(Incident.id)).all()
                return self.choose(known) if known else None
            case FieldKind.ORDER:
                running = [order.number for order in ticket.running_orders]
                return self.choose(running) if running and not odd else 7
            case FieldKind.REASON:
                return self.choose(("非本单位职责", "经营主体之间民事纠纷", "属地不符"))
            case FieldKind.TAGS:
                return [f"标签{n}" for n in range(self.choose(range(10 if odd else 6)))]
            case FieldKind.TEXTS:
                return [f"第 {n} 部分" for n in range(self.choose((1, 0, 30) if odd else (2, 3)))]
            case FieldKind.FILES:
                return None
        raise AssertionError(f"nobody knows what to write into {spec}")

    def parent_for(self, ticket: Ticket, *, odd: bool) -> Ticket:
        """Another of the same enterprise that goes on, or, oddly, anything."""
        all_of_them = [db.session.get_one(Ticket, each) for each in (*self.going, *self.over)]
        same = [each for each in all_of_them[: len(self.going)]
                if each.enterprise_id == ticket.enterprise_id and each.id != ticket.id]  # fmt: skip
        return self.choose(same if same and not odd else all_of_them)


def _shown(value: Any) -> str:
    """A field's value as the story tells it."""
    if isinstance(value, list):
        return "+".join(map(_shown, value))
    if isinstance(value, Word):
        return value.value
    if isinstance(value, str):
        return value if len(value) < 30 else f"{value[:10]}…"
    return str(getattr(value, "number", None) or getattr(value, "name", None) or value)
