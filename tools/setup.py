"""Make .venv and install one of the hashed locks into it; runs under the machine's own Python.

    python3 tools/setup.py run    what the product needs
    python3 tools/setup.py dev    that, and what its tests and checks need

A lock that is installed already costs a few milliseconds: its checksum lies beside the packages.
"""

import hashlib
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
# What else is in place once a lock is: the development lock holds all of the other.
INCLUDES = {"run": ("run",), "dev": ("dev", "run"), "node": ("node",)}


def checksum(lock: str) -> str:
    """The state of a lock file."""
    return hashlib.sha256((ROOT / "requirements" / f"{lock}.txt").read_bytes()).hexdigest()


def stamp(lock: str) -> Path:
    """The file that remembers which state of the lock is installed."""
    return VENV / f".installed-{lock}"


def is_installed(lock: str) -> bool:
    """Whether .venv holds this state of the lock."""
    try:
        return PYTHON.exists() and stamp(lock).read_text() == checksum(lock)
    except FileNotFoundError:
        return False


def base_python() -> str:
    """The machine's Python, also when this runs under the one in .venv, which is about to be replaced."""
    path = Path(sys.base_prefix, "bin", f"python{sys.version_info.major}.{sys.version_info.minor}")
    return str(path) if path.exists() else sys.executable


def make_venv() -> None:
    """Make .venv unless there is one that works and has pip."""
    version = "import pip, sys; print(sys.version_info[:2] >= (3, 11))"
    if PYTHON.exists():
        answer = subprocess.run([str(PYTHON), "-c", version], capture_output=True, text=True, check=False)
        if answer.stdout.strip() == "True":
            return
        print("→ .venv does not work any more (moved, or its Python is gone): making it anew")
    else:
        print("→ making .venv")
    # Not `venv.create`: a machine without ensurepip would show a traceback.
    made = subprocess.run(
        [base_python(), "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode:
        sys.exit(
            "Python cannot make a virtual environment here. On Debian and Ubuntu: apt-get install python3-venv"
            f"\n{(made.stdout + made.stderr).strip()}"
        )


def install(lock: str) -> None:
    """Install every package of the lock, refusing files whose checksum differs."""
    print(f"→ installing requirements/{lock}.txt (once; it may take a minute)", flush=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
    listed = ["--require-hashes", "--no-deps", "-r", f"requirements/{lock}.txt"]
    if subprocess.run([*pip, *listed], cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode:
        sys.exit(f"The packages of requirements/{lock}.txt could not be installed; pip says why above.")
    for included in INCLUDES[lock]:
        stamp(included).write_text(checksum(included))


def main(lock: str) -> None:
    """Bring .venv to the state of the lock."""
    if is_installed(lock):
        return
    make_venv()
    install(lock)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in INCLUDES:  # noqa: PLR2004 (a program and its argument)
        sys.exit(f"Usage: python3 tools/setup.py {'|'.join(INCLUDES)}")
    main(sys.argv[1])
