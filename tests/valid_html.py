"""Whether a page is as the conventions ask and valid HTML: what is nested how, and what a strict parser says of it.

A strict parser reads a page in a tenth of a second, and the tests open thousands of pages. So each element is known
by its chain, the elements around it; where every chain on a page was read before by the parser, there is nothing
new to be read.
"""

from html.parser import HTMLParser

import html5lib
from html5lib.html5parser import ParseError

VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
HEADINGS = frozenset(["h1", "h2", "h3", "h4", "h5", "h6"])
BLOCKS = HEADINGS | frozenset(
    {
        *("address", "article", "aside", "blockquote", "details", "dialog", "dd", "div", "dl", "dt"),
        *("fieldset", "figcaption", "figure", "footer", "form", "header", "hgroup", "hr", "li"),
        *("main", "nav", "ol", "p", "pre", "search", "section", "table", "ul"),
    }
)
INTERACTIVE = frozenset(["a", "button", "details", "input", "label", "select", "textarea"])
# What may hold words and what stands among words alone.
PHRASES_ONLY = HEADINGS | frozenset(
    {
        *("abbr", "b", "button", "cite", "code", "em", "i", "kbd", "label", "legend", "mark", "p"),
        *("pre", "q", "s", "small", "span", "strong", "sub", "summary", "sup", "time", "u"),
    }
)
# A heading may stand in these two, as HTML allows it.
WITH_HEADINGS = frozenset({"summary", "legend"})
PARENTS = {
    "li": {"ul", "ol", "menu"},
    "dt": {"dl", "div"},
    "dd": {"dl", "div"},
    "tr": {"thead", "tbody", "tfoot", "table"},
    "td": {"tr"},
    "th": {"tr"},
    "caption": {"table"},
    "thead": {"table"},
    "tbody": {"table"},
    "tfoot": {"table"},
    "option": {"select", "optgroup", "datalist"},
    "figcaption": {"figure"},
    "legend": {"fieldset"},
    "summary": {"details"},
    "source": {"picture", "video", "audio"},
}
CHILDREN = {
    "ul": {"li", "template"},
    "ol": {"li", "template"},
    "dl": {"dt", "dd", "div", "template"},
    "tr": {"td", "th", "template"},
    "thead": {"tr"},
    "tbody": {"tr", "template"},
    "tfoot": {"tr"},
    "table": {"caption", "colgroup", "thead", "tbody", "tfoot", "tr"},
    "select": {"option", "optgroup"},
}
LABELLED = frozenset(["button", "input", "meter", "output", "progress", "select", "textarea"])
UNLABELLED = frozenset(["hidden", "submit", "button"])

_read: set[tuple[str, ...]] = set()


class Asked:
    """Counts what the conventions ask of a page."""

    def __init__(self) -> None:
        self.h1 = 0
        self.inputs: list[dict[str, str | None]] = []
        self.labelled: set[str] = set()
        self.ids: set[str] = set()
        self.faults: list[str] = []
        self.inside_label = 0

    def begin(self, tag: str, given: dict[str, str | None]) -> None:
        self.h1 += tag == "h1"
        self.faults += [f"{tag} {name}" for name in given if name.startswith("on") or name == "style"]
        if tag == "script" and "src" not in given:
            self.faults.append("inline script")
        if tag == "label":
            self.inside_label += 1
            self.labelled.add(given.get("for") or "")
        asks = tag in ("input", "select", "textarea") and (given.get("type") or "") not in UNLABELLED
        if asks and not self.inside_label and "aria-label" not in given:
            self.inputs.append(given)
        if own := given.get("id"):
            if own in self.ids:
                self.faults.append(f"id {own} twice")
            self.ids.add(own)

    def end(self, tag: str) -> None:
        self.inside_label -= tag == "label"

    def found(self) -> list[str]:
        """One h1, every input labelled, no id twice, nothing inline."""
        bare = [given for given in self.inputs if (given.get("id") or "") not in self.labelled]
        return [
            *([] if self.h1 == 1 else [f"{self.h1} h1 on the page"]),
            *([f"inputs without a label: {bare}"] if bare else []),
            *self.faults,
        ]


class Nesting(HTMLParser):
    """Finds what is nested in a way that HTML does not know; browsers mend it, each as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = Asked()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.chains: set[tuple[str, ...]] = set()
        self.ids: set[str] = set()
        self.named: dict[str, set[str]] = {"for": set(), "aria": set()}
        self.controls: set[str] = set()
        self.words_of_heading: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        given = dict(attrs)
        self.chains.add((*self.open, tag, *sorted(names)))
        if len(given) < len(names):
            self.faults.append(f"{self._where(tag)} names an attribute twice")
        self.asked.begin(tag, given)
        self._judge(tag, given)
        self._note(tag, given)
        if tag in HEADINGS:
            self.words_of_heading = ""
        elif self.words_of_heading is not None and given.get("alt"):
            self.words_of_heading += given["alt"] or ""
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        self.asked.end(tag)
        if not self.open or self.open[-1] != tag:
            self.faults.append(f"</{tag}> ends {self._where('')}")
            if tag in self.open:
                while self.open[-1] != tag:
                    self.open.pop()
            else:
                return
        self.open.pop()
        if tag in HEADINGS:
            if not (self.words_of_heading or "").strip():
                self.faults.append(f"{self._where(tag)} is empty")
            self.words_of_heading = None

    def handle_data(self, data: str) -> None:
        if self.words_of_heading is not None:
            self.words_of_heading += data
        if self.open and self.open[-1] in CHILDREN and data.strip():
            self.faults.append(f"words in {self._where('')}: {data.strip()[:30]}")

    def _judge(self, tag: str, given: dict[str, str | None]) -> None:
        parent = self.open[-1] if self.open else ""
        if "svg" in self.open or parent == "template":
            return
        if tag in PARENTS and parent not in PARENTS[tag]:
            self.faults.append(f"{self._where(tag)} does not belong there")
        if parent in CHILDREN and tag not in CHILDREN[parent]:
            self.faults.append(f"{self._where(tag)} does not belong there")
        among = PHRASES_ONLY & set(self.open) - (WITH_HEADINGS if tag in HEADINGS else set())
        if tag in BLOCKS and among:
            self.faults.append(f"{self._where(tag)}: a block among words")
        self._judge_use(tag, given)

    def _judge_use(self, tag: str, given: dict[str, str | None]) -> None:
        """Nothing that is pressed stands in something that is pressed; a label holds its one control."""
        pressed = tag in INTERACTIVE and given.get("type") != "hidden"
        if tag == "a" and "href" not in given:
            pressed = False
        if pressed and {"a", "button"} & set(self.open):
            self.faults.append(f"{self._where(tag)}: pressed within what is pressed")
        if "label" in self.open and (tag in ("label", "a") or tag == "details"):
            self.faults.append(f"{self._where(tag)} in a label")
        if tag == "form" and "form" in self.open:
            self.faults.append(f"{self._where(tag)} in a form")
        if tag == "img" and "alt" not in given:
            self.faults.append(f"{self._where(tag)} without alt")

    def _note(self, tag: str, given: dict[str, str | None]) -> None:
        if own := given.get("id"):
            self.ids.add(own)
            if tag in LABELLED and given.get("type") != "hidden":
                self.controls.add(own)
        if tag == "label" and "for" in given:
            self.named["for"].add(given["for"] or "")
        for name in ("aria-labelledby", "aria-describedby", "aria-controls", "aria-owns"):
            self.named["aria"].update((given.get(name) or "").split())

    def _where(self, tag: str) -> str:
        return " > ".join([*self.open[-3:], *([tag] if tag else [])])

    def end(self) -> list[str]:
        """All that was found, once the page is read to its end."""
        if self.open:
            self.faults.append(f"never ended: {self._where('')}")
        self.faults += [
            f"a label for {name}, which is none to fill in" for name in self.named["for"] - self.controls
        ]
        self.faults += [f"named by {name}, which is not there" for name in self.named["aria"] - self.ids]
        return self.asked.found() + self.faults


def faults_of(html: str) -> list[str]:
    """What is not valid in a page, or not as the conventions ask."""
    nesting = Nesting()
    nesting.feed(html)
    nesting.close()
    found = nesting.end()
    if not found and not nesting.chains <= _read:
        found = strictly_read(html)
        if not found:
            _read.update(nesting.chains)
    return found


def strictly_read(html: str) -> list[str]:
    """The first thing that the parser of the standard would have to mend."""
    parser = html5lib.HTMLParser(strict=True)
    try:
        parser.parse(html)
    except ParseError as error:
        line, column = parser.errors[-1][0]
        return [f"{error} ({html.splitlines()[line - 1][max(0, column - 80) : column + 20]})"]
    return []
