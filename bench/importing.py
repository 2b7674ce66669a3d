"""Another system's history of five thousand tickets, ten events each: how long it takes to replay, and how that grows.

``IMPORT_TICKETS`` sets another number, ``IMPORT_DATABASE`` another (empty, migrated by this) database.
``python -m bench.importing FILE.jsonl`` writes such a file, to be imported by hand.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask_migrate import upgrade

from service_desk import create_app
from service_desk.desk.foundation import lay_foundation
from service_desk.desk.history.importing import import_history
from service_desk.domain import credit_code
from service_desk.store.base import db
from tests.conftest import settings_for
from tests.world import CHINA

TICKETS = int(os.environ.get("IMPORT_TICKETS", "5000"))
ENTERPRISES = 400
BEGINS = datetime(2024, 1, 2, 9, 10, tzinfo=CHINA)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
ENDS_WITHIN = 180.0
CATEGORIES = ("用电", "用水", "融资", "环保安监", "涉法涉诉")
LEADS = ("供电公司", "金融办", "住建局", "商务局", "水务公司")

Event = tuple[str, float, dict[str, Any]]

COMMON: tuple[Event, ...] = (
    ("submit", 0, {}),
    ("accept", 0.5, {"nature": "求助"}),
    ("dispatch", 1, {}),
    ("sign", 2, {"by": {"role": "handler", "name": "h1"}}),
    ("first_contact", 4, {"how": "电话", "who": "厂长", "by": {"role": "handler", "name": "h1"}}),
)
ENDINGS: tuple[tuple[Event, ...], ...] = (
    (
        ("progress", 26, {"text": "已派人到现场", "public": True}),
        ("reply", 74, {"outcome": "已解决", "text": "已修复", "by": {"role": "handler", "name": "h1"}}),
        ("verify", 77, {"by": {"role": "quality", "name": "q1"}}),
        ("rate", 98, {"solved": "已解决", "level": "满意"}),
        ("note", 120, {"text": "已归档"}),
    ),
    (
        ("ask_extension", 25, {"days": 2, "text": "等待备件"}),
        ("decide_extension", 26, {"granted": True, "by": {"role": "clerk", "name": "c1"}}),
        ("reply", 74, {"outcome": "政策解释", "text": "依据文件答复"}),
        ("verify", 77, {}),
        ("note", 24 * 30, {"text": "未评价"}),
    ),
    (
        ("ask_enterprise", 25, {"text": "请提供合同"}),
        ("inform", 27, {"text": "已提供"}),
        ("reply", 74, {"outcome": "已解决", "text": "已协调", "by": {"role": "head"}}),
        ("rate", 98, {"solved": "未解决", "level": "不满意"}),
        ("sign", 100, {"by": {"role": "handler", "name": "h2"}}),
    ),
)


def history(tickets: int) -> Iterator[dict[str, Any]]:
    """The lines of so many tickets, ten each."""
    apart = (NOW - BEGINS - timedelta(days=40)) / tickets
    for number in range(tickets):
        at = BEGINS + apart * number
        events = (*COMMON, *ENDINGS[number % len(ENDINGS)])
        for seq, (event, hours, fields) in enumerate(events, start=1):
            line = {
                "ticket": f"B{number:06d}",
                "seq": seq,
                "event": event,
                "at": (at + timedelta(hours=hours)).isoformat(timespec="seconds"),
            }
            yield line | fields | _named(event, number)


def _named(event: str, number: int) -> dict[str, Any]:
    if event == "submit":
        return {
            "enterprise": {"code": _code(number % ENTERPRISES), "name": f"云津第{number % ENTERPRISES}厂"},
            "category": CATEGORIES[number % len(CATEGORIES)],
            "title": "车间电压不稳",
            "text": "下午三四点只有三百四十伏，焊机同时起弧就跳闸，请协调。",
            "area": "港口物流园",
        }
    if event == "dispatch":
        return {"lead": LEADS[number % len(LEADS)]} | ({"supports": ["工信局"]} if number % 5 == 0 else {})
    return {}


def _code(number: int) -> str:
    body = f"{number:08d}"
    head = f"91450804{body}{credit_code.organisation_check_sign(body)}"
    return head + credit_code.check_sign(head)


def measure() -> list[dict[str, Any]]:
    """Seconds of the whole, and how much longer the last tenth of the tickets takes than the first."""
    texts = [json.dumps(line, ensure_ascii=False) for line in history(TICKETS)]
    moments: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        url = os.environ.get("IMPORT_DATABASE") or f"sqlite:///{folder}/desk.sqlite3"
        app = create_app(settings_for(url, Path(folder)))
        with app.app_context():
            upgrade()
            lay_foundation(at=NOW)
            began = time.perf_counter()
            done = import_history(
                texts, at=NOW, progress=lambda _done, _all: moments.append(time.perf_counter())
            )
            seconds = time.perf_counter() - began
            db.session.remove()
            db.engine.dispose()
    if done.refused or done.imported != TICKETS:
        raise RuntimeError(f"not all was imported: {done.refused[:3]}")
    tenth = max(1, TICKETS // 10)
    growth = (moments[-1] - moments[-1 - tenth]) / (moments[tenth] - moments[0])
    return [
        _figure(f"history of {TICKETS} tickets, {len(texts)} lines", seconds, "s", bound=ENDS_WITHIN),
        _figure("lines a second", len(texts) / seconds, "lines/s"),
        _figure("last tenth against the first", growth, "×"),
    ]


def _figure(name: str, value: float, unit: str, *, bound: float | None = None) -> dict[str, Any]:
    ratio = None if bound is None else round(value / bound, 3)
    return {"name": name, "value": round(value, 2), "unit": unit, "bound": bound, "ratio": ratio}


if __name__ == "__main__":
    with Path(sys.argv[1]).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in history(TICKETS))
