"""Every word people read on a page goes through gettext, with the Chinese sentence as its id."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHINESE = re.compile("[一-鿿]")
GETTEXT = {"_", "_l"}
MODULES = sorted((ROOT / "service_desk" / "web").rglob("*.py"))
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))


def inside(node: ast.AST) -> set[int]:
    return {id(part) for part in ast.walk(node)}


def untranslated(source: str) -> Iterator[str]:
    """Chinese literals outside of gettext, docstrings and comparisons."""
    tree = ast.parse(source)
    fine: set[int] = set()
    for node in ast.walk(tree):
        is_gettext = (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in GETTEXT
        )
        if is_gettext or isinstance(node, ast.Compare):
            fine |= inside(node)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            fine |= inside(node)
    for node in ast.walk(tree):
        said = node.value if isinstance(node, ast.Constant) and id(node) not in fine else None
        if isinstance(said, str) and CHINESE.search(said):
            yield f"{getattr(node, 'lineno', 0)}: {said}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_views_and_forms_speak_through_gettext(module: Path) -> None:
    assert not list(untranslated(module.read_text(encoding="utf-8")))


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_templates_speak_through_gettext(template: Path) -> None:
    bare = re.sub(
        r"\{#.*?#\}|_\((['\"]).*?\1|equalto', '.*?'",
        "",
        template.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    assert not CHINESE.findall(bare)


def test_the_search_for_untranslated_words_finds_them() -> None:
    assert list(untranslated('x = "提交"')) == ["1: 提交"]
    assert not list(untranslated('"""说明"""\nx = _("提交")'))


LAW = sorted(
    file
    for floor in ("domain", "desk", "store", "channels")
    for file in (ROOT / "service_desk" / floor).glob("*.py")
    # What the calendar that comes with the desk is called is data.
    if file.name != "foundation.py"
)


def glued(source: str) -> Iterator[str]:
    """Chinese sentences with data glued into them: such a sentence has no message id."""
    for node in ast.walk(ast.parse(source)):
        parts = node.values if isinstance(node, ast.JoinedStr) else ()
        if any(isinstance(part, ast.Constant) and CHINESE.search(str(part.value)) for part in parts):
            yield f"{getattr(node, 'lineno', 0)}: {ast.unparse(node)}"


@pytest.mark.parametrize("module", LAW, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_the_law_keeps_its_sentences_apart_from_their_data(module: Path) -> None:
    assert not list(glued(module.read_text(encoding="utf-8")))


def test_the_search_for_glued_sentences_finds_them() -> None:
    assert list(glued('f"剩 {n} 天"'))
    assert not list(glued('say("剩 %(n)s 天", n=n)'))
