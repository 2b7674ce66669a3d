"""What a page costs beside a bare one of the same rows, and beside the cheapest answer, with 300 and 3,000 tickets.

The bare page is what Flask, SQLAlchemy and Jinja cost by themselves: whoever is signed in is known, the rows are read
and printed, and nothing stands around them.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextvars import Context
from http import HTTPStatus
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from flask_login import current_user
from flask_migrate import upgrade
from sqlalchemy import select

from service_desk import create_app
from service_desk.store.attachments import Attachment
from service_desk.store.base import db
from service_desk.store.catalogue import Category
from service_desk.store.clocks import LIVE, Clock
from service_desk.store.drafts import Draft
from service_desk.store.enterprises import Area
from service_desk.store.people import Department
from service_desk.store.tickets import Ticket
from tests.conftest import settings_for
from tests.web.test_statements import grow
from tests.world import PASSWORD, World, settle_the_park

ROUNDS = 100
PAGE_SIZE = 50
SLOWEST_OF = 20
"""One in so many may take longer: the 95th percentile."""
BOUND = 3.0
LIST = """<form>{% for some in choices %}<select>{% for one in some %}
<option value="{{ one.id }}">{{ one.name }}</option>{% endfor %}</select>{% endfor %}</form>
<table>{% for row in tickets %}<tr>
<td><a href="/tickets/{{ row.id }}">{{ row.number }}</a></td><td>{{ row.title }}</td>
<td>{{ row.enterprise.name }}</td><td>{{ row.category.name }}</td><td>{{ row.lead_department.name }}</td>
<td>{{ row.state.label }}</td><td>{% if row.id in due %}{{ due[row.id].due_at }}{% endif %}</td>
<td>{{ row.submitted_at }}</td></tr>{% endfor %}</table>"""
ONE = """<h1>{{ row.title }}</h1><p>{{ row.text }} {{ row.enterprise.name }} {{ row.category.name }}</p>
{% for part in parts %}<table>{% for one in part %}<tr>{% for name in one.__table__.columns.keys() %}
<td>{{ one[name] }}</td>{% endfor %}</tr>{% endfor %}</table>{% endfor %}"""
FORM = """<form method="post">{% for some in choices %}<select>{% for one in some %}
<option value="{{ one.id }}">{{ one.name }}</option>{% endfor %}</select>{% endfor %}
{% for row in rows %}{{ row }}{% endfor %}
<input name="title"><textarea name="text"></textarea><button>提交</button></form>"""
PARTS = ("events", "clocks", "assignments", "replies", "ratings", "orders", "attachments", "approvals")


def measure() -> list[dict[str, Any]]:
    """The 95th percentile of each page as a multiple of its bare one's, and its median as one of ``/readyz``'s."""
    return [figure for number in (300, 3000) for figure in _with(number)]


def _with(number: int) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(settings_for(f"sqlite:///{folder}/desk.sqlite3", Path(folder)))
        app.config["WTF_CSRF_ENABLED"] = False
        _add_bare_pages(app)
        with app.app_context():
            upgrade()
            settle_the_park()
            ticket = grow(World(), number)
            db.session.remove()
        clerk, owner = (_signed_in(app, name) for name in ("clerk", "owner"))
        floor = statistics.median(_seconds(clerk, "/readyz") for _ in range(ROUNDS))
        found: list[dict[str, Any]] = []
        for name, client, path, bare in (
            ("queue", clerk, "/tickets", "/bare"),
            ("ticket page", clerk, f"/tickets/{ticket.id}", f"/bare/{ticket.id}"),
            ("filing", owner, "/tickets/new", "/bare/new"),
            ("to-do", clerk, "/", None),
        ):
            found += _figures(f"{name} with {number} tickets", client, path, bare, floor)
        with app.app_context():
            db.engine.dispose()
        return found


def _add_bare_pages(app: Flask) -> None:
    pages = {name: app.jinja_env.from_string(words) for name, words in (("l", LIST), ("o", ONE), ("f", FORM))}

    @app.get("/bare")
    def bare_list() -> str:
        newest = select(Ticket).order_by(Ticket.id.desc()).limit(PAGE_SIZE)
        tickets = db.session.scalars(newest).unique().all()
        running = select(Clock).where(Clock.ticket_id.in_([row.id for row in tickets]), Clock.state.in_(LIVE))
        due = {clock.ticket_id: clock for clock in db.session.scalars(running).unique()}
        choices = [db.session.scalars(select(noun)).unique().all() for noun in (Category, Area, Department)]
        return pages["l"].render(tickets=tickets, due=due, choices=choices)

    @app.get("/bare/<int:ticket_id>")
    def bare_ticket(ticket_id: int) -> str:
        row = db.session.get_one(Ticket, ticket_id)
        return pages["o"].render(row=row, parts=[getattr(row, name) for name in PARTS])

    @app.get("/bare/new")
    def bare_form() -> str:
        choices = [db.session.scalars(select(noun)).unique().all() for noun in (Category, Area, Department)]
        own = db.session.scalars(select(Draft).where(Draft.user_id == current_user.id)).all()
        files = db.session.scalars(select(Attachment).where(Attachment.uploader_id == current_user.id)).all()
        mine = select(Ticket).where(Ticket.filed_by_id == current_user.id).order_by(Ticket.id.desc()).limit(1)
        last = db.session.scalars(mine).unique().all()
        return pages["f"].render(choices=choices, rows=[*own, *files, *last])


def _figures(
    name: str, client: FlaskClient, path: str, bare: str | None, floor: float
) -> Iterator[dict[str, Any]]:
    page, plain = [], []
    for _ in range(ROUNDS):
        page.append(_seconds(client, path))
        # In turns, so that what else the machine does meets both.
        plain += [_seconds(client, bare)] if bare else []
    typical = statistics.median(page)
    if bare:
        ratio = _percentile(page) / _percentile(plain)
        yield {"name": f"{name}, p95", "value": round(ratio, 2), "unit": "× a bare page", "bound": BOUND}
    yield {
        "name": f"  {name}, median" if bare else f"{name}, median",
        "value": round(typical / floor, 2),
        "unit": "× /readyz",
        "bound": None,
        "milliseconds": round(typical * 1000, 2),
    }


def _signed_in(app: Flask, username: str) -> FlaskClient:
    client = app.test_client()
    Context().run(client.post, "/sign-in", data={"username": username, "password": PASSWORD})
    return client


def _percentile(seconds: Sequence[float]) -> float:
    return sorted(seconds)[-1 - len(seconds) // SLOWEST_OF]


def _seconds(client: FlaskClient, path: str) -> float:
    """Seconds of one answer."""
    began = time.perf_counter()
    answer = Context().run(client.get, path)
    assert answer.status_code == HTTPStatus.OK, path  # noqa: S101 - a page that fails is no measurement
    return time.perf_counter() - began
