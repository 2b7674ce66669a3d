"""The product's own files, kept by browsers for ever; the style sheets of a page are sent as one.

Before a page is seen, each file more costs a phone another round trip.
"""

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, abort, current_app, request, url_for
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
    # Said some fifty times a page: ``url_for`` would be a tenth of what the page costs.
    return f"{request.script_root}{current_app.static_url_path}/{path}?v={_fingerprint(path)}"


def stylesheet(kind: str) -> str:
    """The address of the style sheets of a kind of page."""
    return url_for("assets.joined", kind=kind, v=_fingerprint(*_sheets(kind)))


@bp.get("/style/<kind>.css")
def joined(kind: str) -> ResponseReturnValue:
    """The style sheets of a kind of page, one after the other."""
    if kind not in SHEETS:
        abort(404)
    return Response(_read(*_sheets(kind)), mimetype="text/css")


def _sheets(kind: str) -> tuple[str, ...]:
    return tuple(f"css/{name}.css" for name in SHEETS[kind])


def _read(*paths: str) -> bytes:
    files = [FOLDER / path for path in paths]
    return b"\n".join(file.read_bytes() for file in files if file.exists())


@cache
def _fingerprint(*paths: str) -> str:
    return hashlib.sha256(_read(*paths)).hexdigest()[:10]
