"""Texts cut for an index and found again: what tokens find holds what a plain look finds, and nothing is missed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.domain.search import (
    MOST_CHARACTERS,
    Place,
    excerpt,
    finds,
    fold_numbers,
    fold_texts,
    marked,
    terms,
    tokens,
)

TEXT = fold_texts(["110kV变压器烧了，QS 停", "电压：380V/220V　不稳 ① 臺灣路 O2O"])
NUMBERS = fold_numbers(
    ["QS-2026-000123", "热线〔2026〕07", "91350100MA2XNGDJ3X", None], ["13812345678", "110"]
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param("变", True, id="one character"),
        pytest.param("变压器", True, id="a run"),
        pytest.param("变器", False, id="characters that do not follow each other"),
        pytest.param("停电", False, id="characters of two places"),
        pytest.param("110", True, id="a number from its beginning"),
        pytest.param("10", False, id="not from within"),
        pytest.param("110kV变压器", True, id="mixed"),
        pytest.param("110kV 变压器", True, id="mixed, with a blank"),
        pytest.param("110kv变电", False, id="mixed, only in part"),
        pytest.param("１１０ｋＶ", True, id="full width"),
        pytest.param("台湾", True, id="traditional"),
        pytest.param("380v/220", True, id="with a mark between"),
        pytest.param("变压器 220V 1350", True, id="all of several"),
        pytest.param("变压器 天然气", False, id="not all of several"),
        pytest.param("6-00", True, id="four characters of the number"),
        pytest.param("6-000124", False, id="another number"),
        pytest.param("ma2xng", True, id="of the credit code"),
        pytest.param("2xn", False, id="three of the credit code"),
        pytest.param("5678", True, id="the last four of the phone"),
        pytest.param("45678", False, id="the last five"),
        pytest.param("13812345678", True, id="the whole phone"),
        pytest.param("13800005678", True, id="as much of a phone as pages show"),
        pytest.param("13812345679", False, id="another phone"),
        pytest.param("110 ，", True, id="a mark asks for nothing"),
    ],
)
def test_what_is_found(query: str, *, found: bool) -> None:
    assert finds(terms(query), TEXT, NUMBERS) is found


def test_a_question_without_letters_asks_for_nothing() -> None:
    assert terms("，。 _ ") == ()


def test_only_the_beginning_of_a_very_long_text_is_searched() -> None:
    text = fold_texts(["机" * (MOST_CHARACTERS - 2), "电压"])
    assert finds(terms("机电"), text, "") is False
    assert finds(terms("电"), text, "")
    assert not finds(terms("压"), text, "")


ALPHABET = st.sampled_from("变压器电12aB-_ ，。/①Ａ臺'\"%\\")
TEXTS = st.text(ALPHABET, max_size=30)


def by_hand(query: str, text: str) -> bool:
    """A word is where it stands, and begins there if it is Latin or a number."""
    plain = str.maketrans("①Ａ臺B", "1a台b")
    wanted = [chunk for chunk in re.split(r"[\W_]+", query.translate(plain)) if chunk]
    begins = [(r"(?<![0-9a-z])" if re.match("[0-9a-z]", chunk) else "") + chunk for chunk in wanted]
    return bool(wanted) and all(re.search(each, text.translate(plain)) for each in begins)


@given(text=TEXTS, query=TEXTS)
def test_a_text_is_found_as_by_hand(text: str, query: str) -> None:
    few = " ".join(query.split()[:5])
    assert (bool(terms(few)) and finds(terms(few), fold_texts([text]), "")) == by_hand(few, text)


@given(texts=st.lists(TEXTS, max_size=3), numbers=st.lists(TEXTS, max_size=2), query=TEXTS)
def test_tokens_find_whatever_is_there_and_where_they_say_it_all_nothing_else(
    texts: list[str], numbers: list[str], query: str
) -> None:
    text, folded = fold_texts(texts), fold_numbers(numbers, numbers)
    kept = tokens(text, folded)
    for term in terms(query):
        for way in term:
            there, said = way.finds(text, folded), way.tokens <= kept
            assert said or not there
            if way.exact and way.place is Place.TEXT:
                assert said == there


@given(text=TEXTS, query=TEXTS)
def test_what_is_marked_is_the_text_itself(text: str, query: str) -> None:
    pieces = marked(text, terms(query))
    assert "".join(words for words, _ in pieces) == text
    assert any(hit for _, hit in pieces) or not (terms(query) and finds(terms(query), fold_texts([text]), ""))


def test_what_was_asked_for_stands_out() -> None:
    pieces = marked("110kV变压器烧了，QS 变压", terms("变压 110"))
    assert [words for words, hit in pieces if hit] == ["110", "变压", "变压"]
    assert marked("QS-2026-000123", terms("6-00"), place=Place.NUMBERS) == [
        ("QS-202", False),
        ("6-00", True),
        ("0123", False),
    ]


def test_an_excerpt_shows_the_surroundings_of_the_first_hit() -> None:
    text = "上周起" * 20 + "变压器\n烧了" + "，请速来" * 20
    assert excerpt(text, terms("变压器烧"), about=terms("变压器烧")) == []
    pieces = excerpt(text, terms("变压器 上周"), about=terms("变压器"))
    assert [words for words, hit in pieces if hit] == ["上周"] * 4 + ["变压器"]
    assert "".join(words for words, _ in pieces).startswith("…上周起上周起上周起上周起变压器 烧了")
    assert pieces[-1] == ("…", False)
