"""What is being reviewed: named to those who may know of it, and not a word of it to anybody else."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine

from service_desk.desk import requests, supervision
from service_desk.domain.access import may_know_of_review
from service_desk.domain.actions import Party
from service_desk.domain.vocabulary import (
    ExcludedFigure,
    Level,
    Nature,
    OrderLevel,
    Outcome,
    Review,
    Solved,
    State,
)
from service_desk.store.base import db
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
TUESDAY = MONDAY + timedelta(days=1)
NOW = TUESDAY + timedelta(hours=2)
DEPARTMENTS = ("power", "power_head", "committee", "committee_head")
ONLOOKERS = ("officer", "leader")


def see(visit: Visit, username: str, path: str, *, now: datetime = NOW) -> str:
    with time_machine.travel(now, tick=False):
        return visit(username).get(path)


def section_of(page: str, ticket: Ticket) -> str | None:
    """The heading of the to-do section a ticket stands in."""
    for section in re.findall(r"<section.*?</section>", page, re.DOTALL):
        if ticket.number in section:
            found = re.search(r"<h2[^>]*>(.*?)</h2>", section)
            return found.group(1) if found else None
    return None


def badly_rated(world: World) -> Ticket:
    """Closed with a bad rating that opens no rework: the supervisor decides what becomes of it."""
    return world.make(
        State.CLOSED,
        outcome=Outcome.POLICY,
        solved=Solved.UNSOLVED,
        level=Level.DISSATISFIED,
        supports=["园区管委会"],
    )


def exclusion_asked(world: World) -> Ticket:
    ticket = world.make(State.CLOSED, supports=["园区管委会"])
    requests.ask_exclusion(
        ticket.id,
        by=world.power,
        at=TUESDAY,
        figure=ExcludedFigure.SATISFIED,
        reason_code="企业原因",
        text="误评",
    )
    return ticket


def asked_to_defer(world: World) -> Ticket:
    ticket = world.make(State.IN_PROGRESS, supports=["园区管委会"])
    day = TUESDAY.date() + timedelta(days=9)
    requests.ask_deferral(ticket.id, by=world.power, at=TUESDAY, plan="等设备", next_reply=day)
    return ticket


def test_the_review_of_a_bad_rating_is_the_desks_alone(small_world: World, visit: Visit) -> None:
    ticket = badly_rated(small_world)
    path = f"/tickets/{ticket.id}"
    for reader in ("supervisor", "clerk", "quality"):
        assert "审核（差评）" in see(visit, reader, path)
    for reader in (*DEPARTMENTS, *ONLOOKERS, "owner"):
        page = see(visit, reader, path)
        assert "审核（" not in page
        assert "差评" not in page
        assert 'class="due due_today"' not in page


@pytest.mark.parametrize("reader", [*DEPARTMENTS, *ONLOOKERS])
def test_no_list_tells_a_bad_rating_by_its_time(small_world: World, visit: Visit, reader: str) -> None:
    badly_rated(small_world)
    good = small_world.make(State.CLOSED, supports=["园区管委会"])
    day = '<time datetime="2026-03-'
    assert "今天到期" in see(visit, "clerk", "/tickets")
    page = see(visit, reader, "/tickets")
    assert good.number in page
    assert day not in page
    for query in ("due=today", "due=overdue", "sort=due", "due=today&state=closed"):
        shown = see(visit, reader, f"/tickets?{query}", now=NOW + timedelta(days=3 * ("overdue" in query)))
        assert "QS-2026" not in shown
    assert "QS-2026" in see(visit, "clerk", "/tickets?due=today")


def test_the_review_of_an_exclusion_is_named_to_the_lead_and_not_to_supports(
    small_world: World, visit: Visit
) -> None:
    ticket = exclusion_asked(small_world)
    path = f"/tickets/{ticket.id}"
    for reader in ("supervisor", "clerk", "power", "power_head"):
        assert "审核（剔除）" in see(visit, reader, path)
    for reader in ("committee", "committee_head", *ONLOOKERS, "owner"):
        page = see(visit, reader, path)
        assert "审核（" not in page
        assert "剔除" not in page.replace("剔除清单", "")


def test_the_review_of_a_deferral_is_named_to_those_who_read_the_request(
    small_world: World, visit: Visit
) -> None:
    path = f"/tickets/{asked_to_defer(small_world).id}"
    for reader in ("supervisor", "clerk", *DEPARTMENTS):
        assert "审核（挂账）" in see(visit, reader, path)
    for reader in (*ONLOOKERS, "owner"):
        assert "审核" not in see(visit, reader, path)


def test_the_review_of_a_reply_is_named_to_all_who_see_its_state(small_world: World, visit: Visit) -> None:
    path = f"/tickets/{small_world.make(State.REPLIED).id}"
    for reader in ("quality", "power", "officer"):
        assert "审核（答复）" in see(visit, reader, path)


def test_of_a_complaint_the_one_complained_of_sees_no_clock(small_world: World, visit: Visit) -> None:
    world = small_world
    ticket = world.make(
        State.REPLIED, lead="园区管委会", nature=Nature.COMPLAINT, against=world.department("供电公司")
    )
    for reader in ("power", "power_head", "marketing"):
        with time_machine.travel(NOW, tick=False):
            visit(reader).get(f"/tickets/{ticket.id}", status=404)
        assert "审核" not in see(visit, reader, "/")


@pytest.mark.parametrize(
    ("about", "parties", "may"),
    [
        pytest.param(Review.RATING, {Party.LEAD, Party.LEAD_HEAD}, False, id="a lead of a rating"),
        pytest.param(Review.RATING, {Party.QUALITY}, True, id="the desk of a rating"),
        pytest.param(Review.EXCLUSION, {Party.SUPPORT}, False, id="a support of an exclusion"),
        pytest.param(Review.EXCLUSION, {Party.LEAD}, True, id="the lead of an exclusion"),
        pytest.param(Review.REJECTION, {Party.CONTACT}, False, id="the enterprise of a rejection"),
        pytest.param(Review.APPEAL, {Party.CONTACT}, True, id="the enterprise of its appeal"),
        pytest.param(Review.SIGN_OFF, {Party.OFFICER}, False, id="an onlooker of a sign-off"),
        pytest.param(Review.WITHDRAWAL, {Party.LEAD}, True, id="a lead of a withdrawal"),
        pytest.param(None, {Party.LEAD}, False, id="a lead of what is not said"),
        pytest.param(Review.RETURN, set(), False, id="somebody without a part"),
    ],
)
def test_who_may_know_of_a_review(about: Review | None, parties: set[Party], *, may: bool) -> None:
    assert may_know_of_review(about, parties) is may


# What the to-do calls it


def test_a_bad_rating_waits_for_the_supervisor_under_its_own_name(small_world: World, visit: Visit) -> None:
    ticket = badly_rated(small_world)
    soon = MONDAY + timedelta(hours=7)
    assert section_of(see(visit, "supervisor", "/", now=soon), ticket) == "差评待决定"


def test_an_open_exclusion_waits_to_be_decided_and_is_no_bad_rating(small_world: World, visit: Visit) -> None:
    ticket = exclusion_asked(small_world)
    page = see(visit, "supervisor", "/")
    assert section_of(page, ticket) == "待审批"
    assert "差评待决定" not in page
    for reader in ("clerk", "quality", *DEPARTMENTS):
        assert section_of(see(visit, reader, "/"), ticket) is None


def test_who_may_not_decide_an_exclusion_is_not_told_of_a_bad_rating(
    small_world: World, visit: Visit
) -> None:
    """A second supervisor who asked for it as the department's handler: nothing waits for them."""
    power = small_world.power
    power.roles = {*power.roles, *small_world.supervisor.roles}
    db.session.commit()
    ticket = exclusion_asked(small_world)
    assert section_of(see(visit, "power", "/"), ticket) is None


def test_a_rest_and_an_order_after_the_closing_are_called_so_to_the_lead(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    rest = world.make(State.CLOSED, outcome=Outcome.PARTLY, rest_date=TUESDAY.date() + timedelta(days=20))
    ordered = badly_rated(world)
    supervision.supervise(
        ordered.id, by=world.supervisor, at=TUESDAY, level=OrderLevel.FIRST, text="说明原因"
    )
    page = see(visit, "power", "/")
    assert section_of(page, rest) == "余项待落实"
    assert section_of(page, ordered) == "督办待回复"
    assert "差评" not in page
    assert section_of(see(visit, "supervisor", "/"), rest) is None
