"""Finding tickets by words: newest first, in spans of tickets, so that a common word costs no more than a rare one."""

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import cached_property

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
from service_desk.store.base import TOKENS_TABLE, among, db
from service_desk.store.parts import Assignment, Reply
from service_desk.store.people import User
from service_desk.store.search_texts import BUCKET, SearchText, bucket_token, is_unindexed, texts_of
from service_desk.store.tickets import Ticket

MOST_TOLD = 300
"""Tickets not indexed yet whose texts are read instead, the newest; the clockwork is seldom so far behind."""
FIRST_SPAN, GROWTH = 8 * BUCKET, 8
"""Tickets that are looked through first, and how much farther each time there were not enough."""
MOST_BUCKETS = 128
"""Beyond so many the whole index is asked."""
READS_ALL = (Role.CLERK, Role.QUALITY, Role.SUPERVISOR)

_PLACES: dict[Place, InstrumentedAttribute[str]] = {
    Place.TEXT: SearchText.text,
    Place.NUMBERS: SearchText.numbers,
}
_tokens = table(
    TOKENS_TABLE,
    column("id", BigInteger),
    column("rowid", BigInteger),
    column("tokens"),
    column(TOKENS_TABLE),
)


class Found:
    """Those of some tickets that say what is asked for, in a text that the reader may read."""

    def __init__(self, tickets: Select[Ticket], query: str, reader: User) -> None:
        self._tickets, self._reader, self.asked = tickets, reader, terms(query)

    @property
    def whole(self) -> Select[Ticket]:
        """All of them."""
        return self._between(0, _newest() + 1)

    def newest(self, most: int, *, before: int | None = None) -> Sequence[int]:
        """The ids of the newest, up to so many, of those before an id."""
        ids: list[int] = []
        for begin, end in _spans(_newest() + 1 if before is None else before):
            missing = most - len(ids)
            some = self._between(begin, end).with_only_columns(Ticket.id).order_by(None)
            ids += db.session.scalars(some.order_by(Ticket.id.desc()).limit(missing))
            if len(ids) == most:
                break
        return ids

    def _between(self, begin: int, end: int) -> Select[Ticket]:
        """Those with ids from ``begin`` up to, and not with, ``end``."""
        if not self.asked:
            return self._tickets.where(false())
        found, fresh = _indexed(self.asked, self._reader, begin, end), ~is_unindexed()
        told = [ticket_id for ticket_id in self._told if begin <= ticket_id < end]
        if told:
            found = union_all(found, select(Ticket.id).where(among(Ticket.id, told)))
            fresh = or_(fresh, among(Ticket.id, told))
        # Asked once, whatever the planner thinks of how few they are.
        once = found.cte("found").prefix_with("MATERIALIZED")
        return self._tickets.where(Ticket.id.in_(select(once.c[0])), fresh)

    @cached_property
    def _told(self) -> Sequence[int]:
        """Those that are not indexed yet, as their texts tell."""
        unindexed = self._tickets.with_only_columns(Ticket.id).where(is_unindexed()).order_by(None)
        ids = db.session.scalars(unindexed.order_by(Ticket.id.desc()).limit(MOST_TOLD)).all()
        if not ids:
            return ()
        works = _works_on(self._reader, Ticket.id)
        workers = set(db.session.scalars(select(Ticket.id).where(among(Ticket.id, ids), works)))
        return [
            ticket_id
            for ticket_id, texts in texts_of(ids).items()
            if finds(self.asked, texts.read_by(workers=ticket_id in workers), texts.numbers)
        ]


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


def _newest() -> int:
    return db.session.scalar(select(func.max(Ticket.id))) or 0


def _spans(end: int) -> Iterator[tuple[int, int]]:
    """Spans of ids back to the first, each from a bucket's beginning up to where the one before began."""
    length = FIRST_SPAN
    while end > 0:
        begin = max(0, (end - length) // BUCKET * BUCKET)
        yield begin, end
        end, length = begin, length * GROWTH


def _indexed(asked: Sequence[Term], reader: User, begin: int, end: int) -> Select[int] | CompoundSelect[int]:
    """The ids of tickets whose indexed texts have it, so far as the reader may read those."""
    if db.engine.dialect.name == "sqlite":
        key = _tokens.c.rowid
        match = and_(
            _tokens.c[TOKENS_TABLE].op("MATCH")(_sqlite_query(asked)), key >= 2 * begin, key < 2 * end
        )
    else:
        key = _tokens.c.id
        query = cast(literal(_postgres_query(asked, begin, end)), TSQUERY)
        match = and_(_tokens.c.tokens.op("@@")(query), key < 2 * end)
    ticket_id = key.op(">>")(literal_column("1"))
    found = select(ticket_id).where(match)
    if not reader.has(*READS_ALL):
        outer = key.op("&")(literal_column("1")) == 0
        found = found.where(or_(outer, _works_on(reader, ticket_id)))
    doubtful = [term for term in asked if not all(way.exact for way in term)]
    if doubtful:
        found = found.join(SearchText, SearchText.id == key).where(*map(_stands_there, doubtful))
    return found


def _works_on(reader: User, ticket_id: SQLColumnExpression[int]) -> ColumnElement[bool]:
    """Whether the reader reads a reply before it is verified: the desk, and the department that leads or supports."""
    if reader.has(*READS_ALL):
        return true()
    if reader.department_id is None or not reader.has(Role.HANDLER, Role.HEAD):
        return false()
    ticket = aliased(Ticket)
    leads = exists().where(ticket.id == ticket_id, ticket.lead_department_id == reader.department_id)
    supports = exists().where(
        Assignment.ticket_id == ticket_id,
        Assignment.department_id == reader.department_id,
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


def _joined(asked: Sequence[Term], both: str, either: str, quoted: Callable[[str], str]) -> str:
    """All of the terms, each by any of its ways, each of these by all of its tokens."""

    def together(way: Way) -> str:
        return f"({both.join(quoted(token) for token in sorted(way.tokens))})"

    return both.join(f"({either.join(together(way) for way in term)})" for term in asked)


def _sqlite_query(asked: Sequence[Term]) -> str:
    return _joined(asked, " AND ", " OR ", lambda token: '"' + token.replace('"', '""') + '"')


def _postgres_query(asked: Sequence[Term], begin: int, end: int) -> str:
    query = _joined(asked, " & ", " | ", _lexeme)
    buckets = range(begin // BUCKET, (end - 1) // BUCKET + 1)
    if len(buckets) > MOST_BUCKETS:
        return query
    return f"({' | '.join(_lexeme(bucket_token(bucket)) for bucket in buckets)}) & {query}"


def _lexeme(token: str) -> str:
    return "'" + token.replace("\\", "\\\\").replace("'", "''") + "'"
