"""The product's own files, kept by browsers for ever; a page's style sheets are sent as one, and so are its scripts.

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
SCRIPTS = {
    "page": (
        *("submit-once", "keep-typed", "show-refusal", "shown-when", "limits", "auto-submit", "pictures"),
        *("chosen-files", "kept-on-device", "reply-templates", "show-password", "keys", "where-i-am", "news"),
    ),
    "filing": ("autosave", "danger-words", "guides", "suggest", "uploads", "send-filing"),
    "ticket": ("autosave", "presence"),
}
"""The scripts of every page, and what some have besides, in the order they run."""
KEPT_FOR_EVER = ("static", "assets.sheets", "assets.scripts")
"""Endpoints whose addresses change with what they answer."""

bp = Blueprint("assets", __name__)


def asset(path: str) -> str:
    """The address of a file, by its path below the folder."""
    # Said some fifty times a page: ``url_for`` would be a tenth of what the page costs.
    return f"{request.script_root}{current_app.static_url_path}/{path}?v={_fingerprint(path)}"


def stylesheet(kind: str) -> str:
    """The address of the style sheets of a kind of page."""
    return url_for("assets.sheets", kind=kind, v=_fingerprint(*_sheets(kind)))


def script(kind: str) -> str:
    """The address of a page's scripts, to be loaded as a module."""
    return url_for("assets.scripts", kind=kind, v=_fingerprint(*_scripts(kind)))


@bp.get("/style/<kind>.css")
def sheets(kind: str) -> ResponseReturnValue:
    """The style sheets of a kind of page, one after the other."""
    if kind not in SHEETS:
        abort(404)
    return Response(b"\n".join(_contents(*_sheets(kind))), mimetype="text/css")


@bp.get("/script/<kind>.js")
def scripts(kind: str) -> ResponseReturnValue:
    """The scripts of a page, one after the other: each with names of its own, and none stopped by another's error."""
    if kind not in SCRIPTS:
        abort(404)
    each = (
        b"try {\n%b} catch (error) {\n  reportError(error);\n}\n" % one for one in _contents(*_scripts(kind))
    )
    return Response(b"".join(each), mimetype="text/javascript")


def _sheets(kind: str) -> tuple[str, ...]:
    return tuple(f"css/{name}.css" for name in SHEETS[kind])


def _scripts(kind: str) -> tuple[str, ...]:
    return tuple(f"js/{name}.js" for name in SCRIPTS[kind])


def _contents(*paths: str) -> list[bytes]:
    files = [FOLDER / path for path in paths]
    return [file.read_bytes() for file in files if file.exists()]


@cache
def _fingerprint(*paths: str) -> str:
    return hashlib.sha256(b"\n".join(_contents(*paths))).hexdigest()[:10]
