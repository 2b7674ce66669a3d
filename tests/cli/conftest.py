"""Commands are run as an operator runs them: on an empty desk of their own."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from service_desk import create_app
from service_desk.store.base import db
from tests.conftest import settings_for

Run = Callable[..., Result]


@pytest.fixture
def empty_desk(tmp_path: Path) -> Iterator[Flask]:
    """An application whose database has its tables and nothing in them."""
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'desk.sqlite3'}", tmp_path))
    with app.app_context():
        db.create_all()
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def run(empty_desk: Flask) -> Run:
    """Run a command of the product; gives its exit status, output and errors."""

    def command(*arguments: str) -> Result:
        words: Sequence[str] = arguments
        return empty_desk.test_cli_runner().invoke(args=words)

    return command
