"""The desk in English: pages hold no Chinese but what people wrote, and what is kept stays Chinese."""

import html
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_babel import force_locale

from service_desk.domain.sentences import say
from service_desk.domain.vocabulary import State, Unit
from service_desk.settings import current_settings
from service_desk.store.base import db
from service_desk.store.notices import Notice
from service_desk.web.words import said
from tests.visitor import Visitor
from tests.world import World

Visit = Callable[..., Visitor]
ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile("[一-鿿，。：；、（）]+")
OWN_NAME = "中文"
"""The link that leads back."""


@pytest.fixture(autouse=True, scope="module")
def compiled() -> None:
    """The catalogue as it is now, as `make assets` leaves it."""
    subprocess.run([sys.executable, ROOT / "tools" / "catalogue.py", "--compile"], check=True)


def strings(value: object) -> Iterator[str]:
    """The texts in a value of the database."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from strings(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings(each)


def data() -> list[str]:
    """What people, administrators and the park wrote, the longest first."""
    kept = {current_settings().desk_name, OWN_NAME, "李*"}
    for table in db.metadata.tables.values():
        for row in db.session.execute(sa.select(table)):
            kept.update(text for value in row for text in strings(value) if CHINESE.search(text))
    return sorted(kept, key=len, reverse=True)


def chinese_of_the_interface(page: str, written: list[str]) -> set[str]:
    """What is left of the Chinese on a page without the data and quotations from it."""
    everything = "\n".join(written)
    text = re.sub("“([^“”]+)”", lambda found: "" if found[1] in everything else found[0], html.unescape(page))
    for each in written:
        text = text.replace(each, "")
    return set(CHINESE.findall(text))


def english(visit: Visit, username: str | None = None) -> Visitor:
    reader = visit(username)
    reader.client.set_cookie("language", "en")
    return reader


def test_the_search_for_the_interfaces_chinese_tells_it_from_data() -> None:
    assert chinese_of_the_interface("<h1>用电</h1> 待受理", ["用电"]) == {"待受理"}


@pytest.mark.parametrize(
    ("username", "paths"),
    [
        (None, ("/sign-in", "/register", "/track", "/promise", "/forgotten", "/no-such-page")),
        (
            "owner",
            (
                "/",
                "/tickets/new",
                "/members",
                "/guides",
                "/tickets/1",
                "/tickets/1/rate",
                "/account",
                "/account/password",
            ),
        ),
        (
            "clerk",
            ("/", "/tickets", "/tickets/new", "/tickets/2", "/tickets/2/accept", "/orders", "/enterprises"),
        ),
        (
            "power",
            ("/", "/tickets", "/tickets/3", "/tickets/3/reply", "/tickets/3/ask_deferral", "/dashboard"),
        ),
        ("power_head", ("/", "/tickets/3", "/account/letters", "/inquiries", "/substitutes")),
        ("supervisor", ("/", "/tickets/3", "/dashboard", "/wall", "/reports", "/exclusions", "/calendar")),
        ("officer", ("/", "/tickets", "/tickets/3")),
        ("leader", ("/", "/tickets/3")),
        (
            "admin",
            (
                "/admin",
                "/admin/departments",
                "/admin/limits",
                "/admin/ladders",
                "/admin/channels",
                "/workflow",
            ),
        ),
        ("auditor", ("/", "/account")),
    ],
)
def test_an_english_reader_finds_no_chinese_but_data(
    small_world: World, visit: Visit, username: str | None, paths: tuple[str, ...]
) -> None:
    for state in (State.AWAITING_RATING, State.SUBMITTED, State.IN_PROGRESS):
        small_world.make(state, supports=["金融办"])
    written, reader = data(), english(visit, username)
    for path in paths:
        page = reader.ask("GET", path)
        assert page.status_code < 400 or path == "/no-such-page", f"{path}: {page.status_code}"
        assert not chinese_of_the_interface(page.text, written), path
        assert '<html lang="en">' in page.text


def test_without_a_choice_pages_are_chinese_whatever_the_browser_speaks(visit: Visit) -> None:
    page = visit().ask("GET", "/sign-in", headers={"Accept-Language": "en-GB,en;q=0.9"}).text
    assert '<html lang="zh-CN">' in page


def test_a_link_chooses_the_language_and_comes_back(visit: Visit) -> None:
    stranger = visit()
    found = re.search(r'href="(/language/en[^"]*)"[^>]*>English<', stranger.get("/promise?nature=complaint"))
    assert found
    answer = stranger.ask("GET", html.unescape(found[1]), headers={"Accept-Language": "zh"})
    assert answer.headers["Location"] == "/promise?nature=complaint"
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert "SameSite=Lax" in answer.headers["Set-Cookie"]
    page = stranger.get("/promise")
    assert '<html lang="en">' in page
    assert f'lang="zh-CN">{OWN_NAME}<' in re.sub(r' hreflang="[^"]*"', "", page)


@pytest.mark.parametrize(
    "path", ["/language/en?back=//elsewhere.example", "/language/en?back=https://elsewhere.example/"]
)
def test_the_link_leads_nowhere_else(visit: Visit, path: str) -> None:
    assert visit().ask("GET", path).headers["Location"] == "/"


def test_there_are_no_other_languages(visit: Visit) -> None:
    assert visit().ask("GET", "/language/fr").status_code == 404


def test_what_is_kept_and_what_is_printed_stays_in_the_parks_language(
    small_world: World, visit: Visit
) -> None:
    ticket = small_world.make(State.ASSIGNED)
    handler = english(visit, "power")
    handler.post(f"/tickets/{ticket.id}/sign", handler=str(small_world.power.id))
    assert "诉求已派单" in {notice.title for notice in db.session.scalars(sa.select(Notice))}
    assert "已签收" in small_world.ticket_by_id(ticket.id).last_line
    assert "企业诉求交办单" in english(visit, "clerk").get(f"/tickets/{ticket.id}/papers/assignment")


@pytest.fixture
def in_english(sqlite_app: Flask) -> World:
    """A park whose own language is English."""
    sqlite_app.extensions["babel"].default_locale = "en"
    return World()


def test_words_refusals_forms_notices_and_due_times_are_said_in_the_parks_language(
    in_english: World, visit: Visit
) -> None:
    number = in_english.file(title="剩 %d 天").id
    clerk = visit("clerk")
    page = clerk.get(f"/tickets/{number}")
    for words in ("to accept", ">Accept<", "Nature", "Help", " working days overdue"):
        assert words in page, words
    refusal = "“Verify” needs “to review”; it is “to accept” now."
    assert refusal in clerk.post(f"/tickets/{number}/verify", 409)
    assert "Please say why you want to see" in clerk.post(f"/tickets/{number}/reveal", 422, reason="")
    notices = clerk.get("/notices")
    assert "A new request waits to be accepted" in notices
    assert "江海船舶: 剩 %d 天" in notices


@pytest.mark.parametrize(("amount", "words"), [(1, "1 working day left"), (11, "11 working days left")])
def test_a_single_day_is_no_days(sqlite_app: Flask, amount: int, words: str) -> None:
    left = say("剩 %(amount)s", amount=say("%(days)s %(unit)s", days=amount, unit=Unit.WORKING_DAYS))
    with force_locale("en"):
        assert said(left) == words
