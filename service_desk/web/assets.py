"""The product's own files, kept by browsers for ever; the style sheets of a page are sent as one.

Before a page is seen, each file more costs a phone another round trip.
"""

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, url_for
from flask.typing import ResponseReturnValue

FOLDER = Path(__file__).parent / "static"
EVERYWHERE = ("tokens", "base", "layout", "components")
SHEETS = {"page": EVERYWHERE, "staff": (*EVERYWHERE, "desk"), "paper": (*EVERYWHERE, "paper")}
"""The style sheets that a kind of page is shown with, in the order they are read."""
KEPT_FOR_EVER = ("static", "assets.joined")
"""Endpoints whose addresses change with what they answer."""

bp = Blueprint("assets", __name__)


def asset(path: str) -> str:
    """The address of a file, by its path below the folder."""
    file = FOLDER / path
    return url_for("static", filename=path, v=_fingerprint(file) if file.exists() else "0")


def stylesheet(kind: str) -> str:
    """The address of the style sheets of a kind of page."""
    return url_for("assets.joined", kind=kind, v=_fingerprint(*_sheets(kind)))


@bp.get("/style/<kind>.css")
def joined(kind: str) -> ResponseReturnValue:
    """The style sheets of a kind of page, one after the other."""
    if kind not in SHEETS:
        abort(404)
    return Response(b"\n".join(file.read_bytes() for file in _sheets(kind)), mimetype="text/css")


def _sheets(kind: str) -> tuple[Path, ...]:
    return tuple(FOLDER / "css" / f"{name}.css" for name in SHEETS[kind])


@cache
def _fingerprint(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:10]
