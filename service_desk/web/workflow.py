"""The rules of the desk as staff read them: drawn from the table that buttons and permissions come from."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from service_desk.domain import table
from service_desk.domain.actions import Action
from service_desk.domain.states import ENDED, STAGES
from service_desk.domain.vocabulary import Role, State
from service_desk.web.guards import roles_required

bp = Blueprint("workflow", __name__)

STAFF = tuple(role for role in Role if role is not Role.CONTACT)


@dataclass(frozen=True)
class Stand:
    """A state of the diagram, and the ways out of it: where to, by which actions."""

    state: State
    ways: tuple[tuple[State, tuple[Action, ...]], ...]


@bp.get("/workflow")
@roles_required(*STAFF)
def index() -> ResponseReturnValue:
    """The states with the ways between them, and every row of the table."""
    return render_template("workflow/index.html", stages=list(_stages()), groups=table.by_action())


def _stages() -> Iterator[tuple[int, list[Stand]]]:
    """The states of each stage of the status bar, and last the ends under 0."""
    ways = table.ways()

    def stand(state: State) -> Stand:
        out = tuple((target, actions) for (source, target), actions in ways.items() if source is state)
        return Stand(state, out)

    for stage in (*sorted(set(STAGES.values())), 0):
        states = (s for s in table.STATES if (0 if s in ENDED else STAGES[s]) == stage)
        yield stage, [stand(state) for state in states]
