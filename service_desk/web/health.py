"""For machines: is the process up, can it serve."""

from datetime import datetime

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import SQLAlchemyError

from service_desk import clock
from service_desk.desk.health import delayed_since
from service_desk.domain.vocabulary import Role
from service_desk.store.base import house
from service_desk.store.people import User
from service_desk.web.filters import stamp

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """The database answers; where reminders wait too long it says so, and goes on serving."""
    try:
        since = delayed_since(clock.now())
    except SQLAlchemyError:
        return {"status": "database unreachable"}, 503
    return {"status": "ok"} | ({"reminders": delay_in_words(since)} if since else {})


def delay_in_words(since: datetime) -> str:
    """提醒自 09:40 起延迟."""
    local, today = since.astimezone(house().timezone), clock.now().astimezone(house().timezone)
    words = f"{local:%H:%M}" if local.date() == today.date() else stamp(since)
    return str(_("提醒自 %(since)s 起延迟", since=words))


def delay_for(user: User) -> str:
    """The same for the banner of those who see to it; empty for others, and where all is in time."""
    if not user.has(Role.SUPERVISOR, Role.ADMIN):
        return ""
    since = delayed_since(clock.now())
    return delay_in_words(since) if since else ""
