"""The figures of the desk: a pure function turns a history into fact rows, and counting them is all that is left."""

from service_desk.domain.figures.counting import By, Figure, Member, Period, count, members, words
from service_desk.domain.figures.facts import DESK, UNASSIGNED, Fact, all_facts, comings, facts
from service_desk.domain.figures.history import (
    FormerLimit,
    History,
    PastClock,
    PastEvent,
    PastExtension,
    Since,
)
from service_desk.domain.figures.indicators import BY_KEY, INDICATORS, REPORT_INDICATORS, Indicator, Measure
from service_desk.domain.figures.marks import Mark, Moment

__all__ = [
    "BY_KEY",
    "DESK",
    "INDICATORS",
    "REPORT_INDICATORS",
    "UNASSIGNED",
    "By",
    "Fact",
    "Figure",
    "FormerLimit",
    "History",
    "Indicator",
    "Mark",
    "Measure",
    "Member",
    "Moment",
    "PastClock",
    "PastEvent",
    "PastExtension",
    "Period",
    "Since",
    "all_facts",
    "comings",
    "count",
    "facts",
    "members",
    "words",
]
