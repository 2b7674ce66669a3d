"""The product's own files; style sheets and scripts that are sent as one."""

import re
from collections.abc import Callable

import pytest

from service_desk.web.assets import FOLDER, SCRIPTS, SHEETS
from tests.visitor import Visitor
from tests.world import World

Visit = Callable[..., Visitor]


@pytest.mark.parametrize("kind", SHEETS)
def test_the_sheets_of_a_page_come_in_one_file_that_is_kept_for_ever(visit: Visit, kind: str) -> None:
    answer = visit().ask("GET", f"/style/{kind}.css")
    assert (answer.status_code, answer.mimetype) == (200, "text/css")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    whole = [(FOLDER / "css" / f"{name}.css").read_text() for name in SHEETS[kind]]
    assert answer.text == "\n".join(whole)


@pytest.mark.parametrize("kind", SCRIPTS)
def test_the_scripts_of_a_page_come_in_one_file_that_is_kept_for_ever(visit: Visit, kind: str) -> None:
    answer = visit().ask("GET", f"/script/{kind}.js")
    assert (answer.status_code, answer.mimetype) == (200, "text/javascript")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    places = [answer.text.index((FOLDER / "js" / f"{name}.js").read_text()) for name in SCRIPTS[kind]]
    assert places == sorted(places)


@pytest.mark.parametrize("path", ["/style/tokens.css", "/script/keys.js"])
def test_there_is_no_other_kind(visit: Visit, path: str) -> None:
    assert visit().ask("GET", path).status_code == 404


@pytest.mark.parametrize(("username", "kind"), [("", "page"), ("owner", "page"), ("clerk", "staff")])
def test_a_page_asks_for_one_sheet_by_an_address_of_its_content(
    small_world: World, visit: Visit, username: str, kind: str
) -> None:
    page = visit(username).get("/notices" if username else "/sign-in")
    (address,) = re.findall(r'rel="stylesheet" href="([^"]*)"', page)
    assert re.fullmatch(rf"/style/{kind}\.css\?v=[0-9a-f]{{10}}", address)
    (address,) = re.findall(r'type="module" src="([^"]*)"', page)
    assert re.fullmatch(r"/script/page\.js\?v=[0-9a-f]{10}", address)
