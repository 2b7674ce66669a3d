"""A department reads how it was rated in totals of five or more, and never of fewer."""

from datetime import timedelta
from typing import Any

from service_desk.desk import closing
from service_desk.domain.vocabulary import Level, Outcome, Solved, State
from service_desk.store.rating_totals import RatingTotals, rating_totals
from tests.world import MONDAY, World


def test_four_ratings_say_nothing_and_five_are_a_total(small_world: World) -> None:
    power = small_world.department("供电公司").id
    for number in range(5):
        assert rating_totals(power, since=MONDAY) is None, number
        small_world.make(State.CLOSED, hours=0.1)
    assert rating_totals(power, since=MONDAY) == RatingTotals(5, 5, 5)
    assert rating_totals(small_world.department("金融办").id, since=MONDAY) is None
    assert rating_totals(power, since=MONDAY + timedelta(days=30)) is None


def test_a_changed_rating_counts_as_it_was_changed(small_world: World) -> None:
    power = small_world.department("供电公司").id
    rated = [small_world.make(State.CLOSED, hours=0.1, outcome=Outcome.POLICY) for _ in range(5)]
    ticket = rated[-1]
    bad: dict[str, Any] = {"solved": Solved.SOLVED, "level": Level.DISSATISFIED}
    closing.correct_rating(ticket.id, by=small_world.owner, at=ticket.touched_at + timedelta(hours=1), **bad)
    assert rating_totals(power, since=MONDAY) == RatingTotals(5, 5, 4)
