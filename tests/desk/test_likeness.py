"""Repeated and shared requests on a desk: whose, since when, and only what the reader may see."""

from datetime import timedelta
from typing import Any

from service_desk.desk import intake
from service_desk.desk.likeness import repeated, shared
from service_desk.domain.vocabulary import Nature, State
from service_desk.store.enterprises import Area
from tests.visitor import counted
from tests.world import MONDAY, World

AGAIN: dict[str, Any] = {
    "title": "再问增容变压器的事",
    "text": "电压还是不稳，焊机一起弧就跳闸，增容方案呢？",
}
CUT: dict[str, Any] = {"title": "纬三路突然停电", "text": "10点20分左右整条纬三路没电了，产线全停。"}
NEIGHBOURS: dict[str, Any] = {"title": "停电了什么时候来电", "text": "纬三路10:20断电，烫台上的料全废。"}


def area_of(world: World) -> Area:
    """The area both enterprises lie in."""
    enterprise = world.owner.enterprise
    assert enterprise is not None
    assert enterprise.area is not None
    return enterprise.area


class TestRepeated:
    def test_an_earlier_request_of_the_enterprise_is_found_with_its_state_and_the_reason(
        self, world: World
    ) -> None:
        earlier = world.make(State.CLOSED)
        now = MONDAY + timedelta(days=60)
        ticket = world.file(at=now, **AGAIN)
        (found,) = repeated(ticket, world.clerk, now)
        assert (found.number, found.state, found.enterprise) == (earlier.number, State.CLOSED, "江海船舶")
        assert found.score > 0.4
        assert found.reason.startswith("都提到“")

    def test_after_90_days_it_is_not_repeated(self, world: World) -> None:
        world.file()
        now = MONDAY + timedelta(days=91)
        assert repeated(world.file(at=now, **AGAIN), world.clerk, now) == []

    def test_a_later_request_and_another_matter_are_not(self, world: World) -> None:
        ticket = world.file()
        now = MONDAY + timedelta(days=1)
        world.file(at=now, **AGAIN)
        world.file(at=MONDAY - timedelta(days=1), category="用工", title="招工", text="缺焊工二十名")
        assert repeated(ticket, world.clerk, now) == []

    def test_the_neighbours_are_not_repeated(self, world: World) -> None:
        world.file(by="neighbour")
        assert repeated(world.file(**AGAIN), world.clerk, MONDAY) == []


class TestShared:
    def test_one_cause_told_by_a_neighbour_is_found(self, world: World) -> None:
        area = area_of(world)
        other = world.file(by="neighbour", area=area, **NEIGHBOURS)
        ticket = world.file(area=area, at=MONDAY + timedelta(hours=1), **CUT)
        now = MONDAY + timedelta(days=1)
        assert [found.number for found in shared(ticket, world.clerk, now)] == [other.number]
        assert [found.number for found in shared(other, world.clerk, now)] == [ticket.number]

    def test_three_days_on_either_side_are_looked_at(self, world: World) -> None:
        area = area_of(world)
        now = MONDAY + timedelta(days=9)
        world.file(by="neighbour", area=area, **NEIGHBOURS)
        world.file(by="neighbour", area=area, at=now, **NEIGHBOURS)
        ticket = world.file(area=area, at=MONDAY + timedelta(days=4), **CUT)
        assert shared(ticket, world.clerk, now) == []

    def test_nobody_learns_of_tickets_outside_their_scope(self, world: World) -> None:
        area = area_of(world)
        world.file(by="neighbour", area=area, **NEIGHBOURS)
        ticket = world.file(area=area, **CUT)
        for username in ("owner", "power", "officer", "admin", "auditor"):
            assert shared(ticket, getattr(world, username), MONDAY) == [], username

    def test_a_complaint_stays_hidden_from_whom_it_complains_of(self, world: World) -> None:
        area = area_of(world)
        seen = world.make(State.ASSIGNED, area=area, supports=["供电公司"], lead="园区管委会", **CUT)
        hidden = world.file(
            by="neighbour",
            area=area,
            nature=Nature.COMPLAINT,
            against=world.department("供电公司"),
            **NEIGHBOURS,
        )
        now = MONDAY + timedelta(days=1)
        assert shared(seen, world.power_head, now) == []
        assert [found.number for found in shared(seen, world.clerk, now)] == [hidden.number]

    def test_it_costs_one_statement(self, world: World) -> None:
        area = area_of(world)
        world.file(by="neighbour", area=area, **NEIGHBOURS)
        ticket, clerk = world.file(area=area, **CUT), world.clerk
        with counted() as statements:
            shared(ticket, clerk, MONDAY)
        assert len(statements) <= 2

    def test_a_withdrawn_request_is_shown_with_its_state(self, small_world: World) -> None:
        world = small_world
        area = area_of(world)
        other = world.file(by="neighbour", area=area, **NEIGHBOURS)
        intake.withdraw(other.id, by=world.neighbour, at=MONDAY, reason="来电了")
        ticket = world.file(area=area, **CUT)
        assert [found.state for found in shared(ticket, world.clerk, MONDAY)] == [State.WITHDRAWN]
