"""Have LibreOffice count a report's workbook again: ``python bench/libreoffice.py report.xlsx``.

Run by hand, where LibreOffice is installed; the tests count the same formulas in plain Python.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from openpyxl import load_workbook

FIRST_ROW = 4
WRITTEN, RECOUNTED = 5, 6


def opened(report: Path, folder: Path) -> Path:
    """The workbook as LibreOffice saves it, every formula counted."""
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    kind = "xlsx:Calc MS Excel 2007 XML"
    command = ["soffice", profile, "--headless", "--convert-to", kind, "--outdir", str(folder), str(report)]
    subprocess.run(command, check=True, capture_output=True)
    return folder / report.name


def main(report: Path) -> int:
    """Print the lines of 核对 that do not come out as written; how many."""
    with tempfile.TemporaryDirectory() as folder:
        sheet = load_workbook(opened(report, Path(folder)), data_only=True)["核对"]
    rows = list(sheet.iter_rows(FIRST_ROW, values_only=True))
    wrong = [row for row in rows if row[WRITTEN] != row[RECOUNTED]]
    for row in wrong:
        print(*row[: RECOUNTED + 1], sep="\t")
    print(f"{len(rows)} numbers counted again, {len(wrong)} of them otherwise.")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(min(main(Path(sys.argv[1])), 1))
