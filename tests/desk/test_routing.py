"""Routing on a desk: rules and danger words from the database, what closed tickets taught, what a rule would do."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete

from service_desk.desk import requests
from service_desk.desk.routing import learn, proposal_for, proposed_urgency, would_have
from service_desk.domain.routing import MadeBy
from service_desk.domain.vocabulary import Nature, State
from service_desk.store.base import db, house
from service_desk.store.catalogue import DangerRow, Rule
from service_desk.store.enterprises import Area
from service_desk.store.law import law_changed
from service_desk.store.tickets import Ticket
from tests.visitor import counted
from tests.world import MONDAY, World

ODD: dict[str, Any] = {"title": "空压机保养找谁", "text": "想请懂行的师傅看看螺杆主机"}


def add_rule(world: World, **conditions: Any) -> Rule:
    """A rule that sends what it takes to 金融办."""
    given: dict[str, Any] = {"name": "专项", "priority": 1, "keywords": [], "support_names": []} | conditions
    rule = Rule(lead_id=world.department("金融办").id, **given)
    db.session.add(rule)
    law_changed()
    db.session.commit()
    return rule


def lead_of(ticket: Ticket) -> str | None:
    proposal = proposal_for(ticket)
    return proposal.lead if proposal else None


class TestProposal:
    def test_a_rule_of_the_desk_comes_first(self, world: World) -> None:
        ticket = world.make(State.ACCEPTED)
        assert lead_of(ticket) == "供电公司"
        rule = add_rule(world, enterprise_id=ticket.enterprise_id, keywords=["增容"])
        proposal = proposal_for(ticket)
        assert proposal is not None
        assert (proposal.made_by, proposal.lead) == (MadeBy.RULE, "金融办")
        rule.active = False
        law_changed()
        db.session.commit()
        assert lead_of(ticket) == "供电公司"

    def test_the_department_complained_of_is_not_proposed_nor_one_below_it(self, small_world: World) -> None:
        world = small_world
        against = world.department("供电公司")
        ticket = world.make(State.ACCEPTED, nature=Nature.COMPLAINT, against=against)
        assert lead_of(ticket) is None

    def test_one_that_gave_the_ticket_back_is_not_proposed_again(self, small_world: World) -> None:
        ticket = small_world.make(State.ASSIGNED)
        assert lead_of(ticket) == "供电公司"
        at = ticket.touched_at
        reason: dict[str, Any] = {"reason_code": "非本单位职责", "text": "三定方案第四条"}
        requests.ask_return(ticket.id, by=small_world.power, at=at, **reason)
        requests.decide_return(ticket.id, by=small_world.clerk, at=at, granted=True)
        assert lead_of(small_world.ticket(ticket.number)) is None

    def test_closed_tickets_teach_and_keep_to_their_department(self, world: World) -> None:
        world.make(State.CLOSED, lead="金融办", category="其他", **ODD)
        world.make(State.CLOSED, lead="供电公司", category="其他", title="叉车刮擦", text="谁来定损")
        asked = world.file(category="其他", title="螺杆空压机", text="保养师傅", at=MONDAY)
        learn(MONDAY, world.law)
        proposal = proposal_for(asked)
        assert proposal is not None
        assert (proposal.made_by, proposal.lead) == (MadeBy.LEARNED, "金融办")

    def test_what_was_learned_is_kept_for_a_day(self, small_world: World) -> None:
        ticket = small_world.file()
        proposal_for(ticket)
        kept = house().learned
        proposal_for(ticket)
        assert house().learned is kept
        ticket.touched_at += timedelta(days=1)
        proposal_for(ticket)
        assert house().learned is not kept

    def test_a_proposal_costs_one_statement_once_learned(self, small_world: World) -> None:
        ticket = small_world.make(State.ACCEPTED)
        proposal_for(ticket)
        with counted() as statements:
            proposal_for(ticket)
        assert len(statements) <= 1


class TestUrgency:
    def test_a_word_of_danger_proposes_critical_and_is_named(self, world: World) -> None:
        ticket = world.file(title="调压箱附近有煤气味")
        assert proposed_urgency(ticket) == "文中提到“煤气味”，建议定为特急"

    @pytest.mark.usefixtures("small_world")
    def test_a_harmless_phrase_proposes_nothing(self) -> None:
        assert proposed_urgency("防爆炸柜采购") is None

    @pytest.mark.usefixtures("small_world")
    def test_the_words_are_those_of_the_table(self) -> None:
        db.session.execute(delete(DangerRow))
        db.session.add(DangerRow(word="海啸", exceptions=["海啸演练"]))
        law_changed()
        db.session.commit()
        assert proposed_urgency("闻到煤气味") is None
        assert proposed_urgency("海啸演练") is None
        assert proposed_urgency("海啸来了") is not None


class TestWouldHave:
    def test_it_lists_what_the_rule_would_have_taken_and_who_had_it(self, world: World) -> None:
        led = world.make(State.ASSIGNED)
        waiting = world.file(title="增容还要多久", at=MONDAY + timedelta(days=1))
        world.file(title="停电", text="整条路没电")
        rule = add_rule(world, keywords=["增容"])
        found = would_have(rule, MONDAY - timedelta(days=90))
        assert [(each.number, each.had, each.would) for each in found] == [
            (waiting.number, None, "金融办"),
            (led.number, "供电公司", "金融办"),
        ]
        assert found[1].title == led.title

    @pytest.mark.parametrize("condition", ["category_id", "area_id", "enterprise_id"])
    def test_each_condition_narrows(self, small_world: World, condition: str) -> None:
        world = small_world
        area = Area(name="别处")
        db.session.add(area)
        db.session.flush()
        elsewhere = {
            "category_id": world.category("供水").id,
            "area_id": area.id,
            "enterprise_id": world.neighbour.enterprise_id,
        }
        world.file()
        rule = add_rule(world, keywords=["增容"], **{condition: elsewhere[condition]})
        assert would_have(rule, MONDAY - timedelta(days=90)) == []

    def test_what_is_older_or_complains_of_its_lead_is_left_out(self, small_world: World) -> None:
        world = small_world
        world.file(at=MONDAY - timedelta(days=91))
        world.file(nature=Nature.COMPLAINT, against=world.department("金融办"))
        assert would_have(add_rule(world, keywords=["增容"]), MONDAY - timedelta(days=90)) == []


def test_the_matter_list_still_says_what_is_complex(small_world: World) -> None:
    ticket = small_world.make(State.ACCEPTED, title="高压线迁改", text="线路迁改、入地")
    assert ticket.is_complex
