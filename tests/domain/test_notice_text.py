"""The State Council's notices as they were published, and as they must not be worded."""

import json
from datetime import date, timedelta
from pathlib import Path

import holidays
import pytest

from service_desk.desk.foundation import DATA
from service_desk.domain.notice_text import Contradictory, Notice, read_notice

NOTICES = Path(__file__).parents[1] / "data" / "notices"
YEARS = range(2017, 2027)
BUILT_IN = {
    date.fromisoformat(line["date"]): line["work"]
    for line in json.loads((DATA / "calendar_2004_2026.json").read_text("utf-8"))
}
# 延长春节假期至2月2日: 2020 had a second, unforeseen notice, in words of its own.
EPIDEMIC = {date(2020, 1, 31): False, date(2020, 2, 1): None}
SATURDAY = 5


def published(name: str) -> str:
    return (NOTICES / f"{name}.txt").read_text("utf-8")


def differing(notice: Notice) -> dict[date, bool]:
    """The days on which the notice differs from Monday to Friday."""
    return {
        day: mark.is_work for day, mark in notice.marks.items() if mark.is_work != (day.weekday() < SATURDAY)
    }


@pytest.fixture(scope="module")
def as_published() -> dict[date, bool]:
    """All notices of ten years, one after the other."""
    found: dict[date, bool] = {}
    for year in YEARS:
        found |= differing(read_notice(published(str(year)), year=year))
    found |= differing(read_notice(published("2019-adjusted"), whole=False))
    for day, work in EPIDEMIC.items():
        found.pop(day, None)
        if work is not None:
            found[day] = work
    return found


@pytest.mark.parametrize("year", YEARS)
def test_the_published_text_gives_the_built_in_year(as_published: dict[date, bool], year: int) -> None:
    wanted = {day: work for day, work in BUILT_IN.items() if day.year == year}
    assert {day: work for day, work in as_published.items() if day.year == year} == wanted


@pytest.mark.parametrize("year", YEARS)
def test_the_published_text_gives_the_year_of_an_independent_calendar(
    as_published: dict[date, bool], year: int
) -> None:
    china = holidays.country_holidays("CN", years=year)
    day = date(year, 1, 1)
    while day.year == year:
        worked = as_published.get(day, day.weekday() < SATURDAY)
        if day not in EPIDEMIC:
            assert worked == china.is_working_day(day), day
        day += timedelta(days=1)


def test_a_span_names_every_day_of_it_with_its_holiday() -> None:
    marks = read_notice(published("2025")).marks
    names = {day: mark.name for day, mark in marks.items() if day.month in (5, 6)}
    assert names[date(2025, 4, 27) + timedelta(days=4)] == "劳动节"
    assert [day for day, name in names.items() if name == "端午节"] == [
        date(2025, 5, 31),
        date(2025, 6, 1),
        date(2025, 6, 2),
    ]
    assert marks[date(2025, 10, 11)].is_work
    assert marks[date(2025, 10, 11)].name == "国庆节、中秋节"


def year_with(**altered: str) -> str:
    """The notice of 2026 with the lines of some holidays put otherwise."""
    text = published("2026")
    lines = {
        "new_year": "1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。",
        "labour": "5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。",
        "autumn": "9月25日（周五）至27日（周日）放假，共3天。",
    }
    for name, words in altered.items():
        assert lines[name] in text
        text = text.replace(lines[name], words)
    return text


@pytest.mark.parametrize(
    "new_year",
    [
        pytest.param("2025年12月31日至2026年1月2日放假调休，共3天。", id="two years written"),
        pytest.param("12月31日至2026年1月2日放假调休，共3天。", id="the later year written"),
        pytest.param("12月31日（周三）至1月2日（周五）放假调休，共3天。", id="no year written"),
        pytest.param("2025年12月31日至1月2日放假，共3天。", id="the earlier year written"),
        pytest.param("１２月３１日至１月２日放假,共３天。", id="full-width figures"),
        pytest.param("12月31日—1月2日放假。", id="a dash"),
        pytest.param("12月31日至1月1日放假，1月2日（星期五）补休。", id="a day in lieu"),
    ],
)
def test_a_holiday_over_new_year_begins_in_the_year_before(new_year: str) -> None:
    marks = read_notice(year_with(new_year=new_year)).marks
    first = [day for day, mark in marks.items() if mark.name == "元旦"]
    assert first == [date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 2)]


def test_days_in_a_row_may_leave_out_the_month() -> None:
    marks = read_notice(year_with(labour="5月1日至5日放假调休，共5天。4月26日、5月9日、10日上班。")).marks
    assert [day for day, mark in marks.items() if mark.is_work and mark.name == "劳动节"] == [
        date(2026, 4, 26),
        date(2026, 5, 9),
        date(2026, 5, 10),
    ]


@pytest.mark.parametrize(
    ("altered", "sentence"),
    [
        pytest.param(
            {"labour": "5月1日（周四）至5日（周二）放假调休，共5天。"},
            "“5月1日（周四）至5日（周二）放假调休，共5天”：写的是周四，2026-05-01 是周五。",
            id="a wrong weekday",
        ),
        pytest.param(
            {"labour": "5月1日至5日放假调休，共4天。"},
            "“5月1日至5日放假调休，共4天”：写的是共 4 天，日期是 5 天。",
            id="a wrong number of days",
        ),
        pytest.param(
            {"labour": "5月1日至5日放假调休。5月6日上班。"},
            "“5月6日上班”：2026-05-06 是周三，本来就上班，不是补班。",
            id="a make-up day that is worked anyway",
        ),
        pytest.param(
            {"autumn": "10月1日放假。"},
            "“10月1日（周四）至7日（周三）放假调休，共7天”：2026-10-01 前面已经写作中秋节放假。",
            id="a day named twice",
        ),
        pytest.param(
            {"labour": "5月1日至10日放假调休，共10天。5月9日（周六）上班。"},
            "“5月9日（周六）上班”：2026-05-09 前面已经写作劳动节放假。",
            id="rest and work on one day",
        ),
        pytest.param(
            {"autumn": "2027年9月25日放假。"},
            "“2027年9月25日放假”：2027-09-25 不在 2026 年。",
            id="a day of another year",
        ),
        pytest.param({"autumn": "9月31日放假。"}, "“9月31日放假”：没有“9月31日”这一天。", id="no such day"),
        pytest.param(
            {"autumn": "9月27日至25日放假。"}, "“9月27日至25日放假”：起止日期不对。", id="backwards"
        ),
        pytest.param(
            {"autumn": "9月25日放假半天。"}, "没有看懂这一句：“9月25日放假半天”。", id="words not known"
        ),
        pytest.param({"autumn": "9月25日不放假。"}, "没有看懂这一句：“9月25日不放假”。", id="the opposite"),
    ],
)
def test_a_contradiction_is_named_with_its_passage(altered: dict[str, str], sentence: str) -> None:
    with pytest.raises(Contradictory) as refusal:
        read_notice(year_with(**altered))
    assert sentence in refusal.value.problems


def test_all_contradictions_are_told_at_once() -> None:
    with pytest.raises(Contradictory) as refusal:
        read_notice(year_with(labour="5月1日（周六）至5日放假，共9天。", autumn="9月31日放假。"))
    assert len(refusal.value.problems) == 3


@pytest.mark.parametrize(
    ("text", "year", "sentence"),
    [
        pytest.param("一、元旦：1月1日放假。", None, "没有找到年份，请写明是哪一年的安排。", id="no year"),
        pytest.param(
            "一、元旦：1月1日放假。",
            2027,
            "没有找到春节、清明节、劳动节、端午节、中秋节、国庆节的安排。",
            id="half a year",
        ),
        pytest.param("大家新年好！", 2027, "没有找到元旦、春节、清明节", id="no notice"),
        pytest.param(published("2026"), 2027, "通知写的是 2026 年，选的是 2027 年。", id="another year"),
    ],
)  # fmt: skip
def test_a_text_that_settles_no_year_is_refused(text: str, year: int | None, sentence: str) -> None:
    with pytest.raises(Contradictory) as refusal:
        read_notice(text, year=year)
    assert any(sentence in problem for problem in refusal.value.problems)


def test_an_alteration_names_only_some_days() -> None:
    notice = read_notice(published("2019-adjusted"), whole=False)
    assert (notice.year, {mark.name for mark in notice.marks.values()}) == (2019, {"劳动节"})
    assert [day.day for day, mark in notice.marks.items() if mark.is_work] == [28, 5]
    with pytest.raises(Contradictory, match="请粘贴通知全文"):
        read_notice("关于调整2019年劳动节假期的通知", whole=False)


@pytest.mark.parametrize(
    "text", ["", "：", "一、元旦：", "1月1日放假" * 2000, "（" * 5000, "年月日至放假上班" * 500]
)
def test_whatever_is_pasted_is_read_or_refused_in_good_time(text: str) -> None:
    with pytest.raises(Contradictory):
        read_notice(text, year=2027)
