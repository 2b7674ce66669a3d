"""The page of components: for administrators, with every state and every colour on it."""

import re
from collections.abc import Callable
from pathlib import Path

from service_desk.domain.vocabulary import State, Urgency
from service_desk.web.design import TOKENS
from tests.visitor import Visitor

Visit = Callable[..., Visitor]
CSS = TOKENS.parent
TEMPLATES = Path(__file__).parents[2] / "templates"
OF_PAPER = ("papers.html",)
"""Papers have a look of their own, that of paper."""
OF_FORMS = ("act", "whole")
"""Whole forms, with the token and the address they are sent to: the page shows what they are made of."""


def test_it_shows_every_state_and_every_colour(visit: Visit) -> None:
    page = visit("admin").get("/admin/design")
    assert 'href="/admin/design"' in visit("admin").get("/admin")
    for state in State:
        assert f'<span class="pill {state.value}">{state.label}</span>' in page
    for urgency in Urgency:
        assert (urgency.label in page) or urgency is Urgency.NORMAL
    colours = set(re.findall(r"--([a-z-]+): #", TOKENS.read_text(encoding="utf-8")))
    shown = set(re.findall(r"\.swatch-([a-z-]+) \{", (CSS / "components.css").read_text(encoding="utf-8")))
    assert shown == colours
    assert colours == set(re.findall(r'class="swatch swatch-([a-z-]+)"', page))


def test_it_shows_every_component() -> None:
    calls: dict[str, set[str]] = {}
    for sheet in (TEMPLATES / "components").glob("*.html"):
        if sheet.name not in OF_PAPER:
            for name, body in re.findall(
                r"{% macro (\w+)\((.*?){%- endmacro %}", sheet.read_text("utf-8"), re.DOTALL
            ):
                calls[name] = set(re.findall(r"\b(\w+)\(", body))
    shown, new = (
        set[str](),
        set(re.findall(r"\b(\w+)\(", (TEMPLATES / "design" / "index.html").read_text("utf-8"))),
    )
    while new:
        shown |= new
        new = {called for name in new for called in calls.get(name, ())} - shown
    assert calls.keys() - shown == set(OF_FORMS)


def test_colours_stand_in_one_file() -> None:
    strays = {
        sheet.name: found
        for sheet in CSS.glob("*.css")
        if sheet.name not in ("tokens.css", "paper.css", "wall.css")
        and (found := re.findall(r"#[0-9a-f]{3,8}\b", sheet.read_text(encoding="utf-8")))
    }
    assert strays == {}


def test_for_others_it_does_not_exist(visit: Visit) -> None:
    for name in ("clerk", "supervisor", "owner", "auditor"):
        visit(name).get("/admin/design", status=404)
