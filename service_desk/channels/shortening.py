"""Texts that must not be longer than the other side takes: they end at a sentence, and keep the way to the rest."""

import re
from collections.abc import Callable

SENTENCE_END = re.compile(r"[。！？；.!?;]|\n")
SHORTEST = 0.5
"""A sentence that ends before this part of what fits is too early to end at."""

Size = Callable[[str], int]


def in_bytes(text: str) -> int:
    """The length that chat programs count."""
    return len(text.encode())


def fitted(text: str, tail: str, *, most: int, size: Size = in_bytes) -> str:
    """``text`` and then ``tail``, at most ``most`` long by ``size``; what is too long ends at a sentence with “…”.

    The tail, where the rest is found, is kept whole. No character is ever cut in two.
    """
    whole = text + tail
    if size(whole) <= most:
        return whole
    end = f"…{tail}"
    room = most - size(end)
    if room < 0:
        raise ValueError(f"no room for the link: {most} is too little")
    kept = _longest_start(text, room, size)
    ends = [found.end() for found in SENTENCE_END.finditer(kept)]
    if ends and ends[-1] >= len(kept) * SHORTEST:
        kept = kept[: ends[-1]]
    return kept.rstrip() + end


def _longest_start(text: str, room: int, size: Size) -> str:
    """As many characters from the start as have room."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[:middle]) <= room else (low, middle - 1)
    return text[:low]
