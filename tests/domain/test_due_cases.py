"""Deadlines reckoned by others: two hundred lines of a file, and every clock of another desk's two years."""

import io
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from service_desk.domain.deadlines import Limit, Pause, Running, due, original_due
from service_desk.domain.errors import Invalid
from service_desk.domain.notation import (
    add_due_column,
    format_instant,
    format_pauses,
    parse_instant,
    parse_pauses,
    read_clock,
)
from service_desk.domain.vocabulary import Unit
from service_desk.domain.worktime import OfficeCalendar

DATA = Path(__file__).parents[1] / "data" / "history"
CASES = (DATA / "due_cases.csv").read_text("utf-8")


def clocks_of_another_desk() -> list[dict[str, Any]]:
    lines = (DATA / "expected_clocks.jsonl").read_text("utf-8").splitlines()
    return [clock for clock in map(json.loads, lines) if clock["result"] != "void"]


def as_running(clock: dict[str, Any]) -> Running:
    start = datetime.fromisoformat(clock["start"])
    if clock["unit"] == Unit.DATE:
        return Running.until(date.fromisoformat(clock["due"][:10]), start=start)
    pauses = tuple(
        Pause(datetime.fromisoformat(since), None if until is None else datetime.fromisoformat(until))
        for since, until in clock["pauses"]
    )
    return Running(start, Limit(clock["limit"], Unit(clock["unit"])), pauses, clock["extend"])


class TestDueCases:
    def test_the_file_holds_two_hundred_cases(self) -> None:
        assert len(CASES.splitlines()) == 1 + 200

    @pytest.mark.parametrize("line", CASES.splitlines()[1:])
    def test_each_comes_out(self, line: str, park: OfficeCalendar) -> None:
        start, limit, unit, pauses, extend, expected = line.split(",")
        clock = read_clock({"start": start, "limit": limit, "unit": unit, "pauses": pauses, "extend": extend})
        assert format_instant(due(clock, park), park) == expected

    def test_a_due_column_is_replaced_where_it_stands(self, park: OfficeCalendar) -> None:
        forgotten = "\n".join([CASES.splitlines()[0], *(f"{line},?" for line in bare(CASES)[1:])])
        assert with_due(forgotten, park) == CASES

    def test_a_missing_due_column_is_added(self, park: OfficeCalendar) -> None:
        assert with_due("\n".join(bare(CASES)), park) == CASES


class TestAnotherDesk:
    @pytest.mark.parametrize("unit", Unit)
    def test_every_clock_is_due_when_it_was_there(self, unit: Unit, park: OfficeCalendar) -> None:
        clocks = [clock for clock in clocks_of_another_desk() if clock["unit"] == unit]
        wrong = [clock for clock in clocks if due(as_running(clock), park) != instant(clock["due"])]
        assert clocks
        assert wrong == []

    def test_every_clock_without_its_extensions_too(self, park: OfficeCalendar) -> None:
        clocks = clocks_of_another_desk()
        wrong = [c for c in clocks if original_due(as_running(c), park) != instant(c["original_due"])]
        assert any(clock["due"] != clock["original_due"] for clock in clocks)
        assert wrong == []


class TestNotation:
    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("yesterday,5,working_days,,", "第 2 行：“yesterday”不是 ISO 8601 时间"),
            ("2026-03-02T09:10:00,5,working_days,,", "第 2 行：“2026-03-02T09:10:00”缺少时区"),
            ("2026-03-02T09:10:00+08:00,five,working_days,,", "limit 应是整数，不能是“five”"),
            ("2026-03-02T09:10:00+08:00,0,working_days,,", "时限至少为 1，不能是 0"),
            ("2026-03-02T09:10:00+08:00,5,weeks,,", "没有“weeks”这个单位；可用：working_days、working_hours"),
            ("2026-03-02T09:10:00+08:00,5,date,,", "没有“date”这个单位"),
            ("2026-03-02T09:10:00+08:00,5,working_days,2026-03-03T09:10:00+08:00,", "应写成 开始/结束"),
            (
                "2026-03-02T09:10:00+08:00,5,working_days,2026-03-04T09:00:00+08:00/2026-03-03T09:00:00+08:00,",
                "暂停的结束（2026-03-03 09:00:00）早于开始（2026-03-04 09:00:00）",
            ),
            ("2026-03-02T09:10:00+08:00,5,working_days,,-1", "延期不能是负数（-1）"),
            ("2026-03-02T09:10:00+08:00,,working_days,,", "缺少 limit"),
            ("2026-03-02T09:10:00+08:00,9999999,working_days,,", "时限最多为 9999"),
        ],
        ids=lambda text: text if text.isascii() else "",
    )
    def test_a_line_that_cannot_be_read_says_why(
        self, line: str, sentence: str, park: OfficeCalendar
    ) -> None:
        with pytest.raises(Invalid) as refusal:
            with_due(f"start,limit,unit,pauses,extend\n{line}\n", park)
        assert sentence in refusal.value.sentence

    def test_a_missing_column_is_named(self, park: OfficeCalendar) -> None:
        with pytest.raises(Invalid, match="表头缺少 unit"):
            with_due("start,limit\n", park)

    def test_nothing_is_written_when_a_line_is_bad(self, park: OfficeCalendar) -> None:
        target = io.StringIO()
        with pytest.raises(Invalid):
            add_due_column(io.StringIO(f"{CASES}nonsense,1,working_days,,,\n"), target, park)
        assert target.getvalue() == ""

    def test_columns_of_others_pass_through(self, park: OfficeCalendar) -> None:
        lines = "number,start,limit,unit\nQS-1,2026-02-13T10:00:00+08:00,1,working_days\n"
        assert with_due(lines, park).splitlines() == [
            "number,start,limit,unit,due",
            "QS-1,2026-02-13T10:00:00+08:00,1,working_days,2026-02-14T17:30:00+08:00",
        ]

    def test_utc_is_understood_and_the_answer_is_in_the_zone_of_the_park(self, park: OfficeCalendar) -> None:
        assert format_instant(parse_instant("2026-03-02T01:50:00Z"), park) == "2026-03-02T09:50:00+08:00"

    def test_an_open_pause_leaves_due_empty(self, park: OfficeCalendar) -> None:
        lines = (
            "start,limit,unit,pauses\n2026-03-02T09:00:00+08:00,1,working_days,2026-03-03T09:00:00+08:00/\n"
        )
        assert with_due(lines, park).splitlines()[1].endswith("2026-03-03T09:00:00+08:00/,")

    def test_pauses_are_written_as_they_are_read(self, park: OfficeCalendar) -> None:
        written = "2026-03-02T09:00:00+08:00/2026-03-02T10:00:00+08:00;2026-03-03T09:00:00.500000+08:00/"
        assert format_pauses(parse_pauses(written), park) == written


def bare(lines: str) -> list[str]:
    return [line.rpartition(",")[0] for line in lines.splitlines()]


def with_due(lines: str, calendar: OfficeCalendar) -> str:
    target = io.StringIO()
    add_due_column(io.StringIO(lines), target, calendar)
    return target.getvalue()


def instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
