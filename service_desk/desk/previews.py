"""Previews of attachments: small pictures, drawn by a bounded process and kept beside the files."""

import json
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path

from service_desk.store.attachments import Attachment
from service_desk.store.base import house

DRAWING = Path(__file__).with_name("drawing.py")
"""Not imported: what reads strangers' files is loaded by the process that draws, and by no other."""
PREVIEWED = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "application/pdf"})
THUMB = (192, 144)
SECONDS = 20
"""By the clock on the wall; the process counts its own on top of that."""
AT_ONCE = 2
PATIENCE = 5
"""Seconds somebody waits for their turn to have a file drawn."""
FOLDER = "previews"
THUMB_NAME = "thumb.jpg"
FAILED = "failed"

_places = threading.BoundedSemaphore(AT_ONCE)


@dataclass(frozen=True)
class Picture:
    """One page, with its size in pixels, so that a page can leave room for it."""

    path: Path
    width: int
    height: int


@dataclass(frozen=True)
class Preview:
    """What can be shown of a file: the pictures of its first pages, and how many pages there are in all."""

    pictures: tuple[Picture, ...]
    thumb: Path
    pages: int


def is_previewed(file: Attachment) -> bool:
    """Whether a preview is tried at all."""
    return file.content_type in PREVIEWED


def preview_of(file: Attachment) -> Preview | None:
    """The preview of a file, drawn if nobody has asked for it before; None where there is none.

    A file that cannot be drawn within bounds is not tried again. Where too many are being drawn, there is none for now.
    """
    if file.ticket_id is None or not is_previewed(file):
        # Of a file that no ticket has yet there is none: it may be gone tomorrow.
        return None
    folder = house().attachments_dir / FOLDER / file.key[:2] / file.key
    if not folder.exists() and not _draw(file, folder):
        return None
    return _kept_in(folder)


def _kept_in(folder: Path) -> Preview | None:
    known = folder / "drawn.json"
    if not known.exists():
        return None
    drawn = json.loads(known.read_text())
    pictures = (
        Picture(folder / f"{number}.jpg", width, height)
        for number, (width, height) in enumerate(drawn["sizes"], start=1)
    )
    return Preview(tuple(pictures), folder / THUMB_NAME, drawn["pages"])


def _draw(file: Attachment, folder: Path) -> bool:
    """Draw into a folder of its own, which takes its place when it is whole; False where there is no room now."""
    if not _places.acquire(timeout=PATIENCE):
        return False
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        drawn = Path(tempfile.mkdtemp(dir=folder.parent))
        if not _ran(file, drawn):
            for half in drawn.iterdir():
                half.unlink()
            (drawn / FAILED).touch()
        try:
            drawn.rename(folder)
        except OSError:  # somebody else has drawn it meanwhile
            shutil.rmtree(drawn, ignore_errors=True)
    finally:
        _places.release()
    return True


def _ran(file: Attachment, folder: Path) -> bool:
    # By its path and isolated: it finds the installed packages, and neither our modules nor our secrets.
    command = [sys.executable, "-I", str(DRAWING), str(file.path), file.content_type, str(folder)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program, and a path that we made
            command,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and (folder / THUMB_NAME).exists()
