"""Which guides are offered while the title of a request is typed."""

import pytest

from service_desk.desk.likeness import lexicon, vocabulary
from service_desk.domain.guides import Heading, closest

POWER = Heading(1, "用电增容怎么申请", ("变压器扩容", "电不够用"))
LOAN = Heading(2, "设备贷款怎么办理", ("续贷", "融资"))
BUS = Heading(3, "通勤公交线路怎么申请调整")
PERMIT = Heading(4, "建设工程规划许可证怎么申请")
HEADINGS = (POWER, LOAN, BUS, PERMIT)

CASES = {
    "the same words": ("车间用电增容找谁", [1]),
    "another word the desk wrote down": ("变压器想扩容", [1]),
    "traditional characters": ("申請設備貸款", [2]),
    "a word among many": ("员工上下班的公交线路太少", [3]),
    "only words that any request has": ("请问怎么申请办理", []),
    "nothing of it": ("食堂饭菜太咸", []),
    "nothing at all": ("", []),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_rare_in_both_finds_the_guide(case: str) -> None:
    title, found = CASES[case]
    assert closest(title, HEADINGS, lexicon=lexicon(), vocabulary=vocabulary(), most=3)[:1] == found


def test_no_more_are_offered_than_asked_for() -> None:
    many = [Heading(number, f"用电增容第{number}步") for number in range(1, 9)]
    assert closest("用电增容", many, lexicon=lexicon(), vocabulary=vocabulary(), most=3) == [1, 2, 3]
