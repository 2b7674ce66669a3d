"""Is the English catalogue whole? Nothing missing, nothing obsolete, nothing doubtful, every value in its place."""

import re
import sys
from collections.abc import Iterator

from babel.messages.catalog import Catalog
from catalogue import PO, ROOT, messages, read_catalogue

VALUE = re.compile(r"%\((\w+)\)s|\{(\w+)\}|(%%)")
PLURAL = "{s}"


def faults(catalogue: Catalog, ids: set[str]) -> Iterator[str]:
    """What is wrong with the catalogue for these messages, a line each."""
    for each in sorted(ids):
        message = catalogue.get(each)
        if message is None or not message.string:
            yield f"missing: {each}"
        elif message.fuzzy:
            yield f"fuzzy: {each}"
        elif values(each) != values(str(message.string)):
            yield f"values differ: {each} → {message.string}"
    known = {str(message.id) for message in catalogue if message.id}
    yield from (f"obsolete: {each}" for each in sorted(known - ids))
    yield from (f"obsolete: {each}" for each in sorted(catalogue.obsolete))


def values(text: str) -> set[str]:
    """The places for values in a message, ``%(name)s`` and ``{name}``; a doubled percent sign is one, too."""
    return {found[0] for found in VALUE.finditer(text.replace(PLURAL, "s"))}


def main() -> None:
    """Print the faults; end with 1 where there are any."""
    complaints = list(faults(read_catalogue(ROOT / PO), messages()))
    if complaints:
        complaints.append("`make catalogue` collects the messages; please write the English into " + str(PO))
        sys.exit("\n".join(complaints))


if __name__ == "__main__":
    main()
