"""Everybody and everything the stories of the demo park may name."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from service_desk.domain.vocabulary import Role
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.enterprises import Enterprise
from service_desk.store.people import Department, User


@dataclass(frozen=True)
class Cast:
    """People by what they do, lists by their names; ``owners``, ``officers`` and ``leaders`` by enterprise."""

    people: Mapping[str, User]
    owners: Mapping[int, User]
    officers: Mapping[int, User]
    leaders: Mapping[int, User]
    handlers: Mapping[str, User]
    heads: Mapping[str, User]
    departments: Mapping[str, Department]
    enterprises: Mapping[str, Enterprise]
    categories: Mapping[str, Category]

    @classmethod
    def gather(cls) -> "Cast":
        """Read them once; of several handlers of a department the first one handles."""
        users = db.session.scalars(select(User).where(User.is_demo).order_by(User.id)).unique().all()
        enterprises = db.session.scalars(select(Enterprise)).unique().all()
        by_id = {user.id: user for user in users}
        liaisons = [each.liaison for each in enterprises if each.liaison]
        staff = [(user.department.name, user) for user in users[::-1] if user.department]
        return cls(
            people={user.username: user for user in users},
            owners={user.enterprise_id: user for user in users if user.enterprise_id},
            officers={each.enterprise_id: by_id[each.officer_id] for each in liaisons if each.officer_id},
            leaders={each.enterprise_id: by_id[each.leader_id] for each in liaisons if each.leader_id},
            handlers={name: user for name, user in staff if user.has(Role.HANDLER)},
            heads={name: user for name, user in staff if user.has(Role.HEAD)},
            departments={each.name: each for each in db.session.scalars(select(Department))},
            enterprises={each.name: each for each in enterprises},
            categories={each.name: each for each in db.session.scalars(select(Category))},
        )
