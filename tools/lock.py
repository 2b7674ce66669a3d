"""Write requirements/*.txt anew: every package with its version and checksums, for all systems and Pythons.

The files hold no host, address or path of the machine that made them, so that any index that serves the same
files will do.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
UV = [
    *(str(Path(sys.executable).with_name("uv")), "pip", "compile", "--quiet", "--upgrade"),
    *("--generate-hashes", "--universal", "--python-version", "3.11"),
    # One version of each package for all Pythons: what is tested here is what runs there.
    *("--fork-strategy", "fewest", "--no-header", "--no-annotate"),
]
# "name==version", a marker, a checksum: anything else (an address, a path, an index) has no business there.
ALLOWED = re.compile(
    r"[a-z0-9-]+(\[[a-z0-9,-]+\])?==[\w.+!]+( ; [\w.<>=!'() -]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?"
)


def compile_lock(name: str, *arguments: str, given: str | None = None) -> None:
    """Resolve one set of packages into requirements/<name>.txt."""
    print(f"→ resolving requirements/{name}.txt", flush=True)
    target = LOCKS / f"{name}.txt"
    subprocess.run([*UV, *arguments, "-o", str(target)], cwd=ROOT, input=given, text=True, check=True)
    for number, line in enumerate(target.read_text().splitlines(), start=1):
        if not ALLOWED.fullmatch(line):
            sys.exit(f"requirements/{name}.txt:{number}: not a package, version or checksum: {line}")


def main() -> None:
    """Write all three locks; the development lock takes the versions of the product's."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    compile_lock("run", "pyproject.toml")
    compile_lock("dev", "pyproject.toml", "--extra", "dev", "-c", "requirements/run.txt")
    compile_lock("node", "-", given="\n".join(project["optional-dependencies"]["node"]))


if __name__ == "__main__":
    main()
