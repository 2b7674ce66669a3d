"""See that there is a LibreOffice for the tests that open workbooks.

As root on Debian or Ubuntu it is installed; anywhere else the answer is a sentence.
"""

import shutil
import sys

from browser import install, may_install

PACKAGE = "libreoffice-calc"


def main() -> None:
    """Find, or install, or say what is missing."""
    if not shutil.which("soffice") and may_install():
        install(PACKAGE)
    if not shutil.which("soffice"):
        sys.exit(
            f"The tests open workbooks with LibreOffice: install it (Debian and Ubuntu: apt-get install {PACKAGE})."
        )


if __name__ == "__main__":
    main()
