"""How somebody wants the desk laid out, changed."""

from service_desk.store.base import db, transaction
from service_desk.store.people import User
from service_desk.store.preferences import Preferences


@transaction
def prefer(person: User, wanted: Preferences) -> None:
    """Keep what somebody chose for their own pages."""
    person.preferences = wanted.to_keep()
    db.session.add(person)
