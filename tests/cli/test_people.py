"""Accounts from the command line, and the one-time links they print."""

from collections.abc import Callable

from flask import Flask

from tests.visitor import Visitor
from tests.world import World

Visit = Callable[..., Visitor]


def run(app: Flask, *words: str) -> tuple[int, str]:
    result = app.test_cli_runner().invoke(args=["people", *words])
    return result.exit_code, result.output.strip()


def test_a_new_person_sets_a_password_once(small_world: World, sqlite_app: Flask, visit: Visit) -> None:
    status, link = run(
        sqlite_app, "add", "吴琳", "--username", "wulin", "--role", "handler", "--department", "国网供电公司"
    )
    assert status == 0
    path = link.removeprefix("http://127.0.0.1:8000")
    stranger = visit()
    assert "吴琳，请设置密码" in stranger.get(path)
    stranger.post(path, status=422, new="short", repeat="short")
    stranger.post(path, new="harbour-lights-7", repeat="harbour-lights-7")
    stranger.get(path, status=404)
    visit().sign_in("wulin", "harbour-lights-7").get("/")


def test_a_forged_link_leads_nowhere(visit: Visit) -> None:
    visit().get("/set-password/WzEsMV0.aaaa.bbbb", status=404)


def test_a_new_link_for_a_forgotten_password_ends_old_sessions(
    small_world: World, sqlite_app: Flask, visit: Visit
) -> None:
    before = visit("clerk")
    status, link = run(sqlite_app, "password", "clerk")
    assert status == 0
    visit().post(
        link.removeprefix("http://127.0.0.1:8000"), new="harbour-lights-7", repeat="harbour-lights-7"
    )
    before.get("/", status=302)


def test_what_cannot_be_is_refused_with_a_sentence(small_world: World, sqlite_app: Flask) -> None:
    for words, said in (
        (("add", "clerk", "--role", "clerk"), "已被使用"),
        (("add", "新人", "--role", "handler"), "需要 --department"),
        (
            ("add", "新人", "--role", "handler", "--department", "没有的局"),
            "没有“没有的局”这个单位；现有：供电公司、",
        ),
        (("add", "新人", "--role", "contact"), "需要 --enterprise"),
        (("password", "nobody"), "没有用户名为“nobody”"),
    ):
        status, answer = run(sqlite_app, *words)
        assert (status, said in answer) == (1, True), answer
