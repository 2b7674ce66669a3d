"""What a history names besides its tickets, departments, enterprises and the like; made where it is new."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select

from service_desk.desk.history.fields import GivenEnterprise
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Area, Enterprise, EnterpriseStatus
from service_desk.store.incidents import Incident
from service_desk.store.lists import ReasonCode, ReasonKind
from service_desk.store.people import Department

T = TypeVar("T")
MADE_BY = "历史导入"


@dataclass
class Surroundings:
    """The rows that lines name, each looked up once; ``at`` is the instant of the import.

    What a ticket's transaction has made is ``kept`` when it is committed, and forgotten when it is not.
    """

    at: datetime
    created: dict[str, list[str]] = field(
        default_factory=lambda: {"departments": [], "enterprises": [], "categories": []}
    )
    _known: dict[tuple[str, str], Any] = field(default_factory=dict)
    _fresh: list[tuple[str, str]] = field(default_factory=list)

    def keep(self) -> None:
        """What was made has been committed."""
        for noun, name in self._fresh:
            if noun in self.created:
                self.created[noun].append(name)
        self._fresh.clear()

    def fresh(self, noun: str) -> list[str]:
        """What was made in the present transaction."""
        return [name for each, name in self._fresh if each == noun]

    def forget(self) -> None:
        """What was made has been rolled back."""
        for key in self._fresh:
            del self._known[key]
        self._fresh.clear()

    def _row(self, noun: str, name: str, find: Callable[[], T | None], make: Callable[[], T]) -> T:
        key = (noun, name)
        found: T | None = self._known.get(key) or find()
        if found is None:
            found = make()
            db.session.add(found)
            db.session.flush()
            self._fresh.append(key)
        self._known[key] = found
        return found

    def department(self, name: str) -> Department:
        """The department of this name or alias."""
        return self._row(
            "departments", name, lambda: Department.named(name), lambda: Department(name=name, aliases=[])
        )

    def category(self, name: str) -> Category:
        """The category of this name; a new one stands last."""

        def make() -> Category:
            last = db.session.scalar(select(func.max(Category.position)))
            return Category(name=name, position=(last or 0) + 1)

        return self._row("categories", name, lambda: Category.named(name), make)

    def area(self, name: str) -> Area:
        """The area of this name."""
        return self._row("areas", name, lambda: Area.named(name), lambda: Area(name=name))

    def enterprise(self, given: GivenEnterprise) -> Enterprise:
        """The enterprise of this credit code, whatever it is called now."""

        def find() -> Enterprise | None:
            return (
                db.session.scalars(select(Enterprise).where(Enterprise.code == given.code)).unique().first()
            )

        def make() -> Enterprise:
            return Enterprise(
                code=given.code,
                name=given.name,
                status=EnterpriseStatus.APPROVED,
                registered_at=self.at,
                decided_at=self.at,
                decided_by=MADE_BY,
            )

        return self._row("enterprises", given.code, find, make)

    def incident(self, number: str, opened_at: datetime) -> Incident:
        """The incident of this number over there; it was opened when the first ticket joined it."""

        def find() -> Incident | None:
            return db.session.scalar(select(Incident).where(Incident.imported_number == number))

        def make() -> Incident:
            return Incident(title=number, imported_number=number, opened_at=opened_at)

        incident = self._row("incidents", number, find, make)
        incident.opened_at = min(incident.opened_at, opened_at)
        return incident

    def reason(self, kind: ReasonKind, label: str) -> ReasonCode:
        """The reason of this name in its list; a new one stands last."""
        of_the_kind = select(ReasonCode).where(ReasonCode.kind == kind)

        def make() -> ReasonCode:
            last = db.session.scalar(select(func.max(ReasonCode.position)).where(ReasonCode.kind == kind))
            return ReasonCode(kind=kind, label=label, position=(last or 0) + 1)

        return self._row(
            f"reasons:{kind.value}",
            label,
            lambda: db.session.scalar(of_the_kind.where(ReasonCode.label == label)),
            make,
        )
