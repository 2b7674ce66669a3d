"""What the papers say is so: pages drawn from the code, accounts, commands, settings and links."""

import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from service_desk import create_app
from service_desk.demo import park
from service_desk.desk.foundation import lay_foundation
from service_desk.desk.people import DEMO_ACCOUNTS, DEMO_PASSWORD
from service_desk.settings import ROOT
from service_desk.store.base import db
from service_desk.store.people import User
from tests.conftest import settings_for

READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
LINK = re.compile(r"\]\(([^)\s]+)\)")
SETTING = re.compile(r"SERVICE_DESK_[A-Z]+(?:_[A-Z]+)*")
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LARGEST_PICTURE = 200_000


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def commands(text: str) -> list[str]:
    """The commands of the code blocks, without their remarks."""
    lines = (line for block in BLOCK.findall(text) for line in block.splitlines())
    return [line.partition("#")[0].strip() for line in lines]


def accounts(text: str) -> list[str]:
    """The accounts in the first column of the table that has them."""
    cells = re.findall(r"^\| (`[a-z].*?) \|", text, re.MULTILINE)
    return [name for cell in cells for name in re.findall(r"`([a-z][a-z0-9-]+)`", cell)]


def links(path: Path) -> Iterator[str]:
    for target in LINK.findall(read(path)):
        if "://" not in target:
            yield target.partition("#")[0]


@pytest.mark.parametrize("tool", ["workflow_page", "figures_page"])
def test_a_page_drawn_from_the_code_is_up_to_date(tool: str) -> None:
    done = subprocess.run(
        [sys.executable, f"tools/{tool}.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.name)
def test_the_demo_accounts_are_those_of_the_sign_in_page(readme: Path) -> None:
    assert accounts(read(readme)) == list(DEMO_ACCOUNTS)
    assert DEMO_PASSWORD in read(readme)


def test_the_demo_accounts_exist(tmp_path: Path) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path / 'desk.sqlite3'}", tmp_path))
    with app.app_context():
        db.create_all()
        now = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
        lay_foundation(at=now)
        park.build(at=now)
        known = set(db.session.scalars(select(User.username).where(User.is_demo, User.active)))
        db.session.remove()
        db.engine.dispose()
    assert set(accounts(read(READMES[0]))) <= known


def test_both_readmes_name_the_same_commands_settings_and_pages() -> None:
    english, chinese = map(read, READMES)
    assert commands(english) == commands(chinese)
    assert {"make run", "make test"} <= set(commands(english))
    assert SETTING.findall(english) == SETTING.findall(chinese)
    targets = [set(links(readme)) - {other.name for other in READMES} for readme in READMES]
    assert targets[0] == targets[1]


def test_the_readmes_name_every_setting_there_is() -> None:
    settings = set(SETTING.findall(read(ROOT / "service_desk" / "settings.py")))
    assert set(SETTING.findall(read(READMES[0]))) == settings


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(paper: Path) -> None:
    lost = [target for target in links(paper) if target and not (paper.parent / target).exists()]
    assert not lost


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_knows_the_targets_that_are_named(paper: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", read(paper), re.MULTILINE)) <= targets


def test_pictures_are_few_and_light() -> None:
    pictures = list((ROOT / "docs" / "screenshots").iterdir())
    assert len(pictures) <= 8
    assert [picture.name for picture in pictures if picture.stat().st_size > LARGEST_PICTURE] == []
