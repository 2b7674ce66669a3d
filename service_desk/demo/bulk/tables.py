"""The tables that a ticket's rows stand in."""

from typing import cast

from sqlalchemy import Table

from service_desk.store.approvals import Approval
from service_desk.store.base import Base
from service_desk.store.clocks import Clock, ClockPause
from service_desk.store.facts import StoredFact
from service_desk.store.notices import Card, StepTaken
from service_desk.store.parts import Assignment, Event, Order, Rating, Reply
from service_desk.store.tickets import Ticket


def table_of(entity: type[Base]) -> Table:
    """The table of an entity."""
    return cast("Table", entity.__table__)


TICKETS, EVENTS, ASSIGNMENTS = map(table_of, (Ticket, Event, Assignment))
CLOCKS, PAUSES, STEPS, CARDS = map(table_of, (Clock, ClockPause, StepTaken, Card))
RATINGS, FACTS = map(table_of, (Rating, StoredFact))
OF_TICKETS = (
    EVENTS, ASSIGNMENTS, CLOCKS, table_of(Approval), table_of(Reply), RATINGS, table_of(Order), CARDS, FACTS,
)  # fmt: skip
OF_CLOCKS = (PAUSES, STEPS)
TABLES = (TICKETS, *OF_TICKETS, *OF_CLOCKS)
"""In this order: a row names none of a later table."""
