"""What tests of pages share."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from service_desk.web.throttle import limiter
from tests.world import MONDAY


@pytest.fixture
def limited(sqlite_app: Flask) -> Iterator[time_machine.Traveller]:
    """A stranger may not knock as often as a test does; time stands still, so that no window ends unasked."""
    with time_machine.travel(MONDAY, tick=False) as clock:
        limiter.enabled = True
        limiter.reset()
        yield clock
        limiter.reset()
        limiter.enabled = False
