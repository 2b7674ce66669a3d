"""The figures of the desk: a pure function turns a history into fact rows, and counting them is all that is left."""

from service_desk.domain.figures.counting import (
    By,
    Figure,
    Group,
    Member,
    Period,
    count,
    count_groups,
    gather,
    members,
    words,
)
from service_desk.domain.figures.details import DetailRow, Share, detail, parts_of
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
from service_desk.domain.figures.marks import Mark, Moment, Part
from service_desk.domain.figures.reports import (
    CLOSURE,
    REPORTS,
    SATISFACTION,
    Report,
    change,
    period_before,
    year_before,
)

__all__ = [
    "BY_KEY",
    "CLOSURE",
    "DESK",
    "INDICATORS",
    "REPORTS",
    "REPORT_INDICATORS",
    "SATISFACTION",
    "UNASSIGNED",
    "By",
    "DetailRow",
    "Fact",
    "Figure",
    "FormerLimit",
    "Group",
    "History",
    "Indicator",
    "Mark",
    "Measure",
    "Member",
    "Moment",
    "Part",
    "PastClock",
    "PastEvent",
    "PastExtension",
    "Period",
    "Report",
    "Share",
    "Since",
    "all_facts",
    "change",
    "comings",
    "count",
    "count_groups",
    "detail",
    "facts",
    "gather",
    "members",
    "parts_of",
    "period_before",
    "words",
    "year_before",
]
