"""What a row names: categories, areas and departments that are here; enterprises, made where they are new."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from sqlalchemy import Select, select

from service_desk.desk.history.fields import GivenEnterprise
from service_desk.desk.history.surroundings import Surroundings
from service_desk.desk.ledger_import.cells import Told
from service_desk.desk.loading import PROVISIONAL, TAGS
from service_desk.domain.errors import Invalid
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus, Liaison
from service_desk.store.lists import ReasonCode, ReasonKind
from service_desk.store.people import Department, User

MADE_BY = "台账导入"
OF_THE_ENTERPRISE = frozenset(TAGS.values())
"""Tags that say what an enterprise is, and nothing of the matter."""


@dataclass
class Places(Surroundings):
    """The rows that a ledger names. A list of the desk is never lengthened by what somebody typed."""

    named: dict[str, str] = field(default_factory=dict)
    """What enterprises were first called in this file, by code: a trial makes them again and again."""
    unknown: dict[str, set[str]] = field(default_factory=dict)
    """The names that nobody knows, by what they were to name: what the operator may have to add."""

    def department(self, name: str) -> Department:
        """The department of this name or alias. Raises ``Invalid`` with the names there are."""
        missing = _missing("承办单位", name, select(Department.name).where(Department.active))
        return self._row("departments", name, lambda: Department.named(name), missing)

    def category(self, name: str) -> Category:
        """The category of this name. Raises ``Invalid`` with the names there are."""
        missing = _missing("诉求类别", name, select(Category.name).where(Category.active))
        return self._row("categories", name, lambda: Category.named(name), missing)

    def area(self, name: str) -> Area:
        """The area of this name. Raises ``Invalid`` with the names there are."""
        missing = _missing("片区", name, select(Area.name).where(Area.active))
        return self._row("areas", name, lambda: Area.named(name), missing)

    def reason(self, kind: ReasonKind, label: str) -> ReasonCode:
        """A ledger tells no reasons: nothing is looked up, and nothing made."""
        return ReasonCode(kind=kind, label=label)

    def enterprise(self, given: GivenEnterprise) -> Enterprise:
        """The enterprise of this credit code, or where the row has none, of this name; provisional if that is new."""

        def make() -> Enterprise:
            return Enterprise(
                code=given.code or None,
                name=self.named.setdefault(given.code or given.name, given.name),
                status=EnterpriseStatus.APPROVED,
                status_reason=None if given.code else PROVISIONAL,
                registered_at=self.at,
                decided_at=self.at,
                decided_by=MADE_BY,
            )

        return self._row("enterprises", given.code or given.name, lambda: _found(given), make)

    def check(self, told: Told) -> None:
        """Raise ``Invalid`` with all that the row names and is not here."""
        led = (told.lead, *told.supports) if told.was_dispatched else ()
        problems = []
        for what, find, names in (
            ("诉求类别", self.category, (told.category,)),
            ("片区", self.area, (told.area,)),
            ("承办单位", self.department, (*led, told.against)),
        ):
            for name in filter(None, names):
                try:
                    find(name)
                except Invalid as refusal:
                    problems.append(refusal.sentence)
                    self.unknown.setdefault(what, set()).add(name)
        if problems:
            raise Invalid("；".join(problems))

    def settle(self, told: Told) -> Enterprise:
        """The enterprise of a row: what the ledger says of it is kept where it is not known yet."""
        enterprise = self.enterprise(GivenEnterprise(told.code, told.enterprise))
        enterprise.area = enterprise.area or (self.area(told.area) if told.area else None)
        enterprise.industry = enterprise.industry or told.industry or None
        own = [tag for tag in told.tags if tag in OF_THE_ENTERPRISE]
        if enterprise.tags is None and own:
            enterprise.tags = "、".join(own)
        if enterprise.liaison is None:
            self._give_liaison(enterprise, told)
        return enterprise

    def _give_liaison(self, enterprise: Enterprise, told: Told) -> None:
        """Who looks after it, where they have accounts: a list makes nobody one."""
        leader, officer = _person(told.leader, Role.LEADER), _person(told.officer, Role.OFFICER)
        department = Department.named(told.liaison) if told.liaison else None
        if leader or officer or department:
            enterprise.liaison = Liaison(
                enterprise_id=enterprise.id,
                leader_id=leader.id if leader else None,
                officer_id=officer.id if officer else None,
                department_id=department.id if department else None,
            )


def _missing(what: str, name: str, names: Select[str]) -> Callable[[], NoReturn]:
    """Refuse a name that nobody knows, where the row would otherwise be made."""

    def refuse() -> NoReturn:
        known = tuple(sorted(db.session.scalars(names))) or ("—",)
        sentence = "没有名为“%(name)s”的%(what)s；现有：%(names)s。请改成其中之一，或先在“设置”里添加"
        raise Invalid(say(sentence, name=name[:40], what=say(what), names=known))

    return refuse


def _found(given: GivenEnterprise) -> Enterprise | None:
    if given.code:
        return db.session.scalars(select(Enterprise).where(Enterprise.code == given.code)).unique().first()
    named = db.session.scalars(select(Enterprise).where(Enterprise.name == given.name)).unique().all()
    uncoded = [each for each in named if each.code is None]
    return uncoded[0] if uncoded else named[0] if len(named) == 1 else None


def _person(name: str, role: Role) -> User | None:
    """The one active account of this name and role."""
    if not name:
        return None
    people = db.session.scalars(select(User).where(User.name == name, User.active)).unique()
    fitting = [person for person in people if person.has(role)]
    return fitting[0] if len(fitting) == 1 else None
