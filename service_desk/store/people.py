"""People and the departments they work for."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeAlias

from flask_login import UserMixin
from sqlalchemy import ForeignKey, Select, String, UniqueConstraint, false, select, true
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from service_desk.domain.vocabulary import Role, Word
from service_desk.store.base import Document, Model, WordType, db
from service_desk.store.enterprises import Enterprise
from service_desk.store.preferences import Preferences


class Department(Model):
    """承办单位: a bureau, township, park company, utility or bank; may be a sub-unit of another."""

    __tablename__ = "departments"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    aliases: Mapped[list[str]] = mapped_column(Document, default=list)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
    is_external: Mapped[bool] = mapped_column(default=False)
    phone: Mapped[str | None] = mapped_column(String(30))
    wants_sign_off: Mapped[bool] = mapped_column(default=False, server_default=false())
    active: Mapped[bool] = mapped_column(default=True, server_default=true())

    parent: Mapped["Department | None"] = relationship(remote_side="Department.id", post_update=True)

    @classmethod
    def named(cls, name: str) -> Self | None:
        """The department of this name or alias."""
        exact = db.session.scalar(select(cls).where(cls.name == name))
        if exact is not None:
            return exact
        return next((row for row in db.session.scalars(select(cls)) if name in row.aliases), None)


def units_below(department_id: int) -> Select[int]:
    """The ids of a department and all its sub-units."""
    tree = select(Department.id).where(Department.id == department_id).cte("units_below", recursive=True)
    child = aliased(Department)
    tree = tree.union(select(child.id).join(tree, child.parent_id == tree.c.id))
    return select(tree.c.id)


def units_above(department_id: int) -> Select[int]:
    """The ids of a department and of all it belongs to."""
    tree = (
        select(Department.id, Department.parent_id)
        .where(Department.id == department_id)
        .cte("units_above", recursive=True)
    )
    parent = aliased(Department)
    tree = tree.union(select(parent.id, parent.parent_id).join(tree, parent.id == tree.c.parent_id))
    return select(tree.c.id)


class UserRole(Model):
    """One role of one person; a person may hold several."""

    __tablename__ = "user_roles"
    __table_args__ = (UniqueConstraint("user_id", "role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    role: Mapped[Role] = mapped_column(WordType(Role), index=True)


class MemberTopic(Model):
    """A category whose requests a member of an enterprise sees and follows as if they were their own."""

    __tablename__ = "member_topics"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    category_id: Mapped[int] = mapped_column(ForeignKey("categories.id"), primary_key=True)


class Rhythm(Word):
    """How somebody takes letters; what is 特急 always comes at once."""

    USUAL = "usual", "按身份：服务企业动态汇成摘要，其余逐条"
    SINGLE = "single", "每件事一条"
    DIGEST = "digest", "每天一份摘要"


@dataclass(frozen=True)
class Post:
    """A place at a department: whose it is, and whether they head it."""

    person: "User"
    department_id: int
    is_head: bool


NOBODY: tuple["User", ...] = ()


class User(UserMixin, Model):
    """A person with an account. ``session_version`` grows when the password changes: older sessions end.

    ``stands_in_for`` are the colleagues whose places at a department this person takes at present; it is filled
    by ``substitutes.take_places``, for one instant, and empty until then.
    """

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str] = mapped_column(String(60), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(120))
    phone: Mapped[str | None] = mapped_column(String(30))
    department_id: Mapped[int | None] = mapped_column(ForeignKey("departments.id"), index=True)
    enterprise_id: Mapped[int | None] = mapped_column(ForeignKey("enterprises.id"), index=True)
    is_owner: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    is_demo: Mapped[bool] = mapped_column(default=False)
    session_version: Mapped[int] = mapped_column(default=1)
    wants_mail: Mapped[bool] = mapped_column(default=True, server_default=true())
    wants_sms: Mapped[bool] = mapped_column(default=False, server_default=false())
    rhythm: Mapped[Rhythm] = mapped_column(
        WordType(Rhythm), default=Rhythm.USUAL, server_default=Rhythm.USUAL.value
    )
    preferences: Mapped[dict[str, Any]] = mapped_column(Document, default=dict, server_default="{}")

    stands_in_for = NOBODY

    role_rows: Mapped[list[UserRole]] = relationship(lazy="joined", cascade="all, delete-orphan")
    topic_rows: Mapped[list[MemberTopic]] = relationship(lazy="joined", cascade="all, delete-orphan")
    department: Mapped[Department | None] = relationship(lazy="joined")
    enterprise: Mapped[Enterprise | None] = relationship(lazy="joined", foreign_keys=[enterprise_id])

    @property
    def roles(self) -> frozenset[Role]:
        """The roles this person holds."""
        return frozenset(row.role for row in self.role_rows)

    @roles.setter
    def roles(self, roles: set[Role] | frozenset[Role]) -> None:
        self.role_rows = [row for row in self.role_rows if row.role in roles]
        held = {row.role for row in self.role_rows}
        self.role_rows.extend(UserRole(role=role) for role in sorted(roles - held))

    def has(self, *roles: Role) -> bool:
        """Whether this person holds one of ``roles``."""
        return not self.roles.isdisjoint(roles)

    @property
    def sees_tickets(self) -> bool:
        """Whether there can be tickets for them to see: for who only administers or audits there are none."""
        return not self.roles <= {Role.ADMIN, Role.AUDITOR}

    @property
    def topics(self) -> frozenset[int]:
        """The ids of the categories a member of an enterprise is entrusted with beyond what they filed."""
        return frozenset(row.category_id for row in self.topic_rows)

    @topics.setter
    def topics(self, category_ids: Collection[int]) -> None:
        self.topic_rows = [row for row in self.topic_rows if row.category_id in category_ids]
        new = set(category_ids) - self.topics
        self.topic_rows.extend(MemberTopic(category_id=category_id) for category_id in sorted(new))

    def answers_for(self, category_id: int) -> bool:
        """Whether requests of a category are this contact's, whoever of the enterprise filed them."""
        return self.is_owner or category_id in self.topics

    def signed(self, by_id: int | None, _by_name: str | None) -> bool:
        """Whether what is signed so is this person's own; accounts go by their id alone."""
        return by_id == self.id

    @property
    def prefers(self) -> Preferences:
        """How this person wants the desk laid out."""
        return Preferences.read(self.preferences)

    @property
    def posts(self) -> tuple[Post, ...]:
        """The places at departments this person works from: their own first, then those they stand in for."""
        return tuple(
            Post(person, person.department_id, person.has(Role.HEAD))
            for person in (self, *self.stands_in_for)
            if person.department_id is not None and person.has(Role.HANDLER, Role.HEAD)
        )

    @property
    def units(self) -> Iterator[Department]:
        """The department this person works for, and all it belongs to, from the lowest up."""
        unit = self.department
        while unit is not None:
            yield unit
            unit = unit.parent

    @property
    def is_active(self) -> bool:
        """Whether the account may sign in (Flask-Login asks)."""
        return self.active

    def get_id(self) -> str:
        """The session's key: the id with the session version, so that a changed password ends other sessions."""
        return f"{self.id}.{self.session_version}"


@dataclass(frozen=True)
class PastPerson:
    """Somebody of another system, whose acts are kept here: a role and a name, as text; no account is behind it.

    ``known_as`` tells people apart: who was not named is taken for nobody else.
    """

    id: ClassVar[None] = None

    role: Role
    name: str
    known_as: str = ""
    department: Department | None = None

    @property
    def department_id(self) -> int | None:
        """The department this person acted for."""
        return self.department.id if self.department is not None else None

    def has(self, *roles: Role) -> bool:
        """Whether this person acted in one of ``roles``."""
        return self.role in roles

    def signed(self, by_id: int | None, by_name: str | None) -> bool:
        """Whether what is signed so is this person's own: by the name, and never what an account has done."""
        return by_id is None and bool(self.known_as) and by_name == self.known_as


Actor: TypeAlias = User | PastPerson
"""Who acts: somebody with an account, or a name in a history that is replayed."""


def user_for_session(key: str, find: Callable[[int], User | None]) -> User | None:
    """The active person behind a session key, or None; ``find`` gives a person by id."""
    number, _, version = key.partition(".")
    if not (number.isdecimal() and version.isdecimal()):
        return None
    user = find(int(number))
    if user is None or not user.active or user.session_version != int(version):
        return None
    return user


def people_of_department(department_id: int, *roles: Role) -> Select[User]:
    """The active people of a department who hold one of ``roles``."""
    return (
        select(User)
        .where(User.department_id == department_id, User.active)
        .where(User.role_rows.any(UserRole.role.in_(roles)))
        .order_by(User.id)
    )


def without_people(department_ids: Collection[int]) -> Sequence[str]:
    """The names of those departments in which nobody is active who could handle or head, by name."""
    staffed = select(User.department_id).where(
        User.active, User.role_rows.any(UserRole.role.in_((Role.HANDLER, Role.HEAD)))
    )
    missing = select(Department.name).where(Department.id.in_(department_ids), Department.id.not_in(staffed))
    return db.session.scalars(missing.order_by(Department.name)).all()


def people_with(*roles: Role) -> Select[User]:
    """The active people who hold one of ``roles``."""
    return select(User).where(User.active, User.role_rows.any(UserRole.role.in_(roles))).order_by(User.id)
