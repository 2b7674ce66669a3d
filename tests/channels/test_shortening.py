"""What is too long ends at a sentence, never in a character, and keeps its link."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_desk.channels.shortening import fitted, in_bytes

LINK = "\nhttps://desk.example/tickets/1"


def test_what_fits_stays_as_it_is() -> None:
    assert fitted("短。", LINK, most=100) == f"短。{LINK}"


def test_it_ends_at_a_sentence() -> None:
    assert (
        fitted("第一句话。第二句话。第三句话说到一半", "", most=38, size=in_bytes) == "第一句话。第二句话。…"
    )


def test_without_a_sentence_it_ends_where_it_must() -> None:
    assert fitted("一二三四五六七八九十", "", most=5, size=len) == "一二三四…"


def test_a_sentence_that_ends_too_early_is_not_all_that_is_left() -> None:
    assert len(fitted("好。" + "长" * 100, "", most=50, size=len)) == 50


def test_a_link_that_does_not_fit_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="too little"):
        fitted("一二三四五六七八九十", LINK, most=10)


@given(st.text(), st.integers(min_value=40, max_value=300))
def test_it_never_is_too_long_and_always_whole(text: str, most: int) -> None:
    text = "".join(sign for sign in text if not "\ud800" <= sign <= "\udfff")
    shortened = fitted(text, LINK, most=most)
    assert in_bytes(shortened) <= most
    assert shortened.endswith(LINK)
    assert shortened == text + LINK or text.startswith(shortened.removesuffix(f"…{LINK}"))
