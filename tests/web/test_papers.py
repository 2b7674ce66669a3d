"""Papers to print: who may have which, what stands on them, and that the code on the receipt can be read."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

import pytest
from flask import Flask

from service_desk.desk import closing, dispatch, handling, intake, requests, supervision
from service_desk.domain.vocabulary import Level, Nature, OrderLevel, Outcome, Solved, State
from service_desk.store.base import db
from service_desk.store.tickets import Ticket
from service_desk.web.papers import papers_of, qr_of
from tests.visitor import Visitor, counted
from tests.world import PEOPLE, World

Visit = Callable[..., Visitor]
NOBODY = ("neighbour", "admin", "auditor")
MOST = 15


def status_of(visit: Visit, username: str, ticket: Ticket, paper: str) -> int:
    return visit(username).ask("GET", f"/tickets/{ticket.id}/papers/{paper}").status_code


def paper_of(visit: Visit, username: str, ticket: Ticket, paper: str) -> str:
    """What somebody reads on a paper, as words."""
    page = visit(username).get(f"/tickets/{ticket.id}/papers/{paper}")
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def ordered(world: World, ticket: Ticket, level: OrderLevel = OrderLevel.SECOND) -> None:
    supervision.supervise(
        ticket.id, by=world.supervisor, at=ticket.touched_at, level=level, text="三日内拿出方案"
    )


def returned(world: World, ticket: Ticket, *, by: str = "power") -> None:
    requests.ask_return(
        ticket.id,
        by=getattr(world, by),
        at=ticket.touched_at,
        reason_code="主办应为他单位",
        text="按三定方案第五条",
    )


# Who


@pytest.mark.parametrize(
    ("paper", "readers"),
    [
        pytest.param("receipt", {"owner", "clerk", "quality", "supervisor"}, id="受理回执"),
        pytest.param(
            "assignment",
            {"clerk", "quality", "supervisor", "power", "power2", "power_head", "committee"},
            id="交办单",
        ),
        pytest.param(
            "return", {"clerk", "quality", "supervisor", "power", "power2", "power_head"}, id="退单"
        ),
        pytest.param(
            "order-1", {"clerk", "quality", "supervisor", "power", "power2", "power_head"}, id="督办单"
        ),
    ],
)
def test_a_paper_is_for_those_whom_it_concerns(
    small_world: World, visit: Visit, paper: str, readers: set[str]
) -> None:
    ticket = small_world.make(State.ASSIGNED, supports=["园区管委会"])
    returned(small_world, ticket)
    ordered(small_world, ticket)
    others = {"finance", "finance_head", "marketing", "officer", "leader", "member", *NOBODY}
    everybody = readers | others | {"owner", "committee", "power"}
    given = {name: status_of(visit, name, ticket, paper) for name in everybody}
    assert given == {name: 200 if name in readers else 404 for name in everybody}


def test_the_closing_sheet_is_for_the_desk_the_enterprise_and_the_lead(
    small_world: World, visit: Visit
) -> None:
    ticket = small_world.make(State.CLOSED, supports=["园区管委会"])
    readers = {"owner", "clerk", "quality", "supervisor", "power", "power_head"}
    others = {"committee", "finance", "officer", "leader", "member", *NOBODY}
    given = {name: status_of(visit, name, ticket, "closing") for name in readers | others}
    assert given == {name: 200 if name in readers else 404 for name in readers | others}


@pytest.mark.parametrize("paper", ["receipt", "assignment", "return", "order-1", "closing", "anything"])
def test_a_stranger_is_sent_to_sign_in_or_finds_nothing(small_world: World, visit: Visit, paper: str) -> None:
    ticket = small_world.make(State.CLOSED)
    answer = visit().ask("GET", f"/tickets/{ticket.id}/papers/{paper}")
    assert answer.status_code == (404 if paper == "anything" else 302)


@pytest.mark.parametrize("state", [State.SUBMITTED, State.IN_PROGRESS, State.CLOSED])
def test_what_is_offered_is_what_opens(
    sqlite_app: Flask, small_world: World, visit: Visit, state: State
) -> None:
    ticket = small_world.make(state, supports=["园区管委会"])
    if state is State.IN_PROGRESS:
        ordered(small_world, ticket)
        returned(small_world, ticket)
    address = f"/tickets/{ticket.id}/papers/"
    for username in PEOPLE:
        visitor = visit(username)
        opens = {
            address + paper
            for paper in ("receipt", "assignment", "return", "order-1", "closing")
            if visitor.ask("GET", address + paper).status_code == 200
        }
        if visitor.ask("GET", f"/tickets/{ticket.id}").status_code == 200:
            with sqlite_app.test_request_context():
                offered = papers_of(small_world.ticket(ticket.number), getattr(small_world, username))
            assert {url for _label, url in offered} == opens, username
        else:
            assert not opens


def test_there_is_no_paper_of_what_has_not_happened(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.ACCEPTED)
    given = {paper: status_of(visit, "clerk", ticket, paper) for paper in ("assignment", "return", "order-1")}
    assert given == dict.fromkeys(given, 404)
    open_one = small_world.make(State.AWAITING_RATING)
    assert status_of(visit, "clerk", open_one, "closing") == 404


def test_a_complaint_gives_no_paper_to_the_one_complained_of(small_world: World, visit: Visit) -> None:
    world = small_world
    clerk = world.clerk2
    clerk.department_id = world.department("供电公司营销部").id
    db.session.commit()
    complained_of = world.department("供电公司")
    ticket = world.make(State.CLOSED, lead="园区管委会", nature=Nature.COMPLAINT, against=complained_of)
    for paper in ("receipt", "assignment", "closing"):
        assert status_of(visit, "clerk", ticket, paper) == 200
        assert status_of(visit, "clerk2", ticket, paper) == 404


# What


def test_the_desk_reads_a_masked_phone_and_the_enterprise_its_own(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.SUBMITTED)
    own, desk = (paper_of(visit, name, ticket, "receipt") for name in ("owner", "clerk"))
    assert "13800001111" in own
    assert "13800001111" not in desk
    assert "138****1111" in desk
    assert "李*" in desk
    assert "尚未受理" in own
    ticket = small_world.ticket(ticket.number)
    intake.accept(
        ticket.id,
        by=small_world.clerk,
        at=ticket.touched_at + timedelta(minutes=5),
        category=ticket.category,
        nature=ticket.nature,
        urgency=ticket.urgency,
    )
    assert "2026年3月2日 09:35" in paper_of(visit, "owner", ticket, "receipt")


def test_a_department_gets_its_own_part_alone(small_world: World, visit: Visit) -> None:
    world = small_world
    ticket = world.make(State.ACCEPTED)
    dispatch.dispatch(
        ticket.id,
        by=world.clerk,
        at=ticket.touched_at,
        lead=world.department("供电公司"),
        supports=[world.department("园区管委会")],
        text="先保供再增容",
    )
    lead, support, desk = (
        paper_of(visit, name, ticket, "assignment") for name in ("power", "committee", "clerk")
    )
    assert "办理时限" in lead
    assert "协办意见时限" not in lead
    assert "协办意见时限" in support
    assert "办理时限" not in support
    assert "先保供再增容" in lead
    assert "先保供再增容" in support
    assert "办理时限" in desk
    assert "协办意见时限" in desk


def test_a_department_that_was_relieved_keeps_its_return_and_gets_no_assignment_sheet(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.ASSIGNED)
    returned(world, ticket)
    requests.decide_return(ticket.id, by=world.clerk, at=ticket.touched_at, granted=True, text="属实")
    dispatch.dispatch(ticket.id, by=world.clerk, at=ticket.touched_at, lead=world.department("园区管委会"))
    returned(world, ticket, by="committee")
    sheet = paper_of(visit, "power", ticket, "return")
    assert "主办应为他单位" in sheet
    assert "按三定方案第五条" in sheet
    assert "属实" in sheet
    assert sheet.count("企业诉求退单") == 1
    assert status_of(visit, "power", ticket, "assignment") == 404
    assert paper_of(visit, "clerk", ticket, "return").count("企业诉求退单") == 2


def test_the_order_sheet_says_what_was_demanded_and_answered(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    ordered(small_world, ticket)
    assert "尚未回复" in paper_of(visit, "power", ticket, "order-1")
    day = (ticket.touched_at + timedelta(days=9)).date()
    supervision.answer_order(
        ticket.id, by=small_world.power, at=ticket.touched_at, text="等待设备到货", new_date=day
    )
    sheet = paper_of(visit, "supervisor", ticket, "order-1")
    for words in ("二级", "三日内拿出方案", "等待设备到货", "2026年3月11日", "supervisor名", "供电公司"):
        assert words in sheet
    assert status_of(visit, "supervisor", ticket, "order-2") == 404


def test_the_enterprise_reads_no_internal_line_and_no_name_of_the_other_side_on_the_closing_sheet(
    small_world: World, visit: Visit
) -> None:
    world = small_world
    ticket = world.make(State.IN_PROGRESS)
    intake.note(ticket.id, by=world.clerk, at=ticket.touched_at, text="怀疑夸大用电量")
    handling.progress(ticket.id, by=world.power, at=ticket.touched_at, text="已向总部报备", public=False)
    handling.reply(
        ticket.id, by=world.power, at=ticket.touched_at, outcome=Outcome.SOLVED, text="已增设变压器。"
    )
    closing.verify(ticket.id, by=world.quality, at=ticket.touched_at)
    closing.rate(
        ticket.id,
        by=world.owner,
        at=ticket.touched_at,
        solved=Solved.SOLVED,
        level=Level.SATISFIED,
        text="多谢",
    )
    desk, own, lead = (paper_of(visit, name, ticket, "closing") for name in ("clerk", "owner", "power"))
    for hidden in ("怀疑夸大用电量", "已向总部报备", "clerk名", "quality名", "（内部）"):
        assert hidden in desk
        assert hidden not in own
    for words in ("已增设变压器。", "多谢", "满意", "供电公司"):
        assert words in own
    assert "已向总部报备" in lead
    assert "power名" in lead
    for hidden in ("怀疑夸大用电量", "多谢", "满意程度", "未评价"):
        assert hidden not in lead


def test_the_lead_reads_a_rating_once_it_has_reopened_the_ticket(small_world: World, visit: Visit) -> None:
    world = small_world
    ticket = world.make(State.CLOSED, solved=Solved.UNSOLVED, level=Level.DISSATISFIED)
    handling.sign(ticket.id, by=world.power, at=ticket.touched_at)
    handling.reply(ticket.id, by=world.power, at=ticket.touched_at, outcome=Outcome.SOLVED, text="已重做。")
    closing.verify(ticket.id, by=world.quality, at=ticket.touched_at)
    closing.rate(
        ticket.id, by=world.owner, at=ticket.touched_at, solved=Solved.SOLVED, level=Level.FAIRLY_SATISFIED
    )
    sheet = paper_of(visit, "power", ticket, "closing")
    assert "评价：未解决，不满意" in sheet
    assert "基本满意" not in sheet


def test_a_direct_answer_is_closed_without_a_department(small_world: World, visit: Visit) -> None:
    world = small_world
    ticket = world.make(State.ACCEPTED)
    intake.answer(ticket.id, by=world.clerk, at=ticket.touched_at, text="在人社局二楼窗口申请")
    closing.rate(ticket.id, by=world.owner, at=ticket.touched_at, solved=Solved.SOLVED, level=Level.SATISFIED)
    sheet = paper_of(visit, "owner", ticket, "closing")
    for words in ("专窗直接答复", "直接答复", "在人社局二楼窗口申请", "满意"):
        assert words in sheet
    assert "clerk名" not in sheet


def test_a_paper_has_no_shell_and_costs_no_more_than_a_page(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.CLOSED, supports=["园区管委会"])
    clerk = visit("clerk")
    for paper in ("receipt", "assignment", "closing"):
        with counted() as statements:
            page = clerk.get(f"/tickets/{ticket.id}/papers/{paper}")
        assert len(statements) <= MOST
        assert 'class="topbar"' not in page
        assert "data-print" in page


# The code


ADDRESSES = ["https://desk.example/t/1", "https://desk.example/track?number=QS-2026-012345&code=ABCD-EFGH"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_code_can_be_read(address: str) -> None:
    assert Code(qr_of(address)).text == address


def test_the_receipt_leads_to_where_its_ticket_stands(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.SUBMITTED)
    page = visit("owner").get(f"/tickets/{ticket.id}/papers/receipt")
    drawn = re.search(r'<svg[^>]*class="paper-code".*?</svg>', page, re.DOTALL)
    assert drawn
    address = Code(drawn.group()).text.removeprefix("http://127.0.0.1:8000")
    assert "待受理" in visit().get(address)


class Code:
    """Reads a code as a phone does, without repair: byte mode, level M, up to version 5 (ISO/IEC 18004)."""

    QUIET = 4
    DATA: ClassVar = {1: 16, 2: 28, 3: 44, 4: 64, 5: 86}
    BLOCKS: ClassVar = {1: 1, 2: 1, 3: 1, 4: 2, 5: 2}
    """Equal ones, whose bytes take turns."""
    MASKS: tuple[Callable[[int, int], bool], ...] = (
        lambda y, x: (y + x) % 2 == 0,
        lambda y, _x: y % 2 == 0,
        lambda _y, x: x % 3 == 0,
        lambda y, x: (y + x) % 3 == 0,
        lambda y, x: (y // 2 + x // 3) % 2 == 0,
        lambda y, x: y * x % 2 + y * x % 3 == 0,
        lambda y, x: (y * x % 2 + y * x % 3) % 2 == 0,
        lambda y, x: ((y + x) % 2 + y * x % 3) % 2 == 0,
    )

    def __init__(self, svg: str) -> None:
        side = re.search(r'viewBox="0 0 (\d+) \1"', svg)
        path = re.search(r' d="([^"]+)"', svg)
        assert side
        assert path
        self.size = int(side.group(1)) - 2 * self.QUIET
        self.dark = self._squares(path.group(1))
        self.version = (self.size - 17) // 4

    def _squares(self, path: str) -> set[tuple[int, int]]:
        """The dark squares as (row, column): segno draws each row of them as strokes through their middle."""
        x, y, dark = 0.0, 0.0, set()
        for command, given in re.findall(r"([Mmh])\s*(-?[\d.]+(?:[ ,]-?[\d.]+)?)", path):
            numbers = [float(each) for each in re.split(r"[ ,]", given)]
            if command == "M":
                x, y = numbers
            elif command == "m":
                x, y = x + numbers[0], y + numbers[1]
            else:
                row, start = int(y - 0.5) - self.QUIET, int(x) - self.QUIET
                dark |= {(row, column) for column in range(start, start + int(numbers[0]))}
                x += numbers[0]
        return dark

    @property
    def mask(self) -> int:
        """From the format beside the upper left finder, whose level must be M."""
        bits = "".join(str(int((8, column) in self.dark)) for column in range(5))
        level, mask = divmod(int(bits, 2) ^ 0b10101, 8)
        assert level == 0
        return mask

    def _is_data(self, y: int, x: int) -> bool:
        last = self.size
        finder = (y < 9 and x < 9) or (y < 9 and x >= last - 8) or (y >= last - 8 and x < 9)
        mark = self.version > 1 and last - 9 <= y < last - 4 and last - 9 <= x < last - 4
        return not (finder or mark or y == 6 or x == 6)

    @property
    def text(self) -> str:
        inverted = self.MASKS[self.mask]
        bits, upward = "", True
        for right in [*range(self.size - 1, 6, -2), 5, 3, 1]:
            for y in range(self.size - 1, -1, -1) if upward else range(self.size):
                for x in (right, right - 1):
                    if self._is_data(y, x):
                        bits += str(int(((y, x) in self.dark) != inverted(y, x)))
            upward = not upward
        each = [bits[8 * n : 8 * n + 8] for n in range(self.DATA[self.version])]
        blocks = self.BLOCKS[self.version]
        data = "".join("".join(each[first::blocks]) for first in range(blocks))
        assert data[:4] == "0100", "not in byte mode"
        length = int(data[4:12], 2)
        return bytes(int(data[12 + 8 * n : 20 + 8 * n], 2) for n in range(length)).decode()
