"""What an administrator does to the lists of the desk: add a row, change one, let somebody set a password.

Nothing is removed: a row is put out of use. Every change is written down with what it said before, in the same
transaction.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.exc import IntegrityError

from service_desk.desk.lists import LINK, RENEWED, Kind, Noun, Row
from service_desk.desk.nouns import PEOPLE
from service_desk.desk.people import forget_failures, name_taken, new_link
from service_desk.domain.errors import Invalid, NotFound, OutOfTurn, Refused
from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db, transaction
from service_desk.store.law import law_changed
from service_desk.store.lists import alterations_of, note_alteration
from service_desk.store.people import User


class Altered(OutOfTurn):
    """Somebody changed the row after the form was loaded."""


@transaction
def add(noun: Noun, values: Mapping[str, Any], *, by: User, at: datetime) -> Row:
    """A new row. Raises ``Invalid`` with a sentence for each field that cannot be taken."""
    keepers_in_turn(by, noun.keepers)
    row = noun.entity()
    _write(noun, row, values, {}, by=by, at=at)
    return row


@transaction
def change(noun: Noun, row_id: int, values: Mapping[str, Any], *, seen: int, by: User, at: datetime) -> Row:
    """Change a row; ``seen`` is the id of the last alteration its reader knows of, 0 for none.

    Raises ``Altered`` where somebody else was faster, and ``Invalid`` as for ``add``.
    """
    keepers_in_turn(by, noun.keepers)
    row = db.session.get(noun.entity, row_id)
    if row is None:
        raise NotFound("没有这一条。")
    refuse_unseen(noun.name, row_id, seen)
    _write(noun, row, values, noun.snapshot(row), by=by, at=at)
    return row


@transaction
def make_password_link(person_id: int, *, by: User, at: datetime) -> tuple[User, str]:
    """The person, and the token of a new one-time link; whoever was locked out may try again."""
    administrators_in_turn(by)
    person = db.session.get(User, person_id)
    if person is None:
        raise NotFound("没有这个账号。")
    if not person.active:
        raise Invalid("这个账号已停用，请先恢复使用。")
    token = new_link(person, at=at)
    forget_failures(person.username)
    note_alteration(PEOPLE.name, person.id, before={LINK.name: False}, after={LINK.name: True}, by=by, at=at)
    return person, token


def administrators_in_turn(by: User) -> None:
    """``keepers_in_turn`` for what administrators keep."""
    keepers_in_turn(by, (Role.ADMIN,))


def keepers_in_turn(by: User, keepers: Collection[Role]) -> None:
    """Let one of those who keep the lists change one thing at a time, and refuse others.

    What forbids a change is looked up in several rows (circles of departments, names taken, who still works
    there), and lists are changed so rarely that all may queue for the row of the rules' version.
    """
    # It is the lock, and tells every process to read the lists anew.
    law_changed()
    # Whoever waited has read rows that are no longer so.
    db.session.expire_all()
    if not (by.active and by.has(*keepers)):
        raise Refused(say("这项设置由%(keepers)s维护，您没有这项权限。", keepers=tuple(keepers)))


def refuse_unseen(noun: str, row_id: int, seen: int) -> None:
    """Raise ``Altered`` where a row was changed after its reader's last known alteration ``seen``."""
    # A link made meanwhile changes nothing of the row.
    unseen = [one for one in alterations_of(noun, row_id, after=seen) if LINK.name not in one.after]
    if unseen:
        raise Altered(
            say(
                "您打开页面之后，%(who)s改过这一条。您填写的内容还在，请看过变化后再决定是否保存。",
                who=unseen[0].by_name,
            )
        )


def _write(
    noun: Noun, row: Row, values: Mapping[str, Any], before: dict[str, Any], *, by: User, at: datetime
) -> None:
    renewed = [
        field.name
        for field in noun.fields
        if field.hidden
        and before.get(field.name)
        and field.name in values
        # Of a field that is left as it is, nothing is given.
        and values[field.name] != getattr(row, field.name)
    ]
    try:
        for name, value in values.items():
            setattr(row, name, value)
        db.session.add(row)
        db.session.flush()
    except IntegrityError as error:
        if noun is PEOPLE:
            raise name_taken(values["username"]) from error
        raise Invalid("名称重复。", fields={noun.title: "已经有这一条，请换一个名称。"}) from error
    _leads_to_what_is_in_use(noun, row)
    noun.finish(row, before, by)
    after = noun.snapshot(row)
    after |= {name: RENEWED for name in renewed if after[name]}
    note_alteration(noun.name, row.id, before=before, after=after, by=by, at=at)


def _leads_to_what_is_in_use(noun: Noun, row: Row) -> None:
    for field in noun.fields:
        chosen = getattr(row, field.name) if field.kind is Kind.ROW else None
        if chosen is not None and row.active and not getattr(chosen, "active", True):
            sentence = say("“%(name)s”已停用，请另选。", name=chosen.name)
            raise Invalid(sentence, fields={field.name: sentence})
