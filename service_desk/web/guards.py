"""Who may open which page: all need sign-in but those named here; roles beyond that are said at the view."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, ParamSpec, TypeVar

from flask import Flask, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import LoginManager, current_user
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.routing import IntegerConverter, Map

from service_desk import clock
from service_desk.domain.vocabulary import Role
from service_desk.store.base import db
from service_desk.store.people import User, user_for_session
from service_desk.store.scope import visible_tickets
from service_desk.store.substitutes import person_with_places
from service_desk.store.tickets import Ticket
from service_desk.web.assets import KEPT_FOR_EVER

READ_ONLY = {"read_only": True}

P = ParamSpec("P")
R = TypeVar("R")

PUBLIC = frozenset(
    {
        *KEPT_FOR_EVER,
        "people.sign_in",
        "people.forgotten",
        "people.set_password",
        "dates.promise",
        "language.choose",
        "enterprises.register",
        "enterprises.registered",
        "rating.rate",
        "rating.thanks",
        "track.index",
        "health.healthz",
        "health.readyz",
    }
)

SIGNED_IN_FORM_BYTES = 12 * 1024 * 1024
"""How much text a signed-in person's form may bring: an overlong one is told so and gets its text back."""

login = LoginManager()
csrf = CSRFProtect()


@login.user_loader
def load_user(key: str) -> User | None:
    """The person of this session, in the places they take now."""
    return user_for_session(key, lambda user_id: person_with_places(user_id, clock.now()))


def me() -> User:
    """The person who is signed in."""
    person: User = current_user._get_current_object()  # noqa: SLF001 - werkzeug's documented way to the object
    return person


def roles_required(*roles: Role) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Only for those who hold one of ``roles``; for others the page does not exist."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not me().has(*roles):
                abort(404)
            return view(*args, **kwargs)

        return guarded

    return guard


def visible_or_404(ticket_id: int, *options: Any) -> Ticket:
    """The ticket, if it is in the scope of whoever asks; else 404, as for one that does not exist."""
    statement = visible_tickets(me()).where(Ticket.id == ticket_id).options(*options)
    ticket = db.session.scalars(statement).unique().one_or_none()
    if ticket is None:
        abort(404)
    return ticket


@contextmanager
def writing() -> Iterator[None]:
    """For what a page that is read writes all the same: a transaction that has read could not on SQLite."""
    db.session.rollback()
    yield
    db.session.connection(execution_options=READ_ONLY)


def typed_text() -> list[tuple[str, str]]:
    """What the request brought that somebody may have written by hand, to be given back."""
    kept = ("text", "reason", "title", "who", "how")
    labels = {
        "text": _("内容"),
        "reason": _("原因"),
        "title": _("标题"),
        "who": _("联系人"),
        "how": _("方式"),
    }
    return [(labels[name], request.form[name]) for name in kept if request.form.get(name)]


def session_ended() -> ResponseReturnValue:
    """To sign-in; what was being sent is shown, so that nothing typed is lost."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" else request.referrer or ""
    sign_in = url_for("people.sign_in", next=local_path(wanted) or None)
    if request.method == "GET":
        return redirect(sign_in)
    page = render_template(
        "errors/problem.html",
        title=_("登录已过期"),
        sentence=_("为了安全，您需要重新登录。刚才填写的内容没有提交，但都在下面，登录后可以继续。"),
        what_next="",
        typed=typed_text(),
        go_on=(sign_in, _("重新登录")),
    )
    return page, 401


def local_path(address: str) -> str:
    """The path of an address on this site, or empty: we never send anybody elsewhere."""
    if address.startswith(request.host_url):
        address = "/" + address.removeprefix(request.host_url)
    local = address.startswith("/") and not address.startswith(("//", "/\\"))
    # Browsers drop tabs and line ends from an address: "/\t/elsewhere" would lead to "//elsewhere".
    return address if local and address.isprintable() else ""


class RowId(IntegerConverter):
    """``<int:…>`` in an address: what no database could have given as an id is no address."""

    def __init__(self, map: Map, max: int = 2**31 - 1, **more: Any) -> None:  # noqa: A002 - werkzeug's names
        super().__init__(map, max=max, **more)


def init_app(app: Flask) -> None:
    """Sign-in, CSRF, and the rule that every page needs both."""
    app.url_map.converters["int"] = RowId

    @app.before_request
    def bound_the_form() -> None:
        if "_user_id" in session:
            request.max_form_memory_size = SIGNED_IN_FORM_BYTES

    @app.before_request
    def no_nul() -> None:
        # No keyboard makes it, and PostgreSQL keeps no text that holds it.
        given = chain((request.path,), *request.args.listvalues(), *request.form.listvalues())
        if any("\0" in value for value in given):
            abort(400)

    @app.before_request
    def read_only() -> None:
        if request.method in ("GET", "HEAD") and request.endpoint not in (*KEPT_FOR_EVER, None):
            db.session.connection(execution_options=READ_ONLY)

    login.init_app(app)
    login.unauthorized_handler(session_ended)
    csrf.init_app(app)

    @app.before_request
    def sign_in_first() -> ResponseReturnValue | None:
        if request.endpoint is None or request.endpoint in PUBLIC or current_user.is_authenticated:
            return None
        return session_ended()

    @app.errorhandler(CSRFError)
    def csrf_failed(_error: CSRFError) -> ResponseReturnValue:
        return session_ended()
