"""The sheets that reports have beside their figures: the monthly report's parts, the weekly pack, lists."""

from collections.abc import Callable, Iterable, Mapping

from service_desk.desk.packs import cases, lists, monthly, weekly
from service_desk.desk.packs.material import Material
from service_desk.domain.figures import Paper
from service_desk.xlsx.book import Sheet

SHEETS: Mapping[Paper, Callable[[Material], Sheet]] = {
    Paper.OVERALL: monthly.overall,
    Paper.CATEGORIES: monthly.categories,
    Paper.DEPARTMENTS: monthly.departments,
    Paper.OVERDUE_AND_ORDERS: monthly.overdue_and_orders,
    Paper.RATINGS: monthly.ratings,
    Paper.HOT_TOPICS: monthly.hot_topics,
    Paper.LIAISON: monthly.liaison,
    Paper.CASES: cases.cases,
    Paper.NEXT_STEPS: monthly.next_steps,
    Paper.OPEN: lists.open_list,
    Paper.BAD_RATINGS: lists.bad_list,
    Paper.EXCLUSIONS: lists.exclusion_list,
    Paper.WEEK: weekly.week,
    Paper.MEETING: lists.meeting_list,
    Paper.OVERDUE: lists.overdue_list,
    Paper.DUE_SOON: lists.due_soon,
    Paper.CARDS: lists.card_list,
    Paper.ORDERS: lists.order_list,
    Paper.DEFERRED: lists.deferred_list,
    Paper.RETURNED: lists.returned_list,
    Paper.REWORK: lists.rework_list,
}


def sheets_of(papers: Iterable[Paper], material: Material) -> list[Sheet]:
    """The sheets of these names."""
    return [SHEETS[paper](material) for paper in papers]


__all__ = ["Material", "sheets_of"]
