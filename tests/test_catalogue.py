"""The English catalogue is whole, and its check says so only then."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from service_desk.settings import ROOT


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """What the check reads, to be spoiled."""
    for folder in ("service_desk", "templates", "tools"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("static", "data", "*.mo")
        )
    return tmp_path


def check(root: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(root / "tools" / "catalogue_check.py")]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_everything_people_read_is_there_in_english() -> None:
    done = check(ROOT)
    assert done.returncode == 0, done.stderr


def test_the_check_finds_what_is_missing_obsolete_doubtful_or_loses_a_value(copied: Path) -> None:
    with (copied / "service_desk" / "web" / "nav.py").open("a", encoding="utf-8") as module:
        module.write('\n_("网页上的新句子")\n')
    with (copied / "service_desk" / "domain" / "vocabulary.py").open("a", encoding="utf-8") as module:
        module.write('\nclass New(Word):\n    ONE = "one", "新的标签"\n')
    with (copied / "service_desk" / "domain" / "rules.py").open("a", encoding="utf-8") as module:
        module.write('\ndef never(s: Situation) -> bool:\n    """新的规则。"""\n    return False\n')
    (copied / "templates" / "new.txt").write_text("{{ _('信里的新句子') }}", encoding="utf-8")
    po = copied / "service_desk" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
    text = po.read_text(encoding="utf-8")
    for was, now in (
        ('msgstr "%(amount)s left"', 'msgstr "some left"'),
        ('msgid "待受理"', '#, fuzzy\nmsgid "待受理"'),
        ('msgid "待派单"', 'msgid "没有人说的话"'),
    ):
        assert was in text
        text = text.replace(was, now)
    po.write_text(text, encoding="utf-8")
    complaints = check(copied).stderr.splitlines()
    for complaint in (
        "missing: 网页上的新句子",
        "missing: 新的标签",
        "missing: 新的规则。",
        "missing: 信里的新句子",
        "missing: 待派单",
        "obsolete: 没有人说的话",
        "fuzzy: 待受理",
        "values differ: 剩 %(amount)s → some left",
    ):
        assert complaint in complaints
    assert len(complaints) == 9
