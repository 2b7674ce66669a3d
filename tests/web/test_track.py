"""Where a request stands, shown to whoever has its number and its code, and nothing else of it."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from service_desk.desk import handling, intake, requests
from service_desk.domain.vocabulary import State
from service_desk.store.tickets import Ticket
from service_desk.web.track import code_of
from tests.visitor import Visitor
from tests.world import World

Visit = Callable[..., Visitor]


def asked(visit: Visit, number: str, code: str, status: int = 200) -> str:
    return visit().get(f"/track?number={number}&code={code}", status)


@pytest.mark.parametrize(
    ("state", "words", "stage"),
    [
        (State.SUBMITTED, "待受理", "提交受理"),
        (State.IN_PROGRESS, "办理中", "办理答复"),
        (State.AWAITING_RATING, "待评价", "评价办结"),
        (State.CLOSED, "已办结", None),
    ],
)
def test_number_and_code_show_the_stage(
    small_world: World, visit: Visit, state: State, words: str, stage: str | None
) -> None:
    ticket = small_world.make(state)
    page = asked(visit, ticket.number, code_of(ticket.number))
    assert words in page
    assert ("预计" in page) == (state in (State.SUBMITTED, State.IN_PROGRESS))
    if stage:
        present = page[page.index('aria-current="step"') :]
        assert stage in present[: present.index("</li>")]


def test_nothing_of_the_matter_and_nobody_is_named(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    page = asked(visit, ticket.number, code_of(ticket.number))
    for secret in (
        *(ticket.title, ticket.text, ticket.contact_name, ticket.contact_phone),
        *(ticket.enterprise.name, "供电公司", ticket.category.name),
    ):
        assert secret not in page


def test_the_code_is_read_as_people_type_it(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.SUBMITTED)
    code = code_of(ticket.number)
    full_width = "".join(chr(ord(one) + 0xFEE0) for one in code)
    as_seen = code.replace("O", "0").replace("I", "1").replace("B", "8")
    for given in (code.lower(), code.replace("-", ""), f"%20{code}%20", full_width, as_seen):
        assert "待受理" in asked(visit, ticket.number.lower(), given)


def test_a_wrong_number_and_a_wrong_code_are_answered_alike(small_world: World, visit: Visit) -> None:
    first, second = small_world.make(State.SUBMITTED), small_world.make(State.SUBMITTED)
    unknown = "QS-2026-999999"
    answers = [
        # The way to the page in the other language holds what was asked, too.
        re.sub(r"back=[^\"]*", "", asked(visit, number, code, 404)).replace(number, "").replace(code, "")
        for number, code in (
            (first.number, code_of(second.number)),
            (unknown, code_of(unknown)),
            (unknown, "AAAA-AAAA"),
            (first.number, "码码码码"),
        )
    ]
    assert len(set(answers)) == 1
    assert "没有找到" in answers[0]


@pytest.mark.parametrize("query", ["number=QS-2026-000001", "code=ABCDEFGH", f"number={'9' * 21}&code=A"])
def test_what_is_missing_or_too_long_is_said(visit: Visit, query: str) -> None:
    assert 'role="alert"' in visit().get(f"/track?{query}", 422)


def test_codes_hang_on_the_installations_key(small_world: World, sqlite_app: Flask) -> None:
    before = code_of("QS-2026-000001")
    sqlite_app.config["SETTINGS"] = replace(sqlite_app.config["SETTINGS"], secret_key="another")
    assert code_of("QS-2026-000001") != before


@pytest.mark.usefixtures("limited")
def test_a_stranger_may_not_try_on_and_on(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.SUBMITTED)
    for _ in range(30):
        asked(visit, ticket.number, code_of(ticket.number))
        asked(visit, "QS-2026-000001", "AAAA-AAAA", 404)
    asked(visit, "QS-2026-000001", "AAAA-AAAA", 429)
    assert "查询码" in visit().get("/track")


def test_each_try_counts_for_an_hour_of_its_own(visit: Visit, limited: time_machine.Traveller) -> None:
    wrong = ("QS-2026-000001", "AAAA-AAAA")
    asked(visit, *wrong, 404)
    limited.shift(timedelta(minutes=59))
    for _ in range(29):
        asked(visit, *wrong, 404)
    limited.shift(timedelta(minutes=2))
    asked(visit, *wrong, 404)
    asked(visit, *wrong, 429)


def test_the_page_after_filing_says_the_code(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.SUBMITTED)
    assert code_of(ticket.number) in visit("owner").get(f"/tickets/{ticket.id}/filed")


def paused(world: World, state: State) -> Ticket:
    """A ticket of this state whose promise does not run."""
    if state is State.REPLIED:
        return world.make(state)
    if state is State.SUPPLEMENTING:
        ticket = world.file()
        intake.ask_supplement(ticket.id, by=world.clerk, at=ticket.touched_at, text="请附合同。")
        return ticket
    ticket = world.make(State.IN_PROGRESS)
    at = ticket.touched_at + timedelta(hours=1)
    if state is State.IN_PROGRESS:
        handling.ask_enterprise(ticket.id, by=world.power, at=at, text="哪条线路？")
        return ticket
    requests.ask_deferral(
        ticket.id, by=world.power, at=at, plan="等设备", next_reply=(at + timedelta(days=9)).date()
    )
    requests.decide_deferral(ticket.id, by=world.supervisor, at=at, granted=True)
    return ticket


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.SUPPLEMENTING, "正在等您补充"),
        (State.IN_PROGRESS, "正在等您回复"),
        (State.DEFERRED, "在约定的日期再答复您"),
        (State.REPLIED, "专窗正在核对结果"),
    ],
)
def test_while_the_promise_pauses_the_enterprise_reads_why_and_no_date(
    small_world: World, visit: Visit, state: State, words: str
) -> None:
    ticket = paused(small_world, state)
    assert ticket.state is state
    for page in (
        asked(visit, ticket.number, code_of(ticket.number)),
        visit("owner").get(f"/tickets/{ticket.id}"),
    ):
        assert words in page
        assert "预计" not in page


def test_what_happens_inside_is_not_told_not_even_when(small_world: World, visit: Visit) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    before = asked(visit, ticket.number, code_of(ticket.number))
    at = ticket.touched_at + timedelta(days=3)
    intake.note(ticket.id, by=small_world.clerk, at=at, text="内部备注。")
    assert asked(visit, ticket.number, code_of(ticket.number)) == before
