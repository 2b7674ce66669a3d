"""A department's ratings, in totals alone: never so few that one could be told from another."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import aliased

from service_desk.domain.vocabulary import Level, Solved
from service_desk.store.base import db
from service_desk.store.parts import Rating, Reply

FEWEST = 5
"""The law: a department sees its ratings in totals of 5 or more."""
CONTENT = (Level.VERY_SATISFIED, Level.SATISFIED, Level.FAIRLY_SATISFIED)


@dataclass(frozen=True)
class RatingTotals:
    """How many closings were rated, and how many of them solved and satisfied."""

    rated: int
    solved: int
    satisfied: int


def rating_totals(department_id: int, *, since: datetime) -> RatingTotals | None:
    """The totals of a department's closings rated since then, as last corrected; None where they are too few."""
    later = aliased(Rating)
    corrected = select(later.id).where(later.corrects_id == Rating.id).exists()
    of_department = (
        select(Reply.id)
        .where(
            Reply.ticket_id == Rating.ticket_id,
            Reply.cycle == Rating.cycle,
            Reply.department_id == department_id,
            Reply.verified_at.is_not(None),
        )
        .exists()
    )
    solved = func.sum(case((Rating.solved == Solved.SOLVED, 1), else_=0))
    satisfied = func.sum(case((or_(*(Rating.level == level for level in CONTENT)), 1), else_=0))
    statement = select(func.count(), solved, satisfied).where(
        and_(Rating.at >= since, ~corrected, of_department)
    )
    rated, solved_number, satisfied_number = db.session.execute(statement).one()
    if rated < FEWEST:
        return None
    return RatingTotals(rated, int(solved_number), int(satisfied_number))
