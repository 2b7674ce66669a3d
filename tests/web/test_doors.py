"""Which doors are open to whom: public pages, sign-in, CSRF, and 404 for what is out of scope."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule

from service_desk.domain.vocabulary import State
from service_desk.store.base import db
from service_desk.store.people import User
from service_desk.web.guards import PUBLIC
from tests.visitor import Visitor
from tests.world import PASSWORD, World

Visit = Callable[..., Visitor]
PARTS = {"filename": "css/base.css", "action": "note"}


def routes(app: Flask, method: str) -> Iterator[tuple[Rule, str]]:
    """Every route that answers a method, and an address of it."""
    for rule in app.url_map.iter_rules():
        if method in (rule.methods or set()):
            built = rule.build({name: PARTS.get(name, 1) for name in rule.arguments})
            assert built
            yield rule, built[1]


def test_only_these_pages_are_public(sqlite_app: Flask, visit: Visit) -> None:
    stranger = visit()
    for rule, path in routes(sqlite_app, "GET"):
        answer = stranger.ask("GET", path)
        answer.close()
        sent_to_sign_in = answer.status_code == 302 and "/sign-in" in answer.headers["Location"]
        assert sent_to_sign_in == (rule.endpoint not in PUBLIC), rule.endpoint


def test_no_post_works_for_a_stranger(sqlite_app: Flask, visit: Visit) -> None:
    stranger = visit()
    for rule, path in routes(sqlite_app, "POST"):
        if rule.endpoint not in PUBLIC:
            assert stranger.ask("POST", path).status_code == 401, rule.endpoint


def test_every_form_needs_its_token(sqlite_app: Flask, visit: Visit) -> None:
    sqlite_app.config["WTF_CSRF_ENABLED"] = True
    stranger = visit()
    for rule, path in routes(sqlite_app, "POST"):
        answer = stranger.ask("POST", path, data={"username": "clerk", "password": PASSWORD})
        assert answer.status_code == 401, rule.endpoint


@pytest.mark.parametrize("username", ["neighbour", "finance", "marketing", "admin", "auditor"])
def test_a_ticket_out_of_scope_does_not_exist(
    small_world: World, sqlite_app: Flask, visit: Visit, username: str
) -> None:
    ticket = small_world.make(State.IN_PROGRESS)
    assert ticket.id == 1
    outsider = visit(username)
    tried = 0
    for method in ("GET", "POST"):
        for rule, path in routes(sqlite_app, method):
            if "ticket_id" in rule.arguments:
                answer = outsider.ask(method, path, data={"text": "x"} if method == "POST" else None)
                assert answer.status_code == 404, rule.endpoint
                tried += 1
    assert tried >= 3


@pytest.mark.parametrize("username", ["owner", "power", "power_head", "officer", "admin", "auditor"])
def test_lists_of_the_desk_do_not_exist_for_others(sqlite_app: Flask, visit: Visit, username: str) -> None:
    visitor = visit(username)
    for path in ("/enterprises", "/reports"):
        visitor.get(path, status=404)
    visitor.post("/reports/export", status=404)


def test_an_empty_to_do_promises_requests_only_to_those_who_see_some(
    small_world: World, visit: Visit
) -> None:
    promise, truth = "新的诉求、到期提醒会出现在这里", "您的角色看不到诉求"
    for username, said, unsaid in (
        ("auditor", truth, promise),
        # Of a desk that is not set up yet, an administrator is shown what to do instead.
        ("admin", "开通清单", promise),
        ("officer", promise, truth),
    ):
        page = visit(username).get("/")
        assert said in page
        assert unsaid not in page


def test_sign_in_leads_only_to_pages_of_this_site(sqlite_app: Flask, visit: Visit) -> None:
    for wanted, led in (
        ("/tickets", "/tickets"),
        ("//evil.example", "/"),
        ("https://evil.example/x", "/"),
        ("/\\evil.example", "/"),
    ):
        answer = visit().ask(
            "POST",
            "/sign-in",
            query_string={"next": wanted},
            data={"username": "clerk", "password": PASSWORD},
        )
        assert answer.headers["Location"] == led


def test_a_wrong_password_and_an_unknown_name_are_answered_alike(visit: Visit) -> None:
    known = visit().post("/sign-in", status=422, username="clerk", password="wrong-password")
    unknown = visit().post("/sign-in", status=422, username="nobody", password="wrong-password")

    def words(page: str, name: str) -> str:
        return re.sub(r'name="csrf_token"[^>]*', "", page).replace(name, "")

    assert words(known, "clerk") == words(unknown, "nobody")


def test_a_changed_password_ends_the_other_sessions(visit: Visit) -> None:
    here, there = visit("clerk"), visit("clerk")
    here.post("/account/password", current=PASSWORD, new="another-long-one", repeat="another-long-one")
    here.get("/")
    there.get("/", status=302)
    visit().sign_in("clerk", "another-long-one")


@pytest.mark.parametrize(
    ("new", "repeat", "said"),
    [
        pytest.param("short", "short", "至少 10 位", id="too short"),
        pytest.param("clerk-and-more", "clerk-and-more", "不能包含用户名", id="the name inside"),
        pytest.param("another-long-one", "different-one", "两次输入的新密码不一样", id="repeated wrongly"),
    ],
)
def test_a_weak_password_is_refused_with_a_sentence(visit: Visit, new: str, repeat: str, said: str) -> None:
    page = visit("clerk").post("/account/password", status=422, current=PASSWORD, new=new, repeat=repeat)
    assert said in page


def test_a_demo_account_answers_nobody_behind_a_proxy_we_do_not_know(sqlite_app: Flask, visit: Visit) -> None:
    """A proxy on the same machine makes the whole world look like loopback."""
    clerk = db.session.scalars(select(User).where(User.username == "clerk")).unique().one()
    clerk.is_demo = True
    db.session.commit()
    given = {"username": "clerk", "password": PASSWORD}
    for header in ("X-Forwarded-For", "X-Real-IP", "Forwarded"):
        answer = visit().ask("POST", "/sign-in", data=given, headers={header: "203.0.113.9"})
        assert answer.status_code == 422, header
    visit().sign_in("clerk")
    sqlite_app.config["SETTINGS"] = replace(sqlite_app.config["SETTINGS"], env="production")
    assert visit().ask("POST", "/sign-in", data=given).status_code == 422
