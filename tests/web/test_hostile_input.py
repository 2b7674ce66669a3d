"""Input that no page of ours sends: answered with a sentence, never with an error of ours."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from service_desk.domain.actions import FIELDS
from service_desk.domain.vocabulary import State
from tests.visitor import Visitor
from tests.world import PASSWORD, World

Visit = Callable[..., Visitor]
REFUSED = 400
OUR_FAULT = 500
TOO_LARGE = ("3000000000", "9223372036854775808", "9" * 30, "9" * 5000)
NONSENSE = (
    "\0",
    "a\0b",
    "9" * 30,
    "9" * 5000,
    "-1",
    "0001-01-01T00:00",
    "9999-12-31T23:59",
    "😀",
    "\r\nX: y",
)


@pytest.fixture(autouse=True)
def answered(app: Flask) -> None:
    """Errors are answered as in production, not raised."""
    app.config.update(TESTING=False, PROPAGATE_EXCEPTIONS=False)


def somebody(app: Flask, username: str) -> Visitor:
    return Visitor(app.test_client()).sign_in(username)


@pytest.mark.parametrize("number", TOO_LARGE, ids=["2**31", "2**63", "30 digits", "5000 digits"])
def test_a_number_no_database_gave_is_no_address(app: Flask, world: World, number: str) -> None:
    clerk = somebody(app, "clerk")
    for path in ("/tickets/{}", "/tickets/{}/filed", "/attachments/{}", "/notices/{}"):
        assert clerk.ask("GET", path.format(number)).status_code == 404, path
    for path in ("/tickets/{}/note", "/tickets/{}/reveal", "/enterprises/{}/decide"):
        assert clerk.ask("POST", path.format(number), data={"text": "x"}).status_code == 404, path


@pytest.mark.parametrize("after", [*TOO_LARGE, "-1", "²", "2026-01-01T00:00:00+00:00~" + "9" * 30])
def test_a_key_that_makes_no_sense_begins_at_the_start(app: Flask, world: World, after: str) -> None:
    ticket = world.file()
    clerk = somebody(app, "clerk")
    for sort in ("", "due"):
        answer = clerk.ask("GET", "/tickets", query_string={"after": after, "sort": sort})
        assert ticket.number in answer.text
    assert "新诉求待受理" in clerk.ask("GET", "/notices", query_string={"after": after}).text


def test_a_nul_is_refused_wherever_it_comes(app: Flask, world: World) -> None:
    ticket = world.make(State.IN_PROGRESS)
    clerk, path = somebody(app, "clerk"), f"/tickets/{ticket.id}"
    stranger = Visitor(app.test_client())
    tried = [
        clerk.ask("GET", "/tickets", query_string={"q": "a\0b"}),
        clerk.ask("POST", f"{path}/note", data={"text": "a\0b"}),
        clerk.ask("POST", f"{path}/reveal", data={"reason": "a\0b"}),
        clerk.ask("POST", "/tickets/draft", data={"title": "a\0b"}),
        stranger.ask("POST", "/sign-in", data={"username": "a\0b", "password": "x"}),
        stranger.ask("GET", "/set-password/a%00b"),
    ]
    assert [answer.status_code for answer in tried] == [REFUSED] * len(tried)
    assert len(world.ticket(ticket.number).events) == ticket.version


@pytest.mark.parametrize("username", ["owner", "clerk", "supervisor", "power"])
def test_no_action_breaks_over_nonsense(app: Flask, world: World, username: str) -> None:
    states = (State.SUBMITTED, State.ACCEPTED, State.ASSIGNED, State.IN_PROGRESS, State.REPLIED)
    tickets = [world.make(state).id for state in states]
    visitor = somebody(app, username)
    for position, (action, fields) in enumerate(FIELDS.items()):
        for ticket in tickets:
            nonsense = NONSENSE[(position + ticket) % len(NONSENSE)]
            given: dict[str, Any] = {field.name: nonsense for field in fields} | {"version": nonsense}
            answer = visitor.ask("POST", f"/tickets/{ticket}/{action.value}", data=given)
            assert answer.status_code < OUR_FAULT, (action, nonsense)


@pytest.mark.parametrize("received_at", ["0001-01-01T00:00", "9999-12-31T23:59", "yesterday"])
def test_a_time_of_receipt_out_of_reach_is_refused(app: Flask, world: World, received_at: str) -> None:
    form = {
        "category": 1,
        "title": "电压不稳",
        "text": "跳闸",
        "contact_name": "李一",
        "contact_phone": "13800001111",
        "area": 1,
        "enterprise": world.owner.enterprise_id,
        "received_at": received_at,
    }
    answer = somebody(app, "clerk").ask("POST", "/tickets/new", data=form)
    assert answer.status_code == 422
    assert "电压不稳" in answer.text


@pytest.mark.parametrize(
    ("since", "until"),
    [("0001-01-01", "0001-01-02"), ("9999-12-30", "9999-12-31"), ("1999-12-31", "2000-02-01")],
)
def test_a_period_out_of_reach_is_refused(app: Flask, world: World, since: str, until: str) -> None:
    supervisor = somebody(app, "supervisor")
    asked = {"since": since, "until": until, "period": "free"}
    for answer in (
        supervisor.ask("GET", "/reports", query_string=asked),
        supervisor.ask("POST", "/reports/export", data=asked),
    ):
        assert answer.status_code == 422
        assert "统计期须在 2000 年至 2199 年之间" in answer.text


@pytest.mark.parametrize(
    "wanted",
    [
        "/\t/evil.example",
        "/\r/evil.example",
        "/\n/evil.example",
        "/\x0b/evil",
        "http://localhost/\t/evil.example",
    ],
)
def test_sign_in_does_not_follow_what_a_browser_reads_otherwise(
    sqlite_app: Flask, visit: Visit, wanted: str
) -> None:
    answer = visit().ask(
        "POST", "/sign-in", query_string={"next": wanted}, data={"username": "clerk", "password": PASSWORD}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_the_next_page_takes_nothing_from_the_address_but_the_filters(
    small_world: World, visit: Visit
) -> None:
    for _ in range(51):
        small_world.file()
    clerk = visit("clerk")
    page = clerk.get(
        "/tickets?_scheme=javascript&_external=1&endpoint=x&_anchor=y&values=z&source=enterprise"
    )
    assert "javascript:" not in page
    assert "source=enterprise&amp;after=" in page or "after=" in page
