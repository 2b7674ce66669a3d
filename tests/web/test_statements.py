"""What a page costs: the same handful of statements with 300 tickets and with 3,000."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.clocks import Clock
from service_desk.store.parts import Assignment, Event
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
MOST = 15


def grow(world: World, number: int) -> Ticket:
    """Bring the desk to ``number`` tickets: copies of a handful of real ones. One of them, in progress."""
    patterns = [
        world.make(state, at=MONDAY + timedelta(days=day), supports=["园区管委会"])
        for day, state in enumerate(
            (State.IN_PROGRESS, State.SUBMITTED, State.ACCEPTED, State.ASSIGNED, State.CLOSED)
        )
    ]
    rows: dict[type[Any], list[dict[str, Any]]] = {Ticket: [], Event: [], Clock: [], Assignment: []}
    for copy in range(1, number // len(patterns)):
        for pattern in patterns:
            new_id = pattern.id + copy * len(patterns)
            rows[Ticket].append(_row(pattern) | {"id": new_id, "number": f"QS-2025-{new_id:06d}"})
            for entity, parts in (
                (Event, pattern.events),
                (Clock, pattern.clocks),
                (Assignment, pattern.assignments),
            ):
                rows[entity] += [_row(part, without="id") | {"ticket_id": new_id} for part in parts]
    for entity, values in rows.items():
        db.session.execute(sa.insert(entity), values)
    db.session.commit()
    return patterns[0]


def _row(entity: Any, without: str = "") -> dict[str, Any]:
    return {
        column.key: getattr(entity, column.key)
        for column in sa.inspect(type(entity)).columns
        if column.key != without
    }


@pytest.mark.parametrize("number", [300, 3000])
def test_pages_cost_the_same_however_many_tickets_there_are(
    small_world: World, visit: Visit, number: int
) -> None:
    ticket = grow(small_world, number)
    visitors = {name: visit(name) for name in ("clerk", "power", "owner", "supervisor")}
    waiting = {
        "clerk": [ticket.id + 1, ticket.id + 2, ticket.id],
        "power": [ticket.id, ticket.id + 3],
        "owner": [ticket.id],
    }
    cost: dict[str, int] = {}
    for name, visitor in visitors.items():
        pages = ["/", "/tickets", "/tickets?sort=due", "/tickets?q=电压&state=assigned", "/notices"]
        for path in pages + [f"/tickets/{number}" for number in waiting.get(name, [])]:
            visitor.get(path)
            with counted() as statements:
                visitor.get(path)
            cost[f"{name} {path}"] = len(statements)
    category = small_world.category().id
    with counted() as statements:
        visitors["owner"].post(
            "/tickets/new",
            category=category,
            title="电压",
            text="不稳",
            contact_name="李一",
            contact_phone="13800001111",
            area="1",
            submission_key="s" * 20,
        )
    cost["owner submits"] = len(statements)
    too_dear = {page: count for page, count in cost.items() if count > MOST}
    assert not too_dear, too_dear


def test_pages_by_key_show_every_ticket_once(small_world: World, visit: Visit) -> None:
    grow(small_world, 130)
    clerk = visit("clerk")
    for sort in ("", "&sort=due"):
        path, seen = f"/tickets?x=1{sort}", []
        while path:
            page = clerk.get(path)
            seen += re.findall(r'href="/tickets/(\d+)\?list=', page)
            found = re.search(r'rel="next" href="([^"]+)"', page)
            path = found.group(1).replace("&amp;", "&") if found else ""
        assert len(seen) == len(set(seen))
        assert len(seen) >= (130 if not sort else 100)
