"""Chinese text as a machine reads it: harmless variants made alike, cut into character n-grams."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from service_desk.domain.variants import TO_SIMPLIFIED

RUN = re.compile(r"[a-z]+|\d+(?:\.\d+)?|[\u3400-\u9fff]+")
"""What stands together: a Latin word, a number, or Chinese characters between marks and blanks."""


def normalise(text: str) -> str:
    """Full-width, compatibility and capital letters as their plain, small ones (NFKC); traditional as simplified."""
    return unicodedata.normalize("NFKC", text).lower().translate(TO_SIMPLIFIED)


def grams(text: str, sizes: Sequence[int]) -> Iterator[str]:
    """The n-grams of a text, in their order, size by size; Latin words and numbers are kept whole."""
    for run in RUN.findall(normalise(text)):
        if run[0].isascii():
            yield run
            continue
        for size in sizes:
            for start in range(len(run) - size + 1):
                yield run[start : start + size]
