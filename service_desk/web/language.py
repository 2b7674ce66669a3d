"""In which language a page is read: chosen by a link and kept in a cookie; Chinese unless somebody asks for English."""

from babel import Locale
from flask import Blueprint, abort, has_request_context, redirect, request, url_for
from flask.typing import ResponseReturnValue

from service_desk.settings import current_settings
from service_desk.web.guards import local_path

bp = Blueprint("language", __name__)

LANGUAGES = {"zh": "zh-CN", "en": "en"}
"""The codes of the languages, and what pages call them."""
COOKIE = "language"
A_YEAR = 365 * 24 * 3600
PRINTED = "papers"
"""What is printed and stamped stays in the park's language."""


def reader_language() -> str | None:
    """The code of the reader's language; ``None`` for the park's, also where nobody reads."""
    if not has_request_context() or request.blueprint == PRINTED:
        return None
    # Not by the browser's languages: many a browser in the park speaks English to people who do not.
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen in LANGUAGES else None


def page_language() -> str:
    """The code for the page's ``lang``."""
    return LANGUAGES[reader_language() or "zh"]


def other_language() -> tuple[str, str, str]:
    """What a page offers instead: code, own name, and the address that chooses it and comes back."""
    code = "zh" if reader_language() == "en" else "en"
    back = request.full_path.rstrip("?") if request.method == "GET" else request.path
    name = str(Locale(code).get_display_name())
    return LANGUAGES[code], name, url_for("language.choose", code=code, back=back)


@bp.get("/language/<code>")
def choose(code: str) -> ResponseReturnValue:
    """Read in this language from now on, in this browser; back to where the reader was."""
    if code not in LANGUAGES:
        abort(404)
    answer = redirect(local_path(request.args.get("back", "")) or url_for("home.index"))
    secure = current_settings().base_url.startswith("https://")
    answer.set_cookie(COOKIE, code, max_age=A_YEAR, secure=secure, httponly=True, samesite="Lax")
    return answer
