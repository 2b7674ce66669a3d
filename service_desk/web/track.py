"""Where a request stands, for whoever has its number and its code: no account, no names, no words of the matter."""

import hmac
from base64 import b32encode
from collections.abc import Mapping
from hashlib import sha256
from http.client import NOT_FOUND
from typing import Any
from unicodedata import normalize

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from wtforms import Form

from service_desk import clock
from service_desk.domain.access import may_read
from service_desk.domain.actions import Party
from service_desk.domain.states import ENDED, stage
from service_desk.domain.vocabulary import State
from service_desk.settings import current_settings
from service_desk.store.base import db
from service_desk.store.law import current_law
from service_desk.store.parts import Event
from service_desk.store.tickets import Ticket
from service_desk.web.due import promise_words
from service_desk.web.forms import line
from service_desk.web.throttle import limiter

bp = Blueprint("track", __name__)

ENTERPRISE = frozenset({Party.CONTACT})
CODE_BYTES = 5
"""Eight letters and digits: 2^40 codes. A stranger may be wrong 30 times an hour; who is right, is not counted."""
LOOK_ALIKE = str.maketrans("018", "OIB")
"""Digits that no code has, and the letters they are taken for."""
LONGEST = 20


class TrackForm(Form):
    """Both stand on the receipt."""

    number = line(_l("诉求编号"), limit=LONGEST, description=_l("如 QS-2026-000123"))
    code = line(_l("查询码"), limit=LONGEST, description=_l("受理回执上的 8 位字母和数字"))


def code_of(number: str) -> str:
    """The code of a ticket, as ``ABCD-EFGH``: it follows from the number and this installation's secret key."""
    told = hmac.digest(current_settings().secret_key.encode(), f"track:{number}".encode(), sha256)
    letters = b32encode(told[:CODE_BYTES]).decode()
    return f"{letters[:4]}-{letters[4:]}"


def address_of(number: str) -> str:
    """Where a ticket's stage is shown without an account; in full, for paper."""
    return current_settings().base_url + url_for("track.index", number=number, code=code_of(number))


@bp.get("/track")
@limiter.limit(
    "30 per hour",
    exempt_when=lambda: not request.args,
    deduct_when=lambda answer: answer.status_code == NOT_FOUND,
)
def index() -> ResponseReturnValue:
    """The stage of a request; a wrong number and a wrong code are answered alike."""
    form = TrackForm(request.args or None)
    if not request.args:
        return render_template("track/index.html", form=form)
    if not form.validate():
        return render_template("track/index.html", form=form), 422
    ticket = _ticket(_as_printed(form.number.data), _as_printed(form.code.data))
    if ticket is None:
        form.code.errors = [_("没有找到。请核对编号和查询码，都在受理回执上；也可以致电专窗查询。")]
        return render_template("track/index.html", form=form), 404
    return render_template("track/show.html", ticket=ticket, **_standing(ticket))


def _as_printed(typed: str) -> str:
    """What was typed in small or full-width letters, or with blanks."""
    return "".join(normalize("NFKC", typed).split()).upper()


def _ticket(number: str, code: str) -> Ticket | None:
    """The ticket of a number, where the code is its own; with or without the dash, and O for nought."""
    given = code.replace("-", "").translate(LOOK_ALIKE)
    # Whoever has no code never learns, not even by how long it takes, whether there is such a number.
    if not hmac.compare_digest(given.encode(), code_of(number).replace("-", "").encode()):
        return None
    return db.session.scalars(select(Ticket).where(Ticket.number == number)).unique().one_or_none()


def _standing(ticket: Ticket) -> Mapping[str, Any]:
    now, law = clock.now(), current_law()
    return {
        "stage": stage(ticket.stood),
        "done": ticket.state is State.CLOSED,
        # Of what happens inside nothing is told, not even when.
        "last": max(event.at for event in ticket.events if _reads(event, ticket)),
        "promise_words": "" if ticket.state in ENDED else promise_words(ticket, now, law),
    }


def _reads(event: Event, ticket: Ticket) -> bool:
    """Whether the enterprise itself reads this line."""
    return may_read(event.action, ENTERPRISE, public=event.public, reopened=event.cycle < ticket.cycle)
