"""Figures in sentences, and what they suggest."""

from datetime import UTC, date, datetime

import pytest

from service_desk.domain.figures import BY_KEY, Figure, Period
from service_desk.domain.figures.advice import below, growing, seldom_rated, unsettled
from service_desk.domain.figures.telling import days_of, moved, rate, share, word_of
from service_desk.domain.masking import mask_within

NOON = datetime(2026, 11, 30, 4, tzinfo=UTC)


def ratio(key: str, numerator: int, denominator: int, by: str | None = None) -> Figure:
    value = numerator / denominator if denominator else None
    return Figure(by, key, numerator, denominator, 0, value)


def number(key: str, many: int, by: str | None = None) -> Figure:
    return Figure(by, key, many, None, 0, many)


@pytest.mark.parametrize(
    ("since", "until", "word"),
    [
        pytest.param(date(2026, 10, 1), date(2026, 11, 1), "本月", id="a month"),
        pytest.param(date(2026, 10, 1), date(2027, 1, 1), "本季度", id="a quarter"),
        pytest.param(date(2026, 11, 1), date(2027, 2, 1), "本期", id="three months across a year"),
        pytest.param(date(2026, 1, 1), date(2027, 1, 1), "本年", id="a year"),
        pytest.param(date(2026, 11, 16), date(2026, 11, 23), "本周", id="Monday to Sunday"),
        pytest.param(date(2026, 11, 17), date(2026, 11, 24), "本期", id="seven days from Tuesday on"),
    ],
)
def test_a_period_is_called_what_it_is(since: date, until: date, word: str) -> None:
    assert word_of(Period(since, until, NOON)) == word


def test_its_last_day_is_named() -> None:
    assert days_of(Period(date(2026, 10, 1), date(2026, 11, 1), NOON)) == "2026年10月1日至2026年10月31日"


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        pytest.param(128, 116, "增加 12 件", id="more"),
        pytest.param(5, 9, "减少 4 件", id="fewer"),
        pytest.param(5, 5, "持平", id="as many"),
        pytest.param(5, 0, "增加 5 件（基数为 0）", id="from nothing"),
        pytest.param(0, 0, "持平", id="nothing still"),
    ],
)
def test_counts_go_up_and_down_by_pieces(now: int, before: int, told: str) -> None:
    assert moved(number("accepted", now), number("accepted", before), BY_KEY["accepted"]) == told


@pytest.mark.parametrize(
    ("now", "before", "told"),
    [
        pytest.param((25, 26), (19, 20), "提高 1.15 个百分点", id="up"),
        pytest.param((1, 2), (3, 4), "下降 25.00 个百分点", id="down"),
        pytest.param((1, 2), (2, 4), "持平", id="the same"),
        pytest.param((1, 2), (0, 0), "无可比数据", id="beside nothing"),
    ],
)
def test_shares_go_up_and_down_by_points(now: tuple[int, int], before: tuple[int, int], told: str) -> None:
    assert moved(ratio("on_time", *now), ratio("on_time", *before), BY_KEY["on_time"]) == told


def test_a_rate_says_what_it_was_counted_from() -> None:
    assert rate(ratio("on_time", 25, 26), BY_KEY["on_time"]) == "按时办结率 96.15%（25/26）"
    assert rate(ratio("on_time", 0, 0), BY_KEY["on_time"]) == "按时办结率无数据（分母为 0）"
    assert (share(1, 8), share(0, 0)) == ("12.50%", "—")


def test_who_falls_short_is_named_and_few_are_not_judged() -> None:
    lines: dict[tuple[str, str | None], Figure] = {
        ("on_time", by): ratio("on_time", *parts, by=by)
        for by, parts in {
            "供电公司": (8, 10),
            "水务公司": (9, 10),
            "金融办": (0, 4),
            "未派单": (0, 9),
        }.items()
    }
    (found,) = below(lines)
    assert found.text.startswith("供电公司按时办结率为 80.00%（8/10），")
    assert found.rule == "按时办结率低于 90%，分母不少于 5"


def test_what_grew_clearly_is_named() -> None:
    now = [number("submitted", many, by) for by, many in {"用电": 9, "融资": 6, "用工": 4}.items()]
    before = [number("submitted", many, by) for by, many in {"用电": 6, "融资": 5, "用工": 0}.items()]
    (found,) = growing(now, before)
    assert "用工 4 件（增加 4 件）、用电 9 件（增加 3 件）" in found.text
    assert "融资" not in found.text


def test_few_ratings_and_loose_ends_are_named() -> None:
    (found,) = seldom_rated(ratio("rated", 2, 5))
    assert "尚有 3 件办结未评价" in found.text
    assert not list(seldom_rated(ratio("rated", 3, 5)))
    assert not list(seldom_rated(ratio("rated", 0, 4)))
    assert [one.rule for one in unsettled(overdue=1, unanswered=0, bad_waiting=2)] == [
        "在办诉求当前环节已过期限",
        "差评尚无处理结果",
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("请打13812345678", "请打138****5678", id="a mobile"),
        pytest.param("138 1234 5678 王小明", "138****5678 王**", id="typed with blanks, and the name"),
        pytest.param("0775-4567890", "077****7890", id="a landline"),
        pytest.param(
            "增容2000千伏安，合同2026100112345", "增容2000千伏安，合同2026100112345", id="no phone at all"
        ),
    ],
)
def test_phones_and_names_within_a_text_are_masked(text: str, shown: str) -> None:
    assert mask_within(text, "王小明") == shown
