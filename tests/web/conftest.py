"""What tests of pages share."""

from collections.abc import Iterator
from threading import Timer

import pytest
import time_machine
from flask import Flask
from limits.storage import MemoryStorage

from service_desk.web.throttle import limiter
from tests.world import MONDAY

LONGER_THAN_A_TEST = 3_600


@pytest.fixture
def limited(sqlite_app: Flask) -> Iterator[time_machine.Traveller]:
    """A stranger may not knock as often as a test does; time stands still, so that no window ends unasked.

    Nothing tidies up meanwhile: of what is counted while the storage is emptied its thread may lose one.
    """
    storage = limiter.storage
    assert isinstance(storage, MemoryStorage)
    storage.timer.join()
    storage.timer = Timer(LONGER_THAN_A_TEST, limiter.reset)
    storage.timer.daemon = True
    with time_machine.travel(MONDAY, tick=False) as clock:
        storage.timer.start()
        limiter.enabled = True
        limiter.reset()
        yield clock
        limiter.reset()
        limiter.enabled = False
    storage.timer.cancel()
