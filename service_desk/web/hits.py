"""What a search found, as the list shows it: the words that were asked for stand out."""

from collections.abc import Sequence

from service_desk.domain.search import Pieces, Place, Term, excerpt, finds, fold_numbers, fold_texts, marked
from service_desk.store.people import User
from service_desk.store.search import words_read_by
from service_desk.store.tickets import Ticket


class Hits:
    """Where in the tickets of a page the words stand."""

    def __init__(self, asked: Sequence[Term], tickets: Sequence[Ticket], reader: User) -> None:
        self._asked, self._words = asked, words_read_by(reader, tickets)

    def number(self, ticket: Ticket) -> Pieces:
        """Its number."""
        return marked(ticket.number, self._asked, place=Place.NUMBERS)

    def title(self, ticket: Ticket) -> Pieces:
        """Its title."""
        return marked(ticket.title, self._asked)

    def enterprise(self, ticket: Ticket) -> Pieces:
        """Whose it is."""
        return marked(ticket.enterprise.name, self._asked)

    def excerpt(self, ticket: Ticket) -> Pieces:
        """A part of its text, or else of a reply, with what the list does not show already; often empty."""
        shown = fold_texts((ticket.title, ticket.enterprise.name)), fold_numbers((ticket.number,), ())
        missing = [term for term in self._asked if not finds((term,), *shown)]
        parts = (excerpt(words, self._asked, about=missing) for words in self._words[ticket.id])
        return next(filter(None, parts), [])
