"""What a page costs beside the cheapest answer the server gives, with 300 tickets and with 3,000."""

import statistics
import tempfile
import time
from collections.abc import Callable
from contextvars import Context
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from flask_migrate import upgrade

from service_desk import create_app
from service_desk.store.base import db
from tests.conftest import settings_for
from tests.web.test_statements import grow
from tests.world import PASSWORD, World, settle_the_park

ROUNDS = 40


def measure() -> list[dict[str, Any]]:
    """Milliseconds of the queue and of a ticket's page, and each as a multiple of ``/readyz``."""
    return [figure for number in (300, 3000) for figure in _with(number)]


def _with(number: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_for(f"sqlite:///{folder}/desk.sqlite3", Path(folder)))
        app.config["WTF_CSRF_ENABLED"] = False
        with app.app_context():
            upgrade()
            settle_the_park()
            ticket = grow(World(), number)
            db.session.remove()
        client = app.test_client()
        Context().run(client.post, "/sign-in", data={"username": "clerk", "password": PASSWORD})
        floor = _median(client, "/readyz")
        found = []
        for name, path in (("queue", "/tickets"), ("to-do", "/"), ("ticket page", f"/tickets/{ticket.id}")):
            cost = _median(client, path)
            about = {"unit": "× /readyz", "bound": None, "milliseconds": round(cost * 1000, 2)}
            found.append({"name": f"{name} with {number} tickets", "value": round(cost / floor, 2), **about})
        with app.app_context():
            db.engine.dispose()
        return found


def _median(client: FlaskClient, path: str) -> float:
    """Seconds of the median answer, after a warm-up."""

    def once() -> float:
        began = time.perf_counter()
        answer = Context().run(_get(client), path)
        assert answer.status_code == 200, path  # noqa: S101, PLR2004 - a page that fails is no measurement
        return time.perf_counter() - began

    once()
    return statistics.median(once() for _ in range(ROUNDS))


def _get(client: FlaskClient) -> Callable[[str], Any]:
    return client.get
