"""Unified social credit codes: what people type, what is wrong with it, and what the signs at the end are for."""

import pytest

from service_desk.domain.credit_code import (
    ALPHABET,
    check,
    check_sign,
    is_valid,
    normalise,
    organisation_check_sign,
)
from service_desk.domain.errors import Invalid

# Enterprises of the sample park: figures only, letters, and X and 0 as check signs of the organisation.
GOOD = [
    "91510904MAX4FLDE75",
    "91370612995341742P",
    "913706129914794963",
    "91370612MAW3Y7TM72",
    "9137061299671386XT",
    "91370612999351518C",
    "91370612MAXC0R781D",
    "913706129947668021",
]


@pytest.mark.parametrize("code", GOOD)
def test_codes_of_enterprises_are_right(code: str) -> None:
    check(code)
    assert is_valid(code)


@pytest.mark.parametrize(
    "typed",
    [
        pytest.param("91370612mawu29j76n", id="lower case"),
        pytest.param(" 91370612 MAWU29J7 6N\t", id="spaces"),
        pytest.param("９１３７０６１２ＭＡＷＵ２９Ｊ７６Ｎ", id="full-width"),
        pytest.param("\ufeff91370612MAWU29J76N\u200b\u3000", id="invisible signs of a spreadsheet"),
    ],
)
def test_what_people_type_becomes_one_code(typed: str) -> None:
    assert normalise(typed) == "91370612MAWU29J76N"
    assert is_valid(normalise(typed))


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        pytest.param("", "请填写统一社会信用代码", id="empty"),
        pytest.param("91370612995341742", "应为 18 位，现为 17 位", id="too short"),
        pytest.param("91370612995341742PP", "应为 18 位，现为 19 位", id="too long"),
        pytest.param("9137O612995341742P", "不使用字母 I、O、Z、S、V（第 5 位是“O”）", id="O for 0"),
        pytest.param("9I370612995341742P", "（第 2 位是“I”）", id="I for 1"),
        pytest.param("91370612-95341742P", "只含数字和大写字母，第 9 位是“-”", id="a hyphen"),
        pytest.param("91370612995341742p", "只含数字和大写字母，第 18 位是“p”", id="not normalised"),
        pytest.param("91370A12995341742P", "第 3 至 8 位是登记机关的行政区划码", id="a letter in the place"),
        pytest.param("91370612995341752P", "组织机构代码（第 9 至 17 位）校验不符", id="organisation"),
        pytest.param("91370612995341742Q", "第 18 位校验码不符", id="last sign"),
        pytest.param("91370621995341742P", "第 18 位校验码不符", id="two figures changed places"),
    ],
)
def test_a_wrong_code_says_what_is_wrong(code: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check(code)
    assert sentence in refusal.value.sentence
    assert not is_valid(code)


@pytest.mark.parametrize("code", GOOD)
def test_any_single_wrong_sign_is_noticed(code: str) -> None:
    slips = [
        code[:place] + sign + code[place + 1 :]
        for place in range(18)
        for sign in ALPHABET
        if sign != code[place]
    ]
    assert [slip for slip in slips if is_valid(slip)] == []


def test_the_check_signs_of_the_standards() -> None:
    # GB 11714-1997 and GB 32100-2015 print these as their examples' arithmetic.
    assert organisation_check_sign("D2143569") == "X"
    assert check_sign("91350100M000100Y4") == "3"
