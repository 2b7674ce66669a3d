"""The English catalogue: everything people read, collected from the code; `make catalogue` brings the .po up to date.

The Chinese sentence is the message id, so there is no catalogue for Chinese. English stands in one file without
places and dates: a diff of it shows what was said anew and nothing else.
"""

import ast
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
PO = Path("service_desk/translations/en/LC_MESSAGES/messages.po")
HEADER = """\
# English for readers of the desk; the message ids are the Chinese sentences. `make catalogue` adds what is new.
msgid ""
msgstr ""
"Language: en\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""

CHINESE = re.compile("[一-鿿]")
SAID = re.compile(rf"{CHINESE.pattern}|^%\(\w+\)s")
"""A literal that is a message: one in Chinese, or a template that begins with a value."""
KEYWORDS: dict[str, None] = dict.fromkeys(("_", "_l", "gettext", "lazy_gettext"))

BELOW_THE_WEB = ("domain", "desk", "store", "channels")
"""Floors that speak without knowing a reader: their sentences are translated by ``web.words.said``."""

CHINESE_ONLY = (
    # Workbooks, printed by nobody but the park.
    "desk/books.py",
    "desk/ledgers.py",
    "desk/packs/",
    # What the command line takes in; it speaks Chinese only.
    "desk/history/",
    "desk/ledger_import/",
    "desk/loading.py",
    "domain/ledger.py",
    "domain/notation.py",
    # Names of what comes with the desk are data.
    "desk/foundation.py",
    # A table of characters.
    "domain/variants.py",
)

READERS_OF_CHINESE = (
    # They look for words in what people wrote; of theirs only whole sentences are said.
    "desk/calendar_files.py",
    "domain/concepts.py",
    "domain/landmarks.py",
    "domain/notice_text.py",
    "domain/search.py",
    "domain/traits.py",
)

SPOKEN_DOCSTRINGS = ("domain/rules.py",)
"""Whose functions say their docstring when they refuse."""


def messages(root: Path = ROOT) -> set[str]:
    """The id of everything people read."""
    found: set[str] = set()
    package = root / "service_desk"
    for floor in BELOW_THE_WEB:
        for file in (package / floor).rglob("*.py"):
            found |= set(spoken(file.read_text(encoding="utf-8"), str(file.relative_to(package))))
    for file in (package / "web").rglob("*.py"):
        found |= _marked("python", file)
    for pattern in ("*.html", "*.txt"):
        for file in (root / "templates").rglob(pattern):
            found |= _marked("jinja2", file)
    return found


def spoken(source: str, name: str) -> Iterator[str]:
    """What a module below the web says: arguments of ``say``, Chinese literals, and docstrings where they are said."""
    if name.startswith(CHINESE_ONLY):
        return
    tree = ast.parse(source)
    yield from _templates(tree)
    whole = name in READERS_OF_CHINESE
    yield from (text for text in _literals(tree) if not whole or text.endswith("。"))
    if name in SPOKEN_DOCSTRINGS:
        functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
        yield from (words for each in functions if CHINESE.search(words := ast.get_docstring(each) or ""))


def _templates(tree: ast.AST) -> Iterator[str]:
    """The first arguments of ``say``, with Chinese in them or not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
            first = node.args[0]
            if isinstance(first, ast.Constant):
                yield str(first.value)


def _literals(tree: ast.AST) -> Iterator[str]:
    """Chinese strings, without docstrings, patterns, names of keys and what is only compared with."""
    silent: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr | ast.JoinedStr | ast.Subscript) or _is_of_re(node):
            silent |= {id(part) for part in _parts(node)}
        elif isinstance(node, ast.Compare):
            silent |= {id(part) for part in (node.left, *node.comparators)}
        elif isinstance(node, ast.Dict):
            silent |= {id(key) for key in node.keys}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and id(node) not in silent else None
        if isinstance(text, str) and SAID.search(text):
            yield text


def _parts(node: ast.AST) -> Iterator[ast.AST]:
    """The strings a silent node is made of, not those of calls inside it."""
    if isinstance(node, ast.Expr):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        yield from node.values
    elif isinstance(node, ast.Subscript):
        yield node.slice
    elif isinstance(node, ast.Call):
        yield from node.args


def _is_of_re(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "re"
    )


def _marked(method: str, file: Path) -> set[str]:
    """What a file hands to gettext."""
    options = {"trimmed": "false", "silent": "false"} if method == "jinja2" else {}
    return {str(found[1]) for found in extract_from_file(method, file, keywords=KEYWORDS, options=options)}


def read_catalogue(file: Path) -> Catalog:
    """The catalogue as it is written down; an empty one where there is none yet."""
    if not file.exists():
        return Catalog(locale="en")
    with file.open("rb") as lines:
        return read_po(lines, locale="en")


def write_catalogue(catalogue: Catalog, file: Path) -> None:
    """Write it down in the order of the ids, each on one line."""
    with file.open("wb") as lines:
        lines.write(HEADER.encode())
        write_po(lines, catalogue, width=0, sort_output=True, omit_header=True, ignore_obsolete=True)


def brought_up_to_date(old: Catalog, ids: set[str]) -> Catalog:
    """These messages with the English there is; the others are empty until somebody translates them."""
    new = Catalog(locale="en")
    for each in ids:
        known = old.get(each)
        new.add(each, known.string if known and not known.fuzzy else "")
    return new


def compile_catalogue() -> None:
    """Write the file that is read while the desk runs, in one go; not again if the catalogue has not changed."""
    source, target = ROOT / PO, (ROOT / PO).with_suffix(".mo")
    if target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
        return
    half = target.with_suffix(f".{os.getpid()}")
    with half.open("wb") as binary:
        write_mo(binary, read_catalogue(source))
    half.replace(target)


def main() -> None:
    """Collect, write and compile; say how many wait for a translation. With ``--compile`` that alone."""
    if "--compile" in sys.argv[1:]:
        compile_catalogue()
        return
    new = brought_up_to_date(read_catalogue(ROOT / PO), messages())
    write_catalogue(new, ROOT / PO)
    compile_catalogue()
    missing = [each for each in new if each.id and not each.string]
    print(f"{len(new)} messages, {len(missing)} to be translated in {PO}")


if __name__ == "__main__":
    main()
