"""Finding tickets by words, the newest first: a common word costs no more than a rare one."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import inf
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Select,
    SQLColumnExpression,
    and_,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import InstrumentedAttribute, aliased

from service_desk.domain.search import Place, Term, Way, finds, terms
from service_desk.domain.vocabulary import AssignmentRole, AssignmentState, Role
from service_desk.store.base import TOKENS_TABLE, among, db, is_sqlite
from service_desk.store.parts import Assignment, Reply
from service_desk.store.people import User
from service_desk.store.scope import parties_seen_by
from service_desk.store.search_texts import (
    LEVELS,
    SearchText,
    bucket_token,
    department_token,
    enterprise_token,
    is_unindexed,
    liaison_token,
    officer_token,
    texts_of,
)
from service_desk.store.tickets import Ticket

MOST_TOLD = 300
"""Tickets not indexed yet whose texts are read instead, the newest; the clockwork is seldom so far behind."""
LOOKED_AT = 2_000
"""Tickets of those that a reader sees, or a list is narrowed to, that are rather looked at than sought."""
MARGIN = 1.2
"""By how much more ids are gone through than should be enough by what was found among the newer."""
GROWTH = 4
"""So many times as many ids as before are gone through at most: the newer ones may have told too little."""
ENOUGH = 0.8
"""The part of a span that is not gone through apart from the rest."""
BUCKETS = 4
"""A part is of at least so many buckets, so that it is not much longer than it should be."""
MOST_PARTIES = 60
"""Parties sought together with the words: each costs the index a look."""
READS_ALL = (Role.CLERK, Role.QUALITY, Role.SUPERVISOR)

_PLACES: dict[Place, InstrumentedAttribute[str]] = {
    Place.TEXT: SearchText.text,
    Place.NUMBERS: SearchText.numbers,
}
_tokens = table(TOKENS_TABLE, column("rowid", BigInteger), column(TOKENS_TABLE))
_tokens_beside: ColumnElement[Any] = literal_column(f"{SearchText.__tablename__}.tokens")


@dataclass(frozen=True)
class _Span:
    """Ids of tickets from ``begin`` up to but not with ``end``: of a few buckets of a level, these ``ids``, or all."""

    begin: int
    end: int
    bits: int | None = None
    ids: Sequence[int] | None = None

    def buckets(self) -> list[str]:
        """The tokens of its buckets; none where it is not of buckets."""
        if self.bits is None:
            return []
        buckets = range(self.begin >> self.bits, (self.end - 1 >> self.bits) + 1)
        return [bucket_token(self.bits, bucket) for bucket in buckets]

    def cut(self, width: float) -> "tuple[_Span, _Span | None]":
        """Its newest part, of at least so many ids, and the rest; or all of it, where that is not much more."""
        if self.ids is not None or width > ENOUGH * (self.end - self.begin):
            return self, None
        bits = max((one for one in LEVELS if BUCKETS << one <= width), default=LEVELS[0])
        begin = max(self.begin, self.end - int(width) >> bits << bits)
        rest = _Span(self.begin, begin, self.bits) if begin > self.begin else None
        return _Span(begin, self.end, bits), rest


def _spans(end: int) -> Iterator[_Span]:
    """Back to the first ticket: of each level up to two buckets, then whatever is left."""
    for bits in LEVELS:
        if end > 0:
            begin = max(0, (end - 1 >> bits) - 1) << bits
            yield _Span(begin, end, bits)
            end = begin
    if end > 0:
        yield _Span(0, end)


class Found:
    """Those of some tickets that say what is asked for, in a text that the reader may read."""

    def __init__(self, tickets: Select[Ticket], query: str, reader: User) -> None:
        self._tickets, self._reader, self.asked = tickets, reader, terms(query)

    @property
    def whole(self) -> Select[Ticket]:
        """All of them."""
        if not self.asked:
            return self._tickets.where(false())
        found = self._indexed(_Span(0, self._ids[0] + 1))
        told = select(Ticket.id).where(among(Ticket.id, self._told))
        return self._tickets.where(Ticket.id.in_(_once(union_all(found, told) if self._told else found)))

    def newest(self, most: int, *, before: int | None = None) -> Sequence[int]:
        """The ids of the newest, up to so many, of those before an id."""
        if not self.asked:
            return []
        end = self._ids[0] + 1 if before is None else before
        return self._newest_on_sqlite(most, end) if is_sqlite() else self._newest_on_postgres(most, end)

    def _newest_on_sqlite(self, most: int, end: int) -> Sequence[int]:
        """The index hands out the newest first, one by one: it is asked for no more than there should be."""
        found = self._indexed(_Span(0, end))
        if not self._is_all:
            # Each is looked up: a list of whatever else the reader sees would be made, or gone through, first.
            some = self._tickets.with_only_columns(Ticket.id).order_by(None).where(Ticket.id == _ticket_id())
            found = found.where(some.correlate(_tokens).exists())
        with db.session.scalars(found.order_by(_tokens.c.rowid.desc())) as indexed:
            ids = {*indexed.unique().fetchmany(most), *(one for one in self._told if one < end)}
        return sorted(ids, reverse=True)[:most]

    def _newest_on_postgres(self, most: int, end: int) -> Sequence[int]:
        """The index knows no order: it is asked for span after span."""
        ids: list[int] = []
        rarity = inf
        for span in self._spans(end):
            rest: _Span | None = span
            while rest is not None and (missing := most - len(ids)):
                # A common word is soon found often enough: the next span need not be gone through as a whole.
                grown = GROWTH * (end - rest.end) or inf
                part, rest = rest.cut(min(MARGIN * missing * rarity, grown))
                some = {ticket_id for ticket_id in self._told if part.begin <= ticket_id < part.end}
                some.update(db.session.scalars(self._ids_of(part).limit(missing)))
                ids += sorted(some, reverse=True)[:missing]
                rarity = (part.end - part.begin) / len(some) if some else rarity
        return ids

    def _ids_of(self, span: _Span) -> Select[int]:
        """The ids of those in a span that the index knows, the newest first."""
        found = self._indexed(span)
        if self._is_all or span.ids is not None:
            # Nothing of the tickets themselves need be asked.
            newest = found.subquery().c[0]
            return select(newest).group_by(newest).order_by(newest.desc())
        some = self._tickets.with_only_columns(Ticket.id).order_by(None)
        return some.where(Ticket.id.in_(_once(found))).order_by(Ticket.id.desc())

    def _indexed(self, span: _Span) -> Select[int]:
        found = _indexed(self.asked, self._reader, span, self._parties)
        behind: Any = self._unindexed
        if len(self._unindexed) > MOST_TOLD:
            behind = select(Ticket.id).where(is_unindexed())
        return found.where(_ticket_id().not_in(behind)) if self._unindexed else found

    @property
    def _is_all(self) -> bool:
        return self._tickets.whereclause is None

    def _spans(self, end: int) -> Iterator[_Span]:
        """Back from ``end``: the newest of some tickets are looked at one by one, the others sought in the index."""
        if not self._is_all:
            some = self._tickets.with_only_columns(Ticket.id).where(Ticket.id < end)
            newest = some.order_by(None).order_by(Ticket.id.desc()).limit(LOOKED_AT)
            ids = db.session.scalars(newest).all()
            begin = ids[-1] if len(ids) == LOOKED_AT else 0
            yield _Span(begin, end, ids=ids)
            end = begin
        yield from _spans(end)

    @cached_property
    def _parties(self) -> Sequence[str]:
        """The tokens of whom the tickets are of that the reader sees; none where those are all, or of too many."""
        if self._reader.has(*READS_ALL):
            return ()
        seen = parties_seen_by(self._reader)
        parties = [
            *map(enterprise_token, seen.enterprises),
            *map(department_token, seen.departments),
            *map(liaison_token, seen.looking_after),
            *map(officer_token, seen.officers),
        ]
        return parties if len(parties) <= MOST_PARTIES else ()

    @cached_property
    def _unindexed(self) -> Sequence[int]:
        """The newest of all tickets whose texts are not indexed as they are now; one more than are read."""
        return self._ids[1:]

    @cached_property
    def _ids(self) -> Sequence[int]:
        """The id of the newest ticket, 0 where there is none; and after it those that are not indexed."""
        newest = select(func.coalesce(func.max(Ticket.id), 0), true())
        behind = (
            select(Ticket.id, false()).where(is_unindexed()).order_by(Ticket.id.desc()).limit(MOST_TOLD + 1)
        )
        rows = db.session.execute(newest.union_all(select(behind.subquery())))
        return [ticket_id for ticket_id, _ in sorted(rows, key=lambda row: (row[1], row[0]), reverse=True)]

    @cached_property
    def _told(self) -> Sequence[int]:
        """Those that are not indexed yet and have it, as their texts tell."""
        behind = self._unindexed[:MOST_TOLD]
        if not behind:
            return ()
        columns = (Ticket.id, _works_on(self._reader, Ticket.id))
        mine = self._tickets.with_only_columns(*columns).order_by(None).where(among(Ticket.id, behind))
        workers = {ticket_id: bool(works) for ticket_id, works in db.session.execute(mine)}
        return [
            ticket_id
            for ticket_id, texts in texts_of(list(workers)).items()
            if finds(self.asked, texts.read_by(workers=workers[ticket_id]), texts.numbers)
        ]


def _once(found: Select[int] | CompoundSelect[int]) -> Select[int]:
    """The ids, asked for once, whatever the planner thinks of how few they are."""
    return select(found.cte("found").prefix_with("MATERIALIZED").c[0])


def words_read_by(reader: User, tickets: Collection[Ticket]) -> dict[int, list[str]]:
    """The text of each of these tickets and its replies, the latest first, so far as the reader may read them."""
    ids = [ticket.id for ticket in tickets]
    found = {ticket.id: [ticket.text] for ticket in tickets}
    verified, works = Reply.verified_at.is_not(None), _works_on(reader, Reply.ticket_id)
    replies = (
        select(Reply.ticket_id, Reply.text)
        .where(Reply.ticket_id.in_(ids), Reply.sent_back_at.is_(None), or_(verified, works))
        .order_by(Reply.id.desc())
    )
    for ticket_id, words in db.session.execute(replies):
        found[ticket_id].append(words)
    return found


def _key() -> SQLColumnExpression[int]:
    """The id of an indexed text."""
    return _tokens.c.rowid if is_sqlite() else SearchText.id


def _ticket_id() -> ColumnElement[int]:
    """The ticket whose text it is."""
    return _key().op(">>")(literal_column("1"))


def _indexed(asked: Sequence[Term], reader: User, span: _Span, parties: Sequence[str]) -> Select[int]:
    """The ids of tickets whose indexed texts have it, so far as the reader may read those.

    One that is found in two texts is there twice.
    """
    found = select(_ticket_id())
    doubtful = [term for term in asked if not all(way.exact for way in term)]
    if span.ids is not None:
        # Of a few thousand the texts are read: no index of words need be asked.
        keys = [2 * one + text for one in span.ids for text in (0, 1)]
        found = found.where(among(_key(), keys), *map(_stands_there, asked))
    elif is_sqlite():
        found = found.where(_on_sqlite(asked, span, parties))
        if doubtful:
            found = found.where(exists().where(SearchText.id == _key(), *map(_stands_there, doubtful)))
    else:
        found = found.where(_on_postgres(asked, span, parties), *map(_stands_there, doubtful))
    if reader.has(*READS_ALL):
        return found
    outer = _key().op("&")(literal_column("1")) == 0
    return found.where(or_(outer, _works_on(reader, _ticket_id())))


def _on_sqlite(asked: Sequence[Term], span: _Span, parties: Sequence[str]) -> ColumnElement[bool]:
    """Those texts of a span whose tokens are what is asked for."""
    match = _tokens.c[TOKENS_TABLE].op("MATCH")(_sqlite_query(asked, parties))
    return and_(match, _tokens.c.rowid >= 2 * span.begin, _tokens.c.rowid < 2 * span.end)


def _on_postgres(asked: Sequence[Term], span: _Span, parties: Sequence[str]) -> ColumnElement[bool]:
    """The same."""
    query = cast(literal(_postgres_query(asked, span.buckets(), parties)), TSQUERY)
    # Said so that no other index is asked for it.
    within = SearchText.id.op(">>")(literal_column("1")) < span.end
    return and_(_tokens_beside.op("@@")(query), within)


def _works_on(reader: User, ticket_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Whether the reader reads a reply before it is verified: the desk, and the department that leads or supports."""
    if reader.has(*READS_ALL):
        return true()
    departments = {post.department_id for post in reader.posts}
    if not departments:
        return false()
    ticket = aliased(Ticket)
    leads = exists().where(ticket.id == ticket_id, ticket.lead_department_id.in_(departments))
    supports = exists().where(
        Assignment.ticket_id == ticket_id,
        Assignment.department_id.in_(departments),
        Assignment.role == AssignmentRole.SUPPORT,
        Assignment.state != AssignmentState.RELEASED,
    )
    return or_(leads, supports)


def _stands_there(term: Term) -> ColumnElement[bool]:
    return or_(
        *(
            and_(*(_PLACES[way.place].contains(chunk, autoescape=True) for chunk in way.chunks))
            for way in term
        )
    )


def _joined(
    asked: Sequence[Term],
    others: Sequence[Sequence[str]],
    both: str,
    either: str,
    quoted: Callable[[str], str],
) -> str:
    """All of the terms, each by any of its ways, each of these by all of its tokens; and one of each of the others."""

    def together(way: Way) -> str:
        return f"({both.join(quoted(token) for token in sorted(way.tokens))})"

    return both.join(
        [
            *(f"({either.join(map(quoted, some))})" for some in others if some),
            *(f"({either.join(together(way) for way in term)})" for term in asked),
        ]
    )


def _sqlite_query(asked: Sequence[Term], parties: Sequence[str]) -> str:
    return _joined(asked, [parties], " AND ", " OR ", lambda token: '"' + token.replace('"', '""') + '"')


def _postgres_query(asked: Sequence[Term], *others: Sequence[str]) -> str:
    return _joined(asked, others, " & ", " | ", _lexeme)


def _lexeme(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
