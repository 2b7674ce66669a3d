"""See that there is a Chromium for the browser tests and screenshots, with Chinese words and letters.

As root on Debian or Ubuntu it is installed; anywhere else the answer is a sentence. ``CHROMIUM`` may name one.
"""

import os
import shutil
import subprocess
import sys

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# l10n: without it the browser's own date and file fields speak English.
PACKAGES = ("chromium", "chromium-l10n", "fonts-noto-cjk")


def find() -> str | None:
    """The browser's path, or nothing."""
    wanted = os.environ.get("CHROMIUM")
    names = (wanted,) if wanted else NAMES
    return next((path for path in map(shutil.which, names) if path), None)


def has_chinese_font() -> bool:
    """Whether Chinese is drawn as letters, not as boxes; taken for granted where nobody can tell."""
    lister = shutil.which("fc-list")
    if not lister:
        return sys.platform == "darwin"
    return bool(subprocess.run([lister, ":lang=zh-cn"], capture_output=True, text=True, check=False).stdout)


def may_install() -> bool:
    """Whether packages can be had without asking: as root on Debian or Ubuntu."""
    return bool(shutil.which("apt-get")) and os.geteuid() == 0


def install(*packages: str) -> None:
    """Have Debian's packages."""
    print(f"→ installing {' '.join(packages)} (once)", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update", "-q=2"], ["install", "-q=2", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", *command],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            sys.exit(f"apt-get {command[0]} failed; it says why above.")


def main() -> None:
    """Find, or install, or say what is missing."""
    if find() and has_chinese_font():
        return
    if may_install() and not os.environ.get("CHROMIUM"):
        install(*PACKAGES)
    if not find():
        sys.exit(
            "The browser tests need Chromium: install it (Debian and Ubuntu: apt-get install "
            f"{' '.join(PACKAGES)}) or set CHROMIUM to its path."
        )
    if not has_chinese_font():
        print("→ no Chinese font was found (Debian and Ubuntu: fonts-noto-cjk); pages will show boxes")


if __name__ == "__main__":
    main()
