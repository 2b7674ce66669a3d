"""The demo park taken out again: its tickets and all that hangs on them, its accounts, its enterprises.

What the foundation laid stays, and so does whatever the park entered itself. Each step is a transaction of its own and
takes rows from below upwards, so that a run that was cut short is finished by the next one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    String,
    Table,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    tuple_,
    union,
    update,
)
from sqlalchemy import (
    cast as sql_cast,
)
from sqlalchemy.sql.dml import Delete, Update

from service_desk.desk.foundation import read_data
from service_desk.domain.errors import Refused
from service_desk.domain.sentences import say
from service_desk.store.attachments import Attachment, path_of
from service_desk.store.base import TOKENS_TABLE, Base, db, house, is_sqlite, transaction
from service_desk.store.catalogue import Rule
from service_desk.store.enterprises import Area, Enterprise, Liaison
from service_desk.store.exports import Export, drop_files
from service_desk.store.fact_counts import FactCount
from service_desk.store.facts import StoredFact, forget
from service_desk.store.guides import Guide
from service_desk.store.incidents import Incident
from service_desk.store.law import law_changed
from service_desk.store.lists import OwnTemplate
from service_desk.store.notices import Letter, Notice
from service_desk.store.numbers import Counter
from service_desk.store.people import Department, User
from service_desk.store.search_texts import SearchText
from service_desk.store.snapshots import MonthSnapshot
from service_desk.store.substitutes import Substitution
from service_desk.store.tickets import NEVER, Ticket

AT_A_TIME = 20_000
"""Rows of one transaction: a second or two, in which nobody else writes on SQLite."""
NAMED = 5
"""Tickets named in a refusal."""


@dataclass(frozen=True)
class DemoPark:
    """What there is of the demo. ``trials`` are numbers of tickets that real accounts filed for its enterprises."""

    tickets: int
    accounts: int
    enterprises: int
    trials: tuple[str, ...]

    @property
    def is_there(self) -> bool:
        """Whether there is anything to remove."""
        return self.tickets > 0 or self.accounts > 0


def has_demo() -> bool:
    """Whether anything of a demo is there."""
    accounts = exists().where(User.is_demo)
    return bool(db.session.scalar(select(or_(accounts, exists().where(Ticket.is_demo)))))


def demo_park() -> DemoPark:
    """What there is of the demo now."""
    trials = select(Ticket.number).where(_is_trial()).order_by(Ticket.id)
    return DemoPark(
        tickets=db.session.scalar(select(func.count(Ticket.id)).where(Ticket.is_demo)) or 0,
        accounts=db.session.scalar(select(func.count(User.id)).where(User.is_demo)) or 0,
        enterprises=db.session.scalar(select(func.count(Enterprise.id)).where(_is_of_the_demo())) or 0,
        trials=tuple(db.session.scalars(trials)),
    )


def remove_demo(*, with_trials: bool) -> Iterator[int]:
    """Take the demo park out, step by step; each gives how many rows went and is committed by then.

    Raises ``Refused`` where real accounts filed tickets for its enterprises, unless they go ``with_trials``.
    """
    park = demo_park()
    if not park.is_there:
        return
    if park.trials and not with_trials:
        raise Refused(
            say(
                "有 %(n)s 件诉求（%(numbers)s 等）不是演示数据，却是为演示企业提交的，会随演示企业一起删除。"
                "只是试用的，请选择连同试用诉求一起删除；要留下的，请先导出台账，再换一个空的数据库开始。",
                n=len(park.trials),
                numbers="、".join(park.trials[:NAMED]),
            )
        )
    yield _close_the_park()
    yield from _in_steps(_drop_attachments)
    for table in reversed(Base.metadata.sorted_tables):
        hangs = _hangs_on_the_demo(table)
        if hangs is not None:
            yield from _in_steps(_drop_facts if table is StoredFact.__table__ else _drop, table, hangs)
            _sweep(table)
    yield from _in_steps(_drop, Ticket.__table__, Ticket.is_demo)
    yield _take_people_out()


def _sweep(table: Table) -> None:
    """Have PostgreSQL forget what was deleted: it looks there for what refers to each row that goes after it."""
    if not is_sqlite():
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM {table.name}"))


def _in_steps(step: Any, *given: Any) -> Iterator[int]:  # noqa: ANN401 - any of the steps below
    while number := step(*given):
        yield number


def _is_of_the_demo() -> ColumnElement[bool]:
    """Enterprises with a demo account: every one of the park has one, and no other."""
    return exists().where(User.enterprise_id == Enterprise.id, User.is_demo)


def _is_trial() -> ColumnElement[bool]:
    ours = select(User.enterprise_id).where(User.is_demo, User.enterprise_id.is_not(None))
    return Ticket.is_demo.is_(False) & Ticket.enterprise_id.in_(ours)


@transaction
def _close_the_park() -> int:
    """Nobody works on it from now on; what was made of its figures goes first."""
    ours = select(Enterprise.id).where(_is_of_the_demo())
    _run(update(Ticket).where(_is_trial()).values(is_demo=True))
    _run(update(User).where(User.enterprise_id.in_(ours)).values(is_demo=True))
    _run(
        update(User)
        .where(User.is_demo)
        .values(active=False, password_hash=None, session_version=User.session_version + 1)
    )
    demo = select(Ticket.id).where(Ticket.is_demo)
    for above in (Ticket.parent_id, Ticket.split_from_id):
        _run(update(Ticket).where(above.in_(demo)).values({above: None}))
    # A park that took the demo in was empty: no month has been frozen without it.
    return _run(delete(MonthSnapshot))


def _hangs_on_the_demo(table: Table) -> ColumnElement[bool] | None:
    """Which rows of a table go with a demo ticket, or with a clock of one; None for tables that know neither."""
    ways = [
        exists().where(key.column.table.c.id == key.parent, _belongs(key.column.table))
        for key in table.foreign_keys
        if key.column.table.name in ("tickets", "clocks") and table.name != "tickets"
    ]
    return or_(*ways) if ways else None


def _belongs(table: Table) -> ColumnElement[bool]:
    if table.name == "tickets":
        return cast("ColumnElement[bool]", table.c.is_demo)
    tickets = Base.metadata.tables["tickets"]
    return exists().where(tickets.c.id == table.c.ticket_id, tickets.c.is_demo)


@transaction
def _drop(table: Table, which: ColumnElement[bool]) -> int:
    """Delete some of the rows."""
    keys = tuple(table.primary_key.columns)
    some = select(*keys).where(which).order_by(*keys).limit(AT_A_TIME)
    return _run(delete(table).where(tuple_(*keys).in_(some) if len(keys) > 1 else keys[0].in_(some)))


@transaction
def _drop_facts(_table: Table, which: ColumnElement[bool]) -> int:
    """The same of fact rows, which are counted beside."""
    some = db.session.scalars(select(StoredFact.id).where(which).order_by(StoredFact.id).limit(AT_A_TIME))
    ids = some.all()
    if ids:
        forget(ids)
    return len(ids)


def _drop_attachments() -> int:
    """Rows first: a crash in between leaves a file that nobody misses, never a row without one."""
    keys = _forget_attachments()
    for key in keys:
        path_of(key).unlink(missing_ok=True)
    return len(keys)


@transaction
def _forget_attachments() -> Sequence[str]:
    theirs = or_(
        exists().where(Ticket.id == Attachment.ticket_id, Ticket.is_demo),
        Attachment.ticket_id.is_(None) & exists().where(User.id == Attachment.uploader_id, User.is_demo),
    )
    some = select(Attachment.id).where(theirs).limit(AT_A_TIME)
    return db.session.scalars(
        delete(Attachment)
        .where(Attachment.id.in_(some))
        .returning(Attachment.key)
        .execution_options(synchronize_session=False)
    ).all()


def _take_people_out() -> int:
    keys, number = _forget_people()
    for key in keys:
        drop_files(key)
    house().learned = None
    return number


@transaction
def _forget_people() -> tuple[Sequence[str | None], int]:
    """Accounts, enterprises and what only they had; the files of their exports, and how many rows."""
    demo = select(User.id).where(User.is_demo)
    firms = db.session.scalars(select(Enterprise.id).where(_is_of_the_demo())).all()
    keys = db.session.scalars(select(Export.file_key).where(Export.user_id.in_(demo))).all()
    exports = select(Export.id).where(Export.user_id.in_(demo))
    reveals = Base.metadata.tables["reveals"]
    _run(delete(reveals).where(or_(reveals.c.user_id.in_(demo), reveals.c.export_id.in_(exports))))
    _run(delete(Letter).where(or_(Letter.recipient_id.in_(demo), Letter.export_id.in_(exports))))
    _run(delete(Notice).where(Notice.recipient_id.in_(demo)))
    _run(delete(Export).where(Export.user_id.in_(demo)))
    _run(delete(OwnTemplate).where(OwnTemplate.owner_id.in_(demo)))
    _run(
        delete(Substitution).where(
            or_(Substitution.person_id.in_(demo), Substitution.substitute_id.in_(demo))
        )
    )
    for place in (Liaison.officer_id, Liaison.leader_id):
        _run(update(Liaison).where(place.in_(demo)).values({place: None}))
    gathers = exists().where(Ticket.incident_id == Incident.id)
    _run(delete(Incident).where(Incident.opened_by_id.in_(demo), ~gathers))
    _run(delete(Rule).where(Rule.enterprise_id.in_(firms)))
    _run(update(User).where(User.is_demo).values(enterprise_id=None))
    number = _run(delete(Enterprise).where(Enterprise.id.in_(firms)))
    number += _drop_accounts()
    _take_lists_back()
    if is_sqlite():
        # An index without content cannot be asked what to forget: the texts of all others are indexed anew.
        db.session.execute(text(f"INSERT INTO {TOKENS_TABLE} ({TOKENS_TABLE}) VALUES ('delete-all')"))  # noqa: S608
        _run(delete(SearchText))
        _run(update(Ticket).values(search_version=NEVER))
    if not _any(Ticket.__table__):
        _run(delete(Counter))
    if not _any(StoredFact.__table__):
        _run(delete(FactCount))
    law_changed()
    db.session.expire_all()
    return keys, number


def _drop_accounts() -> int:
    """An account that the record of the park names stays, without a way in; its username is free again."""
    named = union(
        *(
            select(key.parent.label("id")).where(key.parent.in_(select(User.id).where(User.is_demo)))
            for table in Base.metadata.sorted_tables
            for key in table.foreign_keys
            if key.column.table.name == "users" and key.ondelete != "CASCADE"
        )
    ).subquery()
    kept = select(named.c.id)
    number = _run(delete(User).where(User.is_demo, User.id.not_in(kept)))
    roles = Base.metadata.tables["user_roles"]
    _run(delete(roles).where(roles.c.user_id.in_(select(User.id).where(User.is_demo))))
    away = func.substr(literal("demo-") + sql_cast(User.id, String) + "-" + User.username, 1, 60)
    _run(update(User).where(User.is_demo).values(is_demo=False, username=away))
    return number


def _take_lists_back() -> None:
    """Areas, guides and telephones as the demo entered them; what has been changed since, or is in use, stays."""
    plan = read_data("demo_park.json")
    for area in plan["areas"]:
        used = or_(*(exists().where(user.area_id == Area.id) for user in (Enterprise, Ticket, Rule)))
        _run(delete(Area).where(Area.name == area["name"], ~used))
    for guide in plan["guides"]:
        _run(delete(Guide).where(Guide.title == guide["title"], Guide.body == guide["body"]))
    for number, name in enumerate(plan["departments"], start=1):
        theirs = (Department.name == name, Department.phone == f"88120{number:02d}")
        _run(update(Department).where(*theirs).values(phone=None, wants_sign_off=False))


def _any(table: Any) -> bool:  # noqa: ANN401 - a table, as the mapper calls it
    return db.session.execute(select(table).limit(1)).first() is not None


def _run(statement: Delete | Update) -> int:
    done = db.session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", done).rowcount
