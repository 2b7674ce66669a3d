"""A browser without JavaScript: signs in, opens pages, checks each for what every page must have."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service_desk.store.base import db
from tests.valid_html import faults_of
from tests.world import PASSWORD


def check_page(html: str) -> None:
    """Valid HTML; one h1, every input labelled, no id twice, nothing inline."""
    found = faults_of(html)
    assert not found, found


class Statements(list[str]):
    """The SQL statements that were run, without the transaction's own."""


@contextmanager
def counted() -> Iterator[Statements]:
    """Count the statements run inside the block."""
    seen = Statements()

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            seen.append(statement)

    sa.event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(db.engine, "before_cursor_execute", note)


class Visitor:
    """Somebody before a browser; every page they are shown is checked."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def ask(self, method: str, path: str, **more: Any) -> TestResponse:
        """Send a request outside of the test's own application context, as a server would get it."""
        db.session.remove()
        answer: TestResponse = Context().run(self.client.open, path, method=method, **more)
        return answer

    def sign_in(self, username: str, password: str = PASSWORD) -> "Visitor":
        answer = self.ask("POST", "/sign-in", data={"username": username, "password": password})
        assert answer.status_code == 302, answer.text
        return self

    def get(self, path: str, status: int = 200) -> str:
        return self._checked(self.ask("GET", path), status)

    def post(self, path: str, status: int = 302, **fields: Any) -> str:
        answer = self.ask("POST", path, data=fields, content_type="multipart/form-data")
        return self._checked(answer, status)

    def _checked(self, answer: TestResponse, status: int) -> str:
        assert answer.status_code == status, f"{answer.status_code}: {_words(answer.text)[:600]}"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        if answer.status_code != 302 and answer.mimetype == "text/html":
            check_page(answer.text)
        return answer.headers.get("Location", "") if status == 302 else answer.text


def _words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def a_file(content: bytes, name: str) -> tuple[io.BytesIO, str]:
    """An upload as a browser sends it."""
    return io.BytesIO(content), name
