"""What the clerk's page proposes, with the reason beside it: the urgency, the lead."""

import re
from collections.abc import Callable

from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.catalogue import Rule
from service_desk.store.law import law_changed
from tests.visitor import Visitor
from tests.world import World

Visit = Callable[..., Visitor]


def chosen_urgency(page: str) -> list[str]:
    """The values of the urgency that the page has ticked."""
    inputs = re.findall(r'<input[^>]*name="urgency"[^>]*>', page)
    return [value for each in inputs if "checked" in each for value in re.findall(r'value="(\w+)"', each)]


def test_a_word_of_danger_ticks_critical_and_says_why(small_world: World, visit: Visit) -> None:
    ticket = small_world.file(title="调压箱附近有煤气味")
    page = visit("clerk").get(f"/tickets/{ticket.id}")
    assert chosen_urgency(page) == ["critical"]
    assert "文中提到“煤气味”，建议定为特急" in page


def test_an_ordinary_request_keeps_its_urgency(small_world: World, visit: Visit) -> None:
    page = visit("clerk").get(f"/tickets/{small_world.file().id}")
    assert chosen_urgency(page) == ["normal"]
    assert "建议定为特急" not in page


def test_a_proposed_critical_counts_only_once_the_clerk_confirms_it(small_world: World, visit: Visit) -> None:
    ticket = small_world.file(title="调压箱附近有煤气味")
    clerk = visit("clerk")
    clerk.get(f"/tickets/{ticket.id}")
    assert small_world.ticket(ticket.number).urgency.value == "normal"


def test_the_page_says_which_rule_proposed_the_lead(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.ACCEPTED)
    clerk, path = visit("clerk"), f"/tickets/{ticket.id}"
    assert "事项清单“用电－新装与增容”" in clerk.get(path)
    lead = small_world.department("园区管委会")
    db.session.add(Rule(name="造船专班", priority=5, enterprise_id=ticket.enterprise_id, lead_id=lead.id))
    law_changed()
    db.session.commit()
    page = clerk.get(path)
    assert "规则“造船专班”" in page
    assert re.search(rf'<option selected value="{lead.id}"', page)


def test_the_filing_page_brings_the_words_of_danger_and_their_harmless_phrases(visit: Visit) -> None:
    page = visit("owner").get("/tickets/new")
    assert "data-danger-words" in page
    assert "\\u9632\\u7206\\u70b8" in page or "防爆炸" in page
