"""What of each ticket is searched: its folded texts, and the index of their tokens (docs/decisions/0031).

A ticket has a text for whoever sees it; while a reply waits to be verified, another one with that reply, for the desk
and those who work on the ticket. Its tokens are beside it in the column ``tokens`` on PostgreSQL, a ``tsvector`` with a
GIN index; on SQLite in the FTS5 table ``search_tokens``, under its id and without content. No model knows either. Among
them are those of whom the ticket is: its enterprise, who looks after that, the departments. Whoever sees no more than
theirs has them looked for, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    ForeignKey,
    Integer,
    String,
    Text,
    and_,
    delete,
    event,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from service_desk.domain.search import fold_numbers, fold_texts, tokens
from service_desk.store.base import Model, among, db, is_sqlite
from service_desk.store.enterprises import Enterprise, Liaison
from service_desk.store.parts import Assignment, Reply
from service_desk.store.tickets import NEVER, Ticket

LEVELS = (13, 16, 19)
"""Bits: on PostgreSQL each 8,192 tickets by id share a token, and each 65,536, and each 524,288.

Its index cannot look at the newest alone otherwise.
"""
_ADD_WITH_TOKENS = """
    INSERT INTO search_texts (id, ticket_id, text, numbers, parties, tokens)
    SELECT id, ticket_id, text, numbers, parties, array_to_tsvector(string_to_array(words, ' '))
    FROM unnest(
        CAST(:ids AS bigint[]), CAST(:tickets AS integer[]), CAST(:texts AS text[]),
        CAST(:numbers AS text[]), CAST(:parties AS text[]), CAST(:words AS text[])
    ) AS new (id, ticket_id, text, numbers, parties, words)
"""
_ADD_TOKENS = "INSERT INTO search_tokens (rowid, tokens) VALUES (:id, :words)"
_FORGET_TOKENS = "INSERT INTO search_tokens (search_tokens, rowid, tokens) VALUES ('delete', :id, :words)"
"""SQLite's index keeps no tokens: it is told which to take away. PostgreSQL's go with the text."""


class SearchText(Model):
    """A folded text of a ticket, with the tokens of its parties.

    ``id`` is twice the ticket's, and one more for the text of those who work on it.
    """

    __tablename__ = "search_texts"

    id: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False
    )
    ticket_id: Mapped[int] = mapped_column(ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    text: Mapped[str] = mapped_column(Text)
    numbers: Mapped[str] = mapped_column(String(500))
    parties: Mapped[str] = mapped_column(Text, server_default="")


@dataclass(frozen=True)
class Texts:
    """A ticket's folded texts: for whoever sees it, and for those who work on it where that is another."""

    version: int
    numbers: str
    outer: str
    inner: str | None

    def read_by(self, *, workers: bool) -> str:
        """The text of a reader."""
        return self.inner if workers and self.inner is not None else self.outer


def is_unindexed() -> ColumnElement[bool]:
    """Tickets whose record has gone on since their texts were indexed."""
    return Ticket.search_version != Ticket.version


def texts_of(ticket_ids: Sequence[int]) -> dict[int, Texts]:
    """The folded texts of these tickets as they are now."""
    stands = and_(Reply.ticket_id == Ticket.id, Reply.sent_back_at.is_(None))
    rows = (
        select(
            *(Ticket.id, Ticket.version, Ticket.number, Ticket.imported_number, Enterprise.code),
            *(Ticket.contact_phone, Ticket.title, Enterprise.name, Ticket.text),
            *(Reply.text, Reply.verified_at),
        )
        .join(Enterprise, Enterprise.id == Ticket.enterprise_id)
        .outerjoin(Reply, stands)
        .where(among(Ticket.id, ticket_ids))
        .order_by(Ticket.id, Reply.id.desc())
    )
    found: dict[int, Texts] = {}
    for ticket_id, its_rows in groupby(db.session.execute(rows), key=itemgetter(0)):
        lines = list(its_rows)
        _, version, number, imported, code, phone, *texts, _, _ = lines[0]
        replies = [(words, verified_at) for *_, words, verified_at in lines if words is not None]
        verified = [words for words, verified_at in replies if verified_at is not None]
        standing = [words for words, _ in replies]
        found[ticket_id] = Texts(
            version=version,
            numbers=fold_numbers((number, imported, code), (phone,)),
            outer=fold_texts((*texts, *verified)),
            inner=fold_texts((*texts, *standing)) if len(standing) > len(verified) else None,
        )
    return found


def keep_texts(ticket_ids: Sequence[int]) -> None:
    """Put what is searched of these tickets, all of them locked, in the place of what was kept of them."""
    found, parties = texts_of(ticket_ids), _parties_of(ticket_ids)
    wanted = {
        2 * ticket_id + is_inner: (ticket_id, words, texts.numbers, parties[ticket_id])
        for ticket_id, texts in found.items()
        for is_inner, words in enumerate((texts.outer, texts.inner))
        if words is not None
    }
    columns = (SearchText.id, SearchText.ticket_id, SearchText.text, SearchText.numbers, SearchText.parties)
    before = db.session.execute(select(*columns).where(among(SearchText.ticket_id, ticket_ids)))
    kept = {key: (ticket_id, words, numbers, of_whom) for key, ticket_id, words, numbers, of_whom in before}
    _forget({key: row for key, row in kept.items() if wanted.get(key) != row})
    _add({key: row for key, row in wanted.items() if kept.get(key) != row})
    db.session.execute(
        update(Ticket)
        .where(among(Ticket.id, ticket_ids))
        .values(search_version=Ticket.version)
        .execution_options(synchronize_session=False)
    )


_Row = tuple[int, str, str, str]
"""Ticket, text, numbers, parties."""


def _parties_of(ticket_ids: Sequence[int]) -> dict[int, str]:
    """The tokens of each ticket's enterprise, of who looks after that, and of the departments that had a part."""
    enterprises = (
        select(Ticket.id, Ticket.enterprise_id, *(column for column, _ in _LIAISONS))
        .outerjoin(Liaison, Liaison.enterprise_id == Ticket.enterprise_id)
        .where(among(Ticket.id, ticket_ids))
    )
    found = {
        ticket_id: [
            enterprise_token(enterprise),
            *(
                token(party)
                for (_, token), party in zip(_LIAISONS, liaisons, strict=True)
                if party is not None
            ),
        ]
        for ticket_id, enterprise, *liaisons in db.session.execute(enterprises)
    }
    departments = (
        select(Assignment.ticket_id, Assignment.department_id)
        .where(among(Assignment.ticket_id, ticket_ids))
        .distinct()
        .order_by(Assignment.ticket_id, Assignment.department_id)
    )
    for ticket_id, party in db.session.execute(departments):
        found[ticket_id].append(department_token(party))
    return {ticket_id: " ".join(parties) for ticket_id, parties in found.items()}


def _forget(rows: Mapping[int, _Row]) -> None:
    if not rows:
        return
    if is_sqlite():
        db.session.execute(text(_FORGET_TOKENS), _with_words(rows))
    db.session.execute(delete(SearchText).where(among(SearchText.id, list(rows))))


def _add(rows: Mapping[int, _Row]) -> None:
    if not rows:
        return
    if is_sqlite():
        names = ("ticket_id", "text", "numbers", "parties")
        new = [{"id": key, **dict(zip(names, row, strict=True))} for key, row in rows.items()]
        db.session.execute(insert(SearchText), new)
        db.session.execute(text(_ADD_TOKENS), _with_words(rows))
    else:
        tickets, texts, numbers, parties = map(list, zip(*rows.values(), strict=True))
        columns = {"tickets": tickets, "texts": texts, "numbers": numbers, "parties": parties}
        words = [_words(row) for row in rows.values()]
        db.session.execute(text(_ADD_WITH_TOKENS), {"ids": list(rows), "words": words, **columns})


def _with_words(rows: Mapping[int, _Row]) -> list[dict[str, object]]:
    return [{"id": key, "words": _words(row)} for key, row in rows.items()]


def _words(row: _Row) -> str:
    ticket_id, words, numbers, parties = row
    found = tokens(words, numbers).union(parties.split())
    if not is_sqlite():
        found.update(bucket_token(bits, ticket_id >> bits) for bits in LEVELS)
    return " ".join(found)


def bucket_token(bits: int, bucket: int) -> str:
    """What the texts of a bucket of tickets have in common; ``bucket`` is their ids less the last ``bits``."""
    return f"@{bits}-{bucket}"


def enterprise_token(enterprise_id: int) -> str:
    """What the texts of an enterprise's tickets have in common."""
    return f"@e{enterprise_id}"


def department_token(department_id: int) -> str:
    """What the texts of the tickets have in common that a department has, or once had, a part in."""
    return f"@d{department_id}"


def liaison_token(department_id: int) -> str:
    """What the texts of the tickets have in common whose enterprise a department looks after."""
    return f"@l{department_id}"


def officer_token(user_id: int) -> str:
    """What the texts of the tickets have in common whose enterprise this officer, or leader, looks after."""
    return f"@o{user_id}"


_LIAISONS = (
    (Liaison.officer_id, officer_token),
    (Liaison.leader_id, officer_token),
    (Liaison.department_id, liaison_token),
)


@event.listens_for(Liaison, "after_insert")
@event.listens_for(Liaison, "after_update")
def _index_again(_mapper: object, connection: Connection, liaison: Liaison) -> None:
    """The texts of its tickets have the tokens of who looked after the enterprise before."""
    its_own = Ticket.enterprise_id == liaison.enterprise_id
    connection.execute(update(Ticket).where(its_own).values(search_version=NEVER))
