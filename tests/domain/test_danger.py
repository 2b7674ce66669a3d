"""Words of danger, and the phrases in which they mean none."""

import pytest

from service_desk.desk.foundation import read_data
from service_desk.domain.danger import DangerWord, danger_words_in

WORDS = [DangerWord(line["word"], tuple(line["exceptions"])) for line in read_data("danger_words.json")]
THE_LAWS = [
    "漏气",
    "煤气味",
    "泄漏",
    "断线",
    "触电",
    "起火",
    "冒烟",
    "爆炸",
    "中毒",
    "坍塌",
    "倒塌",
    "聚众",
    "堵门",
]


def test_the_words_of_the_law_are_on_the_list() -> None:
    assert set(THE_LAWS) <= {danger.word for danger in WORDS}


def test_an_exception_holds_its_word() -> None:
    assert all(danger.word in phrase for danger in WORDS for phrase in danger.exceptions)


@pytest.mark.parametrize(
    "text",
    ["车间闻到煤气味", "配电箱漏电打人", "仓库着火了", "储罐泄漏，快来人", "一百多人堵门", "线杆随时要倒"],
)
def test_danger_is_found(text: str) -> None:
    assert danger_words_in(text, WORDS)


@pytest.mark.parametrize(
    "text",
    [
        "防爆炸设备采购",
        "想搞一次消防演练",
        "没有发生爆炸",
        "阻燃材料检测",
        "漏电保护器怎么选",
        "火灾自动报警系统验收",
        "宽带老断线",
        "LDAR泄漏检测与修复",
        "信息泄露",
    ],
)
def test_harmless_phrases_are_no_danger(text: str) -> None:
    assert danger_words_in(text, WORDS) == ()


def test_danger_beside_a_harmless_phrase_is_still_danger() -> None:
    assert danger_words_in("防爆炸门坏了，昨晚发生爆炸", WORDS) == ("爆炸",)
