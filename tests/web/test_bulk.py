"""Several tickets at once: each by its own act, with the rules and the version of its own page."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from service_desk.desk import intake
from service_desk.domain.actions import Action
from service_desk.domain.vocabulary import Nature, State
from service_desk.store.base import db
from service_desk.store.exports import Export
from service_desk.store.tickets import Ticket
from tests.visitor import Visitor, counted
from tests.world import MONDAY, World

Visit = Callable[..., Visitor]
NOW = MONDAY + timedelta(hours=5)


@pytest.fixture(autouse=True)
def monday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def row(ticket: Ticket) -> str:
    """A ticked row as the queue sends it."""
    return f"{ticket.id}.{ticket.version}"


def states(world: World, *tickets: Ticket) -> list[State]:
    return [world.ticket(ticket.number).state for ticket in tickets]


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.partition("<main")[2].partition("</main>")[0]))


def test_ticked_tickets_are_accepted_as_they_stand_and_the_list_comes_back(
    small_world: World, visit: Visit
) -> None:
    first, second = (
        small_world.file(),
        small_world.file(by="neighbour", title="厂区道路积水", category="其他"),
    )
    clerk = visit("clerk")
    rows = re.findall(r'name="ticket" form="bulk" value="([^"]+)"', clerk.get("/tickets?state=submitted"))
    assert sorted(rows) == sorted([row(first), row(second)])
    back = clerk.post("/tickets/bulk?state=submitted&x=1", do="accept", ticket=rows)
    assert back == "/tickets?state=submitted"
    assert "已受理 2 件" in clerk.get(back)
    accepted = [small_world.ticket(each.number) for each in (first, second)]
    for before, after in zip((first, second), accepted, strict=True):
        assert after.state is State.ACCEPTED
        assert after.category_id == before.category_id
        assert [event.action for event in after.events] == [Action.SUBMIT, Action.ACCEPT]
        assert after.events[-1].by_id == small_world.clerk.id


def test_what_cannot_be_accepted_says_why_and_keeps_nobody_else_from_it(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    fine, changed, gone, danger = (
        world.file(title=title) for title in ("电压低", "合同有误", "停电", "车间漏气，有煤气味")
    )
    rows = [row(each) for each in (fine, changed, gone, danger)]
    intake.add_info(changed.id, by=world.owner, at=NOW, text="另附合同。")
    intake.withdraw(gone.id, by=world.owner, at=NOW, reason="已自行解决")
    page = words(visit("clerk").post("/tickets/bulk", 200, do="accept", ticket=[*rows, "4711.1", "x"]))
    assert "已办 1 件，未办 4 件" in page
    assert "勾选之后有了变化：企业已“补充说明”" in page
    assert "勾选之后有了变化：企业已“撤回”" in page
    assert "建议定为特急，请打开这件单独受理" in page
    assert "另有 1 件已不在您能看到的范围内" in page
    assert states(world, fine, changed, gone, danger) == [
        State.ACCEPTED, State.SUBMITTED, State.WITHDRAWN, State.SUBMITTED,
    ]  # fmt: skip


def test_a_dispatch_is_looked_at_first_and_goes_to_whom_was_shown(small_world: World, visit: Visit) -> None:
    world = small_world
    power = world.make(State.ACCEPTED, title="车间电压不稳，需增容变压器")
    unclear = world.make(State.ACCEPTED, category="其他", title="你好", text="谢谢。")
    complaint = world.make(
        State.ACCEPTED, nature=Nature.COMPLAINT, against=world.department("金融办"), title="投诉窗口推诿"
    )
    submitted = world.file()
    clerk, four = visit("clerk"), (power, unclear, complaint, submitted)
    asked = clerk.post("/tickets/bulk?state=open", do="dispatch", ticket=[row(each) for each in four])
    assert states(world, *four) == [State.ACCEPTED, State.ACCEPTED, State.ACCEPTED, State.SUBMITTED]
    page = clerk.get(asked)
    assert "供电公司" in words(page)
    assert "没有把握的建议" in words(page)
    assert "督查员" in words(page)
    assert "“派单”需要“待派单”，现在是“待受理”" in words(page)
    offered = re.findall(r'name="ticket" value="([^"]+)"', page)
    assert [each.split(".")[0] for each in offered] == [str(power.id), str(unclear.id)]
    done = clerk.post("/tickets/bulk/dispatch?state=open", 200, how="each", ticket=offered, text="请从速")
    assert "已办 1 件，未办 1 件" in words(done)
    assert 'href="/tickets?state=open"' in done
    assert states(world, power, unclear) == [State.ASSIGNED, State.ACCEPTED]
    lead = world.ticket(power.number).lead_department
    assert lead is not None
    assert lead.name == "供电公司"


def test_one_department_is_chosen_for_all_but_never_the_one_complained_of(
    small_world: World, visit: Visit
) -> None:
    world, finance = small_world, small_world.department("金融办")
    plain = world.make(State.ACCEPTED)
    complaint = world.make(State.ACCEPTED, nature=Nature.COMPLAINT, against=finance, title="投诉窗口推诿")
    supervisor, rows = visit("supervisor"), [row(plain), row(complaint)]
    sent: dict[str, Any] = {"how": "one", "ticket": rows}
    assert "请选择“主办单位”" in supervisor.post("/tickets/bulk/dispatch", 422, **sent)
    page = words(supervisor.post("/tickets/bulk/dispatch", 200, **sent, lead=str(finance.id)))
    assert "已办 0 件，未办 2 件" in page
    assert "“金融办”是被投诉单位或其下属" in page
    # Whose part it is stands in the table: a plain request is dispatched by the clerk.
    assert "督查员只为投诉承办单位的诉求选择主办单位" in page


def test_all_open_ones_are_urged(small_world: World, visit: Visit) -> None:
    working, closed = small_world.make(State.IN_PROGRESS), small_world.make(State.CLOSED)
    page = words(
        visit("supervisor").post("/tickets/bulk", 200, do="urge", ticket=[row(working), row(closed)])
    )
    assert "已办 1 件，未办 1 件" in page
    assert small_world.ticket(working.number).events[-1].action is Action.URGE
    assert small_world.ticket(closed.number).events[-1].action is not Action.URGE


def test_chosen_tickets_are_exported_and_no_others(small_world: World, visit: Visit) -> None:
    mine, other = small_world.make(State.IN_PROGRESS), small_world.make(State.IN_PROGRESS, lead="金融办")
    answer = visit("power").post("/tickets/bulk", do="export", ticket=[row(mine), row(other)])
    assert answer == "/exports"
    export = db.session.scalars(select(Export)).unique().one()
    assert export.filters == {"ids": [mine.id, other.id]}
    assert export.narrowed_to == [["勾选的诉求", "2 件"]]


@pytest.mark.parametrize("username", ["owner", "officer", "leader", "admin", "auditor"])
def test_who_does_nothing_in_bulk_has_neither_boxes_nor_doors(
    small_world: World, visit: Visit, username: str
) -> None:
    ticket = small_world.file()
    visitor = visit(username)
    assert 'form="bulk"' not in visitor.get("/tickets")
    visitor.post("/tickets/bulk", 404, do="urge", ticket=row(ticket))
    visitor.get(f"/tickets/bulk/dispatch?ticket={row(ticket)}", 404)


def test_a_department_neither_accepts_nor_sees_what_is_not_its_own(small_world: World, visit: Visit) -> None:
    ticket = small_world.file()
    power = visit("power")
    for wanted in ("accept", "dispatch", "urge", "close", ""):
        power.post("/tickets/bulk", 404, do=wanted, ticket=row(ticket))
    power.post("/tickets/bulk/dispatch", 404, how="one", ticket=row(ticket))
    quality = visit("quality")
    quality.post("/tickets/bulk", 404, do="accept", ticket=row(ticket))
    assert states(small_world, ticket) == [State.SUBMITTED]


def test_no_row_and_too_many_are_told_so(small_world: World, visit: Visit) -> None:
    clerk = visit("clerk")
    assert "请先勾选" in clerk.get(clerk.post("/tickets/bulk", do="accept"))
    many = [f"{number}.1" for number in range(1, 52)]
    assert "一次最多办理 50 件" in clerk.get(clerk.post("/tickets/bulk", do="accept", ticket=many))


def test_the_look_at_a_dispatch_costs_the_same_for_many(small_world: World, visit: Visit) -> None:
    clerk, cost = visit("supervisor"), []
    tickets: list[Ticket] = []
    for count in (1, 6):
        while len(tickets) < count:
            against = small_world.department("金融办" if len(tickets) % 2 else "供电公司")
            tickets.append(
                small_world.make(
                    State.ACCEPTED, nature=Nature.COMPLAINT, against=against, title=f"投诉{len(tickets)}"
                )
            )
        path = "/tickets/bulk/dispatch?" + "&".join(f"ticket={row(each)}" for each in tickets)
        clerk.get(path)
        with counted() as statements:
            clerk.get(path)
        cost.append(len(statements))
    assert cost[1] == cost[0] <= 15, cost
