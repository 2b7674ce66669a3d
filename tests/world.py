"""A little park: a desk, three departments with a sub-unit, two enterprises, and the people in them."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from argon2 import PasswordHasher
from sqlalchemy import select

from service_desk.desk import closing, dispatch, handling, intake
from service_desk.desk.foundation import lay_foundation
from service_desk.domain.vocabulary import Level, Nature, Outcome, Role, Solved, State, Urgency
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus, Liaison
from service_desk.store.law import Law, current_law
from service_desk.store.people import Department, User
from service_desk.store.tickets import Ticket

CHINA = ZoneInfo("Asia/Shanghai")
PASSWORD = "quiet-harbour-9"
MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=CHINA)
"""A Monday morning far from any holiday."""

PEOPLE: dict[str, tuple[str | None, str | None, tuple[Role, ...]]] = {
    "owner": (None, "江海船舶", (Role.CONTACT,)),
    "member": (None, "江海船舶", (Role.CONTACT,)),
    "neighbour": (None, "三友服饰", (Role.CONTACT,)),
    "clerk": (None, None, (Role.CLERK,)),
    "clerk2": (None, None, (Role.CLERK,)),
    "quality": (None, None, (Role.QUALITY,)),
    "supervisor": (None, None, (Role.SUPERVISOR,)),
    "officer": (None, None, (Role.OFFICER,)),
    "leader": (None, None, (Role.LEADER,)),
    "admin": (None, None, (Role.ADMIN,)),
    "auditor": (None, None, (Role.AUDITOR,)),
    "power": ("供电公司", None, (Role.HANDLER,)),
    "power2": ("供电公司", None, (Role.HANDLER,)),
    "power_head": ("供电公司", None, (Role.HEAD,)),
    "marketing": ("供电公司营销部", None, (Role.HANDLER,)),
    "finance": ("金融办", None, (Role.HANDLER,)),
    "finance_head": ("金融办", None, (Role.HEAD,)),
    "committee": ("园区管委会", None, (Role.HANDLER,)),
    "committee_head": ("园区管委会", None, (Role.HEAD,)),
}


def department(name: str) -> Department:
    """A department by its name."""
    return db.session.scalars(select(Department).where(Department.name == name)).one()


def settle_the_park() -> None:
    """Lay the foundation and settle the people; committed."""
    lay_foundation(at=MONDAY - timedelta(days=400))
    area = db.session.scalar(select(Area)) or Area(name="港口物流园")
    db.session.add(area)
    departments = {name: department(name) for name in ("供电公司", "金融办", "园区管委会")}
    marketing = Department(name="供电公司营销部", parent_id=departments["供电公司"].id)
    departments[marketing.name] = marketing
    enterprises = {
        name: Enterprise(
            name=name,
            code=code,
            area=area,
            status=EnterpriseStatus.APPROVED,
            registered_at=MONDAY,
            contact_name="李一",
        )
        for name, code in (("江海船舶", "91450804MA5K000018"), ("三友服饰", "91450804MA5K000026"))
    }
    db.session.add_all([marketing, *enterprises.values()])
    db.session.flush()
    # Verified like any other. What a real one costs is paid at each of a thousand signings in, and proves nothing.
    kept = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    people = {}
    for username, (office, enterprise, roles) in PEOPLE.items():
        person = User(
            username=username,
            name=f"{username}名",
            password_hash=kept,
            email=f"{username}@desk.example",
            phone="13800001111",
            department_id=departments[office].id if office else None,
            enterprise_id=enterprises[enterprise].id if enterprise else None,
            is_owner=username in ("owner", "neighbour"),
        )
        person.roles = set(roles)
        people[username] = person
    db.session.add_all(people.values())
    db.session.flush()
    db.session.add(
        Liaison(
            enterprise_id=enterprises["江海船舶"].id,
            officer_id=people["officer"].id,
            leader_id=people["leader"].id,
            department_id=departments["金融办"].id,
        )
    )
    db.session.commit()


class World:
    """The park in a test's hands: who is who, and tickets brought into a state by the real verbs."""

    def __getattr__(self, username: str) -> User:
        """A person by username."""
        if username not in PEOPLE:
            raise AttributeError(username)
        return db.session.scalars(select(User).where(User.username == username)).unique().one()

    def department(self, name: str) -> Department:
        """A department by name."""
        return department(name)

    def category(self, name: str = "用电") -> Category:
        """A category by name."""
        return db.session.scalars(select(Category).where(Category.name == name)).one()

    @property
    def law(self) -> Law:
        """The rules in force."""
        return current_law()

    def ticket(self, number: str) -> Ticket:
        """A ticket, read anew."""
        db.session.expire_all()
        return db.session.scalars(select(Ticket).where(Ticket.number == number)).unique().one()

    def ticket_by_id(self, ticket_id: int) -> Ticket:
        """A ticket, read anew."""
        db.session.expire_all()
        return db.session.get_one(Ticket, ticket_id)

    def file(
        self,
        *,
        at: datetime = MONDAY,
        by: str = "owner",
        category: str = "用电",
        title: str = "车间电压不稳，需增容变压器",
        **more: Any,
    ) -> Ticket:
        """A ticket filed by an enterprise."""
        person = getattr(self, by)
        given: dict[str, Any] = {
            "enterprise": person.enterprise,
            "category": self.category(category),
            "title": title,
            "text": "下午三四点只有三百四十伏，焊机同时起弧就跳闸。",
            "contact_name": "李一",
            "contact_phone": "13800001111",
        }
        return intake.submit(by=person, at=at, **(given | more))

    def make(
        self,
        state: State,
        *,
        at: datetime = MONDAY,
        hours: float = 1,
        lead: str = "供电公司",
        supports: Sequence[str] = (),
        nature: Nature = Nature.HELP,
        urgency: Urgency = Urgency.NORMAL,
        outcome: Outcome = Outcome.SOLVED,
        rest_date: date | None = None,
        solved: Solved = Solved.SOLVED,
        level: Level = Level.SATISFIED,
        **filing: Any,
    ) -> Ticket:
        """A ticket brought to ``state`` along the straight path, one act every ``hours``."""
        ticket = self.file(at=at, nature=nature, **filing)
        moment = at

        def later() -> datetime:
            nonlocal moment
            moment += timedelta(hours=hours)
            return moment

        path: list[tuple[State, Callable[[], Any]]] = [
            (State.ACCEPTED, lambda: intake.accept(
                ticket.id, by=self.clerk, at=later(), category=ticket.category, nature=nature, urgency=urgency)),
            (State.ASSIGNED, lambda: dispatch.dispatch(
                ticket.id, by=self.supervisor if ticket.against_id else self.clerk, at=later(),
                lead=self.department(lead),
                supports=[self.department(name) for name in supports])),
            (State.IN_PROGRESS, lambda: handling.sign(ticket.id, by=self._handler(lead), at=later())),
            (State.REPLIED, lambda: handling.reply(
                ticket.id, by=self._handler(lead), at=later(), outcome=outcome,
                text="已现场勘察，增设变压器。", rest_date=rest_date)),
            (State.AWAITING_RATING, lambda: closing.verify(ticket.id, by=self.quality, at=later())),
            (State.CLOSED, lambda: closing.rate(
                ticket.id, by=getattr(self, filing.get("by", "owner")), at=later(), solved=solved, level=level)),
        ]  # fmt: skip
        if state is State.SUBMITTED:
            return ticket
        for reached, act in path:
            act()
            if reached is state:
                return ticket
        raise AssertionError(f"no straight path leads to {state}")

    def _handler(self, department: str) -> User:
        by_department = {"供电公司": "power", "金融办": "finance", "园区管委会": "committee"}
        person: User = getattr(self, by_department[department])
        return person
