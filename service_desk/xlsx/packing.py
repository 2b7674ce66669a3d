"""Writes a workbook with one long sheet into its file, in this process or in one beside it (docs/decisions/0033).

Putting rows into cells and compressing them takes about as long as reading them and finding their values, and Python
does one of the two at a time. The process beside is told by its standard input, one pickle after the other, what
``pack`` is told, and says on its standard output what kept it from writing. It ends with whoever tells it.
"""

import os
import pickle
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO, cast

from service_desk.xlsx.cells import Columns, Lot, lines

SPEED = 1
"""Of the compressor: a third larger than at its best, in a third of the time."""
ROOM = 1024 * 1024
"""Bytes that wait between the two processes, so that none stops for each lot of the other."""
PACKAGES = str(Path(__file__).parents[2])


@dataclass(frozen=True)
class Beginning:
    """Where the workbook goes; its long part, what stands there before the rows, and the number of the first row."""

    path: Path
    part: str
    head: bytes
    columns: Columns
    first: int


@dataclass(frozen=True)
class End:
    """What stands in the long part behind the rows; the other parts, by name."""

    tail: bytes
    parts: Mapping[str, bytes]


def pack(beginning: Beginning, lots: Iterable[Lot], end: Callable[[], End]) -> None:
    """Write the file; ``end`` is asked when the last row is written. Raises ``OSError`` where there is no room."""
    with zipfile.ZipFile(beginning.path, "w", zipfile.ZIP_DEFLATED, compresslevel=SPEED) as archive:
        with archive.open(beginning.part, "w", force_zip64=True) as part:
            part.write(beginning.head)
            number = beginning.first
            for lot in lots:
                part.write(lines(lot, beginning.columns, number))
                number += len(lot)
            ending = end()
            part.write(ending.tail)
        for name, content in ending.parts.items():
            archive.writestr(name, content)


def pack_beside(beginning: Beginning, lots: Iterable[Lot], end: Callable[[], End]) -> None:
    """The same by a process of its own. What the lots raise goes through, and ends it."""
    command = [sys.executable, "-P", "-m", __name__]
    packer = subprocess.Popen(  # noqa: S603 - ourselves
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pipesize=ROOM,
        env={**os.environ, "PYTHONPATH": PACKAGES},
    )
    try:
        # One that has ended before says why, below.
        with suppress(BrokenPipeError):
            for message in chain((beginning,), lots, (None,)):
                _tell(packer, message)
            _tell(packer, end())
    except BaseException:
        packer.kill()
        raise
    finally:
        trouble, _ = packer.communicate()
    if trouble:
        raise OSError(*pickle.loads(trouble))  # noqa: S301 - our own process wrote it
    if packer.returncode:
        raise subprocess.CalledProcessError(packer.returncode, command)


def _tell(packer: subprocess.Popen[bytes], message: object) -> None:
    pickle.dump(message, cast("IO[bytes]", packer.stdin), pickle.HIGHEST_PROTOCOL)


def main() -> None:
    """Be the process beside: pack what is told."""
    told = partial(pickle.load, sys.stdin.buffer)
    try:
        pack(told(), iter(told, None), told)
    except OSError as error:
        pickle.dump((error.errno, error.strerror), sys.stdout.buffer)
    except EOFError:
        # Whoever tells the rows is gone; so is the need for them.
        sys.exit(1)


if __name__ == "__main__":
    main()
