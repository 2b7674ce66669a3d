"""Finding words in Chinese text: how text is cut for an index, and what a question asks of the cuts.

A text is folded: small letters, plain forms, simplified characters; what stands between marks and blanks is a chunk,
and every Latin word or number begins with ``_``. A chunk that is asked for is found where it stands in the folded text:
a run of Chinese anywhere, a word or number from its beginning. An index of tokens finds what may hold it; where they do
not say it all, the folded text is looked at.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from operator import add

from service_desk.domain.masking import SHORTEST_PHONE, mask_phone
from service_desk.domain.ngrams import normalise

MOST_CHARACTERS = 8_000
"""Of a ticket's text, from its beginning: what is searched."""
MOST_TERMS = 5
LONGEST_QUERY = 50
LONGEST_PREFIX = 8
"""Characters of a word that its tokens tell."""
FEWEST = 4
"""Characters of a ticket's number or a credit code that find it wherever they stand."""
NUMBERS_PREFIX, PHONE_PREFIX, BEGIN = "#", "~", "_"

_HAN = "\u3400-\u9fff\u3007\U00020000-\U0003ffff"
_MARKS = re.compile(r"[\W_]+")
_WORD = re.compile(f"[^{_HAN} ]+")
_RUN = re.compile(f"_[^{_HAN} _]+|[{_HAN}]+")
_NO_NUMBER = re.compile("[^0-9a-z-]+")
_NUMBER = re.compile(r"[0-9a-z-]+")


class Place(Enum):
    """Where a ticket's words are kept."""

    TEXT = "text"
    NUMBERS = "numbers"


def fold(text: str) -> str:
    """A text as it is compared: chunks with a blank between, ``_`` before each word or number."""
    return _WORD.sub(r"_\g<0>", _MARKS.sub(" ", normalise(text))).strip()


def fold_texts(texts: Iterable[str]) -> str:
    """What is searched of a ticket's texts, in their order: their first 8,000 characters."""
    return fold("\n".join(texts)[:MOST_CHARACTERS])


def fold_numbers(numbers: Iterable[str | None], phones: Iterable[str | None]) -> str:
    """A ticket's numbers and codes, and of the phones what everybody who sees the ticket reads."""
    shown = {form for phone in phones for form in _forms_of_phone(phone or "")}
    return " ".join(
        [
            *(NUMBERS_PREFIX + folded for number in numbers if (folded := _fold_number(number or ""))),
            *sorted(PHONE_PREFIX + form for form in shown),
        ]
    )


def _fold_number(number: str) -> str:
    return _NO_NUMBER.sub("", normalise(number))


def _forms_of_phone(phone: str) -> tuple[str, ...]:
    # Masked as pages show it: who knows more digits than a page tells learns nothing here.
    phone = normalise(phone).strip()
    return (phone[-FEWEST:], mask_phone(phone)) if len(phone) >= SHORTEST_PHONE else ()


def tokens(text: str, numbers: str) -> set[str]:
    """What an index keeps of a folded text and folded numbers.

    Each Chinese character and each pair of neighbours; each word by its first 1 to 8 characters; each number by every
    four characters that follow one another; each phone by its last four and as it is masked.
    """
    found: set[str] = set()
    for run in _RUN.findall(text):
        if run[0] == BEGIN:
            found.update(run[:end] for end in range(2, min(len(run), LONGEST_PREFIX + 1) + 1))
        else:
            found.update(run, map(add, run, run[1:]))
    for word in numbers.split():
        found.update({word} if word[0] == PHONE_PREFIX else _grams(word[1:]))
    return found


def _grams(number: str) -> set[str]:
    return {NUMBERS_PREFIX + number[start : start + FEWEST] for start in range(len(number) - FEWEST + 1)}


@dataclass(frozen=True)
class Way:
    """One way in which a term is found: all of its tokens; unless ``exact``, its chunks must stand there, too."""

    tokens: frozenset[str]
    place: Place
    chunks: tuple[str, ...]
    exact: bool

    def finds(self, text: str, numbers: str) -> bool:
        """Whether folded texts hold what is asked for."""
        kept = text if self.place is Place.TEXT else numbers
        return all(chunk in kept for chunk in self.chunks)


Term = tuple[Way, ...]
"""One word asked for; any of the ways will do."""


def terms(query: str) -> tuple[Term, ...]:
    """What a question asks for, all of it: its first five words; none where it has neither letters nor numbers."""
    words = normalise(query[:LONGEST_QUERY]).split()
    return tuple(term for word in words[:MOST_TERMS] if (term := _term(word)))


def finds(asked: Sequence[Term], text: str, numbers: str) -> bool:
    """Whether a ticket with these folded texts is found."""
    return all(any(way.finds(text, numbers) for way in term) for term in asked)


def _term(word: str) -> Term:
    return tuple(way for ways in (_by_text, _by_number, _by_phone) if (way := ways(word)) is not None)


def _by_text(word: str) -> Way | None:
    chunks = tuple(fold(word).split())
    needed = frozenset(token for chunk in chunks for run in _RUN.findall(chunk) for token in _asked(run))
    # Where each chunk is a token of its own, the tokens say it all.
    return Way(needed, Place.TEXT, chunks, exact=needed == set(chunks)) if chunks else None


def _asked(run: str) -> Iterable[str]:
    if run[0] == BEGIN:
        return (run[: LONGEST_PREFIX + 1],)
    return map(add, run, run[1:]) if len(run) > 1 else (run,)


def _by_number(word: str) -> Way | None:
    if len(word) < FEWEST or not _NUMBER.fullmatch(word):
        return None
    return Way(frozenset(_grams(word)), Place.NUMBERS, (word,), exact=len(word) == FEWEST)


def _by_phone(word: str) -> Way | None:
    if not (word.isascii() and word.isdecimal()):
        return None
    form = word if len(word) == FEWEST else mask_phone(word) if len(word) >= SHORTEST_PHONE else None
    if form is None:
        return None
    token = PHONE_PREFIX + form
    return Way(frozenset({token}), Place.NUMBERS, (token,), exact=True)


Pieces = list[tuple[str, bool]]
"""A text in pieces, and of each whether it was asked for."""


def marked(text: str, asked: Sequence[Term], *, place: Place = Place.TEXT) -> Pieces:
    """A text as a page shows it: what was asked for stands out."""
    hits = _hits(text, asked, place)
    cuts = [at for at in range(1, len(text)) if hits[at] != hits[at - 1]]
    return [(text[begin:end], hits[begin]) for begin, end in pairwise((0, *cuts, len(text))) if begin < end]


def excerpt(
    text: str, asked: Sequence[Term], *, about: Sequence[Term], before: int = 12, length: int = 60
) -> Pieces:
    """The part of a text around the first of the terms ``about``; empty where there is none."""
    hits = _hits(text, about, Place.TEXT)
    if True not in hits:
        return []
    begin = max(0, hits.index(True) - before)
    end = begin + length
    pieces = marked(" ".join(text[begin:end].split()), asked)
    return [*([("…", False)] if begin else []), *pieces, *([("…", False)] if end < len(text) else [])]


def _hits(text: str, asked: Sequence[Term], place: Place) -> list[bool]:
    compared, origins = _origins(text) if place is Place.TEXT else (text.lower(), range(len(text)))
    hits = [False] * len(text)
    for chunk in {chunk for term in asked for way in term if way.place is place for chunk in way.chunks}:
        begin = compared.find(chunk)
        while begin >= 0:
            for at in origins[begin : begin + len(chunk)]:
                hits[at] = True
            begin = compared.find(chunk, begin + 1)
    return hits


def _origins(text: str) -> tuple[str, list[int]]:
    """The folded text, and from which character of the text each of its characters came."""
    folded, origins, in_word = [], [], False
    for at, character in enumerate(text):
        for plain in normalise(character):
            kind = " " if _MARKS.fullmatch(plain) else plain
            is_word = _WORD.fullmatch(kind) is not None
            new = BEGIN + kind if is_word and not in_word else kind
            folded.append(new)
            origins.extend([at] * len(new))
            in_word = is_word
    return "".join(folded), origins
