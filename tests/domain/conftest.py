"""The calendar of the park, as it stands before anybody has changed it."""

import json
from datetime import date
from pathlib import Path

import pytest

from service_desk.domain.worktime import OfficeCalendar

SEED = Path(__file__).parents[2] / "service_desk" / "data" / "calendar_2004_2026.json"


@pytest.fixture(scope="session")
def park() -> OfficeCalendar:
    notices = {date.fromisoformat(day["date"]): day["work"] for day in json.loads(SEED.read_text("utf-8"))}
    return OfficeCalendar.standard(notices, frozenset(range(2004, 2027)))
