"""Open tickets by department and state: each number with what is late in it, in words, leading to its tickets."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from service_desk.domain.vocabulary import State
from service_desk.store.boards import Stock
from service_desk.web.queues import OPEN_ONES, UNDISPATCHED
from service_desk.web.words import said

STATES = (
    State.SUBMITTED,
    State.SUPPLEMENTING,
    State.ACCEPTED,
    State.ASSIGNED,
    State.IN_PROGRESS,
    State.DEFERRED,
    State.REPLIED,
)
"""The open states in the order of the loop."""


@dataclass(frozen=True)
class Led:
    """A number that leads to its tickets."""

    number: int
    url: str


@dataclass(frozen=True)
class Cell:
    """Open tickets of one department (or all) in one state (or all); ``overdue`` and ``today`` are among ``number``."""

    number: int
    overdue: int
    today: int
    asked: dict[str, Any]

    @property
    def heat(self) -> str:
        """How it stands, as the CSS class; the page says the same in words."""
        return "overdue" if self.overdue else "due_today" if self.today else "calm" if self.number else "none"

    @property
    def url(self) -> str:
        """The queue of these tickets."""
        return url_for("tickets.index", **self.asked)

    @property
    def overdue_url(self) -> str:
        """The queue of those that are overdue."""
        return url_for("tickets.index", **self.asked, due="overdue")

    @property
    def today_url(self) -> str:
        """The queue of those that are due later today."""
        return url_for("tickets.index", **self.asked, due="today")


@dataclass(frozen=True)
class Row:
    """A department: a cell for each state, and all of them together."""

    name: str
    cells: tuple[Cell, ...]
    total: Cell


@dataclass(frozen=True)
class Matrix:
    """Departments by states; where most is overdue comes first."""

    states: tuple[str, ...]
    rows: tuple[Row, ...]
    totals: Row


def matrix(stock: Iterable[Stock], *, last: str = "") -> Matrix:
    """The table of some open tickets; states that none is in are left out, and the row named ``last`` comes last."""
    found = list(stock)
    states = tuple(state for state in STATES if any(line.state is state for line in found))
    by_department: dict[tuple[int | None, str | None], list[Stock]] = defaultdict(list)
    for line in found:
        by_department[line.department_id, line.department].append(line)
    rows = [
        _row(
            name or _("未派单"),
            lines,
            states,
            {"department": UNDISPATCHED if department_id is None else department_id},
        )
        for (department_id, name), lines in by_department.items()
    ]
    rows.sort(key=lambda row: (row.name == last, -row.total.overdue, -row.total.number, row.name))
    return Matrix(
        states=tuple(said(state) for state in states),
        rows=tuple(rows),
        totals=_row(_("合计"), found, states, {}),
    )


def _row(name: str, lines: Sequence[Stock], states: Sequence[State], asked: dict[str, Any]) -> Row:
    return Row(
        name,
        tuple(
            _cell([line for line in lines if line.state is state], asked | {"state": state.value})
            for state in states
        ),
        _cell(lines, asked | {"state": OPEN_ONES}),
    )


def _cell(lines: Sequence[Stock], asked: dict[str, Any]) -> Cell:
    return Cell(
        sum(line.number for line in lines),
        sum(line.overdue for line in lines),
        sum(line.today for line in lines),
        asked,
    )
